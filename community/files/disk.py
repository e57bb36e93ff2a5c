"""Bytes in a folder of this machine: `ab/abcdef…` for what is kept, `incoming/` for what is not whole yet, `swept/` for what
nobody names and will soon be gone.

Bytes are written under another name, flushed to the disk, renamed, and the folder flushed: a crash at any moment leaves either
all of them under their key or nothing (and a leftover in `incoming/`, which `tidy` removes). Content that is there already is
written once more and takes the place of the old: that takes as long as the first time, and makes it young again.
"""

from __future__ import annotations

import errno
import hashlib
import io
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from community.errors import Invalid, _l
from community.files.storage import (
    CHUNK,
    CONTENT,
    LOOSE,
    Away,
    Held,
    Missing,
    NoRoom,
    Section,
    Source,
    Stored,
    chunks,
    is_key,
    loose_key,
)

log = logging.getLogger(__name__)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DiskStorage:
    """A folder (`root`), made when it is not there."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming, self._swept = root / "incoming", root / "swept"
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._swept.mkdir(exist_ok=True)

    def _path(self, key: str) -> Path:
        if not is_key(key):
            raise Missing()
        return self.root / key[:2] / key

    # ---- in

    def put(self, stream: Source, *, limit_bytes: int) -> Stored:
        return self._take(stream, limit_bytes, None)

    def put_loose(self, stream: Source, *, limit_bytes: int) -> Stored:
        return self._take(stream, limit_bytes, loose_key())

    def _take(self, stream: Source, limit_bytes: int, key: str | None) -> Stored:
        digest, size = hashlib.sha256(), 0
        draft = self._incoming / secrets.token_hex(16)
        try:
            with _told():
                file = draft.open("xb", buffering=0)  # what is refused is refused at once, not when it is closed
            with file:
                for piece in chunks(stream, limit_bytes):
                    with _told():
                        _write(file, piece)
                    digest.update(piece)
                    size += len(piece)
                with _told():
                    os.fsync(file.fileno())
            stored = Stored(key or digest.hexdigest(), digest.hexdigest(), size)
            with _told():
                self._settle(draft, stored.key)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        return stored

    def _settle(self, draft: Path, key: str) -> None:
        """Give a whole draft its name. When the folder cannot be flushed, whole content may stay that nobody names."""
        final = self._path(key)
        if not final.parent.exists():
            final.parent.mkdir(exist_ok=True)
            _flush_folder(self.root)
        draft.replace(final)
        _flush_folder(final.parent)

    def put_back(self, key: str, stream: Source) -> None:
        final, draft, digest = self._path(key), self._incoming / secrets.token_hex(16), hashlib.sha256()
        if LOOSE.fullmatch(key) and final.exists():
            return
        try:
            with _told(), draft.open("xb", buffering=0) as file:
                while piece := stream.read(CHUNK):
                    _write(file, piece)
                    digest.update(piece)
                os.fsync(file.fileno())
            if CONTENT.fullmatch(key) and digest.hexdigest() != key:
                raise Invalid("file", _l("These bytes are not what they were."))
            with _told():
                self._settle(draft, key)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    # ---- out

    def _found(self, key: str) -> Path:
        """Where it lies. What is being taken back meanwhile is looked for once more where it was. Raises Missing."""
        path = self._path(key)
        for place in (path, self._swept / key, path):
            if place.is_file():
                return place
        raise Missing()

    def place_of(self, key: str) -> str:
        """Where it lies within the folder, for a front server that reads the folder too. Raises Missing."""
        return self._found(key).relative_to(self.root).as_posix()

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        with _told():
            try:
                file = self._found(key).open("rb", buffering=0)
            except FileNotFoundError:  # it went from one place to the other at this moment
                try:
                    file = self._found(key).open("rb", buffering=0)
                except FileNotFoundError:
                    raise Missing() from None
            size = os.fstat(file.fileno()).st_size
            return Section(file, start, size if end is None else min(end, size))  # type: ignore[return-value]

    def exists(self, key: str) -> bool:
        try:
            self._found(key)
        except Missing:
            return False
        return True

    def size(self, key: str) -> int:
        with self.open(key) as file, _told():
            return os.fstat(file._file.fileno()).st_size  # type: ignore[attr-defined]

    def delete(self, key: str) -> None:
        if LOOSE.fullmatch(key):
            with _told():
                for place in (self._path(key), self._swept / key):
                    if place.exists():
                        place.unlink(missing_ok=True)
                        _flush_folder(place.parent)

    def check(self) -> None:
        probe = self._incoming / f"check-{secrets.token_hex(8)}"
        try:
            probe.write_bytes(b"ok")
        finally:
            probe.unlink(missing_ok=True)

    # ---- for the sweep

    def held(self) -> Iterator[Held]:
        for folder in self.root.iterdir():
            if len(folder.name) == 2:
                yield from _held_in(folder)

    def keys(self) -> Iterator[str]:
        return (held.key for held in self.held())

    def held_aside(self) -> Iterator[Held]:
        return _held_in(self._swept)

    def set_aside(self, key: str) -> None:
        path = self._path(key)
        with _told():
            try:
                os.utime(path)  # first: it is never older there than it is aside
                path.replace(self._swept / key)
            except FileNotFoundError:
                return
            _flush_folder(self._swept)
            _flush_folder(path.parent)

    def take_back(self, key: str) -> None:
        aside, path = self._swept / key, self._path(key)
        with _told():
            try:
                os.utime(aside)
                path.parent.mkdir(exist_ok=True)
                aside.replace(path)
            except FileNotFoundError:
                return
            _flush_folder(path.parent)
            _flush_folder(self._swept)

    def drop(self, key: str) -> None:
        if is_key(key):
            with _told():
                (self._swept / key).unlink(missing_ok=True)

    def tidy(self, older_than: float = 86_400) -> int:
        limit, removed = time.time() - older_than, 0
        for draft in self._incoming.iterdir():
            try:
                if draft.stat().st_mtime <= limit:
                    draft.unlink()
                    removed += 1
            except FileNotFoundError:  # it became whole meanwhile
                continue
        return removed


def _write(file: io.FileIO, piece: bytes) -> None:
    """All of a piece: a disk that is nearly full may take a part of it."""
    left = memoryview(piece)
    while left:
        left = left[file.write(left) or 0 :]


@contextmanager
def _told() -> Iterator[None]:
    """What the disk refuses, as the house says it."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        log.error("storage: %s", error)
        raise (NoRoom if error.errno in _FULL else Away)() from error


def _held_in(folder: Path) -> Iterator[Held]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_key(entry.name):
                try:
                    facts = entry.stat()
                except FileNotFoundError:  # gone meanwhile
                    continue
                yield Held(entry.name, facts.st_size, facts.st_mtime)


def _flush_folder(folder: Path) -> None:
    """A rename is safe only when the folder that holds the name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
