"""Words reach the browsers that somebody chose, sealed, and nothing else."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import stat
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import http_ece
import pytest
from flask import Flask
from sqlalchemy import select

from community import egress
from community.activity import outbox
from community.clock import frozen, now
from community.comments.actions import create_comment
from community.config import WrongSetting, load_settings
from community.errors import Invalid, NotFound
from community.extensions import db, write_unit
from community.jobs.models import Job
from community.jobs.work import HOUSE, run_one
from community.microblog.actions import create_post
from community.microblog.models import Post
from community.notifications.reading import mark_read
from community.people import sessions
from community.people.models import Session
from community.ports import ports
from community.push import browsers, keys
from community.push.browsers import add_browser, browsers_of, end_browser
from community.push.models import PushBrowser
from community.push.sending import NotNow, push
from community.spaces.actions import remove_member
from tests.push_service import Device, PushService, is_signed
from tests.world import World


@pytest.fixture
def service(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PushService]:
    """A push service on this machine, which counts as outside."""
    made = PushService()
    made.start()
    monkeypatch.setattr(egress, "post", partial(egress.post, allowed=lambda _address: True))
    monkeypatch.setattr(browsers, "SCHEMES", frozenset({"http", "https"}))
    key = keys.key_in(tmp_path)
    monkeypatch.setattr(ports, "push_key", lambda: key)
    yield made
    made.stop()


def session_of(world: World, name: str) -> int:
    with write_unit():
        session, _token = sessions.begin(world.person(name))
        db.session.flush()
        return session.id


def subscribe(world: World, service: PushService, name: str, path: str = "/one") -> Device:
    device = Device()
    add_browser(
        world.actor(name),
        session_id=session_of(world, name),
        endpoint=service.url + path,
        p256dh=device.p256dh,
        auth=device.auth,
        agent="Mozilla/5.0 (Linux) Firefox/140",
    )
    return device


@pytest.fixture
def post(world: World) -> Post:
    return create_post(world.actor("samir"), world.space("noorderlicht"), body="Wat doen we morgen?")


def work_on(after: float = 0) -> None:
    outbox.run_until_idle()
    with frozen(now() + timedelta(seconds=after)):
        while run_one():
            pass


def count(world: World, name: str) -> int:
    db.session.rollback()
    return len(browsers_of(world.actor(name)))


def test_a_message_can_be_read_by_its_browser_alone(service: PushService, world: World) -> None:
    device = subscribe(world, service, "noor")
    assert (
        push(world.person("noor").id, "Samir noemt je", "Wat vind jij?", "/spaces/noorderlicht/posts/1", "post:1") == 1
    )
    (came,) = service.came
    assert device.open(came) == {
        "title": "Samir noemt je",
        "body": "Wat vind jij?",
        "url": "/spaces/noorderlicht/posts/1",
        "tag": "post:1",
    }
    assert b"Samir" not in came.body and came.path == "/one"
    with pytest.raises(http_ece.ECEException):
        Device().open(came)
    assert came.headers["Content-Encoding"] == "aes128gcm" and came.headers["TTL"] == "86400"


def test_the_house_says_who_it_is_to_this_service_alone(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    push(world.person("noor").id, "a", "b", "/", "post:1")
    (came,) = service.came
    assert is_signed(came) and came.headers["Authorization"].endswith("k=" + keys.public_of(ports.push_key()))
    middle = came.headers["Authorization"].split("t=")[1].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(middle + "=="))
    assert claims["aud"] == service.url and claims["sub"].startswith("mailto:")
    assert 0 < claims["exp"] - now().timestamp() <= 24 * 3600


def test_one_message_waits_for_each_conversation(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    for tag in ("post:1", "post:1", "post:2"):
        push(world.person("noor").id, "a", "b", "/", tag)
    one, two, three = (came.headers["Topic"] for came in service.came)
    assert one == two != three and len(one) <= 32 and "post" not in one


def test_a_push_service_learns_neither_the_thing_nor_who_else_hears_of_it(service: PushService, world: World) -> None:
    for name in ("noor", "samir"):
        subscribe(world, service, name, f"/{name}")
        push(world.person(name).id, "a", "b", "/", "post:1")
    one, two = (came.headers["Topic"] for came in service.came)
    guess = base64.urlsafe_b64encode(hashlib.sha256(b"post:1").digest()).decode()
    assert one != two and one not in guess


def test_a_service_that_answers_a_byte_at_a_time_is_left() -> None:
    """Every byte of its answer comes in time, and the whole of it never."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line, contextlib.suppress(OSError):
                while not over.wait(0.05):
                    line.sendall(b"H")

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        began = time.monotonic()
        with pytest.raises(OSError):
            url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
            egress.post(url, b"sealed", {}, allowed=lambda _address: True, seconds=0.5)
        assert time.monotonic() - began < 3
        over.set()
        thread.join()


def test_a_name_that_nobody_knows_now_is_tried_again(
    service: PushService, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, service, "noor")

    def nobody(*_asked: object, **_more: object) -> None:
        raise socket.gaierror("no answer")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    with pytest.raises(NotNow):
        push(world.person("noor").id, "a", "b", "/", "t")
    assert count(world, "noor") == 1


def test_words_are_cut_so_that_they_fit(service: PushService, world: World) -> None:
    device = subscribe(world, service, "noor")
    push(world.person("noor").id, "é" * 500, "woord\n" * 5000, "/", "post:1")
    words = device.open(service.came[0])
    assert len(words["title"]) == 120 and len(words["body"]) <= 300 and "\n" not in words["body"]
    assert len(service.came[0].body) < 4096


@pytest.mark.parametrize("status", [404, 410, 403])
def test_a_browser_that_is_gone_is_forgotten(service: PushService, world: World, status: int) -> None:
    subscribe(world, service, "noor", "/gone")
    here = subscribe(world, service, "noor", "/here")
    service.answers["/gone"] = status
    assert push(world.person("noor").id, "a", "b", "/", "t") == 1
    assert here.open(service.came[-1])["title"] == "a"
    assert [browser.endpoint for browser in browsers_of(world.actor("noor"))] == [service.url + "/here"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_service_is_asked_again(service: PushService, world: World, status: int) -> None:
    subscribe(world, service, "noor")
    service.answers["/one"] = status
    with pytest.raises(NotNow):
        push(world.person("noor").id, "a", "b", "/", "t")
    assert count(world, "noor") == 1


def test_an_answer_that_sends_us_elsewhere_is_not_followed(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    service.answers["/one"] = 307
    assert push(world.person("noor").id, "a", "b", "/", "t") == 0
    assert len(service.came) == 1 and count(world, "noor") == 1


# What is pushed


def test_noor_hears_that_samir_mentions_her(service: PushService, world: World) -> None:
    device = subscribe(world, service, "noor")
    create_post(world.actor("samir"), world.space("noorderlicht"), body="Wat vind jij, @noor.van-der-velden?")
    work_on()
    assert service.came == [], "who is here reads it first"
    work_on(after=15)
    (came,) = service.came
    words = device.open(came)
    assert words["title"] == "Samir El Idrissi noemt je" and "Wat vind jij" in words["body"]
    assert words["url"].startswith("/spaces/noorderlicht/posts/")
    work_on(after=30)
    assert len(service.came) == 1


def test_what_is_read_meanwhile_is_not_pushed(service: PushService, world: World, post: Post) -> None:
    subscribe(world, service, "samir")
    create_comment(world.actor("noor"), post, body="Dit, @samir.el-idrissi.")
    work_on()
    mark_read(world.actor("samir"))
    work_on(after=15)
    assert service.came == []


def test_what_one_may_no_longer_see_is_not_pushed(service: PushService, world: World, post: Post) -> None:
    subscribe(world, service, "noor")
    create_comment(world.actor("samir"), post, body="Geheim, @noor.van-der-velden.")
    outbox.run_until_idle()
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("noor"))
    work_on(after=15)
    assert service.came == []


def test_nobody_without_a_browser_makes_work(service: PushService, world: World) -> None:
    subscribe(world, service, "samir")
    create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden, kijk.")
    work_on(after=15)
    assert service.came == []
    assert db.session.scalars(select(Job).where(Job.name.like("push.%"))).all() == []


def test_a_browser_that_is_away_holds_up_no_other(service: PushService, world: World) -> None:
    subscribe(world, service, "noor", "/away")
    here = subscribe(world, service, "noor", "/here")
    service.answers["/away"] = 503
    create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden, kijk.")
    work_on(after=15)
    del service.answers["/away"]
    work_on(after=120)
    assert sorted(came.path for came in service.came) == ["/away", "/away", "/here"]
    assert here.open(next(came for came in service.came if came.path == "/here"))["body"]


def test_other_work_does_not_wait_for_a_push_service(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden, kijk.")
    outbox.run_until_idle()
    with frozen(now() + timedelta(seconds=15)):
        while run_one(HOUSE):
            pass
        assert service.came == []
        assert run_one("push") == 1
    assert len(service.came) == 1


def test_no_words_of_people_lie_in_the_queue(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden, een geheim.")
    work_on(after=15)
    assert all("geheim" not in json.dumps(job.payload) for job in db.session.scalars(select(Job)))


# Which browsers


def test_who_signs_out_is_told_nothing_there(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    with write_unit():
        session = db.session.scalars(select(Session).where(Session.person_id == world.person("noor").id)).one()
        db.session.delete(session)
    assert count(world, "noor") == 0
    assert push(world.person("noor").id, "a", "b", "/", "t") == 0 and service.came == []


def test_a_browser_tells_one_person_at_a_time(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    subscribe(world, service, "samir")
    assert (count(world, "noor"), count(world, "samir")) == (0, 1)


def test_a_browser_is_its_persons_alone(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    (browser,) = browsers_of(world.actor("noor"))
    for name in ("samir", "rik"):
        with pytest.raises(NotFound):
            end_browser(world.actor(name), browser.id)
    end_browser(world.actor("noor"), browser.id)
    assert count(world, "noor") == 0


@pytest.mark.parametrize(
    "endpoint",
    ["", "http://push.example.net/x", "ftp://push.example.net/x", "https://u:p@push.example.net/x", "https://push.example.net:22/x",
     "https://push.example.net/a b", "https:///x", "https://[::1/x", "javascript:1", "https://é.example/x",
     "https://x.example/" + "a" * 2000],
)  # fmt: skip
def test_what_no_browser_would_say_is_refused(app: Flask, world: World, endpoint: str) -> None:
    device = Device()
    with pytest.raises(Invalid):
        add_browser(world.actor("noor"), session_id=1, endpoint=endpoint, p256dh=device.p256dh, auth=device.auth)


@pytest.mark.parametrize(
    ("p256dh", "auth"), [("", ""), ("x", None), (None, "x"), ("B" * 87, None), (None, "é"), ("A" * 87, None)]
)
def test_keys_that_are_none_are_refused(app: Flask, world: World, p256dh: str | None, auth: str | None) -> None:
    device = Device()
    with pytest.raises(Invalid):
        add_browser(
            world.actor("noor"),
            session_id=1,
            endpoint="https://push.example.net/x",
            p256dh=device.p256dh if p256dh is None else p256dh,
            auth=device.auth if auth is None else auth,
        )


def test_there_is_an_end_to_browsers(service: PushService, world: World) -> None:
    for number in range(browsers.MOST):
        subscribe(world, service, "noor", f"/{number}")
    with pytest.raises(Invalid):
        subscribe(world, service, "noor", "/more")


# Out of the house


def test_a_browser_cannot_have_the_house_ask_itself(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads inside, and one that leads both ways, are refused before a connection is made, and forgotten."""
    service = PushService()
    service.start()
    monkeypatch.setattr(browsers, "SCHEMES", frozenset({"http"}))
    subscribe(world, service, "noor")
    assert push(world.person("noor").id, "a", "b", "/", "t") == 0
    assert service.came == [] and count(world, "noor") == 0
    service.stop()
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: both)
    with pytest.raises(egress.Refused):
        egress.post("https://push.example.net/x", b"", {})
    for url in (
        "ftp://push.example.net/",
        "http://me:secret@push.example.net/",
        "http://[",
        "http://push.example.net:many/",
    ):
        with pytest.raises(egress.Refused):
            egress.post(url, b"", {})


# The key


def test_the_key_is_made_once_and_kept_for_us_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    made = keys.key_in(folder)
    assert keys.key_in(folder) == made and keys.is_key(made)
    assert stat.S_IMODE((folder / "push_key").stat().st_mode) == 0o600
    assert [path.name for path in folder.iterdir()] == ["push_key"]
    assert len(keys.decoded(keys.public_of(made))) == 65


def test_a_key_that_is_none_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="PUSH_KEY"):
        load_settings({"PUSH_KEY": "short"})
    assert load_settings({"PUSH_KEY": keys.key_in(tmp_path)}).PUSH_KEY


def test_a_browser_row_holds_what_it_must(service: PushService, world: World) -> None:
    subscribe(world, service, "noor")
    row = db.session.scalars(select(PushBrowser)).one()
    assert (
        row.endpoint_hash == browsers.hash_of(row.endpoint)
        and row.agent.startswith("Mozilla")
        and row.reached_at is None
    )
    push(world.person("noor").id, "a", "b", "/", "t")
    db.session.expire_all()
    assert db.session.scalars(select(PushBrowser)).one().reached_at is not None
