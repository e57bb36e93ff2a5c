"""What the pages of files share: the door to a space that keeps files, its frame, and the addresses of what is in it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, redirect
from werkzeug.wrappers import Response as Answer

from blueprints.addresses import space_url
from blueprints.cards import space_head
from blueprints.doors import actor
from blueprints.face import wants_fragment
from community.errors import NotFound
from community.files.models import File, Folder
from community.files.queries import way_to
from community.spaces.models import Space
from community.spaces.queries import space_to_enter

bp = Blueprint("files", __name__)


def enter(slug: str) -> Space:
    """The space, if it keeps files and the reader may enter it."""
    space = space_to_enter(actor(), slug)
    if "files" not in space.tools:
        raise NotFound()
    return space


def frame(space: Space, *, slim: bool = True) -> dict[str, Any]:
    """What the templates need of the space around a page."""
    return {
        "space": space,
        "head": space_head(actor(), space, "files", slim=slim),
        "files_url": space_url(space.slug, "files"),
        "place": "team" if space.kind == "team" else "spaces",
    }


def folder_url(space: Space, folder: Folder | None) -> str:
    """The page of a folder, or of the top."""
    return space_url(space.slug, "files", folder.path) if folder is not None else space_url(space.slug, "files")


def bytes_url(file: File) -> str:
    """Where the bytes of a file are; `?about` is its page. What one does to it is below `/files/<id>`, which outlives a move."""
    return space_url(file.space.slug, "files", file.path)


def crumbs(space: Space, folder: Folder | None) -> list[tuple[str, str]]:
    """The folders above what is shown, from the top down; `folder` is the last of them. One query, none at the top."""
    return [(one.name, folder_url(space, one)) for one in way_to(actor(), folder)] if folder is not None else []


def limit_bytes() -> int:
    """The largest file, in bytes."""
    megabytes: int = current_app.config["SETTINGS"].UPLOAD_MB
    return megabytes * 1_000_000


def go_on(where: str) -> Answer:
    """On to the next page; a module that watches is told where instead."""
    if wants_fragment():
        return Response(status=204, headers={"X-Next": where})
    return redirect(where, 303)
