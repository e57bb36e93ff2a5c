"""What the API must never tell or take: the outsider at every address, the private entry, the column nobody named."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from blueprints.api.calls import CALLS
from community.extensions import db
from community.journal.models import Entry
from community.microblog.models import Post
from tests.blueprints.api_callers import program_of
from tests.conftest import count_queries

CANARY = "kanarievogel"


@pytest.fixture
def call(app, world):
    return lambda name, scope="write": program_of(world, app.test_client, name, scope)


@pytest.fixture
def things(call) -> dict[str, Any]:
    """Some things, one of each kind, in Noorderlicht, and the numbers of it all."""
    noor = call("noor")
    post = noor.post("/spaces/noorderlicht/posts", {"body": f"A {CANARY} in the mine."}).json
    comment = noor.post(f"/posts/{post['id']}/comments", {"body": f"More {CANARY}."}).json
    page = noor.put("/spaces/noorderlicht/wiki/loops", {"title": f"Page of the {CANARY}", "body": f"{CANARY}"}).json
    file = noor.put(f"/spaces/noorderlicht/files/{CANARY}.txt", data=CANARY.encode()).json
    folder = noor.post("/spaces/noorderlicht/folders", {"name": f"Folder of the {CANARY}"}).json
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{CANARY}.md", CANARY)
    task = noor.post("/spaces/noorderlicht/files-zip", data=packed.getvalue(), content_type="application/zip").json
    shared = noor.post("/journal", {"title": CANARY, "body": CANARY, "audience": "space", "space": "noorderlicht"}).json
    secret = noor.post("/journal", {"title": f"secret {CANARY}", "body": f"Only mine: {CANARY}."}).json
    talk = noor.post("/conversations", {"people": ["samir.el-idrissi"], "body": f"Between us: {CANARY}."}).json
    staff = call("pieter_jan")
    due = {"title": "Mid review", "due": "2030-01-01T12:00:00Z"}
    milestone = staff.post("/spaces/noorderlicht/milestones", due).json
    sent = {"milestone": milestone["id"], "pages": [page["id"]], "note": CANARY}
    submission = noor.post("/spaces/noorderlicht/submissions", sent).json
    ask = noor.post("/spaces/noorderlicht/asks", {"body": f"Why {CANARY}?"}).json
    return {
        "ask": ask["id"],
        "milestone": milestone["id"],
        "submission": submission["id"],
        "talk": talk["id"],
        "message": talk["last"]["id"],
        "post": post["id"],
        "comment": comment["id"],
        "page": page["path"],
        "page_id": page["id"],
        "file": file["name"],
        "file_id": file["id"],
        "folder": folder["id"],
        "task": task["id"],
        "entry": shared["id"],
        "secret": secret["id"],
    }


GIVEN: dict[str, dict[str, Any]] = {
    "make_space": {"kind": "theme", "name": "x", "parent": None},
    "change_space": {"aim": "x"},
    "put_member": {"role": "member"},
    "make_invitation": {},
    "put_phases": {"phases": [{"key": "pre", "name": "Pre", "starts": "2026-01-01"}]},
    "write_post": {"body": "x"},
    "change_post": {"body": "x"},
    "accept": {"comment": 1},
    "choose": {"options": [1]},
    "schedule": {"body": "x", "publish": "2030-01-01T00:00:00Z"},
    "change_comment": {"body": "x"},
    "place_comment": {"target": {"selector": [{"type": "TextQuoteSelector", "exact": "x"}]}},
    "snooze_in_inbox": {"until": "2030-01-01T12:00:00Z"},
    "answer_in_inbox": {"body": "x"},
    "ask_coaches": {"body": "x"},
    "hand_over": {"to": "kees"},
    "say_read": {"revision": 1},
    "take_care": {"step": "offer"},
    "place_one": {"after": None},
    "release_some": {"comments": [1]},
    "begin_conversation": {"people": ["samir.el-idrissi"], "body": "x"},
    "say_in_conversation": {"body": "x"},
    "change_message": {"body": "x"},
    "write_page": {"title": "x", "body": "x"},
    "put_page": {"body": "x"},
    "keep_page_draft": {"body": "x", "base": 1},
    "move_page": {"title": "x"},
    "restore_page": {"revision": 1},
    "change_file": {"description": "x"},
    "make_folder": {"name": "x"},
    "do_to_many": {"do": "delete", "items": ["file:1"]},
    "change_entry": {"title": "x"},
    "write": {"title": "x", "body": "x"},
    "read_notifications": {},
    "unread_notification": {"id": 1},
    "change_choices": {"choices": {"talk.mail": "off"}},
    "put_level": {"level": "watch"},
    "change_me": {"headline": "x"},
    "move_post": {"space": "commons"},
    "share_post": {"space": "commons", "body": "x"},
    "change_topic": {"name": "x"},
    "merge_topic": {"into": "x"},
    "make_milestone": {"title": "x", "due": "2030-01-01T12:00:00Z"},
    "change_milestone": {"title": "x"},
    "nudge": {},
    "send_submission": {"milestone": 1},
    "put_assessor": {"handle": None},
    "put_result": {"result": "ok"},
    "finish_upload": {},
    "put_room": {"quota": 1},
    "make_link": {"href": "https://waterland.sharepoint.example/x"},
    "put_lock": {"until": "2030-01-01T12:00:00Z"},
    "make_share": {"path": f"{CANARY}.txt"},
    "make_drop": {"path": "x", "closes": "2030-01-01T12:00:00Z"},
}
"""A body that each call would take."""


def _given(name: str) -> dict[str, Any]:
    return GIVEN.get(name, {"body": "x"} if name.startswith("comment_on") else {})


def _both(rule: str, things: dict[str, Any]) -> tuple[str, str] | None:
    """The address of what is in Noorderlicht, and the same one of what does not exist. None for what is nobody's."""
    hidden = {
        "/posts/": ("<id:number>", things["post"]),
        "/comments/<": ("<id:number>", things["comment"]),
        "/journal/<": ("<id:number>", things["entry"]),
        "/bookmarks/<": ("<id:number>", things["post"]),
        "/notifications/levels/": ("<id:number>", things["post"]),
        "/conversations/<": ("<id:number>", things["talk"]),
        "/messages/": ("<id:number>", things["message"]),
        "/pages/<": ("<id:number>", things["page_id"]),
        "/coaching/<kind>": ("<id:number>", things["post"]),
        "/asks/<": ("<id:number>", things["ask"]),
        "/milestones/": ("<id:number>", things["milestone"]),
        "/submissions/<": ("<id:number>", things["submission"]),
        "/files/<": ("<id:number>", things["file_id"]),
        "/folders/<": ("<id:number>", things["folder"]),
        "/file-tasks/<": ("<id:number>", things["task"]),
    }
    for start, (place, number) in hidden.items():
        if rule.startswith(start):
            rule = rule.replace("<name>", "thanks").replace("<id:file>", "1").replace("<kind>", "post")
            rule = rule.replace("<id:version>", "1").replace("<id:lock>", "1").replace("<handle>", "samir.el-idrissi")
            return rule.replace(place, str(number)), rule.replace(place, "987654")
    if not rule.startswith("/spaces/<slug>"):
        return None
    rule = (
        rule.replace("<path:path>", things["page"])
        .replace("<path:name>", things["file"])
        .replace("<handle>", "noor.van-der-velden")
    )
    rule = rule.replace("<id:number>", "1").replace("<key>", "campus")
    return rule.replace("<slug>", "noorderlicht"), rule.replace("<slug>", "nowhere")


@pytest.mark.parametrize("outsider", ["dev", "gus", "joost"])
def test_the_outsider_cannot_tell_hidden_from_absent_on_any_call(call, things, outsider):
    program = call(outsider)
    tried = 0
    for line in CALLS:
        addresses = _both(line.rule, things)
        if addresses is None:
            continue
        more = {"data": b"x"} if line.sends else {"json": _given(line.name)} if line.given else {}
        hidden, absent = (program(line.method, address, headers={"If-Match": "*"}, **more) for address in addresses)
        assert hidden.status_code == absent.status_code == 404, (line.name, hidden.status_code, absent.status_code)
        assert hidden.data == absent.data, line.name
        tried += 1
    assert tried > 45


@pytest.mark.parametrize("outsider", ["dev", "gus", "joost", "rik", "mei_lin"])
def test_nobody_outside_meets_the_word_on_any_list(call, things, catch_up, outsider):
    catch_up()
    program = call(outsider)
    for path in (
        "/feed",
        "/journal",
        "/journal?whose=shared",
        "/notifications",
        "/coaching",
        "/events",
        "/activity?limit=200",
        "/people?q=" + CANARY,
        "/submissions",
        "/spaces",
        "/me",
    ):
        assert CANARY not in program.get(path).text, path
    for q in (CANARY, f"{CANARY} kind:page", "mine", f'"{CANARY}"', "kanarievogl"):
        answer = program.get("/search", query_string={"q": q}).json
        assert (answer["items"], answer["total"], answer["suggestion"]) == ([], 0, None), q
        assert not any(answer["facets"].values())
    for parameter in ({"space": "noorderlicht"}, {"space": "nowhere"}, {"author": "noor.van-der-velden"}):
        answer = program.get("/search", query_string={"q": CANARY, **parameter}).json
        assert (answer["items"], answer["total"]) == ([], 0)
    lines = program.items("/activity")
    hidden = ("post", "page", "file", "folder", "entry", "comment", "submission", "milestone", "ask")
    assert not [line for line in lines if line["object"].split(":")[0] in hidden]
    hidden = program.get("/feed?space=noorderlicht")
    assert hidden.data == program.get("/feed?space=nowhere").data


@pytest.mark.parametrize("reader", ["samir", "anna", "pieter_jan", "ingrid", "rik", "dev"])
def test_what_is_only_mine_is_nobody_elses_on_any_call(call, world, things, catch_up, reader):
    catch_up()
    program, path = call(reader), f"/journal/{things['secret']}"
    absent = program.get("/journal/987654")
    for method, more in (("GET", {}), ("PATCH", {"json": {"title": "x"}}), ("DELETE", {})):
        answer = program(method, path, **more)
        assert (answer.status_code, answer.data) == (404, absent.data)
    assert program.get(f"{path}/comments").status_code == 404
    assert program.post(f"{path}/comments", {"body": "x"}).status_code == 404
    ref = f"entry:{things['secret']}"
    assert all(line["object"] != ref for line in program.items("/activity"))
    assert all(entry["id"] != things["secret"] for entry in program.items("/journal?whose=shared"))
    assert all(hit["url"] != path for hit in program.get(f"/search?q={CANARY}").json["items"])
    assert f"secret {CANARY}" not in program.get("/coaching").text


def test_the_author_finds_what_is_only_theirs(call, things, catch_up):
    catch_up()
    noor = call("noor")
    found = noor.get("/search?q=secret").json
    assert [(hit["kind"], hit["url"]) for hit in found["items"]] == [("entry", f"/journal/{things['secret']}")]
    assert "<mark>" in noor.get(f"/search?q={CANARY}&kind=post").json["items"][0]["excerpt"]


def test_a_removed_member_loses_every_address_at_once(call, things):
    samir, staff = call("samir"), call("pieter_jan")
    assert samir.get(f"/posts/{things['post']}").status_code == 200
    assert staff.delete("/spaces/noorderlicht/members/samir.el-idrissi").status_code == 204
    for path in (
        f"/posts/{things['post']}",
        f"/comments/{things['comment']}",
        "/spaces/noorderlicht",
        f"/spaces/noorderlicht/files/{things['file']}",
        f"/journal/{things['entry']}",
    ):
        assert samir.get(path).status_code == 404, path


# ---- columns that nobody named --------------------------------------------------------------------------------------

COLUMNS = {
    "id": 7, "author_id": 1, "author": "samir.el-idrissi", "space_id": 1, "phase_id": 1, "phase": "pre", "pinned": True,
    "is_admin": True, "site_role": "administrator", "email": "x@waterland.example", "password": "x", "password_hash": "x",
    "status": "active", "handle": "root", "body_html": "<script>", "html": "<script>", "render_version": 99, "edited_at": None,
    "created_at": "2020-01-01T00:00:00Z", "created": "2020-01-01T00:00:00Z", "updated": "2020-01-01T00:00:00Z", "deleted_at": None,
    "comment_count": 99, "comments": 99, "reactions": {}, "version": 99, "storage_key": "x", "sha256": "x", "size": 1,
    "as_role": "coach", "owner": "samir.el-idrissi", "slug": "root", "cohort_id": 1, "person_id": 1, "token": "x",
    "__class__": "x", "metadata": "x", "query": "x",
}  # fmt: skip


def test_no_column_gets_in_that_was_not_named(call, world, things):
    noor = call("noor")
    tried = 0
    for line in CALLS:
        if line.given is None:
            continue
        addresses = _both(line.rule, things)
        path = addresses[0] if addresses else line.rule
        before = noor.get(f"/posts/{things['post']}").json
        for column, value in COLUMNS.items():
            if column in line.given.model_fields:
                continue
            answer = noor(line.method, path, json={**_given(line.name), column: value}, headers={"If-Match": "*"})
            assert answer.status_code == 422, (line.name, column, answer.json)
            assert answer.json["field"] == column, line.name
        assert noor.get(f"/posts/{things['post']}").json == before
        tried += 1
    assert tried == sum(line.given is not None for line in CALLS)


def test_nothing_is_ever_wider_than_its_space(call, things):
    noor = call("noor")
    for path, words in (
        ("/spaces/noorderlicht/posts", {"body": "x", "audience": "organisation"}),
        ("/spaces/noorderlicht/wiki", {"title": "x", "body": "x", "audience": "organisation"}),
        ("/journal", {"title": "x", "body": "x", "audience": "organisation", "space": "noorderlicht"}),
    ):
        answer = noor.post(path, words)
        assert (answer.status_code, answer.json["field"]) == (422, "audience")
    page = noor.put("/spaces/noorderlicht/wiki/loops", {"body": "x", "audience": "coach"}, headers={"If-Match": "*"})
    assert (page.status_code, page.json["field"]) == (422, "audience")


def test_nothing_tells_more_of_a_person_than_colleagues_know(call):
    answer = call("noor").get("/people/samir.el-idrissi")
    assert "@" not in answer.text.replace("@context", "")
    assert "email" not in answer.json
    assert "password" not in call("noor").get("/me").text


def test_a_guest_cannot_find_where_in_the_list_a_hidden_person_stands(call, world):
    gus = call("gus")
    assert [person["handle"] for person in gus.items("/people")] == ["gus.okafor"]
    assert gus.get("/people/noor.van-der-velden").data == gus.get("/people/nobody.at-all").data
    assert gus.get("/feed?author=noor.van-der-velden").data == gus.get("/feed?author=nobody.at-all").data


# ---- what it costs --------------------------------------------------------------------------------------------------


LISTS = [
    "/feed", "/spaces/noorderlicht/posts", "/spaces/noorderlicht/wiki", "/spaces/noorderlicht/files", "/journal",
    "/spaces/noorderlicht/members", "/spaces", "/people", "/notifications", "/activity?limit=200", "/search?q=water&limit=50",
    "/coaching", "/events", "/me",
]  # fmt: skip


def _fill(call: Any, many: int) -> None:
    noor, samir = call("noor"), call("samir")
    for number in range(many):
        post = noor.post("/spaces/noorderlicht/posts", {"body": f"Water {number}, @anna.de-wit-okonkwo"}).json
        samir.post(f"/posts/{post['id']}/comments", {"body": f"More water {number}"})
        samir.put(f"/posts/{post['id']}/reactions/thanks")
        page = noor.post("/spaces/noorderlicht/wiki", {"title": f"Water {number}", "body": "Water"}).json
        samir.post(f"/spaces/noorderlicht/wiki/{page['path']}/comments", {"body": "Water here"})
        noor.put(f"/spaces/noorderlicht/files/water-{many}-{number}.txt", data=f"water {number}".encode())
        noor.post(
            "/journal", {"title": f"Water {number}", "body": "Water", "audience": "coach", "space": "noorderlicht"}
        )


def test_a_list_costs_the_same_however_long_it_is(call, catch_up):
    _fill(call, 2)
    catch_up()
    readers = {path: call("anna" if path == "/coaching" else "noor") for path in LISTS}
    costs = {}
    for path, program in readers.items():
        program.get(path)
        with count_queries() as few:
            assert program.get(path).status_code == 200
        costs[path] = len(few)
    _fill(call, 8)
    catch_up()
    for path, program in readers.items():
        with count_queries() as many:
            answer = program.get(path)
        assert len(many) <= costs[path], (path, many)
        assert len(many) <= 14, (path, len(many))
        assert answer.json["items"] if "items" in answer.json and path != "/events" else True
    assert db.session.query(Post).count() == 10
    assert db.session.query(Entry).count() == 10


def test_comments_cost_the_same_however_many(call):
    noor = call("noor")
    post = noor.post("/spaces/noorderlicht/posts", {"body": "x"}).json
    path = f"/posts/{post['id']}/comments"
    noor.post(path, {"body": "1"})
    with count_queries() as few:
        noor.get(path)
    for number in range(9):
        noor.post(path, {"body": str(number)})
    with count_queries() as many:
        assert len(noor.get(path).json["items"]) == 10
    assert len(many) == len(few) <= 6
