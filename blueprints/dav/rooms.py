"""How much room a space has for files (RFC 4331)."""

from __future__ import annotations

from flask import g

from community.files import room
from community.files.room import Room
from community.spaces.models import Space


def room_of(space: Space | None) -> Room | None:
    """The room of a space, read once a request; None for the top of the drive."""
    if space is None:
        return None
    kept: dict[int, Room] = g.setdefault("dav_rooms", {})
    if space.id not in kept:
        kept[space.id] = room.room_of(space)
    return kept[space.id]
