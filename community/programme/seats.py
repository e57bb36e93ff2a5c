"""Who sits where in a programme: the seats that a file and a roster give, worked out without the database.

sponsors        guests of programme and cohort: they read and answer there, and see no team
facilitators    facilitators of programme and cohort, and through it of the teams
coaches         coaches of their teams (of the cohort without one), members of the programme
members         members of their team (or of the cohort without one) and of the programme
guests          guests of their team or the cohort, and nothing else
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from community.programme.sheet import Person, Programme, Roster, Row
from community.spaces.models import ROLES


@dataclass(frozen=True)
class Seat:
    """A person's role in the space with this slug."""

    space: str
    email: str
    name: str
    role: str


def everybody(programme: Programme, roster: Roster) -> Sequence[Person | Row]:
    """Each person once, as the programme file says, else as the roster does."""
    found: dict[str, Person | Row] = {}
    listed: list[Person | Row] = [*programme.facilitators, *programme.coaches, *programme.sponsors, *roster.rows]
    for person in listed:
        found.setdefault(person.email, person)
    return list(found.values())


def seats_of(programme: Programme, roster: Roster) -> list[Seat]:
    """Every seat, once, with the strongest role that a person has in it."""
    top, cohort = programme.slug, programme.cohort.slug
    names = {person.email: person.name for person in everybody(programme, roster)}
    strongest: dict[tuple[str, str], str] = {}

    def sit(space: str, email: str, role: str) -> None:
        held = strongest.get((space, email))
        if held is None or ROLES.index(role) < ROLES.index(held):
            strongest[(space, email)] = role

    def coach(email: str, teams: Sequence[str]) -> None:
        sit(top, email, "member")
        for slug in teams or [cohort]:
            sit(slug, email, "coach")

    for person in programme.facilitators:
        sit(top, person.email, "facilitator")
        sit(cohort, person.email, "facilitator")
    for person in programme.coaches:
        coach(person.email, [team.slug for team in programme.teams if person.email in team.coaches])
    for row in roster.rows:
        teams = [team.slug for team in map(programme.team_named, row.teams) if team is not None]
        if row.role == "coach":
            coach(row.email, teams)
        elif row.role == "facilitator":
            sit(top, row.email, "facilitator")
            sit(cohort, row.email, "facilitator")
        else:
            for slug in teams or [cohort]:
                sit(slug, row.email, row.role)
            if row.role == "member":
                sit(top, row.email, "member")
    for person in programme.sponsors:
        sit(top, person.email, "guest")
        sit(cohort, person.email, "guest")
    return [Seat(space, email, names[email], role) for (space, email), role in strongest.items()]
