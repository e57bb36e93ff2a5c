"""Search as a person: the index filters by what they may see, and each hit is checked again before it is shown."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from community.extensions import db
from community.kinds import by_kind, card_of, hangs_on, kind_named, split_ref
from community.markup import stored
from community.permissions import Actor, things_for, visible
from community.search.analysis import compose
from community.search.excerpts import placed
from community.search.place import index_in
from community.search.query import parse
from community.search.ranking import Results
from community.spaces.models import Space

PAGE = 20


@dataclass(frozen=True)
class Where:
    """The part of a thing that an excerpt is of: a page, slide or sheet (`kind`), which one from 1, and what it is called."""

    kind: str
    number: int
    title: str


@dataclass(frozen=True)
class Found:
    """One hit, as its reader may see it: the thing, its title, and words around what was looked for. `on` is what it hangs on,
    there already for whoever asks for its address; `where` the part of it that holds these words.
    """

    kind: str
    obj: Any
    title: str
    excerpt: Sequence[tuple[str, bool]]
    score: float
    on: Any = None
    where: Where | None = None


@dataclass(frozen=True)
class Answer:
    """What a search found. `total` and `facets` count only what the actor may see."""

    found: list[Found]
    total: int
    facets: dict[str, dict[str, int]]
    suggestion: str | None
    relaxed: bool = False
    unavailable: bool = False


def search(
    actor: Actor,
    folder: Path,
    q: str,
    *,
    kinds: Sequence[str] = (),
    space_ids: Sequence[int] = (),
    author: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    sort: Literal["relevance", "newest"] = "relevance",
    offset: int = 0,
    limit: int = PAGE,
    topics: bool = False,
) -> Answer:
    """Find. Raises Invalid("q") for a query that cannot be answered. One index search, one query for each kind of hit."""
    asked = parse(q)
    if "space" in asked.filters or "space" in asked.unwanted:
        slugs = {*asked.filters.get("space", ()), *asked.unwanted.get("space", ())}
        known = db.session.execute(select(Space.slug, Space.id).where(Space.slug.in_(slugs), visible(actor, Space)))
        asked = asked.with_spaces({row.slug: row.id for row in known})
    results: Results = index_in(folder).search(
        asked,
        actor.scopes,
        kinds=tuple(kinds) or None,
        space_ids=tuple(space_ids) or None,
        author=author,
        since=since,
        until=until,
        sort=sort,
        offset=offset,
        limit=limit,
        topics=topics,
    )
    things = _load(actor, [hit.ref for hit in results.hits])
    below, more = _below(actor, things), _more_words(things)
    parts = _parts(more)
    found = []
    for hit in results.hits:
        obj = things.get(hit.ref)
        if obj is not None:
            on = hangs_on(obj)
            above = below.get(f"{on[0]}:{on[1]}") if on is not None else None
            words, at = _excerpt(obj, results.terms, more.get(hit.ref, ""))
            found.append(Found(hit.kind, obj, _title(obj), words, hit.score, above, _where(parts.get(hit.ref), at)))
    dropped = len(results.hits) - len(found)
    total = max(0, results.total - dropped)
    return Answer(found, total, results.facets, results.suggestion, results.relaxed, results.unavailable)


def _load(actor: Actor, refs: Sequence[str]) -> dict[str, Any]:
    """The things of a list of refs that the actor may see now: the index may be a moment behind."""
    return {f"{name}:{number}": obj for (name, number), obj in things_for(actor, map(split_ref, refs)).items()}


def _below(actor: Actor, things: Mapping[str, Any]) -> dict[str, Any]:
    """What those of the things hang on that hang on another, such as comments: one query for each kind. Who sees them sees it."""
    found: dict[str, Any] = {}
    for name, ids in by_kind(filter(None, map(hangs_on, things.values()))).items():
        card = kind_named(name)
        stmt = select(card.model).where(card.model.id.in_(ids)).options(*card.options())
        held = list(db.session.scalars(stmt).unique())
        if card.as_read is not None:
            card.as_read(actor, held)
        found.update({f"{name}:{obj.id}": obj for obj in held})
    return found


def _more_words(things: Mapping[str, Any]) -> dict[str, str]:
    """The words of those things whose row does not hold them all: one query for each such kind."""
    found: dict[str, str] = {}
    for name, numbers in by_kind(map(split_ref, things)).items():
        words = kind_named(name).words
        if words is not None:
            found.update({f"{name}:{number}": text for number, text in words(numbers).items()})
    return found


Parts = tuple[str, Sequence[tuple[int, str]]]


def _parts(words: Mapping[str, str]) -> dict[str, Parts]:
    """Of what parts the words of these things are: one query for each kind whose things have some."""
    found: dict[str, Parts] = {}
    for name, numbers in by_kind(map(split_ref, words)).items():
        parts = kind_named(name).parts
        if parts is not None:
            found.update({f"{name}:{number}": its for number, its in parts(numbers).items()})
    return found


def _where(parts: Parts | None, at: int | None) -> Where | None:
    """The last part that begins at or before a place in the words."""
    if parts is None or at is None:
        return None
    kind, begins = parts
    number = bisect_right([begin for begin, _ in begins], at)
    return Where(kind, number, begins[number - 1][1]) if number else None


def _title(obj: Any) -> str:
    """What a hit is called: its title or name; of a post or comment its beginning."""
    title: str = getattr(obj, "title", "") or getattr(obj, "name", "")
    if title:
        return title
    words: str = obj.excerpt
    first = words.split(". ")[0]
    return first if len(first) <= 90 else first[:88].rsplit(" ", 1)[0] + "…"


def _excerpt(obj: Any, terms: Any, more: str) -> tuple[Sequence[tuple[str, bool]], int | None]:
    """The words around what was looked for, and where in `more` it stands, if it does."""
    name = card_of(obj).name
    if name == "conversation":
        return (), None
    if name == "person":
        text = " · ".join(part for part in (obj.headline, obj.location, ", ".join(obj.skills), obj.about) if part)
    elif name == "space":
        text = " ".join(part for part in (obj.aim, obj.question) if part)
    elif name in ("file", "folder"):
        text = obj.description
    else:
        text = stored(
            obj.body_html
        ).striptags()  # what was made when it was written: to read the Markdown again is dear
    before = 0
    if more:
        before = len(compose(text)) + 1 if text else 0
        text = f"{text}\n{more}" if text else more
    if not text:
        return (), None
    words, at = placed(text, terms)
    return words, at - before if at is not None and more and at >= before else None
