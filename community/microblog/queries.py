"""The feed and single posts, as the actor may see them. Keyset paging: `before` is the id of the last post shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from community.clock import now
from community.comments.kind import IS_PUBLIC
from community.comments.models import Comment
from community.extensions import BigId, db, is_sqlite
from community.microblog.attachments import attachments_of
from community.microblog.filters import EVERYTHING, IN_STREAM, Asked
from community.microblog.models import MOST_PINNED, REACTIONS, Attachment, LinkPreview, Post, Reaction
from community.microblog.polls import PollShown, polls_of
from community.microblog.praise import praised_in
from community.microblog.previews import previews_of
from community.people.models import Person
from community.permissions import Actor, door, listing, visible
from community.spaces.models import Space

PAGE = 20
NEAR = 120
SHOWN_COMMENTS = 3


@dataclass
class FeedItem:
    """A post with what its card shows: its newest comments, how many there are, the reactions, and what its kind brings along."""

    post: Post
    comments: list[Comment] = field(default_factory=list)
    reactions: dict[str, int] = field(default_factory=dict)
    mine: frozenset[str] = frozenset()
    poll: PollShown | None = None
    praised: Sequence[Person] = ()
    files: Sequence[Attachment] = ()
    preview: LinkPreview | None = None
    shared: Post | None = None
    """What a post points at, when the reader sees that too."""


@dataclass(frozen=True)
class FeedPage:
    """One page of the feed; `next` is the `before` of the following page, None at the end. `pinned` stand above it."""

    items: list[FeedItem]
    next: int | None
    pinned: list[FeedItem] = field(default_factory=list)


def feed(
    actor: Actor,
    *,
    space: Space | None = None,
    asked: Asked = EVERYTHING,
    before: int | None = None,
    after: int | None = None,
    limit: int = PAGE,
    with_comments: bool = True,
    pinned: bool = False,
    only_mine: bool = False,
) -> FeedPage:
    """Posts, newest first. Without a space: of every space where the actor has a role; for one author of everywhere, unless
    `only_mine`.
    `pinned`: those that are pinned in the space stand above, and not once more below. At most six queries, always.
    """
    limit = max(1, min(limit, 100))
    above = pinned_in(actor, space) if pinned and space is not None else []
    narrow = asked.clauses(actor)
    if above:
        narrow.append(Post.id.not_in([post.id for post in above]))
    if after is not None:
        narrow.append(Post.id > after)
    below = [Post.id < before] if before is not None else []
    plain = asked.is_empty and after is None
    if space is not None and plain:
        posts = _newest_near(actor, limit + 1, (space.id,), narrow if above else IN_STREAM, before)
    elif space is not None:
        posts = _newest(actor, limit + 1, Post.space_id == space.id, *narrow, *below)
    elif asked.author_id is not None and not only_mine:
        posts = _newest(actor, limit + 1, *narrow, *below)
    elif asked.is_rare:
        posts = _newest(actor, limit + 1, Post.space_id.in_(list(actor.roles)), *narrow, *below)
    else:
        posts = _newest_near(actor, limit + 1, tuple(actor.roles), IN_STREAM if plain else narrow, before)
    more = len(posts) > limit
    posts = posts[:limit]
    if before is not None:
        above = []
    items = dress(actor, [*above, *posts], with_comments=with_comments)
    return FeedPage(items[len(above) :], posts[-1].id if more and posts else None, items[: len(above)])


def pinned_in(actor: Actor, space: Space) -> list[Post]:
    """What stands above the stream of a space now, the last pinned first."""
    lasts = or_(Post.pinned_until.is_(None), Post.pinned_until > now())
    stmt = select(Post).options(*_CARD).where(Post.space_id == space.id, Post.pinned_at.is_not(None), lasts)
    return listing(actor, stmt.order_by(Post.pinned_at.desc(), Post.id.desc()).limit(MOST_PINNED), Post)


_CARD = (
    joinedload(Post.author).load_only(Person.name, Person.handle, Person.picture_key),
    joinedload(Post.space).load_only(Space.name, Space.slug, Space.kind, Space.status, Space.tools, Space.cohort_id),
)


def _newest(actor: Actor, count: int, *where: ColumnElement[bool]) -> list[Post]:
    stmt = select(Post).options(*_CARD).where(*where).order_by(Post.id.desc()).limit(count)
    return listing(actor, stmt, Post)


def _newest_near(
    actor: Actor, count: int, spaces: tuple[int, ...], where: Sequence[ColumnElement[bool]], before: int | None
) -> list[Post]:
    """The newest of some spaces. To look at everything there in order to show twenty would be dear, so the rights are asked of
    the newest hundred alone, which an index gives; of all, where too few of those may be seen.
    """
    clause = visible(actor, Post)
    put_together = _near_me if where is IN_STREAM else _near
    stmt = put_together(clause, spaces, count, where, before is not None)
    posts = list(db.session.scalars(stmt, {"before": before} if before is not None else {}))
    if len(posts) < count:
        below = () if before is None else (Post.id < before,)
        return _newest(actor, count, Post.space_id.in_(spaces), *where, *below)
    actor.sees.update(("post", post.id) for post in posts)
    return posts


def _near(
    clause: ColumnElement[bool],
    spaces: tuple[int, ...],
    count: int,
    where: Sequence[ColumnElement[bool]],
    below: bool,
) -> Select[Any]:
    """Those that may be seen of the newest, `below`: before the post `:before`."""
    here = Post.space_id == spaces[0] if len(spaces) == 1 else Post.space_id.in_(spaces)
    near = select(Post.id).where(here, *where)
    if below:
        near = near.where(Post.id < bindparam("before", type_=BigId))
    some = near.order_by(Post.id.desc()).limit(max(NEAR, 2 * count)).subquery()
    stmt = select(Post).options(*_CARD).where(Post.id.in_(select(some.c.id)), clause)
    return stmt.order_by(Post.id.desc()).limit(count)


# The plain feed and stream are what most people ask, and each asks again: put together once for each reach.
_near_me = lru_cache(maxsize=2_000)(_near)


@cache
def _reactions(on_sqlite: bool) -> Select[Any]:
    """How many of each reaction the posts `:posts` have, and whether one is of the person `:me`; put together once."""
    by_me = Reaction.person_id == bindparam("me", type_=BigId)
    mine = func.max(func.iif(by_me, 1, 0)) if on_sqlite else func.bool_or(by_me)
    return (
        select(Reaction.post_id, Reaction.name, func.count(), mine)
        .where(Reaction.post_id.in_(bindparam("posts", expanding=True)))
        .group_by(Reaction.post_id, Reaction.name)
    )


def dress(actor: Actor, posts: Sequence[Post], *, with_comments: bool = True) -> list[FeedItem]:
    """Posts with their newest comments and reactions: two queries, however many posts."""
    items = {post.id: FeedItem(post) for post in posts}
    if not items:
        return []
    if with_comments:
        place = func.row_number().over(partition_by=Comment.parent_id, order_by=Comment.id.desc()).label("place")
        newest = (
            select(Comment.id, place)
            .where(Comment.parent_kind == "post", Comment.parent_id.in_(items), Comment.deleted_at.is_(None), IS_PUBLIC)
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
    counts = _reactions(is_sqlite())
    for post_id, name, count, by_me in db.session.execute(counts, {"posts": list(items), "me": actor.id}):
        items[post_id].reactions[name] = count
        if by_me:
            mine.setdefault(post_id, set()).add(name)
    for post_id, names in mine.items():
        items[post_id].mine = frozenset(names)
    _show_shared(actor, items)
    for item in items.values():
        item.reactions = {name: item.reactions[name] for name in REACTIONS if name in item.reactions}
    _bring_along(actor, items)
    return list(items.values())


def _bring_along(actor: Actor, items: dict[int, FeedItem]) -> None:
    """What the kinds of some posts show besides, each asked for only where there is some: at most seven queries."""
    polls = polls_of(actor, [item.post.id for item in items.values() if item.post.kind == "poll"])
    praised = praised_in([item.post.id for item in items.values() if item.post.kind == "praise"])
    files = attachments_of([item.post.id for item in items.values() if item.post.attachment_count])
    previews = previews_of([item.post.id for item in items.values() if item.post.has_preview])
    for number, item in items.items():
        item.poll, item.praised = polls.get(number), praised.get(number, ())
        item.files, item.preview = files.get(number, ()), previews.get(number)


def _show_shared(actor: Actor, items: dict[int, FeedItem]) -> None:
    """Give posts that point at others what they point at, where the actor sees it."""
    wanted = {item.post.shared_id for item in items.values()} - {None}
    if wanted:
        found = listing(actor, select(Post).options(*_CARD).where(Post.id.in_(wanted)), Post)
        known = {post.id: post for post in found}
        for item in items.values():
            item.shared = known.get(item.post.shared_id or 0)


def post_for(actor: Actor, post_id: int) -> Post:
    """The post, with author and space. Raises NotFound."""
    return door(actor, Post, Post.id == post_id, options=(joinedload(Post.author), joinedload(Post.space)))
