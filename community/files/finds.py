"""What a scanner found in uploads: when, and its name of it; neither who sent it nor what it was called, for it was never kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db, write_unit


class UploadFind(db.Model):  # type: ignore[misc,name-defined]
    """One upload that was refused because of what a scanner found in it."""

    __tablename__ = "upload_find"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now, index=True)
    what: Mapped[str] = mapped_column(String(200))


def note_find(what: str) -> None:
    """Remember that something was found. A write unit of its own."""
    with write_unit():
        db.session.add(UploadFind(what=what[:200]))


def finds_of(span: timedelta) -> list[str]:
    """The names of what was found within a span of time before now, the newest first."""
    stmt = select(UploadFind.what).where(UploadFind.at > now() - span).order_by(UploadFind.at.desc())
    return list(db.session.scalars(stmt.limit(1_000)))
