"""How pages stand below each other: the one rule, and what keeps it.

The address decides. The parent of a page is the written page with the longest path above its own: `a/b/c` stands below `a/b`, or
below `a` while nobody has written `a/b`, or on top. So a page may be written at a deep address first and its parents later: a page
that comes takes those below its address along (`adopt`), one that goes leaves them to its own parent (`leave_below`).

Since the path of a parent is a true beginning of the path of its child, no page can ever stand below itself, whatever happens at
once. Whatever changes an address holds the turn of the space (`spaces.turns`) before it looks, so that two who move wait for each
other. All of it is part of an action; none of it asks for rights.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import aliased

from community.comments.models import Comment, place_of_comments
from community.errors import Invalid, _l
from community.extensions import db
from community.items.models import AUDIENCES
from community.items.rules import default_audience
from community.spaces.models import Space
from community.wiki.models import Alias, Page
from community.wiki.paths import MAX_PATH, START, paths_above

GAP = 1024
"""Between the positions of neighbours, so that a page finds room between two without moving others."""
_AS_IT_IS = {"synchronize_session": False}
_MOVED = ["path", "parent_id", "position", "space_id", "audience", "deleted_at", "bin_id", "body_html"]


def below(space_id: int | None, path: str, model: Any = Page) -> ColumnElement[bool]:
    """The pages that stand below a path, however deep."""
    stands = model.deleted_at.is_(None)
    return and_(model.space_id == space_id, stands, model.path > f"{path}/", model.path < f"{path}0")


def _same_parent(parent_id: int | None) -> ColumnElement[bool]:
    return Page.parent_id.is_(None) if parent_id is None else Page.parent_id == parent_id


def siblings(space_id: int | None, parent_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """The pages that have this parent, as conditions."""
    return Page.space_id == space_id, _same_parent(parent_id), Page.deleted_at.is_(None)


def parent_id_for(space_id: int | None, path: str) -> int | None:
    """The page below which a page at this path stands."""
    above = paths_above(path)
    if not above:
        return None
    there = (Page.space_id == space_id, Page.path.in_(above), Page.deleted_at.is_(None))
    return db.session.scalar(select(Page.id).where(*there).order_by(func.length(Page.path).desc()).limit(1))


def settle(page: Page) -> None:
    """Find the parent of a page that has a new address, put it last among its neighbours (the start page first), and let it
    adopt those below."""
    page.parent_id = parent_id_for(page.space_id, page.path)
    page.position = _end_of(page, first=page.path == START)
    db.session.flush()
    adopt(page)


def _end_of(page: Page, *, first: bool = False) -> int:
    here = siblings(page.space_id, page.parent_id)
    order = Page.position if first else Page.position.desc()
    others = select(Page.position).where(*here, Page.id != page.id) if page.id else select(Page.position).where(*here)
    held = db.session.scalar(others.order_by(order).limit(1))
    return GAP if held is None else held - GAP if first else held + GAP


def adopt(page: Page) -> None:
    """Those below the address of a page that stood below its parent until now."""
    mine = below(page.space_id, page.path)
    db.session.execute(
        update(Page).where(mine, _same_parent(page.parent_id)).values(parent_id=page.id), execution_options=_AS_IT_IS
    )


def leave_below(page: Page) -> None:
    """The children of a page that goes stand below its parent. Their addresses stay."""
    mine = (Page.parent_id == page.id, Page.deleted_at.is_(None))
    db.session.execute(update(Page).where(*mine).values(parent_id=page.parent_id), execution_options=_AS_IT_IS)


def mend(space_id: int | None, path: str) -> None:
    """Find the parents of all that stands at a path and below it anew, after many came or went at once. Reads ids and paths alone:
    about 10 µs a page."""
    rows = db.session.execute(
        select(Page.id, Page.path, Page.parent_id).where(
            or_(below(space_id, path), and_(Page.space_id == space_id, Page.path == path, Page.deleted_at.is_(None)))
        )
    ).all()
    at = {row.path: row.id for row in rows}
    outside = parent_id_for(space_id, path)
    wrong = []
    for number, stands, parent in rows:
        known = next((at[above] for above in reversed(paths_above(stands)) if above in at), outside)
        if known != parent:
            wrong.append({"number": number, "parent": known})
    if wrong:
        table = Page.__table__
        stmt = update(table).where(table.c.id == bindparam("number")).values(parent_id=bindparam("parent"))
        db.session.execute(stmt, wrong)


def refuse_too_long(old: str, new: str, among: ColumnElement[bool]) -> None:
    """Raises Invalid("path") when an address among these would become too long with `new` where it had `old`."""
    longest = db.session.scalar(select(func.max(func.length(Page.path))).where(among)) or 0
    if longest - len(old) + len(new) > MAX_PATH:
        raise Invalid(
            "path", _l("There the addresses below it would be longer than %(limit)d characters."), limit=MAX_PATH
        )


def _with(new: str, old: str) -> ColumnElement[str]:
    """The path of a page with `new` where it had `old`."""
    return literal(new, String) + func.substr(Page.path, len(old) + 1)


def is_mixed(into: int | None, old: str, new: str, going: ColumnElement[bool]) -> bool:
    """Whether others stand below the address to which these are `going`. Raises Invalid("path") when one of them stands where one
    of ours would come. The sentence is the same for a page that the actor may not know of."""
    if db.session.scalar(select(Page.id).where(below(into, new)).limit(1)) is None:
        return False
    other = aliased(Page)
    ours = select(Page.id).where(going).correlate(None)
    clash = (
        select(other.id)
        .join(Page, other.path == _with(new, old))
        .where(going, other.space_id == into, other.deleted_at.is_(None), other.id.not_in(ours))
    )
    if db.session.scalar(clash.limit(1)) is not None:
        raise Invalid("path", _l("Another page stands where one below it would come. Choose another address."))
    return True


def keep_addresses(space_id: int | None, going: ColumnElement[bool], *, into: int | None = None) -> None:
    """Let the addresses that these pages have now lead to them. With `into` the same addresses there, where they are free: words
    that came along still find each other by them."""
    place = into or space_id
    made = select(literal(place), Page.path, Page.id).where(going)
    if into is None:
        here = (Alias.space_id == space_id, Alias.path.in_(select(Page.path).where(going)))
        db.session.execute(delete(Alias).where(*here), execution_options=_AS_IT_IS)
    else:
        there = select(Alias.id).where(Alias.space_id == into, Alias.path == Page.path)
        made = made.where(~there.exists())
    db.session.execute(insert(Alias).from_select(["space_id", "path", "page_id"], made))


def carry(page: Page, path: str) -> None:
    """Give a page another address in its space, and with it all that stands below. Old addresses lead on. A fixed number of
    statements, however many pages. Raises Invalid("path")."""
    space_id, old = page.space_id, page.path
    if path.startswith(f"{old}/"):
        raise Invalid("path", _l("A page cannot stand below itself."))
    going = or_(Page.id == page.id, below(space_id, old))
    refuse_too_long(old, path, going)
    mixed = is_mixed(space_id, old, path, going)
    keep_addresses(space_id, going)
    if old.startswith(f"{path}/"):  # up along its own address: what one gets may be what another has
        rows = db.session.execute(select(Page.id, Page.path).where(going)).all()
        table = Page.__table__
        one = update(table).where(table.c.id == bindparam("number")).values(path=bindparam("address"))
        db.session.execute(one, [{"number": row.id, "address": f"~{row.id}"} for row in rows])
        db.session.execute(one, [{"number": row.id, "address": path + row.path[len(old) :]} for row in rows])
    else:
        db.session.execute(update(Page).where(going).values(path=_with(path, old)), execution_options=_AS_IT_IS)
    forget_places()
    settle(page)
    if mixed:
        mend(space_id, path)
        forget_places()


def carry_over(page: Page, into: Space, path: str, also: ColumnElement[bool]) -> None:
    """Take a page into another space, to the address `path` there, and those below it that are `also` to go. What stays finds its
    parents anew. A fixed number of statements and one look over the addresses. Raises Invalid("path")."""
    space_id, old = page.space_id, page.path
    going = or_(Page.id == page.id, and_(below(space_id, old), also))
    refuse_too_long(old, path, going)
    is_mixed(into.id, old, path, going)
    keep_addresses(space_id, going)
    keep_addresses(space_id, going, into=into.id)
    move_what_hangs_on_pages(select(Page.id).where(going), into.id, space_id)
    widest = default_audience(into)
    narrow = AUDIENCES[: AUDIENCES.index(widest) + 1]
    was = db.session.get_one(Space, space_id).slug
    values = {
        "space_id": into.id,
        "path": _with(path, old),
        "parent_id": None,
        "audience": case((Page.audience.in_(narrow), Page.audience), else_=widest),
        # [[links]] lead to pages of the space in which their words stand.
        "body_html": func.replace(Page.body_html, f'href="/spaces/{was}/wiki/', f'href="/spaces/{into.slug}/wiki/'),
    }
    db.session.execute(update(Page).where(going).values(**values), execution_options=_AS_IT_IS)
    came = or_(Page.id == page.id, below(into.id, path))
    move_what_hangs_on_pages(select(Page.id).where(came), into.id, space_id)  # what was said while the pages went
    forget_places()
    settle(page)
    mend(space_id, old)
    mend(into.id, path)
    forget_places()


def move_what_hangs_on_pages(page_ids: Select[int], space_id: int, left: int | None) -> None:
    """What keeps the space of the page that it hangs on, for its lists, follows; what was for the coaches of the old space alone
    does not come to those of the new one. Before the pages themselves are held: whoever changes a comment holds it before its page.
    """
    hung = (Comment.parent_kind == "page", Comment.parent_id.in_(page_ids), Comment.space_id == left)
    values = {"space_id": place_of_comments(space_id)}
    db.session.execute(update(Comment).where(*hung).values(**values), execution_options=_AS_IT_IS)


def forget_places() -> None:
    """Pages that the session holds read anew where they stand."""
    db.session.flush()
    for held in list(db.session.identity_map.values()):
        if isinstance(held, Page):
            db.session.expire(held, _MOVED)


def put_after(page: Page, neighbour: Page | None) -> None:
    """Put a page behind a neighbour with the same parent, or first. When there is no room all of them get new positions."""
    here = siblings(page.space_id, page.parent_id)
    others = select(Page.id, Page.position).where(*here, Page.id != page.id).order_by(Page.position, Page.id)
    start = None if neighbour is None else neighbour.position
    if neighbour is None:
        following = db.session.execute(others.limit(1)).first()
    else:
        mark = tuple_(Page.position, Page.id) > tuple_(literal(neighbour.position), literal(neighbour.id))
        following = db.session.execute(others.where(mark).limit(1)).first()
    if following is None:
        page.position = GAP if start is None else start + GAP
    elif start is None:
        page.position = following.position - GAP
    elif following.position - start > 1:
        page.position = (start + following.position) // 2
    else:
        ids = list(db.session.scalars(others.with_only_columns(Page.id)))
        ids.insert(ids.index(neighbour.id) + 1 if neighbour else 0, page.id)
        table = Page.__table__
        one = update(table).where(table.c.id == bindparam("number")).values(position=bindparam("place"))
        db.session.execute(one, [{"number": number, "place": GAP * place} for place, number in enumerate(ids, 1)])
        forget_places()
    db.session.flush()
