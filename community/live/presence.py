"""Who is here now, who reads what, and who types. Kept in the memory of the live process and nowhere else: what is not said
again is gone within seconds, and no table or log knows of it.

Whoever switched `show_presence` off, or has quiet hours now, is neither shown nor told of others. Whoever may not see a person,
or is kept apart from them by a block, is not told of them. Nobody is told of a room that they do not watch.

Events are few, however many come and go: each socket hears of changes at most once in some seconds, all of them in one
message, and the more people a room holds the longer that lasts. A socket says `look` (these people are on my page), `reading`
(I read this) and `typing`; it hears

    presence {"here": ["noor"], "gone": ["samir"]}                                people on its page who came and went
    presence {"room": "post:12", "reading": [{"handle", "name"}, …], "more": 2}   who else reads this: five names, and how many more
    typing {"room": "post:12", "who": [{"handle", "name"}, …], "more": 0}         lives six seconds
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select

from community.clock import now
from community.extensions import db
from community.messages.queries import kept_apart
from community.notifications.hours import quiet_until
from community.notifications.keeping import quiet_hours_of
from community.people.models import Person
from community.permissions import visible
from community.spaces.queries import actor_for

GRACE = 8.0  # seconds for which somebody is still here after their last socket went: from one page to the next
SPACING = 2.0  # seconds between two messages of one sort to one socket, at least
PEOPLE_A_SECOND = 100  # a room with so many people waits a second longer
TYPING_LIVES = 6.0
TYPING_EVERY = 3.0  # seconds between two words of one socket that it types
NAMED_READERS, NAMED_TYPERS = 5, 3
MOST_LOOKS = 100
REREAD = 300.0  # seconds after which rights and wishes are read again, though nothing said that they have changed
_NOBODY: dict[int, Any] = {}


@dataclass(frozen=True)
class Face:
    """Somebody, as others are told of them."""

    id: int
    handle: str
    name: str

    @property
    def said(self) -> dict[str, str]:
        return {"handle": self.handle, "name": self.name}


@dataclass(frozen=True)
class Near:
    """What decides whom a socket is told of. `sees` is None for who sees every colleague."""

    face: Face
    shows: bool
    apart: frozenset[int] = frozenset()
    sees: frozenset[int] | None = None

    def may_be_told_of(self, person_id: int) -> bool:
        return person_id not in self.apart and (
            self.sees is None or person_id in self.sees or person_id == self.face.id
        )


@dataclass(eq=False)
class Eyes:
    """What one socket looks at, and what it was told last. `near` is read again when rights or wishes may have changed."""

    near: Near | None = None
    near_at: float = 0.0
    looks: dict[int, str] = field(default_factory=dict)
    reading: set[str] = field(default_factory=set)
    typed_at: float = -TYPING_EVERY
    told_here: frozenset[int] = frozenset()
    # What was looked at last: while it is the same there is nothing to tell.
    seen_here: tuple[object, object] | None = None
    seen_reading: dict[str, tuple[object, object]] = field(default_factory=dict)
    told_reading: dict[str, dict[str, Any]] = field(default_factory=dict)
    here_due: float = 0.0
    reading_due: float = 0.0

    @property
    def shows(self) -> bool:
        return self.near is not None and self.near.shows


class Watcher(Protocol):
    """One socket, as the crowd keeps it."""

    sid: str
    person_id: int
    eyes: Eyes

    @property
    def watches(self) -> Mapping[str, Any]: ...


@dataclass
class News:
    """What one process knows: who is here, who reads what, and who typed since the last time it said so."""

    here: set[int] = field(default_factory=set)
    reading: dict[str, dict[int, Face]] = field(default_factory=lambda: defaultdict(dict))
    typing: dict[str, dict[int, Face]] = field(default_factory=lambda: defaultdict(dict))


class Board(Protocol):
    """Where several live processes tell each other."""

    def exchange(self, mine: News) -> News:
        """Say what is known here; what the others said last."""


Emit = Callable[[str, dict[str, Any], str], None]


class Presence:
    """Looks at all sockets of a process, step by step, and tells each what has changed for it."""

    def __init__(self, emit: Emit, board: Board | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._emit, self._board, self._clock = emit, board, clock
        self._last: dict[int, float] = {}  # when somebody was here last
        self._typed: dict[str, dict[int, tuple[Face, float]]] = defaultdict(dict)
        self._typing_due: dict[str, float] = {}
        self._unsaid: set[str] = set()  # rooms in which somebody typed since it was said last
        self._here: set[int] = set()  # as they were at the last step; the same objects while nothing changes
        self._reading: dict[str, dict[int, Face]] = {}

    # ---- what a socket says

    def type(self, watcher: Watcher, room: str) -> bool:
        """Note that a socket types in a room that it watches. False when it said so a moment ago, or may not be shown."""
        eyes, at = watcher.eyes, self._clock()
        if room not in watcher.watches or at - eyes.typed_at < TYPING_EVERY:
            return False
        if eyes.near is None or not eyes.near.shows:
            return False
        eyes.typed_at = at
        self._note_typing(room, eyes.near.face, at)
        return True

    def _note_typing(self, room: str, face: Face, at: float) -> None:
        self._typed[room][face.id] = (face, at)
        self._unsaid.add(room)

    def who_is_here(self, watcher: Watcher) -> list[str]:
        """Those of the people whom a socket looks at who are here, told now."""
        here = self._seen_here(watcher, set(self._last))
        watcher.eyes.told_here, watcher.eyes.seen_here = here, None
        return sorted(watcher.eyes.looks[person] for person in here)

    # ---- one step

    def step(self, watchers: Sequence[Watcher]) -> None:
        """Learn what is not known of new sockets, and tell everybody what has changed for them."""
        at = self._clock()
        old = [one for one in watchers if one.eyes.near is None or at - one.eyes.near_at > REREAD]
        learn(old)
        for one in old:
            one.eyes.near_at = at
        news = self._news(watchers, at)
        if news.here != self._here:
            self._here = news.here
        known = self._reading
        self._reading = {
            room: known[room] if room in known and known[room] == faces else faces
            for room, faces in news.reading.items()
        }
        self._tell_here(watchers, self._here, at)
        self._tell_reading(watchers, self._reading, at)
        self._tell_typing(watchers, at)

    def _news(self, watchers: Sequence[Watcher], at: float) -> News:
        mine = News()
        for watcher in watchers:
            eyes = watcher.eyes
            if eyes.near is None:
                continue
            if not eyes.near.shows:
                self._last.pop(watcher.person_id, None)  # at once, without grace
                continue
            self._last[watcher.person_id] = at
            for room in eyes.reading & watcher.watches.keys():
                mine.reading[room][watcher.person_id] = eyes.near.face
        self._last = {person: seen for person, seen in self._last.items() if at - seen <= GRACE}
        mine.here = set(self._last)
        if self._board is None:
            return mine
        for room in self._unsaid:
            mine.typing[room] = {person: face for person, (face, _at) in self._typed[room].items()}
        theirs = self._board.exchange(mine)
        mine.here |= theirs.here
        for room, faces in theirs.reading.items():
            mine.reading[room] = {**faces, **mine.reading[room]}
        for room, faces in theirs.typing.items():
            for face in faces.values():
                self._note_typing(room, face, at)
        return mine

    def _seen_here(self, watcher: Watcher, here: Collection[int]) -> frozenset[int]:
        near = watcher.eyes.near
        if near is None or not near.shows:
            return frozenset()
        return frozenset(person for person in watcher.eyes.looks if person in here and near.may_be_told_of(person))

    def _tell_here(self, watchers: Sequence[Watcher], here: set[int], at: float) -> None:
        for watcher in watchers:
            eyes = watcher.eyes
            if not eyes.looks and not eyes.told_here:
                continue
            if _same(eyes.seen_here, here, eyes.near) or (at < eyes.here_due and eyes.shows):
                continue
            eyes.seen_here = (here, eyes.near)
            now_here = self._seen_here(watcher, here)
            if now_here == eyes.told_here:
                continue
            eyes.here_due = at + _spacing(len(watchers))
            names = eyes.looks
            came = sorted(names[person] for person in now_here - eyes.told_here)
            went = sorted(names[person] for person in eyes.told_here - now_here if person in names)
            eyes.told_here = now_here
            self._emit("presence", {"here": came, "gone": went}, watcher.sid)

    def _tell_reading(self, watchers: Sequence[Watcher], reading: Mapping[str, dict[int, Face]], at: float) -> None:
        for watcher in watchers:
            eyes = watcher.eyes
            if not eyes.reading or (at < eyes.reading_due and eyes.shows):
                continue
            for room in eyes.reading & watcher.watches.keys():
                faces = reading.get(room, _NOBODY)
                if _same(eyes.seen_reading.get(room), faces, eyes.near):
                    continue
                eyes.seen_reading[room] = (faces, eyes.near)
                others = _others(watcher, faces) if eyes.shows else []
                message = _named(room, "reading", others, NAMED_READERS)
                if message == eyes.told_reading.get(room, _named(room, "reading", [], NAMED_READERS)):
                    continue
                eyes.told_reading[room] = message
                eyes.reading_due = at + _spacing(len(faces))
                self._emit("presence", message, watcher.sid)

    def _tell_typing(self, watchers: Sequence[Watcher], at: float) -> None:
        for room in [room for room, typed in self._typed.items() if _is_over(typed, at)]:
            self._typed.pop(room)
            self._typing_due.pop(room, None)
            self._unsaid.discard(room)
        if not self._unsaid:
            return
        by_room: dict[str, list[Watcher]] = defaultdict(list)
        for watcher in watchers:
            for room in self._unsaid & watcher.watches.keys():
                by_room[room].append(watcher)
        for room in [room for room in self._unsaid if at >= self._typing_due.get(room, 0.0)]:
            self._unsaid.discard(room)
            alive = {person: face for person, (face, since) in self._typed[room].items() if at - since < TYPING_LIVES}
            self._typing_due[room] = at + _spacing(len(by_room[room])) / 2
            for watcher in by_room[room]:
                others = _others(watcher, alive) if watcher.eyes.shows else []
                if others:
                    self._emit("typing", _named(room, "who", others, NAMED_TYPERS), watcher.sid)


def _same(seen: tuple[object, object] | None, what: object, near: Near | None) -> bool:
    return seen is not None and seen[0] is what and seen[1] is near


def _is_over(typed: Mapping[int, tuple[Face, float]], at: float) -> bool:
    return all(at - since >= TYPING_LIVES for _face, since in typed.values())


def _spacing(people: int) -> float:
    """How long to wait before the next message of a sort: longer in a crowd, and not the same for all."""
    return (SPACING + people / PEOPLE_A_SECOND) * (1 + random.random())  # noqa: S311 no secret


def _others(watcher: Watcher, faces: Mapping[int, Face]) -> list[Face]:
    near = watcher.eyes.near
    assert near is not None
    return [face for person, face in faces.items() if person != watcher.person_id and near.may_be_told_of(person)]


def _named(room: str, key: str, faces: Sequence[Face], most: int) -> dict[str, Any]:
    return {"room": room, key: [face.said for face in faces[:most]], "more": max(0, len(faces) - most)}


# ---- what is read of the people behind the sockets


def learn(watchers: Sequence[Watcher]) -> None:
    """Read what decides whom these sockets are told of: three queries for all of them, and one for each guest."""
    if not watchers:
        return
    ids = sorted({watcher.person_id for watcher in watchers})
    people: dict[int, Person] = {}
    apart: dict[int, set[int]] = {}
    quiet: dict[int, tuple[int, int]] = {}
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        people.update((person.id, person) for person in db.session.scalars(select(Person).where(Person.id.in_(some))))
        apart.update(kept_apart(some))
        quiet.update(quiet_hours_of(some))
    known: dict[int, Near] = {}
    for watcher in watchers:
        person = people.get(watcher.person_id)
        if person is None:
            continue
        if person.id not in known:
            known[person.id] = Near(
                Face(person.id, person.handle, person.name),
                is_shown(person, quiet.get(person.id)),
                frozenset(apart.get(person.id, ())),
                _seen_by_guest(person) if person.site_role == "guest" else None,
            )
        if watcher.eyes.near != known[person.id]:
            watcher.eyes.near = known[person.id]


def is_shown(person: Person, quiet: tuple[int, int] | None) -> bool:
    """Whether somebody wishes to be seen as being here, and to see others: not within their quiet hours."""
    wishes = person.is_active and person.show_presence
    return wishes and quiet_until(now(), ZoneInfo(person.time_zone), quiet) is None


def _seen_by_guest(person: Person) -> frozenset[int]:
    return frozenset(db.session.scalars(select(Person.id).where(visible(actor_for(person), Person))))


def people_looked_at(person: Person, handles: Collection[str]) -> dict[int, str]:
    """Those of the handles that belong to people whom somebody sees, by id."""
    stmt = select(Person.id, Person.handle).where(Person.handle.in_(handles), visible(actor_for(person), Person))
    return {row.id: row.handle for row in db.session.execute(stmt)}
