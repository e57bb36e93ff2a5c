"""The events of a space: who sees them, as a page and as a calendar; and where a topic leads."""

from __future__ import annotations

from datetime import timedelta

from icalendar import Calendar

from community.clock import now
from community.microblog.actions import create_post
from community.programme.actions import set_event


def plan(world):
    set_event(
        world.actor("pieter_jan"),
        world.space("cohort"),
        key="studio",
        title="Team studio; with Anna, and you",
        place="Duinzaal",
        description="Bring a coat.",
        starts_at=now() + timedelta(hours=2),
        ends_at=now() + timedelta(hours=4),
    )


def test_the_cohort_sees_its_events_and_dev_does_not(as_person, world):
    plan(world)
    page = as_person("noor").get("/spaces/cohort-14/events").get_data(as_text=True)
    assert "Team studio; with Anna, and you" in page and "Duinzaal" in page
    assert "Team studio" in as_person("noor").get("/").get_data(as_text=True)
    for path in ("/spaces/cohort-14/events", "/spaces/cohort-14/events.ics"):
        assert as_person("dev").get(path).status_code == 404
        assert as_person("rik").get(path).status_code == 404


def test_the_calendar_is_one_that_others_read(as_person, world):
    plan(world)
    answer = as_person("samir").get("/spaces/cohort-14/events.ics")
    assert answer.mimetype == "text/calendar"
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Team studio; with Anna, and you"
    assert event["DTSTART"].dt.tzinfo is not None


def test_a_space_without_events_says_what_will_come(as_person, world):
    page = as_person("samir").get("/spaces/noorderlicht/events").get_data(as_text=True)
    assert "Nothing is planned." in page


def test_a_topic_leads_to_what_was_said_under_it(as_person, world, catch_up):
    create_post(world.actor("noor"), world.space("noorderlicht"), body="About #wachtlijst and the night planner")
    create_post(world.actor("noor"), world.space("noorderlicht"), body="About wachtlijst without the sign")
    catch_up()
    samir = as_person("samir")
    page = samir.get("/topics/wachtlijst").get_data(as_text=True)
    assert "night planner" in page and "without the sign" not in page
    assert "night planner" not in as_person("dev").get("/topics/wachtlijst").get_data(as_text=True)
