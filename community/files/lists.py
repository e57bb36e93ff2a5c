"""What is in a folder, in the order that a reader asks for, a stretch at a time: keyset paging, so that the last stretch of fifty
thousand files costs what the first does.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import joinedload

from community.extensions import db
from community.files.models import File, Folder
from community.files.names import name_key
from community.files.queries import Files
from community.permissions import Actor, listing, visible
from community.spaces.models import Space

SORTS = ("name", "-name", "changed", "-changed", "size", "-size")
"""By name, by when they changed, by size; a dash turns it round."""

KINDS: dict[str, tuple[str, ...]] = {
    "pictures": ("image/%",),
    "films": ("video/%", "audio/%"),
    "documents": ("application/pdf", "text/plain", "text/markdown", "%word%", "%opendocument.text%", "application/rtf"),
    "sheets": ("%sheet%", "%excel%", "text/csv"),
    "slides": ("%presentation%", "%powerpoint%"),
}
"""What a quick filter lets through, as patterns of media types."""


def _in(space: Space, folder: Folder | None, kind: str) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        File.space_id == space.id,
        File.folder_id == (folder.id if folder is not None else None),
    ]
    if kind in KINDS:
        where.append(or_(*(File.media_type.like(pattern) for pattern in KINDS[kind])))
    return where


def _column(sort: str) -> Any:
    return {"changed": File.updated_at, "size": File.size}.get(sort.lstrip("-"), File.path_key)


def _mark(file: File, sort: str) -> str:
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
    further = column < value if down else column > value
    return or_(further, and_(column == value, File.id < last if down else File.id > last))


def list_of(
    actor: Actor,
    space: Space,
    folder: Folder | None = None,
    *,
    sort: str = "name",
    kind: str = "",
    after: str | None = None,
    limit: int = 100,
) -> Files:
    """The files right in a folder, or at the top, with their authors. `sort` is one of SORTS, `kind` one of KINDS or "". One
    query.
    """
    column, down = _column(sort), sort.startswith("-")
    stmt: Select[Any] = (
        select(File)
        .where(*_in(space, folder, kind))
        .options(joinedload(File.author), joinedload(File.space), joinedload(File.folder))
        .order_by(column.desc() if down else column, File.id.desc() if down else File.id)
        .limit(limit + 1)
    )
    beyond = _beyond(sort, after) if after is not None else None
    if beyond is not None:
        stmt = stmt.where(beyond)
    found = listing(actor, stmt, File)
    return Files(found[:limit], _mark(found[limit - 1], sort) if len(found) > limit else None)


def count_in(actor: Actor, space: Space, folder: Folder | None = None, *, kind: str = "") -> int:
    """How many files the actor sees right in a folder, or at the top."""
    stmt = select(func.count()).select_from(File).where(*_in(space, folder, kind), visible(actor, File))
    return db.session.scalar(stmt) or 0


def sorted_folders(folders: Sequence[Folder], sort: str) -> list[Folder]:
    """Folders stand before the files, in the same order; they have no size, and are sorted by name then."""
    if sort.lstrip("-") == "changed":
        return sorted(folders, key=lambda one: (one.updated_at, one.id), reverse=sort.startswith("-"))
    return sorted(folders, key=lambda one: name_key(one.name), reverse=sort == "-name")


def items_in(actor: Actor, folders: Sequence[Folder]) -> dict[int, int]:
    """How many things the actor sees right in each of these folders, by its number. Two queries, whatever is in them."""
    found: dict[int, int] = {}
    if not folders:
        return found
    ids = [one.id for one in folders]
    around: Any
    for around, model in ((File.folder_id, File), (Folder.parent_id, Folder)):
        stmt = select(around, func.count()).where(around.in_(ids), visible(actor, model)).group_by(around)
        for number, many in db.session.execute(stmt):
            found[number] = found.get(number, 0) + many
    return found


def folders_in_space(actor: Actor, space: Space, *, limit: int = 2_000) -> list[Folder]:
    """Every folder of a space that the actor sees, each right behind the one that it is in. One query."""
    stmt = select(Folder).where(Folder.space_id == space.id).order_by(Folder.depth, Folder.id).limit(limit)
    return sorted(listing(actor, stmt, Folder), key=lambda one: [name_key(name) for name in one.path.split("/")])
