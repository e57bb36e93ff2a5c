"""Anna, Friday afternoon, keyboard: forty things wait over two teams; no page reloads between two of them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from community.coaching.actions import ask_coach
from community.coaching.queries import count_waiting, counts_of
from community.spaces.actions import add_member
from tests.browser.house import People


def test_anna_works_forty_waiting_things_with_the_keyboard_alone(people: People) -> None:
    with people.site.meanwhile() as world:
        before = sum(count_waiting(world.actor("anna")).values())
        for number in range(40):
            who, space = (("joost", "getij"), ("noor", "noorderlicht"))[number % 2]
            ask_coach(world.actor(who), world.space(space), body=f"Question number {number} of forty")
        add_member(world.actor("pieter_jan"), world.space("getij"), world.person("mei_lin"), role="coach")
    anna = people.enter("anna")
    page, press = anna.page, anna.page.keyboard.press
    anna.go("/coaching")
    page.evaluate("window.sameVisit = true")
    rows, pane = page.locator(".inbox-list li[data-ref]"), page.locator("#pane")
    tabs = page.locator("#inbox-top .tabs a")
    expect(tabs.first).to_contain_text(str(before + 40))
    for _ in range(before):  # what other tests left
        press("e")
    expect(tabs.first).to_contain_text("40")

    def at(number: int) -> None:
        expect(pane).to_contain_text(f"Question number {number} of forty")
        expect(page.locator(".inbox-list li.on")).to_contain_text(f"Question number {number} of")

    at(0)
    press("j")
    at(1)
    expect(rows.nth(1).locator("a.cover")).to_be_focused()
    press("k")
    at(0)
    anna.look("inbox-forty")

    press("r")  # she answers
    page.keyboard.type("j and k are letters here; e too")
    press("Control+Enter")
    at(1)
    expect(tabs.first).to_contain_text("39")
    expect(page.locator(".toast")).to_contain_text("Sent to Team Getij.")
    press("u")  # and takes it back: not a word is lost
    at(0)
    expect(tabs.first).to_contain_text("40")
    expect(pane).to_contain_text("Held: only you can read this")

    press("s")  # she puts it off
    expect(page.locator("#snooze")).to_be_visible()
    expect(page.get_by_role("button", name="Until tomorrow morning")).to_be_focused()
    anna.look("inbox-snooze")
    press("Tab")
    press("Enter")
    at(1)
    expect(tabs.nth(2)).to_contain_text("1")

    press("r")  # she holds an answer
    page.keyboard.type("Held until the others are ready.")
    press("Escape")
    press("h")
    at(2)
    expect(page.get_by_role("link", name="Release 2 held comments")).to_be_visible()
    press("t")
    expect(pane).to_contain_text("Anna de Wit-Okonkwo is on it")
    press("?")
    keys = page.get_by_role("dialog", name="Keys of the inbox")
    expect(keys).to_be_visible()
    anna.look("inbox-keys")
    press("Escape")
    expect(keys).to_be_hidden()
    assert page.evaluate("window.sameVisit === true")

    for left in range(38, 16, -1):  # 1 and 2 are still there; the list shows thirty at once, the rest comes with it
        press("e")
        expect(tabs.first).to_contain_text(str(left))
    assert count_left(people) == 17
    anna.go("/coaching/held")
    page.get_by_role("button", name="Release what is ticked").focus()
    press("Enter")
    expect(page.locator(".toast")).to_contain_text("2 comments released.")
    anna.go("/coaching/hand-over")  # she goes on holiday
    page.get_by_role("combobox", name="Which team").select_option("getij")
    page.get_by_role("button", name="Hand over").focus()
    press("Enter")
    expect(page.locator("main")).to_contain_text(re.compile("handed over by Anna de Wit-Okonkwo to Mei-Lin Baas"))
    anna.look("hand-over")
    press("Tab")
    page.get_by_role("button", name=re.compile("^Take it back")).focus()
    press("Enter")
    expect(page.locator(".toast")).to_contain_text("It waits for its own coach again.")


def count_left(people: People) -> int:
    """How much waits for Anna, as the house counts it."""
    with people.site.meanwhile() as world:
        return counts_of(world.actor("anna")).waiting
