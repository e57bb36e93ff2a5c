"""Mails of the moment: one a thread, with only what is new, after a short wait.

`notices.mail` looks each minute whose wait is over. For each of these people one transaction takes the rows of a thread out of
the waiting ones and enqueues their letter, so that a row is in one letter. What was read meanwhile is left out; in quiet hours
all waits on; on a holiday, and when somebody has had as many mails today as they want, the rest goes into the digest.

The letter is written when it leaves: rights, levels and choices are asked at that moment (`mail.notices`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update

from community.clock import now
from community.comments.models import COMMENTABLE
from community.extensions import db, write_unit
from community.jobs.work import enqueue, handles
from community.kinds import kind_named
from community.mailroom.dressing import dress
from community.mailroom.queue import post_later, writes
from community.notifications.choices import Choices, channels_for
from community.notifications.hours import day_began, on_holiday, quiet_until
from community.notifications.keeping import choices_of_many, chosen_level, defaults, level_above, level_in
from community.notifications.models import Notification
from community.notifications.queries import Told, tell_of
from community.notifications.reasons import reason_named
from community.people.models import Person
from community.permissions import Actor
from community.ports import Letter, ports
from community.spaces.queries import actor_for, actors_for

STRETCH = 100
MOST = 20
"""Notices in one letter; of the others only how many there are."""


def zone_of(person: Person) -> ZoneInfo:
    """Where a person is."""
    return ZoneInfo(person.time_zone)


@handles("notices.mail", every=timedelta(minutes=1))
def post_what_is_due(_payload: dict[str, Any]) -> None:
    """Make the letters whose wait is over. Running it twice makes them once."""
    last, known = 0, defaults()
    while True:
        whose = (
            select(Notification.person_id)
            .where(
                Notification.mail == "wait",
                Notification.mail_at <= now(),
                Notification.person_id > last,
            )
            .distinct()
        )
        people = list(db.session.scalars(whose.order_by(Notification.person_id).limit(STRETCH)))
        if not people:
            return
        last = people[-1]
        actors = actors_for(people)
        choices = choices_of_many({one: set(actor.roles.values()) for one, actor in actors.items()}, known)
        for person_id in people:
            _post(person_id, choices.get(person_id))


def _post(person_id: int, choices: Choices | None) -> None:
    """Take what is due for one person out of what waits, and enqueue its letters."""
    at = now()
    with write_unit():
        person = db.session.get_one(Person, person_id)
        rows = db.session.scalars(
            select(Notification)
            .where(Notification.person_id == person_id, Notification.mail == "wait")
            .order_by(Notification.id)
            .with_for_update()
        ).all()
        waiting = [row for row in rows if row.read_at is None and not row.hidden and choices is not None]
        _put(set(rows) - set(waiting), "left")
        if choices is None or not waiting:
            return
        zone = zone_of(person)
        until = quiet_until(at, zone, choices.quiet)
        if on_holiday(at, zone, choices.holiday):
            _put(waiting, "digest")
        elif until is not None:
            db.session.execute(
                update(Notification).where(Notification.id.in_([row.id for row in waiting])).values(mail_at=until)
            )
        else:
            _enqueue(person, waiting, choices.cap - _letters_since(person_id, day_began(at, zone)), at)


def _enqueue(person: Person, waiting: Sequence[Notification], left_today: int, at: datetime) -> None:
    threads: dict[tuple[str, int], list[Notification]] = defaultdict(list)
    for row in waiting:
        threads[row.thread_kind, row.thread_id].append(row)
    for rows in threads.values():
        if not any(row.mail_at is not None and row.mail_at <= at for row in rows):
            continue
        if left_today <= 0:
            _put(rows, "digest")
            continue
        left_today -= 1
        _put(rows, "sent", at)
        enqueue("mail.notices", {"person": person.id, "rows": [row.id for row in rows]})


def _put(rows: Iterable[Notification], where: str, at: datetime | None = None) -> None:
    for row in rows:
        row.mail, row.mailed_at = where, at
        if where == "digest":
            row.digest = True


def _letters_since(person_id: int, moment: datetime) -> int:
    """How many letters with notices somebody got since a moment: a thread has one at a time."""
    each = (
        select(Notification.thread_kind, Notification.thread_id, Notification.mailed_at)
        .where(Notification.person_id == person_id, Notification.mailed_at >= moment, Notification.mail == "sent")
        .distinct()
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(each)) or 0


# ---- the letter


@handles("mail.notices")
def post(payload: dict[str, Any]) -> None:
    """Put the letter of one thread in the queue."""
    person = db.session.get(Person, payload["person"])
    if person is not None and person.status == "active":
        post_later("notices", payload, to=person.email)


@writes("notices")
def write(payload: dict[str, Any]) -> Letter | None:
    """The letter of one thread as its person may see it now. None when nothing is left of it."""
    person = db.session.get(Person, payload["person"])
    if person is None or person.status != "active":
        return None
    actor = actor_for(person)
    rows = db.session.scalars(
        select(Notification)
        .where(
            Notification.id.in_(payload["rows"]),
            Notification.person_id == person.id,
            Notification.read_at.is_(None),
        )
        .order_by(Notification.id)
    ).all()
    known = defaults()
    choices = choices_of_many({person.id: set(actor.roles.values())}, known)[person.id]
    told = [one for one in tell_of(actor, rows) if wanted(actor, one, choices)]
    left = set(payload["rows"]) - {one.row.id for one in told}
    letter = None
    if told:
        written = ports.compose("notices", {**about(person), **letter_of(told, choices)}, person.language)
        last = told[-1]
        thread = (last.row.thread_kind, last.row.thread_id)
        letter = dress(written, person, last.obj, thread, answerable=thread[0] in COMMENTABLE)
    if left:
        with write_unit():
            db.session.execute(
                update(Notification).where(Notification.id.in_(left), Notification.mail == "sent").values(mail="left")
            )
    return letter


def about(person: Person) -> dict[str, Any]:
    """Whom a letter goes to."""
    return {"to": person.email, "name": person.name, "zone": person.time_zone, "person": person.id}


def wanted(actor: Actor, told: Told, choices: Choices, way: str = "mail") -> bool:
    """Whether somebody still wants this by a way: they may have muted it while it waited."""
    row = told.row
    item = chosen_level(actor, row.thread_kind, row.thread_id) if row.thread_kind != "space" else None
    if item is None and row.thread_kind != "space":
        thing = db.session.get(kind_named(row.thread_kind).model, row.thread_id)
        item = level_above(actor, thing) if thing is not None else None
    space = level_in(actor, told.space)[0] if told.space is not None else "normal"
    return way in channels_for(choices, row.reason, space=space, item=item)


def letter_of(told: Sequence[Told], choices: Choices) -> dict[str, Any]:
    """The facts of a letter about one thread: what is new, oldest first; where it is; which kind of notice it is."""
    last = told[-1]
    return {
        "items": [line_of(one, content=choices.content) for one in told[-MOST:]],
        "more": max(0, len(told) - MOST),
        "space": last.space.name if last.space is not None else "",
        "path": ports.url_of(last.obj),
        "content": choices.content,
        "leave": f"topic:{reason_named(last.row.reason).topic}",
        "leave_space": f"space:{last.space.id}" if last.space is not None else "",
    }


def line_of(told: Told, *, content: bool, words: int | None = None) -> dict[str, Any]:
    """One notice as facts: why, who, where, and, where mails may hold it, what was written."""
    content = content and not reason_named(told.row.reason).wordless
    said = (getattr(told.obj, "title", "") or getattr(told.obj, "excerpt", "")) if content else ""
    return {
        "reason": told.row.reason,
        "who": told.who.name if told.who is not None else "",
        "space": told.space.name if told.space is not None else "",
        "excerpt": short(said, words) if words else said,
        "many": told.many,
        "place": told.place,
        "path": ports.url_of(told.obj),
    }


def short(text: str, words: int) -> str:
    """The first so many words."""
    parts = text.split()
    return " ".join(parts[:words]) + "…" if len(parts) > words else " ".join(parts)
