"""Tables: milestones, who sponsors a team, submissions, what they hold, and what was said to them.

A copy keeps the words, the HTML and the key of the bytes themselves and points at nothing by a foreign key, so that it outlives
whatever it was made of.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.people.models import Person
from community.spaces.models import Space

RESULTS = ("ok", "revise", "not_yet")
STATES = ("sent", *RESULTS, "withdrawn")
LONGEST_PATH = 520
"""Characters of the path of a page, as the wiki keeps it."""
KINDS_OF_TEAM = ("team", "project")
"""The kinds of spaces that hand something in."""


class Milestone(db.Model):  # type: ignore[misc,name-defined]
    """Something to hand in, and when. Of a team it asks that team, of a cohort or a programme all teams below it.
    `to_sponsor`: what is handed in goes to the sponsors of the team too.
    """

    __tablename__ = "milestone"
    __table_args__ = (UniqueConstraint("space_id", "key"), Index("ix_milestone_space_id_due_at", "space_id", "due_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    to_sponsor: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime] = mapped_column(UTCTime)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    cancelled_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Sponsorship(db.Model):  # type: ignore[misc,name-defined]
    """Somebody who asks a team its question, and reads what it hands in where a milestone says so."""

    __tablename__ = "sponsorship"
    __table_args__ = (UniqueConstraint("space_id", "person_id"), Index("ix_sponsorship_person_id", "person_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))


class Submission(db.Model):  # type: ignore[misc,name-defined]
    """One attempt at a milestone. `space_id` is the team, `author_id` who handed it in for all of them; `body` is their note.
    `title` is the milestone's at that moment, `latest` whether no later attempt stands.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("space_id", "milestone_id", "attempt"),
        Index("ix_submission_space_id_id", "space_id", "id"),
        Index("ix_submission_space_id_state", "space_id", "state"),
        Index("ix_submission_milestone_id_id", "milestone_id", "id"),
        Index("ix_submission_author_id_id", "author_id", "id"),
        Index("ix_submission_assessor_id_id", "assessor_id", "id"),
        Index("ix_submission_phase_id", "phase_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="RESTRICT"))
    milestone_id: Mapped[int] = mapped_column(ForeignKey("milestone.id", ondelete="RESTRICT"))
    attempt: Mapped[int]
    latest: Mapped[bool] = mapped_column(default=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    assessor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    phase_id: Mapped[int | None] = mapped_column(ForeignKey("phase.id", ondelete="SET NULL"))
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(12), default="sent")
    page_count: Mapped[int] = mapped_column(default=0)
    file_count: Mapped[int] = mapped_column(default=0)
    comment_count: Mapped[int] = mapped_column(default=0)
    talk_version: Mapped[int] = mapped_column(default=0)  # grows with every change in what is said about it
    open_musts: Mapped[int] = mapped_column(default=0)  # threads that must be answered and are not
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    closed_at: Mapped[datetime | None] = mapped_column(UTCTime)  # when the result was given, or it was taken back

    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise")
    assessor: Mapped[Person | None] = relationship(foreign_keys=[assessor_id], lazy="raise")
    space: Mapped[Space] = relationship(foreign_keys=[space_id], lazy="raise")

    @property
    def deleted_at(self) -> None:
        """Never: what was handed in stays."""
        return None

    @property
    def waits(self) -> bool:
        """Whether it waits for a result."""
        return self.state == "sent"


class SubmissionItem(db.Model):  # type: ignore[misc,name-defined]
    """One page, file or picture as it was when it was handed in. `source_id` is the number that it had; `audience` who could read
    it then: what was for its author and the coaches stays so in the copy (`owner_id` is that author).
    """

    __tablename__ = "submission_item"
    __table_args__ = (
        UniqueConstraint("submission_id", "position"),
        Index("ix_submission_item_storage_key", "storage_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))  # page, file or picture (a file that stands in a page)
    source_id: Mapped[int] = mapped_column(BigId)
    owner_id: Mapped[int] = mapped_column(BigId)
    audience: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(255))
    path: Mapped[str] = mapped_column(String(LONGEST_PATH), default="")
    version: Mapped[int] = mapped_column(default=1)  # the number of the revision, or of the version of the file
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    media_type: Mapped[str] = mapped_column(String(100), default="")
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    sha256: Mapped[str] = mapped_column(String(64), default="")
    storage_key: Mapped[str] = mapped_column(String(120), default="")

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.title


class SubmissionResult(db.Model):  # type: ignore[misc,name-defined]
    """What a coach says to a submission. Only who guides the team knows of it until it is released."""

    __tablename__ = "submission_result"
    __table_args__ = (
        Index("ix_submission_result_space_id", "space_id"),
        Index("ix_submission_result_author_id", "author_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submission.id", ondelete="CASCADE"), unique=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="RESTRICT"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="RESTRICT"))
    result: Mapped[str] = mapped_column(String(12))
    body: Mapped[str] = mapped_column(Text, default="")
    body_html: Mapped[str] = mapped_column(Text, default="")
    excerpt: Mapped[str] = mapped_column(String(240), default="")
    render_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    released_at: Mapped[datetime | None] = mapped_column(UTCTime)

    author: Mapped[Person] = relationship(foreign_keys=[author_id], lazy="raise")

    @property
    def parent_kind(self) -> str:
        """What it hangs on, as the log and the live rooms know it."""
        return "submission"

    @property
    def parent_id(self) -> int:
        """The number of the submission."""
        return self.submission_id
