"""Earlier words of a post: kept when they are changed, except in the first minutes, while nobody has answered them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from community.extensions import db
from community.microblog.models import PollVote, Post, PostRevision, Reaction

GRACE = timedelta(minutes=5)
"""A slip that is mended within this time leaves no mark."""


def unanswered(post: Post, at: datetime) -> bool:
    """Whether a change leaves no mark yet: the post is young, and nobody has commented, reacted or voted."""
    if at - post.created_at > GRACE or post.comment_count:
        return False
    reacted = select(Reaction.id).where(Reaction.post_id == post.id, Reaction.person_id != post.author_id).limit(1)
    voted = select(PollVote.id).where(PollVote.post_id == post.id).limit(1)
    return db.session.scalar(reacted) is None and db.session.scalar(voted) is None


def keep_post_words(post: Post) -> None:
    """Put the words that stand among the earlier ones. Part of an action that holds the post."""
    known = db.session.scalar(select(func.max(PostRevision.number)).where(PostRevision.post_id == post.id)) or 0
    since = post.edited_at or post.created_at
    db.session.add(PostRevision(post_id=post.id, number=known + 1, body=post.body, created_at=since))


def revisions_of(post: Post) -> Sequence[PostRevision]:
    """The earlier words of a post that the actor came to through its door, oldest first."""
    return db.session.scalars(
        select(PostRevision).where(PostRevision.post_id == post.id).order_by(PostRevision.number)
    ).all()
