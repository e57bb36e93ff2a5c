"""What every page of a wiki shows around itself."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import Blueprint

from blueprints.addresses import space_url
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.mishaps import said
from community.errors import Conflict, Invalid, NotFound
from community.markup import stored
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.wiki.branches import Beside, beside
from community.wiki.models import Page

bp = Blueprint("wiki", __name__)

_HEADING = re.compile(r'<h([2-6]) id="(h-[^"]+)">(.*?)</h\1>', re.DOTALL)


def enter(slug: str) -> Space:
    """The space, if it keeps a wiki and the reader may enter it."""
    space = space_to_enter(actor(), slug)
    if "wiki" not in space.tools:
        raise NotFound()
    return space


def frame(space: Space, **more: Any) -> dict[str, Any]:
    """What every page of a wiki shows around itself. `beside(page)` gives the tree at the side, read when it is drawn."""

    @cache
    def side(page: Page | None = None) -> Beside:
        return beside(actor(), space, page)

    return {
        "space": space,
        "head": space_head(actor(), space, "wiki", slim=True),
        "beside": side,
        "wayto": lambda way: [(node.title, space_url(space.slug, "wiki", node.path)) for node in way],
        "wiki_url": space_url(space.slug, "wiki"),
        "may_write": may(actor(), "write", space),
        "place": "team" if space.kind == "team" else "spaces",
        **more,
    }


def headings(html: str) -> list[tuple[int, str, str]]:
    """The contents of a page from its kept HTML: level, id and words of each heading."""
    return [(int(level), anchor, stored(words).striptags()) for level, anchor, words in _HEADING.findall(html)]


def fault_of(fault: Invalid | Conflict | None) -> dict[str, str]:
    """Which field is wrong, and the sentence that says how to repair it."""
    if fault is None:
        return {"wrong": "", "sentence": ""}
    return {"wrong": fault.field if isinstance(fault, Invalid) else "", "sentence": said(fault)}
