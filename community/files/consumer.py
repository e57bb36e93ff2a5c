"""What follows an upload: the text of a PDF is taken out and a preview is drawn, by jobs, once a version."""

from __future__ import annotations

from collections.abc import Sequence

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.errors import NotFound
from community.extensions import db
from community.files.drawn import content_of, order_preview
from community.files.models import File
from community.files.previews import may_be_drawn
from community.files.text import may_have_text
from community.jobs.work import enqueue

_SENT = ("file.uploaded", "file.replaced")


def read(lines: Sequence[Activity]) -> None:
    """Order the text of what was sent, and its preview."""
    for line in lines:
        if line.verb in _SENT:
            file = db.session.get(File, line.object_id)
            if file is None or file.deleted_at is not None:
                continue
            if may_have_text(file):
                order_text(file)
            order_preview_of(file, line.data["version"])


def order_preview_of(file: File, version: int) -> None:
    """Enqueue the job that draws a version, if it is of a kind that is drawn and still kept. Part of a write unit."""
    try:
        content = content_of(file, version)
    except NotFound:
        return
    if may_be_drawn(content.media_type):
        order_preview(file, version)


def order_text(file: File) -> None:
    """Enqueue the job that takes the text out of the version that stands, once. Part of a write unit."""
    enqueue("files.text", {"file": file.id}, unique_key=f"file-text:{file.id}:{file.version}")


READER = Reader("file-texts", read)
