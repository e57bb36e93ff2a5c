"""Readable addresses for spaces: `Team Noorderlicht` → `team-noorderlicht`."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import select

from community.errors import Invalid, _l
from community.extensions import db
from community.spaces.models import Space

_SPECIAL = str.maketrans({"ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "ł": "l", "ı": "i", "đ": "d"})
RESERVED = frozenset({"new", "join", "edit", "all"})


def slug_of(name: str, limit: int = 50) -> str:
    """A lower-case ASCII slug of a name; `space` when nothing of it can be written so."""
    plain = unicodedata.normalize("NFKD", name.translate(_SPECIAL)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:limit].strip("-") or "space"


def free_slug(wanted: str) -> str:
    """`wanted`, or with a number behind it when it is taken. Raises Invalid("slug") when it cannot be an address."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", wanted) or len(wanted) > 56:
        raise Invalid("slug", _l("Use small letters, digits and single dashes, such as cohort-14."))
    taken = set(db.session.scalars(select(Space.slug).where(Space.slug.startswith(wanted, autoescape=True))))
    taken |= RESERVED
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"
