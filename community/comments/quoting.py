"""The words that a thread quotes, as far as the actor may read them: where a space shows approved words of its pages alone, a
thread on newer ones is read there without them."""

from __future__ import annotations

from community.comments.models import Anchor, Comment
from community.extensions import db
from community.permissions import Actor
from community.wiki.models import Page
from community.wiki.review import may_read_words


def may_read_quote(actor: Actor, comment: Comment, anchor: Anchor) -> bool:
    """Whether the actor, who came to a comment, may read the words that it is about, and those it suggests in their place."""
    if comment.parent_kind != "page" or comment.author_id == actor.id:
        return True
    page = db.session.get(Page, comment.parent_id)
    made_on = None if anchor.words else anchor.made_on
    return page is not None and may_read_words(actor, page, anchor.words or anchor.exact, made_on)
