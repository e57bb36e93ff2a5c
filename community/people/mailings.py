"""The letters of accounts: to join, to set a new password, to register with a link into a space.

What waits in the queue holds no secret: tickets are made when a letter is sent, and only their hashes are kept. Asking
writes the same row whether the person exists or not, so that nobody learns it from an answer or from its time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete

from community.clock import now
from community.extensions import db, write_unit
from community.jobs.work import enqueue, handles
from community.mailroom.queue import post_later, writes
from community.people import sessions, throttle, tokens
from community.people.actions import issue_reset
from community.people.handles import canonical_email
from community.people.models import Person, Ticket
from community.people.queries import person_by_email
from community.permissions import SYSTEM
from community.ports import Letter, ports
from community.spaces.models import Invitation, Space
from community.spaces.queries import opens

LETTERS_PER_ACCOUNT = 3
LETTERS_PER_ADDRESS = 20


def _count(what: str, email: str, address: str) -> None:
    key, _ = throttle.account_door(what, email)
    throttle.take([(key, LETTERS_PER_ACCOUNT), throttle.address_door(what, address, LETTERS_PER_ADDRESS)])


def ask_for_reset(email: str, *, address: str) -> None:
    """Have a letter sent with which a new password can be set, if this is somebody's e-mail. Raises TooMany."""
    email = canonical_email(email)
    _count("reset", email, address)
    with write_unit():
        enqueue("mail.reset", {"email": email})


def ask_to_register(invitation: Invitation, email: str, *, language: str, address: str) -> None:
    """Have a letter sent with which somebody can make an account and come into a space; or, if they have one, that says
    so. Raises TooMany.
    """
    email = canonical_email(email)
    _count("register", email, address)
    with write_unit():
        enqueue("mail.register", {"email": email, "invitation": invitation.id, "language": language})


# A job posts a letter; its writer writes it each time it is tried, with a ticket that is made then.


@handles("mail.join")
def post_join(payload: dict[str, Any]) -> None:
    """Invite somebody, if they have not joined meanwhile."""
    person = db.session.get(Person, payload["person"])
    if person is not None and person.status == "invited":
        post_later("join", payload, to=person.email)


@writes("join")
def write_join(payload: dict[str, Any]) -> Letter | None:
    """The letter with which somebody comes in. Nothing for who has joined meanwhile."""
    person = db.session.get(Person, payload["person"])
    if person is None or person.status != "invited":
        return None
    by = db.session.get(Person, payload["by"]) if payload.get("by") else None
    person_id, email, name, language = person.id, person.email, person.name, person.language
    by_id, by_name = (by.id, by.name) if by else (None, "")
    with write_unit():
        secret = tokens.new_ticket(person_id, "join", by_id)
    facts = {"to": email, "name": name, "by": by_name, "path": f"/join/{secret}", "days": tokens.JOIN_FOR.days}
    return ports.compose("join", facts, language)


@handles("mail.reset")
def post_reset(payload: dict[str, Any]) -> None:
    """Send the way to a new password to an active person, the invitation again to one who has not joined yet."""
    person = person_by_email(payload["email"])
    if person is None or person.status == "disabled":
        return
    if person.status == "invited":
        post_join({"person": person.id})
    else:
        post_later("reset", payload, to=person.email)


@writes("reset")
def write_reset(payload: dict[str, Any]) -> Letter | None:
    """The letter with which an active person sets a new password."""
    person = person_by_email(payload["email"])
    if person is None or person.status != "active":
        return None
    email, name, language = person.email, person.name, person.language
    secret = issue_reset(SYSTEM, person)
    minutes = int(tokens.RESET_FOR.total_seconds() // 60)
    facts = {"to": email, "name": name, "path": f"/password/{secret}", "minutes": minutes}
    return ports.compose("reset", facts, language)


@handles("mail.register")
def post_register(payload: dict[str, Any]) -> None:
    """Answer somebody who came with a link into a space and typed this e-mail."""
    post_later("register", payload, to=payload["email"])


@writes("register")
def write_register(payload: dict[str, Any]) -> Letter | None:
    """The letter with which they make an account, or that says that they have one."""
    invitation = db.session.get(Invitation, payload["invitation"])
    if invitation is None or not opens(invitation):
        return None
    space = db.session.get_one(Space, invitation.space_id)
    person = person_by_email(payload["email"])
    if person is not None and person.status == "disabled":
        return None
    facts = {
        "to": payload["email"],
        "space": space.name,
        "invitation": invitation.id,
        "known": person is not None and person.status == "active",
    }
    return ports.compose("register", facts, person.language if person else payload["language"])


@handles("people.sweep", every=timedelta(days=1))
def sweep(_payload: dict[str, Any]) -> None:
    """Forget sessions, tickets and tries that have ended."""
    with write_unit():
        sessions.sweep()
        throttle.sweep()
        db.session.execute(delete(Ticket).where(Ticket.expires_at < now() - timedelta(days=30)))
