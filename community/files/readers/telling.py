"""What a reader tells of a file: its parts (pages, slides, sheets), and in each the lines of words that stand in it, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST_CHARACTERS = 300_000
"""Of one file: what lies behind is not read."""
MOST_PARTS = 1_000
MOST_LINES = 20_000
MOST_CELLS = 100
"""Of one row."""

Line = list[str]
"""Its kind, then its words: `h1` to `h6`, `p`, `li`, `note` (said beside a slide), or `row` with a word for each cell."""


class Fault(Exception):
    """The file cannot be read. `why`: locked, damaged or large."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Enough(Exception):
    """As much was told as is taken."""


@dataclass
class Part:
    """One page, slide or sheet."""

    title: str = ""
    lines: list[Line] = field(default_factory=list)


@dataclass
class Told:
    """What was told so far. `kind` is what a part is: page, slide, sheet, or "" where the parts of a file have no name; `count` how
    many there are, told or not.
    """

    kind: str = ""
    count: int = 0
    cut: bool = False
    parts: list[Part] = field(default_factory=list)
    left: int = MOST_CHARACTERS
    lines: int = MOST_LINES

    def begin(self, title: str = "") -> Part:
        """The next part. Raises Enough."""
        if len(self.parts) >= MOST_PARTS or self.left <= 0:
            raise Enough
        self.parts.append(Part(title[:200]))
        return self.parts[-1]

    def say(self, kind: str, *words: str) -> None:
        """A line of the part that began last. Lines without words are none. Raises Enough."""
        line = [" ".join(word.split()) for word in words[:MOST_CELLS]]
        if not any(line):
            return
        while line and not line[-1]:
            line.pop()
        if not self.parts:
            self.begin()
        size = sum(map(len, line)) + 4 * len(line)  # a cell costs its tags too
        if size > self.left:
            line = [line[0][: self.left]]
        self.left -= size
        self.lines -= 1
        self.parts[-1].lines.append([kind, *line])
        if self.left <= 0 or self.lines <= 0:
            raise Enough

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "count": self.count or len(self.parts),
            "cut": self.cut,
            "parts": [[part.title, part.lines] for part in self.parts],
        }
