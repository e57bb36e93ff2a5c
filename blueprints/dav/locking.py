"""Locks on the drive: the rules are WsgiDAV's (RFC 4918, sections 6 and 7), the rows those of community/locks, so that every
process and every page knows them. What programs put down for themselves is locked by a nod: nobody else can reach it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from flask import g
from wsgidav.dav_error import HTTP_FORBIDDEN, HTTP_LOCKED, HTTP_PRECONDITION_FAILED, DAVError
from wsgidav.lock_man.lock_manager import LockManager
from wsgidav.util import is_child_uri

from blueprints.dav import paths
from blueprints.doors import actor
from community.clock import now
from community.drive.queries import drive_of
from community.errors import Conflict, Denied
from community.locks.actions import LONGEST_BY_PROGRAM, MAX_OWNER, lock_thing, unlock
from community.locks.holding import hold_on
from community.locks.models import FileLock
from community.locks.queries import lock_with, locks_in
from community.permissions import seen_among
from community.spaces.models import Space

Lock = dict[str, Any]
_NOD = "urn:x-put-down:"


def _root(lock: FileLock, folder_name: str) -> str:
    thing = lock.file if lock.file is not None else lock.folder
    assert thing is not None
    return "/" + quote_names((folder_name, *thing.path.split("/")))


def quote_names(names: tuple[str, ...]) -> str:
    """Names as they stand in the root of a lock."""
    return quote("/".join(names))


def _as_dict(lock: FileLock, folder_name: str) -> Lock:
    left = max(1, int((lock.expires_at - now()).total_seconds()))
    return {
        "root": _root(lock, folder_name),
        "type": "write",
        "scope": "exclusive" if lock.is_exclusive else "shared",
        "depth": "infinity" if lock.is_deep else "0",
        "owner": (lock.owner or _in_words(lock)).encode(),
        "timeout": left,
        "expire": lock.expires_at.timestamp(),
        "principal": str(lock.person_id),
        "token": lock.token,
    }


def _in_words(lock: FileLock) -> str:
    words = f"{lock.person.name}: {lock.note}" if lock.note else lock.person.name
    return f'<D:owner xmlns:D="DAV:">{escape(words)}</D:owner>'


def _in_space(name: str, space: Space) -> list[Lock]:
    """The locks of a space on what the actor sees, for a refusal names what is locked; without their own notes, which are in
    nobody's own way. Three queries a request, one where there are none.
    """
    kept: dict[int, list[Lock]] = g.setdefault("dav_locks", {})
    if space.id not in kept:
        me, held = actor().id, locks_in(space)
        seen = seen_among(actor(), [_ref(lock) for lock in held])
        kept[space.id] = [
            _as_dict(lock, name) for lock in held if _ref(lock) in seen and not (lock.by_hand and lock.person_id == me)
        ]
    return kept[space.id]


def _ref(lock: FileLock) -> tuple[str, int]:
    return ("file", lock.file_id) if lock.file_id is not None else ("folder", lock.folder_id or 0)


def locks_at(names: paths.Names, *, nods: bool = False) -> list[Lock]:
    """The locks right on what stands at these names; with `nods`, for who just locked it, those that are no rows too."""
    root = "/" + quote_names(names)
    if paths.aside(names):
        return [_nod(root)] if nods else []
    if len(names) < 2:
        return []
    place = paths.space_named(names[0])
    return [lock for lock in _in_space(*place) if lock["root"] == root] if place is not None else []


def xml_of(lock: Lock, href: Callable[..., str]) -> str:
    """A lock as `activelock` (RFC 4918, section 14.1)."""
    root = tuple(unquote(name) for name in lock["root"].strip("/").split("/"))
    owner = lock["owner"].decode()
    return (
        f"<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:{lock['scope']}/></D:lockscope>"
        f"<D:depth>{lock['depth']}</D:depth>{owner.partition('?>')[2] if owner.startswith('<?xml') else owner}"
        f"<D:timeout>Second-{lock['timeout']}</D:timeout>"
        f"<D:locktoken><D:href>{escape(lock['token'])}</D:href></D:locktoken>"
        f"<D:lockroot><D:href>{escape(href(root, is_folder=False))}</D:href></D:lockroot></D:activelock>"
    )


class Storage:
    """Where WsgiDAV's rules look for locks and put them."""

    def open(self) -> None:
        """Nothing to open."""

    def close(self) -> None:
        """Nothing to close."""

    def get(self, token: str) -> Lock | None:
        if token.startswith(_NOD):
            return _nod(g.dav_root)
        lock = lock_with(token)
        if lock is None:
            return None
        thing = lock.file if lock.file is not None else lock.folder
        place = next(
            (name for name, space in drive_of(actor()).items() if thing is not None and space.id == thing.space_id),
            None,
        )
        return _as_dict(lock, place) if place is not None else None

    def create(self, path: str, lock: Lock) -> Lock:
        names = tuple(unquote(name) for name in path.strip("/").split("/"))
        there = paths.found(names)
        if there is None or there.scratch is not None:
            lock.update(_nod(path))
            return lock
        thing = there.file if there.file is not None else there.folder
        if thing is None:
            raise DAVError(HTTP_FORBIDDEN)
        asked, owner = lock["timeout"], lock["owner"].decode("utf-8", "replace")
        lasts = LONGEST_BY_PROGRAM if asked < 0 else timedelta(seconds=float(asked))
        try:
            made = lock_thing(
                actor(),
                thing,
                lasts=lasts,
                is_exclusive=lock["scope"] == "exclusive",
                is_deep=lock["depth"] == "infinity",
                owner=owner
                if len(owner) <= MAX_OWNER
                else "",  # half of an element would break every answer that tells of it
                tokens=g.get("dav_tokens", ()),
            )
        except Conflict:
            raise DAVError(HTTP_LOCKED) from None
        token = made.token
        paths.forget()
        kept = self.get(token)
        if kept is None:
            raise DAVError(HTTP_LOCKED)
        lock.update(kept)
        return lock

    def refresh(self, token: str, *, timeout: float) -> Lock:
        if token.startswith(_NOD):
            return _nod(g.dav_root)
        lasts = LONGEST_BY_PROGRAM if timeout < 0 else timedelta(seconds=float(timeout))
        until = hold_on(token, lasts=lasts)
        paths.forget()
        lock = self.get(token) if until is not None else None
        if lock is None:
            raise DAVError(HTTP_PRECONDITION_FAILED)
        return lock

    def delete(self, token: str) -> bool:
        if token.startswith(_NOD):
            return True
        lock = lock_with(token)
        thing = (lock.file or lock.folder) if lock is not None else None
        if lock is None or thing is None:
            return False
        try:
            unlock(actor(), lock.id, thing=thing)
        except Denied:
            raise DAVError(HTTP_FORBIDDEN) from None
        paths.forget()
        return True

    def get_lock_list(self, path: str, *, include_root: bool, include_children: bool, token_only: bool) -> list[Any]:
        root = "/" + path.strip("/")
        names = tuple(unquote(name) for name in root.strip("/").split("/") if name)
        if names and paths.aside(names):
            return []
        place = paths.space_named(names[0]) if names else None
        held = _in_space(*place) if place is not None else []
        found = [
            lock
            for lock in held
            if (include_root and lock["root"] == root) or (include_children and is_child_uri(root, lock["root"]))
        ]
        return [lock["token"] for lock in found] if token_only else found


def _nod(root: str) -> Lock:
    """A lock that is no row: on what the actor's own program put down."""
    mark = hashlib.sha256(f"{actor().id} {root}".encode()).hexdigest()[:32]
    return {
        "root": root,
        "type": "write",
        "scope": "exclusive",
        "depth": "0",
        "owner": b"",
        "timeout": 600,
        "expire": now().timestamp() + 600,
        "principal": str(actor().id),
        "token": _NOD + mark,
    }


class Locks(LockManager):  # type: ignore[misc]
    """WsgiDAV's rules."""

    def __init__(self) -> None:
        super().__init__(Storage())

    def acquire(self, *, token_list: list[str], **asked: Any) -> Lock:
        g.dav_tokens = tuple(token_list)
        lock: Lock = super().acquire(token_list=token_list, **asked)
        return lock

    def is_url_locked_by_token(self, url: str, lock_token: str) -> bool:
        return lock_token.startswith(_NOD) or bool(super().is_url_locked_by_token(url, lock_token))

    def get_indirect_url_lock_list(self, url: str, *, principal: str | None = None) -> list[Lock]:
        """What an `If` header is held against: a nod is known again."""
        names = tuple(unquote(name) for name in url.strip("/").split("/") if name)
        if paths.aside(names):
            return [_nod("/" + url.strip("/"))]
        found: list[Lock] = super().get_indirect_url_lock_list(url, principal=principal)
        return found
