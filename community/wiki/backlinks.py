"""What links to a page, as the actor may see it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import aliased, defer, joinedload

from community.extensions import db
from community.permissions import Actor, door, listing, visible
from community.wiki.models import Link, Page, Removal

LIST = 50


@dataclass(frozen=True)
class Backlinks:
    """A stretch of the pages that link to one, by number. `next` is the `after` of the following one."""

    items: list[Page]
    next: int | None


def backlinks_of(actor: Actor, page: Page, *, after: int = 0, limit: int = LIST) -> Backlinks:
    """The pages whose words lead to this one, each once, without their words. A page's own links to itself do not count."""
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
    return Backlinks(found[:limit], found[limit - 1].id if len(found) > limit else None)


def links_to_binned(actor: Actor, removal: Removal, limit: int = 5) -> list[tuple[str, str]]:
    """Title and path of pages that stay and link to what lies in the bin, as far as the actor sees them: a warning."""
    gone = select(Page.id).where(Page.bin_id == removal.id)
    sources = select(Link.source_id).where(Link.target_id.in_(gone))
    stmt = (
        select(Page.title, Page.path).where(Page.id.in_(sources), visible(actor, Page)).order_by(Page.id).limit(limit)
    )
    return [(row[0], row[1]) for row in db.session.execute(stmt)]
