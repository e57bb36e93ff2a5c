"""On which line of a TOML file does each key stand?

`tomllib` gives the values and forgets where they were. This walks the text once more, only as closely as needed to know
headers, keys and array items from the strings around them, and is trusted only for line numbers: the values always
come from `tomllib`. It never fails; on a broken file it tells how far it came.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Path = tuple[str | int, ...]


@dataclass
class Lines:
    """The lines found. `of` answers for any path, falling back to the nearest table above it."""

    found: dict[Path, int] = field(default_factory=dict)
    last: int = 1

    def of(self, *path: str | int) -> int:
        """The line, counted from 1, of a path such as ("phase", 2, "starts")."""
        for length in range(len(path), 0, -1):
            line = self.found.get(path[:length])
            if line:
                return line
        return 1


def lines_of(text: str) -> Lines:
    """The line of every header, key and array item of a TOML text."""
    return _Walk(text).walk()


class _Walk:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.table: Path = ()
        self.counts: dict[Path, int] = {}
        self.lines = Lines()

    def walk(self) -> Lines:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t\r\n":
                self._step()
            elif char == "#":
                self._comment()
            elif char == "[":
                self._header()
            else:
                self._key_and_value(self.table)
        return self.lines

    def _step(self, count: int = 1) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count

    def _starts(self, what: str) -> bool:
        return self.text.startswith(what, self.at)

    def _comment(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _note(self, path: Path, line: int) -> None:
        self.lines.found.setdefault(path, line)
        self.lines.last = line

    def _header(self) -> None:
        line, double = self.line, self._starts("[[")
        self._step(2 if double else 1)
        keys = self._dotted("]\n")
        while self.at < len(self.text) and self.text[self.at] in "] ":
            self._step()
        path: Path = ()
        for index, key in enumerate(keys):
            path += (key,)
            if double and index == len(keys) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
                self._note(path, line)
            if path in self.counts:
                path += (self.counts[path],)
        self.table = path
        self._note(path, line)

    def _dotted(self, stops: str) -> list[str]:
        """The parts of a dotted key, up to one of `stops`, which is not taken."""
        parts, bare = [], ""
        while self.at < len(self.text) and self.text[self.at] not in stops:
            char = self.text[self.at]
            if char in "\"'":
                bare = self._string().strip("\"'")
            elif char == ".":
                parts.append(bare)
                bare = ""
                self._step()
            else:
                bare += "" if char in " \t\r" else char
                self._step()
        return [*parts, bare]

    def _key_and_value(self, table: Path) -> None:
        line = self.line
        path = (*table, *self._dotted("=\n"))
        self._note(path, line)
        if self._starts("="):
            self._step()
            self._value(path, "\n")

    def _value(self, path: Path, stops: str) -> None:
        """Walk over one value, up to one of `stops` or a comment outside it."""
        while self.at < len(self.text) and self.text[self.at] not in stops:
            char = self.text[self.at]
            if char in "\"'":
                self._string()
            elif char == "[":
                self._array(path)
            elif char == "{":
                self._inline(path)
            elif char == "#":
                return
            else:
                self._step()

    def _array(self, path: Path) -> None:
        self._step()
        item = 0
        while self.at < len(self.text) and self.text[self.at] != "]":
            char = self.text[self.at]
            if char in " \t\r\n":
                self._step()
            elif char == "#":
                self._comment()
            elif char == ",":
                item += 1
                self._step()
            else:
                self._note((*path, item), self.line)
                self._value((*path, item), ",]\n")
        self._step()

    def _inline(self, path: Path) -> None:
        self._step()
        while self.at < len(self.text) and self.text[self.at] not in "}\n":
            if self.text[self.at] in " \t,":
                self._step()
                continue
            line = self.line
            inner = (*path, *self._dotted("=}\n"))
            self._note(inner, line)
            if self._starts("="):
                self._step()
                self._value(inner, ",}\n")
        self._step()

    def _string(self) -> str:
        """Walk over a string of any of the four kinds; give it as written, quotes included."""
        start, quote = self.at, self.text[self.at]
        if self._starts(quote * 3):
            end = self.at + 3
            while end < len(self.text) and not self.text.startswith(quote * 3, end):
                end += 2 if quote == '"' and self.text[end] == "\\" else 1
            end += 3
            while end < len(self.text) and self.text[end] == quote:  # a quote may stand right before the closing ones
                end += 1
        else:
            end = self.at + 1
            while end < len(self.text) and self.text[end] not in (quote, "\n"):
                end += 2 if quote == '"' and self.text[end] == "\\" else 1
            end += 1
        self._step(min(end, len(self.text)) - self.at)
        return self.text[start : self.at]
