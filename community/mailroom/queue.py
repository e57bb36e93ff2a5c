"""The one way out for letters: each stands in the queue first, is tried until a server takes it, and leaves a line in the log.

    post(letter)                 a letter that is written already: `ports.send_mail`. Outside a write unit
    post_later("join", {…}, to)  one that its writer (`@writes("join")`) writes when it is sent, so that no secret lies in the queue
    Written(letter, left)        what a writer gives that has something to note once the letter has left

A letter gets its Message-ID when it is posted. A job that runs again posts nothing twice. A refusal for good ends its way; for
anything else it is tried again, ever later, for three days. When a server cannot be reached, the others wait a minute too.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from community.clock import now
from community.errors import Conflict, NotFound, _l
from community.extensions import db, write_unit
from community.jobs.work import enqueue, handles, next_name
from community.mailroom.addresses import is_paused, note_failure
from community.mailroom.models import Mail
from community.mailroom.tokens import bounce_address
from community.mailroom.verdicts import Verdict, verdict_of
from community.people.models import Person
from community.permissions import Actor
from community.ports import Letter, ports

log = logging.getLogger(__name__)

MINUTES = (1, 2, 4, 8, 15, 30, 60)
"""How long a letter waits after each try; then an hour each time."""
GIVE_UP = timedelta(days=3)
TAKEN = timedelta(minutes=10)
"""How long one worker may be at a letter before another may try."""
PAUSE = timedelta(minutes=1)

ASKED_FOR = frozenset({"join", "reset", "register", "test", "unused"})
"""Letters that somebody waits for: they go out though mail to the address is paused."""
NO_REPORTS = frozenset({"unused"})
"""Answers to a mail: nobody hears of their failures, so that two machines never write to each other."""


@dataclass(frozen=True)
class Written:
    """A letter, and what is noted once a server has taken it, in the same transaction as the line of the log. A letter that is
    tried again is written again: what is noted belongs to the one that left.
    """

    letter: Letter
    left: Callable[[], None] | None = None


Writer = Callable[[dict[str, Any]], Letter | Written | None]
_writers: dict[str, Writer] = {}
_away_since: list[datetime] = []  # when this process last found no server


def writes(kind: str) -> Callable[[Writer], Writer]:
    """Register who writes the letters of a kind; None when the letter is no longer wanted."""

    def put(writer: Writer) -> Writer:
        _writers[kind] = writer
        return writer

    return put


def _new(address: str, kind: str, **more: Any) -> Mail:
    mail = Mail(
        address=address,
        kind=kind,
        message_id=f"<{secrets.token_hex(16)}@{ports.mail_host}>",
        state="waiting",
        created_at=now(),
        next_at=now(),
        **more,
    )
    db.session.add(mail)
    db.session.flush()
    enqueue("mail.deliver", {"mail": mail.id})
    return mail


def post(letter: Letter) -> None:
    """Put a letter in the queue. It leaves as soon as a worker comes by."""
    keep(letter)


def keep(letter: Letter) -> int:
    """As `post`; gives the number of the letter."""
    name = next_name()
    content = asdict(letter)
    with write_unit():
        known = db.session.scalar(select(Mail.id).where(Mail.name == name)) if name else None
        if known is not None:
            return int(known)
        kind = letter.kind or "letter"
        return _new(letter.to, kind, name=name, subject=letter.subject[:200], content=content).id


def post_later(kind: str, payload: dict[str, Any], *, to: str) -> None:
    """Put a letter in the queue that is written when it is sent."""
    name = next_name()
    with write_unit():
        if name is None or db.session.scalar(select(Mail.id).where(Mail.name == name)) is None:
            _new(to, kind, name=name, recipe={"kind": kind, "payload": payload})


# On its way


@handles("mail.deliver", lane="mail")
def deliver(payload: dict[str, Any]) -> None:
    """Try one letter, if it is its time."""
    mail_id = int(payload["mail"])
    if _server_is_away():
        _wait(mail_id, now() + PAUSE)
    elif _take(mail_id):
        _try(mail_id)


def _server_is_away() -> bool:
    return bool(_away_since) and timedelta() <= now() - _away_since[0] < PAUSE


def _take(mail_id: int) -> bool:
    """Make a letter ours for ten minutes. False when it is over, not due, or in other hands."""
    at = now()
    with write_unit():
        mine = update(Mail).where(Mail.id == mail_id, Mail.state == "waiting", Mail.next_at <= at)
        done = cast("CursorResult[Any]", db.session.execute(mine.values(next_at=at + TAKEN, tries=Mail.tries + 1)))
        return done.rowcount == 1


def _wait(mail_id: int, until: datetime) -> None:
    """Come back to a letter later, without counting a try."""
    with write_unit():
        mail = db.session.get(Mail, mail_id)
        if mail is not None and mail.state == "waiting" and mail.next_at is not None and mail.next_at <= now():
            mail.next_at = until
            enqueue("mail.deliver", {"mail": mail_id}, after=until)


def _try(mail_id: int) -> None:
    mail = db.session.get_one(Mail, mail_id)
    address, kind = mail.address, mail.kind
    if kind not in ASKED_FOR and is_paused(address):
        _over(mail_id, "refused", "mail to this address is paused")
        return
    try:
        written = _letter_of(mail)
    except Exception as fault:  # a letter that cannot be written holds nobody up, and shows in the queue
        log.exception("mail %d could not be written", mail_id)
        db.session.rollback()
        _failed(mail_id, "", Verdict(f"it could not be written: {type(fault).__name__}"))
        return
    if written is None:
        with write_unit():
            db.session.delete(db.session.get_one(Mail, mail_id))
        return
    letter = written.letter
    try:
        answer = ports.carry(letter)
    except (OSError, ValueError) as fault:
        _failed(mail_id, letter.subject, verdict_of(fault))
        return
    _away_since.clear()
    _over(mail_id, "sent", answer or "", letter.subject, left=written.left)


def _letter_of(mail: Mail) -> Written | None:
    """The letter as it leaves: written now or long ago, with the Message-ID and the sender that it was given."""
    mail_id, message_id, kind = mail.id, mail.message_id, mail.kind
    if mail.recipe is not None:
        made = _writers[mail.recipe["kind"]](mail.recipe["payload"])
    else:
        made = Letter(**(mail.content or {}))
    if made is None:
        return None
    written = made if isinstance(made, Written) else Written(made)
    sender = written.letter.sender
    if sender is None:
        sender = "" if kind in NO_REPORTS else bounce_address(mail_id)
    return replace(written, letter=replace(written.letter, message_id=message_id, sender=sender))


def _failed(mail_id: int, subject: str, verdict: Verdict) -> None:
    if verdict.final:
        _over(mail_id, "refused", verdict.words, subject, blames=verdict.blames)
        return
    if verdict.away:
        _away_since[:] = [now()]
    with write_unit():
        mail = db.session.get_one(Mail, mail_id)
        mail.answer, mail.subject = verdict.words, subject[:200] or mail.subject
        if now() - mail.created_at >= GIVE_UP:
            _end(mail, "given-up")
            log.warning("mail %d was given up: %s", mail_id, verdict.words)
            return
        mail.next_at = now() + timedelta(minutes=MINUTES[min(mail.tries, len(MINUTES)) - 1])
        enqueue("mail.deliver", {"mail": mail_id}, after=mail.next_at)


def _over(
    mail_id: int,
    state: str,
    answer: str,
    subject: str = "",
    *,
    blames: bool = False,
    left: Callable[[], None] | None = None,
) -> None:
    with write_unit():
        mail = db.session.get_one(Mail, mail_id)
        mail.answer = " ".join(answer.split())[:300]
        mail.subject = subject[:200] or mail.subject
        _end(mail, state)
        if left is not None:
            left()
        if blames:
            note_failure(mail_id, mail.address, mail.answer)


def _end(mail: Mail, state: str) -> None:
    """A letter's way is over: nothing of its words stays. A recipe holds none, and lets one that did not leave be tried again."""
    mail.state, mail.over_at, mail.next_at, mail.content = state, now(), None, None
    if state == "sent":
        mail.recipe = None


# For who looks after the site


def letters_of(actor: Actor, *, state: str | None = None, before: int | None = None, limit: int = 50) -> list[Mail]:
    """The newest letters, one more than `limit` when there are more. Raises NotFound for who does not look after the site."""
    if not actor.is_administrator:
        raise NotFound()
    stmt = select(Mail).order_by(Mail.id.desc()).limit(limit + 1)
    if state is not None:
        stmt = stmt.where(Mail.state == state)
    if before is not None:
        stmt = stmt.where(Mail.id < before)
    return list(db.session.scalars(stmt))


def try_again(actor: Actor, mail_id: int) -> Mail:
    """Send a letter now that waits, or one that did not leave and can be written anew. Raises NotFound, Conflict."""
    if not actor.is_administrator or db.session.get(Mail, mail_id) is None:
        raise NotFound()
    with write_unit():
        mail = db.session.get_one(Mail, mail_id)
        if mail.recipe is None and mail.content is None:
            raise Conflict(_l("This letter is over: nothing of it was kept."))
        if mail.state != "waiting":
            mail.state, mail.over_at, mail.created_at = "waiting", None, now()
        mail.next_at = now()
        enqueue("mail.deliver", {"mail": mail_id})
    _away_since.clear()
    return mail


def post_test(person: Person) -> int:
    """Put a test mail to somebody in the queue; gives its number."""
    facts = {"to": person.email, "name": person.name, "path": "/"}
    return keep(ports.compose("test", facts, person.language))


def post_test_to_me(actor: Actor) -> str:
    """Send who looks after the site a test mail; gives the address. Raises NotFound."""
    if not actor.is_administrator or actor.id is None:
        raise NotFound()
    person = db.session.get_one(Person, actor.id)
    email = person.email
    post_test(person)
    return email


def outcome_of(mail_id: int) -> tuple[str, str]:
    """State and last answer of a letter, freshly read."""
    db.session.rollback()
    mail = db.session.get_one(Mail, mail_id, populate_existing=True)
    return mail.state, mail.answer
