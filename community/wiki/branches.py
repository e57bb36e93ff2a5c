"""The tree of a wiki as somebody reads it: what stands at the side of a page, and one branch by itself.

Only what is open is read: the top, the way down to the page, its neighbours and its children; of each at most a window around the
way. So a wiki of 100,000 pages costs what one of ten costs. What a reader may not see is not there: visible pages below a hidden
one hang on the nearest page above that the reader sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased, defer, joinedload

from community.extensions import db
from community.items.models import AUDIENCES
from community.permissions import Actor, listing, visible
from community.spaces.models import Space
from community.wiki.models import Page
from community.wiki.paths import paths_above
from community.wiki.tree import siblings

BEFORE, AFTER = 8, 24
"""Neighbours at the side before and after the page on the way."""
LEVELS = 3
"""Levels at the side of which the neighbours are shown, from the children of the page up; above them only the way itself, and the
top."""
LIST = 100
ASTRAY = 200
"""Visible pages below hidden ones that are looked for; the list of all pages has the others."""


@dataclass
class Node:
    """One line of the tree. `opens`: the reader sees pages below it. `children` is None while they were not read."""

    id: int
    path: str
    title: str
    position: int
    opens: bool = False
    children: Branch | None = None

    @property
    def place(self) -> tuple[int, int]:
        return self.position, self.id


@dataclass
class Branch:
    """What stands below one page, or on top. `earlier` and `later`: there is more before the first and after the last."""

    nodes: list[Node] = field(default_factory=list)
    earlier: bool = False
    later: bool = False

    def put(self, node: Node) -> None:
        """Add a line where it belongs, once."""
        if all(known.id != node.id for known in self.nodes):
            self.nodes.append(node)
            self.nodes.sort(key=lambda one: one.place)


@dataclass(frozen=True)
class Beside:
    """What stands at the side of a page: the tree from the top, and the way down to the page, the page itself left out."""

    top: Branch
    way: list[Node]


def beside(actor: Actor, space: Space, page: Page | None = None) -> Beside:
    """The tree at the side. One query, one more for the way down to a page, and one where something stands below a page that is
    hidden from the reader; whatever there is."""
    way = _way(actor, space, page)
    chain = [*way, Node(page.id, page.path, page.title, page.position)] if page is not None else []
    parents: list[Node | None] = [None, *chain]
    shown = [level for level in range(len(parents)) if level == 0 or level >= len(parents) - LEVELS]
    ahead = [chain[level] if level < len(chain) else None for level in range(len(parents))]
    branches, astray = _windows(actor, space, [(level, parents[level], ahead[level]) for level in shown])
    lost = _astray(actor, space) if astray else []
    for level, parent in enumerate(parents):
        branch = branches.setdefault(level, Branch())
        below = parent.id if parent else None
        if level in shown:
            for node, adopter in lost:
                if adopter == below:
                    branch.put(node)
        if level < len(chain):
            branch.put(chain[level])
            chain[level].opens = True
        adopters = {adopter for _, adopter in lost}
        for node in branch.nodes:
            node.opens = node.opens or node.id in adopters
    for level, node in enumerate(chain):
        node.children = branches[level + 1]
    if page is not None:
        chain[-1].opens = bool(branches[len(chain)].nodes)
    return Beside(branches[0], way)


def _way(actor: Actor, space: Space, page: Page | None) -> list[Node]:
    """The pages above one that the reader sees, the highest first."""
    above = paths_above(page.path) if page is not None else []
    if not above:
        return []
    stmt = select(Page.id, Page.path, Page.title, Page.position)
    rows = db.session.execute(stmt.where(Page.space_id == space.id, Page.path.in_(above), visible(actor, Page)))
    return sorted((Node(*row) for row in rows), key=lambda node: len(node.path))


def _may_be_astray(actor: Actor, space: Space) -> ColumnElement[bool]:
    """Whether something stands below a page that this reader may not see: a first look, by an index."""
    hidden, child = aliased(Page), aliased(Page)
    return (
        select(hidden.id)
        .join(child, child.parent_id == hidden.id)
        .where(hidden.space_id == space.id, hidden.audience.in_(_narrow(actor, space)), hidden.deleted_at.is_(None))
        .exists()
    )


def _narrow(actor: Actor, space: Space) -> Sequence[str]:
    """The audiences that may leave this reader out. A first look, by an index: `visible` decides."""
    widest = "space" if space.id in actor.roles else "organisation"
    return AUDIENCES[: AUDIENCES.index(widest)]


def _windows(
    actor: Actor, space: Space, wanted: list[tuple[int, Node | None, Node | None]]
) -> tuple[dict[int, Branch], bool]:
    """For each level, given its parent and the line on the way: its neighbours on both sides, one more than is shown, so that it
    is known whether there are more. And whether some pages may be astray. One query."""
    seen = (
        select(Page.id, Page.parent_id, Page.path, Page.title, Page.position, Page.space_id, Page.deleted_at)
        .where(visible(actor, Page))
        .cte("seen")
        .prefix_with("NOT MATERIALIZED")
    )
    parts = []
    for level, parent, ahead in wanted:
        if ahead is not None:
            parts.append(_window(seen, space, level, parent, ahead, before=True))
        parts.append(_window(seen, space, level, parent, ahead, before=False))
    kid = seen.alias("kid")
    rows = union_all(*parts).subquery("rows")
    opens = select(kid.c.id).where(kid.c.parent_id == rows.c.id, kid.c.deleted_at.is_(None)).exists()
    stmt = select(rows.c.level, rows.c.side, rows.c.id, rows.c.path, rows.c.title, rows.c.position, opens)
    branches: dict[int, Branch] = {level: Branch() for level, _, _ in wanted}
    sides: dict[tuple[int, int], int] = {}
    lost = select(literal(-1), literal(0), literal(0), literal(""), literal(""), literal(0), literal(False))
    astray = False
    for level, side, *values in db.session.execute(stmt.union_all(lost.where(_may_be_astray(actor, space)))):
        if level < 0:
            astray = True
            continue
        branches[level].nodes.append(Node(*values))
        sides[level, side] = sides.get((level, side), 0) + 1
    for level, branch in branches.items():
        branch.nodes.sort(key=lambda node: node.place)
        branch.earlier, branch.later = sides.get((level, 0), 0) > BEFORE, sides.get((level, 1), 0) > AFTER
        branch.nodes = branch.nodes[int(branch.earlier) : len(branch.nodes) - int(branch.later)]
    return branches, astray


def _window(
    seen: Any, space: Space, level: int, parent: Node | None, ahead: Node | None, *, before: bool
) -> Select[Any]:
    """Neighbours on one side of a line, or the first children of a page; one more than is shown."""
    column = seen.c
    mine = column.parent_id.is_(None) if parent is None else column.parent_id == parent.id
    marks = literal(level).label("level"), literal(int(not before)).label("side")
    stmt = select(*marks, column.id, column.path, column.title, column.position).where(
        column.space_id == space.id, mine, column.deleted_at.is_(None)
    )
    if ahead is not None:
        here = tuple_(literal(ahead.position), literal(ahead.id))
        place = tuple_(column.position, column.id)
        stmt = stmt.where(place < here if before else place > here)
    order = (column.position.desc(), column.id.desc()) if before else (column.position, column.id)
    some = stmt.order_by(*order).limit((BEFORE if before else AFTER) + 1).subquery()
    return select(some)


def _astray(actor: Actor, space: Space) -> list[tuple[Node, int | None]]:
    """Visible pages whose parent the reader does not see, each with the nearest page above it that they do, None for none."""
    hidden, child, up = aliased(Page), aliased(Page), aliased(Page)

    def sees(number: Any) -> Any:
        return select(Page.id).where(Page.id == number, visible(actor, Page)).correlate_except(Page).exists()

    base = (
        select(child.id.label("page"), hidden.parent_id.label("at"))
        .join(hidden, child.parent_id == hidden.id)
        .where(
            hidden.space_id == space.id,
            hidden.audience.in_(_narrow(actor, space)),
            hidden.deleted_at.is_(None),
            ~sees(hidden.id),
            sees(child.id),
        )
        .limit(ASTRAY)
        .subquery()
    )
    climb = select(base.c.page, base.c.at).cte("climb", recursive=True)
    climb = climb.union_all(select(climb.c.page, up.parent_id).join(up, up.id == climb.c.at).where(~sees(up.id)))
    page = aliased(Page)
    opens = aliased(Page)
    stmt = (
        select(
            page.id,
            page.path,
            page.title,
            page.position,
            select(opens.id).where(opens.parent_id == page.id, sees(opens.id)).exists(),
            climb.c.at,
        )
        .join(climb, climb.c.page == page.id)
        .where(or_(climb.c.at.is_(None), sees(climb.c.at)))
    )
    return [(Node(*row[:5]), row[5]) for row in db.session.execute(stmt)]


@dataclass(frozen=True)
class Children:
    """A stretch of the pages that stand below one, or on top. `next` is the `after` of the following one, None at the end."""

    items: list[Page]
    opens: set[int]
    next: tuple[int, int] | None


def children_of(
    actor: Actor, space: Space, under: Page | None, *, after: tuple[int, int] | None = None, limit: int = LIST
) -> Children:
    """The pages below one (on top without), in their order, without their words; `after` the position and id of the last one had.
    Those that hang here because the reader does not see their parent come with the first stretch. Three or four queries."""
    limit = max(1, min(limit, 200))
    stmt = (
        select(Page)
        .where(*siblings(space.id, under.id if under else None))
        .options(*_light())
        .order_by(Page.position, Page.id)
        .limit(limit + 1)
    )
    if after is not None:
        stmt = stmt.where(tuple_(Page.position, Page.id) > tuple_(literal(after[0]), literal(after[1])))
    found = listing(actor, stmt, Page)
    more = found[limit - 1] if len(found) > limit else None
    found = found[:limit]
    lost = _astray(actor, space) if db.session.scalar(select(_may_be_astray(actor, space))) else []
    mine = {node.id for node, adopter in lost if adopter == (under.id if under else None)}
    if mine and after is None:
        found = listing(actor, select(Page).where(Page.id.in_(mine)).options(*_light()), Page) + found
    opens = set(
        db.session.scalars(
            select(Page.parent_id)
            .where(Page.parent_id.in_([page.id for page in found]), visible(actor, Page))
            .distinct()
        )
    )
    opens |= {adopter for _, adopter in lost if adopter is not None}
    return Children(found, {number for number in opens if number}, (more.position, more.id) if more else None)


def _light() -> tuple[Any, ...]:
    return (
        defer(Page.body),
        defer(Page.body_html),
        joinedload(Page.editor),
        joinedload(Page.author),
        joinedload(Page.space),
    )


def neighbours_of(actor: Actor, page: Page) -> tuple[Page | None, Page | None, Page | None]:
    """The two pages before one and the one after it, among those with the same parent that the reader sees."""
    here = select(Page).where(*siblings(page.space_id, page.parent_id), Page.id != page.id)
    place = tuple_(Page.position, Page.id)
    mine = tuple_(literal(page.position), literal(page.id))
    before = listing(actor, here.where(place < mine).order_by(Page.position.desc(), Page.id.desc()).limit(2), Page)
    after = listing(actor, here.where(place > mine).order_by(Page.position, Page.id).limit(1), Page)
    return (before[0] if before else None, before[1] if len(before) > 1 else None, after[0] if after else None)
