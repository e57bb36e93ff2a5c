"""Anna's inbox and a team's questions in a browser without scripts: the words in place, the answer in place, and on to the next."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from community.clock import now
from community.coaching import actions
from community.coaching.models import Ask, CoachTerms
from community.comments.actions import create_comment
from community.comments.anchors import Selector
from community.extensions import db
from community.journal.actions import write_entry
from community.microblog.actions import create_post
from community.spaces.actions import add_member
from community.wiki.actions import create_page
from tests.conftest import count_queries, post_form, token_of
from tests.world import World

PART = {"X-Fragment": "1"}


@pytest.fixture
def waiting(world: World, catch_up) -> list[str]:
    """An ask, a reply in her thread and an entry that wait for Anna, the oldest first."""
    team = world.space("noorderlicht")
    ask = actions.ask_coach(world.actor("joost"), world.space("getij"), body="Is our question too **big**?")
    page = create_page(world.actor("noor"), team, title="Our reading", body="Nobody is slow.")
    thread = create_comment(world.actor("anna"), page, body="How do you know?", purpose="question")
    create_comment(world.actor("samir"), page, body="We counted nine.", reply_to=thread)
    entry = write_entry(world.actor("samir"), title="Day 1", body="For you.", audience="coach", space=team)
    refs = [f"ask:{ask.id}", f"comment:{thread.id}", f"entry:{entry.id}"]
    catch_up()
    return refs


def test_anna_reads_and_answers_one_after_the_other(as_person, waiting: list[str]) -> None:
    anna = as_person("anna")
    html = anna.get("/coaching").text
    assert "3 things wait for you." in html
    places = [html.index(f"at={ref}#pane") for ref in waiting]
    assert places == sorted(places)
    assert "Your answer to Joost Wiersma" in html
    assert "Is our question too <strong>big</strong>?" in html
    page = anna.get(f"/coaching?at={waiting[1]}").text
    assert "How do you know?" in page
    assert "We counted nine." in page
    assert 'href="/spaces/noorderlicht/wiki/our-reading#comment-' in page
    for left, ref in ((2, waiting[1]), (1, waiting[0])):
        answer = post_form(anna, f"/coaching?at={ref}", "/coaching", ref=ref, body="Show me both.")
        assert (answer.status_code, answer.location) == (303, "/coaching")
        assert f"{left} thing" in anna.get("/coaching").text
    answer = post_form(anna, "/coaching?space=noorderlicht", ref=waiting[2], body="Thank you.")
    assert answer.location == "/coaching?space=noorderlicht"
    assert "Nothing waits for you." in anna.get("/coaching").text
    assert waiting[0] in anna.get("/coaching?tab=done").text


def test_she_puts_off_is_done_and_brings_back(as_person, waiting: list[str]) -> None:
    anna = as_person("anna")

    def mark(do: str, ref: str, **more: str) -> int:
        return post_form(anna, f"/coaching?at={ref}", "/coaching/marks", ref=ref, do=do, **more).status_code

    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    assert mark("snooze", waiting[0], until=tomorrow) == 303
    assert waiting[0] not in anna.get("/coaching").text
    assert waiting[0] in anna.get("/coaching?tab=snoozed").text
    assert mark("snooze", waiting[1], until="2001-01-01") == 422
    assert mark("snooze:monday", waiting[1]) == 303
    assert mark("done", waiting[2]) == 303
    assert "Nothing waits for you." in anna.get("/coaching").text
    assert mark("back", waiting[2]) == 303
    assert mark("take", waiting[2]) == 404
    assert mark("take", waiting[0]) == 303
    assert "Anna de Wit-Okonkwo is on it" in as_person("thandiwe").get("/spaces/getij/coach").text
    assert mark("nonsense", waiting[0]) == 404
    for query in (
        "?kind=request",
        "?kind=shared&age=later&space=noorderlicht",
        "?tab=new&kind=page",
        "?tab=nonsense&age=x",
    ):
        assert anna.get(f"/coaching{query}").status_code == 200


def test_our_own_module_gets_the_part_alone(as_person, waiting: list[str]) -> None:
    anna = as_person("anna")
    part = anna.get(f"/coaching?at={waiting[1]}", headers=PART).text
    assert part.lstrip().startswith("<article")
    token = token_of(anna.get("/coaching").text)
    data = {"csrf_token": token, "ref": waiting[0], "body": "Smaller."}
    went = anna.post("/coaching", data=data, headers=PART).text
    assert 'data-undo="unsay:' in went
    assert "Sent to Team Getij." in went
    assert "2 things wait for you." in went
    undo = went.split('data-undo="')[1].split('"')[0]
    data = {"csrf_token": token, "ref": waiting[0], "do": undo}
    assert "It waits again." in anna.post("/coaching/marks", data=data, headers=PART).text
    assert "3 things wait for you." in anna.get("/coaching").text
    empty = anna.post("/coaching", data={"csrf_token": token, "ref": waiting[1], "body": " "}, headers=PART)
    assert empty.status_code == 422
    assert "Write something first." in empty.text
    whole = post_form(anna, "/coaching", ref=waiting[1], body=" ")
    assert whole.status_code == 422
    assert "We counted nine." in whole.text


def test_she_holds_and_releases_together(as_person, world: World, waiting: list[str]) -> None:
    anna, samir = as_person("anna"), as_person("samir")
    page = "/spaces/noorderlicht/wiki/our-reading"
    post_form(anna, "/coaching", ref=waiting[1], body="Nine is a number.", do="hold")
    post_form(anna, "/coaching", ref=waiting[0], body="Make it smaller.", do="hold")
    post_form(anna, "/coaching", ref="page:1", body="Praise be.", do="hold", purpose="praise", audience="")
    assert "Release 3 held comments" in anna.get("/coaching").text
    assert "3 things wait for you." in anna.get("/coaching").text
    assert "Nine is a number." not in samir.get(page).text
    assert "Held: only you can read this" in anna.get(f"/coaching?at={waiting[1]}").text
    html = anna.get("/coaching/held").text
    ids = re.findall(r'name="comment" value="(\d+)"', html)
    assert len(ids) == 3
    assert post_form(anna, "/coaching/held", comment=[]).status_code == 422
    assert post_form(anna, "/coaching/held", comment=ids).location == "/coaching"
    assert "1 thing waits for you." in anna.get("/coaching").text
    assert "Nine is a number." in samir.get(page).text
    back = re.findall(r'name="back" value="(\d+)"', anna.get("/coaching/held").text)
    assert sorted(back) == sorted(ids)
    assert post_form(anna, "/coaching/held", back=ids[0]).status_code == 303
    assert "Release 1 held comment" in anna.get("/coaching").text
    assert "2 things wait for you." in anna.get("/coaching").text
    assert samir.post("/coaching/held", data={"csrf_token": token_of(samir.get("/journal").text)}).status_code == 404


def test_the_words_stand_in_their_sentence(as_person, world: World, catch_up) -> None:
    team = world.space("noorderlicht")
    text = "Nobody is slow. The question travels: eleven hand-overs, three of them for a form. Then it rests."
    page = create_page(world.actor("noor"), team, title="Our reading", body=text)
    chosen = Selector(exact="eleven hand-overs", prefix="travels: ", suffix=", three")
    thread = create_comment(world.actor("anna"), page, body="How do you know?", purpose="must_answer", anchor=chosen)
    create_comment(world.actor("samir"), page, body="We counted.", reply_to=thread)
    ref = f"comment:{thread.id}"
    catch_up()
    html = as_person("anna").get(f"/coaching?at={ref}").text
    assert "The question travels: <mark>eleven hand-overs</mark>, three of them for a form. </p>" in html
    assert "“eleven hand-overs”" in html
    assert "Must answer, answered" in html


def test_a_team_asks_sees_who_is_on_it_and_closes(as_person, world: World, catch_up) -> None:
    samir, anna = as_person("samir"), as_person("anna")
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Our reading", body="Nobody is slow.")
    about = f"/spaces/noorderlicht/coach?about=page:{page.id}"
    assert "Our reading" in samir.get(about).text
    wrong = post_form(
        samir, about, "/spaces/noorderlicht/coach", about=f"page:{page.id}", body="Too big?", wanted_by="x"
    )
    assert wrong.status_code == 422
    assert "Too big?" in wrong.text
    made = post_form(samir, about, "/spaces/noorderlicht/coach", about=f"page:{page.id}", body="Too big?", wanted_by="")
    url = made.location
    assert "Waits for a coach" in samir.get(url).text
    catch_up()
    assert "Question to coaches" in samir.get("/search?q=big").text
    assert "Too big?" in samir.get("/search?q=big&kind=ask").text
    assert "Too big?" not in as_person("dev").get("/search?q=big").text
    post_form(anna, url, f"{url}/state", do="take")
    assert "Anna de Wit-Okonkwo is on it" in samir.get(url).text
    post_form(anna, url, f"{url}/comments", body="Make it smaller.")
    assert "Anna de Wit-Okonkwo answered" in samir.get(url).text
    assert "Make it smaller." in samir.get(url, headers=PART).text
    post_form(samir, url, f"{url}/comments", body="How?")
    assert "1 thing waits for you." in anna.get("/coaching").text
    post_form(samir, url, f"{url}/state", do="close")
    assert "Nothing waits for you." in anna.get("/coaching").text
    assert post_form(samir, url, f"{url}/delete").location == "/spaces/noorderlicht/coach"
    assert samir.get(url).status_code == 404
    for ref in ("person:1", "nonsense", "page:999999", f"page:{10**30}"):
        assert samir.get(f"/spaces/noorderlicht/coach?about={ref}").status_code == 404
    for other in ("joost", "dev", "rik", "gus"):
        assert as_person(other).get("/spaces/noorderlicht/coach").status_code == 404
    assert "What do you want to ask?" not in anna.get("/spaces/noorderlicht/coach").text


def test_what_was_asked_about_a_thing_stands_at_the_thing(as_person, world: World, catch_up) -> None:
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Asked about", body="Words.")
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Asked about too.")
    address = "/spaces/noorderlicht/wiki/asked-about"
    samir = as_person("samir")
    assert "Is it enough" not in samir.get(address).text
    with count_queries() as before:
        samir.get(address)
    ask = actions.ask_coach(
        world.actor("kwame"), world.space("noorderlicht"), body="Is it enough for the mid review?", about=page
    )
    actions.ask_coach(world.actor("kwame"), world.space("noorderlicht"), body="And what of this?", about=post)
    html = samir.get(address).text.split('class="asked')[1].split("</ul>")[0]
    assert f"/spaces/noorderlicht/coach/{ask.id}" in html and "Waits for a coach" in html
    assert "And what of this?" in samir.get(f"/spaces/noorderlicht/posts/{post.id}").text
    create_comment(world.actor("anna"), ask, body="Nearly.")
    catch_up()
    html = samir.get(address).text.split('class="asked')[1].split("</ul>")[0]
    assert "Anna de Wit-Okonkwo answered" in html
    with count_queries() as after:
        samir.get(address)
    assert len(after) <= len(before) + 1


def test_those_who_run_it_agree_and_let_somebody_stand_in(as_person, world: World, waiting: list[str]) -> None:
    pieter, anna = as_person("pieter_jan"), as_person("anna")
    add_member(world.actor("pieter_jan"), world.space("getij"), world.person("mei_lin"), role="coach")
    address = "/spaces/cohort-14/coaching"
    html = pieter.get(address).text
    assert "Is our question" not in html
    assert "For you." not in html
    for field, value in (("response_days", "40"), ("response_days", "two"), ("holidays", "soon")):
        fields = {"response_days": "2", "holidays": "", "guide": "", field: value}
        assert post_form(pieter, address, **fields).status_code == 422
    assert (
        post_form(pieter, address, response_days="2", holidays="2026-12-25\n", guide="Be **clear**.").status_code == 303
    )
    assert db.session.query(CoachTerms).one().holidays == ["2026-12-25"]
    html = anna.get("/coaching").text
    assert "You agreed to answer within 2 working days" in html
    assert "Be <strong>clear</strong>." in html
    assert "2 days left" in html
    assert "Coaches answer within 2 working days." in as_person("thandiwe").get("/spaces/getij/coach").text

    def hand(who, path: str, **fields: str) -> int:
        data = {"csrf_token": token_of(who.get(path).text), "until": "", **fields}
        return who.post(path, data=data).status_code

    ids = {name: str(world.person(name).id) for name in ("anna", "mei_lin", "noor")}
    assert hand(pieter, address, whose=ids["noor"], to=ids["anna"]) == 422
    assert hand(pieter, address, whose=ids["anna"], to=ids["mei_lin"]) == 303
    assert "handed over by Anna de Wit-Okonkwo to Mei-Lin Baas" in anna.get("/coaching/hand-over").text
    handover = pieter.get(address).text.split("/coaching/hand-over/")[1].split("/")[0]
    assert as_person("noor").post(f"/coaching/hand-over/{handover}/end").status_code in (400, 404)
    ended = post_form(pieter, address, f"/coaching/hand-over/{handover}/end", space="cohort-14")
    assert ended.location == address
    assert hand(anna, "/coaching/hand-over", space="getij", to=ids["mei_lin"]) == 303
    assert hand(anna, "/coaching/hand-over", space="", to=ids["mei_lin"]) == 422
    for other, status in (("anna", 403), ("noor", 403), ("dev", 404), ("gus", 404)):
        assert as_person(other).get(address).status_code == status


@pytest.mark.parametrize("other", ["noor", "pieter_jan", "rik", "dev", "gus"])
def test_who_coaches_nobody_finds_nothing_here(as_person, waiting: list[str], other: str) -> None:
    stranger = as_person(other)
    nothing = stranger.get("/no-such-page")
    for path in (f"/coaching?at={waiting[1]}", "/coaching/keys", "/coaching/hand-over"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.data) == (404, nothing.data)
    data = {"csrf_token": token_of(stranger.get("/journal").text), "ref": waiting[0], "body": "x", "do": "done"}
    for path in ("/coaching", "/coaching/marks", "/coaching/hand-over"):
        assert stranger.post(path, data=data).status_code == 404


@pytest.mark.parametrize("ref", ["page:999999", "comment:1", "person:1", "nonsense", "page:x", f"page:{10**30}"])
def test_what_is_not_there_is_not_found(as_person, ref: str) -> None:
    assert as_person("anna").get(f"/coaching?at={ref}").status_code == 404


def test_a_private_entry_is_not_reached_by_its_number(as_person, world: World, waiting: list[str]) -> None:
    entry = write_entry(world.actor("samir"), title="Mine", body="Mine.")
    anna = as_person("anna")
    assert anna.get(f"/coaching?at=entry:{entry.id}").status_code == 404
    assert post_form(anna, "/coaching", ref=f"entry:{entry.id}", body="x").status_code == 404


def test_the_inbox_costs_the_same_with_three_or_twenty(as_person, world: World, waiting: list[str]) -> None:
    anna = as_person("anna")

    def cost(path: str) -> int:
        anna.get(path)
        with count_queries() as seen:
            assert anna.get(path).status_code == 200
        return len(seen)

    paths = ("/coaching", "/coaching?tab=new", "/coaching?tab=others", "/spaces/noorderlicht/coach")
    few = [cost(path) for path in paths]
    for number in range(17):
        actions.ask_coach(world.actor("noor"), world.space("noorderlicht"), body=f"Question {number}")
        create_page(world.actor("noor"), world.space("noorderlicht"), title=f"Page {number}", body="x")
    assert all(now_ <= before for now_, before in zip([cost(path) for path in paths], few, strict=True))
    assert max(few) <= 38
    assert db.session.query(Ask).count() == 18
