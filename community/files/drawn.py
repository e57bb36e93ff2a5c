"""What was drawn of files, for whoever came to them through their door; and the order to draw.

A preview belongs to content, not to a file: the same bytes are drawn once. Nobody is asked here what they may see: the file was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, exists, select, update
from sqlalchemy.orm import joinedload, selectinload

from community.clock import now
from community.comments.regions import Sheets, sheets_are
from community.errors import NotFound
from community.extensions import db
from community.files.models import File, FilePreview, FilePreviewPart, FileVersion
from community.files.names import name_key
from community.files.previews import DRAWN, Preview, may_be_drawn
from community.jobs.work import enqueue
from community.permissions import Actor, listing

_SAME = and_(FilePreview.sha256 == File.sha256, FilePreview.media_type == File.media_type)


@dataclass(frozen=True)
class Thumb:
    """The small picture of a file: a sign of its content, width and height in pixels."""

    sign: str
    width: int
    height: int


@dataclass(frozen=True)
class Content:
    """What a version of a file holds."""

    number: int
    sha256: str
    media_type: str
    file_id: int
    storage_key: str


def _is_of(content: Content) -> tuple[ColumnElement[bool], ...]:
    """The clauses over previews that are of some content, drawn (or looked at again) after it came to this file: who sends what is
    known elsewhere waits for the job as everybody does, and learns nothing of elsewhere.
    """
    came = FileVersion.file_id == content.file_id, FileVersion.number == content.number
    since = exists().where(*came, FileVersion.created_at <= FilePreview.made_at)
    return FilePreview.sha256 == content.sha256, FilePreview.media_type == content.media_type, since


def preview_of_file(file: File) -> FilePreview | None:
    """What was drawn of the version that stands, with its parts, None while nobody has tried. Two queries at most."""
    return preview_of_content(content_of(file))


def preview_of_content(content: Content) -> FilePreview | None:
    """What was drawn of some content. For who came to a file that holds it, or held it."""
    if not may_be_drawn(content.media_type):
        return None
    stmt = select(FilePreview).where(*_is_of(content))
    return db.session.scalars(stmt.options(selectinload(FilePreview.parts))).one_or_none()


def drawn_before(sha256: str, media_type: str) -> FilePreview | None:
    """What was drawn of the same content, whoever it came from. For the job that draws, and for nobody else."""
    stmt = select(FilePreview).where(FilePreview.sha256 == sha256, FilePreview.media_type == media_type)
    return db.session.scalars(stmt).one_or_none()


def still_good(preview: FilePreview) -> None:
    """What was drawn before is good for what came since, too. Part of a write unit."""
    db.session.execute(update(FilePreview).where(FilePreview.id == preview.id).values(made_at=now()))


def content_of(file: File, number: int | None = None) -> Content:
    """What a version of a file holds that the reader came to, None for the one that stands. Raises NotFound for one that is not
    kept (any more).
    """
    if number is None or number == file.version:
        return Content(file.version, file.sha256, file.media_type, file.id, file.storage_key)
    stmt = select(FileVersion).where(FileVersion.file_id == file.id, FileVersion.number == number)
    kept = db.session.scalars(stmt).one_or_none()
    if kept is None or not kept.sha256:
        raise NotFound()
    return Content(kept.number, kept.sha256, kept.media_type, file.id, kept.storage_key)


def part_of(content: Content, what: str, page: int) -> FilePreviewPart:
    """One picture of some content. Raises NotFound."""
    stmt = (
        select(FilePreviewPart)
        .join(FilePreview, FilePreview.id == FilePreviewPart.preview_id)
        .where(*_is_of(content))
        .where(FilePreviewPart.what == what, FilePreviewPart.page == page)
    )
    found = db.session.scalars(stmt).one_or_none()
    if found is None:
        raise NotFound()
    return found


def thumbs_of(files: Sequence[File]) -> dict[int, Thumb]:
    """The thumbs of those of these files that have one, by the id of the file. One query, none where nothing is ever drawn."""
    wanted = [file.id for file in files if may_be_drawn(file.media_type)]
    if not wanted:
        return {}
    came = and_(FileVersion.file_id == File.id, FileVersion.number == File.version)
    stmt = (
        select(File.id, File.sha256, FilePreviewPart.width, FilePreviewPart.height)
        .join(FilePreview, _SAME)
        .join(FilePreviewPart, FilePreviewPart.preview_id == FilePreview.id)
        .join(FileVersion, came)
        .where(File.id.in_(wanted), FilePreviewPart.what == "thumb", FileVersion.created_at <= FilePreview.made_at)
    )
    return {row[0]: Thumb(row[1][:16], row[2], row[3]) for row in db.session.execute(stmt)}


def captions_beside(actor: Actor, file: File) -> list[tuple[File, str]]:
    """The captions (WebVTT) that stand beside a video under its name, `talk.vtt` and `talk.nl.vtt`, each with its language (""
    where the name says none). One query.
    """
    stem = name_key(file.name.rpartition(".")[0])
    stmt = (
        select(File)
        .where(File.space_id == file.space_id, File.folder_id == file.folder_id, File.media_type == "text/vtt")
        .options(joinedload(File.space), joinedload(File.folder))
        .order_by(File.path_key)
        .limit(200)
    )
    named = [(one, name_key(one.name).removesuffix(".vtt")) for one in listing(actor, stmt, File)]
    same = [(one, key.removeprefix(stem)) for one, key in named if key.startswith(stem)]
    return [
        (one, rest.strip(".")) for one, rest in same if not rest or re.fullmatch(r"\.[a-z]{2,3}(-[a-z0-9]{2,8})*", rest)
    ]


def order_preview(file: File, version: int, again: str = "") -> None:
    """Enqueue the job that draws a version, once (and once more for each `again`). Part of a write unit."""
    key = f"file-preview:{file.id}:{version}:{again}"
    enqueue("files.draw", {"file": file.id, "version": version}, unique_key=key)


def files_to_draw(limit: int, *, retry: Collection[str]) -> list[File]:
    """Files of which nothing is drawn since they came, newest first; with those for which the program was not there then, of the
    kinds `retry`.
    """
    came = FileVersion.file_id == File.id, FileVersion.number == File.version
    since = exists().where(*came, FileVersion.created_at <= FilePreview.made_at).correlate(File, FilePreview)
    tried = exists().where(_SAME, since, ~and_(FilePreview.reason == "converter", FilePreview.media_type.in_(retry)))
    stmt = select(File).where(File.media_type.in_(DRAWN), File.deleted_at.is_(None), ~tried)
    return list(db.session.scalars(stmt.order_by(File.id.desc()).limit(limit)))


@dataclass(frozen=True)
class Kept:
    """A picture whose bytes are safe in the storage."""

    what: str
    page: int
    key: str
    width: int
    height: int
    size: int


def keep_preview(sha256: str, media_type: str, reason: str, made: Preview | None, kept: Sequence[Kept]) -> None:
    """Write down what was drawn, unless somebody did meanwhile. Part of a write unit."""
    known = drawn_before(sha256, media_type)
    if known is not None and (known.reason != "converter" or reason):
        return
    if known is not None:
        db.session.delete(known)
        db.session.flush()
    row = FilePreview(sha256=sha256, media_type=media_type, reason=reason, made_at=now())
    if made is not None:
        row.pages = made.pages
        row.seconds = round(made.seconds) if made.seconds is not None else None
    row.parts = [
        FilePreviewPart(
            what=one.what, page=one.page, storage_key=one.key, width=one.width, height=one.height, size=one.size
        )
        for one in kept
    ]
    db.session.add(row)


def drop_previews(limit: int) -> None:
    """Forget what was drawn of content that no file holds any more; the sweep takes the bytes. Part of a write unit."""
    held = exists().where(File.sha256 == FilePreview.sha256)
    before = exists().where(FileVersion.sha256 == FilePreview.sha256)
    stmt = select(FilePreview.id).where(~held, ~before).order_by(FilePreview.id).limit(limit)
    gone = db.session.scalars(stmt).all()
    db.session.execute(delete(FilePreviewPart).where(FilePreviewPart.preview_id.in_(gone)))
    db.session.execute(delete(FilePreview).where(FilePreview.id.in_(gone)))


def _sheets(file: File) -> Sheets | None:
    """What can be pointed at: the picture, or the pages that were drawn."""
    made = preview_of_file(file)
    numbers = [part.page for part in made.parts if part.what == "sheet"] if made is not None else []
    return Sheets(max(numbers), file.version) if numbers else None


sheets_are("file", _sheets)
