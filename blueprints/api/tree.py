"""The tree of a wiki: pages put below each other and into other spaces, and the bin."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from blueprints.addresses import space_url
from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call
from blueprints.api.making import page_out, phases_of, who
from blueprints.api.reading import LEFT, Given, Stretch, number_cursor
from blueprints.api.schemas import Next, Out
from blueprints.api.wiki import enter, page_at, version_of
from blueprints.doors import actor
from community.errors import Invalid, NotFound, _l
from community.permissions import door
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.wiki.bin import bin_of, destroy_page, kept_until, removal_for, restore_page
from community.wiki.links import with_links
from community.wiki.models import Page, Removal
from community.wiki.moves import STAYS, move_page, place_page
from community.wiki.paths import MAX_PATH
from community.wiki.queries import page_for


class Placing(Given):
    under: str | None = Field(LEFT, max_length=MAX_PATH, description="The path of the page above it; null for on top.")
    after: str | None = Field(LEFT, max_length=MAX_PATH, description="The neighbour before it; null for first.")
    space: str | None = Field(None, max_length=80, description="Another space, by its slug.")
    alone: bool = Field(False, description="To another space without the pages below it.")


class Thrown(Out):
    """What somebody threw away at once."""

    id: int
    title: str
    path: str = Field(description="Where it stood.")
    pages: int = Field(description="With those below it.")
    by: schemas.Who
    at: AwareDatetime
    until: AwareDatetime = Field(description="When it goes for good.")


class Bin(Out):
    items: list[Thrown]
    next: Next


@call(
    "POST", "/spaces/<slug>/wiki/<path:path>/move", "Put a page elsewhere, with those below it",
    given=Placing, answer=schemas.Page, bases=True,
)  # fmt: skip
def place_one(slug: str, path: str, given: Placing) -> Reply:
    """Below another page, behind a neighbour, or into another space. Its address follows, and the old one leads to it."""
    page = page_at(slug, path)
    base = page.revision if based_on(version_of(page)) else None
    sent = given.model_fields_set
    if given.space is not None and given.space != slug:
        try:
            space = space_to_enter(actor(), given.space)
        except NotFound:
            raise Invalid("space", _l("Choose one of your spaces.")) from None
        under = _named(space, given.under, "under")
        move_page(actor(), page, space, under=under, alone=given.alone, base=base)
        return _page(space, page)
    space = enter(slug)
    here = _named(space, given.after, "after")
    under = _named(space, given.under, "under") if "under" in sent else _above(page)
    place_page(actor(), page, under=under, after=here if "after" in sent else STAYS, base=base)
    return _page(enter(slug), page)


def _above(page: Page) -> Page | None:
    return door(actor(), Page, Page.id == page.parent_id) if page.parent_id is not None else None


def _named(space: Space, path: str | None, field: str) -> Page | None:
    if not path:
        return None
    try:
        return page_for(actor(), space, path)
    except NotFound:
        raise Invalid(field, _l("No page here has this title or address.")) from None


def _page(space: Space, moved: Page) -> Reply:
    page = page_for(actor(), space, moved.path)
    html = str(with_links(actor(), page.space, page.body_html))
    at = f"/api/v1{space_url(space.slug, 'wiki', page.path)}"
    return Reply(page_out(page, space.slug, phases_of([page]), html), version_of(page), at=at)


@call("GET", "/spaces/<slug>/wiki-bin", "What lies in the bin of a wiki", query=Stretch, answer=Bin)
def list_bin(slug: str, asked: Stretch) -> Bin:
    """Newest first, for who writes there."""
    lies = bin_of(actor(), enter(slug), before=number_cursor(asked), limit=asked.many)
    return Bin(items=[_thrown(one) for one in lies.items], next=str(lies.next) if lies.next is not None else None)


def _thrown(one: Removal) -> Thrown:
    return Thrown(
        id=one.id,
        title=one.page.title,
        path=one.path,
        pages=one.pages,
        by=who(one.remover),
        at=one.created_at,
        until=kept_until(one),
    )


@call("POST", "/spaces/<slug>/wiki-bin/<id:number>/restore", "Bring pages back from the bin", answer=schemas.Page)
def bring_back(slug: str, number: int) -> Reply:
    """With those that went at the same time, to their places. To a free address when one of theirs is in use."""
    space = enter(slug)
    back = restore_page(actor(), removal_for(actor(), space, number))
    return _page(enter(slug), back.page)


@call("DELETE", "/spaces/<slug>/wiki-bin/<id:number>", "Take what lies in the bin away for good")
def empty_one(slug: str, number: int) -> Reply:
    """Words, history and comments. Nothing brings them back."""
    destroy_page(actor(), removal_for(actor(), enter(slug), number))
    return Reply()
