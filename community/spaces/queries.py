"""Reads about spaces: where a person is, who is in a space, which phase holds."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import CompoundSelect, Select, Table, and_, bindparam, func, literal, or_, select, tuple_, union_all

from community.activity.steady import PLACES, held
from community.clock import now
from community.errors import NotFound
from community.extensions import BigId, db
from community.people.models import Person
from community.permissions import STAFF, Actor, Clauses, Reach, door, listing, may, require
from community.spaces.models import ROLES, Invitation, JoinRequest, Membership, Phase, Space

_STRENGTH = {role: place for place, role in enumerate(ROLES)}


def stronger(one: str | None, other: str) -> str:
    """The stronger of two roles; None is weaker than any."""
    return other if one is None or _STRENGTH[other] < _STRENGTH[one] else one


def _handed_up(role: str) -> str:
    """What a role in a team makes of somebody in its cohort."""
    return role if role in ("alumnus", "guest") else "member"


def _reach_stmt() -> Select[Any]:
    own, above, below, team = (table.alias() for table in (_MEMBERSHIP, _MEMBERSHIP, _MEMBERSHIP, _SPACE))
    space, me = _SPACE, bindparam("person_id", type_=BigId)
    cohorts_of_my_teams = (
        select(team.c.parent_id)
        .join(below, below.c.space_id == team.c.id)
        .where(below.c.person_id == me, team.c.kind == "team")
    )
    handed_down = and_(
        space.c.kind == "team",
        above.c.space_id == space.c.parent_id,
        above.c.person_id == me,
        above.c.role.in_(sorted(STAFF)),
    )
    return (
        select(
            space.c.id,
            space.c.kind,
            space.c.parent_id,
            space.c.visibility,
            space.c.status,
            space.c.name,
            space.c.slug,
            space.c.commenters,
            space.c.shares_outside,
            own.c.role.label("mine"),
            above.c.role.label("handed"),
        )
        .select_from(space)
        .outerjoin(own, and_(own.c.space_id == space.c.id, own.c.person_id == me))
        .outerjoin(above, handed_down)
        .where(
            or_(
                own.c.role.is_not(None),
                above.c.role.is_not(None),
                space.c.visibility == "organisation",
                space.c.id.in_(cohorts_of_my_teams),
            )
        )
    )


_MEMBERSHIP, _SPACE = cast(Table, Membership.__table__), cast(Table, Space.__table__)
_REACH = _reach_stmt()  # asked before every page, so it is put together once


def reach_of(person_id: int, site_role: str) -> Reach:
    """Where a person is, in one query: own roles, staff roles handed down to teams, membership handed up to cohorts.

    `members_of` says the same from the other side; a property test compares them.
    """
    roles: dict[int, str] = {}
    open_spaces: set[int] = set()
    archived: set[int] = set()
    commenters: dict[int, str] = {}
    keeps_inside: set[int] = set()
    teams = []
    for row in db.session.execute(_REACH, {"person_id": person_id}):
        space_id, kind, parent_id, visibility, status, _name, _slug, who, shares, mine, handed = row
        if kind == "team" and (mine or handed):
            teams.append(row)
        if mine:
            roles[space_id] = stronger(roles.get(space_id), mine)
            if kind == "team" and parent_id:
                roles[parent_id] = stronger(roles.get(parent_id), _handed_up(mine))
        if handed:
            roles[space_id] = stronger(roles.get(space_id), handed)
        if visibility == "organisation" and site_role != "guest":
            open_spaces.add(space_id)
        if status == "archived":
            archived.add(space_id)
        if who != "readers":
            commenters[space_id] = who
        if not shares:
            keeps_inside.add(space_id)
    return Reach(roles, frozenset(open_spaces), frozenset(archived), tuple(teams), commenters, frozenset(keeps_inside))


def actor_for(person: Person, *, place: int | None = None) -> Actor:
    """The actor that a person is. A disabled or merely invited person reaches nothing. With the `place` where the log ends, as this
    request found it, what is known of where they are is taken from there.
    """
    if person.status != "active":
        return Actor(None, "anonymous")
    person_id, site_role = person.id, person.site_role
    load = partial(reach_of, person_id, site_role)
    reach = held(place, PLACES, ("reach", person_id, site_role), load) if place is not None else None
    return Actor(person_id, site_role, load, reach=reach, place=place)


def actors_for(person_ids: Collection[int]) -> dict[int, Actor]:
    """The actors that these people are, by id, those who are not active left out: as `actor_for`, for many at once in three
    queries, without the names of their teams. For readers of the log; a property test holds it against `reach_of`.
    """
    clauses: Clauses = {}
    people = db.session.execute(
        select(Person.id, Person.site_role).where(Person.id.in_(person_ids), Person.status == "active")
    ).all()
    own: dict[int, list[tuple[int, str]]] = {person_id: [] for person_id, _ in people}
    held = select(Membership.person_id, Membership.space_id, Membership.role).where(Membership.person_id.in_(own))
    for person_id, space_id, role in db.session.execute(held):
        own[person_id].append((space_id, role))
    columns = (
        Space.id,
        Space.kind,
        Space.parent_id,
        Space.visibility,
        Space.status,
        Space.commenters,
        Space.shares_outside,
    )
    rows = db.session.execute(select(*columns)).all()
    places = {row.id: row for row in rows}
    teams: dict[int, list[int]] = {}
    for row in rows:
        if row.kind == "team" and row.parent_id:
            teams.setdefault(row.parent_id, []).append(row.id)
    opened = frozenset(row.id for row in rows if row.visibility == "organisation")
    closed = frozenset(row.id for row in rows if row.status == "archived")
    kept_inside = frozenset(row.id for row in rows if not row.shares_outside)
    commenters = {row.id: row.commenters for row in rows if row.commenters != "readers"}
    made = {}
    for person_id, site_role in people:
        roles: dict[int, str] = {}
        for space_id, role in own[person_id]:
            roles[space_id] = stronger(roles.get(space_id), role)
            above = places[space_id].parent_id if places[space_id].kind == "team" else None
            if above:
                roles[above] = stronger(roles.get(above), _handed_up(role))
            for team in teams.get(space_id, ()) if role in STAFF else ():
                roles[team] = stronger(roles.get(team), role)
        reach = Reach(
            roles,
            frozenset() if site_role == "guest" else opened,
            frozenset(space for space in closed if space in roles or space in opened),
            commenters={space: who for space, who in commenters.items() if space in roles or space in opened},
            keeps_inside=frozenset(space for space in kept_inside if space in roles or space in opened),
        )
        made[person_id] = Actor(person_id, site_role, partial(_same, reach), clauses)
    return made


def _same(reach: Reach) -> Reach:
    return reach


def _roles_stmt() -> CompoundSelect[Any]:
    """`(person_id, role, how)` of everybody with a role in the space `:space_id`, own and inherited; a person may occur twice."""
    place = bindparam("space_id", type_=BigId)
    own, down, up = (_MEMBERSHIP.alias() for _ in range(3))
    team, child = _SPACE.alias(), _SPACE.alias()
    # A role handed up is at most "member"; the marker column tells the three apart.
    return union_all(
        select(own.c.person_id, own.c.role, literal("own").label("how")).where(own.c.space_id == place),
        select(down.c.person_id, down.c.role, literal("down"))
        .join(team, and_(team.c.id == place, team.c.kind == "team"))
        .where(down.c.space_id == team.c.parent_id, down.c.role.in_(sorted(STAFF))),
        select(up.c.person_id, up.c.role, literal("up"))
        .join(child, and_(child.c.id == up.c.space_id, child.c.kind == "team"))
        .where(child.c.parent_id == place),
    )


_ROLES = _roles_stmt()


def roles_in(space_id: int) -> tuple[dict[int, str], set[int]]:
    """The strongest role of everybody in a space, and who has one of their own there."""
    roles: dict[int, str] = {}
    own: set[int] = set()
    for person_id, role, how in db.session.execute(_ROLES, {"space_id": space_id}):
        roles[person_id] = stronger(roles.get(person_id), _handed_up(role) if how == "up" else role)
        if how == "own":
            own.add(person_id)
    return roles, own


@dataclass(frozen=True)
class Member:
    """Somebody in a space, with their strongest role there. `inherited`: not by a membership of their own."""

    person: Person
    role: str
    inherited: bool


def members_of(actor: Actor, space: Space) -> list[Member]:
    """Everybody with a role in the space, strongest roles first, then by name. The actor must see the space."""
    if ("space", space.id) not in actor.sees:
        door(actor, Space, Space.id == space.id)
    kept: list[Member] | None = actor.kept.get(("members", space.id))
    if kept is None:
        kept = actor.kept["members", space.id] = _members(space.id)
    return list(kept)


def _members(space_id: int) -> list[Member]:
    roles, own = roles_in(space_id)
    people = db.session.scalars(select(Person).where(Person.id.in_(roles), Person.status != "disabled"))
    found = [Member(person, roles[person.id], person.id not in own) for person in people]
    return sorted(found, key=lambda m: (_STRENGTH[m.role], m.person.name.casefold(), m.person.id))


def people_ids_in(space_id: int, *, roles: frozenset[str] | None = None) -> set[int]:
    """Ids of people with a role in a space (with one of `roles`): for readers that tell people of things."""
    found, _own = roles_in(space_id)
    return {person for person, role in found.items() if roles is None or role in roles}


def space_for(actor: Actor, slug: str) -> Space:
    """The space of that name. Raises NotFound for one that is absent or hidden."""
    return door(actor, Space, Space.slug == slug)


def space_to_enter(actor: Actor, slug: str) -> Space:
    """The space, for reading what is in it. An administrator without a role in a closed space gets NotFound here:
    administering is not reading."""
    space = space_for(actor, slug)
    if not may(actor, "enter", space):
        raise NotFound()
    return space


def spaces_for(actor: Actor, *, after: tuple[str, int] | None = None, limit: int | None = None) -> list[Space]:
    """The spaces the actor sees, by name: all of them, or `limit` of them `after` a name and id."""
    stmt = select(Space).order_by(func.lower(Space.name), Space.id).limit(limit)
    if after is not None:
        here = tuple_(func.lower(literal(after[0])), literal(after[1]))
        stmt = stmt.where(tuple_(func.lower(Space.name), Space.id) > here)
    return listing(actor, stmt, Space)


def my_spaces(actor: Actor) -> list[Space]:
    """The spaces where the actor has a role, by kind and name."""
    order = {"team": 0, "cohort": 1, "project": 2, "theme": 3, "programme": 4, "commons": 5}
    mine = listing(actor, select(Space).where(Space.id.in_(list(actor.roles))), Space)
    return sorted(mine, key=lambda s: (s.status == "archived", order[s.kind], s.name.casefold()))


def children_of(actor: Actor, space: Space) -> list[Space]:
    """The spaces below one, as far as the actor sees them."""
    return listing(actor, select(Space).where(Space.parent_id == space.id).order_by(func.lower(Space.name)), Space)


def crumbs_of(actor: Actor, space: Space) -> list[Space]:
    """The visible spaces above one, topmost first. A hidden one is left out."""
    if space.parent_id is None:
        return []
    # A team lies in a cohort, a cohort in a programme: nothing lies deeper.
    above = select(_SPACE.c.parent_id).where(_SPACE.c.id == space.parent_id)
    found = listing(actor, select(Space).where(or_(Space.id == space.parent_id, Space.id.in_(above))), Space)
    return sorted(found, key=lambda known: known.id == space.parent_id)


def current_phase_id(space: Space | None) -> int | None:
    """The phase that holds in a space: what is made there now keeps it."""
    if space is None or space.cohort_id is None:
        return None
    if space.cohort_id == space.id:
        return space.phase_id
    return db.session.scalar(select(Space.phase_id).where(Space.id == space.cohort_id))


def phase_keys(phase_ids: Iterable[int | None]) -> dict[int, str]:
    """The keys of some phases (`campus`) by their ids. One query, none for nothing."""
    wanted = set(phase_ids) - {None}
    if not wanted:
        return {}
    found = db.session.execute(select(Phase.id, Phase.key).where(Phase.id.in_(wanted)))
    return {row.id: row.key for row in found}


def phases_of(cohort_id: int | None) -> Sequence[Phase]:
    """The phases of a cohort in order."""
    if cohort_id is None:
        return []
    return db.session.scalars(select(Phase).where(Phase.space_id == cohort_id).order_by(Phase.position)).all()


@dataclass(frozen=True)
class PhaseStep:
    """One step of the phase bar. `state` is done, now or next; days count in the cohort's time zone."""

    phase: Phase
    state: str
    day: int  # of the phase that holds: which day it is, from 1
    days: int  # how long the phase lasts; 0 when it has no end
    until_start: int  # days until it begins, 0 or less when it has begun


def phase_bar(cohort: Space, at: datetime | None = None) -> list[PhaseStep]:
    """The phases of a cohort as done, now and next, with days, for the bar on every page of the programme."""
    today = (at or now()).astimezone(ZoneInfo(cohort.time_zone)).date()
    phases = phases_of(cohort.id)
    here = next((p.position for p in phases if p.id == cohort.phase_id), None)
    steps = []
    for phase in phases:
        if here is None:
            state = "done" if phase.ends_on and phase.ends_on < today else "next"
        else:
            state = "done" if phase.position < here else "now" if phase.position == here else "next"
        days = (phase.ends_on - phase.starts_on).days + 1 if phase.ends_on else 0
        day = max(1, (today - phase.starts_on).days + 1)
        steps.append(PhaseStep(phase, state, min(day, days) if days else day, days, (phase.starts_on - today).days))
    return steps


def phase_on(phases: Sequence[Phase], day: date) -> Phase | None:
    """The phase in whose dates a day falls, None between phases."""
    for phase in phases:
        if phase.starts_on <= day and (phase.ends_on is None or day <= phase.ends_on):
            return phase
    return None


def cohort_of(space: Space) -> Space | None:
    """The cohort whose phases hold in a space: itself, the parent of a team, or none."""
    if space.cohort_id is None:
        return None
    return space if space.cohort_id == space.id else db.session.get(Space, space.cohort_id)


def my_cohorts(actor: Actor) -> list[Space]:
    """The cohorts the actor is in, the newest first."""
    stmt = select(Space).where(Space.kind == "cohort", Space.id.in_(list(actor.roles)))
    return listing(actor, stmt.order_by(Space.status, Space.created_at.desc(), Space.id.desc()), Space)


def first_team(actor: Actor) -> Any | None:
    """The team that "My team" leads to, as a row with id, name and slug: of a member the newest living one, else any, else none.
    Known with the actor's reach, so it asks nothing.
    """
    rank = {"member": 0, "owner": 1, "coach": 2, "alumnus": 3}
    mine = [team for team in actor.reach.teams if actor.roles[team.id] in rank]
    return min(mine, key=lambda team: (rank[actor.roles[team.id]], team.status, -team.id), default=None)


def opens(invitation: Invitation) -> bool:
    """Whether a link still lets somebody in: not revoked, not too old, a place left, the space not archived, and its
    maker still allowed to invite people with this role. Asked when the link is shown and again when it is used.
    """
    if invitation.revoked_at is not None or invitation.expires_at <= now() or invitation.used >= invitation.seats:
        return False
    space = db.session.get(Space, invitation.space_id)
    inviter = db.session.get(Person, invitation.inviter_id) if invitation.inviter_id else None
    if space is None or inviter is None:
        return False
    maker = actor_for(inviter)
    if not may(maker, "invite", space):
        return False
    mine = maker.roles.get(space.id)
    return maker.is_administrator or (mine is not None and _STRENGTH[mine] <= _STRENGTH[invitation.role])


def invitation_of(token: str) -> Invitation | None:
    """The link into a space that this token belongs to, or None when it opens nothing (any more)."""
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    found = db.session.scalars(select(Invitation).where(Invitation.token_hash == token_hash)).one_or_none()
    return found if found is not None and opens(found) else None


def spaces_of_person(actor: Actor, person_id: int) -> list[tuple[Space, str]]:
    """Where somebody has a role of their own, as far as the actor sees those spaces, newest first, with the role."""
    own = select(Membership.space_id, Membership.role).where(Membership.person_id == person_id)
    roles: dict[int, str] = {row.space_id: row.role for row in db.session.execute(own)}
    stmt = select(Space).where(Space.id.in_(roles)).order_by(Space.created_at.desc(), Space.id.desc())
    return [(space, roles[space.id]) for space in listing(actor, stmt, Space)]


def requests_of(actor: Actor, space: Space) -> list[JoinRequest]:
    """Who asks to come into a space, the longest waiting first. For who gives roles there. Raises NotFound, Denied."""
    require(actor, "roles", space)
    stmt = select(JoinRequest).where(JoinRequest.space_id == space.id).order_by(JoinRequest.id)
    return list(db.session.scalars(stmt))


def invitations_of(actor: Actor, space: Space) -> list[Invitation]:
    """The links into a space that still have places and days left. For who invites there. Raises NotFound, Denied."""
    require(actor, "invite", space)
    stmt = select(Invitation).where(
        Invitation.space_id == space.id,
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
        Invitation.used < Invitation.seats,
    )
    return list(db.session.scalars(stmt.order_by(Invitation.id)))


def requests_waiting(actor: Actor) -> list[tuple[Space, int]]:
    """The spaces that the actor runs where somebody asks to come in, with how many."""
    run = [space_id for space_id, role in actor.roles.items() if role in STAFF]
    if not run:
        return []
    stmt = (
        select(Space, func.count(JoinRequest.id))
        .join(JoinRequest, JoinRequest.space_id == Space.id)
        .where(Space.id.in_(run))
        .group_by(Space.id)
        .order_by(Space.id)
    )
    return [(space, count) for space, count in db.session.execute(stmt)]
