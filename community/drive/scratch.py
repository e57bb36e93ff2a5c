"""Keeping what programs put down for a moment, one person's, beside the real files. No line in the log: nobody else hears of it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select

from community.clock import now
from community.drive.models import Scratch
from community.drive.queries import A_MOMENT
from community.errors import Conflict, _l
from community.extensions import db, write_unit
from community.files.names import checked_name, name_key
from community.files.storage import Stored
from community.jobs.work import handles
from community.permissions import Actor

KEPT = timedelta(days=1)
MOST = 400
"""Pieces of one person at once."""
MOST_BYTES = 2_000_000_000


def place_of(space_id: int | None, names: Sequence[str]) -> str:
    """The key of a folder: SHA-256, in hexadecimal. Of no space: the top of the drive."""
    way = "/".join(name_key(name) for name in names)
    return hashlib.sha256(f"{space_id or 0}/{way}".encode()).hexdigest()


def scratch_at(actor: Actor, space_id: int | None, names: Sequence[str]) -> Scratch | None:
    """What the actor's program put down at this way. One query."""
    *around, name = names
    stmt = select(Scratch).where(
        Scratch.person_id == actor.id,
        Scratch.place == place_of(space_id, around),
        Scratch.name_key == name_key(name)[:400],
        Scratch.created_at > now() - KEPT,
    )
    return db.session.scalars(stmt).one_or_none()


def scratch_in(actor: Actor, space_id: int | None, names: Sequence[str]) -> list[Scratch]:
    """All that the actor's programs put down right in this folder, by name. One query."""
    stmt = select(Scratch).where(
        Scratch.person_id == actor.id, Scratch.place == place_of(space_id, names), Scratch.created_at > now() - KEPT
    )
    return list(db.session.scalars(stmt.order_by(Scratch.name_key)))


def files_away(actor: Actor) -> frozenset[int]:
    """The ids of the files to which the actor's programs gave a name of their own a moment ago. One query."""
    stmt = select(Scratch.stands_for).where(
        Scratch.person_id == actor.id, Scratch.stands_for.is_not(None), Scratch.created_at > now() - A_MOMENT
    )
    return frozenset(number for number in db.session.scalars(stmt) if number is not None)


def put_down(
    actor: Actor,
    space_id: int | None,
    names: Sequence[str],
    *,
    stored: Stored | None,
    media_type: str = "application/octet-stream",
    stands_for: int | None = None,
) -> Scratch:
    """Keep bytes, or a folder (None), under this way for a day, over what lies there. A write unit of its own.

    Raises Invalid("name"), and Conflict when a person's programs put down more than is kept.
    """
    *around, name = names
    name = checked_name(name)
    with write_unit():
        gone = _at(actor, space_id, names)
        db.session.execute(delete(Scratch).where(gone))
        count, size = db.session.execute(
            select(func.count(), func.coalesce(func.sum(Scratch.size), 0)).where(Scratch.person_id == actor.id)
        ).one()
        if count >= MOST or size + (stored.size if stored else 0) > MOST_BYTES:
            raise Conflict(_l("Your programs put down very many files that nobody fetched. Try again tomorrow."))
        made = Scratch(
            person_id=actor.id,
            place=place_of(space_id, around),
            name=name,
            name_key=name_key(name)[:400],
            storage_key=stored.key if stored else None,
            sha256=stored.sha256 if stored else "",
            size=stored.size if stored else 0,
            media_type=media_type,
            stands_for=stands_for,
        )
        db.session.add(made)
    return made


def take_up(actor: Actor, space_id: int | None, names: Sequence[str]) -> None:
    """Forget what lies at this way, and below it. A write unit of its own."""
    with write_unit():
        forget(actor, space_id, names)


def forget(actor: Actor, space_id: int | None, names: Sequence[str]) -> None:
    """As `take_up`, within the open write unit."""
    left: list[Sequence[str]] = [tuple(names)]
    while left:
        way = left.pop()
        below = select(Scratch.name).where(
            Scratch.person_id == actor.id, Scratch.place == place_of(space_id, way), Scratch.storage_key.is_(None)
        )
        left += [(*way, name) for name in db.session.scalars(below)]
        inside = Scratch.place == place_of(space_id, way)
        db.session.execute(delete(Scratch).where(Scratch.person_id == actor.id, inside))
    db.session.execute(delete(Scratch).where(_at(actor, space_id, names)))


def _at(actor: Actor, space_id: int | None, names: Sequence[str]) -> Any:
    *around, name = names
    return (
        (Scratch.person_id == actor.id)
        & (Scratch.place == place_of(space_id, around))
        & (Scratch.name_key == name_key(name)[:400])
    )


@handles("drive.sweep", every=timedelta(hours=2))
def _sweep(_payload: dict[str, Any]) -> None:
    """The bytes go with the orphans of the storage."""
    with write_unit():
        db.session.execute(delete(Scratch).where(Scratch.created_at <= now() - KEPT))
