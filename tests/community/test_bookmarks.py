"""What somebody keeps is theirs alone, speaks up on its day, and tells nothing of what they may no longer see."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from community.activity.queries import activity_after
from community.bookmarks import keeping
from community.bookmarks.jobs import say_what_is_due
from community.bookmarks.models import Bookmark
from community.bookmarks.queries import bookmarks_of
from community.clock import now
from community.errors import Invalid, NotFound
from community.extensions import db
from community.live.consumer import pointers
from community.microblog.actions import create_post
from community.notifications.models import Notification
from community.notifications.queries import notifications_of
from community.spaces.actions import remove_member
from tests.conftest import post_form


@pytest.fixture
def post(world):
    return create_post(world.actor("noor"), world.space("noorderlicht"), body="Elf overdrachten, zonnewijzer")


def due_now(post):
    db.session.query(Bookmark).update({"remind_at": now() - timedelta(minutes=1)})
    db.session.commit()


def test_who_clicks_in_four_windows_at_once_keeps_one_thing(app, world, post):
    number, faults = post.id, []
    start = threading.Barrier(4)

    def click():
        with app.app_context():
            actor = world.actor("samir")
            kept = keeping.thing_to_keep(actor, "post", number)
            start.wait()
            try:
                keeping.keep(actor, kept, note="Once")
            except Exception as fault:  # whatever it is, the test says it
                faults.append(fault)
            db.session.remove()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert [kept.row.note for kept in bookmarks_of(world.actor("samir")).items] == ["Once"]


def test_only_what_one_sees_is_kept_and_only_its_owner_sees_it(world, post, as_person):
    samir = world.actor("samir")
    keeping.keep(samir, post, note="Read this again")
    keeping.keep(world.actor("samir"), post, note="Read this once more", remind_at=now() + timedelta(days=2))
    with pytest.raises(NotFound):
        keeping.keep(world.actor("dev"), post)
    with pytest.raises(Invalid):
        keeping.keep(world.actor("samir"), post, remind_at=now() - timedelta(days=1))
    assert [kept.row.note for kept in bookmarks_of(world.actor("samir")).items] == ["Read this once more"]
    assert bookmarks_of(world.actor("noor")).items == []
    for name in ("noor", "rik", "pieter_jan"):
        browser = as_person(name)
        for path in ("/bookmarks", "/api/v1/bookmarks", f"/bookmarks/post/{post.id}", "/people/samir.el-idrissi", "/"):
            assert "once more" not in browser.get(path).get_data(as_text=True), (name, path)
    assert as_person("dev").get(f"/bookmarks/post/{post.id}").status_code == 404


def test_what_can_no_longer_be_seen_says_so_without_its_title(world, post, as_person):
    samir = world.actor("samir")
    keeping.keep(samir, post, note="My own words")
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    browser = as_person("samir")
    page = browser.get("/bookmarks").get_data(as_text=True)
    assert "You can no longer see this." in page and "My own words" in page and "zonnewijzer" not in page
    found = browser.get("/api/v1/bookmarks").json["items"][0]
    assert (found["title"], found["url"], found["note"]) == (None, None, "My own words")
    assert post_form(browser, "/bookmarks", f"/bookmarks/post/{post.id}/remove").status_code == 303
    assert bookmarks_of(world.actor("samir")).items == []


def test_a_reminder_is_a_notice_once_and_nobody_elses(world, post, catch_up):
    from community.activity.models import Activity

    keeping.keep(world.actor("samir"), post, remind_at=now() + timedelta(days=2))
    say_what_is_due({})
    assert db.session.scalars(select(Activity).where(Activity.verb == "bookmark.due")).all() == []
    due_now(post)
    for _ in range(2):
        say_what_is_due({})
        catch_up()
    reasons = [told.row.reason for told in notifications_of(world.actor("samir"))]
    assert reasons.count("reminder") == 1
    lines = db.session.scalars(select(Activity).where(Activity.verb == "bookmark.due")).all()
    assert len(lines) == 1 and pointers(lines) == []
    for name in world.everybody:
        assert all(line.verb != "bookmark.due" for line in activity_after(world.actor(name), 0, limit=1000)[0])
    assert len(db.session.scalars(select(Notification).where(Notification.reason == "reminder")).all()) == 1


def test_nobody_is_reminded_of_what_they_may_not_see(world, post, catch_up):
    keeping.keep(world.actor("samir"), post, remind_at=now() + timedelta(days=2))
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    due_now(post)
    say_what_is_due({})
    catch_up()
    assert db.session.scalars(select(Notification).where(Notification.reason == "reminder")).all() == []


def test_something_is_kept_through_its_page(as_person, world, post):
    samir = as_person("samir")
    page = f"/bookmarks/post/{post.id}"
    answer = post_form(samir, page, note="Kept words", remind="2020-01-01")
    assert answer.status_code == 422 and "Kept words" in answer.get_data(as_text=True)
    assert post_form(samir, page, note="Kept words", remind=f"{now().year + 1}-03-01").status_code == 303
    assert "Kept words" in samir.get("/bookmarks").get_data(as_text=True)
    assert samir.get("/bookmarks/person/1").status_code == 404
