"""What a person typed into the search box, as a small bounded tree. No wildcards, ranges or nesting: nothing is dear.

    wachtlijst klant        both words, in any of their forms
    +wachtlijst klant       the first must be there, the second only counts
    -intern                 not this word
    "strategische vraag"    these words in this form and order; one quoted word: exactly this form
    title:wachtlijst        in the title
    kind:page author:noor space:bridge phase:campus language:nl since:2026-06 until:2026-06-11
    topic:service  #service topics; -kind:post and the like leave out

Anything else is taken as words, so every text has an answer. Field names work in Dutch too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from community.errors import Invalid, _l
from community.search.analysis import STOP, Form, compose, fold, tokens

MAX_CHARACTERS = 400
MAX_WORDS = 24

FIELDS = {"kind": "kind", "author": "author", "space": "space", "topic": "topic", "phase": "phase", "title": "title"}
FIELDS |= {"language": "language", "lang": "language", "since": "since", "until": "until", "tag": "topic"}
FIELDS |= {"soort": "kind", "auteur": "author", "ruimte": "space", "onderwerp": "topic", "fase": "phase"}
FIELDS |= {"titel": "title", "taal": "language", "vanaf": "since", "tot": "until"}

_PIECE = re.compile(
    r"""(?P<sign>[+-]*)(?:(?P<name>[a-z]+):(?=[^\s]))?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))""", re.I
)
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»″", '"'))
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\s]+")
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True)
class Term:
    """One word, or several in a row. `exact`: as quoted, without stems. `span`: where it stands in `ParsedQuery.raw`."""

    forms: tuple[Form, ...]
    exact: bool = False
    in_title: bool = False
    span: tuple[int, int] = (0, 0)

    @property
    def is_small(self) -> bool:
        """A word such as "the": it tells nothing about a text, unless it is all that is asked for."""
        return not self.exact and not self.in_title and self.forms[0].word in STOP


@dataclass(frozen=True)
class ParsedQuery:
    """What was asked. `filters` and `unwanted` map a field (kind, author, space, topic, phase, language) to its values.

    `required` must all be in a document, `optional` only raise it, `excluded` keep it out. `strict` when the person
    wrote a plus: then the engine does not fall back to documents with some of the words. Values of `space` are as
    typed: who knows the spaces turns slugs into ids and gives them with `with_spaces`.
    """

    raw: str = ""
    required: tuple[Term, ...] = ()
    optional: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    strict: bool = False
    filters: dict[str, frozenset[str]] = field(default_factory=dict)
    unwanted: dict[str, frozenset[str]] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing was asked that the index could answer."""
        terms = self.required or self.optional or self.excluded
        return not (terms or self.filters or self.unwanted or self.since or self.until)

    def with_spaces(self, ids: dict[str, int]) -> ParsedQuery:
        """The same with the slugs of spaces replaced by ids. Unknown ones match nothing."""

        def known(values: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
            if "space" not in values:
                return values
            return values | {"space": frozenset(str(ids.get(slug, "?")) for slug in values["space"])}

        return replace(self, filters=known(self.filters), unwanted=known(self.unwanted))

    def corrected(self, words: dict[tuple[int, int], str]) -> str:
        """The raw text with the terms at these spans replaced."""
        text = self.raw
        for (start, end), word in sorted(words.items(), reverse=True):
            text = text[:start] + word + text[end:]
        return text


def parse(text: str) -> ParsedQuery:
    """Read what a person typed. Raises Invalid("q") when it is too long, or a date in it is none."""
    if len(text) > 10 * MAX_CHARACTERS:
        raise Invalid("q", _l("Shorten your search to %(count)d characters."), count=MAX_CHARACTERS)
    raw = _UNSEEN.sub(" ", compose(text).translate(_QUOTES)).strip()
    if len(raw) > MAX_CHARACTERS:
        raise Invalid("q", _l("Shorten your search to %(count)d characters."), count=MAX_CHARACTERS)
    build = _Builder(raw)
    for found in _PIECE.finditer(raw):
        build.add(found)
    return build.done()


class _Builder:
    """Gathers the pieces of one query."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.must: list[Term] = []
        self.plain: list[Term] = []
        self.excluded: list[Term] = []
        self.filters: dict[str, set[str]] = {}
        self.unwanted: dict[str, set[str]] = {}
        self.since: datetime | None = None
        self.until: datetime | None = None
        self.words = 0

    def add(self, found: re.Match[str]) -> None:
        sign = found["sign"][-1:]
        name = FIELDS.get((found["name"] or "").lower())
        quoted = found["quoted"] is not None
        group = "quoted" if quoted else "bare"
        value, start = found[group], found.start(group)
        if found["name"] and name is None:
            start = found.start("name")  # "re:wachtlijst" is two words.
            value = self.raw[start : found.end(group)]
        if name is None and not quoted and value.startswith("#") and len(value) > 1:
            name, value = "topic", value[1:]
        if name in ("since", "until"):
            self._add_date(name, value.strip())
        elif name is not None and name != "title":
            value = _value(name, value)
            if value:
                (self.unwanted if sign == "-" else self.filters).setdefault(name, set()).add(value)
        else:
            self._add_words(value, start, sign, quoted and value == found["quoted"], name == "title")

    def _add_words(self, value: str, start: int, sign: str, quoted: bool, in_title: bool) -> None:
        found = list(tokens(value))
        self.words += len(found)
        if self.words > MAX_WORDS:
            raise Invalid("q", _l("Search for at most %(count)d words at once."), count=MAX_WORDS)
        if not found:
            return
        together = (quoted or (sign == "-" and len(found) > 1)) and not in_title
        if together:
            span = (start + found[0].start, start + found[-1].end)
            terms = [Term(tuple(token.form for token in found), exact=True, span=span)]
        else:
            terms = [
                Term((token.form,), in_title=in_title, span=(start + token.start, start + token.end)) for token in found
            ]
        place = {"+": self.must, "-": self.excluded}.get(sign, self.plain)
        place += [term for term in terms if not any(_same(term, other) for other in place)]

    def _add_date(self, name: str, value: str) -> None:
        first, after = _period(value)
        if name == "since":
            self.since = max(self.since, first) if self.since else first
        else:
            self.until = min(self.until, after) if self.until else after

    def done(self) -> ParsedQuery:
        """Small words count only when nothing else was asked for; with a plus somewhere, what has none is optional."""
        if self.must:
            required, optional = self.must, [term for term in self.plain if not term.is_small]
        else:
            required = [term for term in self.plain if not term.is_small] or self.plain
            optional = []
        return ParsedQuery(
            raw=self.raw,
            required=tuple(required),
            optional=tuple(optional),
            excluded=tuple(self.excluded),
            strict=bool(self.must),
            filters={name: frozenset(values) for name, values in self.filters.items()},
            unwanted={name: frozenset(values) for name, values in self.unwanted.items()},
            since=self.since,
            until=self.until,
        )


def _same(one: Term, other: Term) -> bool:
    return (one.forms, one.exact, one.in_title) == (other.forms, other.exact, other.in_title)


def _value(name: str, value: str) -> str:
    """A field's value as it is indexed."""
    if name == "author":
        return value.strip().lstrip("@").casefold()
    return topic_value(value) if name == "topic" else value.strip().casefold()


def topic_value(name: str) -> str:
    """A topic as the index spells it: "#Wachtlijst" and "wachtlijst" are the same."""
    return fold(compose(name)).strip().lstrip("#")


def _period(value: str) -> tuple[datetime, datetime]:
    """The first moment of a year, month or day, and the first one after it, UTC. Raises Invalid("q")."""
    found = _DAY.fullmatch(value)
    try:
        if found is None:
            raise ValueError(value)
        year, month, day = (int(part) if part else None for part in found.groups())
        first = date(year or 0, month or 1, day or 1)
        if day:
            after = first + timedelta(days=1)
        elif month:
            after = date(first.year + (first.month == 12), first.month % 12 + 1, 1)
        else:
            after = date(first.year + 1, 1, 1)
    except (ValueError, OverflowError):
        raise Invalid("q", _l("Write a date as 2026, 2026-06 or 2026-06-08.")) from None
    return _midnight(first), _midnight(after)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


__all__ = ["FIELDS", "MAX_CHARACTERS", "MAX_WORDS", "ParsedQuery", "Term", "parse", "topic_value"]
