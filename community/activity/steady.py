"""What a process remembers of what every request would ask again: where somebody is, how a space is called, which pages a wiki has.

Every change is a line of the log, so what was read when the log ended at line 700 holds at line 900 too, unless a line between
moved it. A request asks once where the log ends (`told`); whatever it then reads through `held` is as fresh as if it had been read
in that moment. Nothing is remembered for who does not know where the log ends: not within actions, not for readers of the log.

    place = told(newest)                               the end of the log, as the first question of a request found it
    held(place, PLACES, ("reach", 7), lambda: …)       read once, until somebody comes, goes, or a space changes
    held(place, wiki_of(3), ("tree", 7), lambda: …)    until a page of that space changes

`LEAVES_PLACES` names the verbs that tell nothing of people, spaces, roles and phases; a verb that is new moves them, until
somebody has thought about it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select

from community.activity.models import Activity
from community.extensions import db

T = TypeVar("T")

PLACES = "places"
"""People, spaces, memberships and phases: whatever decides who is where, and how it is called."""

LEAVES_PLACES = frozenset(
    {
        "session",
        "token",
        "invitation",
        "notices",
        "prompt",
        "event",
        "post",
        "comment",
        "submission",
        "result",
        "milestone",
        "ask",
        "page",
        "file",
        "entry",
        "topic",
        "bookmark",
        "conversation",
        "message",
    }
)
"""Nouns whose verbs leave them as they are."""
_ARRIVALS = frozenset({"person.signed-in", "person.signed-out", "person.blocked", "person.unblocked"})

_MOST = 4_000
_CATCH_UP = 2_000
"""Lines; who is further behind begins anew."""


def wiki_of(space_id: int) -> tuple[str, int]:
    """The pages of one space: which there are, what they are called, who may read them."""
    return "wiki", space_id


def asks_of(space_id: int) -> tuple[str, int]:
    """What the coaches of one space were asked."""
    return "asks", space_id


class _Memory:
    """Of one database, as long as its connections last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.last = -1
        self.moved: dict[Hashable, int] = {}
        self.found: dict[str, dict[Hashable, tuple[int, Any]]] = {}

    def begin(self, place: int) -> None:
        self.last, self.moved, self.found = place, {}, {}


_memories: WeakKeyDictionary[Any, _Memory] = WeakKeyDictionary()


def _memory() -> _Memory:
    pool = db.engine.pool  # a new one whenever the connections are let go, and with them the database that we knew
    memory = _memories.get(pool)
    if memory is None:
        memory = _memories.setdefault(pool, _Memory())
    return memory


def told(newest: int) -> int:
    """Take notice of where the log ends, and of what the lines since the last time moved. Gives the place back."""
    memory = _memory()
    if newest == memory.last:
        return newest
    with memory.lock:
        if memory.last < 0 or newest < memory.last or newest - memory.last > _CATCH_UP:
            memory.begin(newest)  # the first time, or an older copy of the database, or long ago
        elif newest > memory.last:
            lines = select(Activity.id, Activity.verb, Activity.space_id, Activity.data).where(
                Activity.id > memory.last, Activity.id <= newest
            )
            for number, verb, space_id, facts in db.session.execute(lines.order_by(Activity.id)):
                for subject in _moved_by(verb, space_id, (facts or {}).get("left")):
                    memory.moved[subject] = number
            memory.last = newest
    return newest


def _moved_by(verb: str, space_id: int | None, left: int | None) -> list[Hashable]:
    """What a line moves; `left` is the space that a page was in before."""
    moved: list[Hashable] = [PLACES] if moves_places(verb) else []
    if verb.startswith("ask.") and space_id is not None:
        moved.append(asks_of(space_id))
    if verb.startswith(("page.", "space.")):
        moved += [wiki_of(one) for one in (space_id, left) if isinstance(one, int)]
    return moved


def moves_places(verb: str) -> bool:
    """Whether a line with this verb may tell of people, spaces, roles or phases."""
    return verb.partition(".")[0] not in LEAVES_PLACES and verb not in _ARRIVALS


def held(
    place: int | None, subject: Hashable, key: tuple[Hashable, ...], make: Callable[[], T], *, most: int = _MOST
) -> T:
    """What `make()` finds, remembered under `key` until a line of the log moves the subject; the first word of the key says what it
    is, and at most so many of a kind are kept. Never a row of a table: a row belongs to the request that read it.
    """
    if place is None:
        return make()
    memory = _memory()
    kind = memory.found.setdefault(str(key[0]), {})
    known = kind.get((subject, key))
    if known is not None and known[0] >= memory.moved.get(subject, 0):
        found: T = known[1]
        return found
    found = make()
    if len(kind) >= most:
        kind.clear()
    kind[subject, key] = place, found
    return found
