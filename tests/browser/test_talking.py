"""Two people talk: a message arrives while both look, one sees the other type and be there, and what is switched off or blocked
is gone.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from community.messages.actions import (
    block_person,
    remove_from_conversation,
    send_message,
    start_conversation,
    unblock_person,
)
from community.messages.models import Conversation
from community.messages.queries import conversation_for
from community.microblog.actions import create_post
from community.people.actions import update_person
from tests.browser.house import DESK, PHONE, People, Visitor
from tests.processes.house import until

LOOKS = {"wide": DESK, "narrow-dark": {**PHONE, "viewport": {"width": 360, "height": 780}, "color_scheme": "dark"}}
HERE = re.compile(r"\bhere\b")


def said(page: Page, words: str) -> None:
    """The words stand in the talk."""
    expect(page.locator("#talk").get_by_text(words, exact=True)).to_be_visible()


def write(visitor: Visitor, words: str) -> None:
    visitor.field("Your message").fill(words)
    visitor.button("Send").click()


def talk_of(people: People, who: str, *to: str, words: str) -> int:
    with people.site.meanwhile() as world:
        made = start_conversation(world.actor(who), people=[world.person(name) for name in to], body=words)
        return made.conversation_id


def test_noor_writes_to_samir_and_he_answers_without_a_reload(people: People) -> None:
    noor, samir = people.enter("noor"), people.enter("samir")
    noor.go("/people/samir.el-idrissi")
    noor.link("Write a message").click()
    noor.field("Your message").fill("Kom je **morgen**?")
    noor.button("Send").click()
    said(noor.page, "morgen")
    address = noor.page.url.split("#")[0]
    samir.go("/messages")
    samir.page.get_by_role("link", name="Noor van der Velden", exact=True).click()
    said(samir.page, "morgen")
    expect(noor.page.locator("[data-readers]")).to_contain_text("Samir El Idrissi")
    expect(samir.page.locator("[data-readers]")).to_have_text(
        "Also reading now: Noor van der Velden. They see you too."
    )
    expect(noor.page.locator(".talkers .avatar")).to_have_class(HERE)

    samir.field("Your message").press_sequentially("Ja, om")
    expect(noor.page.locator("[data-typing]")).to_have_text("Samir El Idrissi typt")
    samir.field("Your message").press_sequentially(" tien uur")
    samir.button("Send").click()
    said(noor.page, "Ja, om tien uur")
    expect(noor.page.locator("[data-typing]")).to_have_text("")
    expect(samir.field("Your message")).to_have_value("")
    assert samir.page.evaluate("performance.getEntriesByType('navigation').length") == 1
    write(noor, "Tot dan")
    said(samir.page, "Tot dan")
    noor.look("talk")

    noor.go("/people")
    write(samir, "Neem koffie mee")
    samir_card = noor.page.locator(".person-card", has=noor.page.get_by_role("link", name="Samir El Idrissi"))
    expect(samir_card.locator(".avatar")).to_have_class(HERE)
    expect(noor.page.locator("#letters")).to_have_attribute(
        "aria-label", noor.say("Messages, %(count)s unread", count=1)
    )
    noor.go(address)
    said(noor.page, "Neem koffie mee")
    expect(noor.page.locator("#letters")).to_have_attribute("aria-label", noor.say("Messages"))
    assert not samir.page.locator(".keepnote").count()


def test_what_was_sent_is_not_offered_again(people: People) -> None:
    number = talk_of(people, "noor", "samir", words="Are you there?")
    samir = people.enter("samir", **LOOKS["narrow-dark"])
    samir.go(f"/messages/{number}")
    samir.field("Your message").fill("Half a")
    samir.go("/messages")
    samir.go(f"/messages/{number}")
    note = samir.page.locator(".keepnote")
    expect(note).to_be_visible()
    write(samir, "Half an hour")
    said(samir.page, "Half an hour")
    expect(note).to_have_count(0)
    samir.page.evaluate(
        """() => {
            const field = document.querySelector("#write textarea");
            field.value = "One more";
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    kept = "Object.values(localStorage).some((held) => held.includes('One more'))"
    until(lambda: bool(samir.page.evaluate(kept)), 10)
    samir.page.evaluate(  # sent, and left in the same moment
        """() => {
            const field = document.querySelector("#write textarea");
            field.value = "";
            field.dispatchEvent(new Event("input", { bubbles: true }));
            location.href = "/messages";
        }"""
    )
    samir.page.wait_for_url(re.compile("/messages$"))
    samir.go(f"/messages/{number}")
    expect(samir.field("Your message")).to_have_value("")
    expect(note).to_have_count(0)


def test_whoever_switches_it_off_is_shown_nowhere(people: People) -> None:
    number = talk_of(people, "fatma", "kwame", words="Ben je er?")
    fatma, kwame = people.enter("fatma"), people.enter("kwame")
    fatma.go(f"/messages/{number}")
    kwame.go(f"/messages/{number}")
    dot = fatma.page.locator(".talkers .avatar")
    expect(dot).to_have_class(HERE)
    there = kwame.tab()
    there.goto("/settings/contact")
    there.get_by_label("Show that I am here, what I read now and that I type").uncheck()
    there.get_by_role("button", name="Save", exact=True).click()
    expect(dot).not_to_have_class(HERE)
    expect(fatma.page.locator("[data-readers]")).to_have_text("")
    expect(kwame.page.locator(".talkers .avatar")).not_to_have_class(HERE)
    with people.site.meanwhile() as world:
        update_person(world.actor("kwame"), world.person("kwame"), show_presence=True)
    expect(dot).to_have_class(HERE)


def test_a_blocked_person_writes_on_and_nothing_arrives(people: People) -> None:
    number = talk_of(people, "joost", "thandiwe", words="Eerste")
    joost, thandiwe = people.enter("joost"), people.enter("thandiwe")
    for visitor in (joost, thandiwe):
        visitor.go(f"/messages/{number}")
    expect(joost.page.locator(".talkers .avatar")).to_have_class(HERE)
    there = thandiwe.tab()
    there.goto("/people/joost.wiersma")
    there.get_by_role("button", name="More for Joost Wiersma").click()
    there.get_by_role("link", name="Block").click()
    there.get_by_role("main").get_by_role("button", name="Block").click()
    there.wait_for_url(re.compile("/people/joost.wiersma$"))
    expect(joost.page.locator(".talkers .avatar")).not_to_have_class(HERE)
    write(joost, "Tweede")
    said(joost.page, "Tweede")
    with people.site.meanwhile() as world:
        unblock_person(world.actor("thandiwe"), world.person("joost"))
    write(joost, "Derde")
    said(thandiwe.page, "Derde")
    expect(thandiwe.page.locator("#talk")).not_to_contain_text("Tweede")


def test_whoever_is_taken_out_gets_nothing_more(people: People) -> None:
    number = talk_of(people, "noor", "samir", "fatma", words="Wie gaat er mee?")
    samir, fatma = people.enter("samir"), people.enter("fatma")
    fatma.expects("404")
    for visitor in (samir, fatma):
        visitor.go(f"/messages/{number}")
    expect(samir.page.locator("[data-readers]")).to_contain_text("Fatma")
    fatma.page.evaluate("document.addEventListener('live', ({ detail }) => (globalThis.last = detail.verb))")
    with people.site.meanwhile() as world:
        noor = world.actor("noor")
        remove_from_conversation(noor, conversation_for(noor, number), world.person("fatma"))
        send_message(noor, conversation_for(noor, number), body="Nu zonder Fatma")
    expect(samir.page.locator("#talk")).to_contain_text("Nu zonder Fatma", timeout=5_000)
    expect(samir.page.locator("[data-readers]")).to_have_text("", timeout=5_000)
    samir.field("Your message").press_sequentially("Ja")
    write(samir, "Ja, jammer")
    said(samir.page, "Ja, jammer")
    assert fatma.page.evaluate("globalThis.last") is None
    expect(fatma.page.locator("#talk")).not_to_contain_text("zonder")
    assert fatma.go(f"/messages/{number}").status == 404


def test_who_reads_a_post_and_types_below_it(people: People) -> None:
    with people.site.meanwhile() as world:
        post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Wie belt de klant?").id
    noor, samir = people.enter("noor"), people.enter("samir")
    for visitor in (noor, samir):
        visitor.go(f"/spaces/noorderlicht/posts/{post}")
    expect(noor.page.locator("[data-readers]")).to_contain_text("Samir El Idrissi")
    samir.field("Your reply").press_sequentially("Ik")
    expect(noor.page.locator("[data-typing]")).to_contain_text("Samir El Idrissi typt")
    samir.button("Reply", samir.page.locator("#write")).click()
    expect(noor.page.locator("#comments").get_by_text("Ik", exact=True)).to_be_visible()
    expect(noor.page.locator("[data-typing]")).to_have_text("")
    noor.look("post-read-by-two")


def test_the_same_without_scripts(people: People) -> None:
    kwame = people.enter("kwame", java_script_enabled=False)
    kwame.go("/messages/new")
    kwame.page.get_by_label("Anna de Wit-Okonkwo").check()
    kwame.field("Your message").fill("Do you have ten minutes?")
    kwame.button("Send").click()
    expect(kwame.page.locator("#talk")).to_contain_text("Do you have ten minutes?")
    write(kwame, "After lunch?")
    expect(kwame.page.locator("#talk")).to_contain_text("After lunch?")
    kwame.go("/messages")
    expect(kwame.page.locator(".talkrows")).to_contain_text("You: After lunch?")


@pytest.mark.parametrize("how", LOOKS)
def test_every_page_is_open_to_everybody(people: People, how: str) -> None:
    with people.site.meanwhile() as world:
        noor = world.actor("noor")
        group = start_conversation(
            noor,
            people=[world.person(name) for name in ("samir", "fatma", "anna")],
            body="Wie rijdt er naar **Domburg**? " + "interminable" * 12,
            title=f"Campus {how}",
        )
        send_message(
            world.actor("samir"), _talk(group.conversation_id), body="Ik rijd.\n\n* Utrecht 8:00\n* Vlissingen 9:30"
        )
        pair = start_conversation(world.actor("ingrid"), people=[world.person("noor")], body="Hoe staat het ervoor?")
        block_person(noor, world.person("joost"))
        numbers = group.conversation_id, pair.conversation_id, group.id
    visitor = people.enter("noor", **LOOKS[how])
    for place, address in enumerate(
        (
            "/messages",
            "/messages/new",
            f"/messages/{numbers[0]}",
            f"/messages/{numbers[1]}",
            f"/messages/{numbers[0]}/{numbers[2]}/edit",
            f"/messages/{numbers[0]}/{numbers[2]}/delete",
            f"/messages/{numbers[0]}/leave",
            "/settings/contact",
            "/people/samir.el-idrissi",
            "/people/joost.wiersma/block",
        )
    ):
        visitor.go(address)
        visitor.look(f"talk-{how}-{place:02}")


def _talk(number: int) -> Conversation:
    from community.extensions import db

    return db.session.get_one(Conversation, number)
