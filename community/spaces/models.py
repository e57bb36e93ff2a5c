"""Tables: spaces, memberships, requests to join, phases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from community.clock import now
from community.extensions import BigId, UTCTime, db
from community.people.models import Person

KINDS = ("commons", "programme", "cohort", "team", "theme", "project")
ROLES = ("owner", "facilitator", "coach", "member", "alumnus", "guest")  # strongest first
JOIN_POLICIES = ("invite", "request", "open")
VISIBILITIES = ("members", "organisation")
COMMENTERS = ("readers", "guests", "members")
"""Who may comment: whoever may read, or of those who do not write here the guests of the space alone, or none of them."""
TOOLS = ("stream", "wiki", "files")
PARENT_OF = {"cohort": "programme", "team": "cohort"}


class Space(db.Model):  # type: ignore[misc,name-defined]
    """A place. `cohort_id` is the cohort whose phases hold here: itself for a cohort, the parent for a team."""

    __tablename__ = "space"
    __table_args__ = (
        Index("ix_space_parent_id", "parent_id"),
        Index("ix_space_cohort_id", "cohort_id"),
        Index("ix_space_visibility", "visibility"),
        Index("ix_space_phase_id", "phase_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("space.id", ondelete="RESTRICT"))
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("space.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(120))
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    aim: Mapped[str] = mapped_column(Text, default="")  # plain text, a sentence or two
    question: Mapped[str] = mapped_column(Text, default="")  # the strategic question of a team or cohort
    sponsor: Mapped[str] = mapped_column(String(120), default="")  # who asks it
    join_policy: Mapped[str] = mapped_column(String(8), default="invite")
    visibility: Mapped[str] = mapped_column(String(12), default="members")
    status: Mapped[str] = mapped_column(String(8), default="active")
    post_audience: Mapped[str] = mapped_column(
        String(12), default=""
    )  # of posts when nobody chose; "" = as wide as the space
    commenters: Mapped[str] = mapped_column(String(8), default="readers")  # who comments besides those who write here
    tools: Mapped[list[str]] = mapped_column(JSON, default=lambda: list(TOOLS))
    time_zone: Mapped[str] = mapped_column(String(40), default="Europe/Amsterdam")
    shows_approved: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )  # who does not write here reads what was approved last
    shares_outside: Mapped[bool] = mapped_column(
        default=True, server_default=true()
    )  # who writes here may make links for people without an account
    phase_id: Mapped[int | None] = mapped_column(
        ForeignKey("phase.id", ondelete="SET NULL", use_alter=True)
    )  # of a cohort: the phase it is in now
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    parent: Mapped[Space | None] = relationship(remote_side=[id], foreign_keys=[parent_id], lazy="select")
    phase: Mapped[Phase | None] = relationship(foreign_keys=[phase_id], lazy="select", post_update=True)

    @property
    def is_archived(self) -> bool:
        return self.status == "archived"


class Membership(db.Model):  # type: ignore[misc,name-defined]
    """A person's own role in a space. What is inherited is not stored: `queries.reach_of` derives it."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("space_id", "person_id"),
        Index("ix_membership_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(12), default="member")
    since: Mapped[datetime] = mapped_column(UTCTime, default=now)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    space: Mapped[Space] = relationship(lazy="select")


class JoinRequest(db.Model):  # type: ignore[misc,name-defined]
    """Somebody asks to come in. Answered by staff: then the row goes and a membership comes, or not."""

    __tablename__ = "join_request"
    __table_args__ = (UniqueConstraint("space_id", "person_id"), Index("ix_join_request_person_id", "person_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime] = mapped_column(UTCTime, default=now)

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Invitation(db.Model):  # type: ignore[misc,name-defined]
    """A link into a space: for one address or for `seats` people, until `expires_at`. Hashed at rest, revocable."""

    __tablename__ = "invitation"
    __table_args__ = (Index("ix_invitation_space_id", "space_id"), Index("ix_invitation_inviter_id", "inviter_id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(12), default="member")
    inviter_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    seats: Mapped[int] = mapped_column(default=1)
    used: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    expires_at: Mapped[datetime] = mapped_column(UTCTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCTime)


class Phase(db.Model):  # type: ignore[misc,name-defined]
    """One phase of a cohort, from the first to the last day, both included, in the cohort's time zone."""

    __tablename__ = "phase"
    __table_args__ = (UniqueConstraint("space_id", "key"), UniqueConstraint("space_id", "position"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    space_id: Mapped[int] = mapped_column(ForeignKey("space.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(24))  # pre, campus, post, alumni, or another
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]  # None: it stays
    entered_at: Mapped[datetime | None] = mapped_column(UTCTime)
    # What the last change replaced, so that it can be taken back for 24 hours.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
