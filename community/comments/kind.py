"""The card of a comment: it is as visible as what it hangs on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from community.comments.models import COMMENTABLE, Comment
from community.extensions import db
from community.items.rules import is_author, is_staff, space_is_live
from community.kinds import Kind, kind_named, predicate, register
from community.markup import plain_text, topics_of
from community.permissions import Actor
from community.search.documents import Document
from community.spaces.queries import people_ids_in


def comment_visible(actor: Actor) -> ColumnElement[bool]:
    """Not deleted, and its parent is visible: one clause for each kind it can hang on."""
    parents = []
    for name in COMMENTABLE:
        card = kind_named(name)
        there = select(card.model.id).where(card.model.id == Comment.parent_id, card.visible(actor))
        parents.append(and_(Comment.parent_kind == name, there.exists()))
    return and_(Comment.deleted_at.is_(None), or_(*parents))


def parent_of(comment: Comment) -> Any:
    """What a comment hangs on, or None when it is gone. For readers; people come through a door."""
    return db.session.get(kind_named(comment.parent_kind).model, comment.parent_id)


parent_is_open = predicate("what it hangs on is not archived")(
    lambda _, comment: getattr(parent_of(comment), "archived_at", None) is None
)


def _scopes(comment: Comment) -> frozenset[str]:
    parent = parent_of(comment)
    if parent is None or comment.deleted_at is not None:
        return frozenset()
    return kind_named(comment.parent_kind).scopes(parent)


def _document(comment: Comment) -> Document | None:
    scopes = _scopes(comment)
    if not scopes:
        return None
    return Document(
        ref=f"comment:{comment.id}",
        kind="comment",
        title="",
        body=plain_text(comment.body),
        scopes=scopes,
        space_id=comment.space_id,
        author=comment.author.handle,
        created=comment.created_at,
        phase=str(comment.phase_id) if comment.phase_id else None,
        language=None,
        topics=topics_of(comment.body),
    )


def _export(comment: Comment) -> dict[str, Any]:
    return {
        "on": f"{comment.parent_kind}:{comment.parent_id}",
        "body": comment.body,
        "created": comment.created_at.isoformat(),
    }


def _hears(entry: Any, comment: Comment) -> Iterable[tuple[int, str]]:
    """The mentioned, who is answered, the author of the thing; and the whole team when its coach speaks."""
    if entry.verb not in ("comment.created", "comment.edited"):
        return
    yield from ((person, "mention") for person in entry.data.get("mentions", ()))
    if entry.verb == "comment.edited":
        return
    if comment.reply_to_id is not None:
        answered = db.session.get(Comment, comment.reply_to_id)
        if answered is not None:
            yield answered.author_id, "reply"
    parent = parent_of(comment)
    if parent is None:
        return
    yield parent.author_id, "coach" if comment.as_role == "coach" else "comment"
    if comment.as_role == "coach" and comment.space_id is not None:
        team = people_ids_in(comment.space_id, roles=frozenset({"owner", "member"}))
        yield from ((person, "coach") for person in team)
    earlier = db.session.scalars(
        select(Comment.author_id)
        .where(
            Comment.parent_kind == comment.parent_kind,
            Comment.parent_id == comment.parent_id,
            Comment.id < comment.id,
            Comment.deleted_at.is_(None),
        )
        .distinct()
        .limit(50)
    )
    yield from ((person, "thread") for person in earlier)


CARD = register(
    Kind(
        name="comment",
        model=Comment,
        visible=comment_visible,
        verbs={
            "edit": is_author & space_is_live & parent_is_open,
            "delete": (is_author | is_staff) & space_is_live & parent_is_open,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        hears=_hears,
        options=lambda: (joinedload(Comment.author),),
    )
)
