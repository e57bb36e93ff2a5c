"""Archives of strangers: what is in them, in which letters, and what is refused before a byte of it is unpacked."""

from __future__ import annotations

import io
import random
import stat
import time
import tracemalloc
import zipfile
import zlib

import pytest
from flask import Flask

from community.errors import Invalid
from community.files.archives import Archive, Bounds
from community.files.seeking import seekable


def packed(*entries: tuple[str | zipfile.ZipInfo, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", how) as archive:
        for entry, content in entries:
            archive.writestr(entry, content, how)
    return into.getvalue()


def named(raw: bytes, *, flags: int = 0, by: int = 3, extra: bytes = b"") -> bytes:
    """An archive of one entry whose name is these bytes, as the programs of the world write them."""
    info = zipfile.ZipInfo("n" * len(raw))
    info.create_system, info.extra = by, extra
    made = packed((info, b"words"), how=zipfile.ZIP_STORED).replace(b"n" * len(raw), raw)
    central = made.index(b"PK\x01\x02")
    made = bytearray(made)
    made[6:8] = made[central + 8 : central + 10] = flags.to_bytes(2, "little")
    return bytes(made)


def beside(was: bytes, name: str) -> bytes:
    content = b"\x01" + zlib.crc32(was).to_bytes(4, "little") + name.encode()
    return b"\x75\x70" + len(content).to_bytes(2, "little") + content


def opened(content: bytes, **more) -> Archive:
    return Archive(io.BytesIO(content), **more)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (named("Überblick/één.txt".encode(), flags=0x800), "Überblick/één.txt"),
        (named("Überblick.txt".encode()), "Überblick.txt"),  # UTF-8 without saying so, as older Macs do
        (named("Überblick één.txt".encode("cp437"), by=0), "Überblick één.txt"),
        (named("Überblick één.txt".encode("cp850"), by=0), "Überblick één.txt"),  # the same letters in both
        (named(b"Map\\onder\\x.txt", by=0), "Map/onder/x.txt"),
        (named(b"____.txt", extra=beside(b"____.txt", "план.txt")), "____.txt"),  # plain letters need no second name
        (named(b"\x8f\xab.txt", extra=beside(b"\x8f\xab.txt", "план.txt")), "план.txt"),
        (named("e\u0301.txt".encode(), flags=0x800), "é.txt"),
        (named(b"photo.txt\0.exe"), "photo.txt"),
    ],
)
def test_names_are_read_in_the_letters_they_were_written_in(content: bytes, name: str) -> None:
    archive = opened(content)
    assert (list(archive.entries), archive.unread) == ([name], [])
    assert archive.read(name) == b"words"


@pytest.mark.parametrize("raw", ["план.txt".encode("cp1251"), "één.txt".encode("cp1252"), b"\xff\xfe.txt"])
def test_letters_that_could_be_any_are_told_apart_and_nothing_is_guessed(raw: bytes) -> None:
    archive = opened(named(raw))
    assert (list(archive.entries), len(archive.unread)) == ([], 1)


def test_folders_noise_and_hidden_names() -> None:
    content = packed(
        ("Notes/", b""),
        ("Notes/a.txt", b"a"),
        ("__MACOSX/Notes/._a.txt", b"x"),
        ("Notes/.DS_Store", b"x"),
        ("Notes/Thumbs.db", b"x"),
        (".git/config", b"x"),
        (".bundle/", b""),
        ("Empty/Deep/", b""),
    )
    plain, whole = opened(content), opened(content, hidden=True)
    assert (list(plain.entries), plain.folders, plain.size) == (["Notes/a.txt"], ["Empty/Deep", "Notes"], 1)
    assert list(whole.entries) == [".git/config", "Notes/a.txt"]
    assert whole.folders == [".bundle", "Empty/Deep", "Notes"]


def _special(kind: int) -> bytes:
    info = zipfile.ZipInfo("odd")
    info.external_attr = (kind | 0o777) << 16
    return packed((info, b"/etc/passwd"))


HOSTILE = {
    "climbs": named(b"../../etc/cron.d/x"),
    "climbs within": named(b"a/../../x"),
    "climbs as a folder": packed(("../x/", b"")),
    "climbs with blanks": named(b"a/.. /x"),
    "absolute": named(b"/etc/x"),
    "of a drive": named(b"C:/x"),
    "of a drive, here": named(b"C:x.txt"),
    "of another machine": named(b"\\\\host\\share\\x", by=0),
    "backslashes that climb": named(b"..\\..\\x", by=0),
    "a backslash in a name": named(b"a\\b"),
    "an empty part": named(b"a//b"),
    "a line end": named(b"a\nb"),
    "too deep": named(b"a/" * 41 + b"b"),
    "too long": named(b"a" * 1001),
    "a link": _special(stat.S_IFLNK),
    "a pipe": _special(stat.S_IFIFO),
    "a device": _special(stat.S_IFBLK),
    "locked": named(b"locked", flags=1),
    "twice": packed(("same.txt", b"a"), ("SAME.txt", b"b")),
    "twice in other forms": packed(("\u00e9", b"a"), ("e\u0301", b"b")),
    "a file and a folder": packed(("a", b"a"), ("A/b", b"b")),
    "a file and an empty folder": packed(("a", b"a"), ("a/", b"")),
    "packed in another way": packed(("a", b"a"), how=zipfile.ZIP_BZIP2),
    "a bomb": packed(("zeros", b"\0" * 20_000_000)),
    "many": packed(*[(f"{number}", b"") for number in range(2_001)]),
    "no archive": b"PK\x03\x04" + b"x" * 100,
    "another kind": b"7z\xbc\xaf\x27\x1c" + b"x" * 100,
    "cut off": packed(("a", b"x" * 1000))[:-30],
    "nothing": b"",
    "lying of its length": packed(("a", b"x"))[:-12] + b"\xff\xff\xff\x7f" + b"\0" * 8,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_no_honest_program_makes_is_refused_whole_with_a_sentence(case: str) -> None:
    tracemalloc.start()
    began = time.thread_time()
    with pytest.raises(Invalid) as refused:
        opened(HOSTILE[case])
    assert time.thread_time() - began < 2
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert refused.value.field == "file"


def test_the_large_form_is_opened_and_its_own_count_is_the_one_that_counts(monkeypatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)
    content = packed(*[(f"{number:02d}", b"x") for number in range(30)])
    assert b"PK\x06\x06" in content
    assert len(opened(content).entries) == 30
    with pytest.raises(Invalid, match="up to"):
        opened(content, bounds=Bounds(entries=29))


def test_bounds_are_what_the_caller_says() -> None:
    content = packed(("a", b"x" * 600), ("b", random.Random(1).randbytes(600)))
    assert opened(content, bounds=Bounds(size=1200)).size == 1200
    for bounds in (Bounds(size=1199), Bounds(entries=1), Bounds(listed=20)):
        with pytest.raises(Invalid):
            opened(content, bounds=bounds)


def test_an_archive_within_an_archive_stays_shut() -> None:
    inner = packed(("zeros", b"\0" * 20_000_000))
    archive = opened(packed(("inner.zip", inner)))
    assert archive.read("inner.zip") == inner


@pytest.mark.parametrize("damage", ["content", "sum", "size", "short"])
def test_damage_is_told_while_it_is_read_and_never_as_more_bytes_than_said(damage: str) -> None:
    content = bytearray(packed(("a", b"x" * 5000), ("b", b"y"), how=zipfile.ZIP_STORED))
    central = content.index(b"PK\x01\x02")
    if damage == "content":
        content[100] ^= 1
    elif damage == "sum":
        content[central + 16] ^= 1
    elif damage == "size":
        content[central + 24 : central + 28] = (6000).to_bytes(4, "little")
    else:
        content[central + 20 : central + 28] = (2500).to_bytes(4, "little") * 2
    archive = opened(bytes(content))
    taken = b""
    with pytest.raises(Invalid, match="damaged"), archive.open("a") as stream:
        while piece := stream.read(1000):
            taken += piece
            assert len(taken) <= archive.entries["a"].size
    with pytest.raises(Invalid, match="damaged"):
        archive.read("a")


def test_an_archive_is_read_where_it_is_kept(app: Flask) -> None:
    storage = app.config["STORAGE"]
    large = random.Random(2).randbytes(700_000)
    stored = storage.put(io.BytesIO(packed(("a", large), ("b/c", b"words"))), limit_bytes=10**6)
    with seekable(storage, stored.key) as content:
        archive = Archive(content)
        assert archive.read("b/c") == b"words"
        assert archive.read("a") == large
        with archive.open("a") as stream:
            again = storage.put(stream, limit_bytes=10**6)
    assert again.size == len(large)
    with seekable(storage, stored.key) as content:
        assert content.seek(-3, io.SEEK_END) == stored.size - 3
        assert len(content.read()) == 3
        assert content.read(1) == b""
        assert content.seek(0) == 0
        assert content.read(2) == b"PK"
        with pytest.raises(ValueError, match="before"):
            content.seek(-1)
