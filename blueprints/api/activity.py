"""The log, as the caller may see it: catch-up after a gap."""

from __future__ import annotations

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.making import maybe, people_by_id, slugs_of
from blueprints.api.reading import Stretch, Whole, number_cursor
from blueprints.doors import actor
from community.activity.queries import activity_after
from community.activity.verbs import VERBS
from community.spaces.queries import space_to_enter


class ActivityAsked(Stretch):
    after: Whole = Field(0, ge=0, lt=10**18, description="The id of the last line that you know.")
    space: str | None = Field(None, max_length=60, description="Only of this space.")


@call("GET", "/activity", "What happened", query=ActivityAsked, answer=schemas.Activities)
def list_activity(asked: ActivityAsked) -> schemas.Activities:
    """Oldest first, after the id that you know. What you may not see is left out: go on from `last`, not from the last line."""
    cursor = number_cursor(asked)
    after = cursor if cursor is not None else asked.after
    space = space_to_enter(actor(), asked.space) if asked.space else None
    lines, last = activity_after(actor(), after, space_id=space.id if space is not None else None, limit=asked.many)
    people = people_by_id(line.actor_id for line in lines)
    slugs = slugs_of(line.space_id for line in lines)
    items = [
        schemas.ActivityLine(
            id=line.id,
            verb=line.verb,
            type=VERBS.get(line.verb, "Activity"),
            object=line.ref,
            actor=maybe(people.get(line.actor_id or 0)),
            space=slugs.get(line.space_id or 0),
            created=line.created_at,
        )
        for line in lines
    ]
    return schemas.Activities(items=items, next=str(last) if last > after else None, last=last)
