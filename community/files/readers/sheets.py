"""Tables: Excel (ECMA-376 part 1, 18), OpenDocument Spreadsheet and delimited text. One part a sheet, a row of cells a line."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from community.files.readers.packed import Packed, Xml
from community.files.readers.telling import MOST_CELLS, Enough, Told

MOST_STRINGS = 4_000_000
"""Characters of the strings that the sheets of a file share."""
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Built-in formats that are dates or times (18.8.30)."""
_CELL = re.compile(r"([A-Z]{1,3})([0-9]+)")


def read_xlsx(packed: Packed, told: Told) -> None:
    """The sheets in their order; of formulas what they came to when the file was saved."""
    told.kind = "sheet"
    main = packed.main_part()
    book = _Book()
    packed.parse(main, book)
    names = packed.relations(main)
    strings, styles = _Strings(), _Formats()
    for kind, name in names.values():
        if kind == "sharedStrings" and name in packed:
            packed.parse(name, strings)
        elif kind == "styles" and name in packed:
            packed.parse(name, styles)
    told.count = len(book.sheets)
    for title, key in book.sheets:
        told.begin(title)
        kind, name = names.get(key, ("", ""))
        if kind == "worksheet" and name in packed:
            packed.parse(name, _Sheet(told, strings.found, styles.dates, since_1904=book.since_1904))
    told.cut = told.cut or strings.full


class _Book(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.sheets: list[tuple[str, str]] = []
        self.since_1904 = False

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "sheet" and len(self.sheets) < 5_000:
            self.sheets.append((attributes.get("name", ""), attributes.get("r:id", "")))
        elif name == "workbookPr":
            self.since_1904 = attributes.get("date1904", "") in ("1", "true")


class _Strings(Xml):
    """The strings that the sheets share (18.4.9). How they sound (`rPh`) is left out."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.full = False
        self._left = MOST_STRINGS
        self._now: list[str] = []
        self._in_text = self._sounds = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "si":
            self._now = []
        elif name == "t":
            self._in_text += 1
        elif name == "rPh":
            self._sounds += 1

    def end(self, name: str) -> None:
        if name == "t":
            self._in_text -= 1
        elif name == "rPh":
            self._sounds -= 1
        elif name == "si":
            words = "".join(self._now)
            self._left -= len(words) + 1
            self.full = self.full or self._left < 0
            if not self.full:
                self.found.append(words)

    def words(self, text: str) -> None:
        if self._in_text and not self._sounds and not self.full:
            self._now.append(text)


class _Formats(Xml):
    """Which styles of cells show a date: by number of the style (18.8.10)."""

    def __init__(self) -> None:
        super().__init__()
        self.dates: set[int] = set()
        self._own: set[str] = set()
        self._in_cells, self._count = False, 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "numFmt":
            code = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", attributes.get("formatCode", "")[:200])
            if re.search(r"[ymdh]", code, re.IGNORECASE):
                self._own.add(attributes.get("numFmtId", ""))
        elif name == "cellXfs":
            self._in_cells = True
        elif name == "xf" and self._in_cells:
            number = attributes.get("numFmtId", "0")
            if number in self._own or (number.isdigit() and len(number) < 5 and int(number) in _DATES):
                self.dates.add(self._count)
            self._count += 1

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self._in_cells = False


class _Sheet(Xml):
    def __init__(self, told: Told, strings: list[str], dates: set[int], *, since_1904: bool) -> None:
        super().__init__()
        self.told, self._strings, self._dates = told, strings, dates
        self._first = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - of no zone
        self._row: list[str] = []
        self._value: list[str] = []
        self._column, self._kind, self._style = 0, "", 0
        self._in_value = 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "row":
            self._row, self._column = [], 0
        elif name == "c":
            at = _CELL.fullmatch(attributes.get("r", ""))
            self._column = _number_of(at[1]) if at else self._column + 1
            self._kind = attributes.get("t", "n")
            style = attributes.get("s", "0")
            self._style = int(style) if style.isdigit() and len(style) < 7 else 0
            self._value = []
        elif name in ("v", "t"):
            self._in_value += 1

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._in_value -= 1
        elif name == "c":
            words = self._told("".join(self._value))
            if words and self._column <= MOST_CELLS:
                self._row += [""] * (self._column - 1 - len(self._row))
                self._row.append(words)
        elif name == "row":
            self.told.say("row", *self._row)

    def words(self, text: str) -> None:
        if self._in_value and len(self._value) < 10_000:
            self._value.append(text)

    def _told(self, value: str) -> str:
        if self._kind == "s":
            at = int(value) if value.strip().isdigit() and len(value) < 10 else -1
            return self._strings[at] if 0 <= at < len(self._strings) else ""
        if self._kind == "b":
            return {"1": "✓", "0": "–"}.get(value, "")
        if self._kind in ("str", "inlineStr", "d"):
            return value
        if self._kind == "e":
            return ""
        return self._number(value)

    def _number(self, value: str) -> str:
        try:
            number = float(value)
        except ValueError:
            return ""
        if self._style in self._dates and 0 <= number < 2_958_466:
            at = self._first + timedelta(days=number)
            if number < 1:
                return at.strftime("%H:%M")
            return at.strftime("%Y-%m-%d" if number == int(number) else "%Y-%m-%d %H:%M")
        return format(number, ".15g")


def _number_of(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


# ---- OpenDocument ---------------------------------------------------------------------------------------------------


def read_ods(packed: Packed, told: Told) -> None:
    """The sheets in their order, as they were shown when the file was saved."""
    told.kind = "sheet"
    reader = _OpenSheets(told)
    try:
        packed.parse("content.xml", reader)
    finally:
        told.count = reader.count


class _OpenSheets(Xml):
    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told, self.count = told, 0
        self._row: list[str] = []
        self._cell: list[str] = []
        self._times = 1
        self._in_cell, self._in_text, self._skipped = False, 0, 0

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._skipped or name in ("annotation", "tracked-changes", "shapes"):
            self._skipped += 1
        elif name == "table":
            self.count += 1
            self.told.begin(attributes.get("name", ""))
        elif name == "table-row":
            self._row = []
        elif name in ("table-cell", "covered-table-cell"):
            times = attributes.get("number-columns-repeated", "1")
            self._times = int(times) if times.isdigit() and len(times) < 5 else MOST_CELLS
            self._cell, self._in_cell = [], True
        elif name == "p" and self._in_cell:
            if self._cell:
                self._cell.append(" ")
            self._in_text += 1
        elif name == "s":
            self._cell.append(" ")

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name == "p" and self._in_text:
            self._in_text -= 1
        elif name in ("table-cell", "covered-table-cell"):
            room = MOST_CELLS - len(self._row)
            self._row += ["".join(self._cell)] * min(self._times, max(0, room))
            self._in_cell = False
        elif name == "table-row":
            self.told.say("row", *self._row)

    def words(self, text: str) -> None:
        if self._in_text and not self._skipped:
            self._cell.append(text)


# ---- delimited text -------------------------------------------------------------------------------------------------


def read_csv(path: str, told: Told) -> None:
    """Rows of cells, divided by whatever the first lines are divided by most evenly (RFC 4180, and its cousins)."""
    with open(path, encoding="utf-8-sig", errors="replace", newline="") as file:  # noqa: PTH123
        head = file.read(8_192)
        lines = head.splitlines()[:20]
        divides = max(
            ";,\t|", key=lambda sign: (min((line.count(sign) for line in lines), default=0), head.count(sign))
        )
        file.seek(0)
        csv.field_size_limit(200_000)
        told.begin()
        try:
            for row in csv.reader(file, delimiter=divides):
                told.say("row", *row)
        except csv.Error:
            told.cut = True
            raise Enough from None
