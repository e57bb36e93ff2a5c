"""The parts of an upload as one stream, a piece at a time, with a word now and then of how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import BinaryIO

from community.files.storage import Storage


class Joined:
    """What the parts hold, one after the other; `parts` are their keys and sizes in bytes. `told(given)` is called every so many
    seconds while it is read, and may raise. Raises Missing when the storage has lost one, and closes what it opened.
    """

    def __init__(
        self, storage: Storage, parts: Sequence[tuple[str, int]], told: Callable[[int], None], *, every: float
    ) -> None:
        self._storage, self._parts, self._told, self._every = storage, list(parts), told, every
        self._open: BinaryIO | None = None
        self._spoken = time.monotonic()
        self.given = 0

    def read(self, size: int, /) -> bytes:
        if time.monotonic() - self._spoken >= self._every:
            self._told(self.given)
            self._spoken = time.monotonic()
        while True:
            if self._open is None:
                if not self._parts:
                    return b""
                key, length = self._parts.pop(0)
                self._open = self._storage.open(key, 0, length)
            piece = self._open.read(size)
            if piece:
                self.given += len(piece)
                return piece
            self._open.close()
            self._open = None
