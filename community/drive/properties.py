"""Notes that programs make on files and folders (dead properties), bounded, kept as they came. No line in the log: no page shows
them, and nobody hears of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, delete, func, select

from community.drive.models import Property
from community.errors import Conflict, Invalid, _l
from community.extensions import db, write_unit
from community.files.models import File, Folder
from community.permissions import Actor, require

MOST = 50
"""Of one file or folder."""
LONGEST_NAME = 500
LONGEST = 4_000
"""Characters of one, its marks included."""

Notes = Mapping[str, str]
"""The XML of each note by its name, in Clark notation."""


def notes_on(thing: File | Folder) -> Notes:
    """The notes on one thing. One query."""
    stmt = select(Property.name, Property.xml).where(_of(thing)).order_by(Property.id)
    return {row[0]: row[1] for row in db.session.execute(stmt)}


def notes_in(space_id: int, folder: Folder | None) -> tuple[dict[int, dict[str, str]], dict[int, dict[str, str]]]:
    """The notes on what is right in a folder, or at the top: on files and on folders, by their ids. Two queries."""
    here = folder.id if folder is not None else None
    on_files: dict[int, dict[str, str]] = {}
    on_folders: dict[int, dict[str, str]] = {}
    for found, model, key, inside in (
        (on_files, File, Property.file_id, File.folder_id == here),
        (on_folders, Folder, Property.folder_id, Folder.parent_id == here),
    ):
        stmt = select(model.id, Property.name, Property.xml).join(model, model.id == key)
        for number, name, xml in db.session.execute(
            stmt.where(model.space_id == space_id, inside).order_by(Property.id)
        ):
            found.setdefault(number, {})[name] = xml
    return on_files, on_folders


def _of(thing: File | Folder) -> ColumnElement[bool]:
    return Property.file_id == thing.id if isinstance(thing, File) else Property.folder_id == thing.id


def check_note(actor: Actor, thing: File | Folder, name: str, xml: str | None) -> None:
    """Whether the actor's program may note this (None: take the note away). Raises Denied, NotFound, Invalid("property")."""
    require(actor, "lock", thing)
    if xml is not None and (len(name) > LONGEST_NAME or len(xml) > LONGEST):
        raise Invalid("property", _l("Use up to %(limit)d characters."), limit=LONGEST)


def put_note(actor: Actor, thing: File | Folder, name: str, xml: str | None) -> None:
    """Keep a note, or take it away. A write unit of its own. Raises as `check_note`, and Conflict for one too many."""
    check_note(actor, thing, name, xml)
    mine, number, is_file = _of(thing), thing.id, isinstance(thing, File)
    with write_unit():
        db.session.execute(delete(Property).where(mine, Property.name == name))
        if xml is None:
            return
        if (db.session.scalar(select(func.count()).select_from(Property).where(mine)) or 0) >= MOST:
            raise Conflict(_l("There are very many notes of programs on this already."))
        db.session.add(
            Property(file_id=number if is_file else None, folder_id=None if is_file else number, name=name, xml=xml)
        )


def copy_notes(source: File | Folder, copy: File | Folder) -> None:
    """A copy has the notes of the original. Within the open write unit."""
    for name, xml in notes_on(source).items():
        is_file = isinstance(copy, File)
        db.session.add(
            Property(file_id=copy.id if is_file else None, folder_id=None if is_file else copy.id, name=name, xml=xml)
        )
