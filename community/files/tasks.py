"""What takes long: copying a large folder, unpacking an archive. A job does it, its person sees how far it is, and what is in its
way is told file by file. A task that was broken off goes on where it was, and makes nothing twice.
"""

from __future__ import annotations

import tempfile
from datetime import timedelta
from typing import Any, BinaryIO

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import joinedload

from community.activity.log import action
from community.clock import now
from community.errors import CommunityError, Denied, Invalid, NotFound, TooMany, _l
from community.extensions import db, write_unit
from community.files.actions import create_folder
from community.files.archives import Archive
from community.files.copying import MOST, begin_copy, size_of
from community.files.models import File, Folder
from community.files.moving import refuse_space
from community.files.names import checked_name
from community.files.places import free_name
from community.files.queries import file_numbered
from community.files.room import check_room
from community.files.seeking import seekable
from community.files.storage import Stored
from community.files.task_tables import FileTask
from community.files.unzipping import BOUNDS
from community.files.versions import version_numbered
from community.jobs.work import enqueue
from community.people.models import Person
from community.permissions import Actor, may, require
from community.ports import ports
from community.spaces.models import Space
from community.spaces.queries import actor_for
from community.spaces.turns import take_turn

SHOWN = timedelta(days=7)
"""How long a task and its report can be looked at."""
LATELY = timedelta(hours=1)
AT_A_TIME = 3
"""Tasks of one person that wait or run."""
_OPEN = ("waiting", "running")
_MOST_TOLD = 2_000


def line(name: str, words: str | CommunityError = "", *, bad: bool = False, **facts: Any) -> dict[str, Any]:
    """A line of a report: what it is about, and a sentence with its facts."""
    if isinstance(words, CommunityError):
        known = {key: value if isinstance(value, int) else str(value) for key, value in words.facts.items()}
        return {"name": name[-200:], "words": words.sentence, "facts": known, "bad": True}
    return {"name": name[-200:], "words": words, "facts": facts, "bad": bad}


def _begin(actor: Actor, space: Space, kind: str, asked: dict[str, Any], **facts: Any) -> FileTask:
    """Part of a write unit. Raises TooMany."""
    mine = select(FileTask.id).where(FileTask.person_id == actor.id, FileTask.state.in_(_OPEN))
    if len(db.session.scalars(mine.limit(AT_A_TIME)).all()) >= AT_A_TIME:
        raise TooMany(60, _l("Some of what you asked for is still under way. Wait until it is done."))
    row = FileTask(
        person_id=actor.id,
        space_id=space.id,
        kind=kind,
        state="waiting",
        asked=asked,
        created_at=now(),
        expires_at=now() + SHOWN,
        done=0,
        report=[],
        **facts,
    )
    db.session.add(row)
    db.session.flush()
    enqueue("files.task", {"task": row.id}, unique_key=f"file-task:{row.id}")
    return row


@action
def order_copy(
    actor: Actor, folder: Folder, space: Space, *, parent: Folder | None = None, keep_both: bool = True
) -> FileTask:
    """Let a job copy a folder, whatever is in it: the folder is there at once, and fills. Raises as `copying.copy_folder`,
    TooMany."""
    size = size_of(actor, folder)
    if size.files + size.folders > MOST:
        raise Invalid("folder", _l("A folder of up to %(limit)d things can be copied at once."), limit=MOST)
    made = begin_copy(actor, folder, space, parent=parent, keep_both=keep_both)
    asked = {"folder": folder.id, "made": made.id}
    return _begin(actor, space, "copy", asked, name=made.name, total=size.files)


def receive_archive(stream: Any, *, limit_bytes: int) -> str:
    """Keep the bytes of an archive until it is unpacked. Outside any transaction. Raises TooLarge."""
    stored: Stored = ports.storage().put_loose(stream, limit_bytes=limit_bytes)
    return stored.key


def order_unzip(
    actor: Actor, space: Space, key: str, *, name: str, folder: Folder | None = None, audience: str | None = None
) -> FileTask:
    """Let a job unpack an archive whose bytes were received under `key`, into a folder or at the top of a space. It is looked at
    first: what is no archive, or holds too much, is refused here, and the caller lets go of its bytes.

    Raises Invalid("file"), Denied, NotFound, TooMany.
    """
    refuse_space(actor, space)
    if folder is not None:
        require(actor, "add", folder)
        if folder.space_id != space.id:
            raise NotFound()
    with ports.storage().open(key) as stream, whole(stream) as copy:
        archive = Archive(copy, BOUNDS)
    check_room(space, actor.id, archive.size)
    asked = {"folder": folder.id if folder else None, "audience": audience}
    with write_unit():
        actor.refresh()
        return _begin(actor, space, "unzip", asked, name=name[:255], total=len(archive.entries), storage_key=key)


def order_unpack(actor: Actor, file: File) -> FileTask:
    """Let a job unpack an archive that lies among the files, into a new folder beside it, for the same people. It is looked at
    first, as in `order_unzip`. Raises Invalid("file"), Denied, NotFound, TooMany.
    """
    if not may_unpack(actor, file):
        require(actor, "upload", file.space)
        raise (
            Denied()
            if is_archive(file)
            else Invalid("file", _l("This is no archive that we can open. Send a ZIP file."))
        )
    with seekable(ports.storage(), file.storage_key) as stream:
        archive = Archive(stream, BOUNDS)
    check_room(file.space, actor.id, archive.size)
    return unpack_beside(actor, file.id, total=len(archive.entries))


def is_archive(file: File) -> bool:
    """Whether it is packed as a ZIP."""
    return file.media_type == "application/zip"


def may_unpack(actor: Actor, file: File) -> bool:
    """Whether it can be unpacked, and the actor may put a folder beside it."""
    if not is_archive(file) or not may(actor, "upload", file.space):
        return False
    return file.folder is None or may(actor, "add", file.folder)


@action
def unpack_beside(actor: Actor, number: int, *, total: int) -> FileTask:
    """The folder beside a file, and the task that fills it with `total` files. Raises Invalid, Denied, NotFound, TooMany."""
    file = file_numbered(actor, number)
    space, folder = file.space, file.folder
    require(actor, "upload", space)
    take_turn(space.id)
    stem = file.name.rpartition(".")[0] or file.name
    name = free_name(space, checked_name(stem), folder, keep_both=True)
    made = create_folder(actor, space, name=name, parent=folder, audience=file.audience)
    db.session.flush()
    asked = {"folder": made.id, "audience": made.audience, "file": file.id, "version": file.version}
    return _begin(actor, space, "unzip", asked, name=file.name, total=total)


def bytes_of(actor: Actor, row: FileTask) -> str:
    """The key of the bytes that a task unpacks: those that were sent for it, or of the version of a file that it was told of.
    Raises NotFound when that is gone, or not theirs to read any more."""
    if "file" not in row.asked:
        return row.storage_key
    return version_numbered(actor, file_numbered(actor, row.asked["file"]), row.asked["version"]).storage_key


def whole(stream: BinaryIO) -> BinaryIO:
    """The same bytes in a place where one can go back and forth: beyond 8 MB on the disk."""
    copy = tempfile.SpooledTemporaryFile(8_000_000)  # noqa: SIM115 - closed with what reads it
    while piece := stream.read(128 * 1024):
        copy.write(piece)
    copy.seek(0)
    return copy  # type: ignore[return-value]


# What its person sees


def task_for(actor: Actor, number: int) -> FileTask:
    """One's own task, with its space. Raises NotFound."""
    stmt = select(FileTask).where(FileTask.id == number, FileTask.person_id == actor.id)
    found = db.session.scalars(stmt.options(joinedload(FileTask.space))).one_or_none()
    if found is None:
        raise NotFound()
    return found


def tasks_of(actor: Actor, *, limit: int = 20) -> list[FileTask]:
    """One's own tasks, the newest first."""
    stmt = select(FileTask).where(FileTask.person_id == actor.id).options(joinedload(FileTask.space))
    return list(db.session.scalars(stmt.order_by(FileTask.id.desc()).limit(limit)))


def tasks_in(actor: Actor, space: Space) -> list[FileTask]:
    """One's own tasks in a space that wait, run, or ended within the hour, the newest first. One query."""
    lately = FileTask.expires_at > now() + SHOWN - LATELY
    stmt = select(FileTask).where(FileTask.person_id == actor.id, FileTask.space_id == space.id)
    stmt = stmt.where(or_(FileTask.state.in_(_OPEN), lately))
    return list(db.session.scalars(stmt.order_by(FileTask.id.desc()).limit(AT_A_TIME)))


# What the job does


def actor_of(person_id: int) -> Actor:
    """Who asked, as they may act at this moment. Raises Denied when they may not any more."""
    person = db.session.get_one(Person, person_id, populate_existing=True)
    if person.status != "active":
        raise Denied()
    return actor_for(person)


def begin(number: int) -> FileTask | None:
    """Claim a task, None when it has ended."""
    with write_unit():
        mine = update(FileTask).where(FileTask.id == number, FileTask.state.in_(_OPEN))
        db.session.execute(mine.values(state="running"))
    row = db.session.get(FileTask, number, populate_existing=True)
    return row if row is not None and row.state == "running" else None


def went_on(number: int, done: int) -> None:
    """Say how far it is."""
    with write_unit():
        db.session.execute(update(FileTask).where(FileTask.id == number).values(done=done))


def end(number: int, state: str, report: list[dict[str, Any]]) -> None:
    """Say how it ended, and let go of the bytes."""
    row = db.session.get(FileTask, number)
    key = row.storage_key if row is not None else ""
    told = report[:_MOST_TOLD]
    with write_unit():
        values: dict[str, Any] = {"state": state, "report": told, "storage_key": "", "expires_at": now() + SHOWN}
        db.session.execute(update(FileTask).where(FileTask.id == number).values(**values))
    if key:
        ports.storage().delete(key)


def forget_old() -> int:
    """Let go of tasks that nobody looks at any more, and of archives whose task never ran. Gives how many went."""
    rows = db.session.execute(
        select(FileTask.id, FileTask.storage_key).where(FileTask.expires_at < now()).limit(500)
    ).all()
    for number, key in rows:
        with write_unit():
            db.session.execute(delete(FileTask).where(FileTask.id == number))
        if key:
            ports.storage().delete(key)
    return len(rows)
