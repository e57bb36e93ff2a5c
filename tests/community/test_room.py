"""How much room Noorderlicht has: counted with each change, refused before anything is sent, told in time to who runs the place."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from community.activity.models import Activity
from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.files import room
from community.files.actions import delete_file, upload_file
from community.files.incoming import receive
from community.files.models import File
from community.files.recount import recount
from community.files.room import NoRoom, PersonRoom, Room, SpaceRoom, give_room, room_of, used_by
from community.files.uploads import begin_upload, end_upload
from community.notifications.models import Notification
from tests.conftest import count_queries
from tests.world import World


@pytest.fixture
def send(app: Flask, world: World) -> Callable[..., File]:
    """`send("noor", "plan.txt", 300)`: so many bytes, as the pages send them."""

    def do(who: str, name: str, size: int, sign: str = "x") -> File:
        came = receive(app.config["STORAGE"], io.BytesIO(sign.encode() * size), name, limit_bytes=10_000)
        return upload_file(
            world.actor(who), world.space("noorderlicht"), name=name, stored=came.stored, media_type=came.media_type
        )

    return do


@pytest.fixture
def quota(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What the house gives, in bytes."""

    def do(space: int = 0, person: int = 0) -> None:
        monkeypatch.setattr(room.BOUNDS, "space", space)
        monkeypatch.setattr(room.BOUNDS, "person", person)

    return do


def here(world: World) -> Room:
    db.session.rollback()
    return room_of(world.space("noorderlicht"))


def test_each_change_counts_in_the_same_write(world, send):
    assert here(world).used == 0
    send("noor", "plan.txt", 300)
    assert (here(world).current, here(world).versions, here(world).trash) == (300, 0, 0)
    send("samir", "plan.txt", 200, "y")
    assert (here(world).current, here(world).versions) == (200, 300)
    send("samir", "plan.txt", 200, "y")
    assert here(world).used == 500, "the same bytes again are no version"
    delete_file(world.actor("pieter_jan"), db.session.scalars(select(File)).one())
    assert (here(world).current, here(world).versions, here(world).trash) == (0, 0, 500)
    assert (used_by(world.person_ids["noor"]), used_by(world.person_ids["samir"])) == (300, 200)


def test_what_is_sent_in_pieces_has_its_room_from_the_start(world, quota):
    quota(space=1000)
    noor = world.actor("noor")
    upload = begin_upload(noor, world.space("noorderlicht"), name="a", length=700)
    assert (here(world).uploads, here(world).free, here(world).percent) == (700, 300, 70)
    assert used_by(world.person_ids["noor"]) == 700
    with pytest.raises(NoRoom) as fault:
        begin_upload(noor, world.space("noorderlicht"), name="b", length=301)
    assert (fault.value.free, fault.value.field) == (300, "file")
    end_upload(noor, upload.token)
    assert here(world).free == 1000


def test_nothing_goes_round_it(app, world, send, quota):
    quota(space=500)
    send("noor", "a.txt", 400)
    lines = db.session.scalar(select(func.count()).select_from(Activity))
    for name in ("b.txt", "a.txt"):
        with pytest.raises(NoRoom):
            send("samir", name, 101, "z")
    assert db.session.scalar(select(func.count()).select_from(Activity)) == lines
    assert (here(world).used, len(db.session.scalars(select(File)).all())) == (400, 1)
    send("samir", "b.txt", 100)
    assert here(world).free == 0


def test_one_person_has_an_end_too(world, send, quota):
    quota(person=500)
    send("noor", "a.txt", 400)
    with pytest.raises(NoRoom):
        send("noor", "b.txt", 101)
    send("samir", "b.txt", 500)
    send("noor", "c.txt", 100)


def test_counters_that_strayed_are_put_right(world, send):
    send("noor", "a.txt", 300)
    send("noor", "a.txt", 200, "y")
    delete_file(world.actor("noor"), send("noor", "b.txt", 50))
    assert recount() == 0, "nothing had strayed"
    with db.engine.begin() as connection:
        connection.execute(update(SpaceRoom).values(current=7, versions=8, trash=9))
        connection.execute(update(PersonRoom).values(used=1))
    assert recount() >= 2
    assert (here(world).current, here(world).versions, here(world).trash) == (200, 300, 50)
    assert used_by(world.person_ids["noor"]) == 550
    assert recount() == 0


def test_who_runs_the_place_is_told_once_each_time(world, send, quota, catch_up):
    quota(space=1000)
    send("noor", "a.txt", 700)
    catch_up()

    def told() -> list[str]:
        mine = select(Notification.reason).where(Notification.person_id == world.person_ids["pieter_jan"])
        return list(
            db.session.scalars(mine.where(Notification.reason.in_(("filling", "full"))).order_by(Notification.id))
        )

    assert told() == []
    send("noor", "b.txt", 100)
    send("noor", "c.txt", 10)
    catch_up()
    assert told() == ["filling"]
    send("noor", "d.txt", 150)
    send("noor", "e.txt", 10)
    catch_up()
    assert told() == ["filling", "full"]
    others = select(Notification.id).where(Notification.reason.in_(("filling", "full")))
    assert len(db.session.scalars(others).all()) == 2, "nobody else is told"


def test_passing_it_again_counts_anew(world, quota, send):
    quota(space=1000)
    send("noor", "a.txt", 500)
    upload = begin_upload(world.actor("noor"), world.space("noorderlicht"), name="b", length=250)
    send("noor", "c.txt", 100)  # 85 % with what is being sent

    def told() -> int:
        stmt = select(func.count()).select_from(Activity).where(Activity.verb == "space.filling")
        return db.session.scalar(stmt) or 0

    assert told() == 1
    end_upload(world.actor("noor"), upload.token)
    send("noor", "d.txt", 50)  # 65 %
    send("noor", "e.txt", 200)
    assert told() == 2


def test_staff_give_less_and_administrators_more(world, quota):
    quota(space=1000)
    space = world.space("noorderlicht")
    give_room(world.actor("pieter_jan"), space, quota=600)
    assert (here(world).quota, here(world).own) == (600, 600)
    for more in (1001, 0):
        with pytest.raises(Invalid) as fault:
            give_room(world.actor("pieter_jan"), world.space("noorderlicht"), quota=more)
        assert fault.value.field == "quota"
    give_room(world.actor("rik"), world.space("noorderlicht"), quota=0)
    assert (here(world).quota, here(world).free) == (None, None)
    give_room(world.actor("pieter_jan"), world.space("noorderlicht"), quota=None)
    assert (here(world).quota, here(world).own) == (1000, None)
    with pytest.raises(Denied):
        give_room(world.actor("noor"), world.space("noorderlicht"), quota=5)
    with pytest.raises(NotFound):
        give_room(world.actor("dev"), world.space("noorderlicht"), quota=5)


def test_less_than_is_there_takes_nothing_away(world, send, quota):
    quota(space=1000)
    send("noor", "a.txt", 900)
    give_room(world.actor("pieter_jan"), world.space("noorderlicht"), quota=100)
    assert (here(world).free, here(world).percent) == (0, 900)
    with pytest.raises(NoRoom):
        send("noor", "b.txt", 1)


def test_it_costs_two_questions_whatever_there_is(world, send):
    for number in range(5):
        send("noor", f"{number}.txt", 10)
    space = world.space("noorderlicht")
    with count_queries() as asked:
        room_of(space)
    assert len(asked) == 2


def test_thinning_makes_room_before_anything_is_refused(world, send, quota, monkeypatch):
    quota(space=1000)
    send("noor", "a.txt", 500)
    send("noor", "a.txt", 400, "y")
    assert here(world).crowded_by_versions

    def free(space_id: int, wanted: int) -> int:
        room.charge(space_id, world.person_ids["noor"], versions=-500)
        return 500

    monkeypatch.setattr(room.Thinning, "could_free", staticmethod(lambda _space: 500))
    monkeypatch.setattr(room.Thinning, "free", staticmethod(free))
    send("noor", "b.txt", 300)
    assert (here(world).current, here(world).versions) == (700, 0)


# ---- its pages ------------------------------------------------------------------------------------------------------


def test_the_settings_show_it_and_take_it(world, send, as_person, quota):
    from tests.conftest import post_form

    quota(space=50_000_000_000)
    send("noor", "a.txt", 300)
    send("noor", "a.txt", 100, "y")
    staff = as_person("pieter_jan")
    page = staff.get("/spaces/noorderlicht/settings").get_data(as_text=True)
    assert "400 bytes van 50 GB gebruikt." in page and "Oude versies nemen 300 bytes in." in page and "<meter" in page
    at = "/spaces/noorderlicht/settings"
    assert post_form(staff, at, f"{at}/room", quota="12,5").status_code == 303
    assert here(world).own == 12_500_000_000
    assert 'value="12.5"' in staff.get(at).get_data(as_text=True)
    wrong = post_form(staff, at, f"{at}/room", quota="veel")
    assert wrong.status_code == 422 and 'value="veel"' in wrong.get_data(as_text=True)
    assert "als getal" in wrong.get_data(as_text=True)
    more = post_form(staff, at, f"{at}/room", quota="51")
    assert more.status_code == 422 and "50 GB" in more.get_data(as_text=True)
    assert post_form(staff, at, f"{at}/room", quota="").status_code == 303
    assert here(world).own is None


def test_a_form_is_refused_before_its_bytes_are_kept(app, world, as_person, quota):
    from tests.conftest import post_form

    quota(space=10)
    noor = as_person("noor")
    at = "/spaces/noorderlicht/files"
    answer = post_form(noor, at, files=(io.BytesIO(b"x" * 11), "a.txt"))
    assert answer.status_code == 422 and "11 bytes" in answer.get_data(as_text=True)
    assert not list(app.config["STORAGE"].keys())


def test_the_mail_says_where_room_runs_out(world, send, quota, catch_up, app, tmp_path: Path, monkeypatch):
    from community.clock import now

    quota(space=1000)
    send("noor", "a.txt", 960)
    catch_up()
    row = db.session.scalars(select(Notification).where(Notification.reason == "full")).one()
    assert (row.mail, row.in_app, row.person_id) == ("wait", True, world.person_ids["pieter_jan"])
    assert row.mail_at is not None and row.mail_at > now()
