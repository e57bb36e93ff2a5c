"""Counting tries at the doors, per account and per address, in the database: it holds over processes and restarts.

A try is counted before it is made, so that twenty at once are twenty tries; a try that succeeds takes its count back.
Accounts and addresses are kept as hashes: the table tells nobody who tried what.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, text

from community.clock import now
from community.errors import TooMany
from community.extensions import db, is_sqlite, write_unit
from community.people.models import Attempt

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 10
PER_ADDRESS = 20

Door = tuple[str, int]
"""A key and how many tries it allows in one WINDOW."""


def account_door(what: str, email: str) -> Door:
    """The tries for one account, whether it exists or not. `what` keeps sign-in and reset apart."""
    return _key(what, "account", email), PER_ACCOUNT


def address_door(what: str, address: str, allowed: int = PER_ADDRESS) -> Door:
    """The tries that come from one address of the network."""
    return _key(what, "address", address), allowed


def _key(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def take(doors: Sequence[Door]) -> None:
    """Count one try at each door. Raises TooMany, and counts nothing, when one of them is worn out; `retry_after` is
    when its oldest try is forgotten.
    """
    at = now()
    with write_unit():
        _one_at_a_time(doors)
        waits = [wait for key, allowed in doors if (wait := _wait(key, allowed, at))]
        if waits:
            raise TooMany(max(waits))
        db.session.add_all([Attempt(key=key, at=at) for key, _ in doors])


def _one_at_a_time(doors: Sequence[Door]) -> None:
    """Let tries at the same door wait for each other, so that none of them counts before the other has. SQLite has one
    writer anyway."""
    if is_sqlite():
        return
    for number in sorted(int(key[:15], 16) for key, _ in doors):
        db.session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def _wait(key: str, allowed: int, at: datetime) -> int:
    """Seconds until this door opens again, 0 when it is open."""
    recent = select(Attempt.at).where(Attempt.key == key, Attempt.at > at - WINDOW)
    if (db.session.scalar(select(func.count()).select_from(recent.subquery())) or 0) < allowed:
        return 0
    # The try whose end leaves one place free: with exactly `allowed` tries, the oldest.
    leaves = db.session.scalar(recent.order_by(Attempt.at.desc()).offset(allowed - 1).limit(1))
    return max(1, int((leaves + WINDOW - at).total_seconds()) + 1) if leaves else 1


def give_back(account: Door, address: Door) -> None:
    """The try was good: the account's count starts anew, the address gets its last try back."""
    with write_unit():
        db.session.execute(delete(Attempt).where(Attempt.key == account[0]))
        last = select(func.max(Attempt.id)).where(Attempt.key == address[0]).scalar_subquery()
        db.session.execute(delete(Attempt).where(Attempt.id == last))


def sweep() -> None:
    """Forget tries that no longer count. Joins the open write unit."""
    db.session.execute(delete(Attempt).where(Attempt.at < now() - WINDOW))
