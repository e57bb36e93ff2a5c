"""What is thrown away in a space, and how it comes back: a file, or a folder as one thing with what was in it.

Whoever writes in the space and saw a thing before finds it in the bin and may bring it back; who narrows a folder narrows what was
thrown away in it too, and what the bin says of a place is how it was called then. After 30 days it goes for good (bin_jobs.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, bindparam, cast, delete, func, literal, select, update
from sqlalchemy.orm import joinedload

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments.models import Anchor, Comment, CommentRevision
from community.errors import Denied, NotFound
from community.extensions import db
from community.files.changing import around, space_of
from community.files.kind import not_kept_from
from community.files.models import File, FileAlias, FileRemoval, FileText, FileVersion, Folder
from community.files.moving import refuse_of_others
from community.files.names import folder_key
from community.files.places import (
    branch,
    files_below,
    fitting,
    forget,
    free_name,
    lock_folder,
    narrow_below,
    path_in,
    put_paths,
)
from community.files.queries import path_key
from community.files.weights import gone_for_good, into_the_bin, out_of_the_bin, weigh
from community.items.models import Mention
from community.items.rules import item_visible
from community.locks.queries import refuse_locked
from community.permissions import Actor, door, listing, may, require, sees
from community.spaces.models import Space
from community.spaces.turns import take_turn

LIST = 50
KEPT = timedelta(days=30)
"""How long something lies in the bin before it goes for good."""
AT_ONCE = 200
"""Things that are taken out of the bin for good in one go."""
_AS_IT_IS = {"synchronize_session": False}


@action
def delete_folder(actor: Actor, folder: Folder) -> FileRemoval:
    """Put a folder into the bin of its space, with all that is in it: of things of others only staff does so. Its name is free for
    another. A fixed number of statements. Raises Denied, NotFound.
    """
    require(actor, "delete", folder)
    take_turn(folder.space_id)
    lock_folder(actor, space_of(folder), folder, "delete")
    refuse_of_others(actor, folder)
    refuse_locked(actor, folder)
    inside = files_below(folder.id)
    count, size = db.session.execute(
        select(func.count(), func.coalesce(func.sum(File.size), 0)).select_from(File).where(inside)
    ).one()
    gone = FileRemoval(
        space_id=folder.space_id,
        kind="folder",
        folder_id=folder.id,
        path=folder.path,
        files=count,
        size=int(size),
        author_id=_only_author(folder),
        remover_id=actor.id or folder.author_id,
        created_at=now(),
    )
    db.session.add(gone)
    db.session.flush()
    into_the_bin(gone.space_id, weigh(inside))
    values = {"deleted_at": gone.created_at, "updated_at": gone.created_at, "removal_id": gone.id}
    for model, here in ((File, inside), (Folder, Folder.id.in_(branch(folder.id)))):
        mark = literal("/") + cast(model.id, String)
        db.session.execute(update(model).where(here).values(**values, path_key=mark), execution_options=_AS_IT_IS)
    forget()
    record("folder.deleted", actor, folder, files=count)
    return gone


def _only_author(folder: Folder) -> int | None:
    """Who made a folder and all that is in it, None when there are several."""
    folders = select(Folder.author_id).where(Folder.id.in_(branch(folder.id)))
    files = select(File.author_id).where(files_below(folder.id))
    people = set(db.session.scalars(folders.union(files).limit(2)))
    return people.pop() if len(people) == 1 else None


@dataclass(frozen=True)
class Restored:
    """What came back. `moved`: the folder that it lay in is gone, or no longer theirs to see, so it lies in the nearest one that is
    left. `renamed`: its name is in use there, so it has a number behind it.
    """

    thing: File | Folder
    moved: bool
    renamed: bool


@action
def restore(actor: Actor, removal: FileRemoval) -> Restored:
    """Bring back what went at once, into the folder where it lay, wherever that is in this space now. It has no more readers than
    that folder. Raises Denied, NotFound.
    """
    require(actor, "restore", removal)
    take_turn(removal.space_id)
    thing = _still_there(removal)
    space = db.session.get_one(Space, removal.space_id)
    here, folder = around(thing), _landing(actor, space, thing)
    lock_folder(actor, space, folder)
    name, was = free_name(space, thing.name, folder, keep_both=True), thing.name
    at = now()
    out_of_the_bin(space.id, weigh(File.removal_id == removal.id))
    if isinstance(thing, File):
        thing.folder_id, thing.path_key = folder.id if folder else None, path_key(name, folder.id if folder else None)
        thing.name, thing.audience = name, fitting(thing.audience, space, folder)
        thing.deleted_at, thing.removal_id, thing.updated_at = None, None, at
        db.session.flush()
        db.session.expire(thing, ["folder"])
        record("file.restored", actor, thing)
    else:
        _raise_folder(thing, removal, space, folder, name)
        record("folder.restored", actor, thing)
    db.session.delete(removal)
    return Restored(thing, here is not folder, name != was)


def _raise_folder(folder: Folder, removal: FileRemoval, space: Space, parent: Folder | None, name: str) -> None:
    at = now()
    back = {"deleted_at": None, "removal_id": None, "updated_at": at}
    files = select(File.id, File.name, File.folder_id).where(File.removal_id == removal.id)
    keys = [{"number": row.id, "key": path_key(row.name, row.folder_id)} for row in db.session.execute(files)]
    if keys:
        table = File.__table__
        one = update(table).where(table.c.id == bindparam("number")).values(path_key=bindparam("key"), **back)
        db.session.execute(one, keys)
    folder.parent_id, folder.name = parent.id if parent is not None else None, name
    folder.path, folder.depth = path_in(parent, name), parent.depth + 1 if parent is not None else 1
    folder.path_key, folder.audience = folder_key(folder.path), fitting(folder.audience, space, parent)
    db.session.flush()
    db.session.execute(
        update(Folder).where(Folder.removal_id == removal.id).values(**back), execution_options=_AS_IT_IS
    )
    db.session.expire(folder, ["deleted_at", "removal_id", "updated_at"])
    put_paths(folder)
    narrow_below(folder)
    forget()


def _landing(actor: Actor, space: Space, thing: File | Folder) -> Folder | None:
    """Where something comes back to: the folder that it lay in, else the nearest one around that which is left and which the actor
    sees, else the top."""
    folder = around(thing)
    while folder is not None:
        stands = folder.deleted_at is None and folder.space_id == space.id
        if stands and sees(actor, folder):
            return folder
        folder = around(folder)
    return None


def _still_there(removal: FileRemoval) -> File | Folder:
    """The thing of a removal, read after the turn was taken. Raises NotFound when somebody brought it back meanwhile."""
    known = select(FileRemoval.id).where(FileRemoval.id == removal.id)
    if db.session.scalar(known) is None:
        db.session.expunge(removal)
        raise NotFound()
    if removal.file_id is not None:
        return db.session.get_one(File, removal.file_id, populate_existing=True)
    return db.session.get_one(Folder, removal.folder_id, populate_existing=True)


@action
def destroy(actor: Actor, removal: FileRemoval) -> None:
    """Take what lies in the bin away for good: its versions, words and comments. For staff, and for who made all of it. The rows
    stay, empty, for what points at them; the bytes are swept later. Raises Denied, NotFound.
    """
    require(actor, "destroy", removal)
    _destroy(actor, removal)


@action
def sweep(actor: Actor, removal: FileRemoval) -> None:
    """The same, because its time is over. For the house alone, which looks at no name. Raises Denied, NotFound when somebody
    brought it back meanwhile.
    """
    if not actor.is_system or removal.created_at > now() - KEPT:
        raise Denied()
    _destroy(actor, removal)


@action
def empty_bin(actor: Actor, space: Space) -> int:
    """Take away for good what lies in the bin of a space and is the actor's to take, up to `AT_ONCE` things. Gives how many went:
    call again until none does. Raises Denied, NotFound.
    """
    require(actor, "upload", space)
    stmt = select(FileRemoval).where(FileRemoval.space_id == space.id).options(*_options())
    going = [one for one in listing(actor, stmt.order_by(FileRemoval.id), FileRemoval) if may(actor, "destroy", one)]
    for removal in going[:AT_ONCE]:
        _destroy(actor, removal)
    if not going:
        nothing_changed()
    return len(going[:AT_ONCE])


def _destroy(actor: Actor, removal: FileRemoval) -> None:
    take_turn(removal.space_id)
    thing = _still_there(removal)
    gone_for_good(removal.space_id, File.removal_id == removal.id)
    ids = select(File.id).where(File.removal_id == removal.id)
    said = select(Comment.id).where(Comment.parent_kind == "file", Comment.parent_id.in_(ids))
    words = {"body": "", "body_html": "", "excerpt": "", "deleted_at": func.coalesce(Comment.deleted_at, now())}
    bare = {"name": "", "description": "", "removal_id": None}
    folders = select(Folder.id).where(Folder.removal_id == removal.id)
    for stmt in (
        delete(Anchor).where(Anchor.comment_id.in_(said)),
        delete(CommentRevision).where(CommentRevision.comment_id.in_(said)),
        update(Comment).where(Comment.id.in_(said)).values(**words),
        delete(Mention).where(Mention.object_kind == "file", Mention.object_id.in_(ids)),
        delete(FileText).where(FileText.file_id.in_(ids)),
        delete(FileVersion).where(FileVersion.file_id.in_(ids)),
        delete(FileAlias).where(FileAlias.file_id.in_(ids)),
        delete(FileAlias).where(FileAlias.folder_id.in_(folders)),
        update(File)
        .where(File.removal_id == removal.id)
        .values(**bare, storage_key="", sha256="", size=0, tags=[], version=0),
        update(Folder).where(Folder.removal_id == removal.id).values(**bare, path=""),
    ):
        db.session.execute(stmt, execution_options=_AS_IT_IS)
    db.session.delete(removal)
    db.session.flush()
    db.session.expire(thing)
    if isinstance(thing, File):
        record("file.destroyed", actor, thing)
    else:
        record("folder.destroyed", actor, thing)


# Reading


@dataclass(frozen=True)
class Bin:
    """A stretch of what lies in the bin of a space, newest first. `counts` says of each folder, by the number of its removal, how
    many of the files in it the reader saw. `next` is the `before` of the following one.
    """

    items: list[FileRemoval]
    counts: dict[int, int]
    next: int | None


def bin_of(actor: Actor, space: Space, *, before: int | None = None, limit: int = LIST) -> Bin:
    """What was thrown away in a space and the actor saw before, with who did it. Two queries."""
    limit = max(1, min(limit, 200))
    stmt = select(FileRemoval).where(FileRemoval.space_id == space.id).options(*_options())
    if before is not None:
        stmt = stmt.where(FileRemoval.id < before)
    found = listing(actor, stmt.order_by(FileRemoval.id.desc()).limit(limit + 1), FileRemoval)
    some = found[:limit]
    return Bin(some, _counts(actor, some), found[limit - 1].id if len(found) > limit else None)


def _counts(actor: Actor, removals: list[FileRemoval]) -> dict[int, int]:
    folders = [one.id for one in removals if one.kind == "folder"]
    if not folders:
        return {}
    seen = and_(item_visible(actor, File, "file", gone=True), not_kept_from(actor))
    stmt = select(File.removal_id, func.count()).where(File.removal_id.in_(folders), seen).group_by(File.removal_id)
    return dict.fromkeys(folders, 0) | {row[0] or 0: row[1] for row in db.session.execute(stmt)}


def kept_until(removal: FileRemoval) -> datetime:
    """When it goes for good, unless somebody brings it back."""
    return removal.created_at + KEPT


def overdue(limit: int) -> list[int]:
    """What has lain in a bin for too long, the oldest first. For the house."""
    stmt = select(FileRemoval.id).where(FileRemoval.created_at <= now() - KEPT).order_by(FileRemoval.id).limit(limit)
    return list(db.session.scalars(stmt))


def removal_for(actor: Actor, space: Space, number: int) -> FileRemoval:
    """One thing in the bin of a space. Raises NotFound."""
    return door(actor, FileRemoval, FileRemoval.id == number, FileRemoval.space_id == space.id, options=_options())


def _options() -> tuple[Any, ...]:
    return (joinedload(FileRemoval.remover),)
