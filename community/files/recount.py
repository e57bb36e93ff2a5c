"""Counts again what every space and every person holds, and puts counters right that strayed."""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Select, and_, case, func, select

from community.extensions import db, write_unit
from community.files.models import File, FileVersion
from community.files.room import PersonRoom, SpaceRoom
from community.spaces.turns import take_turn

log = logging.getLogger(__name__)


def _in_space(space_id: int) -> Select[Any]:
    """Bytes of a space: of the versions that stand, the older ones, and what lies in the trash."""
    here, stands = File.deleted_at.is_(None), FileVersion.number == File.version
    sums = [
        func.coalesce(func.sum(case((which, FileVersion.size), else_=0)), 0)
        for which in (and_(here, stands), and_(here, ~stands), ~here)
    ]
    return select(*sums).join(File, File.id == FileVersion.file_id).where(File.space_id == space_id)


def _of_person(person_id: int) -> Select[Any]:
    return select(func.coalesce(func.sum(FileVersion.size), 0)).where(FileVersion.author_id == person_id)


def recount() -> int:
    """Count each space and each person anew, one write unit each. Gives the number of counters that strayed."""
    strayed = 0
    known = select(SpaceRoom.space_id).union(select(File.space_id).where(File.space_id.is_not(None)))
    for space_id in list(db.session.scalars(known)):
        strayed += recount_space(space_id)
    people = select(PersonRoom.person_id).union(select(FileVersion.author_id))
    for person_id in list(db.session.scalars(people)):
        with write_unit():
            row = db.session.get(PersonRoom, person_id, with_for_update=True, populate_existing=True)
            used = int(db.session.scalar(_of_person(person_id)) or 0)
            if row is None:
                row = PersonRoom(person_id=person_id, used=0)
                db.session.add(row)
            if row.used != used:
                strayed, row.used = strayed + 1, used
    return strayed


def recount_space(space_id: int) -> bool:
    """Count one space anew. True when a counter had strayed."""
    with write_unit():
        take_turn(space_id)  # whoever changes files holds the turn, or the row below
        row = db.session.get(SpaceRoom, space_id, with_for_update=True, populate_existing=True)
        found = tuple(int(number) for number in db.session.execute(_in_space(space_id)).one())
        if row is None:
            row = SpaceRoom(space_id=space_id, current=0, versions=0, trash=0, warned=0)
            db.session.add(row)
        if (row.current, row.versions, row.trash) == found:
            return False
        row.current, row.versions, row.trash = found
    log.warning("the counters of space %s had strayed", space_id)
    return True
