"""Holding a lock for longer, and forgetting those that ended: no change that anybody hears of, so without a line in the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update

from community.clock import now
from community.extensions import db, write_unit
from community.files.models import File
from community.jobs.work import handles
from community.locks.actions import LONGEST_BY_PROGRAM
from community.locks.models import FileLock
from community.permissions import Actor


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


def let_go(file: File) -> None:
    """What is thrown away is locked no longer (RFC 4918, section 9.6). Within the open write unit."""
    db.session.execute(delete(FileLock).where(FileLock.file_id == file.id))


def let_go_of_programs(actor: Actor, file: File) -> None:
    """The actor's programs hold a file no longer, once it is moved. Within the open write unit."""
    theirs = FileLock.person_id == actor.id, FileLock.by_hand.is_(False)
    db.session.execute(delete(FileLock).where(FileLock.file_id == file.id, *theirs))


@handles("locks.sweep", every=timedelta(hours=6))
def _sweep(_payload: dict[str, Any]) -> None:
    with write_unit():
        db.session.execute(delete(FileLock).where(FileLock.expires_at <= now()))
