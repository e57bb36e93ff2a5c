"""What can happen to topics: administrators give them better names, and make one of two."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select, update
from sqlalchemy.orm import aliased

from community.activity.log import action, record
from community.errors import Invalid, _l
from community.extensions import db
from community.markdown import topic_key
from community.markup import clean_text, topics_of
from community.people.models import LANGUAGES
from community.permissions import Actor, require
from community.topics.models import LONGEST, Topic, TopicFollow, TopicUse


@action
def update_topic(
    actor: Actor, topic: Topic, *, name: str, names: Mapping[str, str] | None = None, description: str = ""
) -> Topic:
    """Name and describe a topic, in each language. With a name that is spelled otherwise the old one leads to it, in whatever was
    written before and after. Raises Invalid (name, names, description), Denied, NotFound.
    """
    require(actor, "rename", topic)
    name, description = name.strip().lstrip("#"), clean_text(description).strip()
    if topics_of(f"#{name}") != (topic_key(name),) or len(topic_key(name)) > LONGEST or len(name) > LONGEST:
        raise Invalid("name", _l("A topic is one word, of letters, digits and hyphens."))
    if len(description) > 500:
        raise Invalid("description", _l("Keep it under %(limit)d characters."), limit=500)
    said = {code: clean_text(held).strip() for code, held in (names or {}).items() if held.strip()}
    if any(code not in LANGUAGES or len(held) > LONGEST for code, held in said.items()):
        raise Invalid("names", _l("Keep it under %(limit)d characters."), limit=LONGEST)
    key = topic_key(name)
    if key != topic.key:
        _take_key(topic, key)
    topic.name, topic.names, topic.description = name, said, description
    record("topic.updated", actor, topic)
    return topic


def _take_key(topic: Topic, key: str) -> None:
    """Spell a topic otherwise; the old spelling stays as a row that leads to it."""
    other = db.session.scalars(select(Topic).where(Topic.key == key)).one_or_none()
    if other is not None and other.merged_into_id != topic.id:
        raise Invalid("name", _l("There is a topic of that name already. Merge the two instead."))
    old = topic.key
    if other is not None:  # it was called so before: the two spellings change places
        other.key = f"{key} "
        db.session.flush()
        topic.key = key
        db.session.flush()
        other.key = other.name = old
        return
    topic.key = key
    db.session.flush()
    db.session.add(Topic(key=old, name=old, names={}, merged_into_id=topic.id))


@action
def merge_topics(actor: Actor, topic: Topic, into: Topic) -> None:
    """Make one topic of two: all that names the first stands under the second, its followers follow that, and its name leads there.
    Raises Invalid("into"), Denied, NotFound.
    """
    require(actor, "merge", topic)
    require(actor, "merge", into)
    if topic.id == into.id:
        raise Invalid("into", _l("Choose another topic."))
    here, twin = TopicUse.topic_id == topic.id, aliased(TopicUse)
    same = (twin.object_kind == TopicUse.object_kind, twin.object_id == TopicUse.object_id)
    twice = select(twin.id).where(twin.topic_id == into.id, *same).exists()
    fetch = {"synchronize_session": False}
    db.session.execute(delete(TopicUse).where(here, twice), execution_options=fetch)
    db.session.execute(update(TopicUse).where(here).values(topic_id=into.id), execution_options=fetch)
    mine = select(TopicFollow.person_id).where(TopicFollow.topic_id == into.id)
    theirs = TopicFollow.topic_id == topic.id
    db.session.execute(delete(TopicFollow).where(theirs, TopicFollow.person_id.in_(mine)), execution_options=fetch)
    db.session.execute(update(TopicFollow).where(theirs).values(topic_id=into.id), execution_options=fetch)
    db.session.execute(update(Topic).where(Topic.merged_into_id == topic.id).values(merged_into_id=into.id))
    topic.merged_into_id = into.id
    record("topic.merged", actor, into, merged=topic.id)
