"""The table of bookmarks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db

KEPT = ("post", "page", "file", "entry")
LONGEST_NOTE = 500


class Bookmark(db.Model):  # type: ignore[misc,name-defined]
    """Something that somebody keeps, with a note and perhaps a moment to be reminded of it."""

    __tablename__ = "bookmark"
    __table_args__ = (
        UniqueConstraint("person_id", "object_kind", "object_id"),
        Index("ix_bookmark_person_id_id", "person_id", "id"),
        Index("ix_bookmark_remind_at", "remind_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    remind_at: Mapped[datetime | None] = mapped_column(UTCTime)  # none once it was said
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
