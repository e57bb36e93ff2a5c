"""Notices that stand for several lines of the log: what one person adds to one place within some minutes is told once.

The first line makes the notice; while it is unread and younger than `WITHIN`, the following ones make it larger (`last_id`). How
many things it tells of is counted when it is read, of those that its reader sees then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from community.activity.models import Activity
from community.extensions import db
from community.files.models import File
from community.notifications.models import Notification
from community.permissions import Actor, visible

BATCHED = frozenset({"files", "received"})
"""Reasons of which one notice is enough."""
SENT = ("file.uploaded", "file.replaced")
WITHIN = timedelta(minutes=10)


def place_of(line: Activity, obj: Any, thread: tuple[str, int], reason: str) -> tuple[str, int]:
    """What the notice of a line speaks of: of a file that was added the folder that it is in, or the space."""
    if reason != "files":
        return thread
    return ("folder", obj.folder_id) if obj.folder_id is not None else ("space", line.space_id or 0)


def who_was_told(line: Activity, place: tuple[str, int], reason: str, people: Collection[int]) -> dict[int, int]:
    """Those of these people who have an unread notice that this line only makes larger, each with its number."""
    stmt = select(Notification.person_id, Notification.id).where(
        Notification.person_id.in_(people),
        Notification.thread_kind == place[0],
        Notification.thread_id == place[1],
        Notification.reason == reason,
        Notification.actor_id.is_(None) if line.actor_id is None else Notification.actor_id == line.actor_id,
        Notification.read_at.is_(None),
        Notification.activity_id < line.id,
        Notification.created_at > line.created_at - WITHIN,
    )
    return {row[0]: row[1] for row in db.session.execute(stmt)}


def larger(connection: Any, numbers: Collection[int], line: Activity) -> None:
    """Let these notices stand for this line too. Doing it twice changes nothing."""
    connection.execute(update(Notification).where(Notification.id.in_(numbers)).values(last_id=line.id))


def how_many(actor: Actor, rows: Sequence[Notification]) -> Mapping[int, int]:
    """Of how many things each of these notices tells its reader now, by its number; those that tell of one line are left out. A
    query for each reason that occurs.
    """
    found: dict[int, int] = {}
    added = [row for row in rows if row.reason == "files"]
    if added:
        stmt = (
            select(Activity.id, Activity.actor_id, File.id, File.folder_id, File.space_id)
            .join(File, File.id == Activity.object_id)
            .where(*_between(added), Activity.object_kind == "file", Activity.verb.in_(SENT), visible(actor, File))
        )
        lines = db.session.execute(stmt).all()
        for row in added:
            in_folder = row.thread_kind == "folder"
            found[row.id] = len(
                {
                    file
                    for number, who, file, folder, space in lines
                    if who == row.actor_id
                    and row.activity_id <= number <= (row.last_id or row.activity_id)
                    and (folder == row.thread_id if in_folder else folder is None and space == row.thread_id)
                }
            )
    came = [row for row in rows if row.reason == "received"]
    if came:
        of_them = Activity.object_id.in_({row.object_id for row in came})
        passed = select(Activity.id, Activity.object_id).where(
            *_between(came), Activity.object_kind == "share", Activity.verb == "share.received", of_them
        )
        shares = db.session.execute(passed).all()
        for row in came:
            last = row.last_id or row.activity_id
            found[row.id] = sum(one == row.object_id and row.activity_id <= number <= last for number, one in shares)
    return found


def _between(rows: Sequence[Notification]) -> tuple[Any, ...]:
    first, last = min(row.activity_id for row in rows), max(row.last_id or row.activity_id for row in rows)
    return Activity.id >= first, Activity.id <= last
