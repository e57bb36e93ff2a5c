"""Files and folders that go elsewhere: into another folder or another space. Whole folders go at once, in a fixed number of
statements however much is in them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, cast, literal, select, update

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments.models import Comment
from community.errors import Conflict, Denied, Invalid, _l
from community.extensions import db
from community.files.changing import around, space_of
from community.files.drops import refuse_folders, refuse_moves
from community.files.models import File, Folder
from community.files.names import folder_key
from community.files.places import (
    DEEPEST,
    branch,
    bring_comments,
    deepest_below,
    files_below,
    fitting,
    forget,
    free_name,
    keep_address,
    lock_file,
    lock_folder,
    narrow_below,
    path_in,
    put_paths,
    refuse_stale,
    widest_in,
)
from community.files.queries import path_key
from community.files.weights import carried, weigh
from community.items.models import AUDIENCES
from community.items.rules import is_staff
from community.locks.queries import refuse_locked
from community.permissions import Actor, may, require, visible
from community.spaces.models import Space
from community.spaces.turns import take_turn

_AS_IT_IS = {"synchronize_session": False}


@action
def move_file(
    actor: Actor,
    file: File,
    space: Space,
    *,
    folder: Folder | None = None,
    keep_both: bool = False,
    base: str | None = None,
) -> File:
    """Put a file into a folder of a space, or at its top (None). Its versions and comments go along, its old address leads to it,
    and it has no more readers than where it goes. Where its name is in use, `keep_both` takes the next that is free, else
    Invalid("name") says which that would be.

    Raises Conflict when `base` is given and is not the SHA-256 of what stands, Invalid (`name`, `space`), Denied, NotFound.
    """
    left = file.space_id or 0
    require(actor, "rename" if space.id == left else "move", file)
    refuse_space(actor, space)
    for number in sorted({left, space.id}):
        take_turn(number)
    lock_file(file)
    if file.space_id != left:
        raise Conflict(_l("Somebody moved this meanwhile. Look where it is, then move it again."))
    refuse_stale(file, base)
    refuse_locked(actor, file)
    lock_folder(actor, space, folder)
    refuse_moves(file, folder)
    if (space.id, folder.id if folder else None) == (left, file.folder_id):
        nothing_changed()
        return file
    if space.id != left:
        refuse_what_others_said(actor, file, [file.id])
    if fitting(file.audience, space, folder) != file.audience and not may(actor, "share", file):
        raise Denied(_l("Fewer people would see it there. Who made it, or a facilitator, can move it."))
    old = path_in(around(file), file.name)
    name = free_name(space, file.name, folder, keep_both=keep_both)
    keep_address(left, old, file=file)
    if space.id != left:
        carried(left, space, weigh(File.id == file.id))
        bring_comments(select(File.id).where(File.id == file.id), space, left)
    file.name, file.path_key = name, path_key(name, folder.id if folder else None)
    file.space_id, file.folder_id = space.id, folder.id if folder else None
    file.audience, file.updated_at = fitting(file.audience, space, folder), now()
    db.session.flush()
    db.session.expire(file, ["folder", "space"])
    if space.id != left:
        record("file.left", actor, file, space_id=left)
    record("file.moved", actor, file, left=left)
    return file


def refuse_space(actor: Actor, space: Space) -> None:
    """Raises Invalid("space") for one without files, Denied where the actor may not send any, NotFound."""
    require(actor, "upload", space)
    if "files" not in space.tools:
        raise Invalid("space", _l("This space keeps no files."))


def refuse_what_others_said(actor: Actor, thing: File | Folder, file_ids: Any) -> None:
    """What others said about a file was meant for who reads there: who is not staff does not carry it elsewhere. Raises Denied."""
    if is_staff(actor, thing):
        return
    theirs = (Comment.parent_kind == "file", Comment.parent_id.in_(file_ids), Comment.author_id != actor.id)
    if db.session.scalar(select(Comment.id).where(*theirs, visible(actor, Comment)).limit(1)) is not None:
        raise Denied(_l("Others said something about it. A facilitator can move it."))


def refuse_unseen(actor: Actor, folder: Folder) -> None:
    """Nobody carries elsewhere what they cannot see: others would read it there. Raises Denied."""
    inside = branch(folder.id)
    folders = select(Folder.id).where(Folder.id.in_(inside), ~visible(actor, Folder))
    files = select(File.id).where(files_below(folder.id), ~visible(actor, File))
    if any(db.session.scalar(stmt.limit(1)) is not None for stmt in (folders, files)):
        raise Denied(_l("Not all that is in this folder is for you to take elsewhere. Take out what may go."))


def refuse_of_others(actor: Actor, folder: Folder) -> None:
    """Who is not staff takes away what is theirs alone. Raises Denied."""
    if is_staff(actor, folder):
        return
    folders = select(Folder.id).where(Folder.id.in_(branch(folder.id)), Folder.author_id != actor.id)
    files = select(File.id).where(files_below(folder.id), File.author_id != actor.id)
    if any(db.session.scalar(stmt.limit(1)) is not None for stmt in (folders, files)):
        raise Denied(_l("Things of others are in this folder. Let them stay, or ask a facilitator."))


def refuse_to_hide(actor: Actor, folder: Folder, cap: str) -> None:
    """Who is not staff hides what is theirs alone by putting it where fewer people look. Raises Denied."""
    wider = AUDIENCES[AUDIENCES.index(cap) + 1 :]
    if not wider or is_staff(actor, folder):
        return
    theirs = (
        (Folder, Folder.id.in_(branch(folder.id))),
        (File, files_below(folder.id)),
    )
    for model, inside in theirs:
        stmt = select(model.id).where(inside, model.audience.in_(wider), model.author_id != actor.id)
        if db.session.scalar(stmt.limit(1)) is not None:
            raise Denied(_l("Fewer people would see it there. Who made it, or a facilitator, can move it."))


@action
def move_folder(
    actor: Actor, folder: Folder, space: Space, *, parent: Folder | None = None, keep_both: bool = False
) -> Folder:
    """Put a folder, with all that is in it, into another or at the top of a space (None). Addresses follow and the old ones lead
    there; nothing has more readers than where it goes. Into another space everything in it must be the actor's own, unless they are
    staff, and theirs to see. `keep_both` as for a file.

    Raises Invalid (`name`, `space`, `folder`), Denied, NotFound, Conflict.
    """
    left = folder.space_id or 0
    elsewhere = space.id != left
    require(actor, "move" if elsewhere else "change", folder)
    refuse_space(actor, space)
    for number in sorted({left, space.id}):
        take_turn(number)
    lock_folder(actor, space_of(folder), folder, "move" if elsewhere else "change")
    if folder.space_id != left:
        raise Conflict(_l("Somebody moved this meanwhile. Look where it is, then move it again."))
    refuse_locked(actor, folder)
    lock_folder(actor, space, parent)
    refuse_folders(parent)
    if (space.id, parent.id if parent else None) == (left, folder.parent_id):
        nothing_changed()
        return folder
    refuse_cycle(folder, parent)
    if elsewhere:
        refuse_unseen(actor, folder)
        refuse_of_others(actor, folder)
        refuse_what_others_said(actor, folder, select(File.id).where(files_below(folder.id)))
    refuse_to_hide(actor, folder, fitting(folder.audience, space, parent))
    depth = parent.depth + 1 if parent is not None else 1
    if depth + deepest_below(folder) > DEEPEST:
        raise Invalid("folder", _l("Folders go %(limit)d deep. Choose a place higher up."), limit=DEEPEST)
    name = free_name(space, folder.name, parent, keep_both=keep_both)
    keep_address(left, folder.path, folder=folder)
    if elsewhere:
        carried(left, space, weigh(files_below(folder.id)))
        _carry_over(folder, space, left)
    folder.space_id, folder.parent_id = space.id, parent.id if parent is not None else None
    folder.name, folder.path, folder.depth = name, path_in(parent, name), depth
    folder.path_key, folder.updated_at = folder_key(folder.path), now()
    folder.audience = fitting(folder.audience, space, parent)
    db.session.flush()
    put_paths(folder)
    narrow_below(folder, widest_in(space, folder))
    forget()
    db.session.expire(folder, ["space"])
    if elsewhere:
        record("folder.left", actor, folder, space_id=left)
    record("folder.moved", actor, folder, left=left)
    return folder


def refuse_cycle(folder: Folder, into: Folder | None) -> None:
    """Raises Invalid("folder") when a folder would lie in itself."""
    if into is None:
        return
    if into.id == folder.id or into.id in set(db.session.scalars(branch(folder.id))):
        raise Invalid("folder", _l("A folder cannot lie in itself."))


def _carry_over(folder: Folder, space: Space, left: int) -> None:
    """All that lies in a folder belongs to another space from now on. What lies in the bin stays where it was thrown away."""
    bring_comments(select(File.id).where(files_below(folder.id)), space, left)
    values = {"space_id": space.id}
    lies = (File.folder_id.in_(branch(folder.id)), File.deleted_at.is_(None))
    db.session.execute(update(File).where(*lies).values(**values), execution_options=_AS_IT_IS)
    lower = (Folder.id.in_(branch(folder.id)), Folder.id != folder.id)
    # Their keys are those of the old way until all paths are written anew: a mark that no folder has keeps them apart meanwhile.
    mark = literal("/") + cast(Folder.id, String)
    db.session.execute(update(Folder).where(*lower).values(**values, path_key=mark), execution_options=_AS_IT_IS)
