"""Content of the storage as a file that can seek, for readers that jump about (archives, films): nothing is copied, and as much is
in memory as one piece.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from community.files.storage import CHUNK, Storage


class _Content(io.RawIOBase):
    def __init__(self, storage: Storage, key: str, size: int) -> None:
        super().__init__()
        self._storage, self._key, self._size = storage, key, size
        self._at, self._open_at = 0, -1
        self._part: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("before the start")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        if self._part is None or self._open_at != self._at:
            self._let_go()
            self._part = self._storage.open(self._key, self._at)
        piece = self._part.read(len(buffer))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        self._open_at = self._at
        return len(piece)

    def _let_go(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part = None

    def close(self) -> None:
        self._let_go()
        super().close()


def seekable(storage: Storage, key: str) -> BinaryIO:
    """What is kept under a key, to be read from any place, forth and back. Close it.

    :raises Missing: when nothing is kept under the key.
    """
    return io.BufferedReader(_Content(storage, key, storage.size(key)), CHUNK)
