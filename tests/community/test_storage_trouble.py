"""A full disk, a file that may not grow, a server that is away: nothing half there, a sentence, and nobody waits for long."""

from __future__ import annotations

import errno
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from community.doctor import examine
from community.files.disk import DiskStorage
from community.files.objects import PART, Breaker, ObjectStorage, storage_in_bucket
from community.files.storage import Away, Missing, NoRoom, storage_from_url
from tests import servers

SMALL = """
import io, resource, sys
from pathlib import Path
from community.files.disk import DiskStorage
from community.files.storage import NoRoom
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
storage = DiskStorage(Path(sys.argv[1]))
kept = storage.put(io.BytesIO(b"x" * 299_999), limit_bytes=10**9).key
try:
    storage.put(io.BytesIO(b"y" * 1_000_000), limit_bytes=10**9)
except NoRoom:
    print("no room", list(storage.keys()) == [kept], len(list((storage.root / "incoming").iterdir())))
"""


def test_a_file_that_may_not_grow_is_not_kept_by_half(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SMALL, str(tmp_path)], cwd=servers.ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "no room True 0", done.stderr


FULL = """
import io, os, sys
from pathlib import Path
from community.files.disk import DiskStorage
from community.files.storage import NoRoom
storage = DiskStorage(Path(sys.argv[1]))
kept = storage.put(io.BytesIO(b"x" * 500_000), limit_bytes=10**9).key
try:
    storage.put(io.BytesIO(b"y" * 3_000_000), limit_bytes=10**9)
except NoRoom:
    with storage.open(kept) as file:
        whole = file.read() == b"x" * 500_000
    print("no room", whole, list(storage.keys()) == [kept], len(list((storage.root / "incoming").iterdir())))
print("again", len(storage.put(io.BytesIO(b"z" * 500_000), limit_bytes=10**9).key))
"""


def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A file system of a megabyte, in a namespace of its own."""
    command = f'mount -t tmpfs -o size=1500k none {tmp_path} && exec {sys.executable} -c "$0" {tmp_path}'
    namespace = ["unshare", "--mount", "--map-root-user"]
    done = subprocess.run(
        [*namespace, "sh", "-c", command, FULL], cwd=servers.ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split("\n")[:2] == ["no room True True 0", "again 64"], done.stderr


@pytest.mark.parametrize(("number", "told"), [(errno.EIO, Away), (errno.EROFS, Away), (errno.EDQUOT, NoRoom)])
def test_what_the_disk_says_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: type[Exception]
) -> None:
    storage = DiskStorage(tmp_path)
    key = storage.put(io.BytesIO(b"words"), limit_bytes=9).key

    def sick(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr("community.files.disk._write", sick)
        with pytest.raises(told):
            storage.put(io.BytesIO(b"more"), limit_bytes=9)
    assert list(storage.keys()) == [key] and list((tmp_path / "incoming").iterdir()) == []


def test_a_line_that_drops_is_not_the_disks_fault(tmp_path: Path) -> None:
    class Dropped:
        def read(self, size: int, /) -> bytes:
            raise ConnectionResetError("the tunnel")

    with pytest.raises(ConnectionResetError):
        DiskStorage(tmp_path).put(Dropped(), limit_bytes=9)


# ---- an object storage that is away


def away(port: int) -> ObjectStorage:
    return storage_in_bucket(f"s3://key:secret@bucket?endpoint_url=http://127.0.0.1:{port}", {})


def test_a_door_that_stays_shut_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    at = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: at)
    breaker = Breaker(failures=2, rest=10)
    for _ in range(2):
        breaker.enter()
        breaker.stayed_shut()
    with pytest.raises(Away):
        breaker.enter()
    at += 11
    breaker.enter()  # one may try
    with pytest.raises(Away):
        breaker.enter()
    breaker.opened()
    breaker.enter()
    breaker.enter()


def test_a_server_that_is_gone_is_told_and_comes_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = away(servers.free_port())
    monkeypatch.setitem(app.config, "STORAGE", storage)
    for _ in range(3):
        with pytest.raises(Away):
            storage.put(io.BytesIO(b"words"), limit_bytes=9)
    asked: list[Any] = []
    monkeypatch.setattr("community.files.objects._aside", lambda *given, **_: asked.append(given))
    with pytest.raises(Away):
        storage.open("a" * 64)
    assert asked == [], "nobody is asked any more"
    assert app.test_client().get("/readyz").status_code == 503
    (found,) = [finding for finding in examine(app.config["SETTINGS"], storage) if finding.what == "storage"]
    assert not found.good and "does not answer" in found.words


@pytest.fixture
def silent() -> Iterator[int]:
    """A server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        yield door.getsockname()[1]


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(silent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    monkeypatch.setattr("community.files.objects.ANSWER", timedelta(milliseconds=300))
    storage, told = away(silent), threading.Event()

    def ask() -> None:
        try:
            storage.exists("a" * 64)
        except Away:
            told.set()

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    assert told.wait(60)


def test_a_server_that_dies_in_the_middle_keeps_nothing_by_half() -> None:
    port = servers.free_port()

    class Deadly:
        """An upload during which the server goes."""

        given = 0

        def __init__(self, stop: Any) -> None:
            self.stop = stop

        def read(self, size: int, /) -> bytes:
            self.given += size
            if self.given > 2 * PART and self.stop is not None:
                self.stop()
                self.stop = None
            return bytes(size) if self.given < 5 * PART else b""

    with servers.object_storage(port=port) as url:
        storage = storage_from_url(url)
        key = storage.put(io.BytesIO(b"before"), limit_bytes=9).key
        import psutil

        (weed,) = [child for child in psutil.Process().children() if str(port) in " ".join(child.cmdline())]
        with pytest.raises(Away):
            storage.put(Deadly(weed.kill), limit_bytes=10**9)
        with pytest.raises(Away):
            storage.open(key)


GREEN = """
from gevent import monkey; monkey.patch_all()
import gevent, io, sys, time
from community.files.storage import storage_from_url
storage = storage_from_url(sys.argv[1])
ticks, over = [], False
def clock():
    while not over:
        ticks.append(time.monotonic())
        gevent.sleep(0.001)
ticking = gevent.spawn(clock)
gevent.sleep(0.01)
before = len(ticks)
key = storage.put(io.BytesIO(bytes(20_000_000)), limit_bytes=10**9).key
with storage.open(key) as file:
    assert sum(map(len, file)) == 20_000_000
print("others went on", len(ticks) - before > 10)
over = True
"""


def test_under_gevent_others_go_on_while_bytes_travel() -> None:
    with servers.object_storage() as url:
        done = subprocess.run(
            [sys.executable, "-c", GREEN, url], cwd=servers.ROOT, capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == "others went on True", done.stderr


def test_a_bucket_is_named_by_the_setting_and_the_environment() -> None:
    with pytest.raises(ValueError, match="STORAGE_URL"):
        storage_in_bucket("s3://bucket?colour=red", {})
    with pytest.raises(ValueError, match="STORAGE_URL"):
        storage_in_bucket("s3://", {})
    given = {
        "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "eu",
    }
    from_environment = storage_in_bucket("s3://bucket/deep/down", given)
    assert from_environment.signer.able
    assert from_environment.signer.address("ab/x", "text/plain", "attachment", 60).startswith(
        "http://127.0.0.1:9/bucket/deep/down/ab/x?"
    )
    with pytest.raises(Missing):
        from_environment.open("../etc")
