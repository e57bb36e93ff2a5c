"""Comments of a thing, as the actor may see them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased, joinedload

from community.comments.models import Comment
from community.extensions import db
from community.kinds import card_of
from community.permissions import Actor, door


def comments_of(
    actor: Actor, parent: Any, *, after: int | None = None, limit: int = 200, gaps: bool = False
) -> list[Comment]:
    """Comments on a thing that the actor has come to through its door, oldest first. `gaps`: also those that were taken away
    and are answered, for their place alone, never their words. Raises NotFound when unseen.
    """
    card = card_of(parent)
    if (card.name, parent.id) not in actor.sees:
        door(actor, card.model, card.model.id == parent.id)
    there: ColumnElement[bool] = Comment.deleted_at.is_(None)
    if gaps:
        reply = aliased(Comment)
        there = or_(there, exists().where(reply.reply_to_id == Comment.id, reply.deleted_at.is_(None)))
    stmt = (
        select(Comment)
        .where(Comment.parent_kind == card.name, Comment.parent_id == parent.id, there)
        .options(joinedload(Comment.author))
        .order_by(Comment.id)
        .limit(limit)
    )
    if after is not None:
        stmt = stmt.where(Comment.id > after)
    found = list(db.session.scalars(stmt))
    actor.sees.update(("comment", comment.id) for comment in found if comment.deleted_at is None)
    return found


def comment_for(actor: Actor, comment_id: int) -> Comment:
    """The comment. Raises NotFound."""
    return door(actor, Comment, Comment.id == comment_id, options=(joinedload(Comment.author),))
