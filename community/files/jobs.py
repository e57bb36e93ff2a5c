"""Takes the text out of a PDF or a text file, in a lane of its own: a slow file holds up no other work. Finishes uploads in
another, lets go of those that waited too long, and counts again what spaces hold.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.extensions import db, write_unit
from community.files.actions import keep_text
from community.files.consumer import order_text
from community.files.finishing import finish
from community.files.models import File, FileText
from community.files.pdf import Read, Unreadable, words_in
from community.files.recount import recount
from community.files.storage import Missing
from community.files.text import PDF, WITH_TEXT, may_have_text, text_of_file
from community.files.uploads import sweep
from community.jobs.work import handles
from community.markup import MAX_BODY, text_from
from community.permissions import SYSTEM
from community.ports import ports

AT_ONCE = 500
"""Files whose text is ordered in one go."""


def _plain(raw: bytes) -> Read:
    """As much of a text file as one text may hold."""
    text = text_from(raw, "utf-8").removeprefix("\ufeff")
    return Read((text[:MAX_BODY],), 0, len(text) <= MAX_BODY)


@handles("files.look", every=timedelta(days=1))
def _look(_payload: dict[str, Any]) -> None:
    """Order the text of files from before texts were kept, or whose order was lost, a stretch of them a day."""
    kept = select(FileText.file_id).where(FileText.file_id == File.id, FileText.sha256 == File.sha256)
    stmt = select(File).where(File.media_type.in_(WITH_TEXT), File.deleted_at.is_(None), ~kept.exists())
    for file in db.session.scalars(stmt.order_by(File.id.desc()).limit(AT_ONCE)).all():
        with write_unit():
            order_text(file)


@handles("files.text", lane="texts")
def _take(payload: dict[str, Any]) -> None:
    """Reading it twice changes nothing; what was replaced meanwhile is the next job's."""
    file = db.session.get(File, payload["file"])
    if file is None or file.deleted_at is not None or not may_have_text(file) or text_of_file(file) is not None:
        return
    sha256, key, is_pdf = file.sha256, file.storage_key, file.media_type == PDF
    db.session.rollback()  # no transaction waits for the reader of PDFs
    try:
        with ports.storage().open(key) as content:
            read = words_in(content) if is_pdf else _plain(content.read(4 * MAX_BODY + 1))
    except (Unreadable, Missing):
        read = None
    keep_text(SYSTEM, db.session.get_one(File, payload["file"]), sha256=sha256, read=read)


@handles("files.finish", lane="uploads")
def _finish(payload: dict[str, Any]) -> None:
    """Make an upload a file. While its sender's own request is at it, this try fails and comes back."""
    finish(payload["upload"])


@handles("files.sweep-uploads", every=timedelta(hours=1))
def _sweep_uploads(_payload: dict[str, Any]) -> None:
    sweep()


@handles("files.recount", every=timedelta(days=1))
def _recount(_payload: dict[str, Any]) -> None:
    recount()
