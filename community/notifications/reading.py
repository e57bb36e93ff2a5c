"""Marking as read. No action of the community and no line in the log: whether somebody read a notice is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, exists, or_, select, update

from community.clock import now
from community.extensions import BigId, db, write_aside, write_unit
from community.kinds import kind_named
from community.notifications.models import Notification
from community.permissions import Actor, sees

_THIS = bindparam("kind", type_=String), bindparam("number", type_=BigId)
_ABOUT = (
    Notification.person_id == bindparam("mine", type_=BigId),
    Notification.read_at.is_(None),
    or_(
        and_(Notification.object_kind == _THIS[0], Notification.object_id == _THIS[1]),
        and_(Notification.thread_kind == _THIS[0], Notification.thread_id == _THIS[1]),
    ),
)
_ONE_ABOUT = select(Notification.id).where(*_ABOUT).limit(1)  # asked when a thing is opened, so it is put together once


def mark_read(actor: Actor, *, notification_id: int | None = None, up_to: int | None = None) -> int:
    """Mark one as read, or all up to an id, or all. Returns how many changed."""
    stmt = update(Notification).where(Notification.person_id == actor.id, Notification.read_at.is_(None))
    if notification_id is not None:
        stmt = stmt.where(Notification.id == notification_id)
    else:  # "all" is what the list shows: what goes by mail alone is on its way
        stmt = stmt.where(Notification.in_app.is_(True))
    if up_to is not None:
        stmt = stmt.where(Notification.id <= up_to)
    count_anew(actor)
    with write_unit():
        return int(db.session.execute(stmt.values(read_at=now())).rowcount)  # type: ignore[attr-defined]


def mark_unread(actor: Actor, *, notification_id: int) -> int:
    """Mark one as unread again, if what it speaks of can still be seen. Returns how many changed."""
    if not _still_seen(actor, notification_id):
        return 0
    mine = (Notification.person_id == actor.id, Notification.id == notification_id)
    count_anew(actor)
    with write_unit():
        stmt = update(Notification).where(*mine, Notification.read_at.is_not(None)).values(read_at=None, hidden=False)
        return int(db.session.execute(stmt).rowcount)  # type: ignore[attr-defined]


def _still_seen(actor: Actor, notification_id: int) -> bool:
    row = db.session.get(Notification, notification_id)
    if row is None or row.person_id != actor.id:
        return False
    obj = db.session.get(kind_named(row.object_kind).model, row.object_id)
    return obj is not None and sees(actor, obj)


def mark_thread(actor: Actor, kind: str, object_id: int, *, newest: int, unread: bool = False) -> None:
    """Mark what was told of a thing, and of what hangs on it, as read; or the newest of it as unread again. What came after
    `newest`, the last that was shown, stays as it is.
    """
    if unread:
        mark_unread(actor, notification_id=newest)
        return
    stmt = update(Notification).where(
        Notification.person_id == actor.id,
        Notification.thread_kind == kind,
        Notification.thread_id == object_id,
        Notification.id <= newest,
        Notification.read_at.is_(None),
    )
    count_anew(actor)
    with write_unit():
        db.session.execute(stmt.values(read_at=now()))


def hide(actor: Actor, ids: Sequence[int]) -> None:
    """Notices that the list can no longer show are nobody's to count: the bell forgets them."""
    if ids:
        count_anew(actor)
        with write_unit():
            db.session.execute(
                update(Notification)
                .where(Notification.person_id == actor.id, Notification.id.in_(ids))
                .values(hidden=True)
            )


def unread_about(person_id: Any, kind: str, number: Any) -> ColumnElement[bool]:
    """Whether something unread speaks of a thing, for who reads the thing in the same question: `mark_read_about` need not ask
    again when it finds the answer under `("unread about", kind, number)` in `Actor.kept`.
    """
    here = and_(Notification.object_kind == kind, Notification.object_id == number)
    below = and_(Notification.thread_kind == kind, Notification.thread_id == number)
    return exists().where(Notification.person_id == person_id, Notification.read_at.is_(None), or_(here, below))


def mark_read_about(actor: Actor, kind: str, object_id: int) -> None:
    """Whoever opens a thing has read what was told of it, and of the comments that stand below it."""
    if False in (actor.kept.get(("unread", "any")), actor.kept.get(("unread about", kind, object_id))):
        return
    mine = {"mine": actor.id, "kind": kind, "number": object_id}
    if db.session.scalar(_ONE_ABOUT, mine) is None:
        return
    count_anew(actor)
    with write_aside() as connection:  # the page that is being made keeps what it has read
        connection.execute(update(Notification).where(*_ABOUT).values(read_at=now()), mine)


def count_anew(actor: Actor) -> None:
    """What was counted at the door no longer holds."""
    for name in ("notices", "talks", "any"):
        actor.kept.pop(("unread", name), None)
