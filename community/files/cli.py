"""`flask files sweep|status`."""

from __future__ import annotations

import sys
import time

import click
from flask import current_app
from flask.cli import AppGroup

from community.errors import CommunityError
from community.files.storage import in_words
from community.files.sweep import AT_ONCE, named_among, sweep

files = AppGroup("files", help="The bytes of files: what is kept, what nobody names.")


def _say(done: int) -> None:
    """A line that is rewritten on a terminal, one now and then elsewhere."""
    if sys.stderr.isatty() and done % 100 == 0:
        click.echo(f"\r  {done} looked at\x1b[K", nl=False, err=True)
    elif done % 100_000 == 0:
        click.echo(f"  {done} looked at", err=True)


@files.command("sweep")
def sweep_command() -> None:
    """Set aside what nobody names, and forget what was set aside a day ago. A worker does so daily."""
    began = time.monotonic()
    try:
        found = sweep(current_app.config["STORAGE"], say=_say)
    except (CommunityError, OSError) as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(f"{found.in_words()}, {time.monotonic() - began:.1f} s.")


@files.command("status")
def status_command() -> None:
    """What is kept, what of it nobody names (yet), what was set aside."""
    storage, stretch, count, size, unnamed, unnamed_size = current_app.config["STORAGE"], [], 0, 0, 0, 0
    try:
        for held in [*storage.held(), None]:
            if held is not None:
                stretch.append(held)
                count, size = count + 1, size + held.size
                _say(count)
            if held is None or len(stretch) == AT_ONCE:
                named = named_among([one.key for one in stretch])
                lost = [one.size for one in stretch if one.key not in named]
                unnamed, unnamed_size, stretch = unnamed + len(lost), unnamed_size + sum(lost), []
        aside = [held.size for held in storage.held_aside()]
    except (CommunityError, OSError) as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(f"{count} kept ({in_words(size)}), {unnamed} of them named by nobody ({in_words(unnamed_size)}).")
    click.echo(f"{len(aside)} set aside ({in_words(sum(aside))}).")
