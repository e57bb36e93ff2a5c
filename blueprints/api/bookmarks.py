"""What you keep for later. Nobody else sees it."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blueprints.addresses import hold_places
from blueprints.api import schemas
from blueprints.api.calls import Reply, call
from blueprints.api.making import page_of
from blueprints.api.reading import Given, Stretch, number_cursor
from blueprints.cards import title_of
from blueprints.doors import actor
from community.bookmarks.keeping import keep, let_go, thing_to_keep
from community.bookmarks.queries import Kept, bookmark_of, bookmarks_of
from community.errors import NotFound


class Note(Given):
    note: str = Field("", max_length=500)
    remind_at: AwareDatetime | None = Field(None, description="When you want to be reminded.")


def _out(kept: Kept) -> schemas.Bookmark:
    row, thing = kept.row, kept.thing
    return schemas.Bookmark(
        object=f"{row.object_kind}:{row.object_id}",
        url=page_of(thing, None) if thing is not None else None,
        title=title_of(thing) if thing is not None else None,
        note=row.note,
        remind_at=row.remind_at,
        created=row.created_at,
    )


@call("GET", "/bookmarks", "What you keep for later", query=Stretch, answer=schemas.Bookmarks)
def list_bookmarks(asked: Stretch) -> schemas.Bookmarks:
    """Newest first. What you can no longer see has neither title nor address."""
    page = bookmarks_of(actor(), before=number_cursor(asked), limit=asked.many)
    held = hold_places(kept.thing for kept in page.items if kept.thing is not None)
    items = [_out(kept) for kept in page.items]
    del held
    return schemas.Bookmarks(items=items, next=str(page.next) if page.next is not None else None)


@call("PUT", "/bookmarks/<kind>/<id:number>", "Keep something for later", given=Note, answer=schemas.Bookmark)
def put_bookmark(kind: str, number: int, given: Note) -> schemas.Bookmark:
    """A post, page, file or entry that you see. A second time changes the note and the reminder."""
    keep(actor(), thing_to_keep(actor(), kind, number), note=given.note, remind_at=given.remind_at)
    row = bookmark_of(actor(), kind, number)
    if row is None:
        raise NotFound()
    return _out(Kept(row, thing_to_keep(actor(), kind, number)))


@call("DELETE", "/bookmarks/<kind>/<id:number>", "Keep something no longer")
def remove_bookmark(kind: str, number: int) -> Reply:
    """Also what you can no longer see."""
    let_go(actor(), kind, number)
    return Reply()
