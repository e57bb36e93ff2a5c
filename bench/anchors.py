"""Comments on words: looked after when a text is edited, and beside the words when it is read."""

from __future__ import annotations

import random
import time

from sqlalchemy import select, text, update

from bench.house import House, progress
from bench.load import one_by_one, request
from bench.pages import ROUNDS, _cpu, queries
from bench.servers import BARE, SITE, gunicorn
from bench.table import Row, row
from bench.words import Writer
from community.comments.actions import create_comment, resolve_thread
from community.comments.anchors import Selector
from community.comments.consumer import look_again
from community.comments.models import PURPOSES, Anchor
from community.comments.texts import words_of
from community.extensions import db, write_unit
from community.people.models import Person
from community.permissions import Actor
from community.spaces.models import Space
from community.spaces.queries import actor_for
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page

MANY, BESIDE = 500, 300


def _page_at(house: House) -> Page:
    _, _, slug, _, path = house.path("wiki").split("/", 4)
    return db.session.scalars(
        select(Page).join(Space, Space.id == Page.space_id).where(Space.slug == slug, Page.path == path)
    ).one()


def _comment(actor: Actor, page: Page, count: int, rnd: random.Random) -> None:
    """So many threads on words of a page: ten to a hundred and twenty characters each, every fifth resolved."""
    words = words_of(page)
    assert words is not None
    made = 0
    while made < count:
        start = rnd.randrange(len(words.text) - 130)
        chosen = words.text[start : start + rnd.randrange(10, 120)]
        if not chosen.strip():
            continue
        quote = Selector(chosen, start=start)
        thread = create_comment(actor, page, body=f"Note {made}", purpose=rnd.choice(PURPOSES), anchor=quote)
        made += 1
        if made % 5 == 0:
            resolve_thread(actor, thread)


def _after_an_edit(house: House) -> Row:
    """The reader of the log over a page of 60,000 characters with 500 threads, each round after another edit, beside as many bare
    rows written."""
    with house.app.app_context():
        here = _page_at(house)
        actor = actor_for(db.session.get_one(Person, here.author_id))
        source, body = Writer(7), ""
        while len(body) < 60_000:
            body += f"{source.page().body}\n\n"
        page = create_page(actor, db.session.get_one(Space, here.space_id), title="Bench", body=body)
        progress(f"Making {MANY} threads")
        _comment(actor, page, MANY, random.Random(7))
        took: list[float] = []
        least: list[float] = []
        for number in range(ROUNDS):
            progress(f"Looking after {MANY} threads, round {number + 1} of {ROUNDS}")
            changed = page.body.split("\n\n")
            changed[number * 3] = f"A new paragraph {number}."
            edit_page(actor, page, body="\n\n".join(changed), base=page.revision)
            began = time.process_time()
            with write_unit():
                look_again("page", page.id)
            took.append(time.process_time() - began)
            ids = list(db.session.scalars(select(Anchor.comment_id).where(Anchor.parent_id == page.id)))
            began = time.process_time()
            with write_unit():
                db.session.connection().execute(
                    text("UPDATE anchor SET revision = :revision WHERE comment_id = :id"),
                    [{"revision": page.revision, "id": one} for one in ids],
                )
            least.append(time.process_time() - began)
        lost = sum(
            one.orphaned_at is not None for one in db.session.scalars(select(Anchor).where(Anchor.parent_id == page.id))
        )
        assert lost < MANY // 10, f"{lost} threads lost their words"
        db.session.execute(update(Page).where(Page.id == page.id).values(deleted_at=page.updated_at))
        db.session.commit()
    return row(
        f"{MANY} comments on words looked after, once a page is edited: CPU", house.scale, "s", took, least, digits=3
    )


def measure(house: House) -> list[Row]:
    """Two rows: looking after five hundred, and a page with three hundred beside its words."""
    rows = [_after_an_edit(house)]
    with house.app.app_context():
        page = _page_at(house)
        progress(f"Making {BESIDE} threads on a page")
        _comment(actor_for(db.session.get_one(Person, page.author_id)), page, BESIDE, random.Random(14))
    with gunicorn(SITE, "web", house.env) as site, gunicorn(BARE, "web", house.env) as bare:
        wanted = [request("GET", house.path("wiki"), f"Cookie: {cookie}") for cookie in house.cookies]
        bare_page = [request("GET", "/")]
        one_by_one(site.port, wanted, 3 * len(wanted), 200)
        one_by_one(bare.port, bare_page, 30, 200)
        dear: list[float] = []
        dear_bare: list[float] = []
        for number in range(ROUNDS):
            progress(f"Page with {BESIDE} threads, round {number + 1} of {ROUNDS}")
            dear.append(_cpu(site, wanted, 120))
            dear_bare.append(_cpu(bare, bare_page, 500))
    rows.append(
        row(
            f"wiki page with {BESIDE} comments on its words: CPU",
            house.scale,
            "ms",
            dear,
            dear_bare,
            queries(house, "wiki"),
        )
    )
    return rows
