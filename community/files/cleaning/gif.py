"""GIF (89a, 17 to 27)."""

from __future__ import annotations

from collections.abc import Iterator

from community.files.cleaning.pieces import Pieces, Seen, check_pixels

_COMMENT, _APPLICATION = 0xFE, 0xFF


def cleaned(pieces: Pieces, seen: Seen) -> Iterator[bytes]:
    """Comments and XMP are blanked, and what hangs behind the picture."""
    head = pieces.take(13)
    yield head
    if len(head) < 13:
        return
    check_pixels(int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little"))
    yield from pieces.pass_on(_colours(head[10]))
    while mark := pieces.peek(1):
        if mark == b"!":
            label = pieces.peek(2)[1:]
            words = label == bytes([_COMMENT])
            yield pieces.take(2)
            if label == bytes([_APPLICATION]) and pieces.peek(12)[1:] == b"XMP DataXMP":
                yield pieces.take(12)
                words = True
            yield from _blocks(pieces, seen if words else None)
        elif mark == b",":
            described = pieces.take(10)
            yield described
            if len(described) == 10:
                yield from pieces.pass_on(_colours(described[9]) + 1)
                yield from _blocks(pieces, None)
        elif mark == b";":
            yield pieces.take(1)
            yield from pieces.blank_rest(seen)
        else:
            yield from pieces.rest()  # damaged: no program shows what follows


def _colours(packed: int) -> int:
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _blocks(pieces: Pieces, blanked: Seen | None) -> Iterator[bytes]:
    """Blocks up to the empty one; the lengths stay."""
    while length := pieces.take(1):
        yield length
        if length == b"\0":
            return
        yield from pieces.blank(length[0], blanked, b" ") if blanked else pieces.pass_on(length[0])
