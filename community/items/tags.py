"""Tags of a thing: a name, or a name with a value (`status=ready`). They stand on its row, and count as topics: `#status` in the
words of a post and the tag `status` of a page lead to the same place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from community.errors import Invalid, _l
from community.markdown import topic_key

MOST = 20
_NAME = re.compile(r"[^\W_][\w-]{0,39}")
_MAX_VALUE = 38


def tags_in(words: str) -> list[str]:
    """The tags of a line that somebody typed: `team, status = ready`."""
    return [one for one in re.split(r"[,;\n]", words) if one.strip()]


def checked_tags(tags: Iterable[str]) -> list[str]:
    """Tags as they are kept, each once, in the order in which they came. Raises Invalid("tags")."""
    kept: dict[str, str] = {}
    for tag in tags:
        name, sign, value = tag.partition("=")
        name, value = "-".join(name.strip().removeprefix("#").split()), " ".join(value.split())
        if not _NAME.fullmatch(name) or not any(letter.isalpha() for letter in name):
            raise Invalid("tags", _l("A tag is up to 40 letters, digits and dashes: decision, or status=ready."))
        if sign and (not value or len(value) > _MAX_VALUE or not value.isprintable() or set(value) & set("=,;")):
            raise Invalid(
                "tags", _l("Keep what stands behind the = of a tag under %(limit)d characters."), limit=_MAX_VALUE
            )
        said = f"{name}={value}" if sign else name
        kept.setdefault(topic_key(said), said)
    if len(kept) > MOST:
        raise Invalid("tags", _l("Up to %(limit)d tags fit on one page."), limit=MOST)
    return list(kept.values())


def keys_of(tags: Sequence[str] | None) -> tuple[str, ...]:
    """The topics that tags count as: of `status=ready` both `status` and `status=ready`."""
    keys = [key for tag in tags or () for key in (topic_key(tag.partition("=")[0]), topic_key(tag))]
    return tuple(dict.fromkeys(keys))
