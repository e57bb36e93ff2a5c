"""What happened, as far as the actor may see it: catch-up after a gap, and the history of one thing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from community.activity.models import Activity
from community.extensions import db
from community.permissions import Actor, seen_among

# Lines that speak of accounts and sessions are for the person and the administrator, not for catch-up.
PRIVATE_VERBS = frozenset(
    {
        "person.signed-in",
        "person.signed-out",
        "person.password-changed",
        "person.reset-asked",
        "session.ended",
        "token.created",
        "token.revoked",
        "invitation.created",
        "invitation.revoked",
        "person.invited",
        "person.blocked",
        "person.unblocked",
        "member.asked",
        "folder.due",
        "share.used",
        "share.received",
        "share.renamed",
        "member.refused",
        "bookmark.due",
        "page.due",
        "page.reading-due",
        "comment.held",
        "notices.defaults-set",
        "file.text-read",
        "milestone.nudged",
        "sponsor.named",
        "sponsor.released",
    }
)


def only_visible(actor: Actor, lines: Sequence[Activity]) -> list[Activity]:
    """Those lines whose thing the actor may see, in order. One query for each kind that occurs."""
    open_to_me = [line for line in lines if line.verb not in PRIVATE_VERBS or line.actor_id == actor.id]
    seen = seen_among(actor, [(line.object_kind, line.object_id) for line in open_to_me])
    return [line for line in open_to_me if (line.object_kind, line.object_id) in seen]


def activity_after(
    actor: Actor, after: int, *, space_id: int | None = None, limit: int = 100
) -> tuple[list[Activity], int]:
    """Lines after an id that the actor may see, oldest first, and the id up to which the log was looked through.

    The second value is where to go on from: it moves even when nothing in between was visible.
    """
    stmt = select(Activity).where(Activity.id > after).order_by(Activity.id).limit(limit)
    if space_id is not None:
        stmt = stmt.where(Activity.space_id == space_id)
    lines = db.session.scalars(stmt).all()
    return only_visible(actor, lines), (lines[-1].id if lines else after)
