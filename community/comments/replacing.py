"""Puts the words of a suggestion into the Markdown of a thing, where that is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from community.comments.anchors import find
from community.comments.models import Anchor
from community.comments.texts import Words, text_of, words_of
from community.errors import Conflict, Invalid, _l
from community.extensions import db
from community.items.writing import rendered
from community.journal.actions import edit_entry
from community.kinds import card_of
from community.markup import plain_text
from community.microblog.actions import edit_post
from community.permissions import Actor
from community.spaces.models import Space
from community.wiki.actions import edit_page

MOST = 12
"""Places in the Markdown that are tried."""

_BY_HAND = _l("These words cannot be put in by themselves. Edit the text by hand, then resolve this.")


def put_in(actor: Actor, thing: Any, tied: Anchor) -> None:
    """Write a revision of the thing in which the suggested words stand in the place of those of the anchor. Part of an action.

    Raises Invalid("replacement") when it is not certain which words of the Markdown those are; as the edit does.
    """
    words = words_of(thing)
    if words is None or words.source is None or tied.replacement is None:
        raise Invalid("replacement", _BY_HAND)
    place = find(words.text, tied.selector, like=tied.exact)
    if place is None:
        raise Invalid("replacement", _l("The words that this is about are not in the text any more."))
    space = db.session.get(Space, thing.space_id) if thing.space_id else None
    made = set(_tried(words, place, tied.replacement, lambda body: text_of(str(rendered(body, space, actor).html))))
    if len(made) != 1:
        raise Invalid("replacement", _BY_HAND)
    body = made.pop()
    kind = card_of(thing).name
    try:
        if kind == "page":
            edit_page(actor, thing, body=body, base=words.revision)
        elif kind == "entry":
            edit_entry(actor, thing, title=thing.title, body=body, base=words.revision)
        elif kind == "post":
            edit_post(actor, thing, body=body)
        else:
            raise Invalid("replacement", _BY_HAND)
    except Conflict:
        raise Invalid("replacement", _l("Somebody changed the text just now. Look again.")) from None


def _tried(words: Words, place: tuple[int, int], replacement: str, text: Callable[[str], str]) -> Iterator[str]:
    """The Markdown with the words replaced, for each place of them in it that is the very one: all text before and after stays."""
    source = words.source or ""
    begin, end = place
    if not replacement and words.text[begin - 1 : begin] == " " and not words.text[end : end + 1].isalnum():
        begin -= 1  # with words that are taken out goes the blank before them
    before, quote, after = words.text[:begin], words.text[begin:end], words.text[end:]
    wanted = {_letters(replacement), _letters(plain_text(replacement))}
    at, tried = source.find(quote), 0
    while at >= 0 and tried < MOST:
        body = source[:at] + replacement + source[at + len(quote) :]
        made = text(body) if body.strip() and (replacement or not _is_bare(body, at)) else ""
        whole = made.startswith(before) and made.endswith(after) and len(made) >= len(before) + len(after)
        if whole and _letters(made[len(before) : len(made) - len(after)]) in wanted:
            yield body
        elif not replacement and made.split() == [*before.split(), *after.split()]:
            yield body  # a whole paragraph went, with the line end behind it
        at, tried = source.find(quote, at + 1), tried + 1


def _is_bare(source: str, at: int) -> bool:
    """Whether nothing is left of a line but the mark of a list, a quote or a heading."""
    line = source[source.rfind("\n", 0, at) + 1 :].partition("\n")[0].strip()
    return bool(line) and not any(char.isalnum() for char in line)


def _letters(text: str) -> str:
    """What is left of words without blanks and marks: how those of the Markdown and of the text are compared."""
    return "".join(char for char in text if char.isalnum())
