"""How pages are looked after: review, owner, who must read one and has; and who can see a thing, by which rule."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from blueprints.api import schemas
from blueprints.api.calls import Reply, call
from blueprints.api.making import who
from blueprints.api.reading import Given
from blueprints.api.schemas import Out
from blueprints.api.wiki import page_at
from blueprints.doors import actor
from community.errors import Invalid, _l
from community.files.queries import file_for
from community.items.readers import grants_of
from community.journal.queries import entry_for
from community.microblog.queries import post_for
from community.people.models import Person
from community.spaces.queries import members_of, space_to_enter
from community.wiki.models import Page
from community.wiki.reading import ask_anew, ask_no_more, ask_to_read, have_read, reading_of
from community.wiki.review import (
    LONGEST_REASON,
    approve_page,
    look_after_page,
    offer_page,
    return_page,
    reviews_of,
    still_right,
    withdraw_page,
)
from community.wiki.seen import favour, favour_no_more, insight_of, is_favourite

Step = Literal["offer", "withdraw", "approve", "return", "owner", "right", "ask", "anew", "no-more"]


class CareStep(Given):
    step: Step = Field(description="What is done; the other fields say more of it.")
    revision: int = Field(0, ge=0, lt=2**31, description="That was read: offer, approve, return.")
    reason: str = Field("", max_length=LONGEST_REASON, description="Why it is returned.")
    owner: str | None = Field(None, max_length=40, description="The handle of who looks after the page.")
    review_by: date | None = Field(None, description="When it is to be looked over.")
    people: list[str] | None = Field(None, max_length=500, description="Handles of who is asked to read; null for all.")
    until: date | None = None
    nag: Literal["", "daily", "weekly"] = ""


class HaveRead(Given):
    revision: int = Field(ge=1, lt=2**31)


class Review(Out):
    """A line of the log of reviews."""

    verdict: str = Field(description="ready, approved, returned, drafted or right (looked over).")
    revision: int
    reason: str
    by: schemas.Who
    at: AwareDatetime


class MustRead(Out):
    """How far the reading is. Names for who writes in the space."""

    since_revision: int
    until: date | None
    count: int
    of: int
    mine: bool | None = Field(description="Whether you have read it; null when you are not asked.")
    have: list[schemas.Who] | None
    have_not: list[schemas.Who] | None


class Care(Out):
    """How a page is looked after."""

    state: str = Field(description="draft, ready, returned or approved; empty when nobody offered it.")
    revision: int
    approved_revision: int | None
    newer_draft: bool = Field(description="You read what was approved; newer words stand behind it.")
    answers_needed: int
    owner: schemas.Who | None
    review_by: date | None
    reading: MustRead | None
    favourite: bool
    opened_lately: int = Field(description="By how many people in 30 days; 0 for fewer than two.")
    reviews: list[Review]


class Granted(Out):
    """A rule that lets people see a thing."""

    why: str = Field(description="author, named, colleagues, or a role.")
    inherited: bool = Field(description="The role is held through a team or the programme around the space.")
    count: int
    people: list[schemas.Who] | None = Field(description="Null where they are not yours to know.")


class Grants(Out):
    items: list[Granted]


def _care(page: Page) -> Reply:
    reading, me = reading_of(actor(), page), actor()
    told = None
    if reading is not None:
        told = MustRead(
            since_revision=reading.asked.since_revision,
            until=reading.asked.until,
            count=reading.count,
            of=reading.of,
            mine=reading.mine,
            have=None if reading.have is None else [who(one) for one in reading.have],
            have_not=None if reading.have_not is None else [who(one) for one in reading.have_not],
        )
    return Reply(
        Care(
            state=page.review_state,
            revision=page.revision,
            approved_revision=page.approved_revision,
            newer_draft=page.newer_draft,
            answers_needed=page.open_musts,
            owner=who(page.owner) if page.owner is not None else None,
            review_by=page.review_by,
            reading=told,
            favourite=is_favourite(me, page),
            opened_lately=insight_of(me, page).lately,
            reviews=[
                Review(
                    verdict=one.verdict,
                    revision=one.revision,
                    reason=one.reason,
                    by=who(one.person),
                    at=one.created_at,
                )
                for one in reviews_of(me, page)
            ],
        )
    )


def _somebody(page: Page, handle: str | None) -> Person | None:
    if not handle:
        return None
    found = next((m.person for m in members_of(actor(), page.space) if m.person.handle == handle), None)
    if found is None:
        raise Invalid("owner", _l("Choose somebody who writes in this space."))
    return found


@call("GET", "/spaces/<slug>/wiki-care/<path:path>", "How a page is looked after", answer=Care)
def read_care(slug: str, path: str) -> Reply:
    """Its review, its owner, who has read it."""
    return _care(page_at(slug, path))


@call("POST", "/spaces/<slug>/wiki-care/<path:path>", "One step in looking after a page", given=CareStep, answer=Care)
def take_care(slug: str, path: str, given: CareStep) -> Reply:
    """Offer, approve, return; say who looks after it; ask people to read it."""
    page, me = page_at(slug, path), actor()
    match given.step:
        case "offer":
            offer_page(me, page, revision=given.revision)
        case "withdraw":
            withdraw_page(me, page)
        case "approve":
            approve_page(me, page, revision=given.revision)
        case "return":
            return_page(me, page, revision=given.revision, reason=given.reason)
        case "owner":
            look_after_page(me, page, owner=_somebody(page, given.owner), review_by=given.review_by)
        case "right":
            still_right(me, page, review_by=given.review_by)
        case "ask":
            named = given.people
            members = members_of(me, page.space)
            people = None if named is None else [m.person.id for m in members if m.person.handle in named]
            ask_to_read(me, page, people=people, until=given.until, nag=given.nag)
        case "anew":
            ask_anew(me, page)
        case "no-more":
            ask_no_more(me, page)
    return _care(page_at(slug, path))


@call("PUT", "/spaces/<slug>/wiki-read/<path:path>", "Say that you have read a page", given=HaveRead, answer=Care)
def say_read(slug: str, path: str, given: HaveRead) -> Reply:
    """At the revision that you read."""
    have_read(actor(), page_at(slug, path), revision=given.revision)
    return _care(page_at(slug, path))


@call("PUT", "/spaces/<slug>/wiki-favourite/<path:path>", "Put a page at the top of your list")
def favour_one(slug: str, path: str) -> Reply:
    """For you alone."""
    favour(actor(), page_at(slug, path))
    return Reply()


@call("DELETE", "/spaces/<slug>/wiki-favourite/<path:path>", "Take a page from the top of your list")
def favour_no_longer(slug: str, path: str) -> Reply:
    """It stays where it is in the tree."""
    favour_no_more(actor(), page_at(slug, path).id)
    return Reply()


def _readers(thing: Any) -> Grants:
    me, inside = actor(), thing.space_id is None or thing.space_id in actor().roles
    items = []
    for one in grants_of(thing):
        mine = one.why != "named" or me.id == thing.author_id
        known = one.why == "author" or (inside and one.why != "colleagues" and mine)
        people = [who(person) for person in one.people] if known else None
        items.append(Granted(why=one.why, inherited=one.inherited, count=len(one.people), people=people))
    return Grants(items=items)


@call("GET", "/spaces/<slug>/wiki-readers/<path:path>", "Who can see a page, and by which rule", answer=Grants)
def page_readers(slug: str, path: str) -> Grants:
    """Everybody whom a rule lets in, and nobody else."""
    return _readers(page_at(slug, path))


@call("GET", "/spaces/<slug>/files/<name>/readers", "Who can see a file, and by which rule", answer=Grants)
def file_readers(slug: str, name: str) -> Grants:
    """Everybody whom a rule lets in, and nobody else."""
    return _readers(file_for(actor(), space_to_enter(actor(), slug), name))


@call("GET", "/posts/<id:number>/readers", "Who can see a post, and by which rule", answer=Grants)
def post_readers(number: int) -> Grants:
    """Everybody whom a rule lets in, and nobody else."""
    return _readers(post_for(actor(), number))


@call("GET", "/journal/<id:number>/readers", "Who can see a journal entry, and by which rule", answer=Grants)
def entry_readers(number: int) -> Grants:
    """Yours, or one that was shared with you. Whom an author named is theirs to know."""
    return _readers(entry_for(actor(), number))
