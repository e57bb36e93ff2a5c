"""Bytes that no row names go; bytes that one names never do. No locks: it works on any storage, beside everybody's writing.

What is older than a day and is named by nobody is *set aside*: it can still be read. What was set aside a day ago and is
named by nobody still is dropped for good; what somebody names is taken back. So a row that came to name bytes at the very
moment when they were set aside has a day in which the next sweep finds it. Content that is put again is written again, where
it belongs and young, whatever becomes of the old: a sweep takes no content from under a row that is about to come.

It is meant to run once at a time; that two run together, or one breaks off anywhere, takes nothing from anybody.

A column that names bytes is called `storage_key`, or says so (`info=KEEPS_BYTES`). A test knows all columns of this schema, and
the sweep refuses to begin on another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Column, inspect, select

from community.errors import Conflict
from community.extensions import Base, db
from community.files.storage import Held, Storage, in_words
from community.migrations_state import is_current

SETTLED = 86_400.0
"""Seconds in which a row comes to name what was put, and in which one is found that names what was set aside."""
TRUSTED = 600.0
"""Seconds for which an answer about names is believed, and in which a thing that was begun is done."""
AT_ONCE = 500
Say = Callable[[int], None]


@dataclass
class Swept:
    """What a sweep found and did."""

    kept: int = 0
    kept_bytes: int = 0
    aside: int = 0
    back: int = 0
    gone: int = 0
    gone_bytes: int = 0
    broken: int = 0
    """What a crash had left half there."""

    def in_words(self) -> str:
        return (
            f"{self.kept} kept ({in_words(self.kept_bytes)}), {self.aside} set aside, {self.back} taken back, "
            f"{self.gone} gone for good ({in_words(self.gone_bytes)}), {self.broken} broken off"
        )


def columns_that_name() -> list[Column[Any]]:
    """Every column in which the key of some bytes stands."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("storage_key") or column.info.get("keeps_bytes")
    ]


def named_among(keys: Sequence[str]) -> set[str]:
    """Those of some keys that a row names at this moment."""
    named: set[str] = set()
    db.session.rollback()  # what an older transaction sees is no news
    for column in columns_that_name():
        named.update(db.session.scalars(select(column).where(column.in_(keys))))
    db.session.rollback()
    return named


def sweep(storage: Storage, *, at: float | None = None, say: Say = lambda _done: None) -> Swept:
    """Do it once. `at` is the time, in seconds since 1970 (None: now). `say` is told how much was looked at.

    Raises Conflict when the schema is not that of this code: it might hold names that are not known here.
    """
    _check_tables()
    moment, found, done = time.time() if at is None else at, Swept(), 0
    for held, named, fresh in _asked(storage.held_aside()):
        done += 1
        if named:
            if held.at <= moment - TRUSTED:  # another sweep may be setting it aside at this moment
                storage.take_back(held.key)
                found.back += 1
        elif held.at <= moment - SETTLED and fresh():
            storage.drop(held.key)
            found.gone, found.gone_bytes = found.gone + 1, found.gone_bytes + held.size
        say(done)
    for held, named, fresh in _asked(storage.held()):
        done += 1
        if not named and held.at <= moment - SETTLED and fresh():
            storage.set_aside(held.key)
            found.aside += 1
        else:
            found.kept, found.kept_bytes = found.kept + 1, found.kept_bytes + held.size
        say(done)
    found.broken = storage.tidy()
    return found


def _check_tables() -> None:
    """Whether all tables are known here, so that no name is overlooked. Raises Conflict."""
    if not is_current():
        raise Conflict("The database has another schema than this code. Run flask db upgrade first.")
    looked = inspect(db.engine)
    for name in set(looked.get_table_names()) - Base.metadata.tables.keys():
        if any(column["name"].endswith("storage_key") for column in looked.get_columns(name)):
            raise Conflict("The table %(name)s may name bytes and is not known here: nothing is swept.", name=name)


def _asked(all_held: Iterable[Held]) -> Iterator[tuple[Held, bool, Callable[[], bool]]]:
    """Each thing, whether a row names it, and whether that is believed still."""
    left = iter(all_held)
    while stretch := list(islice(left, AT_ONCE)):
        asked = time.monotonic()
        named = named_among([held.key for held in stretch])
        for held in stretch:
            yield held, held.key in named, lambda asked=asked: time.monotonic() - asked < TRUSTED  # type: ignore[misc]
