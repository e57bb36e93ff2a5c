"""A notice that goes by push: it waits a moment, for who is here and reads it needs no push, and is then told to each browser of
its person, as they may see it then.

    call_for(activity_id, person_ids, execute)      beside the rows of `Notification`, in the same transaction
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.clock import now
from community.extensions import db, insert_into, write_unit
from community.jobs.models import Job
from community.jobs.work import enqueue, handles
from community.kinds import kind_named
from community.notifications.batches import how_many
from community.notifications.hours import on_holiday, quiet_until
from community.notifications.keeping import choices_of_many, defaults
from community.notifications.mailing import wanted, zone_of
from community.notifications.models import Notification
from community.notifications.queries import Told
from community.notifications.reasons import offer, reason_named
from community.people.models import Person
from community.permissions import sees
from community.ports import ports
from community.push.models import PushBrowser
from community.push.sending import push_to
from community.spaces.models import Space
from community.spaces.queries import actor_for

offer("push")

WAIT = timedelta(seconds=10)
STALE = timedelta(days=1)


def call_for(activity_id: int, person_ids: Iterable[int], execute: Callable[[Any], Any]) -> None:
    """Have these people pushed to about their notice of this line, those who have a browser for it. `execute` is of the
    transaction in which the notices are written.
    """
    wanted = list(person_ids)
    if not wanted:
        return
    have = execute(select(PushBrowser.person_id).where(PushBrowser.person_id.in_(wanted)).distinct())
    rows = [
        {
            "name": "push.notice",
            "payload": {"activity": activity_id, "person": person},
            "unique_key": f"push:{activity_id}:{person}",
            "run_after": now() + WAIT,
            "created_at": now(),
            "attempts": 0,
        }
        for (person,) in have.all()
    ]
    if rows:
        execute(insert_into(Job).values(rows).on_conflict_do_nothing(index_elements=["unique_key"]))


@handles("push.notice")
def spread(payload: dict[str, Any]) -> None:
    """One job for each browser, so that one that is away holds up no other and none is told twice."""
    person, activity = payload["person"], payload["activity"]
    ids = list(db.session.scalars(select(PushBrowser.id).where(PushBrowser.person_id == person)))
    with write_unit():
        for browser in ids:
            facts = {"browser": browser, "activity": activity, "person": person}
            enqueue("push.browser", facts, unique_key=f"push:{activity}:browser:{browser}")


@handles("push.browser", lane="push")
def tell(payload: dict[str, Any]) -> None:
    """Show a notice in one browser, unless it was read meanwhile, is no news any more, is not theirs to see or not wanted (any
    more), or their hours are quiet: then it waits in the list. Aside, for anybody can name a service that takes its time.
    """
    stmt = select(Notification).where(
        Notification.activity_id == payload["activity"], Notification.person_id == payload["person"]
    )
    row = db.session.scalars(stmt).one_or_none()
    person = db.session.get(Person, payload["person"])
    if row is None or row.read_at is not None or row.created_at < now() - STALE:
        return
    if person is None or person.status != "active":
        return
    obj = db.session.get(kind_named(row.object_kind).model, row.object_id)
    actor = actor_for(person)
    if obj is None or not sees(actor, obj):
        return
    who = db.session.get(Person, row.actor_id) if row.actor_id is not None else None
    space = db.session.get(Space, row.space_id) if row.space_id is not None else None
    many = how_many(actor, [row]).get(row.id, 1)
    if not many:
        return
    told = Told(row, obj, who, space, many)
    choices = choices_of_many({person.id: set(actor.roles.values())}, defaults())[person.id]
    zone, at = zone_of(person), now()
    if on_holiday(at, zone, choices.holiday) or quiet_until(at, zone, choices.quiet) is not None:
        return
    if not wanted(actor, told, choices, "push"):
        return
    title, body = ports.words_of(told, person.language)
    wordless = not choices.content or reason_named(row.reason).wordless
    tag = f"{row.thread_kind}:{row.thread_id}"  # one for each thread: a newer one takes its place
    push_to(payload["browser"], title, "" if wordless else body, ports.url_of(obj), tag)
