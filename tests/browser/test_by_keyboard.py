"""Nobody needs a mouse: skip link, menus, posting, a question, searching; and the focus is never lost."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.house import People

TEAM = "Team Noorderlicht"
FOCUSED = "document.activeElement.textContent.trim() || document.activeElement.name || document.activeElement.tagName"


def test_samir_posts_and_takes_it_back_without_a_mouse(people: People) -> None:
    samir = people.enter("samir")
    page, press = samir.page, samir.page.keyboard.press
    samir.go("/spaces/noorderlicht")
    press("Tab")
    expect(samir.link("Skip to content")).to_be_focused()
    press("Enter")
    press("Tab")
    box = samir.field("Write to %(name)s", name=TEAM)
    expect(box).to_be_focused()
    page.keyboard.type("Typed, not clicked / and a slash is a slash")
    press("Tab")
    expect(page.locator(".composer summary")).to_be_focused()
    press("Tab")
    expect(page.locator("select[name=kind]")).to_be_focused()
    press("Tab")
    expect(page.locator("select[name=audience]")).to_be_focused()
    press("Tab")
    expect(samir.button("Keep draft")).to_be_focused()
    press("Tab")
    expect(samir.button("Post")).to_be_focused()
    press("Enter")
    page.wait_for_url(re.compile("#post-"))
    card = page.locator("article.post").filter(has_text="Typed, not clicked / and a slash is a slash")
    expect(card).to_have_count(1)

    more = card.get_by_role("button", name=re.compile("^More for"))
    more.focus()
    press("Enter")
    delete = card.get_by_role("link", name="Delete")
    expect(delete).to_be_visible()
    press("Tab")
    expect(card.get_by_role("link", name="Edit")).to_be_focused()
    press("Escape")
    expect(delete).to_be_hidden()
    expect(more).to_be_focused()
    press("Enter")
    delete.focus()
    press("Enter")
    dialog = page.get_by_role("dialog", name="Delete this post?")
    expect(dialog).to_be_visible()
    samir.look("dialog")
    press("Escape")
    expect(dialog).to_be_hidden()
    expect(card).to_have_count(1)
    more.focus()
    press("Enter")
    delete.focus()
    press("Enter")
    dialog.get_by_role("button", name="Delete post").press("Enter")
    expect(page.locator(".toast")).to_contain_text("Deleted.")
    expect(card).to_have_count(0)


def test_a_slash_goes_to_the_search_and_menus_open_and_close(people: People) -> None:
    anna = people.enter("anna")
    anna.go("/")
    anna.page.keyboard.press("/")
    expect(anna.page.locator("#find")).to_be_focused()
    anna.page.keyboard.type("wachtlijst")
    anna.page.keyboard.press("Enter")
    anna.page.wait_for_url("**/search?q=wachtlijst")
    anna.go("/")
    for opener, inside in (("New", "Post"), ("%(name)s: my menu", "Sign out")):
        button = anna.button(opener, name="Anna de Wit-Okonkwo") if "%" in opener else anna.button(opener)
        button.focus()
        anna.page.keyboard.press("Enter")
        menu = anna.page.locator(".menu:popover-open")
        expect(menu).to_be_visible()
        anna.look(f"menu-{inside}")
        anna.page.keyboard.press("Tab")
        assert menu.evaluate("(menu) => menu.contains(document.activeElement)"), anna.page.evaluate(FOCUSED)
        anna.page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        expect(button).to_be_focused()
