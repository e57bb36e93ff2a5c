"""What can happen to folders that collect: one is made, its moment is told, it closes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.files.actions import create_folder
from community.files.drops import drop_of, who_is_missing
from community.files.models import Drop, File, Folder
from community.permissions import Actor, require
from community.spaces.models import Space

MOST_WANTED = 100
FARTHEST = timedelta(days=730)
TELL_BEFORE = timedelta(days=1)


@action
def create_drop(
    actor: Actor,
    space: Space,
    *,
    name: str,
    closes_at: datetime,
    parent: Folder | None = None,
    description: str = "",
    wanted: int = 0,
    takes_late: bool = False,
    stays_apart: bool = False,
) -> Folder:
    """Make a folder that collects until `closes_at` (aware), as `Drop` says. Who reads in the space sees the folder.
    Raises Invalid (name, description, closes_at, wanted), Denied, NotFound.
    """
    require(actor, "guide", space)
    if not 0 <= wanted <= MOST_WANTED:
        raise Invalid(
            "wanted", _l("Ask for up to %(limit)d files of each, or for 0: as many as they like."), limit=MOST_WANTED
        )
    closes_at = _moment(closes_at)
    if parent is not None and parent.audience == "coach":
        raise Invalid("name", _l("The others do not see this place. Collect files where they do."))
    folder = create_folder(actor, space, name=name, parent=parent, description=description)
    db.session.flush()
    db.session.add(
        Drop(
            folder_id=folder.id,
            closes_at=closes_at,
            wanted=wanted,
            takes_late=takes_late,
            stays_apart=stays_apart,
        )
    )
    record("folder.collects", actor, folder, wanted=wanted)
    return folder


@action
def change_drop(actor: Actor, folder: Folder, *, closes_at: datetime, wanted: int, takes_late: bool) -> None:
    """Another moment, another number, or late ones too; while it still collects. Whether files stay apart was promised when it was
    made. Raises Conflict when it has closed, Invalid (closes_at, wanted), Denied, NotFound.
    """
    require(actor, "collect", folder)
    drop = _held(folder)
    if drop.closed_at is not None:
        raise Conflict(_l("This folder has closed."))
    if not 0 <= wanted <= MOST_WANTED:
        raise Invalid(
            "wanted", _l("Ask for up to %(limit)d files of each, or for 0: as many as they like."), limit=MOST_WANTED
        )
    values = {"closes_at": _moment(closes_at), "wanted": wanted, "takes_late": takes_late}
    changed = {key: value for key, value in values.items() if getattr(drop, key) != value}
    if not changed:
        nothing_changed()
        return
    for key, value in changed.items():
        setattr(drop, key, value)
    if "closes_at" in changed:
        drop.reminded_at = None
    record("folder.collects", actor, folder, wanted=wanted, changed=sorted(changed))


@action
def close_drop(actor: Actor, folder: Folder) -> None:
    """End it now: by hand, or by the house when its moment has come. All see what was sent, unless it was said that it stays apart.
    Raises Denied, NotFound.
    """
    if not actor.is_system:
        require(actor, "collect", folder)
    drop = _held(folder)
    if drop.closed_at is not None or (actor.is_system and drop.closes_at > now()):
        nothing_changed()
        return
    drop.closed_at = now()
    becomes = "apart" if drop.stays_apart else "shown"
    waiting = select(File).where(File.folder_id == folder.id, File.gathered == "open")
    shown = [] if drop.stays_apart else db.session.scalars(waiting.where(File.deleted_at.is_(None))).all()
    db.session.execute(
        update(File).where(File.folder_id == folder.id, File.gathered == "open").values(gathered=becomes)
    )
    record("folder.closed", actor, folder)
    for file in shown:
        record("file.shown", actor, file)


@action
def remind_of_drop(actor: Actor, folder: Folder) -> None:
    """Say to those who have not sent enough that the moment comes, once. For the house itself. Raises Denied."""
    if not actor.is_system:
        raise Denied()
    drop = _held(folder)
    if drop.closed_at is not None or drop.reminded_at is not None or drop.closes_at > now() + TELL_BEFORE:
        nothing_changed()
        return
    drop.reminded_at = now()
    missing = who_is_missing(folder, drop) if drop.closes_at > now() else []
    if not missing:
        nothing_changed()
    for person in missing:
        record("folder.due", actor, folder, person=person)


def _held(folder: Folder) -> Drop:
    """The folder and how it collects, their rows held, so that nothing is sent meanwhile. Raises NotFound."""
    db.session.refresh(folder, ["deleted_at"], with_for_update=True)
    drop = drop_of(folder)
    if drop is None or folder.deleted_at is not None:
        raise NotFound()
    db.session.refresh(drop)
    return drop


def _moment(closes_at: datetime) -> datetime:
    if not now() < closes_at <= now() + FARTHEST:
        raise Invalid("closes_at", _l("Choose a moment that is still to come, within two years."))
    return closes_at
