"""Files, as the actor may see them. The bytes are asked of the storage by whoever came through a door here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, tuple_
from sqlalchemy.orm import joinedload

from community.activity.models import Activity
from community.errors import NotFound
from community.extensions import db
from community.files.models import File, FileAlias, FileVersion, Folder
from community.files.names import folder_key, name_key
from community.files.storage import Stored
from community.people.models import Person
from community.permissions import Actor, came_through, door, listing, prepared, visible
from community.spaces.models import Space

LIST = 100
_WITH = (joinedload(File.author), joinedload(File.space), joinedload(File.folder))
_NUMBERED = select(File).where(File.id == bindparam("number")).options(*_WITH)
_MOVES = 12
_LONGEST_WAY = 8_000
_DEEPEST_WAY = 33
_LONGEST_KEY = 380  # the column holds 400: a deleted file's mark fits behind it


@dataclass(frozen=True)
class Files:
    """A stretch of a list of files. `next` is the `after` of the following one, None at the end."""

    items: list[File]
    next: str | None


def path_key(name: str, folder_id: int | None = None) -> str:
    """`name_key`, cut where folding made a few characters into very many (one sign can become eighteen letters); behind the number
    of the folder that the file is in."""
    key = name_key(name)
    if len(key) > _LONGEST_KEY:
        key = key[: _LONGEST_KEY - 65] + "~" + hashlib.sha256(key.encode()).hexdigest()
    return key if folder_id is None else f"{folder_id}/{key}"


def folder_for(actor: Actor, space: Space, path: str) -> Folder:
    """The folder at that way from the top (`Evidence/Interviews`), case and accents folded, with author and space. One query.
    Raises NotFound.
    """
    return door(
        actor,
        Folder,
        Folder.space_id == space.id,
        Folder.path_key == folder_key(path.strip("/")),
        options=(joinedload(Folder.author), joinedload(Folder.space)),
    )


def file_for(actor: Actor, space: Space, path: str) -> File:
    """The file at that way from the top (`Evidence/Planner.docx`), case and accents folded, with author, space and folder. One
    query at the top, two in a folder. Raises NotFound.
    """
    if "\x00" in path:
        raise NotFound()  # no name holds it, and PostgreSQL refuses to look
    way, _, name = path.strip("/").rpartition("/")
    if not way:
        return door(actor, File, File.space_id == space.id, File.path_key == path_key(name), options=_WITH)
    here = select(Folder.id).where(Folder.space_id == space.id, Folder.path_key == folder_key(way))
    number = db.session.scalar(here)
    if number is None:
        raise NotFound()
    # Who made a file reads it also where the folder around it is for others by now.
    return door(actor, File, File.space_id == space.id, File.path_key == path_key(name, number), options=_WITH)


def file_numbered(actor: Actor, number: int) -> File:
    """The file of that number, wherever it is, with author, space and folder. One query. Raises NotFound."""
    stmt = prepared(actor, "file numbered", lambda: _NUMBERED.where(visible(actor, File)))
    return came_through(actor, File, db.session.scalars(stmt, {"number": number}).unique().one_or_none())


def stored_of(file: File) -> Stored:
    """The bytes of the version that stands, as an upload brings them: what makes a copy of it. One query."""
    stands = select(FileVersion.cleaned).where(FileVersion.file_id == file.id, FileVersion.number == file.version)
    return Stored(file.storage_key, file.sha256, file.size, bool(db.session.scalar(stands)))


def folder_numbered(actor: Actor, number: int) -> Folder:
    """The folder of that number, with author and space. One query. Raises NotFound."""
    return door(actor, Folder, Folder.id == number, options=(joinedload(Folder.author), joinedload(Folder.space)))


def found_at(actor: Actor, space: Space, path: str) -> File | Folder:
    """The file at that way from the top, else the folder. At most three queries. Raises NotFound."""
    try:
        return file_for(actor, space, path)
    except NotFound:
        return folder_for(actor, space, path)


def files_at(actor: Actor, places: Iterable[tuple[int, str]]) -> dict[tuple[int, str], File]:
    """Files by the number of their space and their way from the top, as these were given: what many links lead to. Two queries for
    each 200 places. What is not there, or not theirs to see, is left out.
    """
    found: dict[tuple[int, str], File] = {}
    wanted = [place for place in dict.fromkeys(places) if "\x00" not in place[1]]
    for start in range(0, len(wanted), 200):
        some = wanted[start : start + 200]
        ways = {
            (space, folder_key(path.strip("/").rpartition("/")[0])) for space, path in some if "/" in path.strip("/")
        }
        stmt = select(Folder.space_id, Folder.path_key, Folder.id)
        here = tuple_(Folder.space_id, Folder.path_key).in_(ways)
        numbers = {(row[0], row[1]): row[2] for row in db.session.execute(stmt.where(here))} if ways else {}
        keys: dict[tuple[int, str], list[tuple[int, str]]] = {}
        for space, path in some:
            way, _slash, name = path.strip("/").rpartition("/")
            number = numbers.get((space, folder_key(way))) if way else None
            if name and (number is not None or not way):
                keys.setdefault((space, path_key(name, number)), []).append((space, path))
        if not keys:
            continue
        stand = select(File).where(tuple_(File.space_id, File.path_key).in_(list(keys))).options(*_WITH)
        for file in listing(actor, stand, File):
            found.update(dict.fromkeys(keys[file.space_id, file.path_key], file))
    return found


def moved_from(actor: Actor, space: Space, path: str) -> File | Folder:
    """What stood at that way from the top before it, or a folder above it, was renamed or moved, in whatever space it is now. A few
    queries for each time that something moved. Raises NotFound, the same for what the actor does not see.
    """
    if "\x00" in path or len(path) > _LONGEST_WAY:
        raise NotFound()
    space_id, path = space.id, path.strip("/")
    for _ in range(_MOVES):
        names = path.split("/")
        ways = ["/".join(names[:depth]) for depth in range(1, len(names) + 1)]
        keys = {folder_key(way): way for way in ways[-_DEEPEST_WAY:]}
        stmt = select(FileAlias).where(FileAlias.space_id == space_id, FileAlias.path_key.in_(keys))
        known = sorted(db.session.scalars(stmt), key=lambda alias: len(keys[alias.path_key]))
        if not known:
            break
        alias = known[-1]
        rest = path[len(keys[alias.path_key]) :].strip("/")
        if alias.file_id is not None and not rest:
            return file_numbered(actor, alias.file_id)
        target = db.session.get(Folder, alias.folder_id) if alias.folder_id is not None else None
        if target is None or target.deleted_at is not None:
            break
        if not rest:
            return folder_numbered(actor, target.id)
        space_id, path = target.space_id or 0, f"{target.path}/{rest}"
        there = db.session.get(Space, space_id)
        if there is None:
            break
        try:
            return found_at(actor, there, path)
        except NotFound:
            continue  # it may have moved on from there
    raise NotFound()


def way_to(actor: Actor, folder: Folder) -> list[Folder]:
    """The folders from the top down to this one, this one included; those that the actor does not see are left out. One query."""
    names = folder.path.split("/")
    keys = [folder_key("/".join(names[:depth])) for depth in range(1, len(names) + 1)]
    stmt = select(Folder).where(Folder.space_id == folder.space_id, Folder.path_key.in_(keys)).order_by(Folder.depth)
    return listing(actor, stmt, Folder)


def folders_of(actor: Actor, space: Space, folder: Folder | None = None) -> list[Folder]:
    """The folders right below a folder, or at the top, by name, with their authors. One query."""
    stmt = (
        select(Folder)
        .where(Folder.space_id == space.id, Folder.parent_id == (folder.id if folder else None))
        .options(joinedload(Folder.author), joinedload(Folder.space))
    )
    return sorted(listing(actor, stmt, Folder), key=lambda one: name_key(one.name))


def files_of(
    actor: Actor, space: Space, folder: Folder | None = None, *, after: str | None = None, limit: int = LIST
) -> Files:
    """The files right in a folder, or at the top, by name, with their authors. One query."""
    limit = max(1, min(limit, 200))
    stmt = (
        select(File)
        .where(File.space_id == space.id, File.folder_id == (folder.id if folder else None))
        .options(*_WITH)
        .order_by(File.path_key)
        .limit(limit + 1)
    )
    if after is not None:
        stmt = stmt.where(File.path_key > after)
    found = listing(actor, stmt, File)
    return Files(found[:limit], found[limit - 1].path_key if len(found) > limit else None)


def senders_of(files: Sequence[File]) -> dict[int, Person]:
    """Who sent the version that stands, by the id of the file: the log knows. One query. For files that the actor came to."""
    if not files:
        return {}
    newest = (
        select(func.max(Activity.id))
        .where(
            Activity.object_kind == "file",
            Activity.object_id.in_([file.id for file in files]),
            Activity.verb.in_(("file.uploaded", "file.replaced")),
        )
        .group_by(Activity.object_id)
    )
    stmt = (
        select(Activity.object_id, Person).join(Person, Person.id == Activity.actor_id).where(Activity.id.in_(newest))
    )
    return {row[0]: row[1] for row in db.session.execute(stmt)}


def every_folder(actor: Actor, space: Space, *, limit: int = 500) -> list[Folder]:
    """The folders of a space that the actor sees, by their way from the top: for a list to choose from. One query."""
    stmt = select(Folder).where(Folder.space_id == space.id).order_by(Folder.path).limit(limit)
    return listing(actor, stmt, Folder)
