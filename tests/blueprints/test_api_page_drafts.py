"""What the form of a page can, programs can: drafts, and a save that is merged."""

from __future__ import annotations

import pytest

from tests.blueprints.api_callers import Program, program_of

WIKI = "/spaces/noorderlicht/wiki"
BODY = "Nobody is slow.\n\nWe counted eleven hand-overs."


@pytest.fixture
def noor(app, world) -> Program:
    return program_of(world, app.test_client, "noor", "write")


@pytest.fixture
def samir(app, world) -> Program:
    return program_of(world, app.test_client, "samir", "write")


def test_a_program_keeps_drafts_of_its_own_person(noor: Program, samir: Program) -> None:
    page = noor.post(WIKI, {"title": "Notes", "body": BODY}).json["id"]
    kept = samir.put(f"/pages/{page}/draft", {"body": "Half", "base": 1})
    assert kept.status_code == 200
    kept = kept.json["draft"]
    assert (kept["page"], kept["base"], kept["space"]) == (page, 1, "noorderlicht")
    new = samir.post("/spaces/noorderlicht/page-drafts", {"title": "Later", "path": "later"}).json["draft"]
    assert {draft["id"] for draft in samir.get("/page-drafts").json["items"]} == {kept["id"], new["id"]}
    assert noor.get("/page-drafts").json["items"] == []
    assert noor.delete(f"/page-drafts/{kept['id']}").status_code == 404
    assert samir.delete(f"/page-drafts/{new['id']}").status_code == 204
    assert samir.put(f"/pages/{page}/draft", {"body": BODY, "base": 1}).json == {"draft": None}
    assert samir.get("/page-drafts").json["items"] == []
    assert samir.put("/pages/999999/draft", {"body": "x", "base": 1}).status_code == 404


def test_a_stale_save_stays_refused_unless_merging_is_asked_for(noor: Program, samir: Program) -> None:
    at = f"{WIKI}/notes"
    first = noor.post(WIKI, {"title": "Notes", "body": BODY}).headers["ETag"]
    noor.put(at, {"body": BODY.replace("eleven", "nine")}, headers={"If-Match": first})
    mine = BODY.replace("Nobody", "Nobody here")
    assert samir.put(at, {"body": mine}, headers={"If-Match": first}).status_code == 412
    assert samir.put(at, {"body": mine, "merge": True}).status_code == 428
    merged = samir.put(at, {"body": mine, "merge": True}, headers={"If-Match": first})
    assert (merged.status_code, merged.json["body"]) == (200, mine.replace("eleven", "nine"))
    clash = samir.put(at, {"body": BODY.replace("eleven", "twelve"), "merge": True}, headers={"If-Match": first})
    assert clash.status_code == 409
    assert clash.json["revision"] == 3
    assert clash.json["theirs"] == merged.json["body"]
    assert clash.json["places"] == [{"mine": "We counted twelve hand-overs.", "theirs": "We counted nine hand-overs."}]
    assert samir.put(at, {"body": mine, "merge": True}, headers={"If-Match": '"r1-99"'}).status_code == 409
    for nonsense in ('"nonsense"', '""', '"", "x"'):
        assert samir.put(at, {"body": mine, "merge": True}, headers={"If-Match": nonsense}).status_code == 412
    assert noor.get(at).json["revision"] == 3
