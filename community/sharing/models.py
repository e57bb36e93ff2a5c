"""The table of links to the outside."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.people.models import Person
from community.spaces.models import Space

RIGHTS = ("view", "upload", "edit")  # each allows what stands before it too


class Share(db.Model):  # type: ignore[misc,name-defined]
    """A link to one file or folder. The database knows the SHA-256 of its token and the random bytes from which the house, with its
    key, can make the token again for its maker: whoever reads the table alone opens nothing.
    """

    __tablename__ = "share"
    __table_args__ = (
        Index("ix_share_object", "object_kind", "object_id"),
        Index("ix_share_space_id", "space_id"),
        Index("ix_share_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    object_kind: Mapped[str] = mapped_column(String(24))  # file or folder
    object_id: Mapped[int] = mapped_column(BigId)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    seed: Mapped[str] = mapped_column(String(64))  # 32 random bytes in hexadecimal
    rights: Mapped[str] = mapped_column(String(8), default="view")
    password_hash: Mapped[str | None] = mapped_column(String(120))
    hides_download: Mapped[bool] = mapped_column(default=False, server_default=false())
    note: Mapped[str] = mapped_column(Text, default="")  # to the receiver, plain text
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCTime)
    used: Mapped[int] = mapped_column(default=0)  # how often its page was opened
    used_at: Mapped[datetime | None] = mapped_column(UTCTime)
    told_at: Mapped[datetime | None] = mapped_column(UTCTime)  # when the log last heard that it is used
    received: Mapped[int] = mapped_column(default=0)  # files that came in by it, and their bytes
    received_bytes: Mapped[int] = mapped_column(BigInteger, default=0)

    author: Mapped[Person] = relationship(lazy="raise")
    space: Mapped[Space] = relationship(lazy="raise")
