"""What can happen to files and folders. Bytes are safe in the storage before an action begins; a row is what makes them a file."""

from __future__ import annotations

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.files.drops import as_sent, refuse_folders
from community.files.models import File, FileVersion, Folder
from community.files.names import checked_name, folder_key
from community.files.pdf import Read
from community.files.queries import path_key
from community.files.storage import Stored
from community.files.text import put_text
from community.items.models import AUDIENCES
from community.items.rules import check_audience, default_audience
from community.markup import clean_text
from community.permissions import Actor, may, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id
from community.spaces.turns import take_turn

MAX_DESCRIPTION = 2_000
MAX_NOTE = 300
DEEPEST = 32
"""Folders within folders."""


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
    _lock_folder(actor, space, folder)
    sent = as_sent(actor, folder, name)
    name = sent.name
    known = _named(space, name, folder)
    if known is not None:
        return _replace(actor, known, stored, media_type, description, base, note)
    if base:
        raise Conflict(_l("Somebody took this file away meanwhile. Send yours without a base to make it new."))
    _refuse_taken(space, name, folder)
    at = now()
    file = File(
        space_id=space.id,
        folder_id=folder.id if folder else None,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        name=name,
        path_key=path_key(name, folder.id if folder else None),
        description=_description(description or ""),
        media_type=media_type,
        size=stored.size,
        sha256=stored.sha256,
        storage_key=stored.key,
        version=1,
        audience=_audience(audience if not sent.gathered else None, space, folder),
        gathered=sent.gathered,
        late=sent.late,
        created_at=at,
        updated_at=at,
    )
    db.session.add(file)
    db.session.flush()
    _keep_version(actor, file, note)
    record("file.uploaded", actor, file, size=stored.size, version=1)
    return file


def _audience(audience: str | None, space: Space, folder: Folder | None) -> str:
    """Who reads what is made in a folder: as chosen, else as its folder, and never more people than see the folder."""
    wide = folder.audience if folder is not None else default_audience(space)
    wanted = check_audience(audience or wide, space, allowed=("coach", "space", "organisation"))
    if folder is not None and AUDIENCES.index(wanted) > AUDIENCES.index(wide):
        return wide
    return wanted


def _keep_version(actor: Actor, file: File, note: str) -> None:
    """A row for the version that stands now."""
    note = " ".join(clean_text(note).split())
    if len(note) > MAX_NOTE:
        raise Invalid("note", _l("Use up to %(limit)d characters to say what is new."), limit=MAX_NOTE)
    db.session.add(
        FileVersion(
            file_id=file.id,
            number=file.version,
            storage_key=file.storage_key,
            sha256=file.sha256,
            size=file.size,
            media_type=file.media_type,
            author_id=actor.id,
            created_at=file.updated_at,
            note=note,
        )
    )


def _lock_folder(actor: Actor, space: Space, folder: Folder | None) -> None:
    """Read a folder of this space again and hold its row, so that nothing is put where it no longer is. Raises NotFound, Denied."""
    if folder is None:
        return
    db.session.refresh(folder, ["path", "path_key", "audience", "deleted_at", "space_id"], with_for_update=True)
    if folder.deleted_at is not None or folder.space_id != space.id:
        raise NotFound()
    require(actor, "add", folder)


def _refuse_taken(space: Space, name: str, folder: Folder | None) -> None:
    """A file and a folder of one name in one place could not be told apart by their address."""
    path = f"{folder.path}/{name}" if folder is not None else name
    stmt = select(Folder.id).where(Folder.space_id == space.id, Folder.path_key == folder_key(path))
    if db.session.scalar(stmt) is not None:
        raise Invalid("name", _l("Use another name: this one is in use."))


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
    _lock_folder(actor, space, parent)
    refuse_folders(parent)
    _refuse_taken(space, name, parent)
    if _named(space, name, parent) is not None:
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
        description=_description(description),
        audience=_audience(audience, space, parent),
        created_at=at,
        updated_at=at,
    )
    db.session.add(folder)
    record("folder.created", actor, folder)
    return folder


def _named(space: Space, name: str, folder: Folder | None) -> File | None:
    key = path_key(name, folder.id if folder is not None else None)
    stmt = select(File).where(File.space_id == space.id, File.path_key == key)
    return db.session.scalars(stmt.with_for_update().execution_options(populate_existing=True)).one_or_none()


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
    _refuse_stale(file, base)
    if description is not None:
        describe_file(actor, file, description=description)
    if stored.sha256 == file.sha256:
        nothing_changed()  # besides the description, which says so itself
        return file
    file.storage_key, file.sha256, file.size = stored.key, stored.sha256, stored.size
    file.media_type, file.version, file.updated_at = media_type, file.version + 1, now()
    _keep_version(actor, file, note)
    record("file.replaced", actor, file, size=stored.size, version=file.version)
    return file


@action
def describe_file(actor: Actor, file: File, *, description: str, base: str | None = None) -> File:
    """Say in plain words what a file is. Raises Conflict when `base` is given and is not the SHA-256 of what stands,
    Invalid("description"), Denied, NotFound.
    """
    require(actor, "describe", file)
    _lock(file)
    _refuse_stale(file, base)
    description = _description(description)
    if description == file.description:
        nothing_changed()
        return file
    file.description, file.updated_at = description, now()
    record("file.described", actor, file)
    return file


@action
def delete_file(actor: Actor, file: File, *, base: str | None = None) -> None:
    """Take a file away. Its name is free for another; its versions stay, reachable by nobody.
    Raises Conflict when `base` is given and is not the SHA-256 of what stands, Denied, NotFound.
    """
    require(actor, "delete", file)
    _lock(file)
    _refuse_stale(file, base)
    file.path_key = f"/{file.id}"  # no name begins with a slash
    file.deleted_at = file.updated_at = now()
    record("file.deleted", actor, file)


@action
def keep_text(actor: Actor, file: File, *, sha256: str, read: Read | None) -> None:
    """Keep the words that were read of the version with this checksum, None for "nothing could be read". For the house itself.

    Nothing happens when the file was replaced or taken away meanwhile. Raises Denied.
    """
    if not actor.is_system:
        raise Denied()
    db.session.refresh(file, ["sha256", "deleted_at"], with_for_update=True)
    if file.sha256 != sha256 or file.deleted_at is not None:
        nothing_changed()
        return
    kept = put_text(file, read)
    record("file.text-read", actor, file, state=kept.state, pages=kept.page_count)


def _refuse_stale(file: File, base: str | None) -> None:
    if base is not None and base != file.sha256:
        raise Conflict(_l("Somebody changed this file meanwhile. Look at it, then send yours again."))


def _description(words: str) -> str:
    words = clean_text(words).strip()
    if len(words) > MAX_DESCRIPTION:
        raise Invalid(
            "description", _l("Use up to %(limit)d characters; a longer text is a page."), limit=MAX_DESCRIPTION
        )
    return words


def _lock(file: File) -> None:
    """Read the file again and hold its row."""
    db.session.refresh(
        file, ["path_key", "description", "sha256", "deleted_at", "space_id", "author_id"], with_for_update=True
    )
    if file.deleted_at is not None:
        raise NotFound()
