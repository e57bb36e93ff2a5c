"""J7, as far as it goes: a large file crosses a slow line, an entry is shared with a question."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from community.files.actions import upload_file
from community.files.incoming import receive
from community.journal.actions import write_entry
from community.wiki.actions import create_page, edit_page
from tests.browser.house import DESK, PHONE, People

WIKI = "/spaces/noorderlicht/wiki"
FILES = "/spaces/noorderlicht/files"
LOOKS = {"wide": DESK, "narrow-dark": {**PHONE, "viewport": {"width": 360, "height": 780}, "color_scheme": "dark"}}


def test_a_large_file_shows_how_far_it_is_on_a_slow_line(people: People, tmp_path: Path) -> None:
    large = tmp_path / "walk along the intake floor.mp4"
    large.write_bytes(b"\0\0\0\x18ftypmp42" + b"\0" * 5_000_000)
    kwame = people.enter("kwame")
    kwame.go(FILES)
    expect(kwame.button("Upload")).to_be_visible()
    slow = kwame.context.new_cdp_session(kwame.page)
    slow.send("Network.enable")
    line = {"offline": False, "latency": 5, "downloadThroughput": 10**7, "uploadThroughput": 10**6}
    slow.send("Network.emulateNetworkConditions", line)
    kwame.page.set_input_files("[name=files]", [str(large)])
    expect(kwame.page.locator("#uploads progress")).to_be_visible()
    expect(kwame.page.locator("#uploads")).to_contain_text("of 5 MB")
    expect(kwame.link(large.name, kwame.page.locator("[data-listing]"))).to_be_visible(timeout=60_000)
    expect(kwame.page.locator("#uploads")).to_contain_text("1 file is there")


def test_the_same_without_scripts(people: People, tmp_path: Path) -> None:
    file = tmp_path / "no scripts.txt"
    file.write_text("words")
    kwame = people.enter("kwame", java_script_enabled=False)
    kwame.go(FILES)
    kwame.page.set_input_files("[name=files]", [str(file)])
    kwame.button("Upload").click()
    expect(kwame.link("no scripts.txt")).to_be_visible()
    kwame.go(f"{WIKI}?action=new")
    kwame.field("Title").fill("Without scripts")
    kwame.field("Text").fill("It works.")
    kwame.button("Keep page").click()
    expect(kwame.heading("Without scripts")).to_be_visible()


def test_sharing_wider_asks_and_narrowing_does_not(people: People) -> None:
    samir = people.enter("samir")
    samir.go("/journal/new")
    samir.field("Title").fill("Day 1")
    samir.field("Text").fill("I came to count.")
    samir.button("Keep entry").click()
    expect(samir.page.get_by_text("Only you can read this.")).to_be_visible()
    address = samir.page.url
    samir.link("Share").click()
    samir.page.get_by_role("radio", name="Team Noorderlicht", exact=True).check()
    samir.button("Continue").click()
    expect(samir.heading("Share with Team Noorderlicht?")).to_be_visible()
    samir.look("journal-ask")
    samir.page.get_by_role("button", name="Share with").click()
    expect(samir.page).to_have_url(address)
    expect(samir.page.get_by_text("Who can see this")).to_be_visible()
    samir.link("Change").click()
    samir.page.get_by_role("radio", name="Only me", exact=True).check()
    samir.button("Continue").click()
    expect(samir.page.get_by_text("Only you can read this.")).to_be_visible()


@pytest.mark.parametrize("how", LOOKS)
def test_every_page_is_open_to_everybody(people: People, how: str) -> None:
    with people.site.meanwhile() as world:
        team = world.space("noorderlicht")
        words = f"## What we heard\n\nSee [[Nobody wrote this]].\n\n{'interminable' * 12}\n\n| a | b |\n|---|---|\n| 1 | 2 |"
        page = create_page(world.actor("samir"), team, title=f"Looked at {how}", body=words, path=f"deep/{how}")
        edit_page(world.actor("noor"), page, body=words.replace("heard", "heard in May"), base=1, summary="in May")
        with (people.site.folder / "env").open("wb+") as file:
            file.write(b"words")
            file.seek(0)
            came = receive(people.site.app.config["STORAGE"], file, f"{'long name ' * 8}{how}.txt", limit_bytes=100)
        upload = upload_file(world.actor("samir"), team, name=came.name, stored=came.stored, media_type=came.media_type)
        entry = write_entry(world.actor("samir"), title=f"Day {how}", body="Slow people.", audience="coach", space=team)
        mine = f"/journal/{entry.id}"
        name, number = upload.name, page.id
    samir, anna = people.enter("samir", **LOOKS[how]), people.enter("anna", **LOOKS[how])
    samir.expects("404")
    at = f"{WIKI}/deep/{how}"
    for place, address in enumerate(
        (
            f"{WIKI}?action=index",
            f"{WIKI}?action=new",
            at,
            f"{at}?action=edit",
            f"{at}?action=history",
            f"{at}?diff=1",
            f"{at}?rev=1",
            f"{at}/rename",
            f"{at}/delete",
            f"{WIKI}/not-there",
            FILES,
            f"{FILES}/{name}?about",
            "/journal",
            mine,
            f"{mine}?action=edit",
            f"{mine}/share",
        )
    ):
        samir.go(address)
        samir.look(f"{how}-{place:02}")
    for place, address in enumerate(("/coaching", f"/coaching?at=page:{number}#pane", "/journal/shared", mine)):
        anna.go(address)
        anna.look(f"{how}-anna-{place}")
