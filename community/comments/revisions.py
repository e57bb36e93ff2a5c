"""Earlier words of a comment, kept as those of a post are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select

from community.comments.kind import IS_PUBLIC
from community.comments.models import Comment, CommentRevision
from community.extensions import db
from community.items.revisions import GRACE, earlier_words, keep_words


def unanswered_comment(comment: Comment, at: datetime) -> bool:
    """Whether a change leaves no mark yet: the comment is young, and nobody has said anything below it."""
    if at - comment.created_at > GRACE:
        return False
    later = select(Comment.id).where(
        Comment.parent_kind == comment.parent_kind,
        Comment.parent_id == comment.parent_id,
        Comment.id > comment.id,
        Comment.author_id != comment.author_id,
        # What others hold, or say to a few, is not told by a mark on a comment of somebody else.
        or_(IS_PUBLIC, and_(Comment.held_at.is_(None), Comment.reply_to_id == (comment.reply_to_id or comment.id))),
    )
    return db.session.scalar(later.limit(1)) is None


def keep_comment_words(comment: Comment) -> None:
    """Put the words that stand among the earlier ones. Part of an action that holds the comment."""
    keep_words(CommentRevision.comment_id, comment)


def comment_revisions_of(comment: Comment) -> Sequence[CommentRevision]:
    """The earlier words of a comment that the actor came to through its door, oldest first."""
    return earlier_words(CommentRevision.comment_id, comment)
