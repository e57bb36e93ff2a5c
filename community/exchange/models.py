"""The table of what somebody takes out of a wiki or brings into it, while it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.spaces.models import Space


class Exchange(db.Model):  # type: ignore[misc,name-defined]
    """One export or import of one person, seen by nobody else. `state`: planned (an import that waits for a yes), waiting, running,
    done, failed, taken (an export whose one download happened). `asked` is what it was told to do, `report` a list of
    `{"name", "words", "bad"}`; `storage_key` are the bytes that came or that can be fetched, "" once they are gone.
    """

    __tablename__ = "exchange"
    __table_args__ = (
        Index("ix_exchange_person_id_id", "person_id", "id"),
        Index("ix_exchange_space_id", "space_id"),
        Index("ix_exchange_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    asked: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    name: Mapped[str] = mapped_column(String(255), default="")
    media_type: Mapped[str] = mapped_column(String(100), default="")
    storage_key: Mapped[str] = mapped_column(String(120), default="", index=True)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    report: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)

    space: Mapped[Space] = relationship(lazy="raise")
