"""Carries out what takes long, in a lane of its own: whoever unpacks five thousand files holds up nobody's scheduled post."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.activity.log import action, nothing_changed
from community.errors import CommunityError, _l
from community.extensions import db
from community.files import room
from community.files.archives import Archive
from community.files.copying import copy_file, copy_of_folder, folders_in
from community.files.models import File, Folder
from community.files.queries import folder_numbered, path_key
from community.files.task_tables import FileTask
from community.files.tasks import actor_of, begin, bytes_of, end, forget_old, line, went_on, whole
from community.files.unzipping import BOUNDS, unzip
from community.jobs.work import handles
from community.permissions import Actor, visible
from community.ports import ports
from community.spaces.models import Space

AT_ONCE = 50
"""Files that are copied in one transaction."""


@handles("files.task", lane="files")
def run(payload: dict[str, Any]) -> None:
    """Do one task, once. What was broken off goes on: what is there already is not made again."""
    number = payload["task"]
    row = begin(number)
    if row is None:
        return
    report: list[dict[str, Any]] = []
    try:
        if row.kind == "copy":
            _copy(row)
        else:
            _unzip(row, report)
    except CommunityError as fault:
        db.session.rollback()
        end(number, "failed", [*report, line("", fault)])
    except Exception:
        db.session.rollback()
        end(number, "failed", [*report, line("", _l("Something went wrong on our side. Try again."), bad=True)])
        raise
    else:
        end(number, "done", report)


@handles("files.tasks", every=timedelta(hours=1))
def forget(_payload: dict[str, Any]) -> None:
    """Old tasks go."""
    forget_old()


def _copy(row: FileTask) -> None:
    """Folders first, then files, a stretch a transaction. Raises NotFound when the original or the copy is gone, or not theirs."""
    number, person_id, space_id = row.id, row.person_id, row.space_id
    source, made = row.asked["folder"], row.asked["made"]
    actor = actor_of(person_id)
    at = _copy_folders(actor, folder_numbered(actor, source), folder_numbered(actor, made))
    stmt = select(File.id).where(File.folder_id.in_(at), File.deleted_at.is_(None), visible(actor, File))
    ids = list(db.session.scalars(stmt.order_by(File.id)))
    for start in range(0, len(ids), AT_ONCE):
        copy_some(actor_of(person_id), space_id, ids[start : start + AT_ONCE], at)
        db.session.expunge_all()
        went_on(number, min(start + AT_ONCE, len(ids)))


def _copy_folders(actor: Actor, source: Folder, made: Folder) -> dict[int, int]:
    """Which folder each is copied to, by number."""
    at = {source.id: made.id}
    for lower_id, upper_id in [(lower.id, upper) for lower, upper in folders_in(actor, source)]:
        into = folder_numbered(actor, at[upper_id])
        lower = folder_numbered(actor, lower_id)
        known = select(Folder.id).where(
            Folder.parent_id == into.id, Folder.name == lower.name, Folder.deleted_at.is_(None)
        )
        found = db.session.scalar(known)
        at[lower_id] = found if found is not None else copy_of_folder(actor, lower, into).id
    return at


@action
def copy_some(actor: Actor, space_id: int, ids: list[int], at: dict[int, int]) -> None:
    """Copies of some files in one transaction; those that are there with the same bytes are left out."""
    space = db.session.get_one(Space, space_id)
    nothing_changed()  # unless one of them is new
    for file in db.session.scalars(select(File).where(File.id.in_(ids), visible(actor, File)).order_by(File.id)).all():
        into = folder_numbered(actor, at[file.folder_id or 0])
        there = select(File.sha256).where(File.space_id == space_id, File.path_key == path_key(file.name, into.id))
        if db.session.scalar(there) == file.sha256:
            continue
        copy_file(actor, file, space, folder=into)


def _unzip(row: FileTask, report: list[dict[str, Any]]) -> None:
    number, person_id, asked = row.id, row.person_id, dict(row.asked)
    space_id, key = row.space_id, bytes_of(actor_of(person_id), row)

    def tell(name: str, why: Any) -> None:
        report.append(line(name, why) if isinstance(why, CommunityError) else line(name, why[0], **why[1]))

    def step(done: int) -> None:
        if done % 10 == 0:
            went_on(number, done)

    storage = ports.storage()
    with storage.open(key) as stream, whole(stream) as copy:
        archive = Archive(copy, BOUNDS)
        unzip(
            lambda: actor_of(person_id),
            space_id,
            archive,
            storage,
            folder_id=asked["folder"],
            audience=asked["audience"],
            limit_bytes=room.BOUNDS.file,
            tell=tell,
            step=step,
        )
    went_on(number, len(archive.entries))
