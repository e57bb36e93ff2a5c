"""Who is at the door, and what the frame of every page says to them, in one question: the session, its person, where the log
ends, and how much waits unread. Asked before every page, so it is put together once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, exists, func, select

from community.activity.models import Activity
from community.activity.steady import told
from community.extensions import Ready
from community.messages.models import Participant
from community.notifications.models import Notification
from community.people.models import Person, Session
from community.people.sessions import hashed, is_living


@dataclass(frozen=True, slots=True)
class Arrival:
    """A living session. `person` is what a page shows of somebody, not the row that actions change; `place` is where the log ended,
    `waiting` and `talks` what the masthead counts, `any_unread` whether there is a notice at all to mark as read.
    """

    session_id: int
    seen_at: datetime
    person: Any
    place: int
    waiting: int
    talks: int
    any_unread: bool

    @property
    def shown(self) -> tuple[Any, ...]:
        """What a page shows of its reader."""
        return *self.person[: len(_SHOWN)], self.waiting, self.talks


_person, _session, _notice, _participant, _activity = (
    cast(Table, model.__table__) for model in (Person, Session, Notification, Participant, Activity)
)
_SHOWN = [
    "id",
    "email",
    "name",
    "handle",
    "site_role",
    "status",
    "language",
    "time_zone",
    "picture_key",
    "mail_paused_at",
]
_unread = (_notice.c.person_id == _session.c.person_id, _notice.c.read_at.is_(None))
_waiting = select(func.count()).where(*_unread, _notice.c.in_app.is_(True), _notice.c.hidden.is_(False))
_talks = select(func.count()).where(
    _participant.c.person_id == _session.c.person_id, _participant.c.last_id > _participant.c.read_id
)
# Of tables, not of objects: the rows are facts that nobody changes, and asking so costs a third.
_AT_THE_DOOR = Ready(
    select(
        *(_person.c[name] for name in _SHOWN),
        _session.c.id.label("session_id"),
        _session.c.seen_at.label("session_seen_at"),
        _session.c.expires_at,
        select(func.max(_activity.c.id)).scalar_subquery().label("newest"),
        _waiting.correlate(_session).scalar_subquery().label("waiting"),
        _talks.correlate(_session).scalar_subquery().label("talks"),
        exists().where(*_unread).correlate(_session).label("any_unread"),
    )
    .join_from(_session, _person, _session.c.person_id == _person.c.id)
    .where(_session.c.token_hash == bindparam("token_hash", ""))
)


def arrival_of(token: str) -> Arrival | None:
    """The living session of a token, or None: unknown, ended, too old, or the person is disabled."""
    row = _AT_THE_DOOR.one(token_hash=hashed(token))
    if row is None or row.status != "active" or not is_living(row.session_seen_at, row.expires_at):
        return None
    place = told(row.newest or 0)
    return Arrival(row.session_id, row.session_seen_at, row, place, row.waiting, row.talks, bool(row.any_unread))
