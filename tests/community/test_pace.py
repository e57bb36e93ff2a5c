"""Floods are slowed, people are not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from community.arranging.actions import share_post
from community.clock import frozen, now
from community.errors import Invalid, TooMany
from community.microblog import pace
from community.microblog.actions import create_post
from community.microblog.plan import MAX_POST
from community.microblog.queries import post_for
from tests.conftest import post_form


@pytest.fixture(autouse=True)
def a_short_while(monkeypatch):
    """The same pace, counted over fewer posts."""
    for name in ("EVERYBODY", "NEWCOMER"):
        whole = getattr(pace, name)
        monkeypatch.setattr(pace, name, pace.Pace(3, 3 * whole.within / whole.posts))


def say(world, count, *, by="noor", every=timedelta(seconds=1), space="noorderlicht", since=None):
    """So many posts, one after the other; gives how many were taken before one was refused."""
    start = since or now()
    for number in range(count):
        with frozen(start + number * every):
            try:
                create_post(world.actor(by), world.space(space), body=f"Number {number} of {start}")
            except TooMany as fault:
                assert fault.retry_after > 0
                return number
    return count


def test_it_is_ten_seconds_a_post_and_two_minutes_for_who_is_new():
    assert pace.EVERYBODY.within / pace.EVERYBODY.posts == timedelta(seconds=10)
    assert pace.NEWCOMER.within / pace.NEWCOMER.posts == timedelta(minutes=2)


def test_a_new_account_says_a_few_things_and_then_waits(world):
    assert say(world, pace.NEWCOMER.posts + 5) == pace.NEWCOMER.posts
    assert say(world, 1, since=now() + pace.NEWCOMER.within + timedelta(minutes=5)) == 1


def test_who_has_been_here_longer_goes_at_the_pace_of_everybody(world):
    assert pace.EVERYBODY is not None
    assert say(world, pace.EVERYBODY.posts + 5, since=now() + timedelta(days=2)) == pace.EVERYBODY.posts


def test_a_post_every_ten_seconds_is_never_too_fast(world):
    assert say(world, 12, every=timedelta(seconds=10), since=now() + timedelta(days=2)) == 12


def test_who_runs_a_space_is_not_slowed_in_it(world):
    assert say(world, 12, by="pieter_jan") == 12


def test_the_same_words_again_at_once_are_a_slip(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    create_post(noor, team, body="Who is in today?")
    with pytest.raises(Invalid) as fault:
        create_post(noor, team, body="Who is in today? ")
    assert fault.value.field == "body"
    create_post(world.actor("samir"), team, body="Who is in today?")
    create_post(noor, world.space("cohort"), body="Who is in today?")
    with frozen(now() + timedelta(minutes=2)):
        create_post(noor, team, body="Who is in today?")


def test_sharing_is_posting(world, as_person):
    """Whoever shares everything they find goes no faster than whoever writes it, and no share is larger than a post."""
    boss, noor, cohort = world.actor("pieter_jan"), world.actor("noor"), world.space("cohort")
    found = [create_post(boss, world.space("noorderlicht"), body=f"Find {number}").id for number in range(5)]
    with pytest.raises(Invalid) as refused:
        share_post(noor, post_for(noor, found[0]), cohort, body="x" * (MAX_POST + 1))
    assert refused.value.field == "body"
    for number in found[:3]:
        share_post(world.actor("noor"), post_for(noor, number), world.space("cohort"), body="Look")
    page = f"/spaces/noorderlicht/posts/{found[3]}/share"
    answer = post_form(as_person("noor"), page, body="Look at this too", space="cohort-14")
    assert answer.status_code == 429 and "Look at this too" in answer.get_data(as_text=True)
