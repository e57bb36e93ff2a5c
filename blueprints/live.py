"""Sockets: who is connected, what they watch, and what they are told (SURFACE.md, Live).

A socket is signed in by the browser's session or by `auth: {token}`. It says `watch` and `unwatch`, and what presence.py and
together.py read;
it hears `activity` pointers, `notification` and `messages` counts, and `unwatched` when a right to watch has gone. Rooms are
decided in `community/live`, by the same tokens that decide search; who loses a right leaves its rooms before the next message
goes out.

Nothing that a client sends raises: bad input is answered `{"ok": false, "error": …}`, garbage closes the connection, and sizes and
rates are bounded for each socket, for each person and for the process.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, request, session
from flask_socketio import SocketIO
from socketio.exceptions import ConnectionRefusedError

from blueprints.presence import handlers_on
from blueprints.sockets import Bucket, server
from blueprints.together import Writers
from community.activity.models import Activity
from community.activity.outbox import Runner
from community.config import Settings
from community.errors import NotFound
from community.extensions import db
from community.live import consumer
from community.live.board import RedisBoard
from community.live.presence import Eyes, Presence
from community.live.tail import TICK, Tail
from community.live.watches import LONGEST_NAME, Watch, own_room, watch_for
from community.people import sessions
from community.people.models import Person
from community.people.tokens import living_token
from community.permissions import Actor
from community.readers import duties_of
from community.spaces.queries import actor_for

log = logging.getLogger(__name__)

MOST_WATCHES = 30  # of one socket
MOST_SOCKETS = 20  # of one person
LARGEST_ID = 2**53


@dataclass(eq=False)
class Visitor:
    """One socket: whose it is, by which session or token, what it watches, and the last count it was told."""

    sid: str
    person_id: int
    session_id: int | None
    token_id: int | None
    watches: dict[str, Watch] = field(default_factory=dict)
    rooms: frozenset[str] = frozenset()
    told: int = 0
    told_talks: int = 0
    eyes: Eyes = field(default_factory=Eyes)
    bucket: Bucket = field(default_factory=lambda: Bucket(rate=5, burst=40))


class Crowd:
    """Everybody who is connected to this process: the audience of the tail.

    Whoever reads rights in order to join a room compares `generation` before and after: when rights were looked at again
    in between, what was read may be stale, and is read once more.
    """

    def __init__(self, io: SocketIO, settings: Settings) -> None:
        self.server = io.server
        self.tail = Tail(settings, self)
        self.visitors: dict[str, Visitor] = {}
        self.generation = 0
        self.writers = Writers(self)
        board = RedisBoard(settings.REDIS_URL) if settings.REDIS_URL else None
        self.presence = Presence(lambda event, said, sid: self.server.emit(event, said, to=sid), board)

    def of(self, person_id: int) -> list[Visitor]:
        return [visitor for visitor in list(self.visitors.values()) if visitor.person_id == person_id]

    def come_in(self, visitor: Visitor) -> None:
        """Take a socket in. It hears what is for its person from now on."""
        with self.tail.lock:
            self.visitors[visitor.sid] = visitor
            self.server.enter_room(visitor.sid, own_room(visitor.person_id))
        self.tail.count_soon()

    def go(self, sid: str) -> None:
        with self.tail.lock:
            self.visitors.pop(sid, None)
        self.writers.gone(sid)

    def put(self, visitor: Visitor, watches: dict[str, Watch]) -> None:
        """Let a socket watch these and nothing else. The lock of the tail is held."""
        rooms = frozenset().union(*(watch.rooms for watch in watches.values()))
        for room in visitor.rooms - rooms:
            self.server.leave_room(visitor.sid, room)
        for room in rooms - visitor.rooms:
            self.server.enter_room(visitor.sid, room)
        visitor.watches, visitor.rooms = watches, rooms

    def actor_of(self, visitor: Visitor) -> Actor | None:
        """Who the socket acts for now, or None when its session or token has ended."""
        if not self._among_the_living([visitor]):
            return None
        person = db.session.get(Person, visitor.person_id)
        return actor_for(person) if person is not None else None

    def _among_the_living(self, visitors: Iterable[Visitor]) -> list[Visitor]:
        known = list(visitors)
        alive, good = consumer.living(
            {v.session_id for v in known if v.session_id is not None},
            {v.token_id for v in known if v.token_id is not None},
        )
        return [v for v in known if v.session_id in alive or v.token_id in good]

    # ---- the audience of the tail

    def look_again(self, lines: Sequence[Activity]) -> None:
        """Put whose rights may have changed into the rooms that they have a right to now, or send them away."""
        asked = consumer.rechecks(lines)
        if not asked:
            self.writers.hear(lines)
            return
        with self.tail.lock:
            self.generation += 1
            concerned = [
                visitor
                for visitor in self.visitors.values()
                if asked.everybody
                or visitor.person_id in asked.people
                or any(watch.space_id in asked.spaces for watch in visitor.watches.values())
                or not asked.things.isdisjoint(visitor.watches)
            ]
        self._examine(concerned)
        self.writers.hear(lines)

    def _examine(self, visitors: list[Visitor]) -> None:
        by_person: dict[int, list[Visitor]] = defaultdict(list)
        for visitor in visitors:
            by_person[visitor.person_id].append(visitor)
        alive = {visitor.sid for visitor in self._among_the_living(visitors)}
        for person_id, theirs in by_person.items():
            person = db.session.get(Person, person_id)
            actor = actor_for(person) if person is not None else None
            for visitor in theirs:
                if actor is None or visitor.sid not in alive:
                    self.send_away(visitor)
                else:
                    self._put_right(visitor, actor)
                    visitor.eyes.near = None  # read anew at the next step
            time.sleep(0)  # others may take their turn between two people

    def _put_right(self, visitor: Visitor, actor: Actor) -> None:
        allowed: dict[str, Watch] = {}
        for name in list(visitor.watches):
            try:
                allowed[name] = watch_for(actor, name)
            except NotFound:
                continue
        with self.tail.lock:
            gone = [name for name in visitor.watches if name not in allowed]
            self.put(visitor, {name: allowed[name] for name in visitor.watches if name in allowed})
        for name in gone:
            self.server.emit("unwatched", {"room": name}, to=visitor.sid)

    def send_away(self, visitor: Visitor) -> None:
        """Close a socket for good: a client does not come back by itself from this."""
        with self.tail.lock:
            self.put(visitor, {})
            self.server.leave_room(visitor.sid, own_room(visitor.person_id))
        self.go(visitor.sid)
        self.server.disconnect(visitor.sid)

    def prepare(self, lines: Sequence[Activity]) -> Callable[[], None]:
        """One packet for each line, whoever gets it: also when nobody is here yet, for who comes meanwhile counts on it."""
        made = [pointer for pointer in consumer.pointers(lines) if pointer.rooms]

        def say() -> None:
            for pointer in made:
                self.server.emit("activity", pointer.message, to=sorted(pointer.rooms))

        return say

    def count(self) -> None:
        """Tell each socket the number of unread notifications when it is not the one that it was told last."""
        visitors = list(self.visitors.values())
        if not visitors:
            return
        counts = consumer.unread_counts({visitor.person_id for visitor in visitors})
        for visitor in visitors:
            unread = counts[visitor.person_id]
            if unread != visitor.told:
                visitor.told = unread
                self.server.emit("notification", {"unread": unread}, to=visitor.sid)
        talks = consumer.waiting_talks({visitor.person_id for visitor in visitors})
        for visitor in visitors:
            waiting = talks[visitor.person_id]
            if waiting != visitor.told_talks:
                visitor.told_talks = waiting
                self.server.emit("messages", {"unread": waiting}, to=visitor.sid)

    def sweep(self) -> None:
        """Send away whose session or token ran out, and close connections that never signed in."""
        visitors = list(self.visitors.values())
        alive = {visitor.sid for visitor in self._among_the_living(visitors)}
        for visitor in visitors:
            if visitor.sid not in alive:
                self.send_away(visitor)
        for number, connection in list(self.server.eio.sockets.items()):
            if self.server.manager.sid_from_eio_sid(number, "/") is None:
                if connection.session.get("silent"):
                    connection.close(wait=False, abort=True)
                connection.session["silent"] = True

    def look_round(self) -> int:
        """Tell who came, who went, who reads and who types. One piece of work, so that the next comes with the next tick."""
        try:
            self.presence.step(list(self.visitors.values()))
        finally:
            db.session.remove()
        return 0

    def break_off(self, sid: str) -> None:
        """Close one connection so that its client connects again by itself."""
        connection = self.server.eio.sockets.get(self.server.manager.eio_sid_from_sid(sid, "/"))
        if connection is not None:
            connection.close(wait=False, abort=True)

    def close_all(self) -> None:
        """Close every connection so that clients connect again by themselves: this process is about to end."""
        for connection in list(self.server.eio.sockets.values()):
            connection.close(wait=False, abort=True)  # without a word: after a farewell some clients stay away


# ---- what a socket may say


class _Handlers:
    """The events of the default namespace."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd

    def connect(self, auth: object = None) -> None:
        """Let a socket in by session or token. Refused without either, and when its person has too many. Where we fail
        ourselves the connection breaks off, for then a client tries again by itself.
        """
        sid = request.sid  # type: ignore[attr-defined]
        try:
            self._let_in(sid, auth)
        except ConnectionRefusedError:
            raise
        except Exception:
            log.exception("a socket could not be let in")
            self.crowd.break_off(sid)
            raise ConnectionRefusedError("Try again.") from None

    def _let_in(self, sid: str, auth: object) -> None:
        for _ in range(5):
            generation = self.crowd.generation
            db.session.rollback()
            visitor = _visitor(sid, auth)
            if visitor is None:
                raise ConnectionRefusedError("Sign in first.")
            if len(self.crowd.of(visitor.person_id)) >= MOST_SOCKETS:
                raise ConnectionRefusedError("You have too many pages open.")
            with self.crowd.tail.lock:
                if self.crowd.generation == generation:
                    self.crowd.come_in(visitor)
                    return
        raise ConnectionRefusedError("Try again.")

    def disconnect(self, reason: object = None) -> None:
        self.crowd.go(request.sid)  # type: ignore[attr-defined]

    def watch(self, *said: object) -> dict[str, Any]:
        """Answer `{"ok": true, "last": id}`, with `missed` after a gap; `{"ok": false}` for absent and hidden alike."""
        visitor = self.crowd.visitors.get(request.sid)  # type: ignore[attr-defined]
        if visitor is None:
            return {"ok": False}
        if not visitor.bucket.take():
            return {"ok": False, "error": "Too many at once. Wait a second.", "retry": 1}
        asked = _asked(said)
        if isinstance(asked, str):
            return {"ok": False, "error": asked}
        name, after = asked
        if name not in visitor.watches and len(visitor.watches) >= MOST_WATCHES:
            return {"ok": False, "error": f"A connection watches at most {MOST_WATCHES} rooms."}
        return self._watch(visitor, name, after)

    def _watch(self, visitor: Visitor, name: str, after: int | None) -> dict[str, Any]:
        for _ in range(5):
            generation = self.crowd.generation
            db.session.rollback()  # a fresh look at the rights
            actor = self.crowd.actor_of(visitor)
            if actor is None:
                self.crowd.send_away(visitor)
                return {"ok": False}
            try:
                watch = watch_for(actor, name)
            except NotFound:
                return {"ok": False}
            with self.crowd.tail.lock:
                if self.crowd.generation != generation:
                    continue
                self.crowd.put(visitor, {**visitor.watches, name: watch})
                last = self.crowd.tail.begin()
            return _answer(watch, after, last)
        return {"ok": False, "error": "Try again.", "retry": 1}

    def unwatch(self, *said: object) -> dict[str, Any]:
        """Stop watching. The same answer whether or not it was watched."""
        visitor = self.crowd.visitors.get(request.sid)  # type: ignore[attr-defined]
        if visitor is None:
            return {"ok": False}
        asked = _asked(said)
        if isinstance(asked, str):
            return {"ok": False, "error": asked}
        with self.crowd.tail.lock:
            self.crowd.put(visitor, {name: watch for name, watch in visitor.watches.items() if name != asked[0]})
        return {"ok": True}


def _visitor(sid: str, auth: object) -> Visitor | None:
    """Whose socket this is: by the token that it brings, else by the session of its browser."""
    if auth:
        secret = auth.get("token") if isinstance(auth, dict) else None
        token = living_token(secret) if isinstance(secret, str) and len(secret) <= 200 else None
        return Visitor(sid, token.person_id, None, token.id) if token is not None else None
    cookie = session.get("_user_id")  # where Flask-Login keeps the token of the session
    found = sessions.session_of(cookie) if isinstance(cookie, str) else None
    return Visitor(sid, found.person_id, found.id, None) if found is not None else None


def _asked(said: tuple[object, ...]) -> tuple[str, int | None] | str:
    """The room and the id of `{"room": …, "after": …}`, or a sentence that says what is wrong with it."""
    if len(said) != 1 or not isinstance(said[0], dict) or not set(said[0]) <= {"room", "after"}:
        return 'Send {"room": name} or {"room": name, "after": id}.'
    name, after = said[0].get("room"), said[0].get("after")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        return "room must be a short text such as space:bridge."
    if after is not None and (type(after) is not int or not 0 <= after <= LARGEST_ID):
        return "after must be the id of a line of the log."
    return name, after


def _answer(watch: Watch, after: int | None, last: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"ok": True, "last": last}
    if after is None:
        return answer
    missed = consumer.missed(after, last, watch.rooms, watch.space_id)
    if missed is None:
        return {**answer, "missed": [], "reload": True}  # too much happened: read the page anew
    return {**answer, "missed": missed}


def init_app(app: Flask, settings: Settings) -> None:
    """Put the sockets on `/socket.io` where the role is to have them, and the tail among the duties of the process."""
    if settings.ROLE not in ("all", "live"):
        return
    io = server(app, settings)
    crowd = app.extensions["live"] = Crowd(io, settings)
    handlers = _Handlers(crowd)
    io.on_event("connect", handlers.connect)
    io.on_event("disconnect", handlers.disconnect)
    io.on_event("watch", handlers.watch)
    io.on_event("unwatch", handlers.unwatch)
    handlers_on(io, crowd)
    crowd.writers.on(io)
    io.on_error_default(_broken)
    duties_of(app).add(Runner(app.app_context, crowd.tail.step, TICK, "live"))
    duties_of(app).add(Runner(app.app_context, crowd.look_round, TICK, "presence"), poked=False)
    duties_of(app).at_the_end(crowd.close_all)


def _broken(fault: Exception) -> dict[str, Any]:
    log.error("a socket's event failed", exc_info=fault)
    db.session.rollback()
    return {"ok": False, "error": "Something broke on our side. Try again.", "retry": 1}
