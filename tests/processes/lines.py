"""What tests of uploads send and through what: bytes made on the fly, and a line that breaks."""

from __future__ import annotations

import contextlib
import hashlib
import io
import random
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

BLOCK = 256 * 1024


class Pattern(io.RawIOBase):
    """So many bytes, different in each block and the same each time, that nobody keeps. Can be read from any place. `pace`: seconds
    that each megabyte takes, for a line that is slow on every machine.
    """

    def __init__(self, size: int, start: int = 0, end: int | None = None, pace: float = 0) -> None:
        super().__init__()
        self.pace = pace
        self.size, self.start, self.end, self.at = size, start, size if end is None else end, start
        self._base = random.Random(14).randbytes(BLOCK - 8)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def __len__(self) -> int:
        return self.end - self.start

    def tell(self) -> int:
        return self.at - self.start

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = {0: self.start, 1: self.at, 2: self.end}[whence] + offset
        return self.tell()

    def read(self, size: int = -1, /) -> bytes:
        end = self.end if size < 0 else min(self.end, self.at + size)
        made = []
        while self.at < end:
            block, inside = divmod(self.at, BLOCK)
            piece = (struct.pack(">Q", block) + self._base)[inside : inside + end - self.at]
            made.append(piece)
            self.at += len(piece)
        whole = b"".join(made)
        if self.pace:
            time.sleep(self.pace * len(whole) / 1_000_000)
        return whole

    def sha256(self) -> str:
        """Of all of it."""
        digest, whole = hashlib.sha256(), Pattern(self.size)
        while piece := whole.read(4 * BLOCK):
            digest.update(piece)
        return digest.hexdigest()


class Line:
    """A proxy on a port of its own. It breaks: each connection once it carried what `after` says, as long as `breaks` are left."""

    def __init__(self, to: str, breaks: int, after: tuple[int, int]) -> None:
        self.to, self.left, self.after, self.broken = urlsplit(to), breaks, after, 0
        self._dice = random.Random(20)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection((self.to.hostname or "", self.to.port or 0))
        except OSError:
            near.close()
            return
        threading.Thread(target=self._back, args=(far, near), daemon=True).start()
        carried, until = 0, self._dice.randint(*self.after)
        with contextlib.suppress(OSError):
            while piece := near.recv(65536):
                far.sendall(piece)
                carried += len(piece)
                if carried >= until and self.left > 0:
                    self.left, self.broken = self.left - 1, self.broken + 1
                    for end in (near, far):  # without a word of farewell
                        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
        near.close()
        far.close()

    def _back(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := far.recv(65536):
                near.sendall(piece)
            near.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._door.close()


@contextmanager
def line(to: str, *, breaks: int, after: tuple[int, int]) -> Iterator[Line]:
    """A line to an address."""
    made = Line(to, breaks, after)
    try:
        yield made
    finally:
        made.close()
