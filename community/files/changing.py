"""What can change about files and folders where they stand: names, words, tags, and who reads them."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Invalid, _l
from community.extensions import db
from community.files.drops import refuse_names
from community.files.models import File, Folder
from community.files.names import checked_name, folder_key
from community.files.places import (
    CHOOSABLE,
    checked_description,
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
)
from community.files.queries import path_key
from community.items.models import AUDIENCES
from community.items.rules import check_audience, is_staff
from community.items.tags import checked_tags
from community.locks.queries import refuse_locked
from community.permissions import Actor, require, visible
from community.spaces.models import Space
from community.spaces.turns import take_turn


def space_of(thing: File | Folder) -> Space:
    """The space of a file or folder."""
    return db.session.get_one(Space, thing.space_id)


def around(thing: File | Folder) -> Folder | None:
    """The folder that a file or folder lies in, None at the top."""
    number = thing.folder_id if isinstance(thing, File) else thing.parent_id
    return db.session.get_one(Folder, number) if number is not None else None


@action
def rename_file(actor: Actor, file: File, *, name: str, keep_both: bool = False, base: str | None = None) -> File:
    """Give a file another name in its folder. Its old address leads to it. Where the name is in use, `keep_both` takes the next
    that is free (`Planner (2).docx`), else Invalid("name") says which that would be.

    Raises Conflict when `base` is given and is not the SHA-256 of what stands, Invalid("name"), Denied, NotFound.
    """
    require(actor, "rename", file)
    name = checked_name(name)
    take_turn(file.space_id)
    lock_file(file)
    refuse_stale(file, base)
    refuse_locked(actor, file)
    refuse_names(actor, file)
    space, folder = space_of(file), around(file)
    name = free_name(space, name, folder, keep_both=keep_both, mine=file)
    if name == file.name:
        nothing_changed()
        return file
    old, key = path_in(folder, file.name), path_key(name, file.folder_id)
    if key != file.path_key:
        keep_address(space.id, old, file=file)
    file.name, file.path_key, file.updated_at = name, key, now()
    record("file.renamed", actor, file)
    return file


@action
def rename_folder(actor: Actor, folder: Folder, *, name: str, keep_both: bool = False) -> Folder:
    """Give a folder another name; the addresses of all in it follow, and the old ones lead there. `keep_both` as for a file.
    Raises Invalid("name"), Denied, NotFound.
    """
    require(actor, "change", folder)
    name = checked_name(name)
    take_turn(folder.space_id)
    space, parent = space_of(folder), around(folder)
    lock_folder(actor, space, folder, "change")
    refuse_locked(actor, folder)
    name = free_name(space, name, parent, keep_both=keep_both, mine=folder)
    if name == folder.name:
        nothing_changed()
        return folder
    old = folder.path
    folder.name, folder.path = name, path_in(parent, name)
    key = folder_key(folder.path)
    if key != folder.path_key:
        keep_address(space.id, old, folder=folder)
    folder.path_key, folder.updated_at = key, now()
    db.session.flush()
    put_paths(folder)
    forget()
    record("folder.renamed", actor, folder)
    return folder


@action
def describe_folder(actor: Actor, folder: Folder, *, description: str) -> Folder:
    """Say in plain words what a folder is for. Raises Invalid("description"), Denied, NotFound."""
    require(actor, "change", folder)
    lock_folder(actor, space_of(folder), folder, "change")
    description = checked_description(description)
    if description == folder.description:
        nothing_changed()
        return folder
    folder.description, folder.updated_at = description, now()
    record("folder.described", actor, folder)
    return folder


@action
def tag_file(actor: Actor, file: File, *, tags: Iterable[str]) -> File:
    """Give a file these tags and no others. Raises Invalid("tags"), Denied, NotFound."""
    require(actor, "describe", file)
    wanted = checked_tags(tags)
    lock_file(file)
    if wanted == file.tags:
        nothing_changed()
        return file
    file.tags = wanted
    record("file.tagged", actor, file)
    return file


def _wanted(audience: str, space: Space, folder: Folder | None) -> str:
    """Raises Invalid("audience") for none of ours, or one that is wider than the folder around."""
    wanted = check_audience(audience, space, allowed=CHOOSABLE)
    if fitting(wanted, space, folder) != wanted:
        raise Invalid(
            "audience", _l("Fewer people see the folder around it. Open that one first, or choose fewer here.")
        )
    return wanted


@action
def share_file(actor: Actor, file: File, *, audience: str) -> File:
    """Choose who reads a file: never more people than see its folder. Raises Invalid("audience"), Denied, NotFound."""
    require(actor, "share", file)
    take_turn(file.space_id)
    lock_file(file)
    wanted = _wanted(audience, space_of(file), around(file))
    if wanted == file.audience:
        nothing_changed()
        return file
    file.audience, file.updated_at = wanted, now()
    record("file.shared", actor, file, audience=wanted)
    return file


@action
def share_folder(actor: Actor, folder: Folder, *, audience: str, inside: bool = False) -> int:
    """Choose who sees a folder. Fewer people: what is inside has no more readers than it, and the answer is how many files and
    folders have fewer now. More people: what is inside stays as it is, and the answer is 0; with `inside` also what was for the
    same people as the folder opens, as far as the actor made it or is staff, and the answer is how many did.

    Raises Invalid("audience"), Denied, NotFound.
    """
    require(actor, "share", folder)
    take_turn(folder.space_id)
    space, parent = space_of(folder), around(folder)
    lock_folder(actor, space, folder, "share")
    wanted, was = _wanted(audience, space, parent), folder.audience
    if wanted == was:
        nothing_changed()
        return 0
    folder.audience, folder.updated_at = wanted, now()
    db.session.flush()
    wider = AUDIENCES.index(wanted) > AUDIENCES.index(was)
    changed = 0 if wider else narrow_below(folder)
    if wider and inside:
        changed = _open_below(actor, folder, was)
    record("folder.shared", actor, folder, audience=wanted, changed=changed)
    return changed


def _open_below(actor: Actor, folder: Folder, was: str) -> int:
    """Let those who see a folder read what was for the same people as the folder before. What another made stays as it is, and so
    does what lies in a folder that stays closed."""
    changed = 0
    todo = [folder.id]
    mine = () if is_staff(actor, folder) else (actor.id,)
    while todo:
        here = todo.pop()
        for model, inside in ((Folder, Folder.parent_id == here), (File, File.folder_id == here)):
            stmt = select(model.id).where(inside, visible(actor, model), model.audience == was)
            if mine:
                stmt = stmt.where(model.author_id.in_(mine))
            found = list(db.session.scalars(stmt))
            db.session.execute(
                update(model).where(model.id.in_(found)).values(audience=folder.audience),
                execution_options={"synchronize_session": False},
            )
            changed += len(found)
            todo += found if model is Folder else []
    forget()
    return changed
