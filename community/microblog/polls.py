"""Polls: what may be asked, and what is shown of the answers. Results are shown to who has chosen, and to all once it is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, func, select

from community.clock import now
from community.errors import Invalid, _l
from community.extensions import db
from community.markup import clean_text
from community.microblog.models import Poll, PollOption, PollVote
from community.people.models import Person
from community.permissions import Actor

FEWEST, MOST = 2, 10
LONGEST = 200


@dataclass(frozen=True)
class PollPlan:
    """A poll as its author wants it. `several`: more than one choice; `open`: who chose what is shown."""

    options: tuple[str, ...]
    several: bool = False
    open: bool = False
    closes_at: datetime | None = None


def checked_plan(plan: PollPlan | None) -> PollPlan:
    """The plan with clean words. Raises Invalid (options, closes)."""
    words = [" ".join(clean_text(option).split()) for option in plan.options] if plan is not None else []
    options = tuple(dict.fromkeys(option for option in words if option))
    if plan is None or not FEWEST <= len(options) <= MOST:
        raise Invalid("options", _l("Give two to ten options, each on a line of its own."))
    if any(len(option) > LONGEST for option in options):
        raise Invalid("options", _l("Keep an option under %(limit)d characters."), limit=LONGEST)
    if plan.closes_at is not None and plan.closes_at <= now():
        raise Invalid("closes", _l("Choose a moment to come."))
    return PollPlan(options, plan.several, plan.open, plan.closes_at)


def add_poll(post_id: int, plan: PollPlan) -> None:
    """Put a poll under a post. Part of an action."""
    db.session.add(Poll(post_id=post_id, several=plan.several, open=plan.open, closes_at=plan.closes_at))
    db.session.flush()
    db.session.add_all(PollOption(post_id=post_id, place=at, words=words) for at, words in enumerate(plan.options))


@dataclass
class OptionShown:
    """One option. `votes` and `voters` are None where they are not shown."""

    id: int
    words: str
    mine: bool = False
    votes: int | None = None
    voters: list[Person] | None = None


@dataclass
class PollShown:
    """A poll as one reader sees it. `shows`: with its results; `people`: how many have chosen."""

    several: bool
    open: bool
    closes_at: datetime | None
    closed: bool
    people: int = 0
    options: list[OptionShown] = field(default_factory=list)

    @property
    def voted(self) -> bool:
        return any(option.mine for option in self.options)

    @property
    def shows(self) -> bool:
        return self.closed or self.voted


def is_closed(poll: Poll) -> bool:
    """Whether nobody can choose any more."""
    return poll.closes_at is not None and poll.closes_at <= now()


def polls_of(actor: Actor, post_ids: Sequence[int]) -> dict[int, PollShown]:
    """The polls of some posts that the actor came to. At most four queries, none for no posts."""
    if not post_ids:
        return {}
    shown = {
        poll.post_id: PollShown(poll.several, poll.open, poll.closes_at, is_closed(poll))
        for poll in db.session.scalars(select(Poll).where(Poll.post_id.in_(post_ids)))
    }
    mine = func.count(PollVote.id).filter(PollVote.person_id == actor.id)
    counted = (
        select(PollOption, func.count(PollVote.id), mine)
        .outerjoin(PollVote, PollVote.option_id == PollOption.id)
        .where(PollOption.post_id.in_(post_ids))
        .group_by(PollOption.id)
        .order_by(PollOption.post_id, PollOption.place)
    )
    for option, count, by_me in db.session.execute(counted):
        shown[option.post_id].options.append(OptionShown(option.id, option.words, bool(by_me), count))
    people = (
        select(PollVote.post_id, func.count(PollVote.person_id.distinct()))
        .where(PollVote.post_id.in_(post_ids))
        .group_by(PollVote.post_id)
    )
    for post_id, count in db.session.execute(people):
        shown[post_id].people = count
    _name_voters(shown)
    for poll in shown.values():
        if not poll.shows:
            for choice in poll.options:
                choice.votes = choice.voters = None
    return shown


def _name_voters(shown: dict[int, PollShown]) -> None:
    told = {post_id: poll for post_id, poll in shown.items() if poll.open and poll.shows}
    options = {option.id: option for poll in told.values() for option in poll.options}
    for option in options.values():
        option.voters = []
    if not told:
        return
    stmt = (
        select(PollVote.option_id, Person)
        .join(Person, and_(Person.id == PollVote.person_id))
        .where(PollVote.post_id.in_(told))
        .order_by(PollVote.id)
    )
    for option_id, person in db.session.execute(stmt):
        voters = options[option_id].voters
        assert voters is not None
        voters.append(person)
