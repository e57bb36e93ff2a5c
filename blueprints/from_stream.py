"""From the stream: what came with the posts of a space, beside its files."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from blueprints.addresses import space_url, url_of
from blueprints.cards import icon_of, space_head
from blueprints.doors import actor
from blueprints.mishaps import said
from community.errors import Denied, Invalid, NotFound
from community.files.models import Folder
from community.files.queries import every_folder, folder_numbered
from community.files.stream import LIST, copy_from_post, from_stream, one_from_stream
from community.permissions import may
from community.ports import ports
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

bp = Blueprint("from_stream", __name__)


def _enter(slug: str) -> Space:
    space = space_to_enter(actor(), slug)
    if "files" not in space.tools:
        raise NotFound()
    return space


def _frame(space: Space) -> dict[str, Any]:
    return {
        "space": space,
        "head": space_head(actor(), space, "files", slim=True),
        "files_url": space_url(space.slug, "files"),
        "place": "team" if space.kind == "team" else "spaces",
    }


@bp.get("/spaces/<slug>/from-stream")
def index(slug: str) -> str:
    """What came with the posts that the reader sees, the newest first."""
    space = _enter(slug)
    found = from_stream(actor(), space, before=request.args.get("before", type=int))
    rows = [
        {
            "held": held,
            "post": post,
            "url": space_url(slug, "posts", post.id, "files", held.id) + "/" + quote(held.name, safe=""),
            "post_url": url_of(post),
            "icon": icon_of(held.media_type),
        }
        for held, post in found
    ]
    return render_template(
        "files/stream.html",
        rows=rows,
        more=found[-1].attachment.id if len(found) == LIST else None,
        may_copy=may(actor(), "upload", space),
        **_frame(space),
    )


@bp.get("/spaces/<slug>/from-stream/<int:number>/copy")
def copy_form(slug: str, number: int) -> str:
    """Into which folder?"""
    return _copy_form(slug, number)


def _copy_form(slug: str, number: int, sentence: str = "") -> str:
    space = _enter(slug)
    found = one_from_stream(actor(), space, number)
    if not may(actor(), "upload", space):
        raise Denied()
    folders = [(str(one.id), one.path) for one in every_folder(actor(), space)]
    return render_template(
        "files/copy.html",
        held=found.attachment,
        to=request.path,
        back=space_url(slug, "from-stream"),
        folders=[("", _("Files")), *folders],
        chosen=request.form.get("folder", ""),
        sentence=sentence,
        **_frame(space),
    )


@bp.post("/spaces/<slug>/from-stream/<int:number>/copy")
def copy(slug: str, number: int) -> Response | tuple[str, int]:
    """Make it a file of the space too."""
    space = _enter(slug)
    if not may(actor(), "upload", space):
        raise Denied()
    held = one_from_stream(actor(), space, number).attachment
    folder = request.form.get("folder", type=int)
    storage, key, size = ports.storage(), held.storage_key, held.size
    with storage.open(key) as content:
        stored = storage.put(content, limit_bytes=size)
    try:
        made = copy_from_post(
            actor(),
            _enter(slug),
            stored=stored,
            folder=_folder(folder),
            **one_from_stream(actor(), _enter(slug), number)._asdict(),
        )
    except Invalid as fault:
        return _copy_form(slug, number, said(fault)), 422
    flash(_("It is among the files now; the post keeps its own."), "message")
    return redirect(url_of(made), 303)


def _folder(number: int | None) -> Folder | None:
    return folder_numbered(actor(), number) if number else None
