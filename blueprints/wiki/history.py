"""What a page was before."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.wiki.frame import bp, enter, frame
from community.errors import Conflict
from community.items.writing import rendered
from community.permissions import may
from community.spaces.models import Space
from community.wiki.actions import restore_revision
from community.wiki.diff import compare, folded
from community.wiki.links import with_links
from community.wiki.models import Page, Revision
from community.wiki.queries import page_for, revision_for, revisions_of
from community.wiki.side import Stretch, item_by_item


def history_of(space: Space, found: Page) -> str:
    history = revisions_of(actor(), found, before=request.args.get("before", type=int))
    return render_template(
        "wiki/history.html",
        page=found,
        url=url_of(found),
        revisions=history.items,
        more=history.next,
        may_redact=may(actor(), "redact", found),
        **frame(space, open_=found),
    )


def old(space: Space, found: Page) -> str:
    """The page as it was; mentions and links are painted as they would be today."""
    revision = revision_for(actor(), found, request.args.get("rev", 0, type=int))
    return render_template(
        "wiki/old.html",
        page=found,
        url=url_of(found),
        revision=revision,
        words=with_links(actor(), space, str(rendered(revision.body, space).html)),
        may_edit=may(actor(), "edit", found),
        **frame(space, open_=found),
    )


def diff_of(space: Space, found: Page) -> str:
    old = revision_for(actor(), found, request.args.get("diff", 0, type=int))
    new = revision_for(actor(), found, request.args.get("rev", found.revision, type=int))
    if old.number > new.number:
        old, new = new, old
    as_source = request.args.get("view") == "source"
    return render_template(
        "wiki/diff.html",
        page=found,
        url=url_of(found),
        old=old,
        new=new,
        as_source=as_source,
        lines=folded(compare(old.body, new.body)) if as_source else (),
        sides=() if as_source else _sides(space, old, new),
        same=old.body == new.body,
        may_edit=may(actor(), "edit", found),
        **frame(space, open_=found),
    )


def _sides(space: Space, *revisions: Revision) -> list[Stretch]:
    """Two revisions as they read; mentions and links are painted as they would be today."""
    old, new = (with_links(actor(), space, str(rendered(one.body, space).html)) for one in revisions)
    return item_by_item(old, new)


@bp.post("/spaces/<slug>/wiki/<path:path>/restore")
def restore(slug: str, path: str) -> Response:
    """Make an earlier revision the newest one."""
    found = page_for(actor(), enter(slug), path)
    number = request.form.get("rev", 0, type=int)
    try:
        restore_revision(
            actor(),
            found,
            number=number,
            base=request.form.get("base", 0, type=int),
            summary=_("Revision %(number)d again", number=number),
        )
    except Conflict:
        flash(_("Somebody changed this page meanwhile. Look at the newest words first."), "warn")
        return redirect(f"{url_of(found)}?action=history", 303)
    flash(_("Revision %(number)d stands again.", number=number), "message")
    return redirect(url_of(found), 303)
