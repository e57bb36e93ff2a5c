"""The API arranges posts, knows topics and keeps things as the pages do, for those who may."""

from __future__ import annotations

from datetime import timedelta

import pytest

from community.clock import now
from community.microblog.actions import create_post
from tests.blueprints.api_callers import program_of


@pytest.fixture
def programs(app, world):
    names = ("noor", "samir", "joost", "pieter_jan", "rik", "dev")
    return {name: program_of(world, app.test_client, name) for name in names}


def test_a_post_is_arranged(world, programs):
    boss, noor = programs["pieter_jan"], programs["noor"]
    number = noor.post("/spaces/noorderlicht/posts", {"body": "Elf overdrachten"}).json["id"]
    until = (now() + timedelta(days=3)).isoformat()
    assert noor.put(f"/posts/{number}/pin", {}).status_code == 403
    assert boss.put(f"/posts/{number}/pin", {"until": until}).json["pinned"] is True
    assert boss.put(f"/posts/{number}/pin", {"until": "2020-01-01T00:00:00Z"}).json["field"] == "until"
    assert boss.delete(f"/posts/{number}/pin").status_code == 204
    for place in ("locked", "hidden", "archived"):
        assert programs["dev"].put(f"/posts/{number}/{place}").status_code == 404
        assert programs["samir"].put(f"/posts/{number}/{place}").status_code == 403
        assert boss.put(f"/posts/{number}/{place}").json[place] is True
        assert boss.delete(f"/posts/{number}/{place}").status_code == 204
        assert boss.get(f"/posts/{number}").json[place] is False
    shared = noor.post(f"/posts/{number}/share", {"space": "cohort-14", "body": "Look"}).json
    assert shared["shares"] == number and shared["space"] == "cohort-14"
    assert programs["joost"].get(f"/posts/{shared['id']}").json["shares"] is None
    assert noor.post(f"/posts/{number}/move", {"space": "nowhere"}).json["field"] == "space"
    moved = boss.post(f"/posts/{number}/move", {"space": "getij"}).json
    assert moved["space"] == "getij" and moved["url"] == f"/spaces/getij/posts/{number}"
    assert programs["joost"].get(f"/posts/{number}").status_code == 200
    assert programs["samir"].get(f"/posts/{number}").status_code == 404


def test_topics_are_named_followed_and_merged(world, programs, catch_up):
    mei_lin, theme = world.actor("mei_lin"), world.space("theme")
    for body in ("#wachtrij", "#wachtlijst", "#wachtrij again"):
        create_post(mei_lin, theme, body=body, audience="organisation")
    catch_up()
    dev, rik = programs["dev"], programs["rik"]
    assert {topic["key"] for topic in dev.get("/topics?q=wacht").json["items"]} == {"wachtrij", "wachtlijst"}
    assert dev.put("/topics/wachtrij/follow").json["follows"] is True
    assert dev.patch("/topics/wachtrij", {"name": "rij"}).status_code == 403
    assert rik.patch("/topics/wachtrij", {"name": "two words"}).json["field"] == "name"
    named = rik.patch("/topics/wachtrij", {"name": "rij", "names": {"en": "queue"}, "description": "Who waits"}).json
    assert (named["key"], named["name"], named["url"]) == ("rij", "queue", "/topics/rij")
    assert dev.get("/topics/wachtrij").json["name"] == "queue"
    first = dev.get("/topics/rij/uses?limit=1").json
    rest = dev.get(f"/topics/rij/uses?cursor={first['next']}").json
    assert [use["title"] for use in first["items"] + rest["items"]] == ["#wachtrij again", "#wachtrij"]
    assert rik.post("/topics/wachtlijst/merge", {"into": "nowhere"}).json["field"] == "into"
    assert rik.post("/topics/wachtlijst/merge", {"into": "rij"}).json["key"] == "rij"
    assert len(dev.get("/topics/wachtlijst/uses").json["items"]) == 3
    assert dev.delete("/topics/rij/follow").status_code == 204
    assert dev.get("/topics/rij").json["follows"] is False
    assert dev.get("/topics/nowhere").status_code == dev.get("/topics/nowhere/uses").status_code == 404


def test_what_is_kept_and_what_is_new(world, programs):
    from community.visits.noting import note_visit

    samir, noor = programs["samir"], programs["noor"]
    number = noor.post("/spaces/noorderlicht/posts", {"body": "Elf overdrachten"}).json["id"]
    assert programs["joost"].put(f"/bookmarks/post/{number}", {}).status_code == 404
    kept = samir.put(f"/bookmarks/post/{number}", {"note": "Again"}).json
    assert (kept["object"], kept["note"], kept["title"]) == (f"post:{number}", "Again", "Elf overdrachten")
    assert samir.items("/bookmarks") == [kept] and noor.items("/bookmarks") == []
    assert samir.put(f"/bookmarks/post/{number}", {"remind_at": "2020-01-01T00:00:00Z"}).json["field"] == "remind_at"
    assert samir.delete(f"/bookmarks/post/{number}").status_code == 204 and samir.items("/bookmarks") == []
    assert samir.get("/news").json["items"] == []
    note_visit(world.actor("samir"), world.space_ids["noorderlicht"], newest=number)
    for word in ("One", "Two"):
        noor.post("/spaces/noorderlicht/posts", {"body": word})
    assert samir.get("/news").json["items"] == [{"space": "noorderlicht", "new": 2}]
    for word in ("A", "B", "C"):
        noor.post(f"/posts/{number}/comments", {"body": word})
    said = samir.items(f"/posts/{number}/comments?sort=newest&limit=2")
    assert [comment["body"] for comment in said] == ["C", "B", "A"]
