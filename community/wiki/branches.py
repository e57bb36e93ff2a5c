"""The tree of a wiki as somebody reads it: what stands at the side of a page, and one branch by itself.

Only what is open is read: the top, the way down to the page, its neighbours and its children; of each at most a window around the
way. So a wiki of 100,000 pages costs what one of ten costs. What a reader may not see is not there: visible pages below a hidden
one hang on the nearest page above that the reader sees.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, TextualSelect, column, literal, or_, select, text, tuple_, union_all
from sqlalchemy.orm import aliased, defer, joinedload

from community.extensions import db
from community.items.models import AUDIENCES
from community.permissions import Actor, listing, visible
from community.spaces.models import Space
from community.wiki.models import Page
from community.wiki.paths import paths_above
from community.wiki.review import approved_titles, reads_approved_in
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
    """The tree at the side. One query, and one more for the way down to a page, whatever there is; one or two more where something
    near is hidden from the reader."""
    way = _way(actor, space, page)
    chain = [*way, Node(page.id, page.path, page.title, page.position)] if page is not None else []
    parents: list[Node | None] = [None, *chain]
    shown = [level for level in range(len(parents)) if level == 0 or level >= len(parents) - LEVELS]
    ahead = [chain[level] if level < len(chain) else None for level in range(len(parents))]
    wanted = [(level, parents[level], ahead[level]) for level in shown]
    branches, astray = _near(actor, space, wanted) or _windows(actor, space, wanted)
    lost = _astray(actor, space) if astray else []
    _as_read(
        actor, space, [*way, *(node for node, _ in lost), *(node for one in branches.values() for node in one.nodes)]
    )
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


def _as_read(actor: Actor, space: Space, nodes: Collection[Node]) -> None:
    """Name pages as the actor reads them: by their approved titles, where a space shows them nothing else."""
    titles = approved_titles(actor, space, [node.id for node in nodes])
    for node in nodes:
        node.title = titles.get(node.id, node.title)


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
    if reads_approved_in(actor, space):  # a page that nobody approved is hidden, whoever it is for
        return AUDIENCES
    widest = "space" if space.id in actor.roles else "organisation"
    return AUDIENCES[: AUDIENCES.index(widest)]


Wanted = list[tuple[int, Node | None, Node | None]]
"""Of each level that is shown: its number, its parent, and the line on the way."""


Shape = tuple[tuple[int, bool, bool], ...]
"""Of each level that is shown: its number, whether it has a parent, and whether there is a line on the way."""

# The statement for each clause and shape: making one costs three times what asking it does. The clause is kept with it, so that no
# other can have its identity.
_statements: dict[tuple[int, Shape, int], tuple[object, Select[Any]]] = {}
_STATEMENTS = 500


def _near_stmt(seen: ColumnElement[bool], shape: Shape, narrow: int) -> Select[Any]:
    """The lines around the way, each with whether the reader sees it and sees something below it."""
    key = id(seen), shape, narrow
    if key not in _statements:
        if len(_statements) >= _STATEMENTS:
            _statements.clear()
        rows, page = _near_sql(shape, narrow).subquery("rows"), aliased(Page)
        there = select(Page.id).where(Page.id == page.id, seen).exists()
        opens = select(Page.id).where(Page.parent_id == page.id, seen).exists()
        stmt = select(rows.c.level, rows.c.side, there, page.id, page.path, page.title, page.position, opens)
        _statements[key] = seen, stmt.join(page, page.id == rows.c.id)
    return _statements[key][1]


@cache
def _near_sql(shape: Shape, narrow: int) -> TextualSelect:
    """The numbers of the pages around the way, hidden ones among them: a constant text for each shape of the tree."""
    parts = []
    for level, has_parent, has_ahead in shape:
        parent = f"= :parent{level}" if has_parent else "IS NULL"
        here = f"space_id = :space AND deleted_at IS NULL AND parent_id {parent}"
        place = f"(position, id) {{}} (:position{level}, :ahead{level})"
        if has_ahead:
            order = f"ORDER BY position DESC, id DESC LIMIT {BEFORE + 1}"
            some = f"SELECT id FROM page WHERE {here} AND {place.format('<')} {order}"  # noqa: S608 - our own words
            parts.append(f"SELECT {level} AS level, 0 AS side, id FROM ({some}) AS b{level}")  # noqa: S608
            here = f"{here} AND {place.format('>')}"
        some = f"SELECT id FROM page WHERE {here} ORDER BY position, id LIMIT {AFTER + 1}"  # noqa: S608
        parts.append(f"SELECT {level} AS level, 1 AS side, id FROM ({some}) AS a{level}")  # noqa: S608
    audiences = ", ".join(f":narrow{number}" for number in range(narrow))
    below = "EXISTS (SELECT 1 FROM page c WHERE c.parent_id = h.id AND c.deleted_at IS NULL)"
    hidden = f"h.space_id = :space AND h.deleted_at IS NULL AND h.audience IN ({audiences}) AND {below}"
    parts.append(f"SELECT -1 AS level, 0 AS side, id FROM (SELECT h.id FROM page h WHERE {hidden} LIMIT 1) AS h")  # noqa: S608
    return text(" UNION ALL ".join(parts)).columns(column("level"), column("side"), column("id"))


def _near(actor: Actor, space: Space, wanted: Wanted) -> tuple[dict[int, Branch], bool] | None:
    """As `_windows`, at a tenth of its cost, where all that stands near the way is visible; None where something is not."""
    narrow = _narrow(actor, space)
    shape = tuple((level, parent is not None, ahead is not None) for level, parent, ahead in wanted)
    values: dict[str, object] = {"space": space.id, **{f"narrow{at}": audience for at, audience in enumerate(narrow)}}
    for level, parent, ahead in wanted:
        if parent is not None:
            values[f"parent{level}"] = parent.id
        if ahead is not None:
            values |= {f"position{level}": ahead.position, f"ahead{level}": ahead.id}
    found = db.session.execute(_near_stmt(visible(actor, Page), shape, len(narrow)), values).all()
    astray = any(row[0] < 0 for row in found)
    near = [row for row in found if row[0] >= 0]
    if not all(row[2] for row in near):
        return None
    return _branches(wanted, [(row[0], row[1], Node(*row[3:])) for row in near]), astray


def _branches(wanted: Wanted, rows: Iterable[tuple[int, int, Node]]) -> dict[int, Branch]:
    """Lines sorted into their branches, each without the one too many on a side that says that there are more."""
    branches: dict[int, Branch] = {level: Branch() for level, _, _ in wanted}
    sides: Counter[tuple[int, int]] = Counter()
    for level, side, node in rows:
        branches[level].nodes.append(node)
        sides[level, side] += 1
    for level, branch in branches.items():
        branch.nodes.sort(key=lambda node: node.place)
        branch.earlier, branch.later = sides[level, 0] > BEFORE, sides[level, 1] > AFTER
        branch.nodes = branch.nodes[int(branch.earlier) : len(branch.nodes) - int(branch.later)]
    return branches


def _windows(actor: Actor, space: Space, wanted: Wanted) -> tuple[dict[int, Branch], bool]:
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
    lost = select(literal(-1), literal(0), literal(0), literal(""), literal(""), literal(0), literal(False))
    found = db.session.execute(stmt.union_all(lost.where(_may_be_astray(actor, space)))).all()
    near = [(row[0], row[1], Node(*row[2:])) for row in found if row[0] >= 0]
    return _branches(wanted, near), len(near) < len(found)


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
