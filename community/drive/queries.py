"""The top of the drive: the spaces that one may enter and that keep files."""

from __future__ import annotations

from community.drive.names import folder_names
from community.permissions import Actor, may
from community.spaces.models import Space
from community.spaces.queries import spaces_for


def drive_of(actor: Actor) -> dict[str, Space]:
    """The spaces on the actor's drive by their folder names. One query a request."""
    kept = actor.kept.get(("drive",))
    if kept is None:
        spaces = [space for space in spaces_for(actor) if "files" in space.tools and may(actor, "enter", space)]
        kept = actor.kept["drive",] = folder_names(spaces)
    return dict(kept)
