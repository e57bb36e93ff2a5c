"""Noor's team hands in; Anna says "revise"; they go on and hand in again; Anna compares. Ingrid reads milestones side by side."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import expect

from community.clock import now
from community.extensions import db
from community.submissions.actions import give_result, hand_in, name_sponsor, set_milestone
from community.submissions.queries import readers_of
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from tests.browser.house import PHONE, People

TEAM = "/spaces/noorderlicht/submissions"


def test_a_team_hands_in_is_answered_goes_on_and_hands_in_again(people: People) -> None:
    with people.site.meanwhile() as world:
        boss, team = world.actor("pieter_jan"), world.space("noorderlicht")
        name_sponsor(boss, team, world.person("ingrid"))
        due = now() + timedelta(days=3)
        set_milestone(boss, world.space("cohort"), title="Half way", due_at=due, to_sponsor=True)
        page = create_page(world.actor("noor"), team, title="What the queue is", body="Nobody is slow.").id
    noor = people.enter("noor", **PHONE)
    noor.go(TEAM)
    noor.look("milestones-phone")
    step = noor.page.locator("li.card", has_text="Half way")
    step.get_by_role("link", name=re.compile(noor.say("Hand in"))).click()
    noor.page.get_by_role("checkbox", name="What the queue is", exact=True).check()
    noor.field("A note with it").fill("Look at the **first** line.")
    noor.button("Look before sending").click()
    expect(noor.page.locator(".readers .outside")).to_contain_text("Ingrid Solheim")
    noor.look("who-will-read-it-phone")
    noor.button("Hand in").click()
    noor.page.wait_for_url(re.compile(r"/submissions/\d+$"))
    first = noor.page.url.removeprefix(people.site.address)
    expect(noor.page.locator(".prose.long")).to_contain_text("Nobody is slow.")
    noor.look("handed-in-phone")

    anna = people.enter("anna", color_scheme="dark")
    anna.go("/coaching")
    expect(anna.page.locator(".inbox-list")).to_contain_text("Half way")
    anna.go(first)
    anna.page.get_by_role("radio", name=re.compile(anna.say("Revise"))).check()
    anna.field("What you want to say").fill("Slow for whom?")
    anna.button("Give the result").click()
    expect(anna.page.locator("#result")).to_contain_text("Slow for whom?")
    anna.look("result-dark")
    expect(noor.page.locator("[data-handed]")).to_be_visible(timeout=15_000)  # said live, the words left in place

    with people.site.meanwhile() as world:
        edit_page(world.actor("fatma"), db.session.get_one(Page, page), body="Nobody is slow at night.", base=1)
    noor.go(first)
    noor.page.locator("#result").get_by_role("link", name=noor.say("Hand in again")).click()
    expect(noor.page.get_by_role("checkbox", name="What the queue is", exact=True)).to_be_checked()
    noor.button("Look before sending").click()
    noor.button("Hand in").click()
    noor.page.wait_for_url(re.compile(r"/submissions/\d+$"))
    second = noor.page.url.removeprefix(people.site.address)
    assert second != first

    anna.go(second)
    anna.page.get_by_role("link", name=anna.say("What changed since attempt %(number)d", number=1)).click()
    expect(anna.page.locator(".beside ins").first).to_contain_text("at night")
    anna.look("attempts-side-by-side-dark")
    anna.go(f"/coaching?at=submission:{second.rsplit('/', 1)[1]}")
    anna.page.evaluate("window.sameVisit = true")
    pane = anna.page.locator("#pane")
    pane.locator(".handed-result > summary").click()
    pane.get_by_role("radio", name=re.compile(anna.say("Not yet"))).check()
    anna.expects("422")
    anna.button("Give the result").click()
    expect(pane.locator(".handed-result .error")).to_be_visible()
    pane.get_by_role("radio", name=re.compile(anna.say("OK"))).check()
    anna.look("result-in-the-inbox-dark")
    anna.button("Give the result").click()
    expect(anna.page.locator(".toast").last).to_contain_text(anna.say("The team has its result."))
    assert anna.page.evaluate("window.sameVisit")
    noor.go(TEAM)
    expect(noor.page.locator("li.card", has_text="Half way").locator(".badge").first).to_contain_text(noor.say("OK"))


def test_the_sponsor_reads_three_milestones_side_by_side(people: People) -> None:
    with people.site.meanwhile() as world:
        boss, team, noor = world.actor("pieter_jan"), world.space("noorderlicht"), world.actor("noor")
        name_sponsor(boss, team, world.person("ingrid"))
        page = create_page(noor, team, title="The three of it", body="We wait.").id
        for number, words in enumerate(("We wait.", "We wait for answers.", "We wait for answers at night.")):
            if number:
                edit_page(noor, db.session.get_one(Page, page), body=words, base=number)
            step = set_milestone(boss, team, title=f"Step {number + 1}", due_at=now(), to_sponsor=True)
            told = [person.id for person in readers_of(team, step).named]
            made = hand_in(noor, team, step, pages=[page], told=told)
            give_result(world.actor("anna"), made, result="ok")
            team, noor, boss = world.space("noorderlicht"), world.actor("noor"), world.actor("pieter_jan")
    ingrid = people.enter("ingrid")
    ingrid.go("/submissions")
    ingrid.look("handed-in-sponsor")
    ingrid.page.get_by_role("link", name="Step 3").click()
    ingrid.page.get_by_role("link", name=ingrid.say("Milestones side by side")).click()
    columns = ingrid.page.locator(".beside thead th")
    assert columns.count() >= 3
    expect(ingrid.page.locator(".beside ins").first).to_be_visible()
    ingrid.look("milestones-side-by-side")
