"""How much fits into one post or comment. What does not fit is refused with a sentence, before anything dear is done with it."""

from __future__ import annotations

import re

from community.errors import Invalid, _l

MAX_MENTIONS = 100
"""Names with an @ in one text."""
MAX_QUOTES = 20
"""Quotes within quotes."""
_MENTION = re.compile(r"(?<![\w@])@\w")
_QUOTES = re.compile(r"^[ \t]{0,3}((?:>[ \t]{0,4})+)", re.MULTILINE)


def check_bounds(body: str, longest: int) -> str:
    """The text, if it fits. Raises Invalid("body")."""
    if len(body) > longest:
        raise Invalid(
            "body",
            _l("This text has %(length)s characters. Up to %(limit)s fit: a longer text is a page, or a file."),
            length=len(body),
            limit=longest,
        )
    if sum(1 for _ in _MENTION.finditer(body)) > MAX_MENTIONS:
        raise Invalid("body", _l("Mention up to %(limit)d people in one text."), limit=MAX_MENTIONS)
    if any(found[1].count(">") > MAX_QUOTES for found in _QUOTES.finditer(body)):
        raise Invalid("body", _l("Quote up to %(limit)d levels deep."), limit=MAX_QUOTES)
    return body
