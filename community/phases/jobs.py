"""Work that comes back: every ten minutes each living cohort follows its calendar."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.extensions import db
from community.jobs.work import handles
from community.permissions import SYSTEM
from community.phases.actions import follow_the_calendar
from community.spaces.models import Space


@handles("phases.follow", every=timedelta(minutes=10))
def follow_calendars(_payload: dict[str, Any]) -> None:
    """Start the phase that is due in each cohort. Running it twice changes nothing."""
    cohorts = db.session.scalars(select(Space).where(Space.kind == "cohort", Space.status == "active")).all()
    for cohort in cohorts:
        follow_the_calendar(SYSTEM, cohort)
