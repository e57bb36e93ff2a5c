"""What a process remembers is never older than the log: whoever asks after a change gets what a fresh question would."""

from __future__ import annotations

import pytest

from community.activity import steady
from community.activity.outbox import last_id
from community.activity.steady import PLACES, held, told, wiki_of
from community.extensions import db
from community.microblog.actions import create_post
from community.people.actions import change_site_role, disable_person, enable_person, update_person
from community.permissions import ANONYMOUS
from community.spaces.actions import (
    add_member,
    archive_space,
    change_role,
    create_space,
    join_space,
    leave_space,
    remove_member,
    reopen_space,
    update_space,
)
from community.spaces.queries import actor_for, reach_of
from community.wiki.actions import create_page, delete_page, rename_page
from community.wiki.queries import page_for, pages_of


def remembered(world, name):
    """Where somebody is, as a request would know it now."""
    return actor_for(world.person(name), place=told(last_id()))


def all_agree(world):
    for name in world.everybody:
        person = world.person(name)
        known = remembered(world, name)
        if person.status != "active":
            assert known.id is None
            continue
        fresh = reach_of(person.id, person.site_role)
        assert (known.reach.fingerprint, [t.slug for t in known.reach.teams]) == (
            fresh.fingerprint,
            [t.slug for t in fresh.teams],
        ), name


def test_every_change_of_roles_and_spaces_is_known_at_the_next_question(world):
    rik, team = world.actor("rik"), world.space("noorderlicht")
    dev, noor = world.person("dev"), world.person("noor")
    made = []
    changes = [
        lambda: add_member(world.actor("pieter_jan"), team, dev, role="member"),
        lambda: change_role(world.actor("pieter_jan"), team, dev, role="coach"),
        lambda: remove_member(world.actor("pieter_jan"), team, dev),
        lambda: leave_space(world.actor("noor"), team),
        lambda: join_space(world.actor("noor"), world.space("theme")),
        lambda: update_space(world.actor("mei_lin"), world.space("theme"), visibility="members", join_policy="invite"),
        lambda: archive_space(world.actor("pieter_jan"), team),
        lambda: reopen_space(world.actor("pieter_jan"), team),
        lambda: made.append(create_space(world.actor("noor"), kind="project", name="Werf")),
        lambda: change_site_role(rik, noor, site_role="guest"),
        lambda: disable_person(rik, noor),
        lambda: enable_person(rik, noor),
        lambda: update_space(world.actor("pieter_jan"), team, name="Noordenwind"),
    ]
    all_agree(world)
    for change in changes:
        before = last_id()
        change()
        assert last_id() > before
        all_agree(world)


def test_nothing_is_asked_twice_while_nothing_moves_and_a_post_moves_no_place(world):
    calls = []

    def look():
        calls.append(1)
        return len(calls)

    assert held(told(last_id()), PLACES, ("look", 1), look) == 1
    create_post(world.actor("noor"), world.space("noorderlicht"), body="Dit beweegt niets.")
    assert held(told(last_id()), PLACES, ("look", 1), look) == 1
    assert held(told(last_id()), PLACES, ("look", 2), look) == 2
    update_person(world.actor("noor"), world.person("noor"), name="Noor Velden")
    assert held(told(last_id()), PLACES, ("look", 1), look) == 3
    assert held(None, PLACES, ("look", 1), look) == 4, "who does not know where the log ends is told nothing old"


def test_a_wiki_is_remembered_until_one_of_its_own_pages_moves(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")

    def names(place):
        key = ("names", "noor")
        return held(
            place, wiki_of(team.id), key, lambda: [one.title for one in pages_of(world.actor("noor"), team).items]
        )

    page = create_page(noor, team, title="Vraag", body="Wat is de vraag?")
    first = names(told(last_id()))
    create_page(world.actor("joost"), world.space("getij"), title="Elders", body="Een ander team.")
    assert names(told(last_id())) is first
    rename_page(noor, page, title="De vraag")
    assert names(told(last_id())) == ["De vraag"]
    delete_page(noor, page_for(noor, team, page.path))
    assert names(told(last_id())) == []


def test_what_was_read_before_a_line_is_not_believed_after_it(world):
    """A slow request that began before a change keeps what it read for nobody who came after."""
    early = told(last_id())
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), name="Noordenwind")
    late = told(last_id())
    assert held(early, PLACES, ("name", 1), lambda: "Noorderlicht") == "Noorderlicht"
    assert held(late, PLACES, ("name", 1), lambda: "Noordenwind") == "Noordenwind"


def test_what_a_slower_request_begins_anew_is_not_believed_by_one_that_came_later(world):
    """One reads where the log ends, then a right is taken away, another asks, and only then the first goes on."""
    early = last_id()
    told(early)
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), name="Noordenwind")
    late = told(last_id())
    assert held(told(early), PLACES, ("name", 2), lambda: "Noorderlicht") == "Noorderlicht"
    assert held(late, PLACES, ("name", 2), lambda: "Noordenwind") == "Noordenwind"
    assert held(told(last_id()), PLACES, ("name", 2), lambda: "Noordenwind") == "Noordenwind"


def test_an_older_copy_of_the_database_and_a_long_pause_begin_anew(world, monkeypatch):
    place = told(last_id())
    held(place, PLACES, ("when", 1), lambda: "then")
    assert held(told(place - 1), PLACES, ("when", 1), lambda: "before") == "before"
    held(told(place), PLACES, ("when", 1), lambda: "now")
    monkeypatch.setattr(steady, "_CATCH_UP", 0)
    create_post(world.actor("noor"), world.space("noorderlicht"), body="Later.")
    assert held(told(last_id()), PLACES, ("when", 1), lambda: "much later") == "much later"


def test_little_is_kept(world):
    place = told(last_id())
    for number in range(30):
        held(place, PLACES, ("few", number), lambda: "x" * 100, most=10)
    assert len(steady._memory().era.found["few"]) <= 10


def test_an_action_forgets_what_its_actor_knew(world):
    noor = remembered(world, "noor")
    assert noor.place == last_id()
    create_post(noor, world.space("noorderlicht"), body="Hierna wordt opnieuw gevraagd.")
    assert noor.place is None
    assert ANONYMOUS.place is None


@pytest.mark.parametrize("change", ["removed", "closed", "disabled"])
def test_two_browsers_and_a_right_that_is_taken_away(world, as_person, change):
    """The page that was open a moment ago is gone with the next click."""
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Geheim", body="Alleen van ons.")
    samir, address = as_person("samir"), f"/spaces/noorderlicht/wiki/{page.path}"
    for _ in range(2):
        assert "Alleen van ons" in samir.get(address).text
    db.session.rollback()
    if change == "removed":
        remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    elif change == "closed":
        from community.wiki.models import Page

        delete_page(world.actor("noor"), db.session.get_one(Page, page.id))
    else:
        disable_person(world.actor("rik"), world.person("samir"))
    answer = samir.get(address)
    assert answer.status_code in (302, 404)
    assert "Alleen van ons" not in answer.text
