"""Takes unread notices out of the bell when what they speak of can no longer be seen, and puts them back when it can.

The list asks at each look; a number on every page must not. So the lines of the log that may move a right say whose notices
are looked at again: members who come and go, spaces that open or close, things that are deleted, moved or given to others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, or_, select, tuple_, update

from community.activity.models import Activity
from community.extensions import db, write_aside
from community.kinds import by_kind, kind_named, thread_of
from community.notifications.models import Notification
from community.permissions import Actor, seen_among
from community.spaces.models import Space
from community.spaces.queries import actors_for

T = TypeVar("T")

STRETCH = 500
# What adds something and takes no right from anybody.
_HARMLESS = (".created", ".uploaded", ".written", ".reacted", ".unreacted")


def look_again(lines: Sequence[Activity]) -> None:
    """Follow a batch of the log."""
    _go_along(lines)
    people: set[int] = set()
    spaces: set[int] = set()
    things: set[tuple[str, int]] = set()
    for line in lines:
        if line.verb.endswith(_HARMLESS) or _says_little(line):
            continue
        if line.object_kind == "space":
            if isinstance(line.data.get("person"), int):
                people.add(line.data["person"])
            else:
                spaces.add(line.object_id)
        elif line.object_kind == "person":
            if line.verb in ("person.role-changed", "person.enabled"):
                people.add(line.object_id)
        else:
            things |= _concerned(line)
    if spaces:
        inside = or_(Notification.space_id.in_(spaces), Notification.space_id.in_(_below(spaces)))
        people |= set(db.session.scalars(select(Notification.person_id).where(_UNREAD, inside).distinct()))
    _look(people)
    for some in _stretches(sorted(_threads(things))):  # by thread, for that is what an index knows
        concerned = tuple_(Notification.thread_kind, Notification.thread_id).in_(some)
        whose = set(db.session.scalars(select(Notification.person_id).where(_UNREAD, concerned).distinct()))
        _look(whose - people, concerned)


def _go_along(lines: Sequence[Activity]) -> None:
    """Notices of what moved to another space belong there from now on: its level is asked, and its members' rights."""
    for line in lines:
        if line.verb.endswith(".moved"):
            for some in _stretches(sorted(_threads(_concerned(line)))):
                of_it = tuple_(Notification.thread_kind, Notification.thread_id).in_(some)
                with write_aside() as connection:
                    connection.execute(update(Notification).where(of_it).values(space_id=line.space_id))


def _concerned(line: Activity) -> set[tuple[str, int]]:
    """What a line speaks of, with what moved or went along with it."""
    card = kind_named(line.object_kind)
    found = {(line.object_kind, number) for number in (line.object_id, *card.along(line))}
    return found | {(kind, number) for kind, numbers in card.inside(line).items() for number in numbers}


def _says_little(line: Activity) -> bool:
    """Whether a line tells that a space changed, but not who sees it."""
    return line.verb == "space.updated" and "visibility" not in line.data.get("changed", ())


def _threads(things: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """What these things hang on, or they themselves. One query for each kind that occurs."""
    found: set[tuple[str, int]] = set()
    for name, numbers in by_kind(things).items():
        model = kind_named(name).model
        if not hasattr(model, "parent_kind"):  # it hangs on nothing: no need to read many that moved at once
            found |= {(name, number) for number in numbers}
            continue
        found.update(map(thread_of, db.session.scalars(select(model).where(model.id.in_(numbers))).unique()))
    return found


_UNREAD = Notification.read_at.is_(None)


def _below(spaces: Iterable[int]) -> list[int]:
    """The spaces that lie in these: a team lies in a cohort, a cohort in a programme, nothing lies deeper."""
    first = select(Space.id).where(Space.parent_id.in_(spaces))
    return list(
        db.session.scalars(select(Space.id).where(or_(Space.parent_id.in_(spaces), Space.parent_id.in_(first))))
    )


def _stretches(items: Sequence[T]) -> Iterable[Sequence[T]]:
    return (items[start : start + STRETCH] for start in range(0, len(items), STRETCH))


def _look(people: Iterable[int], *where: ColumnElement[bool]) -> None:
    """Look at the unread notices of these people again, a stretch at a time. Who is not active is looked at when they are again."""
    for some in _stretches(sorted(people)):
        for actor in actors_for(some).values():
            _look_of(actor, *where)


def _look_of(actor: Actor, *where: ColumnElement[bool]) -> None:
    last = 0
    while True:
        rows = db.session.execute(
            select(Notification.id, Notification.object_kind, Notification.object_id, Notification.hidden)
            .where(Notification.person_id == actor.id, _UNREAD, Notification.id > last, *where)
            .order_by(Notification.id)
            .limit(STRETCH)
        ).all()
        if not rows:
            break
        last = rows[-1][0]
        seen = seen_among(actor, [(kind, number) for _, kind, number, _ in rows])
        gone = [row for row, kind, number, hidden in rows if not hidden and (kind, number) not in seen]
        come = [row for row, kind, number, hidden in rows if hidden and (kind, number) in seen]
        if gone or come:
            with write_aside() as connection:
                _mark(connection, gone, True)
                _mark(connection, come, False)


def _mark(connection: Connection, ids: list[int], hidden: bool) -> None:
    if ids:
        connection.execute(update(Notification).where(Notification.id.in_(ids)).values(hidden=hidden))
