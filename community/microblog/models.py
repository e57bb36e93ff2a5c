"""Tables: posts with what they carry (a poll, praise, files, a preview, earlier words), reactions, and what is not yet a post."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space

POST_KINDS = ("discussion", "question", "poll", "praise", "announcement")
DRAFT_STATES = ("draft", "scheduled", "failed")
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
    talk_version: Mapped[int] = mapped_column(default=0)  # grows with each change besides plain talk that all read
    open_musts: Mapped[int] = mapped_column(default=0)  # threads that must be answered and are not
    # The comment that answers a question. Without a foreign key: a comment knows its parent by kind and number alone.
    accepted_comment_id: Mapped[int | None] = mapped_column(BigId)
    # What a card shows besides is only asked for where there is some.
    attachment_count: Mapped[int] = mapped_column(default=0)
    has_preview: Mapped[bool] = mapped_column(default=False)
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


class Poll(db.Model):  # type: ignore[misc,name-defined]
    """What a post of kind poll asks. `several`: more than one choice; `open`: who chose what is shown."""

    __tablename__ = "poll"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    several: Mapped[bool] = mapped_column(default=False)
    open: Mapped[bool] = mapped_column(default=False)
    closes_at: Mapped[datetime | None] = mapped_column(UTCTime)


class PollOption(db.Model):  # type: ignore[misc,name-defined]
    """One choice of a poll."""

    __tablename__ = "poll_option"
    __table_args__ = (UniqueConstraint("post_id", "place"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("poll.post_id", ondelete="CASCADE"))
    place: Mapped[int]
    words: Mapped[str] = mapped_column(String(200))


class PollVote(db.Model):  # type: ignore[misc,name-defined]
    """One person's choice. Kept with the person so that it can be changed; shown with them only in an open poll."""

    __tablename__ = "poll_vote"
    __table_args__ = (
        UniqueConstraint("option_id", "person_id"),
        Index("ix_poll_vote_post_id_person_id", "post_id", "person_id"),
        Index("ix_poll_vote_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("poll.post_id", ondelete="CASCADE"))
    option_id: Mapped[int] = mapped_column(ForeignKey("poll_option.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))


class Praise(db.Model):  # type: ignore[misc,name-defined]
    """One person whom a post of kind praise names."""

    __tablename__ = "praise"
    __table_args__ = (
        UniqueConstraint("post_id", "person_id"),
        Index("ix_praise_person_id_post_id", "person_id", "post_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))


class PostDraft(db.Model):  # type: ignore[misc,name-defined]
    """Words that are not a post yet: seen by their author and nobody else. `state` draft, scheduled (until `publish_at`), or
    failed (its moment came, and `problem` says why it could not be posted). `facts` holds what its kind asks besides.

    It becomes a post, with the number of that moment, when it is published: what stands in a feed has only its own order.
    """

    __tablename__ = "post_draft"
    __table_args__ = (
        Index("ix_post_draft_author_id_id", "author_id", "id"),
        Index("ix_post_draft_space_id", "space_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    kind: Mapped[str] = mapped_column(String(16), default="discussion")
    body: Mapped[str] = mapped_column(Text, default="")
    audience: Mapped[str] = mapped_column(String(12), default="")
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    publish_at: Mapped[datetime | None] = mapped_column(UTCTime)
    problem: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    space: Mapped[Space] = relationship(lazy="raise")


class Attachment(db.Model):  # type: ignore[misc,name-defined]
    """A picture or a file that came with a post (or waits with a scheduled one). As visible as the post, always."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_post_id_id", "post_id", "id"),
        Index("ix_attachment_draft_id", "draft_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("post_draft.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(120), index=True)
    alt: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class PostRevision(db.Model):  # type: ignore[misc,name-defined]
    """Words that a post had before: they stood from `created_at` on. As visible as the post, always."""

    __tablename__ = "post_revision"
    __table_args__ = (UniqueConstraint("post_id", "number"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"))
    number: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UTCTime)


class LinkPreview(db.Model):  # type: ignore[misc,name-defined]
    """What a page that a post links to says of itself, as it was when the post was made."""

    __tablename__ = "link_preview"

    post_id: Mapped[int] = mapped_column(ForeignKey("post.id", ondelete="CASCADE"), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(300), default="")
    site: Mapped[str] = mapped_column(String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
