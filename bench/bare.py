"""The ceilings, under the same server as the site: nothing that Flask, the database or Socket.IO would not have to do anyway.

GET /         a constant page of 20 kB
POST /commit  one row, committed, as durably as the site does it
POST /emit    one pointer to everybody who is connected
PUT /bytes    as many bytes as come, into one file, on the disk before the answer
GET /bytes    the same bytes
"""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask_socketio import SocketIO, join_room

PAGE = "<!doctype html><title>Bare</title>" + "<p>One constant page, as long as a real one.</p>\n" * 430
PIECE = 128 * 1024
POINTER = {"id": 981, "verb": "post.created", "object": "post:12", "actor": "person.2", "space": "commons"}


class Idle:
    """What .serve/gunicorn.py starts and stops in the site: here nothing."""

    def start(self) -> None:
        """Nothing to start."""

    def stop(self, timeout: float) -> bool:
        """Nothing to stop."""
        return True


app = Flask(__name__)
app.extensions["duties"] = Idle()
_of_this_thread = threading.local()


@app.get("/")
def page() -> str:
    """The bare Flask view."""
    return PAGE


@app.get("/healthz")
@app.get("/readyz")
def alive() -> str:
    """The process answers."""
    return "ok\n"


def _connection() -> Any:
    """A connection of this thread's own, with the settings of community/extensions.py."""
    found = getattr(_of_this_thread, "connection", None)
    if found is None:
        url = os.environ["DATABASE_URL"]
        if url.startswith("sqlite"):
            found = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, timeout=5)
            found.execute("PRAGMA journal_mode=WAL")
            found.execute("PRAGMA synchronous=FULL")
        else:
            import psycopg

            found = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        found.execute("CREATE TABLE IF NOT EXISTS bench_row (id INTEGER, words TEXT)")
        _of_this_thread.connection = found
    return found


@app.post("/commit")
def commit() -> str:
    """One commit of one row."""
    _connection().execute("INSERT INTO bench_row VALUES (1, 'one row')")
    return "ok\n"


@app.put("/bytes")
def take() -> str:
    """A stream into a file."""
    with Path(os.environ["BENCH_FILE"]).open("wb") as file:
        while piece := request.stream.read(PIECE):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return "ok\n"


@app.get("/bytes")
def give() -> Response:
    """A file as a stream."""
    path = Path(os.environ["BENCH_FILE"])
    file = path.open("rb")
    pieces = iter(lambda: file.read(PIECE), b"")
    return Response(pieces, headers={"Content-Length": str(path.stat().st_size)}, direct_passthrough=True)


if os.environ.get("ROLE") in ("live", "all"):
    patched = "gevent.monkey" in sys.modules
    io = SocketIO(app, async_mode="gevent" if patched else "threading", async_handlers=False, cors_allowed_origins="*")

    @io.on("connect")
    def come_in() -> None:
        """Everybody is in one room, as everybody watches one space."""
        join_room("everybody")

    @io.on("watch")
    def watch(asked: dict[str, Any]) -> dict[str, bool]:
        """The client program asks this of the site; here it only gets its answer."""
        return {"ok": True}

    @app.post("/emit")
    def emit() -> Response:
        """The bare emit."""
        began = time.monotonic()
        io.emit("activity", POINTER, to="everybody")
        return Response("ok\n", headers={"X-Committed": repr(began)})
