"""Tables: people, their sessions, their tokens, their invitations, and the count of their tries."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import KEEPS_BYTES, BigId, UTCTime, db

SITE_ROLES = ("guest", "member", "administrator")
STATUSES = ("invited", "active", "disabled")
LANGUAGES = ("en", "nl")


class Person(db.Model):  # type: ignore[misc,name-defined]
    """Somebody. `invited` until they have a password; `disabled` people keep their words and lose every door."""

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_name", "name"), Index("ix_person_status_name", "status", "name"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)  # canonical: NFKC, casefolded
    name: Mapped[str] = mapped_column(String(120))
    handle: Mapped[str] = mapped_column(String(40), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_changed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    site_role: Mapped[str] = mapped_column(String(16), default="member")
    status: Mapped[str] = mapped_column(String(10), default="invited")
    language: Mapped[str] = mapped_column(String(8), default="en")
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Amsterdam")
    location: Mapped[str] = mapped_column(String(80), default="")
    headline: Mapped[str] = mapped_column(String(120), default="")  # "Planner, night shift"
    about: Mapped[str] = mapped_column(Text, default="")
    about_html: Mapped[str] = mapped_column(Text, default="")
    render_version: Mapped[int] = mapped_column(default=0)
    skills: Mapped[list[str]] = mapped_column(JSON, default=list)  # "ask me about"
    picture_key: Mapped[str | None] = mapped_column(String(80), index=True, info=KEEPS_BYTES)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    seen_at: Mapped[datetime | None] = mapped_column(UTCTime)  # to the hour: presence is not surveillance
    mail_paused_at: Mapped[datetime | None] = mapped_column(UTCTime)  # letters came back: see community/mailroom/
    show_presence: Mapped[bool] = mapped_column(
        default=True, server_default=true()
    )  # off: neither shown nor sees others
    open_to_strangers: Mapped[bool] = mapped_column(default=False, server_default=false())  # who may write to them

    @property
    def is_active(self) -> bool:
        return self.status == "active"


class Session(db.Model):  # type: ignore[misc,name-defined]
    """One signed-in browser. The cookie holds a token; only its hash is kept. Idle 14 days, absolute 60 days."""

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_person_id", "person_id"), Index("ix_session_expires_at", "expires_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    seen_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)
    address: Mapped[str] = mapped_column(String(45), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Token(db.Model):  # type: ignore[misc,name-defined]
    """An API token, or the password of a drive: shown once, kept as a hash, scoped, expiring."""

    __tablename__ = "token"
    __table_args__ = (Index("ix_token_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    scope: Mapped[str] = mapped_column(String(10), default="write")  # read, write, or drive: files over WebDAV
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCTime)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class FeedKey(db.Model):  # type: ignore[misc,name-defined]
    """A secret address at which a reader program finds a person's feed. It opens nothing else, and ends with the account."""

    __tablename__ = "feed_key"
    __table_args__ = (Index("ix_feed_key_person_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    used_at: Mapped[datetime | None] = mapped_column(UTCTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCTime)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Ticket(db.Model):  # type: ignore[misc,name-defined]
    """A one-time ticket that travels by mail: to join (`join`) or to set a new password (`reset`). Hashed at rest."""

    __tablename__ = "ticket"
    __table_args__ = (
        Index("ix_ticket_person_id_purpose", "person_id", "purpose"),
        Index("ix_ticket_invited_by_id", "invited_by_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCTime)

    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="joined", innerjoin=True)


class Attempt(db.Model):  # type: ignore[misc,name-defined]
    """One failed try at a door, for throttling: the key is a hash of account or address."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)
