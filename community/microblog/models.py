"""Tables: posts and reactions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space

POST_KINDS = ("discussion", "question", "announcement")
REACTIONS = ("insight", "thanks", "celebrate", "me-too")
MOST_PINNED = 3
"""At once above the stream of one space."""


def _few(column: str) -> Index:
    """An index of the few posts of a space where this moment is set."""
    there = text(f"{column} IS NOT NULL")
    return Index(f"ix_post_{column}", "space_id", column, sqlite_where=there, postgresql_where=there)


# What a stream shows, in its order, with the day: the feed and its filters by day read this and not the posts.
_SHOWN = text("hidden_at IS NULL AND archived_at IS NULL")
_IN_STREAM = Index("ix_post_in_stream", "space_id", "id", "created_at", sqlite_where=_SHOWN, postgresql_where=_SHOWN)


class Post(Item, db.Model):  # type: ignore[misc,name-defined]
    """One post. Its HTML is made when it is written."""

    __tablename__ = "post"
    __table_args__ = (
        Index("ix_post_space_id_id", "space_id", "id"),
        Index("ix_post_author_id_id", "author_id", "id"),
        Index("ix_post_space_id_kind_id", "space_id", "kind", "id"),
        _IN_STREAM,
        Index("ix_post_shared_id", "shared_id"),
        *(_few(name) for name in ("pinned_at", "archived_at", "hidden_at")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), default="discussion")
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    edited_at: Mapped[datetime | None] = mapped_column(UTCTime)
    comment_count: Mapped[int] = mapped_column(default=0)
    # How it is arranged (arranging.py): above the stream, left out of it, read-only, without new comments.
    pinned_at: Mapped[datetime | None] = mapped_column(UTCTime)
    pinned_until: Mapped[datetime | None] = mapped_column(UTCTime)
    hidden_at: Mapped[datetime | None] = mapped_column(UTCTime)
    archived_at: Mapped[datetime | None] = mapped_column(UTCTime)
    locked_at: Mapped[datetime | None] = mapped_column(UTCTime)
    # A post that only points at another: the words are the sharer's, the talk is under the other.
    shared_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="SET NULL"))

    author: Mapped[Person] = relationship(foreign_keys="Post.author_id", lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys="Post.space_id", lazy="raise")


class Reaction(db.Model):  # type: ignore[misc,name-defined]
    """One person's reaction to a post: each name at most once."""

    __tablename__ = "reaction"
    __table_args__ = (
        UniqueConstraint("post_id", "person_id", "name"),
        Index("ix_reaction_person_id", "person_id"),
        Index("ix_reaction_name_post_id", "name", "post_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
