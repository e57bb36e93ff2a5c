"""What files weigh, for the counters of `room`: what stands, and the earlier versions that are kept with it. Part of actions."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select

from community.extensions import db
from community.files.models import File, FileVersion
from community.files.room import charge, check_room
from community.spaces.models import Space


class Weight(NamedTuple):
    """In bytes: the versions that stand, and the earlier ones."""

    current: int
    versions: int

    @property
    def whole(self) -> int:
        return self.current + self.versions


def weigh(*files: ColumnElement[bool]) -> Weight:
    """What the files for which these conditions hold weigh. Two queries."""
    stands = select(func.coalesce(func.sum(File.size), 0)).where(*files)
    earlier = (
        select(func.coalesce(func.sum(FileVersion.size), 0))
        .join(File, File.id == FileVersion.file_id)
        .where(*files, FileVersion.number != File.version)
    )
    return Weight(int(db.session.scalar(stands) or 0), int(db.session.scalar(earlier) or 0))


def into_the_bin(space_id: int, weight: Weight) -> None:
    """What was thrown away takes room still, as what lies in the bin."""
    charge(space_id, None, current=-weight.current, versions=-weight.versions, trash=weight.whole)


def out_of_the_bin(space_id: int, weight: Weight) -> None:
    """What came back."""
    charge(space_id, None, current=weight.current, versions=weight.versions, trash=-weight.whole)


def carried(left: int, space: Space, weight: Weight) -> None:
    """What went to another space. Raises NoRoom (Invalid "file") where it does not fit."""
    check_room(space, None, weight.whole)
    charge(left, None, current=-weight.current, versions=-weight.versions)
    charge(space.id, None, current=weight.current, versions=weight.versions)


def gone_for_good(space_id: int, *files: ColumnElement[bool]) -> None:
    """What is destroyed with all its versions: neither the space holds it any more, nor who sent them. Before the rows go."""
    stmt = (
        select(FileVersion.author_id, func.sum(FileVersion.size))
        .join(File, File.id == FileVersion.file_id)
        .where(*files)
        .group_by(FileVersion.author_id)
        .order_by(FileVersion.author_id)
    )
    for person_id, size in db.session.execute(stmt).all():
        charge(space_id, person_id, trash=-int(size))
