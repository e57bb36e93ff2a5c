"""Making a folder, and saying what is in it."""

from __future__ import annotations

from contextlib import suppress

from flask import abort, flash, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.cards import audience_choices
from blueprints.doors import actor
from blueprints.files.frame import bp, crumbs, enter, folder_url, frame
from blueprints.mishaps import problem, said
from community.errors import Invalid, NotFound
from community.files.actions import create_folder
from community.files.models import Folder
from community.files.queries import folder_for, folder_numbered
from community.permissions import may
from community.spaces.models import Space


def _around(space: Space) -> Folder | None:
    """The folder in which a new one comes, if it is not the top."""
    number = request.values.get("in", type=int)
    found = folder_numbered(actor(), number) if number else None
    if found is not None and found.space_id != space.id:
        abort(404)
    if not may(actor(), "upload", space) or (found is not None and not may(actor(), "add", found)):
        abort(403)
    return found


@bp.get("/spaces/<slug>/files-folder")
def folder_form(slug: str) -> str:
    """Ask what a new folder is called."""
    space = enter(slug)
    return _folder_form(space, _around(space))


def _folder_form(space: Space, around: Folder | None, wrong: tuple[str, str] = ("", "")) -> str:
    return render_template(
        "files/folder.html",
        around=around,
        values=request.form,
        wrong=wrong[0],
        sentence=wrong[1],
        choices=audience_choices(space),
        back=folder_url(space, around),
        way=crumbs(space, around),
        **frame(space),
    )


@bp.post("/spaces/<slug>/files-folder")
def make_folder(slug: str) -> Response | tuple[str, int]:
    """Make a folder, and open it."""
    space = enter(slug)
    around = _around(space)
    form = request.form
    try:
        made = create_folder(
            actor(),
            space,
            name=form.get("name", ""),
            parent=around,
            description=form.get("description", ""),
            audience=form.get("audience") or None,
        )
    except Invalid as fault:
        space = enter(slug)
        return _folder_form(space, _around(space), (fault.field, said(fault))), 422
    flash(_("The folder is there."), "message")
    return redirect(folder_url(space, made), 303)


def _found_or_made(space: Space, path: str, name: str, around: Folder | None, audience: str | None) -> Folder:
    """The folder of that way, made where it is not there. Raises Invalid."""
    with suppress(NotFound):
        return folder_for(actor(), space, path)
    try:
        return create_folder(actor(), space, name=name, parent=around, audience=audience)
    except Invalid:
        with suppress(NotFound):  # somebody made it just now: another file of the same tree
            return folder_for(actor(), space, path)
        raise


@bp.post("/spaces/<slug>/files-way")
def make_way(slug: str) -> Response | tuple[Response, int]:
    """The folder at the end of a way (`Evidence/Interviews`), made as far as it is missing: for a tree of folders that was dropped
    onto the page. In JSON, for the module that sends what is in it.
    """
    space = enter(slug)
    here = _around(space)
    way = request.form.get("way", "")
    audience = request.form.get("audience") or None
    for name in way.split("/"):
        space = enter(slug)
        path = f"{here.path}/{name}" if here is not None else name
        try:
            here = _found_or_made(space, path, name, here, audience)
        except Invalid as fault:
            return problem(422, f"{name}: {said(fault)}", field="folder"), 422
    if here is None:
        raise NotFound()
    return jsonify({"folder": here.id, "way": here.path})
