"""Folders: where files lie, who sees them there, and that two things never have one address."""

from __future__ import annotations

import io

import pytest

from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.files.actions import create_folder, upload_file
from community.files.models import FileVersion
from community.files.queries import file_for, files_of, folder_for, folders_of, found_at, way_to
from community.ports import ports
from tests.world import World


def _send(who, space, name, folder=None, words=b"x", **more):
    stored = ports.storage().put(io.BytesIO(words), limit_bytes=1000)
    return upload_file(who, space, name=name, stored=stored, folder=folder, **more)


def test_files_lie_in_folders_and_the_same_name_in_two_places_is_two_files(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    evidence = create_folder(noor, team, name="Evidence")
    interviews = create_folder(noor, team, name="Interviews", parent=evidence)
    assert interviews.path == "Evidence/Interviews"
    _send(noor, team, "Planner.txt")
    _send(noor, team, "Planner.txt", interviews)
    assert [one.name for one in folders_of(noor, team)] == ["Evidence"]
    assert [one.name for one in folders_of(noor, team, evidence)] == ["Interviews"]
    assert [one.path for one in files_of(noor, team, interviews).items] == ["Evidence/Interviews/Planner.txt"]
    assert [one.path for one in files_of(noor, team).items] == ["Planner.txt"]
    found = file_for(noor, team, "evidence/INTERVIEWS/planner.txt")
    assert found.folder_id == interviews.id
    assert found_at(noor, team, "Evidence/Interviews") == interviews
    assert [one.name for one in way_to(noor, interviews)] == ["Evidence", "Interviews"]
    with pytest.raises(NotFound):
        file_for(noor, team, "Evidence/Planner.txt")


def test_a_file_and_a_folder_do_not_share_an_address(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    create_folder(noor, team, name="Evidence")
    with pytest.raises(Invalid, match="in use"):
        _send(noor, team, "evidence")
    with pytest.raises(Invalid, match="in use"):
        create_folder(noor, team, name="EVIDENCE")
    _send(noor, team, "notes")
    with pytest.raises(Invalid, match="in use"):
        create_folder(noor, team, name="Notes")
    with pytest.raises(Denied):
        create_folder(world.actor("ingrid"), team, name="Mine")


def test_nobody_reads_in_a_folder_who_does_not_see_it(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    held = create_folder(noor, team, name="For our coach", audience="coach")
    inner = create_folder(noor, team, name="Deeper", parent=held, audience="space")
    assert inner.audience == "coach"
    assert _send(noor, team, "plan.txt", held, audience="space").audience == "coach"
    with pytest.raises(NotFound):
        folder_for(samir, team, "For our coach")
    with pytest.raises(NotFound):
        file_for(samir, team, "For our coach/plan.txt")
    assert folders_of(samir, team) == []


def test_each_version_is_kept_with_who_sent_it_and_what_is_new(world: World) -> None:
    noor, samir, team = world.actor("noor"), world.actor("samir"), world.space("noorderlicht")
    file = _send(noor, team, "plan.txt", words=b"one")
    _send(samir, team, "PLAN.txt", words=b"two", note="Samir's remarks")
    kept = db.session.query(FileVersion).filter_by(file_id=file.id).order_by(FileVersion.number).all()
    assert [(one.number, one.author_id, one.note) for one in kept] == [
        (1, noor.id, ""),
        (2, samir.id, "Samir's remarks"),
    ]
    assert [ports.storage().open(one.storage_key).read() for one in kept] == [b"one", b"two"]
