"""PROPFIND (RFC 4918, section 9.1): what is asked of a folder and what is in it, written row by row, so that a folder of many
thousand files takes no more memory than one of ten.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any
from xml.sax.saxutils import quoteattr

from wsgidav import util
from wsgidav.dav_error import HTTP_BAD_REQUEST, HTTP_FORBIDDEN, DAVError, PRECONDITION_CODE_PropfindFiniteDepth

from blueprints.dav.resources import LIVE, QUOTA, FileNode, FolderNode, href
from blueprints.dav.rooms import room_of
from blueprints.doors import actor
from community.permissions import may
from community.spaces.models import Space

IN_MEMORY = 1_000_000
"""Bytes of an answer that is not yet on disk."""


class Wish:
    """What a PROPFIND asks for. `names` are in Clark notation; None asks for all that RFC 4918 knows (`allprop`)."""

    def __init__(self, names: list[str] | None, *, only_names: bool = False) -> None:
        self.names, self.only_names = names, only_names


def wish_of(environ: dict[str, Any]) -> Wish:
    """What the body asks for; an empty one for everything. Raises DAVError (400)."""
    root = util.parse_xml_body(environ, allow_empty=True)
    if root is None:
        return Wish(None)
    if root.tag != "{DAV:}propfind":
        raise DAVError(HTTP_BAD_REQUEST)
    kinds = {child.tag: child for child in root}
    asked = [tag for tag in ("{DAV:}allprop", "{DAV:}propname", "{DAV:}prop") if tag in kinds]
    if len(asked) != 1:
        raise DAVError(HTTP_BAD_REQUEST)
    if asked[0] == "{DAV:}prop":
        return Wish([child.tag for child in kinds[asked[0]]])
    return Wish(None, only_names=asked[0] == "{DAV:}propname")


def depth_of(environ: dict[str, Any]) -> bool:
    """Whether what is in the folder is asked for too. Raises DAVError: 403 for all that is below it (section 9.1.1)."""
    depth = environ.get("HTTP_DEPTH", "infinity").lower()
    if depth == "infinity":
        raise DAVError(HTTP_FORBIDDEN, err_condition=PRECONDITION_CODE_PropfindFiniteDepth)
    if depth not in ("0", "1"):
        raise DAVError(HTTP_BAD_REQUEST)
    return bool(depth == "1")


def written(node: FolderNode | FileNode, wish: Wish, *, members: bool) -> IO[bytes]:
    """The answer, rewound, in memory while it is short. Close it."""
    out = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    try:
        for piece in _pieces(node, wish, members=members):
            out.write(piece.encode())
        out.seek(0)
    except BaseException:
        out.close()
        raise
    return out


def _pieces(node: FolderNode | FileNode, wish: Wish, *, members: bool) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">'
    yield _response(node, wish)
    if members and isinstance(node, FolderNode):
        for member in node.members():
            yield _response(member, wish)
    yield "</D:multistatus>"


def _response(node: FolderNode | FileNode, wish: Wish) -> str:
    there: list[str] = []
    missing: list[str] = []
    notes = node.notes() if _may_have_notes(wish) else {}
    for name in wish.names if wish.names is not None else [*(f"{{DAV:}}{live}" for live in LIVE), *notes]:
        space, _, local = name.rpartition("}")
        if name in notes and not wish.only_names:
            there.append(notes[name])
            continue
        value = "" if name in notes else _value(node, local) if space == "{DAV:" else None
        tag, declared = _tag(space[1:], local)
        if value is None:
            missing.append(f"<{tag}{declared}/>")
        elif wish.only_names or not value:
            there.append(f"<{tag}{declared}/>")
        else:
            there.append(f"<{tag}{declared}>{value}</{tag}>")
    parts = f"<D:href>{_escaped(href(node.names, is_folder=isinstance(node, FolderNode)))}</D:href>"
    if there or not missing:
        parts += f"<D:propstat><D:prop>{''.join(there)}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
    if missing and wish.names is not None:
        parts += (
            f"<D:propstat><D:prop>{''.join(missing)}</D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"
        )
    return f"<D:response>{parts}</D:response>\n"


def _may_have_notes(wish: Wish) -> bool:
    """File managers ask for what RFC 4918 knows alone; then no notes are read."""
    return wish.names is None or any(not name.startswith("{DAV:}") for name in wish.names)


def _value(node: FolderNode | FileNode, name: str) -> str | None:
    if name in QUOTA:
        room = room_of(node.there.space) if isinstance(node, FolderNode) and _sends(node.there.space) else None
        if room is None:
            return None
        number = room.used if name == "quota-used-bytes" else room.free
        return None if number is None else str(number)
    return node.live(name)


def _sends(space: Space | None) -> bool:
    """How full a space is tells of what one does not see: it is for who sends something there."""
    return space is not None and may(actor(), "upload", space)


def _tag(space: str, local: str) -> tuple[str, str]:
    if space == "DAV:":
        return f"D:{local}", ""
    return (f"N:{local}", f" xmlns:N={quoteattr(space)}") if space else (local, "")


def _escaped(address: str) -> str:
    return address.replace("&", "&amp;").replace("<", "&lt;")
