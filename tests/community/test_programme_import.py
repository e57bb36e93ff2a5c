"""Pieter-Jan imports a programme: once, twice, changed, with faults, and only to look (J1)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from community.activity.models import Activity
from community.clock import frozen, now
from community.errors import Denied
from community.extensions import db
from community.people.actions import update_person
from community.people.models import Person
from community.people.queries import person_by_email
from community.permissions import SYSTEM
from community.phases.actions import start_phase
from community.programme.actions import cancel_event, import_programme, plan_programme
from community.programme.export import programme_of
from community.programme.models import Event, Prompt
from community.programme.queries import coming_events, open_prompts
from community.programme.reading import read_programme
from community.programme.roster import read_roster, write_roster
from community.programme.sheet import Programme, Roster
from community.programme.writing import write_programme
from community.spaces.models import Membership, Phase, Space
from community.spaces.queries import actor_for, phases_of, reach_of
from tests.world import World

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TEAMS = ("Noorderlicht", "Getij", "Zuiderkruis", "Oosterpoort", "Waterlijn", "Duinpan", "Halve Maan")


def elsewhere(toml: str) -> str:
    """The example under addresses that the world of the tests does not use."""
    toml = toml.replace("leading-change-2026", "leading-change-2030").replace(
        'slug = "cohort-14"', 'slug = "cohort-30"'
    )
    for team in TEAMS:
        slug = team.lower().replace(" ", "-")
        toml = toml.replace(f'name = "{team}"\n', f'name = "{team}"\nslug = "{slug}-30"\n')
    return toml


TOML = elsewhere((EXAMPLES / "leading-change-2026.toml").read_text("utf-8"))
WHOLE = (EXAMPLES / "leading-change-2026-roster.csv").read_text("utf-8")
# Noorderlicht, Joost and Thandiwe: enough for most of these stories. With the nine of the programme file they are 18.
CSV = "\n".join(WHOLE.splitlines()[:10]) + "\n"


def read(toml: str = TOML, csv: str = CSV) -> tuple[Programme, Roster]:
    programme, roster = read_programme(toml, "mine.toml"), read_roster(csv, "mine.csv")
    assert programme.faults == () and roster.faults == ()
    return programme, roster


def space(slug: str) -> Space:
    return db.session.scalars(select(Space).where(Space.slug == slug)).one()


def _put(one: Person, status: str) -> None:
    """As if somebody had done so a while ago."""
    db.session.execute(update(Person).where(Person.id == one.id).values(status=status))
    db.session.commit()


def person(name: str) -> Person:
    return db.session.scalars(select(Person).where(Person.email.startswith(f"{name}."))).one()


def roles(name: str) -> dict[str, str]:
    """Where somebody has a role of their own."""
    stmt = select(Space.slug, Membership.role).join(Membership).where(Membership.person_id == person(name).id)
    return {row.slug: row.role for row in db.session.execute(stmt)}


def everything() -> dict[str, int]:
    """How many rows there are of all that an import could touch, and of the log."""
    tables = (Space, Person, Membership, Phase, Prompt, Event, Activity)
    return {table.__tablename__: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


@pytest.fixture
def imported(app: Flask, world: World) -> Programme:
    programme, roster = read()
    report = import_programme(world.actor("rik"), programme, roster)
    assert report.faults == []
    return programme


def test_a_file_becomes_a_programme_that_runs(imported: Programme) -> None:
    top, cohort, team = space("leading-change-2030"), space("cohort-30"), space("noorderlicht-30")
    assert (top.kind, cohort.kind, team.kind) == ("programme", "cohort", "team")
    assert (cohort.parent_id, team.parent_id, team.cohort_id) == (top.id, cohort.id, cohort.id)
    assert team.question == "How do we halve the time between a customer’s question and our first useful answer?"
    assert team.sponsor == "Ingrid Solheim"
    assert team.aim.startswith("In May it took 31 hours")
    assert [phase.key for phase in phases_of(cohort.id)] == ["pre", "campus", "post", "alumni"]
    assert roles("noor") == {"leading-change-2030": "member", "noorderlicht-30": "member"}
    assert roles("anna") == {
        "leading-change-2030": "member",
        "noorderlicht-30": "coach",
        "getij-30": "coach",
        "zuiderkruis-30": "coach",
    }
    assert roles("pieter-jan") == {"leading-change-2030": "facilitator", "cohort-30": "facilitator"}
    assert roles("ingrid") == {"leading-change-2030": "guest", "cohort-30": "guest"}
    fatma = person("fatma")
    assert (fatma.name, fatma.language, fatma.location, fatma.status) == (
        "Fatma Yıldırım",
        "nl",
        "Vlissingen",
        "invited",
    )
    assert "Turks" in fatma.skills


def test_who_imports_gets_no_role_and_reads_nothing_by_it(imported: Programme, world: World) -> None:
    rik = world.actor("rik")
    for slug in ("leading-change-2030", "cohort-30", "noorderlicht-30"):
        assert space(slug).id not in rik.roles
    line = db.session.scalars(select(Activity).where(Activity.verb == "programme.imported")).one()
    assert line.actor_id == rik.id
    assert line.data["steps"]["create person"] == 18


def test_importing_twice_changes_nothing(imported: Programme) -> None:
    before = everything()
    report = import_programme(SYSTEM, *read())
    assert report.steps == [] and report.faults == []
    assert everything() == before


def test_a_changed_file_updates_and_only_that(imported: Programme) -> None:
    toml = TOML.replace("2026-06-11\n", "2026-06-12\n").replace('"Orangerie, Domburg', '"Strandhal, Domburg')
    toml = toml.replace("What surprised you today,", "What did you not expect today,")
    toml = toml.replace('text = "How do we halve the time', 'text = "How might we halve the time')
    toml = toml.replace("due = 2026-06-11T12:00:00", "due = 2026-06-11T13:00:00")
    csv = CSV.replace("Noor van der Velden", "Noor van der Velden-Bos").replace(
        "Kwame Mensah,Noorderlicht", "Kwame Mensah,Getij"
    )
    before = everything()
    report = import_programme(SYSTEM, *read(toml, csv))
    assert sorted(str(step) for step in report.steps) == [
        "add member Kwame Mensah to getij-30 as member",
        "move member Kwame Mensah from Noorderlicht to Getij",
        "update event Opening of day 2: place",
        "update event Welcome dinner: place",
        "update milestone Mid review: due",
        "update person Noor van der Velden-Bos: name",
        "update phase Campus: ends",
        "update prompt day-1-surprise: text en",
        "update team Noorderlicht: question",
    ]
    after = everything()
    assert {table: after[table] - before[table] for table in after if table != "activity"} == dict.fromkeys(
        (table for table in after if table != "activity"), 0
    )
    assert roles("kwame") == {"leading-change-2030": "member", "getij-30": "member"}
    assert import_programme(SYSTEM, *read(toml, csv)).steps == []


def test_check_tells_the_plan_and_writes_nothing(app: Flask) -> None:
    before = everything()
    report = plan_programme(SYSTEM, *read())
    assert everything() == before
    assert not db.session.new and not db.session.dirty
    planned = [(step.verb, step.noun) for step in report.steps]
    done = import_programme(SYSTEM, *read())
    assert planned == [(step.verb, step.noun) for step in done.steps]
    assert planned.count(("create", "person")) == 18
    assert planned.count(("create", "team")) == 7
    assert plan_programme(SYSTEM, *read()).steps == []


def test_any_fault_and_nothing_is_done(app: Flask) -> None:
    before = everything()
    programme = read_programme(TOML.replace("Europe/Amsterdam", "Europe/Domburg"), "mine.toml")
    report = import_programme(SYSTEM, programme, read_roster(CSV.replace(",Getij,", ",Getijde,"), "mine.csv"))
    assert [fault.sentence for fault in report.faults] == [
        "“Europe/Domburg” is not a time zone. Write it as Europe/Amsterdam."
    ]
    report = import_programme(SYSTEM, *read(csv=CSV.replace("Joost Wiersma,Getij,", "Joost Wiersma,Getijde,")))
    assert [(fault.file, fault.line) for fault in report.faults] == [("mine.csv", 9)]
    assert everything() == before


def test_an_address_that_is_taken_is_said_with_its_line(app: Flask, world: World) -> None:
    toml = TOML.replace('slug = "getij-30"', 'slug = "getij"').replace('slug = "duinpan-30"', 'slug = "new"')
    programme = read_programme(toml, "mine.toml")
    report = plan_programme(SYSTEM, programme, Roster())
    lines = toml.splitlines()
    assert [(lines[fault.line - 1], fault.sentence.split(".")[0]) for fault in report.faults] == [
        ('name = "Getij"', "The address “getij” already belongs to “Getij”"),
        ('name = "Duinpan"', "The address “new” is a word of the site itself"),
    ]


def test_a_phase_that_people_worked_in_cannot_be_left_out(imported: Programme) -> None:
    toml = TOML.replace('key = "post"', 'key = "after"').replace('phase = "post"', 'phase = "after"')
    report = import_programme(SYSTEM, *read(toml))
    assert ["Keep its key “post”" in fault.sentence for fault in report.faults] == [True]


def test_a_profile_is_ones_own_once_one_has_come_in(imported: Programme) -> None:
    fatma = person("fatma")
    fatma_id = fatma.id
    update_person(SYSTEM, fatma, location="Middelburg")
    assert [str(step) for step in plan_programme(SYSTEM, *read()).steps] == ["update person Fatma Yıldırım: location"]
    _put(fatma, "active")
    assert plan_programme(SYSTEM, *read()).steps == []
    assert db.session.get_one(Person, fatma_id).location == "Middelburg"


def test_a_closed_account_is_left_out_and_said(imported: Programme) -> None:
    kwame = person("kwame")
    _put(kwame, "disabled")
    report = import_programme(SYSTEM, *read(csv=CSV.replace("Kwame Mensah,Noorderlicht", "Kwame Mensah,Getij")))
    assert report.notes == ["Kwame Mensah <kwame.mensah@waterland.example> has a closed account and is left out."]
    assert "getij-30" not in roles("kwame")


def test_alumni_stay_alumni_when_the_file_is_imported_again(imported: Programme) -> None:
    cohort = space("cohort-30")
    for phase in phases_of(cohort.id)[2:]:
        start_phase(SYSTEM, cohort, phase)
    assert roles("noor")["noorderlicht-30"] == "alumnus"
    assert import_programme(SYSTEM, *read()).steps == []
    assert roles("noor")["noorderlicht-30"] == "alumnus"


def test_only_who_looks_after_the_site_imports(app: Flask, world: World) -> None:
    for name in ("noor", "anna", "pieter_jan", "dev"):
        with pytest.raises(Denied):
            import_programme(world.actor(name), *read())
        with pytest.raises(Denied):
            plan_programme(world.actor(name), *read())


def test_noor_sees_her_next_event_and_the_open_prompt(imported: Programme) -> None:
    noor = person("noor")
    _put(noor, "active")
    actor = actor_for(noor)
    with frozen(datetime(2026, 6, 9, 7, 30, tzinfo=UTC)):
        assert [prompt.key for prompt in open_prompts(actor)] == ["day-1-surprise", "day-2-listening"]
        assert [event.title for event, _ in coming_events(actor)] == [
            "Opening of day 2",
            "Team studio with Anna",
            "Walk and talk in pairs",
        ]
        studio = next(event for event, _ in coming_events(actor) if event.title.startswith("Team"))
        assert studio.starts_at == datetime(2026, 6, 9, 8, 30, tzinfo=UTC), "half past ten in Domburg"
        cancel_event(SYSTEM, studio)
        assert "Team studio with Anna" not in [event.title for event, _ in coming_events(actor)]
    assert now() > studio.created_at
    joost = person("joost")
    assert space("noorderlicht-30").id not in reach_of(joost.id, joost.site_role).roles


def test_what_is_exported_imports_as_nothing_new(imported: Programme) -> None:
    programme, roster = programme_of(SYSTEM, "cohort-30")
    again = read_programme(write_programme(programme), "export.toml")
    people = read_roster(write_roster(roster), "export.csv")
    assert again.faults == () and people.faults == ()
    assert import_programme(SYSTEM, again, people).steps == []
    assert (again.name, again.aim, again.cohort) == (imported.name, imported.aim, imported.cohort)
    for part in ("sponsors", "facilitators", "coaches", "phases", "prompts"):
        assert getattr(again, part) == getattr(imported, part), part
    assert {event.key: event for event in again.events} == {event.key: event for event in imported.events}
    assert [team.coaches for team in again.teams] == [team.coaches for team in imported.teams]
    assert {row.email: row for row in people.rows} == {row.email: row for row in read()[1].rows}


def test_the_command_says_faults_with_lines_and_fails(app: Flask, tmp_path: Path) -> None:
    toml, csv = tmp_path / "mine.toml", tmp_path / "mine.csv"
    toml.write_text(TOML.replace("[[event]]", "[[evnt]]", 1), "utf-8")
    csv.write_text(WHOLE.replace("Getij", "Getijde", 1), "utf-8")
    run = app.test_cli_runner()
    before = everything()
    answer = run.invoke(args=["programme", "import", str(toml), "--roster", str(csv)])
    assert answer.exit_code == 1
    assert "mine.toml, line" in answer.stderr and "Did you mean “event”?" in answer.stderr
    assert everything() == before

    toml.write_text(TOML, "utf-8")
    answer = run.invoke(args=["programme", "import", str(toml), "--roster", str(csv), "--check"])
    assert answer.exit_code == 1 and "mine.csv, line 9: The programme has no team “Getijde”" in answer.stderr

    csv.write_text(WHOLE, "utf-8")
    answer = run.invoke(args=["programme", "import", str(toml), "--roster", str(csv), "--check"])
    assert answer.exit_code == 0 and "57 people to create" in answer.output and "Nothing was written" in answer.output
    assert everything() == before
    answer = run.invoke(args=["programme", "import", str(toml), "--roster", str(csv)])
    assert answer.exit_code == 0 and "57 people created" in answer.output
    answer = run.invoke(args=["programme", "import", str(toml), "--roster", str(csv)])
    assert answer.exit_code == 0 and "Nothing to do" in answer.output

    answer = run.invoke(args=["programme", "export"])
    assert answer.exit_code == 1 and "cohort-14, cohort-30" in answer.output
    answer = run.invoke(args=["programme", "export", "cohort-30", "--roster", str(tmp_path / "out.csv")])
    assert answer.exit_code == 0
    assert read_programme(answer.stdout, "out").cohort.slug == "cohort-30"
    assert len(read_roster((tmp_path / "out.csv").read_bytes(), "out").rows) == 48
    assert person_by_email("noor.vandervelden@waterland.example") is not None
