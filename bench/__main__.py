"""`python -m bench`: SCALE=10 for a larger data set, ONLY=feed for one part, DATABASE_URL for PostgreSQL."""

from __future__ import annotations

import os
import platform
import sys
import time

# Before anything of the house is imported: what whoosh's old sources warn of is not news.
import warnings
from collections.abc import Callable

warnings.filterwarnings("ignore", category=SyntaxWarning)
warnings.filterwarnings("ignore", category=DeprecationWarning)

from bench import (  # noqa: E402
    anchors,
    delivery,
    depth,
    exchange,
    filing,
    finding,
    followers,
    footprint,
    inbox,
    merging,
    pages,
    returning,
    table,
    wide,
)
from bench.house import House, done, open_house  # noqa: E402

PARTS: dict[str, Callable[[House], list[table.Row]]] = {
    "pages": lambda house: pages.measure(house, "pages"),
    "feed": lambda house: pages.measure(house, "feed"),
    "stream": lambda house: pages.measure(house, "stream"),
    "post": lambda house: pages.measure(house, "post"),
    "wiki": lambda house: pages.measure(house, "wiki") + wide.measure(house),
    "worked": lambda house: pages.measure(house, "worked"),
    "wide": wide.measure,
    "create": pages.measure_create,
    "search": finding.measure,
    "inbox": inbox.measure,
    "depth": depth.measure,
    "merge": merging.measure,
    "words": exchange.measure,
    "live": lambda house: delivery.measure(house, 200) + delivery.measure(house, 500) + delivery.measure(house, 1000),
    "back": returning.measure,
    "tell": followers.measure,
    "anchors": anchors.measure,
    "files": filing.measure,
    "memory": footprint.measure_memory,
    "start": footprint.measure_start,
}
ALL = (
    "pages",
    "create",
    "search",
    "live",
    "back",
    "tell",
    "memory",
    "start",
    "inbox",
    "anchors",
    "files",
    "words",
    "merge",
    "wide",
    "depth",
)


def main() -> int:
    """Measure, print the table, and keep it."""
    only, given = os.environ.get("ONLY", ""), os.environ.get("SCALE", "1")
    if only and only not in PARTS:
        print(f"ONLY must be one of {', '.join(PARTS)}, not {only!r}.", file=sys.stderr)
        return 2
    if not given.isdigit() or not 1 <= int(given) <= 100:
        print(f"SCALE must be a number from 1 to 100, not {given!r}.", file=sys.stderr)
        return 2
    began = time.monotonic()
    rows: list[table.Row] = []
    with open_house(int(given), os.environ.get("DATABASE_URL", "")) as house:
        for name in [only] if only else ALL:
            rows += PARTS[name](house)
        done()
        about = {"database": "SQLite" if house.is_sqlite else "PostgreSQL", "python": platform.python_version()}
    table.keep(rows, about)
    print(table.printed(rows))
    print(_across())
    print(f"\n{len(rows)} rows in {time.monotonic() - began:.0f} s, kept in bench/results.json.")
    return 0


def _across() -> str:
    """What the rows kept of several scales say together: query counts, and the processor time of pages."""
    lines = []
    by_name: dict[str, dict[int, table.Row]] = {}
    for row in table.kept():
        by_name.setdefault(row.name, {})[row.scale] = row
    for name, rows in by_name.items():
        if len(rows) < 2 or not name.endswith(": CPU"):
            continue
        small, large = rows[min(rows)], rows[max(rows)]
        counts = "equal" if small.queries == large.queries else f"{small.queries} and {large.queries}, NOT EQUAL"
        grown = f"{large.ratio / small.ratio:.2f} ×" if small.ratio and large.ratio else "?"
        lines.append(f"{name}: SCALE {large.scale} costs {grown} SCALE {small.scale} (by ratio); queries {counts}")
    return "\n".join(["", *lines])


if __name__ == "__main__":
    sys.exit(main())
