"""Passwords: argon2id, whole and in any script, and none that stands on everybody's list.

What counts is length and not being guessable: no rules about capitals and signs (OWASP ASVS 5, 6.2 and 11.4.2). A
password is compared in its NFKC form, because keyboards make the same letter in different ways.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from community.errors import Invalid, _l

SHORTEST, LONGEST = 8, 1024
"""Characters. The upper bound only keeps a request from being a burden."""
LEAST_OWN, LEAST_OTHER = 4, 5
"""Letters that make a word somebody's own; letters or digits that must stand beside such words."""
MEMORY_KIB, ROUNDS, LANES = 24 * 1024, 2, 1
"""Some 50 ms and 24 MiB a try on one ordinary core; the least that OWASP advises is 19 MiB and 2 rounds."""

_hasher = PasswordHasher(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=LANES, type=Type.ID)

# What the English lists leave out, and Dutch-speaking people choose first.
_BASES = (
    "welkom",
    "wachtwoord",
    "geheim",
    "voetbal",
    "zomer",
    "winter",
    "lente",
    "herfst",
    "nederland",
    "waterland",
    "cohortium",
)
_TAILS = ("", "0", "1", "01", "12", "123", "1234", "12345", "!", "1!", "01!", "123!", *map(str, range(2015, 2036)))


def _whole(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", _whole(text).casefold())


def hash(password: str) -> str:
    """The argon2id hash to keep, with its parameters and salt in it: 97 characters."""
    return _hasher.hash(_whole(password))


def verify(kept: str, password: str) -> bool:
    """Whether a password fits its hash. A hash that cannot be read fits nothing."""
    try:
        return _hasher.verify(kept, _whole(password))
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False


def needs_rehash(kept: str) -> bool:
    """Whether a hash was made with other parameters than today's, and should be made anew at the next sign-in."""
    return _hasher.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    """A hash that no password fits, with today's parameters. It costs nothing to make, so the first use is not slower."""
    salt, digest = (b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={ROUNDS},p={LANES}${salt}${digest}"


def waste_time() -> None:
    """Take as long as `verify` does, for an account that is not there (ASVS 6.3.8)."""
    verify(_nobody(), "nobody")


@cache
def _common() -> frozenset[str]:
    """The most used passwords of at least `SHORTEST` characters, folded: some 12,000, a megabyte, read when first needed.

    The list is the one in zxcvbn. Only its file is read, for the package itself keeps 100,000 words in memory.
    """
    package = find_spec("zxcvbn")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("The package zxcvbn is missing: without it common passwords would pass.")
    path = Path(package.submodule_search_locations[0]) / "frequency_lists.py"
    spec = spec_from_file_location("frequency_lists", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} cannot be read.")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    listed = (_folded(word) for word in module.FREQUENCY_LISTS["passwords"])
    ours = (base + tail for base, tail in product(_BASES, _TAILS))
    return frozenset(word for word in (*listed, *ours) if len(word) >= SHORTEST)


def _own_words(words: Iterable[str]) -> list[str]:
    """The pieces of names and addresses that somebody who knows the person would try, the longest first."""
    pieces = {piece for word in words for piece in (_folded(word), *re.findall(r"[^\W_]+", _folded(word)))}
    return sorted((piece for piece in pieces if len(piece) >= LEAST_OWN), key=len, reverse=True)


def check_strength(password: str, *, words: Iterable[str] = ()) -> None:
    """Accept a new password, or say why not. `words` are the person's name, e-mail and handle, the site's name, and such.

    A password may hold such words (of four letters or more), as long as five other letters or digits stand beside them.

    :raises Invalid: "password", when it is too short, too long, common, one piece repeated, or little but `words`.
    """
    try:
        password.encode()
    except UnicodeEncodeError:
        raise Invalid("password", _l("This password holds half a character. Type it again.")) from None
    length = len(_whole(password))
    if length < SHORTEST:
        raise Invalid(
            "password",
            _l("Use at least %(shortest)d characters. Three or four words are easy to keep."),
            shortest=SHORTEST,
        )
    if length > LONGEST:
        raise Invalid("password", _l("Use at most %(longest)d characters."), longest=LONGEST)
    folded = _folded(password)
    if folded in _common() or re.fullmatch(r"(.{1,4}?)\1+(?:.{0,3})", folded, re.DOTALL):
        raise Invalid("password", _l("Many people use this password, so it is guessed first. Choose another one."))
    rest = folded
    for word in _own_words(words):
        rest = rest.replace(word, " ")
    if rest != folded and sum(character.isalnum() for character in rest) < LEAST_OTHER:
        raise Invalid(
            "password", _l("This password is little more than a name that people know. Add words of your own.")
        )
