"""The cards of a wiki page and of what lies in the bin."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from community.extensions import db
from community.items.rules import is_author, is_staff, is_writer, item_scopes, item_visible, may_comment, space_is_live
from community.items.tags import keys_of
from community.kinds import Kind, register
from community.markup import plain_text, topics_of
from community.permissions import WRITERS, Actor
from community.search.documents import Document
from community.wiki import links  # noqa: F401 - tells the house how [[page]] is found
from community.wiki.models import Page, Removal
from community.wiki.tree import below


def page_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience."""
    return item_visible(actor, Page, "page")


def _scopes(page: Page) -> frozenset[str]:
    return item_scopes(page, "page")


def _document(page: Page) -> Document | None:
    if page.deleted_at is not None:
        return None
    return Document(
        ref=f"page:{page.id}",
        kind="page",
        title=page.title,
        body=plain_text(page.body),
        scopes=_scopes(page),
        space_id=page.space_id,
        author=page.author.handle,
        created=page.updated_at,
        phase=str(page.phase_id) if page.phase_id else None,
        language=None,
        topics=topics_of(page.body) + keys_of(page.tags),
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
    """The newly mentioned; who made the page, when somebody else edits it."""
    if entry.verb in ("page.created", "page.edited"):
        yield from ((person, "mention") for person in entry.data.get("mentions", ()))
    if entry.verb == "page.edited":
        yield page.author_id, "page"


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
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
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
