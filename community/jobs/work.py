"""Enqueue, claim, run. A job whose worker is killed is free again when its lease ends, and runs again: handlers are
idempotent. After `TRIES` failures a job is given up and stays in the table for an administrator to see.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select

from community.clock import now
from community.extensions import db, write_unit
from community.jobs.models import Job

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
TRIES = 12

Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, Handler] = {}


@dataclass(frozen=True)
class Periodic:
    """A job that comes back: `every` seconds, enqueued once for each slot of time whoever looks at the clock."""

    name: str
    every: timedelta


_periodic: list[Periodic] = []


def handles(name: str, *, every: timedelta | None = None) -> Callable[[Handler], Handler]:
    """Register the handler of jobs with this name; with `every`, such a job is also made for each slot of time."""

    def put(handler: Handler) -> Handler:
        _handlers[name] = handler
        if every is not None:
            _periodic.append(Periodic(name, every))
        return handler

    return put


def enqueue(
    name: str, payload: dict[str, Any], *, after: datetime | None = None, unique_key: str | None = None
) -> None:
    """Add a job to the open transaction. With a `unique_key` that is known, nothing is added."""
    if unique_key is not None and db.session.scalar(select(Job.id).where(Job.unique_key == unique_key)) is not None:
        return
    db.session.add(Job(name=name, payload=payload, run_after=after or now(), unique_key=unique_key))


def _free(at: datetime) -> Any:
    return (
        Job.done_at.is_(None),
        Job.given_up_at.is_(None),
        Job.run_after <= at,
        or_(Job.leased_until.is_(None), Job.leased_until < at),
    )


def claim() -> Job | None:
    """Lease the oldest job that is due, or None. Two workers never get the same one."""
    at = now()
    if db.session.scalar(select(Job.id).where(*_free(at)).limit(1)) is None:
        db.session.rollback()
        return None
    with write_unit():
        job = db.session.scalars(
            select(Job).where(*_free(at)).order_by(Job.run_after, Job.id).limit(1).with_for_update(skip_locked=True)
        ).one_or_none()
        if job is not None:
            job.leased_until, job.attempts = at + LEASE, job.attempts + 1
    return job


def run_one() -> int:
    """Claim and run one job. Returns 1 when there was one, else 0."""
    job = claim()
    if job is None:
        return 0
    job_id, name, payload, attempts = job.id, job.name, dict(job.payload), job.attempts
    try:
        handler = _handlers[name]
        handler(payload)
    except Exception as fault:  # a handler may fail in any way; the job is tried again
        db.session.rollback()
        log.warning("job %s %s failed, try %d: %s", name, job_id, attempts, fault)
        _put_back(job_id, attempts, fault)
        return 1
    db.session.rollback()
    with write_unit():
        done = db.session.get(Job, job_id)
        if done is not None:
            done.done_at, done.leased_until, done.error = now(), None, None
    return 1


def _put_back(job_id: int, attempts: int, fault: Exception) -> None:
    with write_unit():
        job = db.session.get(Job, job_id)
        if job is None:
            return
        job.error, job.leased_until = f"{type(fault).__name__}: {fault}"[:500], None
        if attempts >= TRIES:
            job.given_up_at = now()
        else:
            job.run_after = now() + timedelta(seconds=min(3600, 5 * 2 ** min(attempts, 10)))


def wind_the_clock() -> None:
    """Make the periodic jobs of this moment, once each, and sweep what was done more than a week ago."""
    at = now()
    wanted = []
    for item in _periodic:
        slot = int(at.timestamp() // item.every.total_seconds())
        wanted.append((item.name, f"{item.name}@{slot}"))
    known = set(db.session.scalars(select(Job.unique_key).where(Job.unique_key.in_([key for _, key in wanted]))))
    fresh = [(name, key) for name, key in wanted if key not in known]
    db.session.rollback()
    if not fresh:
        return
    with write_unit():
        for name, key in fresh:
            enqueue(name, {}, unique_key=key)
        db.session.query(Job).filter(Job.done_at < at - timedelta(days=7)).delete()
