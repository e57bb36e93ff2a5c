"""A person's bookmarks, checked again when they are read: what they may no longer see has no title here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from community.bookmarks.models import Bookmark
from community.extensions import db
from community.permissions import Actor, things_for

PAGE = 30


@dataclass(frozen=True)
class Kept:
    """One bookmark with what it is of; `thing` is None when that can no longer be seen."""

    row: Bookmark
    thing: Any


@dataclass(frozen=True)
class Bookmarks:
    """A stretch of bookmarks, newest first. `next` is the `before` of the following one, None at the end."""

    items: list[Kept]
    next: int | None


def bookmarks_of(actor: Actor, *, before: int | None = None, limit: int = PAGE) -> Bookmarks:
    """The actor's own. One query for each kind of thing that occurs."""
    stmt = select(Bookmark).where(Bookmark.person_id == actor.id)
    if before is not None:
        stmt = stmt.where(Bookmark.id < before)
    rows = db.session.scalars(stmt.order_by(Bookmark.id.desc()).limit(limit + 1)).all()
    more, rows = len(rows) > limit, rows[:limit]
    things = things_for(actor, [(row.object_kind, row.object_id) for row in rows])
    items = [Kept(row, things.get((row.object_kind, row.object_id))) for row in rows]
    return Bookmarks(items, rows[-1].id if more else None)


def bookmark_of(actor: Actor, kind: str, object_id: int) -> Bookmark | None:
    """The actor's bookmark of a thing, or None."""
    mine = (Bookmark.person_id == actor.id, Bookmark.object_kind == kind, Bookmark.object_id == object_id)
    return db.session.scalars(select(Bookmark).where(*mine)).one_or_none()
