"""Files taken out as one archive: a selection, a folder or all of a space, as far as somebody sees it, written while it is sent.

The archive is one that every program opens (APPNOTE.TXT 6.3.10): deflated entries with their sizes behind them, names in UTF-8, the
large form where it is needed, and the moment of each file exact to the second beside the date of DOS. Memory holds a piece of a
file and the list of contents, whatever is sent.
"""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, or_, select

from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.files.media_types import INLINE
from community.files.models import SHOWN, File, Folder
from community.files.names import name_key
from community.files.places import branch, numbered
from community.files.storage import CHUNK, Missing, Storage
from community.permissions import Actor, visible
from community.spaces.models import Space

MOST = 20_000
"""Files and folders in one archive."""
_PACKED = re.compile(
    r"image/(?!svg|bmp|tiff)|video/|audio/|application/(zip|gzip|x-7z|x-rar|pdf|vnd\.openxmlformats|vnd\.oasis|epub)"
)
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')


class Entry(NamedTuple):
    """One file or, with a slash at its end, folder of the archive. `size` in bytes."""

    path: str
    at: datetime
    key: str = ""
    size: int = 0
    packed: bool = False


class Plan(NamedTuple):
    """What an archive will hold; `size` in bytes, unpacked."""

    name: str
    entries: list[Entry]
    size: int


def plan_zip(
    actor: Actor,
    space: Space,
    *,
    files: Sequence[int] = (),
    folders: Sequence[int] = (),
    all_of_it: bool = False,
    audiences: Sequence[str] | None = None,
) -> Plan:
    """What the actor may see of some files and folders of a space, with all that is in these, or of all of it. With `audiences`
    only what is for one of these, and nothing that a folder keeps from others: for who passes it on. Three queries, and one a
    chosen folder. Raises Invalid("items") for nothing or too much, NotFound for what is not there.
    """
    roots = [] if all_of_it else _folders(actor, space, Folder.id.in_(folders))
    if len(roots) < len(set(folders)):
        raise NotFound()
    names = _Names()
    ways: dict[int, str] = {}
    made: list[Entry] = []
    if all_of_it:
        _place(_folders(actor, space, Folder.space_id == space.id), {None: ""}, names, ways, made)
    for root in sorted(roots, key=lambda one: one.depth):
        if root.id in ways:
            continue  # it came with a folder around it
        below = _folders(actor, space, and_(Folder.id.in_(branch(root.id)), *_for(Folder, audiences)))
        _place(below, {root.parent_id: ""}, names, ways, made)
    chosen = File.id.in_(files)
    where = or_(chosen, File.folder_id.in_(ways)) if ways else chosen
    if all_of_it:
        where = File.space_id == space.id
    if audiences is not None:
        where = and_(where, *_for(File, audiences), File.gathered.in_(SHOWN))
    rows = _files(actor, space, where)
    found = 0
    for row in rows:
        if row.id in files and row.folder_id not in ways:
            way = ""
        elif row.folder_id is None or row.folder_id in ways:
            way = ways[row.folder_id] if row.folder_id is not None else ""
        else:
            continue  # in a folder that they do not see
        found += row.id in files
        packed = bool(_PACKED.match(row.media_type)) or row.media_type in INLINE
        made.append(Entry(names.free(way, row.name), row.updated_at, row.storage_key, row.size, packed))
    if found < len(set(files)):
        raise NotFound()
    if not made:
        raise Invalid("items", _l("Choose at least one file."))
    if len(made) > MOST:
        raise Invalid("items", _l("An archive holds up to %(limit)d files. Choose fewer."), limit=MOST)
    return Plan(_called(space, roots, rows), made, sum(one.size for one in made))


def _for(model: Any, audiences: Sequence[str] | None) -> list[ColumnElement[bool]]:
    return [model.audience.in_(audiences)] if audiences is not None else []


def _called(space: Space, roots: list[Folder], rows: Sequence[File]) -> str:
    name = roots[0].name if len(roots) == 1 else rows[0].name if len(rows) == 1 and not roots else space.name
    return f"{_fit(name)}.zip"


def _folders(actor: Actor, space: Space, where: ColumnElement[bool]) -> list[Folder]:
    stmt = select(Folder).where(Folder.space_id == space.id, where, Folder.deleted_at.is_(None), visible(actor, Folder))
    return list(db.session.scalars(stmt.order_by(Folder.depth, Folder.path_key).limit(MOST + 1)))


def _files(actor: Actor, space: Space, where: ColumnElement[bool]) -> list[File]:
    stmt = select(File).where(File.space_id == space.id, where, File.deleted_at.is_(None), visible(actor, File))
    return list(db.session.scalars(stmt.order_by(File.folder_id, File.path_key).limit(MOST + 1)))


def _place(
    folders: list[Folder], at: dict[int | None, str], names: _Names, ways: dict[int, str], made: list[Entry]
) -> None:
    """The ways of folders within the archive, the higher ones first; what hangs below one that is not seen is left out."""
    for folder in folders:
        around = at.get(folder.parent_id, ways.get(folder.parent_id or 0))
        if around is None or folder.id in ways:
            continue
        ways[folder.id] = names.free(around, folder.name) + "/"
        made.append(Entry(ways[folder.id], folder.updated_at))


class _Names:
    """Names that every system bears, each once in its folder."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, way: str, name: str) -> str:
        name, number = _fit(name), 1
        wanted = name
        while name_key(way + wanted) in self._taken:
            number += 1
            wanted = numbered(name, number)
        self._taken.add(name_key(way + wanted))
        return way + wanted


def _fit(name: str) -> str:
    return _NOT_ON_WINDOWS.sub("_", name)


class _Pipe:
    """What zipfile writes to: a place that only goes on, emptied after each piece."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """It has no end of its own."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def stream(plan: Plan, storage: Storage) -> Iterator[bytes]:
    """The bytes of the archive, as they are made. What is no longer in the storage is named in a note at its end."""
    pipe, missing = _Pipe(), []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for entry in plan.entries:
            info = _info(entry)
            if entry.path.endswith("/"):
                archive.writestr(info, b"")
                continue
            try:
                source = storage.open(entry.key)
            except Missing:
                missing.append(entry.path)
                continue
            with source, archive.open(info, "w", force_zip64=entry.size > 2**31 - 1) as out:
                while piece := source.read(CHUNK):
                    out.write(piece)
                    if packed := pipe.take():
                        yield packed
            yield pipe.take()
        if missing:
            note = "\n".join(["These files could not be read:", *missing, ""])
            archive.writestr(_info(Entry("_missing.txt", datetime.now(UTC))), note.encode())
    yield pipe.take()


def _info(entry: Entry) -> zipfile.ZipInfo:
    at = entry.at.astimezone(UTC)
    info = zipfile.ZipInfo(entry.path, (min(max(at.year, 1980), 2107), *at.timetuple()[1:6]))
    info.compress_type = zipfile.ZIP_STORED if entry.path.endswith("/") else zipfile.ZIP_DEFLATED
    info.external_attr = (0o40755 << 16) | 0x10 if entry.path.endswith("/") else 0o100644 << 16
    # The moment itself, in UTC (extended timestamp): the date of DOS knows no time zone.
    info.extra = struct.pack("<HHBl", 0x5455, 5, 1, int(at.timestamp()))
    setattr(info, "_compresslevel", 0 if entry.packed else 6)  # noqa: B010 - zipfile has no other way for one entry
    return info
