"""The coach's inbox, told from the log: what people of a coach's spaces made since a coach last spoke about it.

Nothing is stored. A thing waits from the first line about it that no coach has answered with a later comment, so that a
page that was edited three times waits once, since the first of the three.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from community.activity.models import Activity
from community.comments.kind import open_to
from community.comments.models import Comment
from community.extensions import UTCTime, db
from community.items.models import Item
from community.kinds import kind_named
from community.microblog.models import Post
from community.people.models import Person
from community.permissions import Actor, listing, visible
from community.spaces.models import Membership, Space

LIST = 30
ASKS = {
    "post": ("post.created",),
    "page": ("page.created", "page.edited"),
    "file": ("file.uploaded", "file.replaced"),
    "entry": ("entry.written", "entry.edited", "entry.shared"),
}
"""Which lines of the log ask for a coach, of each kind of thing."""
_NOTHING = cast(null(), BigInteger)  # PostgreSQL takes a bare NULL in a union for text


@dataclass(frozen=True)
class Waiting:
    """Something that waits. `what` is the verb of the newest line (`comment.created` for a comment), `by` who did it,
    `since` when the first unanswered line was written, `times` how many there are, `comment` the newest comment.
    """

    kind: str
    thing: Any
    space: Space
    since: datetime
    latest: datetime
    times: int
    what: str
    by: Person | None
    comment: Comment | None

    @property
    def ref(self) -> str:
        """`"page:12"`."""
        return f"{self.kind}:{self.thing.id}"


@dataclass(frozen=True)
class Inbox:
    """A stretch of the inbox, the longest waiting first. `next` is the `after` of the following one, None at the end."""

    items: list[Waiting]
    next: str | None


def coached_spaces(actor: Actor) -> list[int]:
    """The ids of the spaces where the actor is coach."""
    return sorted(space for space, role in actor.roles.items() if role == "coach")


def spaces_coached_by(actor: Actor) -> list[Space]:
    """The spaces where the actor is coach, by name."""
    stmt = select(Space).where(Space.id.in_(coached_spaces(actor))).order_by(func.lower(Space.name))
    return listing(actor, stmt, Space)


def inbox_of(actor: Actor, *, space: Space | None = None, after: str | None = None, limit: int = LIST) -> Inbox:
    """What waits for the actor as a coach (in one space), the longest waiting first. At most nine queries, always.

    `after` is the `next` of the stretch before; one that cannot be read begins at the beginning.
    """
    limit = max(1, min(limit, 100))
    places = [place for place in coached_spaces(actor) if space is None or place == space.id]
    if not places:
        return Inbox([], None)
    waits = _waits(actor, places).subquery()
    stmt = select(waits).order_by(waits.c.since, waits.c.kind, waits.c.thing_id).limit(limit + 1)
    last = _read(after)
    if last is not None:
        since, kind, thing_id = last
        here = tuple_(waits.c.since, waits.c.kind, waits.c.thing_id)
        stmt = stmt.where(here > tuple_(literal(since, UTCTime), literal(kind), literal(thing_id)))
    rows = db.session.execute(stmt).all()
    items = _dress(actor, [tuple(row) for row in rows[:limit]])
    more = len(rows) > limit
    return Inbox(items, _written(rows[limit - 1]) if more else None)


def count_waiting(actor: Actor) -> dict[int, int]:
    """How many things wait for the actor as a coach, by the id of the space. One query."""
    places = coached_spaces(actor)
    if not places:
        return {}
    waits = _waits(actor, places).subquery()
    stmt = select(waits.c.space_id, func.count().label("held")).group_by(waits.c.space_id)
    return {row.space_id: row.held for row in db.session.execute(stmt)}


def _written(row: Any) -> str:
    return f"{row.since.isoformat()}~{row.kind}~{row.thing_id}"


def _read(after: str | None) -> tuple[datetime, str, int] | None:
    try:
        since, kind, thing_id = (after or "").split("~")
        moment = datetime.fromisoformat(since)
        if moment.tzinfo is None or len(thing_id) > 18:
            return None
        return moment.astimezone(UTC), kind, int(thing_id)
    except (ValueError, OverflowError):
        return None


def _by_others(author: Any, space_id: Any) -> ColumnElement[bool]:
    """Not made by one of the coaches of the space themselves."""
    coach = aliased(Membership)
    stmt = select(coach.id).where(coach.space_id == space_id, coach.person_id == author, coach.role == "coach")
    return ~stmt.exists()


def _asks(actor: Actor, places: list[int]) -> list[Select[Any]]:
    """The lines that ask for a coach: one select a kind of thing, and one for comments."""
    parts: list[Select[Any]] = []
    for kind, verbs in ASKS.items():
        model: type[Any] = kind_named(kind).model
        where = [
            Activity.object_kind == kind,
            Activity.verb.in_(verbs),
            Activity.space_id.in_(places),
            model.space_id.in_(places),
            _by_others(Activity.actor_id, Activity.space_id),
            visible(actor, model),
        ]
        if model is Post:
            where.append(Post.kind != "announcement")
        stmt = select(
            literal(kind).label("kind"),
            model.id.label("thing_id"),
            model.space_id.label("space_id"),
            Activity.created_at.label("at"),
            _NOTHING.label("comment_id"),
            Activity.id.label("line_id"),
        ).join_from(Activity, model, model.id == Activity.object_id)
        parts.append(stmt.where(*where))
    talk = select(
        Comment.parent_kind.label("kind"),
        Comment.parent_id.label("thing_id"),
        Comment.space_id.label("space_id"),
        Comment.created_at.label("at"),
        Comment.id.label("comment_id"),
        _NOTHING.label("line_id"),
    ).where(
        Comment.space_id.in_(places),
        Comment.as_role != "coach",
        _by_others(Comment.author_id, Comment.space_id),
        visible(actor, Comment),
    )
    return [*parts, talk]


def _waits(actor: Actor, places: list[int]) -> Select[Any]:
    """One row for each thing that waits: `kind, thing_id, space_id, since, latest, times, comment_id, line_id`."""
    asks = union_all(*_asks(actor, places)).subquery()
    # Where nobody can answer, nothing waits.
    closed = select(Post.id).where(
        Post.space_id.in_(places),
        or_(Post.archived_at.is_not(None), Post.locked_at.is_not(None), Post.shared_id.is_not(None)),
    )
    answers = (
        select(Comment.parent_kind, Comment.parent_id, func.max(Comment.created_at).label("at"))
        .where(Comment.space_id.in_(places), Comment.as_role == "coach", Comment.deleted_at.is_(None))
        .where(open_to(actor), Comment.held_at.is_(None), Comment.audience != "coaches")  # what the team may hear
        .group_by(Comment.parent_kind, Comment.parent_id)
        .subquery()
    )
    return (
        select(
            asks.c.kind,
            asks.c.thing_id,
            asks.c.space_id,
            func.min(asks.c.at, type_=UTCTime).label("since"),
            func.max(asks.c.at, type_=UTCTime).label("latest"),
            func.count().label("times"),
            func.max(asks.c.comment_id).label("comment_id"),
            func.max(asks.c.line_id).label("line_id"),
        )
        .outerjoin(answers, and_(answers.c.parent_kind == asks.c.kind, answers.c.parent_id == asks.c.thing_id))
        .where(or_(answers.c.at.is_(None), asks.c.at > answers.c.at))
        .where(or_(asks.c.kind != "post", asks.c.thing_id.not_in(closed)))
        .group_by(asks.c.kind, asks.c.thing_id, asks.c.space_id)
    )


def _dress(actor: Actor, rows: list[tuple[Any, ...]]) -> list[Waiting]:
    """The things, comments, people and spaces of some rows: one query for each sort, however many rows."""
    things: dict[tuple[str, int], Item] = {}
    for kind in {row[0] for row in rows}:
        model: type[Any] = kind_named(kind).model
        ids = [row[1] for row in rows if row[0] == kind]
        stmt = select(model).where(model.id.in_(ids)).options(joinedload(model.author), joinedload(model.space))
        things.update({(kind, thing.id): thing for thing in listing(actor, stmt, model)})
    comments = _by_id(Comment, {row[6] for row in rows}, joinedload(Comment.author))
    lines = _by_id(Activity, {row[7] for row in rows})
    people = _by_id(Person, {line.actor_id for line in lines.values()})
    waiting = []
    for kind, thing_id, _space_id, since, latest, times, comment_id, line_id in rows:
        thing: Any = things.get((kind, thing_id))
        if thing is None:
            continue
        comment, line = comments.get(comment_id), lines.get(line_id)
        talked_last = comment is not None and (line is None or comment.created_at >= line.created_at)
        if talked_last and comment is not None:
            what, by = "comment.created", comment.author
        else:
            what = line.verb if line is not None else f"{kind}.created"
            by = people.get(line.actor_id) if line is not None else thing.author
        waiting.append(Waiting(kind, thing, thing.space, since, latest, times, what, by, comment))
    return waiting


def _by_id(model: type[Any], ids: set[int | None], *options: Any) -> dict[int, Any]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    found = db.session.scalars(select(model).where(model.id.in_(wanted)).options(*options))
    return {thing.id: thing for thing in found}
