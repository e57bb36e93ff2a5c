"""What the page of a file shows of it, and what people say about an area: without scripts, and through the API."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from PIL import Image

from community.comments.actions import create_comment, place_again
from community.comments.models import Anchor, Comment
from community.comments.regions import Region, region_from
from community.errors import Invalid
from community.extensions import db
from community.files.models import File
from tests.blueprints.api_callers import program_of
from tests.community.documents import book
from tests.community.test_file_previews import converter as converter
from tests.community.test_file_previews import picture
from tests.community.test_file_texts import pdf_of, send
from tests.conftest import count_queries, token_of
from tests.world import World

FILES = "/spaces/noorderlicht/files"


def point(browser, number: int, name: str, **form: str):
    """Say something about an area, as the form does."""
    token = token_of(browser.get(f"{FILES}/{name}?about").text)
    data = {"csrf_token": token, "area": "1", "body": "Look here.", **form}
    return browser.post(f"/files/{number}/comments", data=data)


def anchor_on(number: int) -> Anchor:
    return (
        db.session.query(Anchor)
        .filter_by(parent_kind="file", parent_id=number)
        .order_by(Anchor.comment_id.desc())
        .first()
    )


# ---- what is shown --------------------------------------------------------------------------------------------------


def test_a_page_shows_what_was_drawn_and_says_what_was_not(app: Flask, world: World, as_person, draw) -> None:
    send(app, world, pdf_of("One.", "Two.", "Three."), "three.pdf")
    send(app, world, picture(), "board.png")
    send(app, world, picture()[:200], "broken.png")
    send(app, world, b"name,town\nNoor,<b>Assen</b>\n", "people.csv")
    samir = as_person("samir")
    assert "A preview is being made." in samir.get(f"{FILES}/three.pdf?about").text
    table = samir.get(f"{FILES}/people.csv?about").text
    assert '<th scope="col">town</th>' in table and "<td>&lt;b&gt;Assen&lt;/b&gt;</td>" in table
    draw()
    html = samir.get(f"{FILES}/three.pdf?about").text
    assert html.count('class="leaf"') == 3 and html.count('loading="lazy"') >= 1
    assert 'href="#leaf-3"' in html and "Page 2 of 3" in html
    assert 'alt="board.png"' in samir.get(f"{FILES}/board.png?about").text
    assert "may be damaged or cut short" in samir.get(f"{FILES}/broken.png?about").text
    assert "<td>&lt;b&gt;Assen" not in samir.get(f"{FILES}/people.csv?about").text.split('id="text"')[0], (
        "a table is shown once"
    )


def test_a_video_has_controls_its_poster_and_the_captions_beside_it(app: Flask, world: World, as_person) -> None:
    from community.extensions import write_unit
    from community.files.models import FilePreview, FilePreviewPart

    number = send(app, world, b"\x00\x00\x00\x18ftypisom" + bytes(50), "Talk.mp4")
    for name in ("talk.vtt", "talk.nl.vtt", "talks.vtt", "other.vtt"):
        send(app, world, b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n", name)
    file = db.session.get_one(File, number)
    sha, kind = file.sha256, file.media_type
    with write_unit():
        made = FilePreview(sha256=sha, media_type=kind, seconds=125)
        made.parts = [FilePreviewPart(what="poster", page=0, storage_key="0" * 32, width=9, height=9, size=1)]
        db.session.add(made)
    html = as_person("samir").get(f"{FILES}/Talk.mp4?about").text
    video = re.search(r"<video.*?</video>", html, re.DOTALL)
    assert (
        video is not None and 'preload="metadata"' in video[0] and f'poster="/files/{number}/preview/poster' in video[0]
    )
    assert re.findall(r'<track kind="captions" src="[^"]*/([^"/]+)"', video[0]) == ["talk.nl.vtt", "talk.vtt"]
    assert 'srclang="nl"' in video[0] and "2:05" in html


def test_a_page_with_areas_asks_no_more_the_more_there_are(app: Flask, world: World, as_person, draw) -> None:
    number = send(app, world, pdf_of("One.", "Two."), "two.pdf")
    draw()
    samir = as_person("samir")
    file = db.session.get_one(File, number)
    create_comment(world.actor("anna"), file, body="Here", anchor=Region(1, 10, 10, 20, 20))
    samir.get(f"{FILES}/two.pdf?about")
    with count_queries() as few:
        samir.get(f"{FILES}/two.pdf?about")
    for place in range(8):
        create_comment(
            world.actor("anna"), db.session.get_one(File, number), body="Here", anchor=Region(2, place * 9, 10, 20, 20)
        )
    samir.get(f"{FILES}/two.pdf?about")
    with count_queries() as many:
        html = samir.get(f"{FILES}/two.pdf?about").text
    assert len(many) <= len(few)
    assert html.count('<a id="area-') == 9


def test_no_two_things_of_a_page_are_called_the_same(app: Flask, world: World, as_person, draw, converter) -> None:
    send(app, world, book(), "sums.xlsx")
    draw()
    html = as_person("samir").get(f"{FILES}/sums.xlsx?about").text
    names = re.findall(r'\sid="([^"]+)"', html)
    assert {"leaf-1", "leaf-2", "sheet-1", "sheet-2"} <= set(names)
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)


# ---- areas ----------------------------------------------------------------------------------------------------------


def test_an_area_is_a_media_fragment_and_comes_back_as_it_went() -> None:
    for region, value in (
        (Region(3, 10, 20.5, 30, 40.25), "page=3&xywh=percent:10,20.5,30,40.25"),
        (Region(0, 0, 0, 50, 50), "xywh=percent:0,0,50,50"),
        (Region(2), "page=2"),
        (Region(0), "xywh=percent:0,0,100,100"),
    ):
        assert region.value == value and region_from(value) == region
    assert region_from("page=1&xywh=percent:90,90,50,50") == Region(1, 90, 90, 10, 10)
    for wrong in (
        "",
        "page=",
        "page=x",
        "xywh=10,10,20,20",
        "xywh=percent:1,2,3",
        "xywh=percent:-1,2,3,4",
        "xywh=percent:1..2,1,1,1",
    ):
        with pytest.raises(ValueError):
            region_from(wrong)


def test_somebody_points_at_an_area_and_what_is_wrong_comes_back_with_their_words(
    app: Flask,
    world: World,
    as_person,
    draw,
) -> None:
    number = send(app, world, pdf_of("One.", "Two."), "two.pdf")
    kwame = as_person("kwame")
    early = point(kwame, number, "two.pdf", page="1")
    assert early.status_code == 422 and "There is no picture of this to point at." in early.text
    draw()
    for form, sentence in (
        ({"page": "9"}, "Choose a page from 1 to 2."),
        ({"page": "x"}, "Choose a page by its number."),
        ({"page": "2", "xywh": "5,5,nan,5"}, "Choose a page by its number."),
        ({"page": "2", "xywh": "5,5,0.1,0.1"}, "Draw a larger area."),
    ):
        answer = point(kwame, number, "two.pdf", **form)
        assert (
            answer.status_code == 422
            and sentence in answer.text
            and re.search(r'id="a-body"[^>]*>\s*Look here.</textarea>', answer.text)
        )
        assert '<details class="mnew" id="area" open>' in answer.text
    assert point(kwame, number, "two.pdf", page="2", xywh="70,80,20,10", purpose="question").status_code == 303
    anchor = anchor_on(number)
    assert (anchor.region, anchor.made_on, anchor.exact) == ("page=2&xywh=percent:70,80,20,10", 1, "")
    html = as_person("samir").get(f"{FILES}/two.pdf?about").text
    assert (
        "page 2, bottom right" in html
        and f'<a id="area-{anchor.comment_id}" href="#comment-{anchor.comment_id}"' in html
    )
    cut = as_person("samir").get(f"/comments/{anchor.comment_id}/area")
    with Image.open(io.BytesIO(cut.data)) as image:
        assert image.format == "WEBP" and max(image.size) <= 360
    assert as_person("dev").get(f"/comments/{anchor.comment_id}/area").status_code == 404
    etag = cut.headers["ETag"]
    assert as_person("samir").get(cut.request.path, headers={"If-None-Match": etag}).status_code == 304


def test_a_comment_for_a_few_shows_its_area_to_nobody_else(app: Flask, world: World, as_person, draw) -> None:
    number = send(app, world, picture(), "board.png")
    draw()
    file = db.session.get_one(File, number)
    made = create_comment(
        world.actor("kwame"), file, body="Quietly", anchor=Region(0, 5, 5, 30, 30), audience="coaches"
    )
    held = create_comment(
        world.actor("kwame"),
        db.session.get_one(File, number),
        body="Later",
        anchor=Region(0, 50, 50, 30, 30),
        held=True,
    )
    for who, sees in (("anna", {made.id}), ("samir", set()), ("kwame", {made.id, held.id})):
        html = as_person(who).get(f"{FILES}/board.png?about").text
        assert {int(found) for found in re.findall(r'id="area-(\d+)"', html)} == sees
        for one in (made, held):
            assert as_person(who).get(f"/comments/{one.id}/area").status_code == (200 if one.id in sees else 404)


def test_an_area_stays_on_its_version_and_is_moved_by_hand_alone(
    app: Flask, world: World, as_person, draw, catch_up
) -> None:
    number = send(app, world, picture(), "board.png")
    draw()
    made = create_comment(
        world.actor("anna"), db.session.get_one(File, number), body="Here", anchor=Region(0, 5, 5, 30, 30)
    )
    send(app, world, picture(size=(400, 900)), "board.png")
    draw()
    catch_up()
    anchor = anchor_on(number)
    assert (anchor.made_on, anchor.orphaned_at, anchor.region) == (1, None, "xywh=percent:5,5,30,30")
    samir = as_person("samir")
    html = samir.get(f"{FILES}/board.png?about").text
    assert 'id="area-' not in html and "on version 1" in html
    assert f"?about&amp;version=1#area-{made.id}" in html
    old = samir.get(f"{FILES}/board.png?about&version=1").text
    assert f'id="area-{made.id}"' in old and 'id="area"' not in old, "nobody points at what is not the newest"
    with Image.open(io.BytesIO(samir.get(f"/comments/{made.id}/area").data)) as cut:
        assert cut.width > cut.height * 0.9
    anna = as_person("anna")
    link = f"{FILES}/board.png?about&amp;place={made.id}#area"
    assert link in anna.get(f"{FILES}/board.png?about").text
    form = anna.get(f"{FILES}/board.png?about&place={made.id}").text
    assert f'action="/comments/{made.id}/place"' in form and '<details class="mnew" id="area" open>' in form
    assert 'id="a-body"' not in form
    for nothing in (987654, "x", ""):
        assert 'id="a-body"' in anna.get(f"{FILES}/board.png?about&place={nothing}").text
    words = {"csrf_token": token_of(form), "area": "1", "xywh": "1,1,0.1,0.1"}
    assert anna.post(f"/comments/{made.id}/place", data=words).status_code == 303
    assert "Draw a larger area." in anna.get(f"{FILES}/board.png?about").text and anchor_on(number).made_on == 1
    words["xywh"] = "50,50,10,10"
    assert anna.post(f"/comments/{made.id}/place", data=words).status_code == 303
    assert (anchor_on(number).made_on, anchor_on(number).region) == (2, "xywh=percent:50,50,10,10")
    assert link not in anna.get(f"{FILES}/board.png?about").text
    place_again(world.actor("anna"), db.session.get_one(Comment, made.id), anchor=Region(0, 60, 60, 10, 10))
    assert f'id="area-{made.id}"' in samir.get(f"{FILES}/board.png?about").text


def test_no_words_are_put_in_the_place_of_an_area(app: Flask, world: World, draw) -> None:
    number = send(app, world, picture(), "board.png")
    draw()
    with pytest.raises(Invalid, match="Select the words"):
        create_comment(
            world.actor("anna"),
            db.session.get_one(File, number),
            body="x",
            purpose="suggestion",
            anchor=Region(0, 1, 1, 9, 9),
            replacement="y",
        )


def test_the_coach_finds_an_area_in_the_inbox(app: Flask, world: World, as_person, draw, catch_up) -> None:
    number = send(app, world, picture(), "board.png")
    draw()
    made = create_comment(
        world.actor("noor"),
        db.session.get_one(File, number),
        body="Is this right?",
        purpose="question",
        anchor=Region(0, 5, 5, 30, 30),
    )
    catch_up()
    html = as_person("anna").get(f"/coaching?at=comment:{made.id}").text
    assert f"/comments/{made.id}/area" in html and "top left" in html


def test_programs_make_and_read_areas_as_the_w3c_names_them(app: Flask, world: World, draw) -> None:
    number = send(app, world, pdf_of("One.", "Two."), "two.pdf")
    draw()
    kwame = program_of(world, app.test_client, "kwame")
    address = f"{FILES}/two.pdf/comments"
    selector = {"type": "FragmentSelector", "value": "page=2&xywh=percent:10,10,20,20"}
    made = kwame.post(address, json={"body": "Here.", "target": {"selector": [selector]}})
    assert made.status_code == 201
    target = made.json["target"]
    assert target["selector"] == [{**selector, "conformsTo": "http://www.w3.org/TR/media-frags/"}]
    assert (target["made_on"], target["lost"]) == (1, None)
    assert kwame.get(address).json["items"][0]["target"] == target
    for value, status in (("page=9", 422), ("xywh=pixel:1,1,1,1", 422)):
        wrong = kwame.post(address, json={"body": "Here.", "target": {"selector": [{**selector, "value": value}]}})
        assert wrong.status_code == status
    moved = kwame.put(
        f"/comments/{made.json['id']}/target", json={"target": {"selector": [{**selector, "value": "page=1"}]}}
    )
    assert moved.status_code == 200 and moved.json["target"]["selector"][0]["value"] == "page=1"
    assert anchor_on(number).region == "page=1"
