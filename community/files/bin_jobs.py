"""Work that comes back: what has lain in the bin for 30 days goes for good, and earlier versions are thinned out."""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from community.errors import NotFound
from community.extensions import db, write_unit
from community.files.bin import overdue, sweep
from community.files.models import File, FileRemoval, FileVersion
from community.files.room import SpaceRoom, room_of
from community.files.storage import CHUNK, Missing
from community.files.thinning import LAST
from community.files.versions import thin_file, thin_space
from community.jobs.work import handles
from community.permissions import SYSTEM
from community.ports import ports
from community.spaces.models import Space

AT_ONCE = 200
"""Things a round."""
log = logging.getLogger(__name__)


@handles("files.bin", every=timedelta(hours=6))
def empty(_payload: dict[str, Any]) -> None:
    """One removal a transaction, so that one that fails holds up none before it. Running it twice does nothing twice."""
    for number in overdue(AT_ONCE):
        removal = db.session.get(FileRemoval, number)
        if removal is not None:
            with suppress(NotFound):  # somebody brought it back
                sweep(SYSTEM, removal)


@handles("files.thin", every=timedelta(days=1))
def thin(_payload: dict[str, Any]) -> None:
    """Files with more versions than stay in any case, one a transaction; then spaces whose earlier versions take more than half of
    the room that is left."""
    many = select(FileVersion.file_id).group_by(FileVersion.file_id).having(func.count() > LAST)
    stands = select(File.id).where(File.id.in_(many), File.deleted_at.is_(None)).order_by(File.id)
    for number in db.session.scalars(stands).all():
        file = db.session.get(File, number)
        if file is not None and file.deleted_at is None:
            with suppress(NotFound):
                thin_file(SYSTEM, file)
    for space in db.session.scalars(select(Space).join(SpaceRoom, SpaceRoom.space_id == Space.id)).all():
        room = room_of(space)
        if room.crowded_by_versions:
            thin_space(SYSTEM, space.id, room=((room.free or 0) + room.versions) // 2)


@handles("files.count", every=timedelta(days=1))
def count(_payload: dict[str, Any]) -> None:
    """Earlier versions whose checksum and size nobody knows: from the time before there was a row for each."""
    stmt = select(FileVersion.id, FileVersion.storage_key).where(FileVersion.sha256 == "").order_by(FileVersion.id)
    rows = db.session.execute(stmt.limit(AT_ONCE)).all()
    db.session.rollback()  # no reading transaction stays open while bytes are read
    for number, key in rows:
        try:
            digest, size = _counted(key)
        except Missing:
            log.warning("the bytes of version %s are not there", number)
            continue
        with write_unit():
            mine = update(FileVersion).where(FileVersion.id == number, FileVersion.sha256 == "")
            db.session.execute(mine.values(sha256=digest, size=size))


def _counted(key: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with ports.storage().open(key) as stream:
        while piece := stream.read(CHUNK):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
