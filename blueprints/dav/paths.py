"""What an address names, for who asks. Names are compared as people and computers do: case, composed and decomposed characters are
one (macOS sends them decomposed). What one may not see is not there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import g

from blueprints.doors import actor
from community.drive.models import Scratch
from community.drive.names import is_scratch
from community.drive.queries import drive_of
from community.drive.scratch import files_away, scratch_at
from community.errors import NotFound
from community.files.models import File, Folder
from community.files.names import name_key
from community.files.queries import found_at
from community.spaces.models import Space

Names = tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What stands at an address. `names` are the right ones, whatever was typed. Of `space`, `folder`, `file` and `scratch` those
    are set that are there: nothing is the top of the drive, a space alone the top of its files.
    """

    names: Names
    space: Space | None = None
    folder: Folder | None = None
    file: File | None = None
    scratch: Scratch | None = None

    @property
    def is_folder(self) -> bool:
        return self.file is None and (self.scratch is None or self.scratch.storage_key is None)


def names_of(path: str) -> Names:
    """The names of an address, `/Bridge/Evidence/`, composed (NFC)."""
    return tuple(unicodedata.normalize("NFC", name) for name in path.split("/") if name)


def space_named(name: str) -> tuple[str, Space] | None:
    """The space that is called like this on the drive."""
    for known, space in drive_of(actor()).items():
        if name_key(known) == name_key(name):
            return known, space
    return None


def aside(names: Sequence[str]) -> bool:
    """Whether this way is nobody's work, but what a program keeps for itself."""
    return any(is_scratch(name) for name in names)


def found(names: Names) -> Found | None:
    """What stands there for the actor, None for nothing. Read once a request; `forget()` after a change."""
    kept: dict[Names, Found | None] = g.setdefault("dav_found", {})
    if names not in kept:
        kept[names] = _look(names)
    return kept[names]


def forget() -> None:
    """What was found may have changed."""
    g.pop("dav_found", None)
    g.pop("dav_locks", None)
    g.pop("dav_away", None)


def away() -> frozenset[int]:
    """The files to which the actor's programs gave a name of their own while they save: not there under the right one. One query a
    request."""
    kept: frozenset[int] | None = g.get("dav_away")
    if kept is None:
        kept = g.dav_away = files_away(actor())
    return kept


def _look(names: Names) -> Found | None:
    if not names:
        return Found(())
    if "\x00" in "".join(names) or any(name in (".", "..") for name in names):
        return None
    place = space_named(names[0])
    way = names[1:] if place is not None else names
    space = place[1] if place is not None else None
    if place is not None and not way:
        return Found((place[0],), space)
    if aside(way):
        scratch = scratch_at(actor(), space.id if space is not None else None, way)
        top = (place[0],) if place is not None else ()
        return Found((*top, *way), space, scratch=scratch) if scratch is not None else None
    if place is None or space is None:
        return None
    try:
        thing: Any = found_at(actor(), space, "/".join(way))
    except NotFound:
        return None
    if isinstance(thing, File) and thing.id in away():
        return None
    right = (place[0], *thing.path.split("/"))
    if isinstance(thing, Folder):
        return Found(right, space, folder=thing)
    return Found(right, space, folder=thing.folder, file=thing)
