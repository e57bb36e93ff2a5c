"""Secrets that travel: API tokens, passwords of drives, and tickets in letters. Random, shown once, kept as a hash.

The password of a drive (scope `drive`) opens the files over WebDAV and nothing else. It is typed on telephones, so it is short: 20
letters and figures of 31, which are 99 random bits; nobody can guess it, so that no slow hash is needed.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update

from community.clock import now
from community.extensions import db, write_unit
from community.people.handles import canonical, canonical_email
from community.people.models import FeedKey, Person, Ticket, Token
from community.people.sessions import hashed

SCOPES = ("read", "write", "drive")
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When the password of a drive ends that works until somebody ends it."""
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # without 0 and o, 1, l and i, which look alike
_GROUPS, _GROUP = 5, 4
PREFIX = "coh_"  # so that a scanner of repositories knows a leaked one
JOIN_FOR = timedelta(days=14)
RESET_FOR = timedelta(minutes=45)
TOUCH_EVERY = timedelta(hours=1)


def new_secret() -> str:
    """43 letters that nobody can guess."""
    return secrets.token_urlsafe(32)


def new_drive_password() -> str:
    """Five groups of four: `kdfw-8mzt-…`."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


def hashed_drive_password(typed: str) -> str:
    """How it is kept, and looked for however it is typed: capitals, hyphens and blanks do not matter."""
    return hashed("drive:" + "".join(character for character in typed.casefold() if character.isalnum()))


def living_drive_password(who: str, typed: str) -> Token | None:
    """The password of a drive that belongs to this e-mail or handle, with its person, or None: unknown, somebody else's, revoked,
    expired, or its person may not come in. One query, whatever is wrong.
    """
    if len(who) > 254 or len(typed) > 200 or "\x00" in who:
        return None
    stmt = (
        select(Token)
        .join(Person, Person.id == Token.person_id)
        .where(
            Token.token_hash == hashed_drive_password(typed),
            Token.scope == "drive",
            Token.revoked_at.is_(None),
            Token.expires_at > now(),
            Person.status == "active",
            or_(Person.email == canonical_email(who), Person.handle == canonical(who.removeprefix("@"))),
        )
    )
    return db.session.scalars(stmt).one_or_none()


def living_token(secret: str) -> Token | None:
    """The API token of a secret, with its person, or None: unknown, revoked, expired, or its person may not come in."""
    if not secret.startswith(PREFIX):
        return None
    token = db.session.scalars(select(Token).where(Token.token_hash == hashed(secret))).one_or_none()
    if token is None or token.scope == "drive" or token.revoked_at is not None or token.expires_at <= now():
        return None
    return token if token.person.status == "active" else None


def touch(token: Token) -> None:
    """Note that a token is used, at most once an hour. A write unit of its own: call it when the answer is made."""
    at = now()
    if token.used_at is not None and at - token.used_at < TOUCH_EVERY:
        return
    with write_unit():
        db.session.execute(update(Token).where(Token.id == token.id).values(used_at=at))


def living_feed_key(secret: str) -> FeedKey | None:
    """The feed that a secret address opens, with its person, or None: unknown, revoked, or its person may not come in."""
    key = db.session.scalars(select(FeedKey).where(FeedKey.token_hash == hashed(secret))).one_or_none()
    return key if key is not None and key.revoked_at is None and key.person.status == "active" else None


def touch_feed_key(key: FeedKey) -> None:
    """Note that a feed is read, at most once an hour."""
    at = now()
    if key.used_at is None or at - key.used_at >= TOUCH_EVERY:
        with write_unit():
            db.session.execute(update(FeedKey).where(FeedKey.id == key.id).values(used_at=at))


def living_ticket(secret: str, purpose: str) -> Ticket | None:
    """The ticket of a letter, with its person, or None: unknown, used, expired, or for another door."""
    ticket = db.session.scalars(
        select(Ticket).where(Ticket.token_hash == hashed(secret), Ticket.purpose == purpose)
    ).one_or_none()
    if ticket is None or ticket.used_at is not None or ticket.expires_at <= now():
        return None
    fits = {"join": "invited", "reset": "active"}
    return ticket if ticket.person.status == fits[purpose] else None


def new_ticket(person_id: int, purpose: str, invited_by_id: int | None = None) -> str:
    """Add a ticket to the open write unit, and give its secret: the only time that it can be known."""
    secret = new_secret()
    lives = JOIN_FOR if purpose == "join" else RESET_FOR
    db.session.add(
        Ticket(
            token_hash=hashed(secret),
            purpose=purpose,
            person_id=person_id,
            invited_by_id=invited_by_id,
            expires_at=now() + lives,
        )
    )
    return secret


def use_up(ticket: Ticket) -> bool:
    """Mark a ticket as used, in the open write unit. False when somebody else just did."""
    stmt = update(Ticket).where(Ticket.id == ticket.id, Ticket.used_at.is_(None)).values(used_at=now())
    return bool(db.session.execute(stmt).rowcount == 1)  # type: ignore[attr-defined]


def void_tickets(person_id: int) -> None:
    """Make every open ticket of a person useless. Joins the open write unit."""
    db.session.execute(
        update(Ticket).where(Ticket.person_id == person_id, Ticket.used_at.is_(None)).values(used_at=now())
    )
