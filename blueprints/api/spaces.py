"""Spaces: which there are, what one is for, its settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field
from sqlalchemy import select

from blueprints.addresses import url_of
from blueprints.api import schemas
from blueprints.api.calls import Reply, based_on, call, fingerprint, made_once
from blueprints.api.making import slugs_of
from blueprints.api.reading import LEFT, Given, Stretch, pair, pair_cursor
from blueprints.doors import actor
from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.kinds import card_of
from community.permissions import may
from community.spaces import actions
from community.spaces.models import Space
from community.spaces.queries import children_of, phase_keys, space_for, spaces_for

_SETTINGS = (
    "name",
    "aim",
    "question",
    "sponsor",
    "join_policy",
    "visibility",
    "tools",
    "time_zone",
    "post_audience",
    "commenters",
    "shows_approved",
    "shares_outside",
)


class NewSpace(Given):
    kind: schemas.SpaceKind
    name: str = Field(min_length=1, max_length=120)
    parent: str | None = Field(None, max_length=60, description="The name of the programme or cohort it lies in.")
    aim: str = Field("", max_length=2000)
    question: str = Field("", max_length=1000)
    sponsor: str = Field("", max_length=120)
    join_policy: schemas.JoinPolicy = "invite"
    visibility: schemas.Visibility = "members"
    time_zone: str = Field("Europe/Amsterdam", max_length=40)


class SpaceChanges(Given):
    name: str = Field(LEFT, min_length=1, max_length=120)
    aim: str = Field(LEFT, max_length=2000)
    question: str = Field(LEFT, max_length=1000)
    sponsor: str = Field(LEFT, max_length=120)
    join_policy: schemas.JoinPolicy = Field(LEFT)
    visibility: schemas.Visibility = Field(LEFT)
    tools: list[schemas.Tool] = Field(LEFT, max_length=3)
    time_zone: str = Field(LEFT, max_length=40)
    post_audience: schemas.PostAudience = Field(LEFT)
    commenters: schemas.Commenters = Field(LEFT, description="Who comments besides those who write here.")
    shows_approved: bool = Field(LEFT, description="Who does not write here reads what was approved of a page last.")
    shares_outside: bool = Field(LEFT, description="Who writes here makes links for people without an account.")


def _shapes(spaces: Sequence[Space]) -> list[dict[str, Any]]:
    """The fields of some spaces. Three queries, however many: phases, parents, cohorts."""
    who = actor()
    parents = slugs_of(space.parent_id for space in spaces)
    cohorts = {space.cohort_id for space in spaces if space.cohort_id in who.roles}
    rows = db.session.execute(select(Space.id, Space.phase_id).where(Space.id.in_(cohorts))) if cohorts else ()
    holding = {row.id: row.phase_id for row in rows}
    keys = phase_keys(holding.values())
    return [
        {
            "slug": space.slug,
            "name": space.name,
            "kind": space.kind,
            "url": url_of(space),
            "aim": space.aim,
            "question": space.question,
            "sponsor": space.sponsor,
            "parent": parents.get(space.parent_id or 0),
            "status": space.status,
            "visibility": space.visibility,
            "join_policy": space.join_policy,
            "tools": list(space.tools),
            "time_zone": space.time_zone,
            "post_audience": space.post_audience,
            "commenters": space.commenters,
            "shows_approved": space.shows_approved,
            "shares_outside": space.shares_outside,
            "phase": keys.get(holding.get(space.cohort_id or 0) or 0),
            "role": who.roles.get(space.id),
            "created": space.created_at,
        }
        for space in spaces
    ]


def _version(space: Space) -> str:
    return fingerprint(*(getattr(space, name) for name in (*_SETTINGS, "status")))


def space_whole(space: Space, status: int | None = None) -> Reply:
    """One space with all that it says, for its reader."""
    who = actor()
    body = schemas.SpaceWhole(
        **_shapes([space])[0],
        children=[child.slug for child in children_of(who, space)],
        rights=[verb for verb in card_of(space).verbs if may(who, verb, space)],
    )
    at = f"/api/v1/spaces/{space.slug}" if status == 201 else ""
    return Reply(body, _version(space), status, at)


@call("GET", "/spaces", "The spaces that you see, by name", query=Stretch, answer=schemas.Spaces)
def list_spaces(asked: Stretch) -> schemas.Spaces:
    """Where you have a role, and what is open to you. Administrators see that every space exists."""
    found = spaces_for(actor(), after=pair_cursor(asked), limit=asked.many + 1)
    spaces = found[: asked.many]
    after = pair(spaces[-1].name, spaces[-1].id) if len(found) > asked.many else None
    return schemas.Spaces(items=[schemas.Space(**shape) for shape in _shapes(spaces)], next=after)


@call("POST", "/spaces", "Make a space", given=NewSpace, answer=schemas.SpaceWhole, status=201, once=True)
def make_space(given: NewSpace) -> Reply:
    """Colleagues make themes and projects; a cohort or team is made by the staff of what it lies in."""
    values = given.model_dump(exclude={"parent"})
    try:
        parent = space_for(actor(), given.parent) if given.parent else None
    except NotFound:
        raise Invalid("parent", _l("Choose a space that you see.")) from None
    made = made_once(lambda: actions.create_space(actor(), parent=parent, **values))
    return space_whole(space_for(actor(), made.slug), 201)


@call("GET", "/spaces/<slug>", "A space", answer=schemas.SpaceWhole)
def read_space(slug: str) -> Reply:
    """What it is for, its settings, what lies below it, and what you may do."""
    return space_whole(space_for(actor(), slug))


@call("PATCH", "/spaces/<slug>", "Change the settings", given=SpaceChanges, answer=schemas.SpaceWhole, bases=True)
def change_space(slug: str, given: SpaceChanges) -> Reply:
    """For the staff of a space. What you leave out stays as it is."""
    space = space_for(actor(), slug)
    based_on(_version(space))
    return space_whole(actions.update_space(actor(), space, **given.sent()))


@call("POST", "/spaces/<slug>/archive", "Archive", answer=schemas.SpaceWhole)
def archive_space(slug: str) -> Reply:
    """Everything stays readable and can be found; nobody writes there until it is opened again."""
    return space_whole(actions.archive_space(actor(), space_for(actor(), slug)))


@call("POST", "/spaces/<slug>/reopen", "Open an archived space again", answer=schemas.SpaceWhole)
def reopen_space(slug: str) -> Reply:
    """Its people can write there again."""
    return space_whole(actions.reopen_space(actor(), space_for(actor(), slug)))
