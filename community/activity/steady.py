"""What a process remembers of what every request would ask again: where somebody is, how a space is called, which pages a wiki has.

Every change is a line of the log, so what was read when the log ended at line 700 holds at line 900 too, unless a line between
moved it. A request asks once where the log ends (`told`); whatever it then reads through `held` is as fresh as if it had been read
in that moment. Nothing is remembered for who does not know where the log ends: not within actions, not for readers of the log.

    place = told(newest)                               the end of the log, as the first question of a request found it
    held(place, PLACES, ("reach", 7), lambda: …)       read once, until somebody comes, goes, or a space changes
    held(place, wiki_of(3), ("tree", 7), lambda: …)    until a page of that space changes
    moved_at(PLACES, talk_in(3))                       where each was moved last: part of a key, for what many things move

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
        "folder",
        "share",
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


def talk_in(space_id: int) -> tuple[str, int]:
    """What is said in one space, below whatever it is."""
    return "talk", space_id


def asks_of(space_id: int) -> tuple[str, int]:
    """What the coaches of one space were asked."""
    return "asks", space_id


class _Era:
    """What is known since the log ended at `last` for the first time. Lines up to `last` stand in `moved`; what is newer is not
    known here, and nothing that was found in one era is held against the moves of another.
    """

    def __init__(self, last: int) -> None:
        self.last = last
        self.moved: dict[Hashable, int] = {}
        self.found: dict[str, dict[Hashable, tuple[int, Any]]] = {}


class _Memory:
    """Of one database, as long as its connections last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.era = _Era(-1)


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
    if newest == memory.era.last:
        return newest
    with memory.lock:
        era = memory.era
        if era.last < 0 or newest < era.last or newest - era.last > _CATCH_UP:
            # The first time, somebody who was slow or an older copy of the database, or long ago.
            memory.era = _Era(newest)
        elif newest > era.last:
            lines = select(Activity.id, Activity.verb, Activity.space_id, Activity.data).where(
                Activity.id > era.last, Activity.id <= newest
            )
            for number, verb, space_id, facts in db.session.execute(lines.order_by(Activity.id)):
                for subject in _moved_by(verb, space_id, (facts or {}).get("left")):
                    era.moved[subject] = number
            era.last = newest
    return newest


def _moved_by(verb: str, space_id: int | None, left: int | None) -> list[Hashable]:
    """What a line moves; `left` is the space that a page was in before."""
    moved: list[Hashable] = [PLACES] if moves_places(verb) else []
    if verb.startswith("ask.") and space_id is not None:
        moved.append(asks_of(space_id))
    if verb.startswith(("page.", "space.")):
        moved += [wiki_of(one) for one in (space_id, left) if isinstance(one, int)]
    if verb.startswith("comment.") and space_id is not None:
        moved.append(talk_in(space_id))
    return moved


def moves_places(verb: str) -> bool:
    """Whether a line with this verb may tell of people, spaces, roles or phases."""
    return verb.partition(".")[0] not in LEAVES_PLACES and verb not in _ARRIVALS


def moved_at(place: int | None, *subjects: Hashable) -> tuple[object, ...]:
    """The lines that last moved these, as the log stood at `place`: the key, beside others, of what many things move. Where that is
    not known here, it is like no other.
    """
    era = _memory().era
    if place is None or place > era.last:
        return (object(),)
    return id(era), *[era.moved.get(subject, 0) for subject in subjects]


def shelf(kind: str) -> dict[Hashable, Any]:
    """A place of its own for things of a kind, for who sees to it that they still hold (`moved_at`) and how many there are. It is
    empty when the process begins anew to follow the log.
    """
    return _memory().era.found.setdefault(kind, {})


def held(
    place: int | None, subject: Hashable, key: tuple[Hashable, ...], make: Callable[[], T], *, most: int = _MOST
) -> T:
    """What `make()` finds, remembered under `key` until a line of the log moves the subject; the first word of the key says what it
    is, and at most so many of a kind are kept. Never a row of a table: a row belongs to the request that read it.
    """
    if place is None:
        return make()
    era = _memory().era
    if place > era.last:  # somebody slower began anew: the lines between are not known here
        return make()
    kind = era.found.setdefault(str(key[0]), {})
    known = kind.get((subject, key))
    if known is not None and known[0] >= era.moved.get(subject, 0):
        found: T = known[1]
        return found
    found = make()
    if len(kind) >= most:
        kind.clear()
    kind[subject, key] = place, found
    return found
