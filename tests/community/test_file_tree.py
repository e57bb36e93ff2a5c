"""The tree of files holds whatever happens in whatever order; a folder of fifty thousand files is asked as cheaply as one of ten;
and what somebody made stays when they leave.
"""

from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from community.clock import now
from community.errors import CommunityError
from community.extensions import db, is_sqlite, write_unit
from community.files.actions import create_folder, delete_file
from community.files.bin import delete_folder, destroy, restore
from community.files.changing import rename_file, rename_folder, share_file, share_folder
from community.files.copying import copy_file, copy_folder
from community.files.lists import COUNTED, COUNTED_BELOW, SORTS, count_in, items_in, list_of, mark_of
from community.files.models import File, FileRemoval, FileVersion, Folder
from community.files.moving import move_file, move_folder
from community.files.names import name_key
from community.files.queries import file_for, files_of, folder_key, folders_of, found_at, path_key
from community.files.recount import recount
from community.items.models import AUDIENCES
from community.people.actions import disable_person
from community.permissions import visible
from community.spaces.actions import add_member, remove_member
from tests.community.test_folders import _send
from tests.conftest import count_queries
from tests.world import World

PEOPLE = ("noor", "samir", "anna", "pieter_jan", "joost")
SPACES = ("noorderlicht", "getij")
NAMES = ("Plan", "plan.txt", "PLAN.TXT", "Één", "Evidence", "x (2)", "x")


class _Life:
    """What people do with files, at random."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)
        self.steps = [
            *[self.make] * 4, *[self.send] * 6, *[self.rename] * 3, *[self.move] * 5, *[self.throw] * 3,
            *[self.bring_back] * 3, self.destroy, *[self.share] * 3, self.copy,
        ]  # fmt: skip

    def step(self) -> bool:
        actor = self.world.actor(self.dice.choice(PEOPLE))
        try:
            self.dice.choice(self.steps)(actor)
        except CommunityError:
            db.session.rollback()
            return False
        return True

    def one(self, model: type, actor: object) -> object:
        ids = list(db.session.scalars(select(model.id).where(visible(actor, model)).order_by(model.id)))
        return db.session.get(model, self.dice.choice(ids)) if ids else None

    def place(self, actor: object) -> tuple[object, object]:
        folder = self.one(Folder, actor) if self.dice.random() < 0.8 else None
        space = self.world.space(self.dice.choice(SPACES))
        if folder is not None:
            space = db.session.get(type(space), folder.space_id)
        return space, folder

    def make(self, actor: object) -> None:
        space, folder = self.place(actor)
        audience = self.dice.choice([None, None, "coach"])
        create_folder(actor, space, name=self.dice.choice(NAMES), parent=folder, audience=audience)

    def send(self, actor: object) -> None:
        space, folder = self.place(actor)
        _send(actor, space, self.dice.choice(NAMES), folder, words=self.dice.randbytes(self.dice.randint(1, 9)))

    def rename(self, actor: object) -> None:
        name, both = self.dice.choice(NAMES), self.dice.random() < 0.5
        if self.dice.random() < 0.5 and (file := self.one(File, actor)):
            rename_file(actor, file, name=name, keep_both=both)
        elif folder := self.one(Folder, actor):
            rename_folder(actor, folder, name=name, keep_both=both)

    def move(self, actor: object) -> None:
        space, into = self.place(actor)
        both = self.dice.random() < 0.7
        if self.dice.random() < 0.4 and (file := self.one(File, actor)):
            move_file(actor, file, space, folder=into, keep_both=both)
        elif folder := self.one(Folder, actor):
            move_folder(actor, folder, space, parent=into, keep_both=both)

    def throw(self, actor: object) -> None:
        if self.dice.random() < 0.5 and (file := self.one(File, actor)):
            delete_file(actor, file)
        elif folder := self.one(Folder, actor):
            delete_folder(actor, folder)

    def bring_back(self, actor: object) -> None:
        if removal := self.one(FileRemoval, actor):
            restore(actor, removal)

    def destroy(self, actor: object) -> None:
        if removal := self.one(FileRemoval, actor):
            destroy(actor, removal)

    def share(self, actor: object) -> None:
        audience = self.dice.choice(["coach", "space"])
        if self.dice.random() < 0.4 and (file := self.one(File, actor)):
            share_file(actor, file, audience=audience)
        elif folder := self.one(Folder, actor):
            share_folder(actor, folder, audience=audience, inside=self.dice.random() < 0.5)

    def copy(self, actor: object) -> None:
        space, into = self.place(actor)
        if self.dice.random() < 0.5 and (file := self.one(File, actor)):
            copy_file(actor, file, space, folder=into)
        elif folder := self.one(Folder, actor):
            copy_folder(actor, folder, space, parent=into)


def _holds(world: World) -> None:
    """All that must be true of every tree."""
    db.session.expire_all()
    folders = {one.id: one for one in db.session.scalars(select(Folder))}
    files = list(db.session.scalars(select(File)))
    removals = {one.id: one for one in db.session.scalars(select(FileRemoval))}
    addresses = set()
    for folder in folders.values():
        if folder.deleted_at is not None:
            assert folder.path_key == f"/{folder.id}"
            assert folder.removal_id in removals or folder.name == ""
            continue
        parent = folders[folder.parent_id] if folder.parent_id is not None else None
        assert folder.path == (f"{parent.path}/{folder.name}" if parent else folder.name)
        assert folder.path_key == folder_key(folder.path)
        assert folder.depth == folder.path.count("/") + 1
        if parent is not None:
            assert parent.deleted_at is None and parent.space_id == folder.space_id
            assert AUDIENCES.index(folder.audience) <= AUDIENCES.index(parent.audience)
        addresses.add((folder.space_id, name_key(folder.path)))
    for file in files:
        if file.deleted_at is not None:
            assert file.path_key == f"/{file.id}"
            assert file.removal_id in removals or file.name == ""
            if file.removal_id is not None:
                assert removals[file.removal_id].space_id == file.space_id
            continue
        folder = folders[file.folder_id] if file.folder_id is not None else None
        assert file.path_key == path_key(file.name, file.folder_id)
        if folder is not None:
            assert folder.deleted_at is None and folder.space_id == file.space_id
            assert AUDIENCES.index(file.audience) <= AUDIENCES.index(folder.audience)
        addresses.add((file.space_id, name_key(file.path)))
        numbers = select(FileVersion.number).where(FileVersion.file_id == file.id)
        assert file.version in set(db.session.scalars(numbers))
    stand = [one for one in (*folders.values(), *files) if one.deleted_at is None]
    assert len(addresses) == len(stand)
    for name in (*PEOPLE, "ingrid"):
        actor = world.actor(name)
        sees = set(db.session.scalars(select(Folder.id).where(visible(actor, Folder))))
        for file in db.session.scalars(select(File).where(visible(actor, File))).all():
            assert file.author_id == actor.id or file.folder_id is None or file.folder_id in sees
            space = db.session.get(type(world.space("getij")), file.space_id)
            assert found_at(actor, space, file.path).id == file.id
        for number in sees:
            folder = folders[number]
            assert folder.author_id == actor.id or folder.parent_id is None or folder.parent_id in sees


@pytest.mark.parametrize("seed", range(3))
def test_the_tree_holds_whatever_happens(world: World, seed: int) -> None:
    life = _Life(world, seed)
    done = 0
    for number in range(1, 121):
        done += life.step()
        if number % 30 == 0:
            _holds(world)
    assert done > 40
    assert recount() == 0


@pytest.fixture
def many(world: World) -> int:
    """A folder of 50,000 files in Noorderlicht, and its number."""
    noor, team = world.actor("noor"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Many")
    at = now()
    rows = [
        {
            "space_id": team.id, "folder_id": folder.id, "author_id": noor.id, "name": f"file {number:05}.txt",
            "path_key": path_key(f"file {number:05}.txt", folder.id), "description": "", "size": number // 3,
            "media_type": "image/png" if number in (7, 49_000) else "text/plain",
            "sha256": "0" * 64, "storage_key": "0" * 32, "version": 1, "audience": "space", "created_at": at,
            "updated_at": at + timedelta(seconds=number // 7),
            "comment_count": 0, "talk_version": 0, "open_musts": 0, "tags": [],
        }
        for number in range(50_000)
    ]  # fmt: skip
    with write_unit():
        db.session.execute(insert(File), rows)
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return folder.id


def _plan(sql: str) -> str:
    words = "EXPLAIN QUERY PLAN " if is_sqlite() else "EXPLAIN "
    return "\n".join(str(row) for row in db.session.execute(text(words + sql)))


def test_fifty_thousand_files_in_one_folder_are_listed_by_an_index(world: World, many: int) -> None:
    samir, team = world.actor("samir"), world.space("noorderlicht")
    folder = db.session.get_one(Folder, many)
    assert samir.roles
    with count_queries() as asked:
        page = files_of(samir, team, folder, limit=50)
        names = [(one.path, one.author.name, one.space.slug) for one in page.items]
    assert len(names) == 50 and len(asked) == 1
    with count_queries() as asked:
        last = files_of(samir, team, folder, after=path_key("file 49989.txt", many), limit=50)
        assert [one.name for one in last.items][-1] == "file 49999.txt"
    assert len(asked) == 1
    with count_queries() as asked:
        assert file_for(samir, team, "many/FILE 31415.txt").name == "file 31415.txt"
    assert len(asked) == 2
    with count_queries() as asked:
        assert folders_of(samir, team, folder) == []
        assert list_of(samir, team, folder, sort="-changed").items[0].folder is folder
    assert len(asked) == 2
    listed = _plan(f"SELECT id FROM file WHERE space_id = {team.id} AND folder_id = {many} ORDER BY path_key LIMIT 50")
    assert (
        "ix_file_in_name" in listed or "ix_file_folder_id_path_key" in listed or "uq_file_space_id_path_key" in listed
    )
    assert "TEMP B-TREE" not in listed and "Sort" not in listed
    found = _plan(f"SELECT id FROM file WHERE space_id = {team.id} AND path_key = '{many}/file 31415.txt'")
    assert "uq_file_space_id_path_key" in found or "sqlite_autoindex_file" in found or "path_key" in found
    assert "SCAN file" not in found and "Seq Scan" not in found


def test_files_are_the_spaces_whoever_made_them_and_whatever_becomes_of_them(world: World) -> None:
    noor, team, rik = world.actor("noor"), world.space("noorderlicht"), world.actor("rik")
    folder = create_folder(noor, team, name="Evidence")
    _send(noor, team, "plan.txt", folder)
    for leave in (
        lambda: remove_member(world.actor("pieter_jan"), team, world.person("noor")),
        lambda: add_member(rik, world.space("getij"), world.person("noor"), role="member"),
        lambda: disable_person(rik, world.person("noor")),
    ):
        leave()
        db.session.expire_all()
        samir = world.actor("samir")
        found = file_for(samir, world.space("noorderlicht"), "Evidence/plan.txt")
        assert found.version == 1
        assert [one.name for one in files_of(samir, world.space("noorderlicht"), found.folder).items] == ["plan.txt"]
    rename_folder(samir, found.folder, name="Proof")  # and whoever writes there goes on with them
    assert file_for(samir, world.space("noorderlicht"), "Proof/plan.txt").id == found.id


@pytest.mark.parametrize("sort", SORTS)
def test_fifty_thousand_files_are_in_each_order_and_counted_so_far_by_an_index(
    world: World, many: int, sort: str
) -> None:
    samir, team, folder = world.actor("samir"), world.space("noorderlicht"), db.session.get_one(Folder, many)
    assert samir.roles
    asked: list[tuple[str, Any]] = []
    note = lambda _c, _cursor, words, given, *_rest: asked.append((words, given))  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        first = list_of(samir, team, folder, sort=sort)
        number = 49_900 if not sort.startswith("-") else 99
        edge = db.session.scalars(select(File).where(File.name == f"file {number:05}.txt")).one()
        asked.pop()
        last = list_of(samir, team, folder, sort=sort, after=mark_of(edge, sort))
        assert count_in(samir, team, folder) == count_in(samir, team, folder, kind="documents") == COUNTED + 1
        count = count_in(samir, team, folder, kind="pictures")
        pictures = list_of(samir, team, folder, sort=sort, kind="pictures", count=count)
        assert items_in(samir, [folder]) == {many: COUNTED_BELOW + 1}
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) == 8
    names = [f"file {number:05}.txt" for number in range(50_000)]
    if sort.startswith("-"):
        names.reverse()
    assert [one.name for one in first.items] == names[:100] and first.next
    assert [one.name for one in last.items] == names[-99:] and last.next is None
    assert sorted(one.name for one in pictures.items) == ["file 00007.txt", "file 49000.txt"]
    raw = db.session.connection().connection.cursor()
    if not is_sqlite():
        raw.execute("SET LOCAL enable_seqscan = off")  # where nearly all files are in one folder, reading on is as good
    for place, (words, given) in enumerate(asked[:-1]):  # the last asks of folders
        raw.execute(("EXPLAIN QUERY PLAN " if is_sqlite() else "EXPLAIN ") + words, given)
        plan = "\n".join(str(row[-1]) for row in raw.fetchall())
        assert re.search(r"(ix|uq|autoindex)_file_", plan), plan
        assert "Seq Scan on file " not in plan and "SCAN file " not in f"{plan} ", plan
        if place == 0:  # few that are left, and two pictures, may be sorted when they are found
            assert "TEMP B-TREE" not in plan and "Sort Key" not in plan, plan


def test_the_first_files_of_many_and_of_the_top_come_by_an_index(world: World, many: int) -> None:
    for place in (f"folder_id = {many}", "folder_id IS NULL"):
        for order in ("path_key", "updated_at, id", "size DESC, id DESC"):
            where = f"space_id = {world.space('noorderlicht').id} AND {place} AND deleted_at IS NULL"
            plan = _plan(f"SELECT id FROM file WHERE {where} ORDER BY {order} LIMIT 50")
            if is_sqlite() or "NULL" not in place:  # PostgreSQL knows that hardly any is at the top
                assert "ix_file_" in plan and "TEMP B-TREE" not in plan and "Sort Key" not in plan, plan
