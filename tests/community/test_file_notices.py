"""One notice for what one person adds to a folder within some minutes, and how near somebody is to a folder."""

from __future__ import annotations

import io
from datetime import timedelta

from community.clock import frozen, now
from community.extensions import db
from community.files.actions import create_folder, delete_file, upload_file
from community.files.models import File
from community.files.queries import folder_for
from community.notifications.keeping import level_above, set_level
from community.notifications.models import Notification
from community.notifications.queries import notifications_of
from community.notifications.reading import mark_read
from community.ports import ports
from tests.world import World


def _send(world: World, name: str, folder=None, who: str = "noor", **more) -> File:
    stored = ports.storage().put(io.BytesIO(name.encode()), limit_bytes=1000)
    return upload_file(world.actor(who), world.space("noorderlicht"), name=name, stored=stored, folder=folder, **more)


def _told(world: World, who: str) -> list[tuple[str, str, int]]:
    """What somebody was told of files; that they were brought into the team is no matter here."""
    found = notifications_of(world.actor(who))
    return [(told.row.reason, told.place, told.many) for told in found if told.row.reason != "added"]


def _folder(world: World, path: str):
    return folder_for(world.actor("noor"), world.space("noorderlicht"), path)


def test_twenty_files_are_one_notice_with_one_line(world: World, catch_up) -> None:
    folder = create_folder(world.actor("noor"), world.space("noorderlicht"), name="Interviews")
    for number in range(20):
        _send(world, f"{number}.txt", folder)
        if number == 7:
            catch_up()
            folder = _folder(world, "Interviews")
    catch_up()
    assert _told(world, "samir") == [("files", "Interviews", 20)]
    assert _told(world, "noor") == []
    told = notifications_of(world.actor("samir"))[0]
    title, _words = ports.words_of(told, "en")
    assert title == "Noor van der Velden adds 20 files to Interviews"
    assert ports.words_of(told, "nl")[0] == "Noor van der Velden voegt 20 bestanden toe aan Interviews"
    rows = db.session.scalars(db.select(Notification).where(Notification.reason == "files")).all()
    assert {(row.thread_kind, row.person_id == world.person_ids["samir"]) for row in rows} >= {("folder", True)}
    assert len({row.person_id for row in rows}) == len(rows)
    catch_up()
    assert _told(world, "samir") == [("files", "Interviews", 20)]


def test_another_person_another_place_another_hour_and_what_was_read_are_new(world: World, catch_up) -> None:
    at, noor, team = now(), world.actor("noor"), world.space("noorderlicht")
    folder = create_folder(noor, team, name="Interviews")
    _send(world, "a.txt", folder)
    _send(world, "b.txt")
    _send(world, "c.txt", folder, who="fatma")
    catch_up()
    assert sorted(_told(world, "samir")) == [("files", "", 1), ("files", "Interviews", 1), ("files", "Interviews", 1)]
    mark_read(world.actor("samir"))
    _send(world, "d.txt", _folder(world, "Interviews"))
    catch_up()
    assert len(_told(world, "samir")) == 4
    with frozen(at + timedelta(minutes=30)):
        _send(world, "e.txt", _folder(world, "Interviews"))
        catch_up()
    assert len(_told(world, "samir")) == 5


def test_only_what_somebody_sees_is_counted_and_nothing_of_what_they_do_not(world: World, catch_up) -> None:
    folder = create_folder(world.actor("noor"), world.space("noorderlicht"), name="Interviews")
    secret = _send(world, "for anna.txt", folder, audience="coach")
    catch_up()
    assert _told(world, "samir") == []
    assert _told(world, "anna") == [("files", "Interviews", 1)]
    one = _send(world, "all.txt", _folder(world, "Interviews"))
    number = one.id
    catch_up()
    assert _told(world, "samir") == [("files", "Interviews", 1)]
    assert _told(world, "anna") == [("files", "Interviews", 2)]
    delete_file(world.actor("noor"), db.session.get_one(File, number))
    catch_up()
    assert _told(world, "samir") == []
    assert _told(world, "anna") == [("files", "Interviews", 1)]
    assert secret.audience == "coach"


def test_a_level_holds_for_all_that_lies_below(world: World, catch_up) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    top = create_folder(noor, team, name="Evidence")
    inner = create_folder(noor, team, name="Interviews", parent=top)
    set_level(world.actor("samir"), top, "muted")
    set_level(world.actor("ingrid"), top, "watch")
    set_level(world.actor("kwame"), team, "muted")
    set_level(world.actor("kwame"), inner, "watch")
    set_level(world.actor("pieter_jan"), top, "track")
    file = _send(world, "a.txt", inner)
    assert level_above(world.actor("kwame"), file) == "watch"
    assert level_above(world.actor("samir"), file) == "muted"
    assert level_above(world.actor("fatma"), file) is None
    catch_up()
    for who, told in (("samir", 0), ("kwame", 1), ("ingrid", 1), ("fatma", 1), ("joost", 0)):
        assert len(_told(world, who)) == told, who
    quiet = db.session.scalars(
        db.select(Notification).where(
            Notification.person_id == world.person_ids["pieter_jan"], Notification.reason == "files"
        )
    ).one()
    assert (quiet.in_app, quiet.digest, quiet.mail) == (False, True, None)


def test_a_page_lets_one_choose_the_level_of_a_folder(world: World, as_person) -> None:
    folder = create_folder(world.actor("noor"), world.space("noorderlicht"), name="Interviews")
    page = as_person("samir").get(f"/notifications/level/folder/{folder.id}")
    assert page.status_code == 200
    assert "Interviews" in page.text
    assert as_person("joost").get(f"/notifications/level/folder/{folder.id}").status_code == 404
