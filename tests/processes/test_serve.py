"""`make serve`: what dies is back within five seconds, a stop cuts nobody off, and nobody is left behind."""

from __future__ import annotations

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
from pathlib import Path

import psutil
import pytest

from tests import servers

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


@contextmanager
def served(folder: Path, database: str) -> Iterator[Served]:
    port = str(servers.free_port())
    env = {
        "APP_ENV": "development",
        "DATABASE_URL": database,
        "SEARCH_URL": f"whoosh://{folder / 'index'}",
        "STORAGE_URL": f"file://{folder / 'files'}",
        "MAIL_URL": f"file://{folder / 'mail'}",
        "PORT": port,
    }
    ready = subprocess.run(
        [BIN / "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=servers.ROOT, env={**os.environ, **env}, capture_output=True, text=True,
    )  # fmt: skip
    assert ready.returncode == 0, ready.stderr
    address = f"http://127.0.0.1:{port}"
    with servers.running([sys.executable, ".serve/serve.py"], env=env, until=address + "/readyz") as process:
        run = next(
            Path(word).parent
            for child in psutil.Process(process.pid).children()
            for word in child.cmdline()
            if word.endswith("supervisor.conf")
        )
        site = Served(address, run, process)
        limit = time.monotonic() + 10
        while len(site.pids()) < 6 and time.monotonic() < limit:
            time.sleep(0.1)
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
