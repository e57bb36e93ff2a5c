"""A post in a team that 1,000 people watch: what its notices cost the reader of the log, after the request, and how much memory.

Beside it: as many rows in one bare statement, which is the least that telling everybody could cost.
"""

from __future__ import annotations

import time
import tracemalloc

from sqlalchemy import delete, func, insert, select

from bench.data import READER
from bench.house import House, progress
from bench.table import Row, row
from community.activity.models import Activity
from community.activity.outbox import last_id, run_until_idle
from community.clock import now
from community.extensions import db, write_unit
from community.microblog.actions import create_post
from community.notifications.models import Notification
from community.people.models import Person
from community.spaces.models import Membership, Space
from community.spaces.queries import actor_for

PEOPLE, ROUNDS = 1_000, 5


def _gather() -> int:
    """A team with so many members more. Answers the id of its space."""
    team = db.session.scalars(select(Space).where(Space.kind == "team").order_by(Space.id)).first()
    assert team is not None
    team_id, first = team.id, (db.session.scalar(select(func.max(Person.id))) or 0) + 1
    people = [
        {
            "id": number,
            "email": f"follower.{number}@bench.example",
            "name": f"Follower {number}",
            "handle": f"follower.{number}",
            "status": "active",
            "created_at": now(),
        }
        for number in range(first, first + PEOPLE)
    ]
    with write_unit():
        db.session.execute(insert(Person), people)
        rows = [{"space_id": team_id, "person_id": one["id"], "role": "member", "since": now()} for one in people]
        db.session.execute(insert(Membership), rows)
        db.session.execute(delete(Membership).where(Membership.space_id == team_id, Membership.person_id == READER))
        db.session.add(Membership(space_id=team_id, person_id=READER, role="member"))
    return team_id


def _bare(rows: int) -> float:
    """Milliseconds of so many rows in one statement, taken back."""
    line = {"activity_id": 0, "verb": "post.created", "object_kind": "post", "object_id": 0, "reason": "posted"}
    line |= {"thread_kind": "post", "thread_id": 0}
    people = list(db.session.scalars(select(Person.id).limit(rows)))
    began = time.process_time()
    with write_unit():
        db.session.execute(insert(Notification), [{**line, "person_id": one} for one in people])
    took = 1000 * (time.process_time() - began)
    with write_unit():
        db.session.execute(delete(Notification).where(Notification.activity_id == 0))
    return took


def measure(house: House) -> list[Row]:
    """Processor time of the reader for one post, and the most memory that it took on the way."""
    took: list[float] = []
    bare: list[float] = []
    most: list[float] = []
    with house.app.app_context():
        team_id = _gather()
        run_until_idle(["notifications"])
        for number in range(ROUNDS + 1):
            progress(f"Telling {PEOPLE} followers, round {number + 1} of {ROUNDS + 1}")
            author = actor_for(db.session.get_one(Person, READER))
            create_post(
                author, db.session.get_one(Space, team_id), body=f"Number {number}: the night shift hands over."
            )
            if number == ROUNDS:
                tracemalloc.start()
            began = time.process_time()
            run_until_idle(["notifications"])
            if number == ROUNDS:  # watching memory costs time, so it has a round of its own
                most.append(tracemalloc.get_traced_memory()[1] / 1e6)
                tracemalloc.stop()
            else:
                took.append(1000 * (time.process_time() - began))
                bare.append(_bare(PEOPLE))
        line = db.session.scalar(select(func.max(Activity.id)).where(Activity.verb == "post.created"))
        told = db.session.scalar(select(func.count()).where(Notification.activity_id == line)) or 0
        assert told >= PEOPLE and last_id() >= (line or 0), f"{told} of {PEOPLE} were told"
        db.session.rollback()
    return [
        row(f"telling {PEOPLE} followers of a post: CPU", house.scale, "ms", took, bare),
        row(f"telling {PEOPLE} followers of a post: memory", house.scale, "MB", most),
    ]
