"""Steps that are done once: a title, a key made of what they depend on, and progress while they run.

A step whose key was written down by an earlier run is not done again. Keys hold the content of files, not their dates, so
that a fresh clone, a switched branch and a touched file all behave.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """Something did not work. The message is a clear sentence, and what was printed may follow."""


def key_of(*parts: str | Path | Iterable[Path]) -> str:
    """A short hash of texts and of the names and contents of files (those that exist)."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            total.update(part.encode() + b"\0")
            continue
        for path in [part] if isinstance(part, Path) else sorted(part):
            total.update(str(path.relative_to(ROOT)).encode() + b"\0")
            if path.is_file():
                total.update(path.read_bytes())
            total.update(b"\0")
    return total.hexdigest()[:32]


def step(title: str, *, stamp: Path, key: str, makes: Iterable[Path] = (), work: Callable[[], None]) -> bool:
    """Do `work` unless `stamp` holds `key` and everything in `makes` exists. True when it was done now."""
    if stamp.is_file() and stamp.read_text() == key and all(path.exists() for path in makes):
        return False
    stamp.unlink(missing_ok=True)
    with progress(title):
        work()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)
    return True


@contextmanager
def progress(title: str) -> Iterator[None]:
    """Say what goes on: a line with a running clock on a terminal, else a line at the start and one at the end."""
    began = time.monotonic()
    over = threading.Event()
    terminal = sys.stdout.isatty()

    def tick() -> None:
        marks = "|/-\\"
        turn = 0
        while not over.wait(0.2):
            turn += 1
            print(f"\r  {marks[turn % 4]} {title} … {time.monotonic() - began:3.0f} s", end="", flush=True)

    if terminal:
        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
    else:
        print(f"  - {title} …", flush=True)
    done = False
    try:
        yield
        done = True
    finally:
        over.set()
        if terminal:
            ticker.join()
            print("\r\033[K", end="")
        if done:
            print(f"  + {title}: {time.monotonic() - began:.1f} s", flush=True)


def call(*command: str | Path, otherwise: str, env: dict[str, str] | None = None, shows_progress: bool = False) -> str:
    """Run a command quietly and return what it printed on standard output.

    `shows_progress` lets it say how far it is, on standard error.
    Raises Failed with the sentence `otherwise` and the last lines of what it printed.
    """
    try:
        result = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None if shows_progress else subprocess.PIPE,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise Failed(f"{otherwise} ({command[0]}: {error.strerror})") from None
    if result.returncode != 0:
        tail = (result.stdout + (result.stderr or "")).strip().splitlines()[-15:]
        raise Failed("\n".join([otherwise, *("    " + line for line in tail)]))
    return result.stdout


@contextmanager
def alone() -> Iterator[None]:
    """Wait while another terminal prepares the same folder."""
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("  Another `make` is preparing this folder; waiting for it …", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
