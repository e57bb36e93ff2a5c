"""What stands in a text for who reads an earlier one: where a page is read as it was approved, they comment on those words, and
words of a draft are not told by what is said about them. What stands in the table stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm.attributes import set_committed_value

from community.comments.anchors import describe, find
from community.comments.kind import parent_of
from community.comments.models import Anchor, Comment
from community.comments.texts import Words, texts_of
from community.kinds import card_of
from community.permissions import WRITERS, Actor


def texts_for(actor: Actor, thing: Any, leaf: int = 0) -> list[Words]:
    """The texts of a thing (or one of its leaves) as the actor is given it."""
    card = card_of(thing)
    if card.as_read is not None:
        card.as_read(actor, [thing])  # an action reads the row anew
    return texts_of(thing, leaf)


def withhold(actor: Actor, tied: Iterable[tuple[Comment, Anchor | None]]) -> None:
    """Describe those anchors by the text that the actor is given, and blank the words of those that stand nowhere in it: of these
    only who chose them is told which they were.
    """
    texts: dict[tuple[str, int], str | None] = {}
    for comment, anchor in tied:
        if anchor is None or anchor.region or actor.roles.get(comment.space_id or 0) in WRITERS:
            continue
        key = (comment.parent_kind, comment.parent_id)
        if key not in texts:
            texts[key] = _earlier_text(actor, parent_of(comment))
        text = texts[key]
        if text is None:
            continue
        place = find(text, anchor.selector, changed=False)
        if place is not None:
            here = describe(text, *place)
            told = {"exact": here.exact, "prefix": here.prefix, "suffix": here.suffix, "print": here.print}
            told |= {"begins": here.start, "ends": here.end, "orphaned_at": None}
        else:
            mine = comment.author_id == actor.id
            told = {"exact": anchor.exact if mine else "", "prefix": "", "suffix": "", "print": 0}
            told |= {} if mine else {"replacement": None}
        for name, value in (told | {"words": ""}).items():
            set_committed_value(anchor, name, value)


def _earlier_text(actor: Actor, thing: Any) -> str | None:
    """The text of a thing as the actor is given it, None where that is the one that stands."""
    if thing is None or card_of(thing).as_read is None:
        return None
    words = texts_for(actor, thing)
    return words[0].text if words and thing.as_approved else None
