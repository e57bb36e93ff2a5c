"""The versions of a file: each with who sent it, when, and what was new. An earlier one comes back as a new one; nothing is
overwritten.

Versions are thinned out (`thinning`) by a job of the day, or when somebody says so. The bytes of what goes are swept later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.orm import joinedload

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.files.actions import upload_file
from community.files.changing import around, space_of
from community.files.models import File, FileVersion
from community.files.places import MAX_NOTE, lock_file, refuse_stale
from community.files.room import Thinning, charge
from community.files.storage import Stored
from community.files.thinning import Kept, to_make_room, to_thin
from community.markup import clean_text
from community.permissions import SYSTEM, Actor, require, sees
from community.spaces.turns import take_turn

LIST = 50
MAX_NAME = 80
_AS_IT_IS = {"synchronize_session": False}


@dataclass(frozen=True)
class Versions:
    """A stretch of the versions of a file, the newest first, with who sent them. `next` is the `before` of the following one."""

    items: list[FileVersion]
    next: int | None


def versions_of(actor: Actor, file: File, *, before: int | None = None, limit: int = LIST) -> Versions:
    """The versions that are kept, the one that stands included. One query. Raises NotFound."""
    if not sees(actor, file):
        raise NotFound()
    limit = max(1, min(limit, 200))
    stmt = select(FileVersion).where(FileVersion.file_id == file.id).options(joinedload(FileVersion.author))
    if before is not None:
        stmt = stmt.where(FileVersion.number < before)
    found = list(db.session.scalars(stmt.order_by(FileVersion.number.desc()).limit(limit + 1)))
    return Versions(found[:limit], found[limit - 1].number if len(found) > limit else None)


def version_numbered(actor: Actor, file: File, number: int) -> FileVersion:
    """One version, with who sent it: its bytes are `storage_key`. Raises NotFound."""
    if not sees(actor, file):
        raise NotFound()
    stmt = select(FileVersion).where(FileVersion.file_id == file.id, FileVersion.number == number)
    found = db.session.scalars(stmt.options(joinedload(FileVersion.author))).one_or_none()
    if found is None:
        raise NotFound()
    return found


@action
def restore_version(actor: Actor, file: File, *, number: int, base: str | None = None, note: str = "") -> File:
    """Make an earlier version the newest one: what stands now stays below it. Raises Conflict when `base` is given and is not the
    SHA-256 of what stands, Invalid("version") for what stands already, Denied, NotFound.
    """
    require(actor, "replace", file)
    take_turn(file.space_id)
    lock_file(file)
    refuse_stale(file, base)
    known = version_numbered(actor, file, number)
    if known.storage_key == file.storage_key or (known.sha256 and known.sha256 == file.sha256):
        raise Invalid("version", _l("This is what stands already."))
    if not known.sha256:
        raise Conflict(_l("This version is still being looked at. Try again tomorrow."))
    return upload_file(
        actor,
        space_of(file),
        name=file.name,
        stored=Stored(known.storage_key, known.sha256, known.size, known.cleaned),
        media_type=known.media_type,
        folder=around(file),
        note=note,
    )


@action
def name_version(
    actor: Actor, file: File, *, number: int, name: str | None = None, note: str | None = None
) -> FileVersion:
    """Give a version a name, so that it is never thinned out ("" takes it away), or say anew what was new in it. What is None
    stays. Raises Invalid (`name`, `note`), Denied, NotFound.
    """
    require(actor, "replace", file)
    lock_file(file)
    known = version_numbered(actor, file, number)
    wanted = " ".join(clean_text(name).split()) if name is not None else known.name
    words = " ".join(clean_text(note).split()) if note is not None else known.note
    if len(wanted) > MAX_NAME:
        raise Invalid("name", _l("Use a name of up to %(limit)d characters."), limit=MAX_NAME)
    if len(words) > MAX_NOTE:
        raise Invalid("note", _l("Use up to %(limit)d characters to say what is new."), limit=MAX_NOTE)
    if (wanted, words) == (known.name, known.note):
        nothing_changed()
        return known
    known.name, known.note = wanted, words
    record("file.version-named", actor, file, version=number)
    return known


@action
def delete_version(actor: Actor, file: File, *, number: int) -> None:
    """Take one earlier version away for good. Raises Invalid("version") for the one that stands, Denied, NotFound."""
    require(actor, "delete", file)
    lock_file(file)
    known = version_numbered(actor, file, number)
    if number == db.session.scalar(select(File.version).where(File.id == file.id)):
        raise Invalid("version", _l("This version stands. Send the next one first, or delete the file."))
    db.session.delete(known)
    charge(file.space_id or 0, known.author_id, versions=-known.size)
    record("file.version-removed", actor, file, version=number)


@action
def thin_file(actor: Actor, file: File) -> int:
    """Take away the earlier versions of a file that are one too many. Gives how many went. For whoever may delete the file, and
    for the house. Raises Denied, NotFound.
    """
    if not actor.is_system:
        require(actor, "delete", file)
    lock_file(file)
    mine = select(FileVersion).where(FileVersion.file_id == file.id)
    going = to_thin([_kept(one) for one in db.session.scalars(mine)], now())
    if not going:
        nothing_changed()
        return 0
    _take(actor, file, going)
    return len(going)


def _kept(one: FileVersion) -> Kept:
    return Kept(one.number, one.created_at, one.size, bool(one.name))


def _take(actor: Actor, file: File, numbers: Collection[int]) -> None:
    gone = (FileVersion.file_id == file.id, FileVersion.number.in_(numbers), FileVersion.name == "")
    sizes = select(FileVersion.author_id, func.sum(FileVersion.size)).where(*gone).group_by(FileVersion.author_id)
    for person_id, size in db.session.execute(sizes.order_by(FileVersion.author_id)).all():
        charge(file.space_id or 0, person_id, versions=-int(size))
    db.session.execute(delete(FileVersion).where(*gone), execution_options=_AS_IT_IS)
    record("file.thinned", actor, file, versions=sorted(numbers)[-50:], count=len(numbers))


def earlier_in(space_id: int) -> Iterable[tuple[FileVersion, File]]:
    """The earlier versions of the files that stand in a space."""
    stmt = (
        select(FileVersion, File)
        .join(File, File.id == FileVersion.file_id)
        .where(File.space_id == space_id, File.deleted_at.is_(None), FileVersion.number != File.version)
    )
    return ((row[0], row[1]) for row in db.session.execute(stmt))


@action
def thin_space(actor: Actor, space_id: int, *, room: int) -> int:
    """Take earlier versions of a space away, the oldest first, until all of them take at most `room` bytes; what has a name stays.
    Gives the bytes that were freed. For the house alone, and within an upload that needs the room. Raises Denied.
    """
    if not actor.is_system:
        raise Denied()
    known = {one.id: (one, file) for one, file in earlier_in(space_id)}
    kept = [Kept(number, one.created_at, one.size, bool(one.name)) for number, (one, _file) in known.items()]
    going = to_make_room(kept, room)
    of_file: dict[int, list[int]] = {}
    freed = 0
    for number in going:
        one, file = known[number]
        of_file.setdefault(file.id, []).append(one.number)
        freed += one.size
    for file_id, numbers in of_file.items():
        # Its row held: who gives a version a name at this moment keeps it.
        _take(actor, db.session.get_one(File, file_id, populate_existing=True, with_for_update=True), numbers)
    if not going:
        nothing_changed()
    return freed


def _could_free(space_id: int) -> int:
    """Bytes of the earlier versions of a space that may go when something new needs the room."""
    return sum(one.size for one, _file in earlier_in(space_id) if not one.name)


def _free(space_id: int, wanted: int) -> int:
    """Let the oldest versions go for what comes, as many bytes as it wants or there are."""
    held = sum(one.size for one, _file in earlier_in(space_id))
    return thin_space(SYSTEM, space_id, room=max(0, held - wanted))


Thinning.could_free, Thinning.free = staticmethod(_could_free), staticmethod(_free)
