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
from community.files.storage import CHUNK, Storage
from community.migrations_state import head, is_current

FORMAT = 1
Say = Callable[[str, int, int], None]
"""Told what is being copied, how much is done, and of how much."""


def take(folder: Path, storage: Storage, say: Say = lambda *_: None) -> dict[str, Any]:
    """Write a backup as `folder`, which must not be there yet. Answers its manifest.

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
        # Bytes are never changed, so those that the tables of this moment name are still those of this moment.
        manifest["files"] = _copy_files(storage, part / "files", say)
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


def _copy_files(storage: Storage, folder: Path, say: Say) -> dict[str, str]:
    """Copy every content. Answers the checksum of each by its key."""
    keys, sums = sorted(storage.keys()), {}
    folder.mkdir(mode=0o700)
    for number, key in enumerate(keys, 1):
        digest = hashlib.sha256()
        (folder / key[:2]).mkdir(exist_ok=True)
        if not storage.exists(key):
            continue  # deleted since: the tables of this moment may name it still, as they would in the house itself
        with storage.open(key) as source, (folder / key[:2] / key).open("wb") as out:
            while piece := source.read(CHUNK):
                out.write(piece)
                digest.update(piece)
            out.flush()
            os.fsync(out.fileno())
        sums[key] = digest.hexdigest()
        say("files", number, len(keys))
    return sums


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
