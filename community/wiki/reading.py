"""“I have read this”: people are asked to say that they have read a page, and again after a change that is marked as important.

Who writes in the space asks, and sees who has and who has not; everybody else sees how many. What somebody said of a revision stays
true of that revision. No line in the log says who read what: the asking, and the asking anew, are lines.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import defer, joinedload

from community.activity.log import action, nothing_changed, record
from community.clock import now
from community.errors import Denied, Invalid, NotFound, _l
from community.extensions import db, put_row, write_unit
from community.items.readers import grants_of
from community.people.models import Person
from community.permissions import Actor, listing, may, require, sees
from community.spaces.queries import people_ids_in
from community.wiki.care import MustRead, MustReader, PageRead
from community.wiki.models import Page

NAGS = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}
FURTHEST = timedelta(days=3 * 366)


@action
def ask_to_read(
    actor: Actor,
    page: Page,
    *,
    people: Collection[int] | None = None,
    until: date | None = None,
    nag: str = "",
) -> MustRead:
    """Ask everybody with a role in the space (or these `people` among them) to read a page, until a day; who has not is told again
    `daily` or `weekly`. Asked again, the new wish stands in place of the old one, and what was read stays read.
    Raises Invalid (people, until, nag), Denied, NotFound.
    """
    require(actor, "edit", page)
    today = now().date()
    if nag not in ("", *NAGS):
        raise Invalid("nag", _l("Choose how often who has not read it hears of it again."))
    if until is not None and not today <= until < today + FURTHEST:
        raise Invalid("until", _l("Choose a day to come, within three years."))
    held = db.session.get(MustRead, page.id)
    named = set(people) if people is not None else set()
    if people is not None and (not named or not named <= people_ids_in(page.space_id or 0)):
        raise Invalid("people", _l("Choose people of this space."))
    if held is None:
        held = MustRead(page_id=page.id, since_revision=page.revision)
        db.session.add(held)
    held.asked_by_id, held.everybody = actor.id or held.asked_by_id, people is None
    held.until, held.nag, held.nag_on = until, nag, today + NAGS[nag] if nag else None
    page.must_read_since = held.since_revision
    db.session.flush()
    db.session.execute(delete(MustReader).where(MustReader.page_id == page.id))
    db.session.add_all(MustReader(page_id=page.id, person_id=person) for person in sorted(named))
    db.session.flush()
    record("page.reading-asked", actor, page, revision=held.since_revision)
    return held


@action
def ask_no_more(actor: Actor, page: Page) -> None:
    """Nobody needs to read it any more. Who read it stays known. Raises Denied, NotFound."""
    require(actor, "edit", page)
    held = db.session.get(MustRead, page.id)
    if held is None:
        nothing_changed()
        return
    db.session.delete(held)
    page.must_read_since = None
    record("page.reading-ended", actor, page)


@action
def ask_anew(actor: Actor, page: Page) -> None:
    """The newest revision is an important one: what was read before it counts no more. Raises Denied, NotFound."""
    require(actor, "edit", page)
    held = db.session.get(MustRead, page.id)
    if held is None:
        raise NotFound()
    if held.since_revision == page.revision:
        nothing_changed()
        return
    held.since_revision = page.must_read_since = page.revision
    held.nag_on = now().date() + NAGS[held.nag] if held.nag else None
    record("page.reading-asked", actor, page, revision=page.revision)


@action
def ask_again(actor: Actor, page: Page) -> None:
    """The daily or weekly word to who has not read it; part of the work that comes back."""
    held = db.session.get(MustRead, page.id, with_for_update=True)
    if not actor.is_system:
        raise Denied()
    today = now().date()
    if held is None or held.nag_on is None or held.nag_on > today:
        nothing_changed()
        return
    held.nag_on = today + NAGS[held.nag]
    record("page.reading-due", actor, page, revision=held.since_revision)


def have_read(actor: Actor, page: Page, *, revision: int) -> None:
    """Say that one has read a page at a revision. No line in the log: see above. Raises Invalid("revision"), NotFound."""
    if actor.id is None or not sees(actor, page):
        raise NotFound()
    if not 1 <= revision <= page.revision:
        raise Invalid("revision", _l("This revision does not exist."))
    page_id = page.id
    known = db.session.get(PageRead, (page_id, actor.id))
    if known is not None and known.revision >= revision:
        return
    with write_unit():
        put_row(PageRead, {"page_id": page_id, "person_id": actor.id}, revision=revision, at=now())


@dataclass(frozen=True)
class Reading:
    """How far the reading of a page is. `mine`: None when nobody asks me, else whether I have. The names are known to who writes
    there, and None to everybody else.
    """

    asked: MustRead
    count: int
    of: int
    mine: bool | None
    have: tuple[Person, ...] | None
    have_not: tuple[Person, ...] | None


def reading_of(actor: Actor, page: Page) -> Reading | None:
    """Who has read a page; None when nobody was asked to. Raises NotFound for a page that is hidden."""
    if not sees(actor, page):
        raise NotFound()
    held = db.session.get(MustRead, page.id)
    if held is None:
        return None
    wanted = _asked(held, page)
    done = _done(held)
    have, have_not = wanted & done, wanted - done
    names = may(actor, "edit", page)
    people = {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(wanted)))}

    def named(ids: set[int]) -> tuple[Person, ...] | None:
        return tuple(sorted((people[one] for one in ids), key=lambda p: p.name.casefold())) if names else None

    mine = actor.id in done if actor.id in wanted else None
    return Reading(held, len(have), len(wanted), mine, named(have), named(have_not))


@dataclass(frozen=True)
class Wish:
    """What is wished of somebody who opens a page: that they say they have read it, until a day, and whether they have."""

    until: date | None
    done: bool


def wish_for(actor: Actor, page: Page) -> Wish | None:
    """Whether the actor is asked to read a page that they have come to. One question, and none for a page that nobody must read."""
    if page.must_read_since is None or actor.id is None:
        return None
    named = select(MustReader.page_id).where(MustReader.page_id == page.id, MustReader.person_id == actor.id)
    read = select(PageRead.revision).where(PageRead.page_id == page.id, PageRead.person_id == actor.id)
    stmt = select(MustRead.everybody, MustRead.until, named.exists(), read.scalar_subquery())
    row = db.session.execute(stmt.where(MustRead.page_id == page.id)).one_or_none()
    if row is None or not (row[2] or (row[0] and page.space_id in actor.roles)):
        return None
    return Wish(row[1], (row[3] or 0) >= page.must_read_since)


def waiting_readers(page: Page) -> set[int]:
    """Who was asked and has not read it: for the reader of the log that tells them."""
    held = db.session.get(MustRead, page.id)
    return _asked(held, page) - _done(held) if held is not None else set()


def _asked(held: MustRead, page: Page) -> set[int]:
    """Who is asked and can see the page: whoever lost sight of it is not counted."""
    if held.everybody:
        wanted = people_ids_in(page.space_id or 0)
    else:
        wanted = set(db.session.scalars(select(MustReader.person_id).where(MustReader.page_id == page.id)))
    return wanted & {person.id for grants in grants_of(page) for person in grants.people}


def _done(held: MustRead) -> set[int]:
    stmt = select(PageRead.person_id).where(PageRead.page_id == held.page_id, PageRead.revision >= held.since_revision)
    return set(db.session.scalars(stmt))


def to_read(actor: Actor, *, limit: int = 20) -> list[Page]:
    """Pages that the actor was asked to read and has not, the oldest wish first."""
    read = select(PageRead.page_id).where(
        PageRead.page_id == Page.id, PageRead.person_id == actor.id, PageRead.revision >= Page.must_read_since
    )
    named = select(MustReader.page_id).where(MustReader.page_id == Page.id, MustReader.person_id == actor.id)
    stmt = (
        select(Page)
        .join(MustRead, MustRead.page_id == Page.id)
        .where(
            Page.must_read_since.is_not(None),
            Page.space_id.in_(list(actor.roles)),
            MustRead.everybody | named.exists(),
            ~read.exists(),
        )
        .options(defer(Page.body), defer(Page.body_html), joinedload(Page.space))
        .order_by(MustRead.created_at, Page.id)
        .limit(limit)
    )
    return listing(actor, stmt, Page)
