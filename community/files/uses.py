"""Which pages and posts lead to a file, or show it: kept by a reader of the log, and asked by key.

What leads where is read from kept HTML, as its readers get it. An address means the file that stands there; when a file comes to
stand at an address that others wrote down before, they lead to it. Reading a line twice changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from sqlalchemy import delete, select, update
from sqlalchemy.orm import defer, joinedload

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.errors import NotFound
from community.extensions import db
from community.files.models import File, FileAlias, Folder
from community.files.names import folder_key
from community.files.queries import path_key
from community.files.use_tables import FileUse
from community.microblog.models import Post
from community.permissions import Actor, listing, sees
from community.spaces.models import Space
from community.wiki.models import Page

MOST = 500
"""Addresses of files in one page or post that are kept."""
LIST = 20
_LEADS = re.compile(r'(?:href|src)="/(?:spaces/([a-z0-9-]{1,80})/files/([^"?#]{1,2000})|files/(\d{1,18}))["?#/]')
_WRITTEN = frozenset({"page.created", "page.edited", "page.renamed", "page.moved", "page.restored"})
_POSTED = frozenset({"post.created", "post.edited"})
_PLACED = frozenset({"file.uploaded", "file.renamed", "file.moved", "file.restored"})
_GONE = frozenset({"page.destroyed", "post.deleted"})
_AS_IT_IS = {"synchronize_session": False}
Place = tuple[str, str]
"""An address as words name it: the slug of a space and the way from its top, or "" and the number of a file."""
Address = tuple[int | None, str]
"""As it is kept: see `FileUse`."""


class Uses(NamedTuple):
    """Pages and posts that lead to a file, of those that somebody sees, the newest first. `more`: there are others."""

    pages: list[Page]
    posts: list[Post]
    more: bool


def places_in(html: str) -> list[Place]:
    """The addresses of files to which kept HTML leads, each once, in their order."""
    found: dict[Place, None] = {}
    for match in _LEADS.finditer(html):
        way = unquote(unescape(match[2])).strip("/") if match[2] else ""
        if match[3] or (way and "\x00" not in way):
            found[(match[1], way) if way else ("", match[3])] = None
    return list(found)[:MOST]


def addresses_in(html: str) -> dict[Address, Place]:
    """The same as they are kept; a space that is not there is left out. One query, none without links."""
    places = places_in(html)
    slugs = {slug for slug, _way in places if slug}
    known = select(Space.slug, Space.id).where(Space.slug.in_(slugs))
    spaces = {row[0]: row[1] for row in db.session.execute(known)} if slugs else {}
    found: dict[Address, Place] = {}
    for slug, way in places:
        if not slug:
            found[None, f"#{int(way)}"] = (slug, way)
        elif slug in spaces:
            found[spaces[slug], folder_key(way)] = (slug, way)
    return found


def uses_of(actor: Actor, file: File, *, limit: int = LIST) -> Uses:
    """What leads to a file. Words that the actor does not read yet do not count. At most five queries. Raises NotFound."""
    if not sees(actor, file):
        raise NotFound()
    mine = select(FileUse.object_id).where(FileUse.file_id == file.id)
    shown = defer(Page.body), defer(Page.body_html), joinedload(Page.space), joinedload(Page.author)
    pages_stmt = select(Page).where(Page.id.in_(mine.where(FileUse.object_kind == "page"))).options(*shown)
    posts_stmt = select(Post).where(Post.id.in_(mine.where(FileUse.object_kind == "post")))
    posts_stmt = posts_stmt.options(joinedload(Post.space), joinedload(Post.author))
    pages = listing(actor, pages_stmt.order_by(Page.id.desc()).limit(limit + 1), Page)
    posts = listing(actor, posts_stmt.order_by(Post.id.desc()).limit(limit + 1), Post)
    more = len(pages) > limit or len(posts) > limit
    pages = [one for one in pages[:limit] if not one.newer_draft or _leads_to(one, file)]
    return Uses(pages, posts[:limit], more)


def _leads_to(page: Page, file: File) -> bool:
    """Whether the approved words of a page, which is all that the actor was given of it, lead to a file."""
    stmt = select(FileUse.space_id, FileUse.address).where(FileUse.file_id == file.id, FileUse.object_id == page.id)
    kept = {(row[0], row[1]) for row in db.session.execute(stmt.where(FileUse.object_kind == "page"))}
    return not kept.isdisjoint(addresses_in(page.body_html))


# What the reader does


def read(lines: Sequence[Activity]) -> None:
    """Keep where the words of what each line speaks of lead now, and what now stands where others led before."""
    written = {(line.object_kind, line.object_id) for line in lines if line.verb in _WRITTEN | _POSTED}
    for kind, number in sorted(written):
        _keep(kind, number)
    for line in lines:
        if line.verb in _PLACED:
            _find(line.object_id)
        elif line.verb in _GONE:
            gone = (FileUse.object_kind == line.object_kind, FileUse.object_id == line.object_id)
            db.session.execute(delete(FileUse).where(*gone), execution_options=_AS_IT_IS)


def _keep(kind: str, number: int) -> None:
    thing: Page | Post | None = db.session.get(Page, number) if kind == "page" else db.session.get(Post, number)
    if thing is None or thing.deleted_at is not None:
        return
    wanted = addresses_in(thing.body_html)
    stmt = select(FileUse.id, FileUse.space_id, FileUse.address).where(
        FileUse.object_kind == kind, FileUse.object_id == number
    )
    held = {(row[1], row[2]): row[0] for row in db.session.execute(stmt)}
    gone = [row for address, row in held.items() if address not in wanted]
    if gone:
        db.session.execute(delete(FileUse).where(FileUse.id.in_(gone)), execution_options=_AS_IT_IS)
    new = {address: place for address, place in wanted.items() if address not in held}
    files = _standing(new)
    db.session.add_all(
        FileUse(object_kind=kind, object_id=number, space_id=space, address=key, file_id=files.get((space, key)))
        for space, key in new
    )
    db.session.flush()


def _standing(addresses: dict[Address, Place]) -> dict[Address, int]:
    """Which file each address means: the one that stands there, else the one that stood there last."""
    found: dict[Address, int] = {}
    numbers = {int(way): (space, key) for (space, key), (_slug, way) in addresses.items() if space is None}
    known = select(File.id).where(File.id.in_(numbers))
    if numbers:
        found.update({numbers[number]: number for number in db.session.scalars(known)})
    for space in sorted({space for space, _key in addresses if space is not None}):
        ways = {key: way for (held, key), (_slug, way) in addresses.items() if held == space}
        old = select(FileAlias.path_key, File.id).join(File, File.id == FileAlias.file_id)
        old = old.where(FileAlias.space_id == space, FileAlias.path_key.in_(ways))
        found.update({(space, row[0]): row[1] for row in db.session.execute(old)})
        above = {folder_key(way.rpartition("/")[0]) for way in ways.values() if "/" in way}
        inside = select(Folder.path_key, Folder.id).where(Folder.space_id == space, Folder.path_key.in_(above))
        folders = {row[0]: row[1] for row in db.session.execute(inside)} if above else {}
        keys: dict[str, str] = {}
        for key, way in ways.items():
            upper, _slash, name = way.rpartition("/")
            if not upper or folder_key(upper) in folders:
                keys[path_key(name, folders[folder_key(upper)] if upper else None)] = key
        now = select(File.path_key, File.id).where(File.space_id == space, File.path_key.in_(keys))
        found.update({(space, keys[row[0]]): row[1] for row in db.session.execute(now)})
    return found


def _find(number: int) -> None:
    """What leads to the address where a file stands now means this file, whatever it meant before."""
    file = db.session.get(File, number)
    if file is None or file.deleted_at is not None:
        return
    folder = db.session.get(Folder, file.folder_id) if file.folder_id is not None else None
    way = f"{folder.path}/{file.name}" if folder is not None else file.name
    here = (FileUse.space_id == file.space_id, FileUse.address == folder_key(way))
    db.session.execute(update(FileUse).where(*here).values(file_id=number), execution_options=_AS_IT_IS)


READER = Reader("file-uses", read)
