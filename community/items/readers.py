"""Who can see an item, and by which rule: `item_visible` of `rules.py` said the other way round, from the thing to its people. A
property test holds the two against each other for everybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from community.extensions import db
from community.items.models import Grant
from community.kinds import card_of
from community.people.models import Person
from community.permissions import GUIDES, WRITERS
from community.spaces.models import ROLES, Space
from community.spaces.queries import roles_in

KEEP_THEIRS = frozenset({"entry"})
"""Kinds that stay their author's wherever they go."""


@dataclass(frozen=True)
class Grants:
    """One rule and whom it lets in. `why`: author, named, colleagues, or a role; `inherited`: the role is held through a team or a
    cohort. `people` are active accounts, by name; a rule that lets nobody in is left out.
    """

    why: str
    people: tuple[Person, ...]
    inherited: bool = False


def grants_of(item: Any) -> list[Grants]:
    """Every rule that lets somebody see an item, the narrowest first. Whoever calls has come through its door."""
    if item.deleted_at is not None:
        return []
    name = card_of(item).name
    space = db.session.get(Space, item.space_id) if item.space_id is not None else None
    roles, own = roles_in(space.id) if space is not None else ({}, set())
    everyone = {person.id: person for person in _active()} if _wide(item, space) else {}
    people = everyone or {person.id: person for person in _active(_wanted(item, name, set(roles)))}
    colleagues = {one for one, person in everyone.items() if person.site_role != "guest"}
    enter = set(roles) | (colleagues if space is not None and space.visibility == "organisation" else set())
    keeps = name in KEEP_THEIRS
    told = _Told(people)
    if item.author_id in enter or keeps or space is None:
        told.add("author", {item.author_id})
    if item.audience == "people":
        told.add("named", _named(item, name) & (enter if space is not None else _named(item, name)))
    if item.audience == "coach":
        told.add("coach", {one for one, role in roles.items() if role == "coach"})
    if getattr(item, "gathered", "") in ("open", "apart"):  # a folder keeps it from the others
        _guided(told, item, roles, own)
        return told.grants
    if item.audience in ("space", "organisation"):
        if name == "page" and space is not None and not _shown(item, space):
            roles = {one: role for one, role in roles.items() if role in WRITERS}
            colleagues = set()
        for role in ROLES:
            held = {one for one, mine in roles.items() if mine == role}
            told.add(role, held & own)
            told.add(role, held - own, inherited=True)
        if item.audience == "organisation":
            told.add("colleagues", colleagues & enter if space is not None else colleagues)
    return told.grants


def _guided(told: _Told, file: Any, roles: dict[int, str], own: set[int]) -> None:
    """Of what a folder keeps from others, those who guide the space; of what is for its coaches, they alone."""
    for role in ROLES:
        if role in GUIDES and file.audience != "coach":
            held = {one for one, mine in roles.items() if mine == role}
            told.add(role, held & own)
            told.add(role, held - own, inherited=True)


def _shown(page: Any, space: Space) -> bool:
    """Whether who only reads here may see a page at all."""
    return not space.shows_approved or page.approved_revision is not None


def _wide(item: Any, space: Space | None) -> bool:
    """Whether colleagues without a role may be among the readers."""
    open_ = space is None or space.visibility == "organisation"
    return open_ and item.audience in ("organisation", "people", "coach", "space")


def _wanted(item: Any, name: str, members: set[int]) -> set[int]:
    return {item.author_id} | members | (_named(item, name) if item.audience == "people" else set())


def _named(item: Any, name: str) -> set[int]:
    stmt = select(Grant.person_id).where(Grant.object_kind == name, Grant.object_id == item.id)
    return set(db.session.scalars(stmt))


def _active(among: Iterable[int] | None = None) -> list[Person]:
    stmt = select(Person).where(Person.status == "active")
    if among is not None:
        stmt = stmt.where(Person.id.in_(set(among)))
    return list(db.session.scalars(stmt))


class _Told:
    """Nobody is said twice: the first rule that lets somebody in is the one that is told."""

    def __init__(self, people: dict[int, Person]) -> None:
        self.people, self.grants, self.known = people, list[Grants](), set[int]()

    def add(self, why: str, ids: set[int], *, inherited: bool = False) -> None:
        found = [self.people[one] for one in ids - self.known if one in self.people]
        self.known |= ids
        if found:
            self.grants.append(Grants(why, tuple(sorted(found, key=lambda p: p.name.casefold())), inherited))
