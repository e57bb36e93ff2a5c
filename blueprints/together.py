"""Writing one page together, over sockets. A socket says

    write.join    {"page": 12}                                   or, coming back, with "generation", "token", "after"
    write.update  {"page": 12, "update": "base64", "cursor"?: …} a change, at most 8 kB
    write.cursor  {"page": 12, "cursor": ["base64", "base64"] | null}
    write.saving  {"page": 12, "state": "base64", "digest": "hex"}   what is in the form that is sent now
    write.leave   {"page": 12}
    write.who     {"page": 12}                                   who writes, for a page that is read

and hears `together` with "what": "update", "cursor", "left", "saved", "over"; and `editing` where it reads the page. Rights are
asked when somebody joins, with messages at most some seconds later, and at once when the log tells of what may have changed them.
With several live processes each has its own writers: their saves are merged.
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from flask import request
from flask_socketio import SocketIO
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from blueprints.sockets import Bucket
from community.activity.models import Activity
from community.errors import NotFound
from community.extensions import db
from community.live.consumer import rechecks
from community.live.presence import learn
from community.live.together import LAST_SAVES, Full, Member, Saving, Together, Writing
from community.permissions import door, may
from community.wiki.models import Page, Revision
from community.wiki.queries import bodies_of

if TYPE_CHECKING:
    from blueprints.live import Crowd, Visitor

log = logging.getLogger(__name__)

AGAIN = 5.0  # seconds for which a right that was asked holds, while nothing says that it changed
LARGEST_UPDATE = 8_000  # characters
LARGEST_STATE = 6_000
MOST_PAGES = 3  # that one socket writes at a time
_WORDS = re.compile(r"[A-Za-z0-9+/]{2,8000}={0,2}")
_PLACE = re.compile(r"[A-Za-z0-9+/]{2,200}={0,2}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,40}")
_SLOWER = {"ok": False, "error": "Too many at once. Wait a second.", "retry": 1}
_BAD = {"ok": False, "error": "That is not how this is asked: see blueprints/together.py."}
Answer = dict[str, Any]


class Writers:
    """The sockets of this process that have the form of a page open."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.together = Together()
        self._buckets: dict[str, Bucket] = {}

    def on(self, io: SocketIO) -> None:
        """Let sockets say what this file's docstring lists."""
        for name in ("join", "update", "cursor", "saving", "leave", "who"):
            io.on_event(f"write.{name}", self._for_visitors(getattr(self, f"_{name}")))

    def _for_visitors(self, handle: Callable[[Visitor, int, dict[str, Any]], Answer]) -> Callable[..., Answer]:
        def answer(*said: object) -> Answer:
            visitor = self.crowd.visitors.get(request.sid)  # type: ignore[attr-defined]
            if visitor is None:
                return {"ok": False}
            if not self._buckets.setdefault(visitor.sid, Bucket(rate=9, burst=70)).take():
                return dict(_SLOWER)
            asked = said[0] if len(said) == 1 else None
            page = asked.get("page") if isinstance(asked, dict) else None
            if not isinstance(asked, dict) or type(page) is not int or not 0 < page < 2**53:
                return dict(_BAD)
            return handle(visitor, page, asked)

        return answer

    # ---- what is said

    def _join(self, visitor: Visitor, page_id: int, asked: dict[str, Any]) -> Answer:
        generation, token, after = asked.get("generation"), asked.get("token", ""), asked.get("after", 0)
        if not _is_count(generation or 0) or not _is_count(after) or not isinstance(token, str) or len(token) > 40:
            return dict(_BAD)
        for _ in range(5):
            seen = self.crowd.generation
            page = self._page_to_edit(visitor, page_id)
            if page is None:
                return {"ok": False}
            wanted = {page.revision, generation or page.revision}
            bodies = bodies_of(page, wanted)
            if generation is not None and generation not in bodies:
                return {"ok": False}
            if visitor.eyes.near is None:
                learn([visitor])
            with self.together.lock:
                if self.crowd.generation != seen:
                    continue
                return self._let_in(visitor, page, bodies, generation, token, after)
        return {"ok": False, "error": "Try again.", "retry": 1}

    def _let_in(
        self, visitor: Visitor, page: Page, bodies: dict[int, str], generation: int | None, token: str, after: int
    ) -> Answer:
        near = visitor.eyes.near
        others = [number for number in self.together.pages_of(visitor.sid) if number != page.id]
        if near is None or len(others) >= MOST_PAGES:
            return {"ok": False}
        member = Member(visitor.sid, visitor.person_id, near.face.handle, near.face.name)
        member.checked_at, member.checked_generation = time.monotonic(), self.crowd.generation
        known = self.together.of(page.id)
        if known is not None and visitor.sid in known.members:
            member = known.members[visitor.sid]
        try:
            writing = self.together.enter(page.id, member, stands=page.revision, generation=generation, token=token)
        except Full:
            return {"ok": False, "full": True}
        is_same = token == writing.token
        if generation not in (None, writing.generation):
            self._go(visitor.sid, page.id, for_good=True)
            return {"ok": False, "other": True}
        text = bodies.get(writing.generation)
        if text is None:  # somebody else's generation: an older revision than the one that stands
            text = bodies_of(page, {writing.generation}).get(writing.generation)
        if text is None:  # taken away meanwhile: nobody reads it here any more
            self._go(visitor.sid, page.id, for_good=True)
            return {"ok": False, "other": True}
        updates, more = writing.after(after if is_same else 0)
        answer: Answer = {
            "ok": True,
            "generation": writing.generation,
            "token": writing.token,
            "me": member.key,
            "updates": [[update.number, update.words, update.by] for update in updates],
            "more": more,
            "saved": writing.saved,
            "cursors": [self._seen(other) for other in writing.members.values() if self._may_be_told(member, other)],
        }
        if generation is None:
            answer["text"] = text
        self._tell_readers(page.id)
        return answer

    def _update(self, visitor: Visitor, page_id: int, asked: dict[str, Any]) -> Answer:
        words = asked.get("update")
        if not isinstance(words, str) or len(words) > LARGEST_UPDATE or not _WORDS.fullmatch(words):
            return dict(_BAD)
        member = self._member(visitor, page_id)
        if member is None:
            return {"ok": False}
        with self.together.lock:
            writing = self.together.of(page_id)
            if writing is None or member.sid not in writing.members:
                return {"ok": False}
            try:
                update = self.together.add(writing, words, member.handle)
            except Full:
                return {"ok": False, "full": True}
            if update is not None:
                said = {"what": "update", "page": page_id, "n": update.number, "update": words, "by": member.handle}
                for other in list(writing.members.values()):
                    if other is not member:
                        self._emit("together", said, other.sid)
            if "cursor" in asked:
                self._put_cursor(writing, member, asked["cursor"])
            return {"ok": True, "n": update.number if update is not None else 0}

    def _cursor(self, visitor: Visitor, page_id: int, asked: dict[str, Any]) -> Answer:
        member = self._member(visitor, page_id)
        with self.together.lock:
            writing = self.together.of(page_id)
            if member is None or writing is None:
                return {"ok": False}
            return {"ok": self._put_cursor(writing, member, asked.get("cursor"))}

    def _put_cursor(self, writing: Writing, member: Member, cursor: object) -> bool:
        good = cursor is None or (
            isinstance(cursor, list)
            and len(cursor) == 2
            and all(isinstance(place, str) and _PLACE.fullmatch(place) for place in cursor)
        )
        if not good:
            return False
        member.cursor = cursor if isinstance(cursor, list) else None
        for other in list(writing.members.values()):
            if self._may_be_told(other, member):
                self._emit("together", {"what": "cursor", "page": writing.page_id, **self._seen(member)}, other.sid)
        return True

    def _saving(self, visitor: Visitor, page_id: int, asked: dict[str, Any]) -> Answer:
        state, digest = asked.get("state"), asked.get("digest")
        if not isinstance(state, str) or len(state) > LARGEST_STATE or not _WORDS.fullmatch(state):
            return dict(_BAD)
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            return dict(_BAD)
        member = self._member(visitor, page_id)
        with self.together.lock:
            writing = self.together.of(page_id)
            if member is None or writing is None:
                return {"ok": False}
            writing.savings = [*writing.savings[1 - LAST_SAVES :], Saving(member.person_id, state, digest)]
            return {"ok": True}

    def _leave(self, visitor: Visitor, page_id: int, _asked: dict[str, Any]) -> Answer:
        self._go(visitor.sid, page_id, for_good=True)
        return {"ok": True}

    def _who(self, visitor: Visitor, page_id: int, _asked: dict[str, Any]) -> Answer:
        if f"page:{page_id}" not in visitor.watches:
            return {"ok": False}
        if visitor.eyes.near is None:  # whom they may be told of is read at the next step of presence
            return {"ok": False, "retry": 1}
        return {"ok": True, "who": self._writing_for(visitor, page_id)}

    # ---- rights

    def _page_to_edit(self, visitor: Visitor, page_id: int, *, afresh: bool = True) -> Page | None:
        """The page, if the visitor may edit it now."""
        if afresh:
            db.session.rollback()
        actor = self.crowd.actor_of(visitor)
        if actor is None:
            return None
        try:
            page = door(actor, Page, Page.id == page_id)
        except NotFound:
            return None
        return page if may(actor, "edit", page) else None

    def _member(self, visitor: Visitor, page_id: int) -> Member | None:
        """The visitor among those who write a page, if they still may: asked again when it is some seconds ago."""
        with self.together.lock:
            writing = self.together.of(page_id)
            member = writing.members.get(visitor.sid) if writing is not None else None
        if member is None:
            return None
        at, seen = time.monotonic(), self.crowd.generation
        if at - member.checked_at <= AGAIN and member.checked_generation == seen:
            return member
        if self._page_to_edit(visitor, page_id) is None:
            self._send_away(visitor.sid, page_id)
            return None
        member.checked_at, member.checked_generation = at, seen
        return member

    def _send_away(self, sid: str, page_id: int) -> None:
        self._go(sid, page_id, for_good=True)
        self._emit("together", {"what": "over", "page": page_id}, sid)

    # ---- what happens elsewhere

    def hear(self, lines: Sequence[Activity]) -> None:
        """Ask again who may write where the log tells of what may have changed it, and tell of revisions. What fails here fails
        nobody who only reads; then nobody writes on, for it is not known whether they may.
        """
        try:
            self._hear(lines)
        except SQLAlchemyError:
            raise  # the database is away: the same lines again at the next tick
        except Exception:
            log.exception("writers could not be told of the lines %d to %d", lines[0].id, lines[-1].id)
            with self.together.lock:
                left = [
                    (page.page_id, member)
                    for page in self.together.all()
                    for member in self.together.close(page.page_id)
                ]
            for page_id, member in left:
                self._emit("together", {"what": "over", "page": page_id}, member.sid)

    def _hear(self, lines: Sequence[Activity]) -> None:
        with self.together.lock:
            pages = {writing.page_id for writing in self.together.all()}
        if not pages:
            return
        asked = rechecks(lines)
        wide = asked.everybody or asked.spaces or any(line.verb.startswith(("space.", "page.moved")) for line in lines)
        for page_id in pages:
            mine = [line for line in lines if line.object_kind == "page" and line.object_id == page_id]
            others = [line for line in mine if line.verb not in ("page.edited", "page.created")]
            self._look_again(page_id, None if wide or others else asked.people)
            for line in mine:
                if line.verb in ("page.edited", "page.renamed") and isinstance(line.data.get("revision"), int):
                    self._tell_saved(page_id, line.data["revision"])

    def _look_again(self, page_id: int, people: Collection[int] | None) -> None:
        with self.together.lock:
            writing = self.together.of(page_id)
            members = list(writing.members.values()) if writing is not None else []
        for member in members:
            visitor = self.crowd.visitors.get(member.sid)
            if people is not None and member.person_id not in people:
                continue
            if visitor is None or self._page_to_edit(visitor, page_id, afresh=False) is None:
                self._send_away(member.sid, page_id)

    def _tell_saved(self, page_id: int, number: int) -> None:
        stmt = select(Revision).where(Revision.page_id == page_id, Revision.number == number)
        revision = db.session.scalars(stmt).one_or_none()
        if revision is None:
            return
        digest = hashlib.sha256(revision.body.encode()).hexdigest()
        with self.together.lock:
            writing = self.together.of(page_id)
            if writing is None:
                return
            state = writing.state_of(revision.author_id, digest)
            if state is not None:
                writing.saved = (number, state)
            for member in writing.members.values():
                said = {"what": "saved", "page": page_id, "revision": number, "state": state}
                self._emit("together", said, member.sid)

    def gone(self, sid: str) -> None:
        """A connection ended; what its browser holds is waited for."""
        self._buckets.pop(sid, None)
        with self.together.lock:
            pages = self.together.pages_of(sid)
        for page_id in pages:
            self._go(sid, page_id, for_good=False)

    def _go(self, sid: str, page_id: int, *, for_good: bool) -> None:
        with self.together.lock:
            member = self.together.leave(page_id, sid, for_good=for_good)
            writing = self.together.of(page_id)
            if member is None:
                return
            for other in writing.members.values() if writing is not None else ():
                self._emit("together", {"what": "left", "page": page_id, "key": member.key}, other.sid)
        self._tell_readers(page_id)

    # ---- who is told of whom

    def _may_be_told(self, who: Member, of: Member) -> bool:
        """Whether one is shown the cursor and the name of another: as with everything else that tells who is here."""
        one, other = self.crowd.visitors.get(who.sid), self.crowd.visitors.get(of.sid)
        if one is None or other is None or who.person_id == of.person_id:
            return False
        near = one.eyes.near
        return near is not None and near.shows and other.eyes.shows and near.may_be_told_of(of.person_id)

    @staticmethod
    def _seen(member: Member) -> Answer:
        return {"key": member.key, "handle": member.handle, "name": member.name, "cursor": member.cursor}

    def _writing_for(self, visitor: Visitor, page_id: int) -> list[dict[str, str]]:
        near = visitor.eyes.near
        with self.together.lock:
            writing = self.together.of(page_id)
            members = list(writing.members.values()) if writing is not None else []
        if near is None or not near.shows:
            return []
        found: dict[int, dict[str, str]] = {}
        for member in members:
            other = self.crowd.visitors.get(member.sid)
            shown = other is not None and other.eyes.shows and member.person_id != visitor.person_id
            if shown and near.may_be_told_of(member.person_id):
                found[member.person_id] = {"handle": member.handle, "name": member.name}
        return list(found.values())[:5]

    def _tell_readers(self, page_id: int) -> None:
        """Tell those who read the page who writes it."""
        room = f"page:{page_id}"
        for visitor in list(self.crowd.visitors.values()):
            if room in visitor.watches:
                self._emit("editing", {"page": page_id, "who": self._writing_for(visitor, page_id)}, visitor.sid)

    def _emit(self, event: str, said: Answer, sid: str) -> None:
        self.crowd.server.emit(event, said, to=sid)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**31
