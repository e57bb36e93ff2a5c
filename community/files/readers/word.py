"""Texts: Word (ECMA-376 part 1, 17) and OpenDocument Text (part 3, 4 to 9). Headings stay headings, lists lists, tables rows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from community.files.readers.packed import Packed, Xml
from community.files.readers.telling import Told

_SKIPPED = frozenset({"Fallback", "del", "moveFrom", "instrText", "delText"})


def read_docx(packed: Packed, told: Told) -> None:
    """The text, then its footnotes."""
    main = packed.main_part()
    beside = list(packed.relations(main).values())
    styles = _Styles()
    for kind, name in beside:
        if kind == "styles" and name in packed:
            packed.parse(name, styles)
    packed.parse(main, _Document(told, styles.levels))
    for kind, name in beside:
        if kind in ("footnotes", "endnotes") and name in packed:
            packed.parse(name, _Document(told, {}))


class _Styles(Xml):
    """Which styles are headings, and of which level (17.7.4)."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: dict[str, int] = {}
        self._style = ""

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "style":
            self._style = attributes.get("styleId", "")
        elif name == "name" and self._style:
            called = attributes.get("val", "").lower()
            if found := re.fullmatch(r"heading ([1-9])", called):
                self.levels[self._style] = int(found[1])
            elif called == "title":
                self.levels[self._style] = 1
        elif name == "outlineLvl" and self._style and attributes.get("val", "").isdigit():
            level = int(attributes["val"][:2]) + 1
            if level < 10:
                self.levels.setdefault(self._style, level)


class Paragraphs(Xml):
    """Paragraphs that may stand in one another (text boxes) and in cells of tables."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told
        self._open: list[tuple[list[str], list[str]]] = []  # of each paragraph its kind, and its words so far
        self._cells: list[list[str]] = []
        self._rows: list[list[str]] = []

    def start(self, kind: str) -> None:
        self._open.append(([kind], []))

    def be(self, kind: str) -> None:
        """Say what the innermost paragraph is."""
        if self._open:
            self._open[-1][0][0] = kind

    def add(self, text: str) -> None:
        if self._open:
            self._open[-1][1].append(text)

    def stop(self) -> None:
        if self._open:
            kind, words = self._open.pop()
            if self._cells:
                self._cells[-1].append("".join(words))
            else:
                self.told.say(kind[0], "".join(words))

    def start_row(self) -> None:
        self._rows.append([])

    def start_cell(self) -> None:
        self._cells.append([])

    def stop_cell(self) -> None:
        if self._cells:
            words = " ".join(self._cells.pop())
            if self._rows:
                self._rows[-1].append(words)

    def stop_row(self) -> None:
        if self._rows:
            row = self._rows.pop()
            if self._cells:  # a table in a cell
                self._cells[-1].append(" ".join(row))
            else:
                self.told.say("row", *row)


class _Document(Paragraphs):
    def __init__(self, told: Told, levels: Mapping[str, int]) -> None:
        super().__init__(told)
        self._levels = levels
        self._skipped = 0
        self._in_text = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._skipped or name in _SKIPPED:
            self._skipped += 1
        elif name == "p":
            self.start("p")
        elif name == "pStyle":
            if level := self._levels.get(attributes.get("val", "")):
                self.be(f"h{min(level, 6)}")
        elif name == "numPr":
            if self._open and self._open[-1][0][0] == "p":
                self.be("li")
        elif name == "t":
            self._in_text += 1
        elif name in ("tab", "br", "cr"):
            self.add(" ")
        elif name == "noBreakHyphen":
            self.add("-")
        elif name == "tr":
            self.start_row()
        elif name == "tc":
            self.start_cell()

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name == "p":
            self.stop()
        elif name == "t":
            self._in_text -= 1
        elif name == "tc":
            self.stop_cell()
        elif name == "tr":
            self.stop_row()

    def words(self, text: str) -> None:
        if self._in_text and not self._skipped:
            self.add(text)


# ---- OpenDocument ---------------------------------------------------------------------------------------------------

_NOT_SAID = frozenset({"tracked-changes", "annotation", "note-citation", "forms", "scripts", "sequence-decls", "desc"})


def read_odt(packed: Packed, told: Told) -> None:
    """The text, footnotes where they stand."""
    packed.parse("content.xml", OpenText(told))


class OpenText(Paragraphs):
    """The words of an OpenDocument file: also within slides."""

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        self._skipped = 0
        self._in_list = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._skipped or name in _NOT_SAID:
            self._skipped += 1
        elif name == "h":
            level = attributes.get("outline-level", "1")
            self.start(f"h{min(int(level), 6) if level.isdigit() and level != '0' else 1}")
        elif name == "p":
            self.start(self.kind_of_paragraph())
        elif name == "list-item":
            self._in_list += 1
        elif name == "s" or name in ("tab", "line-break"):
            self.add(" ")
        elif name == "table-row":
            self.start_row()
        elif name == "table-cell":
            self.start_cell()

    def kind_of_paragraph(self) -> str:
        return "li" if self._in_list else "p"

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name in ("h", "p"):
            self.stop()
        elif name == "list-item":
            self._in_list -= 1
        elif name == "table-cell":
            self.stop_cell()
        elif name == "table-row":
            self.stop_row()

    def words(self, text: str) -> None:
        if not self._skipped:
            self.add(text)
