"""The tables of uploads that come in pieces: what was announced, and the parts of it that are safe in the storage."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.files.models import Folder
from community.spaces.models import Space

OPEN = ("sending", "finishing", "failed")
"""States in which an upload takes room: its file is not there yet."""


class Upload(db.Model):  # type: ignore[misc,name-defined]
    """One upload of one person, seen by nobody else. `state`: sending, finishing (every byte is here), done, failed (nothing was
    lost: it can be finished again until `expires_at`).

    `offset` bytes of `length` are safe, and the parts hold exactly them. `lease` names who writes now, until `leased_until`.
    `storage_key`, `sha256` and `media_type` are those of the whole, once it is put together; `joined` says how far that is, in
    bytes. `failure` is `{"kind", "field", "sentence", "facts"}`, empty when there is none.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index("ix_upload_person_id_id", "person_id", "id"),
        Index("ix_upload_space_id_state", "space_id", "state"),
        Index("ix_upload_expires_at", "expires_at"),
        Index("ix_upload_file_id", "file_id"),
        Index("ix_upload_storage_key", "storage_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    # No foreign key: a folder that is gone when the last byte comes is found out then, and no byte is lost.
    folder_id: Mapped[int | None] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    audience: Mapped[str | None] = mapped_column(String(12))
    base: Mapped[str | None] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(300), default="")
    length: Mapped[int] = mapped_column(BigInteger)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    state: Mapped[str] = mapped_column(String(10), default="sending")
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(UTCTime)
    tries: Mapped[int] = mapped_column(default=0)  # how often it was finished: part of the name of the job
    joined: Mapped[int] = mapped_column(BigInteger, default=0)
    storage_key: Mapped[str] = mapped_column(String(120), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    media_type: Mapped[str] = mapped_column(String(100), default="")
    cleaned: Mapped[bool] = mapped_column(default=False, server_default=false())  # of what a camera had noted
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(default=0)  # of the file, that this became
    failure: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)

    space: Mapped[Space] = relationship(lazy="raise")
    folder: Mapped[Folder | None] = relationship(
        primaryjoin="foreign(Upload.folder_id) == Folder.id", viewonly=True, lazy="raise"
    )


class UploadPart(db.Model):  # type: ignore[misc,name-defined]
    """A stretch of an upload: `size` bytes from `start` on, kept in the storage. No byte can have two of them."""

    __tablename__ = "upload_part"
    __table_args__ = (Index("ix_upload_part_storage_key", "storage_key"),)

    upload_id: Mapped[int] = mapped_column(
        ForeignKey("upload.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    storage_key: Mapped[str] = mapped_column(String(120))
