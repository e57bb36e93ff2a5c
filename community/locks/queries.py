"""Which locks hold, and on what. For whoever came through the door of the thing: a lock is seen by who sees what it is on."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from community.clock import now
from community.errors import Conflict, _l
from community.extensions import db
from community.files.models import File, Folder
from community.files.names import folder_key
from community.locks.models import FileLock
from community.permissions import Actor
from community.spaces.models import Space


class Locked(Conflict):
    """Somebody else works on it."""

    def __init__(self, lock: FileLock) -> None:
        super().__init__(
            _l("%(name)s is working on this just now. Ask them, or wait until they are done."), name=lock.person.name
        )


def locks_in(space: Space) -> list[FileLock]:
    """Every lock that holds in a space, the oldest first, with its person and what it is on. One query."""
    stmt = (
        select(FileLock)
        .outerjoin(File, File.id == FileLock.file_id)
        .outerjoin(Folder, Folder.id == FileLock.folder_id)
        .where(FileLock.expires_at > now(), or_(File.space_id == space.id, Folder.space_id == space.id))
        .options(
            joinedload(FileLock.person), joinedload(FileLock.file).joinedload(File.folder), joinedload(FileLock.folder)
        )
        .order_by(FileLock.id)
    )
    return list(db.session.scalars(stmt))


def locks_on(files: Iterable[File]) -> dict[int, FileLock]:
    """The lock that holds on each of these files, by the id of the file, with its person; the first where there are several. One
    query.
    """
    ids = [file.id for file in files]
    if not ids:
        return {}
    stmt = select(FileLock).where(FileLock.file_id.in_(ids), FileLock.expires_at > now())
    found: dict[int, FileLock] = {}
    for lock in db.session.scalars(stmt.options(joinedload(FileLock.person)).order_by(FileLock.id)):
        found.setdefault(lock.file_id or 0, lock)
    return found


def lock_with(token: str) -> FileLock | None:
    """The lock that a program proves with this token, with its person and what it is on, if it still holds."""
    stmt = select(FileLock).where(FileLock.token == token, FileLock.expires_at > now())
    whole = (
        joinedload(FileLock.person), joinedload(FileLock.file).joinedload(File.folder), joinedload(FileLock.folder)
    )  # fmt: skip
    return db.session.scalars(stmt.options(*whole)).one_or_none()


def lock_numbered(number: int) -> FileLock | None:
    """The lock of that number, held or not."""
    stmt = select(FileLock).where(FileLock.id == number)
    return db.session.scalars(stmt.options(joinedload(FileLock.person), joinedload(FileLock.file))).one_or_none()


def locks_against(thing: File | Folder) -> list[FileLock]:
    """What keeps a file or folder from being changed, whoever holds it: a lock on it, a deep one on a folder around it, and, for a
    folder, one on whatever is below it. One query.
    """
    stmt = (
        select(FileLock)
        .outerjoin(File, File.id == FileLock.file_id)
        .where(FileLock.expires_at > now(), or_(*_places(thing)))
        .options(joinedload(FileLock.person))
        .order_by(FileLock.id)
    )
    return list(db.session.scalars(stmt))


def _places(thing: File | Folder) -> list[ColumnElement[bool]]:
    around = thing.folder if isinstance(thing, File) else thing
    places: list[ColumnElement[bool]] = []
    if isinstance(thing, File):
        places.append(FileLock.file_id == thing.id)
    else:
        places.append(FileLock.folder_id == thing.id)
        below = select(Folder.id).where(
            Folder.space_id == thing.space_id, Folder.path.startswith(thing.path + "/", autoescape=True)
        )
        places += [
            FileLock.folder_id.in_(below),
            File.folder_id == thing.id,
            File.folder_id.in_(below),
        ]
    if around is not None:
        names = around.path.split("/")
        keys = [folder_key("/".join(names[:depth])) for depth in range(1, len(names) + 1)]
        above = select(Folder.id).where(Folder.space_id == thing.space_id, Folder.path_key.in_(keys))
        places.append(and_(FileLock.is_deep, FileLock.folder_id.in_(above)))
    return places


def refuse_locked(actor: Actor, thing: File | Folder) -> None:
    """That nobody else works on this just now. Called by whatever changes the bytes, the name or the place of a file, within its
    action. Raises Locked, and says who.
    """
    if actor.is_system:
        return
    theirs = [lock for lock in locks_against(thing) if lock.person_id != actor.id]
    if theirs:
        raise Locked(theirs[0])
