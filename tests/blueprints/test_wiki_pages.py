"""The wiki in a browser without scripts: writing, saving at once, history, and the same nothing for outsiders."""

from __future__ import annotations

import re

import pytest

from community.extensions import db
from community.spaces.models import Space
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from tests.conftest import count_queries, post_form
from tests.world import World

WIKI = "/spaces/noorderlicht/wiki"


@pytest.fixture
def page(world: World) -> Page:
    return create_page(
        world.actor("kwame"),
        world.space("noorderlicht"),
        title="Our reading",
        body="## What we were asked\n\nNobody is slow. See [[Wie is de klant?]].",
    )


def _field(html: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', html)[1]


def test_samir_writes_the_first_page_and_reads_it(as_person) -> None:
    samir = as_person("samir")
    assert "Write the first page" in samir.get(WIKI).text
    answer = post_form(samir, f"{WIKI}?action=new", WIKI, title="Start", body="Begin **here**.", path="start")
    assert (answer.status_code, answer.location) == (303, f"{WIKI}/start")
    html = samir.get(answer.location).text
    assert "<strong>here</strong>" in html
    assert "Revision 1" in html
    assert "Who can see this" in html
    assert samir.get(WIKI).location == f"{WIKI}/start"
    assert "Start" in samir.get(f"{WIKI}?action=index").text


def test_a_double_click_makes_one_page(as_person) -> None:
    samir = as_person("samir")
    html = samir.get(f"{WIKI}?action=new").text
    data = {"csrf_token": _field(html, "csrf_token"), "once": _field(html, "once"), "title": "Notes", "body": "One."}
    first, second = samir.post(WIKI, data=data), samir.post(WIKI, data=data)
    assert first.location == second.location == f"{WIKI}/notes"


def test_what_is_refused_comes_back_in_its_field(as_person) -> None:
    samir = as_person("samir")
    answer = post_form(samir, f"{WIKI}?action=new", WIKI, title="Notes", body="Kept <words>", path="No Way")
    assert answer.status_code == 422
    assert "Kept &lt;words&gt;" in answer.text
    assert 'id="f-path-error"' in answer.text
    assert "small letters" in answer.text


def test_a_red_link_leads_to_the_form_with_its_title(as_person, page: Page) -> None:
    samir = as_person("samir")
    html = samir.get(f"{WIKI}/our-reading").text
    link = re.search(r'<a class="red" href="([^"]+)"', html)[1]
    form = samir.get(link)
    assert form.status_code == 200
    assert 'value="Wie is de klant?"' in form.text
    assert 'value="wie-is-de-klant"' in form.text
    absent = samir.get(link.split("?")[0])
    assert absent.status_code == 404
    assert "Write this page" in absent.text


def test_a_page_shows_its_contents_and_leads_to_its_history(as_person, page: Page) -> None:
    html = as_person("samir").get(f"{WIKI}/our-reading").text
    assert '<a href="#h-what-we-were-asked">What we were asked</a>' in html
    assert f"{WIKI}/our-reading?action=history" in html


def test_history_old_words_and_what_changed(as_person, world: World, page: Page) -> None:
    edit_page(world.actor("samir"), page, body="Nobody is slow, really.", base=1, summary="sharper")
    kwame = as_person("kwame")
    assert "sharper" in kwame.get(f"{WIKI}/our-reading?action=history").text
    old = kwame.get(f"{WIKI}/our-reading?rev=1").text
    assert "Revision 1 of 2." in old
    assert 'class="red"' in old
    assert "<ins>" in kwame.get(f"{WIKI}/our-reading?diff=1&rev=2").text
    assert kwame.get(f"{WIKI}/our-reading?rev=7").status_code == 404
    answer = post_form(kwame, f"{WIKI}/our-reading?rev=1", f"{WIKI}/our-reading/restore", rev=1, base=2)
    assert answer.status_code == 303
    assert "Revision 3" in kwame.get(answer.location).text
    stale = post_form(kwame, f"{WIKI}/our-reading?rev=2", f"{WIKI}/our-reading/restore", rev=2, base=2)
    assert stale.location.endswith("?action=history")


def test_moving_and_deleting_a_page(as_person, page: Page) -> None:
    kwame = as_person("kwame")
    answer = post_form(kwame, f"{WIKI}/our-reading/rename", title="Reading", path="question/reading")
    assert answer.location == f"{WIKI}/question/reading"
    assert kwame.get(f"{WIKI}/our-reading?action=history").location == f"{WIKI}/question/reading?action=history"
    refused = post_form(kwame, f"{WIKI}/question/reading/rename", title="Reading", path="Bad Path")
    assert refused.status_code == 422
    assert "Bad Path" in refused.text
    assert "turn red" in kwame.get(f"{WIKI}/question/reading/delete").text
    assert post_form(kwame, f"{WIKI}/question/reading/delete").status_code == 303
    assert kwame.get(f"{WIKI}/question/reading").status_code == 404


def test_anna_comments_below_a_page(as_person, page: Page) -> None:
    anna = as_person("anna")
    answer = post_form(anna, f"{WIKI}/our-reading", f"{WIKI}/our-reading/comments", body="How do you know?")
    assert answer.status_code == 303
    html = anna.get(answer.location).text
    assert "How do you know?" in html
    empty = post_form(anna, f"{WIKI}/our-reading", f"{WIKI}/our-reading/comments", body="  ")
    assert empty.status_code == 422
    assert "Write something first." in empty.text


@pytest.mark.parametrize("outsider", ["dev", "joost", "rik", "gus"])
def test_an_outsider_gets_the_same_nothing_for_every_address(as_person, page: Page, outsider: str) -> None:
    stranger = as_person(outsider)
    nothing = stranger.get("/spaces/no-such-space/wiki/no-such-page")
    assert nothing.status_code == 404
    for address in (
        WIKI,
        f"{WIKI}?action=new",
        f"{WIKI}/our-reading",
        f"{WIKI}/our-reading?action=edit",
        f"{WIKI}/our-reading?action=history",
        f"{WIKI}/our-reading?rev=1",
        f"{WIKI}/our-reading?diff=1",
        f"{WIKI}/our-reading/rename",
        f"{WIKI}/our-reading/delete",
        f"{WIKI}/no-such-page",
        f"{WIKI}/no-such-page?title=x",
    ):
        answer = stranger.get(address)
        assert (answer.status_code, answer.data) == (404, nothing.data), address


def test_a_guest_reads_and_is_not_shown_what_they_may_not_do(as_person, page: Page) -> None:
    ingrid = as_person("ingrid")
    html = ingrid.get(f"{WIKI}/our-reading").text
    assert "?action=edit" not in html
    assert ingrid.get(f"{WIKI}/our-reading?action=edit").status_code == 403
    assert ingrid.get(f"{WIKI}?action=new").status_code == 403
    assert ingrid.get(f"{WIKI}/no-such-page").status_code == 404


def test_nobody_signed_in_is_asked_to_sign_in(client, page: Page) -> None:
    assert client.get(f"{WIKI}/our-reading").location.startswith("/login")
    assert client.post(f"{WIKI}/our-reading", data={"body": "x"}).status_code in (400, 401)


def test_reading_a_page_costs_the_same_with_many_revisions_and_comments(as_person, world: World, page: Page) -> None:
    from community.comments.actions import create_comment

    samir = as_person("samir")

    def cost() -> int:
        samir.get(f"{WIKI}/our-reading")
        with count_queries() as seen:
            assert samir.get(f"{WIKI}/our-reading").status_code == 200
        return len(seen)

    create_comment(world.actor("noor"), page, body="One")
    few = cost()
    for number in range(1, 30):
        edit_page(world.actor("noor"), page, body=f"## H\n\nText {number} [[Wie is de klant?]]", base=number)
        create_comment(world.actor("noor"), page, body=f"Comment {number}")
    assert cost() == few


def test_a_space_without_a_wiki_has_none(as_person, world: World) -> None:
    from community.extensions import write_unit

    with write_unit():
        db.session.get_one(Space, world.space_ids["noorderlicht"]).tools = ["stream"]
    assert as_person("samir").get(WIKI).status_code == 404
