"""Files and folders through the API: places, versions, the bin, many at once, archives."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest

from community.clock import now
from community.jobs.work import run_one
from tests.blueprints.api_callers import program_of
from tests.conftest import count_queries


@pytest.fixture
def call(app, world):
    return lambda name, scope="write": program_of(world, app.test_client, name, scope)


def test_folders_are_made_changed_moved_copied_and_thrown_away(call):
    noor, samir = call("noor"), call("samir")
    made = noor.post("/spaces/noorderlicht/folders", {"name": "Evidence", "description": "What we found."})
    assert made.status_code == 201
    folder = made.json
    assert made.headers["Location"] == f"/api/v1/folders/{folder['id']}"
    inner = noor.post("/spaces/noorderlicht/folders", {"name": "Interviews", "parent": folder["id"]}).json
    assert (inner["path"], inner["parent"]) == ("Evidence/Interviews", folder["id"])
    file = noor.put("/spaces/noorderlicht/files/Evidence/Interviews/one.txt", data=b"1").json
    assert (file["path"], file["folder"]) == ("Evidence/Interviews/one.txt", inner["id"])
    listed = noor.get("/spaces/noorderlicht/files").json
    assert ([one["name"] for one in listed["folders"]], listed["items"]) == (["Evidence"], [])
    listed = samir.get(f"/spaces/noorderlicht/files?folder={inner['id']}").json
    assert [one["name"] for one in listed["items"]] == ["one.txt"]
    assert noor.get(f"/spaces/noorderlicht/files?folder={987654}").status_code == 404
    changed = noor.patch(f"/folders/{folder['id']}", {"name": "Proof", "audience": "coach"}).json
    assert (changed["folder"]["path"], changed["changed"]) == ("Proof", 2)
    assert samir.get(f"/folders/{folder['id']}").status_code == 404
    assert samir.get(f"/files/{file['id']}").status_code == 404
    assert noor.post(f"/folders/{folder['id']}/move", {"folder": inner["id"]}).json["field"] == "folder"
    assert noor.post(f"/folders/{inner['id']}/move", {"space": "nowhere"}).json["field"] == "space"
    assert noor.post(f"/folders/{inner['id']}/move", {}).json["path"] == "Interviews"
    copy = noor.post(f"/folders/{inner['id']}/copy", {})
    assert (copy.status_code, copy.json["folder"]["name"]) == (201, "Interviews (2)")
    assert noor.delete(f"/folders/{inner['id']}").status_code == 204
    thrown = noor.get("/spaces/noorderlicht/files-bin").json["items"]
    assert [(one["name"], one["files"], one["by"]["handle"]) for one in thrown] == [
        ("Interviews", 1, "noor.van-der-velden")
    ]
    back = noor.post(f"/spaces/noorderlicht/files-bin/{thrown[0]['id']}/restore").json
    assert (back["folder"]["path"], back["moved"], back["renamed"]) == ("Interviews", False, False)


def test_a_file_is_known_by_its_number_and_keeps_its_versions(call):
    noor = call("noor")
    for words in (b"one", b"two"):
        file = noor.put("/spaces/noorderlicht/files/plan.txt", data=words).json
    number = file["id"]
    changed = noor.patch(f"/files/{number}", {"name": "Plan 2.txt", "tags": ["Decision"], "description": "Ours"}).json
    assert (changed["path"], changed["tags"], changed["description"]) == ("Plan 2.txt", ["Decision"], "Ours")
    versions = noor.get(f"/files/{number}/versions").json["items"]
    assert [(one["number"], one["size"], one["stands"]) for one in versions] == [(2, 3, True), (1, 3, False)]
    assert noor.get(f"/files/{number}/versions/1").data == b"one"
    part = noor.get(f"/files/{number}/versions/1", headers={"Range": "bytes=1-"})
    assert (part.status_code, part.data) == (206, b"ne")
    assert noor.get(f"/files/{number}/versions/1", headers={"Range": "bytes=9-"}).status_code == 416
    assert noor.patch(f"/files/{number}/versions/1", {"name": "First"}).json["name"] == "First"
    stale = noor.post(f"/files/{number}/versions/1/restore", {}, headers={"If-Match": '"0"'})
    assert stale.status_code == 412
    assert noor.post(f"/files/{number}/versions/1/restore", {"note": "Again"}).json["version"] == 3
    assert noor.delete(f"/files/{number}/versions/3").json["field"] == "version"
    assert noor.delete(f"/files/{number}/versions/2").status_code == 204
    assert noor.post(f"/files/{number}/versions/thin").json == {"gone": 0}
    assert call("joost").get(f"/files/{number}/versions/1").status_code == 404
    copy = noor.post(f"/files/{number}/copy", {})
    assert (copy.status_code, copy.json["name"], copy.json["version"]) == (201, "Plan 2 (2).txt", 1)
    assert noor.post(f"/files/{number}/move", {"folder": 987654}).json["field"] == "folder"


def test_many_at_once_have_a_result_each_and_the_bin_is_emptied(call):
    noor, samir = call("noor"), call("samir")
    mine = noor.put("/spaces/noorderlicht/files/a.txt", data=b"a").json["id"]
    his = samir.put("/spaces/noorderlicht/files/b.txt", data=b"b").json["id"]
    items = [f"file:{mine}", f"file:{his}", "file:987654"]
    found = noor.post("/spaces/noorderlicht/files-many", {"do": "delete", "items": items}).json["items"]
    assert [(one["name"], one["status"]) for one in found] == [("a.txt", 200), ("b.txt", 403), ("", 404)]
    assert found[1]["detail"]
    bin_items = [f"removal:{one['id']}" for one in noor.get("/spaces/noorderlicht/files-bin").json["items"]]
    found = noor.post("/spaces/noorderlicht/files-many", {"do": "restore", "items": bin_items}).json["items"]
    assert [one["status"] for one in found] == [200]
    tagged = noor.post("/spaces/noorderlicht/files-many", {"do": "tag", "items": items[:2], "tags": ["x"]}).json[
        "items"
    ]
    assert [one["status"] for one in tagged] == [200, 200]
    assert noor.post("/spaces/noorderlicht/files-many", {"do": "tag", "items": ["page:1"]}).json["field"] == "items"
    assert noor.post("/spaces/noorderlicht/files-many", {"do": "share", "items": items}).json["field"] == "audience"
    noor.post("/spaces/noorderlicht/files-many", {"do": "delete", "items": items[:1]})
    lies = noor.get("/spaces/noorderlicht/files-bin").json["items"][0]
    assert samir.delete(f"/spaces/noorderlicht/files-bin/{lies['id']}").status_code == 403
    assert call("ingrid").get("/spaces/noorderlicht/files-bin").json["items"] == []
    assert noor.delete("/spaces/noorderlicht/files-bin").json == {"gone": 1}
    assert noor.get("/spaces/noorderlicht/files-bin").json["items"] == []


def test_archives_come_in_by_a_task_and_go_out_as_they_are_made(call):
    noor = call("noor")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("Evidence/één.txt", b"1")
        archive.writestr("con.txt", b"2")
    sent = noor.post(
        "/spaces/noorderlicht/files-zip?name=all.zip", data=packed.getvalue(), content_type="application/zip"
    )
    assert sent.status_code == 202
    assert (sent.json["kind"], sent.json["state"], sent.json["total"]) == ("unzip", "waiting", 2)
    while run_one("files"):
        pass
    done = noor.get(f"/file-tasks/{sent.json['id']}").json
    assert (done["state"], done["done"]) == ("done", 2)
    assert [(one["name"], one["failed"]) for one in done["report"]] == [("con.txt", True)]
    assert "apparaat" in done["report"][0]["words"]
    assert [one["id"] for one in noor.get("/file-tasks").json["items"]] == [done["id"]]
    folder = noor.get("/spaces/noorderlicht/files").json["folders"][0]
    out = noor.get(f"/spaces/noorderlicht/files-zip?folder={folder['id']}")
    assert out.headers["Content-Type"] == "application/zip"
    assert "Evidence.zip" in out.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(out.data)) as archive:
        assert archive.read("Evidence/één.txt") == b"1"
    assert noor.get("/spaces/noorderlicht/files-zip?file=987654").status_code == 404
    assert (
        noor.post("/spaces/noorderlicht/files-zip", data=b"x", content_type="application/zip").json["field"] == "file"
    )
    assert call("ingrid").post("/spaces/noorderlicht/files-zip", data=b"x").status_code == 403


def test_a_list_costs_the_same_however_much_is_in_it(call):
    noor = call("noor")
    costs = []
    for many in (2, 8):
        for number in range(many):
            folder = noor.post("/spaces/noorderlicht/folders", {"name": f"Folder {many} {number}"}).json
            noor.put(f"/spaces/noorderlicht/files/Folder {many} {number}/x.txt", data=b"x%d" % number)
            noor.put(f"/spaces/noorderlicht/files/file {many} {number}.txt", data=b"y%d" % number)
            noor.delete(f"/folders/{folder['id']}") if number == 0 else None
        for path in ("/spaces/noorderlicht/files", "/spaces/noorderlicht/files-bin"):
            noor.get(path)
            with count_queries() as asked:
                noor.get(path)
            costs.append(len(asked))
    assert costs[:2] == costs[2:]


def test_the_old_address_of_a_file_leads_to_where_it_is(call):
    noor = call("noor")
    folder = noor.post("/spaces/noorderlicht/folders", {"name": "Evidence"}).json
    file = noor.put("/spaces/noorderlicht/files/Evidence/plan.txt", data=b"one").json
    noor.patch(f"/folders/{folder['id']}", {"name": "Proof"})
    noor.patch(f"/files/{file['id']}", {"name": "Plan 2.txt"})
    old = "/spaces/noorderlicht/files/Evidence/plan.txt"
    moved = noor.get(old)
    assert (moved.status_code, moved.location) == (307, "/api/v1/spaces/noorderlicht/files/Proof/Plan%202.txt")
    assert noor.get(moved.location.removeprefix("/api/v1")).data == b"one"
    assert noor.get(f"{old}?about").location == f"{moved.location}?about"
    assert noor.get("/spaces/noorderlicht/files/Evidence").status_code == 404, "a folder has no bytes"
    noor.patch(f"/files/{file['id']}", {"audience": "coach"})
    assert call("samir").get(old).status_code == 404
    assert call("joost").get(old).status_code == 404


def test_a_link_is_a_file_that_says_where_the_document_is(call):
    noor, samir = call("noor"), call("samir")
    folder = noor.post("/spaces/noorderlicht/folders", {"name": "Evidence"}).json
    href = "https://waterland.sharepoint.example/budget?id=7"
    link = {"href": href, "title": "Budget 2026", "folder": folder["id"], "description": "Ours"}
    made = noor.post("/spaces/noorderlicht/links", link)
    assert made.status_code == 201 and made.headers["Location"] == f"/api/v1/files/{made.json['id']}"
    assert (made.json["href"], made.json["path"]) == (href, "Evidence/Budget 2026.url")
    assert samir.get(f"/files/{made.json['id']}").json["href"] == href
    assert noor.put("/spaces/noorderlicht/files/plan.txt", data=b"one").json["href"] == ""
    assert noor.post("/spaces/noorderlicht/links", {"href": href}).json["name"] == "waterland.sharepoint.example.url"
    for wrong, field in (
        (link, "title"),
        ({**link, "title": "x" * 199 + "é" * 100}, "title"),
        ({"href": "http://waterland.example/"}, "href"),
        ({"href": "javascript:alert(1)"}, "href"),
        ({"href": href, "title": "New", "folder": 987654}, "folder"),
    ):
        answer = noor.post("/spaces/noorderlicht/links", wrong)
        assert (answer.status_code, answer.json["field"]) == (422, field), wrong
    assert call("ingrid").post("/spaces/noorderlicht/links", {"href": href, "title": "Mine"}).status_code == 403


def test_who_works_on_a_file_says_so_and_the_others_wait(call):
    noor, samir = call("noor"), call("samir")
    file = noor.put("/spaces/noorderlicht/files/plan.txt", data=b"one").json
    at = f"/files/{file['id']}"
    until = (now() + timedelta(days=2)).isoformat()
    said = noor.put(f"{at}/lock", {"until": until, "note": "The sums"}).json["items"]
    assert [(one["by"]["handle"], one["note"], one["by_hand"]) for one in said] == [
        ("noor.van-der-velden", "The sums", True)
    ]
    assert samir.get(f"{at}/locks").json["items"] == said
    refused = samir.put("/spaces/noorderlicht/files/plan.txt", data=b"two")
    assert refused.status_code == 409 and "Noor" in refused.json["detail"]
    assert samir.put(f"{at}/lock", {"until": until}).status_code == 409
    assert samir.delete(f"{at}/locks/{said[0]['id']}").status_code == 403
    late = noor.put(f"{at}/lock", {"until": (now() + timedelta(days=90)).isoformat()})
    assert (late.status_code, late.json["field"]) == (422, "until")
    again = noor.put(f"{at}/lock", {"until": until, "note": "Still"}).json["items"]
    assert [(one["id"], one["note"]) for one in again] == [(said[0]["id"], "Still")]
    assert noor.delete(f"{at}/locks/{said[0]['id']}").status_code == 204
    assert noor.delete(f"{at}/locks/{said[0]['id']}").status_code == 204
    assert samir.get(f"{at}/locks").json["items"] == []
    assert samir.put("/spaces/noorderlicht/files/plan.txt", data=b"two").json["version"] == 2
