"""One immutable piece of a Whoosh index, read into plain sets and dictionaries.

Whoosh writes an index as segments that never change; only the set of deleted documents beside each of them grows. So a
segment is opened once and everything read from it is kept: who may find which documents, which words stand where. A
search is then set arithmetic, a filter by permissions costs next to nothing, and no refresh can show a deleted document,
because deletions belong to the snapshot and not to the segment.

Whoosh 2.7.4 is frozen, so its block reader is used directly: a block of 128 postings at a time, eight times faster than
stepping. A block reader shares its place in the file with all others, so each segment reads under a lock.
"""

from __future__ import annotations

import copy
import threading
import warnings
from array import array
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import accumulate
from typing import Any, TypeVar

from community.search.analysis import COMPOUND_REST

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from whoosh import columns, fields
    from whoosh.codec import whoosh3  # noqa: F401  (imported late by Whoosh, where its warnings would be heard)
    from whoosh.filedb.filestore import FileStorage
    from whoosh.formats import Positions
    from whoosh.reading import SegmentReader, TermNotFound

SCHEMA = fields.Schema(
    ref=fields.ID(stored=True),
    cursor=fields.STORED,
    scope=fields.ID,
    kind=fields.ID,
    space=fields.ID,
    author=fields.ID,
    phase=fields.ID,
    language=fields.ID,
    topic=fields.ID,
    title=fields.ID,  # words and stems of the title, for title:word
    stem=fields.TEXT(phrase=False),  # English and Dutch stems of everything: what matches
    word=fields.TEXT(phrase=True),  # the folded words with their places: exact hits, phrases, suggestions
    created=fields.COLUMN(columns.NumericColumn("q")),  # microseconds since 1970
)
"""All values are given as lists of ready terms: Whoosh's own analysers are not used."""

MIDDLE_LENGTH, LENGTH_WEIGHT, SATURATION = 150, 0.5, 1.2
"""BM25: a text of 150 stems is neither short nor long. Fixed, so that no score depends on texts one may not see."""
COMPOUNDS = 300
_T = TypeVar("_T")
_places = Positions()


class Damaged(Exception):
    """The files of the index cannot be read: it must be rebuilt."""


class Folder(FileStorage):  # type: ignore[misc]
    """A folder of an index. Remembers what it opened, so that a file that proves damaged is closed again."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.opened: list[Any] = []

    def open_file(self, name: str, **options: Any) -> Any:
        file = super().open_file(name, **options)
        self.opened.append(file)
        return file

    def close_all(self) -> None:
        """Close what is still open of the files opened through this object."""
        for file in self.opened:
            if not file.is_closed:
                file.close()
        self.opened.clear()


class Segment:
    """A segment, opened once. Document numbers are its own, from 0. Safe for threads; raises Damaged."""

    def __init__(self, folder: str, segment: Any) -> None:
        self.id: str = segment.segment_id()
        self.size: int = segment.doc_count_all()
        self._lock = threading.RLock()
        self._kept: OrderedDict[tuple[str, str], dict[int, Any]] = OrderedDict()
        self._kept_size = 0
        self._keep_at_most = max(20_000, 8 * self.size)
        self._sets: dict[str, Mapping[str, frozenset[int]]] = {}
        self._labels: dict[str, list[str | None]] = {}
        self._compounds: dict[str, tuple[str, ...]] = {}
        whole = copy.copy(segment)
        whole._deleted = None  # Deletions are the snapshot's: they grow, this reader stays.
        storage = Folder(folder)
        try:
            self._reader = SegmentReader(storage, SCHEMA, whole)
        except Exception:
            storage.close_all()
            raise

    def _read(self, read: Callable[[], _T]) -> _T:
        with self._lock:
            try:
                return read()
            except Exception as error:  # A damaged file can make Whoosh and pickle raise anything.
                raise Damaged(f"{self.id}: {error!r}") from error

    # ---- words

    def postings(self, field: str, text: str) -> dict[int, int]:
        """Documents with this term → how often. Kept; do not change it."""
        return self._keep(field, text, lambda: self._decode(field, text, _weights))

    def places(self, word: str) -> dict[int, bytes]:
        """Documents with this word → where, for `positions`. Kept; do not change it."""
        return self._keep("places", word, lambda: self._decode("word", word, _values))

    def compounds(self, head: str) -> tuple[str, ...]:
        """Words of the lexicon that begin with `head` and go on for a while, at most `COMPOUNDS`."""
        with self._lock:
            found = self._compounds.get(head)
            if found is None:
                if len(self._compounds) > 1_000:
                    self._compounds.clear()
                found = self._compounds[head] = self._read(lambda: self._longer(head))
            return found

    def _longer(self, head: str) -> tuple[str, ...]:
        found: list[str] = []
        for field, text in self._reader.terms_from("word", head):
            word = text.decode()
            if field != "word" or not word.startswith(head) or len(found) == COMPOUNDS:
                break
            if len(word) >= len(head) + COMPOUND_REST and word.isalpha():
                found.append(word)
        return tuple(found)

    def similar(self, word: str, most: int) -> list[tuple[int, str]]:
        """Words of the lexicon at most so many letters away that begin with the same letter: distance and word."""
        letters = _letters(word)
        found = []
        for length in range(len(word) - most, len(word) + most + 1):
            for near, bits in self._lexicon.get((word[:1], length), ()):
                if (bits ^ letters).bit_count() <= 2 * most:
                    distance = edit_distance(word, near, most)
                    if distance <= most:
                        found.append((distance, near))
        return found

    @cached_property
    def _lexicon(self) -> dict[tuple[str, int], list[tuple[str, int]]]:
        """All words by first letter and length, each with the set of its letters as bits."""

        def read() -> dict[tuple[str, int], list[tuple[str, int]]]:
            lexicon: dict[tuple[str, int], list[tuple[str, int]]] = {}
            for text in self._reader.lexicon("word"):
                word = text.decode()
                if word.isalpha():
                    lexicon.setdefault((word[0], len(word)), []).append((word, _letters(word)))
            return lexicon

        return self._read(read)

    @cached_property
    def norms(self) -> list[float]:
        """For each document what its length does to a count (BM25)."""
        step = LENGTH_WEIGHT / MIDDLE_LENGTH

        def read() -> list[float]:
            length = self._reader.doc_field_length
            return [
                SATURATION * (1 - LENGTH_WEIGHT + step * (length(number, "stem") or 0)) for number in range(self.size)
            ]

        return self._read(read)

    # ---- facts

    def sets(self, field: str) -> Mapping[str, frozenset[int]]:
        """Every value of a field such as "scope" or "kind" → its documents."""
        with self._lock:
            found = self._sets.get(field)
            if found is None:
                found = self._sets[field] = self._read(lambda: self._all_sets(field))
            return found

    def labels(self, field: str) -> list[str | None]:
        """The value of a field for each document, None where it has none."""
        labels = self._labels.get(field)
        if labels is None:
            labels = [None] * self.size
            for value, documents in self.sets(field).items():
                for number in documents:
                    labels[number] = value
            self._labels[field] = labels
        return labels

    @cached_property
    def created(self) -> array[int]:
        """Microseconds since 1970 for each document."""
        return self._read(lambda: array("q", self._reader.column_reader("created").load()))

    def numbers_of(self, ref: str) -> tuple[int, ...]:
        """The documents of this ref, deleted ones too."""
        return self._read(lambda: tuple(self._decode("ref", ref, _weights)))

    def stored(self, number: int) -> dict[str, Any]:
        """The stored fields of a document."""
        return self._read(lambda: dict(self._reader.stored_fields(number)))

    # ---- reading

    def _keep(self, field: str, text: str, read: Callable[[], dict[int, Any]]) -> dict[int, Any]:
        """What was read before, least recently used dropped first."""
        key = (field, text)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
            found = self._kept[key] = self._read(read)
            self._kept_size += len(found) + 5
            while self._kept_size > self._keep_at_most and len(self._kept) > 1:
                self._kept_size -= len(self._kept.popitem(last=False)[1]) + 5
            return found

    def _decode(self, field: str, text: str, read: Callable[[Any], Any]) -> dict[int, Any]:
        try:
            matcher = self._reader.postings(field, text)
        except TermNotFound:
            return {}
        found: dict[int, Any] = {}
        while matcher.is_active():
            matcher._read_data()
            found.update(zip(accumulate(matcher._data[0]), read(matcher), strict=True))
            matcher._next_block()
        return found

    def _all_sets(self, field: str) -> Mapping[str, frozenset[int]]:
        return {text.decode(): frozenset(self._decode(field, text, _weights)) for text in self._reader.lexicon(field)}


def positions(value: bytes) -> list[int]:
    """The places of a word in a document, from what `Segment.places` gave."""
    return _places.decode_positions(value)  # type: ignore[no-any-return]


def edit_distance(one: str, other: str, most: int) -> int:
    """Letters to add, leave out, change or swap with the next to make one word of the other; more than `most` is
    `most + 1`. Source: optimal string alignment (Damerau 1964, restricted)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        last, before, row = before, row, [at]
        for to, wanted in enumerate(other, 1):
            cost = min(before[to] + 1, row[-1] + 1, before[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, last[to - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _letters(word: str) -> int:
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits


def _weights(matcher: Any) -> Any:
    matcher._read_weights()
    return map(int, matcher._weights)


def _values(matcher: Any) -> Any:
    matcher._read_values()
    return matcher._values
