"""The readers of the log, put in the outbox in one place, and how they are woken.

Within a process a poke is an event. Between processes on one machine it is an empty datagram to every socket in the
run folder. On PostgreSQL it is NOTIFY, so that other machines hear it too. A poke may be lost: everybody also ticks.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import text

from community.activity.outbox import Runner, register_reader, run_once
from community.config import Settings
from community.extensions import db, is_sqlite
from community.jobs.work import run_one, wind_the_clock
from community.ports import ports

log = logging.getLogger(__name__)

CHANNEL = "cohortium_log"


def init(settings: Settings) -> None:
    """Register the readers that keep their place in our database or in the index."""
    from community.notifications.consumer import READER as notifications
    from community.search.consumer import reader as search_reader

    register_reader(notifications)
    register_reader(search_reader(settings.search_folder))


class Wakers:
    """Whom a poke wakes: runners of this process, sockets of others."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.local: list[Callable[[], None]] = []
        self._out: socket.socket | None = None

    def poke(self) -> None:
        """Wake everybody who can be reached. Never raises, never waits."""
        for wake in self.local:
            wake()
        if self.folder.is_dir():
            self._send_datagrams()

    def _send_datagrams(self) -> None:
        if self._out is None:
            self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._out.setblocking(False)
        for name in os.listdir(self.folder):
            if not name.endswith(".wake"):
                continue
            try:
                self._out.sendto(b"1", str(self.folder / name))
            except BlockingIOError:
                pass  # it has pokes enough
            except (FileNotFoundError, ConnectionRefusedError):
                (self.folder / name).unlink(missing_ok=True)  # its owner is gone
            except OSError:
                log.debug("a poke to %s was lost", name)


wakers: Wakers | None = None


def wake_with(app: Any, settings: Settings) -> None:
    """Give the domain its `poke` port for this process."""
    global wakers
    wakers = Wakers(settings.run_folder)
    made = wakers

    def poke() -> None:
        made.poke()
        if not is_sqlite():
            with db.engine.connect() as connection:
                connection.execute(text(f"NOTIFY {CHANNEL}"))
                connection.commit()

    ports.poke = poke


def start_worker(app: Any, *, tick: float = 2.0) -> list[Runner]:
    """Start the two threads of a worker: one carries the log to its readers, one does the jobs."""
    outbox = Runner(app.app_context, run_once, tick, "outbox")
    clock = {"last": 0.0}

    def jobs() -> int:
        import time

        if time.monotonic() - clock["last"] > 30:
            clock["last"] = time.monotonic()
            wind_the_clock()
        return run_one()

    worker = Runner(app.app_context, jobs, tick, "jobs")
    for runner in (outbox, worker):
        if wakers is not None:
            wakers.local.append(runner.poke)
        runner.start()
    return [outbox, worker]
