"""What each method of the drive does. Reading the headers, the rules of locks and conditions are WsgiDAV's; each change is one
action of the domain, with its permissions, quotas and scans, or a note of what a program puts down for a moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from flask import Response, current_app, g, request
from flask_babel import gettext as _
from werkzeug.wsgi import FileWrapper
from wsgidav import util
from wsgidav.dav_error import (
    HTTP_BAD_GATEWAY,
    HTTP_BAD_REQUEST,
    HTTP_CONFLICT,
    HTTP_FORBIDDEN,
    HTTP_METHOD_NOT_ALLOWED,
    HTTP_NOT_FOUND,
    HTTP_NOT_IMPLEMENTED,
    HTTP_PRECONDITION_FAILED,
    DAVError,
)
from wsgidav.request_server import RequestServer

from blueprints.dav import paths
from blueprints.dav.bodies import checked_body
from blueprints.dav.gate import plain
from blueprints.dav.listing import IN_MEMORY, depth_of, wish_of, written
from blueprints.dav.locking import Locks
from blueprints.dav.moving import copy_or_move
from blueprints.dav.paths import Found, Names
from blueprints.dav.receiving import put
from blueprints.dav.resources import Drive, FileNode, FolderNode, lock_root, node_at
from blueprints.doors import actor
from blueprints.giving import download
from community.drive.actions import take_away
from community.drive.scratch import take_up
from community.files.queries import file_numbered

METHODS = [
    "OPTIONS", "HEAD", "GET", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
]  # fmt: skip
_WITH_XML = frozenset({"PROPFIND", "PROPPATCH", "LOCK"})
_CONFIG: dict[str, Any] = {"hotfixes": {}, "add_header_MS_Author_Via": True, "block_size": 65_536}

drive = Drive()
drive.set_share_path("/")
drive.set_mount_path("/dav")
drive.set_lock_manager(Locks())


class Server(RequestServer):  # type: ignore[misc]
    """WsgiDAV's, with the changes made by our actions."""

    def look(self, environ: dict[str, Any]) -> tuple[Names, FolderNode | FileNode | None]:
        """The names that were asked for, and what stands there."""
        names = paths.names_of(environ["PATH_INFO"])
        return names, node_at(names, environ)

    def refuse_locked(self, node: FolderNode | FileNode | None, depth: str, environ: dict[str, Any]) -> None:
        """Raise DAVError (423) where a lock is in the way whose token was not sent."""
        self._check_write_permission(node, depth, environ)

    def refuse_unmet(self, node: FolderNode | FileNode | None, environ: dict[str, Any]) -> None:
        """Raise DAVError (412, 304) where a condition of the headers is not met."""
        if node is None and "HTTP_IF_MATCH" in environ:
            raise DAVError(HTTP_PRECONDITION_FAILED)
        self._evaluate_if_headers(node, environ)

    def do_PUT(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """The bytes are the next version of what stands there, or a new file."""
        names, node = self.look(environ)
        around = parent_of(names, environ)
        if "HTTP_CONTENT_RANGE" in environ:
            raise DAVError(HTTP_BAD_REQUEST)
        if "HTTP_CONTENT_ENCODING" in environ:
            raise DAVError(HTTP_NOT_IMPLEMENTED)
        if isinstance(node, FolderNode):
            raise DAVError(HTTP_METHOD_NOT_ALLOWED)
        self.refuse_unmet(node, environ)
        self.refuse_locked(node if node is not None else around, "0", environ)
        tag = put(names, around.there, expected=_expected(node, environ))
        start(_status(node is None), [("ETag", f'"{tag}"')])
        return []

    def do_DELETE(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """Into the bin of the space, the folder with all that is in it."""
        names, node = self.look(environ)
        if node is None:
            raise DAVError(HTTP_NOT_FOUND)
        refuse_fixed(node)
        if isinstance(node, FolderNode) and environ.get("HTTP_DEPTH", "infinity") != "infinity":
            raise DAVError(HTTP_BAD_REQUEST)
        self.refuse_unmet(node, environ)
        self.refuse_locked(node, "infinity", environ)
        self.refuse_locked(parent_of(names, environ), "0", environ)
        there = paths.found(names)
        assert there is not None
        if there.scratch is not None:
            take_up(actor(), *scratch_way(names))
        else:
            take_away(actor(), _real(there))
        paths.forget()
        start(_status(False), [])
        return []

    def do_MOVE(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """Another name or place; over what stands there, where that is wished."""
        return self._carry(environ, start, is_move=True)

    def do_COPY(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        """The same once more."""
        return self._carry(environ, start, is_move=False)

    def _carry(self, environ: dict[str, Any], start: Callable[..., Any], *, is_move: bool) -> list[bytes]:
        names, node = self.look(environ)
        if node is None:
            raise DAVError(HTTP_NOT_FOUND)
        goal = _destination(environ)
        there, stands = node_at(goal, environ), paths.found(goal)
        is_same = there is not None and there.names == node.names
        refuse_fixed(node)
        if there is not None:
            refuse_fixed(there)
        if is_same and (not is_move or goal == node.names):
            raise DAVError(HTTP_FORBIDDEN)
        if not is_same and goal[: len(node.names)] == node.names:
            raise DAVError(HTTP_FORBIDDEN)  # below itself
        around = parent_of(goal, environ)
        overwrite, depth = environ.get("HTTP_OVERWRITE", "T"), environ.get("HTTP_DEPTH", "infinity")
        if (
            overwrite not in ("T", "F")
            or depth not in ("0", "infinity")
            or (is_move and depth == "0" and node.is_collection)
        ):
            raise DAVError(HTTP_BAD_REQUEST)
        self.refuse_unmet(node, environ)
        self._evaluate_if_headers(there, environ)
        if is_move:
            self.refuse_locked(node, "infinity", environ)
            self.refuse_locked(parent_of(names, environ), "0", environ)
        self.refuse_locked(there if there is not None else around, "infinity" if there is not None else "0", environ)
        if there is not None and not is_same and overwrite == "F":
            raise DAVError(HTTP_PRECONDITION_FAILED)
        source = paths.found(names)
        assert source is not None
        copy_or_move(source, goal, around.there, None if is_same else stands, is_move=is_move, whole=depth != "0")
        paths.forget()
        start(_status(there is None), [])
        return []

    def do_PROPFIND(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        """What is asked of it, and of what is in it."""
        members = depth_of(environ)
        _names, node = self.look(environ)
        if node is None:
            raise DAVError(HTTP_NOT_FOUND)
        self._evaluate_if_headers(node, environ)
        out = written(node, wish_of(environ), members=members)
        out.seek(0, 2)
        size = out.tell()
        out.seek(0)
        start("207 Multi-Status", [("Content-Type", "application/xml; charset=utf-8"), ("Content-Length", str(size))])
        if size <= IN_MEMORY:
            with out:
                return [out.read()]
        return FileWrapper(out, 65_536)


def refuse_fixed(node: FolderNode | FileNode) -> None:
    """The top of the drive and the spaces are made elsewhere. Raises DAVError (403)."""
    if node.prevent_locking():
        raise DAVError(HTTP_FORBIDDEN)


def parent_of(names: Names, environ: dict[str, Any]) -> FolderNode:
    """The folder in which these names are or shall be. Raises DAVError: 409 when there is none (RFC 4918, section 9.7.1), 403 where
    only spaces are."""
    if len(names) < 1:
        raise DAVError(HTTP_FORBIDDEN)
    around = node_at(names[:-1], environ)
    if not isinstance(around, FolderNode):
        raise DAVError(HTTP_CONFLICT)
    if not around.names and not paths.aside(names):
        raise DAVError(HTTP_FORBIDDEN)
    return around


def scratch_way(names: Names) -> tuple[int | None, Names]:
    """Where what a program puts down is kept: by the space, or by none at the top of the drive."""
    place = paths.space_named(names[0])
    return (place[1].id, names[1:]) if place is not None else (None, names)


def _real(there: Found) -> Any:
    return there.file if there.file is not None else there.folder


def _expected(node: FolderNode | FileNode | None, environ: dict[str, Any]) -> str | None:
    """The SHA-256 that must still stand there when the bytes have come, "" for nothing, None where nobody said."""
    if node is None:
        return "" if environ.get("HTTP_IF_NONE_MATCH", "").strip() == "*" else None
    return node.facts.sha256 if isinstance(node, FileNode) and "HTTP_IF_MATCH" in environ else None


def _status(is_new: bool) -> str:
    return "201 Created" if is_new else "204 No Content"


def _destination(environ: dict[str, Any]) -> Names:
    """The names of the Destination header. Raises DAVError: 400 without one, 502 for another server (RFC 4918, section 9.9.4)."""
    sent = environ.get("HTTP_DESTINATION", "")
    if not sent:
        raise DAVError(HTTP_BAD_REQUEST)
    parts = urlsplit(sent)
    base = urlsplit(current_app.config["SETTINGS"].BASE_URL).netloc
    if parts.netloc and parts.netloc.lower() not in {request.host.lower(), base.lower()} - {""}:
        raise DAVError(HTTP_BAD_GATEWAY)
    path = unquote(parts.path)
    if not path.startswith("/dav/"):
        raise DAVError(HTTP_BAD_GATEWAY)
    return paths.names_of(path.removeprefix("/dav"))


def answer(path: str) -> Response:
    """What the drive answers to this request for this path. Raises CommunityError, DAVError."""
    names = paths.names_of(path)
    if request.method == "PUT":
        request.max_content_length = 1 << 62  # what a space has room for may come; who keeps it counts
    if "#" in request.environ.get("RAW_URI", ""):
        raise DAVError(HTTP_BAD_REQUEST)  # a fragment is not sent; who cuts it off would touch something else
    if any(name in (".", "..") for name in names):
        raise DAVError(HTTP_BAD_REQUEST)
    if request.method in ("GET", "HEAD"):
        return _give(names)
    environ = dict(request.environ)
    environ.update(
        {
            "PATH_INFO": "/" + "/".join(names),
            "wsgidav.provider": drive,
            "wsgidav.config": _CONFIG,
            "wsgidav.verbose": 1,
            "wsgidav.user_name": str(actor().id),
        }
    )
    if "HTTP_DEPTH" in environ:
        environ["HTTP_DEPTH"] = environ["HTTP_DEPTH"].lower()
    if request.method in _WITH_XML:
        checked_body(environ)
    there = paths.found(names)
    g.dav_root = lock_root(there.names if there is not None else names)
    said: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        said["status"], said["headers"] = status, headers

    body = getattr(Server(drive), f"do_{request.method}")(environ, start)
    if dict(said["headers"]).get("Content-Type", "").startswith("text/html"):
        # WsgiDAV's own pages say nothing that a program reads.
        headers = [pair for pair in said["headers"] if not pair[0].startswith("Content-")]
        return current_app.response_class(b"", status=said["status"], headers=headers, content_type="text/plain")
    made: Response = current_app.response_class(body, status=said["status"], headers=said["headers"])
    return made


def _give(names: Names) -> Response:
    there = paths.found(names)
    if there is None:
        raise DAVError(HTTP_NOT_FOUND)
    if there.is_folder:
        return plain(
            200, _("This is the address of a drive. How to open it stands in your settings, under “Files as a drive”.")
        )
    thing: Any = there.scratch if there.scratch is not None else file_numbered(actor(), _real(there).id)
    made = download(thing)
    changed = thing.created_at if there.scratch is not None else thing.updated_at
    made.last_modified = changed
    made.headers["Date"] = util.get_rfc1123_time()
    return made  # type: ignore[return-value]
