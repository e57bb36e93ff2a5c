"""Puts marks around words in kept HTML: each a link to what is said about them, with words for who does not see colours.

The words may begin and end anywhere: each stretch of text between two tags is marked by itself, so that no mark crosses the
border of a paragraph, an emphasis or a link. Where marks overlap, the one that begins last is on top. Nothing of the text changes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import NamedTuple

from community.comments.texts import TAG

_ENTITY = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);")
_LINKS = frozenset({"a", "button", "summary", "label"})
"""Inside these no other link may stand: the words are marked, their comment is reached from the list."""
_SEALED = frozenset({"math", "svg", "select", "textarea", "title"})
"""What is drawn by rules of its own: no mark is put inside."""


class Spot(NamedTuple):
    """Words to mark: positions in the text as `anchors` counts them, the class, the address it leads to, and what is said of it to
    who cannot see it ("comment 1, must be answered"). `number` names it: the mark is `#a12`.
    """

    number: int
    start: int
    end: int
    looks: str
    to: str
    said: str


@dataclass(slots=True)
class _Piece:
    """A stretch of HTML without tags. `spots`: those that it lies in."""

    start: int
    end: int
    spots: tuple[Spot, ...] = ()
    in_link: bool = False


def mark(html: str, spots: Sequence[Spot]) -> str:
    """The HTML with the marks. One pass over it, whatever the number of marks."""
    if not spots:
        return html
    pieces = _pieces(html, sorted(spots, key=lambda spot: (spot.start, -spot.end)))
    first: dict[int, _Piece] = {}
    last: dict[int, _Piece] = {}
    for piece in pieces:
        for spot in piece.spots:
            first.setdefault(spot.number, piece)
            last[spot.number] = piece
    made, at = [], 0
    for piece in pieces:
        made.append(html[at : piece.start])
        made.append(_marked(html[piece.start : piece.end], piece, first, last))
        at = piece.end
    made.append(html[at:])
    return "".join(made)


def _marked(words: str, piece: _Piece, first: dict[int, _Piece], last: dict[int, _Piece]) -> str:
    begins = [spot.number for spot in piece.spots if first[spot.number] is piece]
    ends = [spot for spot in piece.spots if last[spot.number] is piece]
    top = piece.spots[-1]
    if begins:
        own = top.number if top.number in begins else begins[0]
        name = f' id="a{own}"'
        others = "".join(f'<span id="a{number}"></span>' for number in begins if number != own)
    else:
        name = others = ""
    said = "".join(f'<span class="vh">, {escape(spot.said)}</span>' for spot in ends)
    numbers = " ".join(str(spot.number) for spot in piece.spots)
    looks = f"anchor {top.looks}".strip()
    if piece.in_link:
        return f'{others}<mark class="{looks} plain"{name} data-for="{numbers}">{words}{said}</mark>'
    to = next((spot.to for spot in ends if spot is top), top.to)
    apart = "" if top in ends else ' tabindex="-1"'  # one stop for the keyboard, at the end of the words
    return f'{others}<mark class="{looks}"{name} data-for="{numbers}"><a href="{escape(to)}"{apart}>{words}{said}</a></mark>'


def _pieces(html: str, spots: Sequence[Spot]) -> list[_Piece]:
    """The stretches that are marked, in order."""
    cuts = sorted({edge for spot in spots for edge in (spot.start, spot.end)})
    pieces: list[_Piece] = []
    links = sealed = at = text = 0
    waiting, inside = list(reversed(spots)), list[Spot]()
    stop = cuts[-1]
    behind_pre = False
    for tag in (*TAG.finditer(html), None):
        end = tag.start() if tag is not None else len(html)
        if end > at:
            raw = html[at:end]
            begin = at + 1 if behind_pre and raw[0] == "\n" else at
            length = _length(html[begin:end])
            while waiting and waiting[-1].start < text + length:
                inside.append(waiting.pop())
            if inside and not sealed and not raw.isspace():
                pieces += _cut(html, begin, end, text, length, inside, cuts, links > 0)
            text += length
            inside = [spot for spot in inside if spot.end > text]
            if text >= stop:
                break
        if tag is None:
            break
        name = tag[1].lower()
        step = -1 if html[tag.start() + 1] == "/" else 1
        links += step if name in _LINKS else 0
        sealed += step if name in _SEALED else 0
        behind_pre = name == "pre" and step == 1
        at = tag.end()
    return pieces


def _length(raw: str) -> int:
    return len(unescape(raw)) if "&" in raw else len(raw)


def _cut(
    html: str, begin: int, end: int, text: int, length: int, inside: list[Spot], cuts: list[int], in_link: bool
) -> list[_Piece]:
    """One stretch between two tags, cut where a mark begins or ends."""
    edges = [text, *cuts[bisect_left(cuts, text + 1) : bisect_left(cuts, text + length)], text + length]
    where = _places(html, begin, end, [edge - text for edge in edges])
    found = []
    for at in range(len(edges) - 1):
        covering = tuple(spot for spot in inside if spot.start <= edges[at] and spot.end >= edges[at + 1])
        if covering:
            found.append(_Piece(where[at], where[at + 1], covering, in_link))
    return found


def _places(html: str, begin: int, end: int, offsets: Sequence[int]) -> list[int]:
    """Where the characters with these numbers (rising) stand in a stretch of HTML, in which some are written as `&amp;`."""
    if "&" not in html[begin:end]:
        return [begin + offset for offset in offsets]
    found: list[int] = []
    at, text = begin, 0
    for entity in _ENTITY.finditer(html, begin, end):
        while len(found) < len(offsets) and offsets[len(found)] <= text + entity.start() - at:
            found.append(at + offsets[len(found)] - text)
        text += entity.start() - at + len(unescape(entity[0]))
        at = entity.end()
    found += [at + offset - text for offset in offsets[len(found) :]]
    return found
