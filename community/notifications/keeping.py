"""Reads and keeps what people choose for their notices. Nobody else's business, so no line of the log tells of it; what an
administrator decides for everybody is an action (`actions.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, literal, select, tuple_, union_all

from community.comments.models import COMMENTABLE
from community.errors import Invalid, NotFound, _l
from community.extensions import db, put_row, write_unit
from community.kinds import card_of, chain_above
from community.notifications.choices import HOUSE, Choices, checked, checked_level, role_of
from community.notifications.models import NoticeChoice, NoticeDefault, NoticeLevel
from community.notifications.reasons import TOPICS
from community.people.models import Person
from community.permissions import Actor, sees, things_for
from community.spaces.models import Space

LEVELLED = ("space", "folder", *COMMENTABLE)
"""What one can choose a level for."""

SITE = "site"
Defaults = Mapping[str, Mapping[str, str]]


# ---- reading


def defaults() -> Defaults:
    """What administrators chose: by scope (`site`, `role:coach`) and name."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for scope, name, value in db.session.execute(select(NoticeDefault.scope, NoticeDefault.name, NoticeDefault.value)):
        found[scope][name] = value
    return found


def choices_from(known: Defaults, roles: Collection[str], mine: Mapping[str, str]) -> Choices:
    """The choices of somebody with these roles."""
    return Choices(known.get(SITE, {}), known.get(f"role:{role_of(roles)}", {}), mine)


def choices_of_many(roles: Mapping[int, Collection[str]], known: Defaults) -> dict[int, Choices]:
    """The choices of people, by their id; `roles` are those that each has anywhere. One query."""
    mine: dict[int, dict[str, str]] = {person: {} for person in roles}
    stmt = select(NoticeChoice.person_id, NoticeChoice.name, NoticeChoice.value)
    for person, name, value in db.session.execute(stmt.where(NoticeChoice.person_id.in_(mine))):
        mine[person][name] = value
    return {person: choices_from(known, roles[person], mine[person]) for person in roles}


def choices_of(actor: Actor) -> Choices:
    """The choices of the actor: two queries, once a page."""
    kept: Choices | None = actor.kept.get(("choices",))
    if kept is None:
        people = {actor.id or 0: set(actor.roles.values())}
        kept = actor.kept["choices",] = choices_of_many(people, defaults())[actor.id or 0]
    return kept


def quiet_hours_of(person_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """The quiet hours of those of these people who have some. One query."""
    stmt = select(NoticeChoice.person_id, NoticeChoice.value)
    mine = stmt.where(NoticeChoice.person_id.in_(person_ids), NoticeChoice.name == "quiet")
    found = {person: Choices(mine={"quiet": value}).quiet for person, value in db.session.execute(mine)}
    return {person: hours for person, hours in found.items() if hours is not None}


def chosen_levels(actor: Actor, kind: str) -> dict[int, str]:
    """The levels that the actor chose for things of a kind, by id."""
    stmt = select(NoticeLevel.object_id, NoticeLevel.level)
    mine = stmt.where(NoticeLevel.person_id == actor.id, NoticeLevel.object_kind == kind)
    return {row[0]: row[1] for row in db.session.execute(mine)}


def chosen_level(actor: Actor, kind: str, object_id: int) -> str | None:
    """The level that the actor chose for one thing, or None."""
    return db.session.scalar(
        select(NoticeLevel.level).where(
            NoticeLevel.person_id == actor.id, NoticeLevel.object_kind == kind, NoticeLevel.object_id == object_id
        )
    )


@dataclass(frozen=True)
class Levelled:
    """Something for which somebody chose a level; `thing` is None where they no longer see it."""

    kind: str
    number: int
    level: str
    thing: Any


def levels_of(
    actor: Actor, *, spaces: bool = True, after: tuple[str, int] | None = None, limit: int = 50
) -> tuple[list[Levelled], tuple[str, int] | None]:
    """What the actor chose a level for, by kind and number, and the `after` of the following stretch. A query for it and one for
    each kind that occurs.
    """
    kind, number = NoticeLevel.object_kind, NoticeLevel.object_id
    stmt = select(NoticeLevel).where(NoticeLevel.person_id == actor.id).order_by(kind, number).limit(limit + 1)
    if not spaces:
        stmt = stmt.where(kind != "space")
    if after is not None:
        stmt = stmt.where(tuple_(kind, number) > tuple_(*after))
    rows = db.session.scalars(stmt).all()
    more, rows = len(rows) > limit, rows[:limit]
    things = things_for(actor, [(row.object_kind, row.object_id) for row in rows])
    found = [
        Levelled(row.object_kind, row.object_id, row.level, things.get((row.object_kind, row.object_id)))
        for row in rows
    ]
    return found, (found[-1].kind, found[-1].number) if more else None


def level_above(actor: Actor, obj: Any) -> str | None:
    """The level that a thing inherits from the nearest of those above it for which the actor chose one; None without any."""
    chain = chain_above(obj)
    if not chain:
        return None
    stmt = select(NoticeLevel.object_kind, NoticeLevel.object_id, NoticeLevel.level).where(
        NoticeLevel.person_id == actor.id, tuple_(NoticeLevel.object_kind, NoticeLevel.object_id).in_(chain)
    )
    chosen = {(kind, number): level for kind, number, level in db.session.execute(stmt)}
    return next((chosen[one] for one in chain if one in chosen), None)


def level_in(actor: Actor, space: Space) -> tuple[str, bool]:
    """The level that the actor has in a space, and whether they chose it. One query, for the head of a space."""
    role = role_of(set(actor.roles.values()))
    parts = union_all(
        select(literal("mine").label("step"), NoticeLevel.level.label("value")).where(
            NoticeLevel.person_id == actor.id, NoticeLevel.object_kind == "space", NoticeLevel.object_id == space.id
        ),
        select(literal("me"), NoticeChoice.value).where(
            NoticeChoice.person_id == actor.id, NoticeChoice.name == "team"
        ),
        select(NoticeDefault.scope, NoticeDefault.value).where(
            NoticeDefault.scope.in_([SITE, f"role:{role}"]), NoticeDefault.name == "team"
        ),
    )
    steps = {row[0]: row[1] for row in db.session.execute(parts)}
    if "mine" in steps:
        return steps["mine"], True
    held = {
        name: {"team": steps[step]}
        for name, step in (("mine", "me"), ("role", f"role:{role}"), ("site", SITE))
        if step in steps
    }
    return Choices(**held).level(space.kind, actor.roles.get(space.id)), False


# ---- keeping


def choose(actor: Actor, wanted: Mapping[str, str | None]) -> None:
    """Keep what a person chose; None forgets a choice, so that it is inherited again. Raises Invalid, by name."""
    if actor.id is None:
        raise NotFound()
    _keep(actor.id, wanted)
    actor.kept.pop(("choices",), None)


def _keep(person_id: int, wanted: Mapping[str, str | None]) -> None:
    kept = {name: checked(name, value) for name, value in wanted.items() if value is not None}
    gone = [name for name, value in wanted.items() if value is None]
    if unknown := set(gone) - set(HOUSE):
        raise Invalid(min(unknown)[:60], _l("There is no such choice."))
    with write_unit():
        if gone:
            db.session.execute(
                delete(NoticeChoice).where(NoticeChoice.person_id == person_id, NoticeChoice.name.in_(gone))
            )
        for name, value in kept.items():
            put_row(NoticeChoice, {"person_id": person_id, "name": name}, value=value)


def set_level(actor: Actor, obj: Any, level: str | None) -> None:
    """Choose a level for a space or a thing that the actor sees; None inherits again. Raises Invalid, NotFound."""
    kind = card_of(obj).name
    if kind not in LEVELLED or actor.id is None or not sees(actor, obj):
        raise NotFound()
    _keep_level(actor.id, kind, obj.id, checked_level(level) if level is not None else None)


def forget_level(actor: Actor, kind: str, number: int) -> None:
    """Inherit again, also for what the actor no longer sees."""
    if actor.id is not None and kind in LEVELLED:
        _keep_level(actor.id, kind, number, None)


def _keep_level(person_id: int, kind: str, object_id: int, level: str | None) -> None:
    key = {"person_id": person_id, "object_kind": kind, "object_id": object_id}
    with write_unit():
        if level is None:
            db.session.execute(delete(NoticeLevel).filter_by(**key))
        else:
            put_row(NoticeLevel, key, level=level)


# ---- out of a mail, without signing in: what a link that we signed says


def stop(person_id: int, what: str) -> str | None:
    """No more of `what`: `topic:talk` (mails of this kind), `digest`, `coaching`, `space:12` (that space is muted). Gives what was
    chosen before, for `back`. Raises NotFound for what cannot be stopped; who is meant may be gone.
    """
    return _turn(person_id, what, {"topic": "off", "digest": "never", "coaching": "never", "space": "muted"})


def back(person_id: int, what: str, before: str | None) -> None:
    """Undo `stop`."""
    _turn(person_id, what, dict.fromkeys(("topic", "digest", "coaching", "space"), before))


def _turn(person_id: int, what: str, to: Mapping[str, str | None]) -> str | None:
    sort, _, rest = what.partition(":")
    if db.session.get(Person, person_id) is None or sort not in to:
        raise NotFound()
    if sort == "space":
        if not rest.isascii() or not rest.isdigit():
            raise NotFound()
        known = select(NoticeLevel.level).where(
            NoticeLevel.person_id == person_id, NoticeLevel.object_kind == sort, NoticeLevel.object_id == int(rest)
        )
        before = db.session.scalar(known)
        _keep_level(person_id, sort, int(rest), to[sort])
        return before
    if sort == "topic" and rest not in TOPICS:
        raise NotFound()
    name = sort if sort in ("digest", "coaching") else f"{rest}.mail"
    before = db.session.scalar(
        select(NoticeChoice.value).where(NoticeChoice.person_id == person_id, NoticeChoice.name == name)
    )
    _keep(person_id, {name: to[sort]})
    return before
