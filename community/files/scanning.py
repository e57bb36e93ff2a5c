"""Asking a scanner whether bytes do harm, while they are on their way to the storage: what it finds is never kept (QUALITY 56).

`SCAN_URL` says who is asked: clamd over TCP or a socket of this machine (its INSTREAM command, clamd(8)), or a command that reads
the bytes and tells by its exit code (0: nothing, 1: found). One that cannot be asked is left alone for half a minute; meanwhile,
and for a file of which it cannot tell, `SCAN_FAIL` decides: closed (nothing comes in) or open.
"""

from __future__ import annotations

import logging
import os
import select
import shlex
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote, urlsplit

from community.errors import Invalid, _l
from community.files.storage import CHUNK, Source

SECONDS = 30.0
"""For a scanner to take a piece, and to think about the whole."""
LEFT_ALONE = 30.0
"""Seconds after a failure in which it is not asked."""
_log = logging.getLogger(__name__)


class Harmful(Invalid):
    """A scanner found something in it. Nothing was kept. `what` is its name of it."""

    def __init__(self, what: str) -> None:
        super().__init__("file", _l("This file was not kept: the scanner found something harmful in it."))
        self.what = what


class NotScanned(Invalid):
    """The scanner could not be asked, and without its word nothing is kept."""

    def __init__(self) -> None:
        super().__init__(
            "file", _l("Files cannot be checked at the moment, so this one was not kept. Try again in a few minutes.")
        )


class NoAnswer(Exception):
    """A scanner did not answer, or could not tell."""


class Asked(Protocol):
    """One question to a scanner."""

    def tell(self, piece: bytes) -> None:
        """More of the bytes. Raises NoAnswer, OSError."""

    def verdict(self) -> str:
        """What was found, "" for nothing. Raises NoAnswer, OSError."""

    def close(self) -> None:
        """Ask no more."""


@dataclass
class Scanner:
    """Whom to ask, and what to do when there is no answer. `found` hears of what was found, `failed_at` is when it failed last."""

    begin: Callable[[], Asked]
    fails_open: bool = False
    name: str = ""
    failed_at: float | None = None
    fault: str = ""
    counts: dict[str, int] = field(default_factory=lambda: {"clean": 0, "found": 0, "failed": 0})

    def ask(self) -> Asked | None:
        """A question, None while it is left alone or cannot be reached."""
        if self.failed_at is not None and time.monotonic() - self.failed_at < LEFT_ALONE:
            return None
        try:
            return self.begin()
        except (OSError, NoAnswer) as fault:
            self.note_failure(fault)
            return None

    def note_failure(self, fault: Exception) -> None:
        self.failed_at, self.fault = time.monotonic(), str(fault) or type(fault).__name__
        _log.error("scanner %s: %s", self.name, self.fault)

    def check(self) -> str:
        """Ask about nothing much, now: "" when it answers, else why it does not."""
        try:
            asked = self.begin()
            try:
                asked.tell(b"hello")
                asked.verdict()
            finally:
                asked.close()
        except (OSError, NoAnswer) as fault:
            return str(fault) or type(fault).__name__
        self.failed_at = None
        return ""


class Scanned:
    """A stream that tells a scanner what passes, and ends only when it found nothing. Reading raises Harmful, NotScanned: then
    nobody keeps what it gave.
    """

    def __init__(self, stream: Source, scanner: Scanner) -> None:
        self._stream, self._scanner = stream, scanner
        self._asked = scanner.ask()
        if self._asked is None:
            self._without()
        self._over = False

    def read(self, size: int, /) -> bytes:
        try:
            piece = self._stream.read(size)
        except BaseException:
            self._stop()
            raise
        try:
            if self._asked is not None and piece:
                self._asked.tell(piece)
            elif self._asked is not None and not self._over:
                self._hear(self._asked.verdict())
        except (OSError, NoAnswer) as fault:
            self._stop()
            self._scanner.note_failure(fault)
            self._without()
        self._over = self._over or not piece
        return piece

    def _hear(self, found: str) -> None:
        self._stop()
        self._scanner.failed_at = None
        self._scanner.counts["found" if found else "clean"] += 1
        if found:
            _log.warning("scanner %s: found %s in an upload; it was not kept", self._scanner.name, found)
            raise Harmful(found)

    def _without(self) -> None:
        self._scanner.counts["failed"] += 1
        if not self._scanner.fails_open:
            raise NotScanned()

    def _stop(self) -> None:
        if self._asked is not None:
            self._asked.close()
            self._asked = None

    def close(self) -> None:
        """Ask no more: somebody gave up."""
        self._stop()


class _Clamd:
    """INSTREAM: pieces with their length in front, an empty one at the end, and a line that says what was found."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._socket = connect()
        self._socket.settimeout(SECONDS)
        self._socket.sendall(b"zINSTREAM\0")

    def tell(self, piece: bytes) -> None:
        try:
            for at in range(0, len(piece), CHUNK):
                part = piece[at : at + CHUNK]
                self._socket.sendall(struct.pack(">L", len(part)) + part)
        except (BrokenPipeError, ConnectionResetError):
            raise NoAnswer(self._line() or "it hung up") from None

    def verdict(self) -> str:
        self._socket.sendall(struct.pack(">L", 0))
        line = self._line()
        if line.endswith("FOUND"):
            return line.removesuffix("FOUND").partition(":")[2].strip()[:200] or "?"
        if not line.endswith("OK"):
            raise NoAnswer(line or "it hung up")
        return ""

    def _line(self) -> str:
        said = b""
        with suppress(OSError):
            while len(said) < 4_096 and (piece := self._socket.recv(4_096)):
                said += piece
                if b"\0" in piece:
                    break
        return said.rstrip(b"\0\n").decode("utf-8", "replace").strip()

    def close(self) -> None:
        self._socket.close()


class _Command:
    """A program that reads the bytes and tells by its exit code."""

    def __init__(self, words: list[str]) -> None:
        self._process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PATH": os.defpath}
        )
        assert self._process.stdin is not None
        self._pipe = self._process.stdin.fileno()
        os.set_blocking(self._pipe, False)

    def tell(self, piece: bytes) -> None:
        left = memoryview(piece)
        while left and self._process.poll() is None:
            if not select.select([], [self._pipe], [], SECONDS)[1]:
                raise NoAnswer("it takes no more")
            try:
                left = left[os.write(self._pipe, left) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                return  # it knows enough, and says so at the end

    def verdict(self) -> str:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            code = self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            raise NoAnswer("it takes too long") from None
        if code not in (0, 1):
            raise NoAnswer(f"it ended with {code}")
        return "?" if code else ""

    def close(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


def scanner_from(url: str, *, fails_open: bool) -> Scanner | None:
    """The scanner that `SCAN_URL` names, None for none.

    :raises ValueError: a sentence without its subject, "must …".
    """
    if not url:
        return None
    kind, _, rest = url.partition(":")
    if kind == "command":
        words = shlex.split(rest)
        if not words or shutil.which(words[0]) is None:
            raise ValueError(f"must name a program that is there, such as command:/usr/bin/scanner, not {url!r}")
        return Scanner(lambda: _Command(words), fails_open, words[0])
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme == "clamd" and parts.hostname:
        place = (parts.hostname, parts.port or 3310)
        return Scanner(
            lambda: _Clamd(lambda: socket.create_connection(place, SECONDS)), fails_open, f"{place[0]}:{place[1]}"
        )
    if parts.scheme == "clamd" and path.strip("/"):
        return Scanner(lambda: _Clamd(lambda: _local(path)), fails_open, path)
    raise ValueError(f"must be clamd://host:3310, clamd:///path/to.sock or command:/usr/bin/scanner, not {url!r}")


def _local(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(SECONDS)
    try:
        made.connect(path)
    except OSError:
        made.close()
        raise
    return made
