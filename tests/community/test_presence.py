"""Who is here, who reads and who types: told to those who may know, and seldom. A clock of our own; no sockets, no sleep."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from community.clock import frozen
from community.live import presence
from community.live.board import RedisBoard
from community.live.presence import GRACE, TYPING_EVERY, Eyes, Face, Near, News, Presence
from community.messages.actions import block_person, unblock_person
from community.notifications.keeping import choose
from community.people.actions import update_person
from tests import servers


@dataclass(eq=False)
class Socket:
    """A socket as the crowd keeps it."""

    sid: str
    person_id: int
    watches: dict[str, Any] = field(default_factory=dict)
    eyes: Eyes = field(default_factory=Eyes)


class Stage:
    """Presence over some sockets and a clock that goes when it is told."""

    def __init__(self, board: Any = None) -> None:
        self.at, self.told, self.sockets = 0.0, [], []
        self.presence = Presence(lambda *said: self.told.append(said), board, lambda: self.at)

    def enter(self, person_id: int, *rooms: str, near: Near | None = None, looks: Any = ()) -> Socket:
        made = Socket(f"{person_id}-{len(self.sockets)}", person_id, dict.fromkeys(rooms))
        made.eyes.near = near or known(person_id)
        made.eyes.looks = {number: f"h{number}" for number in looks}
        made.eyes.reading = set(rooms)
        self.sockets.append(made)
        return made

    def go(self, seconds: float = 0.0, step: float = 0.5) -> list[tuple[str, dict[str, Any], str]]:
        """Let time pass, with a look each half second; what was told meanwhile."""
        self.told.clear()
        until = self.at + seconds
        while True:
            self.presence.step(self.sockets)
            if self.at >= until:
                return list(self.told)
            self.at += step


def known(number: int, **more: Any) -> Near:
    return Near(Face(number, f"h{number}", f"Person {number}"), more.pop("shows", True), **more)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(presence.random, "random", lambda: 0.5)
    return Stage()


def test_who_comes_and_goes_is_told_to_who_looks_and_a_new_page_is_no_leaving(stage: Stage) -> None:
    noor = stage.enter(1, looks=(1, 2, 3))
    assert stage.presence.who_is_here(noor) == []
    stage.go()
    samir = stage.enter(2)
    assert ("presence", {"here": ["h2"], "gone": []}, noor.sid) in stage.go(5)
    stage.sockets.remove(samir)
    assert stage.go(3) == []
    again = stage.enter(2)
    assert stage.go(GRACE + 5) == [], "from one page to the next nothing is told"
    stage.sockets.remove(again)
    assert stage.go(GRACE + 5) == [("presence", {"here": [], "gone": ["h2"]}, noor.sid)]


def test_whoever_switched_it_off_is_neither_shown_nor_told(stage: Stage) -> None:
    noor, dark = stage.enter(1, "post:1", looks=(2,)), stage.enter(2, "post:1", near=known(2, shows=False), looks=(1,))
    assert stage.go(5) == []
    assert not stage.presence.type(dark, "post:1")
    dark.eyes.near = known(2)
    names = {sid: said for _event, said, sid in stage.go(5) if "reading" in said}
    assert names[noor.sid]["reading"] == [{"handle": "h2", "name": "Person 2"}]
    dark.eyes.near = known(2, shows=False)
    told = stage.go(5)
    assert ("presence", {"here": [], "gone": ["h2"]}, noor.sid) in told, "at once, not after a while"
    assert ("presence", {"here": [], "gone": ["h1"]}, dark.sid) in told
    assert ("presence", {"room": "post:1", "reading": [], "more": 0}, noor.sid) in told
    assert ("presence", {"room": "post:1", "reading": [], "more": 0}, dark.sid) in told


def test_only_who_may_see_somebody_hears_of_them(stage: Stage) -> None:
    guest = stage.enter(1, "post:1", near=known(1, sees=frozenset({2})), looks=(2, 3))
    blocked = stage.enter(4, "post:1", near=known(4, apart=frozenset({2})), looks=(2, 3))
    typist, other = stage.enter(2, "post:1"), stage.enter(3, "post:1")
    stage.presence.type(typist, "post:1")
    told = stage.go(5)
    assert [said["here"] for _e, said, sid in told if sid == guest.sid and "here" in said] == [["h2"]]
    assert [said["here"] for _e, said, sid in told if sid == blocked.sid and "here" in said] == [["h3"]]
    read = {sid: {who["handle"] for who in said["reading"]} for _e, said, sid in told if "reading" in said}
    assert read[guest.sid] == {"h2"} and read[blocked.sid] == {"h1", "h3"} and read[other.sid] == {"h1", "h2", "h4"}
    assert {sid for event, _said, sid in told if event == "typing"} == {guest.sid, other.sid}


def test_five_names_and_a_count_and_never_oneself(stage: Stage) -> None:
    first = stage.enter(1, "page:7")
    for number in range(2, 10):
        stage.enter(number, "page:7")
    stage.enter(1, "page:7")  # another window of the same person
    [said] = [said for _e, said, sid in stage.go() if sid == first.sid]
    assert [who["handle"] for who in said["reading"]] == ["h2", "h3", "h4", "h5", "h6"] and said["more"] == 3


def test_a_room_that_one_does_not_watch_any_more_is_silent(stage: Stage) -> None:
    noor, samir = stage.enter(1, "conversation:1"), stage.enter(2, "conversation:1")
    stage.go(5)
    samir.watches.clear()  # as when a right has gone
    assert [sid for _e, said, sid in stage.go(10) if said["reading"] == []] == [noor.sid]
    stage.presence.type(noor, "conversation:1")
    assert not stage.presence.type(samir, "conversation:1")
    stage.enter(3, "conversation:1")
    assert samir.sid not in {sid for _e, _s, sid in stage.go(10)}


def test_typing_is_said_once_in_three_seconds_and_soon_over(stage: Stage) -> None:
    noor, samir = stage.enter(1, "post:1"), stage.enter(2, "post:1")
    stage.go(1)
    said = 0
    for _tenth in range(60):
        said += stage.presence.type(samir, "post:1")
        stage.at += 0.1
    assert said == 60 // (TYPING_EVERY * 10)
    told = [sid for event, _said, sid in stage.go(10) if event == "typing"]
    assert told == [noor.sid], "never to oneself"
    assert stage.presence._typed == {} and stage.presence._typing_due == {}


def test_a_train_leaves_the_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    """1,000 sockets in one room, of which 500 vanish and come back within some seconds, and 100 who type."""
    stage = Stage()
    for number in range(1_000):
        stage.enter(number, "post:1", looks=range(0, 1_000, 20))
    stage.go(40)
    gone, stage.sockets = stage.sockets[::2], stage.sockets[1::2]
    counts: Counter[tuple[str, str]] = Counter()

    def note() -> None:
        counts.update((event if "room" in said else "here", sid) for event, said, sid in stage.go(0.5))

    while gone:
        for socket in gone[:50]:
            socket.eyes = Eyes(near=socket.eyes.near, reading={"post:1"})
        stage.sockets, gone = stage.sockets + gone[:50], gone[50:]
        for socket in stage.sockets[:100]:
            stage.presence.type(socket, "post:1")
        note()
    for _half in range(20):
        note()
    stayed = {socket.sid for socket in stage.sockets[:500]}
    most = {"presence": 3, "typing": 4}
    for (event, sid), number in counts.items():
        assert sid not in stayed or number <= most[event]
    assert not [key for key in counts if key[0] == "here"], "who is back within some seconds was never away"
    assert sum(counts.values()) < 8_000


def test_what_was_read_of_somebody_is_read_again_after_a_while(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(presence, "learn", lambda sockets: asked.append(len(sockets)))
    stage.enter(1)
    stage.go(presence.REREAD + 1, step=50)
    assert sum(asked) == 1


def test_what_is_read_of_people(app: Any, world: Any) -> None:
    block_person(world.actor("noor"), world.person("samir"))
    update_person(world.actor("fatma"), world.person("fatma"), show_presence=False)
    ids = world.person_ids
    sockets = {name: Socket(name, ids[name]) for name in ("noor", "samir", "fatma", "gus", "dev")}
    presence.learn(list(sockets.values()))
    near = {name: socket.eyes.near for name, socket in sockets.items()}
    assert near["noor"].apart == {ids["samir"]} and near["samir"].apart == {ids["noor"]}
    assert not near["fatma"].shows and near["noor"].shows
    assert near["gus"].sees == {ids["gus"]} and near["dev"].sees is None
    assert presence.people_looked_at(world.person("gus"), ["noor.van-der-velden", "gus.okafor"]) == {
        ids["gus"]: "gus.okafor"
    }
    unblock_person(world.actor("noor"), world.person("samir"))
    presence.learn([sockets["noor"]])
    assert sockets["noor"].eyes.near.apart == frozenset()


def test_in_quiet_hours_nobody_sees_that_one_is_here(app: Any, world: Any) -> None:
    choose(world.actor("noor"), {"quiet": "22-7"})  # in Domburg, two hours ahead of UTC
    sockets = [Socket(name, world.person_ids[name]) for name in ("noor", "samir")]
    shown = {}
    for hour in (19, 20, 4, 5):
        with frozen(datetime(2026, 6, 10, hour, 30, tzinfo=UTC)):
            presence.learn(sockets)
        shown[hour] = [socket.eyes.shows for socket in sockets]
    assert shown == {19: [True, True], 20: [False, True], 4: [False, True], 5: [True, True]}


# ---- several processes


class Wall:
    """A board that keeps what others said."""

    def __init__(self) -> None:
        self.theirs, self.said = News(), None

    def exchange(self, mine: News) -> News:
        self.said = News(set(mine.here), dict(mine.reading), dict(mine.typing))
        theirs, self.theirs = self.theirs, News(self.theirs.here, self.theirs.reading)
        return theirs


def test_what_another_process_knows_is_told_here() -> None:
    wall = Wall()
    stage = Stage(wall)
    noor = stage.enter(1, "post:1", looks=(2,))
    samir = Face(2, "h2", "Person 2")
    wall.theirs = News({2}, {"post:1": {2: samir}}, {"post:1": {2: samir}})
    told = stage.go(1)
    assert ("presence", {"here": ["h2"], "gone": []}, noor.sid) in told
    assert ("typing", {"room": "post:1", "who": [samir.said], "more": 0}, noor.sid) in told
    assert any(said.get("reading") == [samir.said] for _e, said, _s in told)
    assert wall.said.here == {1} and 1 in wall.said.reading["post:1"]


def test_two_processes_over_redis_and_what_happens_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("community.live.board.EVERY", 0.0)
    noor, samir = Face(1, "noor", "Noor"), Face(2, "samir", "Samir")
    with servers.redis() as url:
        one, other = RedisBoard(url), RedisBoard(url)
        assert one.exchange(News({1}, {"post:1": {1: noor}}, {"post:1": {1: noor}})) == News()
        heard = other.exchange(News({2}, {"post:1": {2: samir}}, {}))
        assert heard.here == {1} and heard.reading == {"post:1": {1: noor}} and heard.typing == {"post:1": {1: noor}}
        assert one.exchange(News({1})).here == {2}
        assert other.exchange(News({2})).typing == {}, "typing is said once"
        one._redis.set("cohortium:here:odd", "[1")
        one._redis.sadd("cohortium:here", "odd", "ended")
        assert one.exchange(News({1})).here == {2}
        assert "ended" not in one._redis.smembers("cohortium:here")
    assert one.exchange(News({1})) == News(), "when Redis is away each tells of its own"


def test_a_board_that_is_not_there_costs_nothing_more() -> None:
    away = RedisBoard("redis://127.0.0.1:1/0")
    assert away.exchange(News({1})) == News()
    assert away._due > 0
