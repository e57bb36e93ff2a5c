"""Copies of files and folders. A copy begins at version 1, is its maker's, and has no comments. Its bytes are those of the
original: what the storage keeps is never changed, so two files may keep the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import func, select

from community.activity.log import action, record
from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.files.actions import create_folder, upload_file
from community.files.drops import as_sent, refuse_folders
from community.files.models import File, Folder
from community.files.moving import refuse_cycle, refuse_space
from community.files.places import (
    DEEPEST,
    branch,
    deepest_below,
    files_below,
    fitting,
    free_name,
    lock_file,
    lock_folder,
)
from community.files.queries import stored_of
from community.permissions import Actor, require, visible
from community.spaces.models import Space
from community.spaces.turns import take_turn

AT_ONCE = 200
"""Files and folders that are copied while somebody waits; more are copied by a job (`tasks`)."""
MOST = 20_000
"""Files and folders that are copied with one folder."""


class Size(NamedTuple):
    """What is in a folder, as far as somebody sees it: folders with itself, files, and their bytes."""

    folders: int
    files: int
    size: int


@action
def copy_file(actor: Actor, file: File, space: Space, *, folder: Folder | None = None, keep_both: bool = True) -> File:
    """A copy of a file in a folder of a space, or at its top (None). Where its name is in use it becomes `Planner (2).docx`,
    without `keep_both` Invalid("name"). Raises Invalid (`name`, `space`), Denied, NotFound.
    """
    require(actor, "download", file)
    refuse_space(actor, space)
    take_turn(space.id)
    lock_file(file)
    lock_folder(actor, space, folder)
    name = free_name(space, as_sent(actor, folder, file.name).name, folder, keep_both=keep_both)
    made = upload_file(
        actor,
        space,
        name=name,
        stored=stored_of(file),
        media_type=file.media_type,
        folder=folder,
        description=file.description,
        audience=fitting(file.audience, space, folder),
        base="",
    )
    made.tags = list(file.tags)
    return made


def size_of(actor: Actor, folder: Folder) -> Size:
    """How much is in a folder, as far as the actor sees it: what a copy or an archive would hold. Two queries."""
    folders = select(func.count()).select_from(Folder).where(Folder.id.in_(branch(folder.id)), visible(actor, Folder))
    files = select(func.count(), func.coalesce(func.sum(File.size), 0)).select_from(File)
    row = db.session.execute(files.where(files_below(folder.id), visible(actor, File))).one()
    return Size(db.session.scalar(folders) or 0, row[0], int(row[1]))


@action
def copy_folder(
    actor: Actor, folder: Folder, space: Space, *, parent: Folder | None = None, keep_both: bool = True
) -> Folder:
    """A copy of a folder, with what the actor sees in it, into another or at the top of a space. For up to `AT_ONCE` things; more
    are a job's (`tasks.order_copy`). Raises Invalid (`name`, `space`, `folder`), Denied, NotFound.
    """
    made = begin_copy(actor, folder, space, parent=parent, keep_both=keep_both)
    size = size_of(actor, folder)
    if size.folders + size.files > AT_ONCE:
        raise Invalid("folder", _l("There is too much in this folder to copy it at once."))
    at = {folder.id: made}
    for lower, upper in folders_in(actor, folder):
        at[lower.id] = copy_of_folder(actor, lower, at[upper])
    for file in _files_in(actor, folder):
        if file.folder_id in at:
            copy_file(actor, file, space, folder=at[file.folder_id])
    return made


@action
def begin_copy(
    actor: Actor, folder: Folder, space: Space, *, parent: Folder | None = None, keep_both: bool = True
) -> Folder:
    """The folder itself, without what is in it. Raises as `copy_folder`."""
    refuse_space(actor, space)
    take_turn(space.id)
    db.session.refresh(folder, ["path", "name", "deleted_at", "audience", "description"])
    if folder.deleted_at is not None:
        raise NotFound()
    lock_folder(actor, space, parent)
    refuse_folders(parent)
    refuse_cycle(folder, parent)
    depth = parent.depth + 1 if parent is not None else 1
    if depth + deepest_below(folder) > DEEPEST:
        raise Invalid("folder", _l("Folders go %(limit)d deep. Choose a place higher up."), limit=DEEPEST)
    name = free_name(space, folder.name, parent, keep_both=keep_both)
    made = create_folder(
        actor,
        space,
        name=name,
        parent=parent,
        description=folder.description,
        audience=fitting(folder.audience, space, parent),
    )
    db.session.flush()
    record("folder.copied", actor, made, source=folder.id)
    return made


@action
def copy_of_folder(actor: Actor, lower: Folder, into: Folder) -> Folder:
    """A folder of the same name in the copy of its parent."""
    space = db.session.get_one(Space, into.space_id)
    made = create_folder(
        actor,
        space,
        name=lower.name,
        parent=into,
        description=lower.description,
        audience=fitting(lower.audience, space, into),
    )
    db.session.flush()
    return made


def folders_in(actor: Actor, folder: Folder) -> Iterator[tuple[Folder, int]]:
    """The folders below one that the actor sees, each with the number of the one above it, the higher ones first. What lies in a
    folder that they do not see is left out."""
    stmt = select(Folder).where(Folder.id.in_(branch(folder.id)), Folder.id != folder.id, visible(actor, Folder))
    seen = {folder.id}
    for lower in db.session.scalars(stmt.order_by(Folder.depth, Folder.id)).all():
        if lower.parent_id in seen:
            seen.add(lower.id)
            yield lower, lower.parent_id


def _files_in(actor: Actor, folder: Folder) -> list[File]:
    stmt = select(File).where(files_below(folder.id), visible(actor, File)).order_by(File.id)
    return list(db.session.scalars(stmt))
