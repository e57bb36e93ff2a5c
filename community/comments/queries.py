"""Comments of a thing, as the actor may see them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.comments.models import Comment
from community.extensions import db
from community.kinds import card_of
from community.permissions import Actor, door


def comments_of(actor: Actor, parent: Any, *, after: int | None = None, limit: int = 200) -> list[Comment]:
    """Comments on a thing that the actor has come to through its door, oldest first. Raises NotFound when unseen."""
    card = card_of(parent)
    if (card.name, parent.id) not in actor.sees:
        door(actor, card.model, card.model.id == parent.id)
    stmt = (
        select(Comment)
        .where(Comment.parent_kind == card.name, Comment.parent_id == parent.id, Comment.deleted_at.is_(None))
        .options(joinedload(Comment.author))
        .order_by(Comment.id)
        .limit(limit)
    )
    if after is not None:
        stmt = stmt.where(Comment.id > after)
    found = list(db.session.scalars(stmt))
    actor.sees.update(("comment", comment.id) for comment in found)
    return found


def comment_for(actor: Actor, comment_id: int) -> Comment:
    """The comment. Raises NotFound."""
    return door(actor, Comment, Comment.id == comment_id, options=(joinedload(Comment.author),))
