"""What programs do through the API: say, answer, react, write together, keep files, reflect."""

from __future__ import annotations

import io

import pytest

from tests.blueprints.api_callers import Program, program_of
from tests.sweeping import swept


@pytest.fixture
def call(app, world):
    """`call("noor")`: a program of hers."""
    return lambda name, scope="write": program_of(world, app.test_client, name, scope)


@pytest.fixture
def noor(call) -> Program:
    return call("noor")


@pytest.fixture
def samir(call) -> Program:
    return call("samir")


def say(program: Program, body: str = "Wie belt de klant terug?", space: str = "noorderlicht", **more):
    answer = program.post(f"/spaces/{space}/posts", {"body": body, **more})
    assert answer.status_code == 201, answer.json
    return answer.json


# ---- posts ----------------------------------------------------------------------------------------------------------


def test_noor_asks_something_and_samir_reads_it(noor, samir):
    answer = noor.post("/spaces/noorderlicht/posts", {"body": "Who **calls back**?", "kind": "question"})
    assert answer.status_code == 201
    post = answer.json
    assert answer.headers["Location"] == f"/api/v1/posts/{post['id']}"
    assert post["body"] == "Who **calls back**?"
    assert "<strong>calls back</strong>" in post["html"]
    assert post["author"] == {"handle": "noor.van-der-velden", "name": "Noor van der Velden"}
    assert post["space"] == "noorderlicht"
    assert post["audience"] == "space"
    assert post["phase"] == "campus"
    assert post["url"] == f"/spaces/noorderlicht/posts/{post['id']}"
    assert post["created"].endswith("Z")
    for path in ("/feed", "/feed?space=noorderlicht&cursor=", "/spaces/noorderlicht/posts", "/feed?kind=question"):
        assert [one["id"] for one in samir.get(path).json["items"]] == [post["id"]], path
    assert samir.get("/feed?kind=announcement").json == {"items": [], "next": None}
    assert samir.get("/feed?author=noor.van-der-velden").json["items"][0]["id"] == post["id"]


def test_the_feed_goes_on_where_it_stopped(noor):
    ids = [say(noor, f"Number {number}")["id"] for number in range(5)]
    first = noor.get("/feed?limit=2").json
    assert [post["id"] for post in first["items"]] == [ids[4], ids[3]]
    assert [post["id"] for post in noor.items("/feed?limit=2")] == ids[::-1]
    assert noor.get("/feed?limit=100000").json["next"] is None


def test_what_somebody_read_is_not_sent_again(noor):
    post = say(noor)
    answer = noor.get(f"/posts/{post['id']}")
    tag = answer.headers["ETag"]
    again = noor.get(f"/posts/{post['id']}", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    noor.put(f"/posts/{post['id']}/reactions/insight")
    assert noor.get(f"/posts/{post['id']}", headers={"If-None-Match": tag}).status_code == 200


def test_a_stale_edit_is_refused(noor):
    post = say(noor)
    path = f"/posts/{post['id']}"
    tag = noor.get(path).headers["ETag"]
    saved = noor.patch(path, {"body": "Better."}, headers={"If-Match": tag})
    assert (saved.status_code, saved.json["body"]) == (200, "Better.")
    assert saved.json["edited"] is None and saved.json["updated"] > post["updated"]  # a slip, mended at once
    stale = noor.patch(path, {"body": "Worse."}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert noor.delete(path, headers={"If-Match": tag}).status_code == 412
    assert noor.get(path).json["body"] == "Better."
    assert noor.delete(path, headers={"If-Match": saved.headers["ETag"]}).status_code == 204
    assert noor.get(path).status_code == 404


def test_a_reaction_makes_no_edit_stale(noor, samir):
    post = say(noor)
    path = f"/posts/{post['id']}"
    tag = noor.get(path).headers["ETag"]
    assert samir.put(f"{path}/reactions/thanks").json["reactions"] == {"thanks": 1}
    assert samir.put(f"{path}/reactions/thanks").json["mine"] == ["thanks"]
    assert noor.patch(path, {"body": "Still mine."}, headers={"If-Match": f"W/{tag}"}).status_code == 200
    assert samir.delete(f"{path}/reactions/thanks").status_code == 204
    assert samir.delete(f"{path}/reactions/thanks").status_code == 204
    assert noor.get(path).json["reactions"] == {}
    wrong = samir.put(f"{path}/reactions/applause")
    assert (wrong.status_code, wrong.json["field"]) == (422, "name")


def test_the_same_key_says_it_once(noor):
    key = {"Idempotency-Key": "7d3f"}
    first = noor.post("/spaces/noorderlicht/posts", {"body": "Once."}, headers=key)
    second = noor.post("/spaces/noorderlicht/posts", {"body": "Once."}, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    other = noor.post("/spaces/noorderlicht/posts", {"body": "Something else."}, headers=key)
    assert (other.status_code, other.json["field"]) == (422, "Idempotency-Key")
    assert len(noor.items("/feed")) == 1
    long = noor.post("/spaces/noorderlicht/posts", {"body": "Once."}, headers={"Idempotency-Key": "k" * 256})
    assert long.status_code == 422


def test_only_its_author_changes_a_post_and_staff_takes_it_away(call, noor, samir):
    post = say(noor)
    assert samir.patch(f"/posts/{post['id']}", {"body": "Mine now."}).status_code == 403
    assert samir.delete(f"/posts/{post['id']}").status_code == 403
    assert call("pieter_jan").delete(f"/posts/{post['id']}").status_code == 204


def test_announcements_are_for_the_staff(call, noor):
    words = {"body": "The bus leaves at nine.", "kind": "announcement"}
    assert noor.post("/spaces/noorderlicht/posts", words).status_code == 403
    assert call("pieter_jan").post("/spaces/noorderlicht/posts", words).status_code == 201


# ---- comments -------------------------------------------------------------------------------------------------------


def test_people_answer_each_other_wherever_something_stands(call, noor, samir):
    post = say(noor)
    page = noor.put("/spaces/noorderlicht/wiki/loops", {"body": "A loop."}).json
    file = noor.put("/spaces/noorderlicht/files/notes.txt", data=b"Notes.").json
    entry = noor.post(
        "/journal", {"title": "Today", "body": "Rain.", "audience": "space", "space": "noorderlicht"}
    ).json
    places = {
        f"post:{post['id']}": f"/posts/{post['id']}/comments",
        f"page:{page['id']}": "/spaces/noorderlicht/wiki/loops/comments",
        f"file:{file['id']}": "/spaces/noorderlicht/files/notes.txt/comments",
        f"entry:{entry['id']}": f"/journal/{entry['id']}/comments",
    }
    for on, path in places.items():
        answer = samir.post(path, {"body": "I *see*."})
        assert answer.status_code == 201, answer.json
        comment = answer.json
        assert comment["on"] == on
        assert "<em>see</em>" in comment["html"]
        assert comment["url"].endswith(f"#comment-{comment['id']}")
        reply = noor.post(path, {"body": "Thank you.", "reply_to": comment["id"]}).json
        assert reply["reply_to"] == comment["id"]
        assert [one["id"] for one in noor.items(f"{path}?limit=1")] == [comment["id"], reply["id"]]
        assert samir.get(f"/comments/{comment['id']}").json["body"] == "I *see*."
        wrong = noor.post(path, {"body": "Where?", "reply_to": 999_999})
        assert (wrong.status_code, wrong.json["field"]) == (422, "reply_to")
    coach = call("anna").post(places[f"post:{post['id']}"], {"body": "Go and ask."}).json
    assert coach["as_role"] == "coach"
    assert noor.get(f"/posts/{post['id']}").json["comments"] == 3


def test_a_comment_is_changed_on_its_newest_words_only(noor, samir):
    post = say(noor)
    made = samir.post(f"/posts/{post['id']}/comments", {"body": "First."})
    path, tag = f"/comments/{made.json['id']}", made.headers["ETag"]
    assert noor.patch(path, {"body": "Not yours."}).status_code == 403
    assert samir.patch(path, {"body": "Second."}, headers={"If-Match": tag}).json["body"] == "Second."
    assert samir.patch(path, {"body": "Third."}, headers={"If-Match": tag}).status_code == 412
    assert samir.delete(path).status_code == 204
    assert samir.get(path).status_code == 404


# ---- the wiki -------------------------------------------------------------------------------------------------------

WIKI = "/spaces/noorderlicht/wiki"


def test_two_people_write_one_page_and_nobody_is_written_over(noor, samir):
    made = noor.put(f"{WIKI}/evidence/interviews", {"title": "Interviews", "body": "## One"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"/api/v1{WIKI}/evidence/interviews"
    assert made.json["revision"] == 1
    read = samir.get(f"{WIKI}/evidence/interviews")
    assert read.json["html"].startswith("<h")
    tag = read.headers["ETag"]
    bare = samir.put(f"{WIKI}/evidence/interviews", {"body": "## Two"})
    assert bare.status_code == 428
    saved = samir.put(f"{WIKI}/evidence/interviews", {"body": "## Two", "summary": "More"}, headers={"If-Match": tag})
    assert (saved.status_code, saved.json["revision"], saved.json["title"]) == (200, 2, "Interviews")
    assert saved.json["editor"]["name"] == "Samir El Idrissi"
    stale = noor.put(f"{WIKI}/evidence/interviews", {"body": "## Mine"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    fresh = noor.put(f"{WIKI}/evidence/interviews", {"body": "## Mine"}, headers={"If-Match": "*"})
    assert fresh.json["revision"] == 3


def test_the_history_of_a_page_is_kept_and_can_be_brought_back(noor):
    tag = noor.put(f"{WIKI}/loops", {"body": "One"}).headers["ETag"]
    noor.put(f"{WIKI}/loops", {"body": "Two", "summary": "Better"}, headers={"If-Match": tag})
    history = noor.get(f"{WIKI}/loops?history").json
    assert [(one["number"], one["summary"]) for one in history["items"]] == [(2, "Better"), (1, "")]
    assert [one["number"] for one in noor.items(f"{WIKI}/loops?history&limit=1")] == [2, 1]
    assert noor.get(f"{WIKI}/loops?rev=1").json["body"] == "One"
    assert noor.get(f"{WIKI}/loops?rev=9").status_code == 404
    assert noor.post(f"{WIKI}/loops/restore", {"revision": 1}).status_code == 428
    back = noor.post(f"{WIKI}/loops/restore", {"revision": 1}, headers={"If-Match": "*"})
    assert (back.json["body"], back.json["revision"]) == ("One", 3)


def test_pages_are_listed_moved_and_taken_away(noor):
    assert noor.post(WIKI, {"title": "Meeting notes", "body": "We met."}).json["path"] == "meeting-notes"
    noor.put(f"{WIKI}/a", {"body": "A"})
    assert [page["path"] for page in noor.items(f"{WIKI}?limit=1")] == ["a", "meeting-notes"]
    assert "body" not in noor.get(WIKI).json["items"][0]
    moved = noor.patch(f"{WIKI}/a", {"path": "b/c", "title": "Sea"})
    assert (moved.json["path"], moved.json["title"]) == ("b/c", "Sea")
    assert noor.get(f"{WIKI}/a?history").location.endswith(f"/api/v1{WIKI}/b/c?history")
    assert noor.put(f"{WIKI}/b/c", {"body": "x"}, headers={"If-None-Match": "*"}).status_code == 412
    assert noor.put(f"{WIKI}/new-one", {"body": "x"}, headers={"If-Match": '"r1-1"'}).status_code == 412
    assert noor.delete(f"{WIKI}/b/c", headers={"If-Match": '"r1-99"'}).status_code == 412
    assert noor.delete(f"{WIKI}/b/c").status_code == 204
    assert noor.get(f"{WIKI}/b/c").status_code == 404
    wrong = noor.put(f"{WIKI}/No Way", {"body": "x"})
    assert (wrong.status_code, wrong.json["field"]) == (422, "path")
    assert noor.put(f"{WIKI}/history", {"body": "x"}).json["field"] == "path"


# ---- files ----------------------------------------------------------------------------------------------------------

FILES = "/spaces/noorderlicht/files"


def test_a_file_goes_up_and_comes_back_byte_by_byte(noor, samir):
    body = bytes(range(256)) * 40
    made = noor.put(f"{FILES}/interview.bin", data=body, query_string={"description": "Raw"})
    assert made.status_code == 201, made.json
    assert (made.json["size"], made.json["version"], made.json["description"]) == (len(body), 1, "Raw")
    assert made.json["content"] == f"/api/v1{FILES}/interview.bin"
    got = samir.get(f"{FILES}/interview.bin")
    assert got.data == body
    assert got.headers["ETag"] == f'"{made.json["sha256"]}"'
    part = samir.get(f"{FILES}/interview.bin", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (
        206,
        body[10:20],
        f"bytes 10-19/{len(body)}",
    )
    assert samir.get(f"{FILES}/interview.bin", headers={"Range": "bytes=99999-"}).status_code == 416
    assert samir.get(f"{FILES}/interview.bin", headers={"If-None-Match": got.headers["ETag"]}).status_code == 304
    assert samir.get(f"{FILES}/interview.bin?about").json["id"] == made.json["id"]
    assert [file["name"] for file in samir.items(f"{FILES}?limit=1")] == ["interview.bin"]


def test_a_new_version_goes_over_the_one_that_was_read(noor, samir):
    tag = noor.put(f"{FILES}/plan.txt", data=b"one").headers["ETag"]
    second = samir.put(f"{FILES}/plan.txt", data=b"two", headers={"If-Match": tag})
    assert (second.status_code, second.json["version"]) == (200, 2)
    assert noor.put(f"{FILES}/plan.txt", data=b"three", headers={"If-Match": tag}).status_code == 412
    assert noor.put(f"{FILES}/plan.txt", data=b"three", headers={"If-None-Match": "*"}).status_code == 412
    assert noor.delete(f"{FILES}/plan.txt", headers={"If-Match": tag}).status_code == 412
    assert noor.patch(f"{FILES}/plan.txt", {"description": "x"}, headers={"If-Match": tag}).status_code == 412
    described = noor.patch(f"{FILES}/plan.txt", {"description": "The plan"})
    assert described.json["description"] == "The plan"
    assert noor.put(f"{FILES}/plan.txt", data=b"three").json["version"] == 3
    assert noor.get(f"{FILES}/plan.txt").data == b"three"
    assert noor.delete(f"{FILES}/plan.txt").status_code == 204
    assert noor.get(f"{FILES}/plan.txt").status_code == 404


def test_nothing_is_left_behind_of_what_was_refused_or_known(app, noor):
    def kept():
        swept(app.config["STORAGE"])
        return len(list(app.config["STORAGE"].keys()))

    noor.put(f"{FILES}/a.txt", data=b"same")
    assert kept() == 1
    assert noor.put(f"{FILES}/a.txt", data=b"same").status_code == 200
    assert kept() == 1
    assert noor.put(f"{FILES}/b.txt", data=b"x", query_string={"audience": "organisation"}).status_code == 422
    assert kept() == 1


def test_what_is_too_large_or_badly_named_is_refused_before_it_is_kept(app, noor, monkeypatch):
    import dataclasses

    monkeypatch.setitem(app.config, "SETTINGS", dataclasses.replace(app.config["SETTINGS"], UPLOAD_MB=1))
    large = b"x" * (1024 * 1024 + 1)
    assert noor.put(f"{FILES}/large.bin", data=large).status_code == 413
    streamed = noor.put(
        f"{FILES}/large.bin", input_stream=io.BytesIO(large), environ_overrides={"wsgi.input_terminated": True}
    )
    assert streamed.status_code == 413
    wrong = noor.put(f"{FILES}/con.txt", data=b"x")
    assert (wrong.status_code, wrong.json["field"]) == (422, "name")
    assert noor.put(f"{FILES}/a%2Fb.txt", data=b"x").status_code == 404  # a folder that is not there
    assert noor.put(f"{FILES}/c.txt", data=b"x", headers={"Content-Range": "bytes 0-0/9"}).status_code == 400
    assert noor.items(FILES) == []


def test_a_page_that_acts_comes_back_as_unknown_bytes(noor):
    noor.put(f"{FILES}/x.html", data=b"<script>alert(1)</script>", content_type="text/html")
    got = noor.get(f"{FILES}/x.html")
    assert got.content_type == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got.headers["Content-Security-Policy"]


# ---- the journal ----------------------------------------------------------------------------------------------------


def test_an_entry_is_ones_own_until_it_is_shared(call, noor, samir):
    made = noor.post("/journal", {"title": "Day two", "body": "I was **wrong**."})
    entry = made.json
    assert (made.status_code, entry["audience"], entry["space"]) == (201, "only_me", None)
    path = f"/journal/{entry['id']}"
    assert samir.get(path).status_code == 404
    shared = noor.patch(
        path, {"audience": "people", "people": ["samir.el-idrissi"]}, headers={"If-Match": made.headers["ETag"]}
    )
    assert shared.json["people"] == ["samir.el-idrissi"]
    assert shared.json["body"] == "I was **wrong**."
    assert samir.get(path).json["people"] == []
    assert [one["id"] for one in samir.items("/journal?whose=shared")] == [entry["id"]]
    assert samir.items("/journal") == []
    both = noor.patch(path, {"title": "Day 2", "audience": "coach", "space": "noorderlicht"})
    assert (both.json["title"], both.json["audience"], both.json["space"]) == ("Day 2", "coach", "noorderlicht")
    assert samir.get(path).status_code == 404
    assert call("anna").get(path).json["title"] == "Day 2"
    assert noor.patch(path, {"audience": "only_me"}).json["space"] is None
    assert call("anna").get(path).status_code == 404


def test_a_change_of_an_entry_is_whole_or_nothing(noor):
    made = noor.post("/journal", {"title": "Day two", "body": "Words."})
    path = f"/journal/{made.json['id']}"
    for change, field in (
        ({"title": "New", "audience": "space"}, "audience"),
        ({"title": "New", "audience": "people", "people": ["nobody.here"]}, "people"),
        ({"title": "New", "audience": "people", "people": []}, "people"),
        ({"title": "New", "audience": "space", "space": "getij"}, "space"),
        ({"title": "New", "audience": "space", "space": "nowhere"}, "space"),
    ):
        answer = noor.patch(path, change)
        assert (answer.status_code, answer.json["field"]) == (422, field)
    assert noor.get(path).json["title"] == "Day two"
    tag = made.headers["ETag"]
    assert noor.patch(path, {"title": "Kept"}, headers={"If-Match": tag}).status_code == 200
    assert noor.patch(path, {"audience": "organisation"}, headers={"If-Match": tag}).status_code == 412
    assert noor.delete(path, headers={"If-Match": tag}).status_code == 412
    assert noor.delete(path).status_code == 204
    assert noor.items("/journal") == []


def test_comments_that_were_there_already_stay_when_an_edit_fails(noor):
    """An answer to an If-Match that is no tag at all is 412, not a crash."""
    entry = noor.post("/journal", {"title": "A", "body": "B"}).json
    for header in ('"', '""', "x", '"e1-1", W/"y"', "", '"é"'.encode("latin-1").decode("latin-1")):
        answer = noor.patch(f"/journal/{entry['id']}", {"title": "C"}, headers={"If-Match": header})
        assert answer.status_code in (412, 200), header
