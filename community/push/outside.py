"""The one way to a push service: a small POST that cannot be turned against the house.

A browser tells us its endpoint, so anybody can tell us any. A name is resolved once, each of its addresses must be public, and the
connection goes to the address that was looked at. No redirects, no cookies, no proxies, ten seconds.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from urllib.parse import urlsplit

SECONDS = 10.0
LARGEST = 1_000
"""Bytes of an answer that are read."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """The address may not be asked."""


def is_public(address: Address) -> bool:
    """Whether an address is out in the world: not this machine, this network, a carrier's, a group, or one hidden in another."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _pinned(host: str, port: int) -> str:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found = [str(row[4][0]).partition("%")[0] for row in rows]
    if not found or not all(is_public(ipaddress.ip_address(address)) for address in found):
        raise Refused("not a public address")
    return found[0]


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=SECONDS)
        self.address, self.secure = address, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), timeout=SECONDS)
        if self.secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send, and give the status of the answer. Raises Refused for an address that is not outside, OSError when it cannot be
    reached.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username is not None:
        raise Refused("not an address of the web")
    port = parts.port or (443 if secure else 80)
    connection = _Connection(parts.hostname, port, _pinned(parts.hostname, port), secure=secure)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        answer.read(LARGEST)
        return answer.status
    except (http.client.HTTPException, ValueError) as fault:
        raise OSError(f"{type(fault).__name__}: {fault}") from fault
    finally:
        connection.close()
