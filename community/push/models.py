"""The table of browsers that are pushed to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db


class PushBrowser(db.Model):  # type: ignore[misc,name-defined]
    """One browser that asked to be pushed to, as long as its session lives: who signs out there is told nothing there.

    `endpoint` is where its push service takes messages; the two keys are the browser's own (RFC 8291).
    """

    __tablename__ = "push_browser"
    __table_args__ = (
        Index("ix_push_browser_person_id", "person_id"),
        Index("ix_push_browser_session_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"))
    endpoint: Mapped[str] = mapped_column(Text)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(String(88))
    auth: Mapped[str] = mapped_column(String(24))
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    reached_at: Mapped[datetime | None] = mapped_column(UTCTime)
