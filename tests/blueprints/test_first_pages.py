"""A person of each role opens the main pages; each answers, and says who they are."""

from __future__ import annotations

import pytest

PAGES = ("/", "/feed", "/spaces", "/spaces/noorderlicht", "/spaces/noorderlicht/about", "/spaces/noorderlicht/members",
         "/people", "/people/noor.van-der-velden", "/notifications", "/search", "/search?q=wachtlijst")


@pytest.mark.parametrize("path", PAGES)
def test_noor_opens_the_main_pages(as_person, world, path):
    answer = as_person("noor").get(path)
    assert answer.status_code == 200
    assert "Noor van der Velden" in answer.get_data(as_text=True)


def test_what_is_said_in_a_team_is_read_by_the_team_and_nobody_else(as_person, world):
    from tests.conftest import post_form

    noor = as_person("noor")
    answer = post_form(noor, "/spaces/noorderlicht", body="Three of the **eleven** hand-overs exist for the form.")
    assert answer.status_code == 303
    page = as_person("samir").get("/spaces/noorderlicht").get_data(as_text=True)
    assert "<strong>eleven</strong>" in page
    assert as_person("dev").get("/spaces/noorderlicht").status_code == 404
    assert as_person("joost").get("/spaces/noorderlicht").status_code == 404
    assert as_person("rik").get("/spaces/noorderlicht").status_code == 404
