"""A mail that comes in, from any mail server that can pipe one into `flask mail receive`: used once, where it was sent to."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from community.extensions import db, write_unit
from community.mailroom.incoming import Incoming, read
from community.mailroom.models import MailReceived
from community.mailroom.posts import take_post
from community.mailroom.replies import take_reply
from community.mailroom.reports import note_report
from community.ports import ports

_DOORS: dict[str, Callable[[Incoming, str], str]] = {
    "bounces": lambda mail, word: note_report(mail.message, word),
    "reply": take_reply,
    "space": take_post,
}


def receive(raw: bytes, *, to: str = "") -> str:
    """Use a mail. `to` is the address that the mail server delivered it for; without it, the mail's own headers say. Gives what
    came of it: comment, post, failure, answered, automatic, seen, ignored. When it raises, nothing is lost: send the mail again.
    """
    try:
        mail = read(raw)
    except RecursionError:  # nobody's mail program wrote this
        return "ignored"
    found = _place_of(mail, to)
    if found is None:
        return "ignored"
    place, word = found
    number = _begin(mail.print_for(word))
    if number is None:
        return "seen"
    outcome = _DOORS[place](mail, word)
    with write_unit():
        db.session.execute(update(MailReceived).where(MailReceived.id == number).values(outcome=outcome))
    return outcome


def _place_of(mail: Incoming, to: str) -> tuple[str, str] | None:
    """Which of our addresses a mail is for: the part before the plus, and the word behind it."""
    for address in (to,) if to else mail.recipients:
        local, _, domain = address.strip().strip("<>").lower().rpartition("@")
        place, _, word = local.partition("+")
        if domain == ports.mail_domain and domain and place in _DOORS and word:
            return place, word
    return None


def _begin(mark: str) -> int | None:
    """The row of a mail that was not used yet, or None. One that broke off halfway is begun again."""
    try:
        with write_unit():
            known = db.session.scalars(select(MailReceived).where(MailReceived.print == mark)).one_or_none()
            if known is not None:
                return None if known.outcome else known.id
            row = MailReceived(print=mark)
            db.session.add(row)
            db.session.flush()
            return row.id
    except IntegrityError:  # another process is at the same mail
        return None
