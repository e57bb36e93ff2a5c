"""Server-side sessions: the browser holds a token, the table its hash. What is ended here is ended everywhere."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from sqlalchemy import select

from community.clock import now
from community.extensions import db
from community.people.models import Session

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=60)


def hashed(token: str) -> str:
    """How a token is kept: SHA-256 in hex. The tokens have 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def session_of(token: str) -> Session | None:
    """The living session of a token, with its person, or None: unknown, ended, too old, or the person is disabled."""
    session = db.session.scalars(select(Session).where(Session.token_hash == hashed(token))).one_or_none()
    if session is None or session.person.status != "active":
        return None
    at = now()
    if at >= session.expires_at or at - session.seen_at >= IDLE:
        return None
    return session
