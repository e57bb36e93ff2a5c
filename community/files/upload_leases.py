"""Who writes to an upload: one at a time, for as long as they give a sign of life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import or_, update

from community.clock import now
from community.extensions import db, write_unit
from community.files.upload_tables import Upload

LEASE = timedelta(seconds=8)
BEAT = 2.0  # seconds between two signs of life


class Lost(Exception):
    """The lease is another's."""


def change_mine(number: int, name: str, *where: Any, **facts: Any) -> bool:
    """Change an upload, in the open write unit, if the lease is still held by `name`."""
    stmt = update(Upload).where(Upload.id == number, Upload.lease == name, *where).values(**facts)
    done: Any = db.session.execute(stmt.execution_options(synchronize_session=False))
    return bool(done.rowcount)


def take_lease(number: int, name: str, *where: Any) -> bool:
    at = now()
    free = or_(Upload.leased_until.is_(None), Upload.leased_until < at)
    with write_unit():
        stmt = update(Upload).where(Upload.id == number, free, *where).values(lease=name, leased_until=at + LEASE)
        done: Any = db.session.execute(stmt.execution_options(synchronize_session=False))
        return bool(done.rowcount)


def keep_lease(number: int, name: str, **facts: Any) -> bool:
    with write_unit():
        return change_mine(number, name, leased_until=now() + LEASE, **facts)


def let_lease_go(number: int, name: str) -> None:
    db.session.rollback()
    with write_unit():
        change_mine(number, name, lease=None, leased_until=None)
