"""Marking as read. No action of the community and no line in the log: whether somebody read a notice is theirs."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update

from community.clock import now
from community.extensions import db, write_aside, write_unit
from community.notifications.models import Notification
from community.permissions import Actor


def mark_read(actor: Actor, *, notification_id: int | None = None, up_to: int | None = None) -> int:
    """Mark one as read, or all up to an id, or all. Returns how many changed."""
    stmt = update(Notification).where(Notification.person_id == actor.id, Notification.read_at.is_(None))
    if notification_id is not None:
        stmt = stmt.where(Notification.id == notification_id)
    if up_to is not None:
        stmt = stmt.where(Notification.id <= up_to)
    with write_unit():
        return int(db.session.execute(stmt.values(read_at=now())).rowcount)  # type: ignore[attr-defined]


def mark_hidden_read(actor: Actor, ids: Sequence[int]) -> None:
    """Whoever looks at the list has nothing more to do with notices that it can no longer show: the bell forgets them."""
    if ids:
        with write_unit():
            db.session.execute(
                update(Notification)
                .where(Notification.person_id == actor.id, Notification.id.in_(ids), Notification.read_at.is_(None))
                .values(read_at=now())
            )


def mark_read_about(actor: Actor, kind: str, object_id: int) -> None:
    """Whoever opens a thing has read what was told of it."""
    waiting = (
        db.session.query(Notification.id)
        .filter(
            Notification.person_id == actor.id,
            Notification.read_at.is_(None),
            Notification.object_kind == kind,
            Notification.object_id == object_id,
        )
        .first()
    )
    if waiting is None:
        return
    with write_aside() as connection:  # the page that is being made keeps what it has read
        connection.execute(
            update(Notification)
            .where(
                Notification.person_id == actor.id,
                Notification.read_at.is_(None),
                Notification.object_kind == kind,
                Notification.object_id == object_id,
            )
            .values(read_at=now())
        )
