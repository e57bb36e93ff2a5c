"""What is thrown away, and how it comes back. A removal holds a page, and with it those below that went at the same time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, delete, false, func, literal, or_, select, update
from sqlalchemy.orm import aliased, joinedload

from community.activity.log import action, record
from community.clock import now
from community.comments.models import Anchor, Comment, CommentRevision
from community.errors import Denied, Invalid, NotFound, _l
from community.extensions import db
from community.items.models import Mention
from community.permissions import Actor, door, listing, require, visible
from community.spaces.models import Space
from community.spaces.turns import take_turn
from community.wiki.care import Approved, Favourite, MustRead, PageRead, PageReview, PageSeen
from community.wiki.models import Alias, Link, Page, Removal, Revision
from community.wiki.moves import refuse_others_below, stand_still
from community.wiki.paths import MAX_PATH
from community.wiki.review import forget_approved
from community.wiki.tree import adopt, below, forget_places, leave_below, mend, parent_id_for

LIST = 50
KEPT = timedelta(days=30)
"""How long something lies in the bin before it is thrown away for good (bin_jobs.py)."""
_BESIDE = (Approved, PageReview, MustRead, PageRead, PageSeen, Favourite)
"""What hangs on a page and goes with its words."""
_AS_IT_IS = {"synchronize_session": False}


@action
def delete_page(actor: Actor, page: Page, *, base: int | None = None, with_below: bool = False) -> Removal:
    """Put a page into the bin of its space, and `with_below` those below it that the actor sees; the others stand below its
    parent then, at their addresses. Its address is free for another.

    Raises Conflict when `base` is given and another revision stands, Denied, NotFound.
    """
    require(actor, "delete", page)
    take_turn(page.space_id)
    stand_still(page, base)
    space_id, path, at = page.space_id, page.path, now()
    seen = visible(actor, Page) if with_below else false()
    refuse_others_below(actor, page, seen)
    going = or_(Page.id == page.id, and_(below(space_id, path), seen))
    count = db.session.scalar(select(func.count()).select_from(Page).where(going)) or 0
    gone = Removal(
        space_id=space_id, page_id=page.id, path=path, pages=count, remover_id=actor.id or page.author_id, created_at=at
    )
    db.session.add(gone)
    db.session.flush()
    if not with_below:
        leave_below(page)
    marked = Page.path.concat("~").concat(cast(Page.id, String))
    values = {"deleted_at": at, "updated_at": at, "bin_id": gone.id, "parent_id": None, "path": marked}
    db.session.execute(update(Page).where(going).values(**values), execution_options=_AS_IT_IS)
    if with_below:
        mend(space_id, path)
    forget_places()
    record("page.deleted", actor, page)
    return gone


@dataclass(frozen=True)
class Restored:
    """What came back. `moved` when its old address is in use: it stands at another one now."""

    page: Page
    pages: int
    moved: bool


@action
def restore_page(actor: Actor, removal: Removal) -> Restored:
    """Bring back what went at once: each page to its place and address, and all of them to a free address when one of theirs is in
    use. Raises Denied, NotFound.
    """
    require(actor, "restore", removal)
    take_turn(removal.space_id)
    page = _still_there(removal)
    space_id, old = removal.space_id, removal.path
    stood = _stood_at()
    ours = Page.bin_id == removal.id
    path = _free_root(space_id, old, ours)
    came = literal(path, String) + func.substr(stood, len(old) + 1)
    values = {"deleted_at": None, "bin_id": None, "path": came, "updated_at": now()}
    pages = removal.pages
    db.session.execute(update(Page).where(ours).values(**values), execution_options=_AS_IT_IS)
    forget_places()
    page.parent_id = parent_id_for(space_id, path)
    db.session.flush()
    adopt(page)
    mend(space_id, path)
    forget_places()
    db.session.delete(removal)
    record("page.restored", actor, page)
    return Restored(page, pages, path != old)


def _stood_at() -> ColumnElement[str]:
    """The path of a page in the bin without the mark behind it."""
    mark = func.length(cast(Page.id, String)) + 1
    return func.substr(Page.path, 1, func.length(Page.path) - mark)


def _free_root(space_id: int, old: str, ours: ColumnElement[bool]) -> str:
    """Where the first page of a removal comes to stand, so that all of it finds its addresses free."""
    other = aliased(Page)
    clash = select(other.id).join(Page, other.path == _stood_at()).where(ours, other.space_id == space_id)
    if db.session.scalar(clash.limit(1)) is None:
        return old
    longest = db.session.scalar(select(func.max(func.length(_stood_at()))).where(ours)) or 0
    root = old if longest + 8 <= MAX_PATH else old.rpartition("/")[2]
    number = 2
    while True:
        path = f"{root}-{number}"
        here = or_(Page.path == path, and_(Page.path > f"{path}/", Page.path < f"{path}0"))
        if db.session.scalar(select(Page.id).where(Page.space_id == space_id, here).limit(1)) is None:
            return path
        number += 1


@action
def destroy_page(actor: Actor, removal: Removal) -> None:
    """Take the words of what lies in the bin away for good: of its pages, their revisions, reviews and comments. Links to them are
    red from then on. The rows stay, empty, for what points at them. Raises Denied, NotFound.
    """
    require(actor, "destroy", removal)
    _destroy(actor, removal)


@action
def sweep_bin(actor: Actor, removal: Removal) -> None:
    """The same, because its time is over. For the house alone, which looks at no word: also what staff may not read goes so.

    Raises Denied, NotFound when somebody brought it back meanwhile.
    """
    if not actor.is_system or removal.created_at > now() - KEPT:
        raise Denied()
    _destroy(actor, removal)


def _destroy(actor: Actor, removal: Removal) -> None:
    take_turn(removal.space_id)
    page = _still_there(removal)
    ours = Page.bin_id == removal.id
    ids = select(Page.id).where(ours)
    said = select(Comment.id).where(Comment.parent_kind == "page", Comment.parent_id.in_(ids))
    for stmt in (
        delete(Anchor).where(Anchor.comment_id.in_(said)),
        delete(CommentRevision).where(CommentRevision.comment_id.in_(said)),
        update(Comment)
        .where(Comment.id.in_(said))
        .values(body="", body_html="", excerpt="", deleted_at=func.coalesce(Comment.deleted_at, now())),
        delete(Revision).where(Revision.page_id.in_(ids)),
        *(delete(kind).where(kind.page_id.in_(ids)) for kind in _BESIDE),
        delete(Mention).where(Mention.object_kind == "page", Mention.object_id.in_(ids)),
        delete(Alias).where(Alias.page_id.in_(ids)),
        delete(Link).where(Link.source_id.in_(ids)),
        update(Link).where(Link.target_id.in_(ids)).values(target_id=None),
        update(Page)
        .where(ours)
        .values(
            title="",
            body="",
            body_html="",
            excerpt="",
            tags=[],
            bin_id=None,
            path=literal("~") + cast(Page.id, String),
            approved_revision=None,
            owner_id=None,
            review_by=None,
            must_read_since=None,
        ),
    ):
        db.session.execute(stmt, execution_options=_AS_IT_IS)
    db.session.delete(removal)
    forget_places()
    db.session.expire(page, ["title", "body", "body_html", "excerpt"])
    record("page.destroyed", actor, page)


def _still_there(removal: Removal) -> Page:
    """The page of a removal, read after the turn was taken. Raises NotFound when somebody brought it back meanwhile."""
    known = select(Removal.id).where(Removal.id == removal.id)
    if db.session.scalar(known) is None:
        db.session.expunge(removal)
        raise NotFound()
    return db.session.get_one(Page, removal.page_id, populate_existing=True)


@action
def remove_revision(actor: Actor, page: Page, *, number: int) -> None:
    """Take the words of one earlier revision away, and what comments quote of it that stands nowhere else. Its place in the history
    stays, with who did this.

    Raises Invalid("rev") for the revision that stands, Denied, NotFound.
    """
    require(actor, "redact", page)
    take_turn(page.space_id)
    stand_still(page)
    if number == page.revision:
        raise Invalid("rev", _l("The newest revision is the page itself. Write the next one first."))
    mine = (Revision.page_id == page.id, Revision.number == number, Revision.removed_at.is_(None))
    found = db.session.scalars(select(Revision).where(*mine)).one_or_none()
    if found is None:
        raise NotFound()
    found.body = found.title = found.summary = ""
    found.removed_at, found.removed_by_id = now(), actor.id
    lost = (Anchor.parent_kind == "page", Anchor.parent_id == page.id, Anchor.orphaned_at.is_not(None))
    db.session.execute(delete(Anchor).where(*lost, Anchor.made_on == number), execution_options=_AS_IT_IS)
    if page.approved_revision == number:  # the words that readers see are these
        forget_approved(page)
    record("page.revision-removed", actor, page, revision=number)


# Reading


@dataclass(frozen=True)
class Bin:
    """A stretch of what lies in the bin of a space, newest first. `next` is the `before` of the following one."""

    items: list[Removal]
    next: int | None


def bin_of(actor: Actor, space: Space, *, before: int | None = None, limit: int = LIST) -> Bin:
    """What was thrown away in a space, with its first page and who did it."""
    limit = max(1, min(limit, 200))
    stmt = select(Removal).where(Removal.space_id == space.id).options(*_options()).order_by(Removal.id.desc())
    if before is not None:
        stmt = stmt.where(Removal.id < before)
    found = listing(actor, stmt.limit(limit + 1), Removal)
    return Bin(found[:limit], found[limit - 1].id if len(found) > limit else None)


def kept_until(removal: Removal) -> datetime:
    """When it goes for good, unless somebody brings it back."""
    return removal.created_at + KEPT


def overdue(limit: int) -> list[int]:
    """What has lain in a bin for too long, the oldest first. For the house."""
    stmt = select(Removal.id).where(Removal.created_at <= now() - KEPT).order_by(Removal.id).limit(limit)
    return list(db.session.scalars(stmt))


def removal_for(actor: Actor, space: Space, number: int) -> Removal:
    """One thing in the bin. Raises NotFound."""
    return door(actor, Removal, Removal.id == number, Removal.space_id == space.id, options=_options())


def _options() -> tuple[Any, ...]:
    return joinedload(Removal.page), joinedload(Removal.remover)
