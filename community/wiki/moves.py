"""What can happen to the place of a page: below another, among its neighbours, into another space. Whole trees go at once."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, or_, select, true

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments.models import Comment
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.items.rules import is_staff
from community.permissions import Actor, require, visible
from community.spaces.models import Space
from community.spaces.turns import take_turn
from community.wiki.models import Page
from community.wiki.paths import checked_path
from community.wiki.tree import below, carry, carry_over, put_after

STAYS = object()
"""As the place of `place_page`: among its neighbours the page comes last where it is new, and keeps its place where it is not."""


@action
def place_page(
    actor: Actor, page: Page, *, under: Page | None, after: Page | None | object = STAYS, base: int | None = None
) -> Page:
    """Put a page, with all below it, `under` another page of its space or on top (None), and there behind a neighbour, or first
    (`after=None`). Its address follows: the last part stays, what stands before it becomes the address of the page above.

    Raises Invalid (`under`, `after`, `path`), Conflict when `base` is given and another revision stands, Denied, NotFound.
    """
    require(actor, "rename", page)
    if under is not None:
        require(actor, "rename", under)
    take_turn(page.space_id)
    stand_still(page, base)
    if under is not None:
        stand_still(under)
        if under.space_id != page.space_id:
            raise Invalid("under", _l("Choose a page of this wiki."))
        if under.id == page.id or under.path.startswith(f"{page.path}/"):
            raise Invalid("under", _l("A page cannot stand below itself."))
    parent_id = under.id if under is not None else None
    was = page.parent_id, page.position
    moved = parent_id != page.parent_id
    if moved:
        path = page.path.rpartition("/")[2]
        carry(page, _free(page, checked_path(f"{under.path}/{path}" if under is not None else path)))
    if isinstance(after, Page):
        stand_still(after)
        if (after.space_id, after.parent_id) != (page.space_id, page.parent_id) or after.id == page.id:
            raise Invalid("after", _l("Choose a neighbour of the page."))
        put_after(page, after)
    elif after is None:
        put_after(page, None)
    if (page.parent_id, page.position) == was and not moved:
        nothing_changed()
        return page
    if moved:
        page.updated_at = now()
        record("page.renamed", actor, page, revision=page.revision)
    else:
        record("page.placed", actor, page)
    return page


@action
def move_page(
    actor: Actor, page: Page, space: Space, *, under: Page | None = None, alone: bool = False, base: int | None = None
) -> Page:
    """Take a page into another space, and with it the pages below it that the actor sees, unless it goes `alone`: those left
    stand below its parent. Revisions and comments go along; the audience of a page is never wider than its new space.

    Raises Invalid (`space`, `under`, `path`), Conflict when `base` is given and another revision stands, Denied, NotFound.
    """
    require(actor, "move", page)
    require(actor, "write", space)
    if "wiki" not in space.tools:
        raise Invalid("space", _l("This space keeps no wiki."))
    if space.id == page.space_id:
        raise Invalid("space", _l("The page is in this space already."))
    if under is not None:
        require(actor, "rename", under)
    for space_id in sorted((page.space_id or 0, space.id)):
        take_turn(space_id)
    stand_still(page, base, hold=False)
    if under is not None:
        stand_still(under, hold=False)
        if under.space_id != space.id:
            raise Invalid("under", _l("Choose a page of the wiki to which this one goes."))
    left = page.space_id
    seen = ~true() if alone else visible(actor, Page)
    refuse_others_below(actor, page, seen)
    _refuse_what_others_said(actor, page, seen)
    last = page.path.rpartition("/")[2]
    path = checked_path(f"{under.path}/{last}" if under is not None else last)
    carry_over(page, space, _free(page, path, space.id), seen)
    db.session.expire(page, ["space"])
    page.updated_at = now()
    record("page.left", actor, page, space_id=left)  # what is remembered of the old wiki holds no longer either
    record("page.moved", actor, page, left=left)
    return page


def stand_still(page: Page, base: int | None = None, *, hold: bool = True) -> None:
    """Read a page again and `hold` its row until the action ends. The turn of its space is taken before: nobody else moves it.

    Raises NotFound when it was deleted or moved to another space meanwhile, Conflict when another revision stands than `base`."""
    space_id = page.space_id
    columns = ["path", "title", "body", "revision", "deleted_at", "space_id", "author_id", "parent_id", "position"]
    db.session.refresh(page, columns, with_for_update=True if hold else None)
    if page.deleted_at is not None or page.space_id != space_id:
        raise NotFound()
    if base is not None and base != page.revision:
        raise Conflict(
            _l("Somebody changed this page while you were writing. Compare, then save again."),
            theirs=page.body,
            base=page.revision,
        )


def refuse_others_below(actor: Actor, page: Page, going: ColumnElement[bool]) -> None:
    """Who is not staff takes along what is theirs alone. Raises Denied."""
    if is_staff(actor, page):
        return
    others = select(Page.id).where(below(page.space_id, page.path), going, Page.author_id != actor.id)
    if db.session.scalar(others.limit(1)) is not None:
        raise Denied(_l("Pages of others stand below it. Let them stay, or ask a facilitator."))


def _refuse_what_others_said(actor: Actor, page: Page, going: ColumnElement[bool]) -> None:
    """What others said about a page was meant for who reads there: who is not staff does not carry it elsewhere. Raises Denied."""
    if is_staff(actor, page):
        return
    pages = select(Page.id).where(or_(Page.id == page.id, and_(below(page.space_id, page.path), going)))
    theirs = (Comment.parent_kind == "page", Comment.parent_id.in_(pages), Comment.author_id != actor.id)
    if db.session.scalar(select(Comment.id).where(*theirs, visible(actor, Comment)).limit(1)) is not None:
        raise Denied(_l("Others said something about it. A facilitator can move it."))


def _free(page: Page, path: str, space_id: int | None = None) -> str:
    """The path, when no page stands there. Raises Invalid("path"), with one sentence for pages that the actor may not know of."""
    here = (Page.space_id == (space_id or page.space_id), Page.path == path, Page.id != page.id)
    if db.session.scalar(select(Page.id).where(*here)) is not None:
        raise Invalid("path", _l("A page stands at %(path)s already. Give one of the two another address."), path=path)
    return path
