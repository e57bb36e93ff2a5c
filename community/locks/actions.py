"""What can happen to locks: taken, given back, broken by who looks after the space."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.files.models import File, Folder
from community.locks.models import FileLock
from community.locks.queries import Locked, lock_numbered, locks_against
from community.markup import clean_text
from community.permissions import Actor, may, require
from community.spaces.turns import take_turn

LONGEST_BY_PROGRAM = timedelta(hours=1)
"""Programs ask again while they need it; one that crashed must not keep the others away for long."""
LONGEST_BY_HAND = timedelta(days=31)
MAX_NOTE = 200
MAX_OWNER = 1_000
MOST = 500
"""Locks of one person at once."""


@action
def lock_thing(
    actor: Actor,
    thing: File | Folder,
    *,
    lasts: timedelta,
    by_hand: bool = False,
    note: str = "",
    is_exclusive: bool = True,
    is_deep: bool = False,
    owner: str = "",
    tokens: Collection[str] = (),
) -> FileLock:
    """Keep others from changing a file or folder for a while, at most LONGEST_BY_PROGRAM, or LONGEST_BY_HAND.

    A program is refused by its own person's lock too, unless it knows the token (`tokens`) or both are shared (RFC 4918, section
    6.1); a note is in nobody's own way. Saying it again by hand changes the note and the time.
    Raises Locked (a Conflict) when somebody works on it, or on something below it, already; Invalid (note, until), Denied,
    NotFound.
    """
    require(actor, "lock", thing)
    take_turn(thing.space_id)
    if actor.id is None:
        raise Denied()
    note = " ".join(clean_text(note).split())
    if len(note) > MAX_NOTE:
        raise Invalid("note", _l("Use up to %(limit)d characters."), limit=MAX_NOTE)
    longest = LONGEST_BY_HAND if by_hand else LONGEST_BY_PROGRAM
    if by_hand and not timedelta() < lasts <= longest:
        raise Invalid("until", _l("Choose a day within the next %(days)d days."), days=longest.days)
    mine = None
    for held in locks_against(thing):
        if held.person_id != actor.id:
            if is_exclusive or held.is_exclusive:
                raise Locked(held)
        elif held.by_hand:
            mine = held if _is_on(held, thing) else mine
        elif not by_hand and (is_exclusive or held.is_exclusive) and held.token not in tokens:
            raise Locked(held)
    until = now() + min(max(lasts, timedelta(seconds=1)), longest)
    if by_hand and mine is not None:
        mine.note, mine.expires_at = note, until
        record(_verb(thing, "locked"), actor, thing, lock=mine.id)
        return mine
    held_now = select(func.count()).where(FileLock.person_id == actor.id, FileLock.expires_at > now())
    if (db.session.scalar(held_now) or 0) >= MOST:
        raise Conflict(_l("You hold very many files already. Give some back first."))
    lock = FileLock(
        file_id=thing.id if isinstance(thing, File) else None,
        folder_id=thing.id if isinstance(thing, Folder) else None,
        person_id=actor.id,
        token=uuid.uuid4().urn,
        by_hand=by_hand,
        is_exclusive=is_exclusive,
        is_deep=is_deep and isinstance(thing, Folder),
        owner=owner[:MAX_OWNER],
        note=note,
        expires_at=until,
    )
    db.session.add(lock)
    db.session.flush()
    record(_verb(thing, "locked"), actor, thing, lock=lock.id)
    return lock


def _is_on(lock: FileLock, thing: File | Folder) -> bool:
    return thing.id == (lock.file_id if isinstance(thing, File) else lock.folder_id)


def _verb(thing: File | Folder, what: str) -> str:
    words = {
        ("file", "locked"): "file.locked",
        ("file", "unlocked"): "file.unlocked",
        ("folder", "locked"): "folder.locked",
        ("folder", "unlocked"): "folder.unlocked",
    }
    return words["file" if isinstance(thing, File) else "folder", what]


@action
def unlock(actor: Actor, lock_id: int, *, thing: File | Folder) -> None:
    """Give a lock on this back; who looks after the space may break somebody else's. A lock that ended by itself is gone already.
    Raises Denied, NotFound.
    """
    require(actor, "lock", thing)
    lock = lock_numbered(lock_id)
    if lock is None or lock.expires_at <= now():
        nothing_changed()
        return
    if not _is_on(lock, thing):
        raise NotFound()
    if lock.person_id != actor.id and not may(actor, "break-lock", thing):
        raise Denied(_l("Only %(name)s, or who looks after this space, ends this."), name=lock.person.name)
    holder = lock.person_id
    db.session.delete(lock)
    record(_verb(thing, "unlocked"), actor, thing, lock=lock_id, holder=holder)
