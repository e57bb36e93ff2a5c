"""A short mail to somebody whose mail could not be used: it says why and gives their words back.

It goes to the address of the account alone, never to whoever a mail says that it is from, and only a few a day: nobody can have us
write to strangers, and two machines never keep each other busy.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from community.clock import now
from community.errors import CommunityError
from community.extensions import db
from community.mailroom.models import Mail
from community.mailroom.queue import post
from community.people.models import Person
from community.ports import ports

A_DAY = 10
LONGEST = 20_000


def say_why(person: Person, fault: CommunityError, *, text: str, path: str = "") -> str:
    """Tell somebody why their mail was not used; what came of it, in a word."""
    recent = select(func.count()).where(
        Mail.address == person.email, Mail.kind == "unused", Mail.created_at > now() - timedelta(days=1)
    )
    if (db.session.scalar(recent) or 0) >= A_DAY:
        return "unanswered"
    facts: dict[str, Any] = {
        "to": person.email,
        "name": person.name,
        "why": ports.say(fault.sentence, person.language, **fault.facts),
        "words": text[:LONGEST],
        "path": path,
    }
    post(ports.compose("unused", facts, person.language))
    return "answered"
