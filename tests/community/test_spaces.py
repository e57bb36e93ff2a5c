"""Spaces: who may make them, who comes in, what a role carries, and that every space keeps an owner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.activity.models import Activity
from community.clock import frozen, now
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.microblog.actions import create_post
from community.permissions import may, sees
from community.phases.actions import set_phases, start_phase, undo_phase
from community.phases.jobs import follow_calendars
from community.spaces.actions import (
    add_member,
    answer_request,
    archive_space,
    ask_to_join,
    change_role,
    create_invitation,
    create_space,
    join_space,
    leave_space,
    remove_member,
    reopen_space,
    revoke_invitation,
    update_space,
)
from community.spaces.queries import (
    crumbs_of,
    members_of,
    my_spaces,
    phase_bar,
    phases_of,
    space_for,
    space_to_enter,
    spaces_for,
)
from community.spaces.slugs import free_slug, slug_of
from tests.world import phases_around, today_in_domburg


def lines():
    return db.session.scalar(select(func.count()).select_from(Activity))


# Making them


def test_a_colleague_makes_a_theme_and_owns_it(world):
    theme = create_space(world.actor("dev"), kind="theme", name="  Water   &  Waste ")
    assert (theme.name, theme.slug) == ("Water & Waste", "water-waste")
    assert world.actor("dev").roles[theme.id] == "owner"


def test_a_programme_is_made_by_an_administrator_only(world):
    with pytest.raises(Denied):
        create_space(world.actor("dev"), kind="programme", name="Mine")
    with pytest.raises(Denied):
        create_space(world.actor("gus"), kind="theme", name="A guest's theme")


def test_a_team_lies_in_a_cohort_and_is_made_by_its_staff(world):
    cohort = world.space("cohort")
    team = create_space(world.actor("pieter_jan"), kind="team", name="Zuiderkruis", parent=cohort)
    assert team.cohort_id == cohort.id
    with pytest.raises(Invalid) as fault:
        create_space(world.actor("rik"), kind="team", name="Homeless")
    assert fault.value.field == "parent"
    with pytest.raises(Denied):
        create_space(world.actor("noor"), kind="team", name="Secret team", parent=cohort)
    with pytest.raises(NotFound):
        create_space(world.actor("dev"), kind="team", name="Outsiders", parent=cohort)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": "   "}),
        ("name", {"name": "n" * 121}),
        ("join_policy", {"join_policy": "open", "visibility": "members"}),
        ("visibility", {"visibility": "everybody"}),
        ("time_zone", {"time_zone": "Mars/Base"}),
        ("slug", {"slug": "Not A Slug"}),
    ],
)
def test_what_cannot_be_is_said_at_its_field(world, field, values):
    with pytest.raises(Invalid) as fault:
        create_space(world.actor("dev"), **{"kind": "theme", "name": "A theme", **values})
    assert fault.value.field == field


def test_slugs_are_readable_and_never_taken_twice(world):
    assert slug_of("Team Ragnhild Øvergård & Yıldırım") == "team-ragnhild-overgard-yildirim"
    assert slug_of("水") == "space"
    assert free_slug("noorderlicht") == "noorderlicht-2"
    assert free_slug("new") == "new-2"


# Who is inside


def test_staff_of_a_cohort_are_staff_of_its_teams_and_nothing_else_flows(world):
    assert world.actor("pieter_jan").roles[world.space_ids["getij"]] == "owner"
    cohort, getij = world.space("cohort"), world.space("getij")
    add_member(world.actor("rik"), cohort, world.person("dev"), role="facilitator")
    assert world.actor("dev").roles[getij.id] == "facilitator"
    add_member(world.actor("rik"), cohort, world.person("mei_lin"), role="member")
    assert getij.id not in world.actor("mei_lin").roles


def test_members_of_a_team_are_members_of_its_cohort(world):
    assert world.actor("noor").roles[world.space_ids["cohort"]] == "member"
    assert world.actor("anna").roles[world.space_ids["cohort"]] == "member"
    assert world.actor("ingrid").roles[world.space_ids["cohort"]] == "guest"
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("noor"))
    assert world.actor("noor").roles == {}


def test_nobody_gives_a_role_above_their_own(world):
    team = world.space("noorderlicht")
    add_member(world.actor("rik"), team, world.person("samir"), role="facilitator")
    with pytest.raises(Denied):
        add_member(world.actor("samir"), team, world.person("dev"), role="owner")
    with pytest.raises(Denied):
        change_role(world.actor("samir"), team, world.person("pieter_jan"), role="member")
    with pytest.raises(Denied):
        remove_member(world.actor("samir"), team, world.person("pieter_jan"))
    with pytest.raises(Denied):
        add_member(world.actor("noor"), team, world.person("dev"))
    with pytest.raises(NotFound):
        add_member(world.actor("dev"), team, world.person("dev"), role="owner")


def test_every_space_keeps_an_owner(world):
    theme = world.space("theme")
    with pytest.raises(Conflict):
        leave_space(world.actor("mei_lin"), theme)
    with pytest.raises(Conflict):
        change_role(world.actor("rik"), theme, world.person("mei_lin"), role="member")
    add_member(world.actor("mei_lin"), theme, world.person("dev"), role="owner")
    leave_space(world.actor("mei_lin"), theme)
    assert [m.person.name for m in members_of(world.actor("dev"), theme) if m.role == "owner"] == ["Dev Anand"]


def test_adding_twice_says_it_once(world):
    team = world.space("noorderlicht")
    before = lines()
    add_member(world.actor("rik"), team, world.person("noor"), role="member")
    assert lines() == before


def test_an_open_theme_is_joined_a_closed_team_is_not(world):
    join_space(world.actor("dev"), world.space("theme"))
    join_space(world.actor("dev"), world.space("theme"))
    assert world.actor("dev").roles[world.space_ids["theme"]] == "member"
    with pytest.raises(NotFound):
        join_space(world.actor("dev"), world.space("noorderlicht"))
    with pytest.raises(NotFound):
        join_space(world.actor("gus"), world.space("theme"))


def test_who_asks_is_let_in_or_not(world):
    theme = world.space("theme")
    update_space(world.actor("mei_lin"), theme, join_policy="request")
    ask_to_join(world.actor("dev"), theme)
    ask_to_join(world.actor("dev"), theme)
    ask_to_join(world.actor("noor"), theme)
    answer_request(world.actor("mei_lin"), theme, world.person("dev"), let_in=True)
    answer_request(world.actor("mei_lin"), theme, world.person("noor"), let_in=False)
    assert world.actor("dev").roles[theme.id] == "member"
    assert theme.id not in world.actor("noor").roles
    with pytest.raises(NotFound):
        answer_request(world.actor("mei_lin"), theme, world.person("noor"), let_in=True)


def test_invitations_have_seats_an_end_and_can_be_taken_back(world):
    team = world.space("noorderlicht")
    invitation, token = create_invitation(world.actor("pieter_jan"), team, seats=2, days=7)
    assert token not in (invitation.token_hash, "") and len(token) >= 32
    with pytest.raises(Invalid):
        create_invitation(world.actor("pieter_jan"), team, seats=251)
    with pytest.raises(Denied):
        create_invitation(world.actor("noor"), team)
    revoke_invitation(world.actor("pieter_jan"), team, invitation)
    assert invitation.revoked_at is not None


# Seeing them


def test_what_is_seen_is_what_is_listed(world):
    assert {s.slug for s in spaces_for(world.actor("dev"))} == {"commons", "service-without-queues"}
    assert {s.slug for s in spaces_for(world.actor("gus"))} == set()
    assert {s.slug for s in my_spaces(world.actor("noor"))} == {"noorderlicht", "cohort-14"}
    for slug in ("noorderlicht", "no-such"):
        with pytest.raises(NotFound):
            space_for(world.actor("dev"), slug)


def test_an_administrator_knows_that_a_space_exists_and_does_not_enter_it(world):
    rik = world.actor("rik")
    assert space_for(rik, "noorderlicht")
    with pytest.raises(NotFound):
        space_to_enter(rik, "noorderlicht")
    assert not may(rik, "post", world.space("noorderlicht"))


def test_a_crumb_that_is_hidden_is_left_out(world):
    assert [s.slug for s in crumbs_of(world.actor("noor"), world.space("noorderlicht"))] == ["cohort-14"]
    above = crumbs_of(world.actor("pieter_jan"), world.space("noorderlicht"))
    assert [s.slug for s in above] == ["leading-change-2026", "cohort-14"]


def test_an_archived_space_is_read_and_not_written(world):
    team = world.space("noorderlicht")
    post = create_post(world.actor("noor"), team, body="Before the end")
    archive_space(world.actor("pieter_jan"), team)
    assert sees(world.actor("noor"), post)
    with pytest.raises(Denied):
        create_post(world.actor("noor"), team, body="After the end")
    with pytest.raises(Denied):
        archive_space(world.actor("noor"), team)
    reopen_space(world.actor("pieter_jan"), team)
    create_post(world.actor("noor"), team, body="And on we go")


def test_settings_that_stay_as_they_are_say_nothing(world):
    theme, before = world.space("theme"), lines()
    update_space(world.actor("mei_lin"), theme, name=theme.name, tools=list(theme.tools))
    assert lines() == before
    update_space(world.actor("mei_lin"), theme, aim="Fewer queues")
    assert lines() == before + 1


# Phases


def phase(world, key):
    return next(p for p in phases_of(world.space_ids["cohort"]) if p.key == key)


def test_the_phase_of_today_holds_from_the_start(world):
    bar = phase_bar(world.space("cohort"))
    assert [(step.phase.key, step.state) for step in bar] == [
        ("pre", "done"),
        ("campus", "now"),
        ("post", "next"),
        ("alumni", "next"),
    ]
    assert (bar[1].day, bar[1].days) == (2, 4)


def test_what_is_made_keeps_the_phase_it_was_made_in(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    on_campus = create_post(noor, team, body="On campus")
    start_phase(world.actor("pieter_jan"), world.space("cohort"), phase(world, "post"))
    after = create_post(noor, team, body="After campus")
    assert on_campus.phase_id == phase(world, "campus").id
    assert after.phase_id == phase(world, "post").id
    assert create_post(world.actor("mei_lin"), world.space("theme"), body="No phase").phase_id is None


def test_the_phase_follows_the_calendar_once(world):
    cohort = world.space("cohort")
    with frozen(now() + timedelta(days=7)):
        follow_calendars({})
        before = lines()
        follow_calendars({})
        assert lines() == before
    assert cohort.phase_id == phase(world, "post").id


def test_between_phases_the_last_one_goes_on_and_a_later_one_by_hand_stays(world):
    cohort = world.space("cohort")
    with frozen(now() + timedelta(days=4)):
        follow_calendars({})
    assert cohort.phase_id == phase(world, "campus").id
    start_phase(world.actor("pieter_jan"), cohort, phase(world, "post"))
    follow_calendars({})
    assert cohort.phase_id == phase(world, "post").id


def test_a_change_by_hand_is_taken_back_within_a_day(world):
    boss, cohort = world.actor("pieter_jan"), world.space("cohort")
    start_phase(boss, cohort, phase(world, "alumni"))
    assert world.actor("noor").roles[world.space_ids["noorderlicht"]] == "alumnus"
    with pytest.raises(Denied):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="One more thing")
    undo_phase(boss, cohort)
    assert cohort.phase_id == phase(world, "campus").id
    assert world.actor("noor").roles[world.space_ids["noorderlicht"]] == "member"
    with pytest.raises(Conflict):
        undo_phase(boss, cohort)
    start_phase(boss, cohort, phase(world, "post"))
    with frozen(now() + timedelta(hours=25)), pytest.raises(Conflict):
        undo_phase(boss, cohort)


def test_only_staff_move_a_phase(world):
    for name, refusal in (("noor", Denied), ("anna", Denied), ("dev", NotFound)):
        with pytest.raises(refusal):
            start_phase(world.actor(name), world.space("cohort"), phase(world, "post"))


def test_overlapping_phases_are_refused(world):
    wanted = phases_around(today_in_domburg())
    wanted[0]["ends_on"] = wanted[1]["starts_on"]
    with pytest.raises(Invalid) as fault:
        set_phases(world.actor("pieter_jan"), world.space("cohort"), wanted)
    assert "Pre-campus and Campus" in str(fault.value)


def test_setting_the_same_phases_says_nothing(world):
    before = lines()
    set_phases(world.actor("pieter_jan"), world.space("cohort"), phases_around(today_in_domburg()))
    assert lines() == before
