"""Files of boxes: MP4 and MOV (ISO/IEC 14496-12; QuickTime File Format), HEIC and AVIF (ISO/IEC 23008-12).

A box that holds a place becomes free space of the same length. The notes of a picture lie somewhere behind its list of contents,
which says where: they are blanked when they come by.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from community.errors import Invalid, _l
from community.files.cleaning import exif
from community.files.cleaning.pieces import Pieces, Seen, check_pixels

MOST_LISTED = 64_000_000
"""Bytes of a list of contents: a film of hours has some ten million."""
MOST_NOTES = 16_000_000
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_HOLDS = (b"trak", b"udta", b"mdia", b"minf")
_PLACES = (b"\xa9xyz", b"loci", b"XMP_", b"gps ", b"GPS ")
_DEEPEST = 8


class _Box(NamedTuple):
    kind: bytes
    at: int
    begins: int
    """Where its content does."""
    ends: int


class _Note(NamedTuple):
    at: int
    size: int
    is_exif: bool


def cleaned(pieces: Pieces, seen: Seen) -> Iterator[bytes]:
    """Places, XMP and the notes of a camera are blanked. Raises Invalid("file") for notes that come before it is told where they
    are.
    """
    notes: list[_Note] = []
    while head := pieces.peek(32):
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        begins = 16 if length == 1 else 8
        length = {0: 1 << 62, 1: int.from_bytes(head[8:16], "big")}.get(length, length)
        if length < begins or len(head) < 8:
            yield from pieces.rest()  # damaged: no program shows what follows
        elif kind in (b"moov", b"meta") and length <= MOST_LISTED:
            before = pieces.take(length)
            box = bytearray(before)
            with suppress(struct.error, IndexError):  # damaged: as far as it can be followed
                if kind == b"moov":
                    _blank_places(box, begins, len(box))
                else:
                    notes = _notes(box, begins + 4, pieces.at)
            yield seen.left_out(before, bytes(box))
        elif kind == b"uuid" and head[begins : begins + 16] == _XMP:
            yield seen.left_out(pieces.take(begins), head[:4] + b"free" + head[8:begins])
            yield from pieces.blank(length - begins, seen)
        else:
            yield from _without(pieces, seen, notes, pieces.at + length)


def _without(pieces: Pieces, seen: Seen, notes: list[_Note], end: int) -> Iterator[bytes]:
    """What stands up to a place, the notes in it blanked."""
    for note in sorted(notes):
        if pieces.at <= note.at and note.at + note.size <= end:
            yield from pieces.pass_on(note.at - pieces.at)
            said = pieces.take(note.size)
            yield seen.left_out(said, _blanked(said, note.is_exif))
    yield from pieces.pass_on(end - pieces.at)


def _blanked(said: bytes, is_exif: bool) -> bytes:
    """Notes of a camera begin with how far behind it their header stands (23008-12, A.2.1)."""
    begins = 4 + int.from_bytes(said[:4], "big")
    if not is_exif or begins > len(said) or begins > 4 + len(exif.MARK):
        return bytes(len(said))
    return said[:begins] + exif.least(said[begins:])


def _boxes(box: bytearray, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        length, begins = int.from_bytes(box[start : start + 4], "big"), start + 8
        if length == 1:
            length, begins = int.from_bytes(box[start + 8 : start + 16], "big"), start + 16
        ends = end if length == 0 else start + length
        if ends < begins or ends > end:
            return
        yield _Box(bytes(box[start + 4 : start + 8]), start, begins, ends)
        start = ends


def _free(box: bytearray, at: _Box) -> None:
    box[at.at + 4 : at.at + 8] = b"free"
    box[at.begins : at.ends] = bytes(at.ends - at.begins)


# ---- films ----------------------------------------------------------------------------------------------------------


def _blank_places(box: bytearray, start: int, end: int, depth: int = 0) -> None:
    for inner in _boxes(box, start, end):
        is_xmp = inner.kind == b"uuid" and box[inner.begins : inner.begins + 16] == _XMP
        if inner.kind in _PLACES or is_xmp:
            _free(box, inner)
        elif inner.kind == b"meta":
            whole = box[inner.begins + 4 : inner.begins + 8] != b"hdlr"  # QuickTime has no version there
            _blank_keyed(box, inner.begins + 4 * whole, inner.ends)
        elif inner.kind in _HOLDS and depth < _DEEPEST:
            _blank_places(box, inner.begins, inner.ends, depth + 1)


def _blank_keyed(box: bytearray, start: int, end: int) -> None:
    """Values that stand under the name of a place (QuickTime File Format, metadata item keys)."""
    names: list[bytes] = []
    for inner in _boxes(box, start, end):
        if inner.kind == b"keys":
            names = [bytes(box[key.begins : key.ends]).lower() for key in _boxes(box, inner.begins + 8, inner.ends)]
        elif inner.kind == b"ilst":
            for item in _boxes(box, inner.begins, inner.ends):
                number = int.from_bytes(item.kind, "big")
                named = 1 <= number <= len(names) and b"location" in names[number - 1]
                if named or item.kind in _PLACES:
                    _free(box, item)


# ---- pictures -------------------------------------------------------------------------------------------------------


def _notes(box: bytearray, start: int, passed: int) -> list[_Note]:
    """Where the notes of a picture stand; those within its list of contents are blanked at once."""
    inner = {found.kind: found for found in _boxes(box, start, len(box))}
    for found in _boxes(box, *inner[b"iprp"][2:]) if b"iprp" in inner else ():
        for fact in _boxes(box, found.begins, found.ends) if found.kind == b"ipco" else ():
            if fact.kind == b"ispe":
                check_pixels(*struct.unpack_from(">LL", box, fact.begins + 4))
    if b"iinf" not in inner or b"iloc" not in inner:
        return []
    wanted = dict(_items(box, inner[b"iinf"]))
    notes = []
    for number, within, at, size in _places(box, inner[b"iloc"]):
        if number not in wanted or not 0 < size <= MOST_NOTES:
            continue
        if within:
            held = inner.get(b"idat")
            if held is not None and held.begins + at + size <= held.ends:
                begins = held.begins + at
                box[begins : begins + size] = _blanked(bytes(box[begins : begins + size]), wanted[number])
        elif at < passed:
            raise Invalid(
                "file", _l("This picture says where it was taken, and that cannot be left out. Save it as JPEG.")
            )
        else:
            notes.append(_Note(at, size, wanted[number]))
    return notes


def _items(box: bytearray, listed: _Box) -> Iterator[tuple[int, bool]]:
    """The items that are notes, by number; True: of a camera (8.11.6)."""
    start = listed.begins + (6 if box[listed.begins] == 0 else 8)
    for item in _boxes(box, start, listed.ends):
        version = box[item.begins]
        if item.kind != b"infe" or version < 2:
            continue
        number, at = (int.from_bytes(box[item.begins + 4 : item.begins + 6], "big"), item.begins + 8)
        if version > 2:
            number, at = (int.from_bytes(box[item.begins + 4 : item.begins + 8], "big"), item.begins + 10)
        kind, words = bytes(box[at : at + 4]), bytes(box[at + 4 : item.ends])
        if kind == b"Exif" or (kind == b"mime" and b"rdf+xml" in words):
            yield number, kind == b"Exif"


def _places(box: bytearray, listed: _Box) -> Iterator[tuple[int, bool, int, int]]:
    """Number of an item, whether it stands in the list of contents, where, and its length: of each of its parts (8.11.3)."""
    at = listed.begins
    version, sizes, more = box[at], box[at + 4], box[at + 5]
    at += 6

    def number(length: int) -> int:
        nonlocal at
        if at + length > listed.ends:
            raise IndexError
        at += length
        return int.from_bytes(box[at - length : at], "big")

    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        within = version > 0 and number(2) & 15 == 1
        number(2)
        base = number(more >> 4)
        for _ in range(number(2)):
            number(more & 15 if version > 0 else 0)
            offset = number(sizes >> 4)
            yield item, within, base + offset, number(sizes & 15)
