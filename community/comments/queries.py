"""Comments of a thing, as the actor may see them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from community.comments.kind import open_to
from community.comments.models import OPEN, UNRESOLVED, Anchor, Comment
from community.comments.telling import withhold
from community.extensions import db
from community.kinds import Kind, card_of
from community.permissions import Actor, door, listing, prepared

_REPLY = aliased(Comment)
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
    plain: bool = False,
) -> list[Comment]:
    """Comments on a thing that the actor has come to through its door, oldest or `newest` first. `gaps`: also those that were
    taken away and are answered, for their place alone, never their words. `plain`: without threads and what stands below them.
    Raises NotFound when unseen.
    """
    card = _come_to(actor, parent)
    if not getattr(parent, "comment_count", 1) and not getattr(parent, "talk_version", 1):
        return []
    form = (after is not None, before is not None, newest, gaps, plain)
    stmt = prepared(actor, f"comments {form}", lambda: _of(actor, *form))
    facts = {"kind": card.name, "number": parent.id, "after": after, "before": before, "limit": limit}
    found = list(db.session.scalars(stmt, facts))
    actor.sees.update(("comment", comment.id) for comment in found if comment.deleted_at is None)
    return found


def _of(actor: Actor, after: bool, before: bool, newest: bool, gaps: bool, plain: bool) -> Select[Comment]:
    """Asked for every page with a talk below it, so each form of it is put together once."""
    there: ColumnElement[bool] = Comment.deleted_at.is_(None)
    if gaps:
        below = exists().where(_REPLY.reply_to_id == Comment.id, _REPLY.deleted_at.is_(None), open_to(actor, _REPLY))
        there = or_(there, below)
    stmt = (
        select(Comment)
        .where(
            Comment.parent_kind == bindparam("kind"), Comment.parent_id == bindparam("number"), there, open_to(actor)
        )
        .options(joinedload(Comment.author))
        .order_by(Comment.id.desc() if newest else Comment.id)
        .limit(bindparam("limit", type_=Integer))
    )
    if plain:
        stmt = stmt.where(Comment.state == "")
    if after:
        stmt = stmt.where(Comment.id > bindparam("after"))
    if before:
        stmt = stmt.where(Comment.id < bindparam("before"))
    return stmt


def _come_to(actor: Actor, parent: Any) -> Kind:
    """The card of a thing, which the actor comes to through its door unless that was done. Raises NotFound."""
    card = card_of(parent)
    if (card.name, parent.id) not in actor.sees:
        door(actor, card.model, card.model.id == parent.id)
    return card


def left_beyond(actor: Actor, parent: Any, comment: Comment, *, newest: bool = False) -> int:
    """How many comments come after one, in the order that is read. For a thing that the actor has come to."""
    beyond = Comment.id < comment.id if newest else Comment.id > comment.id
    stmt = select(func.count()).where(
        Comment.parent_kind == card_of(parent).name,
        Comment.parent_id == parent.id,
        Comment.deleted_at.is_(None),
        open_to(actor),
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


# ---- threads --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Threads:
    """Threads on a thing, with author and anchor, and what stands below each, oldest first. `left`: how many more there are."""

    items: list[Comment]
    below: dict[int, list[Comment]]
    left: int


def threads_of(actor: Actor, parent: Any, *, limit: int = AT_ONCE) -> Threads:
    """The threads on a thing, those that are not resolved first, of each sort the newest; one that was taken away and is answered
    stands there for its place alone. Three queries at most. Raises NotFound.
    """
    card = _come_to(actor, parent)
    below_here = exists().where(_REPLY.reply_to_id == Comment.id, _REPLY.deleted_at.is_(None), open_to(actor, _REPLY))
    here = (
        Comment.parent_kind == card.name,
        Comment.parent_id == parent.id,
        Comment.state.in_((*UNRESOLVED, "resolved")),
        or_(Comment.deleted_at.is_(None), below_here),
        open_to(actor),
    )
    stmt = (
        select(Comment)
        .where(*here)
        .options(joinedload(Comment.author), joinedload(Comment.anchor))
        .order_by(Comment.state == "resolved", Comment.id.desc())
        .limit(limit)
    )
    found = list(db.session.scalars(stmt))
    withhold(actor, ((one, one.anchor) for one in found))
    left = 0
    if len(found) == limit:
        left = (db.session.scalar(select(func.count()).where(*here)) or 0) - limit
    below: dict[int, list[Comment]] = {comment.id: [] for comment in found}
    if found:
        replies = (
            select(Comment)
            .where(Comment.reply_to_id.in_(below), Comment.deleted_at.is_(None), open_to(actor))
            .options(joinedload(Comment.author))
            .order_by(Comment.id)
        )
        for reply in db.session.scalars(replies):
            below[reply.reply_to_id or 0].append(reply)
    shown = (*found, *(reply for some in below.values() for reply in some))
    actor.sees.update(("comment", one.id) for one in shown if one.deleted_at is None)
    return Threads(found, below, left)


def anchors_of(actor: Actor, comments: Iterable[Comment]) -> dict[int, Anchor]:
    """The anchors of those of these comments that are threads, which the actor has come to. One query, none without threads."""
    threads = {comment.id: comment for comment in comments if comment.is_thread}
    if not threads:
        return {}
    found = list(db.session.scalars(select(Anchor).where(Anchor.comment_id.in_(threads))))
    withhold(actor, ((threads[anchor.comment_id], anchor) for anchor in found))
    return {anchor.comment_id: anchor for anchor in found}


def musts_of(actor: Actor, parent: Any) -> list[Comment]:
    """The threads on a thing that must be answered and are not, oldest first. The actor has come to the thing."""
    if not parent.open_musts:
        return []
    stmt = (
        select(Comment)
        .where(
            Comment.parent_kind == card_of(parent).name,
            Comment.parent_id == parent.id,
            Comment.purpose == "must_answer",
            Comment.state.in_(OPEN),
        )
        .options(joinedload(Comment.author), joinedload(Comment.anchor))
        .order_by(Comment.id)
        .limit(AT_ONCE)
    )
    return _told(actor, stmt)


def _told(actor: Actor, stmt: Select[tuple[Comment]]) -> list[Comment]:
    found = listing(actor, stmt, Comment)
    withhold(actor, ((one, one.anchor) for one in found))
    return found


def open_threads(
    actor: Actor, space_ids: Collection[int], *, before: int | None = None, limit: int = 50, answered: bool = False
) -> list[Comment]:
    """Threads in these spaces that wait for somebody, newest first, with author and anchor; with `answered` those too that are
    answered and not resolved. `before`: the number of the last one that was read.
    """
    if not space_ids:
        return []
    stmt = (
        select(Comment)
        .where(
            Comment.space_id.in_(space_ids),
            Comment.state.in_(UNRESOLVED if answered else OPEN),
            Comment.held_at.is_(None),
        )
        .options(joinedload(Comment.author), joinedload(Comment.anchor))
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    if before is not None:
        stmt = stmt.where(Comment.id < before)
    return _told(actor, stmt)


@dataclass(frozen=True)
class Answered:
    """A thread that the actor began, with the newest reply of somebody else below it."""

    thread: Comment
    reply: Comment


def replies_to_me(actor: Actor, *, before: int | None = None, limit: int = 50) -> list[Answered]:
    """The newest replies of others below what the actor began and is not resolved, a thread once, newest reply first.
    `before`: the number of the last reply that was read. Who resolved a thread waits for nothing more in it.
    """
    root = aliased(Comment)
    newest = (
        select(func.max(Comment.id))
        .join(root, root.id == Comment.reply_to_id)
        .where(
            root.author_id == actor.id,
            root.state != "resolved",
            root.deleted_at.is_(None),
            Comment.author_id != actor.id,
            Comment.held_at.is_(None),
            Comment.deleted_at.is_(None),
        )
        .group_by(Comment.reply_to_id)
    )
    stmt = (
        select(Comment)
        .where(Comment.id.in_(newest))
        .options(joinedload(Comment.author))
        .order_by(Comment.id.desc())
        .limit(limit)
    )
    if before is not None:
        stmt = stmt.where(Comment.id < before)
    replies = listing(actor, stmt, Comment)
    ids = [reply.reply_to_id for reply in replies]
    began = select(Comment).where(Comment.id.in_(ids)).options(joinedload(Comment.author), joinedload(Comment.anchor))
    threads = {thread.id: thread for thread in listing(actor, began, Comment)}
    return [Answered(threads[reply.reply_to_id], reply) for reply in replies if reply.reply_to_id in threads]


def held_by(actor: Actor, parent: Any = None, *, limit: int = AT_ONCE) -> list[Comment]:
    """The actor's held comments, on one thing or everywhere, oldest first."""
    stmt = (
        select(Comment)
        .where(Comment.author_id == actor.id, Comment.held_at.is_not(None))
        .options(joinedload(Comment.author), joinedload(Comment.anchor))
        .order_by(Comment.id)
        .limit(limit)
    )
    if parent is not None:
        stmt = stmt.where(Comment.parent_kind == card_of(parent).name, Comment.parent_id == parent.id)
    return listing(actor, stmt, Comment)
