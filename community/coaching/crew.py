"""Who coaches where, and who stands in for whom: whose what waits is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select

from community.clock import now
from community.coaching.models import Handover
from community.extensions import db
from community.people.models import Person
from community.permissions import Actor
from community.spaces.models import Membership


@dataclass(frozen=True)
class Crew:
    """The coaches of some spaces, and the handovers that hold now as triples of space, from whom, to whom."""

    coaches: dict[int, frozenset[int]] = field(default_factory=dict)
    handed: tuple[tuple[int, int, int], ...] = ()

    def others(self, space_id: int, me: int) -> set[int]:
        """The coaches whose things do not wait for `me` in a space: others who are there, or whose stand-in is. What belonged to
        somebody who coaches there no longer waits for all.
        """
        here = self.coaches.get(space_id, frozenset())
        moved = {whose: to for space, whose, to in self.handed if space == space_id and to in here}
        holder = {whose: moved.get(whose, whose) for whose in (*here, *moved)}
        return {whose for whose, held_by in holder.items() if held_by != me}

    def key(self, me: int | None) -> tuple[object, ...]:
        """What a statement depends on of it."""
        return tuple((space_id, tuple(sorted(self.others(space_id, me or 0)))) for space_id in sorted(self.coaches))

    def mine(self, waits: Any, me: int) -> ColumnElement[bool]:
        """Of rows with a `space_id` and a `for_id`: what waits for one coach."""
        parts = []
        for space_id in self.coaches:
            others = sorted(self.others(space_id, me))
            parts.append(and_(waits.c.space_id == space_id, waits.c.for_id.not_in(others)))
        return or_(waits.c.for_id.is_(None), *parts) if parts else false()

    def holder(self, space_id: int, whose: int | None) -> int | None:
        """Who has what waits for a coach: they, or who stands in. None when it waits for all."""
        here = self.coaches.get(space_id, frozenset())
        moved = next((to for space, one, to in self.handed if (space, one) == (space_id, whose) and to in here), whose)
        return moved if moved in here else None


def coached_spaces(actor: Actor) -> list[int]:
    """The ids of the spaces where the actor is coach."""
    return sorted(space for space, role in actor.roles.items() if role == "coach")


def places_of(actor: Actor) -> list[int]:
    """Those of them that are not archived: where nobody can answer, nothing waits."""
    return [space for space in coached_spaces(actor) if space not in actor.reach.archived]


def handover_holds(at: datetime) -> ColumnElement[bool]:
    """The clause over Handover: it holds at a moment."""
    return and_(Handover.began_at <= at, or_(Handover.ends_at.is_(None), Handover.ends_at > at))


def crew_of(actor: Actor, places: Collection[int]) -> Crew:
    """The crew of some spaces. Two queries, kept for the actor."""
    key = ("crew", *sorted(places))
    kept: Crew | None = actor.kept.get(key)
    if kept is None:
        kept = actor.kept[key] = read_crew(places)
    return kept


def read_crew(places: Collection[int]) -> Crew:
    """As `crew_of`, read anew."""
    if not places:
        return Crew()
    coaches: dict[int, set[int]] = {space: set() for space in places}
    seats = (
        select(Membership.space_id, Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.space_id.in_(sorted(places)), Membership.role == "coach", Person.status != "disabled")
    )
    for space, person in db.session.execute(seats):
        coaches[space].add(person)
    held = select(Handover.space_id, Handover.from_id, Handover.to_id).where(
        Handover.space_id.in_(sorted(places)), handover_holds(now())
    )
    handed = tuple((row[0], row[1], row[2]) for row in db.session.execute(held.order_by(Handover.id)))
    return Crew({space: frozenset(people) for space, people in coaches.items()}, handed)
