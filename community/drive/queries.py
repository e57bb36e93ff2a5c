"""The top of the drive: the spaces that one may enter and that keep files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from community.clock import now
from community.drive.names import folder_names
from community.extensions import db
from community.files.models import File, FileRemoval, Folder
from community.files.names import name_key
from community.permissions import Actor, may, visible
from community.spaces.models import Space
from community.spaces.queries import spaces_for

A_MOMENT = timedelta(minutes=10)
"""How long a program may take to save."""


def drive_of(actor: Actor) -> dict[str, Space]:
    """The spaces on the actor's drive by their folder names. One query a request."""
    kept = actor.kept.get(("drive",))
    if kept is None:
        spaces = [space for space in spaces_for(actor) if "files" in space.tools and may(actor, "enter", space)]
        kept = actor.kept["drive",] = folder_names(spaces)
    return dict(kept)


STRETCH = 1_000
"""Entries that are read at once."""


@dataclass(frozen=True)
class Entry:
    """A file as a folder lists it: what a drive shows of it, and no more is read."""

    id: int
    name: str
    size: int
    sha256: str
    media_type: str
    created_at: datetime
    updated_at: datetime


def entries_of(actor: Actor, space: Space, folder: Folder | None) -> Iterator[Entry]:
    """The files right in a folder, or at the top of a space, that the actor sees, by name. One query for each STRETCH of them, and
    no more than that in memory.
    """
    columns = File.id, File.name, File.size, File.sha256, File.media_type, File.created_at, File.updated_at
    stmt = (
        select(*columns, File.path_key)
        .where(File.space_id == space.id, File.folder_id == (folder.id if folder else None), visible(actor, File))
        .order_by(File.path_key)
        .limit(STRETCH)
    )
    last: str | None = None
    while True:
        found = db.session.execute(stmt if last is None else stmt.where(File.path_key > last)).all()
        for row in found:
            yield Entry(*row[:-1])
        if len(found) < STRETCH:
            return
        last = found[-1].path_key


def just_taken_away(actor: Actor, space: Space, folder: Folder | None, name: str) -> FileRemoval | None:
    """The file of this name that the actor themself took away from here a moment ago, as the bin holds it: what comes under its
    name now is its next version, for many programs save like that. One query.
    """
    stmt = (
        select(FileRemoval, File.name)
        .join(File, File.id == FileRemoval.file_id)
        .where(
            FileRemoval.space_id == space.id,
            FileRemoval.remover_id == actor.id,
            FileRemoval.created_at > now() - A_MOMENT,
            File.folder_id == (folder.id if folder else None),
        )
        .order_by(FileRemoval.id.desc())
    )
    return next((row[0] for row in db.session.execute(stmt) if name_key(row[1]) == name_key(name)), None)
