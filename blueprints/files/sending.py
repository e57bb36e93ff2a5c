"""Files that come from a form. Where scripts run, they come in pieces through `/api/v1/uploads` instead."""

from __future__ import annotations

from io import SEEK_END

from flask import abort, current_app, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.files.frame import bp, enter, folder_url, go_on, limit_bytes
from blueprints.files.lists import drawn
from blueprints.files.one import about
from blueprints.mishaps import said
from community.errors import Invalid
from community.files.actions import upload_file
from community.files.incoming import receive
from community.files.models import File, Folder
from community.files.queries import file_numbered, folder_numbered
from community.files.room import check_room
from community.locks.queries import Locked
from community.permissions import may
from community.spaces.models import Space


def _take(
    space: Space, sent: FileStorage, name: str, audience: str | None, folder: Folder | None, note: str = ""
) -> tuple[File, bool]:
    """One file of a form: its bytes first, then the row; and whether what a camera had noted was left out."""
    check_room(space, actor().id, sent.stream.seek(0, SEEK_END))
    sent.stream.seek(0)
    came = receive(current_app.config["STORAGE"], sent.stream, name, limit_bytes=limit_bytes())
    made = upload_file(
        actor(),
        space,
        name=came.name,
        stored=came.stored,
        media_type=came.media_type,
        folder=folder,
        audience=audience,
        note=note,
    )
    return made, came.stored.cleaned


def _left_out() -> str:
    return _("What the camera noted, such as where it was taken, has been left out.")


@bp.post("/spaces/<slug>/files")
def upload(slug: str) -> Response | tuple[str, int]:
    """Several files at once. Sending the same again changes nothing; what is refused is told file by file."""
    space = enter(slug)
    if not may(actor(), "upload", space):
        abort(403)
    audience = request.form.get("audience") or None
    number = request.form.get("folder", type=int)
    folder = folder_numbered(actor(), number) if number else None
    sent = [file for file in request.files.getlist("files") if file.filename]
    refused, kept, cleaned = [], 0, 0
    for file in sent:
        name = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1]  # some browsers send the folder too
        try:
            into = folder_numbered(actor(), number) if number else None
            cleaned += _take(enter(slug), file, name, audience, into)[1]
            kept += 1
        except (Invalid, Locked) as fault:
            refused.append(f"{name}: {said(fault)}")
    if not sent:
        refused.append(_("Choose at least one file."))
    if kept:
        here = ngettext("%(num)d file is here.", "%(num)d files are here.", kept)
        flash(f"{here} {_left_out()}" if cleaned else here, "message")
    if refused:
        folder = folder_numbered(actor(), number) if number else None
        return drawn(enter(slug), folder, refused=refused, chosen=audience or ""), 422
    return go_on(folder_url(space, folder))


@bp.post("/files/<int:number>/replace")
def replace(number: int) -> Response | tuple[str, int]:
    """A new version under the same name, with what is new about it."""
    found = file_numbered(actor(), number)
    if not may(actor(), "replace", found):
        abort(403)
    sent, note = request.files.get("files"), request.form.get("note", "")
    try:
        if sent is None or not sent.filename:
            raise Invalid("file", _("Choose the new version."))
        found, cleaned = _take(found.space, sent, found.name, None, found.folder, note)
    except (Invalid, Locked) as fault:
        wrong = "note" if isinstance(fault, Invalid) and fault.field == "note" else "file"
        return about(file_numbered(actor(), number), wrong=(wrong, said(fault)), note=note), 422
    here = _("Version %(number)d is here.", number=found.version)
    flash(f"{here} {_left_out()}" if cleaned else here, "message")
    return go_on(url_of(found))


@bp.get("/files/sending")
def card() -> str:
    """The card of what is on its way, for the corner of pages that have none: static/js/sending.js fills it."""
    return render_template("files/_card.html")
