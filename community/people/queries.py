"""Reads about people, their sessions and their tokens."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, tuple_

from community.clock import now
from community.extensions import db
from community.jobs.models import Job
from community.people.handles import ascii_words, canonical, canonical_email
from community.people.models import FeedKey, Person, Session, Ticket, Token
from community.people.sessions import IDLE
from community.permissions import Actor, door, listing, require, visible


def person_for(actor: Actor, handle: str) -> Person:
    """The person of that handle. Raises NotFound for one who is absent or hidden."""
    return door(actor, Person, Person.handle == canonical(handle))


def person_by_email(email: str) -> Person | None:
    """The person with this address, however it is typed. For doors, not for pages: it asks nobody's leave."""
    return db.session.scalars(select(Person).where(Person.email == canonical_email(email))).one_or_none()


@dataclass(frozen=True)
class PeoplePage:
    """A stretch of a list of people, and the person to go on from (`before=`), None at the end."""

    people: list[Person]
    next: Person | None


def people_for(
    actor: Actor,
    q: str = "",
    *,
    before: str | None = None,
    after: tuple[str, int] | None = None,
    limit: int = 50,
    status: str | None = None,
    site_role: str | None = None,
) -> PeoplePage:
    """People whom the actor sees, by name; `q` is looked for in name, handle, headline and place (and in the e-mail, for
    administrators). `before` is the handle of the last person of the stretch before this one, `after` their name and id.
    """
    stmt = select(Person).order_by(func.lower(Person.name), Person.id).limit(limit + 1)
    if q.strip():
        stmt = stmt.where(_matches(actor, q.strip()))
    if status is not None:
        stmt = stmt.where(Person.status == status)
    if site_role is not None:
        stmt = stmt.where(Person.site_role == site_role)
    if before:
        # Only somebody whom the actor sees: where a hidden person stands in the list is theirs.
        last = db.session.execute(
            select(Person.name, Person.id).where(Person.handle == before, visible(actor, Person))
        ).one_or_none()
        after = (last[0], last[1]) if last is not None else after
    if after is not None:
        here = tuple_(func.lower(literal(after[0])), literal(after[1]))
        stmt = stmt.where(tuple_(func.lower(Person.name), Person.id) > here)
    found = listing(actor, stmt, Person)
    return PeoplePage(found[:limit], found[limit - 1] if len(found) > limit else None)


def _matches(actor: Actor, q: str) -> ColumnElement[bool]:
    columns = [Person.name, Person.headline, Person.location]
    if actor.is_administrator or actor.is_system:
        columns.append(Person.email)
    q = q[:120]  # a longer one is nobody's name, and more than a database looks for
    words = [column.icontains(q, autoescape=True) for column in columns]
    plain = ascii_words(q)  # so that "overgard" and "ØVERGÅRD" find Øvergård on every database
    if plain:
        words.append(and_(*(Person.handle.contains(word, autoescape=True) for word in plain)))
    return or_(*words)


def people_waiting() -> list[Person]:
    """Who has an account without having joined, and no letter that still works or is about to leave."""
    lettered = select(Ticket.person_id).where(
        Ticket.purpose == "join", Ticket.used_at.is_(None), Ticket.expires_at > now()
    )
    leaving = select(Job.payload).where(Job.name == "mail.join", Job.done_at.is_(None), Job.given_up_at.is_(None))
    queued = {payload["person"] for payload in db.session.scalars(leaving)}
    stmt = select(Person).where(Person.status == "invited", Person.id.not_in(lettered)).order_by(Person.id)
    return [person for person in db.session.scalars(stmt) if person.id not in queued]


def administrators_besides(person: Person) -> int:
    """How many active administrators there are beside this person."""
    stmt = select(func.count()).where(
        Person.site_role == "administrator", Person.status == "active", Person.id != person.id
    )
    return db.session.scalar(stmt) or 0


def sessions_for(actor: Actor, person: Person) -> list[Session]:
    """The living sessions of a person, the last seen first. Raises NotFound, Denied."""
    require(actor, "sessions", person)
    living = and_(Session.expires_at > now(), Session.seen_at > now() - IDLE)
    stmt = select(Session).where(Session.person_id == person.id, living).order_by(Session.seen_at.desc(), Session.id)
    return list(db.session.scalars(stmt))


def tokens_for(actor: Actor, person: Person) -> list[Token]:
    """The API tokens of a person that can still be used, the newest first. Raises NotFound, Denied."""
    return _tokens(actor, person, Token.scope != "drive")


def drive_passwords_for(actor: Actor, person: Person) -> list[Token]:
    """The passwords of a person's drives that can still be used, the newest first. Raises NotFound, Denied."""
    return _tokens(actor, person, Token.scope == "drive")


def _tokens(actor: Actor, person: Person, which: ColumnElement[bool]) -> list[Token]:
    require(actor, "sessions", person)
    stmt = select(Token).where(Token.person_id == person.id, Token.revoked_at.is_(None), Token.expires_at > now())
    return list(db.session.scalars(stmt.where(which).order_by(Token.id.desc())))


def feed_keys_for(actor: Actor, person: Person) -> list[FeedKey]:
    """The addresses of a person's feed that still open, the newest first. Raises NotFound, Denied."""
    require(actor, "sessions", person)
    stmt = select(FeedKey).where(FeedKey.person_id == person.id, FeedKey.revoked_at.is_(None))
    return list(db.session.scalars(stmt.order_by(FeedKey.id.desc())))
