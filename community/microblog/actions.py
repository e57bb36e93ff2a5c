"""What can happen to posts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments.models import Comment
from community.errors import Conflict, Invalid, _l
from community.extensions import db
from community.items.bounds import check_bounds
from community.items.writing import newly_mentioned, put_words
from community.microblog.attachments import Arrived, attach, attached_to, detach, move_to_post
from community.microblog.drafts import plan_of
from community.microblog.models import REACTIONS, Poll, PollOption, PollVote, Post, PostDraft, Reaction
from community.microblog.pace import check_pace
from community.microblog.plan import MAX_POST, PostPlan, check_plan
from community.microblog.polls import PollPlan, add_poll, is_closed
from community.microblog.praise import add_praise
from community.microblog.previews import forget_preview, look_up_link
from community.microblog.revisions import keep_post_words, unanswered
from community.permissions import SYSTEM, Actor, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id


@action
def create_post(
    actor: Actor,
    space: Space,
    *,
    body: str,
    kind: str = "discussion",
    audience: str | None = None,
    poll: PollPlan | None = None,
    praised: Sequence[str] = (),
    files: Sequence[Arrived] = (),
) -> Post:
    """Say something in a space. A poll has a `poll`, praise names the handles of whom it is for. The bytes of `files` are in the
    storage already. Raises Invalid (body, kind, audience, options, closes, praised, files), TooMany, Denied, NotFound.
    """
    checked = check_plan(actor, space, PostPlan(body, kind, audience, poll, praised))
    check_pace(actor, space, body)
    post = Post(
        space_id=space.id,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        kind=kind,
        audience=checked.audience,
        created_at=now(),
        updated_at=now(),
        attachment_count=len(files),
    )
    mentions = put_words(actor, post, body, space)
    db.session.add(post)
    facts: dict[str, Any] = {}
    if checked.poll is not None or checked.praised or files:
        db.session.flush()
    if checked.poll is not None:
        add_poll(post.id, checked.poll)
    if checked.praised:
        add_praise(post.id, checked.praised)
        facts = {"praised": [person.id for person in checked.praised]}
    attach(files, post_id=post.id)
    record("post.created", actor, post, mentions=mentions, **facts)
    look_up_link(post)
    return post


@action
def publish_scheduled(actor: Actor, draft: PostDraft) -> Post:
    """Make a scheduled post a post, as its author, with the rights they have at this moment. What waited with it goes along.
    Raises what `create_post` raises.
    """
    space = db.session.get_one(Space, draft.space_id)
    plan = plan_of(draft)
    post = create_post(
        actor, space, body=plan.body, kind=plan.kind, audience=plan.audience, poll=plan.poll, praised=plan.praised
    )
    db.session.flush()
    post.attachment_count = move_to_post(draft.id, post.id)
    db.session.delete(draft)
    return post


@action
def edit_post(
    actor: Actor,
    post: Post,
    *,
    body: str,
    base: str | None = None,
    files: Sequence[Arrived] = (),
    drop: Collection[int] = (),
) -> Post:
    """Change the words of a post, hang `files` on it, take those with the ids in `drop` away. `base` is `updated_at` as ISO text of
    the state that was edited: raises Conflict with the words that stand when it is stale. The earlier words are kept, unless it was
    made within the last minutes and nobody has answered. Raises Invalid, Denied, NotFound.
    """
    require(actor, "edit", post)
    db.session.refresh(post, ["body", "updated_at"], with_for_update=True)
    _refuse_stale(post, base)
    gone = [file for file in attached_to(post_id=post.id) if file.id in drop] if drop else []
    if body == post.body and not files and not gone:
        nothing_changed()
        return post
    mentions: list[int] = []
    at, shown = now(), post.body_html
    marked = post.edited_at is not None or not unanswered(post, at)
    if body != post.body:
        space, before = db.session.get_one(Space, post.space_id), post.body
        if marked:
            keep_post_words(post)
        named = put_words(actor, post, check_bounds(body, MAX_POST), space)
        mentions = newly_mentioned(named, before, actor, space, of=post)
    if gone or files:
        detach(gone)
        attach(files, post_id=post.id, there=post.attachment_count - len(gone))
        post.attachment_count = post.attachment_count - len(gone) + len(files)
    post.updated_at = at
    if marked:
        post.edited_at = at
    record("post.edited", actor, post, mentions=mentions)
    look_up_link(post, shown)
    return post


@action
def accept_answer(actor: Actor, post: Post, comment: Comment) -> Post:
    """Say that a comment answers the question, in place of an earlier one. Raises Invalid("comment"), Denied, NotFound."""
    require(actor, "accept", post)
    if (
        (comment.parent_kind, comment.parent_id) != ("post", post.id)
        or comment.deleted_at is not None
        or not comment.is_public
    ):
        raise Invalid("comment", _l("Choose an answer to this question."))
    if post.accepted_comment_id == comment.id:
        nothing_changed()
        return post
    post.accepted_comment_id = comment.id
    record("post.accepted", actor, post, comment=comment.id, by=comment.author_id)
    return post


@action
def unaccept_answer(actor: Actor, post: Post) -> Post:
    """The question is open again; when it was, nothing changes."""
    require(actor, "accept", post)
    if post.accepted_comment_id is None:
        nothing_changed()
        return post
    comment, post.accepted_comment_id = post.accepted_comment_id, None
    record("post.unaccepted", actor, post, comment=comment)
    return post


@action
def vote(actor: Actor, post: Post, *, options: Collection[int]) -> None:
    """Choose in a poll, in place of what one chose before; nothing chosen takes it back. In a poll that is not open the
    log does not say who chose. Raises Invalid("options") when it is closed or the choice does not fit, Denied, NotFound.
    """
    require(actor, "vote", post)
    poll = db.session.scalars(select(Poll).where(Poll.post_id == post.id).with_for_update()).one()
    if is_closed(poll):
        raise Invalid("options", _l("This poll is closed."))
    chosen, known = set(options), set(db.session.scalars(select(PollOption.id).where(PollOption.post_id == post.id)))
    if not chosen <= known:
        raise Invalid("options", _l("Choose from the options of this poll."))
    if len(chosen) > 1 and not poll.several:
        raise Invalid("options", _l("Choose one option."))
    mine = db.session.scalars(select(PollVote).where(PollVote.post_id == post.id, PollVote.person_id == actor.id)).all()
    if chosen == {held.option_id for held in mine}:
        nothing_changed()
        return
    for held in mine:
        if held.option_id not in chosen:
            db.session.delete(held)
    for option in chosen - {held.option_id for held in mine}:
        db.session.add(PollVote(post_id=post.id, option_id=option, person_id=actor.id))
    record("post.voted", actor if poll.open else SYSTEM, post)


@action
def remove_preview(actor: Actor, post: Post) -> None:
    """Take the preview of a link away, for good; without one nothing changes."""
    require(actor, "edit", post)
    if not forget_preview(post):
        nothing_changed()
        return
    record("post.preview-removed", actor, post)


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
    if post.attachment_count:
        detach(attached_to(post_id=post.id))
        post.attachment_count = 0
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
