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
    """A mail that is ready to go: one address, a subject without line breaks, text and HTML bodies."""

    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)


def _no_letter(letter: Letter) -> None:
    raise RuntimeError("no mail transport is set: call ports.set_mail()")


def _no_compose(kind: str, facts: dict[str, Any], language: str) -> Letter:
    raise RuntimeError("no letters are written here: call ports.set_compose()")


def _no_url(obj: Any) -> str:
    raise RuntimeError("no addresses are known here: call ports.set_url_of()")


def _no_storage() -> Any:
    raise RuntimeError("no storage is known here: set ports.storage")


def _no_poke() -> None:
    return None


class Ports:
    """The register. `send_mail(letter)`, `compose(kind, facts, language) -> Letter`, `url_of(obj) -> str`,
    `poke()` wakes the readers of the log (best effort: they also tick), `storage()` is where bytes are kept."""

    def __init__(self) -> None:
        self.send_mail: Callable[[Letter], None] = _no_letter
        self.compose: Callable[[str, dict[str, Any], str], Letter] = _no_compose
        self.url_of: Callable[[Any], str] = _no_url
        self.poke: Callable[[], None] = _no_poke
        self.storage: Callable[[], Any] = _no_storage


ports = Ports()
