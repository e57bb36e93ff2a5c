"""What somebody has not saved yet. Drafts are their author's alone: every read here asks for the author, and nothing else in the
house knows of their words. No actions of the community, for nothing is said yet.

A draft of a page remembers the revision that it was made on, so that it can be merged with what others saved meanwhile. It stays
when its page is deleted or moved, or its space archived: the words are still their author's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from community.activity.once import was_done
from community.clock import now
from community.errors import Invalid, NotFound, _l
from community.extensions import db, write_unit
from community.items.bounds import check_bounds
from community.live.presence import is_shown
from community.markup import MAX_BODY, clean_text
from community.messages.queries import kept_apart
from community.notifications.keeping import quiet_hours_of
from community.people.models import Person
from community.permissions import Actor, may, require
from community.spaces.models import Space
from community.wiki.models import Page, PageDraft

MOST_DRAFTS = 200
"""Of one person, over all spaces."""
TOLD = timedelta(minutes=1)
"""How old the sign on a page that somebody drafts may be."""
EDITING = timedelta(minutes=10)
"""How long somebody who kept a draft counts as editing."""


@dataclass(frozen=True)
class Words:
    """What a form holds. `path` and `audience` are those of a page that is not there yet; `tags` as they are typed, None where a
    form does not ask for them.
    """

    body: str
    title: str = ""
    summary: str = ""
    path: str = ""
    audience: str = ""
    base: int = 0
    tags: str | None = None

    def are_those_of(self, page: Page) -> bool:
        """Whether the page says the same already."""
        same = clean_text(self.body) == page.body and self.title.strip() in ("", page.title)
        return same and self.tags in (None, ", ".join(page.tags))


def place_of(page_id: int) -> str:
    """The place of the draft of a page."""
    return f"page:{page_id}"


def new_place(space_id: int | None, at: str = "") -> str:
    """The place of the draft of a page that is not there yet: `at` is the path or title that a link asked for."""
    return f"new:{space_id}:{at[:500]}"


def draft_at(actor: Actor, place: str) -> PageDraft | None:
    """What the actor was writing there when they left."""
    stmt = select(PageDraft).where(PageDraft.author_id == actor.id, PageDraft.place == place)
    return db.session.scalars(stmt).one_or_none()


def page_drafts_of(actor: Actor) -> Sequence[PageDraft]:
    """All that the actor has not saved yet, the newest first."""
    stmt = select(PageDraft).where(PageDraft.author_id == actor.id).options(joinedload(PageDraft.space))
    return db.session.scalars(stmt.order_by(PageDraft.updated_at.desc(), PageDraft.id.desc()).limit(MOST_DRAFTS)).all()


def page_draft_for(actor: Actor, draft_id: int) -> PageDraft:
    """One of the actor's own, with its space. Raises NotFound."""
    stmt = select(PageDraft).where(PageDraft.author_id == actor.id, PageDraft.id == draft_id)
    found = db.session.scalars(stmt.options(joinedload(PageDraft.space))).one_or_none()
    if found is None:
        raise NotFound()
    return found


def keep_draft(actor: Actor, page: Page, words: Words, *, together: bool = False) -> PageDraft | None:
    """Keep what the actor makes of a page that they see; None when it is what stands there already, and then no draft is left.
    Half a thought may be kept: only its bounds are asked. Raises Invalid("body").
    """
    if words.are_those_of(page):
        drop_draft(actor, place_of(page.id))
        return None
    assert page.space_id is not None
    is_told = may(actor, "edit", page) and (page.drafted_at is None or page.drafted_at < now() - TOLD)
    return _keep(actor, page.space_id, place_of(page.id), words, page_id=page.id, together=together, is_told=is_told)


def keep_orphan(actor: Actor, space: Space, page_id: int, words: Words) -> PageDraft | None:
    """Keep what the actor made of a page that is not there any more, in a space that they see. Raises Invalid("body")."""
    return _keep(actor, space.id, place_of(page_id), words, page_id=None) if words.body.strip() else None


def keep_new(actor: Actor, space: Space, words: Words, *, at: str = "", key: str = "") -> PageDraft | None:
    """Keep what the actor writes for a page that is not there yet; without words nothing. `key` is that of the form: when the
    page was made meanwhile, nothing is kept. Raises Invalid("body"), Denied.
    """
    require(actor, "write", space)
    place = new_place(space.id, at)
    if not (words.body.strip() or words.title.strip()) or was_done(actor, key):
        drop_draft(actor, place)
        return None
    return _keep(actor, space.id, place, words)


def _keep(
    actor: Actor,
    space_id: int,
    place: str,
    words: Words,
    *,
    page_id: int | None = None,
    together: bool = False,
    is_told: bool = False,
) -> PageDraft:
    check_bounds(words.body, MAX_BODY)

    def put() -> PageDraft:
        with write_unit():
            draft = draft_at(actor, place)
            if draft is None:
                held = db.session.scalar(select(func.count()).where(PageDraft.author_id == actor.id)) or 0
                if held >= MOST_DRAFTS:
                    raise Invalid("body", _l("Up to %(limit)d drafts are kept. Discard one first."), limit=MOST_DRAFTS)
                draft = PageDraft(author_id=actor.id, place=place)
                db.session.add(draft)
            draft.space_id, draft.page_id = space_id, page_id or draft.page_id
            draft.body, draft.title = clean_text(words.body), clean_text(words.title)[:200]
            draft.summary, draft.path = clean_text(words.summary)[:200], clean_text(words.path)[:500]
            draft.tags = clean_text(words.tags or "")[:1000]
            draft.audience, draft.base, draft.together = (
                words.audience[:12],
                max(0, min(words.base, 2**31 - 1)),
                together,
            )
            draft.updated_at = now()
            if is_told:
                db.session.execute(update(Page).where(Page.id == page_id).values(drafted_at=draft.updated_at))
        return draft

    try:
        return put()
    except IntegrityError:  # two windows began at the same moment: the other one has made the row
        return put()


def drop_draft(actor: Actor, place: str) -> None:
    """What was being written there is saved, or not wanted any more."""
    if draft_at(actor, place) is not None:
        with write_unit():
            draft = draft_at(actor, place)
            if draft is not None:
                db.session.delete(draft)


def editors_of(actor: Actor, page: Page) -> list[str]:
    """Who else kept a draft of this page within the last minutes, by name; for who may edit it. Whoever does not want to be seen as
    being here is not among them, nor sees them. No query where nobody is.
    """
    since = now() - EDITING
    if page.drafted_at is None or page.drafted_at < since - TOLD:
        return []
    shown = select(Person.show_presence).where(Person.id == actor.id).scalar_subquery()
    stmt = (
        select(Person)
        .join(PageDraft, PageDraft.author_id == Person.id)
        .where(PageDraft.page_id == page.id, PageDraft.updated_at > since, Person.id != actor.id, shown)
        .order_by(PageDraft.updated_at.desc())
        .limit(20)
    )
    found = db.session.scalars(stmt).all()
    if not found or actor.id is None:
        return []
    quiet = quiet_hours_of([person.id for person in found])
    apart = kept_apart([actor.id])[actor.id]
    return [one.name for one in found if one.id not in apart and is_shown(one, quiet.get(one.id))]


def wrote_together(page_id: int, handles: Collection[str], but: int | None) -> list[int]:
    """Those of these people who kept a draft of this page while they wrote it together with others, within the last minutes."""
    if not handles:
        return []
    stmt = (
        select(Person.id)
        .join(PageDraft, PageDraft.author_id == Person.id)
        .where(
            Person.handle.in_(handles),
            Person.id != but,
            PageDraft.page_id == page_id,
            PageDraft.together.is_(True),
            PageDraft.updated_at > now() - EDITING,
        )
        .order_by(Person.id)
    )
    return list(db.session.scalars(stmt))
