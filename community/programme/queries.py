"""What a programme has planned for a person: open prompts, coming events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal, select, tuple_

from community.clock import now
from community.extensions import UTCTime, db
from community.journal.models import Entry
from community.permissions import Actor, door, listing, visible
from community.programme.models import Event, Prompt
from community.spaces.models import Space


def open_prompts(actor: Actor) -> list[Prompt]:
    """Prompts of my spaces that are open now and that I have not answered, the most urgent first."""
    answered = select(Entry.id).where(
        Entry.prompt_id == Prompt.id, Entry.author_id == actor.id, Entry.deleted_at.is_(None)
    )
    mine = [space for space, role in actor.roles.items() if role == "member"]
    stmt = (
        select(Prompt)
        .where(
            Prompt.space_id.in_(mine),
            Prompt.opens_at <= now(),
            Prompt.closes_at > now(),
            ~answered.exists(),
        )
        .order_by(Prompt.closes_at, Prompt.id)
    )
    return list(db.session.scalars(stmt))


def prompt_for(actor: Actor, prompt_id: int) -> Prompt:
    """A prompt of a space where the actor has a role. Raises NotFound."""
    prompt = db.session.get(Prompt, prompt_id)
    door(actor, Space, Space.id == (prompt.space_id if prompt else 0), Space.id.in_(list(actor.roles)))
    assert prompt is not None
    return prompt


def coming_events(actor: Actor, *, space_id: int | None = None, limit: int = 3) -> Sequence[tuple[Event, Space]]:
    """What comes next in my spaces (or in one of them), with its space."""
    places = [space_id] if space_id is not None else list(actor.roles)
    stmt = (
        select(Event, Space)
        .join(Space, Space.id == Event.space_id)
        .where(
            Event.space_id.in_([place for place in places if place in actor.roles]),
            Event.cancelled_at.is_(None),
            Event.ends_at > now(),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return [(event, space) for event, space in db.session.execute(stmt)]


@dataclass(frozen=True)
class Events:
    """A stretch of events, the earliest first. `next` is the `after` of the following one, None at the end."""

    items: list[tuple[Event, Space]]
    next: tuple[datetime, int] | None


def events_for(
    actor: Actor,
    *,
    space: Space | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, int] | None = None,
    limit: int = 50,
) -> Events:
    """The events that the actor sees and that are not cancelled, by when they begin, each with its space: all of one
    space, or those of the spaces where the actor has a role. `since` and `until` bound their time. One query.
    """
    limit = max(1, min(limit, 200))
    stmt = (
        select(Event, Space)
        .join(Space, Space.id == Event.space_id)
        .where(visible(actor, Event), Event.cancelled_at.is_(None))
        .order_by(Event.starts_at, Event.id)
        .limit(limit + 1)
    )
    stmt = stmt.where(Event.space_id == space.id if space is not None else Event.space_id.in_(list(actor.roles)))
    if since is not None:
        stmt = stmt.where(Event.ends_at >= since)
    if until is not None:
        stmt = stmt.where(Event.starts_at < until)
    if after is not None:
        here = tuple_(literal(after[0], UTCTime), literal(after[1]))
        stmt = stmt.where(tuple_(Event.starts_at, Event.id) > here)
    found = [(event, place) for event, place in db.session.execute(stmt)]
    last = found[limit - 1][0] if len(found) > limit else None
    return Events(found[:limit], (last.starts_at, last.id) if last is not None else None)


def events_in(actor: Actor, space: Space, limit: int = 500) -> Sequence[Event]:
    """The events of a space that were not cancelled, the earliest first, as far as the actor sees them."""
    stmt = select(Event).where(Event.space_id == space.id, Event.cancelled_at.is_(None))
    return listing(actor, stmt.order_by(Event.starts_at, Event.id).limit(limit), Event)
