"""Versions: each is kept with who sent it, comes back as a new one, and old ones are thinned by a rule that loses nothing named."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db, write_unit
from community.files.actions import delete_file
from community.files.bin import bin_of, destroy, restore
from community.files.bin_jobs import count, thin
from community.files.models import FileVersion
from community.files.moving import move_file
from community.files.recount import recount
from community.files.room import NoRoom, SpaceRoom, room_of
from community.files.thinning import DAILY, LAST, Kept, to_make_room, to_thin
from community.files.versions import (
    delete_version,
    name_version,
    restore_version,
    thin_file,
    version_numbered,
    versions_of,
)
from community.ports import ports
from tests.community.test_folders import _send
from tests.world import World

AT = datetime(2026, 6, 8, 12, tzinfo=UTC)

moments = st.integers(0, 400 * 24).map(lambda hours: AT - timedelta(hours=hours))
histories = st.lists(st.tuples(moments, st.integers(0, 1000), st.booleans()), max_size=120).map(
    lambda rows: [Kept(number, *row) for number, row in enumerate(sorted(rows, key=lambda row: row[0]), 1)]
)


@given(histories)
def test_thinning_keeps_the_last_twenty_what_is_named_and_one_a_day_then_one_a_week(versions: list[Kept]) -> None:
    gone = set(to_thin(versions, AT))
    stay = [one for one in versions if one.number not in gone]
    assert versions[-LAST:] == stay[-len(versions[-LAST:]) :] if versions else stay == []
    assert not any(one.named for one in versions if one.number in gone)
    assert to_thin(stay, AT) == []  # again takes nothing

    def stretches(some: list[Kept]) -> set[tuple[bool, int]]:
        return {
            (AT - one.at <= DAILY, one.at.toordinal() if AT - one.at <= DAILY else one.at.toordinal() // 7)
            for one in some
        }

    assert stretches(stay) == stretches(versions)  # each day and week that had one has one
    plain = [one for one in stay[:-LAST] if not one.named]
    assert len(plain) == len(stretches(plain))


@given(histories, st.integers(0, 50_000))
def test_room_is_made_by_the_oldest_that_nobody_named(versions: list[Kept], room: int) -> None:
    gone = to_make_room(versions, room)
    stay = [one for one in versions if one.number not in gone]
    assert not any(one.named for one in versions if one.number in gone)
    held = sum(one.size for one in stay)
    assert held <= room or all(one.named or not one.size for one in stay)
    if gone:
        last = next(one for one in versions if one.number == gone[-1])
        assert held + last.size > room  # not one more than needed


def _history(world: World) -> int:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    for who, words, note in ((noor, b"one", ""), (samir, b"two", "Samir's"), (noor, b"three", "")):
        file = _send(who, team, "plan.txt", words=words, note=note)
    return file.id


def test_an_earlier_version_comes_back_as_a_new_one(world: World) -> None:
    from community.files.queries import file_numbered

    number = _history(world)
    samir = world.actor("samir")
    file = file_numbered(samir, number)
    found = versions_of(samir, file)
    assert [(one.number, one.size, one.note) for one in found.items] == [(3, 5, ""), (2, 3, "Samir's"), (1, 3, "")]
    assert found.items[1].author.name == world.person("samir").name
    assert versions_of(samir, file, limit=2).next == 2
    assert [one.number for one in versions_of(samir, file, before=2).items] == [1]
    restore_version(samir, file, number=1, base=file.sha256, note="As before")
    assert (file.version, file.sha256) == (4, hashlib.sha256(b"one").hexdigest())
    assert [one.number for one in versions_of(samir, file).items] == [4, 3, 2, 1]
    with pytest.raises(Invalid, match="already"):
        restore_version(samir, file, number=4)
    with pytest.raises(Invalid, match="already"):
        restore_version(samir, file, number=1)
    with pytest.raises(Conflict):
        restore_version(samir, file, number=2, base="0" * 64)
    with pytest.raises(NotFound):
        restore_version(samir, file, number=9)
    with pytest.raises(Denied):
        restore_version(world.actor("ingrid"), file, number=2)
    with pytest.raises(NotFound):
        versions_of(world.actor("joost"), file)
    with pytest.raises(NotFound):
        version_numbered(world.actor("joost"), file, 1)


def test_what_is_named_stays_and_one_version_can_go(world: World) -> None:
    from community.files.queries import file_numbered

    number = _history(world)
    noor = world.actor("noor")
    file = file_numbered(noor, number)
    assert name_version(noor, file, number=1, name=" For the  sponsor ").name == "For the sponsor"
    assert name_version(noor, file, number=1, note="What we sent").name == "For the sponsor"
    with pytest.raises(Invalid):
        name_version(noor, file, number=1, name="x" * 81)
    with pytest.raises(Denied):
        delete_version(world.actor("samir"), file, number=2)
    with pytest.raises(Invalid, match="stands"):
        delete_version(noor, file, number=3)
    delete_version(noor, file, number=2)
    assert [one.number for one in versions_of(noor, file).items] == [3, 1]


def test_the_job_of_the_day_thins_and_counts(world: World) -> None:
    from community.files.queries import file_numbered

    noor, team = world.actor("noor"), world.space("noorderlicht")
    for number in range(30):
        file = _send(noor, team, "plan.txt", words=b"x" * (number + 1))
    file = file_numbered(noor, file.id)
    name_version(noor, file, number=2, name="Kept")
    with write_unit():
        db.session.execute(update(FileVersion).where(FileVersion.number == 1).values(sha256="", size=0))
    count({})
    db.session.expire_all()
    assert version_numbered(noor, file, 1).sha256 == hashlib.sha256(b"x").hexdigest()
    assert version_numbered(noor, file, 1).size == 1
    thin({})
    # All of them are of today: the last twenty, the newest of the day before them, and what has a name.
    assert [one.number for one in versions_of(noor, file).items][-2:] == [10, 2]
    assert thin_file(noor, file) == 0
    assert not recount()


def test_counters_follow_versions_the_bin_and_moves(world: World) -> None:
    from community.files.queries import file_numbered

    number = _history(world)
    staff, team, other = world.actor("pieter_jan"), world.space("noorderlicht"), world.space("getij")
    file = file_numbered(staff, number)
    assert (room_of(team).current, room_of(team).versions) == (5, 6)
    delete_version(staff, file, number=1)
    move_file(staff, file, other)
    assert (room_of(team).used, room_of(other).current, room_of(other).versions) == (0, 5, 3)
    delete_file(staff, file)
    assert (room_of(other).current, room_of(other).versions, room_of(other).trash) == (0, 0, 8)
    assert not recount()
    restore(staff, bin_of(staff, other).items[0])
    assert (room_of(other).current, room_of(other).versions, room_of(other).trash) == (5, 3, 0)
    assert not recount()
    delete_file(staff, file)
    destroy(staff, bin_of(staff, other).items[0])
    assert room_of(other).used == 0
    assert not recount()


def test_old_versions_make_room_for_what_comes(world: World) -> None:
    from community.files.queries import file_numbered

    noor, team = world.actor("noor"), world.space("noorderlicht")
    for size in (300, 301, 302):
        file = _send(noor, team, "plan.txt", words=b"x" * size)
    name_version(noor, file_numbered(noor, file.id), number=2, name="Kept")
    with write_unit():
        db.session.get_one(SpaceRoom, team.id).quota = 1000
    _send(noor, team, "other.txt", words=b"y" * 350)
    assert [one.number for one in versions_of(noor, file_numbered(noor, file.id)).items] == [3, 2]
    with pytest.raises(NoRoom):
        _send(noor, team, "third.txt", words=b"z" * 350)
    assert room_of(world.space("noorderlicht")).versions == 301
    assert ports.storage().exists(file.storage_key)
