"""The way to a push service: the one way out of the house (`community.egress`), for ten seconds and not one more.

A browser tells us its endpoint, so anybody can tell us any: also one that answers a byte at a time.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from community import egress
from community.egress import PORTS, Refused, is_public

__all__ = ["Refused", "is_public", "post"]

SECONDS = 10.0


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send, and give the status of the answer. Raises Refused for an address that is not outside, OSError when it cannot be
    reached. Which ports there may be was asked when the browser came (`browsers.add_browser`).
    """
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme, 443)
    return egress.post(url, body, headers, allowed=is_public, ports=frozenset({port}), seconds=SECONDS)
