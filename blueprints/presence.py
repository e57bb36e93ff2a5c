"""What a socket says of its reader: whom it looks at, what it reads, that it types. community/live/presence.py does the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flask import request
from flask_socketio import SocketIO

from community.extensions import db
from community.live.presence import MOST_LOOKS, people_looked_at
from community.live.watches import LONGEST_NAME
from community.people.models import Person

if TYPE_CHECKING:
    from blueprints.live import Crowd, Visitor

LONGEST_HANDLE = 60
READ_TOGETHER = ("post", "page", "conversation")  # not a journal: who reads there is not announced
_AGAIN = {"ok": False, "error": "Too many at once. Wait a second.", "retry": 1}


def handlers_on(io: SocketIO, crowd: Crowd) -> None:
    """Let sockets say `look`, `reading` and `typing`."""
    for name, handle in (("look", look), ("reading", reading), ("typing", typing)):
        io.on_event(name, _for_visitors(crowd, handle))


def _for_visitors(
    crowd: Crowd, handle: Callable[[Crowd, Visitor, Any], dict[str, Any]]
) -> Callable[..., dict[str, Any]]:
    def answer(*said: object) -> dict[str, Any]:
        visitor = crowd.visitors.get(request.sid)  # type: ignore[attr-defined]
        if visitor is None:
            return {"ok": False}
        if not visitor.bucket.take():
            return dict(_AGAIN)
        return handle(crowd, visitor, said[0] if len(said) == 1 else None)

    return answer


def _room(said: object, *more: str) -> str | None:
    """The room of `{"room": …}`, None when it is anything else."""
    if not isinstance(said, dict) or not set(said) <= {"room", *more}:
        return None
    name = said.get("room")
    return name if isinstance(name, str) and 0 < len(name) <= LONGEST_NAME else None


def look(crowd: Crowd, visitor: Visitor, said: object) -> dict[str, Any]:
    """These people are on my page: `{"people": [handle, …]}` → `{"ok": true, "here": [handle, …]}`. Whom one does not see is
    not here.
    """
    handles = said.get("people") if isinstance(said, dict) and set(said) == {"people"} else None
    good = isinstance(handles, list) and len(handles) <= MOST_LOOKS
    if not good or not all(isinstance(handle, str) and len(handle) <= LONGEST_HANDLE for handle in handles or ()):
        return {"ok": False, "error": f'Send {{"people": [handle, …]}}, up to {MOST_LOOKS}.'}
    db.session.rollback()
    person = db.session.get(Person, visitor.person_id)
    if person is None:
        return {"ok": False}
    visitor.eyes.looks = people_looked_at(person, handles or ())
    return {"ok": True, "here": crowd.presence.who_is_here(visitor)}


def reading(_crowd: Crowd, visitor: Visitor, said: object) -> dict[str, Any]:
    """I read this thing, which I watch; or, with `"now": false`, no longer."""
    room = _room(said, "now")
    now = said.get("now", True) if isinstance(said, dict) else True
    if room is None or not isinstance(now, bool):
        return {"ok": False, "error": 'Send {"room": name} or {"room": name, "now": false}.'}
    if not now:
        visitor.eyes.reading.discard(room)
        visitor.eyes.told_reading.pop(room, None)
        visitor.eyes.seen_reading.pop(room, None)
        return {"ok": True}
    if room not in visitor.watches or room.partition(":")[0] not in READ_TOGETHER:
        return {"ok": False}
    eyes = visitor.eyes
    eyes.reading = {known for known in eyes.reading if known in visitor.watches} | {room}
    eyes.told_reading = {known: told for known, told in eyes.told_reading.items() if known in eyes.reading}
    eyes.seen_reading = {known: seen for known, seen in eyes.seen_reading.items() if known in eyes.reading}
    return {"ok": True}


def typing(crowd: Crowd, visitor: Visitor, said: object) -> dict[str, Any]:
    """I type below this thing, which I watch: at most once in three seconds."""
    room = _room(said)
    if room is None:
        return {"ok": False, "error": 'Send {"room": name}.'}
    if room.partition(":")[0] in ("space", room):
        return {"ok": False}
    return {"ok": crowd.presence.type(visitor, room)}
