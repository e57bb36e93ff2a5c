"""Folders and files that are renamed, moved, copied and shared: addresses follow, nobody reads more than before."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from community.comments.actions import create_comment
from community.comments.models import Comment
from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.files.actions import create_folder
from community.files.changing import (
    describe_folder,
    rename_file,
    rename_folder,
    share_file,
    share_folder,
    tag_file,
)
from community.files.copying import copy_file, copy_folder, size_of
from community.files.models import File, FileVersion, Folder
from community.files.moving import move_file, move_folder
from community.files.queries import file_for, file_numbered, files_of, folder_for, moved_from
from tests.community.test_folders import _send
from tests.world import World


def test_the_addresses_of_all_in_a_folder_follow_its_name_and_the_old_ones_lead_there(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="Evidence")
    b = create_folder(noor, team, name="Interviews", parent=a)
    file = _send(noor, team, "Planner.txt", b)
    rename_folder(noor, a, name="Proof")
    assert file_for(noor, team, "proof/interviews/planner.txt").id == file.id
    assert folder_for(noor, team, "Proof/Interviews").path == "Proof/Interviews"
    with pytest.raises(NotFound):
        file_for(noor, team, "Evidence/Interviews/Planner.txt")
    assert moved_from(noor, team, "Evidence/Interviews/Planner.txt").id == file.id
    assert moved_from(noor, team, "evidence/interviews") == b
    rename_folder(noor, b, name="Talks")
    rename_file(noor, file, name="Plan.txt")
    assert moved_from(noor, team, "Evidence/Interviews/Planner.txt").path == "Proof/Talks/Plan.txt"
    with pytest.raises(NotFound):
        moved_from(noor, team, "Evidence/Nothing.txt")
    with pytest.raises(NotFound):
        moved_from(world.actor("joost"), team, "Evidence/Interviews/Planner.txt")
    create_folder(noor, team, name="Evidence")  # the old name is free
    rename_folder(noor, a, name="PROOF")
    assert folder_for(noor, team, "proof/talks").path == "PROOF/Talks"


def test_a_name_in_use_says_which_one_keeps_both(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    _send(noor, team, "Planner.docx")
    other = _send(noor, team, "Other.docx", words=b"y")
    with pytest.raises(Invalid, match=r"Keep both") as fault:
        rename_file(noor, other, name="PLANNER.docx")
    assert fault.value.facts["other"] == "PLANNER (2).docx"
    rename_file(noor, other, name="Planner.docx", keep_both=True)
    assert other.name == "Planner (2).docx"
    with pytest.raises(Denied):
        rename_file(world.actor("ingrid"), other, name="Mine.docx")


def test_a_folder_moves_whole_and_never_into_itself(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    b = create_folder(noor, team, name="B", parent=a)
    c = create_folder(noor, team, name="C", parent=b)
    file = _send(noor, team, "x.txt", c)
    for into in (a, b, c):
        with pytest.raises(Invalid, match="itself"):
            move_folder(noor, a, team, parent=into)
    with pytest.raises(Invalid, match="itself"):
        copy_folder(noor, a, team, parent=c)
    move_folder(noor, b, team)
    assert (file.path, c.path, c.depth) == ("B/C/x.txt", "B/C", 2)
    assert moved_from(noor, team, "A/B/C/x.txt") == file
    move_folder(noor, a, team, parent=c)
    assert a.path == "B/C/A"


def test_what_goes_to_another_space_takes_its_versions_and_comments_along(world: World) -> None:
    staff, noor = world.actor("pieter_jan"), world.actor("noor")
    team, other = world.space("noorderlicht"), world.space("getij")
    folder = create_folder(noor, team, name="A")
    file = _send(noor, team, "x.txt", folder)
    _send(noor, team, "x.txt", folder, words=b"two")
    said = create_comment(world.actor("samir"), file, body="Hello")
    with pytest.raises(NotFound):
        move_folder(noor, folder, other)  # a space that she does not see
    move_folder(staff, folder, other)
    joost = world.actor("joost")
    found = file_for(joost, world.space("getij"), "A/x.txt")
    assert found.id == file.id and found.version == 2
    assert db.session.scalar(select(Comment.space_id).where(Comment.id == said.id)) == other.id
    assert len(db.session.scalars(select(FileVersion).where(FileVersion.file_id == file.id)).all()) == 2
    with pytest.raises(NotFound):
        file_numbered(noor, file.id)
    with pytest.raises(NotFound):
        moved_from(noor, world.space("noorderlicht"), "A/x.txt")
    assert moved_from(staff, world.space("noorderlicht"), "A/x.txt").id == file.id


def test_who_moves_elsewhere_needs_rights_on_both_sides(world: World) -> None:
    anna, noor, samir = world.actor("anna"), world.actor("noor"), world.actor("samir")
    team, other = world.space("noorderlicht"), world.space("getij")
    file = _send(noor, team, "x.txt")
    with pytest.raises(Denied):
        move_file(anna, file, other)  # another's, and she is no facilitator
    mine = _send(anna, team, "y.txt", words=b"y")
    create_comment(samir, mine, body="For us here")
    with pytest.raises(Denied, match="Others said"):
        move_file(anna, mine, other)
    folder = create_folder(anna, team, name="A")
    _send(samir, team, "z.txt", folder, words=b"z")
    with pytest.raises(Denied, match="Things of others"):
        move_folder(anna, folder, other)
    with pytest.raises(Denied):
        move_file(world.actor("ingrid"), file, team, folder=folder)
    move_file(samir, file, team, folder=folder)  # within a space whoever writes puts things in order
    assert file.path == "A/x.txt"


def test_an_audience_is_as_narrow_as_where_a_thing_goes(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    closed = create_folder(noor, team, name="Closed", audience="coach")
    file = _send(noor, team, "x.txt")
    move_file(noor, file, team, folder=closed)
    assert file.audience == "coach"
    with pytest.raises(NotFound):
        file_numbered(samir, file.id)
    with pytest.raises(NotFound):
        moved_from(samir, team, "x.txt")
    with pytest.raises(Invalid, match="Fewer people"):
        share_file(noor, file, audience="space")
    open_one = create_folder(noor, team, name="Open")
    inner = create_folder(noor, team, name="Inner", parent=open_one)
    _send(samir, team, "y.txt", inner, words=b"y")
    with pytest.raises(Denied):
        share_folder(samir, open_one, audience="coach")
    assert share_folder(noor, open_one, audience="coach") == 2
    assert inner.audience == "coach"
    with pytest.raises(NotFound):
        folder_for(samir, team, "Open")
    assert file_for(samir, team, "Open/Inner/y.txt").author_id == samir.id  # his own
    with pytest.raises(NotFound):
        file_for(world.actor("kwame"), team, "Open/Inner/y.txt")
    assert share_folder(noor, open_one, audience="space") == 0
    assert inner.audience == "coach"
    share_folder(noor, open_one, audience="coach")
    assert share_folder(noor, open_one, audience="space", inside=True) == 1
    assert inner.audience == "space"


def test_a_copy_begins_anew_and_takes_along_what_its_maker_sees(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    inner = create_folder(noor, team, name="Inner", parent=a)
    held = create_folder(noor, team, name="Held", parent=a, audience="coach")
    _send(noor, team, "x.txt", inner, words=b"1")
    _send(noor, team, "x.txt", inner, words=b"2")
    _send(noor, team, "secret.txt", held, words=b"3")
    made = copy_folder(samir, a, team)
    assert made.path == "A (2)" and made.author_id == samir.id
    found = file_for(samir, team, "A (2)/Inner/x.txt")
    assert (found.version, found.author_id, found.comment_count) == (1, samir.id, 0)
    assert size_of(noor, made) == (2, 1, 1)
    assert db.session.scalar(select(Folder.id).where(Folder.path == "A (2)/Held")) is None
    copy = copy_file(samir, found, team)
    again = copy_file(samir, found, team)
    assert [copy.name, again.name] == ["x.txt", "x (2).txt"]
    assert [one.name for one in files_of(samir, team).items] == ["x (2).txt", "x.txt"]


def test_words_and_tags_of_files_and_folders(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    a = create_folder(noor, team, name="A")
    assert describe_folder(noor, a, description="What we found.").description == "What we found."
    file = _send(noor, team, "x.txt", a)
    assert tag_file(noor, file, tags=["Decision", "status=ready", "decision"]).tags == ["Decision", "status=ready"]
    with pytest.raises(Invalid):
        describe_folder(noor, a, description="x" * 2001)
    with pytest.raises(Denied):
        tag_file(world.actor("ingrid"), file, tags=["x"])
    assert db.session.get_one(File, file.id).tags == ["Decision", "status=ready"]
