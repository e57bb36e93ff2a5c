"""What was agreed about coaching, as it holds in a space: its own, else its cohort's, else its programme's.

Holidays add up; the days of a team are counted in the zone of its cohort. One query, however many spaces.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import aliased

from community.coaching.days import Terms
from community.coaching.models import CoachTerms
from community.extensions import db
from community.spaces.models import Space


@dataclass(frozen=True)
class Agreed:
    """The terms of a space, and the guide for its coaches as HTML that was made when it was written ("" for none)."""

    terms: Terms
    guide_html: str = ""


def agreed_in(space_ids: Collection[int]) -> dict[int, Agreed]:
    """What was agreed in some spaces, by their ids."""
    if not space_ids:
        return {}
    above, own, upper, top = aliased(Space), aliased(CoachTerms), aliased(CoachTerms), aliased(CoachTerms)
    stmt = (
        select(Space.id, Space.kind, Space.time_zone, above.time_zone.label("zone"), own, upper, top)
        .outerjoin(above, above.id == Space.parent_id)
        .outerjoin(own, own.space_id == Space.id)
        .outerjoin(upper, upper.space_id == Space.parent_id)
        .outerjoin(top, top.space_id == above.parent_id)
        .where(Space.id.in_(sorted(space_ids)))
    )
    found = {}
    for space_id, kind, mine, zone, *held in db.session.execute(stmt):
        steps: list[CoachTerms] = list(filter(None, held))
        days = next((one.response_days for one in steps if one.response_days is not None), None)
        holidays = frozenset(date.fromisoformat(day) for one in steps for day in one.holidays)
        guide = next((one.guide_html for one in steps if one.guide_html), "")
        terms = Terms(days, zone if kind == "team" and zone else mine, holidays)
        found[space_id] = Agreed(terms, guide)
    return found


def terms_in(space_id: int) -> Terms:
    """The terms of one space."""
    found = agreed_in([space_id])
    return found[space_id].terms if found else Terms()


def own_terms(space: Space) -> CoachTerms | None:
    """What was agreed in a space itself; for who manages it."""
    return db.session.get(CoachTerms, space.id)
