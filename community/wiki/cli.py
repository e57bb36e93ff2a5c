"""`flask wiki relink`."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from community.wiki.consumer import rebuild

wiki = AppGroup("wiki", help="Pages: which links to which is derived data.")


@wiki.command("relink")
def relink() -> None:
    """Find anew which page links to which, a stretch of pages at a time. The site works meanwhile."""
    done = 0
    for pages in rebuild():
        done += pages
        click.echo(f"  {done} pages read")
    click.echo(f"The links of {done} pages are known.")
