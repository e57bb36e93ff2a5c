"""How anything changes: an action is one transaction and at least one line in the log.

    @action
    def edit_page(actor, page, *, body, base):
        require(actor, "edit", page)
        …
        record("page.edited", actor, page, revision=7)

The outermost action opens the write unit and commits it; an action called inside another joins it. An action that
recorded nothing is a fault of the programmer and commits nothing, except when it says so with `nothing_changed()`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import text

from community.activity.models import Activity
from community.activity.verbs import VERBS
from community.activity.waking import ring
from community.clock import now
from community.extensions import db, is_sqlite, write_unit
from community.kinds import card_of
from community.permissions import Actor
from community.ports import ports

P = ParamSpec("P")
R = TypeVar("R")

# Any constant: the lock that makes log ids become visible in the order in which transactions commit.
_LOG_LOCK = 0x636F686F7274


class NothingRecorded(RuntimeError):
    """An action changed something and said nothing."""


@dataclass
class _Unit:
    lines: list[tuple[Activity, Any]] = field(default_factory=list)
    changed: bool = True


_unit: ContextVar[_Unit | None] = ContextVar("action_unit", default=None)


def action(do: Callable[P, R]) -> Callable[P, R]:
    """Make `do(actor, …)` an action. Its first positional argument is the Actor."""

    @wraps(do)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _unit.get() is not None:
            return do(*args, **kwargs)
        actor = args[0]
        assert isinstance(actor, Actor), f"{do.__name__} needs an Actor first"
        unit = _Unit()
        token = _unit.set(unit)
        try:
            with write_unit():
                actor.refresh()
                result = do(*args, **kwargs)
                if not unit.lines and unit.changed:
                    raise NothingRecorded(f"{do.__name__} recorded nothing")
                _write_lines(unit)
            actor.refresh()
        finally:
            _unit.reset(token)
        if unit.lines:
            ports.poke()
        return result

    run.is_action = True  # type: ignore[attr-defined]
    return run


def _write_lines(unit: _Unit) -> None:
    """Flush the content first, then take the log lock for as short as possible, then write the lines.

    On PostgreSQL a sequence hands out ids before transactions commit, so a reader that has passed 6 could miss a 5
    that commits later. The advisory lock is held from numbering to commit, which makes id order commit order.
    SQLite has one writer and needs no lock.
    """
    db.session.flush()
    if not unit.lines:
        return
    if not is_sqlite():
        db.session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOG_LOCK})
    for line, obj in unit.lines:
        line.object_id = obj.id
        if line.space_id is None:
            line.space_id = obj.id if line.object_kind == "space" else getattr(obj, "space_id", None)
        db.session.add(line)
        db.session.flush()
    ring()


def record(verb: str, actor: Actor, obj: Any, *, space_id: int | None = None, **facts: Any) -> None:
    """Add one line to the log of the open action. `facts` are ids and small values, never words of people.

    Raises ValueError for a verb outside the vocabulary, RuntimeError outside an action.
    """
    unit = _unit.get()
    if unit is None:
        raise RuntimeError(f"{verb} was recorded outside an action")
    if verb not in VERBS:
        raise ValueError(f"{verb!r} is not in the vocabulary (community/activity/verbs.py)")
    line = Activity(
        verb=verb,
        actor_id=actor.id,
        object_kind=card_of(obj).name,
        object_id=0,
        space_id=space_id,
        data=facts,
        created_at=now(),
    )
    unit.lines.append((line, obj))


def nothing_changed() -> None:
    """Say that this action found nothing to do, so that it may end without a line."""
    unit = _unit.get()
    if unit is not None:
        unit.changed = False
