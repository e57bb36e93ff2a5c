"""Whom one may mean while typing `@`: people of the space first, then others whom the writer may see; of both only those who
may see what is written, and groups that the writer may speak to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from community.extensions import db
from community.items.mentions import NEAR, groups_named
from community.kinds import card_of
from community.people.handles import ascii_words
from community.people.models import Person
from community.permissions import WRITERS, Actor, listing, sees
from community.spaces.models import Space
from community.spaces.queries import actor_for, people_ids_in

MOST = 8


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


def suggestions(
    actor: Actor, sought: str, *, space: Space | None = None, audience: str = "", thing: Any = None
) -> Suggestions:
    """Who is meant by some letters: in a `space` that the actor has entered, by who is to read it there, or under a `thing`
    that they came to (which says both).
    """
    if thing is not None and thing.space_id is not None:
        space = db.session.get(Space, thing.space_id)
    here, everybody = _readers(space, audience, thing)
    found: list[Person] = []
    for near in (True, False):
        if len(found) >= MOST or (not here if near else not everybody):
            continue
        among = Person.id.in_(here) if near else and_(Person.id.not_in(here), Person.site_role != "guest")
        stmt = select(Person).where(Person.status == "active", Person.id != actor.id, among, _like(sought))
        stmt = stmt.order_by(func.lower(Person.name), Person.id).limit(MOST - len(found))
        found += listing(actor, stmt, Person)
    if thing is not None and thing.audience not in ("space", "organisation"):
        found = [person for person in found if sees(actor_for(person), thing)]
    return Suggestions(_groups(actor, sought, space), found)


def _readers(space: Space | None, audience: str, thing: Any) -> tuple[set[int], bool]:
    """The people near who may read what is written there, and whether colleagues from elsewhere may too."""
    if thing is None and space is None:
        return set(), True
    if thing is None and space is not None:
        roles = frozenset({"coach"}) if audience == "coach" else None
        wide = space.visibility == "organisation" and audience in ("", "organisation")
        return people_ids_in(space.id, roles=roles), wide
    tokens = card_of(thing).scopes(thing)
    near = {int(token[1:]) for token in tokens if token[0] == "p"}
    if space is not None:
        near |= people_ids_in(space.id, roles=frozenset({"coach"})) if f"s{space.id}:coach" in tokens else set()
        near |= people_ids_in(space.id, roles=WRITERS) if f"s{space.id}:writers" in tokens else set()
        if not tokens.isdisjoint({f"s{space.id}:members", f"s{space.id}:organisation"}):
            near |= people_ids_in(space.id)
    return near, any(token.endswith("organisation") for token in tokens)


def _like(sought: str) -> ColumnElement[bool]:
    words = ascii_words(sought)
    ways = [Person.name.icontains(sought.strip(), autoescape=True)]
    if words:
        ways.append(and_(*(Person.handle.contains(word, autoescape=True) for word in words)))
    return or_(*ways)


def _groups(actor: Actor, sought: str, space: Space | None) -> list[Group]:
    sought = sought.casefold().strip()
    names = {name for name in NEAR if name.startswith(sought)}
    found = [Group(name, held) for name, held in groups_named(actor, space, names).items()]
    if space is not None and sought and space.slug.startswith(sought):
        found += [Group(name, held) for name, held in groups_named(actor, space, {space.slug}).items()]
    return found
