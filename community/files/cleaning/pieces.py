"""A stream that can be asked for so many bytes, and what was seen on the way through it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from community.errors import Invalid, _l
from community.files.storage import CHUNK, Source

MOST_PIXELS = 250_000_000
"""Of a picture: more than any camera that people carry takes, and less than what fells a program that opens it."""


@dataclass
class Seen:
    """What a cleaner noticed. `changed`: something was left out."""

    changed: bool = False

    def left_out(self, before: bytes, after: bytes) -> bytes:
        """`after`, which stands in place of `before` and is as long."""
        self.changed = self.changed or before != after
        return after


def check_pixels(width: int, height: int) -> None:
    """Raises Invalid("file") for a picture that no program should open."""
    if width * height > MOST_PIXELS:
        raise Invalid(
            "file",
            _l("This picture has more than %(millions)s million pixels. Make it smaller."),
            millions=MOST_PIXELS // 1_000_000,
        )


class Pieces:
    """Bytes in order: looked at, taken, passed on. At the end there are fewer than asked for."""

    def __init__(self, stream: Source) -> None:
        self._stream = stream
        self._held = bytearray()
        self.at = 0
        """How many were taken."""

    def peek(self, count: int) -> bytes:
        """The next bytes, which stay."""
        while len(self._held) < count:
            piece = self._stream.read(CHUNK)
            if not piece:
                break
            self._held += piece
        return bytes(self._held[:count])

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = self.peek(count)
        del self._held[: len(taken)]
        self.at += len(taken)
        return taken

    def pass_on(self, count: int) -> Iterator[bytes]:
        """The next bytes, in pieces."""
        while count > 0 and (piece := self.take(min(count, CHUNK))):
            count -= len(piece)
            yield piece

    def rest(self) -> Iterator[bytes]:
        """All that is left."""
        while piece := self.take(CHUNK):
            yield piece

    def blank(self, count: int, seen: Seen, sign: bytes = b"\0") -> Iterator[bytes]:
        """As many signs as the next bytes, which are left out."""
        while count > 0 and (piece := self.take(min(count, CHUNK))):
            count -= len(piece)
            yield seen.left_out(piece, sign * len(piece))

    def blank_rest(self, seen: Seen) -> Iterator[bytes]:
        """The same for all that is left."""
        while piece := self.take(CHUNK):
            yield seen.left_out(piece, bytes(len(piece)))
