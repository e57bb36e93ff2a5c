"""What the pages can, programs can: questions, polls, praise, drafts, earlier words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from community.clock import frozen, now
from community.jobs.work import run_one
from community.microblog import pace
from tests.blueprints.api_callers import program_of

TEAM = "/spaces/noorderlicht"


@pytest.fixture
def call(app, world):
    """`call("noor")`: a program of hers."""
    return lambda name, scope="write": program_of(world, app.test_client, name, scope)


def test_a_poll(call, world):
    noor, samir = call("noor"), call("samir")
    asked = {"body": "When?", "kind": "poll", "poll": {"options": ["a", "b"], "open": True}}
    post = noor.post(f"{TEAM}/posts", asked).json
    ids = [option["id"] for option in post["poll"]["options"]]
    assert [option["votes"] for option in post["poll"]["options"]] == [None, None]
    voted = samir.put(f"/posts/{post['id']}/vote", {"options": ids[:1]}).json["poll"]
    assert [(o["votes"], o["mine"], len(o["voters"])) for o in voted["options"]] == [(1, True, 1), (0, False, 0)]
    assert noor.get(f"/posts/{post['id']}").json["poll"]["options"][0]["votes"] is None
    assert samir.put(f"/posts/{post['id']}/vote", {"options": ids}).json["field"] == "options"
    assert samir.put(f"/posts/{post['id']}/vote", {"options": []}).json["poll"]["people"] == 0
    assert noor.post(f"{TEAM}/posts", {"body": "When?", "kind": "poll"}).json["field"] == "options"
    assert call("joost").put(f"/posts/{post['id']}/vote", {"options": ids[:1]}).status_code == 404


def test_a_question(call, world):
    noor, samir = call("noor"), call("samir")
    post = noor.post(f"{TEAM}/posts", {"body": "How?", "kind": "question"}).json
    answer = samir.post(f"/posts/{post['id']}/comments", {"body": "So."}).json
    assert samir.put(f"/posts/{post['id']}/answer", {"comment": answer["id"]}).status_code == 403
    assert noor.put(f"/posts/{post['id']}/answer", {"comment": answer["id"]}).json["answer"] == answer["id"]
    assert noor.delete(f"/posts/{post['id']}/answer").status_code == 204
    assert noor.get(f"/posts/{post['id']}").json["answer"] is None


def test_praise(call, world):
    handle = world.person("kwame").handle
    post = call("noor").post(f"{TEAM}/posts", {"body": "Thanks", "kind": "praise", "praised": [handle]}).json
    assert [who["handle"] for who in post["praised"]] == [handle]
    refused = call("noor").post(f"{TEAM}/posts", {"body": "Thanks you", "kind": "praise", "praised": ["nobody.x"]})
    assert (refused.status_code, refused.json["field"]) == (422, "praised")


def test_what_a_post_said_before(call, world):
    noor, samir = call("noor"), call("samir")
    post = noor.post(f"{TEAM}/posts", {"body": "Elven."}).json
    samir.put(f"/posts/{post['id']}/reactions/insight")
    assert noor.patch(f"/posts/{post['id']}", {"body": "Eleven."}).json["edited"] is not None
    states = samir.get(f"/posts/{post['id']}/revisions").json["items"]
    assert [state["body"] for state in states] == ["Elven.", "Eleven."]
    assert call("joost").get(f"/posts/{post['id']}/revisions").status_code == 404


def test_a_post_for_later(call, world):
    noor, samir = call("noor"), call("samir")
    at = (now() + timedelta(hours=1)).isoformat()
    kept = noor.post(f"{TEAM}/drafts", {"body": "Later", "publish": at})
    assert kept.status_code == 201 and kept.json["state"] == "scheduled"
    other = noor.post(f"{TEAM}/drafts", {"body": "Never", "publish": at}).json
    assert [draft["body"] for draft in noor.get("/drafts").json["items"]] == ["Later", "Never"]
    assert samir.get("/drafts").json["items"] == [] and samir.delete(f"/drafts/{other['id']}").status_code == 404
    assert noor.delete(f"/drafts/{other['id']}").status_code == 204
    with frozen(now() + timedelta(hours=2)):
        while run_one():
            pass
    assert [post["body"] for post in samir.get("/feed").json["items"]] == ["Later"]


def test_the_same_words_at_once_are_refused_with_their_field(call, world, monkeypatch):
    monkeypatch.setattr(pace, "SAME_WORDS", timedelta(minutes=1))
    noor = call("noor")
    assert noor.post(f"{TEAM}/posts", {"body": "Again"}).status_code == 201
    refused = noor.post(f"{TEAM}/posts", {"body": "Again"})
    assert (refused.status_code, refused.json["field"]) == (422, "body")


def test_a_file_of_a_post(call, world):
    noor, samir = call("noor"), call("samir")
    post = noor.post(f"{TEAM}/posts", {"body": "Look"}).json
    files = f"/posts/{post['id']}/files"
    answer = noor.post(f"{files}?name=notes.txt&alt=Notes", data=b"some notes")
    (held,) = answer.json["files"]
    assert answer.status_code == 201
    assert (held["name"], held["media_type"], held["size"], held["alt"]) == ("notes.txt", "text/plain", 10, "Notes")
    path = held["content"].removeprefix("/api/v1")
    assert samir.get(path).data == b"some notes"
    assert samir.get(path, headers={"Range": "bytes=5-"}).data == b"notes"
    assert call("joost").get(path).status_code == 404
    assert samir.post(f"{files}?name=mine.txt", data=b"mine").status_code == 403
    assert samir.delete(path).status_code == 403 and noor.delete(path).status_code == 204
    assert noor.get(f"/posts/{post['id']}").json["files"] == []
    for number in range(10):
        assert noor.post(f"{files}?name={number}.txt", data=b"x").status_code == 201
    assert noor.post(f"{files}?name=one-more.txt", data=b"x").json["field"] == "files"
