"""One at a time in a space: whoever looks whether a name is free there holds its turn until the action ends."""

from __future__ import annotations

from sqlalchemy import select

from community.extensions import db
from community.spaces.models import Space


def take_turn(space_id: int | None) -> None:
    """Wait for others who are giving names in this space. SQLite has one writer and nobody to wait for.

    PostgreSQL holds the row `FOR NO KEY UPDATE`, so that what is merely added to the space (which looks at its key) does
    not wait.
    """
    db.session.execute(select(Space.id).where(Space.id == space_id).with_for_update(key_share=True))
