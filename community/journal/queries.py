"""Journal entries, as the actor may see them: their own, and what others chose to share."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from community.extensions import db
from community.items.models import Grant
from community.journal.models import Entry
from community.people.models import Person
from community.permissions import Actor, door, listing, visible
from community.spaces.models import Membership, Space
from community.spaces.queries import people_ids_in

LIST = 20


@dataclass(frozen=True)
class Entries:
    """A stretch of entries, newest first. `next` is the `before` of the following one, None at the end."""

    items: list[Entry]
    next: int | None


def entry_for(actor: Actor, entry_id: int) -> Entry:
    """The entry, with author and space. Raises NotFound."""
    return door(actor, Entry, Entry.id == entry_id, options=(joinedload(Entry.author), joinedload(Entry.space)))


def my_entries(actor: Actor, *, before: int | None = None, limit: int = LIST) -> Entries:
    """What the actor wrote, newest first."""
    return _stretch(actor, Entry.author_id == actor.id, before, limit)


def entries_shared_with(actor: Actor, *, before: int | None = None, limit: int = LIST) -> Entries:
    """What others shared with the actor, newest first."""
    return _stretch(actor, Entry.author_id != actor.id, before, limit)


def _stretch(actor: Actor, which: ColumnElement[bool], before: int | None, limit: int) -> Entries:
    limit = max(1, min(limit, 100))
    stmt: Select[tuple[Entry]] = (
        select(Entry)
        .where(which)
        .options(joinedload(Entry.author), joinedload(Entry.space))
        .order_by(Entry.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        stmt = stmt.where(Entry.id < before)
    found = listing(actor, stmt, Entry)
    return Entries(found[:limit], found[limit - 1].id if len(found) > limit else None)


def count_of_mine(actor: Actor) -> int:
    """How many entries the actor wrote: for the actor alone."""
    stmt = select(func.count()).select_from(Entry).where(Entry.author_id == actor.id, visible(actor, Entry))
    return db.session.scalar(stmt) or 0


def people_named(actor: Actor, entry: Entry) -> list[Person]:
    """Whom the author named, by name. Only the author is told; for others the list is empty."""
    if entry.author_id != actor.id or entry.audience != "people":
        return []
    named = select(Grant.person_id).where(Grant.object_kind == "entry", Grant.object_id == entry.id)
    return listing(actor, select(Person).where(Person.id.in_(named)).order_by(func.lower(Person.name)), Person)


def people_by_handle(actor: Actor, handles: Sequence[str]) -> list[Person]:
    """The people behind some handles, as far as the actor sees them."""
    wanted = {handle.strip().lstrip("@").casefold() for handle in handles} - {""}
    return listing(actor, select(Person).where(Person.handle.in_(wanted)).order_by(Person.name), Person)


def readers_of(actor: Actor, audience: str, space: Space | None, people: Collection[int] = ()) -> int | None:
    """How many others an audience would reach; None when that is the whole organisation."""
    circle = _circle(actor, audience, space.id if space is not None else None, people)
    return None if circle is None else len(circle)


def is_wider(actor: Actor, entry: Entry, *, audience: str, space: Space | None, people: Collection[int] = ()) -> bool:
    """Whether an audience would let anybody read who cannot now: then the author is asked first."""
    before = _circle(actor, entry.audience, entry.space_id, _named(entry))
    after = _circle(actor, audience, space.id if space is not None else None, people)
    if after is None or before is None:
        return before is not None
    return bool(after - before)


def _named(entry: Entry) -> list[int]:
    named = select(Grant.person_id).where(Grant.object_kind == "entry", Grant.object_id == entry.id)
    return list(db.session.scalars(named))


def _circle(actor: Actor, audience: str, space_id: int | None, people: Collection[int]) -> set[int] | None:
    """The ids of the readers besides the author; None for the whole organisation."""
    if audience == "only_me":
        return set()
    if audience == "people":
        return set(people) - {actor.id or 0}
    if audience == "organisation" or space_id is None:
        return None
    return people_ids_in(space_id, roles=frozenset({"coach"}) if audience == "coach" else None) - {actor.id or 0}


def people_near(actor: Actor, limit: int = 120) -> list[Person]:
    """Whom the actor shares a space with, by name: to choose from when naming readers."""
    together = select(Membership.person_id).where(Membership.space_id.in_(list(actor.roles)))
    stmt = select(Person).where(Person.id.in_(together), Person.id != actor.id, Person.status == "active")
    return listing(actor, stmt.order_by(func.lower(Person.name), Person.id).limit(limit), Person)
