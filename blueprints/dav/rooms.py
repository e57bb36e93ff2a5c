"""How much room a space has for files (RFC 4331)."""

from __future__ import annotations

from typing import NamedTuple

from flask import g

from community.drive.queries import bytes_used
from community.spaces.models import Space


class Room(NamedTuple):
    """In bytes. `left` is None where nobody set a limit."""

    used: int
    left: int | None


def room_of(space: Space | None) -> Room | None:
    """The room of a space, read once a request; None for the top of the drive."""
    if space is None:
        return None
    kept: dict[int, Room] = g.setdefault("dav_rooms", {})
    if space.id not in kept:
        kept[space.id] = Room(bytes_used(space), None)
    return kept[space.id]
