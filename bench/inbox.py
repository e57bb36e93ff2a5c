"""A coach's inbox with forty things waiting, and with four thousand: the list, the counts and the terms, as the page asks for them.

The rows are made in bulk, in the copy that a run works on: asks in three teams that the reader coaches, half of them taken by
the reader, and as many that were answered long ago. Forty are measured beside the first page of the feed, four thousand
beside forty.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, insert, select

from bench.data import READER
from bench.house import House, progress
from bench.pages import counted
from bench.table import Row, row
from community.clock import now
from community.coaching.models import Ask, CoachTerms
from community.coaching.queries import counts_of, inbox_of
from community.extensions import db
from community.microblog.queries import feed
from community.people.models import Person
from community.permissions import Actor
from community.spaces.models import Membership, Space
from community.spaces.queries import actor_for

FEW, MANY = 40, 4_000
TEAMS = 3
ROUNDS, EACH = 5, 12


def _teams() -> list[int]:
    """Three teams that the reader coaches, with what was agreed."""
    first = (db.session.scalar(select(func.max(Space.id))) or 0) + 1
    ids = list(range(first, first + TEAMS))
    with db.engine.begin() as connection:
        for number in ids:
            words = {"id": number, "kind": "team", "name": f"Coached {number}", "slug": f"coached-{number}"}
            connection.execute(insert(Space).values(**words))
            connection.execute(insert(Membership).values(space_id=number, person_id=READER, role="coach"))
            connection.execute(insert(CoachTerms).values(space_id=number, response_days=2))
    return ids


def _grow(teams: list[int], first: int, last: int) -> None:
    """Asks from one number to another, each of its own minute, and beside each one that was answered."""
    at = now() - timedelta(days=9)
    rows = []
    for number in range(first, last):
        moment = at + timedelta(minutes=number)
        held = {
            "space_id": teams[number % TEAMS], "author_id": 2 + number % 40, "audience": "space", "body": "A question",
            "body_html": "<p>A question</p>", "excerpt": f"Question {number}", "created_at": moment, "updated_at": moment,
            "spoke_id": 2, "spoke_at": moment, "taken_by_id": READER if number % 2 else None,
        }  # fmt: skip
        rows += [
            held | {"waits_since": moment, "answered_at": None},
            held | {"waits_since": None, "answered_at": moment},
        ]
    with db.engine.begin() as connection:
        connection.execute(insert(Ask), rows)


def _reader() -> Actor:
    db.session.rollback()
    db.session.expunge_all()
    found = actor_for(db.session.get_one(Person, READER))
    assert "coach" in found.roles.values()
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


def _look(actor: Actor) -> None:
    inbox_of(actor)
    counts_of(actor)


def measure(house: House) -> list[Row]:
    """Two rows: the inbox with few and with many waiting."""
    with house.app.app_context():
        teams = _teams()
        progress(f"{FEW} things wait for a coach")
        _grow(teams, 0, FEW)
        beside = _timed(lambda actor: feed(actor, with_comments=False))
        few = _timed(_look)
        who = _reader()
        with counted(house) as seen:
            _look(who)
        rows = [row(f"coach's inbox, {FEW} waiting", house.scale, "ms", few, beside, len(seen))]
        progress(f"{MANY:,} things wait for a coach")
        _grow(teams, FEW, MANY)
        many = _timed(_look)
        who = _reader()
        with counted(house) as seen:
            _look(who)
        rows.append(row(f"coach's inbox, {MANY:,} waiting", house.scale, "ms", many, few, len(seen)))
        db.session.rollback()
    return rows
