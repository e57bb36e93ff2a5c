"""The card of a wiki page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from community.items.rules import is_author, is_staff, is_writer, item_scopes, item_visible, may_talk, space_is_live
from community.items.tags import keys_of
from community.kinds import Kind, register
from community.markup import plain_text, topics_of
from community.permissions import Actor
from community.search.documents import Document
from community.wiki import links  # noqa: F401 - tells the house how [[page]] is found
from community.wiki.models import Page


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


CARD = register(
    Kind(
        name="page",
        model=Page,
        visible=page_visible,
        verbs={
            "edit": is_writer & space_is_live,
            "rename": is_writer & space_is_live,
            "delete": (is_author | is_staff) & is_writer & space_is_live,
            "comment": may_talk & space_is_live,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        options=lambda: (joinedload(Page.author), joinedload(Page.space)),
    )
)
