"""The table of jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from community.clock import now
from community.extensions import BigId, UTCTime, db


class Job(db.Model):  # type: ignore[misc,name-defined]
    """One piece of work. Free when `leased_until` has passed; over when `done_at` or `given_up_at` is set."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_due", "done_at", "given_up_at", "run_after"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    unique_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    run_after: Mapped[datetime] = mapped_column(UTCTime, default=now)
    leased_until: Mapped[datetime | None] = mapped_column(UTCTime)
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UTCTime, default=now)
    done_at: Mapped[datetime | None] = mapped_column(UTCTime)
    given_up_at: Mapped[datetime | None] = mapped_column(UTCTime)
    error: Mapped[str | None] = mapped_column(String(500))
