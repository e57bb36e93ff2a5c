"""What every page of a wiki shows around itself: the same for a reader until the log says otherwise, and drawn once until then."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app
from markupsafe import Markup

from blueprints.addresses import space_url
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.language import language, zone
from blueprints.mishaps import said
from blueprints.shapes import SpaceHead
from community.activity.steady import PLACES, held, wiki_of
from community.clock import now
from community.errors import Conflict, Invalid, NotFound
from community.markup import stored
from community.permissions import Actor, may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.wiki.branches import Node, beside
from community.wiki.links import with_links
from community.wiki.models import Page

bp = Blueprint("wiki", __name__)

_HEADING = re.compile(r'<h([2-6]) id="(h-[^"]+)">(.*?)</h\1>', re.DOTALL)
PAINTED = 500
"""Pages whose words are kept as their reader sees them."""


def enter(slug: str) -> Space:
    """The space, if it keeps a wiki and the reader may enter it."""
    space = space_to_enter(actor(), slug)
    if "wiki" not in space.tools:
        raise NotFound()
    return space


def frame(space: Space, *, open_: Page | None = None, **more: Any) -> dict[str, Any]:
    """What every page of a wiki shows around itself; `open_` is the page that is open, `way` the way down to it."""
    who = actor()
    head, drawn = _head(who, space)
    tree, way = _tree(who, space, open_)
    return {
        "space": space,
        "head": head,
        "head_html": drawn,
        "tree_html": tree,
        "way": way,
        "wayto": [(node.title, space_url(space.slug, "wiki", node.path)) for node in way],
        "wiki_url": space_url(space.slug, "wiki"),
        "may_write": may(who, "write", space),
        "place": "team" if space.kind == "team" else "spaces",
        **more,
    }


def _head(who: Actor, space: Space) -> tuple[SpaceHead, Markup]:
    """The head of the space, and how it is drawn; days in it change with the clock, so it is made anew four times an hour."""

    def make() -> tuple[SpaceHead, Markup]:
        head = space_head(who, space, "wiki", slim=True)
        return head, Markup(current_app.jinja_env.get_template("parts/space.html").render(head=head))  # noqa: S704 a template of ours

    key = ("wiki head", space.id, who.id, language(), zone().key, int(now().timestamp()) // 900)
    return held(who.place, PLACES, key, make)


def _tree(who: Actor, space: Space, page: Page | None) -> tuple[Markup, list[Node]]:
    """The pages at the side as somebody sees them from a page, and the way down to it."""
    writes = may(who, "write", space)

    def make() -> tuple[Markup, list[Node]]:
        side = beside(who, space, page)
        facts = {
            "side": side,
            "wiki_url": space_url(space.slug, "wiki"),
            "may_write": writes,
            "open": page.path if page is not None else "",
        }
        drawn = current_app.jinja_env.get_template("wiki/_tree.html").render(facts)
        return Markup(drawn), side.way  # noqa: S704 a template of ours

    at = (page.id, page.path) if page is not None else None
    key = ("wiki tree", space.slug, at, writes, who.id, who.site_role, who.reach.fingerprint, language())
    return held(who.place, wiki_of(space.id), key, make, most=PAINTED)


def words_of(who: Actor, found: Page) -> tuple[Markup, list[tuple[int, str, str]]]:
    """The words of a page as this reader sees them, and its contents."""

    def make() -> tuple[Markup, list[tuple[int, str, str]]]:
        return with_links(who, found.space, found.body_html), headings(found.body_html)

    key = ("wiki words", found.id, found.revision, found.render_version, who.id, who.site_role, who.reach.fingerprint)
    return held(who.place, wiki_of(found.space.id), key, make, most=PAINTED)


def headings(html: str) -> list[tuple[int, str, str]]:
    """The contents of a page from its kept HTML: level, id and words of each heading."""
    return [(int(level), anchor, stored(words).striptags()) for level, anchor, words in _HEADING.findall(html)]


def fault_of(fault: Invalid | Conflict | None) -> dict[str, str]:
    """Which field is wrong, and the sentence that says how to repair it."""
    if fault is None:
        return {"wrong": "", "sentence": ""}
    return {"wrong": fault.field if isinstance(fault, Invalid) else "", "sentence": said(fault)}
