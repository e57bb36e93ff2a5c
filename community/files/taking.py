"""The bytes of one piece of an upload: cut into parts, kept in the storage, and made to count by the one who holds the lease."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from community.clock import now
from community.errors import Conflict, Invalid, _l
from community.extensions import db, write_unit
from community.files.finishing import AT_ONCE, KEPT, Busy, fail, finish_here, order
from community.files.incoming import refuse_kind
from community.files.media_types import HEAD
from community.files.storage import Source, Storage, Stored
from community.files.upload_leases import BEAT, LEASE, Lost, change_mine, keep_lease, let_lease_go, take_lease
from community.files.upload_tables import Upload, UploadPart
from community.files.uploads import upload_for
from community.permissions import Actor, require
from community.ports import ports

PART = 32 * 1024 * 1024
"""Bytes that one part holds at most: what a killed process can lose of an upload."""
PART_SECONDS = 20.0
"""A slow line fills a part no longer than this."""
AFTER_REFUSAL = timedelta(hours=1)
"""How long it is known why a file could not come."""
CHECKSUMS = ("sha256", "sha1")


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


class _Unfit(Exception):
    """A file of this kind may not come."""

    def __init__(self, fault: Invalid) -> None:
        super().__init__(fault)
        self.fault = fault


class Checksum(NamedTuple):
    """What the bytes of one piece must give: `sha256` or `sha1`, and the digest."""

    algorithm: str
    digest: bytes


class _Body:
    """What comes over the line: counted, summed, cut into parts, and a word of life now and then while it comes."""

    def __init__(self, source: Source, beat: Callable[[], None], digest: Any, look: Callable[[bytes], None]) -> None:
        self._source, self._beat, self._digest, self._look = source, beat, digest, look
        self._head: bytes | None = b""
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
        if self._head is not None:
            self._head += piece[: HEAD - len(self._head)]
            if len(self._head) == HEAD:
                self._look(self._head)
                self._head = None
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
    if upload.state == "failed" and upload.offset < upload.length:
        raise Invalid(upload.failure["field"], upload.failure["sentence"], **upload.failure["facts"])
    if upload.state != "sending":
        if size == 0:
            return upload
        raise Conflict(_l("All of this upload is here already."))
    number, length = upload.id, upload.length
    if size is not None and size > length - offset:
        raise TooMuch()
    writer = _Writer(number, upload.name, length, offset)
    writer.begin()
    db.session.rollback()  # no transaction waits for somebody's slow line
    try:
        with suppress(Lost):
            writer.write(source, size, checksum)
    except _Unfit as unfit:
        fail(number, writer.name, unfit.fault, keep=AFTER_REFUSAL)
        raise unfit.fault from None
    finally:
        writer.release()
    if writer.whole and length <= AT_ONCE:
        finish_here(number)
    return upload_for(actor, token)


class _Writer:
    """Who writes to an upload, as long as the lease is theirs."""

    def __init__(self, number: int, file_name: str, length: int, offset: int) -> None:
        self.number, self.file_name, self.length, self.offset = number, file_name, length, offset
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

    def look(self, head: bytes) -> None:
        """Whether such a file may come at all: seen as soon as it begins. Raises _Unfit."""
        if self.offset == 0:
            try:
                refuse_kind(self.file_name, head, self.length)
            except Invalid as fault:
                raise _Unfit(fault) from None

    def release(self) -> None:
        let_lease_go(self.number, self.name)

    def write(self, source: Source, size: int | None, checksum: Checksum | None) -> None:
        digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum is not None else None
        body = _Body(source, self.beat, digest, self.look)
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
        except (Lost, TooMuch, Damaged, _Unfit):
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
