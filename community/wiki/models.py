"""Tables: pages, their revisions, the addresses they had, the links between them, and what was thrown away."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space

LONGEST_PATH = 520
"""Characters of the column: an address (`paths.MAX_PATH`) with the mark of a deleted page behind it."""
PATH = String(LONGEST_PATH).with_variant(String(LONGEST_PATH, collation="C"), "postgresql")
"""In the order of bytes on both databases, so that what stands below a path is one stretch of an index."""
_STANDS = text("deleted_at IS NULL")


class Page(Item, db.Model):  # type: ignore[misc,name-defined]
    """One page. `path` is its address in the space, `revision` the number of the revision that stands.

    `parent_id` is the page with the longest path above this one (`tree.py`), `position` its place among those that have the same
    parent, with gaps. `bin_id` is the removal with which it went to the bin.
    `drafted_at` is about when somebody last kept a draft of it, so that a view asks who edits only where somebody may.
    """

    __tablename__ = "page"
    __table_args__ = (
        UniqueConstraint("space_id", "path"),
        Index("ix_page_space_id_title", "space_id", "title"),
        Index("ix_page_space_id_updated_at", "space_id", "updated_at"),
        Index(
            "ix_page_tree", "space_id", "parent_id", "position", "id", sqlite_where=_STANDS, postgresql_where=_STANDS
        ),
        Index("ix_page_space_id_audience", "space_id", "audience"),
        Index("ix_page_parent_id", "parent_id"),
        Index("ix_page_bin_id", "bin_id"),
        Index("ix_page_space_id_template", "space_id", "template"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    path: Mapped[str] = mapped_column(PATH)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("page.id", ondelete="SET NULL"))
    position: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    bin_id: Mapped[int | None] = mapped_column(BigId)
    title: Mapped[str] = mapped_column(String(200))
    revision: Mapped[int] = mapped_column(default=1)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    editor_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    comment_count: Mapped[int] = mapped_column(default=0)
    drafted_at: Mapped[datetime | None] = mapped_column(UTCTime)
    talk_version: Mapped[int] = mapped_column(default=0)  # grows with every change in what is said about it
    open_musts: Mapped[int] = mapped_column(default=0)  # threads that must be answered and are not
    tags: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    template: Mapped[str] = mapped_column(String(10), default="", server_default="")  # wiki/templates.py
    as_approved = False  # of a page as it is read: these are its approved words alone (kind.py)
    newer_draft = False  # of a page as it is read: its approved words, with newer ones behind them (kind.py)
    # How it is looked after (community/wiki/care.py): "" never offered, else draft, ready, returned or approved.
    review_state: Mapped[str] = mapped_column(String(10), default="", server_default="")
    approved_revision: Mapped[int | None] = mapped_column()
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    review_by: Mapped[date | None] = mapped_column(Date, index=True)
    must_read_since: Mapped[int | None] = mapped_column()  # the revision from which on people are asked to read it

    author: Mapped[Person] = relationship(foreign_keys="Page.author_id", lazy="raise")
    owner: Mapped[Person | None] = relationship(foreign_keys=[owner_id], lazy="raise")
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
    place: Mapped[str] = mapped_column(String(LONGEST_PATH + 20))
    title: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    summary: Mapped[str] = mapped_column(String(200), default="")
    path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    audience: Mapped[str] = mapped_column(String(12), default="")
    tags: Mapped[str] = mapped_column(String(1000), default="")
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
    """One saved state of a page. Never changed. One whose words staff took away keeps its number, its author and who did that:
    words, title and summary are empty then (`removed_at`).
    """

    __tablename__ = "revision"
    __table_args__ = (
        UniqueConstraint("page_id", "number"),
        Index("ix_revision_author_id", "author_id"),
        Index("ix_revision_removed_by_id", "removed_by_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    number: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    removed_at: Mapped[datetime | None] = mapped_column(UTCTime)
    removed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))

    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise")
    remover: Mapped[Person | None] = relationship(foreign_keys=[removed_by_id], lazy="raise")
    along: Mapped[list[RevisionWriter]] = relationship(lazy="raise")


class Alias(db.Model):  # type: ignore[misc,name-defined]
    """An address that a page had. It leads to the page, unless another stands there: of several that stood there, the last."""

    __tablename__ = "page_alias"
    __table_args__ = (UniqueConstraint("space_id", "path"), Index("ix_page_alias_page_id", "page_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(PATH)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))


class Link(db.Model):  # type: ignore[misc,name-defined]
    """A page whose words lead to an address of a wiki. `target_id`: the page that stands there or stood there, none for a red link.
    Kept by a reader of the log (consumer.py).
    """

    __tablename__ = "page_link"
    __table_args__ = (
        Index("ix_page_link_source_id", "source_id"),
        Index("ix_page_link_target_id_source_id", "target_id", "source_id"),
        Index("ix_page_link_space_id_path", "space_id", "path"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(PATH)
    target_id: Mapped[int | None] = mapped_column(ForeignKey("page.id", ondelete="SET NULL"))


class Removal(db.Model):  # type: ignore[misc,name-defined]
    """What somebody threw away at once: a page (`page_id`), perhaps with those below it (`Page.bin_id`). Gone when it is restored
    or destroyed. `path` is where the page stood.
    """

    __tablename__ = "page_removal"
    __table_args__ = (
        Index("ix_page_removal_space_id_id", "space_id", "id"),
        Index("ix_page_removal_page_id", "page_id"),
        Index("ix_page_removal_remover_id", "remover_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    path: Mapped[str] = mapped_column(PATH)
    pages: Mapped[int]
    remover_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    page: Mapped[Page] = relationship(lazy="raise")
    remover: Mapped[Person] = relationship(lazy="raise")
