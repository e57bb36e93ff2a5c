"""Which documents match, which come first, and what the counts are: of what this actor may see, and of nothing else.

Permissions come first, not last: each segment is cut down to the documents that the actor's scopes allow, and words,
counts, facets and even how rare a word is are read within those. So no number, order or suggestion changes because of a
text that one may not see.

A word matches by its stems. The exact form counts extra, a longer compound ("wachtlijstbeheer" for "wachtlijst") a
little. Scores are BM25 with a fixed middle length.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from community.search.analysis import compound_head
from community.search.query import ParsedQuery, Term
from community.search.segments import SATURATION, Segment, positions

EXACT, COMPOUND, PHRASE = 0.3, 0.15, 1.5
"""What the exact form adds, what a compound counts, what a phrase counts, beside 1 for a word in any form."""
SCOPES_KEPT = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FACETS = ("kind", "space", "phase", "language")


@dataclass(frozen=True)
class Hit:
    """One found document. `score` is comparable within one answer only; 0 where nothing was ranked."""

    ref: str
    kind: str
    space_id: int | None
    score: float
    created: datetime


@dataclass(frozen=True)
class Results:
    """An answer. `facets` count by kind, space (id, as text), phase and language; each leaves its own filter out, so that
    a tab says what choosing it would give. `terms` are for `excerpt`. `suggestion` is a whole query that has hits.
    `relaxed`: nothing had all the words, these have some. `unavailable`: the index is missing or damaged.
    """

    hits: list[Hit] = field(default_factory=list)
    total: int = 0
    facets: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in _FACETS})
    suggestion: str | None = None
    terms: frozenset[str] = frozenset()
    relaxed: bool = False
    unavailable: bool = False


class Snapshot:
    """The index at one commit: segments, each with what was deleted from it until then. Safe for threads."""

    def __init__(self, parts: Iterable[tuple[Segment, frozenset[int]]], key: tuple[str, int], cursor: int) -> None:
        self.parts = tuple(parts)
        self.key = key
        self.cursor = cursor
        self._allowed: OrderedDict[frozenset[str], list[frozenset[int]]] = OrderedDict()
        self._lock = Lock()

    def allowed(self, scopes: frozenset[str]) -> list[frozenset[int]]:
        """For each segment the documents that these scopes may find."""
        with self._lock:
            found = self._allowed.get(scopes)
            if found is not None:
                self._allowed.move_to_end(scopes)
                return found
        found = []
        for segment, deleted in self.parts:
            sets = segment.sets("scope")
            found.append(frozenset().union(*(sets[scope] for scope in scopes & sets.keys())) - deleted)
        with self._lock:
            self._allowed[scopes] = found
            while len(self._allowed) > SCOPES_KEPT:
                self._allowed.popitem(last=False)
        return found


@dataclass(frozen=True)
class Matches:
    """Where one term stands in one segment, within what is allowed."""

    documents: Set[int]
    stems: tuple[Mapping[int, int], ...] = ()  # the larger of them counts
    extra: tuple[tuple[Mapping[int, int], float], ...] = ()


def search(
    snapshot: Snapshot,
    query: ParsedQuery,
    scopes: frozenset[str],
    *,
    newest: bool = False,
    offset: int = 0,
    limit: int = 20,
    relax: bool = True,
    topics: bool = False,
) -> Results:
    """The answer without a suggestion. `query.filters` hold all filters, also those from a form."""
    if query.is_empty or not scopes:
        return Results()
    allowed = snapshot.allowed(scopes)
    required = [[_matches(part, term, may) for term in query.required] for part, may in _pairs(snapshot, allowed)]
    found = [
        _narrow(segment, query, _all_of(may, matches))
        for (segment, may), matches in zip(_pairs(snapshot, allowed), required, strict=True)
    ]
    relaxed = False
    if relax and not query.strict and len(query.required) > 1 and not any(narrowed.total for narrowed in found):
        found = [
            _narrow(segment, query, set().union(*(match.documents for match in matches)))
            for (segment, _), matches in zip(_pairs(snapshot, allowed), required, strict=True)
        ]
        relaxed = any(narrowed.total for narrowed in found)
    total = sum(len(narrowed.total) for narrowed in found)
    ranked = bool(query.required or query.optional)
    scores = [{}] * len(found) if newest or not ranked else _scores(snapshot, allowed, query, required, found)
    hits = _best(snapshot, found, scores, offset, limit)
    facets = _facets(snapshot, found)
    if topics:
        facets["topic"] = _topics(snapshot, found)
    return Results(hits, total, facets, None, highlights(query), relaxed)


def _pairs(snapshot: Snapshot, allowed: list[frozenset[int]]) -> list[tuple[Segment, frozenset[int]]]:
    return [(segment, may) for (segment, _), may in zip(snapshot.parts, allowed, strict=True)]


# ---- matching


def _matches(segment: Segment, term: Term, may: frozenset[int]) -> Matches:
    """Where a term stands among the allowed documents of a segment."""
    if not may:
        return Matches(set())
    if term.in_title:
        sets = segment.sets("title")
        inside = [sets[text] for text in {term.forms[0].word, *term.forms[0].stems} if text in sets]
        rows = dict.fromkeys(set().union(*(documents & may for documents in inside)), 1)
        return Matches(set(rows), (), ((rows, PHRASE),))
    if term.exact:
        rows = _in_a_row(segment, [form.word for form in term.forms], may)
        return Matches(set(rows), (), ((rows, PHRASE),))
    form = term.forms[0]
    exact = segment.postings("word", form.word)
    if term.is_small:
        return Matches(may.intersection(exact), (exact,))
    stems = tuple(found for found in (segment.postings("stem", stem) for stem in form.stems) if found)
    documents = set().union(*(may.intersection(found) for found in stems))
    extra = [(exact, EXACT)] if exact else []
    head = compound_head(form)
    for word in segment.compounds(head) if head else ():
        longer = segment.postings("word", word)
        documents |= may.intersection(longer)
        extra.append((longer, COMPOUND))
    return Matches(documents, stems, tuple(extra))


def _in_a_row(segment: Segment, words: list[str], may: frozenset[int]) -> dict[int, int]:
    """Allowed documents with these words in this order → how often."""
    if len(words) == 1:
        exact = segment.postings("word", words[0])
        return {number: exact[number] for number in may.intersection(exact)}
    places = [segment.places(word) for word in words]
    numbers = set(may).intersection(*sorted(places, key=len))
    found = {}
    for number in numbers:
        starts = set(positions(places[0][number]))
        for shift, place in enumerate(places[1:], 1):
            starts &= {at - shift for at in positions(place[number])}
            if not starts:
                break
        if starts:
            found[number] = len(starts)
    return found


def _all_of(may: frozenset[int], matches: list[Matches]) -> set[int]:
    if not matches:
        return set(may)
    fewest, *others = sorted((match.documents for match in matches), key=len)  # all of them lie within what is allowed
    return set(fewest).intersection(*others)


@dataclass(frozen=True)
class _Narrowed:
    """What a segment has after the filters. `without[name]` disregards the filter of that facet."""

    total: set[int]
    without: dict[str, set[int]]


def _narrow(segment: Segment, query: ParsedQuery, documents: set[int]) -> _Narrowed:
    for term in query.excluded:
        if documents:
            documents = documents - _matches(segment, term, frozenset(documents)).documents
    for name, values in query.unwanted.items():
        documents = documents - _with(segment, name, values)
    for topic in query.filters.get("topic", ()):
        documents = documents & _with(segment, "topic", {topic})
    if "author" in query.filters:
        documents = documents & _with(segment, "author", query.filters["author"])
    if query.since or query.until:
        since = _microseconds(query.since) if query.since else -math.inf
        until = _microseconds(query.until) if query.until else math.inf
        created = segment.created
        documents = {number for number in documents if since <= created[number] < until}
    chosen = {name: documents & _with(segment, name, query.filters[name]) for name in _FACETS if name in query.filters}
    total = documents.intersection(*chosen.values())
    without = {
        name: documents.intersection(*(some for other, some in chosen.items() if other != name)) if chosen else total
        for name in _FACETS
    }
    return _Narrowed(total, without)


def _with(segment: Segment, name: str, values: Collection[str]) -> set[int]:
    sets = segment.sets(name)
    if name == "phase":  # Shown as it was written, compared without capitals.
        return set().union(*(documents for value, documents in sets.items() if value.casefold() in values))
    return set().union(*(sets[value] for value in values if value in sets))


def _facets(snapshot: Snapshot, found: list[_Narrowed]) -> dict[str, dict[str, int]]:
    facets: dict[str, dict[str, int]] = {}
    for name in _FACETS:
        counts: Counter[str | None] = Counter()
        for (segment, _), narrowed in zip(snapshot.parts, found, strict=True):
            if narrowed.without[name]:
                counts.update(map(segment.labels(name).__getitem__, narrowed.without[name]))
        facets[name] = {value: count for value, count in counts.most_common() if value is not None}
    return facets


TOPICS = 30
"""Topics that are counted in an answer."""


def _topics(snapshot: Snapshot, found: list[_Narrowed]) -> dict[str, int]:
    """The topics of what was found, the most frequent first."""
    counts: Counter[str] = Counter()
    for (segment, _), narrowed in zip(snapshot.parts, found, strict=True):
        if narrowed.total:
            for topic, documents in segment.sets("topic").items():
                many = len(narrowed.total & documents)
                if many:
                    counts[topic] += many
    return dict(counts.most_common(TOPICS))


# ---- ranking


def _scores(
    snapshot: Snapshot,
    allowed: list[frozenset[int]],
    query: ParsedQuery,
    required: list[list[Matches]],
    found: list[_Narrowed],
) -> list[dict[int, float]]:
    """For each segment: document → score."""
    visible = sum(map(len, allowed))
    columns = list(zip(*required, strict=True)) if query.required else []
    for term in query.optional:
        columns.append(tuple(_matches(segment, term, may) for segment, may in _pairs(snapshot, allowed)))
    scores: list[dict[int, float]] = [dict.fromkeys(narrowed.total, 0.0) for narrowed in found]
    for column in columns:
        seen = sum(len(match.documents) for match in column)
        rarity = math.log(1 + (visible - seen + 0.5) / (seen + 0.5))
        for (segment, _), match, score in zip(snapshot.parts, column, scores, strict=True):
            if score and match.documents:
                _add(score, segment.norms, match, rarity)
    return scores


def _add(score: dict[int, float], norms: list[float], match: Matches, rarity: float) -> None:
    """Add one term's worth to every document of `score` that has it."""
    numbers = match.documents if len(match.documents) < len(score) else score.keys()
    full = rarity * (SATURATION + 1)
    for counts in match.stems[:1] if len(match.stems) == 1 else ([_larger(match.stems)] if match.stems else ()):
        for number in counts.keys() & numbers & score.keys():
            count = counts[number]
            score[number] += full * count / (count + norms[number])
    for counts, weight in match.extra:
        for number in counts.keys() & numbers & score.keys():
            count = counts[number]
            score[number] += weight * full * count / (count + norms[number])


def _larger(several: tuple[Mapping[int, int], ...]) -> dict[int, int]:
    """For each document that has one of the stems the larger of their counts."""
    largest, *others = sorted(several, key=len, reverse=True)
    larger = dict(largest)
    for counts in others:
        for number, count in counts.items():
            if count > larger.get(number, 0):
                larger[number] = count
    return larger


def _best(
    snapshot: Snapshot, found: list[_Narrowed], scores: list[dict[int, float]], offset: int, limit: int
) -> list[Hit]:
    """The wanted page: the best first, of equals the newest."""
    wanted = offset + limit
    rows: list[tuple[float, int, int, int]] = []
    for index, ((segment, _), narrowed, score) in enumerate(zip(snapshot.parts, found, scores, strict=True)):
        numbers: Collection[int] = narrowed.total
        if score and 0 < wanted < len(numbers) // 4:  # of many, those that score well enough: bare numbers compare fast
            least = heapq.nlargest(wanted, map(score.__getitem__, numbers))[-1]
            numbers = [number for number in numbers if score[number] >= least]
        created = segment.created
        rows += [(score.get(number, 0.0), created[number], index, number) for number in numbers]
    return [
        _hit(snapshot.parts[index][0], number, score)
        for score, _, index, number in heapq.nlargest(wanted, rows)[offset:]
    ]


def _hit(segment: Segment, number: int, score: float) -> Hit:
    space = segment.labels("space")[number]
    return Hit(
        ref=segment.stored(number)["ref"],
        kind=segment.labels("kind")[number] or "",
        space_id=int(space) if space else None,
        score=round(score, 4),
        created=_EPOCH + segment.created[number] * _MICROSECOND,
    )


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def highlights(query: ParsedQuery) -> frozenset[str]:
    """What `excerpt` should mark: words and stems; "wachtlijst*" for the compounds."""
    terms: set[str] = set()
    for term in (*query.required, *query.optional):
        terms.update(form.word for form in term.forms)
        if not term.exact:
            terms.update(term.forms[0].stems)
            head = None if term.is_small else compound_head(term.forms[0])
            if head:
                terms.add(f"{head}*")
    return frozenset(terms)


# ---- did you mean


def suggestion(snapshot: Snapshot, query: ParsedQuery, scopes: frozenset[str]) -> str | None:
    """The query with its unknown words replaced by near ones, if that gives this actor a hit; otherwise None.

    A word is unknown when nothing that the actor may see has it, and a near one must stand in something that they may
    see: neither the presence nor the absence of a suggestion tells of other texts.
    """
    allowed = snapshot.allowed(scopes)
    pairs = _pairs(snapshot, allowed)
    words: dict[tuple[int, int], str] = {}
    for term in query.required:
        if term.exact or term.in_title or any(_matches(segment, term, may).documents for segment, may in pairs):
            continue
        near = _near(pairs, term.forms[0].word)
        if near is None or len(words) == 3:
            return None
        words[term.span] = near
    return query.corrected(words) if words else None


def _near(pairs: list[tuple[Segment, frozenset[int]]], word: str) -> str | None:
    """The nearest word in what is allowed; of equals the most frequent, then the first of the alphabet."""
    if not 4 <= len(word) <= 32 or not word.isalpha():
        return None
    most = 2 if len(word) > 5 else 1
    seen: Counter[tuple[int, str]] = Counter()
    for segment, may in pairs:
        for distance, near in segment.similar(word, most) if may else ():
            seen[distance, near] += len(may.intersection(segment.postings("word", near)))
    best = min(((distance, -count, near) for (distance, near), count in seen.items() if count), default=None)
    return best[2] if best else None


def with_filters(query: ParsedQuery, added: Mapping[str, Collection[str] | None]) -> ParsedQuery:
    """The query with the filters of a form beside those that were typed: where both name a field, both must hold."""
    filters = dict(query.filters)
    for name, values in added.items():
        if values is not None:
            chosen = frozenset(value.casefold() for value in values)
            filters[name] = filters[name] & chosen if name in filters else chosen
    return replace(query, filters=filters)
