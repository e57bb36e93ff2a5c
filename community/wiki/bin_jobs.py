"""Work that comes back: what has lain in the bin of a wiki for 30 days goes for good."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from community.errors import NotFound
from community.extensions import db
from community.jobs.work import handles
from community.permissions import SYSTEM
from community.wiki.bin import overdue, sweep_bin
from community.wiki.models import Removal

AT_ONCE = 200


@handles("wiki.bin", every=timedelta(hours=6))
def sweep(_payload: dict[str, Any]) -> None:
    """One removal a transaction, so that one that fails holds up none before it. Running it twice does nothing twice."""
    for number in overdue(AT_ONCE):
        removal = db.session.get(Removal, number)
        if removal is not None:
            with suppress(NotFound):  # somebody brought it back
                sweep_bin(SYSTEM, removal)
