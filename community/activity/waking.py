"""How processes wake each other when the log has grown. A poke may be lost: whoever listens also looks by itself.

On one machine a poke is a datagram to every socket in the run folder. On PostgreSQL the transaction itself carries a NOTIFY
(`ring()`), so that other machines hear it too, at the moment of its commit and not before.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import text
from sqlalchemy.engine import make_url

from community.config import Settings
from community.extensions import db, is_sqlite

if TYPE_CHECKING:
    import psycopg

log = logging.getLogger(__name__)

CHANNEL = "cohortium_log"
ENDING = ".wake"


def ring() -> None:
    """Let the open transaction wake every listener of a PostgreSQL database when it commits. Nothing on SQLite."""
    if not is_sqlite():
        db.session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


@contextlib.contextmanager
def _reaching(folder: Path) -> Iterator[Callable[[str], str]]:
    """How sockets of a folder are named in bind and sendto. Linux allows 107 bytes, so one that lies deep is reached by an open
    handle of its folder. Raises OSError when there is no such folder.
    """
    if len(os.fsencode(str(folder))) < 70 or not Path("/proc/self/fd").is_dir():
        yield lambda name: str(folder / name)
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield lambda name: f"/proc/self/fd/{handle}/{name}"
    finally:
        os.close(handle)


class Wakers:
    """Whom a poke wakes: the threads of this process, and the sockets of others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.local: list[Callable[[], None]] = []

    def wake_here(self) -> None:
        """Wake the threads of this process."""
        for wake in self.local:
            wake()

    def poke(self) -> None:
        """Wake everybody who can be reached. Never raises, never waits."""
        self.wake_here()
        try:
            names = [path.name for path in self.folder.iterdir() if path.suffix == ENDING]
            if names:
                self._send(names)
        except OSError:
            log.debug("a poke was lost", exc_info=True)

    def _send(self, names: Iterable[str]) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out, _reaching(self.folder) as address:
            out.setblocking(False)
            for name in names:
                try:
                    out.sendto(b"1", address(name))
                except BlockingIOError:
                    pass  # it has pokes enough
                except (FileNotFoundError, ConnectionRefusedError):
                    (self.folder / name).unlink(missing_ok=True)  # its owner is gone


class Ear(Protocol):
    """Hears pokes. `wait` answers whether one came within so many seconds."""

    def wait(self, seconds: float) -> bool: ...

    def close(self) -> None: ...


class DatagramEar:
    """A socket in the run folder, named after this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{os.getpid()}-{threading.get_ident()}{ENDING}"
        self._path = folder / name
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with _reaching(folder) as address:
            self._socket.bind(address(name))

    def wait(self, seconds: float) -> bool:
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(1)
            self._socket.settimeout(0)
            while True:  # many pokes at once are one
                self._socket.recv(1)
        except BlockingIOError:
            return True
        except TimeoutError:
            return False

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)


class NotifyEar:
    """A connection of its own that LISTENs. When it breaks it is made anew, and that counts as a poke."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None

    def wait(self, seconds: float) -> bool:
        import psycopg  # a house on SQLite never needs it

        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5, keepalives_idle=30)
                self._connection.execute(f"LISTEN {CHANNEL}")  # our own constant  # type: ignore[arg-type]
                return True
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error as fault:
            log.warning("not listening to the database: %s", fault)
            self.close()
            time.sleep(min(seconds, 1.0))
            return False

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def ear_for(settings: Settings) -> Ear:
    """The ear that fits the database."""
    if settings.sqlite_path is not None:
        return DatagramEar(settings.run_folder)
    return NotifyEar(settings.DATABASE_URL)


class Listener:
    """A thread that listens and wakes the other threads of its process."""

    def __init__(self, make_ear: Callable[[], Ear], wake: Callable[[], None]) -> None:
        self._make_ear, self._wake = make_ear, wake
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="ear", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def join(self, timeout: float) -> bool:
        """Wait for its end, and answer whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        try:
            ear = self._make_ear()
        except OSError as fault:
            log.warning("no ear for pokes, every reader looks by itself: %s", fault)
            return
        try:
            while not self._stop.is_set():
                if ear.wait(0.5):
                    self._wake()
        finally:
            ear.close()
