"""Tables of how pages are looked after: their review, who must read them, who has, what somebody marked as theirs."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.people.models import Person

VERDICTS = ("ready", "approved", "returned", "drafted", "right")
"""What a line of the log of reviews says: offered, approved, sent back, taken back by who offered it, looked over."""


class PageReview(db.Model):  # type: ignore[misc,name-defined]
    """One line of the log of reviews of a page. Never changed."""

    __tablename__ = "page_review"
    __table_args__ = (Index("ix_page_review_page_id_id", "page_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    revision: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(1000), default="")
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    person: Mapped[Person] = relationship(lazy="raise")


class Approved(db.Model):  # type: ignore[misc,name-defined]
    """The words of a page that were approved last, as readers see them where a space shows approved words alone."""

    __tablename__ = "page_approved"

    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class MustRead(db.Model):  # type: ignore[misc,name-defined]
    """People are asked to say that they have read a page: everybody with a role in its space, or those named in MustReader. A
    revision from `since_revision` on counts, so that an important change asks anew.
    """

    __tablename__ = "must_read"
    __table_args__ = (Index("ix_must_read_nag_on", "nag_on"),)

    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"), primary_key=True)
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"), index=True)
    everybody: Mapped[bool] = mapped_column(default=True)
    since_revision: Mapped[int]
    until: Mapped[date | None] = mapped_column(Date)
    nag: Mapped[str] = mapped_column(String(8), default="")  # "", "daily", "weekly"
    nag_on: Mapped[date | None] = mapped_column(Date)  # the next day on which who has not read it is told again
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    asked_by: Mapped[Person] = relationship(lazy="raise")


class MustReader(db.Model):  # type: ignore[misc,name-defined]
    """Somebody who is named as a reader."""

    __tablename__ = "must_reader"

    page_id: Mapped[int] = mapped_column(ForeignKey("must_read.page_id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)


class PageRead(db.Model):  # type: ignore[misc,name-defined]
    """Somebody said that they have read a page, at that revision."""

    __tablename__ = "page_read"

    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class PageSeen(db.Model):  # type: ignore[misc,name-defined]
    """When somebody last opened a page: theirs alone, for "recently viewed". Others see how many, never who."""

    __tablename__ = "page_seen"
    __table_args__ = (
        Index("ix_page_seen_person_id_at", "person_id", "at"),
        Index("ix_page_seen_page_id_at", "page_id", "at"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCTime, default=now)


class Favourite(db.Model):  # type: ignore[misc,name-defined]
    """A page that somebody put at the top of the list for themselves."""

    __tablename__ = "page_favourite"
    __table_args__ = (UniqueConstraint("person_id", "page_id"), Index("ix_page_favourite_page_id", "page_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    page_id: Mapped[int] = mapped_column(ForeignKey("page.id", ondelete="CASCADE"))
