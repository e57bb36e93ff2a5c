"""How an upload of which every byte is here becomes a file: put together, then one step with the rights of that moment."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import String, cast, delete, literal, select

from community.activity.log import action, nothing_changed
from community.clock import now
from community.errors import CommunityError, Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db, write_unit
from community.files.actions import upload_file
from community.files.incoming import receive
from community.files.joining import Joined
from community.files.models import Folder
from community.files.storage import Away, Missing, Storage, Stored
from community.files.storage import NoRoom as Full
from community.files.upload_leases import BEAT, LEASE, Lost, change_mine, keep_lease, let_lease_go, take_lease
from community.files.upload_tables import Upload, UploadPart
from community.jobs.models import Job
from community.jobs.work import enqueue
from community.people.models import Person
from community.permissions import Actor
from community.ports import ports
from community.spaces.models import Space
from community.spaces.queries import actor_for

KEPT = timedelta(days=7)
"""How long an upload waits for its next byte, or for its sender's word."""
AFTERWARDS = timedelta(days=1)
"""How long one can ask what came of it."""
AT_ONCE = 32_000_000
"""Bytes that are put together while their sender waits; more is left to a job."""


class Busy(Conflict):
    """Somebody else is writing to this upload."""

    def __init__(self) -> None:
        super().__init__(_l("This upload is being written to by another connection. Try again in a few seconds."))


def order(number: int, tries: int, length: int) -> None:
    """Have it finished: by a job, at once or, where its sender does it at once, in case that breaks off. Part of a write unit."""
    later = now() + timedelta(minutes=1) if length <= AT_ONCE and not tries else None
    enqueue("files.finish", {"upload": number}, after=later, unique_key=f"finish:{number}:{tries}")


def finish_here(number: int) -> None:
    with suppress(Busy, Away, Full):
        finish(number)


def finish(number: int) -> None:
    """Put an upload together and make it a file, or note why not: then its bytes stay, and its sender decides. Broken off at any
    moment, the next try goes on; done twice, it changes nothing. Raises Busy while another is at it.
    """
    name = secrets.token_hex(16)
    if not take_lease(number, name, Upload.state == "finishing"):
        state = db.session.scalar(select(Upload.state).where(Upload.id == number))
        if state == "finishing":
            raise Busy()
        return
    try:
        with suppress(Lost):
            _put_together(number, name)
            _land(number, name)
    finally:
        let_lease_go(number, name)
    forget_parts(number)


def _put_together(number: int, name: str) -> None:
    upload = db.session.get_one(Upload, number, populate_existing=True)
    if upload.storage_key:
        return
    stmt = select(UploadPart.storage_key, UploadPart.size).where(UploadPart.upload_id == number)
    parts = [(row[0], row[1]) for row in db.session.execute(stmt.order_by(UploadPart.start))]
    length, file_name = upload.length, upload.name
    db.session.rollback()

    def beat(joined: int) -> None:
        if not keep_lease(number, name, joined=joined):
            raise Lost()

    storage: Storage = ports.storage()
    source = Joined(storage, parts, beat, every=BEAT)
    try:
        came = receive(storage, source, file_name, limit_bytes=length)
        if source.given != length:
            raise Missing()
    except (Away, Full):
        raise  # the job comes back
    except CommunityError as fault:
        fail(number, name, fault)
        raise Lost() from None
    with write_unit():
        facts: dict[str, Any] = {
            "storage_key": came.stored.key,
            "sha256": came.stored.sha256,
            "media_type": came.media_type,
        }
        facts["cleaned"] = came.stored.cleaned
        if not change_mine(number, name, joined=length, leased_until=now() + LEASE, **facts):
            raise Lost()


def _land(number: int, name: str) -> None:
    """Make it a file with the rights of this moment."""
    upload = db.session.get_one(Upload, number, populate_existing=True)
    person = db.session.get_one(Person, upload.person_id)
    try:
        if person.status != "active":
            raise Denied()
        land_upload(actor_for(person), number, name)
    except CommunityError as fault:
        fail(number, name, fault)


@action
def land_upload(actor: Actor, number: int, name: str) -> None:
    """The one step in which an upload becomes a file: both rows change, or neither. Raises what `upload_file` raises."""
    upload = db.session.get_one(Upload, number, populate_existing=True, with_for_update=True)
    if upload.state != "finishing" or upload.lease != name:
        nothing_changed()
        return
    upload.state = "done"  # what it had reserved is free for the file
    upload.expires_at = now() + AFTERWARDS
    db.session.flush()
    folder = db.session.get(Folder, upload.folder_id) if upload.folder_id is not None else None
    if folder is None and upload.folder_id is not None:
        raise NotFound(_l("The folder that this was for is gone."))
    size = ports.storage().size(upload.storage_key)
    file = upload_file(
        actor,
        db.session.get_one(Space, upload.space_id),
        name=upload.name,
        stored=Stored(upload.storage_key, upload.sha256, size, upload.cleaned),
        media_type=upload.media_type,
        folder=folder,
        description=upload.description,
        audience=upload.audience,
        base=upload.base,
        note=upload.note,
    )
    db.session.flush()
    upload.file_id, upload.version = file.id, file.version


KINDS: tuple[tuple[type[CommunityError], str], ...] = (
    (Conflict, "conflict"),
    (Missing, "lost"),
    (NotFound, "gone"),
    (Denied, "denied"),
    (Invalid, "invalid"),
)


def fail(number: int, name: str, fault: CommunityError, *, keep: timedelta = KEPT) -> None:
    """Note why an upload is no file, for as long as `keep`, if the lease is held by `name`."""
    kind = next((word for sort, word in KINDS if isinstance(fault, sort)), "invalid")
    sentence = fault.sentence
    if kind == "lost":
        sentence = _l("Part of what you sent is no longer there. Send the file again.")
    failure = {"kind": kind, "field": getattr(fault, "field", ""), "sentence": sentence, "facts": fault.facts}
    db.session.rollback()
    with write_unit():
        change_mine(number, name, state="failed", failure=failure, expires_at=now() + keep)


def forget_parts(number: int) -> None:
    """Let go of the bytes of an upload that needs them no longer: the storage first, so that a row is left for what is left."""
    stmt = select(UploadPart.start, UploadPart.storage_key).where(UploadPart.upload_id == number)
    needed = Upload.state.in_(("sending", "finishing", "failed"))
    keeps = db.session.scalar(select(Upload.id).where(Upload.id == number, needed, Upload.storage_key == ""))
    rows = [(row[0], row[1]) for row in db.session.execute(stmt)] if keeps is None else []
    db.session.rollback()
    storage: Storage = ports.storage()
    for _start, key in rows:
        storage.delete(key)
    if rows:
        with write_unit():
            gone = delete(UploadPart).where(UploadPart.upload_id == number)
            db.session.execute(gone.where(UploadPart.start.in_([start for start, _key in rows])))


def order_what_was_given_up() -> None:
    key = literal("finish:") + cast(Upload.id, String) + ":" + cast(Upload.tries, String)
    stmt = select(Upload.id, Upload.length).join(Job, Job.unique_key == key)
    rows = db.session.execute(stmt.where(Upload.state == "finishing", Job.given_up_at.is_not(None))).all()
    for number, length in rows:
        with write_unit():
            held = db.session.get_one(Upload, number, populate_existing=True, with_for_update=True)
            if held.state == "finishing":
                held.tries += 1
                order(number, held.tries, length)
