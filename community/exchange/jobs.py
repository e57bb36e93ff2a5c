"""What takes long: an export of many pages, reading a large upload, carrying an import out. And letting go of what is left.

They have a lane of their own: whoever takes a whole wiki out holds up nobody's scheduled post.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import update

from community.errors import Denied, _l
from community.exchange import keeping
from community.exchange.importing import line
from community.exchange.models import Exchange
from community.extensions import db, write_unit
from community.jobs.work import handles
from community.ports import ports


@handles("exchange.run", lane="exchange")
def run(payload: dict[str, Any]) -> None:
    """Do what somebody asked for. Once it ended it is not done again; what was broken off begins anew, and makes nothing twice."""
    number = payload["exchange"]
    with write_unit():
        begun = update(Exchange).where(Exchange.id == number, Exchange.state.in_(("waiting", "running")))
        db.session.execute(begun.values(state="running"))
    row = db.session.get(Exchange, number, populate_existing=True)
    if row is None or row.state not in ("running", "reading"):
        return
    storage = ports.storage()
    try:
        if row.kind == "export":
            keeping.run_export(row, storage)
        elif row.state == "reading":
            keeping.read_import(row, storage)
        else:
            keeping.run_import(row, storage)
    except Denied as fault:
        keeping.end(number, "failed", [line("", fault)])
    except Exception:
        db.session.rollback()
        keeping.end(number, "failed", [line("", _l("Something went wrong on our side. Try again."))])
        raise


@handles("exchange.sweep", every=timedelta(hours=1))
def sweep(_payload: dict[str, Any]) -> None:
    keeping.sweep()
