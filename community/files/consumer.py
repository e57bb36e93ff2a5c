"""What follows an upload: the text of a document is taken out, by a job, once a version."""

from __future__ import annotations

from collections.abc import Sequence

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.extensions import db
from community.files.models import File
from community.files.text import may_have_text
from community.jobs.work import enqueue

_SENT = ("file.uploaded", "file.replaced")


def read(lines: Sequence[Activity]) -> None:
    """Order the text of what was sent."""
    for line in lines:
        if line.verb in _SENT:
            file = db.session.get(File, line.object_id)
            if file is not None and file.deleted_at is None and may_have_text(file):
                order_text(file)


def order_text(file: File) -> None:
    """Enqueue the job that takes the text out of the version that stands, once. Part of a write unit."""
    enqueue("files.text", {"file": file.id}, unique_key=f"file-text:{file.id}:{file.version}")


READER = Reader("file-texts", read)
