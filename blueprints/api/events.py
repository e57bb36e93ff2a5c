"""What is planned: events of your spaces."""

from __future__ import annotations

from datetime import UTC, date, datetime

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.reading import Stretch, midnight, pair, pair_cursor
from blueprints.doors import actor
from community.errors import Invalid, _l
from community.programme.queries import events_for
from community.spaces.queries import space_to_enter


class EventsAsked(Stretch):
    space: str | None = Field(None, max_length=60, description="Only of this space.")
    since: date | None = Field(None, alias="from", description="The first day.")
    until: date | None = Field(None, alias="to", description="The last day.")


@call("GET", "/events", "Events, the earliest first", query=EventsAsked, answer=schemas.Events)
def list_events(asked: EventsAsked) -> schemas.Events:
    """Of the spaces where you have a role, or of one that you may enter."""
    space = space_to_enter(actor(), asked.space) if asked.space else None
    page = events_for(
        actor(),
        space=space,
        since=midnight(asked.since),
        until=midnight(asked.until, later=1),
        after=_after(asked),
        limit=asked.many,
    )
    items = [
        schemas.Event(
            id=event.id,
            space=place.slug,
            title=event.title,
            place=event.place,
            description=event.description,
            starts=event.starts_at,
            ends=event.ends_at,
        )
        for event, place in page.items
    ]
    return schemas.Events(items=items, next=pair(page.next[0].isoformat(), page.next[1]) if page.next else None)


def _after(asked: Stretch) -> tuple[datetime, int] | None:
    here = pair_cursor(asked)
    if here is None:
        return None
    try:
        return datetime.fromisoformat(here[0]).astimezone(UTC), here[1]
    except (ValueError, OverflowError):
        raise Invalid("cursor", _l("This cursor leads nowhere. Begin again without one.")) from None
