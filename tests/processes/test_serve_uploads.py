"""`make serve`: pieces of uploads count as they come, though a front server stands between; and a stop keeps what came."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from community.config import load_settings
from community.extensions import db
from community.people.actions import create_token
from tests.processes.house import until
from tests.processes.lines import Pattern, line
from tests.processes.test_serve import Served, served
from tests.processes.test_uploads import MB, Sender
from tests.world import build_world
from wsgi import create_app


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Sender]]:
    """The site as in production, and a program of Noor's."""
    folder = tmp_path_factory.mktemp("u")
    database = f"sqlite:///{folder / 'community.db'}"
    with served(folder, database) as here:
        with in_process(folder, database):
            world = build_world()
            secret = create_token(world.actor("noor"), world.person("noor"), name="a script", scope="write")[1]
        yield here, Sender([here.address], secret)


@contextmanager
def in_process(folder: Path, database: str) -> Iterator[Flask]:
    """The application over the same database, in the test's own process."""
    env = {
        "APP_ENV": "testing",
        "DATABASE_URL": database,
        "STORAGE_URL": f"file://{folder / 'files'}",
        "SEARCH_URL": f"whoosh://{folder / 'index'}",
        "MAIL_URL": f"file://{folder / 'mail'}",
        "SECRET_KEY": "only for tests, and long enough for them",
        "ROLE": "web",
    }
    app = create_app(load_settings(env))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def half_a_piece(site: Served, sender: Sender, path: str, size: int, sent: int) -> socket.socket:
    """A PATCH of which only the beginning came."""
    host, port = site.address.removeprefix("http://").split(":")
    made = socket.create_connection((host, int(port)))
    head = f"PATCH {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
    head += f"Content-Length: {size}\r\n" + "".join(f"{key}: {value}\r\n" for key, value in sender.headers.items())
    made.sendall(head.encode() + b"\r\n" + Pattern(size).read(sent))
    return made


def offset_of(sender: Sender, path: str) -> int:
    return int(sender.insist("HEAD", path).headers["Upload-Offset"])


def test_what_came_before_the_line_broke_counts(site: tuple[Served, Sender]) -> None:
    here, sender = site
    path = sender.begin("half.bin", 20 * MB)
    with half_a_piece(here, sender, path, 20 * MB, 6 * MB):
        time.sleep(1)
    until(lambda: offset_of(sender, path) >= 5 * MB, 15)
    sender.send(path, 20 * MB)
    assert sender.ended(path)["state"] == "done"
    assert sender.sha256("half.bin") == Pattern(20 * MB).sha256()


def test_more_than_one_form_may_hold_comes_through_a_line_that_breaks(site: tuple[Served, Sender]) -> None:
    here, sender = site
    size = 90 * MB
    with line(here.address, breaks=5, after=(4 * MB, 20 * MB)) as shaky:
        shaken = Sender([shaky.address], sender.headers["Authorization"].removeprefix("Bearer "))
        path = shaken.begin("groot.bin", size)
        shaken.send(path, size)
        assert shaky.broken == 5
    assert sender.ended(path)["state"] == "done"
    assert sender.sha256("groot.bin") == Pattern(size).sha256()


def test_many_slow_senders_keep_nobody_from_reading(site: tuple[Served, Sender]) -> None:
    here, sender = site
    slow = []
    for number in range(20):
        path = sender.begin(f"slow-{number}.bin", MB)
        slow.append(half_a_piece(here, sender, path, MB, 1000))
    time.sleep(0.5)
    assert here.get("/login") == 200
    assert sender.insist("GET", "/api/v1/uploads").status_code == 200
    for made in slow:
        made.close()


def test_what_is_stopped_keeps_what_came(site: tuple[Served, Sender]) -> None:
    import os
    import signal

    here, sender = site
    path = sender.begin("stop.bin", 20 * MB)
    with half_a_piece(here, sender, path, 20 * MB, 6 * MB) as made:
        time.sleep(1)
        os.kill(here.pids()["uploads"], signal.SIGTERM)
        time.sleep(0.5)
        made.sendall(Pattern(20 * MB, 6 * MB, 7 * MB).read())  # it notices with the next bytes
        until(lambda: offset_of(sender, path) >= 5 * MB, 30)
    sender.send(path, 20 * MB)
    assert sender.sha256("stop.bin") == Pattern(20 * MB).sha256()
