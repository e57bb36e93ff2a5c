"""The letters and the colour that stand for somebody who gave no picture."""

from __future__ import annotations

from zlib import crc32

HUES = 6
"""Colours of the letters: `data-hue` 1 to 6 in the style sheet."""
_PARTICLES = frozenset(
    ("al", "ben", "da", "de", "del", "den", "der", "di", "dos", "du", "el", "la", "le", "ten", "ter", "van", "von")
)


def initials(name: str) -> str:
    """One or two letters for a name: `Noor van der Velden` is NV, `Samir El Idrissi` SE, `Rik` R; `?` for no name.

    The second letter is that of the family name without its small words; a middle name gives none.
    """
    words = [word for word in name.split() if any(letter.isalnum() for letter in word)]
    if not words:
        return "?"
    return _first_letter(words[0]) + (_first_letter(_family(words[1:])) if len(words) > 1 else "")


def _family(words: list[str]) -> str:
    """The word of a family name by which people file it: what follows the particles, unless those have capitals."""
    for at, word in enumerate(words[:-1]):
        if word.casefold() in _PARTICLES:
            if not word.islower():
                return word
            return next((later for later in words[at:] if later.casefold() not in _PARTICLES), words[-1])
    return words[-1]


def _first_letter(word: str) -> str:
    return next(letter for letter in word if letter.isalnum()).upper()[:1]


def hue(key: object) -> int:
    """The colour behind the letters, 1 to 6, for a handle: the same in every process, on every machine, for ever."""
    return crc32(str(key).encode("utf-8", "replace")) % HUES + 1
