"""Takes a backup: the tables as they are at one moment, then the bytes of the files that they name. Nothing waits for it.

It is written beside its place and renamed when it is whole, so that a folder of that name is a whole backup or none.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, select

from community.backup.rows import told
from community.clock import now
from community.errors import Conflict
from community.extensions import Base, db, is_sqlite
from community.files.storage import CHUNK, CONTENT, LOOSE, Missing, Storage, is_key
from community.files.sweep import columns_that_name, named_among
from community.migrations_state import head, is_current

FORMAT = 1
Say = Callable[[str, int, int], None]
"""Told what is being copied, how much is done, and of how much."""


def take(folder: Path, storage: Storage, say: Say = lambda *_: None, *, since: Path | None = None) -> dict[str, Any]:
    """Write a backup as `folder`, which must not be there yet. Answers its manifest; `lost` in it are keys that rows name and of
    which the storage has not the bytes. Content that an earlier backup (`since`) on the same disk has is linked, not copied.

    Raises Conflict when the folder is there, or when the schema is not that of this code.
    """
    if folder.exists():
        raise Conflict("There is something at that place already. Choose a folder that does not exist yet.")
    if not is_current():
        raise Conflict("The database has another schema than this code. Run flask db upgrade first.")
    db.session.rollback()
    part = folder.with_name(f"{folder.name}.part-{os.getpid()}")
    (part / "tables").mkdir(parents=True, mode=0o700)
    part.chmod(0o700)
    manifest: dict[str, Any] = {"format": FORMAT, "made": now().isoformat(), "revision": head(), "tables": {}}
    isolation = {} if is_sqlite() else {"isolation_level": "REPEATABLE READ"}
    with db.engine.connect().execution_options(**isolation) as connection, connection.begin():
        for table in Base.metadata.sorted_tables:
            assert isinstance(table, Table)
            manifest["tables"][table.name] = _copy_table(connection, table, part / "tables", say)
        keys = _named(connection)
    # Bytes are never changed, and what was named a moment ago is not swept before a day is over.
    earlier = {key: since / "files" / key[:2] / key for key in keys} if since is not None else {}
    manifest["files"], manifest["lost"] = _copy_files(storage, keys, part / "files", earlier, say)
    _write(part / "manifest.json", json.dumps(manifest, indent=1).encode())
    _flush(part)
    part.rename(folder)
    _flush(folder.parent)
    return manifest


def _copy_table(connection: Connection, table: Table, folder: Path, say: Say) -> dict[str, Any]:
    total = connection.scalar(select(func.count()).select_from(table)) or 0
    path, names, count = folder / f"{table.name}.jsonl.gz", [column.name for column in table.columns], 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=5) as out:
        found = connection.execution_options(yield_per=1000).execute(select(table).order_by(*table.primary_key))
        for row in found:
            out.write(json.dumps(dict(zip(names, map(told, row), strict=True)), ensure_ascii=False) + "\n")
            count += 1
            if count % 1000 == 0:
                say(table.name, count, total)
    say(table.name, count, total)
    return {"rows": count, "sha256": checksum(path)}


def _named(connection: Connection) -> list[str]:
    """The keys that the tables of this moment name."""
    found: set[str] = set()
    for column in columns_that_name():
        found.update(key for key in connection.scalars(select(column).distinct()) if key and is_key(key))
    return sorted(found)


def _copy_files(
    storage: Storage, keys: list[str], folder: Path, earlier: dict[str, Path], say: Say
) -> tuple[dict[str, str], list[str]]:
    """Copy what rows name, or link what an earlier backup has. Answers the checksum of each by its key, and the keys of which
    the bytes are not there, or not what their key says.
    """
    sums: dict[str, str] = {}
    lost: list[str] = []
    folder.mkdir(mode=0o700)
    for number, key in enumerate(keys, 1):
        (folder / key[:2]).mkdir(exist_ok=True)
        target = folder / key[:2] / key
        try:
            digest = _linked(earlier.get(key), key, target) or _copied(storage, key, target)
        except Missing:
            digest = ""
        if not digest or (CONTENT.fullmatch(key) and digest != key):
            target.unlink(missing_ok=True)
            lost.append(key)
        else:
            sums[key] = digest
        say("files", number, len(keys))
    gone = [key for key in lost if LOOSE.fullmatch(key)]
    return sums, [key for key in lost if key not in gone or key in named_among([key])]


def _linked(before: Path | None, key: str, target: Path) -> str:
    """Take content from an earlier backup without copying it, once its checksum was looked at; "" where that is no good."""
    if before is None or not CONTENT.fullmatch(key):
        return ""
    try:
        if checksum(before) != key:
            return ""
        os.link(before, target)
    except OSError:  # it is not there, or on another disk
        return ""
    return key


def _copied(storage: Storage, key: str, target: Path) -> str:
    digest = hashlib.sha256()
    with storage.open(key) as source, target.open("wb") as out:
        while piece := source.read(CHUNK):
            out.write(piece)
            digest.update(piece)
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
