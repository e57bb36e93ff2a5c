"""The table of what somebody has done with many files while they do something else: a large copy, an archive that is unpacked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.spaces.models import Space


class FileTask(db.Model):  # type: ignore[misc,name-defined]
    """One task of one person, seen by nobody else. `kind`: copy, unzip; `state`: waiting, running, done, failed. `asked` is what
    it was told to do, `report` a list of `{"name", "words", "facts", "bad"}`: sentences to be said in the reader's language.
    `storage_key` are the loose bytes of an archive, "" once they are gone. `done` of `total` files.
    """

    __tablename__ = "file_task"
    __table_args__ = (Index("ix_file_task_person_id_id", "person_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    asked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    name: Mapped[str] = mapped_column(String(255), default="")
    storage_key: Mapped[str] = mapped_column(String(120), default="", index=True)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime, index=True)

    space: Mapped[Space] = relationship(lazy="raise")
