"""A person's notifications, checked again when they are read: what they may no longer see is not shown."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select

from community.extensions import db
from community.kinds import kind_named
from community.notifications.models import Notification
from community.people.models import Person
from community.permissions import Actor
from community.spaces.models import Space

PAGE = 30


@dataclass(frozen=True)
class Told:
    """One notification with what it speaks of."""

    row: Notification
    obj: Any
    who: Person | None
    space: Space | None


_UNREAD = select(func.count()).where(Notification.person_id == bindparam("person_id"), Notification.read_at.is_(None))


def unread_count(actor: Actor) -> int:
    """How many a person has not read: for the bell."""
    if actor.id is None:
        return 0
    return db.session.scalar(_UNREAD, {"person_id": actor.id}) or 0


@dataclass(frozen=True)
class Notices:
    """A stretch of notifications, newest first. `next` is the `before` of the following one, None at the end. `hidden` are
    the ids of unread ones left out, because what they speak of can no longer be seen."""

    items: list[Told]
    next: int | None
    hidden: tuple[int, ...] = ()


def notifications_of(actor: Actor, *, unread: bool = False, before: int | None = None, limit: int = PAGE) -> list[Told]:
    """The newest first. One query for each kind of thing that occurs, and one each for people and spaces."""
    return notices_of(actor, unread=unread, before=before, limit=limit).items


def notices_of(actor: Actor, *, unread: bool = False, before: int | None = None, limit: int = PAGE) -> Notices:
    """As `notifications_of`, and where to go on: a stretch may hold fewer than `limit`, for what is hidden is left out."""
    stmt = select(Notification).where(Notification.person_id == actor.id)
    if unread:
        stmt = stmt.where(Notification.read_at.is_(None))
    if before is not None:
        stmt = stmt.where(Notification.id < before)
    newest = db.session.scalars(stmt.order_by(Notification.id.desc()).limit(limit + 1)).all()
    rows, more = newest[:limit], len(newest) > limit
    wanted: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        wanted[row.object_kind].add(row.object_id)
    things: dict[tuple[str, int], Any] = {}
    for name, ids in wanted.items():
        card = kind_named(name)
        found = db.session.scalars(
            select(card.model).where(card.model.id.in_(ids), card.visible(actor)).options(*card.options())
        ).unique()
        things.update({(name, obj.id): obj for obj in found})
        actor.sees.update((name, obj_id) for (kind, obj_id) in things if kind == name)
    people = {p.id: p for p in db.session.scalars(select(Person).where(Person.id.in_({r.actor_id for r in rows})))}
    spaces = {s.id: s for s in db.session.scalars(select(Space).where(Space.id.in_({r.space_id for r in rows})))}
    told = [
        Told(row, things[row.object_kind, row.object_id], people.get(row.actor_id or 0), spaces.get(row.space_id or 0))
        for row in rows
        if (row.object_kind, row.object_id) in things
    ]
    hidden = tuple(row.id for row in rows if row.read_at is None and (row.object_kind, row.object_id) not in things)
    return Notices(told, rows[-1].id if more else None, hidden)
