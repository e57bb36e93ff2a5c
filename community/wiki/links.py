"""How `[[page links]]` find their page: once when a text is kept, and again for each reader of a wiki page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Any
from urllib.parse import unquote

from markupsafe import Markup
from sqlalchemy import ColumnElement, String, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import joinedload

from community.extensions import BigId, db
from community.items.rules import default_audience
from community.items.writing import pages_are_found_by
from community.markup import WikiTarget, stored
from community.permissions import Actor, listing, visible
from community.spaces.models import Space
from community.wiki.care import Approved
from community.wiki.models import Alias, Page
from community.wiki.paths import path_of_link, title_key, url_to_write
from community.wiki.review import reads_approved_in


def find_pages(space: Space, targets: frozenset[str], by: Actor | None = None) -> Mapping[str, WikiTarget]:
    """Where each `[[target]]` leads: to the page with that title, else with that path, else to the page that had that path, else to
    the form for it.

    What is kept in HTML is read by many, so only a page as open as its space counts as written here; `with_links`
    paints the links again for each reader. Who reads approved words alone (`by`) finds what was approved, by its approved title.
    """
    approved = by is not None and reads_approved_in(by, space)
    title_column = Approved.title if approved else Page.title
    paths = {target: path_of_link(target) for target in targets}
    stmt = (
        select(Page.path, title_column)
        .where(
            Page.space_id == space.id,
            Page.deleted_at.is_(None),
            Page.audience == default_audience(space),
            or_(
                Page.path.in_(set(paths.values())), func.lower(title_column).in_({t.lower() for t in targets} | targets)
            ),
        )
        .order_by(Page.id)
    )
    if approved:
        stmt = stmt.join(Approved, Approved.page_id == Page.id)
    by_title: dict[str, str] = {}
    written = set()
    for path, title in db.session.execute(stmt):
        by_title.setdefault(title_key(title), path)
        written.add(path)
    missing = {path for target, path in paths.items() if title_key(target) not in by_title and path not in written}
    moved = _moved(space, missing, approved=approved) if missing else {}
    found = {}
    for target, path in paths.items():
        path = by_title.get(title_key(target)) or moved.get(path, path)
        written.update(moved.values())
        if path in written:
            found[target] = WikiTarget(f"/spaces/{space.slug}/wiki/{path}", True)
        else:
            title = target.rsplit("/", 1)[-1].strip() or target
            found[target] = WikiTarget(url_to_write(space.slug, path, title), False)
    return found


def _moved(space: Space, paths: set[str], *, approved: bool = False) -> dict[str, str]:
    """Where the pages are now that had these addresses, as far as all readers of the space may know."""
    stmt = (
        select(Alias.path, Page.path)
        .join(Page, Page.id == Alias.page_id)
        .where(
            Alias.space_id == space.id,
            Alias.path.in_(paths),
            Page.space_id == space.id,
            Page.deleted_at.is_(None),
            Page.audience == default_audience(space),
        )
    )
    if approved:
        stmt = stmt.where(Page.approved_revision.is_not(None))
    return {row[0]: row[1] for row in db.session.execute(stmt)}


pages_are_found_by(find_pages)

# Links as `markdown._wiki_html` writes them and both sanitizers leave them.
_LINK = re.compile(r'<a (class="red" )?href="(/spaces/[a-z0-9-]+/wiki/([a-z0-9/-]+))([?#][^"]*)?">([^<]*)</a>')

_HREF = re.compile(r'<a [^<>]*?href="/spaces/([a-z0-9-]+)/wiki/([a-z0-9/-]+)[?#"]')


def with_links(actor: Actor, space: Space, html: str) -> Markup:
    """Kept HTML of a page, its links to pages of the same wiki painted for this reader: to where the page is now, and red where
    they see no page.

    Pages come, move and go after a text was kept, and not everybody sees each of them. One query, none without links.
    """
    prefix = f"/spaces/{space.slug}/wiki/"
    paths = {match[3] for match in _LINK.finditer(html) if match[2].startswith(prefix)}
    if not paths:
        return stored(html)
    places = _places(actor, space, paths)

    def paint(match: re.Match[str]) -> str:
        url, path, rest, words = match[2], match[3], match[4] or "", match[5]
        if not url.startswith(prefix):
            return match[0]
        if path in places:
            place = rest if rest.startswith("#") else ""
            return f'<a href="{places[path]}{place}">{words}</a>'
        title = unquote(rest.removeprefix("?title=")) if rest.startswith("?title=") else unescape(words)
        return f'<a class="red" href="{escape(url_to_write(space.slug, path, title))}">{words}</a>'

    return stored(_LINK.sub(paint, html))


def _places(actor: Actor, space: Space, paths: set[str]) -> dict[str, str]:
    """The addresses on this site of the pages that stand at these paths, or that stood there last: in this wiki or another."""
    values = {"space": space.id, "slug": space.slug, "paths": sorted(paths)}
    rows = sorted(db.session.execute(_places_stmt(visible(actor, Page)), values), key=lambda row: -row[3])
    return {asked: f"/spaces/{slug}/wiki/{path}" for asked, path, slug, _ in rows}  # a page that stands there wins


# The statement for each clause: making one costs more than asking it. The clause is kept with it, so that no other can have its
# identity.
_statements: dict[int, tuple[object, Any]] = {}
_STATEMENTS = 500


def _places_stmt(seen: ColumnElement[bool]) -> Any:
    """Asked path, path, slug of the space, and 0 for a page that stands at the asked path or 1 for one that stood there."""
    if id(seen) not in _statements:
        if len(_statements) >= _STATEMENTS:
            _statements.clear()
        in_space: Any = bindparam("space", type_=BigId)
        asked: Any = bindparam("paths", expanding=True)
        here = select(Page.path.label("asked"), Page.path, bindparam("slug", type_=String).label("slug"), literal(0))
        gone = (
            select(Alias.path, Page.path, Space.slug, literal(1))
            .join(Page, Page.id == Alias.page_id)
            .join(Space, Space.id == Page.space_id)
            .where(Alias.space_id == in_space, Alias.path.in_(asked), seen)
        )
        both = union_all(here.where(Page.space_id == in_space, Page.path.in_(asked), seen), gone)
        _statements[id(seen)] = seen, both
    return _statements[id(seen)][1]


def moved_to(actor: Actor, space: Space, path: str) -> Page | None:
    """The page that stood at an address last, with its space, when it stands elsewhere now and the actor sees it."""
    asked = select(Alias.page_id).where(Alias.space_id == space.id, Alias.path == path)
    found = listing(actor, select(Page).where(Page.id.in_(asked)).options(joinedload(Page.space)), Page)
    return found[0] if found else None


def links_in(html: str) -> dict[tuple[str, str], None]:
    """The addresses of wiki pages to which kept HTML leads, as slugs of spaces and paths, each once, in their order."""
    return dict.fromkeys((match[1], match[2]) for match in _HREF.finditer(html))
