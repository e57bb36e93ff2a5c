"""The roles as processes of their own, over one database, without a front server: to be killed, stopped and started by tests."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import websocket
from flask import Flask
from flask_migrate import upgrade

from community.config import load_settings
from community.extensions import db
from community.people.actions import sign_in
from community.permissions import SYSTEM
from tests import servers
from tests.world import World, build_world
from wsgi import create_app

BIN = Path(sys.executable).parent
KEY = "only for tests, and long enough for them"


@dataclass
class House:
    """A database with the cast, the application in the test's own process, and the roles that were started."""

    app: Flask
    world: World
    env: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start roles (`web`, `web-2`, `live`, `worker`, `all`), and wait until they answer. Again: on the same port."""
        for name in names:
            role = name.partition("-")[0]
            port = self.ports.setdefault(name, servers.free_port())
            words = (
                [str(BIN / "flask"), "--app", "wsgi", "worker"]
                if role == "worker"
                else [str(BIN / "gunicorn"), "-c", ".serve/gunicorn.py", "wsgi:create_app()"]
            )
            self.running[name] = subprocess.Popen(
                words,
                cwd=servers.ROOT,
                env={**os.environ, **self.env, "ROLE": role, "PORT": str(port)},
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        limit = time.monotonic() + 90  # a machine may have more to do than this
        for name in names:
            while not name.startswith("worker") and not servers.answers(self.address(name) + "/healthz"):
                assert self.running[name].poll() is None and time.monotonic() < limit, f"{name} does not answer"
                time.sleep(0.05)

    def address(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def kill(self, name: str) -> None:
        """kill -9, the whole of it: as a power cut would."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, name: str, seconds: float = 25.0) -> int:
        """SIGTERM; the exit code."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(seconds)

    def cookie(self, name: str) -> str:
        """The cookie of a new session of somebody."""
        with self.app.app_context():
            token = sign_in(SYSTEM, self.world.person(name))
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        return f"{self.app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token})}"

    def browser(self, name: str, at: str) -> Browser:
        return Browser(self.address(at), self.cookie(name))

    def socket(self, name: str, at: str = "live", cookie: str | None = None) -> Listener:
        return Listener(self.address(at), cookie or self.cookie(name))


class Browser:
    """A person at a web process: posts by the form of the page."""

    def __init__(self, address: str, cookie: str) -> None:
        self.address = address
        self.requests = requests.Session()
        name, _, value = cookie.partition("=")
        self.requests.cookies.set(name, value, domain="127.0.0.1", path="/")
        self.token = ""

    def post(self, slug: str, body: str) -> bool:
        """Say something; True when the site said that it is kept."""
        try:
            if not self.token:
                page = self.requests.get(f"{self.address}/spaces/{slug}", timeout=10).text
                found = re.search(r'name="csrf_token" value="([^"]+)"', page)
                assert found, page[:2000]
                self.token = found[1]
            answer = self.requests.post(
                f"{self.address}/spaces/{slug}",
                data={"csrf_token": self.token, "body": body},
                allow_redirects=False,
                timeout=10,
            )
        except requests.RequestException:
            return False
        assert answer.status_code in (303, 502, 503), answer.text[:2000]
        return answer.status_code == 303

    def close(self) -> None:
        self.requests.close()


class Listener:
    """A socket that watches, comes back by itself, and asks for what it missed: as static/js/live.js does. It speaks Socket.IO
    over one WebSocket by hand, so that a test sees every word and every connection is closed.
    """

    def __init__(self, address: str, cookie: str) -> None:
        self.address, self.cookie = address, cookie
        self.heard: list[dict[str, Any]] = []
        self.bells: list[int] = []
        self.unwatched: list[str] = []
        self.told: list[tuple[str, Any]] = []  # presence, typing, messages
        self.answers: dict[str, dict[str, Any]] = {}
        self.rooms: dict[str, int | None] = {}
        self.seen: set[int] = set()
        self.twice = 0
        self.state = "away"  # then: here, refused, dismissed (the server closed for good), closed
        self._asked: dict[int, str] = {}
        self._pipe: websocket.WebSocket | None = None
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        until(lambda: self.state != "away")

    def _live(self) -> None:
        while self.state in ("away", "here"):
            try:
                self._connect()
                while self.state == "here":
                    self._take(self._pipe.recv())  # type: ignore[union-attr]
            except (websocket.WebSocketException, OSError):
                if self.state == "here":
                    self.state = "away"
                time.sleep(0.1 + 0.2 * random.random())
            finally:
                if self._pipe is not None:
                    self._pipe.shutdown()

    def _connect(self) -> None:
        door = self.address.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        self._pipe = websocket.create_connection(door, cookie=self.cookie, origin=self.address, timeout=50)
        self._pipe.recv()  # open
        self._pipe.send("40")
        word = self._pipe.recv()
        if word.startswith("44"):
            self.state = "refused"
            return
        if not word.startswith("40"):
            raise websocket.WebSocketConnectionClosedException(word)
        self.state = "here"
        for room, after in list(self.rooms.items()):
            self.watch(room, after)

    def _take(self, word: str) -> None:
        if not word:
            raise websocket.WebSocketConnectionClosedException("closed")
        if word == "2":
            self._pipe.send("3")  # type: ignore[union-attr]
        elif word.startswith("41"):
            self.state = "dismissed"
        elif word.startswith("42"):
            name, said = json.loads(word[2:])
            known = {"activity": self._hear, "notification": self._bell, "unwatched": self._unwatched}
            known.get(name, lambda told: self.told.append((name, told)))(said)
        elif word.startswith("43"):
            number, _, rest = word[2:].partition("[")
            self._answered(self._asked.pop(int(number)), json.loads("[" + rest)[0])

    def _hear(self, message: dict[str, Any]) -> None:
        if message["id"] in self.seen:
            self.twice += 1
            return
        self.seen.add(message["id"])
        self.heard.append(message)
        for room in self.rooms:
            self.rooms[room] = max(self.rooms[room] or 0, message["id"])

    def _bell(self, said: dict[str, int]) -> None:
        self.bells.append(said["unread"])

    def _unwatched(self, said: dict[str, str]) -> None:
        self.unwatched.append(said["room"])

    def _answered(self, room: str, answer: dict[str, Any]) -> None:
        if answer["ok"]:
            for message in answer.get("missed", ()):
                self._hear(message)
            self.rooms[room] = max(self.rooms[room] or 0, answer["last"])
        self.answers[room] = answer

    def watch(self, room: str, after: int | None = None) -> None:
        """Ask; the answer comes to `answers`."""
        self.rooms.setdefault(room, after)
        number = 1 + max(self._asked, default=0)
        self._asked[number] = room
        said = {"room": room} if after is None else {"room": room, "after": after}
        self._pipe.send(f"42{number}" + json.dumps(["watch", said]))  # type: ignore[union-attr]

    def watching(self, room: str) -> Listener:
        """Ask, and wait for the answer."""
        self.watch(room)
        until(lambda: room in self.answers)
        assert self.answers[room]["ok"], self.answers
        return self

    def say(self, event: str, said: dict[str, Any]) -> None:
        """Say something to which nobody waits for an answer."""
        self._pipe.send("42" + json.dumps([event, said]))  # type: ignore[union-attr]

    def close(self) -> None:
        self.state = "closed"
        if self._pipe is not None:
            with contextlib.suppress(websocket.WebSocketException, OSError):
                self._pipe.send("1")  # the server closes
        self._thread.join(10)


def until(true: Callable[[], Any], seconds: float = 10.0, how: Callable[[], Any] = lambda: "") -> float:
    """Wait until something is true; how many seconds it took. Fails after `seconds`, and says `how` things are then."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"it did not come true: {how()}"
        time.sleep(0.01)
    return time.monotonic() - began


@contextmanager
def house_on(database: str, folder: Path) -> Iterator[House]:
    """A house on `sqlite` or `postgresql`; every role that was started is gone at the end."""
    with ExitStack() as stack:
        url = (
            f"sqlite:///{folder / 'community.db'}"
            if database == "sqlite"
            else stack.enter_context(servers.postgresql(f"roles {folder.name}"))
        )
        env = {
            "APP_ENV": "testing",
            "DATABASE_URL": url,
            "STORAGE_URL": f"file://{folder}/files",
            "SEARCH_URL": f"whoosh://{folder}/index",
            "MAIL_URL": f"file://{folder}/mail",
            "SECRET_KEY": KEY,
            "BASE_URL": "",
            "LOG_LEVEL": "WARNING",
        }
        app = create_app(load_settings({**env, "ROLE": "web"}))
        with app.app_context():
            upgrade()
            world = build_world()
        house = House(app, world, env)
        try:
            yield house
        finally:
            for name in list(house.running):
                house.kill(name)
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
