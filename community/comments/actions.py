"""What can happen to comments."""

from __future__ import annotations

from typing import Any

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments.kind import parent_of
from community.comments.models import COMMENTABLE, Comment
from community.comments.revisions import keep_comment_words, unanswered_comment
from community.errors import Conflict, Invalid, _l
from community.extensions import db
from community.items.bounds import check_bounds
from community.items.writing import newly_mentioned, put_words
from community.kinds import card_of
from community.permissions import Actor, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id

MAX_COMMENT = 20_000


@action
def create_comment(actor: Actor, parent: Any, *, body: str, reply_to: Comment | None = None) -> Comment:
    """Say something about a thing. A reply to a reply hangs on the first comment. Raises Invalid, Denied, NotFound."""
    name = card_of(parent).name
    if name not in COMMENTABLE:
        raise TypeError(f"nobody comments on a {name}")
    require(actor, "comment", parent)
    if reply_to is not None and (reply_to.parent_kind, reply_to.parent_id) != (name, parent.id):
        raise Invalid("reply_to", _l("That comment belongs to something else."))
    space = db.session.get(Space, parent.space_id) if parent.space_id else None
    comment = Comment(
        parent_kind=name,
        parent_id=parent.id,
        reply_to_id=(reply_to.reply_to_id or reply_to.id) if reply_to else None,
        space_id=parent.space_id,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        as_role=actor.roles.get(parent.space_id, "") if parent.space_id else "",
        created_at=now(),
        updated_at=now(),
    )
    mentions = put_words(actor, comment, check_bounds(body, MAX_COMMENT), space)
    db.session.add(comment)
    model = type(parent)
    parent.comment_count = model.comment_count + 1
    record("comment.created", actor, comment, parent=f"{name}:{parent.id}", mentions=mentions)
    return comment


@action
def edit_comment(actor: Actor, comment: Comment, *, body: str, base: str | None = None) -> Comment:
    """Change the words of a comment. `base` is `updated_at` as ISO text of what was edited: raises Conflict with the
    words that stand when it is stale. Raises Invalid, Denied, NotFound.
    """
    require(actor, "edit", comment)
    db.session.refresh(comment, ["body", "updated_at"], with_for_update=True)
    if base is not None and base != comment.updated_at.isoformat():
        raise Conflict(
            _l("This comment was changed while you were writing. Compare, then save again."), theirs=comment.body
        )
    if body == comment.body:
        nothing_changed()
        return comment
    space = db.session.get(Space, comment.space_id) if comment.space_id else None
    before, at = comment.body, now()
    marked = comment.edited_at is not None or not unanswered_comment(comment, at)
    if marked:
        keep_comment_words(comment)
    named = put_words(actor, comment, check_bounds(body, MAX_COMMENT), space)
    mentions = newly_mentioned(named, before, actor, space, of=comment)
    comment.updated_at = at
    if marked:
        comment.edited_at = at
    record("comment.edited", actor, comment, parent=f"{comment.parent_kind}:{comment.parent_id}", mentions=mentions)
    return comment


@action
def delete_comment(actor: Actor, comment: Comment) -> None:
    """Take a comment away. Replies stay where they are."""
    require(actor, "delete", comment)
    comment.deleted_at = now()
    parent = parent_of(comment)
    if parent is not None:
        parent.comment_count = type(parent).comment_count - 1
        if getattr(parent, "accepted_comment_id", None) == comment.id:
            parent.accepted_comment_id = None  # a question whose answer is gone is open again
    record("comment.deleted", actor, comment, parent=f"{comment.parent_kind}:{comment.parent_id}")
