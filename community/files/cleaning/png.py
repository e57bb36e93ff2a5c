"""PNG (third edition, 5 and 11.3). Words in a picture are blanked, but not drawings that a program keeps in it to go on drawing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from community.files.cleaning import exif
from community.files.cleaning.pieces import Pieces, Seen, check_pixels
from community.files.storage import CHUNK

_WORDS = (b"tEXt", b"zTXt", b"iTXt")
_DRAWINGS = (b"mxfile\0", b"mxGraphModel\0", b"application/vnd.excalidraw+json\0")
_NOTHING = b"blNk"
"""A chunk that no program needs to know (5.4)."""


def cleaned(pieces: Pieces, seen: Seen) -> Iterator[bytes]:
    """Chunks of words, notes of a camera and times are blanked, and what hangs behind the picture."""
    yield pieces.take(8)
    while True:
        head = pieces.peek(8 + 40)
        if len(head) < 12:
            yield from pieces.rest()
            return
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if not kind.isalpha() or length > 1 << 31:
            yield from pieces.rest()  # damaged: no program shows what follows
            return
        if kind == b"IHDR":
            check_pixels(int.from_bytes(head[8:12], "big"), int.from_bytes(head[12:16], "big"))
        if kind == b"eXIf" and length <= 1 << 20:
            chunk = pieces.take(8 + length + 4)
            kept = exif.least(chunk[8 : 8 + length])
            yield (
                seen.left_out(chunk, chunk[:8] + kept + _sum(zlib.crc32(kind + kept)))
                if len(chunk) == 12 + length
                else chunk
            )
        elif kind == b"eXIf" or kind == b"tIME" or (kind in _WORDS and not head[8:].startswith(_DRAWINGS)):
            yield from _nothing(pieces, seen, length)
        else:
            yield from pieces.pass_on(8 + length + 4)
        if kind == b"IEND":
            yield from pieces.blank_rest(seen)
            return


def _nothing(pieces: Pieces, seen: Seen, length: int) -> Iterator[bytes]:
    """A chunk of zeros in place of the next one."""
    head = pieces.take(8)
    yield seen.left_out(head, head[:4] + _NOTHING)
    total = zlib.crc32(_NOTHING)
    while length > 0 and (piece := pieces.take(min(length, CHUNK))):
        length -= len(piece)
        total = zlib.crc32(bytes(len(piece)), total)
        yield bytes(len(piece))
    yield _sum(total)[: len(pieces.take(4))]


def _sum(total: int) -> bytes:
    return total.to_bytes(4, "big")
