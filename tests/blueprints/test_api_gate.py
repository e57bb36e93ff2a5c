"""Who comes in through the API's gate, what is read there, and what a fault looks like."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from blueprints.api.calls import CALLS
from blueprints.api.openapi import path_of
from community.clock import now
from community.extensions import db
from community.people.actions import disable_person, revoke_token
from community.people.models import Token
from tests.blueprints.api_callers import BASE, Program, program_of
from tests.conftest import sign_in, token_of

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


@pytest.fixture
def noor(app, world) -> Program:
    return program_of(world, app.test_client, "noor")


def filled(rule: str) -> str:
    """An address of a call, with things that do not exist."""
    return path_of(re.sub(r"<id:\w+>", "999999", rule)).replace("{", "").replace("}", "")


# ---- the name of the caller -----------------------------------------------------------------------------------------


def test_nobody_gets_anywhere_without_a_name(app, world):
    client = app.test_client()
    for line in CALLS:
        answer = client.open(BASE + filled(line.rule), method=line.method, json={})
        assert answer.status_code == 401, line.name
        assert answer.content_type == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json["title"] == "Unauthorized"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer coh_wrong",
        "bearer coh_\x7f",
        "Basic bm9vcjp4",
        "coh_x",
        "Bearer " + "x" * 4000,
    ],
)
def test_a_wrong_token_opens_nothing(app, world, header):
    answer = app.test_client().get(f"{BASE}/me", headers={"Authorization": header})
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]


def test_a_wrong_token_counts_although_the_browser_is_signed_in(as_person, world):
    samir = as_person("samir")
    assert samir.get(f"{BASE}/me").json["handle"] == "samir.el-idrissi"
    assert samir.get(f"{BASE}/me", headers={"Authorization": "Bearer coh_wrong"}).status_code == 401


def test_a_token_acts_as_its_person_whoever_sits_at_the_browser(app, world, as_person):
    samir = as_person("samir")
    fatma = program_of(world, lambda: samir, "fatma")
    assert fatma.get("/me").json["handle"].startswith("fatma")
    assert samir.get(f"{BASE}/me").json["handle"] == "samir.el-idrissi"


def test_a_token_ends_when_it_is_revoked_expires_or_its_person_is_gone(app, world):
    noor, samir, fatma = (program_of(world, app.test_client, name) for name in ("noor", "samir", "fatma"))
    assert noor.get("/me").json["token"]["scope"] == "write"
    token = db.session.query(Token).filter_by(person_id=world.person_ids["noor"]).one()
    assert token.used_at is not None
    revoke_token(world.actor("noor"), world.person("noor"), token_id=token.id)
    assert noor.get("/me").status_code == 401
    disable_person(world.actor("rik"), world.person("samir"))
    assert samir.get("/me").status_code == 401
    from community.extensions import write_unit

    with write_unit():
        db.session.query(Token).filter_by(person_id=world.person_ids["fatma"]).update(
            {"expires_at": now() - timedelta(1)}
        )
    assert fatma.get("/me").status_code == 401


def test_a_token_that_may_only_read_changes_nothing(app, world):
    reader = program_of(world, app.test_client, "noor", scope="read")
    assert reader.get("/feed").status_code == 200
    for line in CALLS:
        if line.method in UNSAFE:
            answer = reader(line.method, filled(line.rule), json={})
            assert answer.status_code == 403, line.name
            assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


# ---- the browser's session ------------------------------------------------------------------------------------------


def test_a_page_sends_its_csrf_token_with_what_changes_something(app, world):
    browser = sign_in(app.test_client(), "noor")
    path = f"{BASE}/spaces/noorderlicht/posts"
    assert browser.post(path, json={"body": "Forged."}).status_code == 403
    assert browser.post(path, json={"body": "Forged."}, headers={"X-CSRFToken": "guessed"}).status_code == 403
    token = token_of(browser.get("/settings").text)
    good = {"X-CSRFToken": token}
    for elsewhere in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        assert browser.post(path, json={"body": "Forged."}, headers=good | elsewhere).status_code == 403, elsewhere
    made = browser.post(
        path, json={"body": "Mine."}, headers=good | {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    )
    assert made.status_code == 201
    assert browser.delete(f"{BASE}/posts/{made.json['id']}").status_code == 403
    assert browser.delete(f"{BASE}/posts/{made.json['id']}", headers=good).status_code == 204


def test_no_other_site_is_told_anything(app, noor):
    answer = noor.get("/me", headers={"Origin": "https://evil.example"})
    assert not [name for name, _value in answer.headers if name.startswith("Access-Control")]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Authorization" in answer.headers["Vary"]


# ---- what is read ---------------------------------------------------------------------------------------------------

BROKEN = [
    (b"", 400),
    (b"{", 400),
    (b"\xff\xfe", 400),
    (b"\xef\xbb\xbf{}", 400),
    (b'{"body": NaN}', 400),
    (b'{"body": Infinity}', 400),
    (b'{"body": "a", "body": "b"}', 400),
    (b'{"body": "a", "x": {"y": 1, "y": 2}}', 400),
    (b"[" * 100_000, 400),
    (b'{"body": ' + b"9" * 5000 + b"}", 400),
    (b"[]", 422),
    (b"null", 422),
    (b'"text"', 422),
    (b"{}", 422),
    (b'{"body": null}', 422),
    (b'{"body": 7}', 422),
    (b'{"body": ["a"]}', 422),
    (b'{"body": ""}', 422),
    (b'{"body": "   "}', 422),
    (b'{"body": "a\\u0000b"}', 422),
    (b'{"body": "\\ud800"}', 422),
    (b'{"\\ud800": "x", "body": "a"}', 422),
    (b'{"body": "a", "kind": "rant"}', 422),
    (b'{"body": "a", "audience": "only_me"}', 422),
    (b'{"body": "a", "audience": "everybody"}', 422),
    (json.dumps({"body": "x" * 100_001}).encode(), 422),
    (b'{"body": "' + b"x" * 2_200_000 + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), BROKEN, ids=lambda value: str(value)[:30])
def test_what_cannot_be_read_is_refused_and_never_breaks_us(noor, body, status):
    answer = noor("POST", "/spaces/noorderlicht/posts", data=body, content_type="application/json")
    assert answer.status_code == status, answer.json
    assert noor.get("/feed").json["items"] == []


def test_a_body_is_json_or_it_is_refused(noor):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""):
        answer = noor("POST", "/spaces/noorderlicht/posts", data=b'{"body": "a"}', content_type=kind)
        assert answer.status_code == 415, kind
    assert (
        noor(
            "POST", "/spaces/noorderlicht/posts", data=b'{"body": "a"}', content_type="application/merge-patch+json"
        ).status_code
        == 201
    )


def test_a_fault_names_its_field(noor):
    answer = noor.post("/spaces/noorderlicht/posts", {"body": "a", "kind": "rant", "colour": "red"})
    assert answer.json["field"] == "kind"
    assert {error["field"] for error in answer.json["errors"]} == {"kind", "colour"}
    assert "rant" not in answer.text


QUESTIONS = [
    ("/feed?limit=0", "limit"), ("/feed?limit=-1", "limit"), ("/feed?limit=x", "limit"), ("/feed?limit=", "limit"),
    ("/feed?limit=1e3", "limit"), ("/feed?limit=1_0", "limit"), ("/feed?limit=%C2%B2", "limit"),
    ("/feed?limit=" + "9" * 30, "limit"), ("/feed?cursor=x", "cursor"), ("/feed?cursor=-1", "cursor"),
    ("/feed?cursor=%D9%A3", "cursor"), ("/feed?cursor=" + "9" * 30, "cursor"), ("/feed?limit=1&limit=2", "limit"),
    ("/feed?colour=red", "colour"), ("/me?x=1", "x"), ("/people?cursor=~", "cursor"), ("/people?cursor=1", "cursor"),
    ("/spaces?cursor=x~y", "cursor"), ("/events?from=yesterday", "from"), ("/events?to=9999-12-31", "to"),
    ("/events?cursor=1~never", "cursor"), ("/events?cursor=1~0001-01-01T00:00:00%2B14:00", "cursor"),
    ("/search", "q"), ("/search?q=x&sort=up", "sort"), ("/search?q=x&cursor=1001", "cursor"), ("/search?q=" + "x" * 401, "q"),
    ("/activity?after=-1", "after"), ("/activity?after=" + "9" * 19, "after"), ("/journal?whose=samir", "whose"),
    ("/notifications?unread=perhaps", "unread"), ("/spaces/noorderlicht/members?cursor=1", "cursor"),
    ("/feed?space=a%00b", "?"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "field"), QUESTIONS)
def test_a_question_that_cannot_be_asked_is_refused_with_its_name(noor, path, field):
    answer = noor.get(path)
    assert answer.status_code == 422, answer.json
    assert answer.json["field"] == field


def test_odd_addresses_lead_nowhere_and_break_nothing(noor):
    for path in (
        "/posts/0", "/posts/-1", "/posts/" + "9" * 18, "/posts/" + "9" * 5000, "/posts/1.5", "/posts/%00", "/people/%00",
        "/people/%ED%A0%80", "/spaces/%00", "/spaces/noorderlicht/wiki/%00", "/spaces/noorderlicht/files/%00", "/nothing",
        "/spaces/noorderlicht/wiki/..%2F..%2Fetc", "/spaces/noorderlicht/files/..%2F..%2Fetc", "/coaching/x", "",
    ):  # fmt: skip
        assert noor.get(path).status_code == 404, path
    assert noor("BREW", "/me").status_code == 405
    assert noor.delete("/me").status_code == 405
    assert "PATCH" in noor.delete("/me").headers["Allow"]


# ---- how much -------------------------------------------------------------------------------------------------------


def test_who_asks_too_much_is_told_how_much_is_left(app, noor, monkeypatch):
    from blueprints.limits import limiter

    monkeypatch.setitem(app.config, "COUNT_CALLERS", True)
    limiter.reset()
    try:
        first = noor.post("/spaces/noorderlicht/posts", {"body": "One."})
        assert int(first.headers["RateLimit-Remaining"]) == int(first.headers["RateLimit-Limit"]) - 1
        for _ in range(int(first.headers["RateLimit-Remaining"])):
            noor.post("/spaces/noorderlicht/posts", {})
        refused = noor.post("/spaces/noorderlicht/posts", {"body": "Too many."})
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        assert noor.get("/feed").status_code == 200
    finally:
        limiter.reset()
