"""`flask search rebuild|status`."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click
from flask import current_app
from flask.cli import AppGroup

from community.activity.outbox import last_id
from community.search.consumer import every_document
from community.search.documents import Document
from community.search.place import index_in

search = AppGroup("search", help="The search index: derived data, safe to delete.")


@search.command("rebuild")
def rebuild() -> None:
    """Build the index anew beside the old one, which serves until the end."""
    index = index_in(current_app.config["SETTINGS"].search_folder)
    began, place = time.monotonic(), last_id()

    def counted() -> Iterator[Document]:
        """Every document, with a line of progress now and then."""
        for number, document in enumerate(every_document(), 1):
            if number % 1000 == 0:
                click.echo(f"  {number} documents read, {time.monotonic() - began:.0f} s")
            yield document

    click.echo("Rebuilding the search index. The site works meanwhile.")
    count = index.rebuild(counted(), place)
    click.echo(f"{count} documents in {time.monotonic() - began:.1f} s.")


@search.command("status")
def status() -> None:
    """How the index is, and how far behind the log."""
    found = index_in(current_app.config["SETTINGS"].search_folder).status()
    behind = last_id() - found.cursor
    click.echo(
        f"{found.documents} documents, {found.segments} segments, {found.bytes // 1024} kB, {behind} lines behind"
    )
    if found.trouble:
        click.echo(f"The index is {found.trouble}: run flask search rebuild.")
        raise SystemExit(1)
