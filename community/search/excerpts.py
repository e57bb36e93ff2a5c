"""The part of a text around the hits, with the hits marked. Works on analysed forms: "wachtlijst" marks "wachtlijsten".

Bounded: of a long text only the words that begin like one of the terms are analysed, and the search stops once it has
seen enough hits to choose a good place.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import islice

from community.search.analysis import compose, form_of

SCANNED = 200_000
"""Characters of a text that are looked at."""
CANDIDATES = 20_000
"""Words that begin like a term and are looked at closely."""
HITS = 60
"""Hits that are weighed against each other for the best place."""
_BLANK = re.compile(r"\s+")


def excerpt(text: str, terms: Collection[str], length: int = 200) -> list[tuple[str, bool]]:
    """About `length` characters of a plain text around its hits: pairs of text and "this is a hit".

    `terms` are those of `Results.terms`: words and stems; one that ends in "*" stands for every longer word that begins
    so. Without hits it is the beginning of the text. Blanks are drawn together; "…" stands where the text goes on.
    The pairs are text, not HTML: escape them.
    """
    return placed(text, terms, length)[0]


def placed(text: str, terms: Collection[str], length: int = 200) -> tuple[list[tuple[str, bool]], int | None]:
    """An `excerpt`, and where in the text its first hit begins: a character of the composed text (NFC), None without hits."""
    text = compose(text[:SCANNED])
    hits = _hits(text, terms)
    start, end = _window(text, hits, max(length, 20))
    first = next((hit for hit, hit_end, _ in hits if hit >= start and hit_end <= end), None)
    pairs: list[tuple[str, bool]] = []
    at = start
    for hit_start, hit_end, _ in hits:
        if hit_start >= at and hit_end <= end:
            pairs += [(text[at:hit_start], False), (text[hit_start:hit_end], True)]
            at = hit_end
    pairs.append((text[at:end], False))
    pairs = [(_BLANK.sub(" ", part), hit) for part, hit in pairs if part]
    if pairs and not pairs[0][1]:
        pairs[0] = (pairs[0][0].lstrip(), False)
    if pairs and not pairs[-1][1]:
        pairs[-1] = (pairs[-1][0].rstrip(), False)
    if text[:start].strip():
        pairs.insert(0, ("… ", False))
    if text[end:].strip():
        pairs.append((" …", False))
    return [pair for pair in pairs if pair[0]], first


def _hits(text: str, terms: Collection[str]) -> list[tuple[int, int, str]]:
    """Start, end and term of the first hits of a text."""
    exact = {term for term in terms if not term.endswith("*")}
    begins = tuple(term[:-1] for term in terms if term.endswith("*"))
    pattern = _beginnings(frozenset(term.rstrip("*") for term in terms))
    hits: list[tuple[int, int, str]] = []
    if pattern is None:
        return hits
    for found in islice(pattern.finditer(text), CANDIDATES):
        form = form_of(found[0])
        hit = next((word for word in (form.word, *form.stems) if word in exact), None)
        if hit is None and begins and form.word.startswith(begins):
            hit = form.word
        if hit is not None:
            hits.append((found.start(), found.end(), hit))
            if len(hits) >= HITS:
                break
    return hits


# What the end of a stem may have been before stemming: huizen, brieven, communities.
_WAS = {"s": "[sz]", "f": "[fv]", "i": "[iy]", "y": "[yi]"}


def _beginnings(terms: frozenset[str]) -> re.Pattern[str] | None:
    """Words that may be one of the terms, told by their first letters: cheap, and hardly ever too strict.

    Dutch stems lose one of two vowels ("ban" of "baan"). A word with an accent among the first letters always passes.
    """
    starts = {"".join(_WAS.get(letter, re.escape(letter)) + "{1,2}" for letter in term[:3]) for term in terms if term}
    if not starts:
        return None
    accent = r"[^\W_]{0,2}(?![\x00-\x7f])[^\W_]"
    drawn_in = r"(?:e|co|re)-(?=[^\W\d_]{3})[^\W_]"
    begin = "|".join([*sorted(starts), accent, drawn_in])
    return re.compile(rf"(?<![^\W_])(?:{begin})[^\W_]*(?:['’][^\W_]+)*", re.IGNORECASE)


def _window(text: str, hits: list[tuple[int, int, str]], length: int) -> tuple[int, int]:
    """Where to cut: the stretch with the most different terms, then the most hits, then the first."""
    if not hits:
        return 0, _word_end(text, min(len(text), length))
    best, best_worth = 0, (0, 0)
    for first, (start, _, _) in enumerate(hits):
        inside = [term for _, end, term in hits[first:] if end <= start + length * 3 // 4]
        worth = (len(set(inside)), len(inside))
        if worth > best_worth:
            best, best_worth = start, worth
    start = max(0, min(best - length // 4, len(text) - length))
    start = _word_start(text, start, best)
    return start, _word_end(text, min(len(text), max(start + length, next(e for s, e, _ in hits if s == best))))


def _word_start(text: str, at: int, limit: int) -> int:
    """The first beginning of a word at or after `at`, at most `limit`."""
    if at == 0:
        return 0
    blank = _BLANK.search(text, at - 1, limit)
    return blank.end() if blank else limit if limit - at < 60 else at


def _word_end(text: str, at: int) -> int:
    """The last end of a word at or before `at`; `at` itself in a very long word."""
    if at >= len(text) or text[at].isspace():
        return at
    blank = max(text.rfind(" ", at - 40, at), text.rfind("\n", at - 40, at))
    return blank if blank > 0 else at


def marked(text: str, terms: Collection[str]) -> list[tuple[str, bool]]:
    """A whole short text, such as a title, as pairs of text and "this is a hit"."""
    text = compose(text[:1000])
    pairs: list[tuple[str, bool]] = []
    at = 0
    for start, end, _ in _hits(text, terms):
        pairs += [(text[at:start], False), (text[start:end], True)]
        at = end
    pairs.append((text[at:], False))
    return [pair for pair in pairs if pair[0]]
