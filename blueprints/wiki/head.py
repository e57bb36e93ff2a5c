"""The top of a page of a wiki: who can read it, where it stands, what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _

from blueprints.addresses import space_url, url_of
from blueprints.cards import asks_coach
from blueprints.language import language
from blueprints.shapes import MenuItem
from blueprints.wiki.care import state_of
from community.clock import now
from community.permissions import Actor, may
from community.wiki.drafts import editors_of
from community.wiki.models import Page
from community.wiki.reading import wish_for
from community.wiki.seen import is_favourite


def head_of(who: Actor, found: Page) -> dict[str, Any]:
    """What `wiki/_head.html` draws; asks nothing that is not read first."""
    url = url_of(found)
    edits = may(who, "edit", found)
    state, tone = state_of(found)
    return {
        "page": found,
        "url": url,
        "care_url": space_url(found.space.slug, "wiki-care", found.path),
        "read_url": space_url(found.space.slug, "wiki-read", found.path),
        "favourite_url": space_url(found.space.slug, "wiki-favourite", found.path),
        "may_edit": edits,
        "editors": editors_of(who, found) if edits else [],
        "menu": _menu(who, found, url, edits),
        "state": state,
        "tone": tone,
        "wish": wish_for(who, found),
        "overdue": found.review_by is not None and found.review_by <= now().date(),
        "favourite": is_favourite(who, found),
    }


def _menu(who: Actor, found: Page, url: str, edits: bool) -> Sequence[MenuItem]:
    asks = tuple(asks_coach(who, f"page:{found.id}", found.space))
    place = found.space.slug, found.path
    return _items(language(), url, found.id, place, asks, edits, may(who, "rename", found), may(who, "delete", found))


@lru_cache(maxsize=4_000)
def _items(
    code: str,
    url: str,
    page_id: int,
    place: tuple[str, str],
    asks: tuple[MenuItem, ...],
    edits: bool,
    renames: bool,
    deletes: bool,
) -> tuple[MenuItem, ...]:
    menu: list[MenuItem] = []
    slug, path = place
    menu.append((_("Looking after this page"), space_url(slug, "wiki-care", path), "circle-check", False))
    menu.append((_("Keep for later"), f"/bookmarks/page/{page_id}", "bookmark", False))
    if renames:
        below = f"{space_url(slug, 'wiki')}?action=new&path={path}/"
        menu.append((_("New page below"), below, "file-plus", False))
        menu.append((_("Move or rename"), f"{url}/rename", "pencil", False))
    menu.append((_("What links here"), f"{url}?action=links", "link", False))
    menu += asks
    if edits:
        menu.append((_("Use as a template"), space_url(slug, "wiki-template", path), "copy", False))
    menu.append((_("Export"), f"{space_url(slug, 'wiki-export')}?path={path}", "download", False))
    menu.append((_("What reaches you"), f"/notifications/level/page/{page_id}", "bell", False))
    if deletes:
        menu += [("", None, "", False), (_("Delete"), f"{url}/delete", "trash-2", True)]
    return tuple(menu)
