"""What can be said about a page besides its words: its tags. Not part of a revision: they say what a page is for today."""

from __future__ import annotations

from collections.abc import Iterable

from community.activity.log import action, nothing_changed, record
from community.errors import NotFound
from community.extensions import db
from community.items.tags import checked_tags
from community.permissions import Actor, require
from community.wiki.models import Page


@action
def tag_page(actor: Actor, page: Page, *, tags: Iterable[str]) -> Page:
    """Give a page these tags and no others. Raises Invalid("tags"), Denied, NotFound."""
    require(actor, "edit", page)
    wanted = checked_tags(tags)
    db.session.refresh(page, ["tags", "deleted_at"], with_for_update=True)
    if page.deleted_at is not None:
        raise NotFound()
    if wanted == page.tags:
        nothing_changed()
        return page
    page.tags = wanted
    record("page.tagged", actor, page)
    return page
