"""What a team asked its coaches about a thing, said where the thing stands, and how far each question is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.inbox_words import state_words
from community.activity.steady import asks_of, held
from community.coaching.measures import asks_about
from community.coaching.models import ASKABLE
from community.kinds import card_of, ref_of


@dataclass(frozen=True)
class AskLine:
    """One question: who asked, its first words, and how far it is (words, tone)."""

    url: str
    author: str
    words: str
    state: str
    tone: str


def asked_about(item: Any) -> list[AskLine]:
    """The questions about a thing that the reader came to, the newest first, as far as the reader may see them. No query where
    nothing was asked.
    """
    if card_of(item).name not in ASKABLE or item.space is None or item.space.kind != "team":
        return []
    who = actor()
    key = ("asked about", ref_of(item), item.created_at, who.id, who.roles.get(item.space.id))
    if not held(who.place, asks_of(item.space.id), key, lambda: bool(asks_about(who, item, limit=1))):
        return []
    return [AskLine(url_of(ask), ask.author.name, ask.excerpt, *state_words(ask)) for ask in asks_about(who, item)]
