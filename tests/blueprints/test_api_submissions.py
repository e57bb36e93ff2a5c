"""A program hands in, answers, and is told as clearly as a person who will read it."""

from __future__ import annotations

import pytest

from community.submissions.actions import name_sponsor
from tests.blueprints.api_callers import program_of


@pytest.fixture
def call(app, world):
    return lambda name: program_of(world, app.test_client, name, "write")


def test_a_program_goes_the_whole_way(call, world, catch_up):
    name_sponsor(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("ingrid"))
    staff, noor, anna, ingrid = (call(name) for name in ("pieter_jan", "noor", "anna", "ingrid"))
    asked = staff.post(
        "/spaces/cohort-14/milestones",
        {"title": "Mid review", "due": "2030-06-11T12:00:00+02:00", "sponsor": True},
        headers={"Idempotency-Key": "m1"},
    )
    assert asked.status_code == 201 and asked.json["due"] == "2030-06-11T10:00:00Z"
    number = asked.json["id"]
    stale = staff.patch(f"/milestones/{number}", {"title": "Half way"}, headers={"If-Match": '"7-0.x"'})
    assert stale.status_code == 412
    changed = staff.patch(f"/milestones/{number}", {"title": "Half way"}, headers={"If-Match": asked.headers["ETag"]})
    assert (changed.json["title"], changed.json["sponsor"]) == ("Half way", True)
    assert noor.patch(f"/milestones/{number}", {"title": "x"}).status_code == 403
    assert staff.get(f"/milestones/{number}/missing").json["items"] == ["getij", "noorderlicht"]
    due = noor.get("/spaces/noorderlicht/milestones").json["items"]
    assert [one["handle"] for one in due[0]["readers"]] == ["ingrid.solheim"]
    page = noor.put("/spaces/noorderlicht/wiki/reading", {"title": "Reading", "body": "Nobody is slow."}).json
    file = noor.put("/spaces/noorderlicht/files/guide.txt", data=b"Ask them first.").json
    sent = {"milestone": number, "pages": [page["id"]], "files": [file["id"]], "note": "Look."}
    assert noor.post("/spaces/noorderlicht/submissions", sent).status_code == 409  # nobody was told of Ingrid
    sent["readers"] = ["ingrid.solheim"]
    made = noor.post("/spaces/noorderlicht/submissions", sent, headers={"Idempotency-Key": "s1"})
    assert made.status_code == 201
    again = noor.post("/spaces/noorderlicht/submissions", sent, headers={"Idempotency-Key": "s1"})
    assert again.json["id"] == made.json["id"]
    at = f"/submissions/{made.json['id']}"
    seen = ingrid.get(at).json
    assert (seen["held_pages"][0]["body"], seen["held_files"][0]["name"]) == ("Nobody is slow.", "guide.txt")
    assert ingrid.get(f"{at}/files/{seen['held_files'][0]['id']}").data == b"Ask them first."
    assert anna.put(f"{at}/assessor", {"handle": "anna.de-wit-okonkwo"}).json["assessor"]["name"].startswith("Anna")
    assert anna.put(f"{at}/result", {"result": "revise"}).status_code == 422
    held = anna.put(f"{at}/result", {"result": "revise", "body": "For whom?", "hold": True}).json
    assert held["state"] == "sent" and held["result"]["released"] is None
    assert noor.get(at).json["result"] is None
    assert anna.post(f"{at}/result/release").json["state"] == "revise"
    assert noor.get(at).json["result"]["body"] == "For whom?"
    assert noor.delete(at).status_code == 409
    assert anna.delete(f"{at}/result").status_code == 204  # recalled
    assert anna.delete(f"{at}/result").status_code == 204  # thrown away
    assert noor.post(f"{at}/comments", {"body": "We go on."}).status_code == 201
    assert noor.delete(at, headers={"If-Match": noor.get(at).headers["ETag"]}).status_code == 204
    late = anna.put(f"{at}/result", {"result": "ok"})
    assert late.status_code == 409 and "took this back" in late.json["detail"]
    assert staff.post(f"/milestones/{number}/nudges", {"spaces": ["getij"]}).json["items"] == ["getij"]
    assert staff.post(f"/milestones/{number}/nudges", {"spaces": ["nowhere"]}).status_code == 422
    assert [one["state"] for one in anna.get("/submissions?only=all&space=noorderlicht").json["items"]] == ["withdrawn"]
    assert staff.delete(f"/milestones/{number}").status_code == 204
    assert staff.put("/spaces/noorderlicht/sponsors/dev.anand").status_code == 422
    assert staff.delete("/spaces/noorderlicht/sponsors/ingrid.solheim").status_code == 204
    assert staff.get("/spaces/noorderlicht/sponsors").json["items"] == []
