"""What is left of the notes of a camera: which way up the picture is (EXIF 3.0, 4.6.5; TIFF 6.0, section 2)."""

from __future__ import annotations

import struct

MARK = b"Exif\0\0"
_ORIENTATION = 0x0112
_NOTHING = struct.pack(">2sHLHL", b"MM", 42, 8, 0, 0)


def least(payload: bytes) -> bytes:
    """Notes of the same length that say nothing but the orientation; nothing at all where there was none."""
    mark = MARK if payload.startswith(MARK) else b""
    notes = payload[len(mark) :]
    way = orientation(notes)
    made = struct.pack(">2sHLHHHLHHL", b"MM", 42, 8, 1, _ORIENTATION, 3, 1, way, 0, 0) if way > 1 else _NOTHING
    return (mark + made).ljust(len(payload), b"\0") if len(made) <= len(notes) else mark + bytes(len(notes))


def orientation(notes: bytes) -> int:
    """1 to 8, or 0 when nothing is said of it."""
    order = {b"II": "<", b"MM": ">"}.get(notes[:2])
    if order is None or len(notes) < 14:
        return 0
    start = int(struct.unpack_from(f"{order}L", notes, 4)[0])
    if start + 2 > len(notes):
        return 0
    count = int(struct.unpack_from(f"{order}H", notes, start)[0])
    for number in range(min(count, 200)):
        at = start + 2 + 12 * number
        if at + 12 > len(notes):
            return 0
        tag, kind, _count, value = struct.unpack_from(f"{order}HHLH", notes, at)
        if tag == _ORIENTATION and kind == 3:
            return int(value) if 1 <= value <= 8 else 0
    return 0
