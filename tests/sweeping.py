"""For tests: two sweeps, with the days between them that bytes are given to be named."""

from __future__ import annotations

import time

from community.files.storage import Storage
from community.files.sweep import SETTLED, sweep


def swept(storage: Storage) -> None:
    """Take what no row names."""
    for days in (2, 4):
        sweep(storage, at=time.time() + days * SETTLED)
