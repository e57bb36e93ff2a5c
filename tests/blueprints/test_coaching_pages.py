"""Anna's inbox in a browser without scripts: the words in place, the answer in place, and on to the next."""

from __future__ import annotations

import pytest

from community.journal.actions import write_entry
from community.microblog.actions import create_post
from community.wiki.actions import create_page
from tests.conftest import count_queries, post_form, token_of
from tests.world import World


@pytest.fixture
def waiting(world: World) -> list[str]:
    """A post, a page and an entry that wait for Anna, the oldest first."""
    team = world.space("noorderlicht")
    post = create_post(world.actor("joost"), world.space("getij"), body="Is our question too big?")
    page = create_page(world.actor("noor"), team, title="Our reading", body="Nobody is **slow**.")
    entry = write_entry(world.actor("samir"), title="Day 1", body="For you.", audience="coach", space=team)
    return [f"post:{post.id}", f"page:{page.id}", f"entry:{entry.id}"]


def test_anna_reads_and_answers_one_after_the_other(as_person, waiting: list[str]) -> None:
    anna = as_person("anna")
    html = anna.get("/coaching").text
    assert "3 things wait for you" in html
    assert [html.index(f"at={ref}#pane") for ref in waiting] == sorted(html.index(f"at={ref}#pane") for ref in waiting)
    assert "Your answer to Joost Wiersma" in html
    page = anna.get(f"/coaching?at={waiting[1]}").text
    assert "Nobody is <strong>slow</strong>." in page
    for left, ref in ((2, waiting[1]), (1, waiting[0])):
        answer = post_form(anna, f"/coaching?at={ref}", "/coaching", ref=ref, body="How do you know?")
        assert (answer.status_code, answer.location) == (303, "/coaching")
        assert f"{left} thing" in anna.get("/coaching").text
    post_form(anna, "/coaching", ref=waiting[2], body="Thank you.")
    assert "Nothing waits for you." in anna.get("/coaching").text


def test_one_team_alone_and_back_to_it(as_person, waiting: list[str]) -> None:
    anna = as_person("anna")
    html = anna.get("/coaching?space=getij").text
    assert waiting[0] in html
    assert waiting[1] not in html
    answer = post_form(anna, "/coaching?space=getij", ref=waiting[0], body="Make it smaller.")
    assert answer.location == "/coaching?space=getij"


def test_an_empty_answer_comes_back_with_its_sentence(as_person, waiting: list[str]) -> None:
    answer = post_form(as_person("anna"), "/coaching", ref=waiting[1], body=" ")
    assert answer.status_code == 422
    assert "Write something first." in answer.text
    assert "Our reading" in answer.text


@pytest.mark.parametrize("other", ["noor", "pieter_jan", "rik", "dev", "gus"])
def test_who_coaches_nobody_finds_nothing_here(as_person, waiting: list[str], other: str) -> None:
    stranger = as_person(other)
    nothing = stranger.get("/no-such-page")
    answer = stranger.get(f"/coaching?at={waiting[1]}")
    assert (answer.status_code, answer.data) == (404, nothing.data)
    data = {"csrf_token": token_of(stranger.get("/journal").text), "ref": waiting[1], "body": "x"}
    assert stranger.post("/coaching", data=data).status_code == 404


@pytest.mark.parametrize("ref", ["page:999999", "comment:1", "person:1", "nonsense", "page:x", f"page:{10**30}"])
def test_what_is_not_there_is_not_found(as_person, waiting: list[str], ref: str) -> None:
    assert as_person("anna").get(f"/coaching?at={ref}").status_code == 404


def test_a_private_entry_is_not_reached_by_its_number(as_person, world: World, waiting: list[str]) -> None:
    entry = write_entry(world.actor("samir"), title="Mine", body="Mine.")
    anna = as_person("anna")
    assert anna.get(f"/coaching?at=entry:{entry.id}").status_code == 404
    assert post_form(anna, "/coaching", ref=f"entry:{entry.id}", body="x").status_code == 404


def test_the_inbox_costs_the_same_with_three_or_twenty(as_person, world: World, waiting: list[str]) -> None:
    anna = as_person("anna")

    def cost() -> int:
        anna.get("/coaching")
        with count_queries() as seen:
            anna.get("/coaching")
        return len(seen)

    few = cost()
    for number in range(17):
        create_page(world.actor("noor"), world.space("noorderlicht"), title=f"Page {number}", body="x")
    assert cost() == few
