"""Which files may come in: by what they are, how large they are, and whether their name says the same (QUALITY 52).

The one way in (`incoming.receive`) asks, for every door: pages, programs, drives, archives, uploads in pieces, posts. What may come
is set in words: `pictures video=2000 documents` are families, with a size in megabytes where it is not the usual one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from community.errors import Invalid, _l
from community.files.media_types import ACTIVE, ENDINGS_OF, UNKNOWN, kind_of
from community.files.names import extension

FAMILIES = ("pictures", "video", "audio", "documents", "archives", "text", "web", "other", "programs")
USUAL = "pictures video audio documents archives text web other"
"""All but programs."""
_PROGRAMS = re.compile(
    r"\.(?:exe|com|bat|cmd|scr|pif|msi|msp|cpl|dll|sys|vbs|vbe|jse|wsf|wsh|hta|ps1|psm1|lnk|reg|jar|apk|app|dmg|pkg|deb|rpm"
    r"|appimage|msix|appx|inf|gadget|scf|settingcontent-ms|desktop|elf|so|dylib|xll|chm)"
)
_STARTS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"dex\n",
    b"L\0\0\0\x01\x14\x02\0",
)
"""Of programs for Windows, Linux, Java, macOS and Android, and of a shortcut of Windows."""
_DOCUMENTS = re.compile(
    r"application/(?:pdf|rtf|msword|epub\+zip|vnd\.(?:ms-|openxmlformats-officedocument\.|oasis\.opendocument\.).*)"
)
_ARCHIVES = ("application/zip", "application/gzip", "application/x-7z-compressed")


@dataclass(frozen=True)
class Policy:
    """The families that may come, and how large each may be, in bytes; None: as large as any file."""

    limits: Mapping[str, int | None]

    def limit(self, media_type: str, name: str, head: bytes, usual: int) -> int:
        """How many bytes of this file may come, of `usual` at most. Raises Invalid (name, file)."""
        _check_ending(media_type, name, head)
        family = family_of(media_type, name, head)
        if family not in self.limits:
            if family == "programs":
                raise Invalid("file", _l("Programs are not kept here. Say where people can get it instead."))
            raise Invalid("file", _l("Files of this kind are not kept here. Send another kind."))
        most = self.limits[family]
        return usual if most is None else min(most, usual)

    def refuse_name(self, name: str) -> None:
        """What can be said before a byte came. Raises Invalid("file")."""
        if "programs" not in self.limits and _PROGRAMS.fullmatch(extension(name)):
            raise Invalid("file", _l("Programs are not kept here. Say where people can get it instead."))


def policy_from(words: str) -> Policy:
    """What a setting says: `pictures=64 video=2000 documents`; sizes in megabytes.

    :raises ValueError: a sentence without its subject, "must …".
    """
    limits: dict[str, int | None] = {}
    for word in words.replace(",", " ").split():
        family, sign, size = word.partition("=")
        if family not in FAMILIES:
            raise ValueError(f"must be of the words {', '.join(FAMILIES)}, not {family!r}")
        if sign and not re.fullmatch(r"[1-9][0-9]{0,6}", size):
            raise ValueError(f"must give {family} a size in megabytes, such as {family}=64, not {size!r}")
        limits[family] = int(size) * 1_000_000 if sign else None
    if not limits:
        raise ValueError("must name a kind of files")
    return Policy(limits)


def family_of(media_type: str, name: str, head: bytes) -> str:
    """Which of the families a file is of."""
    if (
        head.startswith(_STARTS)
        and not (head[:2] == b"MZ" and media_type.startswith("text/"))
        or _PROGRAMS.fullmatch(extension(name))
    ):
        return "programs"
    main = media_type.split("/")[0]
    if media_type in ACTIVE:
        return "web"
    if main in ("image", "video", "audio"):
        return "pictures" if main == "image" else main
    if media_type in _ARCHIVES:
        return "archives"
    if _DOCUMENTS.fullmatch(media_type):
        return "documents"
    return "other" if media_type == UNKNOWN else "text"


def _check_ending(media_type: str, name: str, head: bytes) -> None:
    """A name that promises a kind of its own (`.jpg`) while the bytes are another would mislead people and their programs. Sound
    and films come in more shapes than are known here: those are only refused when they are plainly something else.
    """
    ending = extension(name)
    promised = next((kind for kind, endings in ENDINGS_OF.items() if ending in endings), None)
    if promised is None or media_type != UNKNOWN or not head:
        return
    right = next(iter(ENDINGS_OF.get(kind_of(head), ())), "")
    if right:
        raise Invalid(
            "file",
            _l("Its name ends in %(ending)s, but it is another kind of file. Name it %(right)s and send it again."),
            ending=ending,
            right=right,
        )
    late = promised == "application/pdf" and b"%PDF-" in head[:1024]  # some programs write a line before it
    if not late and not promised.startswith(("audio/", "video/")):
        raise Invalid(
            "file",
            _l("Its name ends in %(ending)s, but it is no such file, or it is damaged. Look whether it opens."),
            ending=ending,
        )


ANYTHING = policy_from(f"{USUAL} programs")
