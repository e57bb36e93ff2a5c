"""What changed between two texts: lines first, then the words within changed lines.

The shortest script by Myers ("An O(ND) Difference Algorithm and Its Variations", Algorithmica 1, 1986), with a budget:
two long texts that have little in common are compared between the lines that stand once in both, and what that leaves is told as
"all of this became all of that", so that no text can cost more than about half a second.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

BUDGET = 400_000
"""Steps in one comparison: about 0.3 s."""
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")

Piece = tuple[str, str]
"""`same`, `ins` or `del`, and its text."""


@dataclass(frozen=True)
class DiffLine:
    """One line: `same`, `ins`, `del`, or `both` when words in it changed. `skip` stands for `skipped` equal lines."""

    kind: str
    pieces: tuple[Piece, ...] = ()
    skipped: int = 0


class Purse:
    """Steps that a comparison may still take."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.anchored = steps // 2


def matched(old: Sequence[str], new: Sequence[str], purse: Purse) -> list[tuple[int, int, int]]:
    """Runs `(start in old, start in new, length)` that both have, in order; as many as the purse allows."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = _between(old[start : len(old) - end], new[start : len(new) - end], purse)
    runs = [(0, 0, start)] if start else []
    runs += [(a + start, b + start, length) for a, b, length in middle]
    if end:
        runs.append((len(old) - end, len(new) - end, end))
    return runs


def _between(old: Sequence[str], new: Sequence[str], purse: Purse) -> list[tuple[int, int, int]]:
    """The shortest script; where that costs too much, the shortest between what stands once in both (Cohen, "patience diff")."""
    middle = _myers(old, new, purse)
    if purse.left >= 0 or not old or not new:
        return middle
    anchors = _anchors(old, new)
    if not anchors:
        return []
    purse.left = purse.anchored
    purse.anchored = 0
    runs: list[tuple[int, int, int]] = []
    a = b = 0
    for i, j in [*anchors, (len(old), len(new))]:
        if purse.left >= 0:
            runs += [(a + x, b + y, length) for x, y, length in _myers(old[a:i], new[b:j], purse)]
        if i < len(old):
            runs.append((i, j, 1))
        a, b = i + 1, j + 1
    return runs


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of what stands exactly once in both, in the same order on both sides: the longest such row."""
    ours, theirs = Counter(old), Counter(new)
    where = {word: place for place, word in enumerate(new) if theirs[word] == 1}
    pairs = [(i, where[word]) for i, word in enumerate(old) if ours[word] == 1 and word in where]
    tops: list[int] = []  # the smallest end of a row of each length
    held: list[int] = []
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(tops, j)
        before.append(held[length - 1] if length else -1)
        tops[length : length + 1] = [j]
        held[length : length + 1] = [at]
    row: list[tuple[int, int]] = []
    at = held[-1] if held else -1
    while at >= 0:
        row.append(pairs[at])
        at = before[at]
    return row[::-1]


def _myers(old: Sequence[str], new: Sequence[str], purse: Purse) -> list[tuple[int, int, int]]:
    n, m = len(old), len(new)
    if not n or not m:
        return []
    reach = {1: 0}
    trail: list[dict[int, int]] = []
    for d in range(n + m + 1):
        trail.append(dict(reach))
        for k in range(-d, d + 1, 2):
            down = k == -d or (k != d and reach[k - 1] < reach[k + 1])
            x = reach[k + 1] if down else reach[k - 1] + 1
            y = x - k
            before = x
            while x < n and y < m and old[x] == new[y]:
                x, y = x + 1, y + 1
            reach[k] = x
            purse.left -= 1 + x - before
            if x >= n and y >= m:
                return _runs(trail, n, m)
        purse.left -= d  # the copy of the trail
        if purse.left < 0:
            return []
    return []


def _runs(trail: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int, int]]:
    """Walk the trail back and collect its diagonals."""
    runs = []
    for d in range(len(trail) - 1, -1, -1):
        reach, k = trail[d], x - y
        down = k == -d or (k != d and reach[k - 1] < reach[k + 1])
        before_k = k + 1 if down else k - 1
        before_x = reach[before_k]
        after_x = before_x if down else before_x + 1
        if x > after_x:
            runs.append((after_x, after_x - k, x - after_x))
        x, y = before_x, before_x - before_k
    return runs[::-1]


def words_of(text: str) -> list[str]:
    """Its words, its spaces and each other sign; joined they are the text again."""
    return _WORDS.findall(text)


def _pieces(old: str, new: str, purse: Purse) -> tuple[list[Piece], list[Piece]]:
    """The words of two neighbouring stretches: what the old one keeps and loses, what the new one keeps and gains."""
    one, two = words_of(old), words_of(new)
    was: list[Piece] = []
    now: list[Piece] = []
    a = b = 0
    for i, j, length in [*matched(one, two, purse), (len(one), len(two), 0)]:
        if i > a:
            was.append(("del", "".join(one[a:i])))
        if j > b:
            now.append(("ins", "".join(two[b:j])))
        if length:
            same = "".join(one[i : i + length])
            was.append(("same", same))
            now.append(("same", same))
        a, b = i + length, j + length
    return was, now


def _mixed(old: str, new: str, purse: Purse) -> list[DiffLine]:
    """Two lines as one when they are mostly the same, else as two."""
    was, now = _pieces(old, new, purse)
    kept = sum(len(text.strip()) for kind, text in was if kind == "same")
    if kept * 3 < len(old) + len(new) - kept:
        return [DiffLine("del", (("del", old),)), DiffLine("ins", (("ins", new),))]
    woven: list[Piece] = []
    gains = iter(now)
    for piece in was:
        if piece[0] == "same":
            for gained in gains:
                if gained[0] == "same":
                    break
                woven.append(gained)
        woven.append(piece)
    woven += [gained for gained in gains if gained[0] == "ins"]
    return [DiffLine("both", tuple(woven))]


def _changed(old: Sequence[str], new: Sequence[str], purse: Purse) -> list[DiffLine]:
    """A stretch of lines that was replaced: line against line while both have some, then what is left."""
    lines: list[DiffLine] = []
    both = min(len(old), len(new))
    for one, two in zip(old, new, strict=False):
        lines += _mixed(one, two, purse)
    lines += [DiffLine("del", (("del", line),)) for line in old[both:]]
    lines += [DiffLine("ins", (("ins", line),)) for line in new[both:]]
    return lines


def compare(old: str, new: str) -> list[DiffLine]:
    """Every line of both texts, in order. Joining the pieces that are not `ins` gives the lines of `old`, those that are
    not `del` the lines of `new`. At most about half a second, whatever the texts.
    """
    one, two = old.split("\n"), new.split("\n")
    purse = Purse(BUDGET)
    lines: list[DiffLine] = []
    a = b = 0
    for i, j, length in [*matched(one, two, purse), (len(one), len(two), 0)]:
        lines += _changed(one[a:i], two[b:j], purse)
        lines += [DiffLine("same", (("same", line),)) for line in one[i : i + length]]
        a, b = i + length, j + length
    return lines


def folded(lines: Sequence[DiffLine], around: int = 2) -> list[DiffLine]:
    """The same with long equal stretches folded to one `skip` line, `around` lines left at each change."""
    changed = [at for at, line in enumerate(lines) if line.kind != "same"]
    edges = [-around - 1, *changed, len(lines) + around]
    shown: list[DiffLine] = []
    for left, right in pairwise(edges):
        start, end = left + around + 1, right - around
        if left >= 0:
            shown.append(lines[left])
        if end - start < 3:
            shown += lines[max(0, left + 1) : min(right, len(lines))]
            continue
        shown += lines[max(0, left + 1) : start]
        shown.append(DiffLine("skip", skipped=end - start))
        shown += lines[end : min(right, len(lines))]
    return shown
