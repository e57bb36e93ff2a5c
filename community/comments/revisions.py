"""Earlier words of a comment, kept as those of a post are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from community.comments.models import Comment, CommentRevision
from community.extensions import db

GRACE = timedelta(minutes=5)


def unanswered_comment(comment: Comment, at: datetime) -> bool:
    """Whether a change leaves no mark yet: the comment is young, and nobody has said anything below it."""
    if at - comment.created_at > GRACE:
        return False
    later = select(Comment.id).where(
        Comment.parent_kind == comment.parent_kind,
        Comment.parent_id == comment.parent_id,
        Comment.id > comment.id,
        Comment.author_id != comment.author_id,
    )
    return db.session.scalar(later.limit(1)) is None


def keep_comment_words(comment: Comment) -> None:
    """Put the words that stand among the earlier ones. Part of an action that holds the comment."""
    last = select(func.max(CommentRevision.number)).where(CommentRevision.comment_id == comment.id)
    known = db.session.scalar(last) or 0
    since = comment.edited_at or comment.created_at
    db.session.add(CommentRevision(comment_id=comment.id, number=known + 1, body=comment.body, created_at=since))


def comment_revisions_of(comment: Comment) -> Sequence[CommentRevision]:
    """The earlier words of a comment that the actor came to through its door, oldest first."""
    return db.session.scalars(
        select(CommentRevision).where(CommentRevision.comment_id == comment.id).order_by(CommentRevision.number)
    ).all()
