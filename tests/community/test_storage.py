"""Ragnhild's interviews are on the disk when the house says so, whole or not at all, and read from any place."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from community.errors import Invalid, NotFound
from community.files.disk import DiskStorage
from community.files.objects import PART
from community.files.storage import (
    CHUNK,
    Missing,
    NoRoom,
    Storage,
    Stored,
    TooLarge,
    in_words,
    storage_from_url,
)
from tests import servers


class Endless:
    """A stream without an end, that counts what was asked of it."""

    def __init__(self) -> None:
        self.given = 0
        self.largest = 0

    def read(self, size: int, /) -> bytes:
        self.given += size
        self.largest = max(self.largest, size)
        return bytes(size)


class Counting:
    """A stream that knows how much was taken of it, and whether its end was seen."""

    def __init__(self, data: bytes) -> None:
        self.left, self.given, self.ended = data, 0, False

    def read(self, size: int, /) -> bytes:
        piece, self.left = self.left[:size], self.left[size:]
        self.given += len(piece)
        self.ended = self.ended or not piece
        return piece


class Breaking:
    """An upload whose line drops at 61 %."""

    def __init__(self) -> None:
        self.pieces = iter([b"interview " * 100, b"interview " * 100])

    def read(self, size: int, /) -> bytes:
        try:
            return next(self.pieces)
        except StopIteration:
            raise ConnectionResetError("the tunnel") from None


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """A real object storage."""
    with servers.object_storage() as url:
        yield url


@pytest.fixture(params=["disk", "objects"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "disk":
        return DiskStorage(tmp_path / "files")
    url: str = request.getfixturevalue("bucket")
    return storage_from_url(f"{url}&prefix={tmp_path.name}")


MOST = 20_000_000


class TestEveryStorage:
    """What any place for bytes has to promise."""

    @pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7, PART - 1, PART, 2 * PART + 9])
    def test_what_goes_in_comes_out(self, storage: Storage, size: int) -> None:
        data = os.urandom(size)
        stored = storage.put(io.BytesIO(data), limit_bytes=MOST)
        assert stored == Stored(stored.key, hashlib.sha256(data).hexdigest(), size)
        assert storage.exists(stored.key)
        assert storage.size(stored.key) == size
        with storage.open(stored.key) as file:
            assert file.read() == data

    @pytest.mark.parametrize(
        ("start", "end"), [(0, 5), (5, 10), (9, None), (0, 0), (26, None), (30, 40), (3, 99), (7, 3)]
    )
    def test_any_part_can_be_read(self, storage: Storage, start: int, end: int | None) -> None:
        data = b"abcdefghijklmnopqrstuvwxyz"
        key = storage.put(io.BytesIO(data), limit_bytes=26).key
        with storage.open(key, start, end) as part:
            assert part.read() == (data[start:end] if end is None or end >= start else b"")
            assert part.read() == b""

    def test_iterating_gives_pieces_of_bounded_size(self, storage: Storage) -> None:
        data = os.urandom(3 * CHUNK + 7)
        key = storage.put(io.BytesIO(data), limit_bytes=MOST).key
        with storage.open(key, 1) as file:
            pieces = list(file)
        assert b"".join(pieces) == data[1:]
        assert max(map(len, pieces)) <= CHUNK

    def test_the_same_bytes_are_kept_once_and_nobody_is_told(self, storage: Storage) -> None:
        first, second = (storage.put(io.BytesIO(b"same"), limit_bytes=9) for _ in range(2))
        assert first == second == Stored(hashlib.sha256(b"same").hexdigest(), first.sha256, 4)
        assert list(storage.keys()) == [first.key]
        again = Counting(b"same")
        assert storage.put(again, limit_bytes=9) == first
        assert again.given == 4 and again.ended, "the whole stream is taken, known or not"

    def test_loose_bytes_are_everybodys_own(self, storage: Storage) -> None:
        content = storage.put(io.BytesIO(b"same"), limit_bytes=9)
        first, second = (storage.put_loose(io.BytesIO(b"same"), limit_bytes=9) for _ in range(2))
        assert len({first.key, second.key, content.key}) == 3
        assert len(first.key) == 32 and (first.sha256, first.size) == (content.sha256, 4)
        storage.delete(first.key)
        assert not storage.exists(first.key)
        with storage.open(second.key) as file:
            assert file.read() == b"same"
        assert sorted(storage.keys()) == sorted([second.key, content.key])

    def test_nobody_deletes_what_somebody_else_may_have_too(self, storage: Storage) -> None:
        key = storage.put(io.BytesIO(b"same"), limit_bytes=9).key
        storage.delete(key)
        storage.set_aside(key)
        storage.delete(key)
        with storage.open(key) as file:
            assert file.read() == b"same"

    def test_what_is_set_aside_is_read_as_before(self, storage: Storage) -> None:
        key = storage.put(io.BytesIO(b"words"), limit_bytes=9).key
        storage.set_aside(key)
        storage.set_aside(key)
        assert list(storage.keys()) == []
        assert [(held.key, held.size) for held in storage.held_aside()] == [(key, 5)]
        assert storage.exists(key) and storage.size(key) == 5
        with storage.open(key, 1, 3) as file:
            assert file.read() == b"or"
        storage.take_back(key)
        storage.take_back(key)
        assert list(storage.held_aside()) == []
        assert list(storage.keys()) == [key]

    def test_what_is_dropped_is_gone_but_not_what_was_put_again(self, storage: Storage) -> None:
        first, second = (storage.put(io.BytesIO(words), limit_bytes=9).key for words in (b"first", b"second"))
        for key in (first, second):
            storage.set_aside(key)
        assert storage.put(io.BytesIO(b"second"), limit_bytes=9).key == second
        for key in (first, second):
            storage.drop(key)
            storage.drop(key)
        assert not storage.exists(first)
        assert list(storage.held_aside()) == []
        with storage.open(second) as file:
            assert file.read() == b"second"

    def test_a_backup_gives_bytes_back_under_their_keys(self, storage: Storage) -> None:
        content, loose = hashlib.sha256(b"words").hexdigest(), "ab" * 16
        for key in (content, loose):
            storage.put_back(key, io.BytesIO(b"words"))
            storage.put_back(key, io.BytesIO(b"words"))
            with storage.open(key) as file:
                assert file.read() == b"words"
        with pytest.raises(Invalid):
            storage.put_back(hashlib.sha256(b"other").hexdigest(), io.BytesIO(b"words"))
        assert sorted(storage.keys()) == sorted([content, loose])
        with pytest.raises(Missing):
            storage.put_back("../etc", io.BytesIO(b"words"))

    def test_one_byte_too_many_is_refused_and_nothing_is_kept(self, storage: Storage) -> None:
        storage.put(io.BytesIO(b"12345"), limit_bytes=5)
        with pytest.raises(TooLarge) as refused:
            storage.put(io.BytesIO(b"123456"), limit_bytes=5)
        assert isinstance(refused.value, Invalid)
        assert refused.value.field == "file"
        assert "5 bytes" in str(refused.value)

    def test_a_stream_without_end_is_left_at_the_limit(self, storage: Storage) -> None:
        stream = Endless()
        with pytest.raises(TooLarge):
            storage.put(stream, limit_bytes=3 * CHUNK)
        assert stream.given <= 3 * CHUNK + 1
        assert stream.largest <= CHUNK

    def test_a_line_that_drops_leaves_nothing(self, storage: Storage) -> None:
        with pytest.raises(ConnectionResetError):
            storage.put(Breaking(), limit_bytes=MOST)

    @pytest.mark.parametrize(
        "key",
        [
            "",
            "nothing",
            "0" * 32,
            "../../etc/passwd",
            "/etc/passwd",
            "incoming",
            "ab/" + "a" * 32,
            "A" * 32,
            "a" * 32 + "\n",
            "0" * 64,
            "a" * 64 + "\n",
            "a" * 33,
            "swept",
        ],
    )
    def test_what_was_never_kept_is_missing_whatever_it_is_called(self, storage: Storage, key: str) -> None:
        assert not storage.exists(key)
        with pytest.raises(Missing) as missing:
            storage.open(key)
        assert isinstance(missing.value, NotFound)
        with pytest.raises(Missing):
            storage.size(key)
        storage.delete(key)

    def test_deleted_is_gone_and_may_be_deleted_again(self, storage: Storage) -> None:
        key = storage.put_loose(io.BytesIO(b"words"), limit_bytes=9).key
        storage.delete(key)
        storage.delete(key)
        assert not storage.exists(key)
        with pytest.raises(Missing):
            storage.open(key)

    def test_a_reader_who_has_begun_may_finish(self, storage: Storage) -> None:
        key = storage.put_loose(io.BytesIO(b"words"), limit_bytes=9).key
        with storage.open(key) as file:
            storage.delete(key)
            assert file.read() == b"words"


def everything(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_on_disk_names_say_nothing_and_nothing_else_is_left(tmp_path: Path) -> None:
    storage = DiskStorage(tmp_path)
    key = storage.put(io.BytesIO(b"words"), limit_bytes=9).key
    assert everything(tmp_path) == [tmp_path / key[:2] / key]
    assert list(storage.keys()) == [key]
    for stream in (io.BytesIO(b"more than nine"), Breaking()):
        with pytest.raises((TooLarge, ConnectionResetError)):
            storage.put(stream, limit_bytes=9)
    assert everything(tmp_path) == [tmp_path / key[:2] / key]


def test_a_large_upload_takes_little_memory(tmp_path: Path) -> None:
    class Large:
        left = 24 * 1024 * 1024

        def read(self, size: int, /) -> bytes:
            size = min(size, self.left)
            self.left -= size
            return bytes(size)

    storage = DiskStorage(tmp_path)
    tracemalloc.start()
    try:
        key = storage.put(Large(), limit_bytes=10**9).key
        with storage.open(key) as file:
            assert sum(map(len, file)) == 24 * 1024 * 1024
        assert tracemalloc.get_traced_memory()[1] < 12 * CHUNK
    finally:
        tracemalloc.stop()


def test_the_disk_is_told_before_the_key_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content, then the rename, then the folder: the order that survives a power cut."""
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def watched_fsync(handle: int) -> None:
        steps.append("flush folder" if Path(f"/proc/self/fd/{handle}").resolve().is_dir() else "flush file")
        fsync(handle)

    def watched_replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    storage = DiskStorage(tmp_path)
    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    storage.put(io.BytesIO(b"words"), limit_bytes=9)
    assert steps == ["flush file", "flush folder", "rename", "flush folder"]  # the first folder is a new one


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_disk_that_cannot_keep_the_bytes_keeps_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    calls = 0

    def full(handle: int) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, "No space left on device")

    storage = DiskStorage(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoom):
        storage.put(io.BytesIO(b"words"), limit_bytes=9)
    assert list((tmp_path / "incoming").iterdir()) == []
    assert len(list(storage.keys())) == (failing == 3)  # whole by then, perhaps not the first of its kind: the sweep's


WRITER = """
import sys
from pathlib import Path
from community.files.disk import DiskStorage
from community.files.objects import PART

class Slow:
    count = 0
    def read(self, size):
        self.count += 1
        if self.count == 4:
            print("halfway", flush=True)
            sys.stdin.read()
        return b"interview " * 5000

storage = DiskStorage(Path(sys.argv[1]))
import io
print(storage.put(io.BytesIO(b"acknowledged"), limit_bytes=100).key, flush=True)
storage.put(Slow(), limit_bytes=10**9)
"""


@pytest.fixture
def killed(tmp_path: Path) -> Iterator[tuple[DiskStorage, str]]:
    """A storage whose writer acknowledged one upload and was killed with -9 in the middle of the next; its first key."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    key = process.stdout.readline().strip()
    assert process.stdout.readline() == "halfway\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    yield DiskStorage(tmp_path), key


def test_killed_in_the_middle_only_what_was_acknowledged_is_there(killed: tuple[DiskStorage, str]) -> None:
    storage, key = killed
    assert list(storage.keys()) == [key]
    with storage.open(key) as file:
        assert file.read() == b"acknowledged"
    (leftover,) = (storage.root / "incoming").iterdir()
    assert not storage.exists(leftover.name)
    assert storage.tidy() == 0  # it might still be coming in
    assert storage.tidy(older_than=-5) == 1
    assert everything(storage.root) == [storage.root / key[:2] / key]


def test_the_setting_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert storage_from_url(f"file://{tmp_path}/a b/files").root == tmp_path / "a b/files"
    assert storage_from_url(f"file://{tmp_path}/a%20b/files").root == tmp_path / "a b/files"
    assert storage_from_url("file://instance/files").root.resolve() == tmp_path / "instance/files"


@pytest.mark.parametrize(
    "url", ["", "instance/files", "ftp://x/y", "s4://bucket", "file://", "file:///", "file:///proc/none/files"]
)
def test_a_setting_that_cannot_be_used_is_named(url: str) -> None:
    with pytest.raises(ValueError, match="STORAGE_URL"):
        storage_from_url(url)


def test_sizes_are_said_as_people_say_them() -> None:
    assert [in_words(size) for size in (5, 1_500, 25_000_000, 26_214_400, 1_500_000_000)] == [
        "5 bytes",
        "1.5 kB",
        "25 MB",
        "26.2 MB",
        "1.5 GB",
    ]
