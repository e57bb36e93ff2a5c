"""The card of a topic: who sees something that names it sees the topic; nobody learns of a word from where they may not read."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from community.extensions import db
from community.kinds import Kind, kind_named, predicate, register
from community.permissions import Actor, visible
from community.topics.models import NAMING, Topic, TopicFollow, TopicUse

is_signed_in = predicate("is signed in")(lambda actor, _: actor.id is not None)
is_administrator = predicate("is administrator")(lambda actor, _: actor.is_administrator or actor.is_system)


def use_visible(actor: Actor) -> ColumnElement[bool]:
    """Which of the things that name topics the actor may see: one clause for each kind."""
    ways = []
    for name in NAMING:
        model = kind_named(name).model
        there = select(model.id).where(model.id == TopicUse.object_id, visible(actor, model))
        ways.append(and_(TopicUse.object_kind == name, there.exists()))
    return or_(*ways)


def topic_visible(actor: Actor) -> ColumnElement[bool]:
    """Somebody who sees at least one thing that names it; administrators too see no more."""
    named = select(TopicUse.id).where(TopicUse.topic_id == Topic.id, use_visible(actor))
    return and_(Topic.merged_into_id.is_(None), named.exists())


def followers_of(keys: Collection[str]) -> set[int]:
    """Ids of those who follow one of the topics with these keys, or what such a topic became."""
    topics = db.session.execute(select(Topic.id, Topic.merged_into_id).where(Topic.key.in_(keys))).all()
    ids = {merged or topic_id for topic_id, merged in topics}
    return set(db.session.scalars(select(TopicFollow.person_id).where(TopicFollow.topic_id.in_(ids)))) if ids else set()


def _scopes(topic: Topic) -> frozenset[str]:
    tokens: frozenset[str] = frozenset()
    uses = db.session.execute(
        select(TopicUse.object_kind, TopicUse.object_id)
        .where(TopicUse.topic_id == topic.id)
        .order_by(TopicUse.id.desc())
    ).all()
    for kind, object_id in uses:
        card = kind_named(kind)
        thing = db.session.get(card.model, object_id)
        if thing is not None:
            tokens |= card.scopes(thing)
    return tokens


def _export(topic: Topic) -> dict[str, Any]:
    return {"key": topic.key, "name": topic.name, "names": topic.names, "description": topic.description}


CARD = register(
    Kind(
        name="topic",
        model=Topic,
        visible=topic_visible,
        verbs={"follow": is_signed_in, "rename": is_administrator, "merge": is_administrator},
        scopes=_scopes,
        export=_export,
    )
)
