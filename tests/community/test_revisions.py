"""Earlier words: kept when somebody may have read them, not for a slip that is mended at once; and bounds of what is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from community.activity.models import Activity
from community.clock import frozen, now
from community.comments.actions import create_comment, edit_comment
from community.comments.revisions import comment_revisions_of
from community.errors import Invalid
from community.extensions import db
from community.microblog.actions import create_post, edit_post, react
from community.microblog.queries import post_for
from community.microblog.revisions import revisions_of


@pytest.fixture
def post(world):
    return create_post(world.actor("noor"), world.space("noorderlicht"), body="Elven hand-overs.")


def test_a_slip_that_is_mended_at_once_leaves_no_mark(world, post):
    with frozen(now() + timedelta(minutes=4)):
        edited = edit_post(world.actor("noor"), post, body="Eleven hand-overs.")
    assert edited.edited_at is None and revisions_of(edited) == []


def test_later_the_earlier_words_are_kept(world, post):
    made = post.created_at
    for minutes, body in ((6, "Eleven hand-overs."), (7, "Nine to fourteen.")):
        with frozen(made + timedelta(minutes=minutes)):
            edit_post(world.actor("noor"), post_for(world.actor("noor"), post.id), body=body)
    found = post_for(world.actor("samir"), post.id)
    assert found.edited_at == made + timedelta(minutes=7)
    kept = [(held.number, held.body, held.created_at) for held in revisions_of(found)]
    assert kept == [
        (1, "Elven hand-overs.", made),
        (2, "Eleven hand-overs.", made + timedelta(minutes=6)),
    ]


@pytest.mark.parametrize("answer", ["comment", "react"])
def test_what_was_answered_is_kept_at_once(world, post, answer):
    if answer == "comment":
        create_comment(world.actor("samir"), post, body="Eleven?")
    else:
        react(world.actor("samir"), post, name="insight")
    edited = edit_post(world.actor("noor"), post_for(world.actor("noor"), post.id), body="Eleven hand-overs.")
    assert edited.edited_at is not None and [held.body for held in revisions_of(edited)] == ["Elven hand-overs."]


def test_a_comment_keeps_its_earlier_words_alike(world, post):
    comment = create_comment(world.actor("samir"), post, body="Elven?")
    edit_comment(world.actor("samir"), comment, body="Eleven?")
    assert comment.edited_at is None and comment_revisions_of(comment) == []
    create_comment(world.actor("noor"), post, body="Yes.")
    edit_comment(world.actor("samir"), comment, body="Twelve?")
    assert comment.edited_at is not None and [held.body for held in comment_revisions_of(comment)] == ["Eleven?"]


@pytest.mark.parametrize(
    "body",
    ["x" * 100_000, "@noor " * 10_000, "@noor " * 101, ">" * 500 + " deep", "> " * 21 + "deep"],
    ids=["long", "ten thousand names", "many names", "500 quotes", "21 quotes"],
)
def test_what_does_not_fit_is_refused_with_a_sentence(world, post, body):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    for write in (
        lambda: create_post(noor, team, body=body),
        lambda: edit_post(noor, post, body=body),
        lambda: create_comment(noor, post, body=body),
    ):
        with pytest.raises(Invalid) as fault:
            write()
        assert fault.value.field == "body" and len(str(fault.value)) > 20


def test_what_fits_is_taken(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    for body in ("x" * 20_000, "@noor " * 100, "> " * 20 + "deep"):
        assert create_post(noor, team, body=body).id


def test_at_most_ten_of_the_mentioned_are_told_the_first_ones(world):
    names = [name for name in world.everybody if name not in ("noor", "gus")]
    body = " ".join(f"@{world.person(name).handle}" for name in names)
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body=body)
    line = db.session.query(Activity).filter_by(verb="post.created", object_id=post.id).one()
    assert len(names) > 10 and line.data["mentions"] == [world.person_ids[name] for name in names[:10]]
