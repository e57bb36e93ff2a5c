"""The text of files that are no text themselves."""

from __future__ import annotations

from typing import Annotated

from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.files import file_at
from community.errors import NotFound
from community.files.text import may_have_text, text_of_file

State = Annotated[str, schemas.OneOf(("waiting", "whole", "cut", "pictures", "unreadable", "locked", "large"))]


class FileText(schemas.Out):
    """The words of a document. `waiting`: they are being read; `cut`: it is long, and ends early here; `pictures`: it holds none;
    `unreadable`: it is damaged; `locked`: with a password; `large`: too much to look into.
    """

    state: State
    pages: int
    body: str
    html: str


@call("GET", "/spaces/<slug>/files/<path:name>/text", "The text of a file", answer=FileText)
def read_file_text(slug: str, name: str) -> FileText:
    """Of the version that stands. Only of PDFs, documents of offices, books, tables and texts."""
    file = file_at(slug, name)
    if not may_have_text(file):
        raise NotFound()
    kept = text_of_file(file)
    if kept is None:
        return FileText(state="waiting", pages=0, body="", html="")
    return FileText(state=kept.state, pages=kept.page_count, body=kept.body, html=kept.body_html)
