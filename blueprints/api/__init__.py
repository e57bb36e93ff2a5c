"""The JSON API, `/api/v1`: what the pages can, for programs. Described by `/api/v1/openapi.json`, which the code itself gives.

Read in this order:

* `gate`       who calls: a token, or the browser's session with a CSRF token
* `calls`      one decorator that makes a call and its line of the document; ETags, If-Match, Idempotency-Key
* `reading`    how a body and a query are read: by a list of what is allowed
* `refusals`   what is refused, as problem documents
* `schemas`    what is given, shape by shape; `making` fills the shapes
* `openapi`    the document
* then one file a noun, as everywhere in the house
"""

from __future__ import annotations

from importlib import import_module

from blueprints.api import gate, refusals
from blueprints.api.calls import bp

NOUNS = (
    "people",
    "spaces",
    "members",
    "phases",
    "microblog",
    "arranging",
    "wiki",
    "tree",
    "page_drafts",
    "care",
    "exchange",
    "files",
    "file_texts",
    "folders",
    "file_history",
    "working",
    "uploads",
    "rooms",
    "shares",
    "comments",
    "journal",
    "coaching",
    "submissions",
    "events",
    "search",
    "notifications",
    "topics",
    "bookmarks",
    "messages",
    "activity",
)

for noun in (*NOUNS, "openapi"):
    import_module(f"blueprints.api.{noun}")  # each makes its calls when it is read

bp.before_request(gate.admit)
bp.after_request(gate.note_use)
refusals.register(bp)

__all__ = ["bp"]
