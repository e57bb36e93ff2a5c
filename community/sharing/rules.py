"""What the house says of links to the outside: whether there are any, and how long one may live. Set once, at the start."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_DAYS = 30
MOST_FILES = 500
"""Files that come in by one link."""
MOST_BYTES = 5_000_000_000
"""Bytes that come in by one link."""


@dataclass
class _House:
    allowed: bool = True
    longest_days: int = 365


_house = _House()


def switch(allowed: bool, longest_days: int) -> None:
    """As the settings SHARE_LINKS and SHARE_DAYS say."""
    _house.allowed, _house.longest_days = allowed, longest_days


def are_allowed() -> bool:
    """Whether links to the outside are made, and open anything, in this house."""
    return _house.allowed


def longest() -> int:
    """Days that a link may live."""
    return _house.longest_days


def usual() -> int:
    """Days that a link lives when nobody says how long."""
    return min(USUAL_DAYS, _house.longest_days)
