"""A post before it is one: what its author wants, checked as a whole. The same for what is posted now and what is posted later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from community.errors import Denied, Invalid, _l
from community.items.bounds import check_bounds
from community.items.rules import check_audience, default_audience
from community.items.writing import rendered
from community.microblog.models import POST_KINDS
from community.microblog.polls import PollPlan, checked_plan
from community.microblog.praise import the_praised
from community.people.models import Person
from community.permissions import STAFF, Actor, require
from community.spaces.models import Space

MAX_POST = 20_000
"""Characters in one post: what is longer is a page."""
AUDIENCES = ("coach", "space", "organisation")


@dataclass(frozen=True)
class PostPlan:
    """What somebody wants to say: the words, the kind, and what the kind asks besides. No audience: as the space has it."""

    body: str
    kind: str = "discussion"
    audience: str | None = None
    poll: PollPlan | None = None
    praised: Sequence[str] = ()


@dataclass(frozen=True)
class Checked:
    """A plan that can be carried out."""

    kind: str
    audience: str
    poll: PollPlan | None
    praised: list[Person]


def usual_audience(space: Space) -> str:
    """Who reads a post in a space when nobody chose: what its staff set, else as wide as the space."""
    return space.post_audience or default_audience(space)


def kinds_for(actor: Actor, space: Space) -> list[str]:
    """The kinds of post that an actor may write in a space: announcements are made by its staff."""
    staff = actor.roles.get(space.id) in STAFF
    return [kind for kind in POST_KINDS if kind != "announcement" or staff]


def check_plan(actor: Actor, space: Space, plan: PostPlan) -> Checked:
    """What comes of the plan, here and now. Raises Invalid (body, kind, audience, options, closes, praised), Denied, NotFound."""
    require(actor, "post", space)
    if plan.kind not in POST_KINDS:
        raise Invalid("kind", _l("Choose what kind of post this is."))
    if plan.kind not in kinds_for(actor, space):
        raise Denied(_l("Announcements are made by the facilitators of a space."))
    check_bounds(plan.body, MAX_POST)
    if plan.poll is not None and plan.kind != "poll":
        raise Invalid("options", _l("Only a poll has options."))
    if plan.praised and plan.kind != "praise":
        raise Invalid("praised", _l("Only praise names people to thank."))
    audience = check_audience(plan.audience or usual_audience(space), space, allowed=AUDIENCES)
    poll = checked_plan(plan.poll) if plan.kind == "poll" else None
    praised = the_praised(actor, space, plan.praised) if plan.kind == "praise" else []
    return Checked(plan.kind, audience, poll, praised)


def check_later(actor: Actor, space: Space, plan: PostPlan) -> Checked:
    """As `check_plan`, for words that are only to be posted later: they too must be fit to be shown."""
    checked = check_plan(actor, space, plan)
    rendered(plan.body, space, actor)
    return checked
