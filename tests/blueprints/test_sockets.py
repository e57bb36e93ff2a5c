"""The sockets: who comes in, what they may watch, what they hear, and how soon they are cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from flask_socketio import SocketIOTestClient
from sqlalchemy import update

from blueprints.live import MOST_SOCKETS, MOST_WATCHES, Crowd
from community.activity import outbox
from community.activity.outbox import last_id
from community.clock import now
from community.comments.actions import create_comment
from community.extensions import db, write_unit
from community.journal.actions import write_entry
from community.live import consumer
from community.microblog.actions import create_post
from community.notifications.reading import mark_read
from community.people.actions import (
    change_site_role,
    create_token,
    disable_person,
    end_session,
    revoke_token,
    sign_in,
    sign_out,
)
from community.people.models import Session
from community.permissions import SYSTEM
from community.spaces.actions import add_member, change_role, remove_member, update_space
from tests.conftest import count_queries
from tests.world import World


@pytest.fixture
def crowd(app: Flask, world: World) -> Iterator[Crowd]:
    """Everybody who is connected; nobody yet."""
    made: Crowd = app.extensions["live"]
    made.tail.close()
    made.tail.begin()
    yield made
    for visitor in list(made.visitors.values()):
        made.send_away(visitor)
    made.tail.close()


Connect = Callable[[str], SocketIOTestClient]


def browser_of(app: Flask, world: World, name: str) -> FlaskClient:
    """A browser with a new session of somebody; without the form and its slow hash."""
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = sign_in(SYSTEM, world.person(name))
    return browser


@pytest.fixture
def socket_of(app: Flask, world: World, crowd: Crowd) -> Connect:
    """`socket_of("noor")`: a socket of a browser that she signed in with; the same browser each time."""
    browsers: dict[str, FlaskClient] = {}

    def connect(name: str) -> SocketIOTestClient:
        if name not in browsers:
            browsers[name] = browser_of(app, world, name)
        return app.extensions["socketio"].test_client(app, flask_test_client=browsers[name])

    return connect


def tell(crowd: Crowd) -> None:
    """Let the tail read to the end, as its thread would."""
    with current_app._get_current_object().app_context():  # type: ignore[attr-defined]
        crowd.tail._counted = 0.0
        while crowd.tail.step():
            crowd.tail._counted = 0.0


def heard(socket: SocketIOTestClient, name: str = "activity") -> list[Any]:
    """What a socket was told since it was asked last."""
    return [event["args"][0] for event in socket.get_received() if event["name"] == name]


def watch(socket: SocketIOTestClient, *said: Any) -> Any:
    return socket.emit("watch", *said, callback=True)


def test_nobody_comes_in_without_a_session(app: Flask, crowd: Crowd, client: FlaskClient) -> None:
    io = app.extensions["socketio"]
    assert not io.test_client(app, flask_test_client=client).is_connected()
    for auth in ({"token": "coh_wrong"}, {"token": 7}, {"token": "x" * 10_000}, {"secret": 1}, "token", [1], 5, True):
        assert not io.test_client(app, auth=auth).is_connected(), auth
    assert crowd.visitors == {}


def test_the_team_hears_a_post_at_once_and_the_outsider_nothing(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    samir, dev = socket_of("samir"), socket_of("dev")
    assert watch(samir, {"room": f"space:{team.slug}"}) == {"ok": True, "last": crowd.tail.place}
    assert watch(dev, {"room": f"space:{team.slug}"}) == {"ok": False}
    assert watch(dev, {"room": "space:no-such-place"}) == {"ok": False}
    post = create_post(world.actor("noor"), team, body="Wie belt er morgen?")
    tell(crowd)
    assert heard(samir) == [
        {"id": last_id(), "verb": "post.created", "object": f"post:{post.id}", "actor": world.person("noor").handle,
         "space": team.slug}
    ]  # fmt: skip
    assert heard(dev) == []


def test_one_message_however_many_rooms(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    anna = socket_of("anna")
    post = create_post(world.actor("anna"), team, body="Mine, for me and the coach, who I am", audience="coach")
    tell(crowd)
    heard(anna)
    for room in (f"space:{team.slug}", f"post:{post.id}", "feed"):
        assert watch(anna, {"room": room})["ok"]
    create_comment(world.actor("noor"), create_post(world.actor("noor"), team, body="x", audience="coach"), body="y")
    tell(crowd)
    assert [message["verb"] for message in heard(anna)] == ["post.created", "comment.created"]


def test_only_me_reaches_my_other_window_alone(crowd: Crowd, world: World, socket_of: Connect) -> None:
    here, there, others = socket_of("noor"), socket_of("noor"), [socket_of(name) for name in ("samir", "anna", "rik")]
    entry = write_entry(world.actor("noor"), title="T", body="B", audience="only_me")
    tell(crowd)
    for window in (here, there):
        assert watch(window, {"room": f"entry:{entry.id}"})["ok"]
    for other in others:
        assert watch(other, {"room": f"entry:{entry.id}"}) == {"ok": False}
        watch(other, {"room": "feed"})
    create_comment(world.actor("noor"), entry, body="to myself")
    tell(crowd)
    assert [m["verb"] for m in heard(here)] == [m["verb"] for m in heard(there)] == ["comment.created"]
    assert [heard(other) for other in others] == [[], [], []]


def test_a_script_comes_in_by_its_token_until_that_is_revoked(app: Flask, crowd: Crowd, world: World) -> None:
    noor = world.person("noor")
    token, secret = create_token(world.actor("noor"), noor, name="script")
    script = app.extensions["socketio"].test_client(app, auth={"token": secret})
    assert script.is_connected()
    assert watch(script, {"room": "feed"})["ok"]
    tell(crowd)
    revoke_token(world.actor("noor"), noor, token_id=token.id)
    tell(crowd)
    assert not script.is_connected()
    assert crowd.visitors == {}


def test_a_gap_is_filled_and_nothing_comes_twice(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    first = socket_of("samir")
    before = watch(first, {"room": f"space:{team.slug}"})["last"]
    create_post(world.actor("noor"), team, body="1")
    tell(crowd)
    got = [message["id"] for message in heard(first)]
    first.disconnect()
    create_post(world.actor("noor"), team, body="2")
    create_post(world.actor("joost"), world.space("getij"), body="elsewhere")
    create_post(world.actor("noor"), team, body="3")
    crowd.tail.step()  # the process goes on while samir is in the tunnel
    create_post(world.actor("noor"), team, body="4, not yet read by the tail")
    again = socket_of("samir")
    answer = watch(again, {"room": f"space:{team.slug}", "after": got[-1]})
    missed = [message["id"] for message in answer["missed"]]
    tell(crowd)
    later = [message["id"] for message in heard(again)]
    assert answer["ok"] and answer["last"] == missed[-1]
    whole = got + missed + later
    assert whole == sorted(set(whole)) and len(whole) == 4
    assert watch(again, {"room": f"space:{team.slug}", "after": before})["missed"][0]["id"] == got[0]


def test_a_process_that_starts_anew_fills_the_gap(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    known = last_id()
    create_post(world.actor("noor"), team, body="while nobody was there")
    crowd.tail.close()  # as a restart: the cursor was in memory
    samir = socket_of("samir")
    answer = watch(samir, {"room": f"space:{team.slug}", "after": known})
    assert [message["verb"] for message in answer["missed"]] == ["post.created"]
    tell(crowd)
    assert heard(samir) == []


def test_a_gap_that_is_too_long_asks_for_the_page(
    crowd: Crowd, world: World, socket_of: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "LONGEST_GAP", 1)
    samir, team = socket_of("samir"), world.space("noorderlicht")
    known = last_id()
    create_post(world.actor("noor"), team, body="1")
    create_post(world.actor("noor"), team, body="2")
    tell(crowd)
    answer = watch(samir, {"room": f"space:{team.slug}", "after": known})
    assert answer == {"ok": True, "last": last_id(), "missed": [], "reload": True}


def test_who_is_removed_hears_not_even_the_next_word(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    samir, fatma = socket_of("samir"), socket_of("fatma")
    for socket in (samir, fatma):
        watch(socket, {"room": f"space:{team.slug}"})
        watch(socket, {"room": "feed"})
    remove_member(world.actor("pieter_jan"), team, world.person("samir"))
    create_post(world.actor("noor"), team, body="Now that he is gone")  # in the same batch of the log
    tell(crowd)
    received = samir.get_received()
    assert [event["name"] for event in received] == ["unwatched"]
    assert received[0]["args"] == [{"room": f"space:{team.slug}"}]
    assert samir.is_connected()
    assert [m["verb"] for m in heard(fatma)] == ["member.removed", "post.created"]
    assert watch(samir, {"room": f"space:{team.slug}"}) == {"ok": False}


def test_who_comes_in_hears_without_a_reload(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    dev = socket_of("dev")
    watch(dev, {"room": "feed"})
    add_member(world.actor("pieter_jan"), team, world.person("dev"))
    tell(crowd)
    heard(dev)
    create_post(world.actor("noor"), team, body="Welkom Dev")
    tell(crowd)
    assert [m["verb"] for m in heard(dev)] == ["post.created"]


def test_a_coach_who_is_coach_no_more(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    anna = socket_of("anna")
    watch(anna, {"room": f"space:{team.slug}"})
    change_role(world.actor("pieter_jan"), team, world.person("anna"), role="member")
    create_post(world.actor("noor"), team, body="For the coach", audience="coach")
    create_post(world.actor("noor"), team, body="For all")
    tell(crowd)
    assert [m["verb"] for m in heard(anna)] == ["member.role-changed", "post.created"]
    assert anna.is_connected()


def test_a_space_that_closes_shuts_out_who_was_only_looking(crowd: Crowd, world: World, socket_of: Connect) -> None:
    theme = world.space("theme")
    dev, mei_lin = socket_of("dev"), socket_of("mei_lin")
    for socket in (dev, mei_lin):
        assert watch(socket, {"room": f"space:{theme.slug}"})["ok"]
    update_space(world.actor("mei_lin"), theme, join_policy="invite", visibility="members")
    create_post(world.actor("mei_lin"), theme, body="Among ourselves")
    tell(crowd)
    assert [event["name"] for event in dev.get_received()] == ["unwatched"]
    assert [m["verb"] for m in heard(mei_lin)] == ["space.updated", "post.created"]


def test_a_session_that_is_ended_is_cut(crowd: Crowd, world: World, socket_of: Connect, app: Flask) -> None:
    there, other = socket_of("noor"), socket_of("samir")
    [visitor] = crowd.of(world.person_ids["noor"])
    assert visitor.session_id is not None
    end_session(world.actor("noor"), world.person("noor"), session_id=visitor.session_id)
    tell(crowd)
    assert not there.is_connected() and other.is_connected()
    assert crowd.of(world.person_ids["noor"]) == []


def test_signing_out_cuts_this_session_and_no_other(app: Flask, crowd: Crowd, world: World) -> None:
    io = app.extensions["socketio"]
    laptop = io.test_client(app, flask_test_client=browser_of(app, world, "noor"))
    phone = io.test_client(app, flask_test_client=browser_of(app, world, "noor"))
    first, _second = crowd.of(world.person_ids["noor"])
    assert first.session_id is not None
    sign_out(world.actor("noor"), first.session_id)
    tell(crowd)
    assert not laptop.is_connected() and phone.is_connected()


def test_a_disabled_person_and_a_changed_role_are_cut(crowd: Crowd, world: World, socket_of: Connect) -> None:
    kwame, fatma = socket_of("kwame"), socket_of("fatma")
    disable_person(world.actor("rik"), world.person("kwame"))
    change_site_role(world.actor("rik"), world.person("fatma"), site_role="guest")
    tell(crowd)
    assert not kwame.is_connected() and not fatma.is_connected()


def test_a_session_that_ran_out_is_swept(crowd: Crowd, world: World, socket_of: Connect) -> None:
    noor, samir = socket_of("noor"), socket_of("samir")
    with write_unit():
        db.session.execute(
            update(Session).where(Session.person_id == world.person_ids["noor"]).values(expires_at=now())
        )
    crowd.sweep()
    assert not noor.is_connected() and samir.is_connected()


def test_the_bell_counts_and_falls_silent(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")
    noor, samir = socket_of("noor"), socket_of("samir")
    tell(crowd)
    for socket in (noor, samir):
        heard(socket)
    post = create_post(world.actor("noor"), team, body="Een vraag")
    create_comment(world.actor("anna"), post, body="Een antwoord")
    outbox.run_until_idle(["notifications"])
    tell(crowd)
    [first] = heard(noor, "notification")
    assert first["unread"] >= 1
    tell(crowd)
    assert heard(noor, "notification") == []
    mark_read(world.actor("noor"))
    tell(crowd)
    assert heard(noor, "notification") == [{"unread": 0}]
    late = socket_of("samir")
    tell(crowd)
    assert heard(late, "notification") == heard(samir, "notification")[-1:]


BAD = [
    (),
    (None,),
    ("space:x",),
    ([],),
    ({},),
    ({"room": None},),
    ({"room": 5},),
    ({"room": ""},),
    ({"room": "x" * 5_000},),
    ({"room": "feed", "after": "1"},),
    ({"room": "feed", "after": True},),
    ({"room": "feed", "after": -1},),
    ({"room": "feed", "after": 1.5},),
    ({"room": "feed", "after": 2**70},),
    ({"room": "feed", "as": "rik"},),
    ({"room": "feed"}, {"room": "feed"}),
    ({"room": {"$ne": None}},),
]


@pytest.mark.parametrize("said", BAD, ids=[repr(said)[:40] for said in BAD])
def test_bad_input_is_answered(crowd: Crowd, socket_of: Connect, said: tuple[Any, ...]) -> None:
    noor = socket_of("noor")
    for event in ("watch", "unwatch"):
        if event == "unwatch" and len(said) == 1 and isinstance(said[0], dict) and "after" in said[0]:
            continue
        answer = noor.emit(event, *said, callback=True)
        assert answer["ok"] is False and answer["error"]
    assert watch(noor, {"room": "feed"})["ok"], "and the next is heard"


@pytest.mark.parametrize(
    "room", ["\x00", "space:\x00", "post:\u0665", "space:%s", "space:' or 1=1 --", "🦊", "post:1e3"]
)
def test_odd_rooms_are_absent(crowd: Crowd, socket_of: Connect, room: str) -> None:
    assert watch(socket_of("noor"), {"room": room}) == {"ok": False}


def test_there_is_an_end_to_asking(crowd: Crowd, world: World, socket_of: Connect) -> None:
    noor = socket_of("noor")
    [visitor] = crowd.of(world.person_ids["noor"])
    visitor.bucket.rate = 0.01  # so that a slow machine does not fill it again meanwhile
    answers = [watch(noor, {"room": "feed"}) for _ in range(60)]
    assert answers[0]["ok"] and not answers[-1]["ok"] and answers[-1]["retry"] == 1
    visitor.bucket.left = 40
    posts = [create_post(world.actor("noor"), world.space("noorderlicht"), body=f"{n}") for n in range(MOST_WATCHES)]
    answers = [watch(noor, {"room": f"post:{post.id}"}) for post in posts]
    assert answers[-2]["ok"] and not answers[-1]["ok"] and str(MOST_WATCHES) in answers[-1]["error"]
    noor.emit("unwatch", {"room": "feed"}, callback=True)
    visitor.bucket.left = 40
    assert watch(noor, {"room": f"post:{posts[-1].id}"})["ok"]


def test_a_person_has_only_so_many_sockets(crowd: Crowd, socket_of: Connect) -> None:
    sockets = [socket_of("noor") for _ in range(MOST_SOCKETS + 1)]
    assert [socket.is_connected() for socket in sockets] == [True] * MOST_SOCKETS + [False]
    sockets[0].disconnect()
    assert socket_of("noor").is_connected()


def test_unwatch_is_heard(crowd: Crowd, world: World, socket_of: Connect) -> None:
    samir, team = socket_of("samir"), world.space("noorderlicht")
    watch(samir, {"room": "feed"})
    assert samir.emit("unwatch", {"room": "feed"}, callback=True) == {"ok": True}
    assert samir.emit("unwatch", {"room": "space:unknown"}, callback=True) == {"ok": True}
    create_post(world.actor("noor"), team, body="x")
    tell(crowd)
    assert heard(samir) == []


def test_a_right_that_goes_while_the_watch_is_being_answered(
    crowd: Crowd, world: World, socket_of: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rights are read, then taken away and looked at again, and only then the socket would join."""
    import blueprints.live as live

    team, samir = world.space("noorderlicht"), socket_of("samir")
    real, tries = live.watch_for, []

    def slow(actor: Any, name: str) -> Any:
        found = real(actor, name)
        if not tries:
            tries.append(name)
            with samir.app.app_context():  # as another process would
                remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
            tell(crowd)
        return found

    monkeypatch.setattr(live, "watch_for", slow)
    assert watch(samir, {"room": f"space:{team.slug}"}) == {"ok": False}
    create_post(world.actor("noor"), team, body="x")
    tell(crowd)
    assert heard(samir) == []


def test_who_comes_while_a_message_is_being_made_hears_it(
    crowd: Crowd, world: World, socket_of: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, late = consumer.pointers, []

    def slow(lines: Any) -> Any:
        made = real(lines)
        if not late:
            late.append(socket_of("samir"))
            assert watch(late[0], {"room": "feed"})["ok"]
        return made

    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Nobody is here yet")
    monkeypatch.setattr(consumer, "pointers", slow)
    tell(crowd)
    assert [message["object"] for message in heard(late[0])] == [f"post:{post.id}"]


def test_who_cannot_be_let_in_is_not_left_half_inside(
    crowd: Crowd, socket_of: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("blueprints.live._visitor", lambda *_: 1 / 0)
    assert not socket_of("noor").is_connected()
    assert crowd.visitors == {} and "ZeroDivisionError" in caplog.text


def test_something_broken_is_answered_and_noted(
    crowd: Crowd, socket_of: Connect, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    noor = socket_of("noor")
    monkeypatch.setattr("blueprints.live.watch_for", lambda *_: 1 / 0)
    answer = watch(noor, {"room": "feed"})
    assert answer["ok"] is False and "our side" in answer["error"]
    assert "ZeroDivisionError" in caplog.text


def test_a_hundred_sockets_cost_no_more_queries_than_one(crowd: Crowd, world: World, socket_of: Connect) -> None:
    team = world.space("noorderlicht")

    def queries() -> int:
        create_post(world.actor("noor"), team, body="x")
        crowd.tail._counted = 0.0
        with count_queries() as seen:
            crowd.tail.step()
        return len(seen)

    names = ["noor", "samir", "fatma", "kwame"]
    sockets = [socket_of("noor")]
    watch(sockets[0], {"room": "feed"})
    one = queries()
    for name in names * 4:
        sockets.append(socket_of(name))
        watch(sockets[-1], {"room": "feed"})
    assert len(crowd.visitors) == 17
    assert queries() == one
    assert all(heard(socket) for socket in sockets)
