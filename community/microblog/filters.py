"""What a reader asks of a stream: filters that combine. One sentence of SQL each, the same for pages, API and Atom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, false, select, union_all
from sqlalchemy.orm import aliased

from community.comments.kind import IS_PUBLIC
from community.comments.models import Comment
from community.items.models import Mention
from community.microblog.models import Post, Reaction
from community.permissions import Actor
from community.topics.models import TopicUse
from community.topics.queries import topic_named

STATES = ("archived", "hidden")
"""Posts that no stream shows unless one asks for them."""


@dataclass(frozen=True)
class Asked:
    """Which posts. `topic` is a key (`markdown.topic_key`); `since` is included and `until` is not; `state` "" are those that
    stand in the stream. What is left out asks nothing.
    """

    kind: str | None = None
    topic: str | None = None
    author_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    involved: bool = False
    unanswered: bool = False
    reaction: str | None = None
    state: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether this asks for the stream as it is."""
        return self == EVERYTHING

    @property
    def is_rare(self) -> bool:
        """Whether few posts are like that, so that they are better looked up than met while reading the newest."""
        return self.topic is not None or self.involved or self.state != "" or self.author_id is not None

    def clauses(self, actor: Actor) -> list[ColumnElement[bool]]:
        """The filters as SQL over posts; a topic is looked up. Who may see a post is not asked here."""
        found = _in_state(self.state)
        if self.kind is not None:
            found.append(Post.kind == self.kind)
        if self.author_id is not None:
            found.append(Post.author_id == self.author_id)
        if self.since is not None:
            found.append(Post.created_at >= self.since)
        if self.until is not None:
            found.append(Post.created_at < self.until)
        if self.topic is not None:
            found.append(_under(actor, self.topic))
        if self.reaction is not None:
            reacted = select(Reaction.id).where(Reaction.post_id == Post.id, Reaction.name == self.reaction)
            found.append(reacted.exists())
        if self.involved:
            found.append(_concerns(actor))
        if self.unanswered:
            found += _waits()
        return found


EVERYTHING = Asked()
IN_STREAM = (Post.hidden_at.is_(None), Post.archived_at.is_(None))


def _in_state(state: str) -> list[ColumnElement[bool]]:
    if state == "archived":
        return [Post.archived_at.is_not(None)]
    if state == "hidden":
        return [Post.hidden_at.is_not(None), Post.archived_at.is_(None)]
    return list(IN_STREAM)


def _under(actor: Actor, key: str) -> ColumnElement[bool]:
    """Names the topic of this key, or what that topic became; nothing does where the actor does not see that it was used."""
    topic = topic_named(actor, key)
    if topic is None:
        return false()
    return Post.id.in_(select(TopicUse.object_id).where(TopicUse.object_kind == "post", TopicUse.topic_id == topic.id))


def _concerns(actor: Actor) -> ColumnElement[bool]:
    """I wrote it, said something below it, reacted, or am mentioned in it or below it. What concerns one person is little
    beside all posts, so it is looked up first.
    """
    mine = aliased(Post)
    written = select(mine.id).where(mine.author_id == actor.id)
    said = select(Comment.parent_id).where(
        Comment.author_id == actor.id, Comment.parent_kind == "post", Comment.deleted_at.is_(None)
    )
    reacted = select(Reaction.post_id).where(Reaction.person_id == actor.id)
    named = select(Mention.on_id).where(Mention.person_id == actor.id, Mention.on_kind == "post")
    return Post.id.in_(union_all(written, said, reacted, named))


def _waits() -> list[ColumnElement[bool]]:
    """A question without an accepted answer, below which nobody but its author has said anything."""
    others = select(Comment.id).where(
        Comment.parent_kind == "post",
        Comment.parent_id == Post.id,
        Comment.deleted_at.is_(None),
        IS_PUBLIC,
        Comment.author_id != Post.author_id,
    )
    return [Post.kind == "question", Post.accepted_comment_id.is_(None), ~others.exists()]
