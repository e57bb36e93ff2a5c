"""What can happen to a programme's plan: a file is imported, a prompt or an event is set or cancelled.

`import_programme` is one action: all of a file becomes spaces, people, roles, phases, prompts and events, or nothing
does. It compares what stands with what is written and does only the difference, so that a second import records nothing.
`plan_programme` goes the same way without a step. What is not in the file is left alone: leaving out is not removing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.coaching.actions import agree
from community.coaching.terms import own_terms
from community.errors import Denied
from community.extensions import db
from community.people.actions import create_person, update_person
from community.people.models import Person
from community.people.queries import person_by_email
from community.permissions import SYSTEM, Actor, require
from community.phases.actions import set_phases
from community.programme.models import Event, Prompt
from community.programme.seats import Seat, everybody, seats_of
from community.programme.sheet import Fault, Programme, Roster, faults_between
from community.spaces.actions import add_member, create_space, remove_member, update_space
from community.spaces.models import Membership, Phase, Space
from community.spaces.queries import phases_of
from community.spaces.slugs import RESERVED
from community.submissions.actions import name_sponsor, set_milestone
from community.submissions.models import Milestone, Sponsorship

Thing = TypeVar("Thing", Prompt, Event)


@dataclass(frozen=True)
class Step:
    """One thing that an import does: `verb` is create, update, add or move; `noun` what to; `words` which, and how."""

    verb: str
    noun: str
    words: str

    def __str__(self) -> str:
        return f"{self.verb} {self.noun} {self.words}"


@dataclass
class Report:
    """What an import did, or would do. With faults it did nothing."""

    steps: list[Step] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def plan_programme(actor: Actor, programme: Programme, roster: Roster) -> Report:
    """What `import_programme` would do now, and every fault. Writes nothing. Raises Denied."""
    _may_import(actor)
    return _Import(programme, roster, doing=False).run()


@action
def import_programme(actor: Actor, programme: Programme, roster: Roster) -> Report:
    """Make the house hold what the file says. With any fault nothing is done: see `Report.faults`.

    Spaces, people and roles are made in the name of the system, so that an administrator who imports gets no role in
    what they import, and reads nothing by it. Raises Denied.
    """
    _may_import(actor)
    report = _Import(programme, roster, doing=False).run()
    if report.faults or not report.steps:
        nothing_changed()
        return report
    report = _Import(programme, roster, doing=True).run()
    space = db.session.scalars(select(Space).where(Space.slug == programme.slug)).one()
    counted: dict[str, int] = {}
    for step in report.steps:
        counted[f"{step.verb} {step.noun}"] = counted.get(f"{step.verb} {step.noun}", 0) + 1
    record("programme.imported", actor, space, steps=counted)
    return report


def _may_import(actor: Actor) -> None:
    if not (actor.is_administrator or actor.is_system):
        raise Denied()


class _Import:
    """Goes through a programme from the top down. Not doing, it notes the same steps and touches nothing."""

    def __init__(self, programme: Programme, roster: Roster, *, doing: bool) -> None:
        self.programme = programme
        self.roster = roster
        self.doing = doing
        self.report = Report()
        self.spaces: dict[str, Space | None] = {}
        self.people: dict[str, Person | None] = {}
        self.left_out: set[str] = set()

    def run(self) -> Report:
        programme = self.programme
        faults = [*programme.faults, *self.roster.faults]
        self.report.faults = faults or faults_between(programme, self.roster)
        if self.report.faults:
            return self.report
        self.the_spaces()
        self.phases_left_out()
        if self.report.faults:
            return self.report
        for somebody in everybody(programme, self.roster):
            self.person(somebody)
        for seat in seats_of(programme, self.roster):
            self.seat(seat)
        self.one_team_each()
        self.coaching()
        self.phases()
        self.prompts()
        self.events()
        self.milestones()
        self.sponsors()
        return self.report

    def step(self, verb: str, noun: str, words: str) -> bool:
        """Note a step; True when it is to be taken."""
        self.report.steps.append(Step(verb, noun, words))
        return self.doing

    def fault(self, slug: str, sentence: str) -> None:
        self.report.faults.append(Fault(self.programme.file, self.programme.lines.get(slug, 1), sentence))

    # spaces

    def the_spaces(self) -> None:
        programme, cohort = self.programme, self.programme.cohort
        top = self.space("programme", programme.slug, None, name=programme.name, aim=programme.aim)
        middle = self.space("cohort", cohort.slug, top, name=cohort.name, time_zone=cohort.zone)
        questions = {question.key: question for question in programme.questions}
        sponsors = {person.email: person.name for person in programme.sponsors}
        for team in programme.teams:
            asked = questions.get(team.question)
            self.space(
                "team",
                team.slug,
                middle,
                name=team.name,
                time_zone=cohort.zone,
                question=asked.text if asked else "",
                sponsor=sponsors.get(asked.asked_by, "") if asked else "",
                aim=asked.background if asked else "",
            )

    def space(self, kind: str, slug: str, parent: Space | None, **words: str) -> Space | None:
        known = db.session.scalars(select(Space).where(Space.slug == slug)).one_or_none()
        name = words["name"]
        if known is not None and (known.kind != kind or known.parent_id != (parent.id if parent else None)):
            self.fault(slug, f"The address “{slug}” already belongs to “{known.name}”. Give this {kind} another slug.")
        elif slug in RESERVED:
            self.fault(slug, f"The address “{slug}” is a word of the site itself. Give this {kind} another slug.")
        elif known is None:
            if self.step("create", kind, name):
                known = create_space(SYSTEM, kind=kind, slug=slug, parent=parent, **words)  # type: ignore[arg-type]
        else:
            changed = sorted(key for key, value in words.items() if getattr(known, key) != value)
            if changed and self.step("update", kind, f"{name}: {_list(changed)}"):
                update_space(SYSTEM, known, **words)
        self.spaces[slug] = known
        return known

    def coaching(self) -> None:
        """What is agreed about coaching, in the programme and where a team differs. What the file leaves out stays."""
        agreed, programme = self.programme.coaching, self.programme
        self.agreed(programme.slug, programme.name, agreed.response_days, list(agreed.holidays), agreed.guide)
        for team in programme.teams:
            self.agreed(team.slug, team.name, team.response_days, [], "")

    def agreed(self, slug: str, name: str, days: int | None, holidays: list[date], guide: str) -> None:
        space = self.spaces[slug]
        held = own_terms(space) if space is not None else None
        said: dict[str, Any] = {
            "response_days": days,
            "holidays": [day.isoformat() for day in holidays],
            "guide": guide,
        }
        changed = sorted(key for key, value in said.items() if value and (held is None or getattr(held, key) != value))
        verb = "create" if held is None else "update"
        if changed and self.step(verb, "coaching", f"of {name}: {_list(changed)}") and space is not None:
            agree(
                SYSTEM,
                space,
                response_days=days if days is not None else held.response_days if held is not None else None,
                holidays=holidays or None,
                guide=guide or None,
            )

    # people and their places

    def person(self, seated: Any) -> None:
        known = person_by_email(seated.email)
        words: dict[str, Any] = {
            "name": seated.name,
            "location": seated.location,
            "language": seated.language,
            "skills": list(seated.skills),
        }
        if known is None:
            if self.step("create", "person", f"{seated.name} <{seated.email}>"):
                site_role = "guest" if getattr(seated, "role", "") == "guest" else "member"
                zone = self.programme.cohort.zone
                known = create_person(SYSTEM, email=seated.email, site_role=site_role, time_zone=zone, **words)
                db.session.flush()
        elif known.status == "disabled":
            self.report.notes.append(f"{seated.name} <{seated.email}> has a closed account and is left out.")
            self.left_out.add(seated.email)
        elif known.status == "invited":
            # Until somebody has come in, the file knows best; from then on their profile is their own.
            changed = sorted(key for key, value in words.items() if getattr(known, key) != value)
            if changed and self.step("update", "person", f"{seated.name}: {_list(changed)}"):
                update_person(SYSTEM, known, **words)
        self.people[seated.email] = known

    def seat(self, seat: Seat) -> None:
        space, person = self.spaces[seat.space], self.people[seat.email]
        held = None
        if space is not None and person is not None:
            held = db.session.scalar(
                select(Membership.role).where(Membership.space_id == space.id, Membership.person_id == person.id)
            )
        if held in (seat.role, "owner", "alumnus") or seat.email in self.left_out:
            return
        where = f"{seat.name} to {seat.space} as {seat.role}"
        if held is None:
            taken = self.step("add", "member", where)
        else:
            taken = self.step("update", "member", f"{seat.name} in {seat.space}: {held} becomes {seat.role}")
        if taken and space is not None and person is not None:
            add_member(SYSTEM, space, person, role=seat.role)

    def one_team_each(self) -> None:
        """A member whose team changed in the roster leaves the old one. What they wrote there stays there."""
        slugs = {team.slug for team in self.programme.teams}
        for row in self.roster.rows:
            person = self.people.get(row.email)
            if row.role != "member" or not row.teams or person is None:
                continue
            wanted = self.programme.team_named(row.teams[0])
            cohort = self.spaces[self.programme.cohort.slug]
            held = select(Space).join(Membership, Membership.space_id == Space.id)
            held = held.where(Membership.person_id == person.id, Membership.role == "member")
            held = held.where(Space.parent_id == (cohort.id if cohort else 0), Space.slug.in_(slugs))
            for old in db.session.scalars(held).all():
                if wanted is None or old.slug == wanted.slug:
                    continue
                if self.step("move", "member", f"{row.name} from {old.name} to {wanted.name}"):
                    remove_member(SYSTEM, old, person)

    # phases, prompts, events

    def phases_now(self) -> Sequence[Phase]:
        cohort = self.spaces[self.programme.cohort.slug]
        return phases_of(cohort.id) if cohort is not None else ()

    def phases_left_out(self) -> None:
        """What people made keeps the phase it was made in, so a phase can be renamed and moved, but not go."""
        named = {phase.key for phase in self.programme.phases}
        for phase in self.phases_now():
            if phase.key not in named:
                self.fault(
                    self.programme.cohort.slug,
                    f"The cohort has a phase “{phase.name}” that the file does not name. Keep its key “{phase.key}”, "
                    "and change its name and days as you like.",
                )

    def phases(self) -> None:
        cohort = self.spaces[self.programme.cohort.slug]
        known = {phase.key: phase for phase in self.phases_now()}
        changed = False
        wanted = []
        for phase in self.programme.phases:
            words = {"key": phase.key, "name": phase.name, "starts_on": phase.starts, "ends_on": phase.ends}
            wanted.append(words)
            held = known.get(phase.key)
            if held is None:
                self.step("create", "phase", f"{phase.name}, from {phase.starts}")
                changed = True
            elif differing := sorted(key for key, value in words.items() if getattr(held, key) != value):
                self.step("update", "phase", f"{phase.name}: {_list(differing)}")
                changed = True
        if changed and self.doing and cohort is not None:
            set_phases(SYSTEM, cohort, wanted)

    def prompts(self) -> None:
        cohort = self.spaces[self.programme.cohort.slug]
        phases = {phase.key: phase.id for phase in self.phases_now()}
        for prompt in self.programme.prompts:
            words: dict[str, Any] = {
                "phase_id": phases.get(prompt.phase),
                "text_en": prompt.en,
                "text_nl": prompt.nl,
                "audience": prompt.audience,
                "opens_at": self.programme.utc(prompt.opens),
                "closes_at": self.programme.utc(prompt.closes),
            }
            known = _prompt(cohort, prompt.key)
            if self.differs("prompt", prompt.key, known, words) and cohort is not None:
                set_prompt(SYSTEM, cohort, key=prompt.key, **words)

    def events(self) -> None:
        cohort = self.spaces[self.programme.cohort.slug]
        for event in self.programme.events:
            place = self.spaces[event.team] if event.team else cohort
            words: dict[str, Any] = {
                "title": event.title,
                "place": event.place,
                "description": event.description,
                "starts_at": self.programme.utc(event.starts),
                "ends_at": self.programme.utc(event.ends),
            }
            known = _event(place, event.key)
            if self.differs("event", event.title, known, words) and place is not None:
                set_event(SYSTEM, place, key=event.key, **words)

    def milestones(self) -> None:
        cohort = self.spaces[self.programme.cohort.slug]
        for milestone in self.programme.milestones:
            place = self.spaces[milestone.team] if milestone.team else cohort
            words: dict[str, Any] = {
                "title": milestone.title,
                "description": milestone.description,
                "to_sponsor": milestone.sponsor,
                "due_at": self.programme.utc(milestone.due),
            }
            known = _milestone(place, milestone.key)
            if self.differs("milestone", milestone.title, known, words) and place is not None:
                set_milestone(SYSTEM, place, key=milestone.key, **words)

    def sponsors(self) -> None:
        """Who asked a team its question sponsors it: they read what it hands in, where a milestone says so."""
        asked = {question.key: question.asked_by for question in self.programme.questions}
        for team in self.programme.teams:
            space, person = self.spaces[team.slug], self.people.get(asked.get(team.question, ""))
            email = asked.get(team.question, "")
            if not email or email in self.left_out:
                continue
            held = None
            if space is not None and person is not None:
                mine = select(Sponsorship.id).where(
                    Sponsorship.space_id == space.id, Sponsorship.person_id == person.id
                )
                held = db.session.scalar(mine)
            taken = held is None and self.step("add", "sponsor", f"{email} to {team.slug}")
            if taken and space is not None and person is not None:
                name_sponsor(SYSTEM, space, person)

    def differs(self, noun: str, title: str, known: Any, words: dict[str, Any]) -> bool:
        """Note what there is to do; True when it is to be done now."""
        if known is None:
            return self.step("create", noun, title)
        changed = sorted(key for key, value in words.items() if getattr(known, key) != value)
        return bool(changed) and self.step("update", noun, f"{title}: {_list(changed)}")


def _list(names: list[str]) -> str:
    """Names of columns as words."""
    return ", ".join(
        name.removesuffix("_id").removesuffix("_at").removesuffix("_on").replace("_", " ") for name in names
    )


def _prompt(space: Space | None, key: str) -> Prompt | None:
    mine = select(Prompt).where(Prompt.space_id == (space.id if space else 0), Prompt.key == key)
    return db.session.scalars(mine).one_or_none()


def _event(space: Space | None, key: str) -> Event | None:
    mine = select(Event).where(Event.space_id == (space.id if space else 0), Event.key == key)
    return db.session.scalars(mine).one_or_none()


def _milestone(space: Space | None, key: str) -> Milestone | None:
    mine = select(Milestone).where(Milestone.space_id == (space.id if space else 0), Milestone.key == key)
    return db.session.scalars(mine).one_or_none()


@action
def set_prompt(
    actor: Actor,
    space: Space,
    *,
    key: str,
    opens_at: datetime,
    closes_at: datetime,
    text_en: str = "",
    text_nl: str = "",
    audience: str = "only_me",
    phase_id: int | None = None,
) -> Prompt:
    """Ask the people of a cohort a question from `opens_at` until `closes_at` (aware). `key` tells it from the others:
    the one that has it is changed. Records nothing when it is as it was. Raises Denied, NotFound.
    """
    require(actor, "manage", space)
    words = {
        "opens_at": opens_at,
        "closes_at": closes_at,
        "text_en": text_en,
        "text_nl": text_nl,
        "audience": audience,
        "phase_id": phase_id,
    }
    known = _prompt(space, key)
    return _set(
        ("prompt.created", "prompt.updated"),
        actor,
        known or Prompt(space_id=space.id, key=key),
        words,
        new=known is None,
    )


@action
def set_event(
    actor: Actor,
    space: Space,
    *,
    key: str,
    title: str,
    starts_at: datetime,
    ends_at: datetime,
    place: str = "",
    description: str = "",
) -> Event:
    """Plan something from `starts_at` to `ends_at` (aware) for the people of a space. `key` tells it from the others:
    the one that has it is changed. Records nothing when it is as it was. Raises Denied, NotFound.
    """
    require(actor, "manage", space)
    words = {
        "title": title,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "place": place,
        "description": description,
    }
    known = _event(space, key)
    return _set(
        ("event.created", "event.updated"), actor, known or Event(space_id=space.id, key=key), words, new=known is None
    )


@action
def cancel_event(actor: Actor, event: Event) -> None:
    """Say that an event does not take place. It stays to be seen, marked so. Raises Denied, NotFound."""
    require(actor, "edit", event)
    if event.cancelled_at is not None:
        nothing_changed()
        return
    event.cancelled_at = now()
    record("event.cancelled", actor, event)


def _set(verbs: tuple[str, str], actor: Actor, thing: Thing, words: dict[str, Any], *, new: bool) -> Thing:
    changed = sorted(key for key, value in words.items() if getattr(thing, key) != value)
    for key in changed:
        setattr(thing, key, words[key])
    if new:
        db.session.add(thing)
        db.session.flush()
        record(verbs[0], actor, thing)
    elif changed:
        record(verbs[1], actor, thing, changed=changed)
    else:
        nothing_changed()
    return thing
