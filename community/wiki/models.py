"""Tables: pages and their revisions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space


class Page(Item, db.Model):  # type: ignore[misc,name-defined]
    """One page. `path` is its address in the space, `revision` the number of the revision that stands.
    `drafted_at` is about when somebody last kept a draft of it, so that a view asks who edits only where somebody may.
    """

    __tablename__ = "page"
    __table_args__ = (
        UniqueConstraint("space_id", "path"),
        Index("ix_page_space_id_title", "space_id", "title"),
        Index("ix_page_space_id_updated_at", "space_id", "updated_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    path: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int] = mapped_column(default=1)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    editor_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    comment_count: Mapped[int] = mapped_column(default=0)
    drafted_at: Mapped[datetime | None] = mapped_column(UTCTime)

    author: Mapped[Person] = relationship(foreign_keys="Page.author_id", lazy="raise")
    editor: Mapped[Person] = relationship(foreign_keys=[editor_id], lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys="Page.space_id", lazy="raise")


class PageDraft(db.Model):  # type: ignore[misc,name-defined]
    """Words that somebody has not saved yet: seen by their author and nobody else.

    `place` is what they are for: `page:12`, or `new:7:notes/may` for a page of space 7 that is not there yet, so that each has one
    draft a person. `base` is the revision that the words were made on. The words outlive the page.
    """

    __tablename__ = "page_draft"
    __table_args__ = (
        UniqueConstraint("author_id", "place"),
        Index("ix_page_draft_page_id_updated_at", "page_id", "updated_at"),
        Index("ix_page_draft_space_id", "space_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    page_id: Mapped[int | None] = mapped_column(ForeignKey("page.id", ondelete="SET NULL"))
    place: Mapped[str] = mapped_column(String(220))
    title: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(String(200), default="")
    path: Mapped[str] = mapped_column(String(200), default="")
    audience: Mapped[str] = mapped_column(String(12), default="")
    base: Mapped[int] = mapped_column(default=0)
    together: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    space: Mapped[Space] = relationship(lazy="raise")


class RevisionWriter(db.Model):  # type: ignore[misc,name-defined]
    """Somebody who wrote along in a revision that another saved."""

    __tablename__ = "revision_writer"

    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), primary_key=True, index=True)

    person: Mapped[Person] = relationship(lazy="raise")


class Revision(db.Model):  # type: ignore[misc,name-defined]
    """One saved state of a page. Never changed, never removed while the page stands."""

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("page_id", "number"), Index("ix_revision_author_id", "author_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    number: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    author: Mapped[Person] = relationship(lazy="raise")
    along: Mapped[list[RevisionWriter]] = relationship(lazy="raise")
