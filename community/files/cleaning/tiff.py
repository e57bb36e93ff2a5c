"""TIFF (6.0, section 2; Exif 3.0, 4.6.3). Anything may stand anywhere: the file waits on the disk until all of it is there."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from typing import IO

from community.files.cleaning.pieces import Pieces, Seen, check_pixels
from community.files.storage import CHUNK

MOST_PAGES = 2_000
_CAMERA, _PLACE = 0x8769, 0x8825
"""Folders of notes."""
_WORDS = frozenset({700, 33_723, 34_377, 306, 315, 316, 33_432})
"""XMP, IPTC, Photoshop; time, artist, computer, copyright. What describes a picture stays: microscopes write their scale there."""
_OF_CAMERA = frozenset(
    {0x9003, 0x9004, 0x9010, 0x9011, 0x9012, 0x9286, 0x9290, 0x9291, 0x9292, 0xA420, 0xA430, 0xA431, 0xA435}
)
"""Times, comments, owner, numbers of camera and lens."""
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_WIDTH, _LENGTH = 256, 257


def cleaned(pieces: Pieces, seen: Seen) -> Iterator[bytes]:
    """The place, times and names in the notes of the camera, XMP and IPTC are blanked."""
    with tempfile.TemporaryFile(prefix="picture-") as file:
        for piece in pieces.rest():
            file.write(piece)
        _Picture(file, seen).clean()
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece


class _Picture:
    def __init__(self, file: IO[bytes], seen: Seen) -> None:
        self._file, self._seen = file, seen
        self._size = file.seek(0, 2)
        self._order = "<" if self._read(0, 2) == b"II" else ">"

    def _read(self, at: int, count: int) -> bytes:
        self._file.seek(at)
        return self._file.read(count)

    def _blank(self, at: int, count: int) -> None:
        end = min(at + count, self._size)
        while at < end:
            before = self._read(at, min(CHUNK, end - at))
            self._file.seek(at)
            self._file.write(self._seen.left_out(before, bytes(len(before))))
            at += len(before)

    def clean(self) -> None:
        """Page after page, as far as they can be followed."""
        if self._read(2, 2) not in (b"*\0", b"\0*"):
            return  # the large form
        try:
            at = self._number(4, 4)
            for _ in range(MOST_PAGES):
                if at == 0:
                    return
                at = self._page(at)
        except struct.error:
            return

    def _number(self, at: int, size: int) -> int:
        return int(struct.unpack(self._order + ("H" if size == 2 else "L"), self._read(at, size))[0])

    def _entries(self, at: int) -> Iterator[tuple[int, int, int, int, int]]:
        """Where each entry stands, its tag, kind and count, and where its value is."""
        for number in range(self._number(at, 2)):
            entry = at + 2 + 12 * number
            tag, kind, count = struct.unpack(self._order + "HHL", self._read(entry, 8))
            size = _SIZES.get(kind, 1) * count
            yield entry, tag, kind, size, entry + 8 if size <= 4 else self._number(entry + 8, 4)

    def _page(self, at: int) -> int:
        sides = {}
        for entry, tag, kind, size, value in list(self._entries(at)):
            if tag == _PLACE:
                self._folder(self._number(entry + 8, 4))
            elif tag == _CAMERA:
                self._notes(self._number(entry + 8, 4))
            elif tag in _WORDS:
                self._blank(value, size)
            elif tag in (_WIDTH, _LENGTH):
                sides[tag] = self._number(value, 2 if kind == 3 else 4)
        check_pixels(sides.get(_WIDTH, 0), sides.get(_LENGTH, 0))
        return self._number(at + 2 + 12 * self._number(at, 2), 4)

    def _notes(self, at: int) -> None:
        """What the camera says of its owner and the time."""
        for _entry, tag, _kind, size, value in list(self._entries(at)):
            if tag in _OF_CAMERA:
                self._blank(value, size)

    def _folder(self, at: int) -> None:
        """All that a folder of notes says; it stands there empty."""
        entries = list(self._entries(at))
        for _entry, _tag, _kind, size, value in entries:
            self._blank(value, size)
        self._blank(at, 2 + 12 * len(entries))
