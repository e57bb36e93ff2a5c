"""A coach's own marks: put off until a moment, done with, and back. No action of the community: nobody else is told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, select

from community.activity.models import Activity
from community.clock import now
from community.coaching.models import CoachMark
from community.coaching.queries import INBOX, RECENT, visit_of
from community.errors import Invalid, NotFound, _l
from community.extensions import db, put_row, write_aside, write_unit
from community.kinds import card_of
from community.permissions import Actor, sees
from community.visits.models import Visit
from community.visits.noting import note_visit

FURTHEST = timedelta(days=366)
MORNING = time(8)
"""When what was put off until a day comes back, where the coach is."""
LATER = ("tomorrow", "monday")


def moment_of(word: str, zone: str, at: datetime | None = None) -> datetime:
    """`tomorrow`, `monday` (the next one) or a date such as `2026-06-08`, as the morning of that day. Raises Invalid("until")."""
    today = (at or now()).astimezone(ZoneInfo(zone)).date()
    try:
        if word == "tomorrow":
            day = today + timedelta(days=1)
        elif word == "monday":
            day = today + timedelta(days=7 - today.weekday())
        else:
            day = today.fromisoformat(word)
    except ValueError:
        raise Invalid("until", _l("Write the date as 2026-06-08.")) from None
    return datetime.combine(day, MORNING, ZoneInfo(zone)).astimezone(UTC)


def snooze(actor: Actor, thing: Any, *, until: datetime, upto: datetime | None = None) -> None:
    """Put something in one's teams off. Raises Invalid("until"), NotFound."""
    if not now() < until < now() + FURTHEST:
        raise Invalid("until", _l("Choose a day to come, within a year."))
    _mark(actor, thing, upto, snoozed_until=until, done_at=None)


def finish(actor: Actor, thing: Any, *, upto: datetime | None = None) -> None:
    """Be done with something. What was put off before stays remembered, for `bring_back`. Raises NotFound."""
    _mark(actor, thing, upto, done_at=now())


def _mark(actor: Actor, thing: Any, upto: datetime | None, **values: Any) -> None:
    if actor.id is None or actor.roles.get(thing.space_id) != "coach" or not sees(actor, thing):
        raise NotFound()
    key = {"person_id": actor.id, "kind": card_of(thing).name, "thing_id": thing.id}
    known = min(upto or now(), now())
    space_id = thing.space_id
    with write_unit():
        put_row(CoachMark, key, space_id=space_id, upto=known, **values)


def bring_back(actor: Actor, thing: Any) -> None:
    """Take the last mark back: what was done waits again, or is put off as it was; what was put off waits. Raises NotFound."""
    if actor.id is None or actor.roles.get(thing.space_id) != "coach":
        raise NotFound()
    key = (actor.id, card_of(thing).name, thing.id)
    with write_unit():
        held = db.session.get(CoachMark, key)
        if held is None:
            raise NotFound()
        if held.done_at is not None:
            held.done_at = None
        else:
            held.snoozed_until = None
        if held.snoozed_until is None:
            db.session.delete(held)


def answered(actor: Actor, kind: str, number: int, space_id: int | None) -> None:
    """The coach answered: it is done with, and no longer put off. Part of an action."""
    if actor.roles.get(space_id or 0) != "coach":
        return
    key = {"person_id": actor.id, "kind": kind, "thing_id": number}
    put_row(CoachMark, key, space_id=space_id, upto=now(), done_at=now(), snoozed_until=None)


def unanswered(actor: Actor, kind: str, number: int) -> None:
    """The answer was taken back: nothing was put aside. Part of an action."""
    here = (CoachMark.person_id == actor.id, CoachMark.kind == kind, CoachMark.thing_id == number)
    db.session.execute(delete(CoachMark).where(*here))


def note_inbox(actor: Actor) -> None:
    """Remember that the actor looked at what is new in their teams. Who never did saw the last week, and goes on seeing it within
    this visit.
    """
    seen = visit_of(actor)
    if actor.id is None or not seen.stale:
        return
    newest = db.session.scalar(select(func.max(Activity.id))) or 0
    if seen.line is not None:
        note_visit(actor, INBOX, newest=newest)
        return
    old = select(func.max(Activity.id)).where(Activity.created_at <= now() - RECENT)
    line = db.session.scalar(old) or 0
    with write_aside() as connection:
        connection.execute(
            insert(Visit).values(person_id=actor.id, place=INBOX, line_id=line, seen_id=newest, at=now())
        )
