"""How spaces are called as folders, and which names programs use for what is nobody's work.

File managers and office programs write small files of their own beside the work: how a folder is drawn, who has a document open, a
first copy while they save. They ask to see them again at once, so they are kept, but for the person alone and for a day
(`scratch`); in the space nobody finds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from community.errors import Invalid
from community.files.names import checked_name, name_key
from community.spaces.models import Space

_EXACT = frozenset(
    {
        ".ds_store",
        ".localized",
        ".hidden",
        ".directory",
        ".metadata_never_index",
        ".metadata_never_index_unless_rootfs",
        ".metadata_direct_scope_only",
        ".volumeicon.icns",
        ".spotlight-v100",
        ".trashes",
        ".fseventsd",
        ".temporaryitems",
        ".documentrevisions-v100",
        ".ql_disablethumbnails",
        ".ql_disablecache",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "autorun.inf",
        "folder.jpg.tmp",
        "4913",
    }
)
_SHAPES = re.compile(
    r"""
      \._.*                                    # what macOS keeps beside a file
    | \.~lock\..*\#                            # LibreOffice: who has it open
    | ~\$.*                                    # Word, Excel, PowerPoint: who has it open
    | ~wr[a-z]\d{4}\.tmp                       # Word, while it saves
    | ~.*\.tmp | .*\.~tmp | ppt[0-9a-f]+\.tmp | [0-9a-f]{8}\.tmp | [0-9a-f]{8}
    | .*\.(crdownload|part|partial|filepart)   # not whole yet
    | .*\.sb-[0-9a-f]{8}-[0-9a-z]{6}           # macOS, while it saves
    | \(a\ document\ being\ saved\ by\ .*\)
    | \.goutputstream-\w+ | \.fuse_hidden\w+ | \..*\.sw[a-p] | \.\#.*
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_scratch(name: str) -> bool:
    """Whether programs use this name for themselves: it is no work of people. It may be as it came."""
    return name.casefold() in _EXACT or _SHAPES.fullmatch(name) is not None


def folder_names(spaces: Iterable[Space]) -> dict[str, Space]:
    """The spaces by their names as folders, which differ for every file system, the oldest first: where two are called the same,
    the younger has its address behind its name.
    """
    named: dict[str, Space] = {}
    keys: set[str] = set()
    for space in sorted(spaces, key=lambda one: one.id):
        name = folder_name(space.name, space.slug)
        if name_key(name) in keys:
            name = folder_name(f"{space.name} ({space.slug})", space.slug)
        if name_key(name) in keys or is_scratch(name):
            name = space.slug
        keys.add(name_key(name))
        named[name] = space
    return named


def folder_name(words: str, slug: str) -> str:
    """Words as one folder name; the address of the space where nothing is left of them."""
    plain = re.sub(r"""[/\\:*?"<>|\x00-\x1f\x7f]+""", " ", words)
    try:
        return checked_name(plain)
    except Invalid:
        return slug
