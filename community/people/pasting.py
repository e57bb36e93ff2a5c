"""Reading a pasted list of people: from a mail's To line, a spreadsheet, or typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from community.people.handles import canonical_email, is_email

MOST_LINES = 500

_ANGLE = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]+)>[\s,;]*")
_FIELDS = re.compile(r"[\t;,]")


@dataclass(frozen=True)
class Pasted:
    """One line: what it holds, or `fault` True when no e-mail stands in it. `text` is the line as it was pasted."""

    text: str
    email: str = ""
    name: str = ""
    fault: bool = False


def read_people(text: str) -> list[Pasted]:
    """People in a text, one a line: `Noor van der Velden <noor@example.org>`, `noor@example.org, Noor van der Velden`,
    `Noor van der Velden; noor@example.org`, or an e-mail alone, of which a name is made. Empty lines are left out, and an
    e-mail that comes again. At most MOST_LINES are read.
    """
    found: dict[str, Pasted] = {}
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines[:MOST_LINES]:
        pasted = _read(line)
        found.setdefault(pasted.email or line, pasted)
    return list(found.values())


def _read(line: str) -> Pasted:
    angle = _ANGLE.fullmatch(line)
    parts = [angle["email"], angle["name"]] if angle else _FIELDS.split(line)
    parts = [" ".join(part.strip().strip("\"'").split()) for part in parts]
    email = next((part for part in parts if is_email(canonical_email(part))), None)
    if email is None:
        return Pasted(line, fault=True)
    name = " ".join(part for part in parts if part and part != email)
    return Pasted(line, canonical_email(email), name or _name_in(email))


def _name_in(email: str) -> str:
    """`kwame.mensah@…` → `Kwame Mensah`: a start, which its owner sees and mends when joining."""
    words = re.split(r"[._+\d-]+", email.partition("@")[0])
    return " ".join(word[:1].upper() + word[1:] for word in words if word) or email
