"""The letter to a coach: what waits and for how long, each team's last sign of life, who is silent. Daily, weekly or never, at the
hour of their other digest; nothing waits and nobody is silent: no letter.

`coaching.digest` looks whose hour has come and enqueues a letter for each, once. It is written when it leaves, as its coach may
see things then. It holds no words where mails may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from community.clock import now
from community.coaching.measures import teams_of
from community.coaching.queries import Counts, Waiting, counts_of, inbox_of
from community.extensions import db, write_unit
from community.jobs.models import Job
from community.jobs.work import enqueue, handles
from community.mailroom.queue import post_later, writes
from community.notifications.choices import Choices
from community.notifications.hours import last_digest, on_holiday
from community.notifications.keeping import choices_of_many, defaults
from community.notifications.mailing import about, short
from community.people.models import Person
from community.permissions import Actor
from community.ports import Letter, ports
from community.spaces.models import Membership
from community.spaces.queries import actor_for, actors_for

MOST = 15
"""Things that wait in one letter; of the others only how many there are."""
WORDS = 15
STRETCH = 200
LATE = timedelta(hours=12)
"""A letter that could not go at its hour still goes within these."""


@handles("coaching.digest", every=timedelta(minutes=15))
def enqueue_letters(_payload: dict[str, Any]) -> None:
    """Enqueue the letters whose hour has come. Running it twice enqueues each once."""
    last, known = 0, defaults()
    while True:
        coaches = select(Membership.person_id).where(Membership.role == "coach")
        stmt = select(Person.id, Person.time_zone).where(
            Person.status == "active", Person.id > last, Person.id.in_(coaches)
        )
        people = db.session.execute(stmt.order_by(Person.id).limit(STRETCH)).all()
        if not people:
            return
        last = people[-1][0]
        actors = actors_for([row[0] for row in people])
        choices = choices_of_many({one: set(actor.roles.values()) for one, actor in actors.items()}, known)
        due = {person: _due(choices.get(person), ZoneInfo(zone)) for person, zone in people}
        _enqueue({person: hour for person, hour in due.items() if hour is not None})


def _due(choices: Choices | None, zone: ZoneInfo) -> datetime | None:
    at = now()
    if choices is None or on_holiday(at, zone, choices.holiday):
        return None
    hour = last_digest(at, zone, choices.coaching, choices.hour)
    return hour if hour is not None and at - hour <= LATE else None


def _enqueue(due: Mapping[int, datetime]) -> None:
    keys = {f"coaching:{person}@{int(hour.timestamp())}": person for person, hour in due.items()}
    known = set(db.session.scalars(select(Job.unique_key).where(Job.unique_key.in_(list(keys)))))
    for key, person in keys.items():
        if key not in known:
            with write_unit():
                enqueue("mail.coaching", {"person": person}, unique_key=key)


@handles("mail.coaching")
def post(payload: dict[str, Any]) -> None:
    """Put somebody's letter in the queue."""
    person = db.session.get(Person, payload["person"])
    if person is not None and person.status == "active":
        post_later("coaching", payload, to=person.email)


@writes("coaching")
def write(payload: dict[str, Any]) -> Letter | None:
    """The letter as its coach may see things now. None when nothing waits and nobody is silent."""
    person = db.session.get(Person, payload["person"])
    if person is None or person.status != "active":
        return None
    actor = actor_for(person)
    choices = choices_of_many({person.id: set(actor.roles.values())}, defaults())[person.id]
    if choices.coaching == "never":
        return None
    facts = facts_for(actor, person, content=choices.content)
    if not facts["waiting"] and not any(team["silent"] for team in facts["teams"]):
        return None
    facts |= {**about(person), "rhythm": choices.coaching, "path": "/coaching", "leave": "coaching"}
    return ports.compose("coaching", facts, person.language)


def facts_for(actor: Actor, person: Person, *, content: bool) -> dict[str, Any]:
    """What a letter holds: `items` that wait, longest first, and how many `more`; the `teams`."""
    counts: Counts = counts_of(actor)
    found = inbox_of(actor, limit=MOST).items
    zone, at = ZoneInfo(person.time_zone), now()
    return {
        "waiting": counts.waiting,
        "over": counts.over,
        "items": [_line(item, at, content=content) for item in found],
        "more": counts.waiting - len(found),
        "teams": [
            {
                "name": row.space.name,
                "path": f"/spaces/{row.space.slug}",
                "alive_at": row.alive_at.astimezone(zone) if row.alive_at is not None else None,
                "days": (at - row.alive_at).days if row.alive_at is not None else None,
                "silent": row.silent,
                "open": row.open,
            }
            for row in teams_of(actor)
        ],
    }


def _line(item: Waiting, at: datetime, *, content: bool) -> dict[str, Any]:
    said = item.quote or getattr(item.thing, "title", "") or getattr(item.thing, "excerpt", "")
    return {
        "sort": item.name,
        "who": item.by.name if item.by is not None else "",
        "space": item.space.name,
        "excerpt": short(said, WORDS) if content else "",
        "left": item.left,
        "waited": int((at - item.since).total_seconds()),
        "path": f"/coaching?at={item.ref}#pane",
    }
