"""Holding a lock for longer, and forgetting those that ended: no change that anybody hears of, so without a line in the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from community.clock import now
from community.extensions import db, write_unit
from community.jobs.work import handles
from community.locks.actions import LONGEST_BY_PROGRAM
from community.locks.models import FileLock


def hold_on(token: str, *, lasts: timedelta) -> datetime | None:
    """Let the lock of this token hold for `lasts` from now, at most LONGEST_BY_PROGRAM. Gives its end, None when it has ended. A
    write unit of its own.
    """
    at = now()
    until = at + min(max(lasts, timedelta(seconds=1)), LONGEST_BY_PROGRAM)
    with write_unit():
        living = update(FileLock).where(FileLock.token == token, FileLock.by_hand.is_(False), FileLock.expires_at > at)
        held = db.session.execute(living.values(expires_at=until))
        return until if held.rowcount else None  # type: ignore[attr-defined]


@handles("locks.sweep", every=timedelta(hours=6))
def _sweep(_payload: dict[str, Any]) -> None:
    with write_unit():
        db.session.execute(delete(FileLock).where(FileLock.expires_at <= now()))
