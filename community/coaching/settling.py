"""What a comment answers, and how long that took. Called in the action that answers from the inbox, and again by the reader of the
log, which also reads what was said elsewhere: reading a comment twice changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, or_, select

from community.coaching.models import Ask, CoachAnswer, CoachThread
from community.coaching.terms import terms_in
from community.comments.models import Comment
from community.extensions import db, insert_into, put_row
from community.kinds import kind_named

_HEARD = (Comment.deleted_at.is_(None), Comment.held_at.is_(None))
"""Comments that others can read by now."""


def settle(comment: Comment) -> None:
    """Let what waits follow a comment that came or went. Part of a write unit."""
    if comment.space_id is None:
        return
    db.session.flush()
    if comment.as_role == "coach" and comment.audience != "coaches":  # what the team hears
        _keep_answer(comment)
    if comment.reply_to_id is not None and comment.parent_kind != "ask":
        recount_thread(comment.reply_to_id)
    if comment.parent_kind == "ask":
        ask = db.session.get(Ask, comment.parent_id, with_for_update=True, populate_existing=True)
        if ask is not None:
            recount(ask)


def recount_thread(first_id: int) -> None:
    """Whether a thread waits for the coach who spoke in it last."""
    first = db.session.get(Comment, first_id, with_for_update=True, populate_existing=True)
    if first is None or first.space_id is None:
        return
    said = db.session.execute(
        select(Comment.id, Comment.author_id, Comment.as_role, Comment.created_at)
        .where(or_(Comment.id == first_id, Comment.reply_to_id == first_id), *_HEARD)
        .order_by(Comment.created_at, Comment.id)
    ).all()
    spoke = max((place for place, row in enumerate(said) if row.as_role == "coach"), default=None)
    later = said[spoke + 1 :] if spoke is not None else []
    if spoke is None or not later or first.deleted_at is not None:
        db.session.execute(delete(CoachThread).where(CoachThread.comment_id == first_id))
        return
    put_row(
        CoachThread,
        {"comment_id": first_id},
        space_id=first.space_id,
        since=later[0].created_at,
        latest=later[-1].created_at,
        by_id=later[-1].author_id,
        for_id=said[spoke].author_id,
    )


def recount(ask: Ask) -> None:
    """Whether an ask waits, since when, and who has it, as what was said about it tells."""
    said = db.session.execute(
        select(Comment.author_id, Comment.as_role, Comment.created_at)
        .where(Comment.parent_kind == "ask", Comment.parent_id == ask.id, Comment.audience != "coaches", *_HEARD)
        .order_by(Comment.created_at, Comment.id)
    ).all()
    answers = [row for row in said if row.as_role == "coach"]
    ask.answered_at = answers[-1].created_at if answers else None
    since = [row.created_at for row in said if row.as_role != "coach" and answers and row.created_at > ask.answered_at]
    ask.waits_since = ask.created_at if not answers else since[0] if since else None
    if since and ask.closed_at is not None and since[-1] > ask.closed_at:
        ask.closed_at = None  # who goes on opens it again
    ask.spoke_id = said[-1].author_id if said else ask.author_id
    ask.spoke_at = said[-1].created_at if said else ask.created_at
    if answers and ask.taken_by_id is None:  # the first reply takes it
        ask.taken_by_id, ask.taken_at = answers[0].author_id, answers[0].created_at
    elif not answers and ask.taken_at is not None and not ask.taken_by_word:
        ask.taken_by_id = ask.taken_at = None


def _keep_answer(comment: Comment) -> None:
    if comment.deleted_at is not None or comment.held_at is not None:
        db.session.execute(delete(CoachAnswer).where(CoachAnswer.comment_id == comment.id))
        return
    began = waited_from(comment)
    if began is None or comment.space_id is None:
        return
    row = {
        "comment_id": comment.id,
        "space_id": comment.space_id,
        "coach_id": comment.author_id,
        "answered_at": comment.created_at,
        "worked": terms_in(comment.space_id).worked(began, comment.created_at),
    }
    insert = insert_into(CoachAnswer).values(**row)
    db.session.execute(insert.on_conflict_do_nothing(index_elements=["comment_id"]))


def waited_from(comment: Comment) -> datetime | None:
    """Since when a team waited for a coach's comment: the first word of others after a coach spoke last in the same thread, or,
    where none did, the ask or what was shared with the coach alone. None when nobody waited.
    """
    root = comment.reply_to_id
    here = [
        Comment.parent_kind == comment.parent_kind,
        Comment.parent_id == comment.parent_id,
        Comment.created_at < comment.created_at,
        *_HEARD,
    ]
    thing = db.session.get(kind_named(comment.parent_kind).model, comment.parent_id)
    whole = comment.parent_kind == "ask" or getattr(thing, "audience", "") == "coach"
    if not whole:
        if root is None:
            return None
        here.append(or_(Comment.id == root, Comment.reply_to_id == root))
    said = db.session.execute(
        select(Comment.as_role, Comment.created_at).where(*here).order_by(Comment.created_at, Comment.id)
    ).all()
    spoke = max((place for place, row in enumerate(said) if row.as_role == "coach"), default=None)
    if spoke is None and whole:
        return getattr(thing, "created_at", None)
    later = said[spoke + 1 :] if spoke is not None else said
    return next((row.created_at for row in later if row.as_role != "coach"), None)
