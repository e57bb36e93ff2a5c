"""What can happen to comments.

A thread waits ("open", or "reopened") until the other side replies: anybody but who began it, and when a coach of the space
began it, anybody who does not speak as its coach. Then it is "answered". "resolved" is said by who began it, by a coach, by who
writes in the space or made the thing; what must be answered is resolved by the team only once it is answered. Who began it, a
coach, or who made the thing opens it again.
"""

from __future__ import annotations

from collections.abc import Collection
from types import EllipsisType
from typing import Any

from sqlalchemy import func, or_, select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.comments import anchors
from community.comments.kind import may_hear, parent_of
from community.comments.models import AUDIENCES, COMMENTABLE, OPEN, PURPOSES, Anchor, Comment
from community.comments.regions import Region, tie_region
from community.comments.replacing import put_in
from community.comments.revisions import keep_comment_words, unanswered_comment
from community.comments.telling import texts_for
from community.errors import Conflict, Invalid, NotFound, _l
from community.extensions import db
from community.items.bounds import check_bounds
from community.items.writing import newly_mentioned, put_words
from community.kinds import card_of
from community.markup import clean_text
from community.permissions import Actor, door, require
from community.spaces.models import Space
from community.spaces.queries import current_phase_id

MAX_COMMENT = 20_000
MAX_HELD = 200
"""Held comments that are released at once."""


@action
def create_comment(
    actor: Actor,
    parent: Any,
    *,
    body: str,
    reply_to: Comment | None = None,
    purpose: str = "",
    audience: str = "",
    held: bool = False,
    anchor: anchors.Selector | Region | None = None,
    leaf: int = 0,
    replacement: str | None = None,
) -> Comment:
    """Say something about a thing. A reply to a reply hangs on the first comment, and is read by who reads that.

    `anchor`: the words of the thing that it is about, as they were selected; of several texts those on that `leaf` (0: wherever
    they stand alone); or an area of what is to be seen of it. `held`: a draft that nobody else knows, until it is released.
    `replacement`: of a suggestion about words, the Markdown to put in their place, "" to take them out.

    Raises Invalid (body, reply_to, purpose, audience, quote, region, replacement), Denied, NotFound.
    """
    name = card_of(parent).name
    if name not in COMMENTABLE:
        raise TypeError(f"nobody comments on a {name}")
    require(actor, "comment", parent)
    root = _root(reply_to, name, parent.id)
    if root is not None:
        purpose, audience, anchor, replacement = "", root.audience, None, None
    space = db.session.get(Space, parent.space_id) if parent.space_id else None
    at = now()
    comment = Comment(
        parent_kind=name,
        parent_id=parent.id,
        reply_to_id=root.id if root is not None else None,
        space_id=parent.space_id,
        author_id=actor.id,
        phase_id=current_phase_id(space),
        as_role=actor.roles.get(parent.space_id, "") if parent.space_id else "",
        created_at=at,
        updated_at=at,
        purpose=_purpose(purpose, audience),
        audience=_audience(audience, space),
        held_at=at if held else None,
        state=_first_state(root, is_thread=bool(purpose) or anchor is not None),
    )
    mentions = put_words(actor, comment, check_bounds(body, MAX_COMMENT), space)
    db.session.add(comment)
    if anchor is not None:
        db.session.flush()
        _tie(actor, comment, parent, anchor, leaf, replacement)
    elif replacement is not None:
        raise Invalid("replacement", _l("Select the words that these should replace."))
    if held:
        _touch(parent, comment)
        record("comment.held", actor, comment)
    else:
        _tell(actor, comment, parent, mentions)
    return comment


def _root(reply_to: Comment | None, name: str, parent_id: int) -> Comment | None:
    """The first comment of the thread that is answered. Raises Invalid("reply_to")."""
    if reply_to is None:
        return None
    if (reply_to.parent_kind, reply_to.parent_id) != (name, parent_id):
        raise Invalid("reply_to", _l("That comment belongs to something else."))
    root = reply_to if reply_to.reply_to_id is None else db.session.get(Comment, reply_to.reply_to_id) or reply_to
    if root.held_at is not None:
        raise Invalid("reply_to", _l("Release your comment first, then go on below it."))
    return root


def _first_state(root: Comment | None, *, is_thread: bool) -> str:
    if root is not None:
        return "reply" if root.is_thread else ""
    return "open" if is_thread else ""


def _purpose(purpose: str, audience: str) -> str:
    if purpose not in PURPOSES:
        raise Invalid("purpose", _l("Choose what this comment is for."))
    if purpose == "must_answer" and audience:
        raise Invalid("audience", _l("What must be answered is read by everybody who sees the text."))
    return purpose


def _audience(audience: str, space: Space | None) -> str:
    if audience not in AUDIENCES:
        raise Invalid("audience", _l("Choose who can read this."))
    if audience == "coaches" and space is None:
        raise Invalid("audience", _l("There are no coaches here."))
    return audience


def _tie(
    actor: Actor, comment: Comment, parent: Any, chosen: anchors.Selector | Region, leaf: int, replacement: str | None
) -> None:
    """Put a thread on the words or the area that were chosen. Raises Invalid (quote, region, replacement)."""
    if isinstance(chosen, Region):
        if replacement is not None:
            raise Invalid("replacement", _l("Select the words that these should replace."))
        tie_region(comment, parent, chosen)
        return
    texts = texts_for(actor, parent, leaf)
    if not texts:
        raise Invalid("quote", _l("There are no words here that can be selected."))
    if len(chosen.exact) > anchors.LONGEST:
        raise Invalid("quote", _l("Select fewer words: up to 2,000 characters."))
    found = [(words, place) for words in texts if (place := anchors.choose(words.text, chosen)) is not None]
    if len(found) != 1:
        raise Invalid("quote", _l("These words stand nowhere, or more than once. Select them again, or some more."))
    words, place = found[0]
    if replacement is not None and comment.purpose != "suggestion":
        raise Invalid("replacement", _l("Only a suggestion has words to put in."))
    try:
        made = anchors.describe(words.text, *place)
    except ValueError:
        raise Invalid("quote", _l("Select some words first.")) from None
    tied = db.session.get(Anchor, comment.id)
    if tied is None:
        tied = Anchor(comment_id=comment.id, parent_kind=comment.parent_kind, parent_id=comment.parent_id)
        db.session.add(tied)
        tied.replacement = _replacement(replacement)
    tied.exact, tied.words, tied.made_on, tied.region = made.exact, "", words.revision, ""
    tied.put_down(made, words.revision)


def _tell(actor: Actor, comment: Comment, parent: Any, mentions: list[int]) -> None:
    """Let a comment be there for its readers: it counts, it answers its thread, it is told."""
    facts: dict[str, Any] = {}
    about = comment
    if comment.reply_to_id is not None:
        root = db.session.get_one(Comment, comment.reply_to_id)
        if root.state in OPEN and _is_other_side(comment, root):
            _set_state(root, "answered", actor)
            facts["answers"], about = root.id, root
    if comment.is_public:
        parent.comment_count = type(parent).comment_count + 1
    _touch(parent, about)
    record(
        "comment.created",
        actor,
        comment,
        parent=f"{comment.parent_kind}:{comment.parent_id}",
        mentions=may_hear(comment, mentions),
        **facts,
    )


def _is_other_side(reply: Comment, root: Comment) -> bool:
    return reply.author_id != root.author_id and not (root.as_role == reply.as_role == "coach")


def _set_state(root: Comment, state: str, actor: Actor) -> None:
    root.state, root.state_by_id, root.state_at = state, actor.id, now()


def _touch(parent: Any, comment: Comment) -> None:
    """Say that something changed on a thing besides plain talk that everybody reads, which its own count tells; and count again
    what must be answered when the comment is of that sort. What nobody said anything about asks no question.
    """
    if parent is None or (comment.state == "" and comment.is_public):
        return
    parent.talk_version = type(parent).talk_version + 1
    if comment.purpose != "must_answer":
        return
    db.session.flush()
    waiting = select(func.count()).where(
        Comment.parent_kind == card_of(parent).name,
        Comment.parent_id == parent.id,
        Comment.purpose == "must_answer",
        Comment.state.in_(OPEN),
        Comment.held_at.is_(None),
        Comment.deleted_at.is_(None),
    )
    parent.open_musts = waiting.scalar_subquery()


@action
def edit_comment(
    actor: Actor,
    comment: Comment,
    *,
    body: str,
    base: str | None = None,
    replacement: str | EllipsisType | None = ...,
) -> Comment:
    """Change the words of a comment, and with `replacement` those that it suggests, None for none any more. `base` is `updated_at`
    as ISO text of what was edited: raises Conflict with the words that stand when it is stale. Raises Invalid, Denied, NotFound.
    """
    require(actor, "edit", comment)
    db.session.refresh(comment, ["body", "updated_at", "held_at"], with_for_update=True)
    if base is not None and base != comment.updated_at.isoformat():
        raise Conflict(
            _l("This comment was changed while you were writing. Compare, then save again."), theirs=comment.body
        )
    suggests = _replacement_changed(comment, replacement)
    if body == comment.body and not suggests:
        nothing_changed()
        return comment
    space = db.session.get(Space, comment.space_id) if comment.space_id else None
    before, at = comment.body, now()
    marked = comment.held_at is None and (comment.edited_at is not None or not unanswered_comment(comment, at))
    if marked and body != before:
        keep_comment_words(comment)
    named = put_words(actor, comment, check_bounds(body, MAX_COMMENT), space)
    comment.updated_at = at
    if comment.held_at is not None:
        _touch(parent_of(comment), comment)
        record("comment.held", actor, comment)
        return comment
    mentions = may_hear(comment, newly_mentioned(named, before, actor, space, of=comment))
    if marked:
        comment.edited_at = at
    _touch(parent_of(comment), comment)
    record("comment.edited", actor, comment, parent=f"{comment.parent_kind}:{comment.parent_id}", mentions=mentions)
    return comment


def _replacement(words: str | None) -> str | None:
    words = clean_text(words).strip() if words is not None else None
    if words is not None and len(words) > anchors.LONGEST:
        raise Invalid("replacement", _l("Keep it under %(limit)d characters."), limit=anchors.LONGEST)
    return words


def _replacement_changed(comment: Comment, replacement: str | EllipsisType | None) -> bool:
    tied = db.session.get(Anchor, comment.id) if comment.purpose == "suggestion" else None
    if tied is None or isinstance(replacement, EllipsisType):
        return False
    before, tied.replacement = tied.replacement, _replacement(replacement)
    return before != tied.replacement


@action
def delete_comment(actor: Actor, comment: Comment) -> None:
    """Take a comment away. Replies stay where they are."""
    require(actor, "delete", comment)
    comment.deleted_at = now()
    if comment.held_at is not None:
        _touch(parent_of(comment), comment)
        record("comment.held", actor, comment)
        return
    _leave(comment)
    record("comment.deleted", actor, comment, parent=f"{comment.parent_kind}:{comment.parent_id}")


def _leave(comment: Comment) -> None:
    """Let a comment be no more for its readers: it does not count."""
    parent = parent_of(comment)
    if parent is None:
        return
    if comment.audience == "":
        parent.comment_count = type(parent).comment_count - 1
    if getattr(parent, "accepted_comment_id", None) == comment.id:
        parent.accepted_comment_id = None  # a question whose answer is gone is open again
    _touch(parent, comment)


# ---- held drafts ----------------------------------------------------------------------------------------------------


@action
def hold_comment(actor: Actor, comment: Comment) -> Comment:
    """Take a comment back and keep it as a draft, while nobody has gone on below it.

    Raises Invalid("comment"), Denied, NotFound.
    """
    require(actor, "hold", comment)
    # What others hold back is not told by a refusal.
    said = or_(Comment.held_at.is_(None), Comment.author_id == actor.id)
    below = select(Comment.id).where(Comment.reply_to_id == comment.id, said).limit(1)
    if db.session.scalar(below) is not None or comment.state not in ("", "reply", "open"):
        raise Invalid("comment", _l("Somebody has answered, so it stays."))
    _leave(comment)
    comment.held_at = comment.updated_at = now()
    _touch(parent_of(comment), comment)
    record("comment.recalled", actor, comment, parent=f"{comment.parent_kind}:{comment.parent_id}")
    return comment


@action
def release_comments(actor: Actor, comment_ids: Collection[int]) -> list[Comment]:
    """Let others read these held comments, all of them or none, in their order. Those that are not held any more stay as they are.

    Raises Invalid("comments") for too many, Denied, NotFound.
    """
    ids = sorted(set(comment_ids))
    if not 0 < len(ids) <= MAX_HELD:
        raise Invalid("comments", _l("Release up to %(limit)d comments at once."), limit=MAX_HELD)
    if not 0 < ids[0] <= ids[-1] < 2**63:
        raise NotFound()
    found = [door(actor, Comment, Comment.id == number) for number in ids]
    released = []
    for comment in found:
        if comment.held_at is None:
            continue
        require(actor, "release", comment)
        if comment.reply_to_id is not None:  # what it answers may have been taken back while nobody knew of it
            root = db.session.get(Comment, comment.reply_to_id, populate_existing=True, with_for_update=True)
            if root is None or root.held_at is not None:
                raise Invalid("comments", _l("What you answer was taken back. Keep your words, or delete them."))
        parent = parent_of(comment)
        space = db.session.get(Space, comment.space_id) if comment.space_id else None
        comment.held_at = None
        comment.created_at = comment.updated_at = now()
        mentions = put_words(actor, comment, comment.body, space)
        _tell(actor, comment, parent, mentions)
        released.append(comment)
    if not released:
        nothing_changed()
    return released


# ---- threads --------------------------------------------------------------------------------------------------------


@action
def resolve_thread(actor: Actor, comment: Comment) -> Comment:
    """Say that a thread is done. Raises Denied, NotFound."""
    _hold_row(actor, comment, "resolve")
    if comment.state == "resolved":
        nothing_changed()
        return comment
    _set_state(comment, "resolved", actor)
    _touch(parent_of(comment), comment)
    record("comment.resolved", actor, comment)
    return comment


@action
def reopen_thread(actor: Actor, comment: Comment) -> Comment:
    """Let a thread wait again, whether it was resolved or answered. Raises Denied, NotFound."""
    _hold_row(actor, comment, "reopen")
    if comment.state in OPEN:
        nothing_changed()
        return comment
    _set_state(comment, "reopened", actor)
    _touch(parent_of(comment), comment)
    record("comment.reopened", actor, comment)
    return comment


def _hold_row(actor: Actor, comment: Comment, verb: str) -> None:
    db.session.refresh(comment, ["state", "deleted_at", "held_at"], with_for_update=True)
    if comment.deleted_at is not None:
        raise NotFound()
    require(actor, verb, comment)


@action
def place_again(actor: Actor, comment: Comment, *, anchor: anchors.Selector | Region, leaf: int = 0) -> Comment:
    """Put a thread on other words, or another area: those that took the place of its own. Raises Invalid (quote, region), Denied,
    NotFound.
    """
    _hold_row(actor, comment, "place")
    parent = parent_of(comment)
    _tie(actor, comment, parent, anchor, leaf, None)
    _touch(parent, comment)
    record("comment.placed", actor, comment)
    return comment


@action
def apply_suggestion(actor: Actor, comment: Comment) -> Comment:
    """Put the suggested words in the place of those they are about, as a revision of the thing, and resolve the thread.

    Raises Invalid("replacement") when that cannot be done by itself, Denied, NotFound.
    """
    _hold_row(actor, comment, "apply")
    tied = db.session.get(Anchor, comment.id)
    if tied is None or tied.replacement is None:
        raise Invalid("replacement", _l("This suggestion says no words to put in."))
    parent = parent_of(comment)
    put_in(actor, parent, tied)
    _set_state(comment, "resolved", actor)
    _touch(parent, comment)
    record("comment.applied", actor, comment)
    return comment
