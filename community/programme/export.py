"""What runs here, as a programme file and a roster again: to copy a programme, to keep it, to change many things at once.

Importing what was exported changes nothing. A question has no key of its own in the house, so it is exported under the
address of the first team that was asked it. Whoever is an alumnus by now is a member in the roster, as they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from community.coaching.terms import own_terms
from community.errors import Denied, NotFound
from community.extensions import db
from community.people.models import Person as Account
from community.permissions import Actor
from community.programme.models import Event as PlannedEvent
from community.programme.models import Prompt as PlannedPrompt
from community.programme.sheet import (
    Coaching,
    Cohort,
    Event,
    Milestone,
    Person,
    Phase,
    Programme,
    Prompt,
    Question,
    Roster,
    Row,
    Team,
)
from community.spaces.models import Membership, Space
from community.spaces.queries import phases_of
from community.submissions.models import Milestone as Asked

Seated = Sequence[tuple[Account, str]]


def cohorts_to_export(actor: Actor) -> Sequence[Space]:
    """The cohorts that can be exported, the newest last. Administrators only. Raises Denied."""
    if not (actor.is_administrator or actor.is_system):
        raise Denied()
    return db.session.scalars(select(Space).where(Space.kind == "cohort").order_by(Space.id)).all()


def programme_of(actor: Actor, cohort_slug: str) -> tuple[Programme, Roster]:
    """The programme of a cohort as a file and a roster. Raises Denied, and NotFound for what is no cohort."""
    cohort = next((space for space in cohorts_to_export(actor) if space.slug == cohort_slug), None)
    top = db.session.get(Space, cohort.parent_id) if cohort is not None and cohort.parent_id else None
    if cohort is None or top is None:
        raise NotFound()
    teams = db.session.scalars(select(Space).where(Space.parent_id == cohort.id).order_by(Space.id)).all()
    in_top, in_cohort = _seated(top), _seated(cohort)
    in_team = {team.slug: _seated(team) for team in teams}
    sponsors = _people(account for account, role in in_top if role == "guest")
    questions, asked = _questions(teams, sponsors)
    programme = Programme(
        name=top.name,
        slug=top.slug,
        aim=top.aim,
        cohort=Cohort(cohort.name, cohort.slug, cohort.time_zone),
        sponsors=sponsors,
        facilitators=_people(account for account, role in in_cohort if role in ("owner", "facilitator")),
        coaches=_people(_coaches(in_cohort, *in_team.values())),
        questions=questions,
        phases=tuple(Phase(phase.key, phase.name, phase.starts_on, phase.ends_on) for phase in phases_of(cohort.id)),
        teams=tuple(
            Team(
                team.name,
                team.slug,
                asked[team.slug],
                tuple(account.email for account, role in in_team[team.slug] if role == "coach"),
                _days_of(team),
            )
            for team in teams
        ),
    )
    programme = replace(_with_plans(programme, cohort, teams), coaching=_coaching(top))
    staff = {person.email for person in (*programme.sponsors, *programme.facilitators, *programme.coaches)}
    return programme, _roster(teams, in_team, in_cohort, staff)


def _coaching(top: Space) -> Coaching:
    held = own_terms(top)
    if held is None:
        return Coaching()
    return Coaching(held.response_days, tuple(date.fromisoformat(day) for day in held.holidays), held.guide)


def _days_of(team: Space) -> int | None:
    held = own_terms(team)
    return held.response_days if held is not None else None


def _seated(space: Space) -> Seated:
    """Everybody with a role of their own in a space, in the order in which they came."""
    stmt = (
        select(Account, Membership.role)
        .join(Membership, Membership.person_id == Account.id)
        .where(Membership.space_id == space.id, Account.status != "disabled")
        .order_by(Membership.id)
    )
    return [(account, role) for account, role in db.session.execute(stmt)]


def _coaches(*spaces: Seated) -> list[Account]:
    """Who coaches anywhere, each once, in the order in which they came."""
    found = {account.id: account for seated in spaces for account, role in seated if role == "coach"}
    return [found[account_id] for account_id in sorted(found)]


def _people(accounts: Iterable[Account]) -> tuple[Person, ...]:
    return tuple(
        Person(account.email, account.name, account.location, account.language, tuple(account.skills))
        for account in accounts
    )


def _questions(teams: Sequence[Space], sponsors: tuple[Person, ...]) -> tuple[tuple[Question, ...], dict[str, str]]:
    """The questions, each once, and the key of the one that each team was asked."""
    emails = {person.name: person.email for person in sponsors}
    found: dict[tuple[str, str, str], Question] = {}
    asked = {}
    for team in teams:
        if not team.question:
            asked[team.slug] = ""
            continue
        same = (team.question, team.sponsor, team.aim)
        question = Question(team.slug, team.question, emails.get(team.sponsor, ""), team.aim)
        asked[team.slug] = found.setdefault(same, question).key
    return tuple(found.values()), asked


def _with_plans(programme: Programme, cohort: Space, teams: Sequence[Space]) -> Programme:
    phases = {phase.id: phase.key for phase in phases_of(cohort.id)}
    places = {cohort.id: "", **{team.id: team.slug for team in teams}}
    prompts = db.session.scalars(
        select(PlannedPrompt)
        .where(PlannedPrompt.space_id == cohort.id, PlannedPrompt.phase_id.in_(phases))
        .order_by(PlannedPrompt.opens_at, PlannedPrompt.id)
    )
    events = db.session.scalars(
        select(PlannedEvent)
        .where(PlannedEvent.space_id.in_(places), PlannedEvent.cancelled_at.is_(None))
        .order_by(PlannedEvent.starts_at, PlannedEvent.id)
    )
    milestones = db.session.scalars(
        select(Asked).where(Asked.space_id.in_(places), Asked.cancelled_at.is_(None)).order_by(Asked.due_at, Asked.id)
    )
    wall = programme.wall
    return replace(
        programme,
        prompts=tuple(
            Prompt(
                one.key,
                phases[one.phase_id or 0],
                wall(one.opens_at),
                wall(one.closes_at),
                one.text_en,
                one.text_nl,
                one.audience,
            )
            for one in prompts
        ),
        events=tuple(
            Event(
                one.key,
                one.title,
                wall(one.starts_at),
                wall(one.ends_at),
                one.place,
                one.description,
                places[one.space_id],
            )
            for one in events
        ),
        milestones=tuple(
            Milestone(one.key, one.title, wall(one.due_at), one.description, places[one.space_id], one.to_sponsor)
            for one in milestones
        ),
    )


def _roster(teams: Sequence[Space], in_team: dict[str, Seated], in_cohort: Seated, staff: set[str]) -> Roster:
    rows: dict[str, Row] = {}
    places = [*((team.name, in_team[team.slug]) for team in teams), ("", in_cohort)]
    for team, seated in places:
        for account, role in seated:
            if account.email in staff or role in ("owner", "facilitator", "coach"):
                continue
            row = Row(
                email=account.email,
                name=account.name,
                teams=(team,) if team else (),
                role="guest" if role == "guest" else "member",
                location=account.location,
                language=account.language,
                skills=tuple(skill.replace(";", ",") for skill in account.skills),
            )
            rows.setdefault(account.email, row)  # somebody in two teams is written down in the first
    return Roster(tuple(rows.values()))
