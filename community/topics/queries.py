"""Topics and what names them, as the actor may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, cast, func, null, or_, select

from community.activity.models import Activity
from community.extensions import db
from community.items.tags import keys_of
from community.kinds import kind_named
from community.markdown import topic_key
from community.markup import topics_of
from community.permissions import Actor, listing, things_for, visible
from community.spaces.models import Space
from community.topics.kind import use_visible
from community.topics.models import NAMING, Topic, TopicFollow, TopicUse

PAGE = 30
MOST_SUGGESTED = 8
LOOKED_AT = 30


@dataclass(frozen=True)
class Under:
    """A stretch of what names a topic, newest first. `next` is the `before` of the following one, None at the end."""

    items: list[tuple[str, Any]]
    next: int | None


@dataclass(frozen=True)
class Counted:
    """A topic with how many things name it that the actor sees."""

    topic: Topic
    uses: int


def topic_named(actor: Actor, name: str) -> Topic | None:
    """The topic of that name, or what it became; None when the actor sees nothing that names it. A name that was merged away leads
    on for who sees words with it: to others it never was, also when they see what it became.
    """
    known = db.session.scalars(select(Topic).where(Topic.key == topic_key(name.lstrip("#")))).one_or_none()
    if known is None:
        return None
    found: list[Topic] = listing(actor, select(Topic).where(Topic.id == (known.merged_into_id or known.id)), Topic)
    if not found or (_was_merged(known) and not _sees_words_with(actor, found[0], known.key)):
        return None
    return found[0]


def _was_merged(name: Topic) -> bool:
    """Whether a name was once a topic of its own, and no other spelling of what it leads to."""
    if name.merged_into_id is None:
        return False
    family = select(Topic.id).where(or_(Topic.id == name.merged_into_id, Topic.merged_into_id == name.merged_into_id))
    lines = select(Activity.data).where(
        Activity.object_kind == "topic", Activity.object_id.in_(family), Activity.verb == "topic.merged"
    )
    return any(data.get("merged") == name.id for data in db.session.scalars(lines))


def _sees_words_with(actor: Actor, topic: Topic, key: str) -> bool:
    """Whether something under a topic that the actor sees spells it so. The newest of each kind are looked at."""
    for name in NAMING:
        model = kind_named(name).model
        uses = select(TopicUse.object_id).where(TopicUse.topic_id == topic.id, TopicUse.object_kind == name)
        tags = getattr(model, "tags", null())
        words = model.description if name == "file" else model.body
        stmt = select(words, tags).where(model.id.in_(uses), visible(actor, model)).order_by(model.id.desc())
        if key.isascii():  # of other letters databases do not know which are the same
            said = words.icontains(f"#{key}", autoescape=True)
            tagged = cast(tags, String).icontains(key, autoescape=True)
            stmt = stmt.where(or_(said, tagged))
        for body, tagged_with in db.session.execute(stmt.limit(LOOKED_AT)):
            if key in topics_of(body) or key in keys_of(tagged_with):
                return True
    return False


def under(actor: Actor, topic: Topic, *, before: int | None = None, limit: int = PAGE) -> Under:
    """What names a topic: posts, pages, comments and files, in the order in which they first did. A query for each kind there."""
    stmt = select(TopicUse).where(TopicUse.topic_id == topic.id, use_visible(actor))
    if before is not None:
        stmt = stmt.where(TopicUse.id < before)
    rows = db.session.scalars(stmt.order_by(TopicUse.id.desc()).limit(limit + 1)).all()
    more, rows = len(rows) > limit, rows[:limit]
    places = [(row.object_kind, row.object_id) for row in rows]
    things = things_for(actor, places)
    items = [(kind, things[kind, number]) for kind, number in places if (kind, number) in things]
    return Under(items, rows[-1].id if more else None)


def follows(actor: Actor, topic: Topic) -> bool:
    """Whether the actor follows it."""
    stmt = select(TopicFollow.id).where(TopicFollow.topic_id == topic.id, TopicFollow.person_id == actor.id)
    return db.session.scalar(stmt) is not None


def followed_by(actor: Actor) -> list[Topic]:
    """The topics that the actor follows and still sees, by name."""
    mine = select(TopicFollow.topic_id).where(TopicFollow.person_id == actor.id)
    return listing(actor, select(Topic).where(Topic.id.in_(mine)).order_by(func.lower(Topic.name), Topic.id), Topic)


def topics_in_wiki(actor: Actor, space: Space, *, limit: int = 40) -> list[Counted]:
    """The topics and tags of the pages of a space, by name: the most used, with how many pages the actor sees under each."""
    model = kind_named("page").model
    uses = func.count(TopicUse.id)
    stmt = (
        select(Topic, uses)
        .join(TopicUse, TopicUse.topic_id == Topic.id)
        .join(model, model.id == TopicUse.object_id)
        .where(TopicUse.object_kind == "page", model.space_id == space.id, visible(actor, model))
        .group_by(Topic.id)
        .order_by(uses.desc(), Topic.key)
        .limit(limit)
    )
    return sorted((Counted(topic, count) for topic, count in db.session.execute(stmt)), key=lambda one: one.topic.key)


def topics_for(actor: Actor, *, limit: int = 50) -> list[Counted]:
    """The topics that the actor sees, the most used first; only what they see is counted."""
    uses = func.count(TopicUse.id)
    stmt = (
        select(Topic, uses)
        .join(TopicUse, TopicUse.topic_id == Topic.id)
        .where(use_visible(actor), Topic.merged_into_id.is_(None))
        .group_by(Topic.id)
        .order_by(uses.desc(), Topic.key)
        .limit(limit)
    )
    rows = db.session.execute(stmt).all()
    actor.sees.update(("topic", topic.id) for topic, _ in rows)
    return [Counted(topic, count) for topic, count in rows]


def topics_like(actor: Actor, sought: str) -> list[Topic]:
    """The topics one may mean by some letters: those that begin with them first."""
    key = topic_key(sought.lstrip("#"))
    begins = Topic.key.startswith(key, autoescape=True)
    stmt = (
        select(Topic)
        .where(or_(begins, Topic.key.contains(key, autoescape=True)))
        .order_by(begins.desc(), func.length(Topic.key), Topic.key)
        .limit(MOST_SUGGESTED)
    )
    return listing(actor, stmt, Topic)
