"""Whom one may mean while typing `@`: people of the space first, then others whom the writer may see; of both only those who
may see what is written, and groups that the writer may speak to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from community.extensions import db
from community.items.mentions import NEAR, groups_named
from community.people.handles import ascii_words
from community.people.models import Person
from community.permissions import Actor, listing, may, sees
from community.spaces.models import Space
from community.spaces.queries import actor_for, people_ids_in

MOST = 8
LOOKED_AT = 40


@dataclass(frozen=True)
class Group:
    """A space that can be spoken to as a whole."""

    name: str
    space: Space


@dataclass(frozen=True)
class Suggestions:
    """Groups and people, the likeliest first."""

    groups: list[Group]
    people: list[Person]


def suggestions(actor: Actor, sought: str, *, space: Space | None = None, thing: Any = None) -> Suggestions:
    """Who is meant by some letters, in a `space` the actor has entered, or under a `thing` they came to (which says the space)."""
    if thing is not None and thing.space_id is not None:
        space = db.session.get(Space, thing.space_id)
    inside = people_ids_in(space.id) if space is not None else set()
    closed = space is not None and space.visibility != "organisation"
    found: list[Person] = []
    for here in (True, False):
        if len(found) >= MOST or (here and not inside) or (closed and not here):
            continue
        stmt = select(Person).where(
            Person.status == "active",
            Person.id != actor.id,
            Person.id.in_(inside) if here else Person.id.not_in(inside),
            _like(sought),
        )
        looked = listing(actor, stmt.order_by(func.lower(Person.name), Person.id).limit(LOOKED_AT), Person)
        for person in looked:
            if len(found) < MOST and _reads(person, space, thing):
                found.append(person)
    return Suggestions(_groups(actor, sought, space), found)


def _like(sought: str) -> ColumnElement[bool]:
    words = ascii_words(sought)
    ways = [Person.name.icontains(sought.strip(), autoescape=True)]
    if words:
        ways.append(and_(*(Person.handle.contains(word, autoescape=True) for word in words)))
    return or_(*ways)


def _reads(person: Person, space: Space | None, thing: Any) -> bool:
    if thing is None and space is None:
        return True
    them = actor_for(person)
    return sees(them, thing) if thing is not None else may(them, "enter", space)


def _groups(actor: Actor, sought: str, space: Space | None) -> list[Group]:
    sought = sought.casefold().strip()
    names = {name for name in NEAR if name.startswith(sought)}
    found = [Group(name, held) for name, held in groups_named(actor, space, names).items()]
    if space is not None and sought and space.slug.startswith(sought):
        found += [Group(name, held) for name, held in groups_named(actor, space, {space.slug}).items()]
    return found
