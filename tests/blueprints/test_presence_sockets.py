"""Presence, readers and typing over sockets; messages live; and that whoever was taken out hears nothing more."""

from __future__ import annotations

from typing import Any

import pytest
from flask_socketio import SocketIOTestClient

from blueprints.live import Crowd
from community.extensions import db
from community.journal.actions import share_entry, write_entry
from community.journal.models import Entry
from community.messages.actions import (
    block_person,
    leave_conversation,
    remove_from_conversation,
    send_message,
    start_conversation,
)
from community.messages.queries import conversation_for
from community.microblog.actions import create_post
from community.people.actions import update_person
from community.spaces.actions import remove_member
from tests.blueprints import test_sockets
from tests.blueprints.test_sockets import heard, tell, watch
from tests.world import World

crowd, socket_of = test_sockets.crowd, test_sockets.socket_of


class Clock:
    """A clock of our own: the crowd looks round as often as it is told to."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.at = crowd, 1_000.0
        crowd.presence._clock = lambda: self.at
        crowd.presence._last.clear()
        crowd.presence._typed.clear()
        crowd.presence._unsaid.clear()
        crowd.presence._typing_due.clear()

    def go(self, seconds: float = 0.0) -> None:
        self.at += seconds
        with _context():
            self.crowd.look_round()


def _context() -> Any:
    from flask import current_app

    return current_app._get_current_object().app_context()  # type: ignore[attr-defined]


@pytest.fixture
def clock(crowd: Crowd) -> Any:
    kept = crowd.presence._clock
    yield Clock(crowd)
    crowd.presence._clock = kept


def say(socket: SocketIOTestClient, event: str, *said: Any) -> Any:
    return socket.emit(event, *said, callback=True)


def here(socket: SocketIOTestClient) -> list[Any]:
    return [said for said in heard(socket, "presence") if "room" not in said]


def handles(world: World, *names: str) -> list[str]:
    return sorted(world.person(name).handle for name in names)


def write(world: World, who: str, *to: str) -> tuple[int, int]:
    made = start_conversation(world.actor(who), people=[world.person(name) for name in to], body="Bel je?")
    return made.conversation_id, made.id


def test_a_message_arrives_where_its_people_are_and_nowhere_else(crowd, world, socket_of):
    number, _ = write(world, "noor", "samir")
    sockets = {name: socket_of(name) for name in ("noor", "samir", "rik", "pieter_jan", "dev")}
    assert {name: watch(s, {"room": f"conversation:{number}"})["ok"] for name, s in sockets.items()} == {
        "noor": True, "samir": True, "rik": False, "pieter_jan": False, "dev": False,
    }  # fmt: skip
    for socket in sockets.values():
        assert watch(socket, {"room": "messages"})["ok"]
        watch(socket, {"room": "feed"})
    tell(crowd)
    assert heard(sockets["samir"], "messages") == [{"unread": 1}]
    for socket in sockets.values():
        socket.get_received()
    sent = send_message(world.actor("samir"), conversation_for(world.actor("samir"), number), body="Zo meteen")
    tell(crowd)
    for name, socket in sockets.items():
        told = heard(socket)
        if name in ("noor", "samir"):
            assert [(m["verb"], m["object"], m["on"]) for m in told] == [
                ("message.created", f"message:{sent.id}", f"conversation:{number}")
            ]
            assert "Zo meteen" not in str(told), "a pointer says that, never what"
        else:
            assert told == []


@pytest.mark.parametrize("how", ["taken out", "left"])
def test_whoever_is_out_of_a_conversation_hears_not_even_the_next_word(crowd, world, socket_of, clock, how):
    number, _ = write(world, "noor", "samir", "fatma")
    noor, fatma = socket_of("noor"), socket_of("fatma")
    for socket in (noor, fatma):
        assert watch(socket, {"room": f"conversation:{number}"})["ok"] and watch(socket, {"room": "messages"})["ok"]
        say(socket, "reading", {"room": f"conversation:{number}"})
    clock.go()
    tell(crowd)
    heard(fatma)
    if how == "left":
        leave_conversation(world.actor("fatma"), conversation_for(world.actor("fatma"), number))
    else:
        remove_from_conversation(
            world.actor("noor"), conversation_for(world.actor("noor"), number), world.person("fatma")
        )
    talk = conversation_for(world.actor("noor"), number)
    send_message(world.actor("noor"), talk, body="Nu zij weg is")  # in the same batch of the log
    tell(crowd)
    say(noor, "typing", {"room": f"conversation:{number}"})
    clock.go(10)
    received = [event for event in fatma.get_received() if event["name"] != "messages"]
    assert [(event["name"], event["args"]) for event in received] == [
        ("unwatched", [{"room": f"conversation:{number}"}])
    ]
    assert fatma.is_connected()
    assert say(fatma, "typing", {"room": f"conversation:{number}"}) == {"ok": False}
    assert say(fatma, "reading", {"room": f"conversation:{number}"}) == {"ok": False}
    assert watch(fatma, {"room": f"conversation:{number}"}) == {"ok": False}
    assert "message.created" in [m["verb"] for m in heard(noor)]


def test_whoever_is_removed_from_a_space_is_told_nothing_more_of_who_reads_and_types(crowd, world, socket_of, clock):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Wie belt er?")
    room = f"post:{post.id}"
    samir, fatma = socket_of("samir"), socket_of("fatma")
    for socket in (samir, fatma):
        assert watch(socket, {"room": room})["ok"] and say(socket, "reading", {"room": room})["ok"]
    clock.go()
    assert [m["reading"] for m in heard(samir, "presence")] == [
        [{"handle": "fatma.yildirim", "name": "Fatma Yıldırım"}]
    ]
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    tell(crowd)
    samir.get_received()
    say(fatma, "typing", {"room": room})
    clock.go(10)
    assert samir.get_received() == []
    assert [m["reading"] for m in heard(fatma, "presence")][-1] == []


def test_whoever_an_entry_was_taken_back_from_is_not_told_who_types_below_it(crowd, world, socket_of, clock):
    noor = world.actor("noor")
    entry = write_entry(noor, title="Twijfel", body="…", audience="people", people=[world.person_ids["samir"]])
    room = f"entry:{entry.id}"
    writer, reader = socket_of("noor"), socket_of("samir")
    assert not watch(reader, {"room": f"entry:0{entry.id}"})["ok"], "a thing has one name"
    for socket in (writer, reader):
        assert watch(socket, {"room": room})["ok"]
    clock.go()
    assert say(writer, "typing", {"room": room})["ok"]
    clock.go(1)
    assert [said["room"] for said in heard(reader, "typing")] == [room]
    share_entry(world.actor("noor"), db.session.get_one(Entry, entry.id), audience="only_me")
    tell(crowd)
    clock.go(10)
    assert say(writer, "typing", {"room": room})["ok"]
    clock.go(1)
    assert heard(reader, "typing") == []


def test_the_dot_is_for_who_sees_the_person_and_goes_with_the_wish(crowd, world, socket_of, clock):
    noor, gus = socket_of("noor"), socket_of("gus")
    people = {"people": handles(world, "samir", "fatma", "noor")}
    clock.go()
    assert say(noor, "look", people) == {"ok": True, "here": handles(world, "noor")}
    assert say(gus, "look", people) == {"ok": True, "here": []}
    samir = socket_of("samir")
    clock.go(5)
    assert here(noor) == [{"here": handles(world, "samir"), "gone": []}]
    assert here(gus) == [], "a guest is not told of people whom they do not see"
    update_person(world.actor("samir"), world.person("samir"), show_presence=False)
    tell(crowd)
    clock.go(5)
    assert here(noor) == [{"here": [], "gone": handles(world, "samir")}]
    assert say(samir, "look", people) == {"ok": True, "here": []}, "off means that one sees nobody either"
    update_person(world.actor("samir"), world.person("samir"), show_presence=True)
    tell(crowd)
    clock.go(5)
    assert here(noor) == [{"here": handles(world, "samir"), "gone": []}]
    block_person(world.actor("samir"), world.person("noor"))
    tell(crowd)
    clock.go(5)
    assert here(noor) == [{"here": [], "gone": handles(world, "samir")}]


def test_nothing_of_it_reaches_the_database(crowd, world, socket_of, clock):
    from community.activity.outbox import last_id
    from tests.conftest import count_queries

    number, _ = write(world, "noor", "samir")
    noor, samir = socket_of("noor"), socket_of("samir")
    for socket in (noor, samir):
        watch(socket, {"room": f"conversation:{number}"})
    clock.go()
    before = last_id()
    with count_queries() as seen:
        for socket in (noor, samir):
            say(socket, "reading", {"room": f"conversation:{number}"})
            say(socket, "look", {"people": handles(world, "noor", "samir")})
        say(samir, "typing", {"room": f"conversation:{number}"})
        clock.go(5)
        clock.go(5)
    assert not [statement for statement in seen if not statement.startswith("SELECT")]
    assert last_id() == before
    assert {event["name"] for event in noor.get_received()} >= {"presence"}


def test_typing_reaches_the_others_in_the_room_once_in_three_seconds(crowd, world, socket_of, clock):
    number, _ = write(world, "noor", "samir", "anna")
    noor, samir, dev = socket_of("noor"), socket_of("samir"), socket_of("dev")
    room = {"room": f"conversation:{number}"}
    for socket in (noor, samir):
        watch(socket, room)
    watch(dev, room)
    clock.go()
    assert say(samir, "typing", room) == {"ok": True}
    assert say(samir, "typing", room) == {"ok": False}
    assert say(dev, "typing", room) == {"ok": False}
    clock.go(0.5)
    assert heard(noor, "typing") == [
        {**room, "who": [{"handle": "samir.el-idrissi", "name": "Samir El Idrissi"}], "more": 0}
    ]
    assert heard(samir, "typing") == [] and heard(dev, "typing") == []
    clock.at += 3
    assert say(samir, "typing", room) == {"ok": True}


BAD = [
    (),
    (None,),
    ("post:1",),
    ({},),
    ({"room": 5},),
    ({"room": ""},),
    ({"room": "x" * 500},),
    ({"room": "feed", "as": "rik"},),
    ({"people": "noor"},),
    ({"people": [1]},),
    ({"people": ["x" * 61]},),
    ({"people": ["noor"] * 101},),
    ({"people": [{"$ne": None}]},),
    ({"room": "feed", "now": "yes"},),
    ({"room": "feed"}, {"room": "feed"}),
]


@pytest.mark.parametrize("said", BAD, ids=[repr(said)[:40] for said in BAD])
def test_odd_words_are_answered_and_nothing_breaks(crowd, world, socket_of, said, caplog):
    noor = socket_of("noor")
    for event in ("look", "reading", "typing"):
        answer = say(noor, event, *said)
        assert answer["ok"] is False, (event, answer)
    assert caplog.text == ""
    assert say(noor, "look", {"people": []}) == {"ok": True, "here": []}


def test_only_a_thing_that_one_watches_can_be_read(crowd, world, socket_of):
    noor = socket_of("noor")
    watch(noor, {"room": "feed"})
    watch(noor, {"room": "space:noorderlicht"})
    for room in ("feed", "messages", "space:noorderlicht", "post:1", "conversation:1"):
        assert say(noor, "reading", {"room": room}) == {"ok": False}, room
        assert say(noor, "typing", {"room": room}) == {"ok": False}, room


def test_nobody_is_told_who_reads_a_journal(crowd, world, socket_of):
    entry = write_entry(
        world.actor("noor"), title="Dag 1", body="...", audience="coach", space=world.space("noorderlicht")
    )
    anna = socket_of("anna")
    assert watch(anna, {"room": f"entry:{entry.id}"})["ok"]
    assert say(anna, "reading", {"room": f"entry:{entry.id}"}) == {"ok": False}


def test_there_is_an_end_to_saying_so(crowd, world, socket_of):
    noor = socket_of("noor")
    [visitor] = crowd.of(world.person_ids["noor"])
    visitor.bucket.rate = 0.01
    answers = [say(noor, "look", {"people": []}) for _ in range(60)]
    assert answers[0]["ok"] and not answers[-1]["ok"] and answers[-1]["retry"] == 1
