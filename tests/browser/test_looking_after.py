"""A review round in a real browser: offered, returned with a reason, offered again, approved."""

from __future__ import annotations

from playwright.sync_api import expect

from community.wiki.actions import create_page
from tests.browser.house import People


def test_a_page_goes_from_draft_to_approved(people: People) -> None:
    with people.site.meanwhile() as world:
        create_page(world.actor("samir"), world.space("noorderlicht"), title="Our answer", body="Fewer locks.")
    samir, anna = people.enter("samir"), people.enter("anna")
    address = "/spaces/noorderlicht/wiki/our-answer"
    samir.go(address)
    samir.page.locator(".docmeta a[data-dialog]").click()
    expect(samir.page.get_by_role("dialog")).to_contain_text("coach here")
    samir.page.keyboard.press("Escape")
    samir.go("/spaces/noorderlicht/wiki-care/our-answer")
    samir.look("looking after a page")
    samir.page.get_by_role("button", name="Ready for review").click()
    expect(samir.page.get_by_text("Offered. A coach or facilitator looks at it.")).to_be_visible()
    anna.go(address)
    anna.page.get_by_role("link", name="Ready for review").click()
    anna.expects("422")
    anna.page.get_by_role("button", name="Return with these words").click()
    expect(anna.page.get_by_text("Say in a sentence what is still needed.")).to_be_visible()
    anna.page.get_by_label("What is still needed").fill("For whom is this?")
    anna.page.get_by_role("button", name="Return with these words").click()
    samir.go("/spaces/noorderlicht/wiki-care/our-answer")
    expect(samir.page.get_by_text("For whom is this?")).to_be_visible()
    samir.page.get_by_role("button", name="Ready for review").click()
    anna.go("/spaces/noorderlicht/wiki-care/our-answer")
    anna.page.get_by_role("button", name="Approve revision 1").click()
    anna.go(address)
    expect(anna.page.locator(".docmeta")).to_contain_text("Approved")
    anna.look("an approved page")
