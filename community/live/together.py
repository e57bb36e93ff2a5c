"""Writing one page together: what each live process keeps while somebody has its form open, in memory and nowhere else.

The words are a Yjs document in each browser; this side never reads them. It keeps the updates in the order in which they came,
gives them to whoever joins, and knows who wrote. A document begins with the stored words of one revision, its generation: every
browser puts them in by the same deterministic update, so that the words are there once, however many begin at the same moment,
and so that what browsers hold fits together again when this process has died and begun anew. Where generations differ nothing is
mixed: that browser goes on alone, and its save is merged (community/wiki/merge.py).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

MOST_MEMBERS = 30  # of one page
MOST_SESSIONS = 500
LARGEST_LOG = 8_000_000  # characters of updates of one page
LARGEST_HOUSE = 64_000_000  # of all pages together
PORTION = 200_000  # characters of updates in one answer
KEPT = 1_800.0  # seconds for which the words of somebody whose connection broke wait for them
LAST_SAVES = 20


@dataclass(frozen=True)
class Update:
    """One change, in Yjs' own form as base64, and the handle of who made it."""

    number: int
    words: str
    by: str


@dataclass(eq=False)
class Member:
    """One socket that has the form open. `key` names it to the others."""

    sid: str
    person_id: int
    handle: str
    name: str
    key: str = field(default_factory=lambda: secrets.token_hex(4))
    checked_at: float = 0.0
    checked_generation: int = -1
    cursor: list[str] | None = None


@dataclass(frozen=True)
class Saving:
    """Somebody is about to save: the state that they save, and a hash of its words."""

    person_id: int
    state: str
    digest: str


@dataclass(eq=False)
class Writing:
    """One page that is being written."""

    page_id: int
    generation: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    updates: list[Update] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    savings: list[Saving] = field(default_factory=list)
    saved: tuple[int, str] | None = None
    size: int = 0
    left_at: float | None = None
    _known: set[bytes] = field(default_factory=set)

    def add(self, words: str, by: str) -> Update | None:
        """The update in its place; None when it is known already."""
        sign = hashlib.blake2b(words.encode(), digest_size=16).digest()
        if sign in self._known:
            return None
        self._known.add(sign)
        self.size += len(words)
        self.updates.append(Update(len(self.updates) + 1, words, by))
        return self.updates[-1]

    def after(self, number: int) -> tuple[list[Update], bool]:
        """The updates after one, as many as fit in an answer, and whether there are more."""
        found: list[Update] = []
        size = 0
        for update in self.updates[number:]:
            size += len(update.words)
            if found and size > PORTION:
                return found, True
            found.append(update)
        return found, False

    def state_of(self, person_id: int, digest: str) -> str | None:
        """The state that somebody said they were saving, when the words that were saved are those."""
        for saving in reversed(self.savings):
            if (saving.person_id, saving.digest) == (person_id, digest):
                return saving.state
        return None


class Full(Exception):
    """There is no room for more."""


class Together:
    """All pages that are being written in this process. Whoever uses it holds `lock`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.lock = threading.RLock()
        self._clock = clock
        self._pages: dict[int, Writing] = {}

    def of(self, page_id: int) -> Writing | None:
        return self._pages.get(page_id)

    def all(self) -> list[Writing]:
        return list(self._pages.values())

    def enter(self, page_id: int, member: Member, *, stands: int, generation: int | None, token: str) -> Writing:
        """Join those who write a page, or begin. Whoever comes back brings the generation and the token of what they hold; others
        begin with the revision that `stands`, unless somebody is there. Raises Full.
        """
        self._forget()
        writing = self._pages.get(page_id)
        if writing is not None and not writing.members and writing.token != token:
            writing = None  # nobody shows what was not saved to who comes new
        if writing is None:
            if len(self._pages) >= MOST_SESSIONS:
                raise Full
            writing = self._pages[page_id] = Writing(page_id, generation or stands)
        if len(writing.members) >= MOST_MEMBERS and member.sid not in writing.members:
            raise Full
        writing.members[member.sid] = member
        writing.left_at = None
        return writing

    def add(self, writing: Writing, words: str, by: str) -> Update | None:
        """Take an update. None when it is known. Raises Full."""
        if writing.size + len(words) > LARGEST_LOG or self.size + len(words) > LARGEST_HOUSE:
            raise Full
        return writing.add(words, by)

    @property
    def size(self) -> int:
        return sum(writing.size for writing in self._pages.values())

    def leave(self, page_id: int, sid: str, *, for_good: bool) -> Member | None:
        """Somebody goes: by their own will, or because the connection broke, and then what they hold is waited for."""
        writing = self._pages.get(page_id)
        member = writing.members.pop(sid, None) if writing is not None else None
        if writing is not None and member is not None and not writing.members:
            writing.left_at = self._clock()
            if for_good:
                self._pages.pop(page_id)
        return member

    def pages_of(self, sid: str) -> list[int]:
        return [page_id for page_id, writing in self._pages.items() if sid in writing.members]

    def close(self, page_id: int) -> Iterable[Member]:
        """End the writing of a page; those who were there."""
        writing = self._pages.pop(page_id, None)
        return list(writing.members.values()) if writing is not None else ()

    def _forget(self) -> None:
        at = self._clock()
        for page_id, writing in list(self._pages.items()):
            if writing.left_at is not None and at - writing.left_at > KEPT:
                self._pages.pop(page_id)
