"""Coaching: the coach's inbox, what a team asks, standing in, and what was agreed."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator, Field

from blueprints.addresses import hold_places, url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, call, made_once
from blueprints.api.comments import CommentsAsked, comments_list, said
from blueprints.api.making import maybe, page_of, slugs_of, who
from blueprints.api.reading import Given, Stretch, number_cursor
from blueprints.doors import actor
from community.coaching import actions, marks
from community.coaching.crew import coached_spaces
from community.coaching.handovers import handover_for, handovers_of
from community.coaching.measures import asks_in, co_coaches, median_in, overview_of
from community.coaching.models import ASKABLE, Ask, Handover
from community.coaching.queries import (
    AGES,
    MADE,
    NAMES,
    TABS,
    Waiting,
    Wanted,
    counts_of,
    inbox_of,
    spaces_coached_by,
    thing_at,
)
from community.coaching.terms import agreed_in, own_terms
from community.comments.actions import MAX_COMMENT
from community.comments.queries import comment_for
from community.errors import Invalid, NotFound, _l
from community.kinds import split_ref
from community.permissions import require, thing_for
from community.spaces.models import Space
from community.spaces.queries import space_for, space_to_enter

Tab = Annotated[str, schemas.OneOf(TABS)]
Age = Annotated[str, schemas.OneOf(AGES)]
Sort = Annotated[str, schemas.OneOf((*NAMES, *MADE))]


def _day(value: object) -> object:
    return date.fromisoformat(value) if isinstance(value, str) else value


Day = Annotated[date, BeforeValidator(_day)]
Ref = Annotated[str, Field(max_length=40, pattern=r"^[a-z]+:[1-9][0-9]{0,17}$", description="Such as `page:12`.")]


class InboxAsked(Stretch):
    tab: Tab = "waiting"
    space: str | None = Field(None, max_length=60, description="Only of this space.")
    kind: Sort | None = Field(None, description="Of what waits its sort, of what is new the kind of thing.")
    age: Age | None = Field(None, description="Of what waits: `over` its time, due `today`, or `later`.")


class Waits(schemas.Out):
    """Something in your inbox. `sort`: why it is there (`request`, `reply`, `must`, `submission`, `shared`, `later`, `new`);
    `since` your time runs; `due` and `left` (working days; 0 today, below 0 over) where an answer was agreed or wanted;
    `holder` has it.
    """

    sort: str
    kind: str
    id: int
    title: str
    excerpt: str
    url: schemas.Path
    space: str
    about: str | None
    author: schemas.Who
    by: schemas.Who | None
    what: str
    since: AwareDatetime
    latest: AwareDatetime
    times: int
    due: date | None
    left: int | None
    holder: schemas.Who | None
    snoozed_until: AwareDatetime | None
    done: AwareDatetime | None
    comment: int | None


class Inbox(schemas.Out):
    items: list[Waits]
    next: schemas.Next


class Tally(schemas.Out):
    """How much there is in each tab; new, snoozed and done are counted up to 100."""

    waiting: int
    over: int
    new: int
    snoozed: int
    done: int
    others: int
    spaces: dict[str, int]
    sorts: dict[str, int]


class Snooze(Given):
    until: AwareDatetime


class Answering(Given):
    body: str = Field(min_length=1, max_length=MAX_COMMENT, description="Markdown.")
    purpose: schemas.Purpose = Field("", description="Of what begins a thread; a reply has none.")
    audience: schemas.CommentAudience = Field("", description="A reply is read by who reads its thread.")
    held: bool = Field(False, description="Keep it as a draft that nobody else sees, until it is released.")


class Going(Given):
    body: str = Field(min_length=1, max_length=MAX_COMMENT, description="Markdown.")
    reply_to: int | None = Field(None, ge=1, lt=10**18, description="The number of the comment that it answers.")
    held: bool = Field(False, description="Keep it as a draft that nobody else sees, until it is released.")


class Asking(Given):
    body: str = Field(min_length=1, max_length=actions.MAX_ASK, description="Markdown.")
    about: Ref | None = Field(None, description="A post, page, file or entry of the space, such as `page:12`.")
    wanted_by: Day | None = None


class Asked(schemas.Out):
    """A question of a team to its coaches. `state`: `waiting`, `taken`, `answered` or `closed`."""

    id: int
    url: schemas.Path
    space: str
    audience: schemas.Audience
    author: schemas.Who
    body: str
    html: str
    about: str | None
    wanted_by: date | None
    state: str
    taken_by: schemas.Who | None
    comment_count: int
    created: AwareDatetime
    answered: AwareDatetime | None


class Asks(schemas.Out):
    items: list[Asked]
    next: schemas.Next


class HandingOver(Given):
    to: str = Field(min_length=1, max_length=120, description="The handle of a co-coach.")
    spaces: list[str] = Field([], max_length=100, description="Names of teams; none: all that you coach.")
    until: Day | None = Field(None, description="The last day, itself included.")


class Standing(schemas.Out):
    """Somebody stands in for a coach in a space. `holds`: now."""

    id: int
    space: str
    whose: schemas.Who
    to: schemas.Who
    began: AwareDatetime
    until: date | None
    holds: bool


class Standings(schemas.Out):
    items: list[Standing]


class Agreement(Given):
    response_days: int | None = Field(None, ge=1, le=30, description="Working days; null: as the space above has it.")
    holidays: list[Day] | None = Field(None, max_length=100, description="Left out: as they are.")
    guide: str | None = Field(None, max_length=actions.MAX_GUIDE, description="Markdown. Left out: as it is.")


class Agreed(schemas.Out):
    """What holds about coaching in a space: working days for an answer and holidays, from here or from above; what it says itself;
    and the median of the answers of the last 30 days, in seconds of working days.
    """

    response_days: int | None
    holidays: list[date]
    guide_html: str
    own_response_days: int | None
    median: int | None


class TeamWaits(schemas.Out):
    """How coaching goes in a team, in numbers."""

    space: str
    waiting: int
    over: int
    oldest: AwareDatetime | None
    median: int | None
    last_sign: AwareDatetime | None
    coaches: list[schemas.Who]


class Overview(schemas.Out):
    items: list[TeamWaits]


# ---- the inbox


@call("GET", "/coaching", "Your inbox as a coach", query=InboxAsked, answer=Inbox)
def read_inbox(asked: InboxAsked) -> Inbox:
    """What waits, the longest first; or another tab: `new` in your teams, `snoozed`, `done`, or with `others` who coach there.
    Empty for who coaches nobody."""
    space = space_to_enter(actor(), asked.space) if asked.space else None
    wanted = Wanted(asked.tab, space.id if space is not None else None, asked.kind or "", asked.age or "")
    inbox = inbox_of(actor(), wanted, after=asked.cursor, limit=min(asked.many, 100))
    held = hold_places([one.thing for one in inbox.items])
    items = [_waits(one) for one in inbox.items]
    del held
    return Inbox(items=items, next=inbox.next)


def _waits(one: Waiting) -> Waits:
    thing = one.thing
    about = thing_ref(thing)
    return Waits(
        sort=one.name,
        kind=one.kind,
        id=thing.id,
        title=getattr(thing, "title", "") or getattr(thing, "name", ""),
        excerpt=getattr(thing, "excerpt", "") or getattr(thing, "description", "") or "",
        url=page_of(thing, one.space.slug),
        space=one.space.slug,
        about=about if one.about is not None else None,
        author=who(thing.author),
        by=maybe(one.by),
        what=one.what,
        since=one.since,
        latest=one.latest,
        times=one.times,
        due=one.due,
        left=one.left,
        holder=maybe(one.holder),
        snoozed_until=one.snoozed_until,
        done=one.done_at,
        comment=one.comment.id if one.comment is not None else None,
    )


def thing_ref(thing: object) -> str | None:
    """What a thread hangs on or an ask is about, as `page:12`."""
    kind = getattr(thing, "on_kind", None) or getattr(thing, "parent_kind", None)
    number = getattr(thing, "on_id", None) or getattr(thing, "parent_id", None)
    return f"{kind}:{number}" if kind and number else None


@call("GET", "/coaching/counts", "How much there is in your inbox", answer=Tally)
def count_inbox() -> Tally:
    """By tab; what waits also by space and by sort."""
    counts = counts_of(actor())
    slugs = slugs_of(counts.spaces)
    return Tally(
        waiting=counts.waiting,
        over=counts.over,
        new=counts.new,
        snoozed=counts.snoozed,
        done=counts.done,
        others=counts.others,
        spaces={slugs[space]: count for space, count in counts.spaces.items() if space in slugs},
        sorts=counts.names,
    )


@call("PUT", "/coaching/<kind>/<id:number>/snooze", "Put something off", given=Snooze)
def snooze_in_inbox(kind: str, number: int, given: Snooze) -> Reply:
    """Until a moment, or until somebody goes on with it. Nobody else is told."""
    marks.snooze(actor(), thing_at(actor(), f"{kind}:{number}"), until=given.until)
    return Reply()


@call("PUT", "/coaching/<kind>/<id:number>/done", "Be done with something")
def finish_in_inbox(kind: str, number: int) -> Reply:
    """Until somebody goes on with it. Nobody else is told."""
    marks.finish(actor(), thing_at(actor(), f"{kind}:{number}"))
    return Reply()


@call("DELETE", "/coaching/<kind>/<id:number>/done", "Bring something back")
def bring_back_in_inbox(kind: str, number: int) -> Reply:
    """Takes the last of done and put off back."""
    marks.bring_back(actor(), thing_at(actor(), f"{kind}:{number}"))
    return Reply()


@call(
    "POST", "/coaching/<kind>/<id:number>/comments", "Answer something in your inbox",
    given=Answering, answer=schemas.Comment, status=201, once=True,
)  # fmt: skip
def answer_in_inbox(kind: str, number: int, given: Answering) -> Reply:
    """Below a thread (`comment`) it is a reply. What you answered is done with, unless you hold the answer."""
    thing = thing_at(actor(), f"{kind}:{number}")
    made = made_once(
        lambda: actions.answer(
            actor(), thing, body=given.body, purpose=given.purpose, audience=given.audience, held=given.held
        )
    )
    return said(made.id)


# ---- what a team asks


def _ask_out(ask: Ask) -> Asked:
    return Asked(
        id=ask.id,
        url=url_of(ask),
        space=ask.space.slug,
        audience=ask.audience,
        author=who(ask.author),
        body=ask.body,
        html=ask.body_html,
        about=thing_ref(ask),
        wanted_by=ask.wanted_by,
        state=ask.state,
        taken_by=maybe(ask.taken_by),
        comment_count=ask.comment_count,
        created=ask.created_at,
        answered=ask.answered_at,
    )


def _ask(number: int) -> Ask:
    found: Ask = thing_for(actor(), "ask", number, among=("ask",))
    return found


@call("GET", "/spaces/<slug>/asks", "What a team asked its coaches", query=Stretch, answer=Asks)
def list_asks(slug: str, asked: Stretch) -> Asks:
    """The newest first."""
    space = space_to_enter(actor(), slug)
    found = asks_in(actor(), space, before=number_cursor(asked), limit=asked.many + 1)
    part = found[: asked.many]
    return Asks(items=[_ask_out(ask) for ask in part], next=str(part[-1].id) if len(found) > len(part) else None)


@call("POST", "/spaces/<slug>/asks", "Ask the coaches of a team", given=Asking, answer=Asked, status=201, once=True)
def ask_coaches(slug: str, given: Asking) -> Reply:
    """It lands with all of them; who answers first, or says so, is on it."""
    space = space_to_enter(actor(), slug)
    about = None
    if given.about is not None:
        kind, number = split_ref(given.about)
        try:
            about = thing_for(actor(), kind, number, among=ASKABLE)
        except NotFound:
            raise Invalid("about", _l("Choose something that you see.")) from None
        if about.space_id != space.id:
            raise Invalid("about", _l("Choose something of this space."))
    made = made_once(lambda: actions.ask_coach(actor(), space, body=given.body, about=about, wanted_by=given.wanted_by))
    return Reply(_ask_out(_ask(made.id)), "", 201, f"/api/v1/asks/{made.id}")


@call("GET", "/asks/<id:number>", "A question of a team", answer=Asked)
def read_ask(number: int) -> Asked:
    """With how far it is."""
    return _ask_out(_ask(number))


@call("DELETE", "/asks/<id:number>", "Delete a question")
def remove_ask(number: int) -> Reply:
    """For its author and the staff."""
    actions.delete_ask(actor(), _ask(number))
    return Reply()


@call("POST", "/asks/<id:number>/take", "Say that you are on it", answer=Asked)
def take_ask(number: int) -> Asked:
    """For coaches. The team and the other coaches see it."""
    actions.take_ask(actor(), _ask(number))
    return _ask_out(_ask(number))


@call("POST", "/asks/<id:number>/let-go", "Give a question back to all coaches", answer=Asked)
def let_go_ask(number: int) -> Asked:
    """For who is on it."""
    actions.let_go_ask(actor(), _ask(number))
    return _ask_out(_ask(number))


@call("POST", "/asks/<id:number>/close", "Close a question", answer=Asked)
def close_ask(number: int) -> Asked:
    """For its author, the coaches and the staff. Who goes on opens it again."""
    actions.close_ask(actor(), _ask(number))
    return _ask_out(_ask(number))


@call("POST", "/asks/<id:number>/reopen", "Open a question again", answer=Asked)
def reopen_ask(number: int) -> Asked:
    """For who writes in the space."""
    actions.reopen_ask(actor(), _ask(number))
    return _ask_out(_ask(number))


@call("GET", "/asks/<id:number>/comments", "Answers to a question", query=CommentsAsked, answer=schemas.Comments)
def list_ask_comments(number: int, asked: CommentsAsked) -> schemas.Comments:
    """Oldest first, or with `sort=newest` the other way round."""
    return comments_list(_ask(number), asked)


@call(
    "POST", "/asks/<id:number>/comments", "Answer a question, or go on",
    given=Going, answer=schemas.Comment, status=201, once=True,
)  # fmt: skip
def comment_on_ask(number: int, given: Going) -> Reply:
    """The first answer of a coach takes it."""
    ask = _ask(number)
    try:
        answered = comment_for(actor(), given.reply_to) if given.reply_to is not None else None
    except NotFound:
        raise Invalid("reply_to", _l("That comment belongs to something else.")) from None
    made = made_once(lambda: actions.answer(actor(), ask, body=given.body, reply_to=answered, held=given.held))
    return said(made.id)


# ---- standing in


def _standing(row: Handover, holds: bool) -> Standing:
    return Standing(
        id=row.id,
        space=row.space.slug,
        whose=who(row.from_),
        to=who(row.to),
        began=row.began_at,
        until=row.until,
        holds=holds,
    )


@call("GET", "/coaching/handovers", "Who stands in for you, and for whom you do", answer=Standings)
def list_handovers() -> Standings:
    """The newest first, 50 at most."""
    return Standings(items=[_standing(held.row, held.holds) for held in handovers_of(actor())])


@call("POST", "/coaching/handovers", "Let a co-coach stand in for you", given=HandingOver, answer=Standings, status=201)
def hand_over(given: HandingOver) -> Reply:
    """All that waits for you there waits for them instead. The people of each team are told once."""
    mine = {space.slug: space for space in spaces_coached_by(actor())}
    if unknown := [slug for slug in given.spaces if slug not in mine]:
        raise Invalid("spaces", _l("You do not coach %(space)s."), space=unknown[0])
    known = {person.handle: person for coaches in co_coaches(actor()).values() for person in coaches}
    if given.to not in known:
        raise Invalid("to", _l("Choose another coach."))
    chosen: list[Space] = [mine[slug] for slug in given.spaces] or list(mine.values())
    made = {row.id for row in actions.hand_over(actor(), chosen, to=known[given.to], until=given.until)}
    items = [_standing(held.row, held.holds) for held in handovers_of(actor()) if held.row.id in made]
    return Reply(Standings(items=items), "", 201)


@call("DELETE", "/coaching/handovers/<id:number>", "Take back what was handed over")
def take_back(number: int) -> Reply:
    """For both coaches and the staff of the space."""
    actions.take_back(actor(), handover_for(actor(), number))
    return Reply()


# ---- what is agreed


def _agreed(space: Space) -> Agreed:
    held, own = agreed_in([space.id])[space.id], own_terms(space)
    return Agreed(
        response_days=held.terms.days,
        holidays=sorted(held.terms.holidays),
        guide_html=held.guide_html if space.id in coached_spaces(actor()) or _runs(space) else "",
        own_response_days=own.response_days if own is not None else None,
        median=median_in(space),
    )


def _runs(space: Space) -> bool:
    return actor().roles.get(space.id) in ("owner", "facilitator")


@call("GET", "/spaces/<slug>/coaching/agreed", "What was agreed about coaching in a space", answer=Agreed)
def read_agreed(slug: str) -> Agreed:
    """For whoever is in it; the guide for its coaches and its staff."""
    return _agreed(space_to_enter(actor(), slug))


@call("PUT", "/spaces/<slug>/coaching/agreed", "Agree about coaching in a space", given=Agreement, answer=Agreed)
def agree(slug: str, given: Agreement) -> Agreed:
    """For the staff. It holds for the spaces below too, where they have nothing of their own."""
    space = space_for(actor(), slug)
    actions.agree(actor(), space, response_days=given.response_days, holidays=given.holidays, guide=given.guide)
    return _agreed(space)


@call("GET", "/spaces/<slug>/coaching", "How coaching goes in the teams of a space", answer=Overview)
def read_overview(slug: str) -> Overview:
    """For the staff: numbers, as far as you may see what they count, and never a word of it."""
    space = space_for(actor(), slug)
    require(actor(), "manage", space)
    items = [
        TeamWaits(
            space=row.space.slug,
            waiting=row.waiting,
            over=row.over,
            oldest=row.oldest,
            median=row.median,
            last_sign=row.alive_at,
            coaches=[who(person) for person, _median in row.coaches],
        )
        for row in overview_of(actor(), space)
    ]
    return Overview(items=items)
