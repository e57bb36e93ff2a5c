"""What teams hand in: milestones, frozen copies, results."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, made_once
from blueprints.api.making import maybe, who
from blueprints.api.reading import LEFT, Flag, Given, Stretch, Whole, number_cursor
from blueprints.api.refusals import Refused
from blueprints.doors import actor
from blueprints.giving import download
from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.people.models import Person
from community.people.queries import person_for
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter
from community.submissions.actions import (
    MAX_DESCRIPTION,
    MAX_NOTE,
    MAX_TITLE,
    assign_submission,
    cancel_milestone,
    drop_result,
    edit_milestone,
    give_result,
    hand_in,
    name_sponsor,
    nudge_teams,
    recall_result,
    release_results,
    release_sponsor,
    set_milestone,
    withdraw_submission,
)
from community.submissions.freezing import copy_address
from community.submissions.models import KINDS_OF_TEAM, RESULTS, STATES, Milestone, Submission, SubmissionResult
from community.submissions.queries import (
    FILTERS,
    item_for,
    items_of,
    milestone_for,
    milestones_of,
    named_readers,
    people_to_sponsor,
    readers_of,
    result_for,
    sponsors_of,
    submission_for,
    submissions_for,
    without_submission,
)

Id = Annotated[int, Field(ge=1, lt=10**18)]
Ids = Annotated[list[Id], Field(max_length=200)]
State = Annotated[str, schemas.OneOf(STATES)]
Outcome = Annotated[str, schemas.OneOf(RESULTS)]


class MilestoneOut(schemas.Out):
    """Something to hand in. Of a team, `readers` are the people outside the team who would read it: name them when you hand in."""

    id: int
    space: str
    title: str
    description: str
    due: AwareDatetime
    sponsor: bool
    cancelled: bool
    readers: list[schemas.Who] | None


class Milestones(schemas.Out):
    items: list[MilestoneOut]
    next: schemas.Next


class HeldPage(schemas.Out):
    """A page as it was: `source` is the number that it had, `leaf` names it in comments on its words."""

    id: int
    leaf: int
    source: int
    title: str
    path: str
    revision: int
    body: str
    html: str


class HeldFile(schemas.Out):
    """A file as it was; its bytes are at `content`. `picture`: it stands in a page."""

    id: int
    source: int
    name: str
    media_type: str
    size: int
    sha256: str
    picture: bool
    content: schemas.Path


class ResultOut(schemas.Out):
    """What was said to a submission. Not `released`, only who guides the team knows of it."""

    result: Outcome
    body: str
    html: str
    author: schemas.Who
    given: AwareDatetime
    released: AwareDatetime | None


class SubmissionLine(schemas.Out):
    """One attempt at a milestone."""

    id: int
    url: schemas.Path
    space: str
    milestone: int
    title: str
    attempt: int
    latest: bool
    state: State
    author: schemas.Who
    assessor: schemas.Who | None
    pages: int
    files: int
    comments: int
    created: AwareDatetime
    updated: AwareDatetime


class Submissions(schemas.Out):
    items: list[SubmissionLine]
    next: schemas.Next


class SubmissionOut(SubmissionLine):
    """The whole of it, as far as you may see it."""

    note: str
    html: str
    readers: list[schemas.Who] = Field(description="Who was named when it was handed in, from outside the team.")
    held_pages: list[HeldPage]
    held_files: list[HeldFile]
    result: ResultOut | None


class Sponsors(schemas.Out):
    items: list[schemas.Who]
    next: schemas.Next


class Teams(schemas.Out):
    """Teams, by their names in addresses."""

    items: list[str]
    next: schemas.Next


class NewMilestone(Given):
    title: str = Field(min_length=1, max_length=MAX_TITLE)
    due: AwareDatetime = Field(strict=False)
    description: str = Field("", max_length=MAX_DESCRIPTION)
    sponsor: bool = Field(False, description="The sponsors of the team read it too.")


class MilestoneChanges(Given):
    title: str = Field(LEFT, min_length=1, max_length=MAX_TITLE)
    due: AwareDatetime = Field(LEFT, strict=False)
    description: str = Field(LEFT, max_length=MAX_DESCRIPTION)
    sponsor: bool = Field(LEFT)


class HandIn(Given):
    milestone: Id
    pages: Ids = Field([], description="Numbers of pages of the space.")
    trees: Ids = Field([], description="Numbers of pages that go with all that lies below them.")
    files: Ids = Field(
        [], description="Numbers of files of the space. Pictures that stand in the pages come by themselves."
    )
    note: str = Field("", max_length=MAX_NOTE, description="Markdown.")
    readers: list[Annotated[str, Field(max_length=80)]] = Field(
        [],
        max_length=50,
        description="The handles of the milestone's `readers`: whom you know will read it from outside the team.",
    )


class NewResult(Given):
    result: Outcome
    body: str = Field("", max_length=MAX_NOTE, description="Markdown. Needed for all but `ok`.")
    hold: bool = Field(False, description="Keep it from the team until you send it again without.")


class Assessor(Given):
    handle: str | None = Field(max_length=80, description="Who looks at it; null for nobody in particular.")


class Nudge(Given):
    spaces: list[Annotated[str, Field(max_length=60)]] | None = Field(
        None, max_length=200, description="These teams alone, of those that you guide and that are late."
    )


class SubmissionsAsked(Stretch):
    only: Annotated[str, schemas.OneOf(FILTERS)] = "all"
    space: str | None = Field(
        None, max_length=60, description="Of this team, or of the teams of this cohort or programme."
    )
    milestone: Annotated[Whole, Field(ge=1, lt=10**18)] | None = None
    mine: Flag = Field(False, description="Only what you were asked to look at.")


# ---- milestones -------------------------------------------------------------------------------------------------------


def _slug(space_id: int) -> str:
    space = db.session.get(Space, space_id)
    return space.slug if space is not None else ""


def _version(thing: Milestone | Submission) -> str:
    return f"{thing.id}-{int(thing.updated_at.timestamp() * 1_000_000):x}"


def _milestone(milestone: Milestone, readers: list[Person] | None = None) -> MilestoneOut:
    return MilestoneOut(
        id=milestone.id,
        space=_slug(milestone.space_id),
        title=milestone.title,
        description=milestone.description,
        due=milestone.due_at,
        sponsor=milestone.to_sponsor,
        cancelled=milestone.cancelled_at is not None,
        readers=[who(person) for person in readers] if readers is not None else None,
    )


def _place(slug: str) -> Space:
    """A space whose people hand in or ask for it. Raises NotFound for who is not of it."""
    space = space_to_enter(actor(), slug)
    if space.id not in actor().roles:
        raise NotFound()
    return space


@call("GET", "/spaces/<slug>/milestones", "What is due in a space", answer=Milestones)
def list_milestones(slug: str) -> Milestones:
    """The earliest first; for a team also what its cohort and programme ask. Those that were called off are left out."""
    space = _place(slug)
    found = milestones_of(actor(), space)
    shared = next((one for one in found if one.to_sponsor), None)
    named = readers_of(space, shared).named if shared is not None and space.kind in KINDS_OF_TEAM else []
    asks_a_team = space.kind in KINDS_OF_TEAM
    items = [_milestone(one, (named if one.to_sponsor else []) if asks_a_team else None) for one in found]
    return Milestones(items=items, next=None)


@call(
    "POST", "/spaces/<slug>/milestones", "Ask for something to be handed in",
    given=NewMilestone, answer=MilestoneOut, status=201, once=True,
)  # fmt: skip
def make_milestone(slug: str, given: NewMilestone) -> Reply:
    """Of a cohort or a programme it asks every team below. For who runs the space."""
    space = _place(slug)
    made = made_once(
        lambda: set_milestone(
            actor(),
            space,
            title=given.title,
            due_at=given.due,
            description=given.description,
            to_sponsor=given.sponsor,
        )
    )
    found = milestone_for(actor(), made.id)
    return Reply(_milestone(found), _version(found), 201, f"/api/v1/milestones/{found.id}")


@call("GET", "/milestones/<id:number>", "A milestone", answer=MilestoneOut)
def read_milestone(number: int) -> Reply:
    """Also one that was called off."""
    found = milestone_for(actor(), number)
    return Reply(_milestone(found), _version(found))


@call("PATCH", "/milestones/<id:number>", "Change a milestone", given=MilestoneChanges, answer=MilestoneOut, bases=True)
def change_milestone(number: int, given: MilestoneChanges) -> Reply:
    """One that was called off is asked for again."""
    found = milestone_for(actor(), number)
    based = based_on(_version(found))
    sent = given.sent()
    edit_milestone(
        actor(),
        found,
        title=sent.get("title", found.title),
        due_at=sent.get("due", found.due_at),
        description=sent.get("description", found.description),
        to_sponsor=sent.get("sponsor", found.to_sponsor),
        base=found.updated_at if based else None,
    )
    return read_milestone(number)


@call("DELETE", "/milestones/<id:number>", "Call a milestone off", bases=True)
def remove_milestone(number: int) -> Reply:
    """What was handed in stays."""
    found = milestone_for(actor(), number)
    based_on(_version(found))
    cancel_milestone(actor(), found)
    return Reply()


@call("GET", "/milestones/<id:number>/missing", "Teams that have handed in nothing", answer=Teams)
def list_missing(number: int) -> Teams:
    """Those that you guide. Empty for who guides nobody."""
    return Teams(items=[space.slug for space in without_submission(actor(), milestone_for(actor(), number))], next=None)


@call("POST", "/milestones/<id:number>/nudges", "Remind teams that have handed in nothing", given=Nudge, answer=Teams)
def nudge(number: int, given: Nudge) -> Teams:
    """Once a day at most. Answers those that were reminded."""
    found = milestone_for(actor(), number)
    late = {space.slug: space.id for space in without_submission(actor(), found)}
    if given.spaces is not None and set(given.spaces) - set(late):
        raise Invalid("spaces", _l("Choose among the teams that you guide and that have handed in nothing."))
    wanted = [late[slug] for slug in given.spaces] if given.spaces is not None else None
    told = set(nudge_teams(actor(), found, spaces=wanted))
    return Teams(items=[slug for slug, team in late.items() if team in told], next=None)


@call("GET", "/spaces/<slug>/sponsors", "Who sponsors a team", answer=Sponsors)
def list_sponsors(slug: str) -> Sponsors:
    """They read what is handed in where the milestone says so."""
    space = _place(slug)
    return Sponsors(items=[who(person) for person in sponsors_of(space)], next=None)


@call("PUT", "/spaces/<slug>/sponsors/<handle>", "Name a sponsor of a team")
def put_sponsor(slug: str, handle: str) -> Reply:
    """Somebody who is a guest of the team, of its cohort or of its programme. For who runs the team."""
    space = _place(slug)
    person = person_for(actor(), handle)
    if may(actor(), "manage", space) and person.id not in {one.id for one in people_to_sponsor(actor(), space)}:
        raise Invalid("handle", _l("Choose a guest of the team, of its cohort or of its programme."))
    name_sponsor(actor(), space, person)
    return Reply()


@call("DELETE", "/spaces/<slug>/sponsors/<handle>", "Say that somebody sponsors a team no longer")
def remove_sponsor(slug: str, handle: str) -> Reply:
    """What they were given they keep."""
    release_sponsor(actor(), _place(slug), person_for(actor(), handle))
    return Reply()


# ---- submissions ------------------------------------------------------------------------------------------------------


def _line(found: Submission) -> dict[str, object]:
    return {
        "id": found.id,
        "url": url_of(found),
        "space": found.space.slug,
        "milestone": found.milestone_id,
        "title": found.title,
        "attempt": found.attempt,
        "latest": found.latest,
        "state": found.state,
        "author": who(found.author),
        "assessor": maybe(found.assessor),
        "pages": found.page_count,
        "files": found.file_count,
        "comments": found.comment_count,
        "created": found.created_at,
        "updated": found.updated_at,
    }


def _result(said: SubmissionResult | None) -> ResultOut | None:
    if said is None:
        return None
    return ResultOut(
        result=said.result,
        body=said.body,
        html=said.body_html,
        author=who(said.author),
        given=said.updated_at,
        released=said.released_at,
    )


def _whole(number: int, status: int | None = None) -> Reply:
    found = submission_for(actor(), number)
    pages, files = [], []
    for item in items_of(actor(), found, words=True):
        if item.kind == "page":
            pages.append(
                HeldPage(
                    id=item.id,
                    leaf=item.position,
                    source=item.source_id,
                    title=item.title,
                    path=item.path,
                    revision=item.version,
                    body=item.body,
                    html=item.body_html,
                )
            )
        else:
            files.append(
                HeldFile(
                    id=item.id,
                    source=item.source_id,
                    name=item.title,
                    media_type=item.media_type,
                    size=item.size,
                    sha256=item.sha256,
                    picture=item.kind == "picture",
                    content=copy_address(item),
                )
            )
    body = SubmissionOut.model_validate(
        {
            **_line(found),
            "note": found.body,
            "html": found.body_html,
            "readers": [who(person) for person in named_readers(found)],
            "held_pages": pages,
            "held_files": files,
            "result": _result(result_for(actor(), found)),
        }
    )
    at = f"/api/v1/submissions/{found.id}" if status == 201 else ""
    return Reply(body, _version(found), status, at)


@call("GET", "/submissions", "What was handed in", query=SubmissionsAsked, answer=Submissions)
def list_submissions(asked: SubmissionsAsked) -> Submissions:
    """The latest attempts that you may see, of all teams, the newest first."""
    space = _place(asked.space) if asked.space else None
    milestone = milestone_for(actor(), asked.milestone) if asked.milestone else None
    found = submissions_for(
        actor(),
        only=asked.only,
        space=space,
        milestone=milestone,
        mine=asked.mine,
        before=number_cursor(asked),
        limit=asked.many,
    )
    items = [SubmissionLine.model_validate(_line(one)) for one in found.items]
    return Submissions(items=items, next=str(found.next) if found.next is not None else None)


@call(
    "POST", "/spaces/<slug>/submissions", "Hand in",
    given=HandIn, answer=SubmissionOut, status=201, once=True, also=(409,),
)  # fmt: skip
def send_submission(slug: str, given: HandIn) -> Reply:
    """A frozen copy of pages and files of a team. Name in `readers` whom the milestone lists there: nobody reads along unknown."""
    space = _place(slug)
    milestone = milestone_for(actor(), given.milestone)
    told = [person.id for person in readers_of(space, milestone).named if person.handle in given.readers]
    if len(told) < len(set(given.readers)):
        told.append(0)  # somebody was named who would not read it: the caller looked at something else
    made = made_once(
        lambda: hand_in(
            actor(),
            space,
            milestone,
            pages=given.pages,
            trees=given.trees,
            files=given.files,
            note=given.note,
            told=told,
        )
    )
    return _whole(made.id, 201)


@call("GET", "/submissions/<id:number>", "What was handed in, whole", answer=SubmissionOut)
def read_submission(number: int) -> Reply:
    """Its pages as they were, and what was said to it."""
    return _whole(number)


@call("GET", "/submissions/<id:number>/files/<id:file>", "A file as it was handed in", gives="*/*", also=(206, 416))
def read_copied_file(number: int, file: int) -> Response:
    """Its bytes, whole or the range that you ask for."""
    item = item_for(actor(), submission_for(actor(), number), file)
    if item.kind == "page":
        raise NotFound()
    answer = download(item)
    if answer.status_code == 416:
        raise Refused(416, _l("The file has no such range."), headers={"Content-Range": f"bytes */{item.size}"})
    return answer


@call("DELETE", "/submissions/<id:number>", "Take back what was handed in", bases=True, also=(409,))
def take_back_submission(number: int) -> Reply:
    """Before there is a result. It stays to be read."""
    found = submission_for(actor(), number)
    based = based_on(_version(found))
    withdraw_submission(actor(), found, base=found.updated_at if based else None)
    return Reply()


@call(
    "PUT", "/submissions/<id:number>/assessor", "Say who looks at it",
    given=Assessor, answer=SubmissionOut, bases=True, also=(409,),
)  # fmt: skip
def put_assessor(number: int, given: Assessor) -> Reply:
    """Somebody who guides the team."""
    found = submission_for(actor(), number)
    based = based_on(_version(found))
    person: Person | None = None
    if given.handle is not None:
        try:
            person = person_for(actor(), given.handle)
        except NotFound:
            raise Invalid("handle", _l("Choose somebody who guides this team.")) from None
    assign_submission(actor(), found, person, base=found.updated_at if based else None)
    return _whole(number)


@call(
    "PUT", "/submissions/<id:number>/result", "Give or hold a result",
    given=NewResult, answer=SubmissionOut, bases=True, also=(409,),
)  # fmt: skip
def put_result(number: int, given: NewResult) -> Reply:
    """Held, it can be sent again, changed or not, until it is released."""
    found = submission_for(actor(), number)
    based = based_on(_version(found))
    base = found.updated_at if based else None
    give_result(actor(), found, result=given.result, comment=given.body, hold=given.hold, base=base)
    return _whole(number)


@call(
    "POST",
    "/submissions/<id:number>/result/release",
    "Release a result that you hold",
    answer=SubmissionOut,
    also=(409,),
)
def release_result(number: int) -> Reply:
    """The team reads it from now on."""
    found = submission_for(actor(), number)
    said = result_for(actor(), found)
    if said is None:
        raise NotFound()
    release_results(actor(), [said])
    return _whole(number)


@call("DELETE", "/submissions/<id:number>/result", "Recall a result, or throw a held one away", also=(409,))
def remove_result(number: int) -> Reply:
    """A released one is held again; a held one goes. Your own alone."""
    found = submission_for(actor(), number)
    said = result_for(actor(), found)
    if said is not None and said.released_at is None:
        drop_result(actor(), found)
    else:
        recall_result(actor(), found)
    return Reply()
