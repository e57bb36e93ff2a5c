"""The client program of `delivery`, in a process of its own: many sockets, lean enough not to be what is measured.

    python -m bench.crowd < task.json

The task names targets, `[{"port", "tokens", "watch", "trigger"}, …]`, how many `sockets` each gets and how many `rounds` there are.
In a round each target in turn gets its trigger (the bytes of a request, as latin-1); the answer's `X-Committed` says when it had
committed, in seconds of the clock that all processes share. Printed is, for each target and round, when half of the sockets, 99
of 100 and the last had the pointer, in seconds after that.
"""

from __future__ import annotations

import json
import os
import resource
import select
import socket
import struct
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from bench.load import Line

PATIENCE = 60.0  # seconds until a socket that heard nothing is lost


class Ear:
    """One socket: Engine.IO 4 over WebSocket (RFC 6455), no more of it than the server uses."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held = b""
        key = b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            (
                "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
            ).encode()
        )
        while b"\r\n\r\n" not in self._held:
            part = self.socket.recv(4096)
            if not part:
                raise ConnectionError(f"refused: {self._held[:200]!r}")
            self._held += part
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(f"refused: {head[:200]!r}")

    def say(self, words: str) -> None:
        """Send one masked text frame."""
        payload, mask = words.encode(), os.urandom(4)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        size = bytes([128 | len(payload)]) if len(payload) < 126 else bytes([254]) + struct.pack("!H", len(payload))
        self.socket.sendall(b"\x81" + size + mask + masked)

    def messages(self) -> list[str]:
        """What has come, waiting for it when nothing is there. Raises ConnectionError at the end."""
        found = self._whole()
        if not found:
            part = self.socket.recv(65536)
            if not part:
                raise ConnectionError("the server hung up")
            self._held += part
            found = self._whole()
        return found

    def _whole(self) -> list[str]:
        """The texts of the whole frames that are there; what follows them is kept."""
        found = []
        while len(self._held) >= 2:
            length, start = self._held[1] & 127, 2
            if length == 126:
                if len(self._held) < 4:
                    break
                length, start = struct.unpack("!H", self._held[2:4])[0], 4
            if len(self._held) < start + length:
                break
            if self._held[0] & 15 == 1:
                found.append(self._held[start : start + length].decode())
            self._held = self._held[start + length :]
        return found

    def wait_for(self, beginning: str) -> str:
        """The first message that begins so. Answers pings meanwhile."""
        while True:
            for said in self.messages():
                if said == "2":
                    self.say("3")
                elif said.startswith(beginning):
                    return said


def come_in(port: int, token: str, watch: str) -> Ear:
    """A socket that is signed in and watches."""
    ear = Ear(port)
    ear.wait_for("0")
    ear.say("40" + json.dumps({"token": token}))
    ear.wait_for("40")
    ear.say('420["watch",' + json.dumps({"room": watch}) + "]")
    answer = ear.wait_for("430")
    if '"ok":true' not in answer:
        raise ConnectionError(f"may not watch {watch}: {answer}")
    return ear


class Crowd:
    """All sockets of one target."""

    def __init__(self, target: dict[str, Any]) -> None:
        self.target = target
        self.ears: list[Ear] = []
        self._by_number: dict[int, Ear] = {}
        self._poll = select.epoll()
        self._line = Line(target["trigger_port"])

    def let_in(self) -> None:
        """One socket more, for the next person."""
        tokens = self.target["tokens"]
        ear = come_in(self.target["port"], tokens[len(self.ears) % len(tokens)], self.target["watch"])
        self.ears.append(ear)
        self._by_number[ear.socket.fileno()] = ear
        self._poll.register(ear.socket.fileno(), select.EPOLLIN)

    def answer_pings(self) -> None:
        """Read what is there, so that nobody is taken for dead while others come in."""
        for _ in self._heard(0):
            pass

    def _heard(self, seconds: float) -> Iterator[int]:
        """Those who have a pointer now, waiting at most so long for the first."""
        for number, _ in self._poll.poll(seconds):
            for said in self._by_number[number].messages():
                if said == "2":
                    self._by_number[number].say("3")
                elif said.startswith('42["activity"'):
                    yield number

    def round(self, trigger: bytes) -> list[float]:
        """Seconds after the commit at which each socket had its pointer, the quickest first."""
        heard: dict[int, float] = {}
        committed: list[float] = []

        def set_off() -> None:
            status, head, _ = self._line.ask(trigger)
            at = head.lower().find(b"x-committed:")
            if status >= 300 or at < 0:
                raise RuntimeError(f"the trigger was answered {head[:300]!r}")
            committed.append(float(head[at + 12 :].split(b"\r\n", 1)[0]))

        thread = threading.Thread(target=set_off)
        thread.start()
        until = time.monotonic() + PATIENCE
        while len(heard) < len(self.ears):
            if time.monotonic() > until:
                raise RuntimeError(f"{len(self.ears) - len(heard)} of {len(self.ears)} sockets heard nothing")
            for number in self._heard(1.0):
                heard.setdefault(number, time.monotonic())
        thread.join()
        return sorted(at - committed[0] for at in heard.values())


def main() -> None:
    """Do the task that is given as JSON, and print what was measured as JSON."""
    task = json.load(sys.stdin)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    crowds = [Crowd(target) for target in task["targets"]]
    for _ in range(task["sockets"]):
        for crowd in crowds:
            crowd.let_in()
            crowd.answer_pings()
    figures: list[list[list[float]]] = [[] for _ in crowds]
    for number in range(task["rounds"]):
        for place, crowd in enumerate(crowds):
            triggers = crowd.target["triggers"]
            times = crowd.round(triggers[number % len(triggers)].encode("latin-1"))
            figures[place].append([times[len(times) // 2], times[len(times) * 99 // 100], times[-1]])
            time.sleep(0.15)
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
