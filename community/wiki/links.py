"""How `[[page links]]` find their page: once when a text is kept, and again for each reader of a wiki page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from urllib.parse import unquote

from markupsafe import Markup
from sqlalchemy import func, or_, select

from community.extensions import db
from community.items.rules import default_audience
from community.items.writing import pages_are_found_by
from community.markup import WikiTarget, stored
from community.permissions import Actor, visible
from community.spaces.models import Space
from community.wiki.models import Page
from community.wiki.paths import path_of_link, title_key, url_to_write


def find_pages(space: Space, targets: frozenset[str]) -> Mapping[str, WikiTarget]:
    """Where each `[[target]]` leads: to the page with that title, else with that path, else to the form for it.

    What is kept in HTML is read by many, so only a page as open as its space counts as written here; `with_links`
    paints the links again for each reader.
    """
    paths = {target: path_of_link(target) for target in targets}
    stmt = (
        select(Page.path, Page.title)
        .where(
            Page.space_id == space.id,
            Page.deleted_at.is_(None),
            Page.audience == default_audience(space),
            or_(Page.path.in_(set(paths.values())), func.lower(Page.title).in_({t.lower() for t in targets} | targets)),
        )
        .order_by(Page.id)
    )
    by_title: dict[str, str] = {}
    written = set()
    for path, title in db.session.execute(stmt):
        by_title.setdefault(title_key(title), path)
        written.add(path)
    found = {}
    for target, path in paths.items():
        path = by_title.get(title_key(target), path)
        if path in written:
            found[target] = WikiTarget(f"/spaces/{space.slug}/wiki/{path}", True)
        else:
            title = target.rsplit("/", 1)[-1].strip() or target
            found[target] = WikiTarget(url_to_write(space.slug, path, title), False)
    return found


pages_are_found_by(find_pages)

# Links as `markdown._wiki_html` writes them and both sanitizers leave them.
_LINK = re.compile(r'<a (class="red" )?href="(/spaces/[a-z0-9-]+/wiki/([a-z0-9/-]+))([?#][^"]*)?">([^<]*)</a>')


def with_links(actor: Actor, space: Space, html: str) -> Markup:
    """Kept HTML of a page, its links to pages of the same wiki painted for this reader: red where they see no page.

    Pages come and go after a text was kept, and not everybody sees each of them. One query, none without links.
    """
    prefix = f"/spaces/{space.slug}/wiki/"
    paths = {match[3] for match in _LINK.finditer(html) if match[2].startswith(prefix)}
    if not paths:
        return stored(html)
    stmt = select(Page.path).where(Page.space_id == space.id, Page.path.in_(paths), visible(actor, Page))
    written = set(db.session.scalars(stmt))

    def paint(match: re.Match[str]) -> str:
        url, path, rest, words = match[2], match[3], match[4] or "", match[5]
        if not url.startswith(prefix):
            return match[0]
        if path in written:
            place = rest if rest.startswith("#") else ""
            return f'<a href="{url}{place}">{words}</a>'
        title = unquote(rest.removeprefix("?title=")) if rest.startswith("?title=") else unescape(words)
        return f'<a class="red" href="{escape(url_to_write(space.slug, path, title))}">{words}</a>'

    return stored(_LINK.sub(paint, html))
