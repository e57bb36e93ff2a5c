"""Floods are slowed, people are not: how many posts somebody may make in a while, and how soon they may say the same again.

The numbers are a pace on average, not a wait after each post: whoever has two things to say says them. The first posts of a
new account in a place where it is new too go slower. Who runs a space is never slowed in it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select

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


EVERYBODY: Pace | None = Pace(30, timedelta(minutes=5))
"""A post every 10 s on average. None: as many as they like."""
NEWCOMER: Pace | None = Pace(10, timedelta(minutes=20))
"""A post every 120 s on average, for an account and a membership younger than `NEW_FOR`."""
NEW_FOR = timedelta(days=1)
SAME_WORDS = timedelta(minutes=1)
"""The same words twice in one space within this time are a slip."""


def check_pace(actor: Actor, space: Space) -> None:
    """Raises TooMany when somebody posts faster than people do."""
    pace = EVERYBODY
    if pace is None or actor.id is None or actor.is_administrator or actor.roles.get(space.id) in STAFF:
        return
    if _too_fast(actor, pace):
        raise TooMany(*_wait(pace))
    if NEWCOMER is not None and _is_new(actor, space) and _too_fast(actor, NEWCOMER):
        raise TooMany(*_wait(NEWCOMER))


def _wait(pace: Pace) -> tuple[int, str]:
    seconds = int(pace.within.total_seconds()) // pace.posts
    return seconds, _l("You post faster than people can read. Wait a moment, then post this again.")


def _too_fast(actor: Actor, pace: Pace) -> bool:
    """Whether the last so many posts were all made within the time. One question of an index."""
    stmt = select(Post.created_at).where(Post.author_id == actor.id).order_by(Post.id.desc())
    oldest = db.session.scalar(stmt.offset(pace.posts - 1).limit(1))
    return oldest is not None and now() - pace.within < oldest <= now()


def _is_new(actor: Actor, space: Space) -> bool:
    since = (
        select(func.min(Membership.since))
        .where(Membership.person_id == actor.id, Membership.space_id == space.id)
        .scalar_subquery()
    )
    made, came = db.session.execute(select(Person.created_at, since).where(Person.id == actor.id)).one()
    return all(now() - NEW_FOR < moment for moment in {made, came} - {None})


def check_not_said_before(actor: Actor, space: Space, body: str) -> None:
    """Raises Invalid("body") when these are the words that the same person posted here just now."""
    stmt = (
        select(Post.body)
        .where(
            Post.author_id == actor.id,
            Post.space_id == space.id,
            Post.deleted_at.is_(None),
            Post.created_at > now() - SAME_WORDS,
            Post.created_at <= now(),
        )
        .order_by(Post.id.desc())
        .limit(5)
    )
    if any(said.strip() == body.strip() for said in db.session.scalars(stmt)):
        raise Invalid("body", _l("You posted these very words here a moment ago."))
