"""The key by which push services know this house (VAPID, RFC 8292): made once. Another key, and every browser asks anew.

It is the setting PUSH_KEY, or else a file beside the database that nobody else can read. Several machines share the setting.
"""

from __future__ import annotations

import base64
import os
import secrets
import tempfile
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SIZE = 32  # bytes of a private key on P-256
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def coded(data: bytes) -> str:
    """Bytes as push services want them: base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """The bytes of base64url, with or without padding. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def is_key(text: str) -> bool:
    """Whether this is a private key on P-256, as PUSH_KEY holds it."""
    try:
        raw = decoded(text)
    except ValueError:
        return False
    return len(raw) == SIZE and 0 < int.from_bytes(raw) < _ORDER


def key_in(folder: Path) -> str:
    """The key that is kept in a folder; made when there is none. Two processes that come at once agree."""
    place = folder / "push_key"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)  # readable by us alone
        with os.fdopen(handle, "w") as file:
            file.write(coded((1 + secrets.randbelow(_ORDER - 1)).to_bytes(SIZE)))
        try:
            os.link(name, place)
        except FileExistsError:
            pass
        finally:
            Path(name).unlink()
    return place.read_text().strip()


@lru_cache(maxsize=4)
def public_of(private: str) -> str:
    """The public key of a private one, as browsers want it (`applicationServerKey`)."""
    key = ec.derive_private_key(int.from_bytes(decoded(private)), ec.SECP256R1())
    return coded(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
