"""What teams, coaches and those who run a programme see of how coaching goes: how soon was answered, what waits, who is silent.

A team sees what was agreed and its own median. What one coach did is for that coach and for the staff of the space. The staff see
how much waits, as far as they may see it themselves, and never a word of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, union_all
from sqlalchemy.orm import aliased

from community.activity.models import Activity
from community.clock import now
from community.coaching.crew import coached_spaces, crew_of, read_crew
from community.coaching.days import Terms
from community.coaching.models import Ask, CoachAnswer
from community.coaching.prepared import moments, prepared
from community.coaching.queries import aged, spaces_coached_by, told
from community.coaching.terms import agreed_in
from community.coaching.waiting import all_sources
from community.comments.models import UNRESOLVED, Comment
from community.extensions import UTCTime, db
from community.kinds import card_of, kind_named
from community.people.models import Person
from community.permissions import STAFF, Actor, listing, require, visible
from community.spaces.models import Membership, Space

MONTH = timedelta(days=30)
SILENT = timedelta(days=7)
LIFE = ("post", "comment", "page", "file", "ask")
"""Things whose lines in the log are a sign of life of a team. No journal: who writes for themselves gives no sign."""
_SIGNS = ("created", "edited", "uploaded", "replaced")


@dataclass(frozen=True)
class TeamRow:
    """A team as its coach sees it this week. `median` in seconds of working days, None without answers in a month."""

    space: Space
    alive_at: datetime | None
    alive: Person | None
    open: int
    median: int | None
    silent: bool


@dataclass(frozen=True)
class Overview:
    """A team as those who run the programme see it: how much waits, how much of that is over, since when, and its coaches with
    the median of each.
    """

    space: Space
    terms: Terms
    waiting: int
    over: int
    oldest: datetime | None
    median: int | None
    alive_at: datetime | None
    coaches: list[tuple[Person, int | None]]


def median_of(values: Iterable[int]) -> int | None:
    """The median in whole seconds, None of nothing."""
    held = list(values)
    return int(median(held)) if held else None


def answers_in(space_ids: Collection[int], *, coach_id: int | None = None) -> list[tuple[int, int, int]]:
    """The answers of the last 30 days in some spaces (of one coach): space, coach, seconds of working days."""
    if not space_ids:
        return []
    stmt = select(CoachAnswer.space_id, CoachAnswer.coach_id, CoachAnswer.worked).where(
        CoachAnswer.space_id.in_(sorted(space_ids)), CoachAnswer.answered_at > now() - MONTH
    )
    if coach_id is not None:
        stmt = stmt.where(CoachAnswer.coach_id == coach_id)
    return [(row[0], row[1], row[2]) for row in db.session.execute(stmt)] + _told_otherwise(space_ids, coach_id)


def _told_otherwise(space_ids: Collection[int], coach_id: int | None) -> list[tuple[int, int, int]]:
    """Answers that are no comments, counted as these are: a query for each sort of them, and one more where there are any."""
    rows: list[Any] = []
    for source in all_sources():
        if source.answers is not None:
            rows += db.session.execute(source.answers(sorted(space_ids), now() - MONTH)).all()
    rows = [row for row in rows if coach_id is None or row[1] == coach_id]
    agreed = agreed_in({row[0] for row in rows})
    return [(row[0], row[1], agreed[row[0]].terms.worked(row[2], row[3])) for row in rows]


def my_median(actor: Actor) -> int | None:
    """How soon the actor answered in the last 30 days, over all their teams."""
    return median_of(worked for _, _, worked in answers_in(coached_spaces(actor), coach_id=actor.id))


def median_in(space: Space) -> int | None:
    """How soon a team was answered in the last 30 days, by whichever coach."""
    return median_of(worked for _, _, worked in answers_in([space.id]))


def _alive(actor: Actor, space_ids: Collection[int]) -> dict[int, tuple[datetime, int | None]]:
    """The newest line that people other than coaches left in each space, of things that the actor may see. One query."""
    places = tuple(sorted(space_ids))
    stmt = prepared(actor, "alive", places, build=lambda: _newest_signs(actor, places))
    return {row[0]: (row[1], row[2]) for row in db.session.execute(stmt)}


def _newest_signs(actor: Actor, places: tuple[int, ...]) -> Select[Any]:
    coach, parts = aliased(Membership), list[ColumnElement[bool]]()
    for kind in LIFE:
        model: Any = kind_named(kind).model
        seen = exists().where(model.id == Activity.object_id, visible(actor, model))
        verbs = [f"{kind}.{sign}" for sign in _SIGNS]
        parts.append(and_(Activity.object_kind == kind, Activity.verb.in_(verbs), seen))
    by_coach = exists().where(coach.space_id == Space.id, coach.person_id == Activity.actor_id, coach.role == "coach")
    newest = (
        select(Activity.id)
        .where(Activity.space_id == Space.id, or_(*parts), ~by_coach)
        .order_by(Activity.id.desc())
        .limit(1)
        .correlate(Space)
        .scalar_subquery()
    )
    lines = select(Space.id, newest.label("line_id")).where(Space.id.in_(places)).subquery()
    return select(lines.c.id, Activity.created_at, Activity.actor_id).join(Activity, Activity.id == lines.c.line_id)


def teams_of(actor: Actor) -> list[TeamRow]:
    """The teams of a coach, by name. Five queries."""
    places = coached_spaces(actor)
    if not places:
        return []
    spaces = spaces_coached_by(actor)
    alive = _alive(actor, places)
    people = _people({person for _, person in alive.values()})
    answers = defaultdict[int, list[int]](list)
    for space_id, _coach, worked in answers_in(places):
        answers[space_id].append(worked)
    held = open_in(actor, places)
    at, rows = now(), []
    for space in spaces:
        sign = alive.get(space.id)
        rows.append(
            TeamRow(
                space,
                sign[0] if sign else None,
                people.get(sign[1] or 0) if sign else None,
                held.get(space.id, 0),
                median_of(answers[space.id]),
                space.status == "active" and (sign is None or at - sign[0] > SILENT),
            )
        )
    return rows


def open_in(actor: Actor, places: list[int]) -> dict[int, int]:
    """How much is open between teams and their coaches: threads that nobody resolved, and asks that wait."""

    def build() -> Select[Any]:
        threads = select(Comment.space_id.label("space_id")).where(
            Comment.space_id.in_(places),
            Comment.state.in_(UNRESOLVED),
            Comment.held_at.is_(None),
            visible(actor, Comment),
        )
        asks = select(Ask.space_id).where(
            Ask.space_id.in_(places), Ask.waits_since.is_not(None), Ask.closed_at.is_(None), visible(actor, Ask)
        )
        both = union_all(threads, asks).subquery()
        return select(both.c.space_id, func.count()).group_by(both.c.space_id)

    stmt = prepared(actor, "open", tuple(places), build=build)
    return {row[0]: row[1] for row in db.session.execute(stmt)}


def overview_of(actor: Actor, space: Space) -> list[Overview]:
    """The teams that the actor runs with a space (itself when it is a team), by name. Raises Denied, NotFound."""
    require(actor, "manage", space)
    inside = or_(Space.id == space.id, Space.parent_id == space.id)
    below = aliased(Space)
    deeper = select(below.id).where(below.parent_id == space.id)
    stmt = select(Space).where(or_(inside, Space.parent_id.in_(deeper)), Space.status == "active")
    spaces = listing(actor, stmt.order_by(func.lower(Space.name), Space.id), Space)
    crew = read_crew([one.id for one in spaces])
    spaces = [one for one in spaces if crew.coaches.get(one.id)]
    places = [one.id for one in spaces]
    if not places:
        return []
    agreed = agreed_in(places)
    waits = told(actor, places)
    late = func.sum(case((aged(waits, agreed, "over"), 1), else_=0))
    counted = {
        row[0]: row
        for row in db.session.execute(
            select(waits.c.space_id, func.count(), late, func.min(waits.c.since, type_=UTCTime)).group_by(
                waits.c.space_id
            ),
            moments(agreed),
        )
    }
    alive = _alive(actor, places)
    people = _people({person for coaches in crew.coaches.values() for person in coaches})
    team, each = defaultdict[int, list[int]](list), defaultdict[tuple[int, int], list[int]](list)
    for space_id, coach_id, worked in answers_in(places):
        team[space_id].append(worked)
        each[space_id, coach_id].append(worked)
    rows = []
    for one in spaces:
        count = counted.get(one.id)
        runs = actor.roles.get(one.id) in STAFF  # an administrator appoints coaches, and measures none
        coaches = sorted(crew.coaches[one.id], key=lambda person: people[person].name.casefold())
        rows.append(
            Overview(
                one,
                agreed[one.id].terms,
                count[1] if count else 0,
                int(count[2]) if count else 0,
                count[3] if count else None,
                median_of(team[one.id]),
                alive[one.id][0] if one.id in alive else None,
                [(people[person], median_of(each[one.id, person]) if runs else None) for person in coaches],
            )
        )
    return rows


def _people(ids: Iterable[int | None]) -> dict[int, Person]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    return {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(wanted)))}


def asks_in(actor: Actor, space: Space, *, before: int | None = None, limit: int = 30) -> list[Ask]:
    """What a team asked its coaches, the newest first, as far as the actor may see it."""
    card = kind_named("ask")
    stmt = select(Ask).where(Ask.space_id == space.id).options(*card.options()).order_by(Ask.id.desc()).limit(limit)
    return listing(actor, stmt.where(Ask.id < before) if before is not None else stmt, Ask)


def asks_about(actor: Actor, thing: Any, *, limit: int = 5) -> list[Ask]:
    """What was asked about a thing, the newest first, as far as the actor may see it."""
    card, kind = kind_named("ask"), card_of(thing).name
    stmt = select(Ask).where(Ask.on_kind == kind, Ask.on_id == thing.id).options(*card.options())
    return listing(actor, stmt.order_by(Ask.id.desc()).limit(limit), Ask)


def co_coaches(actor: Actor) -> dict[int, list[Person]]:
    """The other coaches of each space where the actor is coach."""
    crew = crew_of(actor, coached_spaces(actor))
    people = _people({person for coaches in crew.coaches.values() for person in coaches} - {actor.id})
    return {
        space: sorted((people[one] for one in coaches if one in people), key=lambda person: person.name.casefold())
        for space, coaches in crew.coaches.items()
    }
