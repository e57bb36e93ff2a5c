"""What is in a folder, in the order that a reader asks for, a stretch at a time: keyset paging, so that the last stretch of fifty
thousand files costs what the first does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatch
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.orm import aliased, joinedload

from community.extensions import db
from community.files.media_types import KNOWN
from community.files.models import File, Folder
from community.files.names import name_key
from community.files.queries import Files
from community.permissions import Actor, listing, visible
from community.spaces.models import Space

SORTS = ("name", "-name", "changed", "-changed", "size", "-size")
"""By name, by when they changed, by size; a dash turns it round."""

COUNTED = 1_000
"""Files that are counted; of more it is said that there are more."""
COUNTED_BELOW = 200
"""The same of what is in each of the folders that a list shows."""


def _of(*patterns: str) -> tuple[str, ...]:
    return tuple(sorted(kind for kind in KNOWN if any(fnmatch(kind, pattern) for pattern in patterns)))


KINDS: dict[str, tuple[str, ...]] = {
    "pictures": _of("image/*"),
    "films": _of("video/*", "audio/*"),
    "documents": _of(
        "application/pdf", "text/plain", "text/markdown", "*word*", "*opendocument.text", "application/rtf"
    ),
    "sheets": _of("*sheet", "*excel", "text/csv"),
    "slides": _of("*presentation", "*powerpoint"),
}
"""The media types that a quick filter lets through."""


def _in(space: Space, folder: Folder | None, kind: str) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        File.space_id == space.id,
        File.folder_id == (folder.id if folder is not None else None),
    ]
    if kind in KINDS:
        where.append(File.media_type.in_(KINDS[kind]))
    return where


def _column(sort: str) -> Any:
    return {"changed": File.updated_at, "size": File.size}.get(sort.lstrip("-"), File.path_key)


def mark_of(file: File, sort: str) -> str:
    """Where a stretch ends: what the list is sorted by, and the number of the last file."""
    by = sort.lstrip("-")
    if by == "changed":
        return f"{file.updated_at.astimezone(UTC).isoformat()}~{file.id}"
    return f"{file.size}~{file.id}" if by == "size" else file.path_key


def _beyond(sort: str, after: str) -> ColumnElement[bool] | None:
    """What comes after a mark; None for a mark that says nothing, which shows the first stretch."""
    by, column, down = sort.lstrip("-"), _column(sort), sort.startswith("-")
    if "\x00" in after:
        return None
    if by == "name":
        return column < after if down else column > after  # type: ignore[no-any-return]
    said, _tilde, number = after.rpartition("~")
    try:
        value: Any = datetime.fromisoformat(said) if by == "changed" else int(said)
        last = int(number)
    except ValueError:
        return None
    if (by == "changed" and value.tzinfo is None) or max(abs(last), abs(value) if by == "size" else 0) >= 2**63:
        return None
    here, mark = tuple_(column, File.id), tuple_(literal(value, column.type), literal(last, File.id.type))
    return here < mark if down else here > mark


def list_of(
    actor: Actor,
    space: Space,
    folder: Folder | None = None,
    *,
    sort: str = "name",
    kind: str = "",
    after: str | None = None,
    limit: int = 100,
    count: int | None = None,
) -> Files:
    """The files right in a folder, or at the top, with their authors. `sort` is one of SORTS, `kind` one of KINDS or "". `count` is
    what `count_in` told of these: a few of a kind among very many files are looked for by their kind, and then sorted. One query.
    """
    column, down = _column(sort), sort.startswith("-")
    order = [column] if column is File.path_key else [column, File.id]
    where = _in(space, folder, kind)
    if kind in KINDS and count is not None and count <= COUNTED:
        some = select(File.id).where(*where, visible(actor, File)).limit(COUNTED + 1)
        where = [File.id.in_(some.correlate(None))]
    stmt: Select[Any] = (
        select(File)
        .where(*where)
        .options(joinedload(File.author), joinedload(File.space), joinedload(File.folder))
        .order_by(*(one.desc() if down else one for one in order))
        .limit(limit + 1)
    )
    beyond = _beyond(sort, after) if after is not None else None
    if beyond is not None:
        stmt = stmt.where(beyond)
    found = listing(actor, stmt, File)
    return Files(found[:limit], mark_of(found[limit - 1], sort) if len(found) > limit else None)


def count_in(actor: Actor, space: Space, folder: Folder | None = None, *, kind: str = "") -> int:
    """How many files the actor sees right in a folder, or at the top: up to COUNTED, and one more where there are more."""
    some = select(File.id).where(*_in(space, folder, kind), visible(actor, File)).limit(COUNTED + 1)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def sorted_folders(folders: Sequence[Folder], sort: str) -> list[Folder]:
    """Folders stand before the files, in the same order; they have no size, and are sorted by name then."""
    if sort.lstrip("-") == "changed":
        return sorted(folders, key=lambda one: (one.updated_at, one.id), reverse=sort.startswith("-"))
    return sorted(folders, key=lambda one: name_key(one.name), reverse=sort == "-name")


def items_in(actor: Actor, folders: Sequence[Folder]) -> dict[int, int]:
    """How many things the actor sees right in each of these folders, by its number: up to COUNTED_BELOW, and one more where there
    are more of a sort. Two queries, whatever is in them.
    """
    found: dict[int, int] = {}
    if not folders:
        return found
    ids = [one.id for one in folders]
    here, lower = aliased(Folder), Folder
    around: Any
    for around, model in ((File.folder_id, File), (lower.parent_id, lower)):
        some = select(model.id).where(around == here.id, visible(actor, model)).limit(COUNTED_BELOW + 1)
        many = select(func.count()).select_from(some.correlate(here).subquery()).correlate(here).scalar_subquery()
        for number, count in db.session.execute(select(here.id, many).where(here.id.in_(ids))):
            found[number] = found.get(number, 0) + count
    return found


def folders_in_space(actor: Actor, space: Space, *, limit: int = 2_000) -> list[Folder]:
    """Every folder of a space that the actor sees, each right behind the one that it is in. One query."""
    stmt = select(Folder).where(Folder.space_id == space.id).order_by(Folder.depth, Folder.id).limit(limit)
    return sorted(listing(actor, stmt, Folder), key=lambda one: [name_key(name) for name in one.path.split("/")])
