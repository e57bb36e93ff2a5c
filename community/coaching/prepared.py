"""Statements that are dearer to put together than to ask. They depend on who reaches what and on nothing else: moments, places in
a list and the days of what was agreed come as parameters, so that one that was made serves until its person reaches something else.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import bindparam

from community.clock import now
from community.coaching.terms import Agreed
from community.extensions import UTCTime
from community.permissions import Actor

MOST = 400
"""Statements that are kept; each is some hundred kilobytes."""
NOW = bindparam("now", type_=UTCTime)

T = TypeVar("T")
_kept: dict[Hashable, Any] = {}


def prepared(actor: Actor, *key: Hashable, build: Callable[[], T]) -> T:
    """The statement of that key for this actor, or a part of some."""
    whole = (*key, actor.id, actor.site_role, actor.reach.fingerprint)
    found: T | None = _kept.get(whole)
    if found is None:
        if len(_kept) >= MOST:
            _kept.clear()
        found = _kept[whole] = build()
    return found


def moments(agreed: dict[int, Agreed]) -> dict[str, Any]:
    """The parameters of a statement that speaks of now and of what was agreed: the day it is in each space, and from which moments
    on what was asked there is not over, and not due today.
    """
    at = now()
    found: dict[str, Any] = {"now": at}
    for space_id, held in agreed.items():
        bounds = held.terms.bounds(at)
        found[f"today_{space_id}"] = held.terms.day_of(at)
        if bounds is not None:
            found[f"over_{space_id}"], found[f"later_{space_id}"] = bounds
    return found


def agreed_key(agreed: dict[int, Agreed]) -> tuple[tuple[int, bool], ...]:
    """What a statement depends on of what was agreed: where there is something."""
    return tuple((space_id, held.terms.days is not None) for space_id, held in sorted(agreed.items()))
