"""An archive unpacked into a space: each entry comes in the one way in which bytes become a file, and folders are made as it names
them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from community.activity.log import action
from community.errors import Conflict, Invalid, NotFound, _l
from community.extensions import db
from community.files.actions import create_folder, upload_file
from community.files.archives import Archive, Bounds
from community.files.incoming import receive
from community.files.models import Folder
from community.files.names import checked_name
from community.files.places import path_in
from community.files.queries import folder_for, folder_numbered
from community.files.storage import Storage
from community.permissions import Actor
from community.spaces.models import Space

BOUNDS = Bounds(entries=5_000, listed=5_000_000, size=5_000_000_000, ratio=200)
"""How much one archive may bring."""
Tell = Callable[[str, Any], None]


def unzip(
    again: Callable[[], Actor],
    space_id: int,
    archive: Archive,
    storage: Storage,
    *,
    folder_id: int | None,
    audience: str | None,
    limit_bytes: int,
    tell: Tell,
    step: Callable[[int], None],
) -> None:
    """Unpack all that can be unpacked. `again` gives the actor as they may act at that moment; `tell(name, why)` is told of each
    entry: a sentence, or what was refused; `step` how many are done. What is there with the same bytes stays as it is.

    Raises Denied and NotFound when the space, or the folder, is no longer theirs to fill.
    """
    for name in archive.folders:
        try:
            _folder_at(again(), space_id, folder_id, name, audience)
        except Invalid as fault:
            db.session.rollback()
            tell(name + "/", fault)
    for done, name in enumerate(archive.entries, 1):
        way, _slash, last = name.rpartition("/")
        try:
            with archive.open(name) as stream:
                came = receive(storage, stream, last, limit_bytes=limit_bytes)
            actor = again()
            folder = _folder_at(actor, space_id, folder_id, way, audience)
            file = upload_file(
                actor,
                db.session.get_one(Space, space_id),
                name=came.name,
                stored=came.stored,
                media_type=came.media_type,
                folder=folder,
                audience=audience,
            )
            if file.name != last:
                tell(name, (_l("It is called %(name)s here."), {"name": file.name}))
        except (Invalid, Conflict) as fault:
            db.session.rollback()
            tell(name, fault)
        step(done)
    for name in archive.unread:
        tell(
            name,
            Invalid(
                "name", _l("Its name is in an alphabet that the archive does not tell. Rename it, and pack it anew.")
            ),
        )


@action
def _make(actor: Actor, space: Space, name: str, parent: Folder | None, audience: str | None) -> Folder:
    made = create_folder(actor, space, name=name, parent=parent, audience=audience)
    db.session.flush()
    return made


def _folder_at(actor: Actor, space_id: int, base: int | None, way: str, audience: str | None) -> Folder | None:
    """The folder of that way below the one that was chosen, made where it is not there. Raises Invalid, Denied, NotFound."""
    space = db.session.get_one(Space, space_id)
    folder = folder_numbered(actor, base) if base is not None else None
    if folder is not None and folder.space_id != space_id:
        raise NotFound()
    for part in way.split("/") if way else ():
        name = checked_name(part)
        try:
            folder = folder_for(actor, space, path_in(folder, name))
        except NotFound:
            folder = _make(actor, space, name, folder, audience)
    return folder
