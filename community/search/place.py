"""The one index of this process for a folder: opened once, shared by readers and by whoever keeps it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from community.search.index import SearchIndex


@cache
def index_in(folder: Path) -> SearchIndex:
    """The index in a folder; the same object each time."""
    return SearchIndex(folder)
