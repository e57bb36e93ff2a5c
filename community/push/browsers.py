"""The browsers that a person is pushed to. Which they are is theirs alone: no line in the log."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, func, select

from community.errors import Invalid, NotFound, _l
from community.extensions import db, write_unit
from community.permissions import Actor
from community.push.keys import coded, decoded
from community.push.models import PushBrowser

MOST = 20
"""Browsers of one person."""
SCHEMES = frozenset({"https"})


def _unusable() -> Invalid:
    return Invalid("endpoint", _l("This browser cannot be reached. Try again, or use another browser."))


def _endpoint(text: str) -> str:
    """An address that a push service could have given. Raises Invalid."""
    try:
        parts = urlsplit(text)
        odd = parts.scheme == "https" and parts.port not in (None, 443)
    except ValueError:
        raise _unusable() from None
    if odd or parts.scheme not in SCHEMES or not parts.hostname or parts.username is not None:
        raise _unusable()
    if len(text) > 2000 or not text.isascii() or not text.isprintable() or " " in text:
        raise _unusable()
    return text


def _keys(p256dh: str, auth: str) -> tuple[str, str]:
    """The two keys of a browser: a point on P-256, and 16 bytes. Raises Invalid."""
    try:
        point, secret = decoded(p256dh), decoded(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise _unusable() from None
    if len(point) != 65 or len(secret) != 16:
        raise _unusable()
    return coded(point), coded(secret)


def hash_of(endpoint: str) -> str:
    """How a browser finds itself in the list without its address being shown."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def add_browser(actor: Actor, *, session_id: int, endpoint: str, p256dh: str, auth: str, agent: str = "") -> None:
    """Push to this browser from now on, until its session ends. Raises Invalid for what no browser would say."""
    if actor.id is None:
        raise NotFound()
    where, (point, secret) = _endpoint(endpoint), _keys(p256dh, auth)
    with write_unit():
        # Perhaps of who used this browser before: it tells one person at a time.
        db.session.execute(delete(PushBrowser).where(PushBrowser.endpoint_hash == hash_of(where)))
        known = select(func.count()).select_from(PushBrowser).where(PushBrowser.person_id == actor.id)
        if (db.session.scalar(known) or 0) >= MOST:
            raise Invalid("endpoint", _l("You have enough browsers here. End one first."))
        db.session.add(
            PushBrowser(
                person_id=actor.id,
                session_id=session_id,
                endpoint=where,
                endpoint_hash=hash_of(where),
                p256dh=point,
                auth=secret,
                agent=" ".join(agent.split())[:200],
            )
        )


def end_browser(actor: Actor, browser_id: int) -> None:
    """Push to this browser no more. Raises NotFound when it is not theirs."""
    with write_unit():
        mine = delete(PushBrowser).where(PushBrowser.id == browser_id, PushBrowser.person_id == actor.id)
        if db.session.execute(mine).rowcount != 1:  # type: ignore[attr-defined]
            raise NotFound()


def browsers_of(actor: Actor) -> list[PushBrowser]:
    """My browsers, the newest first."""
    stmt = select(PushBrowser).where(PushBrowser.person_id == actor.id).order_by(PushBrowser.id.desc())
    return list(db.session.scalars(stmt))
