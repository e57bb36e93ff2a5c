"""Following a topic. No action of the community: what somebody follows is theirs."""

from __future__ import annotations

from sqlalchemy import delete, select

from community.extensions import db, write_unit
from community.permissions import Actor, require
from community.topics.models import Topic, TopicFollow


def follow(actor: Actor, topic: Topic) -> None:
    """Hear of new posts under a topic. Twice is once. Raises NotFound."""
    require(actor, "follow", topic)
    topic_id = topic.id
    with write_unit():
        known = select(TopicFollow.id).where(TopicFollow.topic_id == topic_id, TopicFollow.person_id == actor.id)
        if db.session.scalar(known) is None:
            db.session.add(TopicFollow(topic_id=topic_id, person_id=actor.id))


def unfollow(actor: Actor, topic: Topic) -> None:
    """Hear of it no longer."""
    topic_id = topic.id
    with write_unit():
        db.session.execute(
            delete(TopicFollow).where(TopicFollow.topic_id == topic_id, TopicFollow.person_id == actor.id)
        )
