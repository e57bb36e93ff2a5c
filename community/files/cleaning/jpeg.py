"""JPEG (ITU-T T.81, annex B; the pictures behind the first: CIPA DC-007)."""

from __future__ import annotations

from collections.abc import Iterator

from community.files.cleaning import exif
from community.files.cleaning.pieces import Pieces, Seen, check_pixels

_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KEPT = {0xE0: (b"JFIF\0",), 0xE2: (b"ICC_PROFILE\0", b"MPF\0"), 0xEE: (b"Adobe",)}
"""Of the segments for applications those that a picture looks another without: densities, colours, where more pictures stand."""


def cleaned(pieces: Pieces, seen: Seen) -> Iterator[bytes]:
    """Segments of applications and comments are blanked, and what hangs behind the picture if it is no picture."""
    has_more = [False]
    while pieces.peek(2) == b"\xff\xd8":
        yield from _picture(pieces, seen, has_more)
        if not has_more[0]:
            break
        yield from _to_the_next(pieces, seen)
    yield from pieces.blank_rest(seen)


def _picture(pieces: Pieces, seen: Seen, has_more: list[bool]) -> Iterator[bytes]:
    """From its start to its end; what is no segment is passed over as programs do that show it."""
    yield pieces.take(2)
    while True:
        yield from _to_a_marker(pieces)
        marker = pieces.peek(2)
        if len(marker) < 2:
            yield pieces.take(2)
            return
        kind = marker[1]
        if kind == _END:
            yield pieces.take(2)
            return
        if kind in _ALONE:
            yield pieces.take(2)
            continue
        head = pieces.peek(4)
        length = int.from_bytes(head[2:], "big")
        if len(head) < 4 or length < 2:
            yield pieces.take(2)
            continue
        segment = pieces.take(2 + length)
        payload = segment[4:]
        if kind in _FRAMES and len(payload) >= 5:
            check_pixels(int.from_bytes(payload[3:5], "big"), int.from_bytes(payload[1:3], "big"))
        has_more[0] = has_more[0] or (kind == 0xE2 and payload.startswith(b"MPF\0"))
        yield segment[:4] + _said(kind, payload, seen)


def _said(kind: int, payload: bytes, seen: Seen) -> bytes:
    if kind == 0xFE or (0xE0 <= kind <= 0xEF and not payload.startswith(_KEPT.get(kind, ()))):
        notes = kind == 0xE1 and payload.startswith(exif.MARK)
        return seen.left_out(payload, exif.least(payload) if notes else bytes(len(payload)))
    return payload


def _to_a_marker(pieces: Pieces) -> Iterator[bytes]:
    """What stands before the next marker: the coded picture, in which FF is followed by 00."""
    while True:
        held = pieces.peek(65_536)
        at = 0
        while True:
            at = held.find(b"\xff", at)
            if at < 0 or at + 1 >= len(held) or held[at + 1] not in (0x00, 0xFF):
                break
            at += 1 if held[at + 1] == 0xFF else 2
        if at < 0 or (at + 1 >= len(held) and len(held) < 65_536):
            yield pieces.take(len(held))
            if len(held) < 65_536:
                return
            continue
        if at:
            yield pieces.take(at)
        if len(pieces.peek(2)) < 2 or pieces.peek(2)[1] not in (0x00, 0xFF):
            return


def _to_the_next(pieces: Pieces, seen: Seen) -> Iterator[bytes]:
    """What stands between two pictures says nothing."""
    while held := pieces.peek(65_536):
        at = held.find(b"\xff\xd8\xff")
        if at >= 0:
            yield from pieces.blank(at, seen)
            return
        yield from pieces.blank(max(1, len(held) - 2), seen)
