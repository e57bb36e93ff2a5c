"""Tables: the log, and the place where each reader is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db


class Activity(db.Model):  # type: ignore[misc,name-defined]
    """One line: who did what to which thing, when. `data` holds ids and small facts, never anybody's words."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_space_id_id", "space_id", "id"),
        Index("ix_activity_actor_id_id", "actor_id", "id"),
        Index("ix_activity_object", "object_kind", "object_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    verb: Mapped[str] = mapped_column(String(40))
    # No foreign keys: the log outlives what it speaks of.
    actor_id: Mapped[int | None] = mapped_column(BigId)
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)
    space_id: Mapped[int | None] = mapped_column(BigId)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    @property
    def ref(self) -> str:
        """`"page:12"`."""
        return f"{self.object_kind}:{self.object_id}"


class Cursor(db.Model):  # type: ignore[misc,name-defined]
    """How far one reader has read, and what stopped it last."""

    __tablename__ = "cursor"

    reader: Mapped[str] = mapped_column(String(40), primary_key=True)
    last_id: Mapped[int] = mapped_column(BigId, default=0)
    moved_at: Mapped[datetime | None] = mapped_column(UTCTime)
    error: Mapped[str | None] = mapped_column(String(500))
    failed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    failures: Mapped[int] = mapped_column(default=0)
