"""Addresses of pages: `Meeting notes` → `meeting-notes`, below another page `evidence/interviews`.

A path is made of small ASCII letters, digits and single dashes, in as many parts as fit into `MAX_PATH`. What is longer, empty
or an address of our own is refused. A page that was deleted leaves its path to others: it keeps `path~id`, which nobody can type.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from urllib.parse import quote

from community.errors import Invalid, _l

START = "start"
"""The path of the page that stands at the door of a wiki."""
MAX_PATH = 480
"""Characters of a path, so that the mark of a deleted page fits behind it."""
MAX_TITLE = 200
RESERVED = frozenset({"new", "edit", "delete", "rename", "restore", "history", "comments", "preview", "index", "who"})
"""Parts of a path that are addresses of the house. This list does not grow: a page that stands there would be shut in. What comes
new has an address beside the wiki, such as /spaces/x/wiki-care/notes/may, which no page can have.
"""

_SPECIAL = str.maketrans(
    {"ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "ł": "l", "Ł": "L", "ı": "i", "đ": "d"}
)
_PART = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def part_of(words: str) -> str:
    """One part of a path for some words. Words without any Latin letter get a short sign that stays the same."""
    plain = unicodedata.normalize("NFKD", words.translate(_SPECIAL)).encode("ascii", "ignore").decode()
    part = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:80].strip("-")
    return part or f"page-{zlib.crc32(title_key(words).encode()):08x}"


def title_key(title: str) -> str:
    """How titles are compared: width, case and spaces do not count."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def path_of_link(target: str) -> str:
    """Where `[[Evidence/Interviews]]` leads when no page has that title: `evidence/interviews`."""
    parts = [part_of(words) for words in target.split("/") if words.strip()] or [part_of(target)]
    return "/".join(parts)[:MAX_PATH].rstrip("-/")


def is_path(path: str) -> bool:
    """Whether a page could stand there at all."""
    return len(path) <= MAX_PATH and all(_PART.fullmatch(part) for part in path.split("/"))


def checked_path(path: str) -> str:
    """The path, if a page can stand there. Raises Invalid("path")."""
    path = path.strip().strip("/")
    parts = path.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        raise Invalid("path", _l("Use small letters, digits and single dashes, such as meeting-notes or notes/may."))
    if len(path) > MAX_PATH:
        raise Invalid("path", _l("Use a shorter address: up to %(limit)d characters."), limit=MAX_PATH)
    taken = RESERVED.intersection(parts)
    if taken:
        raise Invalid("path", _l("The word %(word)s is an address of the wiki itself. Use another."), word=min(taken))
    return path


def checked_title(title: str) -> str:
    """The title in one line. Raises Invalid("title") when it is empty or too long."""
    title = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in title).split())
    if not title:
        raise Invalid("title", _l("Give the page a title."))
    if len(title) > MAX_TITLE:
        raise Invalid("title", _l("Use a shorter title: up to 200 characters."))
    return title


def freed_path(path: str, page_id: int) -> str:
    """What a deleted page keeps of its path, so that the path is free again."""
    return f"{path[:MAX_PATH]}~{page_id}"


def path_before(path: str) -> str:
    """Where a deleted page stood."""
    return path.rpartition("~")[0] or path


def paths_above(path: str) -> list[str]:
    """`a/b/c` → `a`, `a/b`: where pages above it would stand, the highest first."""
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def url_to_write(slug: str, path: str, title: str) -> str:
    """Where a red link leads: the page when somebody has written it meanwhile, else the form with its title."""
    return f"/spaces/{slug}/wiki/{quote(path)}?title={quote(title, safe='')}"
