"""Folders that collect: each member sends theirs and sees theirs alone, until the folder closes.

Names in such a folder carry the handle of who sent the file, so that two may send `interview.docx`, and nobody learns from a
refusal what another has sent. Those who guide the space put things there for all to see, as in any folder.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased

from community.clock import now
from community.errors import Denied, Invalid, _l
from community.extensions import db
from community.files.models import Drop, File, Folder
from community.files.names import LONGEST, extension
from community.people.models import Person
from community.permissions import GUIDES, Actor, sees
from community.spaces.queries import people_ids_in


@dataclass(frozen=True)
class Sent:
    """What a folder that collects makes of a file that comes in."""

    name: str
    gathered: str = ""
    late: bool = False


def drop_of(folder: Folder | None) -> Drop | None:
    """How a folder collects, None when it does not. For whoever came to the folder."""
    return db.session.get(Drop, folder.id) if folder is not None else None


def collects(folder: Folder | None) -> bool:
    """Whether a folder is one that collects, still or once."""
    return drop_of(folder) is not None


def name_from(name: str, handle: str) -> str:
    """The name with the handle of who sent it behind its stem, once: `interview (noor.van-der-velden).docx`."""
    ending = name[len(name) - len(extension(name)) :] if extension(name) else ""
    stem, mark = name[: len(name) - len(ending)], f" ({handle})"
    if stem.endswith(mark):
        return name
    room = LONGEST - len(ending.encode()) - len(mark.encode())
    if room < 1:
        ending, room = "", LONGEST - len(mark.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + mark + ending


def as_sent(actor: Actor, folder: Folder | None, name: str) -> Sent:
    """Under which name a file goes into a folder, and who sees it there. Part of `upload_file`, with the row of the folder held.
    Raises Invalid("name") when the folder has closed.
    """
    drop = drop_of(folder)
    if drop is None or folder is None or actor.roles.get(folder.space_id or 0) in GUIDES:
        return Sent(name)
    db.session.refresh(drop)
    named = name_from(name, db.session.get_one(Person, actor.id).handle)
    if drop.closed_at is None and drop.closes_at > now():
        return Sent(named, "open")
    if not drop.takes_late:
        raise Invalid("name", _l("This folder has closed. Ask who made it to take yours too."))
    if drop.closed_at is None:  # the moment has come, and the clock of the house has not been round yet
        return Sent(named, "open", late=True)
    return Sent(named, "apart" if drop.stays_apart else "shown", late=True)


def refuse_folders(folder: Folder | None) -> None:
    """No folders are made in one that collects. Raises Invalid("name")."""
    if collects(folder):
        raise Invalid("name", _l("This folder collects files. Make folders beside it."))


def refuse_moves(file: File, to: Folder | None) -> None:
    """What a folder collected stays there, and nothing is moved into one: there it would be somebody's, or everybody's, by mistake.
    Raises Invalid("folder").
    """
    if file.gathered or collects(to):
        raise Invalid("folder", _l("A folder that collects keeps what was sent. Send a copy instead."))


def refuse_names(actor: Actor, file: File) -> None:
    """In a folder that collects names are given by those who guide the space: others would learn what is there. Raises Denied."""
    guides = actor.roles.get(file.space_id or 0) in GUIDES
    if file.folder_id is not None and not guides and db.session.get(Drop, file.folder_id) is not None:
        raise Denied(_l("In a folder that collects, names stay as they were sent."))


@dataclass(frozen=True)
class DropState:
    """A folder that collects, as somebody sees it: `mine` counts what they sent, `asked` whether they are to send something,
    `guides` whether they see what all have sent.
    """

    drop: Drop
    closed: bool
    mine: int
    asked: bool
    guides: bool


def states_of(actor: Actor, folders: Collection[Folder]) -> dict[int, DropState]:
    """Those of these folders that collect, by id, with how far the actor is. Two queries, one where none collects."""
    ids = [folder.id for folder in folders]
    if not ids:
        return {}
    drops = {drop.folder_id: drop for drop in db.session.scalars(select(Drop).where(Drop.folder_id.in_(ids)))}
    if not drops:
        return {}
    mine = _sent_by(list(drops), [actor.id] if actor.id is not None else [])
    roles = {folder.id: actor.roles.get(folder.space_id or 0) for folder in folders}
    at = now()
    return {
        number: DropState(
            drop,
            is_over(drop, at),
            mine.get((number, actor.id or 0), 0),
            roles[number] == "member",
            roles[number] in GUIDES,
        )
        for number, drop in drops.items()
    }


def is_over(drop: Drop, at: datetime | None = None) -> bool:
    """Whether the moment has come, or somebody closed it before."""
    return drop.closed_at is not None or drop.closes_at <= (at or now())


def _sent_by(folder_ids: list[int], people: Collection[int]) -> dict[tuple[int, int], int]:
    """How many files each of these people has in each of these folders."""
    stmt = (
        select(File.folder_id, File.author_id, func.count())
        .where(
            File.folder_id.in_(folder_ids), File.author_id.in_(people), File.gathered != "", File.deleted_at.is_(None)
        )
        .group_by(File.folder_id, File.author_id)
    )
    return {(row[0] or 0, row[1]): row[2] for row in db.session.execute(stmt)}


def who_is_asked(folder: Folder) -> set[int]:
    """The ids of the people who are to send something: the members of the space."""
    return people_ids_in(folder.space_id or 0, roles=frozenset({"member"}))


def counts_in(actor: Actor, folder: Folder) -> list[tuple[Person, int]]:
    """Who is to send something, with how much each has sent, by name. For those who guide the space; nobody else learns it."""
    if actor.roles.get(folder.space_id or 0) not in GUIDES or not sees(actor, folder) or not collects(folder):
        return []
    asked = who_is_asked(folder)
    sent = _sent_by([folder.id], asked)
    people = db.session.scalars(select(Person).where(Person.id.in_(asked), Person.status == "active"))
    return sorted(
        ((person, sent.get((folder.id, person.id), 0)) for person in people), key=lambda row: row[0].name.casefold()
    )


def who_is_missing(folder: Folder, drop: Drop) -> list[int]:
    """The ids of those who have sent less than they are asked for; one file where no number was said."""
    asked = who_is_asked(folder)
    sent = _sent_by([folder.id], asked)
    return sorted(person for person in asked if sent.get((folder.id, person), 0) < max(1, drop.wanted))


def due_drops(before: datetime) -> list[int]:
    """The folders that still collect and whose moment comes before this one, the earliest first."""
    folder = aliased(Folder)
    stmt = (
        select(Drop.folder_id)
        .join(folder, and_(folder.id == Drop.folder_id, folder.deleted_at.is_(None)))
        .where(Drop.closed_at.is_(None), Drop.closes_at <= before)
        .order_by(Drop.closes_at)
    )
    return list(db.session.scalars(stmt))
