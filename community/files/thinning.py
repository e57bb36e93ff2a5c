"""Which earlier versions of files stay, as rules that ask nothing: of each file the last 20, then one a day for 30 days, then one a
week; and of a space no more than half of the room that its quota leaves.

What stands, and what somebody gave a name, always stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

LAST = 20
DAILY = timedelta(days=30)


class Kept(NamedTuple):
    """A version as the rules see it. `size` in bytes; `named`: somebody gave it a name."""

    number: int
    at: datetime
    size: int = 0
    named: bool = False


def to_thin(versions: Sequence[Kept], at: datetime) -> list[int]:
    """The numbers of the versions of one file that go, at this moment. Of each day or week the newest version stays, so that
    thinning again takes nothing until time has passed.
    """
    newest_first = sorted(versions, key=lambda one: one.number, reverse=True)
    gone: list[int] = []
    taken: set[tuple[str, int]] = set()
    for one in newest_first[LAST:]:
        day = one.at.date().toordinal()
        stretch = ("day", day) if at - one.at <= DAILY else ("week", day // 7)
        if stretch in taken and not one.named:
            gone.append(one.number)
        taken.add(stretch)
    return sorted(gone)


def to_make_room(earlier: Iterable[Kept], room: int) -> list[int]:
    """The numbers of those that go so that the earlier versions of a space take at most `room` bytes: the oldest first. `number` is
    the version's own. None of them stands.
    """
    earlier = list(earlier)
    held = sum(one.size for one in earlier)
    gone: list[int] = []
    for one in sorted(earlier, key=lambda one: (one.at, one.number)):
        if held <= room:
            break
        if not one.named and one.size:
            gone.append(one.number)
            held -= one.size
    return gone
