"""`flask demo [--if-empty]`: fill an empty development database with the story, and print how to sign in."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import click
from flask import current_app
from sqlalchemy import func, or_, select

from community.activity.outbox import run_until_idle
from community.clock import now
from community.config import Settings
from community.demo.telling import SignIn, is_empty, tell
from community.errors import CommunityError
from community.extensions import db
from community.messages.models import Conversation, Message, Participant
from community.messages.reading import mark_conversation_read
from community.notifications.models import Notification
from community.notifications.reading import mark_read
from community.people.models import Person
from community.permissions import SYSTEM, Actor

FRESH = timedelta(hours=20)
"""What happened since then is still unread in the demo."""


@click.command("demo")
@click.option("--if-empty", is_flag=True, help="Do nothing, and say so, when somebody is here already.")
def demo(if_empty: bool) -> None:
    """Fill an empty database with the demo programme (development only)."""
    settings: Settings = current_app.config["SETTINGS"]
    if settings.APP_ENV != "development":
        raise click.ClickException(f"The demo is for development only; APP_ENV is {settings.APP_ENV}.")
    if if_empty and not is_empty():
        click.echo("Somebody is here already, so the demo is left out.")
        return
    try:
        ways_in = tell(SYSTEM, current_app.config["STORAGE"], _progress())
    except CommunityError as fault:
        raise click.ClickException(str(fault)) from None
    click.echo("Telling people what is for them …", err=True)
    run_until_idle(["notifications"])
    _read_what_is_old()
    text = words_of(ways_in)
    place = sign_ins_file(settings)
    _keep(place, text)
    click.echo(text)
    click.echo(f"(These are kept in {place}, for you alone.)", err=True)


def sign_ins_file(settings: Settings) -> Path:
    """Where the sign-ins of the demo are kept, so that the next start can say them again."""
    return settings.run_folder.parent / "demo-sign-ins.txt"


def words_of(ways_in: list[SignIn]) -> str:
    """The sign-ins as a table."""
    width = max(len(one.email) for one in ways_in)
    lines = [f"  {one.email:<{width}}  {one.password}  {one.name}, {one.role}" for one in ways_in]
    return "\n".join(["Sign in to the demo as:", *lines])


def _progress() -> Callable[[int, int], None]:
    """A line that counts on a terminal, and nothing elsewhere."""
    terminal = sys.stderr.isatty()

    def show(done: int, total: int) -> None:
        if terminal:
            click.echo(f"\r  Telling the story: {done * 100 // total} %", err=True, nl=done == total)

    return show


def _keep(place: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text + "\n")


def _read_what_is_old() -> None:
    """Everybody has read what is older than a night: three weeks of bells would hide today's."""
    old = (
        select(Notification.person_id, func.max(Notification.id))
        .where(Notification.created_at < now() - FRESH)
        .group_by(Notification.person_id)
    )
    people = {person.id: person.site_role for person in db.session.scalars(select(Person))}
    for person_id, last in db.session.execute(old).all():
        mark_read(Actor(person_id, people[person_id]), up_to=last)
    spoken = or_(Message.created_at < now() - FRESH, Message.author_id == Participant.person_id)
    talks = select(Participant).join(Message, Message.id == Participant.last_id).where(spoken)
    for person_id, talk_id in [(member.person_id, member.conversation_id) for member in db.session.scalars(talks)]:
        mark_conversation_read(
            Actor(person_id, people[person_id]), db.session.get_one(Conversation, talk_id, populate_existing=True)
        )
