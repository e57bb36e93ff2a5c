"""The tables of comments and of what they said before. One level of replies: a reply to a reply hangs on the same first comment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.people.models import Person

COMMENTABLE = ("post", "page", "file", "entry", "submission")


class Comment(db.Model):  # type: ignore[misc,name-defined]
    """One comment. Its audience is its parent's, always: there is no second rule."""

    __tablename__ = "comment"
    __table_args__ = (
        Index("ix_comment_parent", "parent_kind", "parent_id", "id"),
        Index("ix_comment_space_id_id", "space_id", "id"),
        Index("ix_comment_author_id_id", "author_id", "id"),
        Index("ix_comment_reply_to_id", "reply_to_id"),
        Index("ix_comment_phase_id", "phase_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    parent_kind: Mapped[str] = mapped_column(String(24))
    parent_id: Mapped[int] = mapped_column(BigId)
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("comment.id", ondelete="SET NULL"))
    space_id: Mapped[int | None] = mapped_column(ForeignKey("space.id", ondelete="RESTRICT"))  # of the parent
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    phase_id: Mapped[int | None] = mapped_column(ForeignKey("phase.id", ondelete="SET NULL"))
    as_role: Mapped[str] = mapped_column(String(12), default="")  # the author's role then: "coach" shows a badge
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    edited_at: Mapped[datetime | None] = mapped_column(UTCTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UTCTime)

    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise")


class CommentRevision(db.Model):  # type: ignore[misc,name-defined]
    """Words that a comment had before: they stood from `created_at` on. As visible as the comment, always."""

    __tablename__ = "comment_revision"
    __table_args__ = (UniqueConstraint("comment_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    comment_id: Mapped[int] = mapped_column(ForeignKey("comment.id", ondelete="CASCADE"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCTime)
