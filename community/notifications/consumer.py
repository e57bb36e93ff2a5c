"""Reads the log and tells people: one row for each person and line, only to those who may see the thing.

Rows and cursor commit together, so nobody is told twice and nobody is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.extensions import db
from community.kinds import Kind, kind_named
from community.notifications.models import Notification
from community.people.models import Person
from community.permissions import Actor, sees
from community.spaces.models import Space
from community.spaces.queries import actor_for, people_ids_in

# The stronger reason wins when somebody would be told twice of one line.
_REASONS = (
    "mention",
    "coach",
    "reply",
    "announcement",
    "shared",
    "message",
    "comment",
    "thread",
    "page",
    "request",
    "added",
    "entered",
    "phase",
)


def read(lines: Sequence[Activity]) -> None:
    """Tell whoever should hear of each line."""
    actors: dict[int, Actor] = {}  # rights as they are now, read once a person for all lines of the batch
    for line in lines:
        reasons = _who_hears(line)
        reasons.pop(line.actor_id or 0, None)
        if reasons:
            _tell(line, reasons, actors)


def _who_hears(line: Activity) -> dict[int, str]:
    reasons: dict[int, str] = {}
    card = kind_named(line.object_kind)
    obj = db.session.get(card.model, line.object_id)
    if obj is None:
        return reasons
    pairs = _about_spaces(line, obj) if card.name == "space" else card.hears(line, obj)
    for person, reason in pairs:
        known = reasons.get(person)
        if known is None or _REASONS.index(reason) < _REASONS.index(known):
            reasons[person] = reason
    return reasons


def _about_spaces(line: Activity, space: Space) -> list[tuple[int, str]]:
    """Whom a membership concerns; the staff when somebody asks to come in; everybody when a phase begins."""
    if line.verb in ("member.added", "member.role-changed"):
        if line.actor_id == line.data["person"]:  # an administrator let themselves in: who runs the place hears of it
            staff = people_ids_in(space.id, roles=frozenset({"owner", "facilitator"}))
            return [(person, "entered") for person in staff]
        return [(line.data["person"], "added")]
    if line.verb == "member.asked":
        staff = people_ids_in(space.id, roles=frozenset({"owner", "facilitator"}))
        return [(person, "request") for person in staff]
    if line.verb == "phase.started":
        return [(person, "phase") for person in people_ids_in(space.id)]
    return []


def _tell(line: Activity, reasons: dict[int, str], actors: dict[int, Actor]) -> None:
    card: Kind = kind_named(line.object_kind)
    obj = db.session.get(card.model, line.object_id)
    people = db.session.query(Person).filter(Person.id.in_(reasons), Person.status == "active")
    for person in people:
        if person.id not in actors:
            actors[person.id] = actor_for(person)
        if not sees(actors[person.id], obj):
            continue
        db.session.add(
            Notification(
                person_id=person.id,
                activity_id=line.id,
                actor_id=line.actor_id,
                verb=line.verb,
                object_kind=line.object_kind,
                object_id=line.object_id,
                space_id=line.space_id,
                reason=reasons[person.id],
                created_at=line.created_at,
            )
        )


READER = Reader("notifications", read)
