"""Whom a text speaks to: people by their handle, and everybody of a space by `@team`, `@cohort` or the name of the space.

Ten people in one text are told; more are shown and not told, for a list of names is no conversation. A group is told when its
writer is a member or staff of it, and when it has at most a hundred people: larger ones have announcements.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select

from community.errors import Invalid, _l
from community.extensions import db
from community.people.models import Person
from community.permissions import WRITERS, Actor
from community.spaces.models import Space
from community.spaces.queries import people_ids_in

MOST_TOLD = 10
LARGEST_GROUP = 100
NEAR = ("team", "cohort")
"""Names of the team and the cohort that a text stands in."""


def groups_named(actor: Actor, space: Space | None, names: Collection[str]) -> Mapping[str, Space]:
    """The spaces behind those of the names that speak to a group where the actor is one of its writers."""
    if not names:
        return {}
    mine = [space_id for space_id, role in actor.roles.items() if role in WRITERS]
    slugs = {name: name for name in names if name not in NEAR}
    found: dict[str, Space] = {}
    if slugs:
        stmt = select(Space).where(Space.slug.in_(slugs), Space.id.in_(mine), Space.status == "active")
        found.update({known.slug: known for known in db.session.scalars(stmt)})
    if "team" in names and space is not None and space.kind == "team" and space.id in mine:
        found["team"] = space
    if "cohort" in names and space is not None and space.cohort_id in mine:
        found["cohort"] = db.session.get_one(Space, space.cohort_id)
    return found


def people_told(actor: Actor, space: Space | None, names: Sequence[str]) -> list[int]:
    """Ids of the people whom a text with these names speaks to, in order of id. Raises Invalid("body") for a group that is
    too large.
    """
    if not names:
        return []
    rows = db.session.execute(
        select(Person.handle, Person.id).where(Person.handle.in_(names), Person.status == "active")
    )
    known: dict[str, int] = {row.handle: row.id for row in rows}
    told = {known[name] for name in [name for name in names if name in known][:MOST_TOLD]}
    for group in groups_named(actor, space, frozenset(names) - known.keys()).values():
        inside = people_ids_in(group.id)
        if len(inside) > LARGEST_GROUP:
            raise Invalid(
                "body",
                _l(
                    "%(name)s has %(count)d people; a mention reaches %(limit)d at most. Name a smaller group, or announce it."
                ),
                name=group.name,
                count=len(inside),
                limit=LARGEST_GROUP,
            )
        told |= inside
    return sorted(told)
