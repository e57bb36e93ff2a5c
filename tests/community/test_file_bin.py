"""What is thrown away: who finds it in the bin, who brings it back and to where, and what is left when it is gone for good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from community.activity.outbox import run_until_idle
from community.clock import now
from community.comments.actions import create_comment
from community.comments.models import Comment
from community.errors import Denied, NotFound
from community.extensions import db, write_unit
from community.files.actions import create_folder, delete_file
from community.files.bin import bin_of, delete_folder, destroy, empty_bin, kept_until, removal_for, restore, sweep
from community.files.bin_jobs import empty
from community.files.changing import rename_folder, share_folder
from community.files.models import File, FileRemoval, FileVersion, Folder
from community.files.moving import move_folder
from community.files.queries import file_for, folder_for, folders_of
from community.kinds import card_of
from community.permissions import SYSTEM
from tests.community.test_folders import _send
from tests.world import World


def _bin(world: World, who: str, space: str = "noorderlicht") -> list[FileRemoval]:
    return bin_of(world.actor(who), world.space(space)).items


def test_a_file_goes_to_the_bin_and_comes_back_to_its_folder(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Evidence")
    file = _send(noor, team, "plan.txt", folder)
    delete_file(noor, file)
    (lies,) = _bin(world, "samir")
    assert (lies.path, lies.name, lies.kind, lies.remover.name) == (
        "Evidence/plan.txt",
        "plan.txt",
        "file",
        noor_name(world),
    )
    assert kept_until(lies) == lies.created_at + timedelta(days=30)
    again = _send(noor, team, "plan.txt", folder, words=b"another")
    back = restore(samir, lies)
    assert (back.moved, back.renamed, back.thing.path) == (False, True, "Evidence/plan (2).txt")
    assert file_for(samir, team, "Evidence/plan.txt").id == again.id
    assert _bin(world, "samir") == []


def noor_name(world: World) -> str:
    return world.person("noor").name


def test_who_could_only_read_neither_finds_nor_restores_it(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    held = create_folder(noor, team, name="For our coach", audience="coach")
    delete_file(noor, _send(noor, team, "open.txt"))
    delete_file(noor, _send(noor, team, "held.txt", held, words=b"y"))
    assert [one.name for one in _bin(world, "noor")] == ["held.txt", "open.txt"]
    assert [one.name for one in _bin(world, "anna")] == ["held.txt", "open.txt"]
    assert [one.name for one in _bin(world, "samir")] == ["open.txt"]
    for outside in ("ingrid", "joost", "mei_lin"):
        assert _bin(world, outside) == []
    for lies in db.session.scalars(select(FileRemoval)).all():
        with pytest.raises(NotFound):
            restore(world.actor("ingrid"), lies)
    with pytest.raises(NotFound):
        removal_for(world.actor("samir"), team, _bin(world, "noor")[0].id)
    with pytest.raises(Denied):
        destroy(world.actor("samir"), _bin(world, "samir")[0])


def test_a_folder_goes_and_comes_back_as_one_thing(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    b = create_folder(noor, team, name="B", parent=a)
    early = _send(noor, team, "early.txt", b)
    file = _send(noor, team, "x.txt", b, words=b"2")
    delete_file(noor, early)
    delete_folder(noor, a)
    assert folders_of(noor, team) == []
    with pytest.raises(NotFound):
        file_for(noor, team, "A/B/x.txt")
    found = bin_of(noor, team)
    assert [(one.path, one.kind, one.files) for one in found.items] == [
        ("A", "folder", 1),
        ("A/B/early.txt", "file", 1),
    ]
    assert found.counts == {found.items[0].id: 1}
    back = restore(noor, found.items[1])  # its folder lies in the bin
    assert (back.moved, back.thing.path) == (True, "early.txt")
    create_folder(noor, team, name="a")
    back = restore(noor, found.items[0])
    assert (back.moved, back.renamed, back.thing.path) == (False, True, "A (2)")
    assert file_for(noor, team, "A (2)/B/x.txt").id == file.id
    assert folder_for(noor, team, "a (2)/b").depth == 2


def test_what_others_made_is_not_thrown_away_with_a_folder(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    _send(samir, team, "x.txt", a)
    with pytest.raises(Denied, match="Things of others"):
        delete_folder(noor, a)
    delete_folder(world.actor("pieter_jan"), a)
    (lies,) = _bin(world, "noor")
    assert lies.author_id is None
    with pytest.raises(Denied):
        destroy(noor, lies)
    restore(samir, lies)
    assert file_for(noor, team, "A/x.txt").author_id == samir.id


def test_what_happens_to_the_folder_meanwhile_tells_nobody_more(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="Plans")
    inner = create_folder(noor, team, name="Inner", parent=a)
    delete_file(noor, _send(noor, team, "x.txt", inner))
    delete_folder(noor, inner)
    rename_folder(noor, a, name="Secret plans")
    assert [one.path for one in _bin(world, "samir")] == ["Plans/Inner", "Plans/Inner/x.txt"]
    share_folder(noor, a, audience="coach")
    assert _bin(world, "samir") == []
    for lies in _bin(world, "noor"):
        assert restore(noor, lies).thing.audience == "coach"
    assert [one.path for one in db.session.scalars(select(Folder).order_by(Folder.id))] == [
        "Secret plans",
        "Secret plans/Inner",
    ]


def test_what_was_in_a_folder_that_left_comes_back_to_the_top(world: World) -> None:
    staff, team = world.actor("pieter_jan"), world.space("noorderlicht")
    a = create_folder(staff, team, name="A")
    delete_file(staff, _send(staff, team, "x.txt", a))
    move_folder(staff, a, world.space("getij"))
    (lies,) = _bin(world, "noor")
    back = restore(world.actor("noor"), lies)
    assert (back.moved, back.thing.path, back.thing.space_id) == (True, "x.txt", team.id)


def test_for_good_takes_words_versions_and_comments(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    file = _send(noor, team, "x.txt", a)
    create_comment(world.actor("samir"), file, body="Said of it")
    delete_folder(noor, a)
    assert empty_bin(world.actor("samir"), team) == 0
    assert empty_bin(noor, team) == 1
    assert db.session.scalars(select(FileVersion)).all() == []
    gone = db.session.get_one(File, file.id)
    assert (gone.name, gone.storage_key, gone.size) == ("", "", 0)
    assert db.session.scalars(select(Comment.body)).all() == [""]
    assert card_of(gone).document(gone) is None
    assert _bin(world, "noor") == []


def test_thirty_days_later_it_goes_by_itself(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    delete_file(noor, _send(noor, team, "old.txt"))
    delete_file(noor, _send(noor, team, "new.txt", words=b"y"))
    new, old = _bin(world, "noor")
    with pytest.raises(Denied):
        sweep(noor, old)
    with pytest.raises(Denied):
        sweep(SYSTEM, new)
    with write_unit():
        db.session.execute(
            update(FileRemoval).where(FileRemoval.id == old.id).values(created_at=now() - timedelta(days=31))
        )
    empty({})
    empty({})
    db.session.expire_all()
    assert [one.name for one in _bin(world, "noor")] == ["new.txt"]


def test_search_follows_a_folder_that_goes_and_comes_back(world: World) -> None:
    from community.activity.outbox import lines_after
    from community.search.consumer import changes_for
    from community.search.documents import Document

    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="Evidence")
    file = _send(noor, team, "x.txt", a)
    run_until_idle()
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a, file = folder_for(noor, team, "Evidence"), file_for(noor, team, "Evidence/x.txt")

    def told() -> dict[str, bool]:
        last = lines_after(0, 10_000)[-1:]
        return {one.ref: isinstance(one, Document) for one in changes_for(last)}

    delete_folder(noor, a)
    assert told() == {f"folder:{a.id}": False, f"file:{file.id}": False}
    restore(noor, _bin(world, "noor")[0])
    assert told() == {f"folder:{a.id}": True, f"file:{file.id}": True}
