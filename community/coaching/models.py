"""Tables: what a team asks its coach, what was agreed, who stands in for whom, how soon was answered, and a coach's own marks."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.items.models import Item
from community.people.models import Person
from community.spaces.models import Space

_WAITS = text("waits_since IS NOT NULL")
ASKABLE = ("post", "page", "file", "entry")
"""What a team can ask its coach about, besides the team itself."""


class Ask(Item, db.Model):  # type: ignore[misc,name-defined]
    """A question of a team to its coaches, about a thing (`on_kind`, `on_id`) or about nothing in particular.

    `waits_since` is when the first word was said that no coach has answered; None while nothing waits. Who takes it, or
    answers first, has it (`taken_by_id`).
    """

    __tablename__ = "ask"
    __table_args__ = (
        Index("ix_ask_waiting", "space_id", "waits_since", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_ask_space_id_id", "space_id", "id"),
        Index("ix_ask_on", "on_kind", "on_id"),
        Index("ix_ask_taken_by_id", "taken_by_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    on_kind: Mapped[str | None] = mapped_column(String(24))
    on_id: Mapped[int | None] = mapped_column(BigId)
    body: Mapped[str] = mapped_column(Text)
    body_html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    wanted_by: Mapped[date | None]
    comment_count: Mapped[int] = mapped_column(default=0)
    talk_version: Mapped[int] = mapped_column(default=0)  # grows with every change in what is said about it
    open_musts: Mapped[int] = mapped_column(default=0)  # threads that must be answered and are not
    waits_since: Mapped[datetime | None] = mapped_column(UTCTime)
    spoke_id: Mapped[int | None] = mapped_column(BigId)  # who spoke last; the log outlives people, and so does this
    spoke_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    taken_at: Mapped[datetime | None] = mapped_column(UTCTime)
    taken_by_word: Mapped[bool] = mapped_column(default=False)  # taken before there was an answer
    answered_at: Mapped[datetime | None] = mapped_column(UTCTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCTime)

    author: Mapped[Person] = relationship(foreign_keys="Ask.author_id", lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys="Ask.space_id", lazy="raise")
    taken_by: Mapped[Person | None] = relationship(foreign_keys="Ask.taken_by_id", lazy="raise")

    @property
    def state(self) -> str:
        """`closed`, `answered`, `taken` or `waiting`."""
        if self.closed_at is not None:
            return "closed"
        if self.waits_since is None:
            return "answered"
        return "taken" if self.taken_by_id is not None else "waiting"


class CoachThread(db.Model):  # type: ignore[misc,name-defined]
    """A thread in which others spoke since the coach `for_id` did: kept by whoever settles a comment, so that the inbox costs what
    waits and not what was ever said.
    """

    __tablename__ = "coach_thread"
    __table_args__ = (
        Index("ix_coach_thread_space_id_since", "space_id", "since"),
        Index("ix_coach_thread_by_id", "by_id"),
        Index("ix_coach_thread_for_id", "for_id"),
    )

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )  # the first of the thread
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(UTCTime)
    latest: Mapped[datetime] = mapped_column(UTCTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    for_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))


class CoachMark(db.Model):  # type: ignore[misc,name-defined]
    """What one coach did with something in their inbox: put it off until a moment, or done with it. `upto` is the moment of
    the newest word that they knew of: what is said later brings the thing back.
    """

    __tablename__ = "coach_mark"
    __table_args__ = (
        Index("ix_coach_mark_person_id_done_at", "person_id", "done_at"),
        Index("ix_coach_mark_person_id_snoozed_until", "person_id", "snoozed_until"),
        Index("ix_coach_mark_space_id", "space_id"),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    thing_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    upto: Mapped[datetime] = mapped_column(UTCTime)
    snoozed_until: Mapped[datetime | None] = mapped_column(UTCTime)
    done_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Handover(db.Model):  # type: ignore[misc,name-defined]
    """One coach stands in for another in a team: what waits for the one waits for the other, until a day (the last one, itself
    included, in the team's zone) or until it is ended. Nothing is moved, so that history stays and all can go back.
    """

    __tablename__ = "handover"
    __table_args__ = (
        Index("ix_handover_space_id_id", "space_id", "id"),
        Index("ix_handover_from_id", "from_id"),
        Index("ix_handover_to_id", "to_id"),
        Index("ix_handover_by_id", "by_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    from_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    to_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    began_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    until: Mapped[date | None]
    ends_at: Mapped[datetime | None] = mapped_column(UTCTime)  # midnight after `until`, or when it was ended
    ended_early: Mapped[bool] = mapped_column(default=False)

    from_: Mapped[Person] = relationship(foreign_keys=[from_id], lazy="raise")
    to: Mapped[Person] = relationship(foreign_keys=[to_id], lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys=[space_id], lazy="raise")


class CoachTerms(db.Model):  # type: ignore[misc,name-defined]
    """What was agreed about coaching in a space and, where they have nothing of their own, in those below it."""

    __tablename__ = "coach_terms"

    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"), primary_key=True)
    response_days: Mapped[int | None]  # working days
    holidays: Mapped[list[str]] = mapped_column(JSON, default=list)  # ISO dates on which nobody works
    guide: Mapped[str] = mapped_column(Text, default="")  # what coaches are asked to do, in Markdown
    guide_html: Mapped[str] = mapped_column(Text, default="")
    render_version: Mapped[int] = mapped_column(default=0)


class CoachAnswer(db.Model):  # type: ignore[misc,name-defined]
    """How long a team waited for one answer: `worked` seconds of working days, weekends and holidays left out."""

    __tablename__ = "coach_answer"
    __table_args__ = (
        Index("ix_coach_answer_space_id_answered_at", "space_id", "answered_at"),
        Index("ix_coach_answer_coach_id_answered_at", "coach_id", "answered_at"),
    )

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comment.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    coach_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    answered_at: Mapped[datetime] = mapped_column(UTCTime)
    worked: Mapped[int]
