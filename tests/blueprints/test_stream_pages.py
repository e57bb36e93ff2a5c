"""A person of each role opens the main pages; each answers, and says who they are."""

from __future__ import annotations

import pytest

from community.spaces.actions import update_space
from tests.conftest import post_form, token_of

PAGES = (
    "/",
    "/feed",
    "/spaces",
    "/spaces/noorderlicht",
    "/spaces/noorderlicht/about",
    "/spaces/noorderlicht/members",
    "/people",
    "/people/noor.van-der-velden",
    "/notifications",
    "/search",
    "/search?q=wachtlijst",
)


@pytest.mark.parametrize("path", PAGES)
def test_noor_opens_the_main_pages(as_person, world, path):
    answer = as_person("noor").get(path)
    assert answer.status_code == 200
    assert "Noor van der Velden" in answer.get_data(as_text=True)


def test_what_is_said_in_a_team_is_read_by_the_team_and_nobody_else(as_person, world):
    noor = as_person("noor")
    answer = post_form(noor, "/spaces/noorderlicht", body="Three of the **eleven** hand-overs exist for the form.")
    assert answer.status_code == 303
    page = as_person("samir").get("/spaces/noorderlicht").get_data(as_text=True)
    assert "<strong>eleven</strong>" in page
    assert as_person("dev").get("/spaces/noorderlicht").status_code == 404
    assert as_person("joost").get("/spaces/noorderlicht").status_code == 404
    assert as_person("rik").get("/spaces/noorderlicht").status_code == 404


def test_what_is_refused_comes_back_in_its_field(as_person, world):
    noor = as_person("noor")
    long = "Een woord " * 10_500
    answer = post_form(noor, "/spaces/noorderlicht", body=long)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Een woord Een woord" in page and 'aria-invalid="true"' in page
    made = post_form(noor, "/spaces/noorderlicht", body="First").location.split("#post-")[1]
    url = f"/spaces/noorderlicht/posts/{made}"
    for body in ("", "Zo lang " * 3000):
        answer = post_form(noor, url, f"{url}/comments", body=body)
        assert answer.status_code == 422
        assert body.strip()[:20] in answer.get_data(as_text=True)
    assert post_form(noor, url, f"{url}/comments", body="Now with words").status_code == 303


def test_a_form_that_is_sent_twice_makes_one_post(as_person, world):
    noor = as_person("noor")
    first = post_form(noor, "/spaces/noorderlicht", body="Once", once="a-key")
    second = post_form(noor, "/spaces/noorderlicht", body="Once", once="a-key")
    assert first.location == second.location
    assert noor.get("/spaces/noorderlicht").get_data(as_text=True).count("<p>Once</p>") == 1


def test_a_form_from_another_site_or_without_its_token_changes_nothing(as_person, world):
    noor = as_person("noor")
    assert noor.post("/spaces/noorderlicht", data={"body": "Forged"}).status_code == 400
    elsewhere = {"Origin": "https://evil.example"}
    page = noor.get("/spaces/noorderlicht").get_data(as_text=True)
    data = {"csrf_token": token_of(page), "body": "Forged"}
    assert noor.post("/spaces/noorderlicht", data=data, headers=elsewhere).status_code == 403
    assert noor.post("/spaces/noorderlicht", data=data, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "Forged" not in noor.get("/spaces/noorderlicht").get_data(as_text=True)


def test_the_frame_that_is_kept_has_each_readers_own_token_and_place(as_person):
    noor, again, dev = as_person("noor"), as_person("noor"), as_person("dev")
    pages = [browser.get("/feed").get_data(as_text=True) for browser in (noor, noor, again, dev)]
    assert token_of(pages[0]) != token_of(pages[2]), "two browsers of one person have a token each"
    assert "Noor van der Velden: mijn menu" in pages[1] and "Noor van der Velden" not in pages[3]
    there = noor.get("/people?q=%22%3E").get_data(as_text=True)
    assert 'name="next" value="/people?q=%22%3E"' in there and 'name="next" value="/feed"' not in there
    for page in (*pages, there):
        assert "\0" not in page and page.count(token_of(page)) == page.count('name="csrf_token"') > 2


def test_home_asks_the_teams_question(as_person, world):
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), question="How do we halve the wait?")
    assert "How do we halve the wait?" in as_person("noor").get("/").get_data(as_text=True)
