"""Places and people through the API: spaces, roles, phases, profiles, what waits, what is told, what happened."""

from __future__ import annotations

from datetime import timedelta

import pytest

from community.clock import now
from community.programme.actions import set_event, set_prompt
from community.spaces.actions import add_member
from tests.blueprints.api_callers import Program, program_of


@pytest.fixture
def call(app, world):
    """`call("noor")`: a program of hers."""
    return lambda name, scope="write": program_of(world, app.test_client, name, scope)


@pytest.fixture
def noor(call) -> Program:
    return call("noor")


@pytest.fixture
def staff(call) -> Program:
    return call("pieter_jan")


# ---- people ---------------------------------------------------------------------------------------------------------


def test_noor_reads_and_changes_her_profile(noor):
    me = noor.get("/me")
    assert me.json["email"] == "noor@waterland.example"
    assert {space["slug"]: space["role"] for space in me.json["spaces"]} == {
        "noorderlicht": "member",
        "cohort-14": "member",
    }
    changed = noor.patch("/me", {"headline": "Planner", "about": "I *plan*."}, headers={"If-Match": me.headers["ETag"]})
    assert (changed.json["headline"], changed.json["name"]) == ("Planner", "Noor van der Velden")
    assert "<em>plan</em>" in changed.json["html"]
    assert noor.patch("/me", {"headline": "Other"}, headers={"If-Match": me.headers["ETag"]}).status_code == 412
    assert noor.patch("/me", {"time_zone": "Mars/Olympus"}).json["field"] == "time_zone"
    assert noor.patch("/me", {"headline": None}).status_code == 422
    assert noor.patch("/me", {}).status_code == 200


def test_colleagues_find_each_other(noor):
    everybody = [person["name"] for person in noor.items("/people?limit=3")]
    assert everybody == sorted(everybody, key=str.lower)
    assert len(everybody) == 13
    found = noor.get("/people?q=wiersma").json["items"]
    assert [person["handle"] for person in found] == ["joost.wiersma"]
    assert noor.get("/people/joost.wiersma").json["spaces"] == []
    assert [space["slug"] for space in noor.get("/people/samir.el-idrissi").json["spaces"]] == ["noorderlicht"]


# ---- spaces ---------------------------------------------------------------------------------------------------------


def test_the_spaces_that_somebody_sees(call, noor):
    assert {space["slug"] for space in noor.items("/spaces?limit=2")} == {
        "noorderlicht", "cohort-14", "service-without-queues", "commons",
    }  # fmt: skip
    assert {space["slug"] for space in call("dev").items("/spaces")} == {"service-without-queues", "commons"}
    team = noor.get("/spaces/noorderlicht").json
    assert (team["parent"], team["phase"], team["role"], team["kind"]) == ("cohort-14", "campus", "member", "team")
    assert "post" in team["rights"] and "manage" not in team["rights"]
    cohort = noor.get("/spaces/cohort-14").json
    assert (cohort["children"], cohort["parent"]) == (["noorderlicht"], None)


def test_a_space_is_made_once_changed_archived_and_opened(call, noor):
    key = {"Idempotency-Key": "a theme"}
    made = noor.post("/spaces", {"kind": "theme", "name": "Short letters"}, headers=key)
    assert (made.status_code, made.json["role"]) == (201, "owner")
    assert (
        noor.post("/spaces", {"kind": "theme", "name": "Short letters"}, headers=key).json["slug"] == made.json["slug"]
    )
    path = f"/spaces/{made.json['slug']}"
    tag = made.headers["ETag"]
    changed = noor.patch(path, {"aim": "Say less.", "tools": ["stream", "wiki"]}, headers={"If-Match": tag})
    assert (changed.json["aim"], changed.json["tools"]) == ("Say less.", ["stream", "wiki"])
    assert noor.patch(path, {"aim": "Say more."}, headers={"If-Match": tag}).status_code == 412
    assert noor.get(f"{path}/files").status_code == 404
    assert noor.patch(path, {"join_policy": "open"}).json["field"] == "join_policy"
    assert noor.post(f"{path}/archive").json["status"] == "archived"
    assert noor.post(f"{path}/posts", {"body": "Too late."}).status_code == 403
    assert noor.post(f"{path}/reopen").json["status"] == "active"
    assert call("samir").get(path).status_code == 404
    assert noor.post("/spaces", {"kind": "team", "name": "x", "parent": "cohort-14"}).status_code == 403
    assert noor.post("/spaces", {"kind": "team", "name": "x", "parent": "nowhere"}).json["field"] == "parent"
    assert call("gus").post("/spaces", {"kind": "theme", "name": "x"}).status_code == 403


def test_roles_are_given_changed_and_taken(noor, staff):
    members = staff.items("/spaces/noorderlicht/members?limit=2")
    assert [member["role"] for member in members] == ["owner", "coach", "member", "member", "member", "member", "guest"]
    path = "/spaces/noorderlicht/members/dev.anand"
    assert noor.put(path, {"role": "member"}).status_code == 403
    assert staff.put(path, {}).json == {
        "space": "noorderlicht",
        "handle": "dev.anand",
        "role": "member",
        "asked": False,
    }
    assert staff.put(path, {"role": "coach"}).json["role"] == "coach"
    assert staff.put("/spaces/noorderlicht/members/nobody.here", {}).status_code == 404
    assert staff.delete(path).status_code == 204
    assert staff.delete(path).status_code == 404
    assert noor.delete("/spaces/noorderlicht/members/noor.van-der-velden").status_code == 204
    assert noor.get("/spaces/noorderlicht").status_code == 404
    assert staff.delete("/spaces/noorderlicht/members/pieter-jan.hoekstra").status_code == 409


def test_dev_comes_into_an_open_space_and_asks_for_another(call):
    dev, mei_lin = call("dev"), call("mei_lin")
    assert dev.get("/spaces/service-without-queues/members").status_code == 404
    assert dev.post("/spaces/service-without-queues/join").json["role"] == "member"
    assert dev.post("/spaces/service-without-queues/join").status_code == 200
    assert dev.post("/spaces/service-without-queues/leave").status_code == 204
    assert mei_lin.patch("/spaces/service-without-queues", {"join_policy": "request"}).status_code == 200
    asked = dev.post("/spaces/service-without-queues/join")
    assert (asked.status_code, asked.json["asked"]) == (202, True)
    waiting = "/spaces/service-without-queues/requests"
    assert dev.get(waiting).status_code == 404
    assert [one["handle"] for one in mei_lin.items(waiting)] == ["dev.anand"]
    assert mei_lin.put(f"{waiting}/dev.anand").status_code == 204
    assert mei_lin.delete(f"{waiting}/dev.anand").status_code == 404
    assert dev.get("/spaces/service-without-queues").json["role"] == "member"
    assert dev.get(waiting).status_code == 403


def test_a_link_lets_people_in_until_it_is_revoked(noor, staff):
    path = "/spaces/noorderlicht/invitations"
    made = staff.post(path, {"seats": 3, "days": 2})
    assert made.status_code == 201
    assert made.json["link"].startswith("http://localhost/join/")
    assert [link["seats"] for link in staff.items(path)] == [3]
    assert "link" not in staff.items(path)[0]
    assert noor.get(path).status_code == 403
    assert staff.delete(f"{path}/{made.json['id']}").status_code == 204
    assert staff.delete(f"{path}/{made.json['id']}").status_code == 404
    assert staff.post(path, {"role": "owner", "seats": 0}).status_code == 422


def test_phases_are_read_planned_started_and_taken_back(noor, staff):
    phases = noor.get("/spaces/noorderlicht/phases").json["items"]
    assert [(phase["key"], phase["state"]) for phase in phases] == [
        ("pre", "done"), ("campus", "now"), ("post", "next"), ("alumni", "next"),
    ]  # fmt: skip
    path = "/spaces/cohort-14/phases"
    assert noor.post(f"{path}/post/start").status_code == 403
    started = staff.post(f"{path}/post/start").json["items"]
    assert [phase["state"] for phase in started] == ["done", "done", "now", "next"]
    assert staff.post(f"{path}/undo").json["items"] == phases
    assert staff.post(f"{path}/undo").status_code == 409
    assert staff.post(f"{path}/nothing/start").status_code == 404
    plan = [{key: phase[key] for key in ("key", "name", "starts", "ends")} for phase in phases]
    assert staff.put(path, {"phases": plan}).json["items"] == phases
    assert staff.put(path, {"phases": [{**plan[0], "name": "Before"}]}).json["items"][0]["name"] == "Before"
    assert [phase["key"] for phase in staff.get(path).json["items"]] == ["pre", "campus", "post", "alumni"]
    backwards = {**plan[0], "ends": "2001-01-01"}
    over = {"key": "extra", "name": "Extra", "starts": plan[1]["starts"], "ends": None}
    for wrong in (
        [backwards],
        [plan[0], plan[0]],
        [over],
        [],
        [{**plan[0], "starts": "soon"}],
        [{**plan[0], "starts": 5}],
    ):
        assert staff.put(path, {"phases": wrong}).status_code == 422, wrong
    assert staff.put("/spaces/noorderlicht/phases", {"phases": plan}).status_code == 404


# ---- what waits, what is told, what happened ------------------------------------------------------------------------


def test_annas_inbox_fills_and_empties(call, noor, catch_up):
    anna = call("anna")
    post = noor.post("/spaces/noorderlicht/posts", {"body": "Is this our question?", "kind": "question"}).json
    page = noor.put("/spaces/noorderlicht/wiki/loops", {"title": "Loops", "body": "One."}).json
    new = anna.items("/coaching?tab=new&limit=1")
    assert [(one["kind"], one["id"], one["what"]) for one in new] == [
        ("page", page["id"], "page.created"), ("post", post["id"], "post.created"),
    ]  # fmt: skip
    assert new[0]["title"] == "Loops"
    assert new[1]["author"]["handle"] == "noor.van-der-velden"
    asked = noor.post("/spaces/noorderlicht/asks", {"body": "Too big?", "about": f"page:{page['id']}"})
    assert (asked.status_code, asked.json["state"], asked.json["about"]) == (201, "waiting", f"page:{page['id']}")
    number = asked.json["id"]
    (waiting,) = anna.get("/coaching").json["items"]
    assert (waiting["sort"], waiting["kind"], waiting["id"], waiting["about"]) == (
        "request", "ask", number, f"page:{page['id']}",
    )  # fmt: skip
    assert anna.get("/coaching/counts").json["spaces"] == {"noorderlicht": 1}
    assert anna.get("/coaching?space=getij").json["items"] == []
    assert anna.get("/coaching?cursor=0001-01-01T00:00:00%2B14:00~post~1").status_code == 200
    assert anna.get("/coaching?age=soon").status_code == 422
    assert noor.get("/coaching").json["items"] == []
    assert noor.put(f"/coaching/ask/{number}/done").status_code == 404
    assert anna.put(f"/coaching/ask/{number}/snooze", {"until": "2001-01-01T08:00:00Z"}).status_code == 422
    for call_, tab in (("snooze", "snoozed"), ("done", "done")):
        body = {"until": (now() + timedelta(days=2)).isoformat()} if call_ == "snooze" else None
        assert anna.put(f"/coaching/ask/{number}/{call_}", body).status_code == 204
        assert [one["id"] for one in anna.get(f"/coaching?tab={tab}").json["items"]] == [number]
        assert anna.delete(f"/coaching/ask/{number}/done").status_code == 204
    anna.delete(f"/coaching/ask/{number}/done")
    assert anna.post(f"/asks/{number}/take").json["taken_by"]["handle"] == "anna.de-wit-okonkwo"
    assert anna.post(f"/asks/{number}/let-go").json["state"] == "waiting"
    answer = anna.post(f"/coaching/ask/{number}/comments", {"body": "Smaller."})
    assert (answer.status_code, answer.json["on"]) == (201, f"ask:{number}")
    assert anna.get("/coaching").json["items"] == []
    assert noor.post(f"/asks/{number}/comments", {"body": "How?"}).status_code == 201
    assert anna.get("/coaching/counts").json["waiting"] == 1
    assert [one["body"] for one in noor.get(f"/asks/{number}/comments").json["items"]] == ["Smaller.", "How?"]
    assert noor.post(f"/asks/{number}/close").json["state"] == "closed"
    assert noor.post(f"/asks/{number}/reopen").json["state"] == "taken"
    assert [one["id"] for one in noor.get("/spaces/noorderlicht/asks").json["items"]] == [number]
    for path in (f"/asks/{number}", f"/asks/{number}/comments"):
        assert call("joost").get(path).data == call("joost").get(path.replace(str(number), "987654")).data
    assert noor.post("/spaces/noorderlicht/asks", {"body": "x", "about": "page:987654"}).status_code == 422
    assert noor.delete(f"/asks/{number}").status_code == 204


def test_what_is_agreed_and_who_stands_in(call, noor, world):
    staff, anna = call("pieter_jan"), call("anna")
    agreed = "/spaces/cohort-14/coaching/agreed"
    said = staff.put(agreed, {"response_days": 2, "holidays": ["2026-12-25"], "guide": "Be **clear**."}).json
    assert (said["response_days"], said["holidays"], said["own_response_days"]) == (2, ["2026-12-25"], 2)
    team = noor.get("/spaces/noorderlicht/coaching/agreed").json
    assert (team["response_days"], team["own_response_days"], team["guide_html"]) == (2, None, "")
    assert "clear" in anna.get("/spaces/noorderlicht/coaching/agreed").json["guide_html"]
    assert staff.put(agreed, {"response_days": 31}).status_code == 422
    for program, status in ((noor, 403), (anna, 403), (call("dev"), 404)):
        assert program.put(agreed, {"response_days": 3}).status_code == status
        assert program.get("/spaces/cohort-14/coaching").status_code == status
    teams = {one["space"]: one["waiting"] for one in staff.get("/spaces/cohort-14/coaching").json["items"]}
    assert teams == {"getij": 0, "noorderlicht": 0}
    add_member(world.actor("pieter_jan"), world.space("getij"), world.person("mei_lin"), role="coach")
    made = anna.post("/coaching/handovers", {"to": "mei-lin.baas", "spaces": ["getij"], "until": None})
    assert (made.status_code, made.json["items"][0]["holds"]) == (201, True)
    assert anna.post("/coaching/handovers", {"to": "mei-lin.baas"}).status_code == 422
    assert anna.post("/coaching/handovers", {"to": "mei-lin.baas", "spaces": ["commons"]}).status_code == 422
    number = made.json["items"][0]["id"]
    assert noor.delete(f"/coaching/handovers/{number}").status_code == 404
    assert call("mei_lin").delete(f"/coaching/handovers/{number}").status_code == 204
    assert [one["holds"] for one in anna.get("/coaching/handovers").json["items"]] == [False]


def test_noor_is_told_and_marks_it_as_read(call, noor, catch_up):
    post = noor.post("/spaces/noorderlicht/posts", {"body": "Who calls back?"}).json
    call("samir").post(f"/posts/{post['id']}/comments", {"body": "I do, @noor.van-der-velden."})
    call("anna").post(f"/posts/{post['id']}/comments", {"body": "Well asked."})
    catch_up()
    told = noor.get("/notifications").json
    assert [(one["reason"], one["actor"]["handle"]) for one in told["items"]][:2] == [
        ("coach", "anna.de-wit-okonkwo"), ("mention", "samir.el-idrissi"),
    ]  # fmt: skip
    assert told["items"][0]["url"].startswith(f"/spaces/noorderlicht/posts/{post['id']}#comment-")
    assert told["unread"] == len(noor.items("/notifications?unread&limit=1"))
    first = told["items"][0]["id"]
    assert noor.post("/notifications/read", {"id": first}).json["unread"] == told["unread"] - 1
    assert noor.post("/notifications/read", {"id": first, "up_to": first}).status_code == 422
    assert call("samir").post("/notifications/read", {"id": told["items"][1]["id"]}).status_code == 200
    assert noor.get("/notifications?unread").json["unread"] == told["unread"] - 1
    assert noor.post("/notifications/read", {}).json["unread"] == 0
    assert noor.get("/notifications?unread").json["items"] == []
    assert noor.get("/notifications").json["items"][0]["read"] is not None


def test_a_program_that_slept_sees_what_one_that_watched_saw(call, noor):
    last = noor.get("/activity?limit=200").json["last"]
    post = noor.post("/spaces/noorderlicht/posts", {"body": "New."}).json
    noor.post("/journal", {"title": "Mine", "body": "Alone."})
    noor.put(f"/posts/{post['id']}/reactions/insight")
    samir = call("samir")
    seen = samir.get(f"/activity?after={last}").json
    lines = [(line["verb"], line["type"], line["object"]) for line in seen["items"] if line["space"]]
    assert lines == [("post.created", "Create", f"post:{post['id']}"), ("post.reacted", "Like", f"post:{post['id']}")]
    assert samir.get(f"/activity?after={seen['last']}").json == {"items": [], "next": None, "last": seen["last"]}
    assert [line["id"] for line in samir.items(f"/activity?after={last}&limit=1")] == [
        line["id"] for line in seen["items"]
    ]
    assert samir.get(f"/activity?after={last}&space=noorderlicht").json["items"] == [
        one for one in seen["items"] if one["space"]
    ]
    assert samir.get("/activity?space=getij").status_code == 404


def test_what_is_planned_and_asked_of_a_cohort(call, world, noor):
    staff, cohort, at = world.actor("pieter_jan"), world.space("cohort"), now()
    for number in range(3):
        set_event(
            staff, cohort, key=f"e{number}", title=f"Day {number}", place="Domburg",
            starts_at=at + timedelta(days=number), ends_at=at + timedelta(days=number, hours=2),
        )  # fmt: skip
    prompt = set_prompt(
        staff, cohort, key="p", text_en="What surprised you?", text_nl="Wat verraste je?",
        opens_at=at - timedelta(hours=1), closes_at=at + timedelta(days=1),
    )  # fmt: skip
    assert [event["title"] for event in noor.items("/events?limit=1")] == ["Day 0", "Day 1", "Day 2"]
    tomorrow = (at + timedelta(days=2)).date().isoformat()
    assert [event["title"] for event in noor.items(f"/events?from={tomorrow}&space=cohort-14")] == ["Day 2"]
    assert call("dev").items("/events") == []
    assert [one["text"] for one in noor.get("/journal/prompts").json["items"]] == ["Wat verraste je?"]
    answer = noor.post("/journal", {"title": "Surprise", "body": "The quiet.", "prompt": prompt.id})
    assert answer.json["prompt"] == prompt.id
    assert noor.get("/journal/prompts").json["items"] == []
    dev = call("dev").post("/journal", {"title": "x", "body": "x", "prompt": prompt.id})
    assert (dev.status_code, dev.json["field"]) == (422, "prompt")
