"""The coach's inbox."""

from __future__ import annotations

from pydantic import Field

from blueprints.addresses import url_of
from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.making import maybe, who
from blueprints.api.reading import Stretch
from blueprints.doors import actor
from community.coaching.queries import Waiting, inbox_of
from community.spaces.queries import space_to_enter


class InboxAsked(Stretch):
    space: str | None = Field(None, max_length=60, description="Only of this space.")


@call("GET", "/coaching", "What waits for you as a coach", query=InboxAsked, answer=schemas.Inbox)
def read_inbox(asked: InboxAsked) -> schemas.Inbox:
    """The longest waiting first. Empty for who coaches nobody."""
    space = space_to_enter(actor(), asked.space) if asked.space else None
    inbox = inbox_of(actor(), space=space, after=asked.cursor, limit=min(asked.many, 100))
    return schemas.Inbox(items=[_waiting(one) for one in inbox.items], next=inbox.next)


def _waiting(one: Waiting) -> schemas.Waiting:
    thing = one.thing
    return schemas.Waiting(
        kind=one.kind,
        id=thing.id,
        title=getattr(thing, "title", "") or getattr(thing, "name", ""),
        excerpt=getattr(thing, "excerpt", "") or getattr(thing, "description", ""),
        url=url_of(thing),
        space=one.space.slug,
        author=who(thing.author),
        what=one.what,
        by=maybe(one.by),
        since=one.since,
        latest=one.latest,
        times=one.times,
        comment=one.comment.id if one.comment is not None else None,
    )
