"""Earlier words of what people change: kept, except while a change is a slip that is mended in the first minutes and nobody has
answered. `owner` is the column of the table of earlier words that says whose they are: `PostRevision.post_id`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from community.extensions import db

GRACE = timedelta(minutes=5)
"""A slip that is mended within this time leaves no mark."""


def keep_words(owner: Any, thing: Any) -> None:
    """Put the words that stand among the earlier ones. Part of an action that holds the thing."""
    model = owner.class_
    known = db.session.scalar(select(func.max(model.number)).where(owner == thing.id)) or 0
    since = thing.edited_at or thing.created_at
    db.session.add(model(**{owner.key: thing.id}, number=known + 1, body=thing.body, created_at=since))


def earlier_words(owner: Any, thing: Any) -> Sequence[Any]:
    """The earlier words of a thing that the actor came to through its door, oldest first."""
    model = owner.class_
    return db.session.scalars(select(model).where(owner == thing.id).order_by(model.number)).all()
