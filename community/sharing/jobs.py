"""Links that ended long ago are forgotten: the log keeps that they were."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_

from community.clock import now
from community.extensions import db, write_unit
from community.jobs.work import handles
from community.sharing.models import Share

KEPT = timedelta(days=90)
"""How long an ended link is kept, for who asks what became of it."""


@handles("sharing.sweep", every=timedelta(days=1))
def _sweep(_payload: dict[str, Any]) -> None:
    """Running it twice forgets nothing twice."""
    long_ago = now() - KEPT
    with write_unit():
        db.session.execute(delete(Share).where(or_(Share.expires_at < long_ago, Share.revoked_at < long_ago)))
