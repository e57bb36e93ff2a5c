"""Tables: notices, what people chose for them, and until when they had their digest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db


class Notification(db.Model):  # type: ignore[misc,name-defined]
    """One line of the log, for one person, with the reason (`reasons.py`) and the ways by which it goes.

    `mail` is where its mail stands: None (by this way it does not go), `wait` (until `mail_at`), `sent` (in a letter, at
    `mailed_at`), `left` (read meanwhile, hidden, or no longer wanted), `digest` (it goes there instead).
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "activity_id"),
        Index("ix_notification_person_id_read_at_id", "person_id", "read_at", "id"),
        Index("ix_notification_person_id_mailed_at", "person_id", "mailed_at"),
        Index("ix_notification_mail_mail_at", "mail", "mail_at"),
        Index("ix_notification_thread", "thread_kind", "thread_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    activity_id: Mapped[int] = mapped_column(BigId)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    verb: Mapped[str] = mapped_column(String(40))
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)
    thread_kind: Mapped[str] = mapped_column(
        String(24)
    )  # what it hangs on: of a comment the thing below which it stands
    thread_id: Mapped[int] = mapped_column(BigId)
    space_id: Mapped[int | None] = mapped_column(BigId)
    reason: Mapped[str] = mapped_column(String(16))
    in_app: Mapped[bool] = mapped_column(default=True, server_default=true())
    digest: Mapped[bool] = mapped_column(default=False, server_default=false())
    push: Mapped[bool] = mapped_column(default=False, server_default=false())
    mail: Mapped[str | None] = mapped_column(String(8))
    mail_at: Mapped[datetime | None] = mapped_column(UTCTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    hidden: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # its person may no longer see the thing
    last_id: Mapped[int | None] = mapped_column(
        BigId
    )  # of one that stands for several lines (batches.py), the last of them
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    read_at: Mapped[datetime | None] = mapped_column(UTCTime)


class NoticeDefault(db.Model):  # type: ignore[misc,name-defined]
    """What an administrator chose, for the site (`scope` "site") or for a role ("role:coach")."""

    __tablename__ = "notice_default"

    scope: Mapped[str] = mapped_column(String(24), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(40))


class NoticeChoice(db.Model):  # type: ignore[misc,name-defined]
    """What a person chose (`choices.HOUSE` has the names)."""

    __tablename__ = "notice_choice"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(40))


class NoticeLevel(db.Model):  # type: ignore[misc,name-defined]
    """How near a person wants to be to a space or a thing (`reasons.LEVELS`)."""

    __tablename__ = "notice_level"
    __table_args__ = (Index("ix_notice_level_object", "object_kind", "object_id", "person_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    object_kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    object_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    level: Mapped[str] = mapped_column(String(8))


class Digest(db.Model):  # type: ignore[misc,name-defined]
    """Until when a person had their digest: the moment of which the last one that left tells."""

    __tablename__ = "digest"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[datetime] = mapped_column(UTCTime)
