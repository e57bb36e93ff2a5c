"""Drafts and scheduled posts. They are their author's alone: every read here asks for the author, and nothing else in the house
knows of them. No actions of the community, for nothing is said yet; `actions.publish_scheduled` says it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from community.activity.once import was_done
from community.clock import now
from community.errors import Invalid, NotFound, _l
from community.extensions import db, write_unit
from community.items.bounds import check_bounds
from community.jobs.work import enqueue
from community.markup import clean_text
from community.microblog.attachments import Arrived, attach, attached_to, detach
from community.microblog.models import POST_KINDS, PostDraft
from community.microblog.plan import AUDIENCES, MAX_POST, PostPlan, check_later
from community.microblog.polls import PollPlan
from community.permissions import Actor, require
from community.spaces.models import Space

FURTHEST = timedelta(days=366)
MOST_SCHEDULED = 50


def plan_of(draft: PostDraft) -> PostPlan:
    """What a draft would say."""
    facts, poll = draft.facts, None
    if draft.kind == "poll":
        closes = datetime.fromisoformat(facts["closes"]) if facts.get("closes") else None
        poll = PollPlan(tuple(facts.get("options", ())), bool(facts.get("several")), bool(facts.get("open")), closes)
    praised = tuple(facts.get("praised", ())) if draft.kind == "praise" else ()
    return PostPlan(draft.body, draft.kind, draft.audience or None, poll, praised)


def _put(draft: PostDraft, plan: PostPlan) -> None:
    draft.body, draft.kind, draft.audience = clean_text(plan.body), plan.kind, plan.audience or ""
    facts: dict[str, Any] = {"praised": list(plan.praised)}
    if plan.poll is not None:
        facts |= {"options": list(plan.poll.options), "several": plan.poll.several, "open": plan.poll.open}
        facts["closes"] = plan.poll.closes_at.astimezone(UTC).isoformat() if plan.poll.closes_at else ""
    draft.facts, draft.updated_at = facts, now()


def draft_in(actor: Actor, space: Space) -> PostDraft | None:
    """What the actor was writing in a space when they left."""
    return db.session.scalars(_mine(actor, "draft").where(PostDraft.space_id == space.id).limit(1)).one_or_none()


def _mine(actor: Actor, *states: str) -> Any:
    return (
        select(PostDraft)
        .where(PostDraft.author_id == actor.id, PostDraft.state.in_(states))
        .order_by(PostDraft.id.desc())
        .options(joinedload(PostDraft.space))
    )


def drafts_of(actor: Actor) -> Sequence[PostDraft]:
    """All that the actor has not posted yet, what comes first at the top."""
    found = db.session.scalars(_mine(actor, "failed", "scheduled", "draft")).all()
    return sorted(found, key=lambda draft: (draft.publish_at is None, draft.publish_at or draft.updated_at, draft.id))


def draft_for(actor: Actor, draft_id: int) -> PostDraft:
    """One of the actor's own. Raises NotFound."""
    stmt = _mine(actor, "failed", "scheduled", "draft").where(PostDraft.id == draft_id)
    found: PostDraft | None = db.session.scalars(stmt).one_or_none()
    if found is None:
        raise NotFound()
    return found


def save_draft(actor: Actor, space: Space, plan: PostPlan, *, key: str = "") -> PostDraft | None:
    """Keep what the actor is writing in a space; one draft a space, without words none. Half a thought may be kept: only its bounds
    are asked. `key` is that of the form: when it was posted meanwhile, nothing is kept. Raises Invalid("body"), Denied, NotFound.
    """
    require(actor, "post", space)
    check_bounds(plan.body, MAX_POST)
    plan = PostPlan(
        plan.body,
        plan.kind if plan.kind in POST_KINDS else "discussion",
        plan.audience if plan.audience in AUDIENCES else None,
        plan.poll,
        plan.praised,
    )
    with write_unit():
        draft = draft_in(actor, space)
        if not plan.body.strip() or was_done(actor, key):
            if draft is not None:
                db.session.delete(draft)
            return None
        if draft is None:
            draft = PostDraft(author_id=actor.id, space_id=space.id, state="draft")
            db.session.add(draft)
        _put(draft, plan)
    return draft


def drop_draft_in(actor: Actor, space: Space) -> None:
    """What was being written here has been posted."""
    if draft_in(actor, space) is not None:
        with write_unit():
            for draft in db.session.scalars(_mine(actor, "draft").where(PostDraft.space_id == space.id)):
                db.session.delete(draft)


def schedule_post(
    actor: Actor,
    space: Space,
    plan: PostPlan,
    *,
    at: datetime,
    draft: PostDraft | None = None,
    files: Sequence[Arrived] = (),
) -> PostDraft:
    """Say something later, or change what was to be said. The author's rights are asked now, and again at that moment.
    Raises Invalid (publish_at, files and what `create_post` refuses), Denied, NotFound.
    """
    check_later(actor, space, plan)
    if not now() < at <= now() + FURTHEST:
        raise Invalid("publish_at", _l("Choose a moment to come, within a year."))
    if plan.poll is not None and plan.poll.closes_at is not None and plan.poll.closes_at <= at:
        raise Invalid("closes", _l("Let the poll close after it is posted."))
    with write_unit():
        if draft is None or draft.state == "draft":
            waiting: Sequence[PostDraft] = db.session.scalars(_mine(actor, "scheduled")).all()
            for known in waiting:
                if (known.space_id, known.body, known.publish_at) == (space.id, clean_text(plan.body), at):
                    return known  # the form came twice
            if len(waiting) >= MOST_SCHEDULED:
                raise Invalid("publish_at", _l("Up to %(limit)d posts can wait."), limit=MOST_SCHEDULED)
            draft = draft_in(actor, space) or PostDraft(author_id=actor.id, space_id=space.id)
            db.session.add(draft)
        else:
            draft = draft_for(actor, draft.id)
        draft.state, draft.publish_at, draft.problem, draft.space_id = "scheduled", at.astimezone(UTC), "", space.id
        _put(draft, plan)
        db.session.flush()
        attach(files, draft_id=draft.id, there=len(attached_to(draft_id=draft.id)))
        stamp = draft.publish_at.isoformat()
        enqueue(
            "posts.publish", {"draft": draft.id, "at": stamp}, after=at, unique_key=f"post-draft-{draft.id}@{stamp}"
        )
    return draft


def change_draft(actor: Actor, draft: PostDraft, plan: PostPlan, *, files: Sequence[Arrived] = ()) -> None:
    """Other words, before it is said. Raises what `create_post` refuses."""
    check_later(actor, db.session.get_one(Space, draft.space_id), plan)
    with write_unit():
        draft = draft_for(actor, draft.id)
        _put(draft, plan)
        attach(files, draft_id=draft.id, there=len(attached_to(draft_id=draft.id)))


def cancel_draft(actor: Actor, draft: PostDraft) -> None:
    """Do not say it after all; its words and files go."""
    with write_unit():
        draft = draft_for(actor, draft.id)
        detach(attached_to(draft_id=draft.id))
        db.session.delete(draft)


def note_problem(draft: PostDraft, sentence: str) -> None:
    """Its moment came, and it could not be posted: its author is told where their drafts are."""
    with write_unit():
        kept = db.session.get(PostDraft, draft.id)
        if kept is not None:
            kept.state, kept.problem = "failed", sentence[:300]
