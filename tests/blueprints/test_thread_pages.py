"""Comments on words in a browser without scripts and for programs: made, read beside the words, moved, and for nobody else."""

from __future__ import annotations

import re

import pytest

from community.comments.actions import create_comment, resolve_thread
from community.comments.anchors import Selector
from community.extensions import db
from community.journal.actions import write_entry
from community.kinds import ref_of
from community.microblog.actions import create_post
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from tests.blueprints.api_callers import program_of
from tests.conftest import count_queries, post_form
from tests.world import World

PAGE = "/spaces/noorderlicht/wiki/our-reading"
WORDS = (
    "We read customer as **everyone who calls**.\n\nThe question travels: eleven hand-overs before the first answer."
)


@pytest.fixture
def page(world: World) -> int:
    made = create_page(world.actor("kwame"), world.space("noorderlicht"), title="Our reading", body=WORDS)
    return made.id


def thread(world: World, page: int, words: str = "everyone who calls", who: str = "anna", **more):
    found = db.session.get_one(Page, page)
    return create_comment(world.actor(who), found, body=more.pop("body", "Who else?"), anchor=Selector(words), **more)


def send(browser, **fields):
    return post_form(browser, PAGE, f"{PAGE}/comments", words="1", **fields)


def test_anna_pastes_words_asks_and_the_team_answers_without_scripts(as_person, world, page) -> None:
    anna, samir = as_person("anna"), as_person("samir")
    assert "Comment on words" in anna.get(PAGE).text
    answer = send(anna, quote="everyone  who\r\ncalls", body="Who **else**?", purpose="must_answer")
    assert answer.status_code == 303
    number = int(answer.location.split("#comment-")[1])
    html = samir.get(PAGE).text
    mark = f'<strong><mark class="anchor must" id="a{number}" data-for="{number}"><a href="#comment-{number}">everyone who calls'
    assert f'{mark}<span class="vh">, comment 1, must be answered</span></a></mark></strong>' in html
    assert f'id="comment-{number}" data-at="a{number}"' in html and "Who <strong>else</strong>?" in html
    assert f'href="#a{number}">Back to the words</a>' in html and "Resolve<" not in html
    form = samir.get(f"{PAGE}?reply={number}").text
    assert f'name="reply_to" value="{number}"' in form
    refused = post_form(samir, PAGE, f"{PAGE}/comments", reply_to=number, body=" ")
    assert refused.status_code == 422 and f'id="answer-{number}-error"' in refused.text
    assert post_form(samir, PAGE, f"{PAGE}/comments", reply_to=number, body="The branches").status_code == 303
    html = samir.get(PAGE).text
    assert "Answered" in html and "The branches" in html and "comment 1, must be answered, answered" in html
    assert post_form(samir, PAGE, f"/comments/{number}/resolve").location.endswith(f"#comment-{number}")
    html = samir.get(PAGE).text
    assert '<mark class="anchor done"' in html and f'<details class="mnote" id="comment-{number}"' in html
    assert post_form(anna, PAGE, f"/comments/{number}/reopen").status_code == 303
    assert "Opened again" in samir.get(PAGE).text
    post_form(anna, PAGE, f"/comments/{number}/delete")
    html = samir.get(PAGE).text
    assert (
        "Removed by the author." in html
        and "The branches" in html
        and "<mark" not in html
        and "Who <strong>" not in html
    )


def test_a_narrow_window_is_told_how_many_comments_stand_below_and_how_many_beside(as_person, world, page) -> None:
    samir = as_person("samir")
    bar = 'class="row g2 narrow-bar"'

    def said() -> str:
        return re.sub(r"<[^>]+>", " ", samir.get(PAGE).text.split(bar)[1].split("</div>")[0])

    thread(world, page)
    assert (
        "1 comment on words" in said() and re.search(r"\d comments? ", said().replace("1 comment on words", "")) is None
    )
    first = create_comment(world.actor("anna"), db.session.get_one(Page, page), body="Shorter, and it says more.")
    create_comment(world.actor("noor"), db.session.get_one(Page, page), body="Thank you.", reply_to=first)
    assert "1 comment on words" in said() and "2 comments " in said()
    assert samir.get(PAGE).text.count('id="comments"') == 1


def test_who_sees_some_threads_is_told_so_first_and_no_wrong_count(as_person, world, page, monkeypatch) -> None:
    monkeypatch.setattr("blueprints.margin.SHOWN", 1)
    thread(world, page)
    thread(world, page, words="eleven hand-overs")
    html = as_person("samir").get(PAGE).text
    assert html.index("comments=all#margin") < html.index('id="notes"')
    assert "Open 1" not in html and "Resolved 0" not in html
    html = as_person("samir").get(f"{PAGE}?comments=all").text
    assert "Open 2" in html and "Resolved 0" in html


def test_what_is_refused_comes_back_in_its_form(as_person, page) -> None:
    noor = as_person("noor")
    for field, fields in (
        ("w-quote", {"quote": "words that stand nowhere", "body": "Kept <words>"}),
        ("w-body", {"quote": "eleven hand-overs", "body": " "}),
        ("w-replacement", {"quote": "eleven", "body": "Kept <words>", "purpose": "question", "replacement": "ten"}),
    ):
        answer = send(noor, **fields)
        assert answer.status_code == 422, field
        assert f'id="{field}-error"' in answer.text, field
        assert '<details class="mnew" id="words" open>' in answer.text
        assert (fields["body"].strip() == "") or "Kept &lt;words&gt;" in answer.text.split('id="words"')[1]


def test_words_that_are_gone_keep_their_comment_and_are_placed_again(as_person, world, page, catch_up) -> None:
    number = thread(world, page, "eleven hand-overs").id
    edit_page(world.actor("noor"), db.session.get_one(Page, page), body="It takes a long time.", base=1)
    for caught_up in (False, True):
        if caught_up:
            catch_up()
        html = as_person("samir").get(PAGE).text
        assert "Text changed, comment kept" in html and "<del>eleven hand-overs</del>" in html
        assert f"{PAGE}?rev=1" in html and f'id="a{number}"' not in html
    samir = as_person("samir")
    form = samir.get(f"{PAGE}?place={number}").text
    assert f'action="/comments/{number}/place"' in form and "Place here" in form
    assert "Place here" not in as_person("ingrid").get(f"{PAGE}?place={number}").text
    post_form(samir, PAGE, f"/comments/{number}/place", quote="no such words")
    assert "stand nowhere" in samir.get(PAGE).text
    post_form(samir, PAGE, f"/comments/{number}/place", quote="a long time")
    html = samir.get(PAGE).text
    assert f'id="a{number}"' in html and "Text changed" not in html


def test_kwame_puts_in_what_fatma_suggests(as_person, world, page) -> None:
    number = thread(world, page, "eleven", "fatma", purpose="suggestion", replacement="twelve").id
    assert "Put it in" not in as_person("ingrid").get(PAGE).text
    kwame = as_person("kwame")
    assert "<del>eleven</del>" in kwame.get(PAGE).text
    assert post_form(kwame, PAGE, f"/comments/{number}/apply").status_code == 303
    html = kwame.get(PAGE).text
    assert "twelve hand-overs" in html and "Revision 2" in html
    other = thread(world, page, "We read customer as everyone", "fatma", purpose="suggestion", replacement="We read").id
    post_form(kwame, PAGE, f"/comments/{other}/apply")
    assert "by hand" in kwame.get(PAGE).text


def test_words_can_be_suggested_to_go_and_a_suggestion_is_changed_on_its_page(as_person, world, page) -> None:
    fatma, kwame = as_person("fatma"), as_person("kwame")
    field = {"quote": "eleven", "body": "Do we know?", "purpose": "suggestion"}
    both = send(fatma, **field, replacement="twelve", takes_out="1")
    assert both.status_code == 422 and "Zet er andere woorden neer, of haal ze weg; niet allebei." in both.text
    at = send(fatma, **field, takes_out="1").location
    number = int(at.rpartition("-")[2])
    assert "Take out:" in kwame.get(PAGE).text
    edit = f"/comments/{number}/edit"
    html = fatma.get(edit).text
    assert "<del>eleven</del>" in html and 'name="takes_out" value="1" checked' in html
    refused = post_form(fatma, edit, edit, body="Do we know?", replacement="ten", takes_out="1")
    assert refused.status_code == 422 and ">\nten</textarea>" in refused.text
    post_form(fatma, edit, edit, body="Do we know?", replacement="ten")
    assert "<ins>ten</ins>" in kwame.get(PAGE).text
    post_form(fatma, edit, edit, body="Do we know?", replacement="", takes_out="1")
    assert "Take the words out" in kwame.get(PAGE).text
    post_form(kwame, PAGE, f"/comments/{number}/apply")
    html = kwame.get(PAGE).text
    assert "The question travels: hand-overs before" in html and "Revision 2" in html
    assert 'name="replacement"' not in fatma.get(f"/comments/{thread(world, page, who='fatma').id}/edit").text


def test_what_is_held_or_for_a_few_is_on_nobody_elses_page(as_person, world, page) -> None:
    anna = as_person("anna")
    send(anna, quote="travels", body="The first of all", held="1")
    assert "The first of all" in anna.get(PAGE).text and "The first of all" not in as_person("samir").get(PAGE).text
    first = re.findall(r'name="id" value="(\d+)"', anna.get(PAGE).text)
    post_form(anna, PAGE, f"/comments/{first[0]}/delete")
    thread(world, page, "customer")  # what all read
    send(anna, quote="eleven hand-overs", body="zonnewijzer one", purpose="praise", held="1")
    send(anna, quote="first answer", body="zonnewijzer two", audience="coaches")
    send(anna, quote="everyone who calls", body="zonnewijzer three", audience="author")
    html = anna.get(PAGE).text
    assert html.count("zonnewijzer") >= 3 and "Held: only you see it" in html and "Coaches only" in html
    plain = [as_person(name).get(PAGE).text for name in ("samir", "fatma", "ingrid", "pieter_jan")]
    for seen in plain:
        assert "zonnewijzer" not in seen and seen.count("<mark") == 1 and '<span class="count">1</span>' in seen
    kwame = as_person("kwame").get(PAGE).text
    assert kwame.count("<mark") == 2 and "zonnewijzer three" in kwame and "Only Kwame Mensah" in kwame
    for name in ("samir", "kwame"):
        fragment = as_person(name).get(f"{PAGE}?part=margin", headers={"X-Fragment": "1"}).text
        assert "zonnewijzer one" not in fragment and "zonnewijzer two" not in fragment
    held = re.findall(r'name="id" value="(\d+)"', html)
    assert len(held) == 1
    assert post_form(anna, PAGE, "/comments/release", id=held[0]).status_code == 303
    assert "zonnewijzer one" in as_person("samir").get(PAGE).text
    assert post_form(anna, PAGE, f"/comments/{held[0]}/hold").status_code == 303
    assert "zonnewijzer one" not in as_person("samir").get(PAGE).text
    assert as_person("samir").get(f"/comments/{held[0]}/hold").status_code == 404
    assert "Take this comment back?" not in anna.get(f"/comments/{held[0]}/hold").text
    assert post_form(anna, PAGE, f"/comments/{held[0]}/release").status_code == 303
    assert "Take this comment back?" in anna.get(f"/comments/{held[0]}/hold").text


def test_posts_and_entries_show_the_words_with_the_comment_and_the_marks_above(as_person, world) -> None:
    noor, space = world.actor("noor"), world.space("noorderlicht")
    post = create_post(noor, space, body=WORDS)
    entry = write_entry(noor, title="Entry", body=WORDS, audience="space", space=space)
    samir = as_person("samir")
    for path, back in ((f"/spaces/noorderlicht/posts/{post.id}", "/comments"), (f"/journal/{entry.id}", "/comments")):
        assert 'data-text="' in samir.get(path).text
        answer = post_form(
            samir, path, f"{path}{back}", words="1", quote="eleven hand-overs", body="Kept?", purpose="question"
        )
        assert answer.status_code == 303, path
        html = samir.get(path).text
        number = answer.location.split("#comment-")[1]
        assert (
            f'id="a{number}"' in html and f'<a href="#a{number}">eleven hand-overs</a>' in html and "Question" in html
        )
        refused = post_form(samir, path, f"{path}{back}", words="1", quote="nowhere", body="Kept words")
        assert refused.status_code == 422 and refused.text.count("Kept words") == 1


def test_marks_of_posts_and_entries_are_given_alone_to_who_has_the_page_open(as_person, world) -> None:
    team = world.space("noorderlicht")
    post = create_post(world.actor("noor"), team, body="Nobody is slow.")
    entry = write_entry(world.actor("noor"), title="Day 1", body="Nobody is slow.", audience="space", space=team)
    for thing, url in ((post, f"/spaces/noorderlicht/posts/{post.id}"), (entry, f"/journal/{entry.id}")):
        samir = as_person("samir")
        html = samir.get(url).text
        assert f'data-src="{url}?part=words"' in html and f'data-room="{ref_of(thing)}"' in html
        made = create_comment(world.actor("anna"), thing, body="Who?", anchor=Selector("Nobody"))
        part = samir.get(f"{url}?part=words", headers={"X-Fragment": "1"}).text
        assert f'id="a{made.id}"' in part and "<main" not in part and "Who?" not in part


def test_a_page_costs_the_same_with_many_threads(as_person, world, page) -> None:
    browser = as_person("samir")
    counts = []
    for many in (2, 100):
        have = db.session.get_one(Page, page).comment_count
        for number in range(have, many):
            made = thread(world, page, "eleven hand-overs", body=f"Note {number}", purpose="question")
            if number % 3 == 0:
                resolve_thread(world.actor("noor"), made)
        browser.get(PAGE)
        with count_queries() as again:
            html = browser.get(PAGE).text
        counts.append(len(again))
    assert counts[0] == counts[1], counts
    assert len(re.findall('class="mnote[ "]', html)) == 80 and "Show 20 more" in html
    whole = browser.get(f"{PAGE}?comments=all").text
    assert len(re.findall('class="mnote[ "]', whole)) == 100


def test_who_may_comment_is_a_setting_of_the_space(as_person, world, page) -> None:
    boss, guest = as_person("pieter_jan"), as_person("ingrid")
    form = boss.get("/spaces/noorderlicht/settings").text
    assert 'name="commenters" value="readers" checked' in form and "Comment on words" in guest.get(PAGE).text
    post_form(
        boss,
        "/spaces/noorderlicht/settings",
        name="Noorderlicht",
        join_policy="invite",
        visibility="members",
        commenters="members",
        tools=["stream", "wiki", "files"],
    )
    html = guest.get(PAGE).text
    assert "Comment on words" not in html and 'id="write"' not in html
    assert send(guest, quote="eleven", body="x").status_code == 403


def test_programs_comment_on_words_as_annotations(app, world, page) -> None:
    anna = program_of(world, app.test_client, "anna", "write")
    samir = program_of(world, app.test_client, "samir", "write")
    path = f"{PAGE}/comments"
    target = {"selector": [{"type": "TextQuoteSelector", "exact": "eleven", "suffix": " hand-overs"}]}
    made = anna.post(path, {"body": "Ten?", "purpose": "suggestion", "target": target, "replacement": "ten"})
    assert made.status_code == 201, made.json
    one = made.json
    assert (one["state"], one["motivation"], one["replacement"]) == ("open", "editing", "ten")
    quote, position = one["target"]["selector"]
    assert (quote["type"], quote["exact"]) == ("TextQuoteSelector", "eleven") and one["target"]["source"] == PAGE
    assert position["end"] - position["start"] == 6 and one["target"]["lost"] is None
    number = one["id"]
    for replacement in (
        "",
        None,
        "ten",
    ):  # take the words out; suggest nothing; these words, also once the comment is changed
        assert (
            anna.patch(f"/comments/{number}", {"body": "Ten?", "replacement": replacement}).json["replacement"]
            == replacement
        )
    assert anna.patch(f"/comments/{number}", {"body": "Ten, or more?"}).json["replacement"] == "ten"
    reply = samir.post(path, {"body": "Yes", "reply_to": number}).json
    assert (reply["state"], reply["motivation"], reply["target"]) == (None, "replying", None)
    assert samir.get(f"/comments/{number}").json["state"] == "answered"
    assert samir.post(f"/comments/{number}/resolve").json["state"] == "resolved"
    assert anna.post(f"/comments/{number}/reopen").json["state"] == "reopened"
    moved = {"target": {"selector": [{"type": "TextQuoteSelector", "exact": "eleven hand-overs"}]}}
    assert samir.put(f"/comments/{number}/target", moved).json["target"]["selector"][0]["exact"] == "eleven hand-overs"
    assert samir.post(f"/comments/{number}/apply").json["state"] == "resolved"
    assert "ten before" in samir.get(PAGE).json["body"]
    held = anna.post(path, {"body": "Later", "held": True}).json
    assert held["held"] is not None and samir.get(f"/comments/{held['id']}").status_code == 404
    assert [item["id"] for item in anna.get("/comments/held").json["items"]] == [held["id"]]
    assert anna.post("/comments/release", {"comments": [held["id"]]}).json["items"][0]["held"] is None
    assert anna.post(f"/comments/{held['id']}/hold").json["held"] is not None
    for given, field in (
        ({"body": "x", "target": {"selector": [{"type": "TextPositionSelector", "start": 0, "end": 2}]}}, "target"),
        ({"body": "x", "target": {"selector": [{"type": "TextQuoteSelector", "exact": "nowhere"}]}}, "quote"),
        ({"body": "x", "purpose": "order"}, "purpose"),
    ):
        answer = anna.post(path, given)
        assert (answer.status_code, answer.json["field"]) == (422, field)
    listed = samir.get(path).json["items"]
    assert [item["id"] for item in listed] == [number, reply["id"]]
