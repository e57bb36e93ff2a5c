"""A table in a text file (RFC 4180 and its kin), as much of it as fits on a page."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from community.files.models import File
from community.files.storage import Missing
from community.markup import clean_text, text_from
from community.ports import ports

MOST_BYTES = 300_000
MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 200, 30, 300
"""Of a table that is shown; the file holds the rest."""
_SIGNS = ",;\t|"


@dataclass(frozen=True)
class Table:
    """The first line and those behind it, each as wide as the widest. `cut`: the file goes on."""

    head: list[str]
    rows: list[list[str]]
    cut: bool


def table_of(file: File) -> Table | None:
    """The beginning of a file as a table, None when there is none in it. For whoever came to the file."""
    try:
        with ports.storage().open(file.storage_key, 0, MOST_BYTES) as content:
            return table_in(content.read(), cut=file.size > MOST_BYTES)
    except Missing:
        return None


def table_in(raw: bytes, *, cut: bool = False) -> Table | None:
    """The rows of some bytes. What separates the columns is what parts most of the first lines alike."""
    text = clean_text(text_from(raw, "utf-8").removeprefix("\ufeff"))
    lines = text.splitlines()[:20]
    counts = {sign: [line.count(sign) for line in lines if line.strip()] for sign in _SIGNS}
    sign = max(_SIGNS, key=lambda one: (min(counts[one], default=0), sum(counts[one])))
    rows: list[list[str]] = []
    wide = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
            if not any(cell.strip() for cell in row):
                continue
            if len(rows) > MOST_ROWS:
                cut = True
                break
            cut = cut or len(row) > MOST_COLUMNS
            rows.append([_cell(cell) for cell in row[:MOST_COLUMNS]])
            wide = max(wide, len(rows[-1]))
    except csv.Error:  # one cell without end
        cut = True
    if not rows:
        return None
    rows = [row + [""] * (wide - len(row)) for row in rows]
    return Table(rows[0], rows[1:], cut)


def _cell(words: str) -> str:
    words = words.strip()
    return words if len(words) <= MOST_CHARACTERS else words[: MOST_CHARACTERS - 1] + "…"
