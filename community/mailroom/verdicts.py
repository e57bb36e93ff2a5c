"""What the answer of a mail server means for a letter: try again, or never; and whether the address is to blame."""

from __future__ import annotations

import re
import smtplib
from dataclasses import dataclass

_ADDRESS = re.compile(r"\b5\.[12]\.\d{1,3}\b")  # RFC 3463: 5.1.x addressing, 5.2.x the mailbox
_NO_BOX = (550, 551, 553)


@dataclass(frozen=True)
class Verdict:
    """`final`: never again. `blames`: the address does not work. `away`: the server itself could not be reached."""

    words: str
    final: bool = False
    blames: bool = False
    away: bool = False


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(f"{code} {text}".split())[:300]


def verdict_of(fault: Exception) -> Verdict:
    """What to make of a letter that did not leave."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(fault.recipients.values()))
        return Verdict(_said(code, words), final=500 <= code < 600, blames=500 <= code < 600)
    if isinstance(fault, smtplib.SMTPDataError):
        said = _said(fault.smtp_code, fault.smtp_error)
        final = 500 <= fault.smtp_code < 600
        told = re.search(r"\b5\.\d{1,3}\.\d{1,3}\b", said)
        blames = bool(_ADDRESS.search(said)) if told else fault.smtp_code in _NO_BOX
        return Verdict(said, final=final, blames=final and blames)
    if isinstance(fault, smtplib.SMTPResponseException):
        # Our name, our sender or our password was refused, or the server is busy: the address can do nothing about it.
        return Verdict(_said(fault.smtp_code, fault.smtp_error), away=isinstance(fault, smtplib.SMTPConnectError))
    if isinstance(fault, ValueError):  # no address, or one that would smuggle in another line
        return Verdict("it cannot be addressed", final=True)
    return Verdict(" ".join(f"{type(fault).__name__}: {fault}".split())[:300], away=isinstance(fault, OSError))
