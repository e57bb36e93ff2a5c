"""What was handed in and has no result yet waits for the coaches of the team, or for the one who looks at it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select

from community.coaching.waiting import Source, wait_row, waits_are_told_by
from community.permissions import Actor, visible
from community.spaces.models import Membership
from community.submissions.models import Submission, SubmissionResult


def _waiting(actor: Actor, places: list[int]) -> Select[Any]:
    return wait_row(
        "submission", "submission", Submission.id, Submission.space_id,
        since=Submission.created_at, by_id=Submission.author_id, for_id=Submission.assessor_id,
    ).where(Submission.space_id.in_(places), Submission.state == "sent", visible(actor, Submission))  # fmt: skip


def _answers(places: list[int], since: datetime) -> Select[Any]:
    """Results that coaches gave."""
    result, coach = SubmissionResult, Membership
    theirs = and_(coach.space_id == result.space_id, coach.person_id == result.author_id, coach.role == "coach")
    columns: list[Any] = [result.space_id, result.author_id, Submission.created_at, result.released_at]
    return (
        select(*columns)
        .join(Submission, Submission.id == result.submission_id)
        .join(coach, theirs)
        .where(Submission.space_id.in_(places), result.released_at > since)
    )


def tell() -> None:
    """Put it in the register; called when every card is there."""
    waits_are_told_by(Source("submission", "submission", _waiting, _answers))
