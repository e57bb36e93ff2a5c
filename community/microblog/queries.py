"""The feed and single posts, as the actor may see them. Keyset paging: `before` is the id of the last post shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from community.comments.models import Comment
from community.extensions import db
from community.microblog.models import REACTIONS, Post, Reaction
from community.permissions import Actor, door, listing
from community.spaces.models import Space

PAGE = 20
SHOWN_COMMENTS = 3


@dataclass
class FeedItem:
    """A post with what its card shows: its newest comments, how many there are, and the reactions."""

    post: Post
    comments: list[Comment] = field(default_factory=list)
    reactions: dict[str, int] = field(default_factory=dict)
    mine: frozenset[str] = frozenset()


@dataclass(frozen=True)
class FeedPage:
    """One page of the feed; `next` is the `before` of the following page, None at the end."""

    items: list[FeedItem]
    next: int | None


def feed(
    actor: Actor,
    *,
    space: Space | None = None,
    kind: str | None = None,
    author_id: int | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
    with_comments: bool = True,
) -> FeedPage:
    """Posts, newest first. Without a space: of every space where the actor has a role. Four queries, always."""
    limit = max(1, min(limit, 100))
    stmt = select(Post).options(joinedload(Post.author), joinedload(Post.space)).order_by(Post.id.desc())
    if space is not None:
        stmt = stmt.where(Post.space_id == space.id)
    elif author_id is None:
        stmt = stmt.where(Post.space_id.in_(list(actor.roles)))
    if kind is not None:
        stmt = stmt.where(Post.kind == kind)
    if author_id is not None:
        stmt = stmt.where(Post.author_id == author_id)
    if before is not None:
        stmt = stmt.where(Post.id < before)
    if after is not None:
        stmt = stmt.where(Post.id > after)
    posts = listing(actor, stmt.limit(limit + 1), Post)
    more = len(posts) > limit
    posts = posts[:limit]
    items = dress(actor, posts, with_comments=with_comments)
    return FeedPage(items, posts[-1].id if more and posts else None)


def dress(actor: Actor, posts: Sequence[Post], *, with_comments: bool = True) -> list[FeedItem]:
    """Posts with their newest comments and reactions: two queries, however many posts."""
    items = {post.id: FeedItem(post) for post in posts}
    if not items:
        return []
    if with_comments:
        place = func.row_number().over(partition_by=Comment.parent_id, order_by=Comment.id.desc()).label("place")
        newest = (
            select(Comment.id, place)
            .where(Comment.parent_kind == "post", Comment.parent_id.in_(items), Comment.deleted_at.is_(None))
            .subquery()
        )
        stmt = (
            select(Comment)
            .join(newest, newest.c.id == Comment.id)
            .where(newest.c.place <= SHOWN_COMMENTS)
            .options(joinedload(Comment.author))
            .order_by(Comment.id)
        )
        for comment in db.session.scalars(stmt):
            items[comment.parent_id].comments.append(comment)
            actor.sees.add(("comment", comment.id))
    mine: dict[int, set[str]] = {}
    counts = (
        select(
            Reaction.post_id,
            Reaction.name,
            func.count(),
            func.max(func.iif(Reaction.person_id == actor.id, 1, 0))
            if db.engine.dialect.name == "sqlite"
            else func.bool_or(Reaction.person_id == actor.id),
        )
        .where(Reaction.post_id.in_(items))
        .group_by(Reaction.post_id, Reaction.name)
    )
    for post_id, name, count, by_me in db.session.execute(counts):
        items[post_id].reactions[name] = count
        if by_me:
            mine.setdefault(post_id, set()).add(name)
    for post_id, names in mine.items():
        items[post_id].mine = frozenset(names)
    for item in items.values():
        item.reactions = {name: item.reactions[name] for name in REACTIONS if name in item.reactions}
    return list(items.values())


def post_for(actor: Actor, post_id: int) -> Post:
    """The post, with author and space. Raises NotFound."""
    return door(actor, Post, Post.id == post_id, options=(joinedload(Post.author), joinedload(Post.space)))


def newer_than(actor: Actor, space: Space | None, post_id: int) -> int:
    """How many posts the actor would see above this one: for "3 new: show"."""
    from community.permissions import visible

    stmt = select(func.count()).select_from(Post).where(Post.id > post_id, visible(actor, Post))
    places = [space.id] if space is not None else list(actor.roles)
    return db.session.scalar(stmt.where(Post.space_id.in_(places))) or 0
