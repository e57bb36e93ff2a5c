"""What can happen to files and folders. Bytes are safe in the storage before an action begins; a row is what makes them a file."""

from __future__ import annotations

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, _l
from community.extensions import db
from community.files.drops import as_sent, refuse_folders
from community.files.links import SHORTCUT, href_in
from community.files.models import File, FileVersion, Folder
from community.files.names import checked_name, folder_key
from community.files.places import (
    DEEPEST,
    audience_in,
    checked_description,
    checked_note,
    file_named,
    lock_file,
    lock_folder,
    refuse_stale,
    refuse_taken,
    throw_file,
)
from community.files.queries import path_key
from community.files.reading import Read, Why
from community.files.room import take_room
from community.files.storage import Stored
from community.files.text import put_text
from community.locks.holding import let_go
from community.locks.queries import refuse_locked
from community.permissions import Actor, may, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id
from community.spaces.turns import take_turn


@action
def upload_file(
    actor: Actor,
    space: Space,
    *,
    name: str,
    stored: Stored,
    media_type: str = "application/octet-stream",
    folder: Folder | None = None,
    description: str | None = None,
    audience: str | None = None,
    base: str | None = None,
    note: str = "",
) -> File:
    """Make stored bytes a file of a space, in a folder or at the top, or the next version of the file of that name there.

    `media_type` is what the bytes are (`incoming.receive` tells), not what the sender called them. The bytes of an earlier version
    are kept as that version. `base` is the SHA-256 of the version that the sender means to replace, or "" for "only if there is
    none"; `note` says in a few words what is new. Nobody reads a file who does not see its folder.
    Raises Conflict when something else stands there, Invalid (name, description, audience, note), Denied, NotFound.
    """
    require(actor, "upload", space)
    name = checked_name(name)
    take_turn(space.id)
    lock_folder(actor, space, folder)
    sent = as_sent(actor, folder, name)
    name = sent.name
    known = file_named(space, name, folder)
    if known is not None:
        return _replace(actor, known, stored, media_type, description, base, note)
    if base:
        raise Conflict(_l("Somebody took this file away meanwhile. Send yours without a base to make it new."))
    refuse_taken(space, name, folder)
    take_room(actor, space, stored.size)
    at, href = now(), href_in(name, stored)
    file = File(
        space_id=space.id,
        folder_id=folder.id if folder else None,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        name=name,
        path_key=path_key(name, folder.id if folder else None),
        description=checked_description(description or ""),
        media_type=SHORTCUT if href else media_type,
        href=href,
        size=stored.size,
        sha256=stored.sha256,
        storage_key=stored.key,
        version=1,
        audience=audience_in(audience if not sent.gathered else None, space, folder),
        gathered=sent.gathered,
        late=sent.late,
        created_at=at,
        updated_at=at,
    )
    db.session.add(file)
    db.session.flush()
    _keep_version(actor, file, stored, note)
    record("file.uploaded", actor, file, size=stored.size, version=1)
    return file


def _keep_version(actor: Actor, file: File, stored: Stored, note: str) -> None:
    """A row for the version that stands now."""
    db.session.add(
        FileVersion(
            file_id=file.id,
            number=file.version,
            storage_key=file.storage_key,
            sha256=file.sha256,
            size=file.size,
            media_type=file.media_type,
            cleaned=stored.cleaned,
            author_id=actor.id,
            created_at=file.updated_at,
            note=checked_note(note),
        )
    )


@action
def create_folder(
    actor: Actor,
    space: Space,
    *,
    name: str,
    parent: Folder | None = None,
    description: str = "",
    audience: str | None = None,
) -> Folder:
    """Make a folder, in another or at the top. `audience` None: that of the folder around it.

    Raises Invalid (name, description, audience), Denied, NotFound.
    """
    require(actor, "upload", space)
    name = checked_name(name)
    take_turn(space.id)
    lock_folder(actor, space, parent)
    refuse_folders(parent)
    refuse_taken(space, name, parent)
    if file_named(space, name, parent) is not None:
        raise Invalid("name", _l("Use another name: this one is in use."))
    depth = parent.depth + 1 if parent is not None else 1
    if depth > DEEPEST:
        raise Invalid("name", _l("Folders go %(limit)d deep. Make this one higher up."), limit=DEEPEST)
    path, at = f"{parent.path}/{name}" if parent is not None else name, now()
    folder = Folder(
        space_id=space.id,
        parent_id=parent.id if parent is not None else None,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        name=name,
        path=path,
        path_key=folder_key(path),
        depth=depth,
        description=checked_description(description),
        audience=audience_in(audience, space, parent),
        created_at=at,
        updated_at=at,
    )
    db.session.add(folder)
    record("folder.created", actor, folder)
    return folder


def _replace(
    actor: Actor,
    file: File,
    stored: Stored,
    media_type: str,
    description: str | None,
    base: str | None,
    note: str,
) -> File:
    if not may(actor, "replace", file):
        # The same sentence whether they may not replace it or may not know of it.
        raise Invalid("name", _l("Use another name: this one is in use."))
    refuse_stale(file, base)
    if stored.sha256 != file.sha256:
        refuse_locked(actor, file)
    if description is not None:
        describe_file(actor, file, description=description)
    if stored.sha256 == file.sha256:
        nothing_changed()  # besides the description, which says so itself
        return file
    take_room(actor, db.session.get_one(Space, file.space_id), stored.size, older=file.size)
    file.storage_key, file.sha256, file.size = stored.key, stored.sha256, stored.size
    file.href = href_in(file.name, stored)
    file.media_type, file.version, file.updated_at = SHORTCUT if file.href else media_type, file.version + 1, now()
    _keep_version(actor, file, stored, note)
    record("file.replaced", actor, file, size=stored.size, version=file.version)
    return file


def plan_upload(
    actor: Actor,
    space: Space,
    *,
    name: str,
    folder: Folder | None = None,
    description: str | None = None,
    audience: str | None = None,
    base: str | None = None,
    note: str = "",
) -> None:
    """What `upload_file` would refuse of these words as things stand, for who is about to send the bytes. Raises what it raises."""
    require(actor, "upload", space)
    if folder is not None:
        require(actor, "add", folder)
    name = as_sent(actor, folder, checked_name(name)).name
    checked_description(description or "")
    checked_note(note)
    audience_in(audience, space, folder)
    known = file_named(space, name, folder)
    if known is None:
        refuse_taken(space, name, folder)
        if base:
            raise Conflict(_l("Somebody took this file away meanwhile. Send yours without a base to make it new."))
        return
    if not may(actor, "replace", known):
        raise Invalid("name", _l("Use another name: this one is in use."))
    refuse_stale(known, base)


@action
def describe_file(actor: Actor, file: File, *, description: str, base: str | None = None) -> File:
    """Say in plain words what a file is. Raises Conflict when `base` is given and is not the SHA-256 of what stands,
    Invalid("description"), Denied, NotFound.
    """
    require(actor, "describe", file)
    lock_file(file)
    refuse_stale(file, base)
    description = checked_description(description)
    if description == file.description:
        nothing_changed()
        return file
    file.description, file.updated_at = description, now()
    record("file.described", actor, file)
    return file


@action
def delete_file(actor: Actor, file: File, *, base: str | None = None) -> None:
    """Put a file into the bin of its space. Its name is free for another; its versions stay until it goes for good.
    Raises Conflict when `base` is given and is not the SHA-256 of what stands, Denied, NotFound.
    """
    require(actor, "delete", file)
    lock_file(file)
    refuse_stale(file, base)
    refuse_locked(actor, file)
    throw_file(actor, file)
    let_go(file)
    record("file.deleted", actor, file)


@action
def keep_text(actor: Actor, file: File, *, sha256: str, read: Read | None, why: Why = "damaged") -> None:
    """Keep the words that were read of the version with this checksum, None for "nothing could be read", and why. For the house.

    Nothing happens when the file was replaced or taken away meanwhile. Raises Denied.
    """
    if not actor.is_system:
        raise Denied()
    db.session.refresh(file, ["sha256", "deleted_at"], with_for_update=True)
    if file.sha256 != sha256 or file.deleted_at is not None:
        nothing_changed()
        return
    kept = put_text(file, read, why)
    record("file.text-read", actor, file, state=kept.state, pages=kept.page_count)
