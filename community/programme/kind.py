"""The cards of prompts and events: the people of the space see them, its staff changes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, or_, true

from community.items.rules import is_staff, space_is_live
from community.kinds import Kind, predicate, register
from community.permissions import Actor
from community.programme.models import Event, Prompt

is_system = predicate("is the system")(lambda actor, _: actor.is_system)


def prompt_visible(actor: Actor) -> ColumnElement[bool]:
    """Whoever has a role in the space."""
    if actor.is_system:
        return true()
    return Prompt.space_id.in_(list(actor.roles))


def event_visible(actor: Actor) -> ColumnElement[bool]:
    """Whoever has a role in the space, and every colleague where the space is open to them."""
    if actor.is_system:
        return true()
    return or_(Event.space_id.in_(list(actor.roles)), Event.space_id.in_(list(actor.open_spaces)))


def _prompt_scopes(prompt: Prompt) -> frozenset[str]:
    return frozenset({f"s{prompt.space_id}:members"})


def _event_scopes(event: Event) -> frozenset[str]:
    return frozenset({f"s{event.space_id}:organisation"})


def _prompt_export(prompt: Prompt) -> dict[str, Any]:
    return {
        "en": prompt.text_en,
        "nl": prompt.text_nl,
        "opens": prompt.opens_at.isoformat(),
        "closes": prompt.closes_at.isoformat(),
    }


def _event_export(event: Event) -> dict[str, Any]:
    return {
        "title": event.title,
        "place": event.place,
        "description": event.description,
        "starts": event.starts_at.isoformat(),
        "ends": event.ends_at.isoformat(),
    }


PROMPT = register(
    Kind(
        name="prompt",
        model=Prompt,
        visible=prompt_visible,
        verbs={"edit": (is_staff | is_system) & space_is_live},
        scopes=_prompt_scopes,
        export=_prompt_export,
    )
)
EVENT = register(
    Kind(
        name="event",
        model=Event,
        visible=event_visible,
        verbs={"edit": (is_staff | is_system) & space_is_live},
        scopes=_event_scopes,
        export=_event_export,
    )
)
