"""Who stands in for whom now, and who did: for the coaches concerned and those who run their teams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from community.clock import now
from community.coaching.crew import coached_spaces
from community.coaching.models import Handover
from community.errors import NotFound
from community.extensions import db
from community.permissions import STAFF, Actor

MOST = 50


@dataclass(frozen=True)
class Held:
    """A handover, and whether it holds now."""

    row: Handover
    holds: bool


def _with_names() -> tuple[object, ...]:
    return joinedload(Handover.from_), joinedload(Handover.to), joinedload(Handover.space)


def handovers_of(actor: Actor, *, space_ids: Sequence[int] | None = None) -> list[Held]:
    """Those that the actor gave or got, or those of some spaces that the actor runs; the newest first, 50 at most."""
    stmt = select(Handover).options(*_with_names()).order_by(Handover.id.desc()).limit(MOST)  # type: ignore[arg-type]
    if space_ids is None:
        stmt = stmt.where(
            or_(Handover.from_id == actor.id, Handover.to_id == actor.id), Handover.space_id.in_(coached_spaces(actor))
        )
    else:
        run = [space for space in space_ids if actor.roles.get(space) in STAFF]
        stmt = stmt.where(Handover.space_id.in_(run))
    at = now()
    return [Held(row, row.ends_at is None or row.ends_at > at) for row in db.session.scalars(stmt)]


def handover_for(actor: Actor, number: int) -> Handover:
    """One that the actor may end. Raises NotFound."""
    found = db.session.get(Handover, number) if 0 < number < 2**63 else None
    if found is None:
        raise NotFound()
    if not may_end(actor, found):
        raise NotFound()
    return found


def may_end(actor: Actor, handover: Handover) -> bool:
    """Whether somebody may end one: the staff, and either of the two for as long as they coach there."""
    role = actor.roles.get(handover.space_id)
    return role in STAFF or (role == "coach" and actor.id in (handover.from_id, handover.to_id))
