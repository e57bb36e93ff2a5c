"""What the domain asks of the outside. `wsgi.py` fills these in; the domain only calls them.

A port is a plain callable in the `ports` register. The defaults do the least that is safe, so that scripts and tests
run without a face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Letter:
    """A mail that is ready to go: one address, a subject without line breaks, text and HTML bodies. The mailroom gives it its
    Message-ID and the address to which failures are told (`sender`; None: the address of MAIL_FROM, "": nobody is told).
    """

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = ""
    message_id: str = ""
    sender: str | None = None


def _no_letter(letter: Letter) -> None:
    raise RuntimeError("no mailroom is set: fill ports.send_mail")


def _no_carrier(letter: Letter) -> str:
    raise RuntimeError("no mail transport is set: fill ports.carry")


def _no_compose(kind: str, facts: dict[str, Any], language: str) -> Letter:
    raise RuntimeError("no letters are written here: call ports.set_compose()")


def _no_url(obj: Any) -> str:
    raise RuntimeError("no addresses are known here: call ports.set_url_of()")


def _no_storage() -> Any:
    raise RuntimeError("no storage is known here: set ports.storage")


def _no_key(salt: str, data: bytes) -> bytes:
    raise RuntimeError("no key is known here: fill ports.sign")


def _no_push_key() -> str:
    raise RuntimeError("no push key is known here: fill ports.push_key")


def _as_it_is(sentence: str, language: str, **facts: Any) -> str:
    return sentence % facts if facts else sentence


def _no_words(told: Any, language: str) -> tuple[str, str]:
    raise RuntimeError("notices have no words here: fill ports.words_of")


def _no_poke() -> None:
    return None


class Ports:
    """The register.

    `send_mail(letter)`                       hand a letter to the mailroom: the one way for everybody
    `carry(letter)`                           to a mail server, now; gives its answer. Only the mailroom calls it
    `compose(kind, facts, language)`          the Letter of a kind, from its templates
    `url_of(obj)`                             the path of a thing on this site; `site()` the address before it
    `say(sentence, language, **facts)`        a sentence of the house in a language
    `words_of(told, language)`                title and words of a notice
    `sign(salt, data)`                        32 bytes that only this house can make
    `mail_host`, `mail_domain`                the domain of our own Message-IDs; and where we receive mail, "" when nowhere
    `mail_from`                               the bare address of this house
    `push_key()`                              the key by which push services know this house
    `storage()`                               where bytes are kept
    `poke()`                                  wakes the readers of the log (best effort: they also tick)
    """

    def __init__(self) -> None:
        self.send_mail: Callable[[Letter], None] = _no_letter
        self.carry: Callable[[Letter], str] = _no_carrier
        self.compose: Callable[[str, dict[str, Any], str], Letter] = _no_compose
        self.url_of: Callable[[Any], str] = _no_url
        self.site: Callable[[], str] = lambda: ""
        self.say: Callable[..., str] = _as_it_is
        self.words_of: Callable[[Any, str], tuple[str, str]] = _no_words
        self.sign: Callable[[str, bytes], bytes] = _no_key
        self.mail_host = "localhost"
        self.mail_domain = ""
        self.mail_from = "cohortium@localhost"
        self.push_key: Callable[[], str] = _no_push_key
        self.poke: Callable[[], None] = _no_poke
        self.storage: Callable[[], Any] = _no_storage


ports = Ports()
