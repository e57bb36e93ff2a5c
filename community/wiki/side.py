"""Two rendered texts side by side, block against block, the words that changed marked in both.

What comes in is HTML that the house rendered and cleaned; what goes out is the same HTML with `<ins>` and `<del>` around words,
never around or inside of a tag, and without ids, since one page shows both texts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from community.markup import stored
from community.wiki.diff import BUDGET, Purse, matched

AROUND = 1
"""Blocks that stay in sight on each side of a change."""
_TOKENS = re.compile(r"""<(?:[^"'<>]|"[^"]*"|'[^']*')*>|&#?\w+;|\w+|\s+|[^\w\s]""")
_NAME = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]*)")
_ID = re.compile(r'\s(?:id|aria-describedby|aria-labelledby)="[^"]*"')
_START = re.compile(r'\sstart="(\d{1,9})"')
_EMPTY = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_WHOLE = re.compile(r"<(?:math|svg|video|audio)\b")
_MOST_PAIRS = 2_500
Tokens = tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One block of each text: `same`, `ins` (only in the new one), `del` (only in the old one) or `both` (changed)."""

    kind: str
    old: Markup = Markup("")
    new: Markup = Markup("")


@dataclass(frozen=True)
class Stretch:
    """Rows that belong together. `is_folded`: nothing changed in them, and they are many."""

    rows: tuple[Row, ...]
    is_folded: bool = False


def side_by_side(old_html: str, new_html: str) -> list[Stretch]:
    """Both texts as rows of two columns, with long stretches that stayed folded. At most about a second, whatever the texts. Every
    element at the top of a text is one row.
    """
    return _folded(_laid(_Column(_blocks(old_html)), _Column(_blocks(new_html)), Purse(BUDGET), _one_row))


def item_by_item(old_html: str, new_html: str) -> list[Stretch]:
    """The same, but lists that changed are taken apart: each item is a row, as a list of its own with its number."""
    return _folded(_laid(_Column(_blocks(old_html)), _Column(_blocks(new_html)), Purse(BUDGET), _beside))


def has_changes(stretches: Sequence[Stretch]) -> bool:
    """Whether the two look different at all."""
    return any(row.kind != "same" for stretch in stretches for row in stretch.rows)


def _blocks(html: str) -> list[Tokens]:
    """The elements at the top of a text, each as its tags and words."""
    blocks: list[Tokens] = []
    held: list[str] = []
    depth = 0
    for token in _TOKENS.findall(html):
        name = _NAME.match(token)
        if name is None and not depth and not held and token.isspace():
            continue
        held.append(_ID.sub("", token) if name else token)
        if name is not None and name[1].lower() not in _EMPTY:
            depth = max(0, depth - 1) if token.startswith("</") else depth + 1
        if name is not None and depth == 0:
            blocks.append(tuple(held))
            held = []
    if held:
        blocks.append(tuple(held))
    return blocks


def _said(tokens: Sequence[str]) -> Markup:
    return stored("".join(tokens))


def _is_tag(token: str) -> bool:
    return len(token) > 1 and token[0] == "<"


@dataclass(frozen=True)
class _Column:
    """Blocks that are compared, and how one of them is shown: the items of a list as lists of their own."""

    blocks: list[Tokens]
    name: str = ""
    opening: str = ""

    def shown(self, place: int) -> Tokens:
        block, opening = self.blocks[place], self.opening
        if not self.name:
            return block
        if self.name == "ol":
            first = _START.search(opening)
            opening = f'<ol start="{(int(first[1]) if first else 1) + place}">'
        return (opening, *block, f"</{self.name}>")


_Besides = Callable[[Tokens, Tokens, Purse], list[Row]]


def _laid(old: _Column, new: _Column, purse: Purse, beside: _Besides) -> list[Row]:
    """Blocks against blocks: those that stayed, those with much in common `beside` each other, the others alone."""
    rows: list[Row] = []
    a = b = 0
    one, two = old.blocks, new.blocks
    for i, j, length in [*matched(_joined(one), _joined(two), purse), (len(one), len(two), 0)]:
        for x, y in [*((a + x, b + y) for x, y in _pairs(one[a:i], two[b:j])), (i, j)]:
            rows += [Row("del", old=_whole(old.shown(place), "del")) for place in range(a, x)]
            rows += [Row("ins", new=_whole(new.shown(place), "ins")) for place in range(b, y)]
            if x < i and y < j:
                rows += beside(old.shown(x), new.shown(y), purse)
            a, b = x + 1, y + 1
        rows += [Row("same", _said(old.shown(i + step)), _said(new.shown(j + step))) for step in range(length)]
        a, b = i + length, j + length
    return rows


def _joined(blocks: list[Tokens]) -> list[str]:
    return ["".join(block) for block in blocks]


def _list_in(block: Tokens) -> _Column | None:
    """The items of a list, None for anything else."""
    name = _NAME.match(block[0])
    if name is None or name[1] not in ("ul", "ol"):
        return None
    items: list[Tokens] = []
    held: list[str] = []
    depth = 0
    for token in block[1:-1]:
        tag = _NAME.match(token)
        if not depth and tag is None and token.isspace():
            continue
        held.append(token)
        if tag is not None and tag[1].lower() not in _EMPTY:
            depth += -1 if token.startswith("</") else 1
        if not depth:
            items.append(tuple(held))
            held = []
    return _Column(items, name[1], block[0]) if items and not held else None


def _one_row(old: Tokens, new: Tokens, purse: Purse) -> list[Row]:
    return [_marked(old, new, purse)]


def _beside(old: Tokens, new: Tokens, purse: Purse) -> list[Row]:
    """Two blocks that belong together; two lists item by item."""
    one, two = _list_in(old), _list_in(new)
    if one is None or two is None or one.name != two.name or len(one.blocks) + len(two.blocks) < 3:
        return [_marked(old, new, purse)]
    return _laid(one, two, purse, _beside)


def _pairs(old: list[Tokens], new: list[Tokens]) -> list[tuple[int, int]]:
    """Which blocks belong together, in order: those whose words are most alike, at least a third of them."""
    if len(old) * len(new) > _MOST_PAIRS:
        return [(place, place) for place in range(min(len(old), len(new)))]
    ours, theirs = (
        [Counter(t for t in block if t.strip() and not _is_tag(t)) for block in side] for side in (old, new)
    )
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[0.0] * len(new) for _ in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            share = 2 * (ours[i] & theirs[j]).total() / ((ours[i].total() + theirs[j].total()) or 1)
            alike[i][j] = share if share >= 0.34 else 0.0
            best[i][j] = max(best[i + 1][j], best[i][j + 1], (alike[i][j] and alike[i][j] + best[i + 1][j + 1]))
    pairs = []
    i = j = 0
    while i < len(old) and j < len(new):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _whole(tokens: Tokens, mark: str) -> Markup:
    return _painted(tokens, [False] * len(tokens), mark)


def _marked(old: Tokens, new: Tokens, purse: Purse) -> Row:
    """Two blocks with the words marked that only one of them has; where only a format changed no word is."""
    kept_old, kept_new = [_is_tag(token) for token in old], [_is_tag(token) for token in new]
    ours = [place for place, token in enumerate(old) if not kept_old[place]]
    theirs = [place for place, token in enumerate(new) if not kept_new[place]]
    for i, j, length in matched([old[place] for place in ours], [new[place] for place in theirs], purse):
        for step in range(length):
            kept_old[ours[i + step]] = kept_new[theirs[j + step]] = True
    return Row("both", _painted(old, kept_old, "del"), _painted(new, kept_new, "ins"))


def _painted(tokens: Tokens, kept: Sequence[bool], mark: str) -> Markup:
    """The tokens with `<mark>` around each run of words that are not kept. Formulas and drawings stay as they are."""
    html = "".join(tokens)
    if _WHOLE.search(html):
        return stored(html)
    said: list[str] = []
    for plain, run in groupby(zip(tokens, kept, strict=True), key=lambda pair: pair[1] or _is_tag(pair[0])):
        words = "".join(token for token, _ in run)
        said.append(words if plain or not words.strip() else f"<{mark}>{words}</{mark}>")
    return stored("".join(said))


def _folded(rows: list[Row]) -> list[Stretch]:
    found: list[Stretch] = []
    runs = [(same, list(run)) for same, run in groupby(rows, key=lambda row: row.kind == "same")]
    for place, (same, run) in enumerate(runs):
        before, after = (AROUND if place else 0), (AROUND if place < len(runs) - 1 else 0)
        if not same or len(run) - before - after < 2:
            found.append(Stretch(tuple(run)))
            continue
        end = len(run) - after
        found += [
            Stretch(tuple(part), is_folded)
            for part, is_folded in ((run[:before], False), (run[before:end], True), (run[end:], False))
            if part
        ]
    return found
