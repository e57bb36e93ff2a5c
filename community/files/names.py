"""Names of files: what people chose, in any script, made fit to be shown, downloaded and found again on every system."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from community.errors import Invalid, _l

LONGEST = 255
"""Bytes in UTF-8: what the usual file systems hold."""
_MAX_EXTENSION = 40
# Direction marks can make "gpj.exe" read as "exe.jpg"; none of the others can be seen. Joiners stay: scripts need them.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])", re.IGNORECASE)


def extension(name: str) -> str:
    """What stands behind the last point, lower case and with the point; empty when nothing does: `.jpg`."""
    stem, point, last = name.rpartition(".")
    return point + last.lower() if stem and point and 0 < len(last) <= _MAX_EXTENSION else ""


def checked_name(raw: str) -> str:
    """A file name fit to be kept: composed characters (NFC), single blanks, no marks that nobody sees.

    A name of more than `LONGEST` bytes is shortened before its extension, between characters.

    :raises Invalid: "name", when nothing is left, or it holds a slash or a control character, is `.` or `..`, or is a
        name that Windows keeps for a device.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in raw):
        raise Invalid("name", _l("This name holds a character that cannot be shown. Type it again."))
    name = " ".join(unicodedata.normalize("NFC", _UNSEEN.sub("", raw)).split())
    if "/" in name or "\\" in name:
        raise Invalid("name", _l("A file name has no slashes. Leave them out."))
    if not name.strip(". "):
        raise Invalid("name", _l("Give the file a name."))
    name = name.rstrip(". ")  # Windows drops them, and would give two files one name
    if _DEVICE.fullmatch(name.split(".")[0].strip()):
        raise Invalid("name", _l("“%(name)s” means a device on some computers. Choose another name."), name=name[:20])
    return _shortened(name)


def _shortened(name: str) -> str:
    if len(name.encode()) <= LONGEST:
        return name
    tail = extension(name) and name[-len(extension(name)) :]
    room = LONGEST - len(tail.encode())
    if room < 1:
        tail, room = "", LONGEST
    stem = name[: len(name) - len(tail)].encode()[:room].decode("utf-8", "ignore")
    while stem and (unicodedata.combining(name[len(stem)]) or name[len(stem)] == "\u200d" or stem[-1] == "\u200d"):
        stem = stem[:-1]  # do not leave a letter without its accent
    return stem.rstrip(". ") + tail


def name_key(name: str) -> str:
    """The same for names that people, or their computers, take for one: case, composed forms and widths folded."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return unicodedata.normalize("NFKC", folded.casefold())


def folder_key(path: str) -> str:
    """What tells a folder of a space by its way from the top: the SHA-256, in hexadecimal, of that way with each name folded."""
    return hashlib.sha256("/".join(name_key(name) for name in path.split("/")).encode()).hexdigest()
