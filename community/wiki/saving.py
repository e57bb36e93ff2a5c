"""Saving what somebody made of a page, when others may have saved meanwhile: merged where that is clean, refused where it is not,
and never written over. The comparing is done outside of the transaction; the save itself is `edit_page`, which takes the newest
base alone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select

from community.errors import Conflict, NotFound, _l
from community.extensions import db
from community.markup import clean_text
from community.people.models import Person
from community.permissions import Actor, require
from community.wiki.actions import edit_page
from community.wiki.drafts import drop_draft, place_of
from community.wiki.merge import Merged, merge, merge_word
from community.wiki.models import Page, Revision
from community.wiki.paths import checked_title

TRIES = 60
"""How often a save is merged anew because somebody else was quicker again."""


class Clash(Conflict):
    """Both changed the same words. `merged` holds what could be laid together and each place that could not, `against` is the
    revision that stands, `title` None when both gave it another one.
    """

    def __init__(self, now: Revision, merged: Merged, title: str | None, names: list[str]) -> None:
        super().__init__(
            _l("Somebody changed the same words meanwhile. Choose for each place, then save."),
            theirs=now.body,
            base=now.number,
        )
        self.merged, self.title, self.their_title, self.names = merged, title, now.title, names


@dataclass(frozen=True)
class Laid:
    """A text on top of the revision that stands. `names` are those whose revisions it was merged with."""

    body: str
    title: str
    base: int
    names: list[str]


def lay_on(actor: Actor, page: Page, *, title: str, body: str, base: int) -> Laid:
    """Merge what was made of revision `base` with what stands. Raises Clash; NotFound, Denied, Invalid("title")."""
    require(actor, "edit", page)
    body, title = clean_text(body), checked_title(title)
    stands = page.revision
    if base == stands:
        return Laid(body, title, base, [])
    found = select(Revision).where(
        Revision.page_id == page.id, Revision.number.in_((base, stands)), Revision.removed_at.is_(None)
    )
    known = {revision.number: revision for revision in db.session.scalars(found)}
    newest = known.get(stands)
    if newest is None:
        raise NotFound()
    names = _names_between(actor, page.id, base, stands)
    old = known.get(base)
    if old is None:  # what it was made on cannot be known
        merged = merge("", body, newest.body)
        joined = title if title == newest.title else None
    else:
        merged = merge(old.body, body, newest.body)
        joined = merge_word(old.title, title, newest.title)
    if joined is None or not merged.is_clean:
        raise Clash(newest, merged, joined, names)
    return Laid(merged.text(), joined, stands, names)


def save_page(
    actor: Actor,
    page: Page,
    *,
    title: str,
    body: str,
    base: int,
    summary: str = "",
    along: Collection[int] = (),
) -> Laid:
    """Save a revision on top of the one that stands, merged with it when `base` is an older one; the actor's draft goes. `along`
    are those who wrote in it too. Raises Clash, Invalid (title, body, summary), Denied, NotFound.
    """
    laid = Laid(body, title, base, [])
    for again in range(TRIES):
        merged = lay_on(actor, page, title=laid.title, body=laid.body, base=laid.base)
        laid = Laid(merged.body, merged.title, merged.base, list(dict.fromkeys([*laid.names, *merged.names])))
        try:
            edit_page(actor, page, body=laid.body, title=laid.title, base=laid.base, summary=summary, along=along)
        except Conflict:
            if again == TRIES - 1:
                raise
            continue
        break
    drop_draft(actor, place_of(page.id))
    return laid


def _names_between(actor: Actor, page_id: int, base: int, stands: int) -> list[str]:
    """Who else saved after `base`, the first first."""
    stmt = (
        select(Person.name)
        .join(Revision, Revision.author_id == Person.id)
        .where(
            Revision.page_id == page_id,
            Revision.number > base,
            Revision.number <= stands,
            Revision.author_id != actor.id,
        )
        .group_by(Person.id, Person.name)
        .order_by(Person.name)
        .limit(20)
    )
    return list(db.session.scalars(stmt))
