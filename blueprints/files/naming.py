"""What can change about a file or folder where it stands: its name, and for a folder its words and who sees it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.cards import audience_choices
from blueprints.doors import actor
from blueprints.files.frame import bp, folder_url, frame
from blueprints.mishaps import said
from community.errors import Invalid
from community.files.changing import describe_folder, rename_file, rename_folder, share_folder
from community.files.models import File, Folder
from community.files.queries import file_numbered, folder_numbered
from community.permissions import may


def _form(thing: File | Folder, wrong: tuple[str, str] = ("", "")) -> str:
    space, is_folder = thing.space, isinstance(thing, Folder)
    return render_template(
        "files/rename.html",
        thing=thing,
        is_folder=is_folder,
        values=request.form,
        wrong=wrong[0],
        sentence=wrong[1],
        choices=audience_choices(space) if is_folder and may(actor(), "share", thing) else [],
        back=folder_url(space, thing) if isinstance(thing, Folder) else url_of(thing),
        **frame(space),
    )


@bp.get("/files/<int:number>/rename")
def rename_form(number: int) -> str:
    """Ask for another name."""
    found = file_numbered(actor(), number)
    if not may(actor(), "rename", found):
        abort(403)
    return _form(found)


@bp.post("/files/<int:number>/rename")
def rename(number: int) -> Response | tuple[str, int]:
    """Another name; the old address leads on."""
    found = file_numbered(actor(), number)
    try:
        rename_file(actor(), found, name=request.form.get("name", ""))
    except Invalid as fault:
        return _form(file_numbered(actor(), number), (fault.field, said(fault))), 422
    flash(_("Saved."), "message")
    return redirect(url_of(file_numbered(actor(), number)), 303)


@bp.get("/folders/<int:number>/rename")
def folder_rename_form(number: int) -> str:
    """Ask for another name, other words, other readers."""
    found = folder_numbered(actor(), number)
    if not may(actor(), "change", found):
        abort(403)
    return _form(found)


@bp.post("/folders/<int:number>/rename")
def folder_rename(number: int) -> Response | tuple[str, int]:
    """Another name, other words, other readers: what of these was changed."""
    form = request.form
    try:
        rename_folder(actor(), folder_numbered(actor(), number), name=form.get("name", ""))
        describe_folder(actor(), folder_numbered(actor(), number), description=form.get("description", ""))
        if form.get("audience") and form["audience"] != folder_numbered(actor(), number).audience:
            share_folder(actor(), folder_numbered(actor(), number), audience=form["audience"])
    except Invalid as fault:
        return _form(folder_numbered(actor(), number), (fault.field, said(fault))), 422
    flash(_("Saved."), "message")
    found = folder_numbered(actor(), number)
    return redirect(folder_url(found.space, found), 303)
