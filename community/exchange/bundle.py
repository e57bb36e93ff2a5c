"""What somebody takes out: a page, the pages below it or a whole wiki, and the files that these show, as far as they may read them.

Asked anew at the moment of taking, so that an export which waited for its turn holds nothing that was closed meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from sqlalchemy import func, or_, select

from community.errors import Invalid, NotFound, _l
from community.extensions import db
from community.files.places import numbered
from community.files.queries import files_at, path_key
from community.permissions import Actor, listing, visible
from community.spaces.models import Space
from community.wiki.models import Page
from community.wiki.paths import paths_above
from community.wiki.tree import below

MOST_PAGES = 2_000
MOST_BYTES = 200_000_000
"""Of the files of one export."""
FILE_LINK = re.compile(r"/spaces/([a-z0-9-]{1,80})/files/([^\s()<>\"'?#\]]{1,700})")


@dataclass(frozen=True)
class Leaf:
    """One page. `depth` counts from the top of what is taken."""

    id: int
    path: str
    title: str
    body: str
    body_html: str
    tags: tuple[str, ...]
    template: str
    depth: int


@dataclass(frozen=True)
class Held:
    """One file that some page shows: `address` is how pages name it, `name` its name in an archive."""

    address: str
    name: str
    media_type: str
    size: int
    storage_key: str


@dataclass(frozen=True)
class Bundle:
    """What is taken, ready to be written down. Holds no row of the database."""

    title: str
    slug: str
    space: str
    language: str
    root: str
    leaves: tuple[Leaf, ...]
    files: dict[str, Held] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    """Names of files that did not fit."""


def _below(space: Space, root: str, whole: bool) -> tuple[object, ...]:
    if not root:
        return (Page.space_id == space.id,)
    if not whole:
        return (Page.space_id == space.id, Page.path == root)
    return (Page.space_id == space.id, or_(Page.path == root, below(space.id, root)))


def extent(actor: Actor, space: Space, *, root: str, whole: bool) -> tuple[int, int]:
    """How many pages that would be, and their characters. One query."""
    stmt = select(func.count(), func.coalesce(func.sum(func.length(Page.body)), 0)).where(
        *_below(space, root, whole),  # type: ignore[arg-type]
        visible(actor, Page),
    )
    row = db.session.execute(stmt).one()
    return int(row[0]), int(row[1])


def bundle_of(actor: Actor, space: Space, *, root: str = "", whole: bool = True, language: str = "en") -> Bundle:
    """The page at `root` (and, `whole`, those below it), or every page where `root` is empty. Raises NotFound where there is none
    that the actor sees, Invalid("pages") for too many.
    """
    stmt = select(Page).where(*_below(space, root, whole)).order_by(Page.path).limit(MOST_PAGES + 1)  # type: ignore[arg-type]
    pages = listing(actor, stmt, Page)
    if not pages or (root and not whole and pages[0].path != root):
        raise NotFound()
    if len(pages) > MOST_PAGES:
        raise Invalid("pages", _l("Take up to %(limit)d pages at once: choose a part of the wiki."), limit=MOST_PAGES)
    leaves = tuple(
        Leaf(page.id, page.path, page.title, page.body, page.body_html, tuple(page.tags), page.template, depth)
        for page, depth in _as_a_tree(pages)
    )
    files, left_out = _files(actor, leaves)
    title = leaves[0].title if root else space.name
    return Bundle(title, space.slug, space.name, language, root, leaves, files, left_out)


def _as_a_tree(pages: Iterable[Page]) -> Iterator[tuple[Page, int]]:
    """The pages in the order of the tree at their side, each with how deep it stands. Whose parent is not among them stands below
    the nearest page above it that is."""
    at = {page.path: page for page in pages}
    children: dict[int | None, list[Page]] = {}
    for page in at.values():
        parent = next((at[above] for above in reversed(paths_above(page.path)) if above in at), None)
        children.setdefault(parent.id if parent else None, []).append(page)

    waiting = [(page, 0) for page in _placed(children.get(None, []))]
    while waiting:
        page, depth = waiting.pop(0)
        yield page, depth
        waiting[:0] = [(child, depth + 1) for child in _placed(children.get(page.id, []))]


def _placed(pages: list[Page]) -> list[Page]:
    return sorted(pages, key=lambda page: (page.position, page.id))


def _files(actor: Actor, leaves: Iterable[Leaf]) -> tuple[dict[str, Held], tuple[str, ...]]:
    """The files that pages name by their address, in the order in which they first do."""
    named: dict[tuple[str, str], list[str]] = {}
    for leaf in leaves:
        for found in FILE_LINK.finditer(leaf.body):
            key = (found[1], unquote(found[2]).strip("/"))
            if "\x00" not in key[1] and found[0] not in named.setdefault(key, []):
                named[key].append(found[0])
    slugs = {slug for slug, _path in named}
    numbers = {row[0]: row[1] for row in db.session.execute(select(Space.slug, Space.id).where(Space.slug.in_(slugs)))}
    keys = list(named)
    there = files_at(actor, [(numbers[slug], path) for slug, path in keys if slug in numbers])
    addresses: dict[int, list[str]] = {}
    shown = {}
    for key in keys:
        file = there.get((numbers.get(key[0], 0), key[1]))
        if file is not None:
            shown[file.id] = (key[0], file)
            addresses.setdefault(file.id, []).extend(named[key])
    held: dict[str, Held] = {}
    names: set[str] = set()
    left_out, size = [], 0
    for slug, file in shown.values():
        size += file.size
        if size > MOST_BYTES:
            size -= file.size
            left_out.append(file.name)
            continue
        name = file.name
        if path_key(name) in names:
            name = f"{slug}-{name}"
        number = 2
        while path_key(name) in names:
            name, number = numbered(file.name, number), number + 1
        names.add(path_key(name))
        for address in addresses[file.id]:
            held[address] = Held(address, name, file.media_type, file.size, file.storage_key)
    return held, tuple(left_out)
