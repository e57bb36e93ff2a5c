"""The site without JavaScript: coming in, reading, posting, commenting, uploading, searching."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.house import PHONE, People
from tests.processes.house import until
from tests.world import PASSWORD

TEAM = "Team Noorderlicht"


def test_kwame_works_without_scripts(people: People) -> None:
    kwame = people.somebody(java_script_enabled=False, **PHONE)
    kwame.go("/spaces/noorderlicht")
    assert "/login" in kwame.page.url, "first the door, then on to where he went"
    kwame.field("E-mail").fill("kwame@waterland.example")
    kwame.field("Password").fill(PASSWORD)
    kwame.button("Sign in").click()
    kwame.page.wait_for_url("**/spaces/noorderlicht")

    kwame.field("Write to %(name)s", name=TEAM).fill("The generator hums in Accra")
    kwame.button("Post").click()
    kwame.page.wait_for_url(re.compile("#post-"))
    card = kwame.page.locator("article.post").filter(has_text="The generator hums in Accra")
    expect(card).to_have_count(1)
    card.get_by_role("button", name="Thanks").click()
    expect(card.get_by_role("button", name="Thanks 1")).to_have_attribute("aria-pressed", "true")
    card.get_by_role("link", name=re.compile("^(Reply|Answer)")).click()
    kwame.field("Your reply").fill("And it stopped at noon")
    kwame.button("Reply").click()
    expect(kwame.page.locator(".comment")).to_contain_text("And it stopped at noon")

    kwame.link("Files").click()
    kwame.field("Add files").set_input_files(
        {"name": "generator.txt", "mimeType": "text/plain", "buffer": b"It hums at 50 Hz.\n"}
    )
    kwame.button("Upload").click()
    expect(kwame.link("generator.txt")).to_be_visible()
    kwame.page.get_by_role("button", name="More for generator.txt").click()
    with kwame.page.expect_download() as came:
        kwame.page.get_by_role("link", name="Download").click()
    assert came.value.path().read_bytes() == b"It hums at 50 Hz.\n"

    def found() -> bool:
        kwame.go("/search")
        kwame.page.locator("#q").fill("generator hums")
        kwame.page.keyboard.press("Enter")
        kwame.page.wait_for_url(re.compile(r"\?q="))
        return kwame.page.locator(".hits mark").count() > 0

    until(found, 20)
    kwame.go("/journal")
    kwame.field("Title").fill("Noon")
    kwame.field("Text").fill("Silence was louder.")
    kwame.button("Keep entry").click()
    expect(kwame.page.locator(".lockbar")).to_contain_text("Only you can read this.")
    kwame.page.locator("button[popovertarget=me]").click()
    kwame.button("Sign out").click()
    kwame.page.wait_for_url("**/login")
    assert "/login" in kwame.go("/journal").url
