"""`flask outbox run|status` and `flask worker`."""

from __future__ import annotations

import signal
import threading

import click
from flask import current_app
from flask.cli import with_appcontext

from community.activity import outbox as the_outbox


@click.group("outbox")
def outbox() -> None:
    """Carry the log to its readers, and see how far they are."""


@outbox.command("run")
@with_appcontext
def run() -> None:
    """Let every reader read to the end of the log, then stop."""
    read = the_outbox.run_until_idle()
    click.echo(f"{read} lines read.")
    behind = [standing for standing in the_outbox.status() if standing.error]
    for standing in behind:
        click.echo(f"{standing.name} stopped: {standing.error}", err=True)
    if behind:
        raise SystemExit(1)


@outbox.command("status")
@with_appcontext
def status() -> None:
    """Print where each reader is, how many lines it is behind, and what stopped it. Exit 1 when something did."""
    standings = the_outbox.status()
    click.echo(f"{'reader':<16}{'at':>10}{'behind':>10}  error")
    for standing in standings:
        click.echo(f"{standing.name:<16}{standing.last_id:>10}{standing.behind:>10}  {standing.error or ''}".rstrip())
    if any(standing.error for standing in standings):
        raise SystemExit(1)


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Carry the log to its readers and do the jobs, until SIGTERM: then finish what is begun, and end."""
    duties = current_app.extensions["duties"]
    if not duties.all:
        raise click.ClickException("ROLE must be worker or all for this command.")
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    duties.start()
    click.echo("The worker is at work.")
    over.wait()
    if not duties.stop():
        click.echo("A job took too long and was given back; it runs again elsewhere.", err=True)
        raise SystemExit(1)
