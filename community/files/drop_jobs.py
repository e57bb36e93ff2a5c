"""The clock of folders that collect: a day before, who has not sent yet hears of it; at their moment they close."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from community.clock import now
from community.extensions import db
from community.files.drop_actions import TELL_BEFORE, close_drop, remind_of_drop
from community.files.drops import due_drops, is_over
from community.files.models import Drop, Folder
from community.jobs.work import handles
from community.permissions import SYSTEM


@handles("files.drops", every=timedelta(minutes=1))
def _look(_payload: dict[str, Any]) -> None:
    """Running it twice closes nothing twice and reminds nobody twice."""
    for number in due_drops(now() + TELL_BEFORE):
        folder = db.session.get(Folder, number)
        drop = db.session.get(Drop, number)
        if folder is None or drop is None:
            continue
        if is_over(drop):
            close_drop(SYSTEM, folder)
        elif drop.reminded_at is None:
            remind_of_drop(SYSTEM, folder)
