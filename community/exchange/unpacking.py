"""An archive of a stranger, opened within bounds: a look at its list of contents before anything is unpacked, nothing written to
disk under a name of theirs, and never more bytes than it said.

What no honest program makes is refused whole, with a sentence: names that climb out of their folder, links, one name twice, what
unpacks to a hundred times its size, locked contents, ten thousand files (QUALITY 51, 55).
"""

from __future__ import annotations

import stat
import struct
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from community.errors import Invalid, _l

MOST_ENTRIES = 2_000
MOST_LISTED = 2_000_000
"""Bytes of the list of contents."""
MOST_BYTES = 300_000_000
"""Unpacked, in all."""
MOST_RATIO = 120
_FREE = 1_000_000
"""Bytes under which the ratio of one entry does not matter."""
_END = struct.Struct("<4s4H2LH")


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its name as a clean path, its size in bytes."""

    name: str
    size: int
    info: zipfile.ZipInfo


class Archive:
    """The files of an archive, by name, in the order of their names. `unread` are names that no computer agrees on."""

    def __init__(self, stream: BinaryIO) -> None:
        """Raises Invalid("file") for what is no archive, or none that we open."""
        _look_at_the_end(stream)
        try:
            self._zip = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, struct.error, EOFError):
            raise Invalid("file", _l("This archive is damaged. Make it again.")) from None
        infos = self._zip.infolist()
        if len(infos) > MOST_ENTRIES:
            raise _too_many()
        self.entries: dict[str, Entry] = {}
        self.unread: list[str] = []
        keys: set[str] = set()
        total = 0
        for info in infos:
            if info.is_dir():
                _checked_name(info.filename)
                continue
            total += info.file_size
            _check(info, total)
            name = _name_of(info)
            if name is None:
                self.unread.append(info.filename.encode("ascii", "replace").decode()[:100])
                continue
            key = unicodedata.normalize("NFKC", name).casefold()
            if key in keys:
                raise Invalid("file", _l("This archive holds “%(name)s” twice. Make it again."), name=name[-80:])
            keys.add(key)
            if not _is_noise(name):
                self.entries[name] = Entry(name, info.file_size, info)
        self.entries = dict(sorted(self.entries.items()))

    def read(self, name: str, limit: int = MOST_BYTES) -> bytes:
        """The bytes of one file. Raises Invalid("file") when they are damaged, or more than `limit`."""
        entry = self.entries[name]
        if entry.size > limit:
            raise Invalid("file", _l("This is too large to be a page."))
        try:
            with self._zip.open(entry.info) as stream:
                return stream.read(entry.size + 1)[: entry.size]
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
            raise Invalid("file", _l("This part of the archive is damaged.")) from None

    def open(self, name: str) -> BinaryIO:
        """One file, to be read once from its start to its end."""
        try:
            return self._zip.open(self.entries[name].info)  # type: ignore[return-value]
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
            raise Invalid("file", _l("This part of the archive is damaged.")) from None


def _too_many() -> Invalid:
    return Invalid("file", _l("This archive holds too much: up to %(limit)d files at once."), limit=MOST_ENTRIES)


def _look_at_the_end(stream: BinaryIO) -> None:
    """The last record says how long the list of contents is: it is read as a whole, so it must be short."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - 65_535 - _END.size))
    tail = stream.read(65_535 + _END.size)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Invalid("file", _l("This is no archive that we can open. Send a ZIP file."))
    _sign, _disk, _first, here, entries, listed, _start, _comment = _END.unpack_from(tail, at)
    if max(here, entries) > MOST_ENTRIES or listed > MOST_LISTED:
        raise _too_many()
    if b"PK\x06\x06" in tail[max(0, at - 200) : at]:
        raise _too_many()  # the large form, which only what we refuse needs
    stream.seek(0)


def _check(info: zipfile.ZipInfo, total: int) -> None:
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Invalid("file", _l("This archive holds links to other places. Make it again without them."))
    if info.flag_bits & 0x1:
        raise Invalid("file", _l("This archive is locked with a password. Unlock it first."))
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Invalid("file", _l("This archive is packed in a way that we do not open. Make an ordinary ZIP file."))
    if total > MOST_BYTES or (info.file_size > _FREE and info.file_size > MOST_RATIO * max(1, info.compress_size)):
        raise Invalid("file", _l("This archive unpacks to far more than it is. It was not opened."))


def _name_of(info: zipfile.ZipInfo) -> str | None:
    """The name as a path with slashes; None when its letters are of an alphabet that the archive does not name."""
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")  # written as UTF-8 without saying so
        except UnicodeError:
            return None
    return _checked_name(name)


def _checked_name(name: str) -> str:
    parts = name.removesuffix("/").split("/")
    climbs = any(part in ("", ".", "..") for part in parts)
    odd = any(unicodedata.category(character) in ("Cc", "Cs") for character in name)
    if climbs or odd or "\\" in name or name[1:2] == ":" or len(name) > 1_000 or len(parts) > 40:
        raise Invalid("file", _l("This archive holds a name that leads out of it. It was not opened."))
    return unicodedata.normalize("NFC", name)


def _is_noise(name: str) -> bool:
    """What systems leave behind, and nobody means to bring."""
    parts = name.split("/")
    return (
        parts[0] == "__MACOSX"
        or any(part.startswith(".") for part in parts)
        or parts[-1] in ("Thumbs.db", "desktop.ini")
    )
