"""Noor works on the map, and Samir does not write over it."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from community.activity.models import Activity
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db, write_unit
from community.files.actions import create_folder, delete_file, upload_file
from community.files.incoming import receive
from community.files.models import File
from community.files.queries import file_for, folder_for
from community.jobs import work
from community.locks.actions import LONGEST_BY_HAND, LONGEST_BY_PROGRAM, lock_thing, unlock
from community.locks.holding import hold_on
from community.locks.models import FileLock
from community.locks.queries import Locked, lock_with, locks_in, locks_on
from tests.conftest import count_queries
from tests.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def send(app: Flask, world: World):
    """`send("noor", "Evidence/map.txt", b"words")`, into a folder that is there."""

    def do(who: str, path: str, content: bytes) -> File:
        way, _, name = path.rpartition("/")
        came = receive(app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=1000)
        space = world.space("noorderlicht")
        folder = folder_for(world.actor(who), space, way) if way else None
        return upload_file(world.actor(who), space, name=name, stored=came.stored, folder=folder)

    return do


def _file(world: World, path: str = "map.txt", who: str = "noor") -> File:
    return file_for(world.actor(who), world.space("noorderlicht"), path)


def test_who_holds_it_goes_on_and_the_others_are_told_who(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    lock_thing(world.actor("noor"), _file(world), lasts=HOUR)
    assert send("noor", "map.txt", b"two").version == 2
    with pytest.raises(Locked) as refused:
        send("samir", "map.txt", b"mine")
    assert "Noor van der Velden is working on this" in str(refused.value)
    with pytest.raises(Locked):
        delete_file(world.actor("pieter_jan"), _file(world, who="pieter_jan"))
    assert send("samir", "map.txt", b"two").version == 2, "the same bytes again change nothing"


def test_a_lock_is_given_back_or_ends_by_itself(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    lock = lock_thing(world.actor("noor"), _file(world), lasts=HOUR)
    unlock(world.actor("noor"), lock.id, thing=_file(world))
    assert send("samir", "map.txt", b"two").version == 2
    lock = lock_thing(world.actor("noor"), _file(world), lasts=HOUR)
    with write_unit():
        db.session.get_one(FileLock, lock.id).expires_at = now() - timedelta(seconds=1)
    assert locks_in(world.space("noorderlicht")) == [] and send("samir", "map.txt", b"three").version == 3
    work._handlers["locks.sweep"]({})
    assert db.session.scalars(select(FileLock)).all() == []


def test_only_the_holder_and_staff_end_it_and_the_log_knows(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    number = lock_thing(world.actor("noor"), _file(world), lasts=HOUR).id
    with pytest.raises(Denied):
        unlock(world.actor("samir"), number, thing=_file(world, who="samir"))
    with pytest.raises(NotFound):
        unlock(world.actor("joost"), number, thing=_file(world))
    unlock(world.actor("pieter_jan"), number, thing=_file(world, who="pieter_jan"))
    line = db.session.scalars(select(Activity).where(Activity.verb == "file.unlocked")).one()
    assert line.data == {"lock": number, "holder": world.person_ids["noor"]}
    unlock(world.actor("noor"), number, thing=_file(world))  # what is gone can be given back once more


def test_readers_lock_nothing_and_outsiders_see_nothing(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    with pytest.raises(Denied):
        lock_thing(world.actor("ingrid"), _file(world, who="ingrid"), lasts=HOUR)
    with pytest.raises(NotFound):
        lock_thing(world.actor("joost"), _file(world), lasts=HOUR)


def test_a_note_says_until_when_and_saying_it_again_changes_it(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    lock_thing(world.actor("noor"), _file(world), lasts=timedelta(days=2), by_hand=True, note="  The figures of\nMay ")
    again = lock_thing(world.actor("noor"), _file(world), lasts=timedelta(days=3), by_hand=True, note="And June")
    found = locks_on([_file(world)])[again.file_id]
    assert (found.note, found.by_hand, found.person.name) == ("And June", True, "Noor van der Velden")
    assert timedelta(days=2, hours=23) < found.expires_at - now() <= timedelta(days=3)
    with pytest.raises(Invalid):
        lock_thing(world.actor("noor"), _file(world), lasts=LONGEST_BY_HAND + HOUR, by_hand=True)
    with pytest.raises(Invalid):
        lock_thing(world.actor("noor"), _file(world), lasts=HOUR, by_hand=True, note="x" * 201)


def test_two_programs_of_one_person_keep_each_other_away_but_her_note_does_not(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    lock_thing(world.actor("noor"), _file(world), lasts=timedelta(days=2), by_hand=True)
    word = lock_thing(world.actor("noor"), _file(world), lasts=HOUR)
    with pytest.raises(Conflict):
        lock_thing(world.actor("noor"), _file(world), lasts=HOUR)
    assert lock_thing(world.actor("noor"), _file(world), lasts=HOUR, tokens=[word.token]).id != word.id


def test_shared_locks_bear_each_other(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    lock_thing(world.actor("noor"), _file(world), lasts=HOUR, is_exclusive=False)
    lock_thing(world.actor("samir"), _file(world), lasts=HOUR, is_exclusive=False)
    with pytest.raises(Locked):
        lock_thing(world.actor("fatma"), _file(world), lasts=HOUR)


def test_a_deep_lock_on_a_folder_holds_for_what_is_below_it(world: World, send) -> None:
    space = world.space("noorderlicht")
    outer = create_folder(world.actor("noor"), space, name="Evidence")
    create_folder(world.actor("noor"), world.space("noorderlicht"), name="Interviews", parent=outer)
    send("samir", "Evidence/Interviews/ragnhild.txt", b"one")
    deep = folder_for(world.actor("noor"), world.space("noorderlicht"), "evidence")
    lock = lock_thing(world.actor("noor"), deep, lasts=HOUR, is_deep=True)
    with pytest.raises(Locked):
        send("samir", "Evidence/Interviews/ragnhild.txt", b"two")
    unlock(world.actor("noor"), lock.id, thing=folder_for(world.actor("noor"), world.space("noorderlicht"), "Evidence"))
    lock_thing(world.actor("samir"), _file(world, "Evidence/Interviews/ragnhild.txt", "samir"), lasts=HOUR)
    with pytest.raises(Locked):
        lock_thing(
            world.actor("noor"),
            folder_for(world.actor("noor"), world.space("noorderlicht"), "Evidence"),
            lasts=HOUR,
            is_deep=True,
        )


def test_a_program_holds_on_while_it_needs_it_and_no_longer_than_an_hour(world: World, send) -> None:
    send("noor", "map.txt", b"one")
    token = lock_thing(world.actor("noor"), _file(world), lasts=timedelta(days=9)).token
    first = lock_with(token)
    assert first is not None and first.expires_at - now() <= LONGEST_BY_PROGRAM
    until = hold_on(token, lasts=timedelta(minutes=5))
    assert until is not None and until - now() <= timedelta(minutes=5)
    assert hold_on("urn:uuid:nobody", lasts=HOUR) is None


def test_all_locks_of_a_space_are_one_question(world: World, send) -> None:
    for number in range(5):
        send("noor", f"{number}.txt", b"one")
        lock_thing(world.actor("noor"), _file(world, f"{number}.txt"), lasts=HOUR)
    space = world.space("noorderlicht")
    with count_queries() as seen:
        assert [lock.file.path for lock in locks_in(space)] == [f"{number}.txt" for number in range(5)]
    assert len(seen) == 1
