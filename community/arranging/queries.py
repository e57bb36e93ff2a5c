"""Where a post may go: the spaces that an actor may move it to, or share it into."""

from __future__ import annotations

from sqlalchemy import func, select

from community.microblog.models import Post
from community.permissions import STAFF, Actor, listing, may
from community.spaces.models import Space


def places_for(actor: Actor, post: Post, *, moving: bool) -> list[Space]:
    """The other spaces where the actor posts, by name; when `moving` the post of another, only those that the actor runs."""
    stmt = select(Space).where(Space.id.in_(list(actor.roles)), Space.id != post.space_id)
    found = listing(actor, stmt.order_by(func.lower(Space.name), Space.id), Space)
    theirs = moving and post.author_id != actor.id
    return [
        space for space in found if may(actor, "post", space) and (not theirs or actor.roles.get(space.id) in STAFF)
    ]
