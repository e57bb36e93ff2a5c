"""Web, live and worker as processes of their own: what one does reaches the others, and each ends in good order."""

from __future__ import annotations

import time

import pytest
import requests
import socketio
import websocket

from community.activity import outbox
from community.comments.actions import create_comment
from community.messages.actions import remove_from_conversation, send_message, start_conversation
from community.messages.queries import conversation_for
from community.microblog.models import Post
from community.people.actions import disable_person, end_sessions
from community.search.consumer import index_in
from community.spaces.actions import remove_member
from tests.processes.house import House, until

CUT_WITHIN = 5.0  # seconds


def test_a_post_through_one_process_reaches_a_socket_on_another(processes: House) -> None:
    samir, dev = processes.socket("samir").watching("space:noorderlicht"), processes.socket("dev")
    dev.watch("space:noorderlicht")
    took = []
    for number, at in enumerate(("web", "web-2", "web", "web-2", "web"), start=1):
        noor = processes.browser("noor", at)
        assert noor.post("noorderlicht", f"Through {at}, {number}")
        took.append(until(lambda so_many=number: len(samir.heard) == so_many))
        noor.close()
    assert [message["verb"] for message in samir.heard] == ["post.created"] * 5
    assert sorted(took)[2] < 0.5, "a poke brings it, not the tick"
    assert dev.heard == [] and dev.answers == {"space:noorderlicht": {"ok": False}} and samir.twice == 0
    samir.close()
    dev.close()


def test_the_worker_counts_and_the_live_process_rings(processes: House) -> None:
    noor = processes.socket("noor")
    with processes.app.app_context():
        post = Post.query.filter_by(space_id=processes.world.space_ids["noorderlicht"]).order_by(Post.id.desc()).first()
        if post is None or post.author_id != processes.world.person_ids["noor"]:
            browser = processes.browser("noor", "web")
            assert browser.post("noorderlicht", "A question")
            browser.close()
            post = Post.query.order_by(Post.id.desc()).first()
        create_comment(processes.world.actor("anna"), post, body="An answer")
    until(lambda: noor.bells and noor.bells[-1] >= 1, CUT_WITHIN)
    noor.close()


def test_the_index_follows(processes: House) -> None:
    browser = processes.browser("noor", "web-2")
    assert browser.post("noorderlicht", "Weerbaarheid in de wachtrij")
    browser.close()
    index = index_in(processes.app.config["SETTINGS"].search_folder)
    with processes.app.app_context():
        scopes = processes.world.actor("samir").scopes
    until(lambda: index.search("weerbaarheid", scopes).total == 1, CUT_WITHIN)


def test_who_loses_the_right_is_cut_off_in_time(processes: House) -> None:
    fatma = processes.socket("fatma").watching("space:noorderlicht")
    with processes.app.app_context():
        world = processes.world
        remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("fatma"))
    until(lambda: fatma.unwatched == ["space:noorderlicht"], CUT_WITHIN)
    browser = processes.browser("noor", "web")
    assert browser.post("noorderlicht", "Fatma is not here")
    browser.close()
    time.sleep(1)
    assert fatma.heard == []
    fatma.close()


def test_whoever_is_taken_out_of_a_conversation_is_cut_off_in_time(processes: House) -> None:
    world = processes.world
    with processes.app.app_context():
        noor = world.actor("noor")
        others = [world.person("joost"), world.person("thandiwe")]
        number = start_conversation(noor, people=others, body="Wie gaat er mee?").conversation_id
    room = f"conversation:{number}"
    joost, thandiwe = (processes.socket(name).watching(room) for name in ("joost", "thandiwe"))
    for socket in (joost, thandiwe):
        socket.say("reading", {"room": room})
    until(lambda: [said["reading"] for name, said in thandiwe.told if name == "presence"], CUT_WITHIN)
    thandiwe.say("typing", {"room": room})
    until(
        lambda: (
            ["Thandiwe Nkosi-Verhoeven"]
            in [[who["name"] for who in said["who"]] for n, said in joost.told if n == "typing"]
        )
    )
    with processes.app.app_context():
        noor = world.actor("noor")
        remove_from_conversation(noor, conversation_for(noor, number), world.person("thandiwe"))
    until(lambda: thandiwe.unwatched == [room], CUT_WITHIN)
    heard, told = list(thandiwe.heard), [name for name, _said in thandiwe.told]
    with processes.app.app_context():
        noor = world.actor("noor")
        send_message(noor, conversation_for(noor, number), body="Nu zonder Thandiwe")
    joost.say("typing", {"room": room})
    until(lambda: [message["verb"] for message in joost.heard][-1:] == ["message.created"])
    until(lambda: [said["reading"] for name, said in joost.told if name == "presence"][-1] == [])
    assert thandiwe.heard == heard and [name for name, _said in thandiwe.told if name != "messages"] == [
        n for n in told if n != "messages"
    ]
    joost.close()
    thandiwe.close()


@pytest.mark.parametrize("how", ["sessions", "disabled"])
def test_an_ended_session_is_cut_in_time_and_does_not_come_back(processes: House, how: str) -> None:
    cookie = processes.cookie("kwame")
    kwame = processes.socket("kwame", cookie=cookie).watching("feed")
    with processes.app.app_context():
        if how == "sessions":
            end_sessions(processes.world.actor("kwame"), processes.world.person("kwame"))
        else:
            disable_person(processes.world.actor("rik"), processes.world.person("kwame"))
    until(lambda: kwame.state == "dismissed", CUT_WITHIN)
    again = processes.socket("kwame", cookie=cookie)
    assert again.state == "refused"
    again.close()
    kwame.close()


def test_each_role_answers_its_own_and_no_more(processes: House) -> None:
    def status(name: str, path: str) -> int:
        return requests.get(processes.address(name) + path, timeout=10).status_code

    assert status("live", "/healthz") == status("web", "/healthz") == 200
    assert status("live", "/login") == status("live", "/") == status("live", "/readyz") == 404
    assert status("web", "/socket.io/?EIO=4&transport=polling") == 404
    assert status("live", "/socket.io/?EIO=4&transport=polling") == 200
    assert status("live", "/socket.io/") == 400


def test_only_our_own_pages_may_open_a_socket(processes: House) -> None:
    address, cookie = processes.address("live"), processes.cookie("noor")
    door = address.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    for origin in ("https://evil.example", "null", address + ".evil.example", address.replace("http", "https")):
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(door, cookie=cookie, origin=origin, timeout=5)
        assert refused.value.status_code == 400
        answer = requests.get(
            address + "/socket.io/?EIO=4&transport=polling", headers={"Cookie": cookie, "Origin": origin}, timeout=10
        )
        assert answer.status_code == 400
        assert "Access-Control-Allow-Origin" not in answer.headers
    ours = websocket.create_connection(door, cookie=cookie, origin=address, timeout=5)
    assert ours.recv().startswith("0{")
    ours.shutdown()


def test_a_handshake_carries_the_policy_too(processes: House) -> None:
    from blueprints.security_headers import HEADERS

    answer = requests.get(processes.address("live") + "/socket.io/?EIO=4&transport=polling", timeout=10)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_garbage_closes_the_connection_and_hurts_nobody(processes: House) -> None:
    samir = processes.socket("samir").watching("feed")
    door = processes.address("live").replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    for garbage in ("4", "4\x00", "42", "42[", '451-["watch",{"_placeholder":true,"num":0}]', "49", "9", "4" * 9_000):
        stranger = websocket.create_connection(door, cookie=processes.cookie("noor"), timeout=5)
        stranger.recv()  # open
        stranger.send("40")
        while not stranger.recv().startswith("40"):
            pass
        stranger.send(garbage)
        try:
            while stranger.recv():
                pass
        except (websocket.WebSocketException, OSError):
            pass
        stranger.shutdown()
    flood = websocket.create_connection(door, cookie=processes.cookie("noor"), timeout=5)
    flood.recv()
    flood.send("40")
    with pytest.raises((websocket.WebSocketException, OSError)):
        for number in range(5_000):
            flood.send(f'42{number}["watch",{{"room":"feed"}}]')
        while flood.recv():
            pass
        raise websocket.WebSocketException("closed")
    flood.shutdown()
    browser = processes.browser("noor", "web")
    assert browser.post("noorderlicht", "Still here")
    browser.close()
    until(lambda: samir.heard)
    samir.close()


def test_the_live_process_ends_at_once_and_its_clients_come_back(processes: House) -> None:
    sockets = [processes.socket("samir").watching("feed") for _ in range(5)]
    browser = processes.browser("noor", "web")
    assert browser.post("noorderlicht", "Before")
    until(lambda: all(socket.heard for socket in sockets))
    began = time.monotonic()
    assert processes.stop("live") == 0
    assert time.monotonic() - began < 15, "open sockets do not hold it up: they would for twenty seconds"
    assert browser.post("noorderlicht", "While it is away")
    processes.start("live")
    assert browser.post("noorderlicht", "After")
    browser.close()
    until(lambda: all(len(socket.heard) == 3 for socket in sockets), CUT_WITHIN)
    for socket in sockets:
        ids = [message["id"] for message in socket.heard]
        assert ids == sorted(ids) and socket.twice == 0
        socket.close()


def test_the_worker_ends_in_good_order(processes: House) -> None:
    assert processes.stop("worker") == 0
    browser = processes.browser("noor", "web")
    assert browser.post("noorderlicht", "Nobody reads this yet")
    with processes.app.app_context():
        until(lambda: any(standing.behind for standing in outbox.status()))
    processes.start("worker")
    browser.close()

    def caught_up() -> bool:
        with processes.app.app_context():
            return not any(standing.behind for standing in outbox.status())

    until(caught_up, 40)


def test_who_only_knows_long_polling_is_served_too(processes: House) -> None:
    polls = requests.Session()
    client = socketio.Client(reconnection=False, http_session=polls)
    heard: list[object] = []
    client.on("activity", heard.append)
    client.connect(processes.address("live"), headers={"Cookie": processes.cookie("samir")}, transports=["polling"])
    assert client.call("watch", {"room": "feed"})["ok"]
    browser = processes.browser("noor", "web")
    assert browser.post("noorderlicht", "By polling")
    browser.close()
    until(lambda: heard)
    client.shutdown()
    polls.close()


def test_one_process_is_all_of_it_and_ends_in_good_order(processes: House) -> None:
    processes.start("all")
    samir, noor = processes.socket("samir", at="all").watching("feed"), processes.browser("noor", "all")
    assert noor.post("noorderlicht", "All in one")
    until(lambda: samir.heard)
    noor.close()
    began = time.monotonic()
    assert processes.stop("all") == 0
    assert time.monotonic() - began < 15
    samir.close()
