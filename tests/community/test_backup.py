"""What is taken can be given back, on either database; what is damaged, newer or not for an empty house is refused."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from community.activity.outbox import run_until_idle
from community.backup import restoring, taking
from community.comments.actions import create_comment
from community.errors import Conflict, Invalid
from community.extensions import db
from community.files.actions import delete_file, upload_file
from community.files.incoming import receive
from community.files.models import File, FileVersion
from community.files.queries import file_for
from community.files.storage import storage_from_url
from community.files.sweep import sweep
from community.journal.actions import write_entry
from community.journal.models import Entry
from community.microblog.actions import create_post
from community.microblog.models import Post
from community.people.models import Person
from community.search.place import index_in
from community.spaces.models import Space
from community.spaces.queries import actor_for
from tests import servers
from tests.conftest import settings_in
from tests.world import World
from wsgi import create_app

WORDS = "Wachtlijst: één zin, met “aanhaling”, 🚆 en een\nnieuwe regel."


@pytest.fixture
def taken(app: Flask, world: World, tmp_path: Path) -> Path:
    """A backup of a house in which something was said, kept private, and uploaded."""
    noor, space = world.actor("noor"), world.space("noorderlicht")
    post = create_post(noor, space, body=WORDS)
    create_comment(world.actor("anna"), post, body="Say more.")
    write_entry(noor, title="For me", body="Only mine")
    got = receive(app.config["STORAGE"], BytesIO(b"\x00bytes\xff" * 1000), "notes.bin", limit_bytes=10**6)
    upload_file(noor, space, name=got.name, stored=got.stored, media_type=got.media_type)
    folder = tmp_path / "backup"
    manifest = taking.take(folder, app.config["STORAGE"])
    assert manifest["tables"]["post"]["rows"] == 1 and len(manifest["files"]) == 1
    return folder


@contextmanager
def other_house(folder: Path, url: str = "") -> Iterator[Flask]:
    """A house in which nobody is, on a database without tables."""
    folder.mkdir()
    other = create_app(settings_in(folder, url or f"sqlite:///{folder}/community.db"))
    with other.app_context():
        try:
            yield other
        finally:
            db.session.remove()
            db.engine.dispose()


def restored(app: Flask, folder: Path) -> dict[str, Any]:
    return restoring.restore(folder, app.config["STORAGE"], lambda to: upgrade(revision=to))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_an_empty_house_gets_everything_back(taken: Path, tmp_path: Path, database: str) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(servers.postgresql("new")) if database == "postgresql" else ""
        with other_house(tmp_path / "other", url) as other:
            restored(other, taken)
            again = taking.take(tmp_path / "again", other.config["STORAGE"])
            first = json.loads((taken / "manifest.json").read_text())
            assert again["files"] == first["files"]
            for name in first["tables"]:
                one, two = (folder / f"tables/{name}.jsonl.gz" for folder in (taken, tmp_path / "again"))
                assert gzip.decompress(one.read_bytes()) == gzip.decompress(two.read_bytes()), name

            noor = db.session.scalars(select(Person).where(Person.handle == "noor.van-der-velden")).one()
            post = db.session.scalars(select(Post)).one()
            assert post.body == WORDS and post.comment_count == 1 and post.author_id == noor.id
            assert db.session.scalars(select(Entry)).one().audience == "only_me"
            file = db.session.scalars(select(File)).one()
            with other.config["STORAGE"].open(file.storage_key) as content:
                assert content.read(20_000) == b"\x00bytes\xff" * 1000

            # Life goes on: numbers go on where they were, and what is said is found.
            space = db.session.scalars(select(Space).where(Space.slug == "noorderlicht")).one()
            before, author = post.id, actor_for(noor)
            assert create_post(author, space, body="After the move").id > before
            run_until_idle()
            found = index_in(other.config["SETTINGS"].search_folder).search("wachtlijst", author.scopes)
            assert found.hits[0].ref == f"post:{before}"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-3])


def forged(path: Path) -> None:
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "revision": "9999"}))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda folder: cut(folder / "tables/post.jsonl.gz"), "post.jsonl.gz"),
        (lambda folder: (folder / "tables/person.jsonl.gz").unlink(), "missing"),
        (lambda folder: cut(next((folder / "files").rglob("??/*"))), "damaged"),
        (lambda folder: cut(folder / "manifest.json"), "manifest"),
        (lambda folder: forged(folder / "manifest.json"), "newer"),
    ],
)
def test_a_damaged_or_newer_backup_is_refused_before_anything_is_written(
    taken: Path, tmp_path: Path, harm: Callable[[Path], object], words: str
) -> None:
    harm(taken)
    with other_house(tmp_path / "other") as other:
        with pytest.raises(Invalid, match=words):
            restored(other, taken)
        assert not (tmp_path / "other/community.db").exists() or restoring.in_database() is None


def test_nothing_is_overwritten(app: Flask, world: World, taken: Path) -> None:
    with pytest.raises(Conflict):
        restored(app, taken)
    with pytest.raises(Conflict):
        taking.take(taken, app.config["STORAGE"])
    assert db.session.scalar(select(Post.body)) == WORDS


def test_a_restore_that_breaks_leaves_the_house_empty(taken: Path, tmp_path: Path, monkeypatch: Any) -> None:
    fill = restoring._fill

    def stumble(table: Any, *more: Any) -> None:
        if table.name == "post":
            raise RuntimeError("the power went")
        fill(table, *more)

    with other_house(tmp_path / "other") as other:
        with monkeypatch.context() as patched, pytest.raises(RuntimeError):
            patched.setattr(restoring, "_fill", stumble)
            restored(other, taken)
        restored(other, taken)  # nothing is in the way
        assert db.session.scalar(select(Post.body)) == WORDS


def upload(app: Flask, world: World, name: str, data: bytes) -> str:
    came = receive(app.config["STORAGE"], BytesIO(data), name, limit_bytes=10**7)
    space = world.space("noorderlicht")
    return upload_file(
        world.actor("noor"), space, name=name, stored=came.stored, media_type=came.media_type
    ).storage_key


@pytest.mark.parametrize(("source", "target"), [("disk", "objects"), ("objects", "disk")])
def test_a_backup_is_whole_although_everybody_goes_on_writing(
    app: Flask, world: World, tmp_path: Path, source: str, target: str, monkeypatch: Any
) -> None:
    """Files come, change and go, and a sweep runs, while it is taken; disk and object storage change places."""
    with servers.object_storage() as bucket:
        if source == "objects":
            monkeypatch.setitem(app.config, "STORAGE", storage_from_url(f"{bucket}&prefix=ours"))
        storage = app.config["STORAGE"]
        aside = upload(app, world, "aside.bin", b"set aside at the wrong moment")
        storage.set_aside(aside)
        for number in range(5):
            upload(app, world, f"{number}.bin", b"first %d" % number)
        over, faults, rounds = threading.Event(), [], 0

        def write() -> None:
            nonlocal rounds
            with app.app_context():
                try:
                    while not over.is_set():
                        upload(app, world, f"{rounds % 7}.bin", b"round %d" % rounds)
                        if rounds % 5 == 4:
                            found = file_for(world.actor("noor"), world.space("noorderlicht"), f"{rounds % 7}.bin")
                            delete_file(world.actor("noor"), found)
                            sweep(storage)
                        rounds += 1
                except Exception as fault:
                    faults.append(fault)
                finally:
                    db.session.remove()

        writer = threading.Thread(target=write)
        slowed = taking._copied

        def copied(*given: Any) -> str:
            """Somebody writes between any two files."""
            before = rounds
            limit = time.monotonic() + 20
            while rounds < before + 1 and writer.is_alive() and time.monotonic() < limit:
                time.sleep(0.01)
            return slowed(*given)

        monkeypatch.setattr(taking, "_copied", copied)
        writer.start()
        try:
            manifest = taking.take(tmp_path / "backup", storage)
        finally:
            over.set()
            writer.join()
        assert faults == [] and rounds >= 5 and manifest["lost"] == []
        with other_house(tmp_path / "other") as other:
            if target == "objects":
                other.config["STORAGE"] = storage_from_url(f"{bucket}&prefix=theirs")
            restored(other, tmp_path / "backup")
            versions = db.session.scalars(select(FileVersion)).all()
            assert {version.storage_key for version in versions} >= {aside}
            for version in versions:
                with other.config["STORAGE"].open(version.storage_key) as content:
                    assert hashlib.sha256(content.read()).hexdigest() == version.sha256
            assert set(other.config["STORAGE"].keys()) == set(manifest["files"])


def test_only_what_is_named_is_taken_and_what_is_lost_is_told(app: Flask, world: World, tmp_path: Path) -> None:
    storage, run = app.config["STORAGE"], app.test_cli_runner()
    storage.put(BytesIO(b"nobody names this"), limit_bytes=100)
    kept, lost, spoilt = (upload(app, world, f"{words}.bin", words.encode()) for words in ("kept", "lost", "spoilt"))
    (storage.root / lost[:2] / lost).unlink()
    (storage.root / spoilt[:2] / spoilt).write_bytes(b"something else")
    told = run.invoke(args=["backup", str(tmp_path / "first")])
    assert told.exit_code == 0 and lost in told.stderr and spoilt in told.stderr and kept not in told.stderr
    manifest = json.loads((tmp_path / "first/manifest.json").read_text())
    assert list(manifest["files"]) == [kept]
    again = run.invoke(args=["backup", str(tmp_path / "second"), "--since", str(tmp_path / "first")])
    assert again.exit_code == 0
    first, second = (tmp_path / name / "files" / kept[:2] / kept for name in ("first", "second"))
    assert first.samefile(second), "linked"
    good = run.invoke(args=["backup", "--check", str(tmp_path / "second")])
    assert good.exit_code == 0 and "1 files" in good.stdout
    second.write_bytes(b"something else")
    bad = run.invoke(args=["backup", "--check", str(tmp_path / "second")])
    assert bad.exit_code == 1 and kept in bad.stderr
    third = run.invoke(args=["backup", str(tmp_path / "third"), "--since", str(tmp_path / "second")])
    assert third.exit_code == 0
    assert (tmp_path / "third/files" / kept[:2] / kept).read_bytes() == b"kept", "what is spoilt there is copied anew"


def test_the_commands_say_what_they_did_and_what_is_wrong(app: Flask, world: World, tmp_path: Path) -> None:
    run = app.test_cli_runner()
    done = run.invoke(args=["backup", str(tmp_path / "kept")])
    assert done.exit_code == 0 and "rows and 0 files" in done.stdout and "Keep it safe" in done.stdout
    assert (tmp_path / "kept").stat().st_mode & 0o077 == 0, "nobody else on the machine reads it"
    twice = run.invoke(args=["backup", str(tmp_path / "kept")])
    assert twice.exit_code == 1 and "already" in twice.stderr
    full = run.invoke(args=["restore", str(tmp_path / "kept")])
    assert full.exit_code == 1 and "in use" in full.stderr
    none = run.invoke(args=["restore", str(tmp_path / "nowhere")])
    assert none.exit_code == 1 and "manifest" in none.stderr
