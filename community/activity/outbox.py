"""Carries the log to its readers. Each reader has its own cursor, and one that fails stops nobody else.

A reader that writes our own database gets its lines inside a write unit: its rows and its cursor commit together
(exactly once). A reader that touches the world keeps its own place or is idempotent (at least once).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from community.activity.models import Activity, Cursor
from community.activity.waking import ring
from community.clock import now
from community.extensions import db, insert_into, write_unit
from community.permissions import Actor
from community.ports import ports

log = logging.getLogger(__name__)

BATCH = 200


class Later(Exception):
    """A reader cannot read at this moment, for a reason that passes: another process is at it. No failure."""


@dataclass(frozen=True)
class Reader:
    """One reader. `read(lines)` handles lines in order. `transactional`: run inside one write unit with the cursor.

    `place()` is for a reader that keeps its own cursor (the search index keeps it in the index). `idle()` is called
    when nothing is left to read: time to tidy up.
    """

    name: str
    read: Callable[[Sequence[Activity]], None]
    transactional: bool = True
    place: Callable[[], int] | None = None
    batch: int = BATCH
    idle: Callable[[], object] | None = None


_readers: dict[str, Reader] = {}


def register_reader(reader: Reader) -> Reader:
    """Put a reader in the outbox; registering the same name again replaces it."""
    _readers[reader.name] = reader
    return reader


def all_readers() -> tuple[Reader, ...]:
    return tuple(_readers.values())


_NEWEST = select(func.max(Activity.id))


def last_id() -> int:
    """The id of the newest line of the log, 0 when it is empty."""
    return db.session.scalar(_NEWEST) or 0


def end_for(actor: Actor) -> int:
    """The same for who came in with a request: where the log ended when it began, so that nothing between is missed."""
    return actor.place if actor.place is not None else last_id()


def lines_after(place: int, limit: int = BATCH) -> Sequence[Activity]:
    """Lines of the log after an id, oldest first."""
    return db.session.scalars(select(Activity).where(Activity.id > place).order_by(Activity.id).limit(limit)).all()


def run_once(names: Sequence[str] | None = None) -> int:
    """Let every reader (or those named) read one batch. Returns how many lines were read in all."""
    return sum(_step(reader) for reader in all_readers() if names is None or reader.name in names)


def run_until_idle(names: Sequence[str] | None = None) -> int:
    """Read until nobody has anything left. Returns how many lines were read in all."""
    total = 0
    while read := run_once(names):
        total += read
    return total


def _step(reader: Reader) -> int:
    try:
        cursor = db.session.get(Cursor, reader.name)
        if cursor is not None and cursor.failed_at is not None and now() < cursor.failed_at + _pause(cursor.failures):
            db.session.rollback()
            return 0
        place = reader.place() if reader.place else (cursor.last_id if cursor else 0)
        if not lines_after(place, 1):
            db.session.rollback()
            if reader.idle is not None:
                reader.idle()
            return 0
        return _read_in_unit(reader) if reader.transactional else _read_outside(reader, place)
    except Later:
        db.session.rollback()
        return 0
    except Exception as fault:  # a reader may fail in any way; the others must go on
        db.session.rollback()
        log.exception("reader %s stopped", reader.name)
        _note_failure(reader.name, fault)
        return 0


def _pause(failures: int) -> timedelta:
    """How long a reader rests after so many failures in a row: from 2 seconds to a minute."""
    return timedelta(seconds=min(60, 2 ** min(failures, 6)))


def _cursor_for_update(name: str) -> Cursor:
    """The cursor, locked until the end of the write unit: of several workers only one reads on."""
    mine = select(Cursor).where(Cursor.reader == name).with_for_update().execution_options(populate_existing=True)
    cursor = db.session.scalars(mine).one_or_none()
    if cursor is None:
        first = insert_into(Cursor).values(reader=name, last_id=0, failures=0)
        db.session.execute(first.on_conflict_do_nothing())  # another worker may just have made it
        cursor = db.session.scalars(mine).one()
    return cursor


def _read_in_unit(reader: Reader) -> int:
    with write_unit():
        cursor = _cursor_for_update(reader.name)
        lines = lines_after(cursor.last_id, reader.batch)
        if lines:
            reader.read(lines)
            _moved(cursor, lines[-1].id)
            ring()
    if lines:
        ports.poke()
    return len(lines)


def _read_outside(reader: Reader, place: int) -> int:
    lines = lines_after(place, reader.batch)
    last = lines[-1].id  # asked now: the reader may let the objects go
    reader.read(lines)
    with write_unit():
        cursor = _cursor_for_update(reader.name)
        _moved(cursor, max(cursor.last_id, last))  # another worker may have read on meanwhile
    return len(lines)


def _moved(cursor: Cursor, last: int) -> None:
    cursor.last_id, cursor.moved_at = last, now()
    cursor.error, cursor.failed_at, cursor.failures = None, None, 0


def _note_failure(name: str, fault: Exception) -> None:
    try:
        with write_unit():
            cursor = _cursor_for_update(name)
            cursor.error = f"{type(fault).__name__}: {fault}"[:500]
            cursor.failed_at, cursor.failures = now(), cursor.failures + 1
    except Exception:
        log.exception("the failure of reader %s could not be noted", name)


@dataclass(frozen=True)
class Standing:
    """Where one reader is: for the health page and `flask outbox status`."""

    name: str
    last_id: int
    behind: int
    error: str | None


def status() -> list[Standing]:
    """How far each reader is behind the log, in lines."""
    newest = last_id()
    found = []
    for reader in all_readers():
        cursor = db.session.get(Cursor, reader.name)
        place = reader.place() if reader.place else (cursor.last_id if cursor else 0)
        found.append(Standing(reader.name, place, newest - place, cursor.error if cursor else None))
    return found


class Runner:
    """A thread that works whenever it is poked, and every `tick` seconds in case a poke was lost.

    `work()` does one piece and answers how much it did; it is called again at once until that is 0.
    """

    def __init__(
        self,
        enter: Callable[[], AbstractContextManager[object]],
        work: Callable[[], int],
        tick: float = 2.0,
        name: str = "outbox",
    ) -> None:
        self._enter, self._work, self._tick = enter, work, tick
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._loop, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def poke(self) -> None:
        self._wake.set()

    def ask_to_stop(self) -> None:
        """Let the thread end after the piece of work it is at."""
        self._stop.set()
        self._wake.set()

    def join(self, timeout: float) -> bool:
        """Wait for its end at most `timeout` seconds, and answer whether it came."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def stop(self, timeout: float = 10.0) -> bool:
        """Ask, and wait."""
        self.ask_to_stop()
        return self.join(timeout)

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                with self._enter():
                    while not self._stop.is_set() and self._work():
                        pass
            except Exception:
                log.exception("%s: one round failed, the next tick tries again", self._thread.name)
            self._wake.wait(self._tick)
            self._wake.clear()
