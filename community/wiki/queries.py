"""Pages and their history, as the actor may see them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, select
from sqlalchemy.orm import contains_eager, defer, joinedload, selectinload

from community.errors import NotFound
from community.extensions import Ready, db
from community.notifications.reading import unread_about
from community.people.models import Person
from community.permissions import Actor, came_through, door, listing, prepared, visible
from community.spaces.models import Space
from community.wiki.care import Favourite, PageRead
from community.wiki.models import Page, Revision, RevisionWriter
from community.wiki.paths import is_path
from community.wiki.review import readable_revisions

LIST = 50


def page_for(actor: Actor, space: Space, path: str) -> Page:
    """The page at a path, with author, editor and space. Raises NotFound."""
    if not is_path(path.strip("/")):
        raise NotFound()
    return door(
        actor,
        Page,
        Page.space_id == space.id,
        Page.path == path.strip("/"),
        options=tuple(joinedload(part) for part in (Page.author, Page.editor, Page.owner, Page.space)),
    )


def is_written(actor: Actor, space: Space, path: str) -> bool:
    """Whether the actor sees a page at a path."""
    there = select(Page.id).where(Page.space_id == space.id, Page.path == path, visible(actor, Page))
    return db.session.scalar(there) is not None


def page_at(actor: Actor, slug: str, path: str) -> Page:
    """The page at a path of the space of that name, with author, editor and space: what is asked most, in one question. Whoever
    sees a page may enter its space. Raises NotFound.
    """
    path = path.strip("/")
    if not is_path(path):
        raise NotFound()
    stmt = prepared(actor, "page_at", lambda: _at(actor))
    row = db.session.execute(stmt, {"slug": slug, "path": path}).one_or_none()
    if row is not None and not row[1]:  # as it is in the table, before it becomes what its reader may read
        actor.kept["page facts", row[0].id] = (*(getattr(row[0], name) for name in _FACTS), *row[1:])
    found: Page = came_through(actor, Page, row and row[0])
    actor.sees.add(("space", found.space.id))
    actor.kept["unread about", "page", found.id] = bool(row and row[1])
    actor.kept["favourite", found.id] = bool(row and row[2])
    return found


def _at(actor: Actor) -> Select[Any]:
    """Of author and editor only what a page shows of somebody; the words that were typed are read by who edits them."""
    face = Person.name, Person.handle, Person.picture_key
    people = (joinedload(person).load_only(*face) for person in (Page.author, Page.editor, Page.owner))
    return (
        select(Page, *_mine(actor))
        .join(Page.space)
        .where(Space.slug == bindparam("slug"), Page.path == bindparam("path"), visible(actor, Page))
        .options(contains_eager(Page.space), defer(Page.body), *people)
    )


_FACTS = ("id", "revision", "updated_at", "comment_count", "talk_version", "open_musts", "drafted_at")
"""Of a page what may change without a line of the log that is about pages, and what most of those change."""


def facts_at(actor: Actor, slug: str, path: str) -> tuple[Any, ...] | None:
    """What tells, beside the log, whether a page that was read before is what it was, if the actor may see it: the `facts_of` the
    page that `page_at` would find. None where there is none for them, and where something unread speaks of it.
    """
    row = prepared(actor, "page facts", lambda: Ready(_facts(actor))).one(slug=slug, path=path.strip("/"))
    return None if row is None or row.is_unread else tuple(row)


def facts_of(actor: Actor, page: Page) -> tuple[Any, ...] | None:
    """The same of a page that the actor came to with `page_at`, as it was read there."""
    found: tuple[Any, ...] | None = actor.kept.get(("page facts", page.id))
    return found


def _facts(actor: Actor) -> Select[Any]:
    return (
        select(*(Page.__table__.c[name] for name in _FACTS), *_mine(actor))
        .join(Space, Space.id == Page.space_id)
        .where(Space.slug == bindparam("slug", ""), Page.path == bindparam("path", ""), visible(actor, Page))
    )


def _mine(actor: Actor) -> tuple[ColumnElement[Any], ...]:
    """What a page is to its reader: whether something unread speaks of it, whether it is a favourite, what they read."""
    mine = exists().where(Favourite.page_id == Page.id, Favourite.person_id == actor.id)
    read = select(PageRead.revision).where(PageRead.page_id == Page.id, PageRead.person_id == actor.id)
    return (
        unread_about(actor.id, "page", Page.id).correlate(Page).label("is_unread"),
        mine.correlate(Page).label("is_favourite"),
        read.correlate(Page).scalar_subquery().label("read_revision"),
    )


@dataclass(frozen=True)
class Pages:
    """A stretch of a list of pages. `next` is the `after` of the following one, None at the end."""

    items: list[Page]
    next: str | None


def pages_of(actor: Actor, space: Space, *, after: str | None = None, limit: int = LIST) -> Pages:
    """The pages of a space by path, without their words."""
    limit = max(1, min(limit, 200))
    stmt = (
        select(Page)
        .where(Page.space_id == space.id)
        .options(
            defer(Page.body),
            defer(Page.body_html),
            joinedload(Page.editor),
            joinedload(Page.author),
            joinedload(Page.space),
        )
        .order_by(Page.path)
        .limit(limit + 1)
    )
    if after is not None:
        stmt = stmt.where(Page.path > after)
    found = listing(actor, stmt, Page)
    return Pages(found[:limit], found[limit - 1].path if len(found) > limit else None)


@dataclass(frozen=True)
class Revisions:
    """A stretch of a page's history, newest first. `next` is the `before` of the following one."""

    items: list[Revision]
    next: int | None


def revisions_of(actor: Actor, page: Page, *, before: int | None = None, limit: int = LIST) -> Revisions:
    """The history of a page, newest first, without the words. Raises NotFound when the page is not visible."""
    _come_to(actor, page)
    limit = max(1, min(limit, 200))
    stmt = _theirs(
        actor,
        page,
        select(Revision)
        .where(Revision.page_id == page.id)
        .options(
            defer(Revision.body),
            joinedload(Revision.author),
            joinedload(Revision.remover),
            selectinload(Revision.along).joinedload(RevisionWriter.person),
        )
        .order_by(Revision.number.desc())
        .limit(limit + 1),
    )
    if before is not None:
        stmt = stmt.where(Revision.number < before)
    found = list(db.session.scalars(stmt))
    return Revisions(found[:limit], found[limit - 1].number if len(found) > limit else None)


def bodies_of(page: Page, numbers: Collection[int]) -> dict[int, str]:
    """The words of these revisions of a page that was come to through its door, by number; none of those that were taken away."""
    here = Revision.page_id == page.id, Revision.number.in_(numbers), Revision.removed_at.is_(None)
    return {row.number: row.body for row in db.session.execute(select(Revision.number, Revision.body).where(*here))}


def revision_for(actor: Actor, page: Page, number: int) -> Revision:
    """One revision of a page, with its words and author. Raises NotFound."""
    _come_to(actor, page)
    here = Revision.page_id == page.id, Revision.number == number, Revision.removed_at.is_(None)
    stmt = _theirs(actor, page, select(Revision).where(*here))
    found = db.session.scalars(stmt.options(joinedload(Revision.author))).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _come_to(actor: Actor, page: Page) -> None:
    """A history carries the rights of its page: whoever has not come through its door does so now."""
    if ("page", page.id) not in actor.sees:
        door(actor, Page, Page.id == page.id)


def _theirs(actor: Actor, page: Page, stmt: Select[Revision]) -> Select[Revision]:
    """Of the revisions those that somebody may read: where a space shows approved words alone, its readers see these."""
    space = db.session.get(Space, page.space_id)
    clause = readable_revisions(actor, page, space) if space is not None else None
    return stmt if clause is None else stmt.where(clause)
