"""WebP (RFC 9649, 2.3 to 2.7)."""

from __future__ import annotations

from collections.abc import Iterator

from community.files.cleaning import exif
from community.files.cleaning.pieces import Pieces, Seen, check_pixels


def cleaned(pieces: Pieces, seen: Seen) -> Iterator[bytes]:
    """The notes of a camera and XMP are blanked, and what hangs behind the picture."""
    head = pieces.take(12)
    yield head
    end = 8 + int.from_bytes(head[4:8], "little")
    while pieces.at + 8 <= end:
        head = pieces.peek(8 + 10)
        if len(head) < 8:
            break
        kind, length = head[:4], int.from_bytes(head[4:8], "little")
        if kind == b"VP8X" and len(head) == 18:
            check_pixels(1 + int.from_bytes(head[12:15], "little"), 1 + int.from_bytes(head[15:18], "little"))
        yield pieces.take(8)
        if kind == b"EXIF" and length <= 1 << 20:
            notes = pieces.take(length)
            yield seen.left_out(notes, exif.least(notes))
        elif kind in (b"EXIF", b"XMP "):
            yield from pieces.blank(length, seen, b" " if kind == b"XMP " else b"\0")
        else:
            yield from pieces.pass_on(length)
        yield from pieces.pass_on(length % 2)
    yield from pieces.blank_rest(seen)
