"""What people choose for their notices: who never chose follows the site, a level means what its table says, and nobody is
told of anything that they may not see, whatever anybody chose.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from community import permissions
from community.activity.outbox import run_until_idle
from community.arranging.actions import move_post
from community.clock import now
from community.comments.actions import create_comment, edit_comment
from community.errors import CommunityError, Denied, Invalid, NotFound
from community.extensions import db
from community.journal.actions import write_entry
from community.kinds import kind_named, ref_of
from community.microblog.actions import create_post, delete_post
from community.microblog.models import Post
from community.notifications import consumer, digest, mailing
from community.notifications.actions import set_notice_defaults
from community.notifications.choices import HOUSE, Choices, channels_for, checked, role_of
from community.notifications.keeping import choices_of, choose, level_in, set_level
from community.notifications.models import Notification
from community.notifications.queries import notifications_of, threads_of, unread_count
from community.notifications.reading import mark_read, mark_unread
from community.notifications.reasons import (
    CHANNELS,
    LEVEL_NAMES,
    LEVELS,
    MUST_BE_SEEN,
    REASONS,
    TOPICS,
    channels_offered,
    reason_named,
    topics_told,
)
from community.permissions import sees
from community.ports import ports
from community.spaces.actions import add_member, ask_to_join, remove_member, update_space
from community.spaces.queries import actor_for, actors_for
from community.wiki.actions import create_page, edit_page
from tests.conftest import count_queries

ON_OFF = st.sampled_from(("on", "off"))
CELLS = st.sampled_from([f"{topic}.{channel}" for topic in TOPICS for channel in CHANNELS])
STEPS = st.dictionaries(CELLS, ON_OFF, max_size=8)


# ---- the one rule


@given(site=STEPS, role=STEPS, mine=STEPS, reason=st.sampled_from([reason.name for reason in REASONS]))
@settings(max_examples=60, deadline=None)
def test_the_channels_of_a_notice_follow_from_what_was_chosen_last(site, role, mine, reason):
    choices, topic = Choices(site, role, mine), reason_named(reason).topic
    for level in LEVELS:
        ways = channels_for(choices, reason, space=level.name)
        for channel in CHANNELS:
            name = f"{topic}.{channel}"
            chosen = next(step[name] for step in (mine, role, site, HOUSE) if name in step)
            if channel in ways:
                assert chosen == "on"
            elif level.name == "watch":
                assert chosen == "off"
        assert channels_for(choices, reason, space="watch", item=level.name) == ways, "the thing goes before its space"
    muted = channels_for(choices, reason, space="muted")
    assert muted <= ({"in_app"} if topic in MUST_BE_SEEN else set())
    normal = channels_for(choices, reason, space="normal")
    assert normal == (set() if reason_named(reason).ambient else channels_for(choices, reason, space="watch"))
    assert channels_for(choices, reason, space="track") <= channels_for(choices, reason, space="watch")


def test_nearer_levels_tell_no_less():
    choices = Choices()
    for reason in REASONS:
        told = [channels_for(choices, reason.name, space=level) for level in LEVEL_NAMES]
        for near, far in zip(told, told[1:], strict=False):
            assert far <= near or reason.topic in MUST_BE_SEEN


def test_each_reason_has_a_topic_and_only_what_is_told_of_stands_in_the_matrix():
    assert {reason.topic for reason in REASONS} <= set(TOPICS)
    assert set(topics_told()) == {reason.topic for reason in REASONS}
    assert set(channels_offered()) <= set(CHANNELS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("talk.mail", "perhaps"), ("wait", "1"), ("wait", "1441"), ("cap", "0"), ("cap", "many"), ("digest", "hourly"),
        ("hour", "24"), ("quiet", "22"), ("quiet", "22-22"), ("quiet", "22-99"), ("holiday", "soon"), ("team", "muted"),
        ("nothing", "on"), ("content", ""), ("wait", "٥"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_is_refused_by_name(name, value):
    with pytest.raises(Invalid) as fault:
        checked(name, value)
    assert fault.value.field == name


def test_one_role_decides_whose_defaults_somebody_has():
    assert role_of({"member", "coach"}) == "coach"
    assert role_of({"owner", "member"}) == "member"
    assert role_of(set()) == ""


# ---- inheriting


def test_a_changed_default_of_the_site_reaches_everybody_who_never_chose(world):
    choose(world.actor("noor"), {"talk.mail": "on"})
    choose(world.actor("samir"), {"talk.mail": "off", "cap": "3"})
    set_notice_defaults(world.actor("rik"), {"talk.mail": "off", "wait": "60"})
    for name in world.everybody:
        choices = choices_of(world.actor(name))
        assert choices.on("talk", "mail") is (name == "noor")
        assert choices.wait == 60
    set_notice_defaults(world.actor("rik"), {"talk.mail": "on"}, scope="role:coach")
    assert choices_of(world.actor("anna")).on("talk", "mail")
    assert not choices_of(world.actor("kwame")).on("talk", "mail")
    choose(world.actor("samir"), {"talk.mail": None})
    set_notice_defaults(world.actor("rik"), {"talk.mail": None})
    assert choices_of(world.actor("samir")).on("talk", "mail")
    assert choices_of(world.actor("samir")).cap == 3


def test_only_administrators_decide_for_everybody(world):
    for name in ("pieter_jan", "noor", "gus"):
        with pytest.raises(Denied):
            set_notice_defaults(world.actor(name), {"talk.mail": "off"})
    for wanted in ({"holiday": "2026-06-08"}, {"talk.mail": "maybe"}, {"colour": "red"}):
        with pytest.raises(Invalid):
            set_notice_defaults(world.actor("rik"), wanted)
    with pytest.raises(Invalid):
        set_notice_defaults(world.actor("rik"), {"content": "off"}, scope="role:coach")


def test_where_the_site_forbids_content_nobody_can_allow_it(world):
    choose(world.actor("noor"), {"content": "on"})
    set_notice_defaults(world.actor("rik"), {"content": "off"})
    assert not choices_of(world.actor("noor")).content


def test_a_level_is_chosen_only_for_what_one_sees(world):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="For us")
    with pytest.raises(NotFound):
        set_level(world.actor("dev"), post, "watch")
    with pytest.raises(NotFound):
        set_level(world.actor("dev"), world.space("noorderlicht"), "watch")
    with pytest.raises(Invalid):
        set_level(world.actor("samir"), post, "loud")
    assert level_in(world.actor("samir"), world.space("noorderlicht")) == ("watch", False)
    assert level_in(world.actor("ingrid"), world.space("noorderlicht")) == ("normal", False)
    choose(world.actor("samir"), {"team": "track"})
    assert level_in(world.actor("samir"), world.space("noorderlicht")) == ("track", False)
    set_level(world.actor("samir"), world.space("noorderlicht"), "muted")
    assert level_in(world.actor("samir"), world.space("noorderlicht")) == ("muted", True)


# ---- telling


@pytest.fixture
def quiet_start(world, catch_up):
    catch_up()
    for name in world.everybody:
        mark_read(world.actor(name))


def reasons(world, name):
    return [told.row.reason for told in notifications_of(world.actor(name), unread=True)]


def test_who_watches_a_space_hears_of_its_posts_and_who_mutes_it_of_nothing(world, catch_up, quiet_start):
    team = world.space("noorderlicht")
    set_level(world.actor("kwame"), team, "muted")
    set_level(world.actor("fatma"), team, "track")
    set_level(world.actor("ingrid"), team, "watch")
    create_post(world.actor("noor"), team, body="New: @kwame.mensah and @samir.el-idrissi")
    catch_up()
    assert reasons(world, "samir") == ["mention"]
    assert reasons(world, "anna") == reasons(world, "ingrid") == ["posted"]
    assert reasons(world, "kwame") == reasons(world, "fatma") == reasons(world, "noor") == []
    held = db.session.scalars(select(Notification).where(Notification.person_id == world.person_ids["fatma"])).all()
    assert [(row.reason, row.in_app, row.digest) for row in held if row.reason == "posted"] == [("posted", False, True)]


def test_a_muted_space_still_shows_what_asks_for_an_answer(world, catch_up, quiet_start):
    update_space(world.actor("mei_lin"), world.space("theme"), join_policy="request")
    set_level(world.actor("mei_lin"), world.space("theme"), "muted")
    ask_to_join(world.actor("dev"), world.space("theme"))
    catch_up()
    assert reasons(world, "mei_lin") == ["request"]


def test_who_follows_a_page_hears_of_its_edits_and_who_mutes_a_thread_of_none(world, catch_up, quiet_start):
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Reading", body="Eleven hand-overs")
    set_level(world.actor("samir"), page, "watch")
    set_level(world.actor("noor"), page, "muted")
    edit_page(world.actor("fatma"), page, body="Twelve hand-overs", base=1)
    create_comment(world.actor("kwame"), page, body="Twelve?")
    catch_up()
    assert reasons(world, "samir") == ["followed", "followed"]
    assert reasons(world, "noor") == []


def test_whoever_turns_the_list_off_is_not_counted_in_the_bell(world, catch_up, quiet_start):
    choose(world.actor("samir"), {"talk.in_app": "off"})
    create_post(world.actor("noor"), world.space("noorderlicht"), body="@samir.el-idrissi")
    catch_up()
    assert unread_count(world.actor("samir")) == 0
    assert threads_of(world.actor("samir"), unread=True).items == []
    row = db.session.scalars(
        select(Notification).where(Notification.person_id == world.person_ids["samir"]).order_by(Notification.id.desc())
    ).first()
    assert (row.reason, row.in_app, row.mail) == ("mention", False, "wait")


def test_the_bell_forgets_what_can_no_longer_be_seen_and_remembers_when_it_can(world, catch_up, quiet_start):
    team = world.space("noorderlicht")
    post = create_post(world.actor("samir"), team, body="@noor.van-der-velden")
    create_comment(world.actor("samir"), post, body="And again, @noor.van-der-velden")
    catch_up()
    assert unread_count(world.actor("noor")) == 2
    remove_member(world.actor("pieter_jan"), team, world.person("noor"))
    catch_up()
    assert unread_count(world.actor("noor")) == 0
    add_member(world.actor("pieter_jan"), team, world.person("noor"))
    catch_up()
    assert unread_count(world.actor("noor")) == 3  # the two, and that she was brought in
    delete_post(world.actor("samir"), post)
    catch_up()
    assert unread_count(world.actor("noor")) == 1


def test_what_can_no_longer_be_seen_is_not_marked_as_unread(world, catch_up, quiet_start):
    team = world.space("noorderlicht")
    create_post(world.actor("samir"), team, body="@noor.van-der-velden")
    catch_up()
    [told] = notifications_of(world.actor("noor"), unread=True)
    mark_read(world.actor("noor"))
    assert mark_unread(world.actor("samir"), notification_id=told.row.id) == 0
    assert mark_unread(world.actor("noor"), notification_id=told.row.id) == 1
    mark_read(world.actor("noor"))
    remove_member(world.actor("pieter_jan"), team, world.person("noor"))
    catch_up()
    assert mark_unread(world.actor("noor"), notification_id=told.row.id) == 0
    assert unread_count(world.actor("noor")) == 0


def test_the_bell_forgets_a_space_that_closes(world, catch_up, quiet_start):
    post = create_post(
        world.actor("mei_lin"), world.space("theme"), body="@dev.anand, welcome", audience="organisation"
    )
    catch_up()
    assert sees(world.actor("dev"), post) and unread_count(world.actor("dev")) == 1
    update_space(world.actor("mei_lin"), world.space("theme"), visibility="members", join_policy="invite")
    catch_up()
    assert unread_count(world.actor("dev")) == 0


def test_many_followers_are_told_in_stretches_and_once(world, catch_up, quiet_start, monkeypatch):
    monkeypatch.setattr(consumer, "CHUNK", 3)
    monkeypatch.setattr(consumer, "KNOWN", 4)
    for name in world.everybody:
        if name not in ("gus", "rik"):
            set_level(world.actor(name), world.space("commons"), "watch")
    add_member(world.actor("rik"), world.space("commons"), world.person("dev"))
    create_post(world.actor("dev"), world.space("commons"), body="Hello")
    catch_up()
    told = {name for name in world.everybody if "posted" in reasons(world, name)}
    assert told == set(world.everybody) - {"gus", "rik", "dev"}
    lines = db.session.scalars(select(consumer.Activity).order_by(consumer.Activity.id)).all()
    before = len(db.session.scalars(select(Notification.id)).all())
    consumer.read(lines)  # a worker that was lost reads the same lines again
    assert len(db.session.scalars(select(Notification.id)).all()) == before


def test_rights_of_many_at_once_are_the_rights_of_each(world):
    add_member(world.actor("rik"), world.space("theme"), world.person("gus"))
    made = actors_for(list(world.person_ids.values()))
    for name in world.everybody:
        one, among = actor_for(world.person(name)), made[world.person_ids[name]]
        assert dict(one.roles) == dict(among.roles), name
        assert one.open_spaces == among.open_spaces
        assert one.reach.archived == among.reach.archived


def test_the_notices_of_a_thing_are_found_without_looking_at_all_others(world):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="@samir.el-idrissi look")
    comment = create_comment(world.actor("kwame"), post, body="@samir.el-idrissi and here")
    run_until_idle(["notifications"])
    edit_comment(world.actor("kwame"), comment, body="Nothing")
    with count_queries() as asked:
        run_until_idle(["notifications"])
        move_post(world.actor("pieter_jan"), post, world.space("cohort"))
        run_until_idle(["notifications"])
    about = [one for one in asked if "notification" in one and "person_id =" not in one and "INSERT" not in one]
    assert about and all("notification.thread_kind" in one for one in about), about
    assert not [one for one in about if "(notification.object_kind" in one]
    of_samir = select(Notification.space_id).where(Notification.person_id == world.person_ids["samir"])
    assert set(db.session.scalars(of_samir.where(Notification.thread_id == post.id))) == {world.space_ids["cohort"]}


def test_telling_many_drives_nobody_s_rights_out_of_memory(world):
    run_until_idle(["notifications"])
    noor = world.actor("noor")
    post = create_post(noor, world.space("cohort"), body="For all of you", audience="space")
    for name in world.everybody:
        if sees(world.actor(name), post):
            set_level(world.actor(name), world.space("cohort"), "watch")
    remove_member(world.actor("rik"), world.space("getij"), world.person("joost"))  # looks at his notices again
    permissions._clauses.clear()
    run_until_idle(["notifications"])
    assert len(db.session.scalars(select(Notification).where(Notification.verb == "post.created")).all()) > 5
    assert permissions._clauses == {}


PEOPLE = ("noor", "samir", "joost", "anna", "pieter_jan", "mei_lin", "ingrid", "rik", "dev", "gus")
PLACES = ("cohort", "noorderlicht", "getij", "theme", "commons")
WHO, WHERE = st.sampled_from(PEOPLE), st.sampled_from(PLACES)
ACTS = st.one_of(
    st.tuples(st.just("level"), WHO, WHERE, st.sampled_from(LEVEL_NAMES)),
    st.tuples(st.just("post"), WHO, WHERE, st.sampled_from(("space", "coach", "organisation"))),
    st.tuples(st.just("role"), WHO, WHERE, st.sampled_from(("member", "coach", "guest", "gone"))),
    st.tuples(st.just("entry"), WHO, WHERE, st.sampled_from(("only_me", "people", "coach"))),
    st.tuples(st.just("answer"), WHO, WHERE, st.sampled_from(("", "delete"))),
)  # fmt: skip


@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=st.lists(ACTS, min_size=4, max_size=14))
def test_nobody_is_told_or_mailed_what_they_may_not_see(app, house, world, monkeypatch, acts):
    """At the moment a notice is written, and again when a mail leaves: after more has happened."""
    db.session.remove()
    house.renew()
    everybody = " ".join(f"@{world.person(name).handle}" for name in PEOPLE)
    for what, name, place, how in acts:
        _do(world, what, name, place, how, everybody)
        run_until_idle(["notifications"])
    by_id = {number: name for name, number in world.person_ids.items()}
    sent: list[tuple[str, dict]] = []
    monkeypatch.setattr(ports, "compose", lambda kind, facts, language: sent.append((kind, facts)))
    monkeypatch.setattr(ports, "send_mail", lambda letter: None)
    monkeypatch.setattr(mailing, "dress", lambda letter, *_rest, **_more: letter)
    monkeypatch.setattr(ports, "url_of", ref_of)
    rows = db.session.scalars(select(Notification)).all()
    for name in PEOPLE:
        mine = [row for row in rows if row.person_id == world.person_ids[name]]
        shown = {told.row.id for thread in threads_of(world.actor(name), limit=500).items for told in thread.told}
        for row in mine:
            obj = db.session.get(kind_named(row.object_kind).model, row.object_id)
            seen = sees(world.actor(name), obj)
            assert seen or row.id not in shown, (name, row.verb)
            if row.read_at is None:
                assert row.hidden == (not seen), (name, row.verb, row.reason)
        mailing.write({"person": world.person_ids[name], "rows": [row.id for row in mine]})
        digest.write({"person": world.person_ids[name], "due": now().isoformat()})
    for _, facts in sent:
        name = by_id[facts["person"]]
        items = facts.get("items") or [item for section in facts["sections"] for item in section["items"]]
        for item in items:
            kind, _, number = item["path"].partition(":")
            if not number:
                continue  # an event or a prompt: queries of their own
            obj = db.session.get(kind_named(kind).model, int(number))
            assert sees(world.actor(name), obj), (name, item)


def _do(world, what, name, place, how, everybody):
    actor, space = world.actor(name), world.space(place)
    try:
        if what == "level":
            set_level(actor, space, how)
        elif what == "post":
            create_post(actor, space, body=f"Words for {everybody}", audience=how)
        elif what == "entry":
            people = [world.person_ids["dev"], world.person_ids["samir"]] if how == "people" else ()
            entry = write_entry(
                actor, title="Mine", body="Words", audience=how, space=space if how == "coach" else None, people=people
            )
            create_comment(actor, entry, body=f"For {everybody}")
        elif what == "answer":
            post = db.session.scalars(select(Post).order_by(Post.id.desc())).first()
            if post is not None and how == "delete":
                delete_post(actor, post)
            elif post is not None:
                create_comment(actor, post, body=f"For {everybody}")
        elif how == "gone":
            remove_member(world.actor("rik"), space, world.person(name))
        else:
            add_member(world.actor("rik"), space, world.person(name), role=how)
    except CommunityError:
        db.session.rollback()  # not everybody may do everything: that is the point
