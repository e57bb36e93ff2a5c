"""Receiving a file, the one way in: what it is and whether it may come is seen by its first bytes, what a camera noted is left out,
a scanner hears all of it, and only then it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from community.config import Settings, WrongSetting
from community.files.cleaning import CLEANERS, Cleaned
from community.files.finds import note_find
from community.files.media_types import HEAD, kind_of, media_type
from community.files.names import checked_name
from community.files.policy import ANYTHING, Policy, policy_from
from community.files.scanning import Harmful, Scanned, Scanner, scanner_from
from community.files.storage import Source, Storage, Stored, TooLarge


@dataclass(frozen=True)
class Guards:
    """What stands at the door: which files may come, who looks for harm in them, and whether notes of cameras are left out."""

    policy: Policy = ANYTHING
    scanner: Scanner | None = None
    cleans: bool = True


class _Register:
    """The guards of this house, set at its start."""

    def __init__(self) -> None:
        self.now = Guards()


guards = _Register()


def guards_from(settings: Settings) -> Guards:
    """The guards that the settings ask for. Raises WrongSetting."""
    name = "UPLOAD_TYPES"
    try:
        policy = policy_from(settings.UPLOAD_TYPES)
        name = "SCAN_URL"
        scanner = scanner_from(settings.SCAN_URL, fails_open=settings.SCAN_FAIL == "open")
    except ValueError as fault:
        raise WrongSetting(f"{name} {fault}.") from None
    return Guards(policy, scanner, settings.PICTURE_NOTES == "drop")


class Received(NamedTuple):
    """Bytes that are safe on disk, under a name that can be kept, and what they are."""

    name: str
    stored: Stored
    media_type: str


class _Whole:
    """A stream from its start, although its head was read already."""

    def __init__(self, head: bytes, stream: Source) -> None:
        self.head, self.stream = head, stream

    def read(self, size: int, /) -> bytes:
        piece, self.head = self.head[:size], self.head[size:]
        return piece or self.stream.read(size)


def refuse_name(name: str) -> None:
    """What `receive` would refuse by the name alone. Raises Invalid("file")."""
    guards.now.policy.refuse_name(name)


def refuse_kind(name: str, head: bytes, size: int) -> None:
    """What `receive` would refuse by the first HEAD bytes and the size, for who waits for the rest. Raises Invalid, TooLarge."""
    limit = guards.now.policy.limit(media_type(head, name), name, head, size)
    if size > limit:
        raise TooLarge(limit)


def receive(storage: Storage, stream: Source, name: str, *, limit_bytes: int) -> Received:
    """Keep what a stream gives. Outside any transaction: only then does `upload_file` make it a file.

    `stored.cleaned` tells whether notes of a camera were left out; the length is that of what came.
    Raises Invalid: "name" before anything is read, "file" for what may not come in (`policy`), has too many pixels (`cleaning`), or
    does harm (`scanning`), TooLarge when there is more than `limit_bytes`. Then nothing is kept.
    """
    name = checked_name(name)
    head = b""
    while len(head) < HEAD and (piece := stream.read(HEAD - len(head))):
        head += piece
    kind, its_guards = media_type(head, name), guards.now
    limit = its_guards.policy.limit(kind, name, head, limit_bytes)
    source: Source = _Whole(head, stream)
    cleaned = scanned = None
    if its_guards.cleans and (told := kind_of(head)) in CLEANERS:
        source = cleaned = Cleaned(source, told)
    if its_guards.scanner is not None:
        source = scanned = Scanned(source, its_guards.scanner)
    try:
        stored = storage.put(source, limit_bytes=limit)
    except Harmful as fault:
        note_find(fault.what)
        raise
    finally:
        if scanned is not None:
            scanned.close()
    return Received(name, stored._replace(cleaned=cleaned is not None and cleaned.changed), kind)
