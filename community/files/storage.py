"""Where the bytes of files are kept: streamed in, safe before `put` returns, read from any place.

There are two kinds of keys. *Content* lies under the SHA-256 of its bytes (64 hexadecimal digits): the same bytes are kept
once, whoever sends them, and whoever sends them again is told nothing of it, for the whole stream is taken and written each
time. Nobody can delete content: somebody else may have it too. What no row names goes by the sweep (`community/files/sweep.py`).
*Loose* bytes lie under a random key (32 digits) and belong to whoever put them, who may delete them at once: parts of an upload,
an archive that is fetched once. Content from before keys were checksums has such keys too, and goes on being read.

A key that was never given out is `Missing`, whatever it looks like, so no path can be asked for.

    disk        a folder of this machine
    objects     a bucket of an S3-compatible object storage
"""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit

from community.errors import Invalid, NotFound, _l

CHUNK = 128 * 1024
"""Bytes that are in memory at once."""
CONTENT = re.compile(r"[0-9a-f]{64}")
LOOSE = re.compile(r"[0-9a-f]{32}")


class Stored(NamedTuple):
    """What became of an upload."""

    key: str
    sha256: str
    """Of the content, in hexadecimal: the ETag, and the proof of a backup."""
    size: int
    """In bytes."""
    cleaned: bool = False
    """What a camera had noted was left out on the way."""


class Held(NamedTuple):
    """One thing that a storage holds."""

    key: str
    size: int
    """In bytes."""
    at: float
    """When it was put there last, or set aside: seconds since 1970."""


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


class NoRoom(Invalid):
    """The place for bytes is full: none of these were kept. An Invalid of the field, so that forms keep their words."""

    def __init__(self) -> None:
        super().__init__(
            "file", _l("There is no room left for files here. Nothing of this file was kept. Tell who runs this site.")
        )


class Away(Invalid):
    """The place for bytes does not answer, or cannot write: nothing was kept. An Invalid of the field, as NoRoom is."""

    def __init__(self) -> None:
        super().__init__("file", _l("The place where files are kept does not answer. Try again in a minute."))


class Source(Protocol):
    """What can be read in pieces: an upload, a request's stream, an open file."""

    def read(self, size: int, /) -> bytes: ...


class Storage(Protocol):
    """A place for bytes. Nothing in it is ever changed: other bytes have another key.

    Every call raises Away when the place does not answer, and NoRoom when it is full.
    """

    def put(self, stream: Source, *, limit_bytes: int) -> Stored:
        """Keep all that the stream gives, as content. When this returns, the bytes survive a power cut, and for a day at
        least, whether a row names them or not.

        :raises TooLarge: when there is more than `limit_bytes`.
        """

    def put_loose(self, stream: Source, *, limit_bytes: int) -> Stored:
        """The same under a key that nobody else has, so that its owner may `delete` it.

        :raises TooLarge: when there is more than `limit_bytes`.
        """

    def open(self, key: str, start: int = 0, end: int | None = None) -> BinaryIO:
        """The bytes from `start` up to, not including, `end` (None: to the last). Iterating gives chunks. Close it.

        :raises Missing: when nothing is kept under the key.
        """

    def exists(self, key: str) -> bool:
        """Whether anything is kept under the key."""

    def size(self, key: str) -> int:
        """In bytes.

        :raises Missing: when nothing is kept under the key.
        """

    def delete(self, key: str) -> None:
        """Keep something loose no longer. What is not there, and content, is left as it is, so that a deletion can be repeated and
        harms nobody else."""

    def check(self) -> None:
        """Whether content can be kept now: raises Away, NoRoom or OSError when not (full, read-only, gone)."""

    def put_back(self, key: str, stream: Source) -> None:
        """Keep bytes under the key that they had, from a backup. Loose ones that are there stay. Raises Missing for no key of ours,
        Invalid("file") when the bytes of content are not what their key says; nothing is kept of them."""

    # ---- for the sweep

    def held(self) -> Iterator[Held]:
        """All that is held, in no order."""

    def keys(self) -> Iterator[str]:
        """The keys of it."""

    def held_aside(self) -> Iterator[Held]:
        """What was set aside, and when."""

    def set_aside(self, key: str) -> None:
        """Put something where only a reader who asks for it finds it: it can be read as before."""

    def take_back(self, key: str) -> None:
        """Put what was set aside where it was; it is as young there as if it had just come."""

    def drop(self, key: str) -> None:
        """Forget for good what was set aside. The same content, put again meanwhile, stays."""

    def tidy(self, older_than: float = 86_400) -> int:
        """Remove what a crash left half there, once it is `older_than` seconds old. Gives the number removed."""


def loose_key() -> str:
    """A key that nobody has."""
    return secrets.token_hex(16)


def is_key(key: str) -> bool:
    """Whether a key of ours may look so."""
    return CONTENT.fullmatch(key) is not None or LOOSE.fullmatch(key) is not None


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


class Reading(io.RawIOBase):
    """Bytes that are read once, from their start to their end. Iterating gives chunks."""

    def readable(self) -> bool:
        return True

    def __next__(self) -> bytes:
        if piece := self.read(CHUNK):
            return piece
        raise StopIteration


class Section(Reading):
    """A part of a file."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        super().__init__()
        self._file = file
        self._left = max(0, end - start)
        file.seek(start)

    def descriptor(self) -> int:
        """The open file, which stands where the part begins, for who sends a part of it by themselves."""
        return self._file.fileno()

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        piece = self._file.read(min(len(buffer), self._left))
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()


def storage_from_url(url: str) -> Storage:
    """The storage that `STORAGE_URL` names: `file://instance/files` (from here), `file:///srv/files` or `s3://bucket?…`.

    :raises ValueError: one sentence that names the setting.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3":
        from community.files.objects import storage_in_bucket  # only here, for it brings much with it

        return storage_in_bucket(url)
    path = unquote(parts.netloc + parts.path)
    if parts.scheme != "file" or not path.strip("/"):
        raise ValueError(
            "STORAGE_URL must be file:// and a folder, for example file://instance/files, or s3:// and a bucket."
        )
    from community.files.disk import DiskStorage  # it stands on this module

    try:
        return DiskStorage(Path(path))
    except OSError as error:
        raise ValueError(f"STORAGE_URL names a folder that cannot be used: {error}.") from error
