"""The way of a page from draft to approved, who owns it, and until when it is to be looked over.

draft -> ready -> approved, or returned with a reason; whoever edits an approved page begins a draft again, and what was approved
stands beside it. A coach, facilitator or owner of the space approves; every step is a line in the page's own log of reviews.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import delete, literal, or_, select
from sqlalchemy.orm import defer, joinedload

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Conflict, Denied, Invalid, NotFound, _l
from community.extensions import db
from community.items.writing import rendered
from community.markup import RENDER_VERSION, clean_text
from community.people.models import Person
from community.permissions import WRITERS, Actor, listing, require, sees
from community.spaces.models import Space
from community.spaces.queries import actor_for, people_ids_in
from community.wiki.care import Approved, PageReview
from community.wiki.models import Page, Revision

LONGEST_REASON = 1000
FURTHEST = timedelta(days=3 * 366)
LOG = 50


# ---- draft, ready, approved, returned


@action
def offer_page(actor: Actor, page: Page, *, revision: int) -> Page:
    """Say that a revision is ready to be approved. Raises Conflict when another stands or a comment that must be answered is open,
    Denied, NotFound.
    """
    require(actor, "edit", page)
    _hold(page)
    if page.review_state == "ready":
        nothing_changed()
        return page
    _refuse_other(page, revision)
    open_ = page.open_musts
    if open_:
        raise Conflict(_l("Answer what must be answered first: %(num)d open."), num=open_)
    _step(actor, page, "ready")
    record("page.ready", actor, page, revision=page.revision)
    return page


@action
def withdraw_page(actor: Actor, page: Page) -> Page:
    """Take a page back that was offered: it is a draft again. Raises Denied, NotFound."""
    require(actor, "edit", page)
    _hold(page)
    if page.review_state != "ready":
        nothing_changed()
        return page
    _step(actor, page, "drafted")
    page.review_state = "draft"
    record("page.drafted", actor, page, revision=page.revision)
    return page


@action
def approve_page(actor: Actor, page: Page, *, revision: int) -> Page:
    """Approve the revision that was read. Raises Conflict when another stands meanwhile or a must is open, Denied, NotFound."""
    require(actor, "approve", page)
    _hold(page)
    if page.approved_revision == page.revision == revision and page.review_state == "approved":
        nothing_changed()
        return page
    _refuse_other(page, revision)
    if page.open_musts:
        raise Conflict(_l("Answer what must be answered first: %(num)d open."), num=page.open_musts)
    keep_approved(page)
    _step(actor, page, "approved")
    record("page.approved", actor, page, revision=page.revision, person=_offered_by(page))
    return page


@action
def return_page(actor: Actor, page: Page, *, revision: int, reason: str) -> Page:
    """Send a page back that was offered, and say why. Raises Invalid("reason"), Conflict, Denied, NotFound."""
    require(actor, "approve", page)
    _hold(page)
    reason = clean_text(reason).strip()
    if not reason:
        raise Invalid("reason", _l("Say in a sentence what is still needed."))
    if len(reason) > LONGEST_REASON:
        raise Invalid("reason", _l("Say it in up to %(limit)d characters."), limit=LONGEST_REASON)
    if page.review_state != "ready":
        raise Conflict(_l("Nobody is waiting for an answer about this page any more."))
    _refuse_other(page, revision)
    _step(actor, page, "returned", reason)
    record("page.returned", actor, page, revision=page.revision, person=_offered_by(page))
    return page


def begin_draft(page: Page) -> None:
    """Part of saving a page: new words were not looked at yet."""
    if page.review_state in ("ready", "approved", "returned"):
        page.review_state = "draft"


def keep_approved(page: Page) -> None:
    """Keep the words that stand as the approved ones, rendered as they are now."""
    made = rendered(page.body, db.session.get_one(Space, page.space_id))
    held = db.session.get(Approved, page.id) or Approved(page_id=page.id)
    held.revision, held.title, held.body = page.revision, page.title, page.body
    held.body_html, held.excerpt, held.render_version = str(made.html), made.excerpt, RENDER_VERSION
    held.created_at = now()
    db.session.add(held)
    page.approved_revision = page.revision


def forget_approved(page: Page) -> None:
    """Part of taking the words of a revision away: who reads approved words alone reads them no more."""
    db.session.execute(delete(Approved).where(Approved.page_id == page.id))
    page.approved_revision = None


def _hold(page: Page) -> None:
    columns = ["revision", "review_state", "approved_revision", "deleted_at", "title", "body"]
    db.session.refresh(page, columns, with_for_update=True)
    if page.deleted_at is not None:
        raise NotFound()


def _refuse_other(page: Page, revision: int) -> None:
    if revision != page.revision:
        raise Conflict(_l("Somebody changed this page meanwhile. Read the newest words first."), base=page.revision)


def _step(actor: Actor, page: Page, verdict: str, reason: str = "") -> None:
    if verdict in ("ready", "approved", "returned"):
        page.review_state = verdict
    db.session.add(
        PageReview(page_id=page.id, person_id=actor.id, revision=page.revision, verdict=verdict, reason=reason)
    )


def _offered_by(page: Page) -> int | None:
    """Who offered it last: they hear what became of it."""
    stmt = select(PageReview.person_id).where(PageReview.page_id == page.id, PageReview.verdict == "ready")
    return db.session.scalar(stmt.order_by(PageReview.id.desc()).limit(1))


# ---- owner, and the day on which somebody looks it over


@action
def look_after_page(actor: Actor, page: Page, *, owner: Person | None, review_by: date | None) -> Page:
    """Say who owns a page and by when they look it over. Raises Invalid (owner, review_by), Denied, NotFound."""
    require(actor, "edit", page)
    if owner is not None and owner.id not in people_ids_in(page.space_id or 0, roles=WRITERS):
        raise Invalid("owner", _l("Choose somebody who writes in this space."))
    if owner is not None and not sees(actor_for(owner), page):
        raise Invalid("owner", _l("Choose somebody who can see this page."))
    today = now().date()
    if review_by is not None and review_by != page.review_by and not today < review_by < today + FURTHEST:
        raise Invalid("review_by", _l("Choose a day to come, within three years."))
    if review_by is not None and owner is None:
        raise Invalid("owner", _l("Choose who looks it over on that day."))
    new = owner.id if owner is not None else None
    if (new, review_by) == (page.owner_id, page.review_by):
        nothing_changed()
        return page
    told = new if new not in (None, page.owner_id, actor.id) else None
    page.owner_id, page.review_by = new, review_by
    db.session.expire(page, ["owner"])  # whoever reads it next sees who that is
    record("page.owned", actor, page, person=told)
    return page


@action
def still_right(actor: Actor, page: Page, *, review_by: date | None) -> Page:
    """Looked over: the page is still right, until the next day. Raises Invalid("review_by"), Denied, NotFound."""
    require(actor, "edit", page)
    _hold(page)
    today = now().date()
    if review_by is not None and not today < review_by < today + FURTHEST:
        raise Invalid("review_by", _l("Choose a day to come, within three years."))
    page.review_by = review_by
    _step(actor, page, "right")
    record("page.looked-over", actor, page, revision=page.revision)
    return page


@action
def remind_owner(actor: Actor, page: Page) -> None:
    """Tell the owner that the day has come, once a week until somebody looks. The line is nobody's to read."""
    if not actor.is_system or page.owner_id is None:
        raise Denied()
    record("page.due", actor, page, person=page.owner_id)


# ---- what is read


@dataclass(frozen=True)
class Shown:
    """The words of a page that somebody reads. `newer`: a revision stands behind them that was not approved yet."""

    revision: int
    title: str
    body: str
    body_html: str
    excerpt: str
    newer: bool


def reads_approved(actor: Actor, page: Page, space: Space) -> bool:
    """Whether somebody reads the approved words of a page alone: where the space says so, who does not write there."""
    return space.shows_approved and actor.roles.get(space.id) not in WRITERS and actor.id != page.author_id


def reads_approved_in(actor: Actor, space: Space) -> bool:
    """The same of the pages of a space that others made."""
    return space.shows_approved and actor.roles.get(space.id) not in WRITERS and not actor.is_system


def approved_titles(actor: Actor, space: Space, page_ids: Collection[int]) -> dict[int, str]:
    """The titles of those of these pages of which somebody reads the approved words alone, by the numbers of the pages. No query
    where all of them read what stands.
    """
    if not page_ids or not reads_approved_in(actor, space):
        return {}
    stmt = select(Approved.page_id, Approved.title).join(Page, Page.id == Approved.page_id)
    others = or_(Page.author_id != actor.id, literal(actor.id is None))
    return {row[0]: row[1] for row in db.session.execute(stmt.where(Page.id.in_(page_ids), others))}


def approved_of(page: Page) -> Approved:
    """The approved words. Raises NotFound when there are none."""
    found = db.session.get(Approved, page.id)
    if found is None:
        raise NotFound()
    return found


def reviews_of(actor: Actor, page: Page, *, limit: int = LOG) -> Sequence[PageReview]:
    """The log of reviews, newest first. Raises NotFound for a page that is hidden."""
    if not sees(actor, page):
        raise NotFound()
    stmt = select(PageReview).where(PageReview.page_id == page.id).options(joinedload(PageReview.person))
    return db.session.scalars(stmt.order_by(PageReview.id.desc()).limit(limit)).all()


def readable_revisions(actor: Actor, page: Page, space: Space) -> Any | None:
    """Which revisions somebody may read, as a clause over Revision; None for all of them."""
    if not reads_approved(actor, page, space):
        return None
    approved = select(PageReview.revision).where(PageReview.page_id == page.id, PageReview.verdict == "approved")
    return Revision.number.in_(approved)


def overdue_in(actor: Actor, space: Space, *, limit: int = 200) -> list[Page]:
    """Pages of a space whose day has passed, the longest first. For who writes there. Raises Denied."""
    if actor.roles.get(space.id) not in WRITERS:
        raise Denied()
    stmt = (
        select(Page)
        .where(Page.space_id == space.id, Page.review_by <= now().date())
        .options(defer(Page.body), defer(Page.body_html), joinedload(Page.owner), joinedload(Page.space))
        .order_by(Page.review_by, Page.id)
        .limit(limit)
    )
    return listing(actor, stmt, Page)
