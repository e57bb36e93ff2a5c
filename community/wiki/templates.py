"""Templates: pages that others begin from. A template is a page and nothing else, so it shows nothing that its page would hide:
who may not read the page is not offered the template. A space offers its own and those of the cohort and programme above it.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import defer, joinedload

from community.activity.log import action, nothing_changed, record
from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.permissions import Actor, door, listing, require
from community.spaces.models import Space
from community.wiki.models import Page

CHOICES = ("", "offered", "default")
"""Of a page: no template; offered to who begins a page; what a new page begins with when nothing else was chosen."""
HOWS = ("append", "prepend", "replace")
MOST = 50


@action
def set_template(actor: Actor, page: Page, *, template: str) -> Page:
    """Make a page a template, the template that new pages begin with, or a template no longer. A space has at most one of the
    second kind. Raises Invalid("template"), Denied, NotFound.
    """
    require(actor, "edit", page)
    if template not in CHOICES:
        raise Invalid("template", _l("Choose one of these."))
    db.session.refresh(page, ["template", "deleted_at"], with_for_update=True)
    if page.deleted_at is not None:
        raise NotFound()
    if template == page.template:
        nothing_changed()
        return page
    if template == "default":
        others = update(Page).where(Page.space_id == page.space_id, Page.template == "default", Page.id != page.id)
        db.session.execute(others.values(template="offered"))
    page.template = template
    record("page.templated", actor, page)
    return page


def _above(space: Space) -> list[int]:
    """The space, and those above it whose templates it offers, the nearest first."""
    ids = [space.id]
    here: Space | None = space
    while here is not None and here.parent_id is not None and len(ids) < 6:
        ids.append(here.parent_id)
        here = db.session.get(Space, here.parent_id)
    return ids


def templates_for(actor: Actor, space: Space) -> list[Page]:
    """The templates that one may begin from here, those of the space first, each by title; without their words."""
    ids = _above(space)
    stmt = (
        select(Page)
        .where(Page.space_id.in_(ids), Page.template != "")
        .options(
            defer(Page.body),
            defer(Page.body_html),
            joinedload(Page.space),
            joinedload(Page.author),
            joinedload(Page.editor),
        )
        .order_by(Page.title, Page.id)
        .limit(MOST)
    )
    return sorted(listing(actor, stmt, Page), key=lambda page: ids.index(page.space_id or 0))


def template_for(actor: Actor, space: Space, page_id: int | None) -> Page | None:
    """A template that is offered here, with its words; without an id the one that new pages begin with, None where there is none.
    Raises NotFound for what is no template, or not the actor's to read.
    """
    if page_id is not None:
        return door(actor, Page, Page.id == page_id, Page.space_id.in_(_above(space)), Page.template != "")
    offered = [page for page in templates_for(actor, space) if page.template == "default"]
    return door(actor, Page, Page.id == offered[0].id) if offered else None


def inserted(body: str, template: str, how: str) -> str:
    """The words of a page with those of a template before, behind or instead of them."""
    if how == "replace" or not body.strip():
        return template
    first, second = (template, body) if how == "prepend" else (body, template)
    return f"{first.rstrip()}\n\n{second.lstrip(chr(10))}"
