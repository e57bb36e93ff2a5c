"""Properties of who may see and do what, over random audiences, roles and moves; and the matrix, walked.

* no verb is allowed on what one cannot see
* a list is exactly the filter of "may I see" over everything
* only_me is read by its author and by nobody else, through every door
* the tokens of the index and of live rooms never show more than the clause does
* a message is read by whom it reached and who is still in its conversation, whoever else they are
"""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from community.activity.queries import activity_after
from community.clock import frozen, now
from community.comments.actions import create_comment
from community.errors import CommunityError, NotFound
from community.extensions import db
from community.items.models import AUDIENCES
from community.journal.actions import write_entry
from community.kinds import all_kinds, card_of
from community.messages.actions import (
    block_person,
    leave_conversation,
    remove_from_conversation,
    send_message,
    start_conversation,
    unblock_person,
)
from community.messages.models import Message
from community.messages.queries import conversation_for, conversations_of, messages_of
from community.microblog.actions import create_post
from community.microblog.queries import feed
from community.permissions import Actor, Reach, door, explain, matrix, may, require, sees, visible
from community.search.queries import search
from community.spaces.actions import add_member, remove_member, update_space
from community.spaces.models import ROLES, Space
from community.spaces.queries import members_of, people_ids_in
from community.submissions.actions import give_result, hand_in, name_sponsor, set_milestone
from community.submissions.queries import readers_of
from community.wiki.actions import create_page
from community.wiki.queries import pages_of

PEOPLE = ("noor", "samir", "joost", "anna", "pieter_jan", "mei_lin", "ingrid", "rik", "dev", "gus")
PLACES = ("programme", "cohort", "noorderlicht", "getij", "theme", "commons")


def fill(world):
    """Something of everything, everywhere it may be: each kind, each audience."""
    talk = start_conversation(
        world.actor("noor"), people=[world.person("samir"), world.person("anna")], body="Wie belt?"
    )
    leave_conversation(world.actor("anna"), talk.conversation)
    makers = {"noorderlicht": "noor", "getij": "joost", "cohort": "pieter_jan", "theme": "mei_lin"}
    for place, maker in makers.items():
        actor = world.actor(maker)
        space = world.space(place)
        for audience in AUDIENCES:
            try:
                if audience not in ("only_me", "people"):
                    post = create_post(actor, space, body=f"Post in {place} for {audience}", audience=audience)
                    create_comment(actor, post, body=f"Comment in {place} for {audience}")
                    create_page(actor, space, title=f"Page {audience}", body="Words of a page", audience=audience)
            except CommunityError:
                db.session.rollback()  # an audience wider than the space is refused: nothing to see then
        for audience in AUDIENCES:
            entry = write_entry(
                actor,
                title=f"Entry for {audience}",
                body=f"zonnebloem {audience}",
                audience=audience,
                space=space if audience in ("coach", "space") else None,
                people=[world.person_ids["dev"]] if audience == "people" else (),
            )
            create_comment(actor, entry, body=f"Comment on an entry for {audience}")
    hand_something_in(world)


def hand_something_in(world):
    """Two teams hand in, one with its sponsor reading along; one result is held, one is given."""
    boss = world.actor("pieter_jan")
    name_sponsor(boss, world.space("noorderlicht"), world.person("ingrid"))
    where = {"noorderlicht": world.space("programme"), "getij": world.space("cohort")}
    for place, maker in (("noorderlicht", "noor"), ("getij", "joost")):
        team, actor = world.space(place), world.actor(maker)
        milestone = set_milestone(boss, where[place], title=f"Review {place}", due_at=now(), to_sponsor=True)
        named = [person.id for person in readers_of(team, milestone).named]
        pages = [page.id for page in pages_of(actor, team).items]
        made = hand_in(actor, team, milestone, pages=pages, told=named)
        create_comment(actor, made, body="A comment on what was handed in")
        give_result(world.actor("anna"), made, result="ok", comment="Words", hold=place == "noorderlicht")


def everything():
    return {card.name: list(db.session.scalars(select(card.model))) for card in all_kinds()}


def check_all(world):
    """A list equals the filter of may-I over all; nothing is allowed on what is unseen; tokens show no more."""
    things = everything()
    for name in PEOPLE:
        actor = world.actor(name)
        for card in all_kinds():
            listed = set(db.session.scalars(select(card.model.id).where(card.visible(actor))))
            hidden = 0
            for obj in things[card.name]:
                seen = sees(actor, obj)
                assert (obj.id in listed) == seen, (name, card.name, obj.id)
                if seen:
                    for verb in card.verbs:
                        assert may(actor, verb, obj) == card.verbs[verb](actor, obj)
                    if card.name not in ("person", "space"):
                        assert card.scopes(obj) & actor.scopes, f"{name} sees {card.name} {obj.id}, could not find it"
                elif hidden < 2:  # `sees` said it of all; these ask it once more, in the same way for each
                    hidden += 1
                    verb = next(iter(card.verbs))
                    assert not may(actor, verb, obj), f"{name} may {verb} a {card.name} that is hidden"
                    with pytest.raises(NotFound):
                        require(actor, verb, obj)


def test_lists_and_questions_agree_for_everybody(world):
    fill(world)
    check_all(world)


@settings(
    max_examples=4,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(PLACES), st.sampled_from(PEOPLE[:6] + ("ingrid", "gus")), st.sampled_from((*ROLES, "gone"))
        ),
        min_size=1,
        max_size=6,
    ),
    opened=st.sampled_from(("none", "theme", "cohort", "noorderlicht")),
)
def test_they_agree_after_any_moves(app, house, world, moves, opened):
    db.session.remove()  # first, so that no connection is left in the database that goes
    house.renew()
    fill(world)
    boss = world.actor("rik")
    for place, name, role in moves:
        try:
            if role == "gone":
                remove_member(boss, world.space(place), world.person(name))
            else:
                add_member(boss, world.space(place), world.person(name), role=role)
        except CommunityError:
            db.session.rollback()
    if opened != "none":
        space = world.space(opened)
        wider = "organisation" if space.visibility == "members" else "members"
        try:
            update_space(boss, space, visibility=wider, join_policy="invite")
        except CommunityError:
            db.session.rollback()  # a team is never wider open than its cohort
    check_all(world)
    check_people(world)


def check_people(world):
    """Who is in a space, asked from the person's side and from the space's side, is the same."""
    for place in PLACES:
        space = world.space(place)
        inside = people_ids_in(space.id)
        for name in PEOPLE:
            actor = world.actor(name)
            assert (space.id in actor.roles) == (actor.id in inside), (place, name)
            if space.id in actor.roles:
                roles = {member.person.id: member.role for member in members_of(actor, space)}
                assert roles[actor.id] == actor.roles[space.id], (place, name)


def test_only_me_is_read_by_nobody_else_through_any_door(app, world, catch_up, as_person):
    secret = "zonnewijzer"
    noor = world.actor("noor")
    entry = write_entry(noor, title=f"Mijn {secret}", body=f"Alleen voor mij: {secret}")
    create_comment(noor, entry, body=f"Ook {secret}")
    catch_up()
    folder = app.config["SETTINGS"].search_folder
    assert search(world.actor("noor"), folder, secret).total >= 1
    for name in world.everybody:
        if name == "noor":
            continue
        actor = world.actor(name)
        assert not sees(actor, entry)
        answer = search(actor, folder, secret)
        assert (answer.total, answer.found, answer.suggestion) == (0, [], None), name
        assert all(line.object_kind not in ("entry", "comment") for line in activity_after(actor, 0, limit=1000)[0])
        browser = as_person(name)
        assert browser.get(f"/journal/{entry.id}").status_code == 404
        for path in ("/", "/journal", "/search?q=" + secret, "/notifications", "/people/noor.van-der-velden"):
            page = (
                browser.get(path)
                .get_data(as_text=True)
                .replace(f'value="{secret}"', "")
                .replace(f"Search: {secret}", "")
                .replace(f"Zoek: {secret}", "")
            )
            assert f"Mijn {secret}" not in page and f"mij: {secret}" not in page, (name, path)


TALKERS = ("noor", "samir", "fatma", "anna", "pieter_jan")
ROUNDS = st.lists(
    st.tuples(
        st.sampled_from(("write", "group", "say", "leave", "remove", "block", "unblock")),
        st.sampled_from(TALKERS),
        st.permutations(TALKERS),
    ),
    min_size=2,
    max_size=12,
)


@settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rounds=ROUNDS)
def test_messages_are_read_by_whom_they_reached_and_nobody_else(app, house, world, rounds):
    """Random talk, kept by hand beside it: who is in which conversation, who had blocked whom when something was said."""
    db.session.remove()
    house.renew()
    inside: dict[int, set[str]] = {}
    reached: dict[int, tuple[int, set[str]]] = {}  # of each message: its conversation, and whom it reached
    blocked: set[tuple[str, str]] = set()
    for what, who, others in rounds:
        actor, first = world.actor(who), next(name for name in others if name != who)
        talks = [
            number
            for number, names in inside.items()
            if who in names and any(who in r for t, r in reached.values() if t == number)
        ]
        said = None
        try:
            if what in ("write", "group"):
                names = [first] if what == "write" else [name for name in others if name != who][:3]
                said = start_conversation(
                    actor, people=[world.person(name) for name in names], body=f"zonnebloem {who}"
                )
                inside.setdefault(said.conversation_id, {who, *names})
            elif what == "say" and talks:
                said = send_message(actor, conversation_for(actor, talks[-1]), body=f"zonnebloem {who}")
            elif what == "leave" and talks:
                leave_conversation(actor, conversation_for(actor, talks[-1]))
                inside[talks[-1]].discard(who)
            elif what == "remove" and talks:
                remove_from_conversation(actor, conversation_for(actor, talks[-1]), world.person(first))
                inside[talks[-1]].discard(first)
            elif what == "block":
                block_person(actor, world.person(first))
                blocked.add((who, first))
            elif what == "unblock":
                unblock_person(actor, world.person(first))
                blocked.discard((who, first))
        except CommunityError:
            db.session.rollback()
        if said is not None:
            number = said.conversation_id
            reached[said.id] = (number, {name for name in inside[number] if (name, who) not in blocked})
    messages = {message.id: message for message in db.session.scalars(select(Message))}
    assert set(messages) == set(reached)
    for name in world.everybody:
        actor = world.actor(name)
        for number, (talk, names) in reached.items():
            may_read = name in names & inside[talk]
            message = messages[number]
            assert sees(actor, message) == may_read, (name, number)
            assert bool(card_of(message).scopes(message) & actor.scopes) == may_read, (name, number)
        listed = {line.talk.id for line in conversations_of(actor, limit=100).items}
        assert listed == {talk for talk, names in reached.values() if name in names & inside[talk]}, name
        for talk in listed:
            shown = [message.id for message in messages_of(actor, conversation_for(actor, talk), limit=200).items]
            assert shown == sorted(n for n, (where, names) in reached.items() if where == talk and name in names)
    check_all(world)


def test_a_closed_space_closes_its_items(world):
    mei_lin = world.actor("mei_lin")
    theme = world.space("theme")
    post = create_post(mei_lin, theme, body="For everybody", audience="organisation")
    assert sees(world.actor("dev"), post)
    update_space(mei_lin, theme, visibility="members", join_policy="invite")
    assert not sees(world.actor("dev"), post)
    assert sees(world.actor("mei_lin"), post)


def test_a_team_is_closed_to_the_rest_of_its_cohort_and_open_to_its_staff(world):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="For us")
    readers = {name for name in world.everybody if sees(world.actor(name), post)}
    assert readers == {"noor", "samir", "fatma", "kwame", "anna", "pieter_jan", "ingrid"}


def test_the_feed_is_what_may_be_seen(world):
    fill(world)
    for name in PEOPLE:
        actor = world.actor(name)
        shown = {item.post.id for item in feed(actor, limit=100).items}
        for post in everything()["post"]:
            assert (post.id in shown) == (sees(actor, post) and post.space_id in actor.roles)


def test_why_is_said_in_words(world):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="For us")
    assert explain(world.actor("samir"), "edit", post).endswith("no")
    assert explain(world.actor("noor"), "edit", post).endswith("yes")
    assert explain(world.actor("dev"), "edit", post) == "edit: not visible"
    assert {kind for kind, _, _ in matrix()} == {card.name for card in all_kinds()}


def test_a_door_is_the_same_for_hidden_and_absent(world):
    errors = []
    for slug in ("noorderlicht", "no-such-space"):
        try:
            door(world.actor("dev"), Space, Space.slug == slug)
        except NotFound as fault:
            errors.append(str(fault))
    assert len(errors) == 2 and errors[0] == errors[1]


def test_the_clause_is_asked_for_every_kind_and_person(world):
    for card, name in itertools.product(all_kinds(), PEOPLE):
        db.session.scalars(select(card.model.id).where(visible(world.actor(name), card.model)).limit(1)).all()


def test_what_is_visible_depends_on_the_person_their_site_role_and_their_reach_alone(world):
    """Clauses are kept for as long as these three are the same: so no clock, no name and nothing in the tables may go into one."""

    def said(name):
        who = world.actor(name)
        reach = Reach(dict(who.roles), who.open_spaces, who.reach.archived)  # without what no clause may look at
        alike = Actor(who.id, who.site_role, lambda: reach)
        return {
            card.name: str(card.visible(alike).compile(compile_kwargs={"literal_binds": True})) for card in all_kinds()
        }

    before = {name: said(name) for name in world.everybody}
    noor = world.actor("noor")
    write_entry(noor, title="Mine", body="…", audience="people", people=[world.person_ids["dev"]])
    create_post(noor, world.space("noorderlicht"), body="#water")
    start_conversation(noor, people=[world.person("samir")], body="Bel je?")
    block_person(world.actor("samir"), world.person("noor"))
    with frozen(now() + timedelta(days=400)):
        assert {name: said(name) for name in world.everybody} == before
