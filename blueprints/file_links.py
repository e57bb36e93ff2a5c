"""Links to documents that are kept elsewhere, among the files of a space: small files of their own (community/files/links)."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.mishaps import said
from community.errors import Invalid, NotFound
from community.files.linking import put_link
from community.files.models import Folder
from community.files.queries import folder_numbered
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

bp = Blueprint("file_links", __name__)


def _enter(slug: str) -> Space:
    space = space_to_enter(actor(), slug)
    if "files" not in space.tools:
        raise NotFound()
    if not may(actor(), "upload", space):
        abort(403)
    return space


def _folder(space: Space, number: int | None) -> Folder | None:
    if not number:
        return None
    folder = folder_numbered(actor(), number)
    if folder.space_id != space.id:
        raise NotFound()
    return folder


def _form(space: Space, folder: Folder | None, fault: Invalid | None = None) -> str:
    return render_template(
        "files/link.html",
        space=space,
        head=space_head(actor(), space, "files", slim=True),
        folder=folder,
        back=space_url(space.slug, "files", folder.path) if folder is not None else space_url(space.slug, "files"),
        wrong=fault.field if fault is not None else "",
        sentence=said(fault) if fault is not None else "",
        place="team" if space.kind == "team" else "spaces",
    )


@bp.get("/spaces/<slug>/links/new")
def new(slug: str) -> str:
    """The form for a new link; `?in=` is the folder that it goes into."""
    space = _enter(slug)
    return _form(space, _folder(space, request.args.get("in", type=int)))


@bp.post("/spaces/<slug>/links/new")
def make(slug: str) -> Response | tuple[str, int]:
    """Put a link among the files."""
    space, form = _enter(slug), request.form
    folder = _folder(space, form.get("in", type=int))
    try:
        made = put_link(
            actor(),
            space,
            href=form.get("href", ""),
            title=form.get("title", ""),
            folder=folder,
            description=form.get("description", ""),
        )
    except Invalid as refused:
        fault = refused
    else:
        flash(_("The link is here."), "message")
        return redirect(url_of(made), 303)
    space = _enter(slug)
    return _form(space, _folder(space, form.get("in", type=int)), fault), 422
