"""Follows the end of the log, from where it was when this process started. The cursor lies in memory: whoever was away asks
for what they missed, so nothing is lost when a process is.

SQLite: `PRAGMA data_version` says in some microseconds whether anybody has committed. PostgreSQL: the newest id is asked for.
Both are asked at each poke and, since a poke may be lost, twice a second.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from community.activity.models import Activity
from community.activity.outbox import last_id, lines_after
from community.config import Settings
from community.extensions import db

TICK = 0.5  # seconds between two looks without a poke
COUNTS_EVERY = 0.3  # seconds between two counts of unread notifications, at least
SWEEP_EVERY = 30.0  # seconds between two looks for sessions that ran out by themselves

log = logging.getLogger(__name__)


class Audience(Protocol):
    """Those who watch."""

    def look_again(self, lines: Sequence[Activity]) -> None:
        """Take out of their rooms whom these lines took a right from. Called before `prepare`."""

    def prepare(self, lines: Sequence[Activity]) -> Callable[[], None]:
        """Read what is to be said of these lines; the answer says it, without asking the database."""

    def count(self) -> None:
        """Tell people whose number of unread notifications has changed."""

    def sweep(self) -> None:
        """Send away whose session or token has run out by itself."""


class Pulse:
    """Whether anything may have changed since the last beat."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.sqlite_path
        self._connection: sqlite3.Connection | None = None
        self._version = -1

    def beat(self) -> bool:
        """True when somebody committed; always True on PostgreSQL, where that is asked by the query itself."""
        if self._path is None:
            return True
        if self._connection is None:
            self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        version: int = self._connection.execute("PRAGMA data_version").fetchone()[0]
        changed = version != self._version
        self._version = version
        return changed

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Tail:
    """Reads on from `place`. `lock` is held while messages go out and the place moves: who joins a room and reads the place
    under it gets every later line exactly once, and asks for the earlier ones.
    """

    def __init__(self, settings: Settings, audience: Audience) -> None:
        self.place: int | None = None
        self.lock = threading.RLock()
        self._audience = audience
        self._pulse = Pulse(settings)
        self._more = True
        self._count_due = True
        self._counted = self._swept = 0.0

    def begin(self) -> int:
        """Start at the end of the log, if that was not done yet. Answers the place."""
        with self.lock:
            if self.place is None:
                self.place = last_id()
            return self.place

    def close(self) -> None:
        """Forget the place. The next step starts at the end of the log again."""
        with self.lock:
            self.place, self._more = None, True
            self._pulse.close()

    def count_soon(self) -> None:
        """Count unread notifications at the next step, whether or not somebody committed."""
        self._count_due = True

    def step(self) -> int:
        """Read one batch on. Answers how many lines it had."""
        try:
            self.begin()
            if self._pulse.beat():
                self._more = self._count_due = True
            lines = self._read() if self._more else ()
            if not lines:
                self._between()
            return len(lines)
        finally:
            db.session.remove()  # no snapshot and no object outlives a step

    def _between(self) -> None:
        """What is done when there is nothing to read."""
        at = time.monotonic()
        if self._count_due and at - self._counted >= COUNTS_EVERY:
            self._counted, self._count_due = at, False
            self._audience.count()
        if at - self._swept >= SWEEP_EVERY:
            self._swept = at
            self._audience.sweep()

    def _read(self) -> Sequence[Activity]:
        place = self.begin()
        lines = lines_after(place)
        if not lines:
            self._more = False
            if place > last_id():  # an older copy of the database was put in place
                self.place = None
            return lines
        self._audience.look_again(lines)
        say = self._prepared(lines)
        with self.lock:
            say()
            self.place = lines[-1].id
        time.sleep(0)  # the connections send what was said before this thread reads on
        return lines

    def _prepared(self, lines: Sequence[Activity]) -> Callable[[], None]:
        try:
            return self._audience.prepare(lines)
        except SQLAlchemyError:
            raise  # the database is away: the same lines again at the next tick
        except Exception:  # one strange line must not silence all that follow
            log.exception("nothing was said of the lines %d to %d", lines[0].id, lines[-1].id)
            return lambda: None
