"""Two people changed one text: what each of them changed, laid together.

Three-way merge as diff3 does it (Khanna, Kunal, Pierce, "A Formal Investigation of Diff3", FSTTCS 2007): lines first, and where
both changed the same lines their words. What one of the two changed is taken; what both changed alike is taken once; what both
changed differently is a conflict, and stands there with both. Changes that touch each other are a conflict too: in words there must
be at least one word between them that both left alone.

Nothing is guessed and nothing is lost: where the comparison would cost too much (diff.py), the place becomes a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from community.wiki.diff import BUDGET, Purse, matched, words_of

Choice = Literal["mine", "theirs", "both"]
CHOICES: tuple[Choice, ...] = ("mine", "theirs", "both")
Lines = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Some lines of a merge. Without conflict `lines` is what stands; with one, it is what stood in the base."""

    lines: Lines
    is_conflict: bool = False
    mine: Lines = ()
    theirs: Lines = ()

    def chosen(self, choice: Choice | None) -> Lines:
        """The lines once somebody has chosen. `both` is theirs, which stands already, and mine below it."""
        if not self.is_conflict:
            return self.lines
        if choice == "mine":
            return self.mine
        if choice == "theirs":
            return self.theirs
        return self.theirs + self.mine


@dataclass(frozen=True)
class Merged:
    """The parts of a merge, in order."""

    parts: tuple[Part, ...]

    @property
    def conflicts(self) -> list[Part]:
        return [part for part in self.parts if part.is_conflict]

    @property
    def is_clean(self) -> bool:
        return not any(part.is_conflict for part in self.parts)

    def text(self, choices: Mapping[int, Choice] | None = None) -> str:
        """The whole text; `choices` by the number of the conflict, from 0. Where nobody chose, both stand."""
        lines: list[str] = []
        number = 0
        for part in self.parts:
            lines += part.chosen((choices or {}).get(number))
            number += part.is_conflict
        return "\n".join(lines)


@dataclass(frozen=True)
class _Hunk:
    """`old[start:end]` became `new[to_start:to_end]`."""

    start: int
    end: int
    to_start: int
    to_end: int


def _hunks(old: Sequence[str], new: Sequence[str], purse: Purse) -> list[_Hunk]:
    found = []
    a = b = 0
    for i, j, length in [*matched(old, new, purse), (len(old), len(new), 0)]:
        if i > a or j > b:
            found.append(_Hunk(a, i, b, j))
        a, b = i + length, j + length
    return found


def _side(hunks: Sequence[_Hunk], start: int, end: int, shift: int) -> tuple[int, int]:
    """Where `base[start:end]` lies on a side, when these are its hunks within and `shift` what those before moved it by."""
    if not hunks:
        return start + shift, end + shift
    first, last = hunks[0], hunks[-1]
    return first.to_start - (first.start - start), last.to_end + (end - last.end)


@dataclass(frozen=True)
class _Stretch:
    """A stretch of the base that somebody changed, and what became of it on each side."""

    base: Sequence[str]
    mine: Sequence[str]
    theirs: Sequence[str]
    by_mine: bool
    by_theirs: bool

    @property
    def agreed(self) -> Sequence[str] | None:
        """What stands there when nobody has to choose."""
        if not self.by_theirs or list(self.mine) == list(self.theirs):
            return self.mine
        return self.theirs if not self.by_mine else None


def _stretches(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str], purse: Purse, *, apart: bool
) -> list[Sequence[str] | _Stretch]:
    """The base in order: what both left alone, and what somebody changed. `apart`: two changes need a word between them."""
    ours, others = _hunks(base, mine, purse), _hunks(base, theirs, purse)
    found: list[Sequence[str] | _Stretch] = []
    at = i = j = 0
    mine_shift = theirs_shift = 0
    while i < len(ours) or j < len(others):
        start = min([hunk.start for hunk in (*ours[i : i + 1], *others[j : j + 1])])
        end, first, second = start, i, j
        grown = True
        while grown:
            grown = False
            for hunks, where in ((ours, i), (others, j)):
                if where < len(hunks) and _touches(base, end, hunks[where].start, apart):
                    end, grown = max(end, hunks[where].end), True
                    if hunks is ours:
                        i += 1
                    else:
                        j += 1
        if start > at:
            found.append(base[at:start])
        a, b = _side(ours[first:i], start, end, mine_shift)
        c, d = _side(others[second:j], start, end, theirs_shift)
        found.append(_Stretch(base[start:end], mine[a:b], theirs[c:d], i > first, j > second))
        at, mine_shift, theirs_shift = end, b - end, d - end
    if at < len(base):
        found.append(base[at:])
    return found


def _touches(base: Sequence[str], end: int, start: int, apart: bool) -> bool:
    if start <= end:
        return True
    return apart and not any(word[0].isalnum() or word[0] == "_" for word in base[end:start])


def _woven(stretch: _Stretch, purse: Purse) -> Lines | None:
    """The lines of a stretch when its words can be merged without a conflict, else None."""
    base, mine, theirs = (words_of("\n".join(side)) for side in (stretch.base, stretch.mine, stretch.theirs))
    if not (base and mine and theirs):
        return None
    said: list[str] = []
    for piece in _stretches(base, mine, theirs, purse, apart=True):
        agreed = piece.agreed if isinstance(piece, _Stretch) else piece
        if agreed is None or purse.left < 0:
            return None
        said += agreed
    return tuple("".join(said).split("\n"))


def _parted(stretch: _Stretch) -> list[Part]:
    """A conflict without the lines at its edges that are alike on both sides."""
    mine, theirs = list(stretch.mine), list(stretch.theirs)
    start = 0
    while start < min(len(mine), len(theirs)) and mine[start] == theirs[start]:
        start += 1
    end = 0
    while end < min(len(mine), len(theirs)) - start and mine[-1 - end] == theirs[-1 - end]:
        end += 1
    middle = Part(
        tuple(stretch.base), True, tuple(mine[start : len(mine) - end]), tuple(theirs[start : len(theirs) - end])
    )
    edges = Part(tuple(mine[:start])), Part(tuple(mine[len(mine) - end :]))
    return [part for part in (edges[0], middle, edges[1]) if part.lines or part.is_conflict]


def merge(base: str, mine: str, theirs: str) -> Merged:
    """What `mine` and `theirs` made of `base`, laid together. At most about a second and a half, whatever the texts."""
    purse = Purse(2 * BUDGET)
    parts: list[Part] = []
    for piece in _stretches(base.split("\n"), mine.split("\n"), theirs.split("\n"), purse, apart=False):
        if not isinstance(piece, _Stretch):
            parts.append(Part(tuple(piece)))
            continue
        agreed = piece.agreed
        lines = tuple(agreed) if agreed is not None else _woven(piece, purse)
        parts += _parted(piece) if lines is None else [Part(lines)]
    return Merged(tuple(parts))


def merge_word(base: str, mine: str, theirs: str) -> str | None:
    """The same for one short thing that is taken whole, such as a title; None when both changed it differently."""
    if mine in (base, theirs):
        return theirs
    return mine if theirs == base else None
