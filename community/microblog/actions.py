"""What can happen to posts."""

from __future__ import annotations

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, _l
from community.extensions import db
from community.items.rules import check_audience, default_audience
from community.items.writing import newly_mentioned, put_words
from community.microblog.models import POST_KINDS, REACTIONS, Post, Reaction
from community.permissions import STAFF, Actor, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id


@action
def create_post(
    actor: Actor, space: Space, *, body: str, kind: str = "discussion", audience: str | None = None
) -> Post:
    """Say something in a space. Raises Invalid (body, kind, audience), Denied, NotFound."""
    require(actor, "post", space)
    if kind not in POST_KINDS:
        raise Invalid("kind", _l("Choose what kind of post this is."))
    if kind == "announcement" and actor.roles.get(space.id) not in STAFF:
        raise Denied(_l("Announcements are made by the facilitators of a space."))
    post = Post(
        space_id=space.id,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        kind=kind,
        audience=check_audience(audience or default_audience(space), space, allowed=("coach", "space", "organisation")),
        created_at=now(),
        updated_at=now(),
    )
    mentions = put_words(actor, post, body, space)
    db.session.add(post)
    record("post.created", actor, post, mentions=mentions)
    return post


@action
def edit_post(actor: Actor, post: Post, *, body: str, base: str | None = None) -> Post:
    """Change the words of a post. `base` is `updated_at` as ISO text of the state that was edited: raises Conflict
    with the words that stand when it is stale. Raises Invalid, Denied, NotFound.
    """
    require(actor, "edit", post)
    db.session.refresh(post, ["body", "updated_at"], with_for_update=True)
    _refuse_stale(post, base)
    if body == post.body:
        nothing_changed()
        return post
    space = db.session.get_one(Space, post.space_id)
    before = post.body
    mentions = newly_mentioned(put_words(actor, post, body, space), before, actor, space)
    post.updated_at = post.edited_at = now()
    record("post.edited", actor, post, mentions=mentions)
    return post


def _refuse_stale(post: Post, base: str | None) -> None:
    if base is not None and base != post.updated_at.isoformat():
        raise Conflict(_l("This post was changed while you were writing. Compare, then save again."), theirs=post.body)


@action
def delete_post(actor: Actor, post: Post, *, base: str | None = None) -> None:
    """Take a post away, with what hangs on it. It can no longer be seen; the log keeps that it was. `base` as in
    `edit_post`: raises Conflict when others changed it since.
    """
    require(actor, "delete", post)
    db.session.refresh(post, ["body", "updated_at"], with_for_update=True)
    _refuse_stale(post, base)
    post.deleted_at = now()
    record("post.deleted", actor, post)


@action
def react(actor: Actor, post: Post, *, name: str) -> None:
    """React to a post; doing it twice changes nothing. Raises Invalid("name") for an unknown reaction."""
    require(actor, "react", post)
    if name not in REACTIONS:
        raise Invalid("name", _l("Choose one of the reactions."))
    known = select(Reaction.id).where(
        Reaction.post_id == post.id, Reaction.person_id == actor.id, Reaction.name == name
    )
    if db.session.scalar(known) is not None:
        nothing_changed()
        return
    db.session.add(Reaction(post_id=post.id, person_id=actor.id, name=name))
    record("post.reacted", actor, post, name=name)


@action
def unreact(actor: Actor, post: Post, *, name: str) -> None:
    """Take a reaction back; without one nothing changes."""
    require(actor, "react", post)
    known = db.session.scalars(
        select(Reaction).where(Reaction.post_id == post.id, Reaction.person_id == actor.id, Reaction.name == name)
    ).one_or_none()
    if known is None:
        nothing_changed()
        return
    db.session.delete(known)
    record("post.unreacted", actor, post, name=name)
