"""The journal in a browser without scripts: private first, shared with a question, narrowed at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from community.clock import now
from community.extensions import db, write_unit
from community.journal.actions import write_entry
from community.journal.models import Entry
from community.programme.models import Prompt
from tests.conftest import count_queries, post_form, token_of
from tests.world import World

BAR = "Only you can read this."


@pytest.fixture
def entry(world: World) -> Entry:
    return write_entry(world.actor("samir"), title="Day 1", body="I came to **count**.")


@pytest.fixture
def prompt(world: World) -> Prompt:
    with write_unit():
        made = Prompt(
            space_id=world.space_ids["cohort"],
            key="day-1",
            text_en="What surprised you today?",
            text_nl="Wat verraste je vandaag?",
            opens_at=now() - timedelta(hours=1),
            closes_at=now() + timedelta(hours=8),
        )
        db.session.add(made)
    return made


def _share(browser, entry: Entry, **fields):
    return post_form(browser, f"/journal/{entry.id}/share", **fields)


def test_samir_writes_for_himself(as_person) -> None:
    samir = as_person("samir")
    assert BAR in samir.get("/journal").text
    answer = post_form(
        samir, "/journal/new", "/journal", title="Day 1", body="I came to **count**.", audience="only_me"
    )
    assert answer.status_code == 303
    html = samir.get(answer.location).text
    assert BAR in html
    assert "<strong>count</strong>" in html
    assert "1 entry, all yours" in html


def test_a_double_click_keeps_one_entry(as_person, world: World) -> None:
    samir = as_person("samir")
    html = samir.get("/journal/new").text
    once = re.search(r'name="once" value="([^"]+)"', html)[1]
    data = {"csrf_token": token_of(html), "once": once, "title": "Day 1", "body": "Once."}
    assert samir.post("/journal", data=data).location == samir.post("/journal", data=data).location


def test_what_is_refused_comes_back_in_its_field(as_person) -> None:
    samir = as_person("samir")
    answer = post_form(samir, "/journal/new", "/journal", title="", body="Kept <words>", audience="only_me")
    assert answer.status_code == 422
    assert "Kept &lt;words&gt;" in answer.text
    assert "Give the entry a title." in answer.text
    elsewhere = post_form(samir, "/journal/new", "/journal", title="x", body="y", audience="space:999")
    assert elsewhere.status_code == 422


def test_a_question_waits_and_is_answered(as_person, world: World, prompt: Prompt) -> None:
    samir = as_person("samir")
    assert "What surprised you today?" in samir.get("/journal").text
    assert "Wat verraste je vandaag?" in as_person("noor").get(f"/journal/new?prompt={prompt.id}").text
    answer = post_form(
        samir, f"/journal/new?prompt={prompt.id}", "/journal", title="Day 1", body="A lot.", prompt=prompt.id
    )
    assert "What surprised you today?" in samir.get(answer.location).text
    assert "What surprised you today?" not in samir.get("/journal").text
    assert as_person("dev").get(f"/journal/new?prompt={prompt.id}").status_code == 404


def test_wider_is_asked_about_and_narrower_works_at_once(as_person, world: World, entry: Entry) -> None:
    samir, anna = as_person("samir"), as_person("anna")
    team = world.space_ids["noorderlicht"]
    asked = _share(samir, entry, audience=f"coach:{team}")
    assert asked.status_code == 200
    assert "Share with 1 person" in asked.text
    assert anna.get(f"/journal/{entry.id}").status_code == 404
    done = _share(samir, entry, audience=f"coach:{team}", sure="yes")
    assert done.status_code == 303
    page = anna.get(f"/journal/{entry.id}").text
    assert "count" in page
    assert BAR not in page
    assert "Day 1" in anna.get("/journal/shared").text
    assert _share(samir, entry, audience="only_me").status_code == 303
    assert anna.get(f"/journal/{entry.id}").status_code == 404
    assert "Day 1" not in anna.get("/journal/shared").text


def test_people_are_ticked_or_named(as_person, world: World, entry: Entry) -> None:
    samir = as_person("samir")
    noor, dev = world.person("noor").handle, world.person("dev").handle
    assert noor in samir.get(f"/journal/{entry.id}/share").text
    asked = _share(samir, entry, audience="people", people=noor, others=f"@{dev}")
    assert "Share with 2 people" in asked.text
    assert f'name="people" value="{dev}"' in asked.text
    _share(samir, entry, audience="people", people=[noor, dev], sure="yes")
    assert as_person("dev").get(f"/journal/{entry.id}").status_code == 200
    assert "Noor van der Velden" in samir.get(f"/journal/{entry.id}").text
    assert "Dev Anand" not in as_person("dev").get(f"/journal/{entry.id}").text.split("<main")[1].split("talk")[0]
    for fields in ({"people": []}, {"others": "@nobody-at-all"}):
        answer = _share(samir, entry, audience="people", **fields)
        assert answer.status_code == 422
        assert "people" in answer.text
    assert _share(samir, entry, audience="").status_code == 422


def test_two_windows_and_both_texts_stand_on_the_page(as_person, entry: Entry) -> None:
    samir = as_person("samir")
    edit = f"/journal/{entry.id}?action=edit"
    assert post_form(samir, edit, f"/journal/{entry.id}", title="Day 1", body="Phone.", base=1).status_code == 303
    clash = post_form(samir, edit, f"/journal/{entry.id}", title="Day 1", body="Laptop.", base=1)
    assert clash.status_code == 409
    assert "Phone." in clash.text
    assert re.search(r"<textarea[^>]*>\s*Laptop\.</textarea>", clash.text)
    assert 'name="base" value="2"' in clash.text


def test_the_coach_answers_an_entry_shared_with_her(as_person, world: World, entry: Entry) -> None:
    _share(as_person("samir"), entry, audience=f"coach:{world.space_ids['noorderlicht']}", sure="yes")
    anna = as_person("anna")
    made = post_form(anna, f"/journal/{entry.id}", f"/journal/{entry.id}/comments", body="Wait three seconds longer.")
    assert made.status_code == 303
    assert "Wait three seconds longer." in as_person("samir").get(f"/journal/{entry.id}").text


def test_deleting_asks_first(as_person, entry: Entry) -> None:
    samir = as_person("samir")
    assert "Delete entry" in samir.get(f"/journal/{entry.id}/delete").text
    assert post_form(samir, f"/journal/{entry.id}/delete").location == "/journal"
    assert samir.get(f"/journal/{entry.id}").status_code == 404


@pytest.mark.parametrize("other", ["noor", "anna", "pieter_jan", "rik", "dev", "gus"])
def test_everybody_else_gets_the_same_nothing(as_person, entry: Entry, other: str) -> None:
    stranger = as_person(other)
    nothing = stranger.get("/journal/999999")
    assert nothing.status_code == 404
    token = token_of(stranger.get("/journal").text)
    for address in ("", "?action=edit", "/share", "/delete"):
        answer = stranger.get(f"/journal/{entry.id}{address}")
        assert (answer.status_code, answer.data) == (404, nothing.data), address
    for address in ("", "/share", "/delete", "/comments"):
        data = {"csrf_token": token, "title": "x", "body": "x", "base": "1", "audience": "organisation", "sure": "yes"}
        assert stranger.post(f"/journal/{entry.id}{address}", data=data).status_code == 404, address
    assert "Day 1" not in stranger.get("/journal").text
    assert "Day 1" not in stranger.get("/journal/shared").text


def test_a_reader_of_a_shared_entry_does_not_change_it(as_person, world: World, entry: Entry) -> None:
    _share(as_person("samir"), entry, audience=f"space:{world.space_ids['noorderlicht']}", sure="yes")
    kwame = as_person("kwame")
    assert kwame.get(f"/journal/{entry.id}").status_code == 200
    for address in ("?action=edit", "/share", "/delete"):
        assert kwame.get(f"/journal/{entry.id}{address}").status_code == 403


def test_the_journal_costs_the_same_with_two_entries_or_fifteen(as_person, world: World, entry: Entry) -> None:
    samir = as_person("samir")

    def cost() -> int:
        samir.get("/journal")
        with count_queries() as seen:
            samir.get("/journal")
        return len(seen)

    few = cost()
    for number in range(14):
        write_entry(
            world.actor("samir"), title=f"Day {number}", body="x", audience="space", space=world.space("cohort")
        )
    assert cost() == few
