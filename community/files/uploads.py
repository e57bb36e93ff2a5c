"""Uploads that survive a broken line: announced first, sent in as many pieces as it takes, then made a file.

Each piece is kept as parts of at most PART bytes, and what counts is a part's row: it is written, with the new offset, when the
bytes are safe in the storage. So a line that breaks loses what was on its way, a process that is killed loses a part at most, and
nobody ever sees half a file. Who writes holds a lease, so that two who send the same piece at once cannot both be believed.

    begin_upload     rights, name, size and room are asked here, before a byte is sent
    take             the bytes of one piece, from the offset on
    finish           puts the parts together and makes them a file, through `upload_file` as everything; can be done again
    finish_again     what failed, under another name or as the next version: nothing was lost
    end_upload, sweep

The protocol (tus 1.0.0) is spoken by blueprints/api/uploads.py; nothing here knows of it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import joinedload

from community.clock import now
from community.errors import Conflict, Invalid, NotFound, TooMany, _l
from community.extensions import db, write_unit
from community.files.actions import plan_upload
from community.files.finishing import AT_ONCE, KEPT, Busy, finish_here, forget_parts, order, order_what_was_given_up
from community.files.models import File, Folder
from community.files.names import checked_name
from community.files.room import BOUNDS, check_room, forget_warnings
from community.files.storage import Source, Storage, Stored, TooLarge
from community.files.upload_leases import BEAT, LEASE, Lost, change_mine, keep_lease, let_lease_go, take_lease
from community.files.upload_tables import OPEN, Upload, UploadPart
from community.permissions import Actor, require
from community.ports import ports
from community.spaces.models import Space
from community.spaces.turns import take_turn

PART = 32 * 1024 * 1024
"""Bytes that one part holds at most: what a killed process can lose of an upload."""
PART_SECONDS = 20.0
"""A slow line fills a part no longer than this."""
MOST_OPEN = 1_000


class WrongOffset(Conflict):
    """The piece does not begin where the upload ends."""

    def __init__(self, offset: int) -> None:
        super().__init__(_l("This upload stands at byte %(offset)d. Go on from there."), offset=offset)
        self.offset = offset


class TooMuch(Invalid):
    """More bytes came than were announced."""

    def __init__(self) -> None:
        super().__init__("file", _l("More came than was announced for this upload. Begin it anew."))


class Damaged(Invalid):
    """The bytes of a piece are not those that its checksum speaks of; none of them was kept."""

    def __init__(self) -> None:
        super().__init__("file", _l("This piece was damaged on its way. Send it again."))


class Gone(NotFound):
    """The upload waited too long."""

    def __init__(self) -> None:
        super().__init__(_l("This upload waited too long and is gone. Send the file again."))


class Checksum(NamedTuple):
    """What the bytes of one piece must give: `sha256` or `sha1`, and the digest."""

    algorithm: str
    digest: bytes


_WITH = (joinedload(Upload.space), joinedload(Upload.folder))
CHECKSUMS = ("sha256", "sha1")


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
            note=note,
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


# ---- taking ---------------------------------------------------------------------------------------------------------


class _Body:
    """What comes over the line: counted, summed, cut into parts, and a word of life now and then while it comes."""

    def __init__(self, source: Source, beat: Callable[[], None], digest: Any) -> None:
        self._source, self._beat, self._digest = source, beat, digest
        self._beaten = time.monotonic()
        self.ended = False

    def read(self, size: int) -> bytes:
        if self.ended:
            return b""
        piece = self._source.read(size)
        if not piece:
            self.ended = True
        elif self._digest is not None:
            self._digest.update(piece)
        if time.monotonic() - self._beaten >= BEAT:
            self._beat()
            self._beaten = time.monotonic()
        return piece


class _Part:
    """The next `size` bytes of a body, or what came of them in time."""

    def __init__(self, body: _Body, size: int) -> None:
        self._body, self._left, self._until = body, size, time.monotonic() + PART_SECONDS

    def read(self, size: int, /) -> bytes:
        if self._left <= 0 or time.monotonic() > self._until:
            return b""
        piece = self._body.read(min(size, self._left))
        self._left -= len(piece)
        return piece


def take(
    actor: Actor, token: str, *, offset: int, source: Source, size: int | None, checksum: Checksum | None = None
) -> Upload:
    """Keep what the source gives from `offset` on; `size` is how much was promised, None when nobody said. A source that ends early
    (the line broke) leaves what came; with a checksum that is nothing, since nobody can say whether it is right. With the last byte
    the upload is finished, at once when it is small.

    Raises WrongOffset, Busy, TooMuch, Damaged, Conflict (all bytes are here), Denied, NotFound, Gone.
    """
    upload = upload_for(actor, token)
    require(actor, "upload", upload.space)
    if offset != upload.offset:
        raise WrongOffset(upload.offset)
    if upload.state != "sending":
        if size == 0:
            return upload
        raise Conflict(_l("All of this upload is here already."))
    number, length = upload.id, upload.length
    if size is not None and size > length - offset:
        raise TooMuch()
    writer = _Writer(number, length, offset)
    writer.begin()
    db.session.rollback()  # no transaction waits for somebody's slow line
    try:
        with suppress(Lost):
            writer.write(source, size, checksum)
    finally:
        writer.release()
    if writer.whole and length <= AT_ONCE:
        finish_here(number)
    return upload_for(actor, token)


class _Writer:
    """Who writes to an upload, as long as the lease is theirs."""

    def __init__(self, number: int, length: int, offset: int) -> None:
        self.number, self.length, self.offset = number, length, offset
        self.name = secrets.token_hex(16)
        self.storage: Storage = ports.storage()

    @property
    def whole(self) -> bool:
        return self.offset == self.length

    def begin(self) -> None:
        """Take the lease. Raises Busy, WrongOffset."""
        if not take_lease(self.number, self.name, Upload.state == "sending", Upload.offset == self.offset):
            stands = db.session.scalar(select(Upload.offset).where(Upload.id == self.number))
            if stands is not None and stands != self.offset:
                raise WrongOffset(stands)
            raise Busy()

    def beat(self) -> None:
        if not keep_lease(self.number, self.name):
            raise Lost()

    def release(self) -> None:
        let_lease_go(self.number, self.name)

    def write(self, source: Source, size: int | None, checksum: Checksum | None) -> None:
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum is not None else None
        body = _Body(source, self.beat, digest)
        left = self.length - self.offset if size is None else size
        held: list[Stored] = []
        try:
            while left > 0 and not body.ended:
                part = self.storage.put_loose(_Part(body, min(PART, left)), limit_bytes=PART)
                held.append(part)
                left -= part.size
                if size is None and left == 0 and body.read(1):
                    raise TooMuch()
                if checksum is None:
                    self._keep(held)
                    held = []
            if checksum is not None and digest is not None:
                if left > 0 or digest.digest() != checksum.digest:
                    raise Damaged()
                self._keep(held)
                held = []
        except (Lost, TooMuch, Damaged):
            for part in held:
                self.storage.delete(part.key)
            raise

    def _keep(self, parts: Sequence[Stored]) -> None:
        """Write the rows that make these bytes count. Raises Lost when the upload is somebody else's by now, or gone."""
        empty = [part for part in parts if not part.size]
        parts = [part for part in parts if part.size]
        end, at = self.offset + sum(part.size for part in parts), now()
        if parts:
            with write_unit():
                facts: dict[str, Any] = {"offset": end, "leased_until": at + LEASE, "expires_at": at + KEPT}
                if end == self.length:
                    facts["state"] = "finishing"
                where = (Upload.state == "sending", Upload.offset == self.offset)
                if not change_mine(self.number, self.name, *where, **facts):
                    raise Lost()
                start = self.offset
                for part in parts:
                    db.session.add(UploadPart(upload_id=self.number, start=start, size=part.size, storage_key=part.key))
                    start += part.size
                if end == self.length:
                    order(self.number, 0, self.length)
            self.offset = end
        for part in empty:
            self.storage.delete(part.key)


def finish_again(
    actor: Actor, token: str, *, name: str | None = None, as_next: bool = False, folder_id: int | None = None
) -> Upload:
    """Finish what failed: under another name, in another folder (`folder_id`, 0 for the top), as the next version of whatever
    stands (`as_next`), or as it was, when what stood in the way is gone. Raises Conflict when it did not fail, Invalid("name"),
    Denied, NotFound.
    """
    upload = upload_for(actor, token)
    require(actor, "upload", upload.space)
    name = checked_name(name) if name is not None else upload.name
    number, length, place = upload.id, upload.length, upload.folder_id if folder_id is None else folder_id or None
    moved = name != upload.name or place != upload.folder_id
    base = None if as_next or moved else upload.base
    with write_unit():
        held = db.session.get_one(Upload, number, populate_existing=True, with_for_update=True)
        if held.state != "failed" or held.failure.get("kind") == "lost":
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
    left = list(db.session.scalars(held.where(Upload.state.in_(("done",))).distinct()))
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
