"""Another address, another title, away."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.doors import actor
from blueprints.wiki.frame import bp, enter, fault_of, frame
from community.errors import Invalid
from community.permissions import may
from community.spaces.models import Space
from community.wiki.actions import delete_page, rename_page
from community.wiki.models import Page
from community.wiki.queries import page_for


@bp.get("/spaces/<slug>/wiki/<path:path>/rename")
def rename_form(slug: str, path: str) -> str:
    """Another title or address for a page."""
    space = enter(slug)
    found = page_for(actor(), space, path)
    if not may(actor(), "rename", found):
        abort(403)
    return _rename(space, found, title=found.title, path=found.path)


def _rename(space: Space, found: Page, *, title: str, path: str, error: Invalid | None = None) -> str:
    held = {"title": title, "path": path}
    return render_template(
        "wiki/rename.html", page=found, url=url_of(found), held=held, **fault_of(error), **frame(space, path=found.path)
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/rename")
def rename(slug: str, path: str) -> Response | tuple[str, int]:
    """Move a page to another address, or give it another title."""
    found = page_for(actor(), enter(slug), path)
    title, wanted = request.form.get("title", ""), request.form.get("path", "")
    try:
        rename_page(actor(), found, title=title, path=wanted)
    except Invalid as fault:
        space = enter(slug)
        return _rename(space, page_for(actor(), space, path), title=title, path=wanted, error=fault), 422
    flash(_("Moved."), "message")
    return redirect(url_of(found), 303)


@bp.get("/spaces/<slug>/wiki/<path:path>/delete")
def delete_form(slug: str, path: str) -> str:
    """Ask before a page goes."""
    found = page_for(actor(), enter(slug), path)
    if not may(actor(), "delete", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete “%(title)s”?", title=found.title),
        words=_("Its history and its comments go with it. Links to it turn red."),
        yes=_("Delete page"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/spaces/<slug>/wiki/<path:path>/delete")
def delete(slug: str, path: str) -> Response:
    """Take a page away."""
    delete_page(actor(), page_for(actor(), enter(slug), path))
    flash(_("Deleted."), "message")
    return redirect(space_url(slug, "wiki"), 303)
