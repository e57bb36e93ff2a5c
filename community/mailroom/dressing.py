"""The headers with which letters about one thing hang together in a mail program, and can be answered.

dress(letter, person, obj, thread)      before `ports.send_mail`: Reply-To, In-Reply-To, References, List-Id
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from community.extensions import db
from community.kinds import card_of
from community.mailroom.tokens import reply_address
from community.people.models import Person
from community.ports import Letter, ports
from community.spaces.models import Space


def dress(letter: Letter, person: Person, obj: Any, thread: tuple[str, int], *, answerable: bool = True) -> Letter:
    """The letter with what makes it part of a conversation. `obj` is what it tells of: a post, a page, a comment …; `thread` is
    what that hangs on, as a kind and a number.

    With `answerable` a reply to it becomes a comment there, where mail comes in (MAIL_DOMAIN).
    """
    kind, number = card_of(obj).name, obj.id
    root = f"{thread[0]}.{thread[1]}"
    headers = {
        **letter.headers,
        "In-Reply-To": f"<{root}@{ports.mail_host}>",
        "References": f"<{root}@{ports.mail_host}>",
    }
    space = db.session.get(Space, obj.space_id) if getattr(obj, "space_id", None) else None
    if space is not None:
        name = " ".join("".join(c for c in space.name if c not in '<>"\\').split())
        headers["List-Id"] = f"{name} <{space.slug}.{ports.mail_host}>"
    address = reply_address(person.id, kind, number) if answerable else None
    if address is not None:
        headers["Reply-To"] = address
    return replace(letter, headers=headers)
