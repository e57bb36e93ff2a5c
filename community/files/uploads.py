"""Uploads that survive a broken line: announced first, sent in as many pieces as it takes, then made a file.

Each piece is kept as parts of at most PART bytes, and what counts is a part's row: it is written, with the new offset, when the
bytes are safe in the storage. So a line that breaks loses what was on its way, a process that is killed loses a part at most, and
nobody ever sees half a file. Who writes holds a lease, so that two who send the same piece at once cannot both be believed.

    begin_upload     rights, name, size and room are asked here, before a byte is sent
    take             the bytes of one piece, from the offset on (taking)
    finish           puts the parts together and makes them a file, through `upload_file`, as everything does (finishing)
    finish_again     what failed, under another name or as the next version: nothing was lost
    end_upload, sweep

The protocol (tus 1.0.0) is spoken by blueprints/api/uploads.py; nothing here knows of it.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import joinedload

from community.clock import now
from community.errors import Conflict, NotFound, TooMany, _l
from community.extensions import db, write_unit
from community.files.actions import plan_upload
from community.files.finishing import (
    AT_ONCE,
    KEPT,
    finish_here,
    forget_parts,
    order,
    order_what_was_given_up,
)
from community.files.incoming import refuse_name
from community.files.models import File, Folder
from community.files.names import checked_name
from community.files.places import checked_note
from community.files.room import BOUNDS, check_room, forget_warnings
from community.files.storage import TooLarge
from community.files.upload_tables import OPEN, Upload, UploadPart
from community.permissions import Actor, require
from community.spaces.models import Space
from community.spaces.turns import take_turn

MOST_OPEN = 1_000
_WITH = (joinedload(Upload.space), joinedload(Upload.folder))


class Gone(NotFound):
    """The upload waited too long."""

    def __init__(self) -> None:
        super().__init__(_l("This upload waited too long and is gone. Send the file again."))


# ---- beginning ------------------------------------------------------------------------------------------------------


def begin_upload(
    actor: Actor,
    space: Space,
    *,
    name: str,
    length: int,
    folder: Folder | None = None,
    description: str | None = None,
    audience: str | None = None,
    base: str | None = None,
    note: str = "",
) -> Upload:
    """Announce `length` bytes that are to become a file of a space; the words are those of `upload_file`.

    Raises Invalid (name, audience, description, note), TooLarge, NoRoom, Conflict (`base` is not what stands), TooMany, Denied,
    NotFound: all of it before a byte is sent.
    """
    require(actor, "upload", space)
    name = checked_name(name)
    refuse_name(name)
    if BOUNDS.file and length > BOUNDS.file:
        raise TooLarge(BOUNDS.file)
    plan_upload(
        actor, space, name=name, folder=folder, description=description, audience=audience, base=base, note=note
    )
    person, at, folder_id = actor.id, now(), folder.id if folder is not None else None
    assert person is not None, "the house itself sends nothing in pieces"
    token = secrets.token_urlsafe(32)
    with write_unit():
        take_turn(space.id)
        check_room(space, person, length)
        waiting = select(func.count()).select_from(Upload).where(Upload.person_id == person, Upload.state.in_(OPEN))
        if (db.session.scalar(waiting) or 0) >= MOST_OPEN:
            raise TooMany(3600, _l("You have very many uploads open. Finish or stop some of them first."))
        upload = Upload(
            token=token,
            person_id=person,
            space_id=space.id,
            folder_id=folder_id,
            name=name,
            description=description,
            audience=audience,
            base=base,
            note=checked_note(note),
            length=length,
            offset=0,
            state="sending" if length else "finishing",
            created_at=at,
            expires_at=at + KEPT,
        )
        db.session.add(upload)
        db.session.flush()
        if not length:
            order(upload.id, 0, length)
    if not length:
        finish_here(upload.id)
    return upload_for(actor, token)


def upload_for(actor: Actor, token: str) -> Upload:
    """The upload of that name, for who began it. Raises NotFound: the same for nobody's and for somebody else's; Gone for one's own
    that waited too long.
    """
    stmt = select(Upload).where(Upload.token == token, Upload.person_id == actor.id, Upload.state != "ended")
    found = db.session.scalars(stmt.options(*_WITH).execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    if found.expires_at <= now():
        raise Gone()
    return found


def uploads_of(actor: Actor, *, before: int | None = None, limit: int = 50) -> tuple[list[Upload], int | None]:
    """What somebody sends that is no file yet, the newest first, and the `before` of what follows."""
    stmt = select(Upload).where(Upload.person_id == actor.id, Upload.state.in_(OPEN), Upload.expires_at > now())
    if before is not None:
        stmt = stmt.where(Upload.id < before)
    stmt = stmt.options(*_WITH).order_by(Upload.id.desc()).limit(limit + 1)
    found = list(db.session.scalars(stmt))
    return found[:limit], found[limit - 1].id if len(found) > limit else None


# ---- finishing, ending ---------------------------------------------------------------------------------------------


def finish_again(
    actor: Actor, token: str, *, name: str | None = None, as_next: bool = False, folder_id: int | None = None
) -> Upload:
    """Finish what failed: under another name, in another folder (`folder_id`, 0 for the top), as the next version of whatever
    stands (`as_next`), or as it was, when what stood in the way is gone. Who wanted to replace
    nothing, or a version, replaces nothing elsewhere. Raises Conflict when it did not fail, Invalid("name"),
    Denied, NotFound.
    """
    upload = upload_for(actor, token)
    require(actor, "upload", upload.space)
    name = checked_name(name) if name is not None else upload.name
    number, length, place = upload.id, upload.length, upload.folder_id if folder_id is None else folder_id or None
    moved = name != upload.name or place != upload.folder_id
    base = (
        None if as_next or upload.base is None else "" if moved else upload.base
    )  # in another place nothing is replaced
    with write_unit():
        held = db.session.get_one(Upload, number, populate_existing=True, with_for_update=True)
        if held.state != "failed" or held.offset < length or held.failure.get("kind") == "lost":
            raise Conflict(_l("There is nothing to finish here."))
        held.name, held.folder_id, held.base, held.state, held.failure = name, place, base, "finishing", {}
        held.tries, held.expires_at = held.tries + 1, now() + KEPT
        order(number, held.tries, length)
    if length <= AT_ONCE:
        finish_here(number)
    return upload_for(actor, token)


# ---- ending ---------------------------------------------------------------------------------------------------------


def end_upload(actor: Actor, token: str) -> None:
    """Stop an upload and forget what came of it; a file that it became stays. Raises NotFound."""
    upload = upload_for(actor, token)
    number = upload.id
    with write_unit():
        _mark_ended(Upload.id == number)
        forget_warnings(upload.space_id)
    _forget(number)


def _mark_ended(*which: Any) -> None:
    stmt = update(Upload).where(*which).values(state="ended", lease=None, leased_until=None)
    db.session.execute(stmt.execution_options(synchronize_session=False))


def _forget(number: int) -> None:
    forget_parts(number)
    with write_unit():
        db.session.execute(delete(Upload).where(Upload.id == number, Upload.state == "ended"))


def sweep() -> int:
    """Let go of what waited too long, of what was stopped halfway, and of the parts of what became a file; have finished what was
    given up. Gives the number of uploads that went.
    """
    at = now()
    with write_unit():
        free = or_(Upload.leased_until.is_(None), Upload.leased_until < at)
        over = (Upload.expires_at <= at, Upload.state != "ended", free)
        spaces = list(db.session.scalars(select(Upload.space_id).where(*over).distinct()))
        _mark_ended(*over)
        for space_id in spaces:
            forget_warnings(space_id)
    ended = list(db.session.scalars(select(Upload.id).where(Upload.state == "ended")))
    held = select(UploadPart.upload_id).join(Upload, Upload.id == UploadPart.upload_id)
    left = list(db.session.scalars(held.where(Upload.state.in_(("done", "failed"))).distinct()))
    for number in left:
        forget_parts(number)
    for number in ended:
        _forget(number)
    order_what_was_given_up()
    return len(ended)


def file_of(upload: Upload) -> File | None:
    """The file that an upload became, if it still is there."""
    file = db.session.get(File, upload.file_id) if upload.file_id is not None else None
    return file if file is not None and file.deleted_at is None else None
