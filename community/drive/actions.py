"""What programs do to files through a drive, each as one action: saving in their roundabout ways must end as the next version."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from community.activity.log import action, nothing_changed
from community.clock import now
from community.drive.models import Scratch
from community.drive.properties import copy_notes
from community.drive.queries import A_MOMENT, just_taken_away
from community.extensions import db
from community.files.actions import delete_file, upload_file
from community.files.bin import delete_folder, restore
from community.files.changing import rename_file, rename_folder
from community.files.copying import begin_copy, copy_folder
from community.files.models import File, FileVersion, Folder
from community.files.moving import move_file, move_folder
from community.files.places import fitting
from community.files.queries import path_key, stored_of
from community.files.storage import Stored
from community.locks.holding import let_go_of_programs
from community.permissions import Actor, require
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
            restore(actor, gone)
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
    """Into the bin of the space, a folder with all that is in it. Raises Denied, NotFound, Locked."""
    if isinstance(thing, File):
        delete_file(actor, thing)
    else:
        delete_folder(actor, thing)


@action
def move_file_to(
    actor: Actor, file: File, *, space: Space, folder: Folder | None, name: str, over: File | Folder | None
) -> File:
    """Another name or place, over what stands there. A file that the actor made a moment ago and gives the name of another, or of
    one that they just took away, is what that one becomes: its next version. Else what stood there goes to the bin. Locks of
    programs do not go along (RFC 4918, section 7.6). Raises what `move_file`, `rename_file` and `delete_file` raise.
    """
    if over is None and _is_fresh(actor, file):
        gone = just_taken_away(actor, space, folder, name)
        over = restore(actor, gone).thing if gone is not None and gone.file_id != file.id else None
    if isinstance(over, File) and _is_fresh(actor, file):
        made = _as_version(actor, file, space, folder, over)
        delete_file(actor, file)
        return made
    if over is not None:
        take_away(actor, over)
    let_go_of_programs(actor, file)
    if (space.id, folder.id if folder is not None else None) != (file.space_id, file.folder_id):
        file = move_file(actor, file, space, folder=folder, keep_both=file.name != name)
    if file.name != name:
        file = rename_file(actor, file, name=name)
    nothing_changed()
    return file


def _is_fresh(actor: Actor, file: File) -> bool:
    """Whether this can be what a program wrote aside in order to save: the actor's own, just made, without comments."""
    return (
        file.author_id == actor.id
        and file.version == 1
        and not file.comment_count
        and now() - file.created_at < A_MOMENT
    )


def _as_version(actor: Actor, file: File, space: Space, folder: Folder | None, over: File) -> File:
    stored = stored_of(file)
    return upload_file(actor, space, name=over.name, stored=stored, media_type=file.media_type, folder=folder)


@action
def copy_file_to(
    actor: Actor, file: File, *, space: Space, folder: Folder | None, name: str, over: File | Folder | None
) -> File:
    """A copy under this name there; over a file that stands there it is its next version. Raises what `upload_file` raises."""
    require(actor, "download", file)
    if isinstance(over, File):
        return _as_version(actor, file, space, folder, over)
    if over is not None:
        take_away(actor, over)
    made = upload_file(
        actor,
        space,
        name=name,
        stored=stored_of(file),
        media_type=file.media_type,
        folder=folder,
        description=file.description,
        audience=fitting(file.audience, space, folder),
    )
    copy_notes(file, made)
    return made


@action
def move_folder_to(
    actor: Actor, folder: Folder, *, space: Space, parent: Folder | None, name: str, over: File | Folder | None
) -> Folder:
    """Another name or place for a folder; what stood there goes to the bin. Raises what `move_folder` raises."""
    if over is not None:
        take_away(actor, over)
    if (space.id, parent.id if parent is not None else None) != (folder.space_id, folder.parent_id):
        folder = move_folder(actor, folder, space, parent=parent, keep_both=folder.name != name)
    if folder.name != name:
        folder = rename_folder(actor, folder, name=name)
    nothing_changed()
    return folder


@action
def copy_folder_to(
    actor: Actor,
    folder: Folder,
    *,
    space: Space,
    parent: Folder | None,
    name: str,
    over: File | Folder | None,
    whole: bool,
) -> Folder:
    """A copy of a folder under this name there, `whole` with all that the actor sees in it. What stood there goes to the bin.
    Raises what `copy_folder` raises.
    """
    if over is not None:
        take_away(actor, over)
    do = copy_folder if whole else begin_copy
    made = do(actor, folder, space, parent=parent, keep_both=True)
    return rename_folder(actor, made, name=name) if made.name != name else made
