"""The pane of the inbox: the words of one thing in place, what was said about it, and where the answer goes.

A kind of thing that has its own face there says so once: `pane_is_drawn_by("submission", draw)`, where `draw(who, thing)` gives
what differs from `_whole` below. `part` may name a template that stands above the comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask_babel import gettext as _
from markupsafe import Markup

from blueprints.addresses import url_of
from blueprints.cards import comment_cards, space_title
from blueprints.face import size_words
from blueprints.inbox_words import name_of, purpose_words, state_words
from blueprints.shapes import CommentCard
from community.coaching.models import Ask
from community.coaching.queries import about_ref, marked_by, thread_from
from community.comments.models import PURPOSES, Comment
from community.comments.queries import comments_of, held_by
from community.kinds import card_of, ref_of
from community.markup import stored
from community.permissions import Actor, may, things_for
from community.spaces.models import Space
from community.wiki.links import with_links

Draw = Callable[[Actor, Any], dict[str, Any]]
_draws: dict[str, Draw] = {}


def pane_is_drawn_by(kind: str, draw: Draw) -> None:
    """Say how a kind of thing looks in the pane."""
    _draws[kind] = draw


def pane_of(who: Actor, thing: Any, space: Space) -> dict[str, Any]:
    """What `coaching/_pane.html` draws of one thing that the reader came to."""
    kind = card_of(thing).name
    return _whole(who, thing, space, kind) | _draws.get(kind, lambda *_: {})(who, thing)


def _open_words(kind: str) -> str:
    return {
        "post": _("Open the post"),
        "page": _("Open the page"),
        "file": _("Open the file"),
        "entry": _("Open the entry"),
        "ask": _("Open the request"),
        "comment": _("Open it there"),
    }.get(kind, _("Open it there"))


def _whole(who: Actor, thing: Any, space: Space, kind: str) -> dict[str, Any]:
    """A thing with its words and the talk below it."""
    words = stored(getattr(thing, "body_html", ""))
    if kind == "page":
        words = with_links(who, space, thing.body_html)
    elif kind == "file":
        words = Markup("<p>{}</p>").format(thing.description) if thing.description else Markup("")
    url = url_of(thing)
    talks = "comment" in card_of(thing).verbs
    return {
        "ref": ref_of(thing),
        "kind": kind,
        "url": url,
        "open_words": _open_words(kind),
        "title": name_of(thing),
        "titled": kind not in ("post", "ask", "comment"),
        "place": space_title(space),
        "place_url": f"/spaces/{space.slug}",
        "about": None,
        "author": getattr(thing, "author", None),
        "at": thing.updated_at if kind in ("page", "file") else thing.created_at,
        "audience": thing.audience if hasattr(thing, "audience") else "",
        "space_kind": space.kind,
        "words": words,
        "marked": None,
        "size": size_words(thing.size) if kind == "file" else "",
        "comments": _said(who, comments_of(who, thing), url) if talks else [],
        "held": _held(held_by(who, thing)) if talks else [],
        "talks": talks and may(who, "comment", thing),
        "purposes": [(one, purpose_words(one)) for one in PURPOSES],
        "purpose": "",
        "audiences": _readers(thing, space),
        "said_to": "",
        "ask": None,
        "part": "",
    }


def _said(who: Actor, comments: Iterable[Comment], url: str) -> list[CommentCard]:
    """What others can read by now."""
    return comment_cards(who, [one for one in comments if one.held_at is None], url.split("?")[0], talks=False)


def _held(comments: Iterable[Comment]) -> list[dict[str, Any]]:
    return [{"id": one.id, "words": stored(one.body_html)} for one in comments]


def _readers(thing: Any, space: Space) -> list[tuple[str, str]]:
    """Who may read a comment on a thing: those who see it, its author, the coaches."""
    if getattr(thing, "audience", "") not in ("space", "organisation"):
        return []
    return [("", _("Team and coach")), ("author", _("Only who made it")), ("coaches", _("Coaches only"))]


def _ask(who: Actor, ask: Ask) -> dict[str, Any]:
    ref = about_ref(ask)
    about = things_for(who, [ref]).get(ref) if ref is not None else None
    words, tone = state_words(ask)
    return {
        "about": (name_of(about), url_of(about)) if about is not None else None,
        "purposes": [],
        "audiences": [],
        "ask": {
            "state": words,
            "tone": tone,
            "wanted_by": ask.wanted_by,
            "may_take": may(who, "take", ask) and ask.taken_by_id != who.id,
            "may_let_go": may(who, "let-go", ask),
            "on": stored(getattr(about, "body_html", "")) if about is not None else "",
        },
    }


def _thread(who: Actor, comment: Comment) -> dict[str, Any]:
    ref = (comment.parent_kind, comment.parent_id)
    parent = things_for(who, [ref]).get(ref)
    held = thread_from(who, comment)
    marked = marked_by(parent, comment) if parent is not None else None
    return {
        "about": (name_of(parent), url_of(comment)) if parent is not None else None,
        "audience": getattr(parent, "audience", ""),
        "words": Markup(""),
        "title": f"“{marked.words}”" if marked is not None else name_of(comment),
        "marked": marked,
        "purposes": [],
        "audiences": [],
        "comments": _said(who, held, url_of(parent) if parent is not None else "/"),
        "held": _held(one for one in held if one.held_at is not None),
        "talks": parent is not None and may(who, "comment", parent),
    }


def begin() -> None:
    """Our own panes."""
    pane_is_drawn_by("ask", _ask)
    pane_is_drawn_by("comment", _thread)


begin()
