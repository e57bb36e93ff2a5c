"""The cards of a file and of a folder."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from community.activity.models import Activity
from community.extensions import db
from community.files.models import SHOWN, File, FileText, Folder
from community.files.names import folder_key
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
    )


def _export(file: File) -> dict[str, Any]:
    return {
        "name": file.name,
        "mediaType": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "space": file.space.slug,
        "updated": file.updated_at.isoformat(),
    }


def _words(file_ids: Collection[int]) -> dict[int, str]:
    """The text of those that are no text themselves."""
    stmt = select(FileText.file_id, FileText.body).join(
        File, and_(File.id == FileText.file_id, File.sha256 == FileText.sha256)
    )
    return {row[0]: row[1] for row in db.session.execute(stmt.where(FileText.file_id.in_(file_ids)))}


def _folders_above(folder: Folder) -> Sequence[int]:
    """The folders around it, the nearest first."""
    names = folder.path.split("/")
    keys = [folder_key("/".join(names[:depth])) for depth in range(len(names) - 1, 0, -1)]
    stmt = select(Folder.path_key, Folder.id).where(Folder.space_id == folder.space_id, Folder.path_key.in_(keys))
    found = {row[0]: row[1] for row in db.session.execute(stmt)}
    return [found[key] for key in keys if key in found]


def _folders_of(file: File) -> Sequence[tuple[str, int]]:
    """The folders that a file lies in, the nearest first."""
    folder = db.session.get(Folder, file.folder_id) if file.folder_id is not None else None
    return [("folder", number) for number in (folder.id, *_folders_above(folder))] if folder is not None else []


CARD = register(
    Kind(
        name="file",
        model=File,
        visible=file_visible,
        verbs={
            "download": anybody_who_sees_it,
            "replace": (is_not_gathered | is_still_mine) & is_writer & space_is_live,
            "describe": (is_not_gathered | is_still_mine) & is_writer & space_is_live,
            "delete": ((is_author & is_not_gathered) | is_still_mine | is_staff) & is_writer & space_is_live,
            "share": is_shown & is_writer & space_is_live & space_shares,
            "comment": may_comment & space_is_live,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        words=_words,
        within=_folders_of,
        options=lambda: (joinedload(File.author), joinedload(File.space), joinedload(File.folder)),
    )
)


def folder_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience."""
    return item_visible(actor, Folder, "folder")


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
            "delete": (is_author | is_staff) & is_writer & space_is_live,
            "share": is_writer & space_is_live & space_shares,
            "collect": is_guide & space_is_live,
        },
        scopes=lambda folder: item_scopes(folder, "folder"),
        export=lambda folder: {
            "name": folder.path,
            "description": folder.description,
            "space": folder.space.slug,
            "created": folder.created_at.isoformat(),
        },
        hears=_folder_hears,
        above=_folders_above,
        options=lambda: (joinedload(Folder.author), joinedload(Folder.space)),
    )
)
