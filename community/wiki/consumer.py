"""Reads the log and keeps which page links to which, so that "what links here" is a query by key.

What a page links to is read from its kept HTML, as its readers get it: links in double brackets, red ones too, and addresses that
were written out. A link belongs to an address; which page that means changes when pages come, move and go. So a line about a page
has two parts: the links in its words, and the links to where it stands now. Reading a line twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import case, delete, func, or_, select, update

from community.activity.models import Activity
from community.activity.outbox import Reader
from community.extensions import db, insert_into, write_unit
from community.spaces.models import Space
from community.wiki.links import links_in
from community.wiki.models import Alias, Link, Page, Revision
from community.wiki.paths import is_path, path_of_link
from community.wiki.tree import below

MOST = 2_000
"""Links of one page that are kept."""
_AS_IT_IS = {"synchronize_session": False}
_WRITTEN = frozenset({"page.created", "page.edited", "page.renamed"})
_PLACED = frozenset({"page.created", "page.renamed", "page.moved", "page.restored"})


def read(lines: Sequence[Activity]) -> None:
    """Keep the links of what each line speaks of, as its words are now."""
    for line in lines:
        if line.object_kind != "page":
            continue
        page = db.session.get(Page, line.object_id)
        if page is None or page.deleted_at is not None:
            continue
        if line.verb in _WRITTEN:
            _keep_links(page)
            _keep_title(page, line)
        if line.verb == "page.moved":
            _take_along(page, line.data.get("left"))
        if line.verb in _PLACED:
            _find_targets(page)


def _keep_links(page: Page) -> None:
    found = list(links_in(page.body_html))[:MOST]
    slugs = {slug for slug, _ in found}
    known = select(Space.slug, Space.id).where(Space.slug.in_(slugs))
    spaces = {row[0]: row[1] for row in db.session.execute(known)} if slugs else {}
    wanted = {(spaces[slug], path) for slug, path in found if slug in spaces and is_path(path)}
    mine = Link.source_id == page.id
    held = {
        (row.space_id, row.path): row.id
        for row in db.session.execute(select(Link.id, Link.space_id, Link.path).where(mine))
    }
    gone = [number for place, number in held.items() if place not in wanted]
    if gone:
        db.session.execute(delete(Link).where(Link.id.in_(gone)), execution_options=_AS_IT_IS)
    new = sorted(wanted - held.keys())
    targets = _targets(new)
    db.session.add_all(
        Link(source_id=page.id, space_id=space, path=path, target_id=targets.get((space, path))) for space, path in new
    )
    db.session.flush()


def _targets(places: Sequence[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Which page each address means: the one that stands there, else the one that stood there last."""
    found: dict[tuple[int, str], int] = {}
    for space in {space for space, _ in places}:
        paths = [path for held, path in places if held == space]
        old = select(Alias.path, Alias.page_id).where(Alias.space_id == space, Alias.path.in_(paths))
        now = select(Page.path, Page.id).where(Page.space_id == space, Page.path.in_(paths))
        for stmt in (old, now):
            found.update({(space, path): number for path, number in db.session.execute(stmt)})
    return found


def _keep_title(page: Page, line: Activity) -> None:
    """A page that got another title is still found by `[[its old one]]`, when nothing else is."""
    number = line.data.get("revision")
    if not isinstance(number, int) or number < 2:
        return
    mine = (Revision.page_id == page.id, Revision.number.in_((number - 1, number)))
    titles = db.session.execute(select(Revision.number, Revision.title).where(*mine).order_by(Revision.number)).all()
    if len(titles) < 2 or titles[0].title == titles[1].title or not titles[0].title:
        return
    path = path_of_link(titles[0].title)
    if (
        is_path(path)
        and db.session.scalar(select(Page.id).where(Page.space_id == page.space_id, Page.path == path)) is None
    ):
        kept = insert_into(Alias).values(space_id=page.space_id, path=path, page_id=page.id)
        db.session.execute(kept.on_conflict_do_nothing())


def _take_along(page: Page, left: object) -> None:
    """The links of a page that moved to another space, and of those below it, lead to addresses there, as their words do."""
    moved = select(Page.id).where(or_(Page.id == page.id, below(page.space_id, page.path)))
    mine = (Link.source_id.in_(moved), Link.space_id == left)
    db.session.execute(
        update(Link).where(*mine).values(space_id=page.space_id, target_id=None), execution_options=_AS_IT_IS
    )
    stands = select(Page.id).where(Page.space_id == Link.space_id, Page.path == Link.path)
    stood = select(Alias.page_id).where(Alias.space_id == Link.space_id, Alias.path == Link.path)
    target = func.coalesce(stands.scalar_subquery(), stood.scalar_subquery())
    again = (Link.source_id.in_(moved), Link.target_id.is_(None))
    db.session.execute(update(Link).where(*again).values(target_id=target), execution_options=_AS_IT_IS)


def _find_targets(page: Page) -> None:
    """Links to the addresses where a page and those below it stand now mean these pages, whatever they meant before."""
    one = (Link.space_id == page.space_id, Link.path == page.path)
    db.session.execute(update(Link).where(*one).values(target_id=page.id), execution_options=_AS_IT_IS)
    lower = (Link.space_id == page.space_id, Link.path > f"{page.path}/", Link.path < f"{page.path}0")
    stands = select(Page.id).where(Page.space_id == Link.space_id, Page.path == Link.path).scalar_subquery()
    target = case((stands.is_not(None), stands), else_=Link.target_id)
    db.session.execute(update(Link).where(*lower).values(target_id=target), execution_options=_AS_IT_IS)


def rebuild(chunk: int = 500) -> Iterator[int]:
    """Find the links of all pages anew, a stretch at a time; gives how many pages each stretch had."""
    last = 0
    while True:
        with write_unit():
            stmt = select(Page).where(Page.id > last, Page.deleted_at.is_(None)).order_by(Page.id).limit(chunk)
            pages = list(db.session.scalars(stmt))
            if pages:
                last = pages[-1].id
                db.session.execute(
                    delete(Link).where(Link.source_id.in_([page.id for page in pages])), execution_options=_AS_IT_IS
                )
            for page in pages:
                _keep_links(page)
        if not pages:
            return
        yield len(pages)
        db.session.expunge_all()


READER = Reader("links", read)
