"""Up to where a person has read, and how much is new since: asked by that person alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from community.clock import now
from community.extensions import db
from community.microblog.models import Post
from community.permissions import Actor, visible
from community.spaces.models import Space
from community.visits.models import EVERYWHERE, Visit

SAME_VISIT = timedelta(minutes=30)
"""Who comes back sooner is still at the same visit: the line stays where it was."""
MOST = 100
"""New posts are counted up to here: "99+" says enough, and the count costs no more for who was away for a year."""


@dataclass(frozen=True)
class Seen:
    """Where the line stands (None: there was no visit before, so nothing is new), and whether this look is to be noted."""

    line: int | None
    stale: bool


def seen_in(actor: Actor, place: int) -> Seen:
    """Up to where the actor had read a stream (a space's id, or EVERYWHERE) before this visit."""
    row = db.session.execute(
        select(Visit.line_id, Visit.seen_id, Visit.at).where(Visit.person_id == actor.id, Visit.place == place)
    ).one_or_none()
    if row is None:
        return Seen(None, True)
    at = now()
    again = at - row.at < SAME_VISIT
    return Seen(row.line_id if again else row.seen_id, at - row.at >= timedelta(minutes=1))


@dataclass(frozen=True)
class News:
    """A space where something is new, and how many posts: at most `MOST`."""

    space_id: int
    name: str
    slug: str
    kind: str
    count: int


def new_posts(actor: Actor) -> dict[int, int]:
    """As `news_for`, by the id of the space."""
    return {news.space_id: news.count for news in news_for(actor)}


def news_for(actor: Actor) -> list[News]:
    """How many posts of others are new since the actor's last visit, in each space where they have a role and have been
    before, the fullest first; spaces without news left out. One statement.
    """
    if actor.id is None or not actor.roles:
        return []
    here, feed = aliased(Visit), aliased(Visit)
    mark = case((feed.seen_id > func.coalesce(here.seen_id, 0), feed.seen_id), else_=here.seen_id)
    fresh = (
        select(Post.id)
        .where(Post.space_id == Space.id, Post.id > mark, Post.author_id != actor.id, visible(actor, Post))
        .where(Post.hidden_at.is_(None), Post.archived_at.is_(None))
        .limit(MOST)
        .correlate(Space, here, feed)
        .subquery()
    )
    count = select(func.count()).select_from(fresh).correlate(Space, here, feed).scalar_subquery()
    stmt = (
        select(Space.id, Space.name, Space.slug, Space.kind, count)
        .outerjoin(here, and_(here.place == Space.id, here.person_id == actor.id))
        .outerjoin(feed, and_(feed.place == EVERYWHERE, feed.person_id == actor.id))
        .where(Space.id.in_(list(actor.roles)))
    )
    found = [News(*row) for row in db.session.execute(stmt) if row[-1]]
    return sorted(found, key=lambda news: (-news.count, news.name.casefold()))
