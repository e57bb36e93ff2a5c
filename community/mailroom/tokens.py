"""The words in our own addresses, which only this house can make: `reply+<who may answer what>@…`, `space+<who
writes where>@…`, `bounces+<which letter>@…`.

Small letters and digits alone, for some servers fold the part before the @, and never more than its 64 characters.
"""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from datetime import timedelta

from community.clock import now
from community.extensions import db
from community.people.models import Person
from community.ports import ports

KINDS = ("post", "page", "file", "entry", "comment", "ask")
"""What can be answered by mail. The place in this list travels: add at its end."""
LIVES = timedelta(days=60)
_ID = 6  # bytes
_WORD = re.compile(r"[a-z2-7]{26,56}")


@dataclass(frozen=True)
class Ticket:
    """Who may answer what, and whether it is still time."""

    person_id: int
    kind: str
    object_id: int
    expired: bool


def _seal(salt: str, data: bytes, length: int) -> str:
    mark = ports.sign(salt, data)[:length]
    return base64.b32encode(data + mark).decode().rstrip("=").lower()


def _raw(word: str) -> bytes | None:
    word = word.lower()
    if not _WORD.fullmatch(word):
        return None
    try:
        return base64.b32decode(word.upper() + "=" * (-len(word) % 8))
    except ValueError:
        return None


def _open(salt: str, word: str, size: int, length: int) -> bytes | None:
    """What was sealed, or None: not ours, or changed on the way."""
    raw = _raw(word)
    if raw is None:
        return None
    data, mark = raw[:size], raw[size:]
    good = len(raw) == size + length and hmac.compare_digest(mark, ports.sign(salt, data)[:length])
    return data if good else None


def _day() -> int:
    return int(now().timestamp() // 86400)


def reply_word(person_id: int, kind: str, object_id: int) -> str:
    """The word with which somebody may answer a thing, for 60 days."""
    until = _day() + LIVES.days
    data = person_id.to_bytes(_ID) + bytes([KINDS.index(kind)]) + object_id.to_bytes(_ID) + until.to_bytes(2)
    return _seal("reply by mail", data, 15)


def read_reply_word(word: str) -> Ticket | None:
    """What a word opens, or None when it is not ours."""
    data = _open("reply by mail", word, 2 * _ID + 3, 15)
    if data is None or data[_ID] >= len(KINDS):
        return None
    return Ticket(
        int.from_bytes(data[:_ID]),
        KINDS[data[_ID]],
        int.from_bytes(data[_ID + 1 : 2 * _ID + 1]),
        int.from_bytes(data[-2:]) < _day(),
    )


def reply_address(person_id: int, kind: str, object_id: int) -> str | None:
    """The address that turns a reply into a comment; None where no mail comes in."""
    if not ports.mail_domain or kind not in KINDS:
        return None
    return f"reply+{reply_word(person_id, kind, object_id)}@{ports.mail_domain}"


def _posting(person: Person) -> str:
    """What signs a person's own addresses of spaces: a new password makes all of them new."""
    return f"post by mail {person.password_changed_at}"


def post_address(person: Person, space_id: int) -> str | None:
    """The address with which somebody writes into a space, theirs alone; None where no mail comes in."""
    if not ports.mail_domain:
        return None
    data = person.id.to_bytes(_ID) + space_id.to_bytes(_ID)
    return f"space+{_seal(_posting(person), data, 15)}@{ports.mail_domain}"


def read_post_word(word: str) -> tuple[Person, int] | None:
    """Who writes into which space with a word, or None when it is not ours, or no longer."""
    raw = _raw(word)
    person = db.session.get(Person, int.from_bytes(raw[:_ID])) if raw is not None else None
    data = _open(_posting(person), word, 2 * _ID, 15) if person is not None else None
    return (person, int.from_bytes(data[_ID:])) if person is not None and data is not None else None


def bounce_address(mail_id: int) -> str | None:
    """The address to which the failure of this letter is told; None where no mail comes in."""
    if not ports.mail_domain:
        return None
    return f"bounces+{_seal('bounces', mail_id.to_bytes(_ID), 11)}@{ports.mail_domain}"


def read_bounce_word(word: str) -> int | None:
    """Which letter a word belongs to, or None when it is not ours."""
    data = _open("bounces", word, _ID, 11)
    return int.from_bytes(data) if data is not None else None
