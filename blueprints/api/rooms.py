"""How much room spaces have for files."""

from __future__ import annotations

from pydantic import Field

from blueprints.api import schemas
from blueprints.api.calls import call
from blueprints.api.files import enter
from blueprints.api.reading import Given
from blueprints.doors import actor
from community.files.room import MOST, give_room, room_of
from community.permissions import may, require
from community.spaces.queries import space_for


class RoomOut(schemas.Out):
    """How full a space is, in bytes: versions that stand, older ones, the bin, and what is being sent. `quota` null: no bound;
    `own` null: nobody set one for this space, and it has what the house gives."""

    current: int
    versions: int
    trash: int
    uploads: int
    used: int
    quota: int | None
    free: int | None
    own: int | None


class RoomGiven(Given):
    quota: int | None = Field(
        ge=0, le=MOST, description="In bytes; 0: without end, null: as much as the house gives each space."
    )


def _room(slug: str) -> RoomOut:
    space = enter(slug)
    if not may(actor(), "upload", space):
        require(actor(), "manage", space)
    room = room_of(space)
    return RoomOut(**{name: getattr(room, name) for name in RoomOut.model_fields})


@call("GET", "/spaces/<slug>/room", "How much room a space has for files", answer=RoomOut)
def read_room(slug: str) -> RoomOut:
    """What its files take, what is left, and what takes it. For who sends something there, or runs it."""
    return _room(slug)


@call("PUT", "/spaces/<slug>/room", "Give a space more or less room", given=RoomGiven, answer=RoomOut)
def put_room(slug: str, given: RoomGiven) -> RoomOut:
    """For its staff, up to what the house gives each space; an administrator gives more. What is there stays."""
    give_room(actor(), space_for(actor(), slug), quota=given.quota)
    return _room(slug)
