"""Writing one page together over sockets: who comes in, what is told to whom, and how soon somebody is out."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from flask_socketio import SocketIOTestClient

from blueprints import together as face
from community.live import together
from community.live.together import Full, Member, Together
from community.people.actions import update_person
from community.spaces.actions import archive_space, remove_member
from community.wiki.actions import create_page, delete_page, edit_page
from community.wiki.models import Page
from tests.blueprints import test_sockets
from tests.blueprints.test_sockets import heard, tell, watch
from tests.world import World

crowd, socket_of = test_sockets.crowd, test_sockets.socket_of


def say(socket: SocketIOTestClient, what: str, *said: Any) -> Any:
    return socket.emit(f"write.{what}", *said, callback=True)


def word(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.fixture
def page(world: World) -> Page:
    return create_page(world.actor("noor"), world.space("noorderlicht"), title="Notes", body="Nobody is slow.")


def test_everybody_begins_with_the_same_revision_and_hears_what_the_others_write(crowd, world, socket_of, page) -> None:
    samir, kwame = socket_of("samir"), socket_of("kwame")
    first = say(samir, "join", {"page": page.id})
    assert (first["ok"], first["generation"], first["text"], first["updates"]) == (True, 1, "Nobody is slow.", [])
    assert say(samir, "update", {"page": page.id, "update": word("one"), "cursor": [word("a"), word("b")]}) == {
        "ok": True,
        "n": 1,
    }
    edit_page(world.actor("noor"), page, body="Nobody is slow, says Noor.", base=1)
    second = say(kwame, "join", {"page": page.id})
    assert (second["generation"], second["text"]) == (1, "Nobody is slow.")
    assert second["updates"] == [[1, word("one"), world.person("samir").handle]]
    assert [told["name"] for told in second["cursors"]] == ["Samir El Idrissi"]
    assert second["cursors"][0]["cursor"] == [word("a"), word("b")]
    assert say(kwame, "update", {"page": page.id, "update": word("two")})["n"] == 2
    assert say(kwame, "update", {"page": page.id, "update": word("two")})["n"] == 0
    say(kwame, "cursor", {"page": page.id, "cursor": None})
    told = heard(samir, "together")
    assert [(one["what"], one.get("n"), one.get("update")) for one in told] == [
        ("update", 2, word("two")),
        ("cursor", None, None),
    ]
    assert heard(kwame, "together") == []
    again = say(kwame, "join", {"page": page.id, "generation": 1, "token": second["token"], "after": 1})
    assert [number for number, _, _ in again["updates"]] == [2]
    assert "text" not in again


def test_who_may_not_edit_is_not_let_in_and_who_may_no_more_is_out_at_once(crowd, world, socket_of, page) -> None:
    for name in ("ingrid", "dev", "rik"):
        assert say(socket_of(name), "join", {"page": page.id}) == {"ok": False}
    assert say(socket_of("samir"), "join", {"page": 999_999}) == {"ok": False}
    samir, kwame = socket_of("samir"), socket_of("kwame")
    assert say(samir, "update", {"page": page.id, "update": word("x")}) == {"ok": False}
    say(samir, "join", {"page": page.id})
    say(kwame, "join", {"page": page.id})
    heard(kwame, "together")
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("kwame"))
    tell(crowd)
    assert [told["what"] for told in heard(kwame, "together")] == ["over"]
    say(samir, "update", {"page": page.id, "update": word("a secret")})
    assert heard(kwame, "together") == []
    assert say(kwame, "update", {"page": page.id, "update": word("y")}) == {"ok": False}
    assert say(kwame, "who", {"page": page.id}) == {"ok": False}


def test_where_a_right_cannot_be_asked_nobody_writes_on_and_others_hear_as_ever(
    crowd, world, socket_of, page, monkeypatch
) -> None:
    samir, kwame = socket_of("samir"), socket_of("kwame")
    say(samir, "join", {"page": page.id})
    watch(kwame, {"room": f"page:{page.id}"})
    monkeypatch.setattr(crowd.writers, "_look_again", lambda *_: 1 / 0)
    edit_page(world.actor("noor"), page, body="Other words.", base=1)
    tell(crowd)
    assert [told["what"] for told in heard(samir, "together")] == ["over"]
    assert heard(kwame)[-1]["verb"] == "page.edited"


@pytest.mark.parametrize("how", ["archived", "deleted"])
def test_nobody_writes_on_where_nothing_can_be_saved(crowd, world, socket_of, page, how: str) -> None:
    samir = socket_of("samir")
    say(samir, "join", {"page": page.id})
    if how == "archived":
        archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    else:
        delete_page(world.actor("noor"), page)
    tell(crowd)
    assert [told["what"] for told in heard(samir, "together")] == ["over"]
    assert crowd.writers.together.all() == []


def test_a_right_that_went_without_a_line_is_asked_again_with_a_message(
    crowd, world, socket_of, page, monkeypatch
) -> None:
    samir = socket_of("samir")
    say(samir, "join", {"page": page.id})
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    assert say(samir, "update", {"page": page.id, "update": word("x")})["ok"]
    monkeypatch.setattr(face, "AGAIN", -1.0)
    assert say(samir, "update", {"page": page.id, "update": word("y")}) == {"ok": False}
    assert [told["what"] for told in heard(samir, "together")] == ["over"]


GARBAGE: list[tuple[str, Any]] = [
    ("join", {}), ("join", "x"), ("join", {"page": "1"}), ("join", {"page": True}), ("join", {"page": -1}),
    ("join", {"page": 1, "generation": "x"}), ("join", {"page": 1, "token": 7}), ("join", {"page": 1, "after": -1}),
    ("update", {"page": 1}), ("update", {"page": 1, "update": "<script>"}), ("update", {"page": 1, "update": "A" * 8_001}),
    ("update", {"page": 1, "update": ["AAAA"]}), ("saving", {"page": 1, "state": "AAAA", "digest": "x"}),
    ("saving", {"page": 1, "state": 4, "digest": "0" * 64}), ("who", None),
]  # fmt: skip


def test_garbage_is_refused_in_a_sentence(crowd, world, socket_of, page) -> None:
    samir = socket_of("samir")
    assert say(samir, "join", {"page": page.id})["ok"]
    for what, said in GARBAGE:
        answer = say(samir, what, said)
        assert answer["ok"] is False, (what, said)
        assert "error" in answer, (what, said)
    assert say(samir, "cursor", {"page": page.id, "cursor": [1, 2]}) == {"ok": False}
    assert say(samir, "cursor", {"page": page.id, "cursor": ["<b>", "AAAA"]}) == {"ok": False}


def test_too_much_at_once_is_slowed_and_what_is_full_takes_no_more(crowd, world, socket_of, page, monkeypatch) -> None:
    samir = socket_of("samir")
    say(samir, "join", {"page": page.id})
    monkeypatch.setattr(together, "LARGEST_LOG", 100)
    assert say(samir, "update", {"page": page.id, "update": word("x" * 90)}) == {"ok": False, "full": True}
    answers = [say(samir, "cursor", {"page": page.id, "cursor": None}) for _ in range(80)]
    assert any(answer.get("retry") for answer in answers)


def test_who_saved_tells_the_others_which_words_and_only_those(crowd, world, socket_of, page) -> None:
    samir, kwame = socket_of("samir"), socket_of("kwame")
    say(samir, "join", {"page": page.id})
    say(kwame, "join", {"page": page.id})
    body = "Nobody is slow, say both."
    digest = hashlib.sha256(body.encode()).hexdigest()
    assert say(samir, "saving", {"page": page.id, "state": word("state"), "digest": digest})["ok"]
    edit_page(world.actor("samir"), page, body=body, base=1)
    edit_page(world.actor("samir"), page, body="Something else.", base=2)
    tell(crowd)
    told = [(one["revision"], one["state"]) for one in heard(kwame, "together") if one["what"] == "saved"]
    assert told == [(2, word("state")), (3, None)]
    fatma = say(socket_of("fatma"), "join", {"page": page.id})
    assert fatma["saved"] in ((2, word("state")), [2, word("state")])


def test_what_was_not_saved_is_shown_to_nobody_who_comes_new(crowd, world, socket_of, page) -> None:
    samir = socket_of("samir")
    mine = say(samir, "join", {"page": page.id})
    say(samir, "update", {"page": page.id, "update": word("a draft")})
    samir.disconnect()
    back = say(socket_of("samir"), "join", {"page": page.id, "generation": 1, "token": mine["token"], "after": 0})
    assert [words for _, words, _ in back["updates"]] == [word("a draft")]
    for visitor in list(crowd.visitors.values()):
        crowd.send_away(visitor)
    fresh = say(socket_of("kwame"), "join", {"page": page.id})
    assert (fresh["updates"], fresh["token"] != mine["token"]) == ([], True)
    edit_page(world.actor("noor"), page, body="Nobody is slow, says Noor.", base=1)
    say(socket_of("kwame"), "leave", {"page": page.id})
    for visitor in list(crowd.visitors.values()):
        crowd.send_away(visitor)
    newer = say(socket_of("fatma"), "join", {"page": page.id})
    assert newer["generation"] == 2
    late = say(socket_of("samir"), "join", {"page": page.id, "generation": 1, "token": mine["token"], "after": 1})
    assert late == {"ok": False, "other": True}


def test_what_browsers_hold_goes_on_when_this_process_began_anew(crowd, world, socket_of, page) -> None:
    edit_page(world.actor("noor"), page, body="Nobody is slow, says Noor.", base=1)
    back = say(socket_of("samir"), "join", {"page": page.id, "generation": 1, "token": "of-another-life", "after": 7})
    assert (back["ok"], back["generation"], back["updates"]) == (True, 1, [])
    assert back["token"] != "of-another-life"
    assert say(socket_of("kwame"), "join", {"page": page.id})["text"] == "Nobody is slow."
    assert say(socket_of("fatma"), "join", {"page": page.id, "generation": 9, "token": "x", "after": 0}) == {
        "ok": False
    }


def test_who_does_not_want_to_be_seen_writes_without_a_cursor(crowd, world, socket_of, page) -> None:
    update_person(world.actor("samir"), world.person("samir"), show_presence=False)
    samir, kwame, fatma = socket_of("samir"), socket_of("kwame"), socket_of("fatma")
    watch(fatma, {"room": f"page:{page.id}"})
    say(kwame, "join", {"page": page.id})
    say(samir, "join", {"page": page.id})
    say(samir, "update", {"page": page.id, "update": word("x"), "cursor": [word("a"), word("b")]})
    say(kwame, "cursor", {"page": page.id, "cursor": [word("a"), word("b")]})
    assert [told["what"] for told in heard(kwame, "together")] == ["update"]
    assert heard(samir, "together") == []
    crowd.look_round()
    assert [one["name"] for one in say(fatma, "who", {"page": page.id})["who"]] == ["Kwame Mensah"]
    assert heard(fatma, "editing")[-1]["page"] == page.id


def test_bounds_of_what_a_process_keeps(monkeypatch) -> None:
    clock = [0.0]
    house = Together(lambda: clock[0])
    monkeypatch.setattr(together, "MOST_MEMBERS", 2)
    monkeypatch.setattr(together, "MOST_SESSIONS", 1)
    monkeypatch.setattr(together, "PORTION", 10)
    one, two, three = (Member(sid, 1, "noor", "Noor") for sid in ("a", "b", "c"))
    writing = house.enter(1, one, stands=4, generation=None, token="")
    house.enter(1, two, stands=4, generation=None, token="")
    for page in (1, 2):
        with pytest.raises(Full):
            house.enter(page, three, stands=4, generation=None, token="")
    for number in range(5):
        house.add(writing, f"{number}" * 6, "noor")
    assert [(update.number, more) for update in writing.after(0)[0] for more in [writing.after(0)[1]]] == [(1, True)]
    assert ([update.number for update in writing.after(4)[0]], writing.after(4)[1]) == ([5], False)
    house.leave(1, "a", for_good=False)
    house.leave(1, "b", for_good=False)
    assert house.of(1) is writing
    clock[0] = together.KEPT + 1
    assert house.enter(2, three, stands=1, generation=None, token="").page_id == 2
    assert house.of(1) is None
