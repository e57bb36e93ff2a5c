"""A mail that came in, as plain facts. Whatever a stranger's program wrote, reading it never fails: what is broken is empty."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.utils import getaddresses
from typing import Any

from community.mailroom.cutting import own_words, text_of_html
from community.people.handles import canonical_email

MAX_BYTES = 10_000_000
_MACHINES = re.compile(r"^(mailer-daemon|postmaster|no-?reply|bounces?)\b", re.IGNORECASE)


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


def _all(mail: Message, name: str) -> list[str]:
    try:
        return [" ".join(str(value).split()) for value in mail.get_all(name, [])]
    except Exception:  # the parser of the library fails on some headers that the world holds
        return []


def _first(mail: Message, name: str) -> str:
    return next(iter(_all(mail, name)), "")


def _addresses(mail: Message, *names: str) -> tuple[str, ...]:
    values = [value for name in names for value in _all(mail, name)]
    try:
        found = [address for _name, address in getaddresses(values) if "@" in address]
    except Exception:
        found = []
    return tuple(dict.fromkeys(found))


def _is_automatic(mail: Message, senders: tuple[str, ...]) -> bool:
    """Whether a machine answered, by RFC 3834 and by what older machines say."""
    submitted = _first(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return True
    if _first(mail, "Precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    if any(_all(mail, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id")):
        return True
    if _first(mail, "Return-Path") == "<>" or mail.get_content_type() == "multipart/report":
        return True
    return any(_MACHINES.match(sender) for sender in senders)


def _content(part: Any) -> str:
    try:
        return str(part.get_content())
    except Exception:  # an unknown charset, a broken encoding
        raw = part.get_payload(decode=True)
        return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""


def _text(mail: EmailMessage) -> str:
    try:
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    except Exception:
        plain, html = None, None
    if plain is not None:
        return own_words(_content(plain).replace("\x00", ""))
    return own_words(text_of_html(_content(html).replace("\x00", ""))) if html is not None else ""


def _files(mail: Message) -> int:
    return sum(
        1
        for part in mail.walk()
        if not part.is_multipart() and (part.get_filename() or part.get_content_maintype() not in ("text", "message"))
    )


def read(raw: bytes) -> Incoming:
    """Take a mail apart. What stands behind MAX_BYTES is not looked at."""
    mail = BytesParser(policy=policy.default).parsebytes(raw[:MAX_BYTES])
    assert isinstance(mail, EmailMessage)  # what this policy makes
    senders = tuple(canonical_email(address) for address in _addresses(mail, "From"))
    return Incoming(
        message_id=_first(mail, "Message-ID")[:500],
        senders=senders,
        recipients=_addresses(mail, "Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"),
        subject=_first(mail, "Subject")[:200],
        automatic=_is_automatic(mail, senders),
        text=_text(mail),
        files=_files(mail),
        message=mail,
        raw_hash=hashlib.sha256(raw).hexdigest(),
    )
