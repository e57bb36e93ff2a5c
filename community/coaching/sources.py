"""What waits of our own: what a team asks, replies in a coach's thread, and what was shared with the coach alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from community.activity.models import Activity
from community.coaching.models import Ask, CoachThread
from community.coaching.waiting import Source, wait_row, waits_are_told_by
from community.comments.models import Comment
from community.extensions import UTCTime
from community.kinds import kind_named
from community.permissions import Actor, visible
from community.spaces.models import Membership


def _asks(actor: Actor, places: list[int]) -> Select[Any]:
    """Asks that nobody answered yet, or that were gone on with."""
    return wait_row(
        "request", "ask", Ask.id, Ask.space_id,
        since=Ask.waits_since, latest=Ask.spoke_at, by_id=Ask.spoke_id, for_id=Ask.taken_by_id, wanted_by=Ask.wanted_by,
    ).where(
        Ask.space_id.in_(places), Ask.waits_since.is_not(None), Ask.closed_at.is_(None), visible(actor, Ask)
    )  # fmt: skip


def _threads(actor: Actor, places: list[int]) -> Select[Any]:
    """Threads where others spoke after a coach, and that are not resolved. Where nobody can answer, nothing waits."""
    post: Any = kind_named("post").model
    closed = select(post.id).where(
        post.id == Comment.parent_id, or_(post.archived_at.is_not(None), post.locked_at.is_not(None))
    )
    name = case((and_(Comment.purpose == "must_answer", Comment.as_role == "coach"), "must"), else_="reply")
    return (
        wait_row(
            name, "comment", Comment.id, CoachThread.space_id,
            since=CoachThread.since, latest=CoachThread.latest, by_id=CoachThread.by_id, for_id=CoachThread.for_id,
        )
        .join_from(CoachThread, Comment, Comment.id == CoachThread.comment_id)
        .where(
            CoachThread.space_id.in_(places), Comment.space_id == CoachThread.space_id, Comment.state != "resolved",
            or_(Comment.parent_kind != "post", ~closed.exists()),
            visible(actor, Comment),
        )
    )  # fmt: skip


def _shared(kind: str) -> Any:
    """Things of a kind that only the author and the coaches read, since they were shared or since somebody went on."""
    model: Any = kind_named(kind).model

    def rows(actor: Actor, places: list[int]) -> Select[Any]:
        spoke, more, coach = aliased(Comment), aliased(Comment), aliased(Membership)
        last = (
            select(func.max(spoke.id))
            .where(spoke.parent_kind == kind, spoke.parent_id == model.id, spoke.as_role == "coach")
            .where(spoke.deleted_at.is_(None), spoke.held_at.is_(None), spoke.audience != "coaches")
            .correlate(model)
            .scalar_subquery()
        )

        def later(what: Any) -> Any:
            stmt = select(what).where(more.parent_kind == kind, more.parent_id == model.id, more.deleted_at.is_(None))
            stmt = stmt.where(more.held_at.is_(None))
            return (
                stmt.where(more.as_role != "coach", more.id > func.coalesce(last, 0)).correlate(model).scalar_subquery()
            )

        begun = model.created_at
        if kind == "entry":  # it may have been private for long
            shared = select(func.max(Activity.created_at)).where(
                Activity.object_kind == kind, Activity.object_id == model.id, Activity.verb == "entry.shared"
            )
            begun = func.coalesce(shared.correlate(model).scalar_subquery(), model.created_at, type_=UTCTime)
        first = later(func.min(more.created_at, type_=UTCTime))
        newest = later(func.max(more.created_at, type_=UTCTime))
        theirs = select(coach.id).where(
            coach.space_id == model.space_id, coach.person_id == model.author_id, coach.role == "coach"
        )
        return wait_row(
            "shared", kind, model.id, model.space_id,
            since=case((last.is_(None), begun), else_=first), latest=func.coalesce(newest, begun, type_=UTCTime),
            by_id=model.author_id,
        ).where(
            model.space_id.in_(places), model.audience == "coach", or_(last.is_(None), first.is_not(None)),
            ~theirs.exists(), visible(actor, model), *_still_open(model),
        )  # fmt: skip

    return rows


def _still_open(model: Any) -> list[Any]:
    """Where nobody can answer, nothing waits."""
    if not hasattr(model, "locked_at"):
        return []
    return [and_(model.archived_at.is_(None), model.locked_at.is_(None), model.shared_id.is_(None))]


def tell() -> None:
    """Put our own sources in the register; called when every card is there."""
    waits_are_told_by(Source("request", "ask", _asks))
    waits_are_told_by(Source("reply", "comment", _threads))
    for kind in ("entry", "post", "page", "file"):
        waits_are_told_by(Source(f"shared-{kind}", kind, _shared(kind)))
