"""Gives a backup to an empty house. Everything is checked before anything is written, and the rows come in one transaction."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, func, literal, select, text

from community.backup.rows import read_row, reader_of
from community.backup.taking import FORMAT, Say, checksum
from community.errors import Conflict, Invalid
from community.extensions import db, is_sqlite, write_unit
from community.files.storage import Storage
from community.migrations_state import in_database, known

STRETCH = 500  # rows that are written at once


def checked(folder: Path, say: Say = lambda *_: None) -> dict[str, Any]:
    """The manifest of a backup of which every part is as it was written. Raises Invalid("folder") with what is wrong."""
    try:
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
        form, revision, tables, files = (manifest[key] for key in ("format", "revision", "tables", "files"))
    except (OSError, ValueError, KeyError, TypeError):
        raise Invalid("folder", "This folder holds no whole backup: its manifest is missing or damaged.") from None
    if form != FORMAT or not known(revision):
        raise Invalid("folder", "This backup was made by a newer version. Install that one, then restore.")
    parts = {f"tables/{name}.jsonl.gz": facts["sha256"] for name, facts in tables.items()}
    parts |= {f"files/{key[:2]}/{key}": sum_of for key, sum_of in files.items()}
    for number, (name, sum_of) in enumerate(parts.items(), 1):
        path = folder / name
        if not path.is_file():
            raise Invalid("folder", "This backup is damaged: %(name)s is missing.", name=name)
        if checksum(path) != sum_of:
            raise Invalid("folder", "This backup is damaged: %(name)s is not as it was written.", name=name)
        say("checked", number, len(parts))
    return manifest


def restore(
    folder: Path, storage: Storage, upgrade: Callable[[str], None], say: Say = lambda *_: None
) -> dict[str, Any]:
    """Fill an empty database and the storage. `upgrade(revision)` brings a database there (`flask db upgrade`): the rows come
    in under the schema that they were written with, and are then brought to today's.

    Raises Invalid("folder") for a damaged or newer backup, Conflict when somebody is in the house already.
    """
    manifest = checked(folder, say)
    stands_at = in_database()
    db.session.rollback()
    if stands_at is None:
        upgrade(manifest["revision"])
    schema = MetaData()
    schema.reflect(db.engine)
    if stands_at not in (None, manifest["revision"]) or not _is_empty(schema, manifest):
        raise Conflict("This database is in use. A backup is restored into a new one, so that nothing is lost.")
    for number, key in enumerate(manifest["files"], 1):
        with (folder / "files" / key[:2] / key).open("rb") as source:
            storage.put_back(key, source)
        say("files", number, len(manifest["files"]))
    with write_unit(), _links_may_wait():
        for name, facts in manifest["tables"].items():
            _fill(schema.tables[name], folder / "tables" / f"{name}.jsonl.gz", facts["rows"], say)
        if not is_sqlite():
            _wind_sequences(schema)
    upgrade("head")
    return manifest


def _is_empty(schema: MetaData, manifest: dict[str, Any]) -> bool:
    """Whether the tables of a backup hold nothing here."""
    tables = (schema.tables[name] for name in manifest["tables"])
    return not any(db.session.execute(select(literal(1)).select_from(table).limit(1)).first() for table in tables)


def _quoted(name: str) -> str:
    return db.engine.dialect.identifier_preparer.quote(name)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _fill(table: Table, path: Path, total: int, say: Say) -> None:
    readers = {column.name: reader_of(column, naive=is_sqlite()) for column in table.columns}
    rows, done = _lines(path), 0
    while stretch := [read_row(row, readers) for row in islice(rows, STRETCH)]:
        db.session.execute(table.insert(), stretch)
        done += len(stretch)
        say(table.name, done, total)


class _links_may_wait:
    """A row may come before the one that it points to; at the end all of them must be there."""

    def __enter__(self) -> None:
        self._held: list[tuple[str, str, str]] = []
        if is_sqlite():
            db.session.execute(text("PRAGMA defer_foreign_keys=ON"))
            return
        found = db.session.execute(
            text(
                "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
            )
        )
        self._held = [(row[0], row[1], row[2]) for row in found]
        for table, name, _ in self._held:
            db.session.execute(text(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'))

    def __exit__(self, fault: object, *_: object) -> None:
        if fault is None:
            for table, name, rule in self._held:
                db.session.execute(text(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {rule}'))


def _wind_sequences(schema: MetaData) -> None:
    """Rows came with ids of their own: tell PostgreSQL's counters."""
    for table in schema.tables.values():
        sequence = (
            db.session.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": _quoted(table.name)})
            if "id" in table.columns
            else None
        )
        if sequence:
            last = db.session.scalar(select(func.max(table.c.id)))
            if last:
                db.session.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
