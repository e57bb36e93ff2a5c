"""A deep house: 1,000,000 posts and 5,000,000 comments beside 10,000 posts. A page shows twenty posts, whatever lies below.

The rows are made by the database itself, in the copy that a run works on. The reader is in 25 of 500 spaces, so a twentieth of the
posts is theirs. Each figure is the query of a page as a request asks it, beside the same one in the house that is not deep.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import text

from bench.data import READER
from bench.house import House, progress
from bench.pages import counted
from bench.table import Row, row
from community.extensions import db
from community.microblog.queries import PAGE, feed
from community.people.models import Person
from community.permissions import Actor
from community.spaces.models import Space
from community.spaces.queries import actor_for

SPACES, SHALLOW, DEEP, COMMENTS = 500, 10_000, 1_000_000, 5
FAR = 500  # pages down
ROUNDS, EACH = 5, 12
DAY = "'2026-01-01 10:00:00'"

_SPACE_ROWS = """INSERT INTO space (id, kind, name, slug, aim, question, sponsor, join_policy, visibility, status, tools, time_zone,
created_at) SELECT i, 'project', 'Deep ' || i, 'deep-' || i, '', '', '', 'invite', 'members', 'active', '["stream"]',
'Europe/Amsterdam', {day} FROM {series}"""
_POST_ROWS = """INSERT INTO post (id, space_id, author_id, audience, kind, body, body_html, excerpt, render_version, comment_count,
created_at, updated_at)
SELECT i, 1 + (CAST(i AS BIGINT) * 7919) % {spaces}, 1 + i % 50, 'space', 'discussion', 'Words of post ' || i,
'<p>Words of post ' || i || '</p>', '', 1, {comments}, {day}, {day} FROM {series}"""
_COMMENT_ROWS = """INSERT INTO comment (parent_kind, parent_id, space_id, author_id, as_role, body, body_html, excerpt,
render_version, created_at, updated_at)
SELECT 'post', i, 1 + (CAST(i AS BIGINT) * 7919) % {spaces}, 1 + i % 50, '', 'An answer', '<p>An answer</p>', '', 1,
{day}, {day} FROM {series}"""


def _grow(house: House, posts: int) -> None:
    """Add spaces and posts until there are so many, with their comments."""

    def series(first: int, last: int) -> str:
        if not house.is_sqlite:
            return f"generate_series({first}, {last}) AS rows(i)"
        return f"(WITH RECURSIVE rows(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM rows WHERE i < {last}) SELECT i FROM rows)"

    with db.engine.begin() as connection:
        last = {name: connection.scalar(text(f"SELECT max(id) FROM {name}")) or 0 for name in ("space", "post")}
        rows = {"spaces": SPACES, "comments": COMMENTS, "day": DAY}
        if last["space"] < SPACES:
            connection.execute(text(_SPACE_ROWS.format(series=series(last["space"] + 1, SPACES), **rows)))
        connection.execute(text(_POST_ROWS.format(series=series(last["post"] + 1, posts), **rows)))
        for _ in range(COMMENTS):
            connection.execute(text(_COMMENT_ROWS.format(series=series(last["post"] + 1, posts), **rows)))
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _reader() -> Actor:
    db.session.rollback()
    db.session.expunge_all()
    found = actor_for(db.session.get_one(Person, READER))
    assert found.roles
    return found


def _timed(ask: Callable[[Actor], object]) -> list[float]:
    """Milliseconds of some rounds, each the median of several."""
    rounds = []
    for _ in range(ROUNDS + 1):
        times = []
        for _ in range(EACH):
            who = _reader()
            began = time.perf_counter()
            ask(who)
            times.append(1000 * (time.perf_counter() - began))
        rounds.append(sorted(times)[EACH // 2])
    return rounds[1:]


def _ways() -> dict[str, Callable[[Actor], object]]:
    """What is asked: the first page of the feed, one far below, and the first page of one space."""
    who = _reader()
    mine = text(f"SELECT id FROM post WHERE space_id IN ({','.join(map(str, who.roles))}) ORDER BY id DESC")
    ids = db.session.scalars(mine).fetchmany(FAR * PAGE)
    place = min(who.roles)
    return {
        "first page": lambda actor: feed(actor, with_comments=False),
        f"page {FAR}": lambda actor: feed(actor, before=ids[-1], with_comments=False),
        "first page of a space": lambda actor: feed(actor, space=db.session.get(Space, place), with_comments=False),
    }


def measure(house: House) -> list[Row]:
    """Rows of the feed with a million posts below, each beside the first page above ten thousand."""
    with house.app.app_context():
        progress(f"Making {SHALLOW:,} posts")
        _grow(house, SHALLOW)
        shallow = {name: _timed(ask) for name, ask in _ways().items()}
        progress(f"Making {DEEP:,} posts and {COMMENTS * DEEP:,} comments")
        _grow(house, DEEP)
        rows = []
        for name, ask in _ways().items():
            progress(f"Above {DEEP:,} posts: {name}")
            beside = shallow["first page" if name.startswith("page") else name]
            who = _reader()
            with counted(house) as seen:
                ask(who)
            rows.append(row(f"feed above {DEEP:,} posts: {name}", house.scale, "ms", _timed(ask), beside, len(seen)))
        db.session.rollback()
    return rows
