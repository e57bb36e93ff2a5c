"""A person's notices, checked again when they are read: what they may no longer see is not shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, select, tuple_

from community.extensions import db
from community.notifications.batches import how_many
from community.notifications.models import Notification
from community.notifications.reasons import AMBIENT, reasons_of
from community.people.models import Person
from community.permissions import Actor, things_for, visible
from community.spaces.models import Space

PAGE = 30
SHOWN = 4
"""Notices of one thread that are shown; of the others only how many there are."""


@dataclass(frozen=True)
class Told:
    """One notification with what it speaks of."""

    row: Notification
    obj: Any
    who: Person | None
    space: Space | None
    many: int = 1  # things, of one that stands for several lines

    @property
    def place(self) -> str:
        """The folder of one that tells of a folder; "" for others."""
        return str(self.obj.name) if self.row.reason == "files" and self.row.object_kind == "folder" else ""


_UNREAD = select(func.count()).where(
    Notification.person_id == bindparam("person_id"),
    Notification.read_at.is_(None),
    Notification.in_app.is_(True),
    Notification.hidden.is_(False),
)


def unread_count(actor: Actor) -> int:
    """How many a person has not read, of what they may still see: for the bell."""
    if actor.id is None:
        return 0
    known: int | None = actor.kept.get(("unread", "notices"))
    return known if known is not None else db.session.scalar(_UNREAD, {"person_id": actor.id}) or 0


@dataclass(frozen=True)
class Notices:
    """A stretch of notifications, newest first. `next` is the `before` of the following one, None at the end. `hidden` are
    the ids of unread ones left out, because what they speak of can no longer be seen."""

    items: list[Told]
    next: int | None
    hidden: tuple[int, ...] = ()


def notifications_of(
    actor: Actor, *, unread: bool = False, before: int | None = None, limit: int = PAGE, direct: bool = False
) -> list[Told]:
    """The newest first. One query for each kind of thing that occurs, and one each for people and spaces. `direct`: only what
    is for the person, not what is merely new where they watch.
    """
    return notices_of(actor, unread=unread, before=before, limit=limit, direct=direct).items


def notices_of(
    actor: Actor,
    *,
    unread: bool = False,
    before: int | None = None,
    limit: int = PAGE,
    topic: str | None = None,
    space: Space | None = None,
    direct: bool = False,
) -> Notices:
    """As `notifications_of`, and where to go on: a stretch may hold fewer than `limit`, for what is hidden is left out."""
    stmt = select(Notification).where(*_mine(actor, unread, topic, space))
    if direct:
        stmt = stmt.where(Notification.reason.not_in(AMBIENT))
    if before is not None:
        stmt = stmt.where(Notification.id < before)
    newest = db.session.scalars(stmt.order_by(Notification.id.desc()).limit(limit + 1)).all()
    rows, more = newest[:limit], len(newest) > limit
    told = tell_of(actor, rows)
    return Notices(told, rows[-1].id if more else None, _left_out(rows, told))


def _mine(actor: Actor, unread: bool, topic: str | None, space: Space | None) -> list[ColumnElement[bool]]:
    where = [Notification.person_id == actor.id, Notification.in_app.is_(True)]
    if unread:
        where.append(Notification.read_at.is_(None))
    if topic is not None:
        where.append(Notification.reason.in_(reasons_of(topic)))
    if space is not None:
        where.append(Notification.space_id == space.id)
    return where


def _left_out(rows: Iterable[Notification], told: Iterable[Told]) -> tuple[int, ...]:
    shown = {one.row.id for one in told}
    return tuple(row.id for row in rows if row.read_at is None and not row.hidden and row.id not in shown)


def tell_of(actor: Actor, rows: Sequence[Notification]) -> list[Told]:
    """Notices with what they speak of, those left out whose thing the actor does not see. A query for each kind of thing, and
    one each for people and spaces.
    """
    things = things_for(actor, [(row.object_kind, row.object_id) for row in rows])
    people = {p.id: p for p in db.session.scalars(select(Person).where(Person.id.in_({r.actor_id for r in rows})))}
    spaces = {s.id: s for s in db.session.scalars(select(Space).where(Space.id.in_({r.space_id for r in rows})))}
    many = how_many(actor, rows)
    return [
        Told(
            row,
            things[row.object_kind, row.object_id],
            people.get(row.actor_id or 0),
            spaces.get(row.space_id or 0),
            many.get(row.id, 1),
        )
        for row in rows
        if (row.object_kind, row.object_id) in things and many.get(row.id, 1)
    ]


# ---- the list, by thread


@dataclass(frozen=True)
class Thread:
    """What was told of one thing and what hangs on it: the newest few, how many there are and how many are unread."""

    ref: str
    told: list[Told]
    count: int
    unread: int


@dataclass(frozen=True)
class Threads:
    """A stretch of threads, the one with the newest notice first. `next` and `hidden` as in Notices."""

    items: list[Thread]
    next: int | None
    hidden: tuple[int, ...] = ()


def threads_of(
    actor: Actor,
    *,
    unread: bool = False,
    topic: str | None = None,
    space: Space | None = None,
    before: int | None = None,
    limit: int = PAGE,
    only: tuple[str, int] | None = None,
) -> Threads:
    """The list behind the bell: as many queries for much as for little. `only`: that thread alone."""
    key = (Notification.thread_kind, Notification.thread_id)
    where = [*_mine(actor, unread, topic, space), Notification.hidden.is_(False)]
    if only is not None:
        where.append(and_(key[0] == only[0], key[1] == only[1]))
    top = func.max(Notification.id)
    fresh = func.sum(case((Notification.read_at.is_(None), 1), else_=0))
    stmt = select(*key, top, func.count(), fresh).where(*where).group_by(*key).order_by(top.desc()).limit(limit + 1)
    if before is not None:
        stmt = stmt.having(top < before)
    found = db.session.execute(stmt).all()
    groups, more = found[:limit], len(found) > limit
    place = func.row_number().over(partition_by=key, order_by=Notification.id.desc()).label("place")
    keys = [(kind, number) for kind, number, *_ in groups]
    near = select(Notification.id, place).where(*where, tuple_(*key).in_(keys)).subquery()
    newest = select(Notification).join(near, near.c.id == Notification.id).where(near.c.place <= SHOWN)
    rows = db.session.scalars(newest.order_by(Notification.id.desc())).all()
    told: dict[tuple[str, int], list[Told]] = defaultdict(list)
    shown = tell_of(actor, rows)
    for one in shown:
        told[one.row.thread_kind, one.row.thread_id].append(one)
    items = [
        Thread(f"{kind}:{number}", told[kind, number], count, int(fresh_))
        for kind, number, _, count, fresh_ in groups
        if told[kind, number]
    ]
    return Threads(items, groups[-1][2] if more else None, _left_out(rows, shown))


def spaces_told_of(actor: Actor) -> list[Space]:
    """The spaces that the actor's notices come from, as far as they still see them, by name: to choose one from."""
    there = select(Notification.space_id).where(Notification.person_id == actor.id, Notification.in_app.is_(True))
    stmt = select(Space).where(Space.id.in_(there), visible(actor, Space)).order_by(func.lower(Space.name), Space.id)
    return list(db.session.scalars(stmt.limit(100)))
