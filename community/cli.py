"""The commands: `flask --help` lists them. One group a noun; each lives beside what it commands."""

from __future__ import annotations

from importlib import import_module

import click
from flask import Flask, current_app

from community import permissions

# Module, and the name of its click command or group.
COMMANDS = (
    ("community.people.cli", "users"),
    ("community.programme.cli", "programme"),
    ("community.demo.cli", "demo"),
    ("community.search.cli", "search"),
    ("community.activity.cli", "outbox"),
    ("community.activity.cli", "worker"),
    ("community.files.cli", "files"),
    ("community.backup.cli", "backup_command"),
    ("community.backup.cli", "restore_command"),
    ("community.mailroom.cli", "mail"),
    ("community.wiki.cli", "wiki"),
)


@click.command("permissions")
def permissions_command() -> None:
    """Print every kind, what can be done with it, and who may."""
    width = max(len(f"{kind} {verb}") for kind, verb, _ in permissions.matrix()) + 2
    before = ""
    for kind, verb, rule in permissions.matrix():
        label = f"{kind if kind != before else ' ' * len(kind)} {verb}"
        click.echo(f"{label:<{width}}{rule}")
        before = kind


@click.command("doctor")
def doctor_command() -> None:
    """Check database, schema, storage, index, mail and readers; exit 1 when something is wrong."""
    from community.doctor import examine

    wrong = 0
    for finding in examine(current_app.config["SETTINGS"], current_app.config["STORAGE"]):
        click.echo(f"{'ok   ' if finding.good else 'WRONG'} {finding.what}: {finding.words}")
        wrong += not finding.good
    if wrong:
        raise SystemExit(1)


def init_app(app: Flask) -> None:
    """Register every command with the application."""
    app.cli.add_command(permissions_command)
    app.cli.add_command(doctor_command)
    for module, name in COMMANDS:
        app.cli.add_command(getattr(import_module(module), name))
