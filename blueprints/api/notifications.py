"""What you were told, marking it as read, and choosing what reaches you."""

from __future__ import annotations

from pydantic import Field

from blueprints.addresses import hold_places
from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.making import maybe, page_of
from blueprints.api.reading import Flag, Given, Stretch, number_cursor, pair, pair_cursor
from blueprints.cards import title_of
from blueprints.doors import actor
from community.errors import Invalid, _l
from community.notifications.choices import HOUSE
from community.notifications.keeping import LEVELLED, choices_of, choose, levels_of, set_level
from community.notifications.queries import Told, notices_of, unread_count
from community.notifications.reading import mark_read, mark_unread
from community.notifications.reasons import reason_named
from community.permissions import thing_for
from community.spaces.queries import space_for


class NoticesAsked(Stretch):
    unread: Flag = Field(False, description="Only those that you have not read.")
    topic: schemas.NoticeTopic | None = Field(None, description="Only about this.")
    space: str | None = Field(None, max_length=60, description="Only of this space.")


class Read(Given):
    id: int | None = Field(None, ge=1, lt=10**18, description="This one.")
    up_to: int | None = Field(None, ge=1, lt=10**18, description="All up to this one.")


@call("GET", "/notifications", "What you were told", query=NoticesAsked, answer=schemas.Notifications)
def list_notifications(asked: NoticesAsked) -> schemas.Notifications:
    """Newest first. What you may no longer see is left out, so that an answer may hold fewer than `limit`."""
    space = space_for(actor(), asked.space) if asked.space is not None else None
    page = notices_of(
        actor(), unread=asked.unread, topic=asked.topic, space=space, before=number_cursor(asked), limit=asked.many
    )
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
        topic=reason_named(row.reason).topic,
        object=f"{row.object_kind}:{row.object_id}",
        thread=f"{row.thread_kind}:{row.thread_id}",
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


class NotRead(Given):
    id: int = Field(ge=1, lt=10**18, description="This one.")


@call("POST", "/notifications/unread", "Mark as unread", given=NotRead, answer=schemas.Unread)
def unread_notification(given: NotRead) -> schemas.Unread:
    """One, so that it waits for you again."""
    mark_unread(actor(), notification_id=given.id)
    return schemas.Unread(unread=unread_count(actor()))


# ---- what reaches you


class Wanted(Given):
    choices: dict[str, str | None] = Field(
        max_length=100, description="By name. null forgets what you chose, so that the default holds again."
    )


class LevelWanted(Given):
    level: schemas.Level | None


def _choices() -> schemas.NoticeChoices:
    held = choices_of(actor())
    return schemas.NoticeChoices(
        choices=[
            schemas.NoticeChoice(
                name=name, value=held.value(name), inherited=held.inherited(name), chosen=name in held.mine
            )
            for name in HOUSE
        ]
    )


@call("GET", "/notifications/choices", "What reaches you, and how", answer=schemas.NoticeChoices)
def read_choices() -> schemas.NoticeChoices:
    """Every choice there is, with what holds and where it comes from."""
    return _choices()


@call("PATCH", "/notifications/choices", "Choose what reaches you", given=Wanted, answer=schemas.NoticeChoices)
def change_choices(given: Wanted) -> schemas.NoticeChoices:
    """What you leave out stays as it is."""
    choose(actor(), given.choices)
    return _choices()


class ChosenLevel(schemas.Out):
    """What you chose a level for. Title and address are null where you no longer see it."""

    on: str
    level: schemas.Level
    title: str | None
    url: str | None


class ChosenLevels(schemas.Out):
    items: list[ChosenLevel]
    next: schemas.Next


@call("GET", "/notifications/levels", "What you chose a level for", query=Stretch, answer=ChosenLevels)
def list_levels(asked: Stretch) -> ChosenLevels:
    """Spaces and things, by kind and number. What is not here follows what stands above it."""
    found, more = levels_of(actor(), after=pair_cursor(asked), limit=asked.many)
    held = hold_places(one.thing for one in found if one.thing is not None)
    items = [
        ChosenLevel(
            on=f"{one.kind}:{one.number}",
            level=one.level,
            title=title_of(one.thing) if one.thing is not None else None,
            url=page_of(one.thing, None) if one.thing is not None else None,
        )
        for one in found
    ]
    del held
    return ChosenLevels(items=items, next=pair(*more) if more is not None else None)


@call(
    "PUT",
    "/notifications/levels/<kind>/<id:number>",
    "Choose a level for a space or a thing",
    given=LevelWanted,
    answer=schemas.NoticeLevel,
)
def put_level(kind: str, number: int, given: LevelWanted) -> schemas.NoticeLevel:
    """`watch`: you hear of all that is new. `track`: it waits for your digest. `normal`: only what is for you. `muted`: nothing."""
    set_level(actor(), thing_for(actor(), kind, number, among=LEVELLED), given.level)
    return schemas.NoticeLevel(on=f"{kind}:{number}", level=given.level)
