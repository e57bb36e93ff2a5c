"""Reads the log: what coaches and teams say anywhere (on a page, by mail, through the API) settles what waits."""

from __future__ import annotations

from collections.abc import Sequence

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.coaching.settling import settle
from community.comments.models import Comment
from community.extensions import db

SAID = ("comment.created", "comment.deleted", "comment.recalled")


def read(lines: Sequence[Activity]) -> None:
    """Settle each comment of some lines."""
    for line in lines:
        if line.verb in SAID and line.space_id is not None:
            comment = db.session.get(Comment, line.object_id)
            if comment is not None:
                settle(comment)


READER = Reader("coaching", read)
