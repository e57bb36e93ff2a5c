"""What words were before they were changed, step by step: of posts and of comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from community.wiki.diff import DiffLine, compare, folded


@dataclass(frozen=True)
class Step:
    """One change: what the words were from one moment to another, and how they differ from those after."""

    since: datetime
    until: datetime
    lines: list[DiffLine]


def steps_of(states: list[tuple[str, datetime]]) -> list[Step]:
    """The changes between states of a text, each with the moment from which it held; the newest first."""
    pairs = zip(states, states[1:], strict=False)
    return [Step(old[1], new[1], folded(compare(old[0], new[0]))) for old, new in pairs][::-1]
