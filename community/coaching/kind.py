"""The card of an ask: the team and its coaches see it; one about what only the coach reads, its author and the coaches."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from community.coaching.models import Ask
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
from community.kinds import Kind, predicate, register
from community.markup import plain_text, topics_of
from community.permissions import Actor
from community.search.documents import Document
from community.spaces.queries import people_ids_in

is_not_closed = predicate("it is not closed")(lambda _, ask: ask.closed_at is None)
has_it = predicate("has it")(lambda actor, ask: actor.id is not None and ask.taken_by_id == actor.id)


def ask_visible(actor: Actor) -> ColumnElement[bool]:
    """Whoever is in the space, or its author and the coaches, as what it is about."""
    return item_visible(actor, Ask, "ask")


def _scopes(ask: Ask) -> frozenset[str]:
    return item_scopes(ask, "ask")


def _document(ask: Ask) -> Document | None:
    if ask.deleted_at is not None:
        return None
    return Document(
        ref=f"ask:{ask.id}",
        kind="ask",
        title="",
        body=plain_text(ask.body),
        scopes=_scopes(ask),
        space_id=ask.space_id,
        author=ask.author.handle,
        created=ask.created_at,
        phase=str(ask.phase_id) if ask.phase_id else None,
        language=None,
        topics=topics_of(ask.body),
    )


def _export(ask: Ask) -> dict[str, Any]:
    return {
        "body": ask.body,
        "on": f"{ask.on_kind}:{ask.on_id}" if ask.on_kind else None,
        "wanted_by": ask.wanted_by.isoformat() if ask.wanted_by else None,
        "created": ask.created_at.isoformat(),
    }


def _hears(line: Any, ask: Ask) -> Iterable[tuple[int, str]]:
    """All coaches of the team hear of a new one; its author, who is on it."""
    if line.verb == "ask.created" and ask.space_id is not None:
        yield from ((coach, "asked") for coach in people_ids_in(ask.space_id, roles=frozenset({"coach"})))
    if line.verb == "ask.taken":
        yield ask.author_id, "taken"


CARD = register(
    Kind(
        name="ask",
        model=Ask,
        visible=ask_visible,
        verbs={
            "comment": may_comment & space_is_live,
            "take": is_coach & space_is_live & is_not_closed,
            "let-go": has_it & is_coach & space_is_live,
            "close": (is_author | is_coach | is_staff) & space_is_live,
            "reopen": (is_writer) & space_is_live,
            "delete": (is_author | is_staff) & space_is_live,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        options=lambda: (joinedload(Ask.author), joinedload(Ask.space), joinedload(Ask.taken_by)),
    )
)
