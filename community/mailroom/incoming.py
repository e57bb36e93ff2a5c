"""A mail that came in, as plain facts. Whatever a stranger's program wrote, reading it neither fails nor takes long: what is broken
is empty, and no header and no number of parts is looked at without an end.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from email.utils import getaddresses
from typing import Any

from community.mailroom.cutting import LONGEST, own_words, text_of_html
from community.markup import clean_text, text_from
from community.people.handles import canonical_email

MAX_BYTES = 10_000_000
_HEADER = 4_000  # characters of a header that are looked at
_HEADERS = 20  # headers of one name
_PARTS = 100
_OPENED = 20  # parts that hold others
_BOUNDARY = re.compile(r";\s*boundary\s*=\s*(?:\"([^\"]{1,200})\"|([^\s;\"]{1,200}))", re.IGNORECASE)
_MACHINES = re.compile(r"^(mailer-daemon|postmaster|no-?reply|bounces?)\b", re.IGNORECASE)


class _Short(Compat32):
    """Cuts each header when it is read, before anything looks for something in it."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:_HEADER]


class _Part(Message):
    """A mail or a part of one. Python's own way to find the boundary takes minutes over a header full of semicolons, and each line
    is compared with those of all parts around it: so only the first parts that hold others are opened (`left`).
    """

    def __init__(self, policy: Compat32, left: Iterator[int]) -> None:
        super().__init__(policy)
        self._left = left

    def get_boundary(self, failobj: Any = None) -> Any:
        found = _BOUNDARY.search(header(self, "Content-Type"))
        if found and next(self._left, None) is None:
            return failobj
        return (found[1] or found[2]).rstrip() if found else failobj


@dataclass(frozen=True)
class Incoming:
    """One mail. `senders` are the addresses of its From, `recipients` all that it was sent to, `automatic` whether a machine
    wrote it (RFC 3834), `text` the sender's own words, `files` how many files came along."""

    message_id: str
    senders: tuple[str, ...]
    recipients: tuple[str, ...]
    subject: str
    automatic: bool
    text: str
    files: int
    message: Message = field(repr=False, compare=False)
    raw_hash: str = ""

    def print_for(self, word: str) -> str:
        """What names this mail as sent to one of our addresses, so that it is used there once."""
        return hashlib.sha256(f"{word}\n{self.message_id or self.raw_hash}".encode("utf-8", "replace")).hexdigest()


def header(part: Message, name: str) -> str:
    """The first header of that name, on one line and cut."""
    return next(iter(_all(part, name)), "")


def parts_of(mail: Message) -> Iterator[Message]:
    """The parts of a mail in their order, the first hundred."""
    waiting, seen = [mail], 0
    while waiting and seen < _PARTS:
        part = waiting.pop(0)
        seen += 1
        yield part
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting[:0] = [inner for inner in payload[:_PARTS] if isinstance(inner, Message)]


def _all(part: Message, name: str) -> list[str]:
    wanted = name.lower()
    found = [str(value)[:_HEADER] for key, value in part.raw_items() if key.lower() == wanted]
    return [" ".join(value.replace("\x00", "").split()) for value in found[:_HEADERS]]


def _addresses(mail: Message, *names: str) -> tuple[str, ...]:
    values = [value for name in names for value in _all(mail, name)]
    return tuple(dict.fromkeys(address for _name, address in getaddresses(values) if "@" in address))


def _is_automatic(mail: Message, senders: tuple[str, ...]) -> bool:
    """Whether a machine answered, by RFC 3834 and by what older machines say."""
    submitted = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if header(mail, "Precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    if any(_all(mail, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id")):
        return True
    if header(mail, "Return-Path") == "<>" or mail.get_content_type() == "multipart/report":
        return True
    return any(_MACHINES.match(sender) for sender in senders)


def _is_file(part: Message) -> bool:
    """Whether a part came along as a file, by its name or its kind."""
    if part.get_content_maintype() == "multipart":
        return False
    disposition, kind = header(part, "Content-Disposition").lower(), header(part, "Content-Type").lower()
    named = "filename" in disposition or re.search(r";\s*name\*?\d*\*?=", kind) is not None
    return disposition.startswith("attachment") or named or part.get_content_maintype() not in ("text", "message")


def _content(part: Message) -> str:
    raw = part.get_payload(decode=True)
    if not isinstance(raw, bytes):
        return ""
    kind = header(part, "Content-Type")
    charset = re.search(r"charset\*?\s*=\s*[\"']?([\w.:-]{1,40})", kind, re.IGNORECASE)
    text = text_from(raw[: 4 * LONGEST], charset[1] if charset else "utf-8")[:LONGEST]
    return _unfolded(text) if re.search(r"format\s*=\s*\"?flowed", kind, re.IGNORECASE) else text


def _unfolded(text: str) -> str:
    """The paragraphs of a text that was folded to travel (RFC 3676): a blank at the end of a line says that it goes on."""
    lines = text.replace("\r\n", "\n").split("\n")
    whole = [
        line + ("" if line.endswith(" ") and line != "-- " and not line.startswith(">") else "\n") for line in lines
    ]
    return "".join(whole)


def _text(mail: Message) -> str:
    """The words that the sender wrote: of the first text, or else of the first HTML."""
    texts = [part for part in parts_of(mail) if part.get_content_maintype() == "text" and not _is_file(part)]
    for kind, read in (("text/plain", lambda text: text), ("text/html", text_of_html)):
        part = next((part for part in texts if part.get_content_type() == kind), None)
        if part is not None:
            return own_words(read(_content(part)))
    return ""


def _subject(mail: Message) -> str:
    raw = header(mail, "Subject")[:1000]
    try:
        return " ".join(clean_text(str(make_header(decode_header(raw)))).split())[:200]
    except (LookupError, ValueError):
        return clean_text(raw)[:200]


def read(raw: bytes) -> Incoming:
    """Take a mail apart. What stands behind MAX_BYTES is not looked at. Raises RecursionError for a mail in a mail in a mail …"""
    left = iter(range(_OPENED))
    new: Any = lambda policy: _Part(policy, left)  # noqa: E731 what email makes of each part
    mail = BytesParser(new, policy=_Short()).parsebytes(raw[:MAX_BYTES])
    senders = tuple(canonical_email(address) for address in _addresses(mail, "From"))
    return Incoming(
        message_id=header(mail, "Message-ID")[:500],
        senders=senders,
        recipients=_addresses(mail, "Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"),
        subject=_subject(mail),
        automatic=_is_automatic(mail, senders),
        text=_text(mail),
        files=sum(_is_file(part) for part in parts_of(mail)),
        message=mail,
        raw_hash=hashlib.sha256(raw).hexdigest(),
    )
