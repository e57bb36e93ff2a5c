"""Milestones and submissions, as the actor may see them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import aliased, defer, joinedload

from community.activity.models import Activity
from community.clock import now
from community.errors import NotFound
from community.extensions import db
from community.files.models import File
from community.items.models import Grant
from community.people.models import Person
from community.permissions import GUIDES, Actor, door, listing, may, visible
from community.spaces.models import Membership, Space
from community.spaces.queries import people_ids_in
from community.submissions.kind import INSIDE
from community.submissions.models import (
    KINDS_OF_TEAM,
    Milestone,
    Sponsorship,
    Submission,
    SubmissionItem,
    SubmissionResult,
)
from community.wiki.models import Page

LIST = 50
STEPS = 200
"""Milestones and attempts on one page of a team."""
TO_CHOOSE = 500
"""Pages, and files, to choose from on one form."""
NUDGE_EVERY = timedelta(hours=20)
"""A team is reminded of a milestone once a day at most."""
FILTERS = ("all", "unassigned", "waiting", "held", "revise", "not_yet", "open", "done")


_COHORT = aliased(Space)

# Milestones


def milestone_for(actor: Actor, number: int) -> Milestone:
    """The milestone, also one that was called off. Raises NotFound."""
    return door(actor, Milestone, Milestone.id == number)


def _above(space: Space) -> list[int]:
    """The space and what it lies in: milestones of these ask it for something."""
    found = [space.id]
    if space.parent_id is not None:
        found.append(space.parent_id)
        top = db.session.scalar(select(Space.parent_id).where(Space.id == space.parent_id))
        found += [top] if top is not None else []
    return found


def milestones_of(actor: Actor, space: Space) -> list[Milestone]:
    """What a space asks for, and for a team also what its cohort and programme do, the earliest first."""
    places = _above(space) if space.kind in KINDS_OF_TEAM else [space.id]
    stmt = select(Milestone).where(Milestone.space_id.in_(places), Milestone.cancelled_at.is_(None))
    return listing(actor, stmt.order_by(Milestone.due_at, Milestone.id).limit(STEPS), Milestone)


def asks(milestone: Milestone, space: Space) -> bool:
    """Whether a milestone asks this space for something."""
    return space.kind in KINDS_OF_TEAM and milestone.space_id in _above(space)


def late_teams(actor: Actor, milestones: Sequence[Milestone]) -> dict[int, list[Space]]:
    """The teams that the actor guides and that have handed in nothing (or took it back), by name, for each of some milestones.
    Three queries, none for who guides nobody.
    """
    guided = [space for space, role in actor.roles.items() if role in GUIDES]
    if not guided or not milestones:
        return {one.id: [] for one in milestones}
    stmt = select(Space).where(Space.id.in_(guided), Space.kind.in_(KINDS_OF_TEAM), Space.status == "active")
    teams = listing(actor, stmt.order_by(Space.name, Space.id), Space)
    cohorts = {team.parent_id for team in teams} - {None}
    tops: dict[int | None, int | None] = {
        row[0]: row[1] for row in db.session.execute(select(Space.id, Space.parent_id).where(Space.id.in_(cohorts)))
    }
    standing = select(Submission.milestone_id, Submission.space_id).where(
        Submission.milestone_id.in_([one.id for one in milestones]), Submission.latest, Submission.state != "withdrawn"
    )
    have = {(row[0], row[1]) for row in db.session.execute(standing)}
    return {
        one.id: [
            team
            for team in teams
            if one.space_id in (team.id, team.parent_id, tops.get(team.parent_id)) and (one.id, team.id) not in have
        ]
        for one in milestones
    }


def without_submission(actor: Actor, milestone: Milestone) -> list[Space]:
    """As `late_teams`, for one."""
    return late_teams(actor, [milestone])[milestone.id]


def nudged_lately(milestones: Sequence[Milestone]) -> dict[tuple[int, int], datetime]:
    """When teams were last reminded of some milestones within NUDGE_EVERY, by milestone and team. One query."""
    stmt = select(Activity.object_id, Activity.space_id, Activity.created_at).where(
        Activity.object_kind == "milestone",
        Activity.object_id.in_([one.id for one in milestones]),
        Activity.verb == "milestone.nudged",
        Activity.created_at > now() - NUDGE_EVERY,
    )
    return {(row[0], row[1] or 0): row[2] for row in db.session.execute(stmt.order_by(Activity.id))}


# Who reads


def sponsors_of(space: Space) -> list[Person]:
    """Who sponsors a team, by name."""
    stmt = select(Person).join(Sponsorship, Sponsorship.person_id == Person.id)
    stmt = stmt.where(Sponsorship.space_id == space.id, Person.status != "disabled")
    return list(db.session.scalars(stmt.order_by(Person.name, Person.id)))


@dataclass(frozen=True)
class Readers:
    """Who would read what a team hands in: how many of the team, its coaches, the staff, and who is named besides."""

    team: int
    coaches: list[Person]
    staff: list[Person]
    named: list[Person]


def readers_of(space: Space, milestone: Milestone) -> Readers:
    """Who would read what this team hands in now."""
    roles = {role: people_ids_in(space.id, roles=frozenset({role})) for role in sorted(INSIDE)}
    ids = set().union(*roles.values())
    stmt = select(Person).where(Person.id.in_(ids), Person.status != "disabled").order_by(Person.name, Person.id)
    people = list(db.session.scalars(stmt))
    named = sponsors_of(space) if milestone.to_sponsor else []
    return Readers(
        team=sum(person.id in roles["member"] | roles["alumnus"] for person in people),
        coaches=[person for person in people if person.id in roles["coach"]],
        staff=[person for person in people if person.id in roles["owner"] | roles["facilitator"]],
        named=[person for person in named if person.id not in ids],
    )


def named_readers(submission: Submission) -> list[Person]:
    """Who was named when it was handed in, by name. For whoever came to the submission."""
    stmt = select(Person).join(Grant, Grant.person_id == Person.id)
    stmt = stmt.where(Grant.object_kind == "submission", Grant.object_id == submission.id)
    return list(db.session.scalars(stmt.order_by(Person.name, Person.id)))


# Submissions


def _with_people() -> tuple[Any, ...]:
    return (
        joinedload(Submission.author),
        joinedload(Submission.space),
        joinedload(Submission.assessor),
    )


def submission_for(actor: Actor, number: int) -> Submission:
    """The submission with its people and its team. Raises NotFound."""
    return door(actor, Submission, Submission.id == number, options=_with_people())


def attempts_of(actor: Actor, submission: Submission) -> list[Submission]:
    """Every attempt at the same milestone by the same team, the first first, without the notes."""
    stmt = select(Submission).where(
        Submission.space_id == submission.space_id, Submission.milestone_id == submission.milestone_id
    )
    return _listed(actor, stmt.order_by(Submission.attempt).limit(STEPS))


def submissions_in(actor: Actor, space: Space) -> list[Submission]:
    """What a team handed in, the newest first, without the notes. One query."""
    return _listed(
        actor, select(Submission).where(Submission.space_id == space.id).order_by(Submission.id.desc()).limit(STEPS)
    )


def _listed(actor: Actor, stmt: Select[tuple[Submission]]) -> list[Submission]:
    return listing(
        actor, stmt.options(defer(Submission.body), defer(Submission.body_html), *_with_people()), Submission
    )


@dataclass(frozen=True)
class Submissions:
    """A stretch of submissions, the newest first. `next` is the `before` of the following one, None at the end."""

    items: list[Submission]
    next: int | None


def submissions_for(
    actor: Actor,
    *,
    only: str = "all",
    space: Space | None = None,
    milestone: Milestone | None = None,
    mine: bool = False,
    before: int | None = None,
    limit: int = LIST,
) -> Submissions:
    """The latest attempts that the actor may see, the newest first: of all teams, or of one `space` (of a cohort or programme:
    the teams below it), of one milestone, or those that are given to the actor (`mine`). `only` is one of FILTERS. One query.
    """
    limit = max(1, min(limit, 200))
    stmt = select(Submission).where(Submission.latest).order_by(Submission.id.desc()).limit(limit + 1)
    if space is not None:
        cohorts = select(Space.id).where(Space.parent_id == space.id)
        below = select(Space.id).where(or_(Space.parent_id == space.id, Space.parent_id.in_(cohorts)))
        stmt = stmt.where(or_(Submission.space_id == space.id, Submission.space_id.in_(below)))
    if milestone is not None:
        stmt = stmt.where(Submission.milestone_id == milestone.id)
    if mine:
        stmt = stmt.where(Submission.assessor_id == actor.id)
    if before is not None:
        stmt = stmt.where(Submission.id < before)
    found = _listed(actor, stmt.where(*_only(actor, only)))
    return Submissions(found[:limit], found[limit - 1].id if len(found) > limit else None)


def _only(actor: Actor, only: str) -> list[ColumnElement[bool]]:
    if only == "unassigned":
        return [Submission.state == "sent", Submission.assessor_id.is_(None)]
    if only == "held":
        held = select(SubmissionResult.id).where(
            SubmissionResult.submission_id == Submission.id,
            SubmissionResult.released_at.is_(None),
            visible(actor, SubmissionResult),
        )
        return [held.exists()]
    states = {
        "waiting": ("sent",),
        "revise": ("revise",),
        "not_yet": ("not_yet",),
        "open": ("sent", "revise", "not_yet"),
        "done": ("ok",),
    }.get(only)
    return [Submission.state.in_(states)] if states else []


def milestones_among(actor: Actor) -> list[tuple[Milestone, str]]:
    """The milestones for which the actor sees something handed in, each with the name of where it is, the newest first."""
    seen = select(Submission.milestone_id).where(visible(actor, Submission))
    stmt = select(Milestone, Space.name).join(Space, Space.id == Milestone.space_id).where(Milestone.id.in_(seen))
    return [(row[0], row[1]) for row in db.session.execute(stmt.order_by(Milestone.due_at.desc()).limit(LIST))]


def teams_among(actor: Actor) -> list[Space]:
    """The teams of which the actor sees something handed in, by name. A sponsor has no other way to know them."""
    seen = select(Submission.space_id).where(visible(actor, Submission))
    return list(db.session.scalars(select(Space).where(Space.id.in_(seen)).order_by(Space.name).limit(LIST * 4)))


def guides_of(space_ids: Collection[int]) -> dict[int, list[Person]]:
    """The coaches of some teams, by the id of the team: who can be asked to look. One query, none for nothing."""
    if not space_ids:
        return {}
    stmt = (
        select(Membership.space_id, Person)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.space_id.in_(space_ids), Membership.role.in_(sorted(GUIDES)), Person.status == "active")
        .order_by(Person.name, Person.id)
    )
    found: dict[int, list[Person]] = {}
    for space_id, person in db.session.execute(stmt):
        found.setdefault(space_id, []).append(person)
    return found


# What is in it


def _shown(actor: Actor) -> ColumnElement[bool]:
    """What was for its author and the coaches stays theirs."""
    coached = [space for space, role in actor.roles.items() if role == "coach"]
    theirs = select(Submission.id).where(Submission.space_id.in_(coached))
    return or_(
        SubmissionItem.audience != "coach",
        SubmissionItem.owner_id == actor.id if actor.id is not None else false(),
        SubmissionItem.submission_id.in_(theirs),
    )


def items_of(actor: Actor, submission: Submission, *, words: bool = False) -> list[SubmissionItem]:
    """What a submission holds and the actor may see of it, in order; without the `words` unless they are asked for.

    Raises NotFound when the submission is not visible.
    """
    _come_to(actor, submission)
    stmt = select(SubmissionItem).where(SubmissionItem.submission_id == submission.id, _shown(actor))
    if not words:
        stmt = stmt.options(defer(SubmissionItem.body), defer(SubmissionItem.body_html))
    return list(db.session.scalars(stmt.order_by(SubmissionItem.position)))


def item_for(actor: Actor, submission: Submission, number: int) -> SubmissionItem:
    """One page or file of a submission, with its words. Raises NotFound."""
    _come_to(actor, submission)
    stmt = select(SubmissionItem).where(SubmissionItem.submission_id == submission.id, SubmissionItem.id == number)
    found = db.session.scalars(stmt.where(_shown(actor))).one_or_none()
    if found is None:
        raise NotFound()
    return found


def page_in(actor: Actor, submissions: Sequence[Submission], source: int) -> dict[int, SubmissionItem]:
    """The copies of one page (by the number that it had) in some submissions that the actor came to, by submission. One query."""
    for one in submissions:
        _come_to(actor, one)
    stmt = select(SubmissionItem).where(
        SubmissionItem.submission_id.in_([one.id for one in submissions]),
        SubmissionItem.kind == "page",
        SubmissionItem.source_id == source,
        _shown(actor),
    )
    return {item.submission_id: item for item in db.session.scalars(stmt)}


@dataclass(frozen=True)
class Paged:
    """A page that some submissions hold: the number that it had, its newest title, and in how many of them it is."""

    source: int
    title: str
    times: int


def pages_among(actor: Actor, submissions: Sequence[Submission]) -> list[Paged]:
    """The pages that some submissions hold, by their path. One query."""
    for one in submissions:
        _come_to(actor, one)
    stmt = (
        select(SubmissionItem.source_id, SubmissionItem.title, SubmissionItem.path)
        .where(
            SubmissionItem.submission_id.in_([one.id for one in submissions]),
            SubmissionItem.kind == "page",
            _shown(actor),
        )
        .order_by(SubmissionItem.submission_id)
    )
    found: dict[int, tuple[str, str, int]] = {}
    for source, title, path in db.session.execute(stmt):
        times = found[source][2] if source in found else 0
        found[source] = (path, title, times + 1)
    by_path = sorted(found.items(), key=lambda one: one[1])
    return [Paged(source, title, times) for source, (_path, title, times) in by_path]


def _come_to(actor: Actor, submission: Submission) -> None:
    if ("submission", submission.id) not in actor.sees:
        door(actor, Submission, Submission.id == submission.id)


def results_of(actor: Actor, submissions: Sequence[Submission]) -> Mapping[int, SubmissionResult]:
    """What was said to some submissions, as far as the actor may know, by submission. One query, none for nothing."""
    if not submissions:
        return {}
    stmt = (
        select(SubmissionResult)
        .where(SubmissionResult.submission_id.in_([one.id for one in submissions]))
        .options(joinedload(SubmissionResult.author))
    )
    return {result.submission_id: result for result in listing(actor, stmt, SubmissionResult)}


def result_for(actor: Actor, submission: Submission) -> SubmissionResult | None:
    """What was said to a submission, None when the actor knows of nothing."""
    return results_of(actor, [submission]).get(submission.id)


def held_results(actor: Actor) -> list[SubmissionResult]:
    """The results that the actor holds back and that still wait for their release, the oldest first."""
    waiting = select(Submission.id).where(Submission.state == "sent")
    stmt = select(SubmissionResult).where(
        SubmissionResult.author_id == actor.id,
        SubmissionResult.released_at.is_(None),
        SubmissionResult.submission_id.in_(waiting),
    )
    return listing(actor, stmt.order_by(SubmissionResult.id).limit(STEPS), SubmissionResult)


def guides_somebody(actor: Actor) -> bool:
    """Whether the actor guides any space: then there is a table to keep."""
    return any(role in GUIDES for role in actor.roles.values())


def reads_any(actor: Actor) -> bool:
    """Whether there is a submission for the actor at all."""
    return bool(db.session.scalar(select(exists().where(visible(actor, Submission)))))


def may_hand_in(actor: Actor, space: Space) -> bool:
    """Whether the actor may hand in for a team."""
    return may(actor, "hand in", space)


def people_to_sponsor(actor: Actor, space: Space) -> list[Person]:
    """Who can be named as sponsor of a team: the guests of the team, of its cohort and of its programme, by name. For its staff."""
    if not may(actor, "manage", space):
        return []
    guests = select(Membership.person_id).where(Membership.space_id.in_(_above(space)), Membership.role == "guest")
    stmt = select(Person).where(Person.id.in_(guests), Person.status != "disabled").order_by(Person.name, Person.id)
    return list(db.session.scalars(stmt))


def teams_done(actor: Actor, milestones: Sequence[Milestone]) -> dict[int, int]:
    """How many submissions that stand the actor sees for each of some milestones. One query, none for nothing."""
    if not milestones:
        return {}
    stmt = (
        select(Submission.milestone_id, func.count())
        .where(
            Submission.milestone_id.in_([one.id for one in milestones]),
            Submission.latest,
            Submission.state != "withdrawn",
            visible(actor, Submission),
        )
        .group_by(Submission.milestone_id)
    )
    return {row[0]: row[1] for row in db.session.execute(stmt)}


@dataclass(frozen=True)
class ToChoose:
    """The pages and files of a space that somebody may hand in, without their words."""

    pages: list[Page]
    files: list[File]


def to_choose(actor: Actor, space: Space) -> ToChoose:
    """What the actor may hand in of a space: its pages by path, its files by name. Two queries."""
    pages = select(Page).where(Page.space_id == space.id).options(defer(Page.body), defer(Page.body_html))
    files = select(File).where(File.space_id == space.id)
    return ToChoose(
        listing(actor, pages.order_by(Page.path).limit(TO_CHOOSE), Page),
        listing(actor, files.order_by(File.path_key).limit(TO_CHOOSE), File),
    )


def milestone_of(submission: Submission) -> Milestone:
    """What it was handed in for. For whoever came to the submission: it names its milestone anyway."""
    return db.session.get_one(Milestone, submission.milestone_id)


def submissions_among(actor: Actor, numbers: Collection[int]) -> list[Submission]:
    """Those of these submissions that the actor sees and that are of the same team as the first, in the order of time."""
    stmt = select(Submission).where(Submission.id.in_(numbers))
    found = _listed(actor, stmt.order_by(Submission.id))
    first = next((one.space_id for number in numbers for one in found if one.id == number), None)
    return [one for one in found if one.space_id == first]


def latest_beside(actor: Actor, submission: Submission) -> list[int]:
    """The numbers of what the same team handed in last for each milestone, in the order of time, this one among them."""
    stmt = select(Submission.id, Submission.milestone_id).where(
        Submission.space_id == submission.space_id,
        Submission.latest,
        Submission.state != "withdrawn",
        visible(actor, Submission),
    )
    rows = db.session.execute(stmt.order_by(Submission.id.desc()).limit(4)).all()
    found = {row[0] for row in rows if row[1] != submission.milestone_id} | {submission.id}
    return sorted(found)


@dataclass(frozen=True)
class Due:
    """A milestone that a team of the actor has still to hand in, and how far it is: "" when nothing was handed in yet."""

    milestone: Milestone
    team: Space
    state: str


SOON, LATE = timedelta(days=7), timedelta(days=14)
"""How long before and after its day a milestone is on the mind of who hands in."""


def due_soon(actor: Actor, *, limit: int = 3) -> list[Due]:
    """What the teams of a member have to hand in about now, the earliest first. One query, none for who is of no team."""
    teams = [team.id for team in actor.reach.teams if actor.roles[team.id] == "member"]
    if not teams:
        return []
    top = select(_COHORT.parent_id).where(_COHORT.id == Space.parent_id).scalar_subquery()
    asked = or_(Milestone.space_id.in_([Space.id, Space.parent_id]), Milestone.space_id == top)
    mine = and_(Submission.milestone_id == Milestone.id, Submission.space_id == Space.id, Submission.latest)
    again = ("withdrawn", "revise", "not_yet")
    stmt = (
        select(Milestone, Space, Submission.state)
        .select_from(Milestone)
        .join(Space, and_(Space.id.in_(teams), Space.status == "active", asked))
        .outerjoin(Submission, mine)
        .where(
            Milestone.cancelled_at.is_(None),
            Milestone.due_at.between(now() - LATE, now() + SOON),
            or_(Submission.id.is_(None), Submission.state.in_(again)),
        )
        .order_by(Milestone.due_at, Milestone.id)
        .limit(limit)
    )
    return [Due(row[0], row[1], row[2] or "") for row in db.session.execute(stmt)]
