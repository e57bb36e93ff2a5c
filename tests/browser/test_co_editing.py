"""J4: Samir and Kwame write one page at once; a train enters a tunnel; nobody loses a word and nobody is surprised."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from tests.browser.house import PHONE, People, Visitor

WIKI = "/spaces/noorderlicht/wiki"
LIVE = """import(document.querySelector('script[src*="js/edit.js"]').src.replace("edit.js", "live.js")).then(({ socket }) => """


def _page(people: People, path: str, body: str) -> str:
    with people.site.meanwhile() as world:
        create_page(world.actor("noor"), world.space("noorderlicht"), title=f"Page {path}", body=body, path=path)
    return f"{WIKI}/{path}"


def _text(visitor: Visitor) -> Locator:
    return visitor.page.locator("textarea[name=body]")


def _together(visitor: Visitor, at: str) -> Locator:
    """Open the form and wait until the connection stands."""
    visitor.go(f"{at}?action=edit")
    expect(visitor.page.locator("form[data-together]")).to_be_attached()
    return _text(visitor)


def _put_caret(field: Locator, after: str) -> None:
    field.focus()
    field.evaluate(
        "(node, words) => node.setSelectionRange(...Array(2).fill(node.value.indexOf(words) + words.length))", after
    )


def test_two_write_at_once_and_see_each_other(people: People) -> None:
    at = _page(people, "at-once", "First 🌊 line.\n\nLast line.")
    samir, kwame = people.enter("samir"), people.enter("kwame")
    one, two = _together(samir, at), _together(kwame, at)
    _put_caret(one, "First 🌊")
    _put_caret(two, "Last line.")
    for number in range(6):
        one.press_sequentially(f" s{number}")
        two.press_sequentially(f" k{number}")
    both = "First 🌊 s0 s1 s2 s3 s4 s5 line.\n\nLast line. k0 k1 k2 k3 k4 k5"
    expect(one).to_have_value(both)
    expect(two).to_have_value(both)
    expect(samir.page.locator(".cocaret b")).to_have_text("Kwame Mensah")
    expect(kwame.page.locator(".cocaret b")).to_have_text("Samir El Idrissi")
    expect(samir.page.locator("[data-editors]")).to_contain_text("You write this together with Kwame Mensah.")
    samir.look("co-editing")
    # one takes back one's own words alone
    one.press("Control+z")
    expect(one).to_have_value(re.compile(r"First 🌊 ?(s\d ?)*line\.\n\nLast line\. k0 k1 k2 k3 k4 k5"))
    expect(one).not_to_have_value(both)
    one.press("Control+Shift+z")
    expect(two).to_have_value(both)
    # somebody who reads the page sees that it is written
    noor = people.enter("noor")
    noor.go(at)
    expect(noor.page.locator("span[data-editors]")).to_contain_text("Kwame Mensah")
    expect(samir.page.locator("form [data-state]")).to_contain_text("Draft kept")
    expect(kwame.page.locator("form [data-state]")).to_contain_text("Draft kept")
    samir.button("Save").click()
    expect(samir.page.locator(".docmeta")).to_contain_text("Revision 2")
    two.press_sequentially(" More.")
    kwame.button("Save").click()
    expect(kwame.page.locator(".docmeta")).to_contain_text("Revision 3")
    expect(kwame.page.locator(".toast")).to_have_text("Saved.")
    expect(kwame.page.locator(".prose")).to_contain_text(
        "First 🌊 s0 s1 s2 s3 s4 s5 line. Last line. k0 k1 k2 k3 k4 k5 More."
    )
    kwame.go(f"{at}?action=history")
    expect(kwame.page.locator(".revtable")).to_contain_text("with Kwame Mensah")


def test_one_loses_the_network_writes_on_and_comes_back(people: People) -> None:
    at = _page(people, "tunnel", "One.\n\nTwo.")
    samir, kwame = people.enter("samir"), people.enter("kwame", **PHONE)
    kwame.expects("ERR_INTERNET_DISCONNECTED")
    one, two = _together(samir, at), _together(kwame, at)
    kwame.context.set_offline(True)
    kwame.page.evaluate("dispatchEvent(new Event('offline'))")
    kwame.page.evaluate(LIVE + "socket.io.engine.close())")
    expect(kwame.page.get_by_text("No connection. Write on", exact=False)).to_be_visible()
    _put_caret(two, "Two.")
    two.press_sequentially(" In the tunnel.")
    _put_caret(one, "One.")
    one.press_sequentially(" In the light.")
    expect(one).to_have_value("One. In the light.\n\nTwo.")
    kwame.look("co-editing-cut")
    kwame.context.set_offline(False)
    both = "One. In the light.\n\nTwo. In the tunnel."
    expect(two).to_have_value(both)
    expect(one).to_have_value(both)
    kwame.page.reload()
    expect(kwame.page.locator("form[data-together]")).to_be_attached()
    expect(two).to_have_value(both)
    two.press("End")
    expect(one).to_have_value(both)


def test_both_come_back_to_what_they_wrote_together_and_it_stands_there_once(people: People) -> None:
    at = _page(people, "again", "One.\n\nTwo.")
    samir, kwame = people.enter("samir"), people.enter("kwame")
    one, two = _together(samir, at), _together(kwame, at)
    _put_caret(one, "One.")
    one.press_sequentially(" By Samir.")
    expect(two).to_have_value("One. By Samir.\n\nTwo.")
    _put_caret(two, "Two.")
    two.press_sequentially(" By Kwame.")
    both = "One. By Samir.\n\nTwo. By Kwame."
    expect(one).to_have_value(both)
    expect(samir.page.locator("form [data-state]")).to_contain_text("Draft kept")
    expect(kwame.page.locator("form [data-state]")).to_contain_text("Draft kept")
    for visitor in (samir, kwame):
        visitor.go("/")
    # both have a draft, and in Samir's a part is missing that he did not see when it was kept last
    for visitor in (samir, kwame):
        visitor.page.evaluate("sessionStorage.clear(); localStorage.clear()")
        _together(visitor, at)
    expect(one).to_have_value(both)
    expect(two).to_have_value(both)
    # what is refused comes back, and goes on together
    samir.expects("422")
    samir.field("Title").fill("")
    samir.button("Save").click()
    expect(samir.page.locator("#f-title-error")).to_be_visible()
    expect(samir.page.locator("form[data-together]")).to_be_attached()
    expect(one).to_have_value(both)
    _put_caret(two, "By Kwame.")
    two.press_sequentially(" More.")
    expect(one).to_have_value(f"{both} More.")


def test_the_connection_comes_back_after_somebody_else_saved_and_left(people: People) -> None:
    at = _page(people, "late", "One.\n\nTwo.")
    samir, kwame = people.enter("samir"), people.enter("kwame")
    samir.expects("WebSocket")
    one, _ = _together(samir, at), _together(kwame, at)
    samir.page.evaluate(LIVE + "socket.disconnect())")
    _put_caret(one, "One.")
    one.press_sequentially(" By Samir.")
    _put_caret(_text(kwame), "Two.")
    _text(kwame).press_sequentially(" By Kwame.")
    kwame.button("Save").click()
    expect(kwame.page.locator(".docmeta")).to_contain_text("Revision 2")
    samir.button("Save").click()
    expect(samir.page.locator(".toast")).to_have_text("Saved, and merged with what Kwame Mensah saved meanwhile.")
    expect(samir.page.locator(".prose")).to_contain_text("One. By Samir. Two. By Kwame.")


@pytest.mark.parametrize("scripts", [True, False], ids=["", "without-scripts"])
def test_a_clash_is_chosen_by_keyboard(people: People, scripts: bool) -> None:
    at = _page(people, f"clash-{scripts}".lower(), "We counted eleven hand-overs.\n\nThe end.")
    samir = people.enter("samir", java_script_enabled=scripts)
    samir.expects("409", "422")
    if scripts:
        samir.page.route("**/coedit.js", lambda route: route.abort())
        samir.expects("ERR_FAILED")
    samir.go(f"{at}?action=edit")
    with people.site.meanwhile() as world:
        page = Page.query.filter_by(path=at.rsplit("/", 1)[1]).one()
        edit_page(world.actor("kwame"), page, body="We counted nine hand-overs.\n\nThe end, says Kwame.", base=1)
    samir.field("Text").fill("We counted twelve hand-overs.\n\nThe end.")
    samir.button("Save").click()
    expect(samir.heading("Two texts for “%(title)s”", title=f"Page {at.rsplit('/', 1)[1]}")).to_be_visible()
    expect(samir.page.locator(".clashsides mark")).to_have_text(["nine", "twelve"])
    if scripts:
        samir.look("clash")
    samir.page.get_by_role("radio", name="Theirs", exact=True).focus()
    samir.page.keyboard.press("ArrowDown")
    expect(samir.page.get_by_role("radio", name="Mine", exact=True)).to_be_checked()
    samir.page.keyboard.press("Enter")
    expect(samir.page.locator(".prose")).to_contain_text("We counted twelve hand-overs. The end, says Kwame.")
    expect(samir.page.locator(".docmeta")).to_contain_text("Revision 3")
