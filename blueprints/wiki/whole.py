"""A page of a wiki as one reader sees it, kept whole: drawn once, and sent as it is for as long as nothing that it shows changes.

Each view still asks the database who is at the door and whether they may see the page. What is kept holds as long as all that it
depends on is the same: the reader with their rights and their masthead, the row of the page, and where the log last moved people
and places, the pages of the space or what is said there. What is new each time, the tokens of the forms and the end of the log, is
put in when it is sent. Whatever else may stand on a page (an answer to a form, a word of warning, who is editing) makes it one
that is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import g, request, session
from flask_login import current_user

from blueprints.doors import actor
from blueprints.face import csrf_token, theme, wants_fragment
from blueprints.language import language, zone
from blueprints.once import once_key
from blueprints.wiki.care import note_when_sent
from community.activity.steady import PLACES, asks_of, moved_at, shelf, talk_in, wiki_of
from community.clock import now
from community.permissions import Actor
from community.wiki.drafts import EDITING
from community.wiki.models import Page
from community.wiki.queries import facts_at, facts_of

_MOST = 500
"""Pages that are kept."""
_FRESH = 60  # seconds: how long "16 minutes ago" may stand
_EDITED = EDITING + timedelta(minutes=2)  # somebody may be editing, and may stop without a word
_LAST = "\0last\0"  # NUL stands in no text of ours: community.markup.clean_text


@dataclass(frozen=True, slots=True)
class Kept:
    """A page in pieces, each second one of which says what is put in there, and what it depends on."""

    page_id: int
    space_id: int
    around: tuple[Any, ...]
    facts: tuple[Any, ...]
    pieces: tuple[str, ...]


def sent(slug: str, path: str) -> str | None:
    """The page that was kept, as it is sent now to who came through its door; None where none was, or another is wanted."""
    who = actor()
    if not _is_plain(who):
        return None
    known: Kept | None = shelf("wiki whole").get((who.id, request.path))
    if known is None or known.around != _around(who, known.space_id) or known.facts != facts_at(who, slug, path):
        return None
    note_when_sent(known.page_id)
    return _filled(known.pieces, who)


def drawn(found: Page, draw: Callable[[], str]) -> str:
    """The page as `draw` makes it, kept where that may be. For a page that was just found with `page_at`."""
    who, facts = actor(), facts_of(actor(), found)
    is_edited = found.drafted_at is not None and found.drafted_at > now() - _EDITED
    if not _is_plain(who) or is_edited or facts is None or found.space_id is None:
        return draw()
    around = _around(who, found.space_id)
    g.end_here = _LAST
    html, token = draw(), csrf_token()
    changing = "|".join(re.escape(one) for one in (_LAST, token, *g.get("once_keys", ())))
    pieces = re.split(f"({changing})", html)
    pieces[1::2] = [{_LAST: "last", token: "token"}.get(piece, "once") for piece in pieces[1::2]]
    kept = shelf("wiki whole")
    if len(kept) >= _MOST:
        kept.clear()
    kept[who.id, request.path] = known = Kept(found.id, found.space_id, around, facts, tuple(pieces))
    return _filled(known.pieces, who)


def _is_plain(who: Actor) -> bool:
    """Whether somebody who is signed in wants a page, and nothing besides."""
    if who.place is None or who.id is None or request.args or request.method != "GET":
        return False
    return not wants_fragment() and "_flashes" not in session


def _around(who: Actor, space_id: int) -> tuple[Any, ...]:
    """What a page depends on besides its row."""
    return (
        *moved_at(who.place, PLACES, wiki_of(space_id), talk_in(space_id), asks_of(space_id)),
        who.site_role,
        who.reach.fingerprint,
        current_user.arrival.shown,
        language(),
        zone().key,
        theme(),
        int(now().timestamp()) // _FRESH,
    )


def _filled(pieces: tuple[str, ...], who: Actor) -> str:
    page, token, last = list(pieces), csrf_token(), str(who.place)
    for place in range(1, len(page), 2):
        kind = page[place]
        page[place] = token if kind == "token" else last if kind == "last" else once_key()
    return "".join(page)
