"""The card of a journal entry: its author's, wherever they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from community.extensions import db
from community.items.models import Grant
from community.items.rules import is_author, item_scopes, item_visible, may_comment, space_is_live
from community.journal.models import Entry
from community.kinds import Kind, register
from community.markup import plain_text, topics_of
from community.permissions import Actor
from community.search.documents import Document
from community.spaces.queries import people_ids_in


def entry_visible(actor: Actor) -> ColumnElement[bool]:
    """The author, always; others only as far as the author chose."""
    return item_visible(actor, Entry, "entry", mine=True)


def _scopes(entry: Entry) -> frozenset[str]:
    return item_scopes(entry, "entry", mine=True)


def _document(entry: Entry) -> Document | None:
    if entry.deleted_at is not None:
        return None
    return Document(
        ref=f"entry:{entry.id}",
        kind="entry",
        title=entry.title,
        body=plain_text(entry.body),
        scopes=_scopes(entry),
        space_id=entry.space_id,
        author=entry.author.handle,
        created=entry.created_at,
        phase=str(entry.phase_id) if entry.phase_id else None,
        language=None,
        topics=topics_of(entry.body),
    )


def _export(entry: Entry) -> dict[str, Any]:
    return {
        "title": entry.title,
        "body": entry.body,
        "audience": entry.audience,
        "created": entry.created_at.isoformat(),
    }


def _hears(line: Any, entry: Entry) -> Iterable[tuple[int, str]]:
    """Whom the author named, and the coach whom they asked to read along; nobody for what is only theirs."""
    if line.verb not in ("entry.written", "entry.shared"):
        return
    if entry.audience == "people":
        named = select(Grant.person_id).where(Grant.object_kind == "entry", Grant.object_id == entry.id)
        yield from ((person, "shared") for person in db.session.scalars(named))
    if entry.audience == "coach" and entry.space_id is not None:
        coaches = people_ids_in(entry.space_id, roles=frozenset({"coach"}))
        yield from ((person, "shared") for person in coaches)


CARD = register(
    Kind(
        name="entry",
        model=Entry,
        visible=entry_visible,
        verbs={
            "edit": is_author,
            "share": is_author,
            "delete": is_author,
            "comment": may_comment & space_is_live,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        options=lambda: (joinedload(Entry.author), joinedload(Entry.space)),
    )
)
