"""All that a caller must know of what can go wrong. The face translates these into pages and problem+json.

Sentences are English source texts, marked with `_l` for the catalogue, with named placeholders kept apart in `facts`,
so that the face can say them in the reader's language.
"""

from __future__ import annotations

from typing import Any


def _l(sentence: str) -> str:
    """Mark a sentence for the translation catalogue; gives it back as it is."""
    return sentence


class CommunityError(Exception):
    """Base of everything that the domain refuses. `sentence` says what to do, `facts` fill its placeholders."""

    def __init__(self, sentence: str, **facts: Any) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts

    def __str__(self) -> str:
        return self.sentence % self.facts if self.facts else self.sentence


class NotFound(CommunityError):
    """There is no such thing, or the actor may not know of it: on purpose the same error."""

    def __init__(self, sentence: str = _l("There is nothing here, or it is not yours to see."), **facts: Any) -> None:
        super().__init__(sentence, **facts)


class Denied(CommunityError):
    """The actor sees the thing, but may not do this with it."""

    def __init__(self, sentence: str = _l("You may not do this here."), **facts: Any) -> None:
        super().__init__(sentence, **facts)


class Invalid(CommunityError):
    """One field holds what cannot be used. The sentence says how to repair it."""

    def __init__(self, field: str, sentence: str, **facts: Any) -> None:
        super().__init__(sentence, **facts)
        self.field = field


class Conflict(CommunityError):
    """Somebody else was first. `theirs` is what stands now, `base` its revision, so that nothing is lost."""

    def __init__(self, sentence: str, *, theirs: str = "", base: int | None = None, **facts: Any) -> None:
        super().__init__(sentence, **facts)
        self.theirs = theirs
        self.base = base


class TooMany(CommunityError):
    """Too many tries. `retry_after` is in seconds."""

    def __init__(self, retry_after: int, sentence: str = _l("Too many tries. Wait a moment, then try again.")) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
