"""What a programme has planned for a person: open prompts, coming events."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from community.clock import now
from community.extensions import db
from community.journal.models import Entry
from community.permissions import Actor, door
from community.programme.models import Event, Prompt
from community.spaces.models import Space


def open_prompts(actor: Actor) -> list[Prompt]:
    """Prompts of my spaces that are open now and that I have not answered, the most urgent first."""
    answered = select(Entry.prompt_id).where(
        Entry.author_id == actor.id, Entry.prompt_id.is_not(None), Entry.deleted_at.is_(None)
    )
    mine = [space for space, role in actor.roles.items() if role == "member"]
    stmt = (
        select(Prompt)
        .where(
            Prompt.space_id.in_(mine),
            Prompt.opens_at <= now(),
            Prompt.closes_at > now(),
            Prompt.id.not_in(answered),
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
