"""Posts, comments and reactions: said, changed, answered, taken away; and what each leaves in the log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.activity.log import NothingRecorded, action, record
from community.activity.models import Activity
from community.activity.once import once
from community.clock import frozen, now
from community.comments.actions import MAX_COMMENT, create_comment, delete_comment, edit_comment
from community.comments.queries import comment_for, comments_of
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.markup import MAX_BODY
from community.microblog.actions import create_post, delete_post, edit_post, react, unreact
from community.microblog.models import Post
from community.microblog.queries import dress, feed, post_for
from community.permissions import may
from tests.conftest import count_queries


def last_line():
    return db.session.scalars(select(Activity).order_by(Activity.id.desc()).limit(1)).one()


@pytest.fixture
def post(world):
    return create_post(world.actor("noor"), world.space("noorderlicht"), body="Three of the *eleven* hand-overs")


def test_a_post_is_kept_with_its_html_its_phase_and_one_line(world, post):
    assert post.body_html == "<p>Three of the <em>eleven</em> hand-overs</p>\n"
    assert post.excerpt == "Three of the eleven hand-overs"
    assert post.audience == "space" and post.phase_id is not None
    line = last_line()
    assert (line.verb, line.ref, line.actor_id, line.space_id) == (
        "post.created",
        f"post:{post.id}",
        post.author_id,
        post.space_id,
    )
    assert "hand-overs" not in str(line.data)


def test_the_log_holds_ids_and_never_words(world):
    body = "Zonnebloem @samir.el-idrissi kijk hier"
    made = create_post(world.actor("noor"), world.space("noorderlicht"), body=body)
    assert last_line().data["mentions"] == [world.person_ids["samir"]]
    edit_post(world.actor("noor"), made, body=body + " nog eens")
    assert last_line().data["mentions"] == []  # he was told before
    for line in db.session.scalars(select(Activity)):
        assert "onnebloem" not in str(line.data)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("body", {"body": " \n "}),
        ("body", {"body": "x" * (MAX_BODY + 1)}),
        ("kind", {"kind": "sermon"}),
        ("audience", {"audience": "everybody"}),
        ("audience", {"audience": "organisation"}),
        ("audience", {"audience": "only_me"}),
    ],
)
def test_what_cannot_be_posted_is_said_at_its_field(world, field, values):
    with pytest.raises(Invalid) as fault:
        create_post(world.actor("noor"), world.space("noorderlicht"), **{"body": "Words", **values})
    assert fault.value.field == field
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0


def test_who_may_post_where(world):
    team = world.space("noorderlicht")
    for name in ("noor", "anna", "pieter_jan"):
        create_post(world.actor(name), team, body=f"From {name}")
    with pytest.raises(Denied):
        create_post(world.actor("ingrid"), team, body="I am a guest here")
    with pytest.raises(Denied):
        create_post(world.actor("dev"), world.space("theme"), body="I have not joined")
    with pytest.raises(Denied):
        create_post(world.actor("noor"), team, body="Hear ye", kind="announcement")
    for name in ("dev", "joost", "gus"):
        with pytest.raises(NotFound):
            create_post(world.actor(name), team, body="Let me in")


def test_only_its_author_changes_a_post_and_a_stale_change_is_shown_both(world, post):
    base = post.updated_at.isoformat()
    with pytest.raises(Denied):
        edit_post(world.actor("samir"), post, body="Mine now")
    edit_post(world.actor("noor"), post, body="Four of the eleven", base=base)
    with pytest.raises(Conflict) as fault:
        edit_post(world.actor("noor"), post, body="Five of the eleven", base=base)
    assert fault.value.theirs == "Four of the eleven"
    assert post_for(world.actor("samir"), post.id).body == "Four of the eleven"


def test_the_same_words_again_say_nothing(world, post):
    before = last_line().id
    edit_post(world.actor("noor"), post, body=post.body)
    assert last_line().id == before and post.edited_at is None


def test_a_deleted_post_is_gone_for_everybody(world, post):
    comment = create_comment(world.actor("samir"), post, body="Which three?")
    with pytest.raises(Denied):
        delete_post(world.actor("samir"), post)
    delete_post(world.actor("pieter_jan"), post)
    for name in ("noor", "samir", "pieter_jan"):
        with pytest.raises(NotFound):
            post_for(world.actor(name), post.id)
        with pytest.raises(NotFound):
            comment_for(world.actor(name), comment.id)


def test_reactions_are_counted_once_a_person(world, post):
    for name in ("samir", "samir", "anna"):
        react(world.actor(name), post, name="insight")
    item = dress(world.actor("samir"), [post])[0]
    assert item.reactions == {"insight": 2} and item.mine == {"insight"}
    unreact(world.actor("samir"), post, name="insight")
    unreact(world.actor("samir"), post, name="insight")
    assert dress(world.actor("samir"), [post])[0].reactions == {"insight": 1}
    with pytest.raises(Invalid):
        react(world.actor("samir"), post, name="like")
    with pytest.raises(NotFound):
        react(world.actor("dev"), post, name="insight")


def test_comments_are_counted_and_a_reply_hangs_on_the_first(world, post):
    first = create_comment(world.actor("samir"), post, body="Which three?")
    reply = create_comment(world.actor("noor"), post, body="The mail room", reply_to=first)
    third = create_comment(world.actor("samir"), post, body="Ah", reply_to=reply)
    assert (reply.reply_to_id, third.reply_to_id) == (first.id, first.id)
    assert post_for(world.actor("noor"), post.id).comment_count == 3
    delete_comment(world.actor("samir"), first)
    db.session.expire_all()
    assert post_for(world.actor("noor"), post.id).comment_count == 2
    assert [c.body for c in comments_of(world.actor("noor"), post)] == ["The mail room", "Ah"]


def test_a_guest_may_answer_and_an_alumna_may_not(world, post):
    create_comment(world.actor("ingrid"), post, body="I asked this")
    made = create_post(world.actor("pieter_jan"), world.space("cohort"), body="For the cohort")
    assert not may(world.actor("mei_lin"), "comment", made)
    with pytest.raises(Denied):
        create_comment(world.actor("mei_lin"), made, body="In my day")
    with pytest.raises(NotFound):
        create_comment(world.actor("dev"), post, body="And I?")


def test_a_comment_is_changed_by_its_author_within_bounds(world, post):
    comment = create_comment(world.actor("samir"), post, body="Which three?")
    with frozen(now() + timedelta(minutes=6)):
        edit_comment(world.actor("samir"), comment, body="Which *three*?")
    assert comment.edited_at is not None and "<em>" in comment.body_html
    with pytest.raises(Denied):
        edit_comment(world.actor("noor"), comment, body="None")
    with pytest.raises(Invalid):
        edit_comment(world.actor("samir"), comment, body="x" * (MAX_COMMENT + 1))


def test_a_reply_to_something_else_is_refused(world, post):
    other = create_post(world.actor("noor"), world.space("noorderlicht"), body="Another")
    comment = create_comment(world.actor("noor"), other, body="There")
    with pytest.raises(Invalid):
        create_comment(world.actor("noor"), post, body="Here", reply_to=comment)


def test_the_feed_goes_on_where_it_stopped_with_four_queries(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    made = [create_post(noor, team, body=f"Post {number}").id for number in range(45)]
    seen, before = [], None
    while True:
        page = feed(world.actor("samir"), before=before)
        seen += [item.post.id for item in page.items]
        if page.next is None:
            break
        before = page.next
    assert seen == made[::-1]
    samir = world.actor("samir")
    with count_queries() as few:
        feed(samir, limit=2)
    samir = world.actor("samir")
    with count_queries() as many:
        feed(samir, limit=40)
    assert len(few) == len(many) <= 4


def test_a_double_click_is_one_post(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    first = once(noor, "key-1", lambda: create_post(noor, team, body="Once"))
    second = once(noor, "key-1", lambda: create_post(noor, team, body="Once"))
    assert first.id == second.id
    assert db.session.scalar(select(func.count()).select_from(Post)) == 1
    with pytest.raises(Conflict):
        once(noor, "key-1", lambda: create_post(noor, team, body="Other"), asked="something else")
    samir = world.actor("samir")
    other = once(samir, "key-1", lambda: create_post(samir, team, body="Mine"))
    assert other.id != first.id


def test_a_refused_form_may_be_sent_again_with_its_key(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    with pytest.raises(Invalid):
        once(noor, "key-2", lambda: create_post(noor, team, body=" "))
    assert once(noor, "key-2", lambda: create_post(noor, team, body="Now with words")).body == "Now with words"


# The log itself


def test_an_action_that_says_nothing_commits_nothing(world):
    @action
    def forget(actor, post):
        post.body = "changed in silence"

    made = create_post(world.actor("noor"), world.space("noorderlicht"), body="Said")
    with pytest.raises(NothingRecorded):
        forget(world.actor("noor"), made)
    db.session.expire_all()
    assert db.session.get(Post, made.id).body == "Said"


def test_an_action_that_fails_half_way_commits_nothing(world):
    @action
    def stumble(actor, space):
        made = create_post(actor, space, body="First half")
        record("post.edited", actor, made)
        raise RuntimeError("half way")

    before = last_line().id
    with pytest.raises(RuntimeError):
        stumble(world.actor("noor"), world.space("noorderlicht"))
    assert last_line().id == before
    assert db.session.scalar(select(func.count()).select_from(Post)) == 0


def test_a_verb_outside_the_vocabulary_and_a_record_outside_an_action_are_refused(world, post):
    @action
    def invent(actor, post):
        record("post.admired", actor, post)

    with pytest.raises(ValueError, match="vocabulary"):
        invent(world.actor("noor"), post)
    with pytest.raises(RuntimeError, match="outside an action"):
        record("post.edited", world.actor("noor"), post)


def test_a_change_outside_an_action_is_found_out(world, post):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    post.body = "changed behind the back of the log"
    with pytest.raises(RuntimeError, match="outside an action"):
        create_post(noor, team, body="Next")
    db.session.rollback()
    assert last_line().created_at <= now()
