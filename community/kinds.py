"""The register of cards: what the rest of the house must know of each kind of thing, said once, in its `kind.py`.

The engines (permissions, search, notifications, live, export) read the cards and know no noun.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement

if TYPE_CHECKING:
    from community.permissions import Actor


@dataclass(frozen=True)
class Predicate:
    """A sentence that is true or false of an actor and a thing: `is_author | is_staff`."""

    name: str
    test: Callable[[Actor, Any], bool]
    loose: bool = False  # an "or": within an "and" it stands in brackets

    def __call__(self, actor: Actor, obj: Any) -> bool:
        return self.test(actor, obj)

    def __or__(self, other: Predicate) -> Predicate:
        return Predicate(f"{self.name} or {other.name}", lambda a, o: self.test(a, o) or other.test(a, o), True)

    def __and__(self, other: Predicate) -> Predicate:
        return Predicate(f"{self._in_and()} and {other._in_and()}", lambda a, o: self.test(a, o) and other.test(a, o))

    def _in_and(self) -> str:
        return f"({self.name})" if self.loose else self.name

    def __invert__(self) -> Predicate:
        return Predicate(f"not {self.name}", lambda a, o: not self.test(a, o))


def predicate(name: str) -> Callable[[Callable[[Any, Any], bool]], Predicate]:
    """Make a named predicate of a plain function."""
    return lambda test: Predicate(name, test)


@dataclass(frozen=True)
class Kind:
    """One card.

    `visible(actor)` is a SQL clause over `model`: the only rule of who sees which. It is made of the actor's id, site role
    and reach alone, for it is kept as long as these are the same; what else it needs it asks in SQL. `verbs` says who,
    among those who see it, may do what. `document(obj)` is what search knows of it (None: not searched). `export(obj)` is
    a plain dict for the person who takes it along. `scopes(obj)` are the opaque tokens of who may see it: a search hit and a live
    room are allowed when they share one with the actor's. `hears(entry, obj)` names the people who should be told of
    a log entry about it, as pairs of person id and reason; they are told only if they may see it. `along(entry)` are the ids of
    those of its kind that one line of the log concerns besides the one it names: the pages below a page that moved.
    """

    name: str
    model: type[Any]
    visible: Callable[[Actor], ColumnElement[bool]]
    verbs: Mapping[str, Predicate]
    scopes: Callable[[Any], frozenset[str]]
    document: Callable[[Any], Any] | None = None
    export: Callable[[Any], dict[str, Any]] | None = None
    hears: Callable[[Any, Any], Iterable[tuple[int, str]]] = field(default=lambda _entry, _obj: ())
    # Of which things of the same kind it inherits how near somebody wants to be to it, the nearest first: the pages above a page.
    above: Callable[[Any], Sequence[int]] = field(default=lambda _obj: ())
    # Plain words around which a search shows its hits, by number, of things whose own row does not hold all of them. They may hold
    # nothing that somebody who sees the thing may not read.
    words: Callable[[Collection[int]], Mapping[int, str]] | None = None
    # Of what parts those words are, where they are of several: what a part is (page, slide, sheet), and of each where in the words
    # it begins and its title.
    parts: Callable[[Collection[int]], Mapping[int, tuple[str, Sequence[tuple[int, str]]]]] | None = None
    # What somebody reads of each of these, where that is not what stands: put in place as soon as they come through the door.
    as_read: Callable[[Any, Sequence[Any]], None] | None = None
    # The words from which its topics are taken, where these are not its `body`: those that everybody who sees it may read.
    said: Callable[[Any], str] | None = None
    along: Callable[[Any], Collection[int]] = field(default=lambda _entry: ())
    # The same for things of other kinds, by kind: the files in a folder that moved.
    inside: Callable[[Any], Mapping[str, Collection[int]]] = field(default=lambda _entry: {})
    # As `above`, where what stands above is of another kind: the folders around a file, as pairs of kind and number.
    around: Callable[[Any], Sequence[tuple[str, int]]] | None = None
    # Columns read with each one when documents are built in bulk (SQLAlchemy loader options).
    options: Callable[[], tuple[Any, ...]] = field(default=tuple)


_cards: dict[str, Kind] = {}
_by_model: dict[type[Any], Kind] = {}


def register(card: Kind) -> Kind:
    """Put a card in the register. Raises ValueError when the name is taken by another model."""
    known = _cards.get(card.name)
    if known is not None and known.model is not card.model:
        raise ValueError(f"two cards are named {card.name!r}")
    _cards[card.name] = card
    _by_model[card.model] = card
    return card


def all_kinds() -> tuple[Kind, ...]:
    """Every card, by name."""
    return tuple(_cards[name] for name in sorted(_cards))


def kind_named(name: str) -> Kind:
    """The card of that name. Raises KeyError."""
    return _cards[name]


def card_of(obj_or_model: Any) -> Kind:
    """The card of an object or of its class. Raises KeyError when the noun has none."""
    model = obj_or_model if isinstance(obj_or_model, type) else type(obj_or_model)
    return _by_model[model]


def ref_of(obj: Any) -> str:
    """`"page:12"`: how the log, the index and the live room name a thing."""
    return f"{card_of(obj).name}:{obj.id}"


def split_ref(ref: str) -> tuple[str, int]:
    """`"page:12"` → `("page", 12)`. Raises ValueError."""
    name, _, number = ref.partition(":")
    return name, int(number)


def hangs_on(obj: Any) -> tuple[str, int] | None:
    """What a thing hangs on, as a kind and a number: a comment on a post, a message on its conversation; None for most."""
    return (obj.parent_kind, obj.parent_id) if hasattr(obj, "parent_kind") else None


def chain_above(obj: Any) -> list[tuple[str, int]]:
    """What a thing stands below, as pairs of kind and number, the nearest first: a level that somebody chose there holds for it."""
    card = card_of(obj)
    if card.around is not None:
        return list(card.around(obj))
    return [(card.name, number) for number in card.above(obj)]


def thread_of(obj: Any) -> tuple[str, int]:
    """What a thing hangs on, else itself: what belongs together has the same one."""
    return hangs_on(obj) or (card_of(obj).name, obj.id)


def by_kind(refs: Iterable[tuple[str, int]]) -> dict[str, set[int]]:
    """The numbers of things, for each kind that occurs among them."""
    found: dict[str, set[int]] = defaultdict(set)
    for name, number in refs:
        found[name].add(number)
    return found
