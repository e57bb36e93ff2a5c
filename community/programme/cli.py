"""`flask programme import FILE.toml [--roster FILE.csv] [--check]` and `flask programme export`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click
from flask.cli import AppGroup

from community.errors import CommunityError
from community.permissions import SYSTEM
from community.programme.actions import Report, import_programme, plan_programme
from community.programme.export import cohorts_to_export, programme_of
from community.programme.reading import read_programme
from community.programme.roster import read_roster, write_roster
from community.programme.sheet import Roster
from community.programme.writing import write_programme

programme = AppGroup("programme", help="A programme as a file: import it, export it. See examples/README.md.")

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@programme.command("import")
@click.argument("file", type=FILE)
@click.option("--roster", type=FILE, help="The people: CSV with email,name,team,role,location,language,skills.")
@click.option("--check", is_flag=True, help="Print the plan and every fault with its line. Write nothing.")
def import_command(file: Path, roster: Path | None, check: bool) -> None:
    """Make the site hold what FILE says. Importing twice changes nothing; a changed file updates."""
    plan = read_programme(file.read_bytes(), file.name)
    people = read_roster(roster.read_bytes(), roster.name) if roster else Roster()
    try:
        report = (plan_programme if check else import_programme)(SYSTEM, plan, people)
    except CommunityError as fault:
        raise click.ClickException(f"Nothing was imported: {fault}") from None
    for found in report.faults:
        click.echo(str(found), err=True)
    if report.faults:
        number = len(report.faults)
        click.echo(f"{number} fault{'s' if number > 1 else ''}. Nothing was written.", err=True)
        raise SystemExit(1)
    _say(report, check)


def _say(report: Report, check: bool) -> None:
    for note in report.notes:
        click.echo(f"Note: {note}")
    if not report.steps:
        click.echo("Nothing to do: all of it is there already.")
        return
    if check:
        for step in report.steps:
            click.echo(f"  {step}")
    counted = Counter((step.verb, step.noun) for step in report.steps)
    said = {"create": "created", "update": "updated", "add": "added", "move": "moved"}
    parts = [
        f"{count} {_plural(noun, count)} {'to ' + verb if check else said[verb]}"
        for (verb, noun), count in counted.items()
    ]
    click.echo(f"{'The plan' if check else 'Done'}: {', '.join(parts)}.")
    if check:
        click.echo("Nothing was written. Leave out --check to import.")
    elif ("create", "person") in counted:
        click.echo("Invite people next: flask users invite --waiting")


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else {"person": "people"}.get(noun, f"{noun}s")


@programme.command("export")
@click.argument("cohort", required=False)
@click.option("--roster", type=click.Path(dir_okay=False, path_type=Path), help="Also write the people to this file.")
def export_command(cohort: str | None, roster: Path | None) -> None:
    """Print the programme of COHORT (its address, such as cohort-14) as a file that can be imported."""
    slugs = [space.slug for space in cohorts_to_export(SYSTEM)]
    if cohort is None and len(slugs) == 1:
        cohort = slugs[0]
    if cohort is None or cohort not in slugs:
        listed = ", ".join(slugs) or "there are none yet"
        raise click.ClickException(f"Say which cohort to export: {listed}.")
    written, people = programme_of(SYSTEM, cohort)
    click.echo(write_programme(written), nl=False)
    if roster is not None:
        roster.write_text(write_roster(people), encoding="utf-8")
        click.echo(f"{len(people.rows)} people written to {roster}.", err=True)
