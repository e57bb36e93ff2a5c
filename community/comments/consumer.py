"""Reads the log and looks, after a text was changed, where the words now stand that comments are about.

Words that are not found with certainty are gone from the text, and their comments are kept beside it with the words as they were
(`Anchor.orphaned_at`); they come back by themselves when the words stand there again exactly. Reading a line twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.clock import now
from community.comments.anchors import describe, find, print_of
from community.comments.models import COMMENTABLE, Anchor, Comment
from community.comments.texts import has_leaves, is_pending, words_of
from community.extensions import db
from community.kinds import kind_named

_CHANGED = frozenset({"edited", "renamed", "text-read"})


def read(lines: Sequence[Activity]) -> None:
    """Look after the anchors of each thing that these lines say was changed, once a thing."""
    things: dict[tuple[str, int], None] = {}
    for line in lines:
        noun, _, what = line.verb.partition(".")
        if noun in COMMENTABLE and what in _CHANGED:
            things[noun, line.object_id] = None
        elif line.verb in ("comment.created", "comment.held", "comment.placed"):
            comment = db.session.get(Comment, line.object_id)
            if comment is not None and comment.is_thread:  # it may have been tied to a text that was changed meanwhile
                things[comment.parent_kind, comment.parent_id] = None
    for kind, number in things:
        look_again(kind, number)


def look_again(kind: str, number: int) -> None:
    """Find the words of every thread on a thing again, in its text as it stands; nothing while that is still to be read, nor where
    nothing changes.
    """
    if has_leaves(kind):
        return
    anchors = db.session.scalars(
        select(Anchor)
        .join(Comment, Comment.id == Anchor.comment_id)
        .where(
            Anchor.parent_kind == kind, Anchor.parent_id == number, Comment.deleted_at.is_(None), Anchor.region == ""
        )
    ).all()
    thing: Any = db.session.get(kind_named(kind).model, number) if anchors else None
    if thing is None or thing.deleted_at is not None:
        return
    words = words_of(thing)
    if words is None and is_pending(thing):
        return
    text = words.text if words is not None else ""
    revision = words.revision if words is not None else 0
    moved = [follow(anchor, text, revision) for anchor in anchors]
    if any(moved):
        thing.talk_version = type(thing).talk_version + 1


def follow(anchor: Anchor, text: str, revision: int) -> bool:
    """Put an anchor where its words stand in a text; whether anything changed."""
    if anchor.print == print_of(text) and anchor.orphaned_at is None:
        changed = anchor.revision != revision
        anchor.revision = revision
        return changed
    place = find(text, anchor.selector, like=anchor.exact, changed=anchor.orphaned_at is None)
    if place is None:
        was = anchor.orphaned_at
        anchor.orphaned_at = was or now()
        return was is None
    anchor.put_down(describe(text, *place, like=anchor.exact), revision)
    return True


READER = Reader("anchors", read)
