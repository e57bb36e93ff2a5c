"""Server-side sessions: the browser holds a token, the table its hash. What is ended here is ended everywhere."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select, update

from community.clock import now
from community.extensions import db, write_unit
from community.people.models import Person, Session

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=60)
TOUCH_EVERY = timedelta(hours=1)


# Asked before every page, so it is put together once.
_BY_TOKEN = select(Session).where(Session.token_hash == bindparam("token_hash"))


def hashed(token: str) -> str:
    """How a token is kept: SHA-256 in hex. The tokens have 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_of(token: str) -> Session | None:
    """The living session of a token, with its person, or None: unknown, ended, too old, or the person is disabled."""
    session = db.session.scalars(_BY_TOKEN, {"token_hash": hashed(token)}).one_or_none()
    if session is None or session.person.status != "active" or not is_living(session.seen_at, session.expires_at):
        return None
    return session


def is_living(seen_at: datetime, expires_at: datetime) -> bool:
    """Whether a session has not ended by itself."""
    at = now()
    return at < expires_at and at - seen_at < IDLE


def begin(person: Person, *, address: str = "", agent: str = "") -> tuple[Session, str]:
    """Add a session to the open write unit; gives it and its token, the only time that the token can be known."""
    token, at = secrets.token_urlsafe(32), now()
    session = Session(
        token_hash=hashed(token),
        person_id=person.id,
        created_at=at,
        seen_at=at,
        expires_at=at + ABSOLUTE,
        address=address[:45],
        agent=" ".join(agent.split())[:200],
    )
    person.seen_at = _hour(at)
    db.session.add(session)
    return session, token


def is_stale(seen_at: datetime) -> bool:
    """Whether it is time to note that a session is in use."""
    return now() - seen_at >= TOUCH_EVERY


def touch(session_id: int, person_id: int) -> None:
    """Note that a session and its person are here: to the hour, and without a line in the log, for presence is not
    surveillance. A write unit of its own: call it when the answer is made.
    """
    at = now()
    with write_unit():
        noted = db.session.execute(
            update(Session).where(Session.id == session_id, Session.seen_at <= at - TOUCH_EVERY).values(seen_at=at)
        )
        if noted.rowcount:  # type: ignore[attr-defined]
            db.session.execute(update(Person).where(Person.id == person_id).values(seen_at=_hour(at)))


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def sweep() -> None:
    """Forget sessions that have ended by themselves. Joins the open write unit."""
    at = now()
    db.session.execute(delete(Session).where(or_(Session.expires_at <= at, Session.seen_at <= at - IDLE)))
