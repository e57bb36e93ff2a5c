"""The versions of a file: each can be fetched, compared where it is text, named, taken away, and made the newest again."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import url_of
from blueprints.doors import actor
from blueprints.files.frame import bp, crumbs, frame
from blueprints.giving import give
from blueprints.mishaps import said
from community.errors import Conflict, Invalid, NotFound
from community.files.models import File, FileVersion
from community.files.queries import file_numbered
from community.files.versions import delete_version, name_version, restore_version, version_numbered, versions_of
from community.markup import text_from
from community.permissions import may
from community.wiki.diff import compare, folded

MOST_TEXT = 400_000
"""Bytes of a version that is compared."""
SHOWN = 10


def may_compare(media_type: str, size: int) -> bool:
    """Whether a version is text, and short enough to be compared."""
    return size <= MOST_TEXT and (media_type.startswith("text/") or media_type in ("application/json",))


def versions_shown(file: File, before: int | None = None) -> dict[str, Any]:
    """The versions for the page of a file: the newest ten, or the ten before a number."""
    page = versions_of(actor(), file, before=before, limit=SHOWN)
    last = {one.number for one in page.items}
    return {
        "versions": [
            {
                "row": one,
                "is_now": one.number == file.version,
                "compares": one.number - 1 in last and may_compare(one.media_type, one.size),
            }
            for one in page.items
        ],
        "versions_more": page.next,
    }


@bp.get("/files/<int:number>/versions/<int:version>")
def version_bytes(number: int, version: int) -> Response:
    """The bytes of a version, under the name that the file has now."""
    found = file_numbered(actor(), number)
    one = version_numbered(actor(), found, _possible(version))
    sha256 = one.sha256 or one.storage_key
    return give(key=one.storage_key, name=found.name, media_type=one.media_type, size=one.size, sha256=sha256)


def _possible(version: int) -> int:
    if version >= 2**31:
        raise NotFound()
    return version


@bp.post("/files/<int:number>/versions/<int:version>/restore")
def version_restore(number: int, version: int) -> Response:
    """Make an earlier version the newest one; what stood stays below it."""
    found = file_numbered(actor(), number)
    try:
        back = restore_version(
            actor(), found, number=_possible(version), note=_("Version %(number)d again", number=version)
        )
    except (Invalid, Conflict) as fault:
        flash(said(fault), "warn")
        return redirect(url_of(file_numbered(actor(), number)), 303)
    flash(_("Version %(old)d is back, as version %(number)d.", old=version, number=back.version), "message")
    return redirect(url_of(file_numbered(actor(), number)), 303)


def _name_form(file: File, version: FileVersion, wrong: tuple[str, str] = ("", "")) -> str:
    return render_template(
        "files/version.html",
        version=version,
        url=f"/files/{file.id}",
        back=url_of(file),
        values=request.form,
        wrong=wrong[0],
        sentence=wrong[1],
        **frame(file.space),
    )


@bp.get("/files/<int:number>/versions/<int:version>/name")
def version_name_form(number: int, version: int) -> str:
    """Ask what a version is called, and what was new in it."""
    found = file_numbered(actor(), number)
    if not may(actor(), "replace", found):
        abort(403)
    return _name_form(found, version_numbered(actor(), found, _possible(version)))


@bp.post("/files/<int:number>/versions/<int:version>/name")
def version_name(number: int, version: int) -> Response | tuple[str, int]:
    """Give a version a name, so that it is kept."""
    form, version = request.form, _possible(version)
    try:
        found = file_numbered(actor(), number)
        name_version(actor(), found, number=version, name=form.get("name", ""), note=form.get("note", ""))
    except Invalid as fault:
        found = file_numbered(actor(), number)
        return _name_form(found, version_numbered(actor(), found, version), (fault.field, said(fault))), 422
    flash(_("Saved."), "message")
    return redirect(f"{url_of(file_numbered(actor(), number))}#versions", 303)


@bp.get("/files/<int:number>/versions/<int:version>/delete")
def version_delete_form(number: int, version: int) -> str:
    """Ask before a version goes."""
    found = file_numbered(actor(), number)
    if not may(actor(), "delete", found):
        abort(403)
    one = version_numbered(actor(), found, _possible(version))
    return render_template(
        "parts/confirm.html",
        title=_("Delete version %(number)d for good?", number=one.number),
        words=_("It does not go to the bin: nothing brings it back. The other versions stay."),
        yes=_("Delete for good"),
        back=f"{url_of(found)}#versions",
        risk=True,
    )


@bp.post("/files/<int:number>/versions/<int:version>/delete")
def version_delete(number: int, version: int) -> Response:
    """Take one earlier version away."""
    try:
        delete_version(actor(), file_numbered(actor(), number), number=_possible(version))
        flash(_("Version %(number)d is gone for good.", number=version), "message")
    except Invalid as fault:
        flash(said(fault), "warn")
    return redirect(f"{url_of(file_numbered(actor(), number))}#versions", 303)


@bp.get("/files/<int:number>/versions/<int:version>/changes")
def version_changes(number: int, version: int) -> str:
    """What changed in a version since the one before it, for text."""
    found = file_numbered(actor(), number)
    new = version_numbered(actor(), found, _possible(version))
    old = version_numbered(actor(), found, version - 1)
    if not (may_compare(new.media_type, new.size) and may_compare(old.media_type, old.size)):
        raise NotFound()
    lines = compare(_text(old), _text(new))
    return render_template(
        "files/changes.html",
        file=found,
        new=new,
        old=old,
        lines=folded(lines),
        same=all(line.kind == "same" for line in lines),
        url=url_of(found),
        way=crumbs(found.space, found.folder),
        may_replace=may(actor(), "replace", found),
        **frame(found.space),
    )


def _text(version: FileVersion) -> str:
    with current_app.config["STORAGE"].open(version.storage_key) as kept:
        return text_from(kept.read(MOST_TEXT), "utf-8").removeprefix("\ufeff").replace("\r\n", "\n")
