"""The cast of JOURNEYS.md, made through the actions as users would make them, so that tests read as stories.

Leading Change 2026 > Cohort 14 > Noorderlicht, Getij
Noor, Samir, Fatma, Kwame   members of Noorderlicht      Joost, Thandiwe   members of Getij
Anna                        coach of both teams          Pieter-Jan        facilitator of the cohort
Mei-Lin                     host of the theme, alumna    Ingrid            sponsor, guest of Noorderlicht
Rik                         administrator                Dev               a colleague in no programme
Gus                         a guest of the site who is in no space
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from community.clock import now
from community.extensions import db
from community.people.actions import create_person
from community.people.models import Person
from community.permissions import SYSTEM, Actor
from community.phases.actions import set_phases
from community.spaces.actions import add_member, create_space
from community.spaces.models import Space
from community.spaces.queries import actor_for

PASSWORD = "een lange zin over water 14"
CAST = {
    "noor": ("Noor van der Velden", "nl", "member"),
    "samir": ("Samir El Idrissi", "en", "member"),
    "fatma": ("Fatma Yıldırım", "nl", "member"),
    "kwame": ("Kwame Mensah", "en", "member"),
    "joost": ("Joost Wiersma", "nl", "member"),
    "thandiwe": ("Thandiwe Nkosi-Verhoeven", "en", "member"),
    "anna": ("Anna de Wit-Okonkwo", "en", "member"),
    "pieter_jan": ("Pieter-Jan Hoekstra", "nl", "member"),
    "mei_lin": ("Mei-Lin Baas", "en", "member"),
    "ingrid": ("Ingrid Solheim", "en", "member"),
    "rik": ("Rik Terpstra", "nl", "administrator"),
    "dev": ("Dev Anand", "en", "member"),
    "gus": ("Gus Okafor", "en", "guest"),
}


@dataclass
class World:
    """Everybody and every place, by name. Ids rather than objects: each test reads its own."""

    person_ids: dict[str, int] = field(default_factory=dict)
    space_ids: dict[str, int] = field(default_factory=dict)

    def person(self, name: str) -> Person:
        return db.session.get_one(Person, self.person_ids[name])

    def actor(self, name: str) -> Actor:
        """The person as an actor, freshly read."""
        return actor_for(self.person(name))

    def space(self, name: str) -> Space:
        return db.session.get_one(Space, self.space_ids[name])

    @property
    def everybody(self) -> list[str]:
        return list(self.person_ids)


def build_world() -> World:
    """Make everybody and every place, through the actions."""
    world = World()
    rik = create_person(
        SYSTEM, email="rik@waterland.example", name=CAST["rik"][0], password=PASSWORD, site_role="administrator"
    )
    world.person_ids["rik"] = rik.id
    boss = actor_for(rik)
    for name, (full, language, site_role) in CAST.items():
        if name == "rik":
            continue
        made = create_person(
            boss,
            email=f"{name.replace('_', '-')}@waterland.example",
            name=full,
            password=PASSWORD,
            language=language,
            site_role=site_role,
            skills=("wachtlijst",) if name == "thandiwe" else (),
        )
        world.person_ids[name] = made.id
    people = {name: world.person(name) for name in CAST}
    programme = create_space(boss, kind="programme", name="Leading Change 2026", owner=people["pieter_jan"])
    cohort = create_space(boss, kind="cohort", name="Cohort 14", parent=programme, owner=people["pieter_jan"])
    teams = {
        "noorderlicht": ("Noorderlicht", ("noor", "samir", "fatma", "kwame")),
        "getij": ("Getij", ("joost", "thandiwe")),
    }
    world.space_ids.update(programme=programme.id, cohort=cohort.id)
    for slug, (name, members) in teams.items():
        team = create_space(
            boss,
            kind="team",
            name=name,
            parent=cohort,
            owner=people["pieter_jan"],
            question="How do we halve the time between a customer's question and our first useful answer?",
        )
        world.space_ids[slug] = team.id
        for member in members:
            add_member(boss, team, people[member], role="member")
        add_member(boss, team, people["anna"], role="coach")
    add_member(boss, world.space("noorderlicht"), people["ingrid"], role="guest")
    add_member(boss, cohort, people["mei_lin"], role="alumnus")
    theme = create_space(
        world.actor("mei_lin"),
        kind="theme",
        name="Service without queues",
        visibility="organisation",
        join_policy="open",
    )
    commons = create_space(boss, kind="commons", name="Commons", visibility="organisation", join_policy="open")
    world.space_ids.update(theme=theme.id, commons=commons.id)
    set_phases(world.actor("pieter_jan"), cohort, phases_around(today_in_domburg()))
    return world


def today_in_domburg() -> date:
    """The day it is where the cohort is."""
    return now().astimezone(ZoneInfo("Europe/Amsterdam")).date()


def phases_around(today: date) -> list[dict[str, object]]:
    """The four phases, with campus around today."""
    day = timedelta(days=1)
    return [
        {"key": "pre", "name": "Pre-campus", "starts_on": today - 30 * day, "ends_on": today - 4 * day},
        {"key": "campus", "name": "Campus", "starts_on": today - day, "ends_on": today + 2 * day},
        {"key": "post", "name": "Post-campus", "starts_on": today + 6 * day, "ends_on": today + 89 * day},
        {"key": "alumni", "name": "Alumni", "starts_on": today + 90 * day, "ends_on": None},
    ]
