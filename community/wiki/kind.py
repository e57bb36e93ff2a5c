"""The cards of a wiki page and of what lies in the bin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from community.extensions import db
from community.items.rules import (
    is_author,
    is_coach,
    is_staff,
    is_writer,
    item_scopes,
    item_visible,
    may_comment,
    space_is_live,
)
from community.items.tags import keys_of
from community.kinds import Kind, register
from community.markup import plain_text, topics_of
from community.permissions import STAFF, WRITERS, Actor
from community.search.documents import Document
from community.spaces.models import Space
from community.spaces.queries import people_ids_in
from community.wiki import links  # noqa: F401 - tells the house how [[page]] is found
from community.wiki.care import Approved
from community.wiki.models import Page, Removal
from community.wiki.reading import waiting_readers
from community.wiki.tree import below

_PLACE = aliased(Space)  # whoever asks may have the space in their question too


def page_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience. Where a space shows approved words alone, a page without any is there for who
    writes.
    """
    writes = [space for space, role in actor.roles.items() if role in WRITERS]
    approves = select(_PLACE.id).where(_PLACE.id == Page.space_id, _PLACE.shows_approved)
    shown = or_(
        Page.space_id.in_(writes),
        Page.approved_revision.is_not(None),
        Page.author_id == actor.id,
        not_(approves.exists()),
    )
    return and_(item_visible(actor, Page, "page"), shown)


def as_read(actor: Actor, pages: Sequence[Page]) -> None:
    """Give who does not write in a space that shows approved words alone just these: title, words and number of what was approved.
    What stands in the table stays as it is: nobody who is given this may save a page.
    """
    others = [
        page
        for page in pages
        if page.approved_revision is not None
        and page.author_id != actor.id
        and actor.roles.get(page.space_id or 0) not in WRITERS
        and not actor.is_system
    ]
    newer = {page.id for page in pages if page.as_approved and page.newer_draft}  # it came through the door before
    for page in pages:
        page.as_approved = page.newer_draft = False
    if not others:
        return
    spaces = {page.space_id for page in others}
    strict = set(db.session.scalars(select(Space.id).where(Space.id.in_(spaces), Space.shows_approved)))
    theirs = {page.id: page for page in others if page.space_id in strict}
    if not theirs:
        return
    for words in db.session.scalars(select(Approved).where(Approved.page_id.in_(theirs))):
        page = theirs[words.page_id]
        page.as_approved, page.newer_draft = True, page.id in newer or words.revision != page.revision
        for name in ("revision", "title", "body", "body_html", "excerpt", "render_version"):
            set_committed_value(page, name, getattr(words, name))


def approved_alone(page: Page) -> bool:
    """Whether who does not write here reads the approved words of a page alone."""
    space = db.session.get(Space, page.space_id)
    return space is not None and space.shows_approved


def _scopes(page: Page) -> frozenset[str]:
    scopes = item_scopes(page, "page")
    if scopes and page.approved_revision is None and approved_alone(page):
        return frozenset({f"s{page.space_id}:writers", f"p{page.author_id}"})
    return scopes


def _for_all(page: Page) -> Page | Approved:
    """The words of a page that everybody who sees it may read."""
    if page.approved_revision is not None and approved_alone(page):
        return db.session.get(Approved, page.id) or page
    return page


def _said(page: Page) -> str:
    return _for_all(page).body


def _document(page: Page) -> Document | None:
    if page.deleted_at is not None:
        return None
    words = _for_all(page)  # one document for all
    return Document(
        ref=f"page:{page.id}",
        kind="page",
        title=words.title,
        body=plain_text(words.body),
        scopes=_scopes(page),
        space_id=page.space_id,
        author=page.author.handle,
        created=page.updated_at,
        phase=str(page.phase_id) if page.phase_id else None,
        language=None,
        topics=topics_of(words.body) + keys_of(page.tags),
    )


def _export(page: Page) -> dict[str, Any]:
    return {
        "title": page.title,
        "path": page.path,
        "body": page.body,
        "space": page.space.slug,
        "revision": page.revision,
        "tags": list(page.tags),
        "updated": page.updated_at.isoformat(),
    }


def _hears(entry: Any, page: Page) -> Iterable[tuple[int, str]]:
    """The newly mentioned; who made the page, when somebody else edits it; who approves, offered, owns or must read it."""
    if entry.verb in ("page.created", "page.edited"):
        yield from ((person, "mention") for person in entry.data.get("mentions", ()))
    if entry.verb == "page.edited":
        yield page.author_id, "page"
    if entry.verb == "page.ready":
        yield from ((one, "review") for one in people_ids_in(page.space_id or 0, roles=STAFF | {"coach"}))
    if entry.verb in ("page.reading-asked", "page.reading-due"):
        yield from ((one, "must-read") for one in waiting_readers(page))
    told = _FOR_ONE.get(entry.verb)
    if told and entry.data.get("person"):
        yield entry.data["person"], told


_FOR_ONE = {"page.approved": "reviewed", "page.returned": "reviewed", "page.owned": "owned", "page.due": "look-over"}


def _above(page: Page) -> list[int]:
    """The pages above a page, the nearest first."""
    found: list[int] = []
    while page.parent_id is not None and page.parent_id not in found:
        found.append(page.parent_id)
        page = db.session.get_one(Page, page.parent_id)
    return found


def _along(entry: Any) -> Collection[int]:
    """The pages that moved, went or came back with the one that the line names."""
    if entry.verb not in ("page.moved", "page.deleted", "page.restored"):
        return ()
    page = db.session.get(Page, entry.object_id)
    if page is None:
        return ()
    with_it = below(page.space_id, page.path)
    if page.deleted_at is not None:
        with_it = Page.bin_id == page.bin_id
    return set(db.session.scalars(select(Page.id).where(with_it)))


CARD = register(
    Kind(
        name="page",
        model=Page,
        visible=page_visible,
        verbs={
            "edit": is_writer & space_is_live,
            "rename": is_writer & space_is_live,
            "delete": (is_author | is_staff) & is_writer & space_is_live,
            "move": (is_author | is_staff) & is_writer & space_is_live,
            "redact": is_staff & space_is_live,
            "comment": may_comment & space_is_live,
            "approve": (is_staff | is_coach) & space_is_live,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        as_read=as_read,
        said=_said,
        above=_above,
        along=_along,
        options=lambda: (joinedload(Page.author), joinedload(Page.space)),
    )
)


def removal_visible(actor: Actor) -> ColumnElement[bool]:
    """Who writes in the space and would see the page, were it not deleted."""
    writes = [space for space, role in actor.roles.items() if role in WRITERS]
    page = select(Page.id).where(Page.id == Removal.page_id, item_visible(actor, Page, "page", gone=True))
    return and_(Removal.space_id.in_(writes), page.exists())


def _removal_scopes(removal: Removal) -> frozenset[str]:
    """No room and no search knows of what lies in the bin."""
    return frozenset()


def _removal_export(removal: Removal) -> dict[str, Any]:
    return {"path": removal.path, "pages": removal.pages, "removed": removal.created_at.isoformat()}


BIN_CARD = register(
    Kind(
        name="removal",
        model=Removal,
        visible=removal_visible,
        verbs={"restore": is_writer & space_is_live, "destroy": is_staff & space_is_live},
        scopes=_removal_scopes,
        export=_removal_export,
    )
)
