"""Who is told of what: those it is for, once, for the best reason, and never of what they may not see."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from community.comments.actions import create_comment
from community.extensions import db
from community.journal.actions import write_entry
from community.microblog.actions import create_post, delete_post, edit_post
from community.notifications.models import Notification
from community.notifications.queries import notifications_of, unread_count
from community.notifications.reading import mark_read, mark_read_about
from community.permissions import sees
from community.spaces.actions import add_member, ask_to_join, remove_member, update_space
from community.wiki.actions import create_page


@pytest.fixture(autouse=True)
def start_clean(world, catch_up):
    """What the making of the world told people is read."""
    catch_up()
    for name in world.everybody:
        mark_read(world.actor(name))


def told(world, name):
    """What is for somebody; what is merely new where they watch is left out."""
    return [(told.row.reason, told.row.verb) for told in notifications_of(world.actor(name), unread=True, direct=True)]


def test_a_coach_who_speaks_reaches_the_whole_team_and_nobody_else(world, catch_up):
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Our reading", body="Eleven hand-overs")
    create_comment(world.actor("anna"), page, body="Which did you leave out, and why?")
    catch_up()
    for name in ("noor", "samir", "fatma", "kwame"):
        assert told(world, name) == [("coach", "comment.created")]
    for name in ("anna", "joost", "dev", "rik", "mei_lin"):
        assert told(world, name) == []


def test_a_mention_outweighs_the_other_reasons(world, catch_up):
    post = create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden look")
    create_comment(world.actor("anna"), post, body="@samir.el-idrissi why?")
    catch_up()
    assert told(world, "samir") == [("mention", "comment.created")]
    assert ("mention", "post.created") in told(world, "noor")


def test_nobody_is_told_of_what_they_may_not_see(world, catch_up):
    create_post(world.actor("noor"), world.space("noorderlicht"), body="About @dev.anand and @joost.wiersma")
    write_entry(world.actor("noor"), title="Mine", body="About @samir.el-idrissi")
    catch_up()
    for name in ("dev", "joost", "samir"):
        assert told(world, name) == []
    for row in db.session.scalars(select(Notification)):
        person = next(n for n in world.everybody if world.person_ids[n] == row.person_id)
        assert row.object_kind != "entry", person


def test_nobody_is_told_of_what_they_did_themselves(world, catch_up):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="@noor.van-der-velden, to myself")
    create_comment(world.actor("noor"), post, body="And I answer")
    catch_up()
    assert told(world, "noor") == []


def test_an_announcement_reaches_everybody_in_the_space(world, catch_up):
    create_post(world.actor("pieter_jan"), world.space("cohort"), body="09:15, not 09:00", kind="announcement")
    catch_up()
    for name in ("noor", "joost", "anna", "mei_lin", "ingrid"):
        assert ("announcement", "post.created") in told(world, name)
    assert told(world, "dev") == []


def test_reading_the_log_twice_tells_once(world, catch_up):
    create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden")
    assert catch_up() > 0
    before = unread_count(world.actor("noor"))
    catch_up()
    assert unread_count(world.actor("noor")) == before == 1


def test_what_was_told_is_checked_again_when_it_is_read(world, catch_up):
    post = create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden")
    catch_up()
    assert len(told(world, "noor")) == 1
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("noor"))
    assert not sees(world.actor("noor"), post)
    assert told(world, "noor") == []
    delete_post(world.actor("samir"), post)
    assert told(world, "noor") == []


def test_staff_hear_of_who_asks_and_who_is_added_hears_of_it(world, catch_up):
    update_space(world.actor("mei_lin"), world.space("theme"), join_policy="request")
    ask_to_join(world.actor("dev"), world.space("theme"))
    add_member(world.actor("pieter_jan"), world.space("getij"), world.person("dev"))
    catch_up()
    assert told(world, "mei_lin") == [("request", "member.asked")]
    assert told(world, "dev") == [("added", "member.added")]


def test_opening_a_thing_reads_what_was_told_of_it(world, catch_up):
    post = create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden")
    catch_up()
    mark_read_about(world.actor("noor"), "post", post.id)
    assert unread_count(world.actor("noor")) == 0


def test_an_administrator_who_lets_themselves_in_is_announced_to_who_runs_the_place(world, catch_up):
    add_member(world.actor("rik"), world.space("noorderlicht"), world.person("rik"), role="member")
    catch_up()
    assert told(world, "pieter_jan") == [("entered", "member.added")]
    assert told(world, "rik") == []


def test_an_edit_tells_nobody_a_second_time(world, catch_up):
    post = create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden")
    catch_up()
    edit_post(world.actor("samir"), post, body="@noor.van-der-velden and @fatma.yildirim")
    catch_up()
    assert told(world, "noor") == [("mention", "post.created")]
    assert told(world, "fatma") == [("mention", "post.edited")]


def test_a_guest_does_not_learn_who_exists_by_naming_them(world, catch_up):
    add_member(world.actor("rik"), world.space("theme"), world.person("gus"), role="member")
    post = create_post(world.actor("gus"), world.space("theme"), body="@dev.anand and @nobody.at-all", audience="space")
    assert "<a" not in post.body_html
    seen = create_post(world.actor("gus"), world.space("theme"), body="@mei-lin.baas", audience="space")
    assert 'href="/people/mei-lin.baas"' in seen.body_html
