"""What programs put down for a moment while they save, and what they note on files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db


class Scratch(db.Model):  # type: ignore[misc,name-defined]
    """A small file or folder that a program made for itself: one person's, beside the real ones, gone after a day.

    `place` says in which folder it lies: `<space id>/<way folded>`, hashed. A folder has no `storage_key`. `stands_for` is the file
    that a program moved to this name while it saves: it lies in the bin, and what comes under its old name is its next version.
    """

    __tablename__ = "drive_scratch"
    __table_args__ = (
        UniqueConstraint("person_id", "place", "name_key"),
        Index("ix_drive_scratch_storage_key", "storage_key"),
        Index("ix_drive_scratch_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(255))
    name_key: Mapped[str] = mapped_column(String(400))
    storage_key: Mapped[str | None] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    media_type: Mapped[str] = mapped_column(String(100), default="application/octet-stream")
    stands_for: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Property(db.Model):  # type: ignore[misc,name-defined]
    """A note that a program made on a file or folder: a dead property (RFC 4918, section 4). `name` in Clark notation, `xml` the
    whole element as it came. No page shows them.
    """

    __tablename__ = "drive_property"
    __table_args__ = (
        UniqueConstraint("file_id", "name"),
        UniqueConstraint("folder_id", "name"),
        CheckConstraint("(file_id IS NULL) <> (folder_id IS NULL)", name="one_thing"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"))
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(500))
    xml: Mapped[str] = mapped_column(Text)
