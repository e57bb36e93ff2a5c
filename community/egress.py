"""The one way out to addresses that people and browsers name: a small GET or POST that cannot be turned against the house.

A name is resolved once, every address that it has must be a public one, and the connection goes to the address that was looked at,
so that a second answer of a hostile name server changes nothing. Each redirect is a new address and is looked at anew. All of it
has its time, and of an answer no more is read than `LARGEST` bytes; no cookies, no credentials, no proxies.
"""

from __future__ import annotations

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

SECONDS = 5.0
POST_SECONDS = 10.0
LARGEST = 1_000_000
"""Bytes that are read of an answer. What is longer is cut."""
REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
AGENT = "Cohortium (link preview)"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The address may not be asked, or (a GET) did not answer as it should."""


class Answer(NamedTuple):
    """What came: from where in the end, of what type, and its first bytes."""

    url: str
    media_type: str
    charset: str
    body: bytes


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAT64_HERE = ipaddress.ip_network("64:ff9b:1::/48")  # whatever the network around us wants them to mean (RFC 8215)


def is_public(address: Address) -> bool:
    """Whether an address is out in the world: not this machine, this network, a carrier's, a group, or one hidden in another."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local or address in _NAT64_HERE:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def get(
    url: str,
    *,
    types: frozenset[str],
    allowed: Callable[[Address], bool] = is_public,
    ports: frozenset[int] = frozenset(PORTS.values()),
    seconds: float = SECONDS,
) -> Answer:
    """What stands at an address, if it is one of `types`. Raises Refused for whatever keeps it from that."""
    until = time.monotonic() + seconds
    for _hop in range(REDIRECTS + 1):
        try:
            found = _one(url, types, allowed, ports, until)
        except (OSError, ValueError, http.client.HTTPException) as fault:
            raise Refused(f"{type(fault).__name__}: {fault}") from fault
        if isinstance(found, Answer):
            return found
        url = found
    raise Refused("too many redirects")


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allowed: Callable[[Address], bool] = is_public,
    seconds: float = POST_SECONDS,
) -> int:
    """Send, to any port and without following redirects, and give the status of the answer. Raises Refused for an address that
    may not be asked, OSError when it cannot be reached.
    """
    until = time.monotonic() + seconds
    headers = {**headers, "Content-Length": str(len(body))}
    try:
        with _asked("POST", url, headers, body, allowed, None, until) as answer:
            return answer.status
    except (http.client.HTTPException, ValueError) as fault:
        raise OSError(f"{type(fault).__name__}: {fault}") from fault


def _one(
    url: str, types: frozenset[str], allowed: Callable[[Address], bool], ports: frozenset[int], until: float
) -> Answer | str:
    """One GET: the answer, or where it sends us."""
    headers = {"User-Agent": AGENT, "Accept": ", ".join(sorted(types)), "Accept-Encoding": "identity"}
    with _asked("GET", url, headers, b"", allowed, ports, until) as answer:
        return _read(url, answer, types)


@contextmanager
def _asked(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    allowed: Callable[[Address], bool],
    ports: frozenset[int] | None,
    until: float,
) -> Iterator[http.client.HTTPResponse]:
    """One request to an address that was looked at, and the head of its answer; closed at the end."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as fault:
        raise Refused("not an address of the web") from fault
    if parts.scheme not in PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        raise Refused("not an address of the web")
    if ports is not None and port not in ports:
        raise Refused("a port that is not of the web")
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    pinned = _pinned(host, port, allowed, until)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        "?" + quote(parts.query, safe="/%:@!$&'()*+,;=~-._?") if parts.query else ""
    )
    sock = socket.socket(socket.AF_INET6 if pinned.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.settimeout(_left(until))
        sock.connect((str(pinned), port))
        if parts.scheme == "https":
            sock.settimeout(_left(until))
            sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
        named = f"[{host}]" if ":" in host else host
        at = named if port == PORTS[parts.scheme] else f"{named}:{port}"
        lines = {"Host": at, **headers, "Connection": "close"}
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        sock.settimeout(_left(until))
        sock.sendall(head.encode("ascii") + b"\r\n" + body)
        answer = http.client.HTTPResponse(_Timed(sock, until), method=method)  # type: ignore[arg-type]
        answer.begin()
        yield answer
    finally:
        sock.close()


def _read(url: str, answer: http.client.HTTPResponse, types: frozenset[str]) -> Answer | str:
    if answer.status in (301, 302, 303, 307, 308):
        target = answer.headers.get("Location", "")
        if not target:
            raise Refused("a redirect to nowhere")
        return urljoin(url, target)
    if answer.status != 200:
        raise Refused(f"status {answer.status}")
    media_type = answer.headers.get_content_type()
    if media_type not in types or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(f"type {media_type}")
    body = b""
    while len(body) < LARGEST and (piece := answer.read1(min(65_536, LARGEST - len(body)))):
        body += piece
    return Answer(url, media_type, answer.headers.get_content_charset("utf-8"), body)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("it took too long")
    return left


def _pinned(host: str, port: int, allowed: Callable[[Address], bool], until: float) -> Address:
    """The address to connect to. One address of a name that may not be asked is enough to refuse the name."""
    found: list[Any] = []
    asking = threading.Thread(target=_resolve, args=(host, port, found), daemon=True)  # resolving knows no time limit
    asking.start()
    asking.join(_left(until))
    addresses = [ipaddress.ip_address(str(row[4][0]).split("%")[0]) for row in found]
    if not addresses:
        raise OSError("a name without an address")
    if not all(allowed(address) for address in addresses):
        raise Refused("not a public address")
    return addresses[0]


def _resolve(host: str, port: int, found: list[Any]) -> None:
    try:
        found += socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found.clear()


class _Timed(io.RawIOBase):
    """A socket whose every read ends when the time of the whole request does, however slowly bytes drip in."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        super().__init__()
        self._sock, self._until = sock, until

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._sock.settimeout(_left(self._until))
        return self._sock.recv_into(buffer)
