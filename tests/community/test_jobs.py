"""Jobs: done at least once, by one worker at a time, tried again, and given up in sight."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from community.clock import frozen, now
from community.extensions import db, write_unit
from community.jobs import work
from community.jobs.models import Job
from community.jobs.work import LEASE, TRIES, LeaseKeeper, claim, enqueue, handles, run_one, wind_the_clock
from tests import servers

Handled = list[dict[str, Any]]


@pytest.fixture
def handled(app: Flask) -> Iterator[Handled]:
    """Handlers of the test's own: `note` writes its payload down, `fail` fails."""
    before, periodic = dict(work._handlers), list(work._periodic)
    work._handlers.clear()
    work._periodic.clear()
    seen: Handled = []
    handles("note")(seen.append)

    @handles("fail")
    def fail(payload: dict[str, Any]) -> None:
        seen.append(payload)
        raise ConnectionError("no mail server")

    yield seen
    work._handlers.clear()
    work._handlers.update(before)
    work._periodic[:] = periodic
    work._held.clear()


def add(name: str, payload: dict[str, Any] | None = None, **more: Any) -> None:
    with write_unit():
        enqueue(name, payload or {}, **more)


def the_job() -> Job:
    db.session.rollback()
    return db.session.scalars(select(Job)).one()


def test_a_job_is_done_once(handled: Handled) -> None:
    add("note", {"person": 7})
    assert [run_one(), run_one()] == [1, 0]
    assert handled == [{"person": 7}]
    assert the_job().done_at is not None and the_job().leased_until is None


def test_a_job_exists_exactly_when_its_reason_does(handled: Handled) -> None:
    with pytest.raises(RuntimeError), write_unit():
        enqueue("note", {})
        enqueue("note", {}, unique_key="one")
        raise RuntimeError("the action failed")
    assert run_one() == 0


def test_a_job_waits_for_its_hour(handled: Handled) -> None:
    add("note", after=now() + timedelta(hours=1))
    assert run_one() == 0
    with frozen(now() + timedelta(hours=1, seconds=1)):
        assert run_one() == 1


def test_what_fails_is_tried_again_later_and_given_up_in_sight(
    handled: Handled, caplog: pytest.LogCaptureFixture
) -> None:
    add("fail")
    at = now()
    for number in range(1, TRIES + 1):
        with frozen(at):
            assert run_one() == 1
            assert run_one() == 0, "not at once"
        job = the_job()
        assert job.attempts == number and job.error == "ConnectionError: no mail server"
        at += timedelta(hours=2)
    assert job.given_up_at is not None and len(handled) == TRIES
    with frozen(at):
        assert run_one() == 0


def test_an_unknown_job_is_kept_for_who_knows_it(handled: Handled, caplog: pytest.LogCaptureFixture) -> None:
    add("of-a-later-version")
    run_one()
    assert the_job().done_at is None and the_job().attempts == 1


def test_a_lease_ends_and_another_worker_takes_over(handled: Handled) -> None:
    add("note", {"n": 1})
    lost = claim()
    assert lost is not None and run_one() == 0, "it is leased"
    with frozen(now() + LEASE + timedelta(seconds=1)):
        assert run_one() == 1
    assert handled == [{"n": 1}] and the_job().attempts == 2


def test_who_comes_back_too_late_undoes_nothing(handled: Handled) -> None:
    """The first worker was only slow; when it ends, the second one is at it."""
    add("slow")
    at = now()

    @handles("slow")
    def slow(_payload: dict[str, Any]) -> None:
        with frozen(at + LEASE + timedelta(seconds=1)):
            assert claim() is not None  # as another worker would, later

    assert run_one() == 1
    job = the_job()
    assert job.attempts == 2 and job.done_at is None and job.leased_until is not None


def test_long_work_keeps_its_lease(app: Flask, handled: Handled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "RENEW_EVERY", 0.02)
    keeper = LeaseKeeper(app.app_context)
    leases: list[Any] = []

    @handles("long")
    def long(_payload: dict[str, Any]) -> None:
        keeper.start()
        db.session.remove()
        first = the_job().leased_until
        limit = time.monotonic() + 5
        while the_job().leased_until == first and time.monotonic() < limit:
            time.sleep(0.02)
        leases.extend([first, the_job().leased_until])

    add("long")
    run_one()
    keeper.ask_to_stop()
    assert keeper.join(5)
    assert leases[1] > leases[0]
    assert the_job().done_at is not None


def test_a_worker_that_must_go_gives_back_what_it_is_at(app: Flask, handled: Handled) -> None:
    add("note")
    assert claim() is not None
    keeper = LeaseKeeper(app.app_context)
    keeper.start()
    keeper.ask_to_stop()
    assert keeper.join(5)
    work._held.clear()
    assert run_one() == 1


def test_a_job_that_kills_every_worker_is_given_up(handled: Handled) -> None:
    add("note")
    at = now()
    for _ in range(TRIES):
        with frozen(at):
            assert claim() is not None
        at += LEASE + timedelta(seconds=1)
    with frozen(at):
        assert claim() is None
    assert the_job().given_up_at is not None and handled == []


def test_many_workers_and_each_job_once(app: Flask, handled: Handled) -> None:
    for number in range(30):
        add("note", {"n": number})
    db.session.remove()

    def worker() -> None:
        with app.app_context():
            while run_one():
                pass
            db.session.remove()

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert sorted(payload["n"] for payload in handled) == list(range(30))


def test_a_periodic_job_comes_once_for_each_slot_whoever_winds_the_clock(app: Flask, handled: Handled) -> None:
    hourly: list[int] = []
    handles("hourly", every=timedelta(hours=1))(lambda _payload: hourly.append(1))
    at = now().replace(minute=5, second=0, microsecond=0)
    db.session.remove()

    def wind() -> None:
        with app.app_context(), frozen(at):
            wind_the_clock()
            db.session.remove()

    for _ in range(2):
        threads = [threading.Thread(target=wind) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert db.session.scalar(select(func.count()).select_from(Job)) == 1
    with frozen(at):
        assert [run_one(), run_one()] == [1, 0]
    with frozen(at + timedelta(hours=1)):
        wind_the_clock()
        assert [run_one(), run_one()] == [1, 0]
    assert len(hourly) == 2


def test_a_unique_job_is_not_made_twice(handled: Handled) -> None:
    add("note", {"n": 1}, unique_key="one")
    add("note", {"n": 2}, unique_key="one")
    while run_one():
        pass
    assert handled == [{"n": 1}]


def test_work_outside_waits_in_a_lane_of_its_own(handled: Handled) -> None:
    handles("far", lane="mail")(handled.append)
    add("far", {"n": 1})
    add("note", {"n": 2})
    assert [run_one(work.HOUSE), run_one(work.HOUSE)] == [1, 0] and handled == [{"n": 2}]
    assert [run_one("previews"), run_one("mail")] == [0, 1] and handled == [{"n": 2}, {"n": 1}]
    waits = {"mail.deliver": "mail", "push.browser": "push", "previews.fetch": "previews"}
    assert waits.items() <= work._lanes.items(), "these wait for machines of others"
    work._lanes.pop("far")


def test_what_is_long_done_is_swept(handled: Handled) -> None:
    handles("daily", every=timedelta(days=1))(lambda _payload: None)
    add("note")
    run_one()
    with frozen(now() + timedelta(days=8)):
        wind_the_clock()
    assert [job.name for job in db.session.scalars(select(Job))] == ["daily"]


KILLED = """
import os, signal
from community.jobs.work import handles, run_one
from wsgi import create_app
app = create_app()
handles("deadly")(lambda payload: os.kill(os.getpid(), signal.SIGKILL))
with app.app_context():
    run_one()
"""


def test_a_job_whose_worker_is_killed_runs_again(app: Flask, handled: Handled) -> None:
    settings = app.config["SETTINGS"]
    add("deadly", {"n": 1})
    env = {
        name: str(getattr(settings, name))
        for name in ("APP_ENV", "DATABASE_URL", "SEARCH_URL", "STORAGE_URL", "SECRET_KEY")
    }
    worker = subprocess.run(
        [sys.executable, "-c", KILLED], cwd=servers.ROOT, env={**os.environ, **env, "ROLE": "worker"}, check=False
    )
    assert worker.returncode == -signal.SIGKILL
    handles("deadly")(handled.append)
    assert run_one() == 0, "its lease holds for a while"
    with frozen(now() + LEASE + timedelta(seconds=1)):
        assert run_one() == 1
    assert handled == [{"n": 1}]
