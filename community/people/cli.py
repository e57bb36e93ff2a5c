"""`flask users`: accounts from the command line, as whoever runs the house. The first administrator is made here:

flask users create rik@example.org --name "Rik Terpstra" --role administrator
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from sqlalchemy import ColumnElement, and_, not_, select

from community.errors import CommunityError, NotFound
from community.extensions import db
from community.people import actions
from community.people.models import SITE_ROLES, Person
from community.people.queries import person_by_email
from community.people.tokens import SCOPES
from community.permissions import SYSTEM
from community.spaces.models import Membership, Space

users = AppGroup("users", help="Accounts: create, invite, list, promote, disable, and API tokens.")


@contextmanager
def _in_words() -> Iterator[None]:
    """What the house refuses is one sentence and exit 1."""
    try:
        yield
    except CommunityError as fault:
        raise click.ClickException(str(fault)) from None


def _person(email: str) -> Person:
    person = person_by_email(email)
    if person is None:
        raise click.ClickException(f"There is no account with the e-mail {email}.")
    return person


@users.command("create")
@click.argument("email")
@click.option("--name", required=True, help="The name by which others know them.")
@click.option("--role", type=click.Choice(SITE_ROLES), default="member", show_default=True)
@click.option("--language", default="en", show_default=True)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for when left out.")
def create_command(email: str, name: str, role: str, language: str, password: str) -> None:
    """Make an account that can sign in at once."""
    with _in_words():
        made = actions.create_person(
            SYSTEM, email=email, name=name, site_role=role, language=language, password=password
        )
    click.echo(f"{made.name} can sign in as {made.email} ({made.site_role}).")


@users.command("invite")
@click.argument("email", required=False)
@click.option("--waiting", is_flag=True, help="Everybody who has an account and got no letter that still works.")
@click.option("--name", help="Needed when there is no account yet.")
@click.option("--role", type=click.Choice(SITE_ROLES), default="member", show_default=True)
@click.option("--language", default="en", show_default=True)
def invite_command(email: str | None, waiting: bool, name: str | None, role: str, language: str) -> None:
    """Send somebody the letter with which they come in, making the account when there is none; or --waiting."""
    if (email is None) != waiting:
        raise click.UsageError("Give an e-mail, or --waiting for everybody who waits for a letter.")
    with _in_words():
        if email is None:
            people = actions.invite_waiting(SYSTEM)
        else:
            people = [_invited(email, name, role, language)]
    for person in people:
        click.echo(person.email)
    if people:
        click.echo("Their letters leave as soon as a worker runs.", err=True)
    else:
        click.echo("Nobody waits for a letter.", err=True)


def _invited(email: str, name: str | None, role: str, language: str) -> Person:
    person = person_by_email(email)
    if person is not None:
        actions.invite_person(SYSTEM, person)
        return person
    if not name:
        raise click.ClickException("Give --name: there is no account with this e-mail yet.")
    return actions.invite_new(SYSTEM, email=email, name=name, site_role=role, language=language)


@users.command("disable")
@click.argument("email")
def disable_command(email: str) -> None:
    """Close an account: sessions and tokens end, words stay."""
    person = _person(email)
    with _in_words():
        actions.disable_person(SYSTEM, person)
    click.echo(f"{person.email} is closed: nobody can come in with it.")


@users.command("promote")
@click.argument("email")
@click.option("--role", type=click.Choice(SITE_ROLES), default="administrator", show_default=True)
def promote_command(email: str, role: str) -> None:
    """Give somebody another role on the site."""
    person = _person(email)
    with _in_words():
        actions.change_site_role(SYSTEM, person, site_role=role)
    click.echo(f"{person.email} is {role} now.")


def _with_role(role: str) -> ColumnElement[bool]:
    """People with this role somewhere. `member` is who is a member and runs, coaches and administers nothing."""

    def has(*roles: str) -> ColumnElement[bool]:
        return Person.id.in_(
            select(Membership.person_id)
            .join(Space, Space.id == Membership.space_id)
            .where(Membership.role.in_(roles), Space.kind.in_(("programme", "cohort", "team")))
        )

    if role == "administrator":
        return Person.site_role == "administrator"
    if role == "facilitator":
        return has("owner", "facilitator")
    if role == "coach":
        return has("coach")
    return and_(has("member"), not_(has("owner", "facilitator", "coach")), Person.site_role != "administrator")


@users.command("list")
@click.option("--role", type=click.Choice(["member", "coach", "facilitator", "administrator"]), help="Only these.")
@click.option("--all", "everybody", is_flag=True, help="Also who has not joined yet, and closed accounts.")
def list_command(role: str | None, everybody: bool) -> None:
    """Print the e-mail of each active person, one a line."""
    stmt = select(Person.email).order_by(Person.email)
    if not everybody:
        stmt = stmt.where(Person.status == "active")
    if role:
        stmt = stmt.where(_with_role(role))
    for email in db.session.scalars(stmt):
        click.echo(email)


@users.command("token")
@click.argument("email")
@click.option("--name", default="command line", show_default=True)
@click.option("--scope", type=click.Choice(SCOPES), default="write", show_default=True)
@click.option("--days", default=90, show_default=True)
def token_command(email: str, name: str, scope: str, days: int) -> None:
    """Make an API token that acts as this person, and print it last. It is shown only now."""
    person = _person(email)
    with _in_words():
        if person.status != "active":
            raise NotFound("%(email)s has not joined yet, or is closed.", email=email)
        token, secret = actions.create_token(SYSTEM, person, name=name, scope=scope, days=days)
    click.echo(f"For {person.name}, {scope}, until {token.expires_at:%Y-%m-%d}:", err=True)
    click.echo(secret)
