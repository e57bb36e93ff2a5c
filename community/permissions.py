"""The one engine for "may I" and "which ones". It reads the cards (`kinds.py`) and knows no noun.

visible(actor, Page)            a SQL clause: which pages exist for this actor
listing(actor, stmt, Page)      run a select through that clause; what comes out is known to be visible
door(actor, Page, Page.id == 7) one, or NotFound: the same for "no such" and "not yours"
thing_for, things_for           … the same by name: ("page", 7), for one and for many of several kinds
may(actor, "edit", page)        yes or no; never yes to what the actor cannot see
require(actor, "edit", page)    or raise: NotFound when unseen, Denied when seen
explain(actor, "edit", page)    the rule in words, for "why can I not?"
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm.exc import ObjectDeletedError

from community.errors import Denied, NotFound
from community.extensions import BigId, db
from community.kinds import all_kinds, by_kind, card_of, kind_named


@dataclass(frozen=True)
class Reach:
    """Where a person is: their role in each space, the spaces open to them besides, and which of them are closed."""

    roles: Mapping[int, str]
    open_spaces: frozenset[int]
    archived: frozenset[int]
    teams: Sequence[Any] = ()  # rows of the teams among them: id, name, slug
    commenters: Mapping[int, str] = field(
        default_factory=dict
    )  # who comments, of the spaces where not whoever reads does
    keeps_inside: frozenset[int] = frozenset()  # the spaces from which nothing is shared by links

    @cached_property
    def fingerprint(self) -> tuple[frozenset[Any], ...]:
        """What a clause can depend on: two people who reach the same have the same one."""
        return frozenset(self.roles.items()), self.open_spaces, self.archived


T = TypeVar("T")

NOWHERE = Reach({}, frozenset(), frozenset())

# The clause of each kind for each reach: building one costs more than asking it. Who is one of many that a reader of the log goes
# through brings a dictionary of their own, so that a thousand followers do not drive out those who read pages.
Clauses = dict[tuple[Any, ...], Any]
_clauses: Clauses = {}
_CLAUSES = 5_000

STAFF = frozenset({"owner", "facilitator"})
WRITERS = frozenset({"owner", "facilitator", "coach", "member"})
GUIDES = frozenset({"owner", "facilitator", "coach"})


class Actor:
    """Who acts. Where they may go is read once and kept until `refresh()`, which every action calls first."""

    def __init__(
        self,
        person_id: int | None,
        site_role: str,
        load: Callable[[], Reach] = lambda: NOWHERE,
        clauses: Clauses | None = None,
        *,
        reach: Reach | None = None,
        place: int | None = None,
    ) -> None:
        self.id = person_id
        self.clauses = _clauses if clauses is None else clauses
        self.site_role = site_role
        self._load = load
        self._reach: Reach | None = reach
        # Where the log ended when this actor came in: what may be remembered since then (community/activity/steady.py).
        self.place = place
        self.sees: set[tuple[str, int]] = set()
        # What a query found for this actor and several parts of a page ask again, by the name of the query and what it was asked.
        self.kept: dict[tuple[object, ...], Any] = {}

    def __repr__(self) -> str:
        return f"<Actor {self.id} {self.site_role}>"

    @property
    def reach(self) -> Reach:
        if self._reach is None:
            self._reach = self._load()
        return self._reach

    def refresh(self) -> None:
        """Forget what was read of the actor's rights; it is read again when asked."""
        self._reach = self.place = None
        self.sees.clear()
        self.kept.clear()

    @property
    def roles(self) -> Mapping[int, str]:
        return self.reach.roles

    @property
    def open_spaces(self) -> frozenset[int]:
        return self.reach.open_spaces

    @property
    def is_system(self) -> bool:
        return self.site_role == "system"

    @property
    def is_administrator(self) -> bool:
        return self.site_role == "administrator"

    @property
    def is_signed_in(self) -> bool:
        return self.id is not None

    @property
    def scopes(self) -> frozenset[str]:
        """The opaque tokens of what this actor may see: a thing is allowed when it carries one of them."""
        mine = {f"s{space}:members" for space in self.roles}
        mine |= {f"s{space}:writers" for space, role in self.roles.items() if role in WRITERS}
        mine |= {f"s{space}:coach" for space, role in self.roles.items() if role == "coach"}
        mine |= {f"s{space}:inside" for space, role in self.roles.items() if role != "guest"}
        mine |= {f"s{space}:guides" for space, role in self.roles.items() if role in GUIDES}
        mine |= {f"s{space}:organisation" for space in (*self.roles, *self.open_spaces)}
        if self.id is not None:
            mine.add(f"p{self.id}")
            if self.site_role != "guest":
                mine.add("organisation")
        return frozenset(mine)


ANONYMOUS = Actor(None, "anonymous")
SYSTEM = Actor(None, "system")


def visible(actor: Actor, model: type[Any]) -> ColumnElement[bool]:
    """The clause that tells which rows of `model` exist for this actor."""
    card = card_of(model)
    clause: ColumnElement[bool] = _kept_clause(actor, card.name, lambda: card.visible(actor))
    return clause


def prepared(actor: Actor, name: str, build: Callable[[], T]) -> T:
    """A statement with `visible` in it that is asked again and again, put together once for as long as the actor's rights are what
    they are; what differs from one time to the next is a bound parameter. Each name has one `build`.
    """
    found: T = _kept_clause(actor, f"statement {name}", build)
    return found


def _kept_clause(actor: Actor, name: str, build: Callable[[], Any]) -> Any:
    key = (name, actor.id, actor.site_role, actor.reach.fingerprint)
    clause = actor.clauses.get(key)
    if clause is None:
        if len(actor.clauses) >= _CLAUSES:
            actor.clauses.clear()
        clause = actor.clauses[key] = build()
    return clause


def listing(actor: Actor, stmt: Select[Any], model: type[Any]) -> list[Any]:
    """Rows of `model` (first entity of `stmt`) that the actor may see, in the order of `stmt`."""
    found = list(db.session.scalars(stmt.where(visible(actor, model))).unique())
    card = card_of(model)
    if card.as_read is not None:
        card.as_read(actor, found)
    actor.sees.update((card.name, obj.id) for obj in found)
    return found


def door(actor: Actor, model: type[T], *where: ColumnElement[bool], options: tuple[Any, ...] = ()) -> T:
    """The one object that matches, if the actor may see it. Raises NotFound, the same for absent and hidden."""
    stmt = select(model).where(*where, visible(actor, model)).options(*options)
    return came_through(actor, model, db.session.scalars(stmt).unique().one_or_none())


def came_through(actor: Actor, model: type[T], obj: T | None) -> T:
    """For who asks with a `prepared` statement that has `visible(actor, model)` in it: what it found is known to be visible;
    nothing is NotFound.
    """
    if obj is None:
        raise NotFound()
    card = card_of(model)
    if card.as_read is not None:
        card.as_read(actor, [obj])
    actor.sees.add((card.name, obj.id))  # type: ignore[attr-defined]
    return obj


def thing_for(actor: Actor, kind: str, number: int, *, among: Collection[str]) -> Any:
    """The thing of that kind and number, through its door. Raises NotFound, also for a kind that is not `among` these."""
    if kind not in among:
        raise NotFound()
    card = kind_named(kind)
    return door(actor, card.model, card.model.id == number, options=card.options())


def things_for(actor: Actor, refs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Any]:
    """Those of these things, each a kind and a number, that the actor may see. A query for each kind that occurs."""
    found: dict[tuple[str, int], Any] = {}
    for name, numbers in by_kind(refs).items():
        card = kind_named(name)
        stmt = select(card.model).where(card.model.id.in_(numbers)).options(*card.options())
        found.update({(name, obj.id): obj for obj in listing(actor, stmt, card.model)})
    return found


def seen_among(actor: Actor, refs: Iterable[tuple[str, int]]) -> set[tuple[str, int]]:
    """As `things_for`, without the things: which of these there are for the actor."""
    found: set[tuple[str, int]] = set()
    for name, numbers in by_kind(refs).items():
        model = kind_named(name).model
        seen = db.session.scalars(select(model.id).where(model.id.in_(numbers), visible(actor, model)))
        found.update((name, number) for number in seen)
    return found


def sees(actor: Actor, obj: Any) -> bool:
    """Whether the actor may see this object, by the same clause that lists it."""
    card = card_of(obj)
    try:
        key = (card.name, obj.id)
    except ObjectDeletedError:  # somebody took it away since it was found
        return False
    if key in actor.sees:
        return True
    model = card.model
    number = bindparam("number_seen", type_=BigId)
    stmt = prepared(
        actor, f"sees {card.name}", lambda: select(model.id).where(model.id == number, visible(actor, model))
    )
    found = db.session.scalar(stmt, {"number_seen": obj.id})
    if found is not None:
        actor.sees.add(key)
    return found is not None


def may(actor: Actor, verb: str, obj: Any) -> bool:
    """Whether the actor may do `verb` with `obj`. Raises KeyError for a verb that the card does not know."""
    rule = card_of(obj).verbs[verb]
    return sees(actor, obj) and rule(actor, obj)


def require(actor: Actor, verb: str, obj: Any) -> None:
    """Raise NotFound when the actor does not see `obj`, Denied when it may not do `verb` with it."""
    rule = card_of(obj).verbs[verb]
    if not sees(actor, obj):
        raise NotFound()
    if not rule(actor, obj):
        raise Denied()


def explain(actor: Actor, verb: str, obj: Any) -> str:
    """The rule of a verb in words, with its answer for this actor: `"edit: is author or is staff: yes"`."""
    rule = card_of(obj).verbs[verb]
    if not sees(actor, obj):
        return f"{verb}: not visible"
    return f"{verb}: {rule.name}: {'yes' if rule(actor, obj) else 'no'}"


def matrix() -> list[tuple[str, str, str]]:
    """Every kind, verb and rule: what `flask permissions` prints on one screen."""
    return [(card.name, verb, rule.name) for card in all_kinds() for verb, rule in card.verbs.items()]
