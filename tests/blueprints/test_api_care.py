"""Looking after pages by a program: what the pages can do, with the same refusals."""

from __future__ import annotations

import pytest

from community.comments.actions import create_comment
from community.comments.models import Comment
from community.errors import Conflict
from community.extensions import db
from community.journal.actions import write_entry
from community.microblog.actions import create_post
from community.wiki.actions import create_page
from community.wiki.queries import page_for
from community.wiki.review import approve_page, offer_page
from tests.blueprints.api_callers import program_of
from tests.conftest import post_form


def beside(what):
    return f"/spaces/noorderlicht/wiki-{what}/antwoord"


@pytest.fixture
def page(world):
    return create_page(world.actor("noor"), world.space("noorderlicht"), title="Antwoord", body="Eerste woorden.")


def test_a_program_reviews_asks_and_reads(app, world, page):
    samir, anna, ingrid, joost = (
        program_of(world, app.test_client, name) for name in ("samir", "anna", "ingrid", "joost")
    )
    assert samir.get(beside("care")).json["state"] == ""
    assert samir.post(beside("care"), {"step": "offer", "revision": 1}).json["state"] == "ready"
    assert samir.post(beside("care"), {"step": "approve", "revision": 1}).status_code == 403
    assert anna.post(beside("care"), {"step": "return", "revision": 1}).status_code == 422
    said = anna.post(beside("care"), {"step": "return", "revision": 1, "reason": "Voor wie?"}).json
    assert [(one["verdict"], one["reason"]) for one in said["reviews"]] == [("returned", "Voor wie?"), ("ready", "")]
    assert anna.post(beside("care"), {"step": "approve", "revision": 2}).status_code == 409
    assert anna.post(beside("care"), {"step": "approve", "revision": 1}).json["approved_revision"] == 1
    assert samir.post(beside("care"), {"step": "owner", "owner": "nobody"}).status_code == 422
    owned = samir.post(beside("care"), {"step": "owner", "owner": "samir.el-idrissi", "review_by": "2027-03-01"}).json
    assert (owned["owner"]["handle"], owned["review_by"]) == ("samir.el-idrissi", "2027-03-01")
    assert samir.post(beside("care"), {"step": "ask"}).json["reading"]["of"] == 7
    assert ingrid.put(beside("read"), {"revision": 9}).status_code == 422
    told = ingrid.put(beside("read"), {"revision": 1}).json["reading"]
    assert (told["count"], told["mine"], told["have"]) == (1, True, None)
    assert [one["handle"] for one in samir.get(beside("care")).json["reading"]["have"]] == ["ingrid.solheim"]
    assert samir.put(beside("favourite")).status_code == 204
    assert samir.get(beside("care")).json["favourite"] is True
    assert samir.delete(beside("favourite")).status_code == 204
    assert {joost.get(beside("care")).status_code, joost.put(beside("favourite")).status_code} == {404}
    assert joost.get(beside("readers")).status_code == 404
    rules = {one["why"]: one for one in ingrid.get(beside("readers")).json["items"]}
    assert [one["handle"] for one in rules["coach"]["people"]] == ["anna.de-wit-okonkwo"]
    assert set(rules) == {"author", "owner", "coach", "member", "guest"}


def test_a_space_says_whether_it_shows_approved_words_alone(app, world, page):
    staff, ingrid = (program_of(world, app.test_client, name) for name in ("pieter_jan", "ingrid"))
    known = staff.get("/spaces/noorderlicht")
    assert known.json["shows_approved"] is False
    assert ingrid.patch("/spaces/noorderlicht", {"shows_approved": True}).status_code == 403
    state = {"If-Match": known.headers["ETag"]}
    assert staff.patch("/spaces/noorderlicht", {"shows_approved": True}, headers=state).json["shows_approved"] is True
    assert staff.patch("/spaces/noorderlicht", {"shows_approved": False}, headers=state).status_code == 412
    assert ingrid.get("/spaces/noorderlicht/wiki/antwoord").status_code == 404


def test_what_must_be_answered_blocks_the_review_by_action_page_and_call(app, world, as_person, page):
    said = create_comment(world.actor("anna"), page, body="Voor wie?", purpose="must_answer")

    def stands(name):
        return page_for(world.actor(name), world.space("noorderlicht"), "antwoord")

    assert stands("samir").open_musts == 1
    for step, name in ((offer_page, "samir"), (approve_page, "anna")):
        with pytest.raises(Conflict):
            step(world.actor(name), stands(name), revision=1)
    care, samir = "/spaces/noorderlicht/wiki-care/antwoord", as_person("samir")
    refused = post_form(samir, care, step="offer", revision=1)
    assert refused.status_code == 409 and "Answer what must be answered first: 1 open." in refused.text
    assert "1 comment must be answered first." in samir.get(care).text
    assert "1 answer needed" in samir.get("/spaces/noorderlicht/wiki/antwoord").text
    program = program_of(world, app.test_client, "samir")
    assert program.get(beside("care")).json["answers_needed"] == 1
    assert program.post(beside("care"), {"step": "offer", "revision": 1}).status_code == 409
    assert program.get(beside("care")).json["state"] == ""
    create_comment(
        world.actor("samir"), stands("samir"), body="Voor de klant.", reply_to=db.session.get(Comment, said.id)
    )
    assert program.get(beside("care")).json["answers_needed"] == 0
    assert program.post(beside("care"), {"step": "offer", "revision": 1}).json["state"] == "ready"


def test_a_program_asks_who_can_see_a_post_and_an_entry(app, world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    post = create_post(noor, team, body="Voor de coach.", audience="coach").id
    named = [world.person_ids[name] for name in ("dev", "gus")]
    entry = write_entry(noor, title="T", body="B", audience="people", people=named).id
    programs = {name: program_of(world, app.test_client, name) for name in ("noor", "anna", "samir", "dev", "joost")}

    def told(name, at):
        answer = programs[name].get(f"{at}/readers")
        if answer.status_code != 200:
            return answer.status_code
        return {
            one["why"]: one["count"] if one["people"] is None else sorted(who["handle"] for who in one["people"])
            for one in answer.json["items"]
        }

    seen = {"author": ["noor.van-der-velden"], "coach": ["anna.de-wit-okonkwo"]}
    assert told("noor", f"/posts/{post}") == told("anna", f"/posts/{post}") == seen
    assert told("samir", f"/posts/{post}") == told("joost", f"/posts/{post}") == 404
    mine = {"author": ["noor.van-der-velden"], "named": ["dev.anand", "gus.okafor"]}
    assert told("noor", f"/journal/{entry}") == mine and told("dev", f"/journal/{entry}") == mine | {"named": 2}
    assert told("anna", f"/journal/{entry}") == told("noor", "/journal/987654") == 404
    for bad in ("0", "-1", "1.0", "9" * 30, "x"):
        assert programs["noor"].get(f"/posts/{bad}/readers").status_code == 404
