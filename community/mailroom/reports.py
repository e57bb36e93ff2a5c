"""Reports of failures (RFC 3464) that came back to the address of one letter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from community.extensions import db, write_unit
from community.mailroom.addresses import note_failure
from community.mailroom.incoming import header, parts_of
from community.mailroom.models import Mail
from community.mailroom.tokens import read_bounce_word

_STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
_CODE = re.compile(r"\b([45])\d\d\b")


@dataclass(frozen=True)
class Report:
    """What a server tells of a letter: whether it failed, whether for good, and its words."""

    failed: bool
    hard: bool
    words: str


def report_in(mail: Message) -> Report | None:
    """The worst that a report says, or None when there is none in this mail."""
    found = [_read(block) for part in parts_of(mail) for block in _blocks(part)]
    told = [report for report in found if report is not None]
    return max(told, key=lambda report: (report.failed, report.hard)) if told else None


def _blocks(part: Message) -> list[Message]:
    if part.get_content_type() != "message/delivery-status":
        return []
    payload = part.get_payload()
    return [block for block in payload[:50] if isinstance(block, Message)] if isinstance(payload, list) else []


def _read(block: Message) -> Report | None:
    action = header(block, "Action").lower()
    if not action:  # the block about the whole mail, not about a recipient
        return None
    status, diagnostic = header(block, "Status"), header(block, "Diagnostic-Code").partition(";")[2].strip()
    first = _STATUS.search(status) or _STATUS.search(diagnostic) or _CODE.search(diagnostic)
    failed = action == "failed"
    words = diagnostic if status in diagnostic else f"{status} {diagnostic}"
    return Report(failed, failed and first is not None and first[1] == "5", words.strip()[:300])


def note_report(mail: Message, word: str) -> str:
    """Note what came back for one letter; what came of it, in a word."""
    mail_id = read_bounce_word(word)
    report = report_in(mail)
    if mail_id is None or report is None or not report.failed:
        return "ignored"
    with write_unit():
        letter = db.session.get(Mail, mail_id)
        if letter is None or letter.state not in ("sent", "refused"):
            return "ignored"
        letter.state, letter.answer = "refused", report.words
        if report.hard:
            note_failure(mail_id, letter.address, report.words)
    return "failure"
