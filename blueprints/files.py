"""The files of a space: sending them, finding them, and giving them back so that nothing in them can act.

A download goes through the permission check each time (QUALITY 25), answers ranges (RFC 9110 section 14) and leaves with
`nosniff`, a sandbox policy and a disposition that only four picture types may soften (QUALITY 53).
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage
from werkzeug.http import quote_etag
from werkzeug.wrappers import Response as Answer

from blueprints.addresses import space_url, url_of
from blueprints.cards import asks_coach, audience_choices, icon_of, space_head
from blueprints.comments import comment_on, comments_alone, talk_of, with_marks
from blueprints.doors import actor
from blueprints.drops import drops_among, notice_of
from blueprints.face import size_words, wants_fragment
from blueprints.mishaps import said
from blueprints.shapes import FileRow, MenuItem
from blueprints.sharing import share_menu
from community.errors import Invalid, NotFound
from community.files.actions import delete_file, describe_file, upload_file
from community.files.incoming import receive
from community.files.media_types import INLINE, served_as
from community.files.models import File, Folder
from community.files.queries import (
    count_of_files,
    file_numbered,
    files_of,
    folder_numbered,
    folders_of,
    found_at,
    senders_of,
    way_to,
)
from community.files.text import PDF, may_have_text, text_of_file
from community.items.rules import default_audience
from community.markup import stored
from community.notifications.reading import mark_read_about
from community.people.models import Person
from community.permissions import may
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

bp = Blueprint("files", __name__)

SANDBOX = "default-src 'none'; sandbox"


def _enter(slug: str) -> Space:
    """The space, if it keeps files and the reader may enter it."""
    space = space_to_enter(actor(), slug)
    if "files" not in space.tools:
        raise NotFound()
    return space


def _frame(space: Space, *, slim: bool = False) -> dict[str, Any]:
    return {
        "space": space,
        "head": space_head(actor(), space, "files", slim=slim),
        "files_url": space_url(space.slug, "files"),
        "place": "team" if space.kind == "team" else "spaces",
    }


def _menu(file: File) -> list[MenuItem]:
    url, who = bytes_url(file), actor()
    menu: list[MenuItem] = [
        (_("Download"), url, "download", False),
        (_("About this file"), f"{url}?about", "info", False),
        *share_menu(who, file),
        *asks_coach(who, f"file:{file.id}", file.space),
        (_("What reaches you"), f"/notifications/level/file/{file.id}", "bell", False),
    ]
    if may(who, "delete", file):
        menu += [("", None, "", False), (_("Delete"), f"/files/{file.id}/delete", "trash-2", True)]
    return menu


def bytes_url(file: File) -> str:
    """Where the bytes of a file are; `?about` is its page. What one does to it is below `/files/<id>`, which outlives a move."""
    return space_url(file.space.slug, "files", file.path)


def file_row(file: File, space: Space, sender: Person | None = None) -> FileRow:
    """A file as the list draws it."""
    differs = file.audience != default_audience(space)
    return FileRow(
        key=str(file.id),
        name=file.name,
        url=url_of(file),
        icon=icon_of(file.media_type),
        changed_at=file.updated_at,
        changed_by=(sender or file.author).name,
        size_words=size_words(file.size),
        note=" · ".join(words for words in (_("late") if file.late else "", file.description) if words),
        version=file.version,
        audience=file.audience if differs else "",
        space_name=space.name if differs else "",
        space_kind=space.kind if differs else "",
        menu=_menu(file),
    )


# ---- the list -------------------------------------------------------------------------------------------------------


@bp.get("/spaces/<slug>/files")
def index(slug: str) -> str:
    """The files of a space, and the form that sends more."""
    return _index(_enter(slug))


def folder_url(space: Space, folder: Folder | None) -> str:
    """The page of a folder, or of the top."""
    return space_url(space.slug, "files", folder.path) if folder is not None else space_url(space.slug, "files")


def _index(space: Space, folder: Folder | None = None, *, refused: list[str] | None = None, chosen: str = "") -> str:
    who = actor()
    page = files_of(who, space, folder, after=request.args.get("after"))
    senders = senders_of(page.items)
    below = folders_of(who, space, folder) if not request.args.get("after") else []
    return render_template(
        "files/index.html",
        folder=folder,
        folder_url=folder_url(space, folder),
        way=[(one.name, folder_url(space, one)) for one in way_to(who, folder)[:-1]] if folder else [],
        folders=[(one, folder_url(space, one)) for one in below],
        drops=drops_among(below, space),
        drop=notice_of(folder, space) if folder else None,
        folder_menu=share_menu(who, folder) if folder else [],
        may_collect=may(who, "guide", space),
        rows=[file_row(file, space, senders.get(file.id)) for file in page.items],
        more=page.next,
        total=count_of_files(who, space, folder),
        may_upload=may(who, "upload", space),
        choices=audience_choices(space),
        chosen=chosen,
        refused=refused or [],
        limit=size_words(_limit()),
        **_frame(space),
    )


def _limit() -> int:
    """The largest file, in bytes."""
    megabytes: int = current_app.config["SETTINGS"].UPLOAD_MB
    return megabytes * 1_000_000


def _take(space: Space, sent: FileStorage, name: str, audience: str | None, folder: Folder | None) -> File:
    """One file of a form: its bytes first, then the row."""
    came = receive(current_app.config["STORAGE"], sent.stream, name, limit_bytes=_limit())
    return upload_file(
        actor(),
        space,
        name=came.name,
        stored=came.stored,
        media_type=came.media_type,
        folder=folder,
        audience=audience,
    )


@bp.post("/spaces/<slug>/files")
def upload(slug: str) -> Answer | tuple[str, int]:
    """Several files at once. Sending the same again changes nothing; what is refused is told file by file."""
    space = _enter(slug)
    if not may(actor(), "upload", space):
        abort(403)
    audience = request.form.get("audience") or None
    number = request.form.get("folder", type=int)
    folder = folder_numbered(actor(), number) if number else None
    sent = [file for file in request.files.getlist("files") if file.filename]
    refused, kept = [], 0
    for file in sent:
        name = (file.filename or "").replace("\\", "/").rsplit("/", 1)[-1]  # some browsers send the folder too
        try:
            _take(_enter(slug), file, name, audience, folder_numbered(actor(), number) if number else None)
            kept += 1
        except Invalid as fault:
            refused.append(f"{name}: {said(fault)}")
    if not sent:
        refused.append(_("Choose at least one file."))
    if kept:
        flash(ngettext("%(num)d file is here.", "%(num)d files are here.", kept), "message")
    if refused:
        return _index(
            _enter(slug), folder_numbered(actor(), number) if number else None, refused=refused, chosen=audience or ""
        ), 422
    return _go(folder_url(space, folder))


def _go(where: str) -> Answer:
    """On to the next page; a module that watches the upload is told where instead."""
    if wants_fragment():
        return Response(status=204, headers={"X-Next": where})
    return redirect(where, 303)


# ---- one file -------------------------------------------------------------------------------------------------------


@bp.get("/spaces/<slug>/files/<path:path>")
def file(slug: str, path: str) -> Answer | str:
    """What stands at this way from the top: a folder, or the bytes of a file; `?about` is the page about a file."""
    space = _enter(slug)
    found = found_at(actor(), space, path)
    if isinstance(found, Folder):
        return _index(space, found)
    if request.args.keys() & {"about", "reply", "after"}:
        return _about(found)
    return download(found)


@bp.get("/files/<int:number>")
def by_number(number: int) -> Answer:
    """Its page, wherever it has been moved: an address to keep."""
    return redirect(url_of(file_numbered(actor(), number)))


def _about(
    found: File, *, draft: str = "", error: str = "", description: str | None = None, wrong: tuple[str, str] = ("", "")
) -> str:
    text = _text(found)
    alone = comments_alone(found, html=text.get("words") if text else None)
    if alone is not None:
        return alone
    who, space = actor(), found.space
    mark_read_about(who, "file", found.id)
    talk = talk_of(found, draft=draft, error=error)
    if text and "words" in text:
        text["words"] = with_marks(text["words"], talk)
    return render_template(
        "files/about.html",
        file=found,
        url=f"/files/{found.id}",
        content_url=bytes_url(found),
        sender=senders_of([found]).get(found.id, found.author),
        shows=served_as(found.media_type, found.name)[0] in INLINE,
        description=found.description if description is None else description,
        wrong=wrong[0],
        sentence=wrong[1],
        talk=talk,
        text=text,
        may_replace=may(who, "replace", found),
        may_describe=may(who, "describe", found),
        may_delete=may(who, "delete", found),
        limit=size_words(_limit()),
        **_frame(space, slim=True),
    )


def _text(found: File) -> dict[str, Any] | None:
    """The text of a PDF, for beneath its page; None for files in which nobody looks for any."""
    if not may_have_text(found):
        return None
    kept = text_of_file(found)
    if kept is None or (found.media_type != PDF and not kept.body):
        return {"state": "waits"} if found.media_type == PDF else None
    return {"state": kept.state, "pages": kept.page_count, "words": stored(kept.body_html)}


def download(found: File) -> Answer:
    """The bytes, whole or the one range that was asked for. More ranges than one get the whole (RFC 9110, 14.2)."""
    kind, disposition = served_as(found.media_type, found.name)
    headers = {
        "Content-Type": kind,
        "Content-Disposition": disposition,
        "Content-Security-Policy": SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "bytes",
        "ETag": quote_etag(found.sha256),
        "Cache-Control": "private, no-cache",
    }
    if request.if_none_match.contains(found.sha256):
        return Response(status=304, headers={k: v for k, v in headers.items() if not k.startswith("Content-T")})
    start, end, status = 0, found.size, 200
    asked = request.range
    fresh = "If-Range" not in request.headers or request.if_range.etag == found.sha256
    if asked is not None and asked.units == "bytes" and len(asked.ranges) == 1 and fresh:
        span = asked.range_for_length(found.size)
        if span is None:
            return Response(status=416, headers={"Content-Range": f"bytes */{found.size}", "Accept-Ranges": "bytes"})
        start, end, status = span[0], span[1], 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return Response(status=status, headers=headers)
    content = current_app.config["STORAGE"].open(found.storage_key, start, end)
    return Response(content, status=status, headers=headers, direct_passthrough=True)


@bp.post("/files/<int:number>")
def describe(number: int) -> Answer | tuple[str, int]:
    """Say what a file is."""
    found = file_numbered(actor(), number)
    words = request.form.get("description", "")
    try:
        describe_file(actor(), found, description=words)
    except Invalid as fault:
        found = file_numbered(actor(), number)
        return _about(found, description=words, wrong=(fault.field, said(fault))), 422
    flash(_("Saved."), "message")
    return redirect(url_of(found), 303)


@bp.post("/files/<int:number>/replace")
def replace(number: int) -> Answer | tuple[str, int]:
    """A new version under the same name."""
    found = file_numbered(actor(), number)
    if not may(actor(), "replace", found):
        abort(403)
    sent = request.files.get("files")
    try:
        if sent is None or not sent.filename:
            raise Invalid("file", _("Choose the new version."))
        found = _take(found.space, sent, found.name, None, found.folder)
    except Invalid as fault:
        return _about(file_numbered(actor(), number), wrong=("file", said(fault))), 422
    flash(_("Version %(number)d is here.", number=found.version), "message")
    return _go(url_of(found))


@bp.get("/files/<int:number>/delete")
def delete_form(number: int) -> str:
    """Ask before a file goes."""
    found = file_numbered(actor(), number)
    if not may(actor(), "delete", found):
        abort(403)
    return render_template(
        "parts/confirm.html",
        title=_("Delete “%(title)s”?", title=found.name),
        words=_("Its comments go with it. This cannot be taken back."),
        yes=_("Delete file"),
        back=url_of(found),
        risk=True,
    )


@bp.post("/files/<int:number>/delete")
def delete(number: int) -> Answer:
    """Take a file away."""
    found = file_numbered(actor(), number)
    back = folder_url(found.space, found.folder)
    delete_file(actor(), found)
    flash(_("Deleted."), "message")
    return redirect(back, 303)


@bp.post("/files/<int:number>/comments")
def comment(number: int) -> Answer | tuple[str, int]:
    """Say something about a file."""
    return comment_on(lambda: file_numbered(actor(), number), _about)
