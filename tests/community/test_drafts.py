"""Drafts and scheduled posts: their author's alone, published once at their time with the rights of that moment."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from community.activity.once import once
from community.clock import frozen, now
from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.files.incoming import receive
from community.files.sweep import named_among
from community.jobs.models import Job
from community.jobs.work import run_one
from community.microblog.actions import create_post, delete_post
from community.microblog.attachments import Arrived, attached_to
from community.microblog.drafts import (
    cancel_draft,
    change_draft,
    draft_for,
    draft_in,
    drafts_of,
    save_draft,
    schedule_post,
)
from community.microblog.models import Attachment, Post, PostDraft
from community.microblog.plan import PostPlan
from community.microblog.polls import PollPlan
from community.microblog.queries import dress, feed, post_for
from community.people.actions import disable_person
from community.spaces.actions import remove_member
from tests.sweeping import swept

HOUR = timedelta(hours=1)


def later(world, body="Tomorrow we count.", by="noor", at=None, **more):
    who, team = world.actor(by), world.space("noorderlicht")
    return schedule_post(who, team, PostPlan(body, **more), at=at or now() + HOUR)


def work_until_idle(after=timedelta()):
    with frozen(now() + after):
        while run_one():
            pass


def posts():
    return db.session.scalars(select(Post)).all()


def a_file(app, name="notes.txt", content=b"notes"):
    got = receive(app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=1000)
    return Arrived(got.name, got.stored, got.media_type, "what it shows")


def test_half_a_thought_is_kept_for_its_author_alone(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    save_draft(noor, team, PostPlan("Half a", "poll", None, PollPlan(("one",))))
    save_draft(noor, team, PostPlan("Half a thought", "poll", None, PollPlan(("one",))))
    kept = draft_in(noor, team)
    assert kept is not None and (kept.body, kept.kind, kept.facts["options"]) == ("Half a thought", "poll", ["one"])
    assert len(drafts_of(noor)) == 1
    assert draft_in(world.actor("samir"), team) is None and drafts_of(world.actor("pieter_jan")) == []
    with pytest.raises(NotFound):
        draft_for(world.actor("rik"), kept.id)
    save_draft(noor, team, PostPlan(""))
    assert drafts_of(noor) == []


def test_a_draft_that_comes_after_its_post_is_not_kept(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    once(noor, "key", lambda: create_post(noor, team, body="Said."))
    assert save_draft(noor, team, PostPlan("Said."), key="key") is None
    assert drafts_of(noor) == []


def test_who_may_not_post_keeps_no_draft_there(world):
    with pytest.raises(NotFound):
        save_draft(world.actor("joost"), world.space("noorderlicht"), PostPlan("Hm"))
    with pytest.raises(Denied):
        save_draft(world.actor("ingrid"), world.space("noorderlicht"), PostPlan("Hm"))


def test_a_scheduled_post_appears_at_its_time_once(world, catch_up):
    draft = later(world)
    work_until_idle()
    assert posts() == [] and [d.id for d in drafts_of(world.actor("noor"))] == [draft.id]
    for _ in range(2):
        work_until_idle(2 * HOUR)
    assert [post.body for post in posts()] == ["Tomorrow we count."]
    assert drafts_of(world.actor("noor")) == []
    catch_up()
    assert [item.post.body for item in feed(world.actor("samir")).items] == ["Tomorrow we count."]


def test_all_of_it_waits_and_all_of_it_is_posted(app, world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    plan = PostPlan("When?", "poll", "coach", PollPlan(("a", "b"), several=True, closes_at=now() + 3 * HOUR))
    draft = schedule_post(noor, team, plan, at=now() + HOUR, files=[a_file(app)])
    assert [file.name for file in attached_to(draft_id=draft.id)] == ["notes.txt"]
    work_until_idle(2 * HOUR)
    (post,) = posts()
    shown = dress(noor, [post_for(noor, post.id)])[0]
    assert (post.audience, shown.poll.several, [o.words for o in shown.poll.options]) == ("coach", True, ["a", "b"])
    assert [file.alt for file in shown.files] == ["what it shows"] and post.attachment_count == 1


def test_what_was_changed_is_posted_as_it_is_then_and_what_was_cancelled_is_not(app, world):
    noor = world.actor("noor")
    first, second = later(world, "First"), later(world, "Second")
    schedule_post(noor, world.space("noorderlicht"), PostPlan("First, later"), at=now() + 5 * HOUR, draft=first)
    change_draft(noor, second, PostPlan("Second, better"), files=[a_file(app)])
    work_until_idle(2 * HOUR)
    assert [post.body for post in posts()] == ["Second, better"]
    third = schedule_post(
        noor, world.space("noorderlicht"), PostPlan("Third"), at=now() + HOUR, files=[a_file(app, content=b"third")]
    )
    key = attached_to(draft_id=third.id)[0].storage_key
    cancel_draft(noor, third)
    work_until_idle(9 * HOUR)
    assert sorted(post.body for post in posts()) == ["First, later", "Second, better"]
    assert named_among([key]) == set()


@pytest.mark.parametrize("how", ["left", "disabled"])
def test_the_rights_are_asked_again_at_that_moment(world, how):
    draft = later(world, by="samir")
    boss, samir = world.actor("rik"), world.person("samir")
    if how == "left":
        remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), samir)
    else:
        disable_person(boss, samir)
    work_until_idle(2 * HOUR)
    assert posts() == []
    kept = db.session.get(PostDraft, draft.id)
    assert kept.state == "failed" and kept.problem


def test_a_form_that_comes_twice_is_one_post(world):
    at = now() + HOUR
    assert later(world, at=at).id == later(world, at=at).id
    assert len(drafts_of(world.actor("noor"))) == 1


def test_what_cannot_be_posted_is_refused_when_it_is_scheduled(world):
    for at in (now() - HOUR, now() + timedelta(days=400)):
        with pytest.raises(Invalid) as fault:
            later(world, at=at)
        assert fault.value.field == "publish_at"
    with pytest.raises(Invalid):
        later(world, body=" ")
    with pytest.raises(Invalid):
        later(world, kind="poll", poll=PollPlan(("a", "b"), closes_at=now() + HOUR / 2))
    with pytest.raises(Denied):
        later(world, kind="announcement")
    assert drafts_of(world.actor("noor")) == []
    assert db.session.scalars(select(Job).where(Job.name == "posts.publish")).all() == []


def test_the_files_of_a_post_go_with_it(app, world):
    noor, storage = world.actor("noor"), app.config["STORAGE"]
    post = create_post(
        noor, world.space("noorderlicht"), body="Here", files=[a_file(app), a_file(app, "b.txt", b"more")]
    )
    keys = [file.storage_key for file in attached_to(post_id=post.id)]
    assert all(storage.exists(key) for key in keys) and len(set(keys)) == 2
    delete_post(noor, post)
    assert db.session.scalars(select(Attachment)).all() == []
    swept(storage)
    assert not any(storage.exists(key) for key in keys)


def test_what_another_post_has_too_stays(app, world):
    noor, storage = world.actor("noor"), app.config["STORAGE"]
    first, second = (
        create_post(noor, world.space("noorderlicht"), body=body, files=[a_file(app)]) for body in ("One", "Two")
    )
    delete_post(noor, first)
    swept(storage)
    (kept,) = attached_to(post_id=second.id)
    assert storage.exists(kept.storage_key)


def test_ten_files_fit_and_no_more(app, world):
    with pytest.raises(Invalid) as fault:
        create_post(
            world.actor("noor"),
            world.space("noorderlicht"),
            body="Many",
            files=[a_file(app, f"{n}.txt") for n in range(11)],
        )
    assert fault.value.field == "files" and posts() == []
