"""An archive of a stranger, opened within bounds: a look at its list of contents before anything is unpacked, nothing written to
disk under a name of theirs, and never more bytes than it said. An archive within an archive stays shut.

What no honest program makes is refused whole, with a sentence: names that climb out of their folder, links, one name twice, what
unpacks to a hundred times its size, locked contents, ten thousand files (QUALITY 51, 55; APPNOTE.TXT 6.3.10).
"""

from __future__ import annotations

import io
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from community.errors import Invalid, _l

MOST_ENTRIES = 2_000
MOST_LISTED = 2_000_000
"""Bytes of the list of contents."""
MOST_BYTES = 300_000_000
"""Unpacked, in all."""
MOST_RATIO = 120
LONGEST_PATH, DEEPEST = 1_000, 40
"""Characters and parts of a name."""
_FREE = 1_000_000
"""Bytes under which the ratio of one entry does not matter."""
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_LARGE_END = struct.Struct("<4sQ2H2L4Q")
_SAYS_UTF8, _LOCKED = 0x800, 0x1
_UNICODE_PATH = 0x7075
_OF_DOS = (0, 10, 11)
"""Who made an entry (4.4.2.2): MS-DOS, NTFS, MVS as .NET tells it; some of them write backslashes between folders."""
_FAULTS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


@dataclass(frozen=True)
class Bounds:
    """How much an archive may hold: files and folders, bytes of its list of contents, bytes unpacked, and unpacked to packed."""

    entries: int = MOST_ENTRIES
    listed: int = MOST_LISTED
    size: int = MOST_BYTES
    ratio: int = MOST_RATIO


USUAL = Bounds()


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its name as a clean path, its size in bytes."""

    name: str
    size: int
    info: zipfile.ZipInfo


class Archive:
    """The files of an archive, by name, in the order of their names, and the folders that it names itself. `unread` are names that
    no two computers agree on. What systems leave behind is left out; names with a point in front too, unless `hidden`.
    """

    def __init__(self, stream: BinaryIO, bounds: Bounds = USUAL, *, hidden: bool = False) -> None:
        """`stream` can seek. Raises Invalid("file") for what is no archive, or none that we open."""
        self.bounds = bounds
        _look_at_the_end(stream, bounds)
        try:
            self._zip = zipfile.ZipFile(stream)
        except (*_FAULTS, OverflowError, struct.error):
            raise Invalid("file", _l("This archive is damaged. Make it again.")) from None
        infos = self._zip.infolist()
        if len(infos) > bounds.entries:
            raise _too_many(bounds)
        self.entries: dict[str, Entry] = {}
        self.unread: list[str] = []
        folders: dict[str, str] = {}
        keys: dict[str, str] = {}
        total = 0
        for info in infos:
            name, is_folder = _name_of(info)
            if not is_folder:
                total += info.file_size
                _check(info, total, bounds)
            if name is None:
                self.unread.append(info.orig_filename.encode("ascii", "replace").decode()[:100])
                continue
            if is_folder:
                if not _is_left_out(name, hidden):
                    folders.setdefault(_key(name), name)
                continue
            key = _key(name)
            if key in keys:
                raise _twice(name)
            keys[key] = name
            if not _is_left_out(name, hidden):
                self.entries[name] = Entry(name, info.file_size, info)
        for key, name in keys.items():
            if key in folders or any(above in keys for above in _above(key)):
                raise _twice(name)
        self.entries = dict(sorted(self.entries.items()))
        self.folders = sorted(folders.values())
        self.size = sum(entry.size for entry in self.entries.values())
        """Bytes, unpacked."""

    def read(self, name: str, limit: int = MOST_BYTES) -> bytes:
        """The bytes of one file. Raises Invalid("file") when they are damaged, or more than `limit`."""
        if self.entries[name].size > limit:
            raise Invalid("file", _l("This is too large to be a page."))
        with self.open(name) as stream:
            return stream.read()

    def open(self, name: str) -> BinaryIO:
        """One file, to be read once from its start to its end, no further than it said. Reading raises Invalid("file") when it is
        damaged.
        """
        entry = self.entries[name]
        try:
            return _Unpacked(self._zip.open(entry.info), entry.size)  # type: ignore[return-value]
        except _FAULTS:
            raise _damaged() from None


class _Unpacked(io.RawIOBase):
    """What stands in an entry; a fault of its packing is told as one of the archive."""

    def __init__(self, packed: IO[bytes], size: int) -> None:
        super().__init__()
        self._packed, self._left = packed, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        try:
            piece = self._packed.read(min(len(buffer), self._left))
        except _FAULTS:
            raise _damaged() from None
        if not piece and self._left:
            raise _damaged()
        buffer[: len(piece)] = piece
        self._left -= len(piece)
        return len(piece)

    def close(self) -> None:
        self._packed.close()
        super().close()


def _damaged() -> Invalid:
    return Invalid("file", _l("This part of the archive is damaged."))


def _too_many(bounds: Bounds) -> Invalid:
    return Invalid("file", _l("This archive holds too much: up to %(limit)d files at once."), limit=bounds.entries)


def _twice(name: str) -> Invalid:
    return Invalid("file", _l("This archive holds “%(name)s” twice. Make it again."), name=name[-80:])


def _look_at_the_end(stream: BinaryIO, bounds: Bounds) -> None:
    """The last record says how long the list of contents is: it is read as a whole, so it must be short (4.3.14 to 4.3.16)."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 65_535 - _END.size))
    tail = stream.read(65_535 + _END.size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Invalid("file", _l("This is no archive that we can open. Send a ZIP file."))
    _sign, _disk, _first, here, entries, listed, _start, _comment = _END.unpack_from(tail, at)
    begins = at - _LOCATOR.size
    if begins >= 0 and tail[begins : begins + 4] == b"PK\x06\x07":
        here, entries, listed = _of_the_large_form(stream, size - len(tail) + begins, here, entries, listed)
    if max(here, entries) > bounds.entries or listed > bounds.listed:
        raise _too_many(bounds)
    stream.seek(0)


def _of_the_large_form(stream: BinaryIO, before: int, *small: int) -> tuple[int, ...]:
    """What the record of the large form, which ends `before` this place, says of the list of contents, if it is there."""
    place = before - _LARGE_END.size
    stream.seek(max(0, place))
    record = stream.read(_LARGE_END.size)
    if place < 0 or record[:4] != b"PK\x06\x06" or len(record) < _LARGE_END.size:
        return small
    _sign, _size, _by, _needs, _disk, _first, here, entries, listed, _start = _LARGE_END.unpack(record)
    return here, entries, listed


def _check(info: zipfile.ZipInfo, total: int, bounds: Bounds) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise Invalid("file", _l("This archive holds links to other places. Make it again without them."))
    if info.flag_bits & _LOCKED:
        raise Invalid("file", _l("This archive is locked with a password. Unlock it first."))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Invalid("file", _l("This archive is packed in a way that we do not open. Make an ordinary ZIP file."))
    if total > bounds.size or (info.file_size > _FREE and info.file_size > bounds.ratio * max(1, info.compress_size)):
        raise Invalid("file", _l("This archive unpacks to far more than it is. It was not opened."))


def _name_of(info: zipfile.ZipInfo) -> tuple[str | None, bool]:
    """The name as a path with slashes, None when its letters are of an alphabet that the archive does not name; and whether it is a
    folder's.
    """
    name: str | None = info.orig_filename.split("\0")[0]
    assert name is not None
    if not info.flag_bits & _SAYS_UTF8 and not name.isascii():
        name = _told_beside(info) or _guessed(name)
    if name is None:
        return None, info.is_dir()
    if info.create_system in _OF_DOS:
        name = name.replace("\\", "/")
    return _checked_name(name), name.endswith("/")


def _told_beside(info: zipfile.ZipInfo) -> str | None:
    """The name in UTF-8 that some programs put in a field of its own (4.6.9), if it is that of this entry."""
    for kind, content in _fields(info.extra):
        if kind == _UNICODE_PATH and len(content) > 5 and content[0] == 1:
            was = info.orig_filename.encode("cp437", "replace")
            if int.from_bytes(content[1:5], "little") == zlib.crc32(was):
                try:
                    return content[5:].decode("utf-8")
                except UnicodeError:
                    return None
    return None


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        yield kind, extra[4 : 4 + size]
        extra = extra[4 + size :]


def _guessed(name: str) -> str | None:
    """A name that says nothing of its letters: UTF-8 without saying so, else those of DOS (appendix D) where they are Latin."""
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        latin = all(c.isascii() or unicodedata.name(c, "").startswith("LATIN") for c in name)
        return name if latin else None


def _checked_name(name: str) -> str:
    parts = name.removesuffix("/").split("/")
    climbs = any(part.strip() in ("", ".", "..") for part in parts)
    odd = any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    if climbs or odd or "\\" in name or name[1:2] == ":" or len(name) > LONGEST_PATH or len(parts) > DEEPEST:
        raise Invalid("file", _l("This archive holds a name that leads out of it. It was not opened."))
    return unicodedata.normalize("NFC", name.removesuffix("/"))


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _above(key: str) -> Iterator[str]:
    """The folders around a name."""
    at = key.find("/")
    while at >= 0:
        yield key[:at]
        at = key.find("/", at + 1)


def _is_left_out(name: str, hidden: bool) -> bool:
    """What systems leave behind, and nobody means to bring."""
    parts = name.split("/")
    return (
        parts[0] == "__MACOSX"
        or any(part.startswith("._") or part == ".DS_Store" for part in parts)
        or (not hidden and any(part.startswith(".") for part in parts))
        or parts[-1].lower() in ("thumbs.db", "desktop.ini")
    )
