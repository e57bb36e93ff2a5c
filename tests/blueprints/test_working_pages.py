"""Saying that one works on a file, links to documents elsewhere, and the page that opens the drive, without scripts."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask import Flask

from community.clock import now
from community.files.models import File
from community.files.queries import file_for
from community.locks.actions import lock_thing
from community.locks.queries import locks_on
from community.people.queries import drive_passwords_for, tokens_for
from community.people.tokens import living_drive_password
from tests.blueprints.dav_client import Drive
from tests.conftest import post_form, token_of
from tests.world import World

FILES = "/spaces/noorderlicht/files"


def _put(app: Flask, world: World, name: str, content: bytes) -> None:
    Drive(app, world, "noor")("PUT", f"/dav/Noorderlicht/{name}", body=content)


def _file(world: World, name: str) -> File:
    return file_for(world.actor("noor"), world.space("noorderlicht"), name)


def _number(world: World, name: str = "map.txt") -> int:
    return _file(world, name).id


def _send(browser, to: str, page: str, content: bytes, name: str):
    data = {"csrf_token": token_of(browser.get(page).text), "files": [(io.BytesIO(content), name)]}
    return browser.post(to, data=data, content_type="multipart/form-data")


def test_noor_says_that_she_works_on_it_and_samir_cannot_replace_it(app: Flask, world: World, as_person) -> None:
    _put(app, world, "map.txt", b"one")
    number, noor, samir = _number(world), as_person("noor"), as_person("samir")
    page = f"/files/{number}/working"
    until = (now() + timedelta(days=2)).date().isoformat()
    assert f'href="{page}"' in noor.get(f"{FILES}/map.txt?about").text
    assert post_form(noor, page, until=until, note="The figures of May").status_code == 303
    seen = samir.get(f"{FILES}/map.txt?about").text
    assert "Noor van der Velden is working on this until" in seen and "The figures of May" in seen
    assert "/end" not in seen, "he cannot end it"
    assert "Noor van der Velden works on it" in samir.get(FILES).text
    refused = _send(samir, f"/files/{number}/replace", f"{FILES}/map.txt?about", b"two", "x.txt")
    assert refused.status_code == 422 and "is working on this just now" in refused.text
    listed = _send(samir, FILES, FILES, b"two", "map.txt")
    assert listed.status_code == 422 and "map.txt: Noor van der Velden is working on this just now" in listed.text
    assert post_form(samir, page, until=until).status_code == 409
    assert _send(noor, f"/files/{number}/replace", f"{FILES}/map.txt?about", b"two", "x.txt").status_code == 303


def test_it_ends_when_she_is_done_or_who_looks_after_the_space_says_so(app: Flask, world: World, as_person) -> None:
    _put(app, world, "map.txt", b"one")
    number, noor = _number(world), as_person("noor")
    for who in ("noor", "pieter_jan"):
        lock_thing(world.actor("noor"), _file(world, "map.txt"), lasts=timedelta(days=1), by_hand=True)
        browser = noor if who == "noor" else as_person(who)
        end = re.search(rf"/files/{number}/working/\d+/end", browser.get(f"{FILES}/map.txt?about").text)
        assert end, who
        assert post_form(as_person("samir"), FILES, to=end[0]).status_code == 403
        assert post_form(browser, f"{FILES}/map.txt?about", to=end[0]).status_code == 303
        assert locks_on([_file(world, "map.txt")]) == {}


@pytest.mark.parametrize("until", ["", "yesterday", "1999-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_is_asked_for_again_and_the_words_stay(
    app: Flask, world: World, as_person, until: str
) -> None:
    _put(app, world, "map.txt", b"one")
    answer = post_form(as_person("noor"), f"/files/{_number(world)}/working", until=until, note="kept words")
    assert answer.status_code == 422 and 'id="f-until-error"' in answer.text and "kept words" in answer.text


def test_a_program_that_has_it_open_shows(app: Flask, world: World, as_person) -> None:
    _put(app, world, "map.txt", b"one")
    Drive(app, world, "noor").lock("/dav/Noorderlicht/map.txt")
    assert "Noor van der Velden has it open for editing since" in as_person("samir").get(f"{FILES}/map.txt?about").text
    assert "Een programma van jou heeft het open" in as_person("noor").get(f"{FILES}/map.txt?about").text


def test_the_api_refuses_what_another_works_on(app: Flask, world: World, as_person) -> None:
    _put(app, world, "map.txt", b"one")
    lock_thing(world.actor("noor"), _file(world, "map.txt"), lasts=timedelta(hours=1))
    samir = as_person("samir")
    token = token_of(samir.get(FILES).text)
    answer = samir.put(f"/api/v1{FILES}/map.txt", data=b"two", headers={"X-CSRFToken": token})
    assert answer.status_code == 409 and "is working on this just now" in answer.json["detail"]


def test_a_link_stands_among_the_files_and_opens_elsewhere(world: World, as_person) -> None:
    noor, page = as_person("noor"), "/spaces/noorderlicht/links/new"
    assert f'href="{page}"' in noor.get(FILES).text
    made = post_form(noor, page, href="https://docs.example.org/d/1", title="Budget 2026", description="Of all teams")
    assert made.status_code == 303
    about = as_person("samir").get(made.location).text
    assert 'href="https://docs.example.org/d/1"' in about and "noopener" in about and "docs.example.org" in about
    listed = as_person("samir").get(FILES).text
    assert ">Budget 2026<" in listed and "Budget 2026.url</a>" not in listed
    again = post_form(noor, page, href="https://docs.example.org/d/2", title="Budget 2026")
    assert (
        again.status_code == 422
        and "Kies een andere titel" in again.text
        and "https://docs.example.org/d/2" in again.text
    )
    assert post_form(noor, page, href="https://maps.example.org/dijk", title="").status_code == 303
    assert ">maps.example.org<" in noor.get(FILES).text


@pytest.mark.parametrize(
    "href",
    [
        "", "http://example.org", "javascript:alert(1)", "https://", "https://a b.example", "https://me:secret@example.org",
        "https://localhost/", "https://example.org/\x01", "data:text/html,x", "https://example.org:99999/", "//example.org",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_at_its_field(as_person, href: str) -> None:
    answer = post_form(as_person("noor"), "/spaces/noorderlicht/links/new", href=href, title="X")
    assert answer.status_code == 422 and 'id="f-href-error"' in answer.text


def test_who_only_reads_adds_no_link(as_person) -> None:
    assert as_person("ingrid").get("/spaces/noorderlicht/links/new").status_code == 403
    assert as_person("joost").get("/spaces/noorderlicht/links/new").status_code == 404


def test_a_password_for_a_drive_is_shown_once_with_how_to_use_it(as_person, world: World) -> None:
    noor = as_person("noor")
    made = post_form(noor, "/settings/drive", name="Laptop", days="0").text
    shown = re.search(r"[2-9a-z]{4}(?:-[2-9a-z]{4}){4}", made)
    assert shown and living_drive_password("noor@waterland.example", shown[0]) is not None
    page = noor.get("/settings/drive").text
    assert shown[0] not in page and "Laptop" in page and "tot je het beëindigt" in page
    for words in (
        "http://localhost/dav/",
        "Netwerkverbinding maken",
        "Verbind met server",
        "dav://localhost/dav/",
        "rclone config",
    ):
        assert words in page, words
    token = drive_passwords_for(world.actor("noor"), world.person("noor"))[0]
    assert tokens_for(world.actor("noor"), world.person("noor")) == [], "it stands on its own page"
    end = f"/settings/drive/{token.id}/revoke"
    assert post_form(as_person("samir"), "/settings/drive", to=end).status_code == 404
    assert post_form(noor, "/settings/drive", to=end).status_code == 303
    assert living_drive_password("noor@waterland.example", shown[0]) is None
    nameless = post_form(noor, "/settings/drive", name="", days="30")
    assert nameless.status_code == 422 and 'id="f-name-error"' in nameless.text


def test_signing_out_everywhere_closes_the_drives(app: Flask, world: World, as_person) -> None:
    drive, noor = Drive(app, world, "noor"), as_person("noor")
    assert "Dit sluit ook je schijf." in noor.get("/settings/sessions").text
    post_form(noor, "/settings/sessions", to="/settings/sessions/end")
    assert drive("GET", "/dav/").status_code == 401
