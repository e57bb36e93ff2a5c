"""Comments of a thing, as the actor may see them."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from community.comments.models import Comment
from community.extensions import db
from community.kinds import card_of
from community.permissions import Actor, door

AT_ONCE = 200
"""Comments of one thing on one page."""
FIRST = 12
"""Comments below a page, a file or an entry before somebody asks for more of them."""


def comments_of(
    actor: Actor,
    parent: Any,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int = AT_ONCE,
    newest: bool = False,
    gaps: bool = False,
) -> list[Comment]:
    """Comments on a thing that the actor has come to through its door, oldest or `newest` first. `gaps`: also those that were
    taken away and are answered, for their place alone, never their words. Raises NotFound when unseen.
    """
    card = card_of(parent)
    if (card.name, parent.id) not in actor.sees:
        door(actor, card.model, card.model.id == parent.id)
    if not getattr(parent, "comment_count", 1):
        return []
    facts = {"kind": card.name, "number": parent.id, "after": after, "before": before, "limit": limit}
    stmt = _of(after is not None, before is not None, newest, gaps)
    found = list(db.session.scalars(stmt, facts))
    actor.sees.update(("comment", comment.id) for comment in found if comment.deleted_at is None)
    return found


@cache
def _of(after: bool, before: bool, newest: bool, gaps: bool) -> Select[Comment]:
    """Asked for every page with a talk below it, so each form of it is put together once."""
    there: ColumnElement[bool] = Comment.deleted_at.is_(None)
    if gaps:
        reply = aliased(Comment)
        there = or_(there, exists().where(reply.reply_to_id == Comment.id, reply.deleted_at.is_(None)))
    stmt = (
        select(Comment)
        .where(Comment.parent_kind == bindparam("kind"), Comment.parent_id == bindparam("number"), there)
        .options(joinedload(Comment.author))
        .order_by(Comment.id.desc() if newest else Comment.id)
        .limit(bindparam("limit", type_=Integer))
    )
    if after:
        stmt = stmt.where(Comment.id > bindparam("after"))
    if before:
        stmt = stmt.where(Comment.id < bindparam("before"))
    return stmt


def left_beyond(actor: Actor, parent: Any, comment: Comment, *, newest: bool = False) -> int:
    """How many comments come after one, in the order that is read. For a thing that the actor has come to."""
    beyond = Comment.id < comment.id if newest else Comment.id > comment.id
    stmt = select(func.count()).where(
        Comment.parent_kind == card_of(parent).name,
        Comment.parent_id == parent.id,
        Comment.deleted_at.is_(None),
        beyond,
    )
    return db.session.scalar(stmt) or 0


def start_of(comment_id: int) -> int:
    """From where to read so that a comment is among the first, with the one that it answers. Tells nothing of what is hidden:
    numbers alone."""
    above = db.session.scalar(select(Comment.reply_to_id).where(Comment.id == comment_id))
    return (above or comment_id) - 1


def comment_for(actor: Actor, comment_id: int) -> Comment:
    """The comment. Raises NotFound."""
    return door(actor, Comment, Comment.id == comment_id, options=(joinedload(Comment.author),))
