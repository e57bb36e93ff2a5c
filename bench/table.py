"""Rows as SURFACE.md says: name, scale, value, unit, ceiling, ratio, min, max, queries; one table, one file."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent / "results.json"


@dataclass(frozen=True)
class Row:
    """One figure. `value` is a median, `min` and `max` are of its rounds; `ratio` is value / ceiling, where it has one."""

    name: str
    scale: int
    value: float
    unit: str
    ceiling: float | None = None
    ratio: float | None = None
    min: float | None = None
    max: float | None = None
    queries: int | None = None


def row(
    name: str,
    scale: int,
    unit: str,
    values: Sequence[float],
    ceilings: Sequence[float] = (),
    queries: int | None = None,
    digits: int = 2,
) -> Row:
    """A row of the medians of several rounds; the ratio is the median of the rounds' ratios, each of neighbours in time."""
    ceiling = statistics.median(ceilings) if ceilings else None
    ratio = statistics.median(a / b for a, b in zip(values, ceilings, strict=True) if b) if ceilings else None
    return Row(
        name,
        scale,
        round(statistics.median(values), digits),
        unit,
        None if ceiling is None else round(ceiling, digits),
        None if ratio is None else round(ratio, 2),
        round(min(values), digits),
        round(max(values), digits),
        queries,
    )


HEAD = ("name", "scale", "value", "unit", "ceiling", "ratio", "min", "max", "queries")


def printed(rows: Sequence[Row]) -> str:
    """The rows as one aligned table."""
    lines = [HEAD, *(tuple(_said(getattr(row, name)) for name in HEAD) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            word.ljust(width) if place in (0, 3) else word.rjust(width)
            for place, (word, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _said(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def kept() -> list[Row]:
    """The rows of earlier runs; none when there is no file that can be read."""
    try:
        return [Row(**held) for held in json.loads(FILE.read_text())["rows"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def keep(rows: Sequence[Row], about: dict[str, str]) -> None:
    """Write rows to the file; those of earlier runs stay where this run has no newer ones."""
    fresh = {(row.name, row.scale) for row in rows}
    both = [row for row in kept() if (row.name, row.scale) not in fresh] + list(rows)
    both.sort(key=lambda row: row.scale)
    FILE.write_text(json.dumps({**about, "rows": [asdict(row) for row in both]}, indent=1, ensure_ascii=False) + "\n")
