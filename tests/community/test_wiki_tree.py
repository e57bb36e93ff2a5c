"""The tree of a wiki: pages of any depth, moved as whole trees, with addresses and links that follow, and a bin."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask, current_app
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from community.activity.models import Activity
from community.clock import frozen, now
from community.comments.actions import create_comment, delete_comment
from community.comments.anchors import Selector
from community.comments.models import Anchor, Comment
from community.comments.queries import comments_of
from community.errors import CommunityError, Conflict, Denied, Invalid, NotFound
from community.extensions import db, write_unit
from community.items.models import Mention
from community.notifications.models import Notification
from community.permissions import SYSTEM
from community.search.queries import search
from community.spaces.actions import add_member, archive_space
from community.topics.models import TopicUse
from community.wiki import consumer
from community.wiki.actions import create_page, edit_page, rename_page, restore_revision
from community.wiki.backlinks import backlinks_of, links_to_binned
from community.wiki.bin import bin_of, delete_page, destroy_page, removal_for, remove_revision, restore_page, sweep_bin
from community.wiki.bin_jobs import sweep
from community.wiki.branches import AFTER, BEFORE, Branch, beside, children_of
from community.wiki.care import Approved, PageReview
from community.wiki.links import moved_to, with_links
from community.wiki.models import Alias, Link, Page, Removal, Revision
from community.wiki.moves import move_page, place_page
from community.wiki.paths import MAX_PATH, paths_above
from community.wiki.queries import page_for, revision_for, revisions_of
from community.wiki.review import approve_page, offer_page, return_page
from community.wiki.saving import Clash, save_page
from tests.conftest import count_queries
from tests.world import World


def _page(
    world: World, path: str, body: str = "Words.", *, by: str = "noor", place: str = "noorderlicht", **more: str
) -> Page:
    title = more.pop("title", path.rsplit("/", 1)[-1].capitalize())
    return create_page(world.actor(by), world.space(place), title=title, body=body, path=path, **more)


def _at(world: World, path: str, *, by: str = "noor", place: str = "noorderlicht") -> Page:
    return page_for(world.actor(by), world.space(place), path)


def _stands(space_id: int) -> dict[str, str | None]:
    """The path of each page, with that of its parent."""
    rows = db.session.execute(
        select(Page.id, Page.path, Page.parent_id).where(Page.space_id == space_id, Page.deleted_at.is_(None))
    )
    found = {row.id: row for row in rows}
    return {row.path: found[row.parent_id].path if row.parent_id else None for row in found.values()}


def check(space_id: int) -> None:
    """The parent of each page is the written page with the longest path above it: there can be no cycle."""
    tree = _stands(space_id)
    for path, parent in tree.items():
        above = [one for one in paths_above(path) if one in tree]
        assert parent == (above[-1] if above else None), (path, parent, tree)


def _found(world: World, word: str, *, by: str = "noor") -> int:
    return search(world.actor(by), current_app.config["SETTINGS"].search_folder, word).total


def _drawn(branch: Branch | None) -> list[object]:
    return (
        []
        if branch is None
        else [
            [node.path, *_drawn(node.children)] if node.children and node.children.nodes else node.path
            for node in branch.nodes
        ]
    )


def test_the_address_decides_and_a_parent_that_comes_later_adopts(world: World) -> None:
    space_id = world.space_ids["noorderlicht"]
    deep = "/".join(["stap"] * 60)
    for path in ("a/b/c", "a/b/d", deep, "a"):
        _page(world, path)
    assert _stands(space_id) == {"a": None, "a/b/c": "a", "a/b/d": "a", deep: None}
    _page(world, "a/b")
    assert _stands(space_id)["a/b/c"] == "a/b"
    with pytest.raises(Invalid) as fault:
        _page(world, "x" * (MAX_PATH + 1), title="X")
    assert fault.value.field == "path"
    rename_page(world.actor("samir"), _at(world, "a"), path="z")
    assert set(_stands(space_id)) == {"z", "z/b", "z/b/c", "z/b/d", deep}
    check(space_id)
    delete_page(world.actor("noor"), _at(world, "z/b"))
    assert _stands(space_id) == {"z": None, "z/b/c": "z", "z/b/d": "z", deep: None}


def test_a_move_is_refused_with_a_sentence_and_nothing_moves(world: World) -> None:
    space_id, samir = world.space_ids["noorderlicht"], world.actor("samir")
    for path in ("a", "a/b", "a/b/c", "d", "d/c", "e/b/c"):
        _page(world, path)
    _page(world, "geheim/c", by="anna", audience="coach")
    before = _stands(space_id)
    a, b, c, d = (_at(world, path) for path in ("a", "a/b", "a/b/c", "d"))
    for refused in (
        lambda: rename_page(samir, a, path="a/b/x"),
        lambda: rename_page(samir, a, path="d"),
        lambda: rename_page(samir, a, path="e"),  # a/b/c would come where another page stands
        lambda: rename_page(samir, a, path="y" * (MAX_PATH - 2)),
        lambda: place_page(samir, a, under=c),
        lambda: place_page(samir, a, under=a),
        lambda: place_page(samir, c, under=d),
        lambda: place_page(samir, b, under=a, after=d),
    ):
        with pytest.raises(Invalid):
            refused()
    assert _stands(space_id) == before
    with pytest.raises(NotFound):  # who may not see a page does not put others below it
        place_page(samir, c, under=db.session.scalars(select(Page).where(Page.path == "geheim/c")).one())
    delete_page(world.actor("noor"), d)
    with pytest.raises(NotFound):
        place_page(samir, c, under=d)
    with pytest.raises(Denied):
        place_page(world.actor("ingrid"), c, under=None)
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    with pytest.raises(Denied):
        place_page(samir, _at(world, "a/b/c"), under=None)


def test_neighbours_are_put_in_order_and_room_is_made(world: World) -> None:
    samir, space = world.actor("samir"), world.space("noorderlicht")
    for path in ("c", "a", "b", "start"):
        _page(world, path)
    assert _drawn(beside(samir, space).top) == ["start", "c", "a", "b"]
    place_page(samir, _at(world, "b"), under=None, after=None)
    place_page(samir, _at(world, "start"), under=None, after=_at(world, "c"))
    assert _drawn(beside(samir, space).top) == ["b", "c", "start", "a"]
    for _ in range(14):  # between the same two, until there is no room and all of them get new places
        first, second = [node.path for node in beside(samir, space).top.nodes][1:3]
        place_page(samir, _at(world, first), under=None, after=_at(world, second))
        assert [node.path for node in beside(samir, space).top.nodes][1:3] == [second, first]
    place_page(samir, _at(world, "a"), under=_at(world, "b"))
    place_page(samir, _at(world, "c"), under=_at(world, "b"), after=None)
    assert _drawn(beside(samir, space, _at(world, "b/a")).top) == [["b", "b/c", "b/a"], "start"]
    lines = db.session.scalar(select(func.count()).where(Activity.object_kind == "page"))
    place_page(samir, _at(world, "b/a"), under=_at(world, "b"), after=_at(world, "b/c"))
    place_page(samir, _at(world, "b/a"), under=_at(world, "b"))
    assert (
        db.session.scalar(select(func.count()).where(Activity.object_kind == "page")) == lines
    )  # they stand there already


MOVES = st.lists(
    st.tuples(
        st.sampled_from(["put", "top", "rename", "delete", "tree", "restore", "write"]),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    min_size=4,
    max_size=10,
)
PATHS = ["a", "b", "a/b", "a/b/c", "b/c", "c/d/e", "a/c", "b/a/b", "d"]


def test_whatever_moves_there_is_no_cycle_and_old_addresses_lead_to_their_pages(
    app: Flask, house, world: World
) -> None:
    """Random trees and moves: the rule holds after each, and the last page that stood at an address is found by it."""

    @settings(
        max_examples=6, deadline=None, database=None, phases=[Phase.generate, Phase.shrink], derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )  # fmt: skip
    @given(MOVES)
    def run(moves: list[tuple[str, int, int]]) -> None:
        db.session.remove()
        house.renew()
        noor, space_id = world.actor("noor"), world.space_ids["noorderlicht"]
        for path in PATHS:
            _page(world, path)
        stood: dict[str, int] = {}
        for what, one, other in moves:
            space = world.space("noorderlicht")
            here = list(
                db.session.scalars(
                    select(Page).where(Page.space_id == space_id, Page.deleted_at.is_(None)).order_by(Page.id)
                )
            )
            if not here:
                return
            stood.update({page.path: page.id for page in here})
            page, under = here[one % len(here)], here[other % len(here)]
            try:
                if what == "put":
                    place_page(noor, page, under=under)
                elif what == "top":
                    place_page(noor, page, under=None, after=None)
                elif what == "rename":
                    rename_page(noor, page, path=PATHS[other % len(PATHS)])
                elif what == "write":
                    create_page(noor, space, title="New", body="x", path=PATHS[other % len(PATHS)])
                elif what == "restore":
                    lies = bin_of(noor, space).items
                    if lies:
                        restore_page(noor, lies[other % len(lies)])
                else:
                    delete_page(noor, page, with_below=what == "tree")
            except CommunityError:
                db.session.rollback()
            check(space_id)
        now = {
            row.path: row.id for row in db.session.execute(select(Page.path, Page.id).where(Page.deleted_at.is_(None)))
        }
        for path, number in stood.items():
            alive = db.session.get_one(Page, number).deleted_at is None
            if alive and path not in now:
                found = moved_to(noor, world.space("noorderlicht"), path)
                assert found is not None and found.id == number, (path, moves)
        html = "".join(f'<a href="/spaces/noorderlicht/wiki/{path}">x</a>' for path in stood)
        for match in with_links(noor, world.space("noorderlicht"), html).split("<a ")[1:]:
            assert match.startswith('class="red"') or match.split("/wiki/")[1].split('"')[0] in now

    run()


def test_two_who_move_at_once_never_make_a_cycle(world: World, app: Flask) -> None:
    """A under B and B under A, again and again at the same moment; and names given at once are given once."""
    for path in ("a", "b", "c"):
        _page(world, path)
    ids = {page.path: page.id for page in db.session.scalars(select(Page))}
    space_id = world.space_ids["noorderlicht"]
    db.session.remove()
    broken: list[BaseException] = []

    def move(what: str, under: str, start: threading.Barrier) -> None:
        with app.app_context():
            try:
                actor = world.actor("noor")
                page, above = db.session.get_one(Page, ids[what]), db.session.get_one(Page, ids[under])
                db.session.rollback()
                start.wait(timeout=30)
                place_page(actor, page, under=above)
                rename_page(actor, page, path=page.path + "-x")
            except CommunityError:
                pass
            except BaseException as fault:
                broken.append(fault)
            finally:
                db.session.remove()

    for _ in range(4):
        start = threading.Barrier(6)
        pairs = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "a"), ("a", "c"), ("c", "b")]
        threads = [threading.Thread(target=move, args=(what, under, start)) for what, under in pairs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert not broken
        check(space_id)
        assert len(_stands(space_id)) == 3
        db.session.remove()


def test_fifty_save_one_page_at_once_and_no_word_is_lost(world: World, app: Flask) -> None:
    """Each changes a line of its own on the same revision: it is a revision with those words, or a refusal that says so."""
    page_id = _page(world, "samen", "\n\n".join(f"Line {number}." for number in range(50))).id
    db.session.remove()
    start, saved, refused, broken = threading.Barrier(50), [], [], []

    def save(number: int) -> None:
        with app.app_context():
            try:
                actor = world.actor("samir" if number % 2 else "noor")
                page = db.session.get_one(Page, page_id)
                body = page.body.replace(f"Line {number}.", f"Line {number}, woord{number}.")
                db.session.rollback()  # nobody holds a connection while the others come
                start.wait(timeout=60)
                edit_page(actor, page, body=body, base=1)
                saved.append(number)
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
    assert saved and sorted(saved + refused) == list(range(50))
    bodies = list(
        db.session.scalars(select(Revision.body).where(Revision.page_id == page_id).order_by(Revision.number))
    )
    assert len(bodies) == len(saved) + 1 == db.session.get_one(Page, page_id).revision
    assert all(f"woord{number}." in bodies[-1] or len(saved) == 1 for number in saved)
    assert all(any(f"woord{number}." in body for body in bodies) for number in saved)


def test_links_follow_a_page_and_backlinks_tell_who_links(world: World, catch_up) -> None:
    noor, space = world.actor("noor"), world.space("noorderlicht")
    source = _page(world, "bron", "See [[Getuigen]], [[a/b]], [[Nog niets]] and [[Getuigen|again]].")
    target = _page(world, "x1", title="Getuigen", body="Seen.")
    source = edit_page(noor, source, body=source.body + " More.", base=1)
    _page(world, "a")
    below = _page(world, "a/b")
    hidden = _page(world, "voor-anna", "About [[Getuigen]].", by="anna", audience="coach")
    catch_up()
    assert [page.id for page in backlinks_of(noor, target).items] == [source.id]
    assert [page.id for page in backlinks_of(world.actor("anna"), target).items] == [source.id, hidden.id]
    assert [page.id for page in backlinks_of(noor, below).items] == [source.id]  # it was red when it was written
    target = _at(world, "x1")
    rename_page(noor, target, path="ooggetuigen", title="Ooggetuigen")
    rename_page(noor, _at(world, "a"), path="z/a")
    catch_up()
    space, target, source = world.space("noorderlicht"), _at(world, "ooggetuigen"), _at(world, "bron")
    html = with_links(noor, space, source.body_html)
    assert html.count('href="/spaces/noorderlicht/wiki/ooggetuigen"') == 2
    assert 'href="/spaces/noorderlicht/wiki/z/a/b"' in html
    assert html.count('class="red"') == 1
    # And when the old words are kept anew they lead there too: by the old title, and by the old address.
    edit_page(noor, _at(world, "bron"), body=source.body + " Again.", base=2)
    again = _at(world, "bron").body_html
    assert again.count('<a href="/spaces/noorderlicht/wiki/ooggetuigen"') == 2
    assert '<a href="/spaces/noorderlicht/wiki/z/a/b"' in again
    catch_up()
    below_id = _at(world, "z/a/b").id
    assert [page.path for page in backlinks_of(noor, _at(world, "ooggetuigen")).items] == ["bron"]
    held = {(link.source_id, link.target_id) for link in db.session.scalars(select(Link))}
    assert sum(consumer.rebuild(chunk=2)) == 5
    assert {(link.source_id, link.target_id) for link in db.session.scalars(select(Link))} == held
    _page(world, "nog-niets")
    moved_to_old = _page(world, "a", title="Another").id  # a page that stands there wins
    catch_up()
    space = world.space("noorderlicht")
    assert 'class="red"' not in with_links(noor, space, again)
    assert moved_to(noor, space, "a/b").id == below_id
    assert _at(world, "a").id == moved_to_old
    with pytest.raises(NotFound):
        backlinks_of(world.actor("joost"), _at(world, "ooggetuigen"))
    assert moved_to(world.actor("joost"), space, "a/b") is None


def test_a_tree_goes_to_another_space_with_all_that_hangs_on_it(world: World, catch_up) -> None:
    facilitator, team, other = world.actor("pieter_jan"), world.space("noorderlicht"), world.space("getij")
    add_member(world.actor("rik"), other, world.person("fatma"), role="member")
    _page(world, "plan", "See [[plan/stap]] and [[thuis]].", by="fatma")
    step = _page(world, "plan/stap", "Zeespiegel, @samir.el-idrissi.", by="kwame")
    _page(world, "plan/stil", by="anna", audience="coach")
    left = _page(world, "plan/stil/onder")
    _page(world, "thuis", "Back to [[plan]] and [[plan/stap]].")
    comment = create_comment(world.actor("samir"), step, body="Zeespiegel, zeg je?").id
    step, left = step.id, left.id
    catch_up()
    team, other = world.space("noorderlicht"), world.space("getij")
    with pytest.raises(Denied):  # Fatma made the first page, Kwame the one below it
        move_page(world.actor("fatma"), _at(world, "plan"), other)
    mine = _page(world, "van-fatma", by="fatma")
    said = create_comment(world.actor("samir"), mine, body="For us alone.")
    with pytest.raises(Denied):  # what others said was meant for who reads there
        move_page(world.actor("fatma"), mine, other)
    delete_comment(world.actor("samir"), said)
    move_page(world.actor("fatma"), mine, other)
    delete_page(world.actor("fatma"), _at(world, "van-fatma", by="fatma", place="getij"))
    with pytest.raises(NotFound):  # she may not even know of the other team
        move_page(world.actor("noor"), _page(world, "van-noor"), other)
    delete_page(world.actor("noor"), _at(world, "van-noor"))
    with pytest.raises(Invalid):
        move_page(facilitator, _at(world, "plan", by="pieter_jan"), team)
    move_page(facilitator, _at(world, "plan", by="pieter_jan"), other)
    catch_up()
    team, other = world.space("noorderlicht"), world.space("getij")
    check(team.id)
    check(other.id)
    assert _stands(other.id) == {"plan": None, "plan/stap": "plan", "plan/stil/onder": "plan"}
    # What the mover does not see stays, and nothing tells of it.
    assert _stands(team.id) == {"thuis": None, "plan/stil": None}
    joost, noor = world.actor("joost"), world.actor("noor")
    there = _at(world, "plan/stap", by="joost", place="getij")
    assert there.audience == "space"
    assert [one.body for one in comments_of(joost, there)] == ["Zeespiegel, zeg je?"]
    assert db.session.get_one(Comment, comment).space_id == other.id
    assert (_found(world, "zeespiegel", by="joost"), _found(world, "zeespiegel")) == (2, 0)
    assert len(revisions_of(joost, there).items) == 1
    of_it = (Notification.person_id == world.person_ids["samir"], Notification.thread_kind == "page")
    told = db.session.scalars(select(Notification).where(*of_it)).all()
    assert {notice.space_id for notice in told} == {other.id} and all(notice.hidden for notice in told)
    plan = _at(world, "plan", by="joost", place="getij")
    html = with_links(joost, other, plan.body_html)
    assert "noorderlicht" not in html  # no word of the place where it was
    assert '<a href="/spaces/getij/wiki/plan/stap">' in html and html.count('class="red"') == 1
    kept = with_links(noor, team, _at(world, "thuis").body_html)
    assert "getij" not in kept and kept.count('class="red"') == 2
    assert "/spaces/getij/wiki/plan/stap" in with_links(facilitator, team, _at(world, "thuis").body_html)
    assert moved_to(facilitator, team, "plan/stap").id == step and moved_to(noor, team, "plan/stap") is None
    assert [page.path for page in backlinks_of(facilitator, there).items] == ["plan", "thuis"]
    assert [page.path for page in backlinks_of(joost, there).items] == ["plan"]
    assert left in {page.id for page in children_of(joost, other, plan).items}
    archive_space(world.actor("rik"), world.space("getij"))
    with pytest.raises(Denied):
        move_page(facilitator, _at(world, "thuis", by="pieter_jan"), world.space("getij"))


def test_an_open_page_is_never_wider_than_the_space_it_comes_to(world: World) -> None:
    page = create_page(
        world.actor("mei_lin"), world.space("theme"), title="Open", body="For all.", audience="organisation"
    )
    add_member(world.actor("rik"), world.space("getij"), world.person("mei_lin"), role="member")
    move_page(world.actor("mei_lin"), page, world.space("getij"))
    assert page.audience == "space"
    assert page_for(world.actor("joost"), world.space("getij"), "open").id == page.id
    with pytest.raises(NotFound):
        page_for(world.actor("dev"), world.space("getij"), "open")


def test_who_does_not_see_a_page_still_reaches_what_they_see_below_it(world: World) -> None:
    samir, space = world.actor("samir"), world.space("noorderlicht")
    _page(world, "boven")
    _page(world, "boven/geheim", by="anna", audience="coach", title="Zwarte lijst")
    _page(world, "boven/geheim/dieper", by="anna", audience="coach", title="Nog zwarter")
    _page(world, "boven/geheim/dieper/open")
    _page(world, "kluis", by="anna", audience="coach")
    _page(world, "kluis/brief")
    assert _drawn(beside(samir, space).top) == ["boven", "kluis/brief"]
    assert beside(samir, space).top.nodes[0].opens
    page = _at(world, "boven/geheim/dieper/open", by="samir")
    side = beside(samir, space, page)
    assert _drawn(side.top) == [["boven", "boven/geheim/dieper/open"], "kluis/brief"] or _drawn(side.top) == [
        ["boven", ["boven/geheim/dieper/open"]], "kluis/brief",
    ]  # fmt: skip
    assert [node.title for node in side.way] == ["Boven"]
    assert [page.path for page in children_of(samir, space, _at(world, "boven")).items] == ["boven/geheim/dieper/open"]
    assert [page.path for page in children_of(samir, space, None).items] == ["kluis/brief", "boven"]
    anna = _drawn(beside(world.actor("anna"), space, page).top)
    assert anna[0][0] == "boven" and anna[0][1][0] == "boven/geheim"


def test_a_wide_tree_shows_a_window_and_goes_on(world: World) -> None:
    samir, space = world.actor("samir"), world.space("noorderlicht")
    first = _page(world, "p000")
    common = {"space_id": space.id, "author_id": first.author_id, "editor_id": first.author_id, "audience": "space"}
    common |= {"title": "P", "body": "x", "body_html": "<p>x</p>"}
    rows = [{**common, "path": f"p{number:03}", "position": first.position + 1024 * number} for number in range(1, 120)]
    with write_unit():
        db.session.execute(Page.__table__.insert(), rows)
    page = _at(world, "p060", by="samir")
    assert samir.roles
    with count_queries() as seen:
        top = beside(samir, space, page).top
    assert len(seen) == 1
    assert [node.path for node in top.nodes] == [f"p{number:03}" for number in range(60 - BEFORE, 61 + AFTER)]
    assert top.earlier and top.later
    first_page = beside(samir, space, _at(world, "p000", by="samir")).top
    assert not first_page.earlier and first_page.later
    found, after = [], None
    while True:
        stretch = children_of(samir, space, None, after=after, limit=50)
        found += [page.path for page in stretch.items]
        after = stretch.next
        if after is None:
            break
    assert found == [f"p{number:03}" for number in range(120)]


def test_the_bin_gives_back_children_and_place(world: World, catch_up) -> None:
    noor, samir, space = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    _page(world, "a")
    for path in ("b", "b/c", "b/c/d", "e"):
        _page(world, path, f"Sterrenkaart {path}")
    _page(world, "bron", "See [[b/c]].")
    catch_up()
    space = world.space("noorderlicht")
    drawn = _drawn(beside(samir, space, _at(world, "b/c/d")).top)
    with pytest.raises(Denied):
        delete_page(samir, _at(world, "b"))
    delete_page(noor, _at(world, "b"), with_below=True)
    catch_up()
    space = world.space("noorderlicht")
    assert set(_stands(space.id)) == {"a", "e", "bron"}
    assert _found(world, "sterrenkaart") == 1
    lies = bin_of(samir, space).items
    assert [(one.page.title, one.pages, one.path, one.remover.name) for one in lies] == [
        ("B", 3, "b", "Noor van der Velden")
    ]
    assert bin_of(world.actor("ingrid"), space).items == [] and bin_of(world.actor("joost"), space).items == []
    assert links_to_binned(samir, lies[0]) == [("Bron", "bron")]
    with pytest.raises(NotFound):
        removal_for(world.actor("ingrid"), space, lies[0].id)
    back = restore_page(samir, removal_for(samir, space, lies[0].id))
    assert (back.page.path, back.pages, back.moved) == ("b", 3, False)
    catch_up()
    space = world.space("noorderlicht")
    assert _drawn(beside(samir, space, _at(world, "b/c/d")).top) == drawn
    assert _found(world, "sterrenkaart") == 4
    # Somebody takes an address meanwhile: all of it comes back beside it.
    delete_page(noor, _at(world, "b"), with_below=True)
    _page(world, "b/c/d")
    back = restore_page(noor, bin_of(noor, space).items[0])
    assert (back.page.path, back.moved) == ("b-2", True)
    assert _stands(space.id) | {"a": None} == {
        "a": None, "e": None, "bron": None, "b/c/d": None, "b-2": None, "b-2/c": "b-2", "b-2/c/d": "b-2/c",
    }  # fmt: skip
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))


def test_what_is_destroyed_leaves_no_word(world: World, catch_up) -> None:
    noor, chief, space = world.actor("noor"), world.actor("pieter_jan"), world.space("noorderlicht")
    page = _page(world, "weg", "Kanariegeel.")
    edit_page(noor, page, body="Kanariegeel, nog eens.", base=1)
    create_comment(world.actor("samir"), page, body="Kanariegeel?", anchor=Selector("Kanariegeel, nog"))
    _page(world, "bron", "See [[weg]].")
    _page(world, "stil", by="anna", audience="coach")
    delete_page(noor, page)
    secret = delete_page(world.actor("anna"), _at(world, "stil", by="anna"))
    with pytest.raises(NotFound):
        destroy_page(chief, secret)
    catch_up()
    space = world.space("noorderlicht")
    removal = bin_of(noor, space).items[0]
    page_id = removal.page_id
    with pytest.raises(Denied):
        destroy_page(noor, removal)
    destroy_page(chief, removal)
    with pytest.raises(NotFound):
        restore_page(noor, removal)
    catch_up()
    space = world.space("noorderlicht")
    assert db.session.scalars(select(Anchor)).all() == []
    for model in (Page, Revision, Comment):
        assert not any("anarie" in row.body for row in db.session.scalars(select(model)))
    assert db.session.scalar(select(func.count()).select_from(Revision).where(Revision.page_id == page_id)) == 0
    assert [one.path for one in bin_of(world.actor("anna"), space).items] == ["stil"]
    assert bin_of(noor, space).items == []
    assert 'class="red"' in with_links(noor, space, _at(world, "bron").body_html)
    assert not _found(world, "kanariegeel")


def test_after_thirty_days_what_lies_in_the_bin_goes_for_good_with_all_that_hangs_on_it(world: World, catch_up) -> None:
    noor, anna = world.actor("noor"), world.actor("anna")
    page = _page(world, "weg", "Kanariegeel.")
    _page(world, "weg/lager", "Kanariegeel hieronder, @samir.el-idrissi.")
    offer_page(noor, _at(world, "weg"), revision=1)
    return_page(anna, _at(world, "weg", by="anna"), revision=1, reason="Kanariegeel?")
    approve_page(anna, _at(world, "weg", by="anna"), revision=1)
    _page(world, "stil", "Kanariegeel voor de coach.", by="anna", audience="coach")
    page_id = page.id
    first = delete_page(noor, _at(world, "weg"), with_below=True)
    secret = delete_page(anna, _at(world, "stil", by="anna"))
    _page(world, "later")
    for early in (first, secret):
        with pytest.raises(Denied):
            sweep_bin(SYSTEM, early)
    with frozen(now() + timedelta(days=1)):
        delete_page(noor, _at(world, "later"))
    with frozen(now() + timedelta(days=29, hours=23)):
        sweep({})
    assert db.session.scalar(select(func.count()).select_from(Removal)) == 3
    with frozen(now() + timedelta(days=30)):
        with pytest.raises(Denied):
            sweep_bin(world.actor("pieter_jan"), db.session.get_one(Removal, first.id))
        sweep({})
        sweep({})
    db.session.expire_all()
    assert [one.path for one in bin_of(noor, world.space("noorderlicht")).items] == ["later"]
    words = [
        getattr(row, name)
        for model, names in (
            (Page, ("title", "body")),
            (Revision, ("body",)),
            (Approved, ("body",)),
            (PageReview, ("reason",)),
        )
        for row in db.session.scalars(select(model))
        for name in names
    ]
    assert not any("anarie" in text for text in words)
    assert db.session.scalar(select(Mention.id).where(Mention.object_kind == "page")) is None
    lines = db.session.scalars(select(Activity).where(Activity.verb == "page.destroyed")).all()
    assert [(line.actor_id, line.object_id == page_id, line.data) for line in lines][0] == (None, True, {})
    assert len(lines) == 2
    catch_up()


def test_a_page_that_comes_back_is_linked_named_and_found_as_before(world: World, catch_up) -> None:
    noor = world.actor("noor")
    _page(world, "weg", "Voor @samir.el-idrissi over #terugkeer, zie [[Doel]].")
    _page(world, "weg/lager", "Voor @kwame.mensah over #terugkeer, zie [[Doel]].")
    _page(world, "doel", "Zie [[weg]] en [[weg/lager]].")
    catch_up()

    def known():
        named = select(Mention.object_id, Mention.person_id).where(Mention.object_kind == "page").order_by(Mention.id)
        topics = select(TopicUse.object_id).where(TopicUse.object_kind == "page").order_by(TopicUse.object_id)
        linked = [[one.path for one in backlinks_of(noor, _at(world, at)).items] for at in ("weg", "weg/lager", "doel")]
        return db.session.execute(named).all(), db.session.scalars(topics).all(), linked, _found(world, "terugkeer")

    before = known()
    assert len(before[0]) == 2 and len(before[1]) == 2 and before[2] == [["doel"], ["doel"], ["weg", "weg/lager"]]
    delete_page(noor, _at(world, "weg"), with_below=True)
    catch_up()
    assert not _found(world, "terugkeer") and backlinks_of(noor, _at(world, "doel")).items == []
    restore_page(noor, bin_of(noor, world.space("noorderlicht")).items[0])
    catch_up()
    assert known() == before


def test_staff_take_one_revision_away_and_its_place_stays(world: World, catch_up) -> None:
    noor, chief = world.actor("noor"), world.actor("pieter_jan")
    page = _page(world, "p", "One.")
    edit_page(noor, page, body="A name that must not stand here.", base=1)
    create_comment(noor, page, body="Why?", anchor=Selector("A name that must not stand here."))
    edit_page(noor, page, body="Three.", base=2)
    catch_up()
    page = _at(world, "p")
    assert db.session.scalar(select(Anchor.orphaned_at)) is not None
    with pytest.raises(Denied):
        remove_revision(noor, page, number=2)
    with pytest.raises(Invalid):
        remove_revision(chief, _at(world, "p", by="pieter_jan"), number=3)
    remove_revision(chief, _at(world, "p", by="pieter_jan"), number=2)
    with pytest.raises(NotFound):
        remove_revision(chief, _at(world, "p", by="pieter_jan"), number=2)
    history = revisions_of(noor, page).items
    assert [(one.number, one.remover.name if one.remover else None) for one in history] == [
        (3, None), (2, "Pieter-Jan Hoekstra"), (1, None),
    ]  # fmt: skip
    assert not db.session.scalar(select(Revision.body).where(Revision.number == 2))
    assert db.session.scalar(select(func.count()).select_from(Anchor)) == 0  # its comment stays, without the words
    # What was made of those words is still merged with care: nobody knows what they were.
    with pytest.raises(Clash):
        save_page(noor, page, title="P", body="A name, and more.", base=2)
    for refused in (lambda: revision_for(noor, page, 2), lambda: restore_revision(noor, page, number=2, base=3)):
        with pytest.raises(NotFound):
            refused()


def test_ten_thousand_pages_move_with_a_fixed_number_of_statements(world: World) -> None:
    """The statements do not grow with the tree; how long they take is in the benchmark."""
    noor = world.actor("noor")

    def cost(root: str, many: int) -> int:
        _page(world, root)
        for number in range(many):
            _page(world, f"{root}/k{number}")
        page = _at(world, root)
        with count_queries() as seen:
            rename_page(noor, page, path=f"{root}-elders")
        return len(seen)

    assert cost("klein", 1) == cost("groot", 12)
    check(world.space_ids["noorderlicht"])
    assert db.session.scalar(select(func.count()).select_from(Alias)) == 15
