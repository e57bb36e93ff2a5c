"""The cards of a file and of a folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from community.activity.models import Activity
from community.extensions import db
from community.files.models import SHOWN, File, FileRemoval, FileText, Folder
from community.files.places import branch, files_below
from community.files.text import text_of_file
from community.items.rules import (
    is_author,
    is_guide,
    is_staff,
    is_writer,
    item_scopes,
    item_visible,
    may_comment,
    space_is_live,
    space_shares,
)
from community.items.tags import keys_of
from community.kinds import Kind, predicate, register
from community.permissions import GUIDES, WRITERS, Actor
from community.search.documents import Document
from community.spaces.queries import people_ids_in

anybody_who_sees_it = predicate("sees it")(lambda _actor, _file: True)


def file_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience; while a folder collects, who sent it and those who guide the space."""
    return and_(item_visible(actor, File, "file"), not_kept_from(actor))


def not_kept_from(actor: Actor) -> ColumnElement[bool]:
    """The clause over files that are not kept from the actor by a folder that collects: part of every clause that shows some."""
    guided = [space for space, role in actor.roles.items() if role in GUIDES]
    return or_(File.gathered.in_(SHOWN), File.author_id == actor.id, File.space_id.in_(guided))


is_not_gathered = predicate("no folder collects it")(lambda _, file: not file.gathered)
is_still_mine = predicate("it is mine and still collected")(
    lambda actor, file: file.gathered == "open" and actor.id == file.author_id
)
is_changeable = is_not_gathered | is_still_mine
is_shown = predicate("it is not kept from others")(lambda _, file: file.gathered in SHOWN)


def _scopes(file: File) -> frozenset[str]:
    tokens = item_scopes(file, "file")
    if file.gathered in SHOWN or not tokens:
        return tokens
    author = f"p{file.author_id}"
    return tokens if file.audience == "coach" else frozenset({author, f"s{file.space_id}:guides"})


def _document(file: File) -> Document | None:
    if file.deleted_at is not None:
        return None
    kept = text_of_file(file)
    return Document(
        ref=f"file:{file.id}",
        kind="file",
        title=file.name,
        body="\n".join(part for part in (file.description, kept.body if kept is not None else "") if part),
        scopes=_scopes(file),
        space_id=file.space_id,
        author=file.author.handle,
        created=file.updated_at,
        phase=str(file.phase_id) if file.phase_id else None,
        language=None,
        topics=keys_of(file.tags),
    )


def folders_around(number: int | None) -> list[tuple[str, int]]:
    """A folder and those around it, the nearest first."""
    found: list[tuple[str, int]] = []
    while number is not None and ("folder", number) not in found:
        found.append(("folder", number))
        folder = db.session.get(Folder, number)
        number = folder.parent_id if folder is not None else None
    return found


def _export(file: File) -> dict[str, Any]:
    return {
        "name": file.name,
        "mediaType": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "space": file.space.slug,
        "path": file.path,
        "description": file.description,
        "tags": list(file.tags),
        "updated": file.updated_at.isoformat(),
    }


def _words(file_ids: Collection[int]) -> dict[int, str]:
    """The text of those that are no text themselves."""
    stmt = select(FileText.file_id, FileText.body).join(
        File, and_(File.id == FileText.file_id, File.sha256 == FileText.sha256)
    )
    return {row[0]: row[1] for row in db.session.execute(stmt.where(FileText.file_id.in_(file_ids)))}


def _parts(file_ids: Collection[int]) -> dict[int, tuple[str, list[tuple[int, str]]]]:
    """The pages, slides or sheets of those that have some."""
    stmt = select(FileText.file_id, FileText.part_kind, FileText.parts).where(
        FileText.file_id.in_(file_ids), FileText.part_kind != "", FileText.parts.is_not(None)
    )
    return {row[0]: (row[1], [(int(at), str(title)) for at, title in row[2]]) for row in db.session.execute(stmt)}


CARD = register(
    Kind(
        name="file",
        model=File,
        visible=file_visible,
        verbs={
            "download": anybody_who_sees_it,
            "replace": is_changeable & is_writer & space_is_live,
            "lock": is_changeable & is_writer & space_is_live,
            "break-lock": is_staff & space_is_live,
            "describe": is_changeable & is_writer & space_is_live,
            "rename": is_not_gathered & is_writer & space_is_live,
            "share": (is_author | is_staff) & is_not_gathered & is_writer & space_is_live,
            "move": (is_author | is_staff) & is_not_gathered & is_writer & space_is_live,
            "delete": ((is_author & is_not_gathered) | is_still_mine | is_staff) & is_writer & space_is_live,
            "link": is_shown & is_writer & space_is_live & space_shares,
            "comment": may_comment & space_is_live,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        words=_words,
        around=lambda file: folders_around(file.folder_id),
        parts=_parts,
        said=lambda file: file.description,
        options=lambda: (joinedload(File.author), joinedload(File.space), joinedload(File.folder)),
    )
)


def folder_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience."""
    return item_visible(actor, Folder, "folder")


def _folder_scopes(folder: Folder) -> frozenset[str]:
    return item_scopes(folder, "folder")


def _folder_document(folder: Folder) -> Document | None:
    if folder.deleted_at is not None:
        return None
    return Document(
        ref=f"folder:{folder.id}",
        kind="folder",
        title=folder.name,
        body=folder.description,
        scopes=_folder_scopes(folder),
        space_id=folder.space_id,
        author=folder.author.handle,
        created=folder.updated_at,
        phase=str(folder.phase_id) if folder.phase_id else None,
        language=None,
    )


_WHOLE = frozenset({"folder.moved", "folder.shared", "folder.deleted", "folder.restored", "folder.destroyed"})
"""What happens to a folder and all that is in it."""


def _folders_along(entry: Any) -> Collection[int]:
    """The folders that moved, went or came back with the one that the line names."""
    if entry.verb not in _WHOLE:
        return ()
    return set(db.session.scalars(branch(entry.object_id, gone=True)))


def _files_inside(entry: Any) -> dict[str, Collection[int]]:
    """The files in it."""
    if entry.verb not in _WHOLE:
        return {}
    return {"file": set(db.session.scalars(select(File.id).where(files_below(entry.object_id, gone=True))))}


def _folder_hears(line: Activity, folder: Folder) -> Iterable[tuple[int, str]]:
    """That a folder collects, and that it has closed, is for those who send."""
    if line.verb not in ("folder.collects", "folder.closed") or folder.space_id is None:
        return []
    reason = "collects" if line.verb == "folder.collects" else "collected"
    return [(person, reason) for person in people_ids_in(folder.space_id, roles=WRITERS)]


FOLDER = register(
    Kind(
        name="folder",
        model=Folder,
        visible=folder_visible,
        verbs={
            "add": is_writer & space_is_live,
            "change": is_writer & space_is_live,
            "lock": is_writer & space_is_live,
            "break-lock": is_staff & space_is_live,
            "share": (is_author | is_staff) & is_writer & space_is_live,
            "move": (is_author | is_staff) & is_writer & space_is_live,
            "delete": (is_author | is_staff) & is_writer & space_is_live,
            "link": is_writer & space_is_live & space_shares,
            "collect": is_guide & space_is_live,
        },
        scopes=_folder_scopes,
        document=_folder_document,
        along=_folders_along,
        inside=_files_inside,
        above=lambda folder: [number for _kind, number in folders_around(folder.parent_id)],
        export=lambda folder: {
            "name": folder.path,
            "description": folder.description,
            "space": folder.space.slug,
            "created": folder.created_at.isoformat(),
        },
        hears=_folder_hears,
        options=lambda: (joinedload(Folder.author), joinedload(Folder.space)),
    )
)


def removal_visible(actor: Actor) -> ColumnElement[bool]:
    """Who writes in the space and would see the file or folder, were it not deleted."""
    writes = [space for space, role in actor.roles.items() if role in WRITERS]
    file = select(File.id).where(
        File.id == FileRemoval.file_id, item_visible(actor, File, "file", gone=True), not_kept_from(actor)
    )
    folder = select(Folder.id).where(
        Folder.id == FileRemoval.folder_id, item_visible(actor, Folder, "folder", gone=True)
    )
    return and_(FileRemoval.space_id.in_(writes), or_(file.exists(), folder.exists()))


def _removal_export(removal: FileRemoval) -> dict[str, Any]:
    return {"path": removal.path, "files": removal.files, "removed": removal.created_at.isoformat()}


BIN_CARD = register(
    Kind(
        name="file_removal",
        model=FileRemoval,
        visible=removal_visible,
        verbs={
            "restore": is_writer & space_is_live,
            "destroy": (is_author | is_staff) & is_writer & space_is_live,
        },
        scopes=lambda _removal: frozenset(),  # no room and no search knows of what lies in the bin
        export=_removal_export,
    )
)
