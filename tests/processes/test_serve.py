"""`make serve`: what dies is back within five seconds, a stop cuts nobody off, and nobody is left behind."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import psutil
import pytest

from tests import servers
from tests.processes.house import until

BIN = Path(sys.executable).parent
BACK = 5.0  # seconds


@dataclass
class Served:
    """A running site: its address, where its sockets are, and the process that holds it."""

    address: str
    run: Path
    process: subprocess.Popen[str]

    def pids(self) -> dict[str, int]:
        """The roles that supervisor calls running."""
        said = subprocess.run(
            [BIN / "supervisorctl", "-c", self.run / "supervisor.conf", "status"], capture_output=True, text=True
        ).stdout
        return {
            line.split()[0]: int(line.split("pid ")[1].split(",")[0]) for line in said.splitlines() if "RUNNING" in line
        }

    def get(self, path: str) -> int:
        """The status of a GET; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def environment(folder: Path, database: str, port: str) -> dict[str, str]:
    return {
        "APP_ENV": "development",
        "DATABASE_URL": database,
        "SEARCH_URL": f"whoosh://{folder / 'index'}",
        "STORAGE_URL": f"file://{folder / 'files'}",
        "MAIL_URL": f"file://{folder / 'mail'}",
        "PORT": port,
    }


@contextmanager
def served(folder: Path, database: str) -> Iterator[Served]:
    port = str(servers.free_port())
    env = environment(folder, database, port)
    ready = subprocess.run(
        [BIN / "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=servers.ROOT, env={**os.environ, **env}, capture_output=True, text=True,
    )  # fmt: skip
    assert ready.returncode == 0, ready.stderr
    address = f"http://127.0.0.1:{port}"
    with servers.running(
        [sys.executable, ".serve/serve.py"], env=env, until=address + "/readyz", seconds=180
    ) as process:
        run = next(
            Path(word).parent
            for child in psutil.Process(process.pid).children()
            for word in child.cmdline()
            if word.endswith("supervisor.conf")
        )
        site = Served(address, run, process)
        until(lambda: len(site.pids()) == 6, 90, site.pids)
        yield site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("s")
    with served(folder, f"sqlite:///{folder / 'community.db'}") as here:
        yield here


def test_pages_come_from_the_web_role_and_sockets_from_the_live_role(site: Served):
    assert set(site.pids()) == {"web-0", "web-1", "uploads", "live", "worker", "nginx"}
    assert site.get("/healthz") == 200
    assert site.get("/socket.io/?EIO=4&transport=polling") in (200, 400, 401, 403)
    assert site.get("/nowhere-at-all") == 404


def test_files_come_from_the_front_server_with_the_same_policy_as_pages(site: Served):
    from blueprints.face import asset
    from blueprints.security_headers import HEADERS

    with urllib.request.urlopen(site.address + asset("app.css")) as reply:
        assert reply.headers["Content-Type"] == "text/css"
        assert "immutable" in reply.headers["Cache-Control"]
        for name, value in HEADERS.items():
            assert reply.headers[name] == value, name
    assert site.get(asset("../wsgi.py")) in (400, 404)


TOKEN = """
from community.config import load_settings
from community.people import actions
from community.permissions import SYSTEM
from tests.world import build_world
from wsgi import create_app
import os

with create_app(load_settings({**os.environ, "ROLE": "web"})).app_context():
    world = build_world()
    print(actions.create_token(SYSTEM, world.person("noor"), name="t", scope="write")[1])
"""


def test_bytes_of_files_come_from_the_front_server_after_the_application_said_yes(tmp_path: Path):
    with served(tmp_path, f"sqlite:///{tmp_path / 'community.db'}") as site:
        env = {**os.environ, **environment(tmp_path, f"sqlite:///{tmp_path / 'community.db'}", "0")}
        made = subprocess.run(
            [sys.executable, "-c", TOKEN], cwd=servers.ROOT, env={**env, "PORT": "5000"}, capture_output=True, text=True
        )
        assert made.returncode == 0, made.stderr
        sent_by_nginx(site, tmp_path, made.stdout.strip().splitlines()[-1])


def sent_by_nginx(site: Served, folder: Path, token: str) -> None:
    where, data = f"{site.address}/api/v1/spaces/noorderlicht/files/plan.bin", os.urandom(300_000)

    def ask(
        method: str = "GET", body: bytes | None = None, path: str = where, **headers: str
    ) -> tuple[int, bytes, Message]:
        said = urllib.request.Request(path, body, {"Authorization": f"Bearer {token}", **headers}, method=method)
        try:
            with urllib.request.urlopen(said, timeout=20) as reply:
                return reply.status, reply.read(), reply.headers
        except urllib.error.HTTPError as error:
            return error.code, error.read(), error.headers

    assert ask("PUT", data)[0] == 201
    status, came, headers = ask()
    digest = hashlib.sha256(data).hexdigest()
    assert (status, came) == (200, data)
    assert headers.get_all("ETag") == [f'"{digest}"'] and headers["Accept-Ranges"] == "bytes"
    assert headers.get_all("Content-Security-Policy") == ["default-src 'none'; sandbox"]
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"] and headers["Referrer-Policy"] == "same-origin"
    assert "attachment" in headers["Content-Disposition"] and headers["Content-Type"] == "application/octet-stream"
    assert headers["Cache-Control"] == "private, no-cache"
    assert "Last-Modified" not in headers, "when the bytes came here first is not told"
    assert "X-Accel-Redirect" not in headers
    status, came, headers = ask(Range="bytes=1000-1999")
    assert (status, came, headers["Content-Range"]) == (206, data[1000:2000], "bytes 1000-1999/300000")
    assert ask(Range="bytes=0-1,5-6")[:2] == (200, data)
    assert ask(Range="bytes=0-9", **{"If-Range": '"another"'})[:2] == (200, data)
    assert ask(Range="bytes=0-9", **{"If-Range": f'"{digest}"'})[:2] == (206, data[:10])
    assert ask(Range="bytes=999999-")[0] == 416
    assert ask(**{"If-None-Match": f'"{digest}"'})[0] == 304
    status, came, headers = ask("HEAD")
    assert (status, came, headers["Content-Length"]) == (200, b"", "300000")
    key = next(path for path in (folder / "files").rglob(digest))
    assert site.get(f"/kept/{key.relative_to(folder / 'files')}") == 404, "nobody comes there from outside"
    assert ask(Authorization="")[0] == 401


@pytest.mark.parametrize("role", ["web-0", "web-1", "uploads", "live", "worker", "nginx"])
def test_what_is_killed_is_back_within_five_seconds(site: Served, role: str):
    door = "/socket.io/?EIO=4&transport=polling" if role == "live" else "/healthz"
    usual = site.get(door)
    before = site.pids()[role]
    os.kill(before, signal.SIGKILL)
    killed = time.monotonic()
    answers: list[int] = []
    while time.monotonic() - killed < BACK:
        answers.append(site.get(door))
        time.sleep(0.05)
    assert site.pids().get(role) not in (None, before)
    assert answers[-1] == usual
    if role.startswith("web"):
        assert set(answers) == {usual}, "the other web process answers meanwhile"


def test_it_serves_on_postgresql_too_and_a_stop_cuts_no_request_off(tmp_path: Path):
    with servers.postgresql("serve") as database, served(tmp_path, database) as site:
        roles = list(site.pids().values())
        answers: list[int] = []
        over = threading.Event()

        def reader() -> None:
            while not over.is_set():
                answers.append(site.get("/login"))

        readers = [threading.Thread(target=reader) for _ in range(4)]
        for thread in readers:
            thread.start()
        time.sleep(1)
        site.process.send_signal(signal.SIGTERM)
        assert site.process.wait(30) == 0
        over.set()
        for thread in readers:
            thread.join()
        assert answers.count(200) > 10
        assert set(answers) <= {200, 0}, "served whole, or not taken in any more"
        assert not [pid for pid in roles if psutil.pid_exists(pid)]


def test_nobody_outlives_the_one_who_restarts_them(tmp_path: Path):
    with served(tmp_path, f"sqlite:///{tmp_path / 'community.db'}") as site:
        roles = list(site.pids().values())
        site.process.kill()
        site.process.wait()
        gone, left = psutil.wait_procs([psutil.Process(pid) for pid in roles if psutil.pid_exists(pid)], timeout=25)
        assert not left
