"""Enqueue, claim, run. A job whose worker is killed is free again when its lease ends, and runs again: handlers are
idempotent. A job that takes long keeps its lease (`LeaseKeeper`). After `TRIES` failures a job is given up and stays in the
table for an administrator to see.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, true, update

from community.clock import now
from community.extensions import db, insert_into, write_unit
from community.jobs.models import Job

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=1)
RENEW_EVERY = 20.0  # seconds
TRIES = 12

# Jobs that this process is at, and the try that is its own: a later try belongs to another worker.
_held: dict[int, int] = {}


class _Running:
    """The job that this thread is at, and how many things it has named."""

    def __init__(self, job_id: int) -> None:
        self.job_id, self.named = job_id, 0


_running: ContextVar[_Running | None] = ContextVar("running_job", default=None)


def next_name() -> str | None:
    """A name for the next thing that the running job makes, the same when the job runs again; None outside a job."""
    running = _running.get()
    if running is None:
        return None
    running.named += 1
    return f"job:{running.job_id}:{running.named}"


Handler = Callable[[dict[str, Any]], None]
_handlers: dict[str, Handler] = {}
_lanes: dict[str, str] = {}
"""The lane of jobs that wait for somebody else's machine (a mail server, a push service, a page of the web): each lane has a thread
of its own, so that nothing of ours waits for theirs, nor one of theirs for another. All other jobs are in the lane HOUSE."""
HOUSE = "house"


@dataclass(frozen=True)
class Periodic:
    """A job that comes back: `every` seconds, enqueued once for each slot of time whoever looks at the clock."""

    name: str
    every: timedelta


_periodic: list[Periodic] = []


def handles(name: str, *, every: timedelta | None = None, lane: str = HOUSE) -> Callable[[Handler], Handler]:
    """Register the handler of jobs with this name; with `every`, such a job is also made for each slot of time; a `lane` keeps
    it out of the way of all others.
    """

    def put(handler: Handler) -> Handler:
        _handlers[name] = handler
        if lane != HOUSE:
            _lanes[name] = lane
        if every is not None:
            _periodic.append(Periodic(name, every))
        return handler

    return put


def lanes() -> list[str]:
    """Every lane that some job is in."""
    return sorted({HOUSE, *_lanes.values()})


def enqueue(
    name: str, payload: dict[str, Any], *, after: datetime | None = None, unique_key: str | None = None
) -> None:
    """Add a job to the open transaction. With a `unique_key` that is known, nothing is added."""
    if unique_key is None:
        db.session.add(Job(name=name, payload=payload, run_after=after or now()))
        return
    job = insert_into(Job).values(name=name, payload=payload, run_after=after or now(), unique_key=unique_key)
    db.session.execute(job.on_conflict_do_nothing(index_elements=["unique_key"]))  # two workers may be at it at once


def _free(at: datetime, lane: str | None) -> Any:
    """The clause of jobs that are due: of one lane, or of all."""
    if lane is None:
        which: ColumnElement[bool] = true()
    elif lane == HOUSE:
        which = Job.name.not_in(_lanes)
    else:
        which = Job.name.in_([name for name, its in _lanes.items() if its == lane])
    return (
        which,
        Job.done_at.is_(None),
        Job.given_up_at.is_(None),
        Job.run_after <= at,
        or_(Job.leased_until.is_(None), Job.leased_until < at),
    )


def claim(lane: str | None = None) -> Job | None:
    """Lease the oldest job that is due, in one lane or anywhere; or None. Two workers never get the same one."""
    at = now()
    if db.session.scalar(select(Job.id).where(*_free(at, lane)).limit(1)) is None:
        db.session.rollback()
        return None
    with write_unit():
        job = db.session.scalars(
            select(Job)
            .where(*_free(at, lane))
            .order_by(Job.run_after, Job.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if job is not None and job.attempts >= TRIES:
            job.given_up_at, job.leased_until, job.error = at, None, "its worker was lost each time"
            job = None
        if job is not None:
            job.leased_until, job.attempts = at + LEASE, job.attempts + 1
    if job is not None:
        _held[job.id] = job.attempts
    return job


def run_one(lane: str | None = None) -> int:
    """Claim and run one job, of one lane or of any. Returns 1 when there was one, else 0."""
    job = claim(lane)
    if job is None:
        return 0
    job_id, name, payload, attempt = job.id, job.name, dict(job.payload), job.attempts
    token = _running.set(_Running(job_id))
    try:
        handler = _handlers[name]
        handler(payload)
    except Exception as fault:  # a handler may fail in any way; the job is tried again
        db.session.rollback()
        log.warning("job %s %s failed, try %d: %s", name, job_id, attempt, fault)
        _put_back(job_id, attempt, fault)
        return 1
    finally:
        _running.reset(token)
        _held.pop(job_id, None)
    db.session.rollback()
    with write_unit():
        done = _mine(job_id, attempt)
        if done is not None:
            done.done_at, done.leased_until, done.error = now(), None, None
    return 1


def _mine(job_id: int, attempt: int) -> Job | None:
    """The job, if no other worker has taken it over since."""
    job = db.session.get(Job, job_id)
    return job if job is not None and job.attempts == attempt else None


def _put_back(job_id: int, attempt: int, fault: Exception) -> None:
    with write_unit():
        job = _mine(job_id, attempt)
        if job is None:
            return
        job.error, job.leased_until = f"{type(fault).__name__}: {fault}"[:500], None
        if attempt >= TRIES:
            job.given_up_at = now()
        else:
            job.run_after = now() + timedelta(seconds=min(3600, 5 * 2 ** min(attempt, 10)))


def _set_leases(until: datetime | None) -> None:
    held = list(_held.items())
    if not held:
        return
    with write_unit():
        for job_id, attempt in held:
            mine = update(Job).where(Job.id == job_id, Job.attempts == attempt, Job.done_at.is_(None))
            db.session.execute(mine.values(leased_until=until))


class LeaseKeeper:
    """A thread that renews the leases of the jobs that this process is at, and gives back what is unfinished at its end."""

    def __init__(self, enter: Callable[[], AbstractContextManager[object]]) -> None:
        self._enter = enter
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="leases", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self, timeout: float) -> bool:
        """End, and free the jobs that are still running here: this process is about to go, and they run again."""
        self._thread.join(timeout)
        with self._enter():
            _set_leases(None)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stop.wait(RENEW_EVERY):
            try:
                with self._enter():
                    _set_leases(now() + LEASE)
            except Exception:
                log.exception("leases could not be renewed")


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
