"""A link with a password goes to somebody without an account, and dies; and a folder collects until its coach closes it."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from playwright.sync_api import expect

from community.clock import now
from community.files.actions import create_folder, upload_file
from community.files.drop_actions import create_drop
from community.files.incoming import receive
from tests.browser.house import PHONE, People, Site

SECRET = "drie vissen in het net"


@pytest.fixture(scope="module")
def board(site: Site) -> int:
    """A folder with a text in it."""
    with site.meanwhile() as world:
        noor, team = world.actor("noor"), world.space("noorderlicht")
        folder = create_folder(noor, team, name="For the board")
        came = receive(site.app.config["STORAGE"], BytesIO(b"What we found."), "Findings.txt", limit_bytes=1000)
        upload_file(noor, team, name=came.name, stored=came.stored, media_type=came.media_type, folder=folder)
        return folder.id


def test_a_link_with_a_password_from_its_making_to_its_end(people: People, board: int) -> None:
    samir = people.enter("samir")
    samir.go("/spaces/noorderlicht/files/For the board")
    samir.page.locator(".filesacts").get_by_role("button", name="More").click()
    samir.link("Share by link").first.click()
    samir.page.wait_for_url(re.compile(rf"/folders/{board}/shares"))
    samir.look("share-form")
    samir.page.get_by_label(samir.say("Look, download and add files")).check()
    samir.field("Password, if you want one").fill(SECRET)
    samir.field("A word to who opens it").fill("Please look before Thursday.")
    samir.button("Make link").click()
    samir.page.wait_for_url(re.compile(r"/shares/\d+$"))
    samir.look("share-made")
    link = samir.field("The link").input_value()
    here = samir.page.url

    guest = people.somebody(**PHONE)
    guest.expects("401", "404")
    guest.go(link)
    expect(guest.heading("Something is shared with you")).to_be_visible()
    guest.look("outside-password")
    guest.field("Password").fill("vissen")
    guest.button("Open").click()
    expect(guest.page.get_by_text("This is not the password of this link.")).to_be_visible()
    guest.field("Password").fill(SECRET)
    guest.page.keyboard.press("Enter")
    expect(guest.heading("For the board")).to_be_visible()
    expect(guest.page.get_by_text("Samir El Idrissi shares this with you")).to_be_visible()
    guest.look("outside-folder")
    row = guest.page.locator(".lines li").first
    picture, name = row.locator(".i").bounding_box(), row.get_by_role("link").bounding_box()
    assert picture and name and name["y"] < picture["y"] + picture["height"] / 2 < name["y"] + name["height"]
    guest.field("Your name").fill("Ragnhild")
    guest.field("Add files").set_input_files(
        [{"name": "Remarks.txt", "mimeType": "text/plain", "buffer": b"Good work."}]
    )
    guest.button("Send").click()
    expect(guest.page.get_by_text("1 file has arrived. Thank you.")).to_be_visible()
    guest.link("Findings.txt").click()
    guest.look("outside-file")
    with guest.page.expect_download() as waiting:
        guest.link("Download").click()
    assert waiting.value.path().read_bytes() == b"What we found."
    names = {cookie["name"] for cookie in guest.context.cookies()}
    assert names == {"cohortium-link"}

    samir.go("/spaces/noorderlicht/files/For the board")
    expect(samir.page.get_by_text("Remarks.txt").first).to_be_visible()
    samir.go("/spaces/noorderlicht/shares")
    samir.look("share-space")
    samir.go(here)
    samir.link("Revoke").click()
    samir.button("Revoke").click()
    expect(samir.page.get_by_text(samir.say("The link no longer works.")).first).to_be_visible()
    answer = guest.go(link)
    assert answer.status == 404
    assert "For the board" not in guest.page.content()


def test_a_folder_collects_and_shows_all_when_it_closes(people: People, site: Site) -> None:
    with site.meanwhile() as world:
        create_drop(
            world.actor("anna"),
            world.space("noorderlicht"),
            name="First interviews",
            closes_at=now() + timedelta(days=2),
            wanted=2,
        )
    team = "/spaces/noorderlicht/files"
    for name, words in (("samir", b"What Samir heard."), ("kwame", b"What Kwame heard.")):
        sender = people.enter(name, java_script_enabled=False)
        sender.go(f"{team}/First interviews")
        form = sender.page.locator("#send")
        form.locator("input[type=file]").set_input_files(
            [{"name": "interview.txt", "mimeType": "text/plain", "buffer": words}]
        )
        sender.button("Upload", form).click()
        mine = f"interview ({ {'samir': 'samir.el-idrissi', 'kwame': 'kwame.mensah'}[name] }).txt"
        expect(sender.page.get_by_text(mine).first).to_be_visible()
        sender.go(team)
        expect(sender.page.get_by_text("you: 1 of 2").first).to_be_visible()
    kwame = people.enter("kwame")
    kwame.go(f"{team}/First interviews")
    kwame.look("drop-member")
    assert "samir.el-idrissi" not in kwame.page.content()
    anna = people.enter("anna")
    anna.go(f"{team}/First interviews")
    expect(anna.page.get_by_text("interview (samir.el-idrissi).txt").first).to_be_visible()
    anna.link("Who has sent what").click()
    anna.look("drop-state")
    anna.link("Close it now").click()
    anna.button("Close it").click()
    expect(anna.page.get_by_text(anna.say("The folder has closed.")).first).to_be_visible()
    kwame.go(f"{team}/First interviews")
    expect(kwame.page.get_by_text("interview (samir.el-idrissi).txt").first).to_be_visible()
    anna.go("/spaces/noorderlicht/drops/new")
    anna.look("drop-new")
    anna.go("/spaces/noorderlicht/from-stream")
    anna.look("from-stream")
