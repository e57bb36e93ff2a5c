"""What can happen to the place of a post: above the stream or out of it, read-only, without new comments, elsewhere."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments.models import Comment, place_of_comments
from community.errors import Denied, Invalid, _l
from community.extensions import db
from community.items.bounds import check_bounds
from community.items.models import AUDIENCES
from community.items.rules import default_audience, is_staff
from community.items.writing import put_words
from community.microblog.models import MOST_PINNED, Post
from community.microblog.pace import check_pace
from community.microblog.plan import MAX_POST
from community.permissions import STAFF, Actor, require, sees, visible
from community.spaces.models import Space
from community.spaces.queries import current_phase_id


@action
def pin_post(actor: Actor, post: Post, *, until: datetime | None = None) -> None:
    """Put a post above the stream of its space, perhaps until a moment. Raises Invalid("until"), Denied, NotFound."""
    require(actor, "pin", post)
    at = now()
    if until is not None and until <= at:
        raise Invalid("until", _l("Choose a day to come."))
    db.session.get_one(Space, post.space_id, with_for_update=True)  # two who pin at once wait for each other here
    lasts = or_(Post.pinned_until.is_(None), Post.pinned_until > at)
    others = select(func.count()).where(
        Post.space_id == post.space_id,
        Post.id != post.id,
        Post.pinned_at.is_not(None),
        lasts,
        Post.deleted_at.is_(None),
    )
    if (db.session.scalar(others) or 0) >= MOST_PINNED:
        raise Invalid("until", _l("Three posts are pinned here. Unpin one of them first."))
    post.pinned_at, post.pinned_until, post.hidden_at = post.pinned_at or at, until, None
    record("post.pinned", actor, post)


@action
def unpin_post(actor: Actor, post: Post) -> None:
    """Put a post back in its place in the stream."""
    require(actor, "pin", post)
    if post.pinned_at is None:
        nothing_changed()
        return
    post.pinned_at = post.pinned_until = None
    record("post.unpinned", actor, post)


@action
def hide_post(actor: Actor, post: Post) -> None:
    """Leave a post out of the stream. Who knows its address, searches, or asks for what is hidden still reads it."""
    require(actor, "hide", post)
    if post.hidden_at is not None:
        nothing_changed()
        return
    post.hidden_at = now()
    post.pinned_at = post.pinned_until = None
    record("post.hidden", actor, post)


@action
def show_post(actor: Actor, post: Post) -> None:
    """Let a hidden post stand in the stream again."""
    require(actor, "hide", post)
    if post.hidden_at is None:
        nothing_changed()
        return
    post.hidden_at = None
    record("post.shown", actor, post)


@action
def archive_post(actor: Actor, post: Post) -> None:
    """Close a post: it leaves the stream, stays readable and can be found, and nobody adds to it."""
    require(actor, "archive", post)
    if post.archived_at is not None:
        nothing_changed()
        return
    post.archived_at = now()
    post.pinned_at = post.pinned_until = None
    record("post.archived", actor, post)


@action
def reopen_post(actor: Actor, post: Post) -> None:
    """Bring an archived post back."""
    require(actor, "archive", post)
    if post.archived_at is None:
        nothing_changed()
        return
    post.archived_at = None
    record("post.reopened", actor, post)


@action
def lock_thread(actor: Actor, post: Post) -> None:
    """Take no more comments below a post; reactions go on."""
    require(actor, "lock", post)
    if post.locked_at is not None:
        nothing_changed()
        return
    post.locked_at = now()
    record("post.locked", actor, post)


@action
def unlock_thread(actor: Actor, post: Post) -> None:
    """Take comments again."""
    require(actor, "lock", post)
    if post.locked_at is None:
        nothing_changed()
        return
    post.locked_at = None
    record("post.unlocked", actor, post)


@action
def move_post(actor: Actor, post: Post, space: Space) -> None:
    """Put a post into another space, with all that hangs on it. For its author, where they may post, while nobody else has said
    anything below it, for those words were meant for who reads there; and for who is staff in both. Its audience is never wider
    than the new space. Raises Invalid("space"), Denied, NotFound.
    """
    require(actor, "move", post)
    require(actor, "post", space)
    if space.id == post.space_id:
        raise Invalid("space", _l("The post is in this space already."))
    if actor.id != post.author_id and actor.roles.get(space.id) not in STAFF:
        raise Denied(_l("Only its author moves a post to where you are not staff."))
    if post.kind == "announcement" and actor.roles.get(space.id) not in STAFF:
        raise Denied(_l("Announcements are made by the facilitators of a space."))
    others = Comment.author_id != actor.id
    said = select(Comment.id).where(*_below(post), others, visible(actor, Comment)).limit(1)
    if not is_staff(actor, post) and db.session.scalar(said) is not None:
        raise Invalid("space", _l("Others answered here. A facilitator can move it."))
    left = post.space_id
    post.space_id = space.id
    if AUDIENCES.index(post.audience) > AUDIENCES.index(default_audience(space)):
        post.audience = default_audience(space)
    post.pinned_at = post.pinned_until = None
    db.session.flush()
    db.session.expire(post, ["space"])
    db.session.execute(update(Comment).where(*_below(post)).values(space_id=place_of_comments(space.id)))
    record("post.moved", actor, post, left=left)


def _below(post: Post) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Comment.parent_kind == "post", Comment.parent_id == post.id


@action
def share_post(actor: Actor, post: Post, space: Space, *, body: str) -> Post:
    """Point at a post from another space, with a few words. The post stays where it is, and so does the talk below it: who does
    not see it there sees the words alone. Raises Invalid (body, space), TooMany, Denied, NotFound.
    """
    require(actor, "share", post)
    require(actor, "post", space)
    if space.id == post.space_id:
        raise Invalid("space", _l("The post is in this space already."))
    known = select(Post).where(Post.space_id == space.id, Post.shared_id == post.id, Post.deleted_at.is_(None))
    if any(sees(actor, other) for other in db.session.scalars(known)):
        raise Invalid("space", _l("Somebody shared this there already."))
    check_bounds(body, MAX_POST)
    check_pace(actor, space, None)
    made = Post(
        space_id=space.id,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        kind="discussion",
        audience=default_audience(space),
        shared_id=post.id,
        created_at=now(),
        updated_at=now(),
    )
    mentions = put_words(actor, made, body, space)
    db.session.add(made)
    record("post.created", actor, made, mentions=mentions)
    return made
