"""The table of locks. One row for each, whether a program or a person put it there."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.files.models import File, Folder
from community.people.models import Person


class FileLock(db.Model):  # type: ignore[misc,name-defined]
    """A lock on a file or a folder (RFC 4918, section 6), which ends by itself at `expires_at`.

    `by_hand`: somebody says on the page that they work on it, with a `note`. Otherwise a program holds it: `token` is what it
    proves that with, `owner` the XML in which it says who it is. `is_deep`: all that is below the folder is locked with it.
    """

    __tablename__ = "file_lock"
    __table_args__ = (CheckConstraint("(file_id IS NULL) <> (folder_id IS NULL)", name="one_thing"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="CASCADE"), index=True)
    folder_id: Mapped[int | None] = mapped_column(ForeignKey("folder.id", ondelete="CASCADE"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    token: Mapped[str] = mapped_column(String(80), unique=True)
    by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())
    is_exclusive: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_deep: Mapped[bool] = mapped_column(default=False, server_default=false())
    owner: Mapped[str] = mapped_column(Text, default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime, index=True)

    person: Mapped[Person] = relationship(lazy="raise")
    file: Mapped[File | None] = relationship(lazy="raise")
    folder: Mapped[Folder | None] = relationship(lazy="raise")
