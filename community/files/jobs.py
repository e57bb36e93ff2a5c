"""Takes the text out of documents, finishes uploads, lets go of those that waited too long, sweeps out bytes that nobody names, and
counts again what spaces hold; what may take long has a lane of its own, so that a slow file holds up no other work.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.extensions import db, write_unit
from community.files.actions import keep_text
from community.files.consumer import order_text
from community.files.finishing import finish
from community.files.models import File, FileText
from community.files.reading import READERS, Part, Read, Unreadable, Why, words_in
from community.files.recount import recount
from community.files.storage import Missing
from community.files.sweep import sweep
from community.files.text import WITH_TEXT, is_read, may_have_text
from community.files.uploads import sweep as forget_uploads
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
    return Read((Part("", (("p", text[:MAX_BODY]),)),), 1, len(text) <= MAX_BODY)


@handles("files.look", every=timedelta(days=1))
def _look(_payload: dict[str, Any]) -> None:
    """Order the text of files from before texts of their kind were read, or whose order was lost, a stretch of them a day."""
    kept = select(FileText.file_id).where(
        FileText.file_id == File.id, FileText.sha256 == File.sha256, FileText.parts.is_not(None)
    )
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
    if file is None or file.deleted_at is not None or not may_have_text(file) or is_read(file):
        return
    sha256, key, kind = file.sha256, file.storage_key, file.media_type
    db.session.rollback()  # no transaction waits for a reader
    read: Read | None = None
    why: Why = "damaged"
    try:
        with ports.storage().open(key) as content:
            read = words_in(content, kind) if kind in READERS else _plain(content.read(4 * MAX_BODY + 1))
    except Unreadable as fault:
        why = fault.why
    except Missing:
        pass
    keep_text(SYSTEM, db.session.get_one(File, payload["file"]), sha256=sha256, read=read, why=why)


@handles("files.finish", lane="uploads")
def _finish(payload: dict[str, Any]) -> None:
    """Make an upload a file. While its sender's own request is at it, this try fails and comes back."""
    finish(payload["upload"])


@handles("files.sweep-uploads", every=timedelta(hours=1))
def _sweep_uploads(_payload: dict[str, Any]) -> None:
    forget_uploads()


@handles("files.recount", every=timedelta(days=1))
def _recount(_payload: dict[str, Any]) -> None:
    recount()
