"""Noting a visit: a small write of its own, after the page is made. No action: what somebody has read is theirs."""

from __future__ import annotations

from sqlalchemy import func, insert, select, update

from community.clock import now
from community.extensions import write_aside
from community.microblog.models import Post
from community.permissions import Actor
from community.visits.models import Visit
from community.visits.queries import SAME_VISIT


def note_visit(actor: Actor, place: int, *, newest: int | None = None) -> None:
    """Remember that the actor read a stream up to `newest` (by default the newest post of all). Within one visit the line
    stays; the next visit finds it at what was seen last.
    """
    if actor.id is None:
        return
    at = now()
    mine = (Visit.person_id == actor.id, Visit.place == place)
    with write_aside() as connection:
        seen = newest if newest is not None else connection.scalar(select(func.max(Post.id))) or 0
        row = connection.execute(select(Visit.line_id, Visit.seen_id, Visit.at).where(*mine).with_for_update()).first()
        if row is None:
            connection.execute(insert(Visit).values(person_id=actor.id, place=place, line_id=seen, seen_id=seen, at=at))
            return
        line = row.line_id if at - row.at < SAME_VISIT else row.seen_id
        values = {"line_id": line, "seen_id": max(seen, row.seen_id), "at": at}
        connection.execute(update(Visit).where(*mine).values(**values))
