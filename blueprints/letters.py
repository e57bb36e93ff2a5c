"""Letters: written from templates/mail/ in the language of who gets them, and sent on their way.

A letter of kind `join` is `mail/join.txt` (its first line is the subject) and `mail/join.html`. Templates know, beside
the facts they are given: `site` (the address of this site), `link` (the whole address of `path`, when there is one) and
`organisation`. Addresses come from BASE_URL, never from what a request calls itself (CWE-640).

`transport(settings)` gives what sends: `file://folder` writes one .eml a letter, whole or not at all; `smtp://` speaks to
a server, over TLS where it can, and gives no password away without; `smtps://` speaks TLS from the start.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import secrets
import smtplib
import ssl
import tempfile
from collections.abc import Callable
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import formatdate, make_msgid, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import current_app, render_template
from flask_babel import force_locale, gettext
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from blueprints import inbox_words, notice_words
from community.clock import now
from community.config import ROOT, Settings
from community.ports import Letter

TIMEOUT = 20
"""Seconds that a mail server may let us wait."""
REGISTER_FOR = 24 * 3600
"""Seconds that a link to register stays good."""


def site() -> str:
    """The address of this site, without a slash at its end."""
    settings: Settings = current_app.config["SETTINGS"]
    return (settings.BASE_URL or f"http://127.0.0.1:{settings.PORT}").rstrip("/")


def compose(kind: str, facts: dict[str, Any], language: str) -> Letter:
    """The letter of this kind. `facts["to"]` is the address; the rest is for the templates.

    Raises jinja2.TemplateNotFound for a kind without templates.
    """
    facts = dict(facts)
    if kind == "register":
        facts["path"] = f"/join/{register_token(facts['to'], facts['invitation'])}"
    if facts.get("leave"):
        facts["leave_link"] = f"{site()}/unsubscribe/{leave_token(facts['person'], facts['leave'])}"
    if facts.get("leave_space"):
        facts["mute_link"] = f"{site()}/unsubscribe/{leave_token(facts['person'], facts['leave_space'])}"
    known = {
        "site": site(),
        "link": site() + facts["path"] if facts.get("path") else "",
        "organisation": current_app.config["SETTINGS"].ORGANISATION,
        "language": language,
        "say_notice": notice_words.words_of,
        "say_moment": notice_words.moment,
        "say_topic": notice_words.topic_words,
        "say_wait": inbox_words.sort_words,
        "say_span": inbox_words.span_words,
        **facts,
    }
    with force_locale(language):
        subject, _, text = render_template(f"mail/{kind}.txt", **known).partition("\n")
        html = render_template(f"mail/{kind}.html", **known)
    headers = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Content-Language": language}
    if facts.get("leave_link"):  # RFC 8058: a mail program may unsubscribe with one POST, signed in or not
        headers["List-Unsubscribe"] = f"<{facts['leave_link']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return Letter(
        to=facts["to"],
        subject=" ".join(subject.split()),
        text=text.strip() + "\n",
        html=html,
        headers=headers,
        kind=kind,
    )


def say(sentence: str, language: str, **facts: Any) -> str:
    """A sentence of the house in a language, for what the domain writes by itself."""
    with force_locale(language):
        return gettext(sentence, **facts)


# The link to register: it proves that its holder reads the mail of that address. Nothing is kept of it: it is used up
# when the account exists, and opens no more than the link into the space does at that moment.


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="register")


def register_token(email: str, invitation_id: int) -> str:
    """A signed word that binds an e-mail to a link into a space."""
    return "r." + _signer().dumps([email, invitation_id])


def read_register_token(token: str) -> tuple[str, int] | None:
    """The e-mail and the invitation's id, or None when it is not ours or older than a day."""
    if not token.startswith("r."):
        return None
    try:
        email, invitation_id = _signer().loads(token[2:], max_age=REGISTER_FOR)
    except (BadSignature, ValueError, TypeError):
        return None
    return str(email), int(invitation_id)


# The link to hear no more of something. It opens nothing: whoever holds it can stop mails, and take that back.


def _leaving() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="unsubscribe")


def leave_token(person_id: int, what: str, *more: str | None) -> str:
    """A signed word that binds a person to what they may stop (`community.notifications.keeping.stop`)."""
    return _leaving().dumps([person_id, what, *more])


def read_leave_token(token: str) -> list[Any] | None:
    """What `leave_token` was told, or None when it is not ours."""
    try:
        held = _leaving().loads(token)
    except (BadSignature, ValueError, TypeError):
        return None
    return held if isinstance(held, list) else None


# On their way


class _Whole(UnstructuredHeader):
    """A header that is an address: never folded, for inside an encoded word no mail program would know it again."""

    name: str  # the registry makes a class of this one and email's BaseHeader

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
for _name in ("List-Unsubscribe", "References", "In-Reply-To"):
    _HEADERS.map_to_type(_name, _Whole)  # type: ignore[arg-type]
_POLICY = SMTP.clone(utf8=False, header_factory=_HEADERS)


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """The letter as RFC 5322 wants it: text first, HTML as the alternative. Raises ValueError when the address or a
    header could smuggle in another line.
    """
    if not parseaddr(letter.to)[1] or any(c in letter.to for c in "\r\n,;"):
        raise ValueError("a letter goes to one address")
    mail = EmailMessage(policy=_POLICY)
    mail["From"], mail["To"], mail["Subject"] = sender, letter.to, letter.subject
    mail["Date"] = formatdate(now().timestamp())
    mail["Message-ID"] = letter.message_id or make_msgid(domain=host_of(sender))
    for name, value in letter.headers.items():
        mail[name] = value
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


def host_of(sender: str) -> str:
    """The domain of an address."""
    return parseaddr(sender)[1].partition("@")[2] or "localhost"


def signer(key: str) -> Callable[[str, bytes], bytes]:
    """What makes signatures that only who knows the key can make; each `salt` has a key of its own."""
    return lambda salt, data: hmac.digest(hmac.digest(key.encode(), salt.encode(), "sha256"), data, "sha256")


def transport(settings: Settings) -> Callable[[Letter], str]:
    """What carries letters, by MAIL_URL: it gives the server's answer, and raises OSError (smtplib's errors are such) when
    a letter did not leave.
    """
    url = urlsplit(settings.MAIL_URL)
    if url.scheme == "file":
        path = settings.MAIL_URL.removeprefix("file://")
        folder = Path(path) if path.startswith("/") else ROOT / path
        return lambda letter: _write(letter, settings.MAIL_FROM, folder)
    return lambda letter: _deliver(letter, settings)


def _write(letter: Letter, sender: str, folder: Path) -> str:
    """One file a letter, named so that they sort by time."""
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(message_of(letter, sender).as_bytes())
    kept = Path(name).rename(folder / f"{now():%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}.eml")
    return f"written to {kept.name}"


def _deliver(letter: Letter, settings: Settings) -> str:
    url = urlsplit(settings.MAIL_URL)
    host, secure = url.hostname or "localhost", url.scheme == "smtps"
    trust = ssl.create_default_context()
    server: smtplib.SMTP
    if secure:
        server = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT, context=trust)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=TIMEOUT)
    with server:
        server.ehlo()
        if not secure and server.has_extn("starttls"):
            server.starttls(context=trust)
            server.ehlo()
            secure = True
        if url.username:
            if not secure and not _is_here(host):
                raise OSError("the mail server offers no TLS: the password stays here")
            server.login(unquote(url.username), unquote(url.password or ""))
        sender = parseaddr(settings.MAIL_FROM)[1] if letter.sender is None else letter.sender
        return _hand_over(server, sender, letter.to, message_of(letter, settings.MAIL_FROM).as_bytes())


def _hand_over(server: smtplib.SMTP, sender: str, to: str, mail: bytes) -> str:
    """What `sendmail` does for one address, keeping what the server says at the end, and saying which step failed."""
    code, said = server.mail(sender)
    if code != 250:
        raise smtplib.SMTPSenderRefused(code, said, sender)
    code, said = server.rcpt(to)
    if code not in (250, 251):
        raise smtplib.SMTPRecipientsRefused({to: (code, said)})
    code, said = server.data(mail)
    if code != 250:
        raise smtplib.SMTPDataError(code, said)
    return f"{code} {said.decode('utf-8', 'replace')}"


def _is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
