"""What comes by itself: letters that lost their worker are picked up, and what is older than 90 days is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from community.clock import now
from community.extensions import db, write_unit
from community.jobs.work import enqueue, handles
from community.mailroom.models import Mail, MailFailure, MailReceived

KEPT_FOR = timedelta(days=90)
LOST = timedelta(minutes=2)


@handles("mail.pick-up", every=timedelta(minutes=5))
def pick_up(_payload: dict[str, Any]) -> None:
    """A letter whose worker was killed waits for nobody: give it a new one."""
    lost = select(Mail.id).where(Mail.state == "waiting", Mail.next_at < now() - LOST)
    found = list(db.session.scalars(lost.order_by(Mail.id).limit(500)))
    db.session.rollback()
    if not found:
        return
    slot = int(now().timestamp() // 300)
    with write_unit():
        for mail_id in found:
            enqueue("mail.deliver", {"mail": mail_id}, unique_key=f"mail:{mail_id}@{slot}")


@handles("mail.sweep", every=timedelta(days=1))
def sweep(_payload: dict[str, Any]) -> None:
    """Forget letters, failures and what came in, 90 days afterwards."""
    before = now() - KEPT_FOR
    with write_unit():
        db.session.execute(delete(Mail).where(Mail.created_at < before))
        db.session.execute(delete(MailFailure).where(MailFailure.at < before))
        db.session.execute(delete(MailReceived).where(MailReceived.at < before))
