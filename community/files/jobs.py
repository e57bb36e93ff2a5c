"""Takes the text out of a PDF or a text file, and sweeps out bytes that nobody names, each in a lane of its own: a slow file
holds up no other work."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.extensions import db, write_unit
from community.files.actions import keep_text
from community.files.consumer import order_text
from community.files.models import File, FileText
from community.files.pdf import Read, Unreadable, words_in
from community.files.storage import Missing
from community.files.sweep import sweep
from community.files.text import PDF, WITH_TEXT, may_have_text, text_of_file
from community.jobs.work import handles
from community.markup import MAX_BODY, text_from
from community.permissions import SYSTEM
from community.ports import ports

log = logging.getLogger(__name__)

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


@handles("files.sweep", every=timedelta(days=1), lane="sweep")
def _sweep(_payload: dict[str, Any]) -> None:
    """It may take long, and breaking it off harms nobody."""
    found = sweep(ports.storage())
    log.info("swept: %s", found.in_words())


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
