"""The wiki of Noorderlicht: pages, history, links, and what nobody else may know."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from community.activity.models import Activity
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.spaces.actions import archive_space
from community.wiki.actions import create_page, delete_page, edit_page, rename_page, restore_revision
from community.wiki.branches import beside
from community.wiki.links import with_links
from community.wiki.models import Page, Revision
from community.wiki.queries import page_for, pages_of, revision_for, revisions_of
from tests.conftest import count_queries
from tests.world import World


def _page(world: World, title: str = "Our reading of the question", body: str = "Nobody is slow.", **more: str) -> Page:
    return create_page(world.actor("noor"), world.space("noorderlicht"), title=title, body=body, **more)


def test_noor_writes_a_page_and_samir_finds_it_where_its_title_says(world: World) -> None:
    _page(world)
    found = page_for(world.actor("samir"), world.space("noorderlicht"), "our-reading-of-the-question")
    assert (found.title, found.revision, found.audience) == ("Our reading of the question", 1, "space")
    assert "Nobody is slow." in found.body_html
    assert found.author.name == "Noor van der Velden"


def test_two_pages_may_have_one_title_but_not_one_address(world: World) -> None:
    assert [_page(world, "Notes").path, _page(world, "Notes").path] == ["notes", "notes-2"]
    with pytest.raises(Invalid) as fault:
        _page(world, "Notes", path="notes")
    assert fault.value.field == "path"


@pytest.mark.parametrize("path", ["", "A", "a b", "a//b", "../x", "a/new", "delete", "ü", "x" * 481, "a~1"])
def test_an_address_is_small_letters_digits_and_dashes(world: World, path: str) -> None:
    with pytest.raises(Invalid) as fault:
        _page(world, path=path)
    assert fault.value.field == "path"


@pytest.mark.parametrize(
    ("title", "path"),
    [("Wie is de klant?", "wie-is-de-klant"), ("Fråga från Østfold", "fraga-fran-ostfold"), ("New", "new-2")],
)
def test_a_title_becomes_an_address_that_can_be_read(world: World, title: str, path: str) -> None:
    assert _page(world, title).path == path


def test_a_title_without_latin_letters_gets_an_address_that_stays(world: World) -> None:
    page = _page(world, "質問")
    assert page.path.startswith("page-")
    linking = _page(world, "Links", "See [[質問]].")
    assert f'href="/spaces/noorderlicht/wiki/{page.path}"' in linking.body_html


@pytest.mark.parametrize(
    ("field", "title", "body"), [("title", "  ", "x"), ("title", "x" * 201, "x"), ("body", "T", " \n")]
)
def test_a_page_needs_a_title_and_words(world: World, field: str, title: str, body: str) -> None:
    with pytest.raises(Invalid) as fault:
        _page(world, title, body)
    assert fault.value.field == field
    assert db.session.scalar(select(func.count()).select_from(Page)) == 0


def test_a_save_appends_a_revision_and_the_same_words_make_none(world: World) -> None:
    page = _page(world)
    edit_page(world.actor("samir"), page, body="Nobody at the desk is slow.", base=1, summary="at the desk")
    edit_page(world.actor("samir"), page, body="Nobody at the desk is slow.", base=2)
    edit_page(world.actor("samir"), page, body="Nobody at the desk is slow.\r\n".strip(), base=1)
    assert page.revision == 2
    history = revisions_of(world.actor("noor"), page).items
    assert [(r.number, r.author.name, r.summary) for r in history] == [
        (2, "Samir El Idrissi", "at the desk"),
        (1, "Noor van der Velden", ""),
    ]
    assert revision_for(world.actor("noor"), page, 1).body == "Nobody is slow."


def test_a_stale_save_is_refused_with_what_stands_and_nothing_is_lost(world: World) -> None:
    page = _page(world)
    edit_page(world.actor("samir"), page, body="Samir's words.", base=1)
    with pytest.raises(Conflict) as clash:
        edit_page(world.actor("noor"), page, body="Noor's words.", base=1)
    assert (clash.value.theirs, clash.value.base) == ("Samir's words.", 2)
    again = page_for(world.actor("noor"), world.space("noorderlicht"), page.path)
    assert (again.body, again.revision) == ("Samir's words.", 2)


def test_sixteen_save_at_once_and_each_is_a_revision_or_a_clear_refusal(world: World, app: Flask) -> None:
    page_id = _page(world).id
    db.session.remove()
    start = threading.Barrier(16)
    saved: list[int] = []
    refused: list[int] = []
    broken: list[BaseException] = []

    def save(number: int) -> None:
        with app.app_context():
            try:
                actor = world.actor("samir" if number % 2 else "noor")
                page = db.session.get_one(Page, page_id)
                base = page.revision
                db.session.rollback()  # nobody holds a connection while the others come
                start.wait(timeout=30)
                edit_page(actor, page, body=f"Words of {number}", base=base)
                saved.append(number)
            except Conflict:
                refused.append(number)
            except BaseException as fault:
                broken.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=save, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not broken
    assert len(saved) >= 1
    assert len(saved) + len(refused) == 16
    bodies = set(db.session.scalars(select(Revision.body).where(Revision.page_id == page_id)))
    assert bodies == {"Nobody is slow.", *(f"Words of {number}" for number in saved)}
    assert db.session.get_one(Page, page_id).revision == len(saved) + 1


def test_restoring_is_a_new_revision(world: World) -> None:
    page = _page(world, body="First.")
    edit_page(world.actor("samir"), page, body="Second.", base=1)
    with pytest.raises(Conflict):
        restore_revision(world.actor("noor"), page, number=1, base=1)
    restore_revision(world.actor("noor"), page, number=1, base=2, summary="the first again")
    assert (page.body, page.revision) == ("First.", 3)
    assert revision_for(world.actor("noor"), page, 2).body == "Second."
    with pytest.raises(NotFound):
        restore_revision(world.actor("noor"), page, number=9, base=3)


def test_a_page_moves_to_a_free_address_only(world: World) -> None:
    page = _page(world, "Notes")
    _page(world, "Evidence")
    with pytest.raises(Invalid):
        rename_page(world.actor("samir"), page, path="evidence")
    rename_page(world.actor("samir"), page, path="evidence/notes", title="Notes of May")
    assert (page.path, page.title, page.revision) == ("evidence/notes", "Notes of May", 2)


def test_the_address_of_a_deleted_page_is_free_again(world: World) -> None:
    page = _page(world, "Notes")
    with pytest.raises(Denied):
        delete_page(world.actor("samir"), page)
    delete_page(world.actor("noor"), page)
    with pytest.raises(NotFound):
        page_for(world.actor("noor"), world.space("noorderlicht"), "notes")
    with pytest.raises(NotFound):
        edit_page(world.actor("noor"), page, body="Still there?", base=1)
    assert _page(world, "Notes").path == "notes"


def test_only_the_newly_mentioned_are_told(world: World) -> None:
    samir, fatma = world.person("samir"), world.person("fatma")
    page = _page(world, body=f"Ask @{samir.handle}.")
    edit_page(world.actor("noor"), page, body=f"Ask @{samir.handle} or @{fatma.handle}.", base=1)
    lines = db.session.scalars(select(Activity).where(Activity.object_kind == "page").order_by(Activity.id)).all()
    assert [line.data["mentions"] for line in lines] == [[samir.id], [fatma.id]]


def test_a_red_link_turns_when_its_page_is_written_and_again_when_it_goes(world: World) -> None:
    page = _page(world, body="See [[Wie is de klant?]] and [[#here]].")
    red = '<a class="red" href="/spaces/noorderlicht/wiki/wie-is-de-klant?title=Wie%20is%20de%20klant%3F">'
    assert red in page.body_html
    noor, space = world.actor("noor"), world.space("noorderlicht")
    assert red in with_links(noor, space, page.body_html)
    asked = _page(world, "Wie is de klant?")
    painted = with_links(noor, space, page.body_html)
    assert '<a href="/spaces/noorderlicht/wiki/wie-is-de-klant">' in painted
    delete_page(noor, asked)
    assert red in with_links(noor, space, page.body_html)


def test_a_link_does_not_tell_of_a_page_that_its_reader_may_not_see(world: World) -> None:
    _page(world, "For Anna", audience="coach")
    page = _page(world, "Open", "See [[For Anna]].")
    assert 'class="red"' in page.body_html
    space = world.space("noorderlicht")
    assert 'class="red"' in with_links(world.actor("samir"), space, page.body_html)
    assert 'class="red"' not in with_links(world.actor("anna"), space, page.body_html)


def test_the_tree_follows_the_addresses_and_shows_only_what_one_may_see(world: World) -> None:
    for title, path in (("Start", "start"), ("Evidence", "evidence"), ("Interviews", "evidence/interviews")):
        _page(world, title, path=path)
    _page(world, "Alone", path="deep/below/alone")
    _page(world, "For Anna", audience="coach")
    samir, space = world.actor("samir"), world.space("noorderlicht")
    top = beside(samir, space).top.nodes
    assert [(node.title, node.opens) for node in top] == [("Start", False), ("Evidence", True), ("Alone", False)]
    tree = beside(samir, space, page_for(samir, space, "evidence")).top.nodes
    assert [child.title for child in tree[1].children.nodes] == ["Interviews"]
    assert beside(world.actor("joost"), space).top.nodes == []


def test_lists_go_on_where_they_stopped(world: World) -> None:
    for number in range(5):
        _page(world, f"Page {number}")
    samir, space = world.actor("samir"), world.space("noorderlicht")
    first = pages_of(samir, space, limit=2)
    second = pages_of(samir, space, limit=2, after=first.next)
    third = pages_of(samir, space, limit=2, after=second.next)
    assert [p.title for p in [*first.items, *second.items, *third.items]] == [f"Page {n}" for n in range(5)]
    assert third.next is None
    page = first.items[0]
    for base in range(1, 5):
        edit_page(samir, page, body=f"Text {base}", base=base)
    newest = revisions_of(samir, page, limit=3)
    oldest = revisions_of(samir, page, limit=3, before=newest.next)
    assert [r.number for r in [*newest.items, *oldest.items]] == [5, 4, 3, 2, 1]
    assert oldest.next is None


@pytest.mark.parametrize("outsider", ["dev", "joost", "gus", "rik"])
def test_who_is_not_in_the_team_learns_nothing_of_its_pages(world: World, outsider: str) -> None:
    page, space = _page(world), world.space("noorderlicht")
    page_id, path = page.id, page.path
    stranger = world.actor(outsider)
    doors = [
        lambda: page_for(stranger, space, path),
        lambda: revisions_of(stranger, page),
        lambda: revision_for(stranger, page, 1),
        lambda: edit_page(stranger, page, body="Mine now.", base=1),
        lambda: rename_page(stranger, page, path="mine"),
        lambda: restore_revision(stranger, page, number=1, base=1),
        lambda: delete_page(stranger, page),
    ]
    for knock in doors:
        with pytest.raises(NotFound):
            knock()
    assert pages_of(stranger, space).items == []
    assert db.session.get_one(Page, page_id).body == "Nobody is slow."
    with pytest.raises((NotFound, Denied)):
        create_page(stranger, space, title="Mine", body="Hello")


def test_a_guest_and_an_archived_space_only_read(world: World) -> None:
    page = _page(world)
    with pytest.raises(Denied):
        edit_page(world.actor("ingrid"), page, body="By a guest.", base=1)
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    assert page_for(world.actor("noor"), world.space("noorderlicht"), page.path)
    with pytest.raises(Denied):
        edit_page(world.actor("noor"), page, body="Too late.", base=1)


def test_reading_a_page_costs_the_same_however_long_its_history(world: World) -> None:
    page = _page(world)
    samir, space = world.actor("samir"), world.space("noorderlicht")

    def read() -> int:
        db.session.expire_all()
        with count_queries() as seen:
            found = page_for(samir, space, page.path)
            revisions_of(samir, found)
            beside(samir, space, found)
        return len(seen)

    few = read()
    for base in range(1, 60):
        edit_page(samir, page, body=f"Text {base}", base=base)
    assert read() == few
