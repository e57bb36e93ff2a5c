"""Tables: pages and their revisions."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space


class Page(Item, db.Model):  # type: ignore[misc,name-defined]
    """One page. `path` is its address in the space, `revision` the number of the revision that stands."""

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
