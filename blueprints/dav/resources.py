"""Spaces, folders and files as WsgiDAV wants to see them. They know their properties, as words of XML, and how a folder lists what
is in it; whatever changes them is in `server`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from wsgidav.dav_error import (
    HTTP_FORBIDDEN,
    DAVError,
    PRECONDITION_CODE_ProtectedProperty,
)
from wsgidav.dav_provider import DAVCollection, DAVNonCollection, DAVProvider
from wsgidav.xml_tools import string_to_xml, xml_to_bytes

from blueprints.dav import paths
from blueprints.dav.locking import locks_at, xml_of
from blueprints.dav.paths import Found, Names
from blueprints.dav.receiving import put_empty
from blueprints.doors import actor
from community.drive.models import Scratch
from community.drive.properties import Notes, check_note, notes_in, notes_on, put_note
from community.drive.queries import Entry, drive_of, entries_of
from community.drive.scratch import put_down, scratch_in
from community.errors import Conflict, Denied, Invalid
from community.files.actions import create_folder
from community.files.queries import folders_of

HTTP_INSUFFICIENT_STORAGE = 507
SUPPORTED = "".join(
    f"<D:lockentry><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
    for scope in ("exclusive", "shared")
)
LIVE = (
    "resourcetype",
    "displayname",
    "creationdate",
    "getlastmodified",
    "getcontentlength",
    "getcontenttype",
    "getetag",
    "lockdiscovery",
    "supportedlock",
)
"""The properties of RFC 4918, section 15, that there are here."""
QUOTA = ("quota-available-bytes", "quota-used-bytes")
"""Those of RFC 4331: told when they are asked for by name (section 2)."""


def href(names: Names, *, is_folder: bool) -> str:
    """The address of what stands at these names, escaped."""
    way = "/dav/" + quote("/".join(names), safe="/!*'(),$-_.~")
    return way.rstrip("/") + "/" if is_folder else way


def lock_root(names: Names) -> str:
    """How WsgiDAV's rules of locks call it."""
    return "/" + quote("/".join(names))


class _Node:
    """What folders and files have in common. `names` are the right ones."""

    names: Names
    is_aside: bool
    noted: Notes | None = None
    environ: dict[str, Any]

    def get_ref_url(self) -> str:
        return lock_root(self.names)

    def get_href(self) -> str:
        return href(self.names, is_folder=self.is_collection)  # type: ignore[attr-defined]

    def prevent_locking(self) -> bool:
        """The top of the drive and the top of a space are nobody's to lock."""
        return len(self.names) < 2 and not self.is_aside

    def get_property_value(self, name: str) -> Any:
        """For who has just locked it; PROPFIND asks `live`."""
        if name != "{DAV:}lockdiscovery":
            return super().get_property_value(name)  # type: ignore[misc]
        locks = "".join(xml_of(lock, href) for lock in locks_at(self.names, nods=True))
        return string_to_xml(f'<D:lockdiscovery xmlns:D="DAV:">{locks}</D:lockdiscovery>')

    def set_property_value(self, name: str, value: Any, *, dry_run: bool = False) -> bool:
        """Windows sets its own times and marks, and must hear that all is well; they mean nothing here. What RFC 4918 knows cannot
        be set; other programs' notes are kept, None takes one away.
        """
        if name.startswith("{urn:schemas-microsoft-com:}") or self.is_aside:
            return True
        if name.startswith("{DAV:}"):
            raise DAVError(HTTP_FORBIDDEN, err_condition=PRECONDITION_CODE_ProtectedProperty)
        there = paths.found(self.names)
        thing = None if there is None else there.file or there.folder
        if thing is None:
            raise DAVError(HTTP_FORBIDDEN)
        xml = xml_to_bytes(value).decode().partition("?>")[2].strip() if value is not None else None
        try:
            (check_note if dry_run else put_note)(actor(), thing, name, xml)
        except Denied:
            raise DAVError(HTTP_FORBIDDEN) from None
        except (Invalid, Conflict):
            raise DAVError(HTTP_INSUFFICIENT_STORAGE) from None
        paths.forget()
        return True

    def notes(self) -> Notes:
        """What programs noted on it; read with the folder where that was read (`noted`)."""
        if self.noted is not None:
            return self.noted
        there = paths.found(self.names)
        thing = None if there is None or self.is_aside else there.file or there.folder
        return notes_on(thing) if thing is not None else {}

    def live(self, name: str) -> str | None:
        """A property of RFC 4918 or RFC 4331 as XML, None where there is none."""
        if name == "displayname":
            return escape(self.names[-1] if self.names else "Cohortium")
        if name == "lockdiscovery":
            return "".join(xml_of(lock, href) for lock in locks_at(self.names))
        if name == "supportedlock":
            return "" if self.prevent_locking() else SUPPORTED
        return None


class FolderNode(_Node, DAVCollection):  # type: ignore[misc]
    """The top of the drive, a space, or a folder."""

    def __init__(self, there: Found, environ: dict[str, Any]) -> None:
        super().__init__("/" + "/".join(there.names), environ)
        self.names, self.there = there.names, there
        self.is_aside = there.scratch is not None

    def get_member_names(self) -> list[str]:
        return [member.names[-1] for member in self.members()]

    def members(self) -> Iterator[FolderNode | FileNode]:
        """What is in it for the actor: folders, then files, then what their programs put down. A few queries, however many."""
        there = self.there
        space = there.space
        if not self.names:
            for name, place in drive_of(actor()).items():
                yield FolderNode(Found((name,), place), self.environ)
        elif space is not None and not self.is_aside:
            on_files, on_folders = notes_in(space.id, there.folder)
            for folder in folders_of(actor(), space, there.folder):
                node = FolderNode(Found((*self.names, folder.name), space, folder=folder), self.environ)
                node.noted = on_folders.get(folder.id, {})
                yield node
            away = paths.away()
            for entry in entries_of(actor(), space, there.folder):
                if entry.id in away:
                    continue
                member = FileNode((*self.names, entry.name), entry, self.environ)
                member.noted = on_files.get(entry.id, {})
                yield member
        way = self.names[1:] if space is not None else self.names
        for scratch in scratch_in(actor(), space.id if space is not None else None, way):
            names = (*self.names, scratch.name)
            if scratch.storage_key is None:
                yield FolderNode(Found(names, space, scratch=scratch), self.environ)
            else:
                yield FileNode(names, scratch, self.environ)

    def create_collection(self, name: str) -> None:
        """A folder in this one."""
        names = (*self.names, name)
        space = self.there.space
        if paths.aside(names):
            way = names[1:] if space is not None else names
            put_down(actor(), space.id if space is not None else None, way, stored=None)
        elif space is None:
            raise DAVError(HTTP_FORBIDDEN)
        else:
            create_folder(actor(), space, name=name, parent=self.there.folder)
        paths.forget()

    def create_empty_resource(self, name: str) -> FileNode:
        """For a lock on what is not there yet (RFC 4918, section 7.3)."""
        made = node_at((*self.names, put_empty((*self.names, name), self.there)), self.environ)
        assert isinstance(made, FileNode)
        return made

    def _times(self) -> tuple[datetime, datetime] | None:
        there = self.there
        if there.scratch is not None:
            return there.scratch.created_at, there.scratch.created_at
        if there.folder is not None:
            return there.folder.created_at, there.folder.updated_at
        return (there.space.created_at, there.space.created_at) if there.space is not None else None

    def get_last_modified(self) -> float | None:
        times = self._times()
        return times[1].timestamp() if times else None

    def live(self, name: str) -> str | None:
        if name == "resourcetype":
            return "<D:collection/>"
        times = self._times()
        if name in ("creationdate", "getlastmodified"):
            return _time(name, times) if times else None
        return super().live(name)


class FileNode(_Node, DAVNonCollection):  # type: ignore[misc]
    """A file, or what a program put down."""

    def __init__(self, names: Names, facts: Any, environ: dict[str, Any]) -> None:
        super().__init__("/" + "/".join(names), environ)
        self.names, self.facts = names, facts
        self.is_aside = isinstance(facts, Scratch)

    def _changed_at(self) -> datetime:
        changed: datetime = self.facts.created_at if self.is_aside else self.facts.updated_at
        return changed

    def get_content_length(self) -> int:
        size: int = self.facts.size
        return size

    def get_content(self) -> Any:
        raise NotImplementedError  # the bytes go out through the door of all downloads

    def get_etag(self) -> str:
        tag: str = self.facts.sha256
        return tag

    def support_etag(self) -> bool:
        return True

    def support_ranges(self) -> bool:
        return True

    def get_last_modified(self) -> float:
        return self._changed_at().timestamp()

    def live(self, name: str) -> str | None:
        if name == "resourcetype":
            return ""
        if name == "getcontentlength":
            return str(self.facts.size)
        if name == "getcontenttype":
            return escape(self.facts.media_type)
        if name == "getetag":
            return f'"{self.facts.sha256}"'
        if name in ("creationdate", "getlastmodified"):
            return _time(name, (self.facts.created_at, self._changed_at()))
        return super().live(name)


def _time(name: str, times: tuple[datetime, datetime]) -> str:
    """RFC 3339 for `creationdate`, RFC 9110 for `getlastmodified`, as RFC 4918 wants them."""
    if name == "creationdate":
        return times[0].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return format_datetime(times[1].astimezone(UTC), usegmt=True)


class Drive(DAVProvider):  # type: ignore[misc]
    """Finds what an address names."""

    def get_resource_inst(self, path: str, environ: dict[str, Any]) -> FolderNode | FileNode | None:
        return node_at(paths.names_of(path), environ)


def node_at(names: Names, environ: dict[str, Any]) -> FolderNode | FileNode | None:
    """What stands at these names, None for nothing."""
    there = paths.found(names)
    if there is None:
        return None
    if there.is_folder:
        return FolderNode(there, environ)
    return FileNode(there.names, there.scratch if there.scratch is not None else there.file, environ)


__all__ = ["LIVE", "QUOTA", "Drive", "Entry", "FileNode", "FolderNode", "href", "lock_root", "node_at"]
