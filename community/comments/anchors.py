"""Where some words stand in a text that people go on writing: described once, found again after every change, or said to be gone.

Words are described as in the W3C Web Annotation Data Model: TextQuoteSelector (4.2.4: the words, with up to 32 characters before
and after) and TextPositionSelector (4.2.5). Positions count Unicode code points from 0; `end` is the first behind the words.

They are found strictly. What was once true of them alone in the text (`Mark`: that nothing else read the same, stood behind
the same words, …) must be true of exactly one place now, and no two marks may point at different places. Words that were changed a
little are found when exactly one place is at least 0.9 like them, and nothing was when they were last seen. Everything else is
None: an anchor is never put on words that merely look like its own.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntFlag
from functools import lru_cache

CONTEXT = 32
"""Characters kept before and after the words."""
FAR = 320
"""Characters whose print is kept on either side, for words in what stands there twice: a paragraph, a row of a table."""
NEAR = 12
"""Characters of context that count when the rest of it was rewritten."""
ALIKE = 0.9
"""How like the words a changed place must be: 1 − Levenshtein distance / length."""
SAYS_MUCH = 24
"""Characters that say enough to be known without their context."""
LONGEST = 2_000
"""Characters of the words of one anchor."""
_RUN = re.compile(r"\S+")
MOST = 400
"""Places that are looked at: words that occur more often than that are known by their context alone."""


class Mark(IntFlag):
    """By what the words could be told from the rest of their text when they were last seen."""

    ALONE = 1  # nothing else in the text read the same
    BOTH = 2  # nothing that read the same stood between the same 32 characters on either side
    NEAR = 4  # … between the same 12 characters on either side
    UNLIKE = 8  # nothing else was nearly the same
    LEFT = 16  # nothing that read the same stood behind the same 320 characters and before the same 32
    RIGHT = 32  # … behind the same 32 and before the same 320


@dataclass(frozen=True)
class Selector:
    """Words in a text. `print` is the CRC-32 of that text, None when only the words are known (a quote that somebody pasted);
    `left` and `right` are those of the FAR characters before and after.
    """

    exact: str
    prefix: str = ""
    suffix: str = ""
    start: int = -1
    end: int = -1
    marks: Mark = Mark(0)
    print: int | None = None
    left: int = 0
    right: int = 0


def _crc(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4)
def print_of(text: str) -> int:
    """By which a text is known again: CRC-32 of its UTF-8."""
    return _crc(text)


def describe(text: str, start: int, end: int, *, like: str = "") -> Selector:
    """The words at [start, end), blanks at their ends left out. `like`: the words as they were first, when they were changed since.

    Raises ValueError when there are none there, or more than LONGEST characters.
    """
    if not 0 <= start < end <= len(text):
        raise ValueError("no words there")
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start == end or end - start > LONGEST:
        raise ValueError("no words there, or too many")
    found = Selector(
        exact=text[start:end],
        prefix=text[max(0, start - CONTEXT) : start],
        suffix=text[end : end + CONTEXT],
        start=start,
        end=end,
        print=print_of(text),
        left=_crc(text[max(0, start - FAR) : start]),
        right=_crc(text[end : end + FAR]),
    )
    return replace(found, marks=_marks(text, found, like or found.exact))


def find(text: str, selector: Selector, *, like: str = "", changed: bool = True) -> tuple[int, int] | None:
    """Where the words of a selector stand in `text` now, or None when that is not certain. `like`: the words as they were first,
    which a changed place must still be like; `changed=False`: only where they stand unchanged.
    """
    if selector.print is not None and selector.print == print_of(text):
        return selector.start, selector.end
    places = list(_places(text, selector.exact))
    if places:
        at = _told_apart(text, selector, places)
        return None if at is None else (at, at + len(selector.exact))
    first = like or selector.exact
    if first != selector.exact:  # a small change was taken back
        places = list(_places(text, first))
        if places:
            at = _told_apart(text, replace(selector, exact=first), places)
            return None if at is None else (at, at + len(first))
    if not changed or not selector.marks & Mark.UNLIKE or len(first) < NEAR:
        return None
    close = _alike(text, first)
    return (close[0][0], close[0][1]) if len(close) == 1 else None


def choose(text: str, selector: Selector) -> tuple[int, int] | None:
    """Where words stand that somebody selected just now: at their position, else where their context is, else where nothing else
    reads the same. Blanks and line ends may differ. None when they are not there, or more than once.
    """
    start = selector.start
    if start >= 0 and text[start : start + len(selector.exact)] == selector.exact:
        return start, start + len(selector.exact)
    spans = [(at, at + len(selector.exact)) for at in _places(text, selector.exact)]
    if not spans:
        spans = _spread(text, selector.exact)
    if len(spans) > 1 and (selector.prefix or selector.suffix):
        ranked = sorted(((_context(text, span, selector), span) for span in spans), reverse=True)
        if ranked[0][0] > ranked[1][0]:
            return ranked[0][1]
    return spans[0] if len(spans) == 1 else None


def _spread(text: str, words: str) -> list[tuple[int, int]]:
    """Where words stand whose blanks and line ends differ: both are compared without any."""
    wanted = "".join(words.split())
    if not wanted or len(words) > LONGEST:
        return []
    dense, runs, at = (
        "".join(text.split()),
        [0],
        [0],
    )  # where each run without blanks begins, in `dense` and in the text
    for run in _RUN.finditer(text):
        at.append(run.start())
        runs.append(runs[-1] + len(run[0]))
    starts = runs[:-1]

    def place(found: int) -> int:
        run = bisect_right(starts, found) - 1
        return at[run + 1] + found - starts[run]

    return [(place(one), place(one + len(wanted) - 1) + 1) for one in _places(dense, wanted)]


def _context(text: str, span: tuple[int, int], selector: Selector) -> int:
    """How many characters of the context are the same around a place, blanks left out."""
    before, after = "".join(text[: span[0]][-2 * CONTEXT :].split()), "".join(text[span[1] :][: 2 * CONTEXT].split())
    prefix, suffix = "".join(selector.prefix.split()), "".join(selector.suffix.split())
    same = 0
    for one, two in zip(reversed(before), reversed(prefix), strict=False):
        if one != two:
            break
        same += 1
    for one, two in zip(after, suffix, strict=False):
        if one != two:
            break
        same += 1
    return same


# ---- words that stand unchanged -------------------------------------------------------------------------------------


def _places(text: str, words: str) -> Iterator[int]:
    """Where words begin, overlapping ones too; none when there are more than MOST."""
    found: list[int] = []
    at = text.find(words) if words else -1
    while at >= 0 and len(found) <= MOST:
        found.append(at)
        at = text.find(words, at + 1)
    return iter(found if len(found) <= MOST else ())


def _told_apart(text: str, selector: Selector, places: list[int]) -> int | None:
    """The one place that the marks point at. What stood alone may have lost its context on one side; what did not could be any of
    those that read the same, with the context of the one that is gone.
    """
    pointed: set[int] = set()
    between = [at for at in places if _between(text, at, selector, CONTEXT)]
    if selector.marks & Mark.BOTH and len(between) == 1:
        return between[0]
    if len(between) > 1:  # a whole passage stands there more than once: what stands further off tells them apart
        for mark, side in ((Mark.LEFT, _far_left), (Mark.RIGHT, _far_right)):
            apart = [at for at in between if selector.marks & mark and side(text, at, selector)]
            pointed.update(apart if len(apart) == 1 else ())
        return pointed.pop() if len(pointed) == 1 else None
    near = [at for at in places if _between(text, at, selector, NEAR)]
    if selector.marks & Mark.NEAR and len(near) == 1:
        pointed.add(near[0])
    if selector.marks & Mark.ALONE:
        for beside in (
            [at for at in places if len(selector.prefix) >= NEAR and _before(text, at, selector, CONTEXT)],
            [at for at in places if len(selector.suffix) >= NEAR and _after(text, at, selector, CONTEXT)],
            places if len(selector.exact) >= SAYS_MUCH else [],
        ):
            if len(beside) == 1:
                pointed.add(beside[0])
    return pointed.pop() if len(pointed) == 1 else None


def _before(text: str, at: int, selector: Selector, count: int) -> bool:
    return text[max(0, at - count) : at] == selector.prefix[-count:]


def _after(text: str, at: int, selector: Selector, count: int) -> bool:
    end = at + len(selector.exact)
    return text[end : end + count] == selector.suffix[:count]


def _between(text: str, at: int, selector: Selector, count: int) -> bool:
    return _before(text, at, selector, count) and _after(text, at, selector, count)


def _far_left(text: str, at: int, selector: Selector) -> bool:
    return _crc(text[max(0, at - FAR) : at]) == selector.left


def _far_right(text: str, at: int, selector: Selector) -> bool:
    end = at + len(selector.exact)
    return _crc(text[end : end + FAR]) == selector.right


def _marks(text: str, found: Selector, first: str) -> Mark:
    places = list(_places(text, found.exact))
    if places == [found.start]:
        marks = Mark.ALONE | Mark.BOTH | Mark.NEAR
        if not _alike(text, first, (found.start, found.end)):
            marks |= Mark.UNLIKE
        return marks
    marks = Mark(0)
    for mark, count in ((Mark.BOTH, CONTEXT), (Mark.NEAR, NEAR)):
        if [at for at in places if _between(text, at, found, count)] == [found.start]:
            marks |= mark
    between = [at for at in places if _between(text, at, found, CONTEXT)]
    for mark, side in ((Mark.LEFT, _far_left), (Mark.RIGHT, _far_right)):
        if [at for at in between if side(text, at, found)] == [found.start]:
            marks |= mark
    return marks


# ---- words that were changed a little -------------------------------------------------------------------------------


def _alike(text: str, words: str, but: tuple[int, int] = (0, 0)) -> list[tuple[int, int, int]]:
    """Places at least ALIKE words, as `(start, end, distance)`, the nearest first; of those that overlap only the nearest, and none
    that overlap `but`.

    With at most e slips in the words, two of e + 2 pieces of them stand somewhere as they are, about as far apart as in the words:
    only there is it worth to look (the partition filter; Navarro, "A guided tour to approximate string matching", 2001, section 8).
    """
    length = len(words)
    slips = int(length * (1 - ALIKE) + 1e-9)
    if slips == 0:
        return [(at, at + length, 0) for at in _places(text, words) if at + length <= but[0] or at >= but[1]]
    found = []
    looked = -1
    for begin in _candidates(text, words, slips):
        if begin <= looked or (begin + length > but[0] and begin < but[1]):
            continue
        from_, to = max(0, begin - slips), min(len(text), begin + length + 2 * slips)
        looked = begin + slips
        near = _nearest(text[from_:to], words, slips)
        if near[2] <= slips:
            found.append(_whole(text, from_ + near[0], from_ + near[1], near[2], words, slips))
    kept: list[tuple[int, int, int]] = []
    for place in sorted(found, key=lambda one: (one[2], one[0])):
        if all(place[1] <= other[0] or place[0] >= other[1] for other in kept):
            kept.append(place)
    return kept


def _candidates(text: str, words: str, slips: int) -> list[int]:
    """Where the words may begin with so many slips, rising: where two of their pieces say nearly the same."""
    length, pieces = len(words), slips + 2
    size = length // pieces
    said: list[tuple[int, int]] = []
    for piece in range(pieces):
        offset = piece * size
        stop = length if piece == pieces - 1 else offset + size
        said += [(at - offset, piece) for at in _places(text, words[offset:stop])]
    said.sort()
    return [
        one[0]
        for number, one in enumerate(said)
        if (number + 1 < len(said) and said[number + 1][0] - one[0] <= slips and said[number + 1][1] != one[1])
        or (number and one[0] - said[number - 1][0] <= slips and said[number - 1][1] != one[1])
    ]


def _whole(text: str, start: int, end: int, distance: int, words: str, slips: int) -> tuple[int, int, int]:
    """The same place with whole words at its ends, if that is still alike."""
    wider = start
    while wider > 0 and text[wider].isalnum() and text[wider - 1].isalnum() and start - wider <= slips:
        wider -= 1
    further = end
    while further < len(text) and text[further - 1].isalnum() and text[further].isalnum() and further - end <= slips:
        further += 1
    for one, two in ((wider, further), (wider, end), (start, further)):
        if (one, two) != (start, end):
            apart = distance_between(text[one:two], words)
            if apart <= slips:
                return one, two, apart
    return start, end, distance


def distance_between(one: str, two: str) -> int:
    """The Levenshtein distance of two texts: how many characters to put in, take out or change."""
    return _end_of(one, two, whole=True)[0] if two else len(one)


def _nearest(text: str, words: str, slips: int) -> tuple[int, int, int]:
    """The stretch of a short text with the least Levenshtein distance to the words: `(start, end, distance)`. When that is more
    than so many slips, where it is is not asked.
    """
    distance, end = _end_of(text, words)
    if distance > slips:
        return 0, 0, distance
    _, back = _end_of(text[:end][::-1], words[::-1])
    return end - back, end, distance


def _end_of(text: str, words: str, *, whole: bool = False) -> tuple[int, int]:
    """`(distance, end)` of the stretch nearest to the words; of several the one whose end leaves the most fitting length. `whole`:
    of the whole text.

    The columns of the matrix of distances as bits (Hyyrö, "Explaining and extending the bit-parallel approximate string
    matching algorithm of Myers", 2001): one step of long integers for each character of the text.
    """
    length = len(words)
    full, high = (1 << length) - 1, 1 << (length - 1)
    where: dict[str, int] = {}
    for bit, char in enumerate(words):
        where[char] = where.get(char, 0) | 1 << bit
    rises, falls, score = full, 0, length
    best = (score, 0, 0)
    for at, char in enumerate(text, 1):
        equal = where.get(char, 0)
        down = equal | falls
        across = (((equal & rises) + rises) ^ rises) | equal
        up, less = falls | (~(across | rises) & full), rises & across
        if up & high:
            score += 1
        elif less & high:
            score -= 1
        up, less = (up << 1 | whole) & full, (less << 1) & full
        rises, falls = less | (~(down | up) & full), up & down
        best = min(best, (score, abs(at - length), at))
    return (score, len(text)) if whole else (best[0], best[2])
