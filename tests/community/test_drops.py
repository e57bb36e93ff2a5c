"""Folders that collect: each sends theirs and sees theirs alone, on every surface, until it closes."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from community.activity.queries import activity_after
from community.clock import frozen, now
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.files.actions import create_folder, delete_file, plan_upload, upload_file
from community.files.bin import bin_of, restore
from community.files.changing import rename_file
from community.files.copying import copy_file
from community.files.drop_actions import change_drop, close_drop, create_drop, remind_of_drop
from community.files.drop_jobs import _look
from community.files.drops import counts_in, name_from, refuse_moves, states_of
from community.files.kind import CARD
from community.files.models import Drop, File
from community.files.moving import move_file, move_folder
from community.files.queries import file_for, files_of, folder_for
from community.items.readers import grants_of
from community.notifications.models import Notification
from community.permissions import may, sees
from community.ports import ports
from community.search.queries import search
from community.sharing.actions import create_share
from community.sharing.queries import files_in, opened, token_of
from community.spaces.actions import add_member
from tests.world import World

EVERYBODY = ("noor", "samir", "fatma", "kwame", "anna", "pieter_jan", "ingrid", "joost", "rik", "dev", "gus")
NOON = timedelta(hours=48)


def _send(who, space, name, folder=None, words=b"x", **more):
    stored = ports.storage().put(io.BytesIO(words), limit_bytes=1000)
    return upload_file(who, space, name=name, stored=stored, folder=folder, **more)


def _drop(world: World, who: str = "anna", **more):
    return create_drop(
        world.actor(who),
        world.space("noorderlicht"),
        name=more.pop("name", "Interviews"),
        closes_at=more.pop("closes_at", now() + NOON),
        **more,
    )


def _who_sees(world: World, file: File) -> set[str]:
    return {name for name in EVERYBODY if sees(world.actor(name), file)}


def test_each_sees_theirs_alone_and_all_see_all_when_it_has_closed(world: World) -> None:
    team, folder = world.space("noorderlicht"), _drop(world, wanted=3)
    noor, samir = world.actor("noor"), world.actor("samir")
    mine = _send(noor, team, "interview.docx", folder)
    _send(samir, team, "interview.docx", folder)
    assert mine.name == "interview (noor.van-der-velden).docx"
    assert _who_sees(world, mine) == {"noor", "anna", "pieter_jan"}
    assert [len(files_of(who, team, folder).items) for who in (noor, samir, world.actor("anna"))] == [1, 1, 2]
    assert files_of(world.actor("ingrid"), team, folder).items == []
    state = states_of(world.actor("noor"), [folder])[folder.id]
    assert (state.mine, state.drop.wanted, state.closed, state.asked, state.guides) == (1, 3, False, True, False)
    assert states_of(world.actor("anna"), [folder])[folder.id].guides
    assert counts_in(noor, folder) == []
    assert [(one.handle, sent) for one, sent in counts_in(world.actor("anna"), folder) if sent] == [
        ("noor.van-der-velden", 1),
        ("samir.el-idrissi", 1),
    ]
    close_drop(world.actor("anna"), folder)
    db.session.refresh(mine)
    assert _who_sees(world, mine) == {"noor", "samir", "fatma", "kwame", "anna", "pieter_jan", "ingrid"}


def test_they_stay_apart_where_that_was_said(world: World) -> None:
    folder = _drop(world, stays_apart=True)
    mine = _send(world.actor("noor"), world.space("noorderlicht"), "reflection.txt", folder)
    close_drop(world.actor("pieter_jan"), folder)
    db.session.refresh(mine)
    assert _who_sees(world, mine) == {"noor", "anna", "pieter_jan"}
    assert not may(world.actor("noor"), "replace", mine)


def test_a_change_of_mind_until_it_closes_and_nobody_elses_hand(world: World) -> None:
    team, folder = world.space("noorderlicht"), _drop(world)
    noor = world.actor("noor")
    first = _send(noor, team, "plan.txt", folder, words=b"one")
    again = _send(noor, team, "plan.txt", folder, words=b"two")
    assert (again.id, again.version) == (first.id, 2)
    assert not may(world.actor("anna"), "replace", again)
    assert not may(world.actor("anna"), "describe", again)
    other = _send(noor, team, "second.txt", folder)
    delete_file(noor, other)
    assert states_of(world.actor("noor"), [folder])[folder.id].mine == 1
    close_drop(world.actor("anna"), folder)
    db.session.refresh(first)
    assert not may(world.actor("noor"), "replace", first)
    assert not may(world.actor("noor"), "delete", first)
    assert may(world.actor("pieter_jan"), "delete", first)


def test_late_is_refused_or_marked(world: World) -> None:
    team = world.space("noorderlicht")
    strict, mild = _drop(world), _drop(world, name="Mild", takes_late=True)
    apart = _drop(world, name="Apart", takes_late=True, stays_apart=True)
    with frozen(now() + NOON + timedelta(minutes=1)):
        with pytest.raises(Invalid, match="has closed"):
            _send(world.actor("noor"), team, "x.txt", strict)
        before = _send(world.actor("noor"), team, "x.txt", mild)
        assert (before.late, before.gathered) == (True, "open")
        _look({})
        after = _send(world.actor("samir"), team, "x.txt", folder_for(world.actor("samir"), team, "Mild"))
        kept = _send(world.actor("samir"), team, "x.txt", folder_for(world.actor("samir"), team, "Apart"))
        db.session.refresh(before)
        assert [(one.late, one.gathered) for one in (before, after, kept)] == [
            (True, "shown"),
            (True, "shown"),
            (True, "apart"),
        ]
        assert apart.id == kept.folder_id


def test_who_guides_puts_things_there_for_all(world: World) -> None:
    team, folder = world.space("noorderlicht"), _drop(world)
    sheet = _send(world.actor("anna"), team, "What we ask.pdf", folder)
    assert sheet.name == "What we ask.pdf"
    assert sees(world.actor("noor"), sheet)
    assert not may(world.actor("fatma"), "collect", folder)


def test_only_who_guides_makes_one_and_says_what_makes_sense(world: World) -> None:
    team = world.space("noorderlicht")
    for name in ("noor", "ingrid"):
        with pytest.raises(Denied):
            _drop(world, who=name)
    with pytest.raises(NotFound):
        _drop(world, who="joost")
    held = create_folder(world.actor("anna"), team, name="Held", audience="coach")
    for field, wrong in (
        ("closes_at", {"closes_at": now() - timedelta(minutes=1)}),
        ("closes_at", {"closes_at": now() + timedelta(days=900)}),
        ("wanted", {"wanted": 101}),
        ("wanted", {"wanted": -1}),
        ("name", {"parent": held}),
        ("name", {"name": " "}),
    ):
        with pytest.raises(Invalid) as caught:
            _drop(world, **wrong)
        assert caught.value.field == field
    folder = _drop(world)
    with pytest.raises(Invalid, match="collects files"):
        create_folder(world.actor("noor"), team, name="Mine", parent=folder)
    mine = _send(world.actor("noor"), team, "a.txt", folder)
    loose = _send(world.actor("noor"), team, "b.txt")
    with pytest.raises(Invalid):
        refuse_moves(mine, None)
    with pytest.raises(Invalid):
        refuse_moves(loose, folder)
    later = now() + timedelta(days=9)
    change_drop(world.actor("anna"), folder, closes_at=later, wanted=2, takes_late=True)
    drop = db.session.get_one(Drop, folder.id)
    assert (drop.closes_at, drop.wanted, drop.takes_late) == (later, 2, True)
    close_drop(world.actor("anna"), folder)
    with pytest.raises(Conflict):
        change_drop(world.actor("anna"), folder, closes_at=later, wanted=1, takes_late=True)


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("a.txt", "a (noor).txt"),
        ("a (noor).txt", "a (noor).txt"),
        ("a (samir).txt", "a (samir) (noor).txt"),
        ("README", "README (noor)"),
        (".env", ".env (noor)"),
        ("é" * 126 + ".txt", "é" * 122 + " (noor).txt"),
    ],
)
def test_names_carry_who_sent_it(name: str, becomes: str) -> None:
    assert name_from(name, "noor") == becomes
    assert len(becomes.encode()) <= 255


def test_nothing_of_it_comes_out_at_another_door(app, world: World, catch_up) -> None:
    team, folder = world.space("noorderlicht"), _drop(world)
    mine = _send(world.actor("noor"), team, "zonnewijzer.txt", folder)
    number, path = mine.id, mine.path
    catch_up()
    index = app.config["SETTINGS"].search_folder
    for name in ("samir", "ingrid", "joost", "rik"):
        actor = world.actor(name)
        assert search(actor, index, "zonnewijzer").total == 0
        with pytest.raises(NotFound):
            file_for(actor, team, path)
        lines, _next = activity_after(actor, 0, limit=1000)
        assert not [line for line in lines if line.object_kind == "file"]
        told = db.session.scalars(db.select(Notification).where(Notification.person_id == actor.id)).all()
        assert not [row for row in told if row.object_kind == "file" or row.reason == "files"]
    assert search(world.actor("noor"), index, "zonnewijzer").total == 1
    assert search(world.actor("anna"), index, "zonnewijzer").total == 1
    mine = db.session.get_one(File, number)
    readers = {person.handle for grants in grants_of(mine) for person in grants.people}
    assert readers == {"noor.van-der-velden", "anna.de-wit-okonkwo", "pieter-jan.hoekstra"}
    folder, mine = folder_for(world.actor("anna"), team, "Interviews"), db.session.get_one(File, number)
    share = create_share(world.actor("anna"), folder)
    token = token_of(world.actor("anna"), share)
    assert token and files_in(opened(token), folder).items == []
    with pytest.raises(Denied):
        create_share(world.actor("anna"), mine)
    with pytest.raises(Invalid):
        create_share(world.actor("anna"), folder, rights="upload")
    close_drop(world.actor("anna"), folder)
    catch_up()
    assert search(world.actor("samir"), index, "zonnewijzer").total == 1
    assert len(files_in(opened(token), folder).items) == 1


def test_the_bin_and_every_way_of_moving_and_naming_tell_nothing(world: World) -> None:
    team, folder = world.space("noorderlicht"), _drop(world)
    noor, samir, anna = world.actor("noor"), world.actor("samir"), world.actor("anna")
    theirs = _send(samir, team, "interview.docx", folder)
    sheet = _send(anna, team, "What we ask.docx", folder)
    loose = _send(noor, team, "interview (samir.el-idrissi).docx")
    with pytest.raises(Denied):
        rename_file(noor, sheet, name="interview (samir.el-idrissi).docx")
    with pytest.raises(Invalid, match="collects"):
        move_file(noor, loose, team, folder=folder)
    with pytest.raises(Invalid, match="collects"):
        move_folder(noor, create_folder(noor, team, name="Mine"), team, parent=folder)
    with pytest.raises(NotFound):
        copy_file(noor, theirs, team)
    checked = {"name": "interview (samir.el-idrissi).docx", "folder": folder, "base": ""}
    plan_upload(noor, team, **checked)  # the same whether there is one or not: hers has another name
    copied = copy_file(noor, loose, team, folder=folder, keep_both=False)
    assert copied.name == "interview (samir.el-idrissi) (noor.van-der-velden).docx"
    assert _who_sees(world, copied) == {"noor", "anna", "pieter_jan"}
    with pytest.raises(Denied):
        move_file(samir, theirs, team)
    with pytest.raises(Denied):
        rename_file(samir, theirs, name="other.docx")
    delete_file(samir, theirs)
    assert bin_of(world.actor("noor"), team).items == []
    assert [one.path for one in bin_of(world.actor("samir"), team).items] == [
        "Interviews/interview (samir.el-idrissi).docx"
    ]
    assert len(bin_of(world.actor("anna"), team).items) == 1
    restore(world.actor("samir"), bin_of(world.actor("samir"), team).items[0])
    db.session.refresh(theirs)
    assert _who_sees(world, theirs) == {"samir", "anna", "pieter_jan"}


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sends=st.lists(st.sampled_from(("noor", "samir", "fatma", "anna")), min_size=1, max_size=5),
    closed=st.booleans(),
    apart=st.booleans(),
    moved=st.sampled_from(("member", "coach", "alumnus", "guest")),
    visible_to=st.sampled_from(("space", "coach")),
)
def test_the_same_people_by_the_clause_and_by_the_tokens(app, house, world, sends, closed, apart, moved, visible_to):
    db.session.remove()
    house.renew()
    team, folder = world.space("noorderlicht"), _drop(world, stays_apart=apart)
    for number, name in enumerate(sends):
        _send(world.actor(name), team, f"{number}.txt", folder, audience=visible_to)
    if closed:
        close_drop(world.actor("pieter_jan"), folder)
    add_member(world.actor("pieter_jan"), team, world.person("noor"), role=moved)
    files = db.session.scalars(db.select(File)).all()
    for name in EVERYBODY:
        actor = world.actor(name)
        listed = set(db.session.scalars(db.select(File.id).where(CARD.visible(actor))))
        for file in files:
            by_tokens = bool(CARD.scopes(file) & actor.scopes)
            assert (file.id in listed) == by_tokens, (name, file.name, file.gathered, file.audience)
            told = {person.id for grants in grants_of(file) for person in grants.people}
            assert (actor.id in told) == (file.id in listed), (name, file.name)


def test_who_has_not_sent_enough_is_reminded_once_and_all_hear_that_it_closes(world: World, catch_up) -> None:
    team, folder = world.space("noorderlicht"), _drop(world, wanted=2)
    noor, samir = world.actor("noor"), world.actor("samir")
    for name in ("a.txt", "b.txt"):
        _send(noor, team, name, folder)
    _send(samir, team, "a.txt", folder)
    at = now()
    _look({})
    with frozen(at + timedelta(hours=25)):
        _look({})
        _look({})
        catch_up()
    due = db.session.scalars(db.select(Notification).where(Notification.reason == "drop-due")).all()
    names = {world.person_ids[name] for name in ("samir", "fatma", "kwame")}
    assert sorted(row.person_id for row in due) == sorted(names)
    with pytest.raises(Denied):
        remind_of_drop(world.actor("anna"), folder)
    with frozen(at + NOON + timedelta(seconds=1)):
        _look({})
        _look({})
        catch_up()
    assert db.session.get_one(Drop, folder.id).closed_at is not None
    closed = db.session.scalars(db.select(Notification).where(Notification.reason == "collected")).all()
    assert {row.person_id for row in closed} >= {noor.id, samir.id, *names}
    assert len({row.person_id for row in closed}) == len(closed)
    began = db.session.scalars(db.select(Notification).where(Notification.reason == "collects")).all()
    assert {row.person_id for row in began} >= {noor.id, samir.id} and world.person_ids["anna"] not in {
        row.person_id for row in began
    }
