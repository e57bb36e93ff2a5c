"""What can happen to milestones and submissions. Handing in is one transaction: the whole copy, or nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from sqlalchemy import delete, select

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.items.bounds import check_bounds
from community.items.rules import name_people
from community.items.writing import put_words
from community.markup import clean_text
from community.people.handles import handle_of
from community.people.models import Person
from community.permissions import GUIDES, Actor, require, sees
from community.spaces.models import Space
from community.spaces.queries import actor_for, current_phase_id
from community.spaces.turns import take_turn
from community.submissions.freezing import chosen, freeze
from community.submissions.models import RESULTS, Milestone, Sponsorship, Submission, SubmissionResult
from community.submissions.queries import asks, nudged_lately, readers_of, without_submission

MAX_NOTE = 5_000
MAX_TITLE, MAX_DESCRIPTION = 120, 2_000

# Milestones


@action
def set_milestone(
    actor: Actor,
    space: Space,
    *,
    title: str,
    due_at: datetime,
    description: str = "",
    to_sponsor: bool = False,
    key: str | None = None,
) -> Milestone:
    """Ask the teams of a space (or the team itself) to hand something in before `due_at` (aware). `key` tells it from the others:
    the one that has it is changed; without one it is made of the title.

    Raises Invalid (title, due_at, description), Denied, NotFound.
    """
    require(actor, "manage", space)
    known = _milestone(space, key) if key else None
    if known is not None:
        return edit_milestone(actor, known, title=title, due_at=due_at, description=description, to_sponsor=to_sponsor)
    take_turn(space.id)
    milestone = Milestone(
        space_id=space.id,
        key=key or _free_key(space, title),
        title=_title(title),
        description=_description(description),
        due_at=_due(due_at),
        to_sponsor=to_sponsor,
        created_at=now(),
        updated_at=now(),
    )
    db.session.add(milestone)
    record("milestone.created", actor, milestone)
    return milestone


def _milestone(space: Space, key: str) -> Milestone | None:
    return db.session.scalars(
        select(Milestone).where(Milestone.space_id == space.id, Milestone.key == key)
    ).one_or_none()


def _free_key(space: Space, title: str) -> str:
    wanted = handle_of(title)[:50].strip("-.") or "milestone"
    key, number = wanted, 2
    while _milestone(space, key) is not None:
        key, number = f"{wanted}-{number}", number + 1
    return key


def _title(title: str) -> str:
    title = " ".join(clean_text(title).split())
    if not title or len(title) > MAX_TITLE:
        raise Invalid("title", _l("Give it a title of up to %(limit)d characters."), limit=MAX_TITLE)
    return title


def _due(moment: datetime) -> datetime:
    if not 2000 <= moment.year <= 2100:
        raise Invalid("due_at", _l("Choose a day between 2000 and 2100."))
    return moment.astimezone(UTC)


def _description(words: str) -> str:
    words = clean_text(words).strip()
    if len(words) > MAX_DESCRIPTION:
        raise Invalid("description", _l("Say it in up to %(limit)d characters."), limit=MAX_DESCRIPTION)
    return words


@action
def edit_milestone(
    actor: Actor,
    milestone: Milestone,
    *,
    title: str,
    due_at: datetime,
    description: str = "",
    to_sponsor: bool = False,
    base: datetime | None = None,
) -> Milestone:
    """Change a milestone, and take it up again when it was called off. What was handed in keeps the readers that it had.

    `base` is the `updated_at` that was read. Raises Conflict when another stands; Invalid (title, due_at, description), Denied,
    NotFound.
    """
    require(actor, "edit", milestone)
    db.session.refresh(milestone, Milestone.__table__.c.keys(), with_for_update=True)
    if base is not None and base != milestone.updated_at:
        raise Conflict(_l("Somebody changed this milestone meanwhile. Look at it, then save yours again."))
    words = {
        "title": _title(title),
        "description": _description(description),
        "due_at": _due(due_at),
        "to_sponsor": to_sponsor,
        "cancelled_at": None,
    }
    changed = sorted(name for name, value in words.items() if getattr(milestone, name) != value)
    if not changed:
        nothing_changed()
        return milestone
    for name in changed:
        setattr(milestone, name, words[name])
    milestone.updated_at = now()
    record("milestone.updated", actor, milestone, changed=changed)
    return milestone


@action
def cancel_milestone(actor: Actor, milestone: Milestone) -> None:
    """Ask for it no longer. What was handed in stays, with all that was said to it. Raises Denied, NotFound."""
    require(actor, "edit", milestone)
    db.session.refresh(milestone, Milestone.__table__.c.keys(), with_for_update=True)
    if milestone.cancelled_at is not None:
        nothing_changed()
        return
    milestone.cancelled_at = milestone.updated_at = now()
    record("milestone.cancelled", actor, milestone)


@action
def nudge_teams(actor: Actor, milestone: Milestone, *, spaces: Collection[int] | None = None) -> list[int]:
    """Remind teams without a submission, once a day at most: all that the actor guides, or those of them among `spaces`.

    Answers the ids of those that were reminded. Raises Invalid("milestone") for one that was called off, Denied for who guides
    nobody whom it asks, NotFound.
    """
    if not sees(actor, milestone):
        raise NotFound()
    if milestone.cancelled_at is not None:
        raise Invalid("milestone", _l("This milestone was called off."))
    guided = without_submission(actor, milestone)
    if spaces is not None and set(spaces) - {space.id for space in guided}:
        raise Denied()
    wanted = [space for space in guided if spaces is None or space.id in spaces]
    lately = nudged_lately([milestone])
    told = []
    for space in wanted:
        require(actor, "guide", space)
        if (milestone.id, space.id) not in lately:
            record("milestone.nudged", actor, milestone, space_id=space.id)
            told.append(space.id)
    if not told:
        nothing_changed()
    return told


# Sponsors


@action
def name_sponsor(actor: Actor, space: Space, person: Person) -> None:
    """Say that somebody sponsors a team: they will read what it hands in from now on, where the milestone says so.

    Raises Denied, NotFound.
    """
    require(actor, "manage", space)
    if _sponsorship(space, person) is not None:
        nothing_changed()
        return
    db.session.add(Sponsorship(space_id=space.id, person_id=person.id))
    record("sponsor.named", actor, space, sponsor=person.id)


@action
def release_sponsor(actor: Actor, space: Space, person: Person) -> None:
    """Say that somebody sponsors a team no longer. What they were given they keep. Raises Denied, NotFound."""
    require(actor, "manage", space)
    if _sponsorship(space, person) is None:
        nothing_changed()
        return
    db.session.execute(delete(Sponsorship).where(Sponsorship.space_id == space.id, Sponsorship.person_id == person.id))
    record("sponsor.released", actor, space, sponsor=person.id)


def _sponsorship(space: Space, person: Person) -> Sponsorship | None:
    mine = select(Sponsorship).where(Sponsorship.space_id == space.id, Sponsorship.person_id == person.id)
    return db.session.scalars(mine).one_or_none()


# Submissions


@action
def hand_in(
    actor: Actor,
    space: Space,
    milestone: Milestone,
    *,
    pages: Collection[int] = (),
    trees: Collection[int] = (),
    files: Collection[int] = (),
    note: str = "",
    told: Collection[int],
) -> Submission:
    """Hand in a frozen copy of pages (of `trees` also what lies below) and files of a team, by their numbers.

    `told` are the people outside the team of whom the submitter was told that they will read it: raises Conflict when others
    would. Raises Conflict when something of this team waits for a result, or is done; Invalid (milestone, pages, files, body),
    Denied, NotFound.
    """
    require(actor, "hand in", space)
    if not sees(actor, milestone):
        raise NotFound()
    if not asks(milestone, space):
        raise Invalid("milestone", _l("This milestone does not ask this team for anything."))
    if milestone.cancelled_at is not None:
        raise Invalid("milestone", _l("This milestone was called off."))
    take_turn(space.id)
    before = _latest(space, milestone)
    if before is not None:
        _refuse_second(before)
    named = [person.id for person in readers_of(space, milestone).named]
    if set(named) != set(told):
        raise Conflict(_l("Who will read this has changed since you looked. Look again, then hand in."))
    what = chosen(actor, space, pages=pages, trees=trees, files=files)
    at = now()
    submission = Submission(
        space_id=space.id,
        milestone_id=milestone.id,
        attempt=before.attempt + 1 if before is not None else 1,
        author_id=actor.id,
        assessor_id=before.assessor_id if before is not None else None,
        phase_id=current_phase_id(space),
        title=milestone.title,
        created_at=at,
        updated_at=at,
    )
    note = check_bounds(note, MAX_NOTE) if note.strip() else ""
    mentions = put_words(actor, submission, note, space) if note else []
    if before is not None:
        before.latest = False
    db.session.add(submission)
    db.session.flush()
    freeze(submission, space, what)
    name_people("submission", submission.id, named)
    record("submission.sent", actor, submission, attempt=submission.attempt, mentions=mentions)
    return submission


def _latest(space: Space, milestone: Milestone) -> Submission | None:
    stmt = select(Submission).where(
        Submission.space_id == space.id, Submission.milestone_id == milestone.id, Submission.latest
    )
    return db.session.scalars(stmt.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _refuse_second(before: Submission) -> None:
    """One attempt at a time: a clear sentence for who comes second."""
    if before.state == "sent":
        who = db.session.scalar(select(Person.name).where(Person.id == before.author_id))
        raise Conflict(
            _l("%(name)s handed this in already. Look at it; take it back first if yours should stand instead."),
            base=before.id,
            name=who,
        )
    if before.state == "ok":
        raise Conflict(_l("This is done: the result is “ok”."), base=before.id)


def _lock(submission: Submission, base: datetime | None) -> None:
    columns = ["state", "updated_at", "assessor_id", "latest", "closed_at"]
    db.session.refresh(submission, columns, with_for_update=True)
    if base is not None and base != submission.updated_at:
        raise Conflict(_l("This changed while you were looking. Look at it again, then go on."))


@action
def withdraw_submission(actor: Actor, submission: Submission, *, base: datetime | None = None) -> None:
    """Take back what was handed in, before there is a result. It stays to be read. Raises Conflict, Denied, NotFound."""
    require(actor, "withdraw", submission)
    _lock(submission, base)
    if submission.state == "withdrawn":
        nothing_changed()
        return
    if submission.state != "sent":
        raise Conflict(_l("There is a result already, so it cannot be taken back. Hand in again instead."))
    submission.state, submission.closed_at, submission.updated_at = "withdrawn", now(), now()
    record("submission.withdrawn", actor, submission)


@action
def assign_submission(
    actor: Actor, submission: Submission, person: Person | None, *, base: datetime | None = None
) -> None:
    """Say who looks at it, or nobody in particular. Raises Conflict, Invalid("assessor") for who does not guide the team, Denied,
    NotFound.
    """
    require(actor, "assess", submission)
    if person is not None and actor_for(person).roles.get(submission.space_id) not in GUIDES:
        raise Invalid("assessor", _l("Choose somebody who guides this team."))
    _lock(submission, base)
    number = person.id if person is not None else None
    if submission.assessor_id == number:
        nothing_changed()
        return
    submission.assessor_id, submission.updated_at = number, now()
    db.session.expire(submission, ["assessor"])
    record("submission.assigned", actor, submission, assessor=number)


# Results


@action
def give_result(
    actor: Actor,
    submission: Submission,
    *,
    result: str,
    comment: str = "",
    hold: bool = False,
    base: datetime | None = None,
) -> SubmissionResult:
    """Say what comes of a submission: `ok`, `revise` or `not_yet`, with words. Held, only who guides the team knows of it, and it
    can be changed until it is released.

    Raises Conflict when it was withdrawn or somebody else gave a result; Invalid (result, body), Denied, NotFound.
    """
    require(actor, "assess", submission)
    _lock(submission, base)
    _refuse_closed(submission)
    if result not in RESULTS:
        raise Invalid("result", _l("Choose a result."))
    comment = clean_text(comment).strip()
    if not comment and result != "ok":
        raise Invalid("body", _l("Say what is to be done, so that they can go on."))
    known = _result_of(submission)
    if known is not None and known.author_id != actor.id:
        raise Conflict(_l("Somebody else holds a result for this. Speak with them first."))
    at = now()
    said = known or SubmissionResult(
        submission_id=submission.id, space_id=submission.space_id, author_id=actor.id, created_at=at
    )
    said.result, said.updated_at = result, at
    if comment:
        put_words(actor, said, check_bounds(comment, MAX_NOTE), db.session.get(Space, submission.space_id))
    else:
        said.body = said.body_html = said.excerpt = ""
    db.session.add(said)
    db.session.flush()
    if hold:
        if known is None:
            record("result.held", actor, said)
        else:
            record("result.changed", actor, said)
    else:
        _release(actor, submission, said)
    return said


def _result_of(submission: Submission) -> SubmissionResult | None:
    stmt = select(SubmissionResult).where(SubmissionResult.submission_id == submission.id)
    return db.session.scalars(stmt.with_for_update().execution_options(populate_existing=True)).one_or_none()


def _refuse_closed(submission: Submission) -> None:
    if submission.state == "withdrawn":
        raise Conflict(
            _l("The team took this back meanwhile, so there is nothing to answer. Your words are kept below.")
        )
    if submission.state != "sent":
        raise Conflict(_l("There is a result already. Recall it first to give another."))


def _release(actor: Actor, submission: Submission, said: SubmissionResult) -> None:
    at = now()
    said.released_at = said.updated_at = at
    submission.state, submission.closed_at, submission.updated_at = said.result, at, at
    record("submission.returned", actor, submission, result=said.result)


@action
def release_results(actor: Actor, results: Collection[SubmissionResult]) -> int:
    """Tell the teams what was held back, one or many at once, all or none. Answers how many there were.

    Raises Conflict when one was withdrawn meanwhile, Denied, NotFound.
    """
    count = 0
    for said in results:
        require(actor, "change", said)
        submission = db.session.get_one(Submission, said.submission_id)
        _lock(submission, None)
        db.session.refresh(said, SubmissionResult.__table__.c.keys(), with_for_update=True)
        if said.released_at is None:
            _refuse_closed(submission)
            _release(actor, submission, said)
            count += 1
    if not count:
        nothing_changed()
    return count


@action
def recall_result(actor: Actor, submission: Submission) -> SubmissionResult:
    """Hold back a result that was released, as long as the team has not handed in again. Raises Conflict, Denied, NotFound."""
    require(actor, "assess", submission)
    _lock(submission, None)
    said = _result_of(submission)
    if said is None or said.released_at is None:
        raise Conflict(_l("There is no result to recall."))
    if not submission.latest:
        raise Conflict(_l("The team has handed in again since, so this result stands."))
    if said.author_id != actor.id:
        raise Denied(_l("Only who gave a result recalls it."))
    said.released_at, said.updated_at = None, now()
    submission.state, submission.closed_at, submission.updated_at = "sent", None, now()
    record("submission.recalled", actor, submission)
    return said


@action
def drop_result(actor: Actor, submission: Submission) -> None:
    """Throw away a result of one's own that was never released. Raises Conflict, Denied, NotFound."""
    require(actor, "assess", submission)
    _lock(submission, None)
    said = _result_of(submission)
    if said is None or said.released_at is not None:
        raise Conflict(_l("There is no result that is held back."))
    if said.author_id != actor.id:
        raise Denied(_l("Only who holds a result throws it away."))
    record("result.dropped", actor, said)
    db.session.delete(said)
