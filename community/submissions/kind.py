"""The cards of milestones, submissions and results.

Who reads a submission: the people of the team (owner, facilitator, coach, member, alumnus; not its guests), and whom the
submitter was told of by name before sending, the sponsors of the team. What is in it that was for its author and the coaches
stays theirs (`queries.items_of`). A result is known to who guides the team until it is released.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import joinedload

from community.comments.texts import Words, leaves_are
from community.extensions import db
from community.items.models import Grant
from community.items.rules import is_staff, space_is_live
from community.kinds import Kind, predicate, register
from community.markup import plain_text
from community.permissions import GUIDES, Actor
from community.search.documents import Document
from community.spaces.models import Space
from community.spaces.queries import people_ids_in
from community.submissions.models import Milestone, Submission, SubmissionItem, SubmissionResult

HANDS_IN = frozenset({"owner", "facilitator", "member"})
INSIDE = frozenset({"owner", "facilitator", "coach", "member", "alumnus"})

is_system = predicate("is the system")(lambda actor, _: actor.is_system)
guides = predicate("guides the team")(lambda actor, thing: actor.roles.get(thing.space_id) in GUIDES)
is_of_the_team = predicate("hands in for the team")(lambda actor, thing: actor.roles.get(thing.space_id) in HANDS_IN)
reads_it = predicate("reads it")(lambda _actor, _thing: True)


def _is_open(_actor: Actor, thing: Submission) -> bool:
    space = db.session.get(Space, thing.space_id)
    return space is not None and space.status == "active"


# A sponsor has no role in the team, so that the reach of the actor does not know whether it is archived.
team_is_live = predicate("the team is not archived")(_is_open)


def _places(actor: Actor, roles: frozenset[str]) -> list[int]:
    return sorted(space for space, role in actor.roles.items() if role in roles)


# Milestones


def milestone_visible(actor: Actor) -> ColumnElement[bool]:
    """Whoever has a role where it is, and in a programme the people of its cohorts."""
    if actor.is_system:
        return true()
    mine = sorted(actor.roles)
    above = select(Space.parent_id).where(Space.id.in_(mine), Space.kind == "cohort", Space.parent_id.is_not(None))
    return or_(Milestone.space_id.in_(mine), Milestone.space_id.in_(above))


def _milestone_scopes(milestone: Milestone) -> frozenset[str]:
    below = select(Space.id).where(Space.parent_id == milestone.space_id, Space.kind == "cohort")
    return frozenset(f"s{space}:members" for space in (milestone.space_id, *db.session.scalars(below)))


def _milestone_export(milestone: Milestone) -> dict[str, Any]:
    return {"title": milestone.title, "description": milestone.description, "due": milestone.due_at.isoformat()}


def _hears_of_milestone(entry: Any, _milestone: Milestone) -> Iterable[tuple[int, str]]:
    """Whoever hands in for a team that is reminded."""
    if entry.verb == "milestone.nudged" and entry.space_id is not None:
        yield from ((person, "nudge") for person in people_ids_in(entry.space_id, roles=frozenset({"member"})))


MILESTONE = register(
    Kind(
        name="milestone",
        model=Milestone,
        visible=milestone_visible,
        verbs={"edit": (is_staff | is_system) & space_is_live},
        scopes=_milestone_scopes,
        export=_milestone_export,
        hears=_hears_of_milestone,
    )
)


# Submissions


def submission_visible(actor: Actor) -> ColumnElement[bool]:
    """The people of the team but its guests, and who was named when it was handed in."""
    if actor.id is None:
        return false()
    named = select(Grant.id).where(
        Grant.object_kind == "submission", Grant.object_id == Submission.id, Grant.person_id == actor.id
    )
    return or_(Submission.space_id.in_(_places(actor, INSIDE)), named.exists())


def submission_scopes(submission: Submission) -> frozenset[str]:
    """The tokens of who reads it."""
    return frozenset({f"s{submission.space_id}:inside", *(f"p{person}" for person in _named(submission))})


def _named(submission: Submission) -> Iterable[int]:
    """Who reads it from outside the team: the sponsors of whom the submitter was told."""
    named = select(Grant.person_id).where(Grant.object_kind == "submission", Grant.object_id == submission.id)
    return db.session.scalars(named)


def _document(submission: Submission) -> Document:
    """The note, the pages that everybody who reads it reads, the names of its files, and the result once it is released."""
    words = [plain_text(submission.body)]
    items = select(SubmissionItem).where(
        SubmissionItem.submission_id == submission.id, SubmissionItem.audience != "coach"
    )
    for item in db.session.scalars(items.order_by(SubmissionItem.position)):
        if item.kind != "picture":
            words += [item.title, plain_text(item.body)]
    said = db.session.scalar(
        select(SubmissionResult.body).where(
            SubmissionResult.submission_id == submission.id, SubmissionResult.released_at.is_not(None)
        )
    )
    words.append(plain_text(said or ""))
    return Document(
        ref=f"submission:{submission.id}",
        kind="submission",
        title=submission.title,
        body="\n".join(word for word in words if word),
        scopes=submission_scopes(submission),
        space_id=submission.space_id,
        author=submission.author.handle,
        created=submission.created_at,
        phase=str(submission.phase_id) if submission.phase_id else None,
        language=None,
    )


def _words(submission_ids: Collection[int]) -> dict[int, str]:
    """The pages that everybody who reads it reads."""
    stmt = select(SubmissionItem.submission_id, SubmissionItem.body).where(
        SubmissionItem.submission_id.in_(submission_ids),
        SubmissionItem.kind == "page",
        SubmissionItem.audience != "coach",
    )
    found: dict[int, list[str]] = {}
    for number, body in db.session.execute(stmt.order_by(SubmissionItem.submission_id, SubmissionItem.position)):
        found.setdefault(number, []).append(plain_text(body))
    return {number: "\n".join(bodies) for number, bodies in found.items()}


def _export(submission: Submission) -> dict[str, Any]:
    items = select(SubmissionItem).where(SubmissionItem.submission_id == submission.id)
    return {
        "title": submission.title,
        "space": submission.space.slug,
        "attempt": submission.attempt,
        "state": submission.state,
        "note": submission.body,
        "handedIn": submission.created_at.isoformat(),
        "holds": [
            {"kind": item.kind, "title": item.title, "body": item.body, "sha256": item.sha256}
            for item in db.session.scalars(items.order_by(SubmissionItem.position))
            if item.audience != "coach" or item.owner_id == submission.author_id
        ],
    }


def _hears(entry: Any, submission: Submission) -> Iterable[tuple[int, str]]:
    """The coaches (the staff where there are none) and the sponsors of what is handed in; the team and the sponsors of its result;
    who is asked to look at it.
    """
    team = submission.space_id
    if entry.verb == "submission.sent":
        yield from ((person, "mention") for person in entry.data.get("mentions", ()))
        coaches = people_ids_in(team, roles=frozenset({"coach"}))
        guiding = coaches or people_ids_in(team, roles=frozenset({"owner", "facilitator"}))
        yield from ((person, "submitted") for person in (*guiding, *_named(submission)))
    elif entry.verb == "submission.returned":
        people = people_ids_in(team, roles=frozenset({"owner", "member"}))
        yield from ((person, "result") for person in (*people, *_named(submission)))
    elif entry.verb == "submission.assigned" and entry.data.get("assessor") is not None:
        yield entry.data["assessor"], "assigned"


SUBMISSION = register(
    Kind(
        name="submission",
        model=Submission,
        visible=submission_visible,
        verbs={
            "comment": reads_it & team_is_live,
            "withdraw": is_of_the_team & space_is_live,
            "assess": guides & space_is_live,
        },
        scopes=submission_scopes,
        document=_document,
        export=_export,
        words=_words,
        hears=_hears,
        options=lambda: (joinedload(Submission.author), joinedload(Submission.space)),
    )
)


def _leaves(submission: Submission, leaf: int) -> list[Words]:
    """The pages in which whoever reads it selects words: not those for their author and the coaches, whose words a comment would
    tell to all.
    """
    stmt = select(SubmissionItem.body_html, SubmissionItem.position).where(
        SubmissionItem.submission_id == submission.id,
        SubmissionItem.kind == "page",
        SubmissionItem.audience != "coach",
    )
    if leaf:
        stmt = stmt.where(SubmissionItem.position == leaf)
    return [Words(row[0], row[1]) for row in db.session.execute(stmt.order_by(SubmissionItem.position))]


leaves_are("submission", _leaves)


# Results


def result_visible(actor: Actor) -> ColumnElement[bool]:
    """Whoever reads the submission, once it is released; before that, who guides the team."""
    theirs = select(Submission.id).where(submission_visible(actor))
    known = or_(SubmissionResult.released_at.is_not(None), SubmissionResult.space_id.in_(_places(actor, GUIDES)))
    return and_(SubmissionResult.submission_id.in_(theirs), known)


def _result_scopes(result: SubmissionResult) -> frozenset[str]:
    if result.released_at is None:
        return frozenset({f"s{result.space_id}:guides"})
    return submission_scopes(db.session.get_one(Submission, result.submission_id))


def _result_export(result: SubmissionResult) -> dict[str, Any]:
    return {"result": result.result, "comment": result.body, "given": result.created_at.isoformat()}


RESULT = register(
    Kind(
        name="result",
        model=SubmissionResult,
        visible=result_visible,
        verbs={"change": guides & space_is_live},
        scopes=_result_scopes,
        export=_result_export,
        options=lambda: (joinedload(SubmissionResult.author),),
    )
)
