"""The coach's inbox: what waits, what is new, what was put off and what is done, as one coach may see it.

What waits is told by the nouns (`waiting.py`) and belongs to whoever holds it (`crew.py`); a coach's own marks (`marks.py`) put it
aside until something newer is said. New is read from the log, since the last visit. The number of queries depends on the kinds
of things alone, never on how many wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased, joinedload

from community.activity.models import Activity
from community.clock import now
from community.coaching.crew import coached_spaces, crew_of, places_of
from community.coaching.days import Terms
from community.coaching.models import CoachMark
from community.coaching.prepared import NOW, agreed_key, moments, prepared
from community.coaching.terms import Agreed, agreed_in
from community.coaching.waiting import all_sources, wait_row
from community.comments.kind import open_to
from community.comments.models import Anchor, Comment
from community.comments.texts import texts_of
from community.errors import NotFound
from community.extensions import BigId, UTCTime, db
from community.items.revisions import GRACE
from community.kinds import kind_named, split_ref
from community.microblog.models import Post
from community.people.models import Person
from community.permissions import Actor, listing, things_for, visible
from community.spaces.models import Membership, Space
from community.visits.queries import Seen, seen_in

LIST = 30
MOST = 100
"""Of new things and of marks are counted so many: "99+" says enough."""
TABS = ("waiting", "new", "snoozed", "done", "others")
NAMES = ("request", "reply", "must", "submission", "shared", "later")
"""The sorts of things that wait: `?kind=`."""
AGES = ("over", "today", "later")
INBOX = -1
"""The place of a coach's inbox among visits, beside the ids of spaces and the feed (`visits.models.EVERYWHERE`)."""
LONGEST = 200
"""Comments of one thread in the pane."""
RECENT = timedelta(days=7)
"""What is new to who was never here."""
MADE = {
    "post": ("post.created",),
    "page": ("page.created", "page.edited"),
    "file": ("file.uploaded", "file.replaced"),
    "entry": ("entry.written", "entry.edited", "entry.shared"),
}
"""Which lines of the log tell a coach that something is new, of each kind of thing."""
_NOTHING = cast(null(), BigInteger)  # PostgreSQL takes a bare NULL in a union for text


@dataclass(frozen=True)
class Waiting:
    """A row of the inbox.

    `name`: which sort (`NAMES`), or "new"; `by` spoke last, at `latest`; `since` the coach's time runs; `due` and `left` (working
    days: 0 today, below 0 over) where something was agreed or wanted; `holder` has it, when not every coach does; `about`: what
    a thread or an ask is about, None when that is not (any more) to be seen; `quote`: the words that a thread marks. Of what is
    new: `what` happened last, `times`.
    """

    name: str
    kind: str
    thing: Any
    space: Space
    since: datetime
    latest: datetime
    by: Person | None
    due: date | None = None
    left: int | None = None
    holder: Person | None = None
    about: Any = None
    quote: str = ""
    what: str = ""
    times: int = 1
    comment: Comment | None = None
    snoozed_until: datetime | None = None
    done_at: datetime | None = None

    @property
    def ref(self) -> str:
        """`"page:12"`."""
        return f"{self.kind}:{self.thing.id}"


@dataclass(frozen=True)
class Inbox:
    """A stretch of the inbox. `next` is the `after` of the following one, None at the end."""

    items: list[Waiting]
    next: str | None


@dataclass(frozen=True)
class Counts:
    """How much there is: what waits, by space and by sort; how much of it is `over`; and the other tabs."""

    spaces: dict[int, int] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    over: int = 0
    new: int = 0
    snoozed: int = 0
    done: int = 0
    others: int = 0

    @property
    def waiting(self) -> int:
        return sum(self.spaces.values())


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in their inbox."""

    tab: str = "waiting"
    space_id: int | None = None
    name: str = ""
    age: str = ""


def spaces_coached_by(actor: Actor) -> list[Space]:
    """The spaces where the actor is coach, by name."""
    stmt = select(Space).where(Space.id.in_(coached_spaces(actor))).order_by(func.lower(Space.name))
    return listing(actor, stmt, Space)


def inbox_of(actor: Actor, wanted: Wanted | None = None, *, after: str | None = None, limit: int = LIST) -> Inbox:
    """A stretch of a tab: what waits longest first, new and done the newest first, what was put off by when it comes back.

    `after` is the `next` of the stretch before; one that cannot be read begins at the beginning.
    """
    wanted, limit = wanted or Wanted(), max(1, min(limit, 100))
    places = [place for place in places_of(actor) if wanted.space_id in (None, place)]
    if not places or actor.id is None:
        return Inbox([], None)
    agreed = agreed_for(actor)
    if wanted.tab == "new":
        return _new_stretch(actor, places, wanted, after, limit)
    order = ("at" if wanted.tab in ("snoozed", "done") else "since", "kind", "thing_id")
    last, crew = _read(after), crew_of(actor, coached_spaces(actor))

    def build() -> Select[Any]:
        if wanted.tab in ("snoozed", "done"):
            stmt = _marked(actor, places, wanted)
        else:
            stmt = _waiting(actor, places, wanted, agreed)
        rows = stmt.subquery()
        newest = wanted.tab == "done"
        columns = [rows.c[name] for name in order]
        found = select(rows).order_by(*(column.desc() if newest else column for column in columns)).limit(limit + 1)
        if last is None:
            return found
        here = tuple_(bindparam("last_at", type_=UTCTime), bindparam("last_kind"), bindparam("last_id", type_=BigId))
        return found.where(tuple_(*columns) < here if newest else tuple_(*columns) > here)

    key = ("stretch", wanted, last is None, limit, crew.key(actor.id), agreed_key(agreed))
    values = moments(agreed)
    if last is not None:
        values |= {"last_at": last[0], "last_kind": last[1], "last_id": last[2]}
    got = db.session.execute(prepared(actor, *key, build=build), values).all()
    more = len(got) > limit
    return Inbox(_dress(actor, got[:limit], agreed), _written(got[limit - 1], order[0]) if more else None)


def agreed_for(actor: Actor) -> dict[int, Agreed]:
    """What was agreed where the actor is coach. One query, kept for the actor."""
    kept: dict[int, Agreed] | None = actor.kept.get(("agreed",))
    if kept is None:
        kept = actor.kept[("agreed",)] = agreed_in(coached_spaces(actor))
    return kept


def _written(row: Any, first: str) -> str:
    return f"{getattr(row, first).isoformat()}~{row.kind}~{row.thing_id}"


def _read(after: str | None) -> tuple[datetime, str, int] | None:
    try:
        since, kind, thing_id = (after or "").split("~")
        moment = datetime.fromisoformat(since)
        if moment.tzinfo is None or len(thing_id) > 18:
            return None
        return moment.astimezone(UTC), kind, int(thing_id)
    except (ValueError, OverflowError):
        return None


# ---- what waits


def told(actor: Actor, places: list[int]) -> Any:
    """Every row of every source in some spaces, whoever it waits for, as a subquery."""
    return prepared(
        actor, "told", tuple(places), build=lambda: union_all(*_rows(actor, places)).subquery("waits")
    )  # several statements ask it


def _rows(actor: Actor, places: list[int]) -> list[Select[Any]]:
    return prepared(
        actor, "rows", tuple(places), build=lambda: [source.rows(actor, places) for source in all_sources()]
    )


def _with_woken(actor: Actor, places: list[int]) -> Any:
    """The same, and what was new, put off, and has come back."""
    return prepared(actor, "woken", tuple(places), build=lambda: _woken(actor, places))


def _woken(actor: Actor, places: list[int]) -> Any:
    rows = list(_rows(actor, places))
    for kind in MADE:
        model: Any = kind_named(kind).model
        woken = wait_row(
            "later",
            kind,
            model.id,
            model.space_id,
            since=CoachMark.snoozed_until,
            latest=CoachMark.upto,
            by_id=model.author_id,
        ).join_from(CoachMark, model, and_(CoachMark.kind == kind, CoachMark.thing_id == model.id))
        rows.append(
            woken.where(
                CoachMark.person_id == actor.id,
                CoachMark.snoozed_until <= NOW,
                model.space_id.in_(places),
                model.audience != "coach",
                visible(actor, model),
            )
        )
    return union_all(*rows).subquery("waits")


def _mark_of(actor: Actor, waits: Any) -> ColumnElement[bool]:
    return and_(CoachMark.person_id == actor.id, CoachMark.kind == waits.c.kind, CoachMark.thing_id == waits.c.thing_id)


def _awake(latest: Any) -> ColumnElement[bool]:
    """Nothing was put aside, or something newer was said since, or the time has come."""
    slept = and_(CoachMark.done_at.is_(None), func.coalesce(CoachMark.snoozed_until <= NOW, true()))
    return or_(CoachMark.thing_id.is_(None), latest > CoachMark.upto, slept)


def _waiting(actor: Actor, places: list[int], wanted: Wanted, agreed: dict[int, Agreed]) -> Select[Any]:
    waits = _with_woken(actor, places)
    mine = crew_of(actor, coached_spaces(actor)).mine(waits, actor.id or 0)
    stmt = select(waits).outerjoin(CoachMark, _mark_of(actor, waits))
    if wanted.tab == "others":
        stmt = stmt.where(~mine)
    else:
        stmt = stmt.where(mine, _awake(waits.c.latest))
    if wanted.name:
        stmt = stmt.where(waits.c.name == wanted.name)
    if wanted.age in AGES:
        stmt = stmt.where(aged(waits, agreed, wanted.age))
    return stmt


def aged(waits: Any, agreed: dict[int, Agreed], age: str) -> ColumnElement[bool]:
    """What is `over`, due `today`, or due `later`, in the days of each space; asked with `prepared.moments`."""
    parts = []
    for space_id, held in agreed.items():
        here, any_ = waits.c.space_id == space_id, held.terms.days is not None
        today = bindparam(f"today_{space_id}", type_=Date())
        over, later = (bindparam(f"{name}_{space_id}", type_=UTCTime) for name in ("over", "later"))
        if age == "over":
            asked, agreed_ = waits.c.wanted_by < today, waits.c.since < over if any_ else false()
        elif age == "today":
            asked = waits.c.wanted_by == today
            agreed_ = and_(waits.c.since >= over, waits.c.since < later) if any_ else false()
        else:
            asked, agreed_ = waits.c.wanted_by > today, waits.c.since >= later if any_ else true()
        parts.append(and_(here, or_(asked, and_(waits.c.wanted_by.is_(None), agreed_))))
    return or_(false(), *parts)


def _marked(actor: Actor, places: list[int], wanted: Wanted) -> Select[Any]:
    """What the actor put off, or was done with, and of which nothing newer was said. Only what can still be seen."""
    waits = told(actor, places)
    put_off = wanted.tab == "snoozed"
    when = CoachMark.snoozed_until if put_off else CoachMark.done_at
    put_off_ = and_(CoachMark.done_at.is_(None), CoachMark.snoozed_until > NOW)
    stmt = (
        select(
            func.coalesce(waits.c.name, literal("new")).label("name"),
            CoachMark.kind.label("kind"),
            CoachMark.thing_id.label("thing_id"),
            CoachMark.space_id.label("space_id"),
            func.coalesce(waits.c.since, CoachMark.upto, type_=UTCTime).label("since"),
            CoachMark.upto.label("latest"),
            waits.c.by_id.label("by_id"),
            waits.c.for_id.label("for_id"),
            waits.c.wanted_by.label("wanted_by"),
            when.label("at"),
            CoachMark.snoozed_until.label("snoozed_until"),
            CoachMark.done_at.label("done_at"),
        )
        .outerjoin(waits, and_(waits.c.kind == CoachMark.kind, waits.c.thing_id == CoachMark.thing_id))
        .where(
            *_laid_aside(actor, places, put_off_ if put_off else CoachMark.done_at.is_not(None)),
            or_(waits.c.latest.is_(None), waits.c.latest <= CoachMark.upto),
        )
    )
    return stmt.where(waits.c.name == wanted.name) if wanted.name else stmt


def _laid_aside(actor: Actor, places: list[int], how: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    return [CoachMark.person_id == actor.id, CoachMark.space_id.in_(places), how, _still_seen(actor)]


def _still_seen(actor: Actor) -> ColumnElement[bool]:
    parts = []
    for kind in sorted({*MADE, *(source.kind for source in all_sources())}):
        model: Any = kind_named(kind).model
        there = exists().where(model.id == CoachMark.thing_id, visible(actor, model))
        parts.append(and_(CoachMark.kind == kind, there))
    return or_(*parts)


# ---- how much


def count_waiting(actor: Actor) -> dict[int, int]:
    """How many things wait for the actor as a coach, by the id of the space: for home, where the other numbers are not shown."""
    places = places_of(actor)
    if not places:
        return {}
    crew = crew_of(actor, places)

    def build() -> Select[Any]:
        waits = _waiting(actor, places, Wanted(), {}).subquery()
        return select(waits.c.space_id, func.count().label("held")).group_by(waits.c.space_id)

    stmt = prepared(actor, "waiting", crew.key(actor.id), build=build)
    return {row.space_id: row.held for row in db.session.execute(stmt, {"now": now()})}


def counts_of(actor: Actor) -> Counts:
    """How much there is in each tab, and what waits of each space and sort. Three queries beside the crew, the terms, the visit."""
    places = places_of(actor)
    if not places or actor.id is None:
        return Counts()
    agreed, crew = agreed_for(actor), crew_of(actor, places)
    key, values = (crew.key(actor.id), agreed_key(agreed)), moments(agreed)
    rows = db.session.execute(
        prepared(actor, "counts", *key, build=lambda: _counted(actor, places, agreed)), values
    ).all()
    spaces: dict[int, int] = {}
    names: dict[str, int] = {}
    late = others = 0
    for space_id, name, is_mine, count, late_here in rows:
        if not is_mine:
            others += count
            continue
        spaces[space_id] = spaces.get(space_id, 0) + count
        names[name] = names.get(name, 0) + count
        late += late_here
    asides = prepared(actor, "asides", build=lambda: _asides(actor, places))
    aside = {row[0]: min(row[1], MOST) for row in db.session.execute(asides, values)}
    fresh, since = _fresh(actor)
    new = db.session.scalar(
        prepared(
            actor,
            "fresh",
            fresh.key,
            build=lambda: select(func.count()).select_from(_news(actor, places, fresh.clause).limit(MOST).subquery()),
        ),
        since,
    )
    return Counts(spaces, names, late, new or 0, aside.get("snoozed", 0), aside.get("done", 0), others)


def _counted(actor: Actor, places: list[int], agreed: dict[int, Agreed]) -> Select[Any]:
    waits = _with_woken(actor, places)
    mine = crew_of(actor, places).mine(waits, actor.id or 0)
    over = func.sum(case((aged(waits, agreed, "over"), 1), else_=0))
    whose = case((mine, 1), else_=0)
    return (
        select(waits.c.space_id, waits.c.name, whose, func.count(), over)
        .outerjoin(CoachMark, _mark_of(actor, waits))
        .where(or_(~mine, _awake(waits.c.latest)))
        .group_by(waits.c.space_id, waits.c.name, whose)
    )


def _asides(actor: Actor, places: list[int]) -> Select[Any]:
    tab = case((CoachMark.done_at.is_not(None), "done"), else_="snoozed")
    return (
        select(tab, func.count())
        .where(*_laid_aside(actor, places, or_(CoachMark.done_at.is_not(None), CoachMark.snoozed_until > NOW)))
        .where(~_said_since(actor, places))
        .group_by(tab)
    )


def _said_since(actor: Actor, places: list[int]) -> ColumnElement[bool]:
    """Something newer was said of what was put aside, so that it waits again."""
    waits = told(actor, places)
    return exists().where(
        waits.c.kind == CoachMark.kind, waits.c.thing_id == CoachMark.thing_id, waits.c.latest > CoachMark.upto
    )


# ---- what is new


def _by_others(author: Any, space_id: Any) -> ColumnElement[bool]:
    """Not made by one of the coaches of the space themselves."""
    coach = aliased(Membership)
    stmt = select(coach.id).where(coach.space_id == space_id, coach.person_id == author, coach.role == "coach")
    return ~stmt.exists()


@dataclass(frozen=True)
class _Fresh:
    """Since when something is new: its clause over the log, and what it is known by."""

    key: str
    clause: ColumnElement[bool]


_SINCE_VISIT = _Fresh("line", Activity.id > bindparam("line", type_=BigId))
_OF_LATE = _Fresh("recent", Activity.created_at > bindparam("recent", type_=UTCTime))


def _fresh(actor: Actor) -> tuple[_Fresh, dict[str, Any]]:
    """The clause over the log: since the actor's last visit to the inbox; and its parameters."""
    line = visit_of(actor).line
    return (_SINCE_VISIT, {"line": line}) if line is not None else (_OF_LATE, {"recent": now() - RECENT})


def visit_of(actor: Actor) -> Seen:
    """Up to where the actor had looked at what is new before this visit. One query, kept for the actor."""
    kept: Seen | None = actor.kept.get(("visit", INBOX))
    if kept is None:
        kept = actor.kept["visit", INBOX] = seen_in(actor, INBOX)
    return kept


def _lines(actor: Actor, places: list[int], fresh: ColumnElement[bool]) -> list[Select[Any]]:
    """The lines that tell of something new: one select a kind of thing, and one for comments."""
    parts = list[Select[Any]]()
    for kind, verbs in MADE.items():
        model: Any = kind_named(kind).model
        where = [
            Activity.object_kind == kind,
            Activity.verb.in_(verbs),
            Activity.space_id.in_(places),
            fresh,
            model.space_id.in_(places),
            model.audience != "coach",
            _by_others(Activity.actor_id, Activity.space_id),
            visible(actor, model),
        ]
        if model is Post:
            where += [Post.kind != "announcement", Post.archived_at.is_(None), Post.locked_at.is_(None)]
        parts.append(
            select(
                literal(kind).label("kind"),
                model.id.label("thing_id"),
                model.space_id.label("space_id"),
                Activity.created_at.label("at"),
                _NOTHING.label("comment_id"),
                Activity.id.label("line_id"),
            )
            .join_from(Activity, model, model.id == Activity.object_id)
            .where(*where)
        )
    talk = (
        select(
            Comment.parent_kind.label("kind"),
            Comment.parent_id.label("thing_id"),
            Comment.space_id.label("space_id"),
            Activity.created_at.label("at"),
            Comment.id.label("comment_id"),
            Activity.id.label("line_id"),
        )
        .join_from(Activity, Comment, Comment.id == Activity.object_id)
        .where(
            Activity.object_kind == "comment",
            Activity.verb == "comment.created",
            Activity.space_id.in_(places),
            fresh,
            Comment.parent_kind.in_(list(MADE)),
            Comment.as_role != "coach",
            visible(actor, Comment),
        )
    )
    return [*parts, talk]


def _news(actor: Actor, places: list[int], fresh: ColumnElement[bool]) -> Select[Any]:
    """One row for each thing where something is new: `kind, thing_id, space_id, since, latest, times, comment_id, line_id`."""
    lines = union_all(*_lines(actor, places, fresh)).subquery("lines")
    latest = func.max(lines.c.at, type_=UTCTime)
    return (
        select(
            lines.c.kind,
            lines.c.thing_id,
            lines.c.space_id,
            func.min(lines.c.at, type_=UTCTime).label("since"),
            latest.label("latest"),
            func.count().label("times"),
            func.max(lines.c.comment_id).label("comment_id"),
            func.max(lines.c.line_id).label("line_id"),
        )
        .outerjoin(
            CoachMark,
            and_(
                CoachMark.person_id == actor.id,
                CoachMark.kind == lines.c.kind,
                CoachMark.thing_id == lines.c.thing_id,
            ),
        )
        .where(or_(CoachMark.thing_id.is_(None), lines.c.at > CoachMark.upto))
        .group_by(lines.c.kind, lines.c.thing_id, lines.c.space_id)
    )


def _new_stretch(actor: Actor, places: list[int], wanted: Wanted, after: str | None, limit: int) -> Inbox:
    fresh, values = _fresh(actor)
    below = int(after) if after and after.isascii() and after.isdigit() and len(after) < 19 else None

    def build() -> Select[Any]:
        rows = _news(actor, places, fresh.clause).subquery()
        stmt = select(rows).order_by(rows.c.line_id.desc()).limit(limit + 1)
        if wanted.name:
            stmt = stmt.where(rows.c.kind == wanted.name)
        return stmt.where(rows.c.line_id < bindparam("below", type_=BigId)) if below is not None else stmt

    stmt = prepared(actor, "new", wanted, limit, below is None, fresh.key, build=build)
    got = db.session.execute(stmt, values | {"below": below} if below is not None else values).all()
    more = str(got[limit - 1].line_id) if len(got) > limit else None
    return Inbox(_dress_news(actor, got[:limit]), more)


def _dress_news(actor: Actor, rows: Sequence[Any]) -> list[Waiting]:
    things = things_for(actor, [(row.kind, row.thing_id) for row in rows])
    comments = _by_id(Comment, {row.comment_id for row in rows})
    lines = _by_id(Activity, {row.line_id for row in rows})
    people = _by_id(Person, {line.actor_id for line in lines.values()})
    found = []
    for row in rows:
        thing, line = things.get((row.kind, row.thing_id)), lines[row.line_id]
        if thing is None:
            continue
        talked = line.verb == "comment.created"
        found.append(
            Waiting(
                "new",
                row.kind,
                thing,
                thing.space,
                row.since,
                row.latest,
                people.get(line.actor_id),
                what=line.verb,
                times=row.times,
                comment=comments.get(row.comment_id) if talked else None,
            )  # fmt: skip
        )
    return found


# ---- the things themselves


def _dress(actor: Actor, rows: Sequence[Any], agreed: dict[int, Agreed]) -> list[Waiting]:
    """The things, people and spaces of some rows: one query for each sort, however many rows."""
    things = things_for(actor, [(row.kind, row.thing_id) for row in rows])
    about = things_for(actor, [ref for thing in things.values() if (ref := about_ref(thing)) is not None])
    spaces = _by_id(Space, {row.space_id for row in rows})
    quotes = _quotes(number for kind, number in things if kind == "comment")
    crew, at = crew_of(actor, coached_spaces(actor)), now()
    holders = {row: crew.holder(row.space_id, row.for_id) for row in rows}
    people = _by_id(Person, {row.by_id for row in rows} | set(holders.values()))
    found = []
    for row in rows:
        thing = things.get((row.kind, row.thing_id))
        if thing is None:
            continue
        terms = agreed[row.space_id].terms if row.space_id in agreed else Terms()
        due = terms.due(row.since, row.wanted_by)
        ref = about_ref(thing)
        found.append(
            Waiting(
                row.name,
                row.kind,
                thing,
                spaces[row.space_id],
                row.since,
                row.latest,
                people.get(row.by_id) or getattr(thing, "author", None),
                due,
                terms.left(due, at) if due is not None else None,
                people.get(holders[row] or 0),
                about.get(ref) if ref is not None else None,
                quotes.get(thing.id, "") if row.kind == "comment" else "",
                snoozed_until=getattr(row, "snoozed_until", None),
                done_at=getattr(row, "done_at", None),
            )  # fmt: skip
        )
    return found


def _quotes(comment_ids: Iterable[int]) -> dict[int, str]:
    """The words that some threads mark."""
    ids = list(comment_ids)
    if not ids:
        return {}
    stmt = select(Anchor.comment_id, Anchor.words, Anchor.exact).where(Anchor.comment_id.in_(ids))
    return {row[0]: row[1] or row[2] for row in db.session.execute(stmt)}


@dataclass(frozen=True)
class Marked:
    """The sentence around the words of a thread. `gone`: they are not in the text any more."""

    before: str
    words: str
    after: str
    gone: bool = False


SENTENCE = 280
"""Characters of a sentence that are shown at each side of the words."""


def marked_by(parent: Any, comment: Comment) -> Marked | None:
    """What a thread marks, in its sentence; None for one that marks nothing. The actor came to both."""
    tied = db.session.get(Anchor, comment.id)
    if tied is None or tied.region:
        return None
    held = next(iter(texts_of(parent, tied.revision)), None) if tied.orphaned_at is None else None
    if held is None or held.text[tied.begins : tied.ends] != (tied.words or tied.exact):
        return Marked(tied.prefix, tied.words or tied.exact, tied.suffix, gone=tied.orphaned_at is not None)
    before, after = held.text[max(0, tied.begins - SENTENCE) : tied.begins], held.text[tied.ends : tied.ends + SENTENCE]
    begins = max((found.end() for found in _ENDS.finditer(before)), default=0)
    ends = _ENDS.search(after)
    return Marked(before[begins:], held.text[tied.begins : tied.ends], after[: ends.end()] if ends else after)


_ENDS = re.compile(r"[.!?…]+[”’\"')\]]*\s+|\n+")


def about_ref(thing: Any) -> tuple[str, int] | None:
    """What a thread hangs on, or what an ask is about."""
    if getattr(thing, "on_kind", None):
        return thing.on_kind, thing.on_id
    return (thing.parent_kind, thing.parent_id) if hasattr(thing, "parent_kind") else None


def thing_at(actor: Actor, ref: str) -> Any:
    """The thing of a reference such as "page:12", when it is of a kind that the inbox knows, in a team of the actor, and to be
    seen. A comment leads to the first of its thread. Raises NotFound.
    """
    try:
        kind, number = split_ref(ref)
    except ValueError:
        raise NotFound() from None
    known = {*MADE, *(source.kind for source in all_sources())}
    if kind not in known or not 0 < number < 2**63:
        raise NotFound()
    thing = things_for(actor, [(kind, number)]).get((kind, number))
    if thing is None or actor.roles.get(thing.space_id) != "coach":
        raise NotFound()
    return thing


def thread_from(actor: Actor, first: Comment) -> list[Comment]:
    """A thread: its first comment and the replies, as far as the actor may see them, oldest first."""
    here = or_(Comment.id == first.id, Comment.reply_to_id == first.id)
    stmt = select(Comment).where(Comment.parent_kind == first.parent_kind, Comment.parent_id == first.parent_id, here)
    return listing(actor, stmt.options(joinedload(Comment.author)).order_by(Comment.id).limit(LONGEST), Comment)


def just_said(actor: Actor) -> list[Comment]:
    """What the actor said as a coach in the last minutes, the newest first: what can still be taken back."""
    later = aliased(Comment)
    answered = exists().where(
        later.parent_kind == Comment.parent_kind,
        later.parent_id == Comment.parent_id,
        later.id > Comment.id,
        later.author_id != actor.id,
        open_to(actor, later),  # nobody learns so that somebody holds a draft
    )
    stmt = (
        select(Comment)
        .where(
            ~answered,
            Comment.author_id == actor.id,
            Comment.as_role == "coach",
            Comment.held_at.is_(None),
            Comment.created_at > now() - GRACE,
        )
        .order_by(Comment.id.desc())
        .limit(20)
    )
    return listing(actor, stmt, Comment)


def _by_id(model: type[Any], ids: set[int | None]) -> dict[int, Any]:
    wanted = {one for one in ids if one is not None}
    if not wanted:
        return {}
    around = [joinedload(model.folder)] if hasattr(model, "folder") else []  # where a file is, its list says too
    stmt = select(model).where(model.id.in_(wanted)).options(*around)
    return {thing.id: thing for thing in db.session.scalars(stmt)}
