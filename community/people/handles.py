"""Handles and e-mail addresses: the names that lead to one account, and no look-alike that leads to another.

A handle is part of the person's address (`/people/noor.van-der-velden`) and of a mention, so it is made of letters that
every keyboard has. What people type is folded first: two spellings that look the same are the same (CVE-2020-7245).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from sqlalchemy import select

from community.errors import Invalid, _l
from community.extensions import db
from community.people.models import Person

LONGEST = 39
"""Characters."""
_HANDLE = re.compile(r"[a-z0-9](?:[.-]?[a-z0-9]){1,38}")
_EMAIL = re.compile(
    r"(?=[^@]{1,64}@)[a-z0-9!#$%&'*+/=?^_`{|}~\w-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~\w-]+)*"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_])"
)
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]"
)

RESERVED = frozenset(
    re.findall(
        r"\S+",
        "about account accounts admin administrator all anonymous api billing channel coach cohortium contact deleted "
        "edit everybody everyone export facilitator feed guest help here home host info join login logout mail me "
        "member members moderator new nobody no-reply noreply notifications null owner people postmaster root search "
        "security settings sponsor staff support system team undefined unknown webmaster webhooks www you",
    )
)
"""Words that would be taken for the house itself, for a group, or for a page."""

# Letters that Unicode does not take apart, and the alphabets of the neighbours: readable, not scholarly.
_LETTERS = str.maketrans(
    dict(
        re.findall(
            r"(\S)=(\S+)",
            "ø=o æ=ae œ=oe ð=d đ=d ł=l ħ=h ı=i ŧ=t ŋ=n ß=ss þ=th ə=e ĳ=ij "
            "α=a β=v γ=g δ=d ε=e ζ=z η=i θ=th ι=i κ=k λ=l μ=m ν=n ξ=x ο=o π=p ρ=r σ=s ς=s τ=t υ=y φ=f χ=ch ψ=ps ω=o "
            "а=a б=b в=v г=g д=d е=e ж=zh з=z и=i й=i к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch "
            "ш=sh щ=shch ы=y э=e ю=yu я=ya і=i ї=yi є=ye ґ=g",
        )
    )
)
# Cyrillic and Greek letters that look like Latin ones: in a handle they are meant, or made, to be mistaken for them.
_LOOKALIKES = str.maketrans("аеорсухіјѕһԁԛԝοανκιρυ", "aeopcyxijshdqwoavkipu")


def ascii_words(text: str) -> list[str]:
    """The words of a text in plain lower-case letters and digits: `Øvergård, Ragnhild` gives `overgard`, `ragnhild`."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", folded) if not unicodedata.combining(c))
    bare = re.sub(r"['’`´]", "", bare.translate(_LETTERS))
    return re.findall(r"[a-z0-9]+", bare)


def handle_of(text: str) -> str:
    """The letters of a text as they would stand in a handle, joined by `-`; empty when none of them can."""
    return "-".join(ascii_words(text))


def handle_from_name(name: str, taken: Callable[[str], bool] = lambda handle: False) -> str:
    """A readable handle for a name: `Noor van der Velden` becomes `noor.van-der-velden`.

    The first word stays apart from the rest. A name that is too long loses, in this order, the second half of a double
    first name and the middle words; one without a usable letter becomes `colleague`. `taken` says which handles are
    in use already: then a number follows.
    """
    first, _, rest = " ".join(name.split()).partition(" ")
    given, family = ascii_words(first), ascii_words(rest)
    if not given:
        given, family = family[:1], family[1:]
    tries = (
        (given, family),
        (given[:1], family),
        (given[:1], family[-2:]),
        (given[:1], family[-1:]),
    )
    joined = [".".join(filter(None, ("-".join(one), "-".join(two)))) for one, two in tries]
    base = next((text for text in joined if len(text) <= LONGEST), joined[-1][:LONGEST].rstrip(".-"))
    if len(base) < 2:
        base = f"{base}.colleague".lstrip(".")
    return _numbered(base, taken)


def _numbered(base: str, taken: Callable[[str], bool]) -> str:
    handle, number = base, 2
    while handle in RESERVED or taken(handle):
        tail = f"-{number}"
        handle = base[: LONGEST - len(tail)].rstrip(".-") + tail
        number += 1
    return handle


def free_handle(text: str) -> str:
    """A handle for somebody new that nobody has: from a handle that was asked for, or from a name."""
    wish = canonical(text)
    if " " in text.strip() or not _HANDLE.fullmatch(wish) or len(wish) > LONGEST:
        wish = handle_from_name(text)
    held = set(db.session.scalars(select(Person.handle).where(Person.handle.startswith(wish[:30], autoescape=True))))
    return _numbered(wish, held.__contains__)


def canonical(handle: str) -> str:
    """What is looked up for a handle that somebody typed: compatible forms, case, blanks and look-alikes folded."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", handle)).casefold()
    folded = unicodedata.normalize("NFKC", folded).translate(_LOOKALIKES)
    return "".join(folded.split()).removeprefix("@")


def checked_handle(handle: str) -> str:
    """The canonical handle, fit to be given to a person.

    :raises Invalid: "handle", when it has other characters than a to z, 0 to 9, single points and hyphens within, is
        shorter than 2 or longer than 39, or is a word of the house.
    """
    name = canonical(handle)
    if not 2 <= len(name) <= LONGEST or not _HANDLE.fullmatch(name):
        raise Invalid(
            "handle",
            _l("Use 2 to %(limit)d letters a to z and digits, with single points or hyphens between them."),
            limit=LONGEST,
        )
    if name in RESERVED:
        raise Invalid("handle", _l("This word belongs to the site itself. Choose another one."))
    return name


def canonical_email(email: str) -> str:
    """What is kept and looked up for an e-mail address: no blanks around it, compatible forms and case folded."""
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", email)).strip().casefold()
    return unicodedata.normalize("NFKC", folded)


def is_email(email: str) -> bool:
    """Whether mail could go there: a canonical address with a host that has a point (RFC 5321, without quoted boxes)."""
    return len(email) <= 254 and _EMAIL.fullmatch(email) is not None
