"""Journal entries, as the actor may see them: their own, and what others chose to share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload

from community.errors import NotFound
from community.extensions import db
from community.items.models import Grant
from community.journal.models import Entry
from community.people.models import Person
from community.permissions import Actor, door, listing, visible
from community.programme.models import Prompt
from community.spaces.models import Space
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


def readers_of(audience: str, space: Space | None, people: int = 0) -> int | None:
    """How many others an audience would reach; None when that is the whole organisation."""
    if audience == "only_me":
        return 0
    if audience == "people":
        return people
    if audience == "organisation" or space is None:
        return None
    roles = frozenset({"coach"}) if audience == "coach" else None
    return len(people_ids_in(space.id, roles=roles))


def prompt_for(actor: Actor, prompt_id: int) -> Prompt:
    """A question put to one of the actor's cohorts. Raises NotFound."""
    prompt = db.session.get(Prompt, prompt_id)
    if prompt is None or prompt.space_id not in actor.roles:
        raise NotFound()
    return prompt
