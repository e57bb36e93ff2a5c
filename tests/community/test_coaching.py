"""Anna's Friday afternoon: what waits for her, what is new, put off or done, and nothing of teams that are not hers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from community.clock import frozen
from community.coaching import actions, marks, prepared, queries
from community.coaching.days import Terms
from community.coaching.handovers import handover_for
from community.coaching.measures import asks_in, median_in, my_median, overview_of, teams_of
from community.coaching.models import Ask
from community.coaching.queries import (
    TABS,
    Wanted,
    count_waiting,
    counts_of,
    inbox_of,
    spaces_coached_by,
    thing_at,
)
from community.coaching.waiting import Source, all_sources
from community.comments.actions import create_comment, delete_comment, resolve_thread
from community.comments.queries import comment_for
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.journal.actions import share_entry, write_entry
from community.kinds import ref_of
from community.microblog.actions import create_post
from community.notifications.models import Notification
from community.people.actions import disable_person
from community.spaces.actions import add_member, archive_space, remove_member
from community.wiki.actions import create_page, edit_page
from tests.conftest import count_queries
from tests.world import World

MONDAY = datetime(2026, 6, 8, 10, tzinfo=UTC)  # noon in Domburg


def at(hour: float):
    """Within the block it is `hour` hours after Monday noon."""
    return frozen(MONDAY + timedelta(hours=hour))


def _refs(world: World, who: str = "anna", tab: str = "waiting", **more) -> list[str]:
    return [item.ref for item in inbox_of(world.actor(who), Wanted(tab, **more)).items]


def _ask(world: World, who: str = "noor", space: str = "noorderlicht", body: str = "Is it too big?", **more) -> Ask:
    return actions.ask_coach(world.actor(who), world.space(space), body=body, **more)


def _answer(world: World, thing, who: str = "anna", body: str = "What would make it small enough?"):
    return actions.answer(world.actor(who), thing, body=body)


@pytest.fixture
def kees(world: World) -> World:
    """Mei-Lin coaches Noorderlicht together with Anna."""
    add_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("mei_lin"), role="coach")
    return world


# ---- working days


DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


@settings(max_examples=120, deadline=None)
@given(st.integers(1, 10), DAYS, st.integers(0, 40 * 24), st.sets(DAYS, max_size=12))
def test_what_is_over_is_the_same_for_one_and_for_many(days: int, first: date, hours: int, off: set[date]) -> None:
    terms = Terms(days, "Europe/Amsterdam", frozenset(off))
    since = terms.midnight(first) + timedelta(hours=hours % 24)
    moment = since + timedelta(hours=hours)
    over, today = terms.bounds(moment)
    left = terms.left(terms.due(since), moment)
    assert (left < 0) == (since < over)
    assert (left <= 0) == (since < today)
    assert 0 <= terms.worked(since, moment) <= (moment - since).total_seconds()


def test_days_are_counted_as_people_count_them() -> None:
    terms = Terms(2, "Europe/Amsterdam", frozenset({date(2026, 6, 10)}))
    friday = datetime(2026, 6, 5, 22, 30, tzinfo=UTC)  # already Saturday in Domburg
    assert terms.due(MONDAY) == date(2026, 6, 11)
    assert terms.due(friday) == date(2026, 6, 9)
    assert terms.due(MONDAY, date(2026, 6, 8)) == date(2026, 6, 8)
    assert [terms.left(date(2026, 6, 11), MONDAY + timedelta(days=day)) for day in range(7)] == [2, 1, 1, 0, -1, -1, -1]
    assert terms.worked(friday, MONDAY) == 12 * 3600
    assert Terms().due(MONDAY) is None
    assert Terms().bounds(MONDAY) is None


# ---- what waits


def test_what_a_team_asks_shares_and_replies_waits_the_longest_first(world: World, catch_up) -> None:
    team = world.space("noorderlicht")
    with at(-1):
        page = create_page(world.actor("noor"), team, title="Reading", body="Eleven hand-overs.")
        thread = create_comment(world.actor("anna"), page, body="How do you know?", purpose="must_answer")
        plain = create_comment(world.actor("fatma"), page, body="Eleven? I counted nine.")
    with at(0):
        ask = _ask(world, "joost", "getij")
    with at(1):
        entry = write_entry(world.actor("samir"), title="Day 1", body="Private first.")
    with at(2):
        share_entry(world.actor("samir"), entry, audience="coach", space=team)
    with at(3):
        create_comment(world.actor("kwame"), page, body="We counted.", reply_to=thread)
    with at(4):
        create_comment(world.actor("anna"), page, body="Show us both.", reply_to=plain)
    with at(5):
        create_comment(world.actor("fatma"), page, body="Here they are.", reply_to=plain)
    refs = [f"ask:{ask.id}", f"entry:{entry.id}", f"comment:{thread.id}", f"comment:{plain.id}"]
    catch_up()
    with at(6):
        items = inbox_of(world.actor("anna")).items
        assert [(item.name, item.ref, item.by.name) for item in items] == [
            ("request", refs[0], "Joost Wiersma"),
            ("shared", refs[1], "Samir El Idrissi"),
            ("must", refs[2], "Kwame Mensah"),
            ("reply", refs[3], "Fatma Yıldırım"),
        ]
        assert [item.since for item in items] == [MONDAY + timedelta(hours=hour) for hour in (0, 2, 3, 5)]
        assert items[2].about.title == "Reading"
        assert count_waiting(world.actor("anna")) == {world.space_ids["noorderlicht"]: 3, world.space_ids["getij"]: 1}
        assert _refs(world, space_id=world.space_ids["getij"]) == refs[:1]
        assert _refs(world, name="reply") == refs[3:]
        counts = counts_of(world.actor("anna"))
        assert counts.names == {"request": 1, "shared": 1, "must": 1, "reply": 1}
        resolve_thread(world.actor("noor"), thing_at(world.actor("anna"), refs[2]))
        assert _refs(world) == [refs[0], refs[1], refs[3]]


def test_an_answer_takes_it_and_ends_the_waiting_until_somebody_goes_on(kees: World, catch_up) -> None:
    world = kees
    with at(0):
        ask = _ask(world)
    assert _refs(world) == _refs(world, "mei_lin") == [f"ask:{ask.id}"]
    assert ask.state == "waiting"
    with at(5):
        number = _answer(world, ask).id
    assert (ask.state, ask.taken_by_id, ask.waits_since) == ("answered", world.person("anna").id, None)
    assert _refs(world) == _refs(world, "mei_lin") == []
    assert _refs(world, tab="done") == [f"ask:{ask.id}"]
    with at(6):
        create_comment(world.actor("samir"), ask, body="One branch, then.")
    catch_up()
    ask = db.session.scalars(select(Ask)).one()
    assert ask.waits_since == MONDAY + timedelta(hours=6)
    assert _refs(world) == [f"ask:{ask.id}"]
    assert _refs(world, "mei_lin") == []
    assert _refs(world, "mei_lin", tab="others") == [f"ask:{ask.id}"]
    (item,) = inbox_of(world.actor("mei_lin"), Wanted("others")).items
    assert item.holder.name == "Anna de Wit-Okonkwo"
    with at(7):
        assert my_median(world.actor("anna")) is None or my_median(world.actor("anna")) == 5 * 3600
        assert median_in(world.space("noorderlicht")) == 5 * 3600
    delete_comment(world.actor("anna"), comment_for(world.actor("anna"), number))
    catch_up()
    assert db.session.scalars(select(Ask)).one().waits_since == MONDAY


def test_who_is_on_it_and_who_lets_go(kees: World) -> None:
    world = kees
    ask = _ask(world)
    actions.take_ask(world.actor("anna"), ask)
    assert ask.state == "taken"
    assert _refs(world, "mei_lin") == []
    with pytest.raises(Denied):
        actions.let_go_ask(world.actor("mei_lin"), ask)
    with pytest.raises(Denied):
        actions.take_ask(world.actor("noor"), ask)
    actions.let_go_ask(world.actor("anna"), ask)
    assert _refs(world, "mei_lin") == [f"ask:{ask.id}"]
    actions.close_ask(world.actor("noor"), ask)
    assert _refs(world) == []
    actions.reopen_ask(world.actor("samir"), ask)
    assert _refs(world) == [f"ask:{ask.id}"]


def test_what_was_just_said_can_be_taken_back(world: World) -> None:
    with at(0):
        ask = _ask(world)
    with at(1):
        said = _answer(world, ask)
        actions.unsay(world.actor("anna"), said)
        assert (ask.state, ask.waits_since) == ("waiting", MONDAY)
        assert _refs(world) == [f"ask:{ask.id}"]
        said = _answer(world, ask)
        create_comment(world.actor("noor"), ask, body="Thank you.")
        with pytest.raises(Conflict):
            actions.unsay(world.actor("anna"), said)


def test_an_ask_about_something_is_no_wider_than_that(world: World) -> None:
    team = world.space("noorderlicht")
    page = create_page(world.actor("noor"), team, title="Reading", body="x")
    mine = write_entry(world.actor("noor"), title="Day 1", body="Mine.", audience="coach", space=team)
    private = write_entry(world.actor("noor"), title="Day 2", body="Only mine.")
    assert _ask(world, about=page).audience == "space"
    shy = _ask(world, about=mine)
    assert [ask.id for ask in asks_in(world.actor("noor"), team)][0] == shy.id
    assert shy.id not in [ask.id for ask in asks_in(world.actor("samir"), team)]
    assert f"ask:{shy.id}" in _refs(world)
    with pytest.raises(NotFound):
        _ask(world, about=private)
    with pytest.raises(NotFound):
        _ask(world, "joost", "getij", about=page)
    with pytest.raises(Denied):
        _ask(world, "anna")
    with pytest.raises(Invalid, match="Nobody coaches"):
        actions.ask_coach(world.actor("mei_lin"), world.space("theme"), body="Anybody?")
    with pytest.raises(Invalid, match="a day to come"):
        _ask(world, wanted_by=date(2020, 1, 1))


# ---- put off, done, new


def test_snoozed_and_done_come_back_when_their_time_comes_or_somebody_goes_on(world: World, catch_up) -> None:
    with at(0):
        ask = _ask(world)
        marks.snooze(world.actor("anna"), ask, until=marks.moment_of("tomorrow", "Europe/Amsterdam"))
        assert (_refs(world), _refs(world, tab="snoozed")) == ([], [f"ask:{ask.id}"])
    with at(24):
        assert (_refs(world), _refs(world, tab="snoozed")) == ([f"ask:{ask.id}"], [])
        marks.finish(world.actor("anna"), ask)
        assert (_refs(world), _refs(world, tab="done")) == ([], [f"ask:{ask.id}"])
        marks.bring_back(world.actor("anna"), ask)
        assert _refs(world) == [f"ask:{ask.id}"]
        marks.snooze(world.actor("anna"), ask, until=marks.moment_of("monday", "Europe/Amsterdam"))
        marks.finish(world.actor("anna"), ask)
        marks.bring_back(world.actor("anna"), ask)
        assert _refs(world, tab="snoozed") == [f"ask:{ask.id}"]
    with at(25):
        create_comment(world.actor("noor"), ask, body="It is urgent now.")
        catch_up()
        assert (_refs(world), _refs(world, tab="snoozed")) == ([f"ask:{ask.id}"], [])
        with pytest.raises(Invalid):
            marks.snooze(world.actor("anna"), ask, until=MONDAY)
        with pytest.raises(NotFound):
            marks.finish(world.actor("noor"), ask)
    assert marks.moment_of("2026-06-20", "Europe/Amsterdam") == datetime(2026, 6, 20, 6, tzinfo=UTC)
    with pytest.raises(Invalid):
        marks.moment_of("some day", "Europe/Amsterdam")


def test_a_word_that_came_while_she_was_reading_is_not_done_with(world: World, catch_up) -> None:
    with at(0):
        ask = _ask(world)
    with at(1):
        create_comment(world.actor("noor"), ask, body="And one more thing.")
        catch_up()
    with at(2):
        marks.finish(world.actor("anna"), ask, upto=MONDAY + timedelta(minutes=30))
        assert _refs(world) == [f"ask:{ask.id}"]


def test_new_is_what_others_made_since_she_looked(world: World, catch_up) -> None:
    team = world.space("noorderlicht")
    with at(-24 * 9):
        create_post(world.actor("noor"), team, body="Long ago.")
    with at(0):
        post = create_post(world.actor("samir"), team, body="Four questions.")
        page = create_page(world.actor("noor"), team, title="Reading", body="One.")
        create_post(world.actor("anna"), team, body="Mine.")
        write_entry(world.actor("noor"), title="Day 1", body="Only mine.")
    with at(1):
        edit_page(world.actor("samir"), page, body="Two.", base=1)
        create_comment(world.actor("fatma"), post, body="Nine, I say.")
    with at(2):
        items = inbox_of(world.actor("anna"), Wanted("new")).items
        assert [(item.ref, item.what, item.times) for item in items] == [
            (f"post:{post.id}", "comment.created", 2),
            (f"page:{page.id}", "page.edited", 2),
        ]
        assert counts_of(world.actor("anna")).new == 2
        marks.finish(world.actor("anna"), post)
        assert _refs(world, tab="new") == [f"page:{page.id}"]
        marks.snooze(world.actor("anna"), page, until=MONDAY + timedelta(hours=20))
        assert _refs(world, tab="snoozed") == [f"page:{page.id}"]
        marks.note_inbox(world.actor("anna"))
        marks.note_inbox(world.actor("anna"))
        assert _refs(world) == []
    with at(21):
        assert _refs(world, name="later") == [f"page:{page.id}"]
        fresh = create_post(world.actor("kwame"), team, body="Fresh.")
        assert _refs(world, tab="new") == [f"post:{fresh.id}"]


# ---- agreed, ages


def test_ages_follow_what_was_agreed_above_or_here_and_what_was_wanted(world: World) -> None:
    pieter = world.actor("pieter_jan")
    actions.agree(
        pieter, world.space("programme"), response_days=2, holidays=[date(2026, 6, 10)], guide="Be **clear**."
    )
    actions.agree(pieter, world.space("getij"), response_days=1)
    with at(0):
        slow, quick = _ask(world), _ask(world, "joost", "getij")
    with at(1):
        wanted = _ask(world, wanted_by=date(2026, 6, 19))

    def ages(hour: float) -> dict[str, list[str]]:
        with at(hour):
            return {age: _refs(world, age=age) for age in ("over", "today", "later")}

    a, b, c = (ref_of(ask) for ask in (slow, quick, wanted))
    assert ages(2) == {"over": [], "today": [], "later": [a, b, c]}
    assert ages(24) == {"over": [], "today": [b], "later": [a, c]}
    assert ages(72) == {"over": [b], "today": [a], "later": [c]}
    assert ages(24 * 12) == {"over": [a, b, c], "today": [], "later": []}
    with at(72):
        assert [item.left for item in inbox_of(world.actor("anna")).items] == [0, -1, 6]
        assert counts_of(world.actor("anna")).over == 1
    with pytest.raises(Invalid):
        actions.agree(pieter, world.space("programme"), response_days=0)
    with pytest.raises(Denied):
        actions.agree(world.actor("anna"), world.space("getij"), response_days=5)


# ---- standing in


def test_a_co_coach_stands_in_until_the_day_or_until_it_is_taken_back(kees: World, catch_up) -> None:
    world = kees
    team = world.space("noorderlicht")
    with at(0):
        mine, other = _ask(world), _ask(world, "joost", "getij")
        actions.take_ask(world.actor("anna"), mine)
        (held,) = actions.hand_over(world.actor("anna"), [team], to=world.person("mei_lin"), until=date(2026, 6, 12))
        number = held.id
        with pytest.raises(Invalid, match="does not coach"):
            actions.hand_over(world.actor("anna"), [world.space("getij")], to=world.person("mei_lin"))
        catch_up()
    with at(1):
        assert _refs(world) == [ref_of(other)]
        assert _refs(world, tab="others") == [ref_of(mine)]
        assert _refs(world, "mei_lin") == [ref_of(mine)]
        assert mine.taken_by_id == world.person("anna").id
    told = db.session.scalars(select(Notification).where(Notification.verb == "coaching.handed-over")).all()
    team_people = {world.person(name).id for name in ("noor", "samir", "fatma", "kwame", "mei_lin", "pieter_jan")}
    assert {row.person_id for row in told} == team_people
    assert len(told) == len(team_people)
    with at(24 * 5):
        assert _refs(world) == [ref_of(mine), ref_of(other)]
        assert _refs(world, "mei_lin") == []
    with at(2):
        with pytest.raises(NotFound):
            handover_for(world.actor("noor"), number)
        actions.take_back(world.actor("mei_lin"), handover_for(world.actor("mei_lin"), number))
    with at(3):
        assert ref_of(mine) in _refs(world)


def test_what_a_coach_who_left_had_waits_for_all(kees: World) -> None:
    world = kees
    ask = _ask(world)
    actions.take_ask(world.actor("anna"), ask)
    assert _refs(world, "mei_lin") == []
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("anna"))
    assert _refs(world, "mei_lin") == [ref_of(ask)]
    assert _refs(world) == []
    dev = add_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("dev"), role="coach")
    actions.take_ask(world.actor("dev"), ask)
    assert _refs(world, "mei_lin") == []
    disable_person(world.actor("rik"), dev.person)
    assert _refs(world, "mei_lin") == [ref_of(ask)]
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    assert _refs(world, "mei_lin") == []
    assert count_waiting(world.actor("mei_lin")) == {}


def test_who_stands_in_hands_on_what_was_handed_to_them(kees: World) -> None:
    world = kees
    team = world.space("noorderlicht")
    add_member(world.actor("pieter_jan"), team, world.person("dev"), role="coach")
    ask = _ask(world)
    actions.take_ask(world.actor("anna"), ask)
    actions.hand_over(world.actor("anna"), [team], to=world.person("mei_lin"))
    actions.hand_over(world.actor("pieter_jan"), [team], to=world.person("dev"), whose=world.person("mei_lin"))
    assert (_refs(world), _refs(world, "mei_lin"), _refs(world, "dev")) == ([], [], [ref_of(ask)])
    with pytest.raises(Denied):
        actions.hand_over(world.actor("noor"), [team], to=world.person("dev"), whose=world.person("anna"))


# ---- who sees what


def test_who_coaches_nobody_has_no_inbox(world: World, catch_up) -> None:
    ask = _ask(world)
    for name in ("noor", "pieter_jan", "rik", "dev", "gus"):
        who = world.actor(name)
        assert [inbox_of(who, Wanted(tab)).items for tab in TABS] == [[]] * len(TABS)
        assert counts_of(who) == counts_of(world.actor("dev"))
        assert (count_waiting(who), spaces_coached_by(who), teams_of(who)) == ({}, [], [])
        with pytest.raises(NotFound):
            thing_at(who, ref_of(ask))
    for ref in ("ask:999999", "person:1", "nonsense", "ask:x", f"ask:{10**30}", "space:1"):
        with pytest.raises(NotFound):
            thing_at(world.actor("anna"), ref)


def test_those_who_run_a_programme_see_how_much_and_never_what(world: World, catch_up) -> None:
    team = world.space("noorderlicht")
    with at(0):
        _ask(world)
        entry = write_entry(world.actor("noor"), title="Day 1", body="For you.", audience="coach", space=team)
        _ask(world, about=entry)
        create_post(world.actor("samir"), team, body="Alive.")
        actions.agree(world.actor("pieter_jan"), world.space("cohort"), response_days=1)
    with at(72):
        rows = {row.space.slug: row for row in overview_of(world.actor("pieter_jan"), world.space("cohort"))}
        seen = rows["noorderlicht"]
        assert (seen.waiting, seen.over, seen.oldest) == (
            1,
            1,
            MONDAY,
        )  # what is between author and coach is not counted
        assert (rows["getij"].waiting, rows["getij"].alive_at) == (0, None)
        assert all(median is None for row in overview_of(world.actor("rik"), team) for _person, median in row.coaches)
        for name in ("noor", "anna", "dev"):
            with pytest.raises((Denied, NotFound)):
                overview_of(world.actor(name), team)
        (getij, noorderlicht) = teams_of(world.actor("anna"))
        assert (getij.silent, getij.open, noorderlicht.alive.name) == (True, 0, "Samir El Idrissi")
    with at(24 * 9):
        assert teams_of(world.actor("anna"))[1].silent
        archive_space(world.actor("pieter_jan"), world.space("getij"))
        assert not teams_of(world.actor("anna"))[0].silent


def test_forty_things_in_stretches_at_the_same_cost(app: Flask, world: World) -> None:
    made = []
    for number in range(12):
        with at(number / 4):
            made.append(ref_of(_ask(world, body=f"Thing {number}")))

    def stretch(after: str | None, limit: int):
        anna = world.actor("anna")
        anna.roles  # noqa: B018 - read once a request
        with count_queries() as seen:
            found = inbox_of(anna, after=after, limit=limit)
            counts_of(anna)
        return found, len(seen)

    first, few = stretch(None, 2)
    seen, after = [item.ref for item in first.items], first.next
    while after:
        more, cost = stretch(after, 5)
        assert cost == few
        seen, after = seen + [item.ref for item in more.items], more.next
    assert seen == made
    assert [item.ref for item in stretch("nonsense", 30)[0].items] == made


def test_a_first_look_puts_what_waits_together_once(world: World, monkeypatch) -> None:
    """After a change of rights the statements of the inbox are made anew; what they all ask is dear, and made once."""
    made: Counter[str] = Counter()

    def counting(source: Source) -> Source:
        def rows(actor, places):
            made[source.name] += 1
            return source.rows(actor, places)

        return replace(source, rows=rows)

    counted = tuple(counting(source) for source in all_sources())
    monkeypatch.setattr(prepared, "_kept", {})
    monkeypatch.setattr(queries, "all_sources", lambda: counted)
    ask = _ask(world)

    def look() -> None:
        anna = world.actor("anna")
        assert [item.ref for item in inbox_of(anna).items] == [ref_of(ask)]
        assert counts_of(anna).waiting == 1
        assert inbox_of(anna, Wanted("snoozed")).items == inbox_of(anna, Wanted("done")).items == []

    look()
    assert made == Counter({source.name: 1 for source in counted})
    look()
    assert made == Counter({source.name: 1 for source in counted})
    add_member(world.actor("mei_lin"), world.space("theme"), world.person("anna"), role="coach")
    look()
    assert made == Counter({source.name: 2 for source in counted})
