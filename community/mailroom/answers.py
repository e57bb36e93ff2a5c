"""A short mail to somebody whose mail could not be used: it says why and gives their words back.

It goes to the address of the account alone, never to whoever a mail says that it is from, and only a few a day: nobody can have us
write to strangers, and two machines never keep each other busy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from community.clock import now
from community.errors import CommunityError, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.mailroom.incoming import Incoming
from community.mailroom.models import Mail
from community.mailroom.queue import post
from community.people.models import Person
from community.ports import ports

A_DAY = 10
LONGEST = 20_000


def use(mail: Incoming, person: Person, do: Callable[[], None]) -> str:
    """Do what a mail asks for, if it is this person's own; what came of it instead, in a word, or "" when it is done."""
    if mail.automatic:
        return "automatic"
    if mail.senders != (person.email,):
        fault: CommunityError = Denied(_l("It came from another address than the one of your account."))
        return say_why(person, fault, text=mail.text)
    try:
        do()
    except NotFound:
        db.session.rollback()
        fault = NotFound(_l("What you wrote to is gone, or you can no longer see it."))
        return say_why(person, fault, text=mail.text)
    except CommunityError as refused:
        db.session.rollback()
        return say_why(person, refused, text=mail.text)
    return ""


def body_of(mail: Incoming, language: str) -> str:
    """The words of a mail as they are posted. Raises Invalid when there are none."""
    if not mail.text:
        raise Invalid("body", _l("It held no words of your own."))
    if not mail.files:
        return mail.text
    return mail.text + "\n\n*" + ports.say(_l("Files that came with this mail were left out."), language) + "*"


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
