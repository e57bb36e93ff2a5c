"""What can happen to pages. A save says which revision it started from; a stale one is refused, never written over."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Invalid, NotFound, _l
from community.extensions import db
from community.items.rules import check_audience, default_audience
from community.items.tags import checked_tags
from community.items.writing import newly_mentioned, put_words
from community.markup import clean_text
from community.permissions import Actor, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id
from community.spaces.turns import take_turn
from community.wiki.bin import delete_page as delete_page
from community.wiki.models import Page, Revision, RevisionWriter
from community.wiki.paths import MAX_PATH, RESERVED, checked_path, checked_title, part_of
from community.wiki.review import begin_draft
from community.wiki.tree import carry, settle

MAX_SUMMARY = 200


@action
def create_page(
    actor: Actor,
    space: Space,
    *,
    title: str,
    body: str,
    path: str | None = None,
    summary: str = "",
    audience: str | None = None,
    tags: Iterable[str] = (),
) -> Page:
    """Write a new page. Without a path it stands where its title says, with a number behind it when that is taken; so it does below
    a path that ends in a slash.

    Raises Invalid (title, body, path, summary, audience, tags), Denied, NotFound.
    """
    require(actor, "write", space)
    title = checked_title(title)
    take_turn(space.id)
    at = now()
    page = Page(
        space_id=space.id,
        author_id=actor.id,
        editor_id=actor.id,
        phase_id=current_phase_id(space),
        path=_path_for(space, path, title),
        title=title,
        tags=checked_tags(tags),
        audience=check_audience(audience or default_audience(space), space, allowed=("coach", "space", "organisation")),
        created_at=at,
        updated_at=at,
    )
    mentions = put_words(actor, page, clean_text(body), space)
    page.revision = 1
    db.session.add(page)
    db.session.flush()
    settle(page)
    _keep_revision(actor, page, summary)
    record("page.created", actor, page, mentions=mentions, revision=1)
    return page


@action
def edit_page(
    actor: Actor,
    page: Page,
    *,
    body: str,
    base: int,
    title: str | None = None,
    summary: str = "",
    along: Collection[int] = (),
) -> Page:
    """Save a new revision on top of revision `base`. The same words again make none. `along` are those who wrote in it too.

    Raises Conflict with the words and the number of the revision that stands when `base` is stale; Invalid (title,
    body, summary), Denied, NotFound.
    """
    require(actor, "edit", page)
    _lock(page)
    body = clean_text(body)
    title = page.title if title is None else checked_title(title)
    if body == page.body and title == page.title:
        nothing_changed()
        return page
    _refuse_stale(page, base)
    before = page.body
    mentions = put_words(actor, page, body, db.session.get_one(Space, page.space_id))
    page.title = title
    _next_revision(actor, page, summary, along)
    record("page.edited", actor, page, mentions=newly_mentioned(mentions, before, of=page), revision=page.revision)
    return page


@action
def restore_revision(actor: Actor, page: Page, *, number: int, base: int, summary: str = "") -> Page:
    """Make the words of an earlier revision the newest one. Nothing between is lost. Raises as `edit_page`."""
    require(actor, "edit", page)
    _lock(page)
    old = db.session.scalars(
        select(Revision).where(Revision.page_id == page.id, Revision.number == number, Revision.removed_at.is_(None))
    ).one_or_none()
    if old is None:
        raise NotFound()
    if (old.body, old.title) == (page.body, page.title):
        nothing_changed()
        return page
    _refuse_stale(page, base)
    # Whoever is mentioned in the old words heard of it then.
    put_words(actor, page, old.body, db.session.get_one(Space, page.space_id))
    page.title = old.title
    _next_revision(actor, page, summary)
    record("page.edited", actor, page, mentions=[], revision=page.revision, restored=number)
    return page


@action
def rename_page(
    actor: Actor, page: Page, *, path: str | None = None, title: str | None = None, base: int | None = None
) -> Page:
    """Give a page another address or title. What stands below it goes along. A new title is a revision of its own.

    Raises Conflict when `base` is given and another revision stands,
    Invalid("path") for an address that cannot be used or is taken, Invalid("title"), Denied, NotFound.
    """
    require(actor, "rename", page)
    take_turn(page.space_id)
    _lock(page)
    title = page.title if title is None else checked_title(title)
    path = page.path if path is None else checked_path(path)
    if (path, title) == (page.path, page.title):
        nothing_changed()
        return page
    _refuse_stale(page, base)
    if path != page.path:
        carry(page, _untaken(db.session.get_one(Space, page.space_id), path))
    if title != page.title:
        page.title = title
        _next_revision(actor, page, "")
    page.updated_at = now()
    record("page.renamed", actor, page, revision=page.revision)
    return page


def _lock(page: Page) -> None:
    """Read the page again and hold its row: whoever saves at the same moment waits here, then sees what was saved."""
    columns = ["path", "title", "body", "revision", "deleted_at", "space_id", "author_id"]
    db.session.refresh(page, columns, with_for_update=True)
    if page.deleted_at is not None:
        raise NotFound()


def _refuse_stale(page: Page, base: int | None) -> None:
    if base is not None and base != page.revision:
        raise Conflict(
            _l("Somebody changed this page while you were writing. Compare, then save again."),
            theirs=page.body,
            base=page.revision,
        )


def _next_revision(actor: Actor, page: Page, summary: str, along: Collection[int] = ()) -> None:
    begin_draft(page)
    page.revision += 1
    page.editor_id = actor.id or page.editor_id
    db.session.expire(page, ["editor"])  # whoever reads it next sees who that is
    page.updated_at = now()
    _keep_revision(actor, page, summary, along)


def _keep_revision(actor: Actor, page: Page, summary: str, along: Collection[int] = ()) -> None:
    summary = " ".join(clean_text(summary).split())
    if len(summary) > MAX_SUMMARY:
        raise Invalid("summary", _l("Say it in up to 200 characters."))
    db.session.add(
        Revision(
            page_id=page.id,
            number=page.revision,
            author_id=actor.id,
            title=page.title,
            body=page.body,
            summary=summary,
            created_at=page.updated_at,
            along=[RevisionWriter(person_id=person) for person in along],
        )
    )


def _is_taken(space: Space, path: str) -> bool:
    return db.session.scalar(select(Page.id).where(Page.space_id == space.id, Page.path == path)) is not None


def _untaken(space: Space, path: str) -> str:
    """The path when no page stands there. The sentence is the same for a page that the actor may not know of."""
    if _is_taken(space, path):
        raise Invalid("path", _l("This address is in use. Choose another."))
    return path


def _path_for(space: Space, path: str | None, title: str) -> str:
    """Where a new page stands: at the path, below one that ends in a slash, or where its title says. Raises Invalid("path")."""
    if path is None:
        return _free_path(space, part_of(title))
    if not path.strip().endswith("/") or not path.strip(" /"):
        return _untaken(space, checked_path(path))
    wanted = f"{checked_path(path)}/{part_of(title)}"
    if len(wanted) > MAX_PATH - 8:
        raise Invalid("path", _l("Use a shorter address: up to %(limit)d characters."), limit=MAX_PATH)
    return _free_path(space, wanted)


def _free_path(space: Space, wanted: str) -> str:
    """`wanted`, or with a number behind it when it is taken or reserved."""
    wanted = wanted[: MAX_PATH - 8].rstrip("-")
    path, number = wanted, 2
    while path.rpartition("/")[2] in RESERVED or _is_taken(space, path):
        path, number = f"{wanted}-{number}", number + 1
    return path
