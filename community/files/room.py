"""How much room files take, and how much there is: for each space, and for each person who sends.

Counters change in the same write unit as the files that they count; a job counts again each night and puts right what strayed.
What is being sent has its room reserved from the start, so that nobody sends for an hour and is refused at the end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, case, func, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from community.activity.log import action, nothing_changed, record
from community.errors import Invalid, _l
from community.extensions import db, insert_into
from community.files.storage import in_words
from community.files.upload_tables import OPEN, Upload
from community.permissions import SYSTEM, Actor, require
from community.spaces.models import Space
from community.spaces.turns import take_turn

MEGABYTE = 1_000_000
MOST = 10**17
"""Bytes: what a number of a database holds with ease."""
WARN_AT = (80, 95)
"""Percent of a space's room: whoever runs the space is told once, each time one of these is passed."""


class SpaceRoom(db.Model):  # type: ignore[misc,name-defined]
    """What a space holds, in bytes: the versions that stand, the older ones, and what lies in the trash. `quota`: what it may
    hold, None for as much as the house gives each space, 0 for without end. `warned`: the percentage that was told last.
    """

    __tablename__ = "space_room"

    space_id: Mapped[int] = mapped_column(
        ForeignKey("space.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    quota: Mapped[int | None] = mapped_column(BigInteger)
    current: Mapped[int] = mapped_column(BigInteger, default=0)
    versions: Mapped[int] = mapped_column(BigInteger, default=0)
    trash: Mapped[int] = mapped_column(BigInteger, default=0)
    warned: Mapped[int] = mapped_column(default=0)


class PersonRoom(db.Model):  # type: ignore[misc,name-defined]
    """What the versions that somebody sent take, in bytes, wherever they lie."""

    __tablename__ = "person_room"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    used: Mapped[int] = mapped_column(BigInteger, default=0)


class NoRoom(Invalid):
    """It does not fit. `free` is in bytes."""

    def __init__(self, sentence: str, size: int, free: int) -> None:
        super().__init__("file", sentence, size=in_words(size), free=in_words(free))
        self.free = free


@dataclass(frozen=True)
class Room:
    """The room of a space in bytes; `quota` is None where there is no bound, `uploads` is what is being sent."""

    current: int
    versions: int
    trash: int
    uploads: int
    quota: int | None
    own: int | None = None
    """What was set for this space, None where nobody did."""

    @property
    def used(self) -> int:
        return self.current + self.versions + self.trash + self.uploads

    @property
    def free(self) -> int | None:
        return None if self.quota is None else max(0, self.quota - self.used)

    @property
    def percent(self) -> int:
        """How full it is; 0 where there is no bound. A space over its bound says more than 100."""
        return 0 if not self.quota else self.used * 100 // self.quota

    @property
    def crowded_by_versions(self) -> bool:
        """Whether older versions take more than half of what would be free without them: then they are thinned first."""
        return self.free is not None and self.versions > (self.free + self.versions) // 2


@dataclass
class Bounds:
    """What the settings say, in bytes; 0 is without end."""

    file: int = 0
    space: int = 0
    person: int = 0


BOUNDS = Bounds()


def bound(*, file_mb: int, space_mb: int, person_mb: int) -> None:
    """Say how large one file, all files of a space and all that one person sends may be, in megabytes."""
    BOUNDS.file, BOUNDS.space, BOUNDS.person = file_mb * MEGABYTE, space_mb * MEGABYTE, person_mb * MEGABYTE


Thinner = Callable[[int, int], int]


def _thins_nothing(_space_id: int, _wanted: int) -> int:
    return 0


class Thinning:
    """What thinning old versions could free. Whoever thins says both, once.

    `could_free(space_id)` is a number of bytes; `free(space_id, wanted)` frees that many in the open write unit, or what it
    can, calls `charge` for it, and gives what it freed.
    """

    could_free: Callable[[int], int] = staticmethod(lambda _space_id: 0)
    free: Thinner = staticmethod(_thins_nothing)


def room_of(space: Space) -> Room:
    """How full a space is. Two queries, whatever it holds."""
    row = db.session.get(SpaceRoom, space.id, populate_existing=True)
    quota = BOUNDS.space if row is None or row.quota is None else row.quota
    current, versions, trash = (row.current, row.versions, row.trash) if row is not None else (0, 0, 0)
    own = row.quota if row is not None else None
    return Room(current, versions, trash, _coming(Upload.space_id == space.id), quota or None, own)


def _coming(whose: object) -> int:
    """Bytes that uploads have announced and that are no file yet."""
    stmt = select(func.coalesce(func.sum(Upload.length), 0)).where(whose, Upload.state.in_(OPEN))  # type: ignore[arg-type]
    return int(db.session.scalar(stmt) or 0)


def used_by(person_id: int) -> int:
    """What somebody's files take, and what they are sending."""
    row = db.session.get(PersonRoom, person_id, populate_existing=True)
    return (row.used if row is not None else 0) + _coming(Upload.person_id == person_id)


def check_room(space: Space, person_id: int | None, size: int) -> None:
    """Whether `size` more bytes fit: in the space, and in what one person may send. Asked before anything is sent, and again when
    it becomes a file; then thinning may make room first. Raises NoRoom.
    """
    room = room_of(space)
    if room.free is not None and size > room.free and size > room.free + Thinning.could_free(space.id):
        raise NoRoom(
            _l("This takes %(size)s, and %(free)s is left in this space. Delete something, or ask for more room."),
            size,
            room.free,
        )
    if BOUNDS.person and person_id is not None:
        left = max(0, BOUNDS.person - used_by(person_id))
        if size > left:
            raise NoRoom(
                _l("This takes %(size)s, and of what you may send %(free)s is left. Delete some of yours first."),
                size,
                left,
            )


def take_room(actor: Actor, space: Space, size: int, *, older: int = 0) -> None:
    """A version of `size` bytes came to a space, and `older` bytes that stood became an older version. Part of an action.

    Raises NoRoom, and then nothing has changed.
    """
    check_room(space, actor.id, size)
    free = room_of(space).free
    if free is not None and size > free:
        Thinning.free(space.id, size - free)
    charge(space.id, actor.id, current=size - older, versions=older)
    _warn(space)


def charge(space_id: int, person_id: int | None, *, current: int = 0, versions: int = 0, trash: int = 0) -> None:
    """Add to the counters of a space, and their sum to those of the person who sent it. Numbers may be negative. Part of a write
    unit: of the same one that changes the files.
    """
    change = current + versions + trash
    _add(SpaceRoom, {"space_id": space_id}, current=current, versions=versions, trash=trash)
    if person_id is not None and change:
        _add(PersonRoom, {"person_id": person_id}, used=change)
    if change < 0:
        forget_warnings(space_id)


def _add(model: type[SpaceRoom] | type[PersonRoom], key: dict[str, int], **changes: int) -> None:
    start = {"warned": 0} if model is SpaceRoom else {}
    stmt = insert_into(model).values(**key, **start, **{name: max(0, change) for name, change in changes.items()})
    grown = {name: _at_least_nothing(getattr(model, name) + change) for name, change in changes.items()}
    db.session.execute(stmt.on_conflict_do_update(index_elements=list(key), set_=grown))


def _at_least_nothing(value: ColumnElement[int]) -> ColumnElement[int]:
    return case((value > 0, value), else_=literal(0, BigInteger))


def _passed(room: Room) -> int:
    return max((percent for percent in WARN_AT if room.percent >= percent), default=0)


def _warn(space: Space) -> None:
    """Tell once, each time that a threshold is passed. The house tells it, so that who passed it hears of it too."""
    passed = _passed(room_of(space))
    row = db.session.get_one(SpaceRoom, space.id, populate_existing=True)
    if passed > row.warned:
        row.warned = passed
        record("space.filling", SYSTEM, space, percent=passed)


def forget_warnings(space_id: int) -> None:
    """Where a space is below a threshold again, passing it counts anew. Part of a write unit."""
    row = db.session.get(SpaceRoom, space_id, populate_existing=True)
    if row is not None and row.warned:
        row.warned = min(row.warned, _passed(room_of(db.session.get_one(Space, space_id))))


@action
def give_room(actor: Actor, space: Space, *, quota: int | None) -> None:
    """Say how many bytes a space may hold: None for as many as the house gives each, 0 for without end. Its staff may give less
    than the house does; more comes from an administrator. What is there stays, also where it is more.

    Raises Invalid("quota"), Denied, NotFound.
    """
    require(actor, "manage", space)
    if quota is not None and not 0 <= quota <= MOST:
        raise Invalid("quota", _l("Write how much room there is, as a number."))
    more = BOUNDS.space and quota is not None and (not quota or quota > BOUNDS.space)
    if more and not (actor.is_administrator or actor.is_system):
        raise Invalid("quota", _l("Only an administrator gives more than %(limit)s."), limit=in_words(BOUNDS.space))
    take_turn(space.id)
    row = db.session.get(SpaceRoom, space.id, populate_existing=True, with_for_update=True)
    if (row.quota if row is not None else None) == quota:
        nothing_changed()
        return
    charge(space.id, None)
    row = db.session.get_one(SpaceRoom, space.id, populate_existing=True)
    row.quota = quota
    db.session.flush()
    row.warned = _passed(room_of(space))  # who sets it sees it
    record("space.room-set", actor, space, quota=quota)
