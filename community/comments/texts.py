"""The text of a thing, in which people select words: `textContent` of its kept HTML, and the Markdown behind it.

A noun whose words lie elsewhere (a file whose text must be taken out first) says so with `words_are`. What stands in an old
revision takes no comments, so there is one text of a thing at a time; but a frozen copy holds several, its leaves (`leaves_are`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from typing import Any

from sqlalchemy import func, select

from community.extensions import db
from community.kinds import card_of
from community.microblog.models import PostRevision

TAG = re.compile(r'</?([a-zA-Z][a-zA-Z0-9-]*)(?:[^>"]|"[^"]*")*>')
"""A tag as the sanitizers write it: values stand between double quotes and may hold a `>`."""
_PRE = re.compile(r"(<pre(?:[^>\"]|\"[^\"]*\")*>)\n")


def text_of(html: str) -> str:
    """`textContent` of kept HTML (DOM, 4.4): as a browser counts it, which leaves out the line end behind `<pre>`."""
    if "<pre" in html:
        html = _PRE.sub(r"\1", html)
    return unescape(TAG.sub("", html))


@dataclass(frozen=True)
class Words:
    """The words of a thing as they stand. `revision` counts how often they changed; `source` is their Markdown, None when they have
    none, so that no suggestion can be put in by itself.
    """

    html: str
    revision: int
    source: str | None = None

    @cached_property
    def text(self) -> str:
        """What is selected in."""
        return text_of(self.html)


Leaves = Callable[[Any, int], list[Words]]

_makers: dict[str, Callable[[Any], Words | None]] = {}
_asked: dict[str, Callable[[Any], bool]] = {}
_pending: dict[str, Callable[[Any], bool]] = {}
_leaves: dict[str, Leaves] = {}


def words_are(
    kind: str,
    make: Callable[[Any], Words | None],
    *,
    are_there: Callable[[Any], bool] | None = None,
    are_pending: Callable[[Any], bool] | None = None,
) -> None:
    """Say how the words of a kind are found, and where not each of them has some, which do, and of which they are still to be read.
    `make` may find none: None.
    """
    _makers[kind] = make
    if are_pending is not None:
        _pending[kind] = are_pending
    if are_there is not None:
        _asked[kind] = are_there


def leaves_are(kind: str, make: Leaves) -> None:
    """Say how the texts of a kind are found that holds several, and that nothing changes any more: all of them, or the one with a
    number (0: all). The `revision` of each is that number, so that an anchor says on which of them it stands.
    """
    _leaves[kind] = make


def has_leaves(kind: str) -> bool:
    """Whether things of a kind hold several texts, which nothing changes."""
    return kind in _leaves


def can_select(thing: Any, leaf: int = 0) -> bool:
    """Whether a thing has words that can be selected, without reading them; of one with leaves, whether this is one of them."""
    kind = card_of(thing).name
    if kind in _leaves:
        return leaf > 0
    return kind in _makers and _asked.get(kind, bool)(thing)


def is_pending(thing: Any) -> bool:
    """Whether the words of a thing are still to be read."""
    asked = _pending.get(card_of(thing).name)
    return asked is not None and asked(thing)


def words_of(thing: Any) -> Words | None:
    """The words of a thing, None when there are none to select."""
    make = _makers.get(card_of(thing).name)
    return make(thing) if make is not None else None


def texts_of(thing: Any, leaf: int = 0) -> list[Words]:
    """The texts of a thing in which words are selected: its leaves, or the one with that number; else its words."""
    make = _leaves.get(card_of(thing).name)
    if make is not None:
        return make(thing, leaf)
    words = words_of(thing)
    return [words] if words is not None else []


def _of_post(post: Any) -> Words:
    kept = db.session.scalar(select(func.max(PostRevision.number)).where(PostRevision.post_id == post.id))
    return Words(post.body_html, (kept or 0) + 1, post.body)


words_are("page", lambda page: Words(page.body_html, page.revision, page.body))
words_are("entry", lambda entry: Words(entry.body_html, entry.version, entry.body))
words_are("post", _of_post)
