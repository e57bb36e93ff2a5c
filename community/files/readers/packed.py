"""A document that is an archive of XML (Office Open XML, ECMA-376; OpenDocument 1.3; EPUB 3.3), opened within bounds.

No document type is heeded, so no entity is ever made larger, and nothing outside is asked for. Parts are parsed while they are
unpacked; none is ever whole in memory.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Mapping
from typing import BinaryIO
from urllib.parse import unquote
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from community.files.readers.telling import Fault

MOST_ENTRIES = 20_000
MOST_OF_ONE = 96_000_000
"""Bytes of one part, unpacked."""
MOST_OF_ALL = 192_000_000
"""Bytes that are unpacked, in all."""
MOST_RATIO = 400
_FREE = 2_000_000
"""Bytes under which the ratio does not matter."""
DEEPEST = 400
_PIECE = 64 * 1024


class Packed:
    """The parts of a document, by name."""

    def __init__(self, path: str) -> None:
        """Raises Fault: locked (an encrypted Office file is of another kind altogether), damaged, large."""
        with open(path, "rb") as file:  # noqa: PTH123 - few imports: it starts for each file
            if file.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
                raise Fault("locked" if _is_encrypted(file) else "damaged")
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OverflowError, EOFError):
            raise Fault("damaged") from None
        if len(self._zip.filelist) > MOST_ENTRIES:
            raise Fault("large")
        self._left = MOST_OF_ALL

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def open(self, name: str) -> BinaryIO:
        """One part. Raises Fault."""
        info = self._zip.NameToInfo.get(name)
        if info is None:
            raise Fault("damaged")
        if info.flag_bits & 1:
            raise Fault("locked")
        ratio = info.file_size / max(1, info.compress_size)
        if info.file_size > min(MOST_OF_ONE, self._left) or (info.file_size > _FREE and ratio > MOST_RATIO):
            raise Fault("large")
        self._left -= info.file_size
        try:
            return self._zip.open(info)  # type: ignore[return-value]
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError):
            raise Fault("damaged") from None

    def parse(self, name: str, reader: Xml) -> None:
        """Let a reader see one part. Raises Fault."""
        parser = DefusedExpatParser(forbid_dtd=True)
        parser.setFeature(feature_namespaces, True)
        parser.setContentHandler(reader)
        try:
            with self.open(name) as stream:
                while piece := stream.read(_PIECE):
                    parser.feed(piece)
            parser.close()
        except (zipfile.BadZipFile, zlib.error, SAXException, DefusedXmlException, EOFError, ValueError):
            raise Fault("damaged") from None

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part of an Office file points at: by id, what it is to it (the last word of the type) and the name of the part."""
        folder, file = posixpath.split(name)
        listed = posixpath.join(folder, "_rels", f"{file}.rels")
        if listed not in self:
            return {}
        reader = _Relations()
        self.parse(listed, reader)
        return {key: (kind, within(folder, target)) for key, (kind, target) in reader.found.items()}

    def main_part(self) -> str:
        """The part at which an Office file begins. Raises Fault."""
        for kind, name in self.relations("").values():
            if kind == "officeDocument" and name in self:
                return name
        raise Fault("damaged")


def within(folder: str, target: str) -> str:
    """The name that a reference leads to, from a folder of the archive."""
    path = unquote(target.split("#")[0])
    return posixpath.normpath(path.lstrip("/") if path.startswith("/") else posixpath.join(folder, path))


def _is_encrypted(file: BinaryIO) -> bool:
    """Whether an OLE file holds a stream that is an encrypted package ([MS-OFFCRYPTO] 2.3.4.4)."""
    name, before = "EncryptedPackage".encode("utf-16-le"), b""
    for _ in range(4_000):
        piece = file.read(_PIECE)
        if not piece:
            return False
        if name in before + piece:
            return True
        before = piece[-len(name) :]
    return False


class Xml(ContentHandler):
    """Sees the elements of one part, by their local names: the strict and the usual namespaces hold the same ones."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins; `attributes` by local name, those that point at another part with `r:` in front."""

    def end(self, name: str) -> None:
        """An element ends."""

    def words(self, text: str) -> None:
        """A piece of text."""

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Mapping) -> None:  # type: ignore[override, type-arg]
        self._depth += 1
        if self._depth > DEEPEST:
            raise Fault("damaged")
        self.begin(name[1], {_short(key): str(value) for key, value in attrs.items()})

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:
        self._depth -= 1
        self.end(name[1])

    def characters(self, content: str) -> None:
        self.words(content)


def _short(name: tuple[str | None, str]) -> str:
    return f"r:{name[1]}" if (name[0] or "").endswith("/relationships") else name[1]


class _Relations(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[str, str]] = {}

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "Relationship" and attributes.get("TargetMode") != "External" and len(self.found) < 20_000:
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))
