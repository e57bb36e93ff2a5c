"""What links to a page, as the actor may see it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased, defer, joinedload

from community.extensions import db
from community.permissions import Actor, door, listing, visible
from community.wiki.links import links_in
from community.wiki.models import Alias, Link, Page, Removal

LIST = 50


@dataclass(frozen=True)
class Backlinks:
    """A stretch of the pages that link to one, by number. `next` is the `after` of the following one."""

    items: list[Page]
    next: int | None


def backlinks_of(actor: Actor, page: Page, *, after: int = 0, limit: int = LIST) -> Backlinks:
    """The pages whose words lead to this one, each once. A page's own links to itself do not count, nor do those in words that
    the actor does not read yet.
    """
    if ("page", page.id) not in actor.sees:
        door(actor, Page, Page.id == page.id)
    limit = max(1, min(limit, 200))
    twin = aliased(Link)  # of two addresses of the same page that one page links to, the first counts
    twice = select(twin.id).where(twin.target_id == Link.target_id, twin.source_id == Link.source_id, twin.id < Link.id)
    stmt = (
        select(Page)
        .join(Link, Link.source_id == Page.id)
        .where(Link.target_id == page.id, Link.source_id > after, Link.source_id != page.id, ~twice.exists())
        .options(
            defer(Page.body),
            defer(Page.body_html),
            joinedload(Page.space),
            joinedload(Page.editor),
            joinedload(Page.author),
        )
        .order_by(Link.source_id)
        .limit(limit + 1)
    )
    found = listing(actor, stmt, Page)
    following = found[limit - 1].id if len(found) > limit else None
    return Backlinks([one for one in found[:limit] if not one.newer_draft or _leads_to(one, page)], following)


def _leads_to(source: Page, page: Page) -> bool:
    """Whether the approved words of a page, which is all that the actor was given of it, lead to another."""
    led = {path for slug, path in links_in(source.body_html) if slug == source.space.slug}
    if source.space_id == page.space_id and page.path in led:
        return True
    once = select(Alias.id).where(Alias.space_id == source.space_id, Alias.path.in_(led), Alias.page_id == page.id)
    return db.session.scalar(once.limit(1)) is not None


def links_to_binned(actor: Actor, removal: Removal, limit: int = 5) -> list[tuple[str, str]]:
    """Title and path of pages that stay and link to what lies in the bin, as far as the actor sees them: a warning."""
    gone = select(Page.id).where(Page.bin_id == removal.id)
    sources = select(Link.source_id).where(Link.target_id.in_(gone))
    stmt = (
        select(Page.title, Page.path).where(Page.id.in_(sources), visible(actor, Page)).order_by(Page.id).limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(stmt)]
