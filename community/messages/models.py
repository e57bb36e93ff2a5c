"""Tables: conversations, who is in them, what they say, from whom a message was kept, and who blocked whom."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.people.models import Person

MOST_PEOPLE = 8
"""In one conversation, whoever began it included."""


class Conversation(db.Model):  # type: ignore[misc,name-defined]
    """A talk of two, which `pair` names so that there is one of it; or of a small group, which may have a title."""

    __tablename__ = "conversation"
    __table_args__ = (Index("ix_conversation_started_by_id", "started_by_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    pair: Mapped[str | None] = mapped_column(String(40), unique=True)  # "7-12": the two ids, the smaller first
    title: Mapped[str] = mapped_column(String(80), default="")
    started_by_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    members: Mapped[list[Participant]] = relationship(order_by="Participant.id", cascade="all, delete-orphan")

    @property
    def is_group(self) -> bool:
        return self.pair is None

    def has(self, person_id: int | None) -> bool:
        return any(member.person_id == person_id for member in self.members)


class Participant(db.Model):  # type: ignore[misc,name-defined]
    """Somebody in a conversation. `last_id` is the newest message that reached them (0: none, and then the conversation does
    not exist for them), `read_id` the newest that they have read.
    """

    __tablename__ = "conversation_member"
    __table_args__ = (
        UniqueConstraint("conversation_id", "person_id"),
        Index("ix_conversation_member_person_id_last_id", "person_id", "last_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    last_id: Mapped[int] = mapped_column(BigId, default=0)
    read_id: Mapped[int] = mapped_column(BigId, default=0)
    joined_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    person: Mapped[Person] = relationship(lazy="raise")


class Message(db.Model):  # type: ignore[misc,name-defined]
    """One message. What its author takes away is gone: words and all."""

    __tablename__ = "message"
    __table_args__ = (
        Index("ix_message_conversation_id_id", "conversation_id", "id"),
        Index("ix_message_author_id_id", "author_id", "id"),
    )
    parent_kind = "conversation"  # what it hangs on, as live rooms and search ask

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(UTCTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCTime)

    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise")
    conversation: Mapped[Conversation] = relationship()
    withheld: Mapped[list[Withheld]] = relationship(cascade="all, delete-orphan")

    @property
    def parent_id(self) -> int:
        return self.conversation_id


class Withheld(db.Model):  # type: ignore[misc,name-defined]
    """Somebody in the conversation whom a message never reached, because they had blocked its author when it was sent."""

    __tablename__ = "message_withheld"
    __table_args__ = (Index("ix_message_withheld_person_id", "person_id"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)


class Block(db.Model):  # type: ignore[misc,name-defined]
    """Whose messages somebody does not want. The blocked are not told."""

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("person_id", "blocked_id"), Index("ix_block_blocked_id", "blocked_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    blocked_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
