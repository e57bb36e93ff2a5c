"""Files, as the actor may see them. The bytes are asked of the storage by whoever came through a door here."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from community.activity.models import Activity
from community.errors import NotFound
from community.extensions import db
from community.files.models import File
from community.files.names import name_key
from community.people.models import Person
from community.permissions import Actor, door, listing, visible
from community.spaces.models import Space

LIST = 100
_LONGEST_KEY = 380  # the column holds 400: a deleted file's mark fits behind it


@dataclass(frozen=True)
class Files:
    """A stretch of a list of files. `next` is the `after` of the following one, None at the end."""

    items: list[File]
    next: str | None


def path_key(name: str) -> str:
    """`name_key`, cut where folding made a few characters into very many (one sign can become eighteen letters)."""
    key = name_key(name)
    if len(key) <= _LONGEST_KEY:
        return key
    return key[: _LONGEST_KEY - 65] + "~" + hashlib.sha256(key.encode()).hexdigest()


def file_for(actor: Actor, space: Space, name: str) -> File:
    """The file of that name, case and accents folded, with author and space. Raises NotFound."""
    if "\x00" in name:
        raise NotFound()  # no name holds it, and PostgreSQL refuses to look
    return door(
        actor,
        File,
        File.space_id == space.id,
        File.path_key == path_key(name),
        options=(joinedload(File.author), joinedload(File.space)),
    )


def files_of(actor: Actor, space: Space, *, after: str | None = None, limit: int = LIST) -> Files:
    """The files of a space by name, with their authors. One query."""
    limit = max(1, min(limit, 200))
    stmt = (
        select(File)
        .where(File.space_id == space.id)
        .options(joinedload(File.author), joinedload(File.space))
        .order_by(File.path_key)
        .limit(limit + 1)
    )
    if after is not None:
        stmt = stmt.where(File.path_key > after)
    found = listing(actor, stmt, File)
    return Files(found[:limit], found[limit - 1].path_key if len(found) > limit else None)


def senders_of(files: Sequence[File]) -> dict[int, Person]:
    """Who sent the version that stands, by the id of the file: the log knows. One query. For files that the actor came to."""
    if not files:
        return {}
    newest = (
        select(func.max(Activity.id))
        .where(
            Activity.object_kind == "file",
            Activity.object_id.in_([file.id for file in files]),
            Activity.verb.in_(("file.uploaded", "file.replaced")),
        )
        .group_by(Activity.object_id)
    )
    stmt = (
        select(Activity.object_id, Person).join(Person, Person.id == Activity.actor_id).where(Activity.id.in_(newest))
    )
    return {row[0]: row[1] for row in db.session.execute(stmt)}


def count_of_files(actor: Actor, space: Space) -> int:
    """How many files the actor sees in a space."""
    stmt = select(func.count()).select_from(File).where(File.space_id == space.id, visible(actor, File))
    return db.session.scalar(stmt) or 0
