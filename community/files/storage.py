"""Where the bytes of files are kept: streamed in, safe on disk before `put` returns, read from any place.

Keys are random and say nothing: not the name, not the content, not whether somebody else keeps the same file. A key
that was never given out is `Missing`, whatever it looks like, so no path can be asked for.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from community.errors import Invalid, NotFound, _l

CHUNK = 128 * 1024
"""Bytes that are in memory at once."""
_KEY = re.compile(r"[0-9a-f]{32}")


class Stored(NamedTuple):
    """What became of an upload."""

    key: str
    sha256: str
    """Of the content, in hexadecimal: the ETag, and the proof of a backup."""
    size: int
    """In bytes."""


class Missing(NotFound):
    """No content is kept under this key."""


class TooLarge(Invalid):
    """More bytes came than may come; none of them was kept."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            "file",
            _l("This file is larger than %(limit)s. Make it smaller, or link to where it is."),
            limit=in_words(limit_bytes),
        )


class Source(Protocol):
    """What can be read in pieces: an upload, a request's stream, an open file."""

    def read(self, size: int, /) -> bytes: ...


class Storage(Protocol):
    """A place for bytes. Nothing in it is ever changed: a new version is a new key."""

    def put(self, stream: Source, *, limit_bytes: int) -> Stored:
        """Keep all that the stream gives. When this returns, the bytes survive a power cut.

        :raises TooLarge: when there is more than `limit_bytes`.
        """

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """The bytes from `start` up to, not including, `end` (None: to the last). Iterating gives chunks. Close it.

        :raises Missing: when nothing is kept under the key.
        """

    def exists(self, key: str) -> bool:
        """Whether content is kept under the key."""

    def size(self, key: str) -> int:
        """In bytes.

        :raises Missing: when nothing is kept under the key.
        """

    def delete(self, key: str) -> None:
        """Keep it no longer. Deleting what is not there is no error, so that a deletion can be repeated."""

    def check(self) -> None:
        """Whether content can be kept now: raises OSError when not (full, read-only, gone)."""


def in_words(size: int) -> str:
    """A size in bytes as people say it: `25 MB`, `1.5 GB` (decimal units, as file managers show)."""
    value, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value /= 1000
        units.pop(0)
    return f"{value:.1f}".removesuffix(".0") + f" {units[0]}"


def chunks(stream: Source, limit_bytes: int) -> Iterator[bytes]:
    """The stream in pieces of at most `CHUNK` bytes, never asking for much more than `limit_bytes` in all.

    :raises TooLarge: as soon as there is more.
    """
    taken = 0
    while piece := stream.read(min(CHUNK, limit_bytes - taken + 1)):
        taken += len(piece)
        if taken > limit_bytes:
            raise TooLarge(limit_bytes)
        yield piece


class Section(io.RawIOBase):
    """A part of a file, to be read once from its start to its end."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        super().__init__()
        self._file = file
        self._left = max(0, end - start)
        file.seek(start)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        piece = self._file.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def __next__(self) -> bytes:
        if piece := self.read(CHUNK):
            return piece
        raise StopIteration

    def close(self) -> None:
        self._file.close()
        super().close()


class DiskStorage:
    """A folder on this machine: `ab/abcdef…` for content, `incoming/` for what is not whole yet.

    Content is written under another name, flushed to the disk, renamed, and the folder flushed: a crash at any moment
    leaves either the whole content under its key or nothing (and a leftover in `incoming/`, which `tidy` removes).
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise Missing()
        return self.root / key[:2] / key

    def put(self, stream: Source, *, limit_bytes: int) -> Stored:
        key = secrets.token_hex(16)
        digest, size = hashlib.sha256(), 0
        draft, final = self._incoming / key, self._path(key)
        try:
            with draft.open("xb") as file:
                for piece in chunks(stream, limit_bytes):
                    file.write(piece)
                    digest.update(piece)
                    size += len(piece)
                file.flush()
                os.fsync(file.fileno())
            if not final.parent.exists():
                final.parent.mkdir(exist_ok=True)
                _flush_folder(self.root)
            draft.replace(final)
            _flush_folder(final.parent)
        except BaseException:
            draft.unlink(missing_ok=True)
            final.unlink(missing_ok=True)
            raise
        return Stored(key, digest.hexdigest(), size)

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError:
            raise Missing() from None
        size = os.fstat(file.fileno()).st_size
        return Section(file, start, size if end is None else min(end, size))  # type: ignore[return-value]

    def exists(self, key: str) -> bool:
        return _KEY.fullmatch(key) is not None and self._path(key).is_file()

    def size(self, key: str) -> int:
        try:
            return self._path(key).stat().st_size
        except FileNotFoundError:
            raise Missing() from None

    def delete(self, key: str) -> None:
        if self.exists(key):
            path = self._path(key)
            path.unlink(missing_ok=True)
            _flush_folder(path.parent)

    def check(self) -> None:
        probe = self._incoming / f"check-{secrets.token_hex(8)}"
        try:
            probe.write_bytes(b"ok")
        finally:
            probe.unlink(missing_ok=True)

    def put_back(self, key: str, stream: Source) -> None:
        """Keep content under the key that it had, from a backup. What is there already stays. Raises Missing for no key of ours."""
        final, draft = self._path(key), self._incoming / key
        if final.exists():
            return
        with draft.open("wb") as file:
            while piece := stream.read(CHUNK):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        final.parent.mkdir(exist_ok=True)
        draft.replace(final)
        _flush_folder(final.parent)

    def keys(self) -> Iterator[str]:
        """Every key that holds content, in no order: for backups and for the search for orphans."""
        for folder in self.root.iterdir():
            if len(folder.name) == 2:
                yield from (path.name for path in folder.iterdir() if _KEY.fullmatch(path.name))

    def tidy(self, older_than: float = 86_400) -> int:
        """Remove what a crash left in `incoming/`, once it is `older_than` seconds old. Gives the number removed."""
        limit, removed = time.time() - older_than, 0
        for draft in self._incoming.iterdir():
            if draft.stat().st_mtime <= limit:
                draft.unlink(missing_ok=True)
                removed += 1
        return removed


def _flush_folder(folder: Path) -> None:
    """A rename is safe only when the folder that holds the name is on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def storage_from_url(url: str) -> DiskStorage:
    """The storage that `STORAGE_URL` names: `file://instance/files` (from here) or `file:///srv/files`.

    :raises ValueError: one sentence that names the setting.
    """
    parts = urlsplit(url)
    path = unquote(parts.netloc + parts.path)
    if parts.scheme != "file" or not path.strip("/"):
        raise ValueError(f"STORAGE_URL must be file:// and a folder, for example file://instance/files, not {url!r}.")
    try:
        return DiskStorage(Path(path))
    except OSError as error:
        raise ValueError(f"STORAGE_URL names a folder that cannot be used: {error}.") from error
