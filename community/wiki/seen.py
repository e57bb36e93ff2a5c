"""What somebody put at the top of the list, opened lately, and what is opened most. Whose eyes were where is theirs alone: others
see how many, and only from two on.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import defer, joinedload

from community.clock import now
from community.errors import NotFound
from community.extensions import db, insert_into, put_row, write_unit
from community.permissions import Actor, listing, sees, visible
from community.spaces.models import Space
from community.wiki.care import Favourite, PageSeen
from community.wiki.models import Page

LATELY = timedelta(days=30)
STALE = timedelta(days=180)
AGAIN = timedelta(minutes=30)
"""Who opens a page twice within this time has opened it once."""
LIST = 10

_noted: dict[tuple[int, int], datetime] = {}
_NOTED = 20_000


def is_news(actor: Actor, page_id: int) -> bool:
    """Whether it is to be noted that somebody opened a page: not again and again. Asks nothing; what a process forgets is noted
    twice, which harms nobody.
    """
    if actor.id is None:
        return False
    at, key = now(), (actor.id, page_id)
    last = _noted.get(key)
    if last is not None and at - last < AGAIN:
        return False
    if len(_noted) >= _NOTED:
        _noted.clear()
    _noted[key] = at
    return True


def note_seen(person_id: int, page_id: int) -> None:
    """Note that somebody opened a page. A write unit of its own: call it when the answer has left."""
    with write_unit():
        put_row(PageSeen, {"person_id": person_id, "page_id": page_id}, at=now())


def favour(actor: Actor, page: Page) -> None:
    """Put a page at the top of the list, for me. Raises NotFound."""
    if actor.id is None or not sees(actor, page):
        raise NotFound()
    page_id = page.id
    with write_unit():
        row = insert_into(Favourite).values(person_id=actor.id, page_id=page_id)
        db.session.execute(row.on_conflict_do_nothing())


def favour_no_more(actor: Actor, page_id: int) -> None:
    """Take a page from the top of my list."""
    with write_unit():
        db.session.execute(delete(Favourite).where(Favourite.person_id == actor.id, Favourite.page_id == page_id))


def is_favourite(actor: Actor, page: Page) -> bool:
    """Whether it stands at the top for me."""
    known: bool | None = actor.kept.get(("favourite", page.id))
    if known is not None:
        return known
    stmt = select(Favourite.id).where(Favourite.person_id == actor.id, Favourite.page_id == page.id)
    return db.session.scalar(stmt) is not None


def favourites_in(actor: Actor, space: Space) -> list[Page]:
    """My pages at the top of a wiki, by title."""
    stmt = _bare().join(Favourite, Favourite.page_id == Page.id).where(Favourite.person_id == actor.id)
    return listing(actor, stmt.where(Page.space_id == space.id).order_by(func.lower(Page.title)).limit(50), Page)


def lately_opened(actor: Actor, space: Space, *, limit: int = LIST) -> list[Page]:
    """The pages of a wiki that I opened last, the newest first."""
    stmt = _bare().join(PageSeen, PageSeen.page_id == Page.id).where(PageSeen.person_id == actor.id)
    return listing(actor, stmt.where(Page.space_id == space.id).order_by(PageSeen.at.desc()).limit(limit), Page)


def most_opened(actor: Actor, space: Space, *, limit: int = LIST) -> list[tuple[Page, int]]:
    """The pages of a wiki that most people opened in the last 30 days, with how many: at least two."""
    count = func.count(PageSeen.person_id)
    stmt = (
        select(Page.id, count)
        .join(PageSeen, PageSeen.page_id == Page.id)
        .where(Page.space_id == space.id, PageSeen.at >= now() - LATELY, visible(actor, Page))
        .group_by(Page.id)
        .having(count > 1)
        .order_by(count.desc(), Page.id)
        .limit(limit)
    )
    counts: dict[int, int] = {number: many for number, many in db.session.execute(stmt)}  # noqa: C416 - rows are no pairs to mypy
    found = listing(actor, _bare().where(Page.id.in_(counts)), Page)
    return [(page, counts[page.id]) for page in sorted(found, key=lambda one: (-counts[one.id], one.id))]


def stale_in(actor: Actor, space: Space, *, limit: int = LIST) -> list[Page]:
    """Pages that nobody changed for half a year, the oldest first."""
    stmt = _bare().where(Page.space_id == space.id, Page.updated_at < now() - STALE)
    return listing(actor, stmt.order_by(Page.updated_at, Page.id).limit(limit), Page)


@dataclass(frozen=True)
class Insight:
    """How many people opened a page: in the last 30 days, and ever. 0 and 1 say the same, so that nobody is found."""

    lately: int
    ever: int


def insight_of(actor: Actor, page: Page) -> Insight:
    """How many opened a page. Raises NotFound."""
    if not sees(actor, page):
        raise NotFound()
    count = func.count(PageSeen.person_id)
    ever = db.session.scalar(select(count).where(PageSeen.page_id == page.id)) or 0
    lately = db.session.scalar(select(count).where(PageSeen.page_id == page.id, PageSeen.at >= now() - LATELY)) or 0
    return Insight(lately if lately > 1 else 0, ever if ever > 1 else 0)


def _bare() -> Select[Page]:
    words = defer(Page.body), defer(Page.body_html)
    return select(Page).options(*words, joinedload(Page.space), joinedload(Page.author), joinedload(Page.editor))
