"""Many at once, and archives: what goes in comes out, within bounds, and only what somebody sees."""

from __future__ import annotations

import io
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from community.clock import now
from community.errors import Denied, Invalid, NotFound, TooMany
from community.extensions import db, write_unit
from community.files.actions import create_folder, upload_file
from community.files.bin import bin_of
from community.files.copying import copy_file, copy_folder
from community.files.many import copy_many, delete_many, describe_many, move_many, restore_many, share_many, tag_many
from community.files.models import File, FileVersion, Folder
from community.files.queries import file_for, files_of, folder_for
from community.files.task_jobs import forget, run
from community.files.task_tables import FileTask
from community.files.tasks import order_copy, order_unzip, receive_archive, task_for, tasks_of
from community.files.zipping import Entry, Plan, plan_zip, stream
from community.ports import ports
from tests.community.test_folders import _send
from tests.world import World


def test_each_of_many_has_its_own_result(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    into = create_folder(noor, team, name="Into")
    mine, his = _send(noor, team, "a.txt"), _send(samir, team, "b.txt", words=b"2")
    held = _send(samir, team, "held.txt", words=b"3", audience="coach")
    _send(noor, team, "a.txt", into, words=b"4")
    refs = [("file", mine.id), ("file", his.id), ("file", held.id), ("folder", into.id), ("page", 1)]
    found = move_many(noor, refs, team, into)
    assert [(one.name, type(one.problem)) for one in found] == [
        ("a.txt", Invalid),
        ("b.txt", type(None)),
        ("", NotFound),
        ("Into", Invalid),
        ("", NotFound),
    ]
    assert move_many(noor, refs[:1], world.space("noorderlicht"), into, keep_both=True)[0].name == "a (2).txt"
    found = delete_many(noor, refs[:2])
    assert [type(one.problem) for one in found] == [type(None), Denied]
    team = world.space("noorderlicht")
    back = restore_many(noor, team, [one.id for one in bin_of(noor, team).items] + [987])
    assert [(one.name, one.problem is None) for one in back] == [("a (2).txt", True), ("", False)]
    assert all(one.problem is None for one in tag_many(noor, refs[:2], ["Decision"]))
    assert all(one.problem is None for one in describe_many(noor, refs[:2], "Both"))
    assert [one.problem is None for one in share_many(noor, refs[:2], "coach")] == [True, False]
    assert copy_many(noor, [("folder", into.id)], world.space("noorderlicht"))[0].problem is None
    assert folder_for(noor, world.space("noorderlicht"), "Into (2)").author_id == noor.id
    with pytest.raises(Invalid, match="500"):
        delete_many(noor, [("file", number) for number in range(501)])


def _names(plan: Plan) -> dict[str, bytes]:
    packed = b"".join(stream(plan, ports.storage()))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_an_archive_holds_what_one_sees_in_all_folders(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    inner = create_folder(noor, team, name="Binnen: één?", parent=a)
    held = create_folder(noor, team, name="Held", parent=a, audience="coach")
    create_folder(noor, team, name="Empty", parent=a)
    _send(noor, team, 'Wat "nu"?.txt', inner, words=b"1")
    _send(noor, team, "Wat <nu>*.txt", inner, words=b"2")
    _send(noor, team, "held.txt", held, words=b"3")
    _send(noor, team, "top.txt", words=b"4")
    mine = {"A/", "A/Binnen_ één_/", "A/Binnen_ één_/Wat _nu__.txt", "A/Binnen_ één_/Wat _nu__ (2).txt", "A/Empty/"}
    plan = plan_zip(samir, team, folders=[a.id])
    assert plan.name == "A.zip"
    assert set(_names(plan)) == mine
    assert set(_names(plan_zip(noor, team, folders=[a.id]))) == mine | {"A/Held/", "A/Held/held.txt"}
    top = file_for(samir, team, "top.txt")
    both = _names(plan_zip(samir, team, files=[top.id], folders=[inner.id]))
    assert both["top.txt"] == b"4" and "Binnen_ één_/Wat _nu__.txt" in both
    assert set(_names(plan_zip(samir, team, all_of_it=True))) == mine | {"top.txt"}
    with pytest.raises(NotFound):
        plan_zip(samir, team, folders=[held.id])
    with pytest.raises(NotFound):
        plan_zip(samir, team, files=[file_for(noor, team, "A/Held/held.txt").id])
    with pytest.raises(NotFound):
        plan_zip(world.actor("joost"), team, folders=[a.id])
    with pytest.raises(Invalid):
        plan_zip(samir, team)


def test_other_programs_open_it_with_its_dates(world: World, tmp_path: Path) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    file = _send(noor, team, "Één.txt", words=b"words " * 100)
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    with write_unit():
        db.session.execute(update(File).where(File.id == file.id).values(updated_at=at))
    db.session.expire_all()
    packed = tmp_path / "x.zip"
    packed.write_bytes(b"".join(stream(plan_zip(noor, world.space("noorderlicht"), all_of_it=True), ports.storage())))
    code = "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])"
    subprocess.run(["python3", "-c", code, packed, tmp_path / "out"], check=True)
    assert (tmp_path / "out" / "Één.txt").read_bytes() == b"words " * 100
    with zipfile.ZipFile(packed) as archive:
        (info,) = archive.infolist()
    assert info.date_time == (2026, 3, 4, 5, 6, 6)  # DOS knows every other second
    assert int(at.timestamp()).to_bytes(4, "little") in info.extra


def test_memory_holds_a_piece_whatever_is_sent() -> None:
    class Endless:
        def open(self, _key: str) -> io.BytesIO:
            return io.BytesIO(bytes(20_000_000))

    plan = Plan("x.zip", [Entry("a.bin", now(), "k", 20_000_000, True)] * 1, 20_000_000)
    assert max(len(piece) for piece in stream(plan, Endless())) < 400_000  # type: ignore[arg-type]


def test_what_the_storage_lost_is_named_and_the_rest_comes(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    _send(noor, team, "a.txt", words=b"1")
    lost = _send(noor, team, "b.txt", words=b"2")
    plan = plan_zip(noor, team, all_of_it=True)
    broken = plan._replace(
        entries=[one._replace(key="0" * 32) if one.path == lost.name else one for one in plan.entries]
    )
    assert _names(broken) == {"a.txt": b"1", "_missing.txt": b"These files could not be read:\nb.txt\n"}


def _packed(*rows: tuple[str, bytes]) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, words in rows:
            archive.writestr(name, words)
    made.seek(0)
    return made


def test_an_archive_is_unpacked_by_a_job_with_a_report(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    into = create_folder(noor, team, name="Into")
    _send(noor, team, "same.txt", into, words=b"same")
    rows = [
        ("Evidence/one.txt", b"1"), ("Evidence/Deep/two.txt", b"2"), ("same.txt", b"same"), ("con.txt", b"x"),
        ("Leeg/", b""), ("blank .txt", b"3"),
    ]  # fmt: skip
    key = receive_archive(_packed(*rows), limit_bytes=10_000)
    task = order_unzip(noor, team, key, name="rows.zip", folder=into)
    assert (task.state, task.total) == ("waiting", 5)
    run({"task": task.id})
    run({"task": task.id})
    db.session.expire_all()
    noor, team = world.actor("noor"), world.space("noorderlicht")
    done = task_for(noor, task.id)
    assert (done.state, done.done, done.storage_key) == ("done", 5, "")
    assert [(one["name"], one["bad"]) for one in done.report] == [("con.txt", True)]
    assert file_for(noor, team, "Into/Evidence/Deep/two.txt").version == 1
    assert file_for(noor, team, "Into/same.txt").version == 1
    assert folder_for(noor, team, "Into/Leeg").depth == 2
    assert not ports.storage().exists(key)
    with pytest.raises(NotFound):
        task_for(world.actor("samir"), task.id)
    assert [one.id for one in tasks_of(noor)] == [task.id]


def test_what_is_no_archive_or_not_theirs_to_fill_is_refused(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    key = receive_archive(io.BytesIO(b"no archive"), limit_bytes=10_000)
    with pytest.raises(Invalid, match="no archive"):
        order_unzip(noor, team, key, name="x.zip")
    key = receive_archive(_packed(("../x.txt", b"1")), limit_bytes=10_000)
    with pytest.raises(Invalid, match="leads out"):
        order_unzip(noor, team, key, name="x.zip")
    key = receive_archive(_packed(("x.txt", b"1")), limit_bytes=10_000)
    with pytest.raises(Denied):
        order_unzip(world.actor("ingrid"), team, key, name="x.zip")
    for _ in range(3):
        order_unzip(noor, team, receive_archive(_packed(("x.txt", b"1")), limit_bytes=10_000), name="x.zip")
    with pytest.raises(TooMany):
        order_unzip(noor, team, key, name="x.zip")


def test_who_lost_the_right_meanwhile_brings_nothing(world: World) -> None:
    from community.spaces.actions import remove_member

    noor, team = world.actor("noor"), world.space("noorderlicht")
    key = receive_archive(_packed(("x.txt", b"1")), limit_bytes=10_000)
    task = order_unzip(noor, team, key, name="x.zip")
    remove_member(world.actor("pieter_jan"), team, world.person("noor"))
    run({"task": task.id})
    db.session.expire_all()
    assert db.session.get_one(FileTask, task.id).state == "failed"
    assert db.session.scalars(select(File)).all() == []


def test_a_large_folder_is_copied_by_a_job_that_can_be_broken_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    inner = create_folder(noor, team, name="Inner", parent=a)
    for number in range(7):
        _send(noor, team, f"{number}.txt", inner, words=b"%d" % number)
    monkeypatch.setattr("community.files.copying.AT_ONCE", 5)
    monkeypatch.setattr("community.files.task_jobs.AT_ONCE", 3)
    with pytest.raises(Invalid, match="too much"):
        copy_folder(noor, a, team)
    task = order_copy(noor, a, team)
    number = task.id

    def broken(_number: int, done: int) -> None:
        if done > 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("community.files.task_jobs.went_on", broken)
        with pytest.raises(KeyboardInterrupt):
            run({"task": number})
    db.session.remove()
    run({"task": number})
    noor, team = world.actor("noor"), world.space("noorderlicht")
    assert (task_for(noor, number).state, task_for(noor, number).done) == ("done", 7)
    copy = folder_for(noor, team, "A (2)/Inner")
    assert [one.name for one in files_of(noor, team, copy).items] == [f"{one}.txt" for one in range(7)]
    assert db.session.query(Folder).count() == 4


def test_old_tasks_go_with_their_bytes(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    key = receive_archive(_packed(("x.txt", b"1")), limit_bytes=10_000)
    task = order_unzip(noor, team, key, name="x.zip").id
    with write_unit():
        db.session.execute(update(FileTask).values(expires_at=now() - timedelta(days=1)))
    forget({})
    db.session.expire_all()
    assert db.session.get(FileTask, task) is None
    assert not ports.storage().exists(key)


def test_a_copy_says_of_its_bytes_what_is_said_of_the_first(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    for name, is_cleaned in (("board.png", True), ("plan.txt", False)):
        stored = ports.storage().put(io.BytesIO(name.encode()), limit_bytes=100)._replace(cleaned=is_cleaned)
        made = copy_file(noor, upload_file(noor, team, name=name, stored=stored), team)
        kept = db.session.scalars(select(FileVersion).where(FileVersion.file_id == made.id)).one()
        assert (kept.cleaned, kept.sha256, kept.size) == (is_cleaned, stored.sha256, stored.size)
