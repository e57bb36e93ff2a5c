"""The log and those who carry on from it: nothing missed, nothing twice, and one that fails stops nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, select

from community.activity import outbox
from community.activity.log import NothingRecorded, action, record
from community.activity.models import Activity, Cursor
from community.activity.outbox import Later, Reader, Runner, last_id, run_once, run_until_idle, status
from community.activity.waking import NotifyEar
from community.clock import frozen, now
from community.extensions import db, write_unit
from community.microblog.actions import create_post
from community.microblog.models import Post
from community.notifications.models import Notification
from community.permissions import Actor
from community.search.consumer import index_in
from community.spaces.models import Space
from tests import servers
from tests.world import World


@pytest.fixture
def readers(app: Flask) -> Iterator[Callable[[Reader], Reader]]:
    """Put a reader of the test's own in the outbox, at the end of the log."""
    before = dict(outbox._readers)

    def put(reader: Reader) -> Reader:
        with write_unit():
            db.session.add(Cursor(reader=reader.name, last_id=last_id(), failures=0))
        return outbox.register_reader(reader)

    outbox._readers.clear()
    yield put
    outbox._readers.clear()
    outbox._readers.update(before)


def posts(world: World, *bodies: str) -> list[int]:
    """Posts in the team, and the ids of their lines."""
    for body in bodies:
        create_post(world.actor("noor"), world.space("noorderlicht"), body=body)
    return list(range(last_id() - len(bodies) + 1, last_id() + 1))


def in_thread(app: Flask, do: Callable[[], None]) -> threading.Thread:
    """Run something as another process would: with its own session."""

    def run() -> None:
        with app.app_context():
            do()
            db.session.remove()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_each_reader_reads_every_line_once_and_in_order(world: World, readers: Callable[[Reader], Reader]) -> None:
    one: list[int] = []
    two: list[int] = []
    readers(Reader("one", lambda lines: one.extend(line.id for line in lines), batch=2))
    readers(Reader("two", lambda lines: two.extend(line.id for line in lines), transactional=False))
    ids = posts(world, "1", "2", "3", "4", "5")
    assert run_until_idle() == 10
    assert one == two == ids
    assert run_until_idle() == 0


def test_a_reader_that_fails_keeps_its_place_and_stops_nobody(
    world: World, readers: Callable[[Reader], Reader], caplog: pytest.LogCaptureFixture
) -> None:
    well: list[int] = []
    broken = {"is": True}

    def fragile(lines: Sequence[Activity]) -> None:
        if broken["is"]:
            raise ValueError("the disk is full")

    readers(Reader("fragile", fragile))
    readers(Reader("well", lambda lines: well.extend(line.id for line in lines)))
    before = {standing.name: standing.last_id for standing in status()}
    ids = posts(world, "1", "2")
    run_until_idle()
    assert well == ids
    [first, second] = status()
    assert (first.name, first.last_id, first.behind) == ("fragile", before["fragile"], 2)
    assert first.error == "ValueError: the disk is full" and second.error is None
    broken["is"] = False
    assert run_once() == 0, "it rests for a while"
    with frozen(now() + timedelta(minutes=2)):
        assert run_until_idle() == 2
    assert [(s.behind, s.error) for s in status()] == [(0, None), (0, None)]


def test_what_a_failing_reader_wrote_is_not_there(world: World, readers: Callable[[Reader], Reader]) -> None:
    def half(lines: Sequence[Activity]) -> None:
        for line in lines:
            db.session.add(
                Notification(
                    person_id=world.person_ids["samir"], activity_id=line.id, verb=line.verb, object_kind="post",
                    object_id=1, reason="mention",
                )
            )  # fmt: skip
        db.session.flush()
        raise RuntimeError("in the middle")

    readers(Reader("half", half))
    posts(world, "1")
    run_once()
    assert db.session.scalars(select(Notification)).all() == []


def test_a_reader_that_must_wait_has_not_failed(world: World, readers: Callable[[Reader], Reader]) -> None:
    def busy(_lines: Sequence[Activity]) -> None:
        raise Later

    readers(Reader("busy", busy, transactional=False))
    posts(world, "1")
    assert run_once() == 0
    assert status()[0].error is None and status()[0].behind == 1


def test_place_and_idle_may_fail_too(
    world: World, readers: Callable[[Reader], Reader], caplog: pytest.LogCaptureFixture
) -> None:
    well: list[int] = []

    def fails() -> int:
        raise OSError("no such folder")

    readers(Reader("placeless", lambda lines: None, transactional=False, place=fails))
    readers(Reader("tidy", lambda lines: None, idle=fails))
    readers(Reader("well", lambda lines: well.extend(line.id for line in lines)))
    ids = posts(world, "1")
    run_until_idle()
    assert well == ids


def test_two_workers_at_once_read_each_line_once(app: Flask, world: World, readers: Callable[[Reader], Reader]) -> None:
    read: list[int] = []

    def slow(lines: Sequence[Activity]) -> None:
        time.sleep(0.02)
        read.extend(line.id for line in lines)

    readers(Reader("slow", slow, batch=1))
    ids = posts(world, *"12345678")
    db.session.remove()
    threads = [in_thread(app, lambda: run_until_idle(["slow"]) and None) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert read == ids


def test_the_first_workers_of_a_new_reader_do_not_collide(
    app: Flask, world: World, readers: Callable[[Reader], Reader]
) -> None:
    read: list[int] = []
    outbox.register_reader(Reader("new", lambda lines: read.extend(line.id for line in lines)))
    db.session.remove()
    threads = [in_thread(app, lambda: run_until_idle(["new"]) and None) for _ in range(4)]
    for thread in threads:
        thread.join()
    assert read == sorted(set(read)) and read[-1] == last_id()
    assert status()[0].error is None


def test_ids_become_visible_in_the_order_of_commits(
    app: Flask, world: World, readers: Callable[[Reader], Reader]
) -> None:
    """One transaction has numbered its line and not committed; another would overtake it. It must wait, or a reader
    that has passed the second would never see the first.
    """
    read: list[int] = []
    readers(Reader("all", lambda lines: read.extend(line.id for line in lines)))
    numbered, go_on = threading.Event(), threading.Event()
    done: list[str] = []

    def write(name: str) -> None:
        create_post(world.actor("noor"), world.space("noorderlicht"), body=name)
        done.append(name)

    def hold(_session: object) -> None:
        if threading.current_thread() is slow:
            numbered.set()
            go_on.wait(10)

    start = last_id()
    db.session.remove()
    event.listen(db.session, "before_commit", hold)
    begun = threading.Event()

    def first() -> None:
        begun.wait(10)
        write("first")

    slow = in_thread(app, first)
    try:
        begun.set()
        assert numbered.wait(10)
        quick = in_thread(app, lambda: write("second"))
        time.sleep(0.3)
        assert done == []
        outbox.lines_after(start)
        db.session.rollback()
        go_on.set()
        slow.join(10)
        quick.join(10)
    finally:
        event.remove(db.session, "before_commit", hold)
    assert done == ["first", "second"]
    run_until_idle()
    assert len(read) == 2 and read == sorted(read)
    bodies = [db.session.get_one(Post, db.session.get_one(Activity, line).object_id).body for line in read]
    assert bodies == ["first", "second"]


def test_a_reader_among_many_writers_misses_nothing(
    app: Flask, world: World, readers: Callable[[Reader], Reader]
) -> None:
    read: list[int] = []
    readers(Reader("all", lambda lines: read.extend(line.id for line in lines), batch=3))
    start = last_id()
    db.session.remove()

    def write() -> None:
        for number in range(6):
            create_post(world.actor("noor"), world.space("noorderlicht"), body=f"{number}")

    writers = [in_thread(app, write) for _ in range(4)]
    while any(writer.is_alive() for writer in writers):
        run_once()
    for writer in writers:
        writer.join()
    run_until_idle()
    written = db.session.scalars(select(Activity.id).where(Activity.id > start).order_by(Activity.id)).all()
    assert read == list(written) and len(read) == 24


def test_an_action_that_says_nothing_commits_nothing(world: World) -> None:
    @action
    def silently(actor: Actor, space: Space) -> None:
        space.name = "Changed"

    with pytest.raises(NothingRecorded):
        silently(world.actor("pieter_jan"), world.space("noorderlicht"))
    db.session.remove()
    assert world.space("noorderlicht").name == "Noorderlicht"


def test_a_line_and_its_reason_come_together_or_not_at_all(world: World) -> None:
    @action
    def half(actor: Actor, space: Space) -> None:
        space.name = "Changed"
        record("space.updated", actor, space, changed=["name"])
        raise RuntimeError("in the middle")

    before = last_id()
    with pytest.raises(RuntimeError):
        half(world.actor("pieter_jan"), world.space("noorderlicht"))
    db.session.remove()
    assert world.space("noorderlicht").name == "Noorderlicht" and last_id() == before


def test_a_runner_works_when_poked_and_ends_after_its_piece(app: Flask) -> None:
    did: list[float] = []
    runner = Runner(app.app_context, lambda: did.append(time.monotonic()) or 0, tick=60)
    runner.start()
    runner.poke()
    limit = time.monotonic() + 5
    while len(did) < 2 and time.monotonic() < limit:
        runner.poke()
        time.sleep(0.01)
    assert len(did) >= 2
    assert runner.stop(5)


def test_a_runner_outlives_a_round_that_fails(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    def work() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("the database is away")
        return 0

    runner = Runner(app.app_context, work, tick=0.01, name="fragile")
    runner.start()
    limit = time.monotonic() + 5
    while len(tries) < 2 and time.monotonic() < limit:
        time.sleep(0.01)
    assert runner.stop(5) and len(tries) >= 2
    assert "fragile: one round failed" in caplog.text


def test_on_postgresql_a_poke_comes_with_the_commit() -> None:
    with servers.postgresql("ear") as url:
        dsn = url.replace("postgresql+psycopg", "postgresql")
        ear = NotifyEar(url)
        assert ear.wait(5), "to begin to listen counts as a poke: something may have been missed"
        with psycopg.connect(dsn) as writer:
            writer.execute("SELECT pg_notify('cohortium_log', '')")
            assert not ear.wait(0.2)
            writer.commit()
            assert ear.wait(5)
            writer.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
            writer.commit()
            limit = time.monotonic() + 10
            while not ear.wait(0.1):  # it breaks, and is made anew
                assert time.monotonic() < limit
            writer.execute("SELECT pg_notify('cohortium_log', '')")
            writer.commit()
            assert ear.wait(5)
        ear.close()


def test_the_commands_read_and_tell(app: Flask, world: World) -> None:
    posts(world, "1")
    db.session.remove()
    shell = app.test_cli_runner()
    assert shell.invoke(args=["outbox", "run"]).exit_code == 0
    said = shell.invoke(args=["outbox", "status"])
    assert said.exit_code == 0
    assert [line.split()[0] for line in said.output.splitlines()] == [
        "reader",
        "names",
        "links",
        "anchors",
        "file-texts",
        "file-uses",
        "notifications",
        "coaching",
        "search",
    ]
    assert all(line.split()[2] == "0" for line in said.output.splitlines()[1:])


def test_the_commands_say_what_stopped_a_reader(
    app: Flask, world: World, readers: Callable[[Reader], Reader], caplog: pytest.LogCaptureFixture
) -> None:
    readers(Reader("fragile", lambda lines: 1 / 0))  # type: ignore[arg-type,return-value]
    posts(world, "1")
    db.session.remove()
    shell = app.test_cli_runner()
    for command in ("run", "status"):
        said = shell.invoke(args=["outbox", command])
        assert said.exit_code == 1 and "division by zero" in said.output


def test_an_index_that_another_worker_writes_is_no_failure(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("community.search.index.PATIENCE", 0.2)
    index = index_in(app.config["SETTINGS"].search_folder)
    run_until_idle()
    posts(world, "1")
    with index._writing(timeout=5.0):  # as another process would
        run_once(["search"])
    found = {standing.name: standing for standing in status()}
    assert found["search"].behind == 1 and found["search"].error is None
    assert run_until_idle(["search"]) == 1
