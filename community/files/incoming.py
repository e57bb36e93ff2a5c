"""Receiving a file: its bytes go to the storage first, and are looked at on the way."""

from __future__ import annotations

from typing import NamedTuple

from community.files.media_types import HEAD, media_type
from community.files.names import checked_name
from community.files.storage import Source, Storage, Stored


class Received(NamedTuple):
    """Bytes that are safe on disk, under a name that can be kept, and what they are."""

    name: str
    stored: Stored
    media_type: str


class _Tee:
    """A source that remembers how it began."""

    def __init__(self, stream: Source) -> None:
        self.stream, self.head = stream, b""

    def read(self, size: int, /) -> bytes:
        piece = self.stream.read(size)
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]
        return piece


def receive(storage: Storage, stream: Source, name: str, *, limit_bytes: int) -> Received:
    """Keep what a stream gives. Outside any transaction: only then does `upload_file` make it a file.

    Raises Invalid("name") before anything is read, TooLarge (Invalid "file") when there is more than `limit_bytes`.
    """
    name = checked_name(name)
    tee = _Tee(stream)
    stored = storage.put(tee, limit_bytes=limit_bytes)
    return Received(name, stored, media_type(tee.head, name))
