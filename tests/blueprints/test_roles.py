"""What a process answers by its role, and that pages and sockets leave each other room."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from blueprints.roles import FewerSockets, OneAtATime, OnlySockets
from community.activity.waking import Wakers
from community.extensions import db
from community.readers import Duties, duties_of
from wsgi import create_app


def ask(app: Any, path: str, method: str = "GET") -> tuple[str, str]:
    """The status and the body of a request to a WSGI application."""
    said: list[str] = []
    body = app({"PATH_INFO": path, "REQUEST_METHOD": method}, lambda status, headers: said.append(status))
    return said[0], b"".join(body).decode()


class Busy:
    """An application that counts how many are inside at once."""

    def __init__(self, seconds: float = 0.05) -> None:
        self.seconds, self.inside, self.most = seconds, 0, 0
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(self.seconds)
        with self._lock:
            self.inside -= 1
        start_response("200 OK", [])
        return [b"page"]


@pytest.mark.parametrize(
    ("method", "path", "most"), [("GET", "/", 1), ("HEAD", "/feed", 1), ("POST", "/", 4), ("GET", "/socket.io/", 4)]
)
def test_pages_take_turns_and_who_writes_or_listens_does_not_wait(method: str, path: str, most: int) -> None:
    busy = Busy()
    app = OneAtATime(busy)
    threads = [threading.Thread(target=ask, args=(app, path, method)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert busy.most == most


def test_a_page_that_fails_ends_its_turn() -> None:
    def broken(*_: Any) -> Iterable[bytes]:
        raise OSError("broken")

    app = OneAtATime(broken)
    for _ in range(2):
        with pytest.raises(OSError, match="broken"):
            ask(app, "/")


def test_sockets_are_refused_when_there_are_too_many_and_pages_never(tmp_path: Path) -> None:
    duties = Duties(Wakers(tmp_path))
    busy = Busy(seconds=0.3)
    app = FewerSockets(busy, 2, duties)
    threads = [threading.Thread(target=ask, args=(app, "/socket.io/")) for _ in range(2)]
    for thread in threads:
        thread.start()
    while busy.inside < 2:
        time.sleep(0.01)
    assert ask(app, "/socket.io/")[0] == "503 Service Unavailable"
    assert ask(app, "/")[0] == "200 OK"
    for thread in threads:
        thread.join()
    assert ask(app, "/socket.io/")[0] == "200 OK"
    duties.ending = True
    assert ask(app, "/socket.io/")[0] == "503 Service Unavailable"


def test_the_live_role_has_no_pages() -> None:
    app = OnlySockets(Busy(seconds=0))
    assert ask(app, "/socket.io/")[0] == ask(app, "/healthz")[0] == "200 OK"
    for path in ("/", "/login", "/socket.io", "/metrics", "/api/v1/me", "/healthz/"):
        assert ask(app, path)[0] == "404 Not Found"


LANES = [
    f"jobs, {lane}"
    for lane in ("drawings", "exchange", "files", "mail", "previews", "push", "sweep", "texts", "uploads")
]


@pytest.mark.parametrize(
    ("role", "names"),
    [
        ("web", []),
        ("live", ["ear", "live", "presence"]),
        ("worker", ["ear", "jobs", *LANES, "leases", "outbox"]),
        ("all", ["ear", "jobs", *LANES, "leases", "live", "outbox", "presence"]),
    ],
)
def test_each_role_has_its_threads_and_ends_them(app: Flask, role: str, names: list[str], tmp_path: Path) -> None:
    settings = dataclasses.replace(app.config["SETTINGS"], ROLE=role, SEARCH_URL=f"whoosh://{tmp_path}/i")
    made = create_app(settings)
    duties = duties_of(made)
    before = set(threading.enumerate())
    duties.start()
    assert sorted(thread.name for thread in set(threading.enumerate()) - before) == names
    assert duties.stop(10)
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name in names]
    with made.app_context():
        db.engine.dispose()
