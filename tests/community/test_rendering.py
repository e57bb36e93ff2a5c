"""Words made ready by an older renderer are made ready anew, quietly."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select, update

from community.activity.models import Activity
from community.comments.actions import create_comment
from community.extensions import db, write_unit
from community.items import rendering
from community.jobs.models import Job
from community.jobs.work import run_one
from community.markup import RENDER_VERSION
from community.wiki.actions import create_page
from community.wiki.models import Page
from tests.world import World


def test_old_rows_get_todays_html_and_nobody_hears_of_it(app: Flask, world: World, monkeypatch) -> None:
    monkeypatch.setattr(rendering, "BATCH", 2)
    noor, team = world.actor("noor"), world.space("noorderlicht")
    loops = create_page(noor, team, title="Loops", body="We wait.")
    pages = [create_page(noor, team, title=f"Page {n}", body=f"> [!NOTE]\n> see [[Loops]] {n}") for n in range(5)]
    said = create_comment(noor, loops, body="$a^2$, says @samir.el-idrissi, see [[Loops]]")
    kept = {page.id: page.body_html for page in pages}
    words, dated = said.body_html, pages[0].updated_at
    assert "<math" in words
    assert "wiki/loops" in words
    with write_unit():
        for model in (Page, type(said)):
            db.session.execute(update(model).values(body_html="old", render_version=1))
    lines = db.session.query(Activity).count()
    rendering.look({})
    while run_one():
        pass
    db.session.expire_all()
    assert {page.id: page.body_html for page in pages} == kept
    assert said.body_html == words
    assert pages[0].updated_at == dated
    assert set(db.session.scalars(select(Page.render_version))) == {RENDER_VERSION}
    assert db.session.query(Activity).count() == lines
    rendering.look({})
    db.session.rollback()
    assert db.session.scalar(select(Job.id).where(Job.name == "words.render", Job.done_at.is_(None))) is None
