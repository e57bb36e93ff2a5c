"""From text to words. The same path for documents, queries and excerpts, so that what is found is also what is marked.

A word has one folded form ("Øvergård" → "overgard") and one or two stems: the English and the Dutch one stand side by
side, whatever the language of the text, because people here write both in one sentence. Folding and stemming are by
word and remembered. The stemmers are Whoosh's (Porter 2, and Snowball's Dutch with its loose ends tied: "huizen" meets
"huis", "gemeenschappen" meets "gemeenschap").
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Whoosh is from 2016: its patterns are not raw strings.
    from whoosh.lang.porter2 import stem as _english
    from whoosh.lang.snowball.dutch import DutchStemmer

_dutch = DutchStemmer().stem

WORD_CHARACTERS = 64
"""Longer words are cut: nobody types them, and a base64 blob must not fill the lexicon."""
BODY_CHARACTERS = 1_000_000
"""What is indexed of one text, at most."""
TITLE_WEIGHT = 4
"""How many times a word in the title counts."""
COMPOUND_STEM, COMPOUND_REST = 6, 4
"""A longer word is a compound of a shorter one when it begins with it: the least letters of both parts."""

# Letters and digits, with apostrophes inside ("foto's"). One short prefix is drawn in: e-mail and email are one word.
_TOKEN = re.compile(r"(?:(?<![\w-])(?:e|co|re)-(?=[^\W\d_]{3}))?[^\W_]+(?:['’][^\W_]+)*", re.IGNORECASE)
_MARKS = re.compile(r"[\u0300-\u036f]+")
# What does not fall apart into a letter and a mark.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
# British spelling, made American before stemming: organisation, behaviour, programme.
_BRITISH = re.compile(r"(?<=\w{4})is(?=(?:ation(?:s|al)?|e[sdr]?|ers|ing)$)|(?<=\w\w)our(?=(?:s|ed|ing|al|able)?$)")

_ENGLISH = """
    a an and are as at be been but by can could did do does for from had has have he her his how i if in into is it its
    me my no not of on or our she should so than that the their them then there these they this to us was we were what
    when where which who why will with would you your
"""
_DUTCH = """
    aan al als bij dan dat de deze die dit door een en er haar had heb hebben heeft het hij hoe hun ik in is je jij jou
    jouw jullie kan kunnen maar me mee met mijn naar niet nog nu of om ons onze ook op over te tot u uit uw van voor
    waar waarom want was wat we wel wie wij wil worden wordt zal ze zich zij zijn zo zou
"""
ENGLISH = frozenset(_ENGLISH.split())
DUTCH = frozenset(_DUTCH.split())
# Too common to tell texts apart. Not those that are a word of substance in the other language.
STOP = (ENGLISH | DUTCH) - {"die", "door", "over", "want", "hoe", "kan", "wat", "wil"}
GUESS_WORDS = 600


class Form(NamedTuple):
    """What a word is compared by: its folded form, and its one or two stems."""

    word: str
    stems: tuple[str, ...]


class Token(NamedTuple):
    """One word of a text and where it stands in it."""

    start: int
    end: int
    form: Form


@dataclass(frozen=True)
class Analysed:
    """A document's words as they are indexed. `words` keeps the order, title first; `stems` counts the title more."""

    words: list[str]
    stems: list[str]
    title: list[str]
    language: str | None


def fold(text: str) -> str:
    """Small letters without accents: "Yıldırım" → "yildirim", "Øvergård" → "overgard"."""
    if text.isascii():
        return text.lower()
    for _ in range(2):  # What falls apart can have a capital inside, and a small letter can fall apart.
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)))
    return text


@lru_cache(maxsize=20_000)
def form_of(token: str) -> Form:
    """The forms of one word as it stands in a text."""
    word = fold(token).replace("-", "").replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    word = word.replace("'", "")[:WORD_CHARACTERS]
    return Form(word, _stems(word))


def _stems(word: str) -> tuple[str, ...]:
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return (word,)
    english = _english(_BRITISH.sub(lambda found: "iz" if found[0] == "is" else "or", word))
    dutch = _dutch(word)
    if len(dutch) > 3:
        if dutch[-1] == dutch[-2] and dutch[-1] not in "aeiou":
            dutch = dutch[:-1]
        dutch = dutch[:-1] + {"z": "s", "v": "f"}.get(dutch[-1], dutch[-1])
    return (english,) if english == dutch else (english, dutch)


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order, lazily. Positions hold for `text` as given, so give it composed (NFC)."""
    for found in _TOKEN.finditer(text):
        form = form_of(found[0])
        if form.word:
            yield Token(found.start(), found.end(), form)


def analyse(title: str, body: str, language: str | None = None) -> Analysed:
    """What is indexed of a document. The language is guessed when it is not given."""
    heading = [token.form for token in tokens(compose(title[:1000]))]
    text = [token.form for token in tokens(compose(body[:BODY_CHARACTERS]))]
    stems = [stem for form in heading * TITLE_WEIGHT for stem in form.stems]
    stems += [stem for form in text if form.word not in STOP for stem in form.stems]
    # The line feed is no word: a phrase does not run on from the title into the text.
    words = [form.word for form in heading] + ["\n"] + [form.word for form in text]
    known = {form.word for form in heading}.union(*(form.stems for form in heading))
    return Analysed(words, stems, sorted(known), language or guess_language(words))


def guess_language(words: list[str]) -> str | None:
    """ "en" or "nl" by counting the small words of the first few hundred, None when they do not tell."""
    english = dutch = 0
    for word in islice(words, GUESS_WORDS):
        english += word in ENGLISH
        dutch += word in DUTCH
    if english == dutch or max(english, dutch) < 2:
        return None
    return "en" if english > dutch else "nl"


def compound_head(form: Form) -> str | None:
    """With what the compounds of this word begin: "wachtlijsten" → "wachtlijst". None when it is too short to tell."""
    heads = [head for head in (*form.stems, form.word) if len(head) >= COMPOUND_STEM and form.word.startswith(head)]
    return min(heads, key=len) if heads and form.word.isalpha() else None


def compose(text: str) -> str:
    """The same text with its accents composed (NFC)."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)
