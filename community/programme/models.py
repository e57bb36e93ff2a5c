"""Tables: what a programme plans for its people besides phases: prompts to reflect on, and events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db


class Prompt(db.Model):  # type: ignore[misc,name-defined]
    """A question to reflect on, for the people of a cohort, open between two moments. An answer is a journal entry;
    `audience` is what it starts with, and its author may choose another."""

    __tablename__ = "prompt"
    __table_args__ = (UniqueConstraint("space_id", "key"), Index("ix_prompt_space_id_opens_at", "space_id", "opens_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    phase_id: Mapped[int | None] = mapped_column(ForeignKey("phase.id", ondelete="SET NULL"), index=True)
    key: Mapped[str] = mapped_column(String(60))
    text_en: Mapped[str] = mapped_column(Text, default="")
    text_nl: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[str] = mapped_column(String(12), default="only_me")
    opens_at: Mapped[datetime] = mapped_column(UTCTime)
    closes_at: Mapped[datetime] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    def text(self, language: str) -> str:
        """The question in a language, or in the other when it was not translated."""
        return (self.text_nl or self.text_en) if language == "nl" else (self.text_en or self.text_nl)

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether it waits for answers now (or `at`). A closed one stays readable."""
        return self.opens_at <= (at or now()) < self.closes_at


class Event(db.Model):  # type: ignore[misc,name-defined]
    """Something at a time and a place, for the people of a space."""

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("space_id", "key"),
        Index("ix_event_space_id_starts_at", "space_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(160))
    place: Mapped[str] = mapped_column(String(160), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    starts_at: Mapped[datetime] = mapped_column(UTCTime)
    ends_at: Mapped[datetime] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCTime)
