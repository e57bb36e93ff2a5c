"""What programs do to files through a drive, each as one action: saving in their roundabout ways must end as the next version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, select, update

from community.activity.log import action
from community.drive.models import Scratch
from community.drive.queries import just_taken_away
from community.extensions import db
from community.files.actions import delete_file, upload_file
from community.files.models import File, FileVersion, Folder
from community.files.queries import path_key
from community.files.storage import Stored
from community.permissions import Actor
from community.spaces.models import Space


@action
def save_file(
    actor: Actor,
    space: Space,
    *,
    folder: Folder | None,
    name: str,
    stored: Stored,
    media_type: str,
    base: str | None = None,
) -> File:
    """Bytes under a name: the next version of the file of that name, or of the one that the actor's program took away from there a
    moment ago, else a new file. A first version without any bytes, with which many programs begin, is not kept.
    Raises what `upload_file` raises.
    """
    key = path_key(name, folder.id if folder is not None else None)
    known = db.session.scalar(select(File.id).where(File.space_id == space.id, File.path_key == key))
    if known is None:
        gone = just_taken_away(actor, space, folder, name)
        if gone is not None:
            restore_file(actor, gone)
            base = None if base == "" else base
    file = upload_file(actor, space, name=name, stored=stored, media_type=media_type, folder=folder, base=base)
    db.session.flush()
    db.session.execute(
        update(Scratch).where(Scratch.person_id == actor.id, Scratch.stands_for == file.id).values(stands_for=None)
    )
    _forget_empty_beginning(actor, file)
    return file


def _forget_empty_beginning(actor: Actor, file: File) -> None:
    """Programs make a file first and fill it then: the version that holds nothing is none."""
    if file.version != 2 or not file.size:
        return
    first = FileVersion.file_id == file.id, FileVersion.number == 1, FileVersion.size == 0
    empty = db.session.execute(delete(FileVersion).where(*first, FileVersion.author_id == actor.id))
    if empty.rowcount:  # type: ignore[attr-defined]
        db.session.execute(
            update(FileVersion).where(FileVersion.file_id == file.id, FileVersion.number == 2).values(number=1)
        )
        file.version = 1


@action
def take_away(actor: Actor, thing: File | Folder) -> None:
    """Into the trash."""
    if isinstance(thing, File):
        delete_file(actor, thing)


def restore_file(actor: Actor, file: File) -> None: ...
def move_file_to(*a: Any, **k: Any) -> None: ...
def copy_file_to(*a: Any, **k: Any) -> None: ...
def move_folder_to(*a: Any, **k: Any) -> None: ...
def copy_folder_to(*a: Any, **k: Any) -> None: ...
