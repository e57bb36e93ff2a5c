"""Tables: topics, what names them, who follows them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db

LONGEST = 80
NAMING = ("post", "page", "comment", "file")
"""The kinds whose words or tags name topics."""


class Topic(db.Model):  # type: ignore[misc,name-defined]
    """One topic. `key` is how `markdown.topic_key` spells it; a key that was renamed or merged away stays as a row that
    leads to the topic it became (`merged_into_id`, never more than one step).
    """

    __tablename__ = "topic"
    __table_args__ = (Index("ix_topic_merged_into_id", "merged_into_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST))
    names: Mapped[dict[str, str]] = mapped_column(
        JSON, default=dict
    )  # the name in other languages: {"nl": "wachtlijst"}
    description: Mapped[str] = mapped_column(String(500), default="")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    def called(self, language: str) -> str:
        """Its name in a language."""
        return self.names.get(language) or self.name


class TopicUse(db.Model):  # type: ignore[misc,name-defined]
    """A thing that names a topic. Kept by the reader of the log in consumer.py."""

    __tablename__ = "topic_use"
    __table_args__ = (
        UniqueConstraint("object_kind", "object_id", "topic_id"),
        Index("ix_topic_use_topic_id_id", "topic_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id", ondelete="CASCADE"))
    object_kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[int] = mapped_column(BigId)


class TopicFollow(db.Model):  # type: ignore[misc,name-defined]
    """Somebody who wants to hear of new posts under a topic."""

    __tablename__ = "topic_follow"
    __table_args__ = (UniqueConstraint("person_id", "topic_id"), Index("ix_topic_follow_topic_id", "topic_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id", ondelete="CASCADE"))
