"""Floods are slowed, people are not: how many posts somebody may make in a while, and how soon they may say the same again.

The numbers are a pace on average, not a wait after each post: whoever has two things to say says them. The first posts of a
new account in a place where it is new too go slower. Who runs a space is never slowed in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Row, case, func, select

from community.clock import now
from community.errors import Invalid, TooMany, _l
from community.extensions import db
from community.microblog.models import Post
from community.people.models import Person
from community.permissions import STAFF, Actor
from community.spaces.models import Membership, Space


class Pace(NamedTuple):
    """So many posts within this time."""

    posts: int
    within: timedelta


EVERYBODY: Pace | None = Pace(180, timedelta(minutes=30))
"""A post every 10 s on average. None: as many as they like."""
NEWCOMER = Pace(60, timedelta(hours=2))
"""A post every 120 s on average, for an account and a membership younger than `NEW_FOR`."""
NEW_FOR = timedelta(days=1)
SAME_WORDS = timedelta(minutes=1)
"""The same words twice in one space within this time are a slip, while nobody has answered the first."""
_LOOKED_AT = 200


def check_pace(actor: Actor, space: Space, body: str | None) -> None:
    """Raises TooMany when somebody posts faster than people do, Invalid("body") when these are the words that they posted here
    just now. Without a `body` it may be any: two posts are shared with the same words. One question, as a rule.
    """
    recent = _recent(actor)
    again = (one for one in recent if one.space_id == space.id and one.deleted_at is None and not one.comment_count)
    said = body.strip() if body is not None else None
    if any(one.created_at > now() - SAME_WORDS and one.body.strip() == said for one in again):
        raise Invalid("body", _l("You posted these very words here a moment ago."))
    if EVERYBODY is None or actor.is_administrator or actor.roles.get(space.id) in STAFF:
        return
    for pace in (EVERYBODY, NEWCOMER):
        made = sum(one.created_at > now() - pace.within for one in recent)
        if made >= pace.posts and (pace is EVERYBODY or _is_new(actor, space)):
            wait = int(pace.within.total_seconds()) // pace.posts
            raise TooMany(wait, _l("You post faster than people can read. Wait a moment, then post this again."))


def _recent(actor: Actor) -> Sequence[Row[datetime, int | None, datetime | None, int, str]]:
    """What somebody posted lately: only the newest few are looked at, which an index gives."""
    newest = select(Post.id).where(Post.author_id == actor.id).order_by(Post.id.desc()).limit(_LOOKED_AT).subquery()
    since = now() - max(EVERYBODY.within if EVERYBODY else SAME_WORDS, NEWCOMER.within)
    body = case((Post.created_at > now() - SAME_WORDS, Post.body), else_="")
    stmt = select(Post.created_at, Post.space_id, Post.deleted_at, Post.comment_count, body.label("body")).where(
        Post.id.in_(select(newest.c.id)), Post.created_at > since, Post.created_at <= now()
    )
    return db.session.execute(stmt).all()


def _is_new(actor: Actor, space: Space) -> bool:
    since = (
        select(func.min(Membership.since))
        .where(Membership.person_id == actor.id, Membership.space_id == space.id)
        .scalar_subquery()
    )
    made, came = db.session.execute(select(Person.created_at, since).where(Person.id == actor.id)).one()
    return all(now() - NEW_FOR < moment for moment in {made, came} - {None})
