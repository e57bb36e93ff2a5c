"""What somebody names can be read, whatever the sweep does and wherever it breaks off; what nobody names goes in the end."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import obstore
import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from community.errors import Conflict
from community.extensions import Base, db
from community.files import sweep as sweeping
from community.files.disk import DiskStorage
from community.files.objects import ObjectStorage
from community.files.storage import Missing
from community.files.sweep import SETTLED, columns_that_name, named_among, sweep
from community.people.actions import set_picture
from tests.sweeping import swept
from tests.world import World

NAMES = ("noor", "samir")
HOUR = 3600.0


class Broken(Exception):
    """The process ended here."""


class Shelves(ObjectStorage):
    """The object storage over a server of a few lines: each request is one step, and time is what the test says."""

    def __init__(self) -> None:
        super().__init__("none", endpoint="http://127.0.0.1:1", region="x", access_key_id="x", secret_access_key="x")
        self.there: dict[str, tuple[bytes, float]] = {}
        self.at = 1_000_000_000.0
        self.step: Callable[[], None] = lambda: None

    def _ask(self, call: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self.step()
        if call is next:
            return next(args[0], None)
        _store, path, *more = args
        if call is obstore.put:
            self.there[path] = (bytes(more[0]), self.at)
            return None
        if call is obstore.delete:
            return self.there.pop(path, None)
        if path not in self.there:
            raise Missing()
        data, at = self.there[path]
        if call is obstore.copy:
            self.there[more[0]] = (data, self.at)
            return None
        if call is obstore.head:
            return {"size": len(data)}
        if call is obstore.get_range:
            return data[options["start"] : options["end"]]
        return len(data), memoryview(data[more[0] : more[1]])

    def _listed(self, prefix: str | None = None) -> Any:
        for path, (data, at) in list(self.there.items()):
            if path.startswith(prefix or ""):
                yield {"path": path, "size": len(data), "last_modified": datetime.fromtimestamp(at, UTC)}

    def later(self, seconds: float) -> None:
        self.at += seconds

    def moment(self) -> float:
        return self.at


class Folder(DiskStorage):
    """The disk, with a step before each thing that a sweep does to it; hours pass by making what lies there older."""

    step: Callable[[], None] = staticmethod(lambda: None)  # type: ignore[assignment]

    def set_aside(self, key: str) -> None:
        self.step()
        super().set_aside(key)

    def take_back(self, key: str) -> None:
        self.step()
        super().take_back(key)

    def drop(self, key: str) -> None:
        self.step()
        super().drop(key)

    def later(self, seconds: float) -> None:
        for path in self.root.rglob("*"):
            if path.is_file():
                at = path.stat().st_mtime - seconds
                os.utime(path, (at, at))

    def moment(self) -> float:
        return time.time()


def story(storage: Shelves | Folder, ask: dict[str, Any]) -> type[RuleBasedStateMachine]:
    """What may happen, in any order: people send bytes and name them, forget them, days pass, sweeps run and break off, two at
    once, and others go on while they run."""
    words = st.integers(0, 1)
    somebody = st.sampled_from(NAMES)
    meanwhile = st.lists(st.tuples(st.integers(1, 6), st.sampled_from("ppnubs"), words, somebody), max_size=6)

    class Story(RuleBasedStateMachine):
        @initialize()
        def begin(self) -> None:
            self.waits: dict[str, float] = {}  # what was put and may be named still, by the hours that it is there
            self.names: dict[str, str | None] = {}
            ask["named_among"] = self.named_among
            self.put(0)
            self.put(1)

        def named_among(self, keys: list[str]) -> set[str]:
            """What the database answers; and much may happen until the sweep goes on with that answer."""
            found = self.named() & set(keys)
            storage.step()
            return found

        def named(self) -> set[str]:
            return {key for key in self.names.values() if key}

        def name(self, who: str, key: str | None) -> None:
            self.names[who] = key

        @rule(what=words)
        def put(self, what: int) -> None:
            data = b"words %d" % what
            key = storage.put(io.BytesIO(data), limit_bytes=100).key
            assert key == hashlib.sha256(data).hexdigest()
            self.waits[key] = 0

        @rule(what=words, who=somebody)
        def name_it(self, what: int, who: str) -> None:
            key = hashlib.sha256(b"words %d" % what).hexdigest()
            if key in self.waits or key in self.named():
                self.name(who, key)

        @rule(who=somebody)
        def forget(self, who: str) -> None:
            self.name(who, None)

        def hours_pass(self, hours: int) -> None:
            storage.later(hours * HOUR)
            self.waits = {key: age + hours for key, age in self.waits.items() if age + hours < 24}

        @rule(hours=st.sampled_from([0, 1, 23, 25, 49]), others=meanwhile)
        def hours_pass_and_it_is_swept(self, hours: int, others: list[tuple[int, str, int, str]]) -> None:
            self.hours_pass(hours)
            steps = 0
            plan = list(others)

            def step() -> None:
                nonlocal steps
                steps += 1
                due = [one for one in plan if one[0] <= steps]
                for one in due:
                    plan.remove(one)
                    self.other(*one[1:])

            storage.step = step
            try:
                sweep(storage, at=storage.moment())
            except Broken:
                pass
            finally:
                storage.step = lambda: None

        def other(self, kind: str, what: int, who: str) -> None:
            held, storage.step = storage.step, lambda: None
            try:
                if kind in "pn":
                    self.put(what)
                if kind == "n":
                    self.name_it(what, who)
                if kind == "u":
                    self.forget(who)
                if kind == "s":
                    sweep(storage, at=storage.moment())
                self.all_is_read()
            finally:
                storage.step = held
            if kind == "b":
                raise Broken()

        @invariant()
        def all_is_read(self) -> None:
            for key in self.named() | set(self.waits):
                with storage.open(key) as file:
                    assert hashlib.sha256(file.read()).hexdigest() == key
                assert storage.exists(key)

        def settle(self) -> None:
            """Two days, and everything is where it belongs, or gone."""
            for _ in range(3):
                storage.later(2 * SETTLED)
                sweep(storage, at=storage.moment())
            assert set(storage.keys()) == self.named()
            assert list(storage.held_aside()) == []

        def teardown(self) -> None:
            if hasattr(self, "waits"):
                self.settle()
                self.names = {}
                self.settle()

    return Story


@pytest.mark.parametrize("place", ["disk", "objects"])
def test_what_is_named_is_never_gone_and_what_is_not_goes(
    tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask: dict[str, Any] = {}
    monkeypatch.setattr(sweeping, "_check_tables", lambda: None)
    monkeypatch.setattr(sweeping, "named_among", lambda keys: ask["named_among"](keys))
    monkeypatch.setattr(
        "community.files.disk._flush_folder", lambda _folder: None
    )  # quicker; the order is another test's
    storage = Folder(tmp_path / "kept") if place == "disk" else Shelves()
    run_state_machine_as_test(
        story(storage, ask),
        settings=settings(
            max_examples=120 if place == "objects" else 60,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


def test_every_column_that_may_name_bytes_is_known_and_quickly_asked(app: Flask) -> None:
    """A new column of this look must be called `storage_key`, say KEEPS_BYTES, or be named here as naming something else."""
    others = {"unique_key", "path_key", "name_key"}
    known = columns_that_name()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("_key") and column not in known:
                assert column.name in others, f"{table.name}.{column.name}: does it name bytes?"
    assert {f"{column.table.name}.{column.name}" for column in known} >= {
        "file.storage_key",
        "file_version.storage_key",
        "attachment.storage_key",
        "submission_item.storage_key",
        "exchange.storage_key",
        "person.picture_key",
    }
    for column in known:
        first = [next(iter(index.columns)) for index in column.table.indexes]  # type: ignore[attr-defined]
        assert column in first, f"{column.table.name}.{column.name} needs an index"


def test_every_name_is_found(app: Flask, world: World) -> None:
    noor = world.person("noor")
    set_picture(world.actor("noor"), noor, key="a" * 64)
    assert named_among(["a" * 64, "b" * 64]) == {"a" * 64}
    assert named_among([]) == set()


def test_another_schema_is_not_swept(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = app.config["STORAGE"]
    key = storage.put(io.BytesIO(b"words"), limit_bytes=9).key
    monkeypatch.setattr(sweeping, "is_current", lambda: False)
    with pytest.raises(Conflict):
        swept(storage)
    assert list(storage.keys()) == [key]


def test_a_table_that_nobody_knows_is_not_swept_over(app: Flask, world: World) -> None:
    """A part of the house that this process did not load: its rows may name bytes too."""
    db.session.execute(text("CREATE TABLE annexe (id INTEGER, storage_key VARCHAR(120))"))
    db.session.commit()
    try:
        with pytest.raises(Conflict):
            sweep(app.config["STORAGE"])
    finally:
        db.session.execute(text("DROP TABLE annexe"))
        db.session.commit()


def test_an_answer_that_is_too_old_is_not_believed(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that slept between asking and doing."""
    storage, clock = app.config["STORAGE"], iter(range(0, 10**9, 10_000))
    key = storage.put(io.BytesIO(b"words"), limit_bytes=9).key
    with monkeypatch.context() as slow:
        slow.setattr(sweeping.time, "monotonic", lambda: next(clock))
        swept(storage)
    assert list(storage.keys()) == [key]


def test_more_than_one_stretch(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "AT_ONCE", 3)
    storage = app.config["STORAGE"]
    keys = [storage.put(io.BytesIO(b"%d" % n), limit_bytes=9).key for n in range(10)]
    set_picture(world.actor("noor"), world.person("noor"), key=keys[4])
    loose = storage.put_loose(io.BytesIO(b"of nobody"), limit_bytes=9).key
    assert storage.exists(loose)
    swept(storage)
    assert list(storage.keys()) == [keys[4]]


def test_the_commands_say_what_there_is(app: Flask, world: World) -> None:
    run, storage = app.test_cli_runner(), app.config["STORAGE"]
    for words in (b"one", b"two"):
        key = storage.put(io.BytesIO(words), limit_bytes=9).key
    set_picture(world.actor("noor"), world.person("noor"), key=key)
    told = run.invoke(args=["files", "status"])
    assert told.exit_code == 0 and "2 kept (6 bytes), 1 of them named by nobody (3 bytes)." in told.stdout
    os.utime(storage.root / key[:2] / key, (1, 1))
    told = run.invoke(args=["files", "sweep"])
    assert told.exit_code == 0 and "2 kept (6 bytes), 0 set aside" in told.stdout
    set_picture(world.actor("noor"), world.person("noor"), key=None)
    assert "1 kept (3 bytes), 1 set aside" in run.invoke(args=["files", "sweep"]).stdout
    assert "1 set aside (3 bytes)." in run.invoke(args=["files", "status"]).stdout


def test_the_worker_sweeps(app: Flask, world: World) -> None:
    from community.jobs.work import enqueue, run_one

    storage = app.config["STORAGE"]
    key = storage.put(io.BytesIO(b"words"), limit_bytes=9).key
    os.utime(storage.root / key[:2] / key, (1, 1))
    db.session.rollback()
    enqueue("files.sweep", {})
    db.session.commit()
    assert run_one("sweep") == 1
    assert [held.key for held in storage.held_aside()] == [key]
    assert db.session.scalar(text("SELECT count(*) FROM job WHERE error IS NOT NULL")) == 0
