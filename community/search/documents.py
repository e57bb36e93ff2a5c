"""What the index knows of one thing, and who may find it. A noun's card makes one (`Kind.document`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Document:
    """One searchable thing.

    `ref` names it ("page:12") and is unique. `scopes` are opaque permission tokens ("s12:members", "s12:organisation",
    "p7" for one person): somebody finds it when they hold at least one of them, and with no tokens nobody finds it.
    `title` and `body` are plain text, without markup. `author` is a handle, or "" when there is none. `created` is
    aware. `phase` is the phase in which it was made. `language` ("en", "nl") is guessed from the text when None.
    `topics` are names without the number sign.

    Title and body are never stored: they are analysed, and excerpts come from the database.
    """

    ref: str
    kind: str
    title: str
    body: str
    scopes: frozenset[str]
    space_id: int | None
    author: str
    created: datetime
    phase: str | None = None
    language: str | None = None
    topics: tuple[str, ...] = ()


@dataclass(frozen=True)
class Removal:
    """The thing of this ref is gone, or has nothing left to find. Removing what is not there is no error."""

    ref: str


Change = Document | Removal
