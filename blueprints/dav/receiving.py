"""Bytes that a program sends: to the storage first, outside any transaction, then a file, its next version, or what a program puts
down for a moment.
"""

from __future__ import annotations

import io
import sys

from flask import current_app, request
from wsgidav.dav_error import HTTP_BAD_REQUEST, DAVError

from blueprints.dav import paths
from blueprints.dav.paths import Found, Names
from blueprints.doors import actor
from community.drive.actions import save_file
from community.drive.scratch import put_down
from community.errors import NotFound
from community.extensions import db
from community.files.incoming import guards, receive
from community.files.media_types import HEAD, media_type
from community.files.names import checked_name
from community.files.room import BOUNDS, check_room
from community.files.storage import Source, Stored, TooLarge
from community.permissions import require

ASIDE = "put down"
"""What a program puts down has no ending that promises anything: `~$Plan.docx` is no document."""
LARGEST_ASIDE = 500_000_000
"""Bytes of one piece that a program puts down: a document while it is saved."""


def put_empty(names: Names, around: Found) -> str:
    """A file without bytes, for a program that locks first and sends later. Gives its name: a folder that collects chooses it."""
    return _keep(io.BytesIO(), names, around, length=0, expected="")[1]


def put(names: Names, around: Found, *, expected: str | None) -> str:
    """Take the body of the request as what stands at these names, and give its SHA-256. Raises CommunityError."""
    return _keep(request.stream, names, around, length=request.content_length or _announced(), expected=expected)[0]


def _keep(stream: Source, names: Names, around: Found, *, length: int | None, expected: str | None) -> tuple[str, str]:
    """The SHA-256 of what was kept, and its name."""
    is_aside, space = paths.aside(names), around.space
    limit = BOUNDS.file or sys.maxsize
    if is_aside:
        limit = min(limit, LARGEST_ASIDE)
    elif space is None:
        raise NotFound()
    else:
        require(actor(), "upload", space)
    checked_name(names[-1])
    if length is not None and length > limit:
        raise TooLarge(limit)
    if space is not None and not is_aside:
        check_room(space, actor().id, length or 0)
    db.session.rollback()  # no transaction waits for somebody's slow line
    name, kept_as = ASIDE if is_aside else names[-1], names[-1]
    came = receive(current_app.config["STORAGE"], stream, name, limit_bytes=limit)
    if length is not None and came.stored.size != length:
        raise DAVError(HTTP_BAD_REQUEST)  # the line broke: what came is an orphan, and swept
    if is_aside:
        way = names[1:] if space is not None else names
        put_down(actor(), space.id if space else None, way, stored=came.stored, media_type=came.media_type)
    else:
        paths.forget()
        there = paths.found(names[:-1])
        if there is None or there.space is None:
            raise NotFound()
        kept_as = save_file(
            actor(),
            there.space,
            folder=there.folder,
            name=came.name,
            stored=came.stored,
            media_type=came.media_type,
            base=expected,
        ).name
    paths.forget()
    return came.stored.sha256, kept_as


def kind_under(name: str, stored: Stored) -> str:
    """What bytes that were put down are under the name that they get now, if they may come in under it. Raises Invalid (name,
    file), TooLarge.
    """
    with current_app.config["STORAGE"].open(stored.key, 0, HEAD) as content:
        head = content.read(HEAD)
    kind = media_type(head, name)
    most = guards.now.policy.limit(kind, name, head, BOUNDS.file or sys.maxsize)
    if stored.size > most:
        raise TooLarge(most)
    return kind


def _announced() -> int | None:
    """What the Finder says of a body that it sends in pieces."""
    said = request.headers.get("X-Expected-Entity-Length", "")
    return int(said) if said.isdigit() and len(said) < 16 else None
