"""Reads the log and tells people: one row for each person and line, with the ways by which it goes, only to those who may see
the thing.

Whoever is told is told in stretches of CHUNK people, so that a post with a thousand followers needs no more memory than one
with a hundred, and no writer waits while rights are asked. A row is made once (person and line are unique), so that lines
that are read a second time tell nobody twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select, tuple_

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.clock import now
from community.extensions import db, insert_into, write_aside
from community.kinds import chain_above, kind_named, thread_of
from community.notifications import hiding
from community.notifications.batches import BATCHED, SENT, larger, place_of, who_was_told
from community.notifications.choices import Choices, channels_for
from community.notifications.keeping import Defaults, choices_of_many, defaults
from community.notifications.models import NoticeLevel, Notification
from community.notifications.reasons import FOLLOWED, FOR_ONE, stronger
from community.people.models import Person
from community.permissions import Actor, sees
from community.push.calling import call_for
from community.spaces.models import Membership, Space
from community.spaces.queries import actors_for, people_ids_in

CHUNK = 100
"""People told at once."""
KNOWN = 200
"""People whose rights and choices are remembered within a batch of lines."""
NEWS = timedelta(days=1)
"""What is older when it is read is no news: it is in the list, and nobody gets a mail of it."""


def read(lines: Sequence[Activity]) -> None:
    """Tell whoever should hear of each line, then look again at what may no longer be seen."""
    memory = Memory()
    for line in lines:
        tell(line, memory)
    hiding.look_again(lines)


class Memory:
    """Rights and choices as they are now, read once a person for all lines of a batch, of not too many people at once."""

    def __init__(self) -> None:
        self._defaults: Defaults | None = None
        self._known: dict[int, tuple[Actor, Choices]] = {}

    def of(self, person_ids: Sequence[int]) -> Mapping[int, tuple[Actor, Choices]]:
        """Those of these people who are active."""
        if self._defaults is None:
            self._defaults = defaults()
        missing = [person for person in person_ids if person not in self._known]
        if len(self._known) + len(missing) > KNOWN:
            self._known.clear()
            missing = list(person_ids)
        if missing:
            actors = actors_for(missing)
            roles = {person: set(actor.roles.values()) for person, actor in actors.items()}
            choices = choices_of_many(roles, self._defaults)
            self._known.update({person: (actor, choices[person]) for person, actor in actors.items()})
        return self._known


def tell(line: Activity, memory: Memory) -> None:
    """Write the rows of one line."""
    card = kind_named(line.object_kind)
    obj = db.session.get(card.model, line.object_id)
    if obj is None:
        return
    thread = thread_of(obj)
    direct = _who_hears(line, obj)
    direct.pop(line.actor_id or 0, None)
    people = sorted(direct)
    for start in range(0, len(people), CHUNK):
        _tell(line, obj, thread, {person: direct[person] for person in people[start : start + CHUNK]}, memory)
    for reason, watching in _who_watches(line, obj, thread):
        others = {person: reason for person in watching if person not in direct and person != line.actor_id}
        _tell(line, obj, thread, others, memory)


def _who_hears(line: Activity, obj: Any) -> dict[int, str]:
    """For whom a line is, each with the best reason."""
    if line.verb in FOR_ONE:
        return {line.data["person"]: FOR_ONE[line.verb]}
    reasons: dict[int, str] = {}
    card = kind_named(line.object_kind)
    pairs = _about_spaces(line, obj) if card.name == "space" else card.hears(line, obj)
    for person, reason in pairs:
        reasons[person] = stronger(reasons.get(person), reason)
    return reasons


def _about_spaces(line: Activity, space: Space) -> list[tuple[int, str]]:
    """Whom a membership concerns; the staff when somebody asks to come in or room runs out; all when a phase begins or a coach
    stands in."""
    if line.verb in ("member.added", "member.role-changed"):
        if line.actor_id == line.data["person"]:  # an administrator let themselves in: who runs the place hears of it
            staff = people_ids_in(space.id, roles=frozenset({"owner", "facilitator"}))
            return [(person, "entered") for person in staff]
        return [(line.data["person"], "added")]
    if line.verb == "member.asked":
        staff = people_ids_in(space.id, roles=frozenset({"owner", "facilitator"}))
        return [(person, "request") for person in staff]
    if line.verb == "coaching.handed-over":
        team = people_ids_in(space.id, roles=frozenset({"owner", "facilitator", "coach", "member"}))
        return [(person, "handover") for person in team]
    if line.verb == "space.filling":
        staff = people_ids_in(space.id, roles=frozenset({"owner", "facilitator"}))
        return [(person, "full" if line.data["percent"] >= 95 else "filling") for person in staff]
    if line.verb == "phase.started":
        return [(person, "phase") for person in people_ids_in(space.id)]
    return []


def _who_watches(line: Activity, obj: Any, thread: tuple[str, int]) -> Iterator[tuple[str, list[int]]]:
    """Who may want to hear of what is merely new, a stretch at a time; `channels_for` has the last word."""
    if line.verb == "post.created" and line.space_id is not None:
        for some in _stretches(_watchers(line.space_id)):
            yield "posted", some
    if line.verb in FOLLOWED:
        chain = [one for one in chain_of(thread) if one[0] == thread[0]]
        if line.verb.endswith(".created") and thread == (line.object_kind, line.object_id):
            chain = chain[1:]  # a new page is news for who follows one above it
        chose = (
            select(NoticeLevel.person_id)
            .where(
                tuple_(NoticeLevel.object_kind, NoticeLevel.object_id).in_(chain),
                NoticeLevel.level.in_(("watch", "track")),
            )
            .distinct()
        )
        for some in _stretches(chose.subquery()):
            yield "followed", some
    if line.verb in SENT and line.space_id is not None:
        around = [number for kind, number in chain_of(thread) if kind == "folder"]
        near = (
            select(NoticeLevel.person_id)
            .where(
                NoticeLevel.object_kind == "folder",
                NoticeLevel.object_id.in_(around),
                NoticeLevel.level.in_(("watch", "track")),
            )
            .distinct()
        )
        for people in (near.subquery(), _watchers(line.space_id)):
            for some in _stretches(people):
                yield "files", some


def chain_of(thread: tuple[str, int]) -> list[tuple[str, int]]:
    """A thing and those above it, the nearest first: a level that somebody chose holds for all that is below."""
    obj = db.session.get(kind_named(thread[0]).model, thread[1])
    return [thread, *(chain_above(obj) if obj is not None else ())]


def _watchers(space_id: int) -> Any:
    """Who chose to watch or track a space, and of a team its members and coaches who chose nothing."""
    level = and_(
        NoticeLevel.person_id == Person.id, NoticeLevel.object_kind == "space", NoticeLevel.object_id == space_id
    )
    team = select(Space.id).where(Space.id == space_id, Space.kind == "team")
    ours = and_(
        Membership.person_id == Person.id, Membership.space_id.in_(team), Membership.role.in_(("member", "coach"))
    )
    return (
        select(Person.id.label("person_id"))
        .outerjoin(NoticeLevel, level)
        .outerjoin(Membership, ours)
        .where(
            or_(
                NoticeLevel.level.in_(("watch", "track")),
                and_(NoticeLevel.level.is_(None), Membership.id.is_not(None)),
            )
        )
        .subquery()
    )


def _stretches(people: Any) -> Iterator[list[int]]:
    """The ids of a subquery with a `person_id`, CHUNK at a time."""
    last = 0
    while True:
        stmt = select(people.c.person_id).where(people.c.person_id > last).order_by(people.c.person_id).limit(CHUNK)
        found = list(db.session.scalars(stmt))
        if found:
            yield found
        if len(found) < CHUNK:
            return
        last = found[-1]


def _tell(line: Activity, obj: Any, thread: tuple[str, int], reasons: Mapping[int, str], memory: Memory) -> None:
    """Tell a stretch of people: those who are active, want it by some way, and may see it."""
    if not reasons:
        return
    known = memory.of(list(reasons))
    levels = _levels(list(reasons), line.space_id, thread)
    kind = _kind_of_space(line.space_id)
    rows, more = [], list[int]()
    told: dict[tuple[str, int], int] = {}
    for reason in BATCHED & set(reasons.values()):
        place = place_of(line, obj, thread, reason)
        told |= {(reason, one): number for one, number in who_was_told(line, place, reason, list(reasons)).items()}
    for person, reason in reasons.items():
        if person not in known:
            continue
        actor, choices = known[person]
        in_space, on_item = levels.get((person, "space")), levels.get((person, "item"))
        space = in_space or choices.level(kind, actor.roles.get(line.space_id or 0))
        ways = channels_for(choices, reason, space=space, item=on_item)
        if ways and sees(actor, obj):
            if (reason, person) in told:
                more.append(told[reason, person])
                continue
            rows.append(_row(line, place_of(line, obj, thread, reason), person, reason, ways, choices))
    if more:
        with write_aside() as connection:
            larger(connection, more, line)
    if rows:
        insert = insert_into(Notification)
        with write_aside() as connection:
            connection.execute(insert.on_conflict_do_nothing(index_elements=["person_id", "activity_id"]), rows)
            call_for(line.id, [row["person_id"] for row in rows if row["push"]], connection.execute)


def _levels(people: list[int], space_id: int | None, thread: tuple[str, int]) -> dict[tuple[int, str], str]:
    """The levels that these people chose for the space and for the thing, or for the nearest above it that they chose one for."""
    chain = chain_of(thread)
    here = and_(NoticeLevel.object_kind == "space", NoticeLevel.object_id == space_id)
    this = tuple_(NoticeLevel.object_kind, NoticeLevel.object_id).in_(chain)
    stmt = select(NoticeLevel.person_id, NoticeLevel.object_kind, NoticeLevel.object_id, NoticeLevel.level)
    rows = db.session.execute(stmt.where(NoticeLevel.person_id.in_(people), or_(here, this))).all()
    far = {one: place for place, one in enumerate(chain)}
    found = sorted(rows, key=lambda row: -far.get((row[1], row[2]), 0))  # the nearest comes last, and stays
    return {(person, "space" if kind == "space" else "item"): level for person, kind, _number, level in found}


def _kind_of_space(space_id: int | None) -> str | None:
    space = db.session.get(Space, space_id) if space_id is not None else None
    return space.kind if space is not None else None


def _row(
    line: Activity, thread: tuple[str, int], person: int, reason: str, ways: frozenset[str], choices: Choices
) -> dict[str, Any]:
    mailed = "mail" in ways and line.created_at > now() - NEWS
    return {
        "person_id": person,
        "activity_id": line.id,
        "actor_id": line.actor_id,
        "verb": line.verb,
        "object_kind": thread[0] if reason == "files" else line.object_kind,
        "object_id": thread[1] if reason == "files" else line.object_id,
        "thread_kind": thread[0],
        "thread_id": thread[1],
        "space_id": line.space_id,
        "reason": reason,
        "in_app": "in_app" in ways,
        "digest": "digest" in ways,
        "push": "push" in ways,
        "mail": "wait" if mailed else None,
        "mail_at": line.created_at + timedelta(minutes=choices.wait) if mailed else None,
        "hidden": False,
        "created_at": line.created_at,
    }


READER = Reader("notifications", read, transactional=False)
