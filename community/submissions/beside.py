"""Several versions of one page in columns, block against block. Each column marks what it has that the one before it had not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from community.markup import stored
from community.wiki.side import Row, side_by_side

MOST = 4
"""Columns that can be read beside each other."""


@dataclass(frozen=True)
class Line:
    """One block of each version, None where it has none."""

    cells: tuple[Markup | None, ...]
    is_changed: bool


def laid_beside(versions: Sequence[str]) -> list[Line]:
    """The HTML of some versions, the earliest first, as lines of as many cells. At most about a second for each but the first."""
    if len(versions) < 2:
        return [Line((stored(one),), False) for one in versions[:1] if one]
    table: list[list[Markup | None]] = []
    changed: list[bool] = []
    for number in range(1, len(versions)):
        rows = [row for part in side_by_side(versions[number - 1], versions[number]) for row in part.rows]
        if number == 1:
            table = [_two(row, marked=len(versions) == 2) for row in rows]
            changed = [row.kind != "same" for row in rows]
        else:
            table, changed = _one_more(table, changed, rows)
    return [Line(tuple(cells), is_changed) for cells, is_changed in zip(table, changed, strict=True)]


def _two(row: Row, *, marked: bool) -> list[Markup | None]:
    old = row.old if marked else _plain(row.old, "del")
    return [old if row.kind != "ins" else None, row.new if row.kind != "del" else None]


def _plain(html: Markup, mark: str) -> Markup:
    """Without the marks of what goes: in the middle of three only what came is marked."""
    return Markup(str(html).replace(f"<{mark}>", "").replace(f"</{mark}>", ""))  # noqa: S704 - marks of ours taken out again


def _one_more(
    table: list[list[Markup | None]], changed: list[bool], rows: Sequence[Row]
) -> tuple[list[list[Markup | None]], list[bool]]:
    """A further column: a line that has a block in the last one gets the row that begins with that block."""
    wide: list[list[Markup | None]] = []
    flags: list[bool] = []
    width = len(table[0]) if table else 2
    left = iter(rows)
    for cells, was in zip(table, changed, strict=True):
        if cells[-1] is None:
            wide.append([*cells, None])
            flags.append(True)
            continue
        for row in left:
            if row.kind == "ins":
                wide.append([None] * width + [row.new])
                flags.append(True)
                continue
            wide.append([*cells, None if row.kind == "del" else row.new])
            flags.append(was or row.kind != "same")
            break
    for row in left:
        wide.append([None] * width + [row.new])
        flags.append(True)
    return wide, flags
