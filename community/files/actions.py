"""What can happen to files. The bytes are safe in the storage before an action begins; the row is what makes them a file."""

from __future__ import annotations

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.files.models import File
from community.files.names import checked_name
from community.files.queries import path_key
from community.files.reading import Read, Why
from community.files.storage import Stored
from community.files.text import put_text
from community.items.rules import check_audience, default_audience
from community.markup import clean_text
from community.permissions import Actor, may, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id
from community.spaces.turns import take_turn

MAX_DESCRIPTION = 2_000


@action
def upload_file(
    actor: Actor,
    space: Space,
    *,
    name: str,
    stored: Stored,
    media_type: str = "application/octet-stream",
    description: str | None = None,
    audience: str | None = None,
    base: str | None = None,
) -> File:
    """Make stored bytes a file of a space, or the next version of the file of that name.

    `media_type` is what the bytes are (`incoming.receive` tells), not what the sender called them. The bytes of an earlier version
    stay in the storage. `base` is the SHA-256 of the version that the sender means to replace, or "" for "only if there is none".
    Raises Conflict when something else stands there, Invalid (name, description, audience), Denied, NotFound.
    """
    require(actor, "upload", space)
    name = checked_name(name)
    take_turn(space.id)
    known = _named(space, name)
    if known is not None:
        return _replace(actor, known, stored, media_type, description, base)
    if base:
        raise Conflict(_l("Somebody took this file away meanwhile. Send yours without a base to make it new."))
    at = now()
    file = File(
        space_id=space.id,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        name=name,
        path_key=path_key(name),
        description=_description(description or ""),
        media_type=media_type,
        size=stored.size,
        sha256=stored.sha256,
        storage_key=stored.key,
        version=1,
        audience=check_audience(audience or default_audience(space), space, allowed=("coach", "space", "organisation")),
        created_at=at,
        updated_at=at,
    )
    db.session.add(file)
    record("file.uploaded", actor, file, size=stored.size, version=1)
    return file


def _named(space: Space, name: str) -> File | None:
    stmt = select(File).where(File.space_id == space.id, File.path_key == path_key(name))
    return db.session.scalars(stmt.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _replace(
    actor: Actor, file: File, stored: Stored, media_type: str, description: str | None, base: str | None
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
    kept = file.storage_key
    file.storage_key, file.sha256, file.size = stored.key, stored.sha256, stored.size
    file.media_type, file.version, file.updated_at = media_type, file.version + 1, now()
    record("file.replaced", actor, file, size=stored.size, version=file.version, kept=kept)
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
    """Take a file away. Its name is free for another; its bytes stay in the storage, reachable by nobody.
    Raises Conflict when `base` is given and is not the SHA-256 of what stands, Denied, NotFound.
    """
    require(actor, "delete", file)
    _lock(file)
    _refuse_stale(file, base)
    file.path_key = f"{file.path_key}/{file.id}"  # no name has a slash
    file.deleted_at = file.updated_at = now()
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
