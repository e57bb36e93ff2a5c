"""The face: what a browser, a program or a socket meets. One file a noun; `api/` speaks JSON.

A route opens the door, calls one action or query of `community`, and answers. Nothing here decides who may do what, and
nothing in `community` knows that any of this exists.

Read in this order:

* `face`              what every page shares: icons, avatars, audience badges, the masthead's `Shell`, the versioned assets
* `language`          which language and time zone the reader has, the catalogue, and dates as people say them
* `security_headers`  the policy that goes out with every answer
* `errors`            what went wrong, as a calm page
* then one file a noun, under the same name as in `community/` and `templates/`

`templates/base.html` is the frame of a page, `templates/parts/` holds the parts; each part's file begins with the list of
what it offers and the shape of what it expects.
"""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from flask_wtf.csrf import CSRFProtect

# One file (or package) a noun, each with a blueprint `bp`; those of `api` mind CSRF themselves.
PAGES = (
    "health",
    "accounts",
    "settings",
    "drive_settings",
    "admin",
    "mailroom",
    "push",
    "home",
    "spaces",
    "rooms",
    "members",
    "phases",
    "events",
    "people",
    "messages",
    "microblog",
    "asking",
    "comments",
    "threads",
    "drafts",
    "arranging",
    "wiki",
    "diagrams",
    "files",
    "file_previews",
    "file_links",
    "working",
    "dav",
    "sharing",
    "drops",
    "from_stream",
    "outside",
    "journal",
    "coaching",
    "standing_in",
    "asks",
    "submissions",
    "notifications",
    "notice_settings",
    "unsubscribe",
    "search",
    "topics",
    "bookmarks",
    "who",
    "atom",
)


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Put every blueprint in the application."""
    for name in PAGES:
        app.register_blueprint(import_module(f"blueprints.{name}").bp)
    csrf.exempt(
        import_module("blueprints.unsubscribe").bp
    )  # a mail program has no page of ours; the signed link is the proof
    csrf.exempt(import_module("blueprints.dav").bp)  # a password in each request, and no cookie
    csrf.exempt(
        import_module("blueprints.outside").bp
    )  # whoever holds a link has no session here; the link is the proof
    api = import_module("blueprints.api")
    csrf.exempt(api.bp)
    app.register_blueprint(api.bp)
