"""Questions with an answer, polls, praise: who may do what with them, what is shown, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from community.activity.models import Activity
from community.clock import frozen, now
from community.comments.actions import create_comment, delete_comment
from community.comments.queries import comments_of
from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.microblog.actions import accept_answer, create_post, unaccept_answer, vote
from community.microblog.polls import PollPlan
from community.microblog.praise import praise_of
from community.microblog.queries import dress, post_for
from community.notifications.queries import notifications_of

DAYS = PollPlan(("Monday", " Tuesday ", "", "Wednesday"))


@pytest.fixture
def question(world):
    return create_post(
        world.actor("noor"), world.space("noorderlicht"), body="How do you count hand-overs?", kind="question"
    )


def ask(world, plan=DAYS, by="noor"):
    return create_post(world.actor(by), world.space("noorderlicht"), body="When?", kind="poll", poll=plan)


def poll_as(world, name, post):
    who = world.actor(name)
    return dress(who, [post_for(who, post.id)])[0].poll


def told(world, name):
    return [row.row.reason for row in notifications_of(world.actor(name))]


# ---- questions ------------------------------------------------------------------------------------------------------


def test_who_asked_accepts_an_answer_and_its_author_is_told(world, question, catch_up):
    answer = create_comment(world.actor("samir"), question, body="Follow four questions for a week.")
    other = create_comment(world.actor("kwame"), question, body="Ask the planners.")
    accept_answer(world.actor("noor"), question, answer)
    assert post_for(world.actor("fatma"), question.id).accepted_comment_id == answer.id
    accept_answer(world.actor("pieter_jan"), question, other)  # the staff may, and there is one answer at most
    assert post_for(world.actor("fatma"), question.id).accepted_comment_id == other.id
    unaccept_answer(world.actor("noor"), question)
    assert post_for(world.actor("fatma"), question.id).accepted_comment_id is None
    catch_up()
    assert "accepted" in told(world, "samir") and "accepted" in told(world, "kwame")


def test_nobody_else_accepts_and_nothing_else_is_accepted(world, question):
    answer = create_comment(world.actor("samir"), question, body="So.")
    with pytest.raises(Denied):
        accept_answer(world.actor("samir"), question, answer)
    with pytest.raises(NotFound):
        accept_answer(world.actor("joost"), question, answer)
    said = create_post(world.actor("noor"), world.space("noorderlicht"), body="No question.")
    there = create_comment(world.actor("samir"), said, body="Elsewhere.")
    with pytest.raises(Invalid):
        accept_answer(world.actor("noor"), question, there)
    with pytest.raises(Denied):
        accept_answer(world.actor("noor"), said, there)


def test_a_question_whose_answer_is_taken_away_is_open_again(world, question):
    answer = create_comment(world.actor("samir"), question, body="So.")
    accept_answer(world.actor("noor"), question, answer)
    delete_comment(world.actor("samir"), answer)
    assert post_for(world.actor("noor"), question.id).accepted_comment_id is None


def test_a_comment_that_was_answered_keeps_its_place_and_not_its_words(world, question):
    first = create_comment(world.actor("samir"), question, body="A secret.")
    create_comment(world.actor("kwame"), question, body="I see.", reply_to=first)
    alone = create_comment(world.actor("samir"), question, body="Unanswered.")
    delete_comment(world.actor("samir"), first)
    delete_comment(world.actor("samir"), alone)
    assert [c.body for c in comments_of(world.actor("noor"), question)] == ["I see."]
    shown = comments_of(world.actor("noor"), question, gaps=True)
    assert [(c.id, c.deleted_at is None) for c in shown] == [(first.id, False), (shown[1].id, True)]


# ---- polls ----------------------------------------------------------------------------------------------------------


def test_results_are_shown_to_who_has_chosen_and_the_choice_can_be_changed(world):
    post = ask(world)
    before = poll_as(world, "samir", post)
    assert [option.words for option in before.options] == ["Monday", "Tuesday", "Wednesday"]
    monday, tuesday, _ = (option.id for option in before.options)
    vote(world.actor("samir"), post, options=[monday])
    vote(world.actor("kwame"), post, options=[tuesday])
    assert [o.votes for o in poll_as(world, "noor", post).options] == [None, None, None]  # not even for who asked
    assert [o.votes for o in poll_as(world, "samir", post).options] == [1, 1, 0]
    vote(world.actor("samir"), post, options=[tuesday])
    seen = poll_as(world, "samir", post)
    assert [(o.votes, o.mine) for o in seen.options] == [(0, False), (2, True), (0, False)]
    assert seen.people == 2 and all(o.voters is None for o in seen.options)
    vote(world.actor("samir"), post, options=[])
    assert not poll_as(world, "samir", post).shows and poll_as(world, "kwame", post).people == 1


def test_a_closed_poll_shows_its_results_to_everybody_and_takes_no_more(world):
    post = ask(world, PollPlan(("Yes", "No"), closes_at=now() + timedelta(hours=1)))
    yes, no = (option.id for option in poll_as(world, "samir", post).options)
    vote(world.actor("samir"), post, options=[yes])
    with frozen(now() + timedelta(hours=2)):
        with pytest.raises(Invalid):
            vote(world.actor("kwame"), post, options=[no])
        assert [o.votes for o in poll_as(world, "kwame", post).options] == [1, 0]


def test_what_does_not_fit_is_refused(world):
    for options in ((), ("One",), ("Same", "Same "), tuple(str(n) for n in range(11)), ("a" * 201, "b")):
        with pytest.raises(Invalid) as fault:
            ask(world, PollPlan(options))
        assert fault.value.field == "options"
    with pytest.raises(Invalid):
        ask(world, PollPlan(("a", "b"), closes_at=now() - timedelta(minutes=1)))
    with pytest.raises(Invalid):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="None", poll=DAYS)
    with pytest.raises(Invalid):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="None", kind="poll")
    post, other = ask(world), ask(world, by="samir")
    mine = [option.id for option in poll_as(world, "noor", post).options]
    theirs = [option.id for option in poll_as(world, "noor", other).options]
    for chosen in (mine[:2], theirs[:1]):
        with pytest.raises(Invalid):
            vote(world.actor("kwame"), post, options=chosen)
    with pytest.raises(NotFound):
        vote(world.actor("joost"), post, options=mine[:1])


def test_several_may_be_chosen_and_an_open_poll_says_who_chose(world):
    post = ask(world, PollPlan(("a", "b", "c"), several=True, open=True))
    ids = [option.id for option in poll_as(world, "samir", post).options]
    vote(world.actor("samir"), post, options=ids[:2])
    vote(world.actor("kwame"), post, options=ids[1:2])
    assert all(option.voters is None for option in poll_as(world, "noor", post).options)
    seen = poll_as(world, "samir", post)
    names = [[person.id for person in option.voters] for option in seen.options]
    samir, kwame = world.person_ids["samir"], world.person_ids["kwame"]
    assert names == [[samir], [samir, kwame], []] and seen.people == 2


def test_the_log_says_who_chose_only_where_everybody_sees_it(world):
    hidden, shown = ask(world), ask(world, PollPlan(("a", "b"), open=True), by="fatma")
    for post in (hidden, shown):
        vote(world.actor("samir"), post, options=[poll_as(world, "samir", post).options[0].id])
    lines = db.session.execute(select(Activity.object_id, Activity.actor_id).where(Activity.verb == "post.voted"))
    assert dict(iter(lines)) == {hidden.id: None, shown.id: world.person_ids["samir"]}


# ---- praise ---------------------------------------------------------------------------------------------------------


def test_praise_tells_whom_it_is_for_and_is_on_their_page_for_who_may_see_it(world, catch_up):
    team, kwame = world.space("noorderlicht"), world.person("kwame")
    post = create_post(
        world.actor("noor"), team, body="You let her finish.", kind="praise", praised=[f"@{kwame.handle}"]
    )
    number, kwame_id = post.id, kwame.id
    catch_up()
    assert "praise" in told(world, "kwame") and "praise" not in told(world, "samir")
    assert [p.id for p in praise_of(world.actor("samir"), kwame_id)] == [number]
    assert praise_of(world.actor("joost"), kwame_id) == []
    seen = dress(world.actor("samir"), [post_for(world.actor("samir"), number)])[0]
    assert [person.id for person in seen.praised] == [kwame_id]


def test_praise_is_for_people_who_are_there_and_not_for_oneself(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    for names in ([], ["nobody.here"], [world.person("noor").handle], [world.person("joost").handle]):
        with pytest.raises(Invalid) as fault:
            create_post(noor, team, body="Thanks", kind="praise", praised=names)
        assert fault.value.field == "praised"
    with pytest.raises(Invalid):
        create_post(noor, team, body="Thanks", praised=[world.person("kwame").handle])
