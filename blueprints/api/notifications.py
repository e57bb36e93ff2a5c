"""What you were told, and marking it as read."""

from __future__ import annotations

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.making import hold_places, maybe, page_of
from blueprints.api.reading import Flag, Given, Stretch, number_cursor
from blueprints.doors import actor
from community.errors import Invalid, _l
from community.notifications.queries import Told, notices_of, unread_count
from community.notifications.reading import mark_read


class NoticesAsked(Stretch):
    unread: Flag = Field(False, description="Only those that you have not read.")


class Read(Given):
    id: int | None = Field(None, ge=1, lt=10**18, description="This one.")
    up_to: int | None = Field(None, ge=1, lt=10**18, description="All up to this one.")


@call("GET", "/notifications", "What you were told", query=NoticesAsked, answer=schemas.Notifications)
def list_notifications(asked: NoticesAsked) -> schemas.Notifications:
    """Newest first. What you may no longer see is left out, so that an answer may hold fewer than `limit`."""
    page = notices_of(actor(), unread=asked.unread, before=number_cursor(asked), limit=asked.many)
    held = hold_places(told.obj for told in page.items)
    items = [_notice(told) for told in page.items]
    del held
    after = str(page.next) if page.next is not None else None
    return schemas.Notifications(items=items, next=after, unread=unread_count(actor()))


def _notice(told: Told) -> schemas.Notification:
    row, slug = told.row, told.space.slug if told.space is not None else None
    return schemas.Notification(
        id=row.id,
        verb=row.verb,
        reason=row.reason,
        object=f"{row.object_kind}:{row.object_id}",
        url=page_of(told.obj, slug),
        space=slug,
        actor=maybe(told.who),
        created=row.created_at,
        read=row.read_at,
    )


@call("POST", "/notifications/read", "Mark as read", given=Read, answer=schemas.Unread)
def read_notifications(given: Read) -> schemas.Unread:
    """One, all up to one, or (with neither) all."""
    if given.id is not None and given.up_to is not None:
        raise Invalid("up_to", _l("Send one of the two."))
    mark_read(actor(), notification_id=given.id, up_to=given.up_to)
    return schemas.Unread(unread=unread_count(actor()))
