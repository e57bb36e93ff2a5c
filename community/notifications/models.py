"""The table of notifications."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db


class Notification(db.Model):  # type: ignore[misc,name-defined]
    """One line of the log, for one person, with the reason: mention, reply, coach, team, announcement, request."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "activity_id"),
        Index("ix_notification_person_id_read_at_id", "person_id", "read_at", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    activity_id: Mapped[int] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    verb: Mapped[str] = mapped_column(String(40))
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)
    space_id: Mapped[int | None] = mapped_column(BigId)
    reason: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UTCTime)
