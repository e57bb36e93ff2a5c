"""Drafts of pages: their author's alone, whatever becomes of the page; and many who save at once lose no word."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from community.activity.once import once
from community.clock import frozen, now
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.people.models import Person
from community.wiki import drafts
from community.wiki.actions import create_page, delete_page, edit_page
from community.wiki.bin import remove_revision
from community.wiki.drafts import (
    Words,
    draft_at,
    drop_draft,
    editors_of,
    keep_draft,
    keep_new,
    new_place,
    page_draft_for,
    page_drafts_of,
    place_of,
    wrote_together,
)
from community.wiki.models import Page, PageDraft, Revision, RevisionWriter
from community.wiki.queries import revisions_of
from community.wiki.saving import Clash, lay_on, save_page
from tests.conftest import count_queries
from tests.world import World

WORDS = "Zwaluwstaartverbinding"
SECRET = "Kruisverband"


def _page(world: World, body: str = "Nobody is slow.") -> Page:
    return create_page(world.actor("noor"), world.space("noorderlicht"), title="Notes", body=body)


def test_a_draft_is_seen_by_its_author_and_found_by_nobody(world: World, as_person, catch_up) -> None:
    page = _page(world)
    kept = keep_draft(world.actor("samir"), page, Words(f"{WORDS} {SECRET}.", SECRET, base=1))
    new = keep_new(world.actor("samir"), world.space("noorderlicht"), Words(f"{WORDS} {SECRET}", SECRET), at="later")
    assert kept is not None
    assert new is not None
    place = place_of(page.id)
    number, both = kept.id, {kept.id, new.id}
    catch_up()
    assert {draft.id for draft in page_drafts_of(world.actor("samir"))} == both
    for name in world.everybody:
        if name == "samir":
            continue
        other = world.actor(name)
        assert page_drafts_of(other) == []
        assert draft_at(other, place) is None
        with pytest.raises(NotFound):
            page_draft_for(other, number)
    for name in ("noor", "anna", "pieter_jan", "rik"):
        browser = as_person(name)
        for address in (
            "/drafts", "/spaces/noorderlicht/wiki?action=index", "/spaces/noorderlicht/wiki/notes", "/feed",
            "/spaces/noorderlicht/wiki/notes?action=edit", "/spaces/noorderlicht/wiki/notes?action=history",
            f"/search?q={WORDS}", f"/api/v1/search?q={WORDS}", "/api/v1/feed", "/api/v1/page-drafts", "/notifications",
        ):  # fmt: skip
            answer = browser.get(address)
            assert SECRET not in answer.text, f"{name} {address}"
    assert SECRET in as_person("samir").get("/drafts").text


def test_what_stands_already_is_no_draft(world: World) -> None:
    page, samir = _page(world), world.actor("samir")
    keep_draft(samir, page, Words("Other.", "Notes", base=1))
    assert keep_draft(samir, page, Words("Nobody is slow.\r\n".strip(), "Notes", base=1)) is None
    assert draft_at(samir, place_of(page.id)) is None
    kept = keep_draft(samir, page, Words("Nobody is slow.", "Notes", base=1, tags="decision"))
    assert kept is not None
    assert kept.tags == "decision"


def test_saving_throws_the_draft_away_and_deleting_the_page_does_not(world: World) -> None:
    page, samir, fatma = _page(world), world.actor("samir"), world.actor("fatma")
    keep_draft(samir, page, Words("Samir's.", "Notes", base=1))
    keep_draft(fatma, page, Words("Fatma's.", "Notes", base=1))
    save_page(samir, page, title="Notes", body="Samir's.", base=1)
    assert draft_at(samir, place_of(page.id)) is None
    delete_page(world.actor("noor"), page)
    db.session.execute(Revision.__table__.delete().where(Revision.page_id == page.id))
    db.session.execute(Page.__table__.delete().where(Page.id == page.id))
    db.session.commit()
    left = draft_at(fatma, f"page:{page.id}")
    assert left is not None
    assert (left.body, left.page_id) == ("Fatma's.", None)


def test_half_a_thought_is_kept_within_bounds(world: World, monkeypatch) -> None:
    page, samir, team = _page(world), world.actor("samir"), world.space("noorderlicht")
    with pytest.raises(Invalid):
        keep_draft(samir, page, Words("x" * 100_001, base=1))
    assert keep_new(samir, team, Words("", "")) is None
    with pytest.raises(Denied):
        keep_new(world.actor("ingrid"), team, Words("words"))
    monkeypatch.setattr(drafts, "MOST_DRAFTS", 1)
    keep_new(samir, team, Words("one"), at="one")
    keep_new(samir, team, Words("one, and more"), at="one")
    with pytest.raises(Invalid):
        keep_new(samir, team, Words("two"), at="two")
    once(samir, "the form", lambda: create_page(samir, team, title="One", body="one"))
    assert keep_new(samir, team, Words("one, late"), at="one", key="the form") is None
    assert draft_at(samir, new_place(team.id, "one")) is None


def test_who_edits_is_known_for_ten_minutes_and_costs_nothing_afterwards(world: World) -> None:
    page = _page(world)
    noor, ingrid = world.actor("noor"), world.actor("ingrid")
    keep_draft(ingrid, page, Words("A guest may think along.", base=1))
    assert page.drafted_at is None
    keep_draft(world.actor("samir"), page, Words("Other.", base=1))
    assert editors_of(noor, page) == ["Samir El Idrissi", "Ingrid Solheim"]
    assert editors_of(world.actor("samir"), page) == ["Ingrid Solheim"]
    with frozen(now() + timedelta(minutes=12)), count_queries() as asked:
        assert editors_of(noor, page) == []
    assert not asked
    drop_draft(world.actor("samir"), place_of(page.id))
    assert editors_of(noor, page) == ["Ingrid Solheim"]


def test_who_wrote_along_is_named_where_they_did(world: World) -> None:
    page = _page(world)
    handles = [world.person(name).handle for name in ("samir", "fatma", "kwame")]
    keep_draft(world.actor("samir"), page, Words("Together.", base=1), together=True)
    keep_draft(world.actor("fatma"), page, Words("Alone.", base=1))
    along = wrote_together(page.id, handles, world.person("noor").id)
    assert along == [world.person("samir").id]
    save_page(world.actor("noor"), page, title="Notes", body="Together, all of us.", base=1, along=along)
    newest, first = revisions_of(world.actor("kwame"), page).items
    assert [writer.person.name for writer in newest.along] == ["Samir El Idrissi"]
    assert first.along == []
    assert len(db.session.scalars(select(RevisionWriter)).all()) == 1


def test_a_base_that_nobody_knows_is_never_written_over(world: World) -> None:
    page = _page(world)
    for base in (0, 7):
        with pytest.raises(Clash) as clash:
            save_page(world.actor("samir"), page, title="Notes", body="Something else.", base=base)
        assert {"Something else.", "Nobody is slow."} <= set(clash.value.merged.text().split("\n"))
    assert page.revision == 1
    edit_page(world.actor("samir"), page, body="Somebody is slow.", base=1)
    remove_revision(world.actor("pieter_jan"), page, number=1)
    with pytest.raises(Clash):
        save_page(world.actor("samir"), page, title="Notes", body="Nobody is quick.", base=1)
    with pytest.raises(Denied):
        lay_on(world.actor("ingrid"), page, title="Notes", body="Mine.", base=1)


def test_fifty_save_one_page_at_once_and_no_word_is_lost(world: World, app: Flask) -> None:
    lines = [f"Line {number} says nothing yet." for number in range(50)]
    page_id = _page(world, "\n\n".join(lines)).id
    names = ("noor", "samir", "fatma", "kwame")
    actors = [world.actor(names[number % 4]) for number in range(50)]
    db.session.remove()
    start = threading.Barrier(50)
    refused: list[int] = []
    broken: list[BaseException] = []

    def save(number: int) -> None:
        mine = [
            line.replace("nothing yet", f"word{number:02}") if at == number else line for at, line in enumerate(lines)
        ]
        with app.app_context():
            try:
                start.wait(timeout=60)
                page = db.session.get_one(Page, page_id)
                save_page(actors[number], page, title="Notes", body="\n\n".join(mine), base=1)
            except Conflict:
                refused.append(number)
            except BaseException as fault:
                broken.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not broken
    page = db.session.get_one(Page, page_id)
    stands = set(re.findall(r"word(\d\d)", page.body))
    assert stands | {f"{number:02}" for number in refused} == {f"{number:02}" for number in range(50)}
    assert page.revision == 51 - len(refused)
    numbers = db.session.scalars(select(Revision.number).where(Revision.page_id == page_id).order_by(Revision.number))
    assert list(numbers) == list(range(1, page.revision + 1))
    assert len(refused) < 25
    assert len(db.session.scalars(select(PageDraft)).all()) == 0
    assert db.session.get_one(Person, actors[0].id).name
