"""People see their files without opening them, and talk about an area of a page: by mouse, by keyboard, and without scripts."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from community.comments.actions import create_comment
from community.comments.models import Anchor
from community.comments.regions import Region
from community.extensions import db
from community.files.actions import upload_file
from community.files.incoming import receive
from community.files.models import File
from tests.browser.house import DESK, PHONE, People, Visitor
from tests.community.test_file_previews import FILM, picture, play
from tests.community.test_file_texts import pdf_of

FILES = "/spaces/noorderlicht/files"
FORTY = pdf_of(*(f"Page {number}: what we heard on the night shift." for number in range(1, 41)))


def put(people: People, name: str, content: bytes) -> int:
    """A file of the team; the running site draws it."""
    with people.site.meanwhile() as world:
        came = receive(people.site.app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=10**8)
        made = upload_file(
            world.actor("kwame"),
            world.space("noorderlicht"),
            name=came.name,
            stored=came.stored,
            media_type=came.media_type,
        )
        return made.id


def seen(visitor: Visitor, name: str, what: str = ".leaf img") -> None:
    """The page of a file, as soon as it is drawn."""
    for _ in range(60):
        visitor.go(f"{FILES}/{name}?about")
        if visitor.page.locator(what).count():
            return
        visitor.page.wait_for_timeout(500)
    visitor.shoot("not drawn")
    raise AssertionError(f"{name} is not drawn: {visitor.page.locator('main').inner_text()[:2000]}")


def test_a_pdf_is_leafed_through_and_an_area_is_talked_about(people: People) -> None:
    number = put(people, "interviews.pdf", FORTY)
    anna, samir = people.enter("anna", **DESK), people.enter("samir", **DESK)
    seen(anna, "interviews.pdf")
    page = anna.page
    expect(page.locator(".leaf")).to_have_count(40)
    anna.look("a pdf")
    page.locator(".pagejump summary").click()
    page.locator(".pagejump").get_by_role("link", name="3", exact=True).click()
    sheet = page.locator("#leaf-3 .onleaf")
    expect(sheet.locator("img")).to_be_visible()
    page.locator("#area > summary").click()
    page.get_by_label("On page").fill("3")
    page.get_by_role("button", name="Draw the area").click()
    box = sheet.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] * 0.05)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + box["height"] * 0.1)
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.2)
    page.mouse.up()
    expect(page.locator("#a-body")).to_be_focused()
    page.keyboard.type("Who said this?")
    anna.look("an area is drawn")
    page.locator("#area").get_by_role("button", name="Comment", exact=True).click()
    comment = page.locator(".comment", has_text="Who said this?")
    expect(comment.locator(".areacut")).to_contain_text("page 3, top")
    with people.site.meanwhile():
        anchor = db.session.query(Anchor).filter_by(parent_kind="file", parent_id=number).one()
        found = re.fullmatch(r"page=3&xywh=percent:([\d.]+),([\d.]+),([\d.]+),([\d.]+)", anchor.region)
        assert found is not None
        assert [round(float(one)) for one in found.groups()] == pytest.approx([10, 5, 50, 15], abs=2)
    # From the area to what is said, and back.
    seen(samir, "interviews.pdf")
    spot = samir.page.locator("#leaf-3 .areas a")
    spot.focus()
    samir.page.keyboard.press("Enter")
    expect(samir.page).to_have_url(re.compile(r"#comment-\d+$"))
    samir.look("the area of a thread")
    samir.page.locator(".areacut a").first.click()
    expect(samir.page).to_have_url(re.compile(r"#area-\d+$"))
    # A new version: what was said stays with the old one.
    put(people, "interviews.pdf", pdf_of("All is new."))
    seen(samir, "interviews.pdf")
    expect(samir.page.locator(".leaf")).to_have_count(1)
    expect(samir.page.locator(".areas")).to_have_count(0)
    expect(samir.page.locator(".areacut")).to_contain_text("on version 1")
    samir.page.locator(".areacut a").first.click()
    expect(samir.page.get_by_text("You look at version 1.")).to_be_visible()
    expect(samir.page.locator("#leaf-3 .areas a")).to_have_count(1)
    samir.look("an area on an old version")


def test_an_area_of_a_picture_by_keyboard_alone(people: People) -> None:
    number = put(people, "board.png", picture(size=(1200, 900)))
    samir = people.enter("samir", **DESK)
    seen(samir, "board.png")
    page = samir.page
    page.locator("#area > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Draw the area").focus()
    page.keyboard.press("Enter")
    frame = page.locator(".areabox")
    expect(frame).to_be_focused()
    expect(frame).to_have_attribute("aria-label", "Area: 30 percent from the left, 30 from the top, 40 wide, 20 high")
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    expect(frame).to_have_attribute("aria-label", "Area: 26 percent from the left, 32 from the top, 42 wide, 18 high")
    samir.look("a frame that keys move")
    page.keyboard.press("Enter")
    expect(page.locator("#a-body")).to_be_focused()
    page.keyboard.type("This corner")
    page.locator("#area").get_by_role("button", name="Comment", exact=True).press("Enter")
    expect(page.locator(".areacut")).to_contain_text("in the middle")
    with people.site.meanwhile():
        anchor = db.session.query(Anchor).filter_by(parent_kind="file", parent_id=number).one()
        assert anchor.region == "xywh=percent:26,32,42,18"


def test_without_scripts_one_chooses_the_page(people: People) -> None:
    put(people, "plain.pdf", pdf_of("One.", "Two."))
    kwame = people.enter("kwame", java_script_enabled=False, **DESK)
    kwame.expects("422")
    seen(kwame, "plain.pdf")
    page = kwame.page
    page.locator("#area > summary").click()
    page.get_by_label("On page").fill("7")
    page.locator("#a-body").fill("The second page")
    page.locator("#area").get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#area-error")).to_contain_text("Choose a page from 1 to 2.")
    expect(page.locator("#a-body")).to_have_value("The second page")
    page.get_by_label("On page").fill("2")
    page.locator("#area").get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator(".areacut")).to_contain_text("page 2, the whole page")
    expect(page.locator("#leaf-2 .areas a")).to_have_count(1)


def test_a_video_plays_with_captions_and_a_broken_file_says_why_it_is_not_seen(people: People, tmp_path: Path) -> None:
    put(people, "talk.webm", play(*FILM, "-c:v", "libvpx", folder=tmp_path, name="talk.webm"))
    put(people, "talk.vtt", b"WEBVTT\n\n00:00.000 --> 00:02.000\nNobody is slow.\n")
    put(people, "broken.png", picture()[:300])
    samir = people.enter("samir", **DESK)
    seen(samir, "talk.webm", "video[poster]")
    samir.page.evaluate(
        "() => { const video = document.querySelector('video'); video.muted = true; return video.play(); }"
    )
    samir.page.wait_for_function("() => document.querySelector('video').currentTime > 0.2")
    samir.page.wait_for_function("() => document.querySelector('video').textTracks[0].cues?.length === 1")
    samir.page.evaluate("() => document.querySelector('video').pause()")
    samir.look("a video")
    seen(samir, "broken.png", "#preview:has-text('damaged')")
    samir.look("a broken picture")


def test_on_a_phone_in_the_dark_in_dutch(people: People, tmp_path: Path) -> None:
    number = put(people, "vergadering.pdf", pdf_of(*(f"Bladzijde {n}" for n in range(1, 6))))
    put(people, "foto.jpg", picture("JPEG", (1600, 1200)))
    put(people, "uren.csv", b"naam;uren;plaats\n" + b"Noor;12;Assen\n" * 40)
    pieter = people.enter("pieter_jan", color_scheme="dark", **PHONE)
    seen(pieter, "vergadering.pdf")
    with people.site.meanwhile() as world:
        file = db.session.get_one(File, number)
        create_comment(
            world.actor("noor"), file, body="Klopt dit?", anchor=Region(1, 10, 4, 60, 12), purpose="question"
        )
    for name, what in (("vergadering.pdf", ".areas"), ("foto.jpg", ".leaf img"), ("uren.csv", "main table")):
        seen(pieter, name, what)
        pieter.look(f"{name} on a phone")
    pieter.go(f"{FILES}/vergadering.pdf?about")
    pieter.page.locator("#area > summary").click()
    pieter.page.locator("[data-draw] button").click()
    expect(pieter.page.locator(".areabox")).to_be_focused()
    pieter.look("drawing on a phone")
