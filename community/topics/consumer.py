"""Reads the log and keeps what words name: the topics of posts, pages, comments and files, and the people they mention.

Topic pages and filters are then queries over small tables, never a search through words. Reading a line twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.extensions import db, write_unit
from community.items.models import Mention
from community.items.tags import keys_of
from community.jobs.work import enqueue, handles
from community.kinds import kind_named, thread_of
from community.markup import topics_of
from community.people.models import Person
from community.topics.models import LONGEST, NAMING, Topic, TopicUse

_WRITTEN = frozenset(
    {"created", "edited", "uploaded", "described", "deleted", "restored", "destroyed", "tagged", "approved"}
)
_AT_ONCE = 200


def read(lines: Sequence[Activity]) -> None:
    """Keep the names of what each line speaks of, as its words are now."""
    for line in lines:
        if line.object_kind == "space" and "shows_approved" in (line.data or {}).get("changed", ()):
            enqueue("topics.pages", {"space": line.object_id, "after": 0}, unique_key=f"topics.pages:{line.id}")
        if line.object_kind not in NAMING or line.verb.partition(".")[2] not in _WRITTEN:
            continue
        thing = db.session.get(kind_named(line.object_kind).model, line.object_id)
        if thing is None:
            continue
        _keep_topics(line.object_kind, thing)
        _keep_mentions(line, thing)


def _keep_topics(kind: str, thing: Any) -> None:
    tags = keys_of(getattr(thing, "tags", None))
    said = kind_named(kind).said
    words = said(thing) if said is not None else thing.body
    named = [] if thing.deleted_at is not None else [k for k in (*topics_of(words), *tags) if len(k) <= LONGEST]
    wanted = set(_topic_ids(named))
    here = (TopicUse.object_kind == kind, TopicUse.object_id == thing.id)
    known = set(db.session.scalars(select(TopicUse.topic_id).where(*here)))
    if known - wanted:
        db.session.execute(delete(TopicUse).where(*here, TopicUse.topic_id.in_(known - wanted)))
    db.session.add_all(
        TopicUse(topic_id=topic_id, object_kind=kind, object_id=thing.id) for topic_id in sorted(wanted - known)
    )
    db.session.flush()


def _topic_ids(keys: Sequence[str]) -> list[int]:
    """The topics of some keys, made where they are new; a key that became another leads to it."""
    known = {topic.key: topic for topic in db.session.scalars(select(Topic).where(Topic.key.in_(keys)))} if keys else {}
    for key in keys:
        if key not in known:
            known[key] = Topic(key=key, name=key, names={})
            db.session.add(known[key])
    db.session.flush()
    return [topic.merged_into_id or topic.id for topic in known.values()]


def _keep_mentions(line: Activity, thing: Any) -> None:
    here = (Mention.object_kind == line.object_kind, Mention.object_id == thing.id)
    if (
        line.verb == "page.deleted"
    ):  # it lies in the bin, and may come back: nobody is then told anew that they were named
        return
    if thing.deleted_at is not None:
        db.session.execute(delete(Mention).where(*here))
        return
    told = set(line.data.get("mentions", ())) - set(db.session.scalars(select(Mention.person_id).where(*here)))
    if not told:
        return
    on_kind, on_id = thread_of(thing)
    db.session.add_all(
        Mention(object_kind=line.object_kind, object_id=thing.id, on_kind=on_kind, on_id=on_id, person_id=person)
        for person in sorted(db.session.scalars(select(Person.id).where(Person.id.in_(told))))
    )
    db.session.flush()


@handles("topics.pages")
def again(payload: dict[str, Any]) -> None:
    """Find the topics of the pages of a space anew, some at a time: which words everybody may read changed."""
    model = kind_named("page").model
    stmt = select(model).where(model.space_id == payload["space"], model.id > payload["after"]).order_by(model.id)
    with write_unit():
        pages = db.session.scalars(stmt.limit(_AT_ONCE)).all()
        for page in pages:
            _keep_topics("page", page)
        if len(pages) == _AT_ONCE:
            enqueue("topics.pages", {"space": payload["space"], "after": pages[-1].id})


READER = Reader("names", read)
