"""Where a page may go, and what goes along: what one asks before moving or deleting it."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.permissions import Actor, listing, may, visible
from community.spaces.models import Space
from community.wiki.models import Page
from community.wiki.paths import is_path, path_of_link, title_key
from community.wiki.queries import page_for
from community.wiki.tree import below


def places_for_page(actor: Actor, page: Page) -> list[Space]:
    """The other spaces with a wiki in which the actor writes, by name."""
    stmt = select(Space).where(Space.id.in_(list(actor.roles)), Space.id != page.space_id)
    found = listing(actor, stmt.order_by(func.lower(Space.name), Space.id), Space)
    return [space for space in found if "wiki" in space.tools and may(actor, "write", space)]


def count_below(actor: Actor, page: Page) -> int:
    """How many pages below one the actor sees."""
    stmt = select(func.count()).select_from(Page).where(below(page.space_id, page.path), visible(actor, Page))
    return db.session.scalar(stmt) or 0


def page_named(actor: Actor, space: Space, words: str) -> Page | None:
    """The page that somebody means: by its address, with or without what stands before it, or by its title; None for no words.
    Raises Invalid("under")."""
    words = words.strip()
    if not words:
        return None
    path = words.rpartition("/wiki/")[2].strip("/")
    try:
        if is_path(path):
            return page_for(actor, space, path)
    except NotFound:
        pass
    same = or_(func.lower(Page.title) == words.lower(), Page.title == words, Page.path == path_of_link(words))
    found: list[Page] = listing(
        actor, select(Page).where(Page.space_id == space.id, same).order_by(Page.id).limit(20), Page
    )
    exact = [page for page in found if title_key(page.title) == title_key(words)] or found
    if not exact:
        raise Invalid("under", _l("No page here has this title or address."))
    return exact[0]
