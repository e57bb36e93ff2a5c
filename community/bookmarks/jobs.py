"""Work that comes back: every five minutes the bookmarks whose moment has come are said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from community.bookmarks.actions import remind
from community.bookmarks.models import Bookmark
from community.clock import now
from community.extensions import db
from community.jobs.work import handles
from community.permissions import SYSTEM

AT_ONCE = 500


@handles("bookmarks.remind", every=timedelta(minutes=5))
def say_what_is_due(_payload: dict[str, Any]) -> None:
    """Remind people, the longest waiting first. Running it twice says nothing twice."""
    due = select(Bookmark.id).where(Bookmark.remind_at <= now()).order_by(Bookmark.remind_at).limit(AT_ONCE)
    for bookmark_id in db.session.scalars(due).all():
        remind(SYSTEM, bookmark_id)
