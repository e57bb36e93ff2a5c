"""Earlier words of a post: kept when they are changed, except in the first minutes, while nobody has answered them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from community.extensions import db
from community.items.revisions import GRACE, earlier_words, keep_words
from community.microblog.models import PollVote, Post, PostRevision, Reaction


def unanswered(post: Post, at: datetime) -> bool:
    """Whether a change leaves no mark yet: the post is young, and nobody has commented, reacted or voted."""
    if at - post.created_at > GRACE or post.comment_count:
        return False
    reacted = select(Reaction.id).where(Reaction.post_id == post.id, Reaction.person_id != post.author_id).limit(1)
    voted = select(PollVote.id).where(PollVote.post_id == post.id).limit(1)
    return db.session.scalar(reacted) is None and db.session.scalar(voted) is None


def keep_post_words(post: Post) -> None:
    """Put the words that stand among the earlier ones. Part of an action that holds the post."""
    keep_words(PostRevision.post_id, post)


def revisions_of(post: Post) -> Sequence[PostRevision]:
    """The earlier words of a post that the actor came to through its door, oldest first."""
    return earlier_words(PostRevision.post_id, post)
