"""Who slept through it and catches up sees what who looks now sees: feed then + what was missed = feed now, for everybody.

Random people in random places write, edit, comment, delete and come and go. A sleeper reads the feed, sleeps, and asks for what was
missed as a socket does (`watch` with `after`); each pointer is followed through the normal door, as the page does.
"""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from community.activity.outbox import last_id
from community.comments.actions import create_comment
from community.errors import CommunityError, NotFound
from community.extensions import db
from community.live.consumer import missed
from community.live.watches import watch_for
from community.microblog.actions import create_post, delete_post, edit_post, react
from community.microblog.queries import feed, post_for
from community.spaces.actions import add_member, remove_member
from community.spaces.models import ROLES

PLACES = ("cohort", "noorderlicht", "getij", "theme", "commons")
PEOPLE = ("noor", "samir", "fatma", "joost", "anna", "pieter_jan", "mei_lin", "ingrid", "rik", "dev", "gus")
DEEDS = ("post", "post", "post", "coach", "everybody", "edit", "react", "comment", "delete", "delete", "come", "go")

deeds = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.sampled_from(PEOPLE), st.sampled_from(PLACES), st.integers(0, 30)), max_size=14
)


def shown(actor):
    return [item.post.id for item in feed(actor, limit=100).items]


def do(world, deed, name, place, number):
    """One deed of somebody, if they may."""
    actor, space = world.actor(name), world.space(place)
    mine = shown(actor)
    post = post_for(actor, mine[number % len(mine)]) if mine else None
    try:
        if deed in ("post", "coach", "everybody"):
            audience = {"post": "space", "coach": "coach", "everybody": "organisation"}[deed]
            create_post(actor, space, body=f"Words number {number}", audience=audience)
        elif deed == "come":
            add_member(world.actor("rik"), space, world.person(name), role=ROLES[number % len(ROLES)])
        elif deed == "go":
            remove_member(world.actor("rik"), space, world.person(name))
        elif post is None:
            return
        elif deed == "edit":
            edit_post(actor, post, body=f"Other words, {number}")
        elif deed == "react":
            react(actor, post, name="insight")
        elif deed == "comment":
            create_comment(actor, post, body="An answer")
        elif deed == "delete":
            delete_post(actor, post)
    except CommunityError:
        db.session.rollback()  # they may not: then nothing happened


def caught_up(actor, before, after):
    """The feed of somebody who knew `before` at the line `after` of the log, brought up to date by pointers alone."""
    known = set(before)
    pointers = missed(after, last_id(), watch_for(actor, "feed").rooms, None)
    assert pointers is not None
    for pointer in pointers:
        kind, _, number = pointer["object"].partition(":")
        if kind == "post" and pointer["verb"] == "post.deleted":
            known.discard(int(number))
        elif kind == "post":
            try:
                known.add(post_for(actor, int(number)).id)
            except NotFound:
                known.discard(int(number))  # it went again before they woke
    return sorted(known, reverse=True)


@settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(first=deeds, then=deeds)
def test_the_feed_then_and_what_was_missed_are_the_feed_now(app, house, world, first, then):
    db.session.remove()
    house.renew()
    for deed in first:
        do(world, *deed)
    asleep = {name: (world.actor(name), shown(world.actor(name)), last_id()) for name in PEOPLE}
    roles = {name: dict(actor.roles) for name, (actor, _, _) in asleep.items()}
    for deed in then:
        do(world, *deed)
    for name, (_, before, after) in asleep.items():
        actor = world.actor(name)
        if dict(actor.roles) != roles[name]:
            continue  # whose rights changed is put out of the room and reads the page anew (tests/processes/test_roles.py)
        assert caught_up(actor, before, after) == shown(actor), name
