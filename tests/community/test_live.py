"""Who hears of what, decided without a socket: pointers, rooms, gaps, and whose rights to look at again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from community.activity.outbox import last_id, lines_after
from community.activity.queries import only_visible
from community.activity.waking import DatagramEar, Wakers
from community.comments.actions import create_comment
from community.errors import NotFound
from community.journal.actions import edit_entry, share_entry, write_entry
from community.live import consumer
from community.live.consumer import pointers, rechecks
from community.live.tail import Pulse, Tail
from community.live.watches import Watch, watch_for
from community.microblog.actions import create_post, delete_post, react
from community.people.actions import create_token, disable_person, sign_in
from community.permissions import SYSTEM
from community.spaces.actions import add_member, join_space, remove_member, update_space
from tests.world import World


@pytest.fixture
def tail(app: Flask, world: World) -> Iterator[Tail]:
    """A tail whose audience writes down what it is told."""
    made = Tail(app.config["SETTINGS"], Listening())
    yield made
    made.close()


@pytest.fixture
def since(world: World) -> Iterator[int]:
    """The end of the log before the story begins."""
    return last_id()


def heard_by(world: World, name: str, watched: str, since: int) -> list[str]:
    """What somebody who watches a room hears of all that happened since, as `verb object`."""
    watch = watch_for(world.actor(name), watched)
    return [
        f"{pointer.message['verb']} {pointer.message['object']}"
        for pointer in pointers(lines_after(since))
        if not watch.rooms.isdisjoint(pointer.rooms)
    ]


def test_a_pointer_says_that_and_never_what(world: World, since: int) -> None:
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Our *secret* question")
    comment = create_comment(world.actor("anna"), post, body="A good one")
    [first, second] = pointers(lines_after(since))
    assert first.message == {
        "id": since + 1,
        "verb": "post.created",
        "object": f"post:{post.id}",
        "actor": world.person("noor").handle,
        "space": world.space("noorderlicht").slug,
    }
    assert second.message["object"] == f"comment:{comment.id}"
    assert second.message["on"] == f"post:{post.id}"
    assert "secret" not in str(first.message) and "good one" not in str(second.message)


def test_the_team_hears_and_nobody_else(world: World, since: int) -> None:
    team = world.space("noorderlicht")
    post = create_post(world.actor("noor"), team, body="Wie belt er morgen?")
    for name in ("noor", "samir", "anna", "pieter_jan", "ingrid"):
        assert heard_by(world, name, f"space:{team.slug}", since) == [f"post.created post:{post.id}"]
        assert heard_by(world, name, f"post:{post.id}", since) == [f"post.created post:{post.id}"]
        assert heard_by(world, name, "feed", since) == [f"post.created post:{post.id}"]
    for name in ("joost", "mei_lin", "dev", "rik", "gus"):
        assert heard_by(world, name, "feed", since) == []


@pytest.mark.parametrize("room", ["space:{closed}", "post:{post}", "entry:{entry}", "space:nowhere", "post:999999"])
def test_hidden_and_absent_are_the_same(world: World, room: str) -> None:
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Hi")
    entry = write_entry(world.actor("noor"), title="Mine", body="Only mine", audience="only_me")
    room = room.format(closed=world.space("noorderlicht").slug, post=post.id, entry=entry.id)
    with pytest.raises(NotFound) as refused:
        watch_for(world.actor("dev"), room)
    assert str(refused.value) == str(NotFound())


@pytest.mark.parametrize(
    "room",
    ["", "space:", "space", "post:", "post:x", "post:-1", "post:١", "post:" + "9" * 40, "planet:1", "feed:1", "s1"],
)
def test_odd_names_are_nothing(world: World, room: str) -> None:
    with pytest.raises(NotFound):
        watch_for(world.actor("noor"), room)


def test_what_is_for_the_coach_reaches_author_and_coach(world: World, since: int) -> None:
    team = world.space("noorderlicht")
    post = create_post(world.actor("noor"), team, body="Anna, een vraag", audience="coach")
    line = [f"post.created post:{post.id}"]
    assert heard_by(world, "noor", f"space:{team.slug}", since) == line
    assert heard_by(world, "anna", f"space:{team.slug}", since) == line
    for name in ("samir", "pieter_jan", "ingrid"):
        assert heard_by(world, name, f"space:{team.slug}", since) == []


def test_only_me_is_heard_by_me(world: World, since: int) -> None:
    entry = write_entry(world.actor("noor"), title="Twijfel", body="…", audience="only_me")
    noor = world.person_ids["noor"]
    [pointer] = pointers(lines_after(since))
    assert {room.partition("@")[0] for room in pointer.rooms} == {f"p{noor}"}
    assert heard_by(world, "noor", f"entry:{entry.id}", since) == [f"entry.written entry:{entry.id}"]
    for name in ("samir", "anna", "pieter_jan", "ingrid", "rik"):
        assert heard_by(world, name, "feed", since) == []


def test_who_saw_it_hears_that_it_is_gone(world: World, since: int) -> None:
    team = world.space("noorderlicht")
    post = create_post(world.actor("noor"), team, body="Weg ermee")
    delete_post(world.actor("noor"), post)
    assert heard_by(world, "samir", f"space:{team.slug}", since) == [f"post.deleted post:{post.id}"]


def test_a_colleague_follows_an_open_space_and_a_guest_does_not(world: World, since: int) -> None:
    theme = world.space("theme")
    post = create_post(world.actor("mei_lin"), theme, body="Welcome", audience="organisation")
    inside = create_post(world.actor("mei_lin"), theme, body="For us", audience="space")
    assert heard_by(world, "dev", f"space:{theme.slug}", since) == [f"post.created post:{post.id}"]
    assert heard_by(world, "dev", "feed", since) == []
    assert len(heard_by(world, "mei_lin", f"space:{theme.slug}", since)) == 2
    with pytest.raises(NotFound):
        watch_for(world.actor("gus"), f"space:{theme.slug}")
    with pytest.raises(NotFound):
        watch_for(world.actor("dev"), f"post:{inside.id}")


def test_nobody_watches_accounts(world: World, since: int) -> None:
    sign_in(SYSTEM, world.person("noor"))
    create_token(world.actor("noor"), world.person("noor"), name="script")
    assert lines_after(since)
    assert pointers(lines_after(since)) == []


def test_a_reader_who_slept_hears_what_a_reader_who_watched_heard(world: World, since: int) -> None:
    """Over everybody and every kind of thing; and nobody hears of what their own door would not show."""
    team, theme = world.space("noorderlicht"), world.space("theme")
    post = create_post(world.actor("noor"), team, body="Eerste")
    create_comment(world.actor("samir"), post, body="Tweede")
    react(world.actor("anna"), post, name="insight")
    create_post(world.actor("samir"), team, body="Coach only", audience="coach")
    create_post(world.actor("mei_lin"), theme, body="Everybody", audience="organisation")
    named = write_entry(world.actor("noor"), title="T", body="B", audience="people", people=[world.person_ids["joost"]])
    create_comment(world.actor("noor"), named, body="Self")
    write_entry(world.actor("noor"), title="T", body="B", audience="coach", space=team)
    write_entry(world.actor("noor"), title="T", body="B", audience="only_me")
    gone = create_post(world.actor("kwame"), team, body="Gone")
    delete_post(world.actor("kwame"), gone)
    lines = list(lines_after(since))
    upto = lines[-1].id
    rooms = ["feed", f"space:{team.slug}", f"space:{theme.slug}", f"post:{post.id}", f"entry:{named.id}"]
    for name, room in itertools.product(world.everybody, rooms):
        actor = world.actor(name)
        try:
            watch = watch_for(actor, room)
        except NotFound:
            continue
        watched = [p.message for p in pointers(lines) if not watch.rooms.isdisjoint(p.rooms)]
        assert consumer.missed(since, upto, watch.rooms, watch.space_id) == watched
        shown = {line.id for line in only_visible(actor, lines)}
        assert {message["id"] for message in watched if not message["verb"].endswith(".deleted")} <= shown, (name, room)


def test_a_gap_that_is_too_long_is_said(world: World, since: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer, "LONGEST_GAP", 2)
    team = world.space("noorderlicht")
    watch = watch_for(world.actor("samir"), f"space:{team.slug}")
    for number in range(2):
        create_post(world.actor("noor"), team, body=f"{number}")
    assert len(consumer.missed(since, last_id(), watch.rooms, watch.space_id) or ()) == 2
    create_post(world.actor("noor"), team, body="3")
    assert consumer.missed(since, last_id(), watch.rooms, watch.space_id) is None
    assert consumer.missed(last_id(), last_id(), watch.rooms, watch.space_id) == []


def test_whose_rights_to_look_at_again(world: World, since: int) -> None:
    boss, theme = world.actor("rik"), world.space("theme")
    ids = world.person_ids

    def after(place: int) -> tuple[set[int], set[int], bool]:
        found = rechecks(lines_after(place))
        return found.people, found.spaces, found.everybody

    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    assert after(since) == ({ids["samir"]}, set(), False)
    place = last_id()
    join_space(world.actor("dev"), theme)
    add_member(boss, world.space("noorderlicht"), world.person("dev"), role="guest")
    assert after(place) == ({ids["dev"]}, set(), False)
    place = last_id()
    update_space(world.actor("mei_lin"), theme, aim="Shorter")
    assert after(place) == (set(), set(), False)
    update_space(world.actor("mei_lin"), theme, join_policy="invite", visibility="members")
    assert after(place) == (set(), {theme.id}, False)
    place = last_id()
    disable_person(boss, world.person("kwame"))
    assert after(place) == ({ids["kwame"]}, set(), False)


class Listening:
    """An audience that writes down what it is told."""

    def __init__(self) -> None:
        self.said: list[int] = []
        self.looked: list[int] = []
        self.counted = 0

    def look_again(self, lines: list) -> None:  # type: ignore[type-arg]
        self.looked += [line.id for line in lines]

    def prepare(self, lines: list):  # type: ignore[type-arg,no-untyped-def]
        ids = [line.id for line in lines]
        assert set(ids) <= set(self.looked), "rights come before words"
        return lambda: self.said.extend(ids)

    def count(self) -> None:
        self.counted += 1

    def sweep(self) -> None:
        pass


def told(tail: Tail) -> Listening:
    """The audience of a tail."""
    assert isinstance(tail._audience, Listening)
    return tail._audience


def test_the_tail_starts_at_the_end_and_says_each_line_once(tail: Tail, world: World) -> None:
    audience = told(tail)
    assert tail.step() == 0 and audience.said == []
    first = last_id()
    for number in range(3):
        create_post(world.actor("noor"), world.space("noorderlicht"), body=f"{number}")
    while tail.step():
        pass
    assert audience.said == [first + 1, first + 2, first + 3]
    assert tail.place == last_id()
    assert audience.counted >= 1


def test_a_line_that_cannot_be_said_does_not_silence_the_next(
    tail: Tail, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    audience = told(tail)
    tail.begin()
    broken = audience.prepare
    audience.prepare = lambda lines: 1 / 0  # type: ignore[assignment,method-assign]
    create_post(world.actor("noor"), world.space("noorderlicht"), body="1")
    tail.step()
    assert "nothing was said" in caplog.text
    audience.prepare = broken  # type: ignore[method-assign]
    create_post(world.actor("noor"), world.space("noorderlicht"), body="2")
    tail.step()
    assert audience.said == [last_id()]


def test_a_right_that_cannot_be_looked_at_holds_the_words_back(tail: Tail, world: World) -> None:
    audience = told(tail)
    tail.begin()
    whole = audience.look_again
    audience.look_again = lambda lines: 1 / 0  # type: ignore[assignment,method-assign,return-value]
    create_post(world.actor("noor"), world.space("noorderlicht"), body="1")
    with pytest.raises(ZeroDivisionError):
        tail.step()
    assert audience.said == []
    audience.look_again = whole  # type: ignore[method-assign]
    assert tail.step() == 1 and audience.said == [last_id()]


def test_the_pulse_beats_when_somebody_commits(app: Flask, world: World) -> None:
    settings = app.config["SETTINGS"]
    pulse = Pulse(settings)
    pulse.beat()
    if settings.sqlite_path is not None:
        assert not pulse.beat()
    create_post(world.actor("noor"), world.space("noorderlicht"), body="1")
    assert pulse.beat()
    pulse.close()


def test_a_poke_reaches_another_process_by_its_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("a-folder-whose-path-is-longer-than-a-socket-may-have-" * 2) / "run"
    for folder in (tmp_path / "run", deep):
        ear = DatagramEar(folder)
        try:
            assert not ear.wait(0.01)
            wakers = Wakers(folder)
            for _ in range(1_000):
                wakers.poke()  # never waits, however many
            assert ear.wait(0.5)
            assert not ear.wait(0.01), "many pokes are one"
        finally:
            ear.close()
        wakers.poke()
        assert list(folder.iterdir()) == []


def test_who_is_gone_is_forgotten(tmp_path: Path) -> None:
    ear = DatagramEar(tmp_path)
    [name] = tmp_path.iterdir()
    ear._socket.close()  # as a kill -9 leaves it
    Wakers(tmp_path).poke()
    assert not name.exists()


def test_a_watch_is_rooms_of_tokens_the_person_holds(world: World) -> None:
    team = world.space("noorderlicht")
    watch = watch_for(world.actor("anna"), f"space:{team.slug}")
    assert watch == Watch(
        f"space:{team.slug}",
        team.id,
        frozenset(
            f"{token}@s{team.id}"
            for token in (
                "organisation",
                f"p{world.person_ids['anna']}",
                f"s{team.id}:members",
                f"s{team.id}:writers",
                f"s{team.id}:coach",
                f"s{team.id}:inside",
                f"s{team.id}:guides",
                f"s{team.id}:organisation",
            )
        ),
    )


def test_who_is_shut_out_hears_no_more(world: World, since: int) -> None:
    team = world.space("noorderlicht")
    entry = write_entry(world.actor("noor"), title="T", body="B", audience="space", space=team)
    watched = watch_for(world.actor("samir"), f"entry:{entry.id}")
    edit_entry(world.actor("noor"), entry, title="T", body="B2", base=entry.version)
    share_entry(world.actor("noor"), entry, audience="only_me")
    edit_entry(world.actor("noor"), entry, title="T", body="B3", base=entry.version)
    heard = [p.message["verb"] for p in pointers(lines_after(since)) if not watched.rooms.isdisjoint(p.rooms)]
    assert heard == []  # the rooms are decided by who may see it now, not by who could see it then
