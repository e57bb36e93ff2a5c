"""A client that costs next to nothing: one connection that is kept, bytes that are ready, nothing read that is not needed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence


def request(method: str, path: str, *headers: str, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Language: en", *headers]
    if body or method != "GET":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Line:
    """One connection, opened again when the server has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def ask(self, wanted: bytes) -> tuple[int, bytes, int]:
        """Send a request: its status, its head, and how many bytes came. Raises ConnectionError when nobody answers."""
        for _ in range(2):
            try:
                return self._ask(wanted)
            except (BrokenPipeError, ConnectionResetError, EOFError):
                self.close()  # it was kept too long
        raise ConnectionError(f"port {self._port} does not answer")

    def _ask(self, wanted: bytes) -> tuple[int, bytes, int]:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(wanted)
        got = b""
        while b"\r\n\r\n" not in got:
            part = self._socket.recv(65536)
            if not part:
                raise EOFError
            got += part
        head, _, body = got.partition(b"\r\n\r\n")
        small = head.lower()
        at = small.find(b"content-length:")
        length = int(small[at + 15 : small.find(b"\r\n", at) if b"\r\n" in small[at:] else None]) if at >= 0 else 0
        count = len(body)
        while count < length:
            part = self._socket.recv(65536)
            if not part:
                raise EOFError
            count += len(part)
        if b"connection: close" in small:
            self.close()
        return int(head[9:12]), head, count

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def one_by_one(port: int, requests: Sequence[bytes], count: int, expected: int) -> list[float]:
    """Ask so many, one after another. Answers the seconds that each took. Raises RuntimeError at another status."""
    line = Line(port)
    took = []
    for number in range(count):
        began = time.perf_counter()
        status, head, _ = line.ask(requests[number % len(requests)])
        took.append(time.perf_counter() - began)
        if status != expected:
            raise RuntimeError(f"{requests[number % len(requests)][:80]!r} was answered {head[:300]!r}")
    line.close()
    return took


def together(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> float:
    """Ask over several connections at once for so many seconds. Answers how many answers came a second."""
    counts = [0] * connections
    until = time.perf_counter() + seconds

    def ask(mine: int) -> None:
        line, number = Line(port), mine
        while time.perf_counter() < until:
            line.ask(requests[number % len(requests)])
            counts[mine] += 1
            number += connections
        line.close()

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds
