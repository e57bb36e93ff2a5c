"""Servers, started as `make run` and `make serve` start them, and watched from outside (Linux: /proc)."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from community.config import ROOT

BIN = Path(sys.executable).parent
TICKS = os.sysconf("SC_CLK_TCK")
SITE = "bench.site:app"
BARE = "bench.bare:app"


@dataclass
class Server:
    """A running server: its address, its processes, and how long it took from start until it answered."""

    port: int
    process: subprocess.Popen[bytes]
    seconds: float

    @property
    def processes(self) -> list[int]:
        """The first process and all below it."""
        stats = {int(folder.name): _stat(folder) for folder in Path("/proc").glob("[0-9]*")}
        parents = {number: stat[1] for number, stat in stats.items() if stat}  # others come and go
        found = [self.process.pid]
        for pid in found:
            found += [child for child, parent in parents.items() if parent == str(pid)]
        return found

    def cpu(self) -> float:
        """Seconds of processor time that it used so far, user and system."""
        stats = [_stat(Path(f"/proc/{pid}")) for pid in self.processes]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats if stat) / TICKS

    def memory(self) -> float:
        """Megabytes that its processes hold (RSS), without gunicorn's own first process, which serves nobody."""
        pids = self.processes
        pages = 0
        for pid in pids[1:] or pids:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _stat(folder: Path) -> list[str]:
    """What /proc says of a process, from its state on; nothing when it is gone."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


@contextmanager
def gunicorn(
    app: str, role: str, env: dict[str, str], *, until: str = "/healthz", port: int | None = None
) -> Iterator[Server]:
    """The role under the project's own gunicorn settings, once `until` answers 200. Raises RuntimeError when it does not."""
    port = port or free_port()
    words = [str(BIN / "gunicorn"), "-c", ".serve/gunicorn.py", app]
    with _running(words, {**env, "ROLE": role, "PORT": str(port)}) as (process, output):
        began = time.monotonic()
        while not _answers(port, until):
            if process.poll() is not None or time.monotonic() > began + 60:
                raise RuntimeError(f"{app} as {role} does not answer:\n{_tail(output)}")
            time.sleep(0.01)
        yield Server(port, process, time.monotonic() - began)


@contextmanager
def worker(env: dict[str, str]) -> Iterator[Server]:
    """The worker, which nobody can ask anything; it is given two seconds to begin."""
    with _running([str(BIN / "flask"), "--app", "wsgi", "worker"], {**env, "ROLE": "worker"}) as (process, output):
        began = time.monotonic()
        while "at work" not in _tail(output):
            if process.poll() is not None or time.monotonic() > began + 60:
                raise RuntimeError(f"the worker does not begin:\n{_tail(output)}")
            time.sleep(0.05)
        yield Server(0, process, time.monotonic() - began)


@contextmanager
def _running(words: list[str], env: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    with tempfile.NamedTemporaryFile(prefix="cohortium-bench-", suffix=".log") as output:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            yield process, Path(output.name)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(25)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def _tail(output: Path) -> str:
    return output.read_text(errors="replace")[-3000:]
