"""Tables: the letters that leave, failures of addresses, and which mails came in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db

STATES = ("waiting", "sent", "refused", "given-up")


class Mail(db.Model):  # type: ignore[misc,name-defined]
    """One letter on its way, and afterwards its line in the log.

    While it waits it holds either a `recipe`, from which it is written when it is sent (links that are secrets are made then),
    or its `content`. Both are emptied as soon as its way is over.
    """

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_state_next_at", "state", "next_at"),
        Index("ix_mail_address", "address"),
        Index("ix_mail_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str | None] = mapped_column(
        String(120), unique=True
    )  # of the job that posted it: once, however often it ran
    address: Mapped[str] = mapped_column(String(254))
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200), default="")
    message_id: Mapped[str] = mapped_column(String(160), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(String(300), default="")
    recipe: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    content: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    next_at: Mapped[datetime | None] = mapped_column(UTCTime)
    over_at: Mapped[datetime | None] = mapped_column(UTCTime)


class MailFailure(db.Model):  # type: ignore[misc,name-defined]
    """A letter that an address did not take for good: told by the server at once, or by a report afterwards."""

    __tablename__ = "mail_failure"
    __table_args__ = (Index("ix_mail_failure_address_at", "address", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    mail_id: Mapped[int] = mapped_column(BigId, unique=True)  # a letter fails once, however many reports come
    address: Mapped[str] = mapped_column(String(254))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    words: Mapped[str] = mapped_column(String(300), default="")


class MailReceived(db.Model):  # type: ignore[misc,name-defined]
    """A mail that came in: the hash of its Message-ID, so that it is used once, and what came of it. Nothing of its text."""

    __tablename__ = "mail_received"
    __table_args__ = (Index("ix_mail_received_at", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    print: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    outcome: Mapped[str] = mapped_column(String(16), default="")  # "" while it is being read
