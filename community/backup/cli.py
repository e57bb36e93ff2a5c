"""`flask backup DIR`, `flask restore DIR`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from flask import current_app
from flask_migrate import upgrade

from community.activity.outbox import last_id
from community.backup import restoring, taking
from community.errors import CommunityError
from community.search.consumer import every_document
from community.search.place import index_in


class _Progress:
    """A line for each part, rewritten at most five times a second on a terminal; one line a part elsewhere."""

    def __init__(self) -> None:
        self._at = 0.0
        self._live = sys.stderr.isatty()

    def __call__(self, what: str, done: int, total: int) -> None:
        end = done >= total
        if not end and (not self._live or time.monotonic() - self._at < 0.2):
            return
        self._at = time.monotonic()
        if self._live:
            click.echo(f"\r  {what}: {done} of {total}\x1b[K", nl=end, err=True)
        elif what not in ("files", "checked") or end:
            click.echo(f"  {what}: {total}", err=True)


@click.command("backup")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--since", type=click.Path(path_type=Path), help="An earlier backup: files that it has are linked, not copied."
)
@click.option("--check", is_flag=True, help="Write nothing; look whether the backup in DIR is whole.")
def backup_command(folder: Path, since: Path | None, check: bool) -> None:
    """Write everything into DIR, a new folder, while the site goes on."""
    began = time.monotonic()
    try:
        if check:
            manifest = restoring.checked(folder.absolute(), _Progress())
            click.echo(f"This backup is whole: made {manifest['made']}, {len(manifest['files'])} files.")
            return
        manifest = taking.take(folder.absolute(), current_app.config["STORAGE"], _Progress(), since=since)
    except (CommunityError, OSError) as fault:
        raise click.ClickException(str(fault)) from None
    rows = sum(facts["rows"] for facts in manifest["tables"].values())
    click.echo(f"{rows} rows and {len(manifest['files'])} files in {folder}, {time.monotonic() - began:.1f} s.")
    click.echo("Keep it safe: who has it can read everything.")
    for key in manifest["lost"]:
        click.echo(f"NOT in it, for the storage has not its bytes: {key}", err=True)


@click.command("restore")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def restore_command(folder: Path) -> None:
    """Fill this empty house from the backup in DIR; SQLite and PostgreSQL may change places."""
    began, storage = time.monotonic(), current_app.config["STORAGE"]
    try:
        manifest = restoring.restore(folder.absolute(), storage, lambda to: upgrade(revision=to), _Progress())
    except (CommunityError, OSError) as fault:
        raise click.ClickException(str(fault)) from None
    click.echo("Building the search index …", err=True)
    index_in(current_app.config["SETTINGS"].search_folder).rebuild(every_document(), last_id())
    rows = sum(facts["rows"] for facts in manifest["tables"].values())
    click.echo(f"{rows} rows and {len(manifest['files'])} files are back, {time.monotonic() - began:.1f} s.")
