"""The cards of a file and of a folder."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from community.extensions import db
from community.files.models import File, FileText, Folder
from community.files.text import text_of_file
from community.items.rules import is_author, is_staff, is_writer, item_scopes, item_visible, may_comment, space_is_live
from community.kinds import Kind, predicate, register
from community.permissions import Actor
from community.search.documents import Document

anybody_who_sees_it = predicate("sees it")(lambda _actor, _file: True)


def file_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience."""
    return item_visible(actor, File, "file")


def _scopes(file: File) -> frozenset[str]:
    return item_scopes(file, "file")


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
            "replace": is_writer & space_is_live,
            "lock": is_writer & space_is_live,
            "break-lock": is_staff & space_is_live,
            "describe": is_writer & space_is_live,
            "rename": is_writer & space_is_live,
            "share": (is_author | is_staff) & is_writer & space_is_live,
            "move": (is_author | is_staff) & is_writer & space_is_live,
            "delete": (is_author | is_staff) & is_writer & space_is_live,
            "comment": may_comment & space_is_live,
        },
        scopes=_scopes,
        document=_document,
        export=_export,
        words=_words,
        parts=_parts,
        options=lambda: (joinedload(File.author), joinedload(File.space), joinedload(File.folder)),
    )
)


def folder_visible(actor: Actor) -> ColumnElement[bool]:
    """Who may enter the space and is of its audience."""
    return item_visible(actor, Folder, "folder")


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
        },
        scopes=lambda folder: item_scopes(folder, "folder"),
        export=lambda folder: {
            "name": folder.path,
            "description": folder.description,
            "space": folder.space.slug,
            "created": folder.created_at.isoformat(),
        },
        options=lambda: (joinedload(Folder.author), joinedload(Folder.space)),
    )
)
