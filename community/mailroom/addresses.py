"""Addresses that do not work. Two hard failures within 30 days pause mail to a person, except what they ask for themselves;
"my address works again" ends the pause. Whether mail reaches somebody is no line in the log of the community.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from community.clock import now
from community.errors import NotFound
from community.extensions import db, write_unit
from community.mailroom.models import MailFailure
from community.people.models import Person
from community.permissions import Actor

WITHIN = timedelta(days=30)
FAILURES = 2


def note_failure(mail_id: int, address: str, words: str) -> None:
    """Note that an address did not take a letter for good, and pause it at the second one. Joins the open write unit."""
    address = address.casefold()
    if db.session.scalar(select(MailFailure.id).where(MailFailure.mail_id == mail_id)) is not None:
        return
    db.session.add(MailFailure(mail_id=mail_id, address=address, words=words[:300]))
    db.session.flush()
    stmt = select(func.count()).where(MailFailure.address == address, MailFailure.at > now() - WITHIN)
    if (db.session.scalar(stmt) or 0) < FAILURES:
        return
    person = db.session.scalars(select(Person).where(Person.email == address)).one_or_none()
    if person is not None and person.mail_paused_at is None:
        person.mail_paused_at = now()


def is_paused(address: str) -> bool:
    """Whether mail to this address waits until its owner says that it works again."""
    stmt = select(Person.mail_paused_at).where(Person.email == address.casefold())
    return db.session.scalar(stmt) is not None


def works_again(actor: Actor, person: Person) -> None:
    """Forget the failures of somebody's address: they say so themselves, or an administrator. Raises NotFound."""
    if not (actor.is_administrator or (actor.id is not None and actor.id == person.id)):
        raise NotFound()
    with write_unit():
        found = db.session.get_one(Person, person.id)
        found.mail_paused_at = None
        db.session.execute(delete(MailFailure).where(MailFailure.address == found.email))


def failures_of(actor: Actor, address: str) -> list[MailFailure]:
    """The failures of an address within 30 days, newest first, for who looks after the site. Raises NotFound."""
    if not actor.is_administrator:
        raise NotFound()
    stmt = select(MailFailure).where(MailFailure.address == address.casefold(), MailFailure.at > now() - WITHIN)
    return list(db.session.scalars(stmt.order_by(MailFailure.id.desc()).limit(20)))


def paused_people(actor: Actor) -> list[Person]:
    """Whose mail is paused, by name, for who looks after the site. Raises NotFound."""
    if not actor.is_administrator:
        raise NotFound()
    stmt = select(Person).where(Person.mail_paused_at.is_not(None)).order_by(Person.name, Person.id).limit(200)
    return list(db.session.scalars(stmt))
