"""A wide wiki: a space with 100,000 pages beside one with 1,000. What a page shows is as much, whatever stands around it.

Half of the pages stand on top, the others below each other, ten below each. The rows are made in bulk in the copy that a run works
on. Each figure is of a request or an action as the house does it, beside the same one in the small wiki, round by round.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import insert, text

from bench.data import READER
from bench.house import House, progress
from bench.pages import counted
from bench.table import Row, row
from community.clock import now
from community.extensions import db, write_unit
from community.people.models import Person
from community.permissions import Actor
from community.spaces.models import Membership, Space
from community.spaces.queries import actor_for
from community.wiki.actions import edit_page, rename_page
from community.wiki.backlinks import backlinks_of
from community.wiki.branches import beside, children_of
from community.wiki.models import Link, Page
from community.wiki.moves import place_page
from community.wiki.queries import page_for
from community.wiki.tree import GAP

FEW, MANY, TREE = 1_000, 100_000, 10_000
ROUNDS, EACH = 5, 15
DEEP = "tree/n1/n12/n123"
HTML = '<p>Words of a page, with a link to <a href="/spaces/{slug}/wiki/tree">the tree</a>.</p>'


def _fill(house: House, slug: str, many: int) -> None:
    """A space with so many pages, the reader a member of it."""
    at = now()
    with write_unit():
        space = Space(
            kind="project", name=slug.title(), slug=slug, tools=["stream", "wiki"], time_zone="Europe/Amsterdam"
        )
        db.session.add(space)
        db.session.flush()
        db.session.add(Membership(space_id=space.id, person_id=READER, role="member"))
        first = (db.session.scalar(text("SELECT max(id) FROM page")) or 0) + 1
        common = {
            "space_id": space.id, "author_id": READER, "editor_id": READER, "audience": "space", "body": "Words of a page.",
            "body_html": HTML.format(slug=slug), "excerpt": "Words of a page.", "created_at": at, "updated_at": at,
        }  # fmt: skip
        paths = {0: "tree"}
        rows = [{**common, "id": first, "path": "tree", "title": "Tree", "parent_id": None, "position": GAP}]
        for number in range(1, many):
            if number < many // 2:
                above = number // 10
                paths[number] = f"{paths[above]}/n{number}"
                place = {"path": paths[number], "parent_id": first + above, "position": GAP * number}
            else:
                place = {"path": f"p{number}", "parent_id": None, "position": GAP * number}
            rows.append({**common, "id": first + number, "title": f"Page {number}", **place})
        links = [
            {"source_id": first + number, "space_id": space.id, "path": "tree", "target_id": first}
            for number in range(1, many)
        ]
        for start in range(0, many, 10_000):
            db.session.execute(insert(Page), rows[start : start + 10_000])
        for start in range(0, many, 10_000):
            db.session.execute(insert(Link), links[start : start + 10_000])
        if not house.is_sqlite:  # rows came with numbers of their own: tell the counters
            for name in ("page", "revision"):
                last = f"(SELECT max(id) FROM {name})"
                db.session.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})"))
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _space(slug: str) -> Space:
    found: Space = db.session.query(Space).filter_by(slug=slug).one()
    return found


def _ways(house: House, slug: str) -> dict[str, Callable[[Actor], object]]:
    client = house.app.test_client(use_cookies=False)
    headers = {"Cookie": house.cookies[0]}

    def read(path: str) -> Callable[[Actor], object]:
        def ask(_who: Actor) -> None:
            with house.app.app_context():  # of its own, as in a server
                answer = client.get(f"/spaces/{slug}/wiki/{path}", headers=headers)
            assert answer.status_code == 200, answer.status_code

        return ask

    half = (MANY if slug == "wide" else FEW) // 2

    def edit(who: Actor) -> None:
        page = page_for(who, _space(slug), DEEP)
        edit_page(who, page, body=f"Revision {page.revision + 1} of these words.", base=page.revision)

    def order(who: Actor) -> None:
        space = _space(slug)
        below = children_of(who, space, page_for(who, space, "tree/n1"), limit=3).items
        place_page(who, below[0], under=page_for(who, space, "tree/n1"), after=below[1])

    return {
        "view, four levels down": read(DEEP),
        "view, among its neighbours on top": read(f"p{half + 40}"),
        "save": edit,
        "change the order": order,
        "tree at the side": lambda who: beside(who, _space(slug), page_for(who, _space(slug), DEEP)),
        "first pages on top": lambda who: children_of(who, _space(slug), None, limit=50),
        "what links here": lambda who: backlinks_of(who, page_for(who, _space(slug), "tree")),
    }


def _reader() -> Actor:
    db.session.rollback()
    db.session.expunge_all()
    found = actor_for(db.session.get_one(Person, READER))
    assert found.roles
    return found


def _round(ask: Callable[[Actor], object]) -> float:
    """Milliseconds of processor time, the median of several."""
    times = []
    for _ in range(EACH):
        who = _reader()
        began = time.process_time()
        ask(who)
        times.append(1000 * (time.process_time() - began))
    return sorted(times)[EACH // 2]


def measure(house: House) -> list[Row]:
    """Rows of a wiki with many pages, each beside the same in one with few; and of a large tree that moves."""
    with house.app.app_context():
        progress(f"Making a wiki of {FEW:,} pages")
        _fill(house, "narrow", FEW)
        progress(f"Making a wiki of {MANY:,} pages")
        _fill(house, "wide", MANY)
        rows = []
        small, large = _ways(house, "narrow"), _ways(house, "wide")
        for name in large:
            progress(f"In a wiki of {MANY:,} pages: {name}")
            rounds = [(_round(large[name]), _round(small[name])) for _ in range(ROUNDS + 1)][1:]
            who = _reader()
            with counted(house) as seen:
                large[name](who)
            values, beside_it = [one for one, _ in rounds], [other for _, other in rounds]
            rows.append(row(f"wiki of {MANY:,} pages: {name}", house.scale, "ms", values, beside_it, len(seen)))
        rows.append(_moving(house))
        db.session.rollback()
    return rows


def _moving(house: House) -> Row:
    """Seconds of a tree of ten thousand pages that gets another address, there and back."""
    progress(f"Moving {TREE:,} pages")
    root = "tree/n1"
    who = _reader()
    space = _space("wide")
    count = db.session.scalar(
        text("SELECT count(*) FROM page WHERE space_id = :space AND path LIKE 'tree/n1/%'"), {"space": space.id}
    )
    times = []
    for turn in range(3):
        path = "elsewhere" if turn % 2 == 0 else root
        page = page_for(who, _space("wide"), root if turn % 2 == 0 else "elsewhere")
        began = time.perf_counter()
        rename_page(who, page, path=path)
        times.append(time.perf_counter() - began)
    return row(f"wiki: {count:,} pages get another address", house.scale, "s", times)
