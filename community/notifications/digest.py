"""The digest: one mail a day, week or month, at an hour that its reader chose, with what they have not seen yet.

    for you         unread notices that were in no mail, one line a thread
    your teams      posts of the teams where one has a role
    due             events until the next digest, prompts that wait for an answer
    gems            what others thanked most
    elsewhere       posts of the other spaces where one has a role

Fifteen lines at most, fifteen words of each. It shows what its reader may see, also of spaces whose notices are off, but not of
what they muted. Who visited meanwhile gets what came after their visit. Nothing new: no mail.

`notices.digest` looks whose hour has come and enqueues a letter for each, once. It is written when it leaves, and only what has
left counts as told: while no mail server takes it, the first that is taken tells all, and later ones that waited too say nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import joinedload

from community.clock import now
from community.extensions import db, put_row, write_unit
from community.jobs.models import Job
from community.jobs.work import enqueue, handles
from community.mailroom.queue import Written, post_later, writes
from community.microblog.models import Post, Reaction
from community.notifications.batches import BATCHED
from community.notifications.choices import Choices
from community.notifications.hours import last_digest, on_holiday, period
from community.notifications.keeping import choices_of, choices_of_many, chosen_levels, defaults
from community.notifications.mailing import about, line_of, short, zone_of
from community.notifications.models import Digest, Notification
from community.notifications.queries import tell_of
from community.notifications.reasons import AMBIENT
from community.people.models import Person
from community.permissions import Actor, visible
from community.ports import ports
from community.programme.queries import events_for, open_prompts
from community.spaces.models import Space
from community.spaces.queries import actor_for, actors_for

MOST = 15
"""Lines of a digest."""
WORDS = 15
"""Words of each."""
SHARES = (("mine", 5), ("teams", 4), ("due", 3), ("gems", 2), ("elsewhere", 3))
"""The sections in order, each with the lines that it has for certain; what one leaves free, the next may use."""
THANKED = 2
"""Reactions that make a post a gem."""
STRETCH = 200
OLD = timedelta(days=62)
"""What waits longer for a digest is no news any more."""
LATE = timedelta(hours=12)
"""A digest that could not go at its hour still goes within these; later, the next one tells all."""


@handles("notices.digest", every=timedelta(minutes=15))
def enqueue_digests(_payload: dict[str, Any]) -> None:
    """Enqueue the digests whose hour has come. Running it twice enqueues each once."""
    last, known = 0, defaults()
    while True:
        stmt = select(Person.id, Person.time_zone).where(Person.status == "active", Person.id > last)
        people = db.session.execute(stmt.order_by(Person.id).limit(STRETCH)).all()
        if not people:
            return
        last = people[-1][0]
        actors = actors_for([row[0] for row in people])
        choices = choices_of_many({one: set(actor.roles.values()) for one, actor in actors.items()}, known)
        until = select(Digest.person_id, Digest.until).where(Digest.person_id.in_(list(choices)))
        had = {row[0]: row[1] for row in db.session.execute(until)}
        due = {person: _due(choices.get(person), ZoneInfo(zone), had.get(person)) for person, zone in people}
        _enqueue({person: hour for person, hour in due.items() if hour is not None})


def _due(choices: Choices | None, zone: ZoneInfo, had: datetime | None) -> datetime | None:
    """The hour at which a digest is due that they have not had yet."""
    at = now()
    if choices is None or on_holiday(at, zone, choices.holiday):
        return None
    due = last_digest(at, zone, choices.rhythm, choices.hour)
    if due is None or at - due > LATE or (had is not None and had >= due):
        return None
    return due


def _enqueue(due: Mapping[int, datetime]) -> None:
    """Have these people's letters posted, once for each hour: what has not left yet is not enqueued again."""
    keys = {f"digest:{person}@{int(hour.timestamp())}": (person, hour) for person, hour in due.items()}
    known = set(db.session.scalars(select(Job.unique_key).where(Job.unique_key.in_(list(keys)))))
    for key, (person, hour) in keys.items():
        if key not in known:
            with write_unit():
                enqueue("mail.digest", {"person": person, "due": hour.isoformat()}, unique_key=key)


# ---- the letter


@handles("mail.digest")
def post(payload: dict[str, Any]) -> None:
    """Put somebody's digest in the queue."""
    person = db.session.get(Person, payload["person"])
    if person is not None and person.status == "active":
        post_later("digest", payload, to=person.email)


@writes("digest")
def write(payload: dict[str, Any]) -> Written | None:
    """A digest as its reader may see it now. None when nothing is new, or when one that left later has told it."""
    person = db.session.get(Person, payload["person"])
    if person is None or person.status != "active":
        return None
    actor, due, at = actor_for(person), datetime.fromisoformat(payload["due"]), now()
    choices = choices_of_many({person.id: set(actor.roles.values())}, defaults())[person.id]
    had = db.session.get(Digest, person.id)
    if choices.rhythm == "never" or (had is not None and had.until >= due):
        return None
    sections, told = sections_for(actor, person, choices, since=_since(had, due, choices.rhythm))
    if not sections:
        with write_unit():
            _told(person.id, at, told)
        return None
    facts = {**about(person), "sections": sections, "rhythm": choices.rhythm, "content": choices.content}
    facts |= {"path": "/notifications", "leave": "digest"}
    letter = ports.compose("digest", facts, person.language)
    return Written(letter, partial(_told, person.id, at, told))


def _since(had: Digest | None, at: datetime, rhythm: str) -> datetime:
    """From when on a digest tells: after the last one, or a period back where there was none."""
    return max(had.until, at - OLD) if had is not None else at - period(rhythm)


def _told(person_id: int, at: datetime, told: Sequence[int]) -> None:
    """They were told of all that there was at a moment: the next digest does not tell it again."""
    put_row(Digest, {"person_id": person_id}, until=at)
    db.session.execute(update(Notification).where(Notification.id.in_(told)).values(digest=False))


def next_digest(actor: Actor, person: Person) -> list[dict[str, Any]]:
    """What a digest would hold if it came now: to look at beforehand. Nothing is marked as told."""
    choices = choices_of(actor)
    rhythm = choices.rhythm if choices.rhythm != "never" else "weekly"
    since = _since(db.session.get(Digest, person.id), now(), rhythm)
    return sections_for(actor, person, choices, since=since, visits=False)[0]


@dataclass
class Section:
    """One part of a digest while it is made: its lines, and how many more there are."""

    name: str
    lines: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0


def sections_for(
    actor: Actor, person: Person, choices: Choices, *, since: datetime, visits: bool = True
) -> tuple[list[dict[str, Any]], list[int]]:
    """What a digest holds, each section as `name`, `items` and how many `more` there are, empty when nothing is new; and the
    ids of the notices that it tells of. `visits`: what stood there when they last visited is left out.
    """
    muted = {space for space, level in chosen_levels(actor, "space").items() if level == "muted"}
    quiet = {post for post, level in chosen_levels(actor, "post").items() if level == "muted"}
    seen = max(since, person.seen_at) if visits and person.seen_at is not None else since
    mine, told, posts = _for_me(actor, choices, muted)
    fresh = _Posts(actor, choices, seen, muted, posts | quiet)
    teams = _kinds(actor, "team")
    wanted = list(actor.roles) if choices.on("teams", "digest") else []
    gems = fresh.gems(since)
    sections = [
        mine,
        fresh.section("teams", [space for space in wanted if space in teams]),
        _due_soon(actor, person, choices, seen, muted),
        gems,
        fresh.section("elsewhere", [space for space in wanted if space not in teams]),
    ]
    return _share(sections), told


def _share(found: Sequence[Section]) -> list[dict[str, Any]]:
    """Fifteen lines among the sections: each has its own, and what one leaves free goes to the next that has more."""
    lines = {name: min(share, len(section.lines)) for section, (name, share) in zip(found, SHARES, strict=True)}
    free = MOST - sum(lines.values())
    for section in found:
        more = max(0, min(free, len(section.lines) - lines[section.name]))
        lines[section.name] += more
        free -= more
    while sum(lines.values()) > MOST:
        lines[max(lines, key=lambda name: lines[name])] -= 1
    return [
        {
            "name": section.name,
            "items": section.lines[: lines[section.name]],
            "more": section.total - lines[section.name],
        }
        for section in found
        if lines[section.name]
    ]


def _for_me(actor: Actor, choices: Choices, muted: Collection[int]) -> tuple[Section, list[int], set[int]]:
    """Unread notices that wait for the digest, the newest of each thread; their ids; and the posts that they speak of."""
    rows = db.session.scalars(
        select(Notification)
        .where(
            Notification.person_id == actor.id,
            Notification.read_at.is_(None),
            Notification.digest.is_(True),
            Notification.reason.not_in([reason for reason in AMBIENT if reason not in BATCHED]),
            Notification.created_at > now() - OLD,
            Notification.mail.is_(None) | Notification.mail.not_in(("sent", "wait")),
        )
        .order_by(Notification.id.desc())
        .limit(200)
    ).all()
    section, threads = Section("mine"), set()
    for one in tell_of(actor, rows):
        thread = (one.row.thread_kind, one.row.thread_id)
        if thread in threads or one.row.space_id in muted:
            continue
        threads.add(thread)
        section.lines.append(line_of(one, content=choices.content, words=WORDS))
    section.total = len(section.lines)
    return section, [row.id for row in rows], {number for kind, number in threads if kind == "post"}


def _kinds(actor: Actor, kind: str) -> set[int]:
    stmt = select(Space.id).where(Space.id.in_(list(actor.roles)), Space.kind == kind)
    return set(db.session.scalars(stmt))


class _Posts:
    """The posts of a digest: each in one section, none that is muted, none of the reader's own."""

    def __init__(
        self, actor: Actor, choices: Choices, since: datetime, muted: Collection[int], told: Collection[int]
    ) -> None:
        self.actor, self.choices, self.since = actor, choices, since
        self.places = [space for space in actor.roles if space not in muted]
        self.told = set(told)

    def _where(self, since: datetime, places: Collection[int]) -> list[ColumnElement[bool]]:
        return [
            Post.space_id.in_([space for space in places if space in self.places]),
            Post.created_at > since,
            Post.author_id != self.actor.id,
            Post.id.not_in(self.told),
            visible(self.actor, Post),
        ]

    def _line(self, post: Post, reason: str) -> dict[str, Any]:
        self.told.add(post.id)
        return {
            "reason": reason,
            "who": post.author.name,
            "space": post.space.name,
            "excerpt": short(post.excerpt, WORDS) if self.choices.content else "",
            "path": ports.url_of(post),
        }

    def section(self, name: str, places: Collection[int]) -> Section:
        """The newest posts of some spaces."""
        where = self._where(self.since, places)
        stmt = select(Post).where(*where).options(joinedload(Post.author), joinedload(Post.space))
        posts = db.session.scalars(stmt.order_by(Post.id.desc()).limit(MOST)).all()
        total = db.session.scalar(select(func.count()).select_from(Post).where(*where)) or 0
        return Section(name, [self._line(post, "posted") for post in posts], total)

    def gems(self, since: datetime) -> Section:
        """What others reacted to most, since the last digest: also what one has seen oneself, for a gem may be read twice."""
        times = func.count(Reaction.id)
        most = (
            select(Post.id, times.label("times"))
            .join(Reaction, Reaction.post_id == Post.id)
            .where(*self._where(since, self.actor.roles))
            .group_by(Post.id)
            .having(times >= THANKED)
            .subquery()
        )
        stmt = select(Post).join(most, most.c.id == Post.id).options(joinedload(Post.author), joinedload(Post.space))
        posts = db.session.scalars(stmt.order_by(most.c.times.desc(), Post.id.desc()).limit(2))
        lines = [self._line(post, "gem") for post in posts]
        return Section("gems", lines, len(lines))


def _due_soon(actor: Actor, person: Person, choices: Choices, since: datetime, muted: Collection[int]) -> Section:
    """What happens before the next digest, and what waits for an answer."""
    zone, until = zone_of(person), now() + period(choices.rhythm if choices.rhythm != "never" else "weekly")
    section = Section("due")
    for event, space in events_for(actor, since=now(), until=until, limit=10).items:
        if space.id in muted or event.starts_at < now():
            continue
        said = event.title if choices.content else ""
        section.lines.append(
            {"reason": "event", "who": "", "space": space.name, "excerpt": said, "path": f"/spaces/{space.slug}/events"}
            | {"at": event.starts_at.astimezone(zone)}
        )
    for prompt in open_prompts(actor):
        if prompt.space_id in muted or not (prompt.opens_at > since or prompt.closes_at < until):
            continue
        said = short(prompt.text(person.language), WORDS) if choices.content else ""
        section.lines.append(
            {"reason": "prompt", "who": "", "space": "", "excerpt": said, "path": f"/journal/new?prompt={prompt.id}"}
            | {"at": prompt.closes_at.astimezone(zone)}
        )
    section.total = len(section.lines)
    return section
