"""Messages: who may write to whom, who reads what, blocks, groups, and what waits; nobody else, through any door."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select

from community.activity.outbox import last_id, lines_after
from community.activity.queries import activity_after
from community.clock import now
from community.errors import CommunityError, Denied, Invalid, NotFound
from community.extensions import db
from community.kinds import card_of
from community.live.consumer import pointers, waiting_talks
from community.live.watches import watch_for
from community.messages.actions import (
    block_person,
    delete_message,
    edit_message,
    leave_conversation,
    remove_from_conversation,
    rename_conversation,
    send_message,
    start_conversation,
    unblock_person,
)
from community.messages.models import Message
from community.messages.queries import (
    conversation_for,
    conversations_of,
    message_for,
    messages_of,
    people_to_write_to,
    talk_with,
    unread_conversations,
)
from community.messages.reading import mark_conversation_read
from community.notifications.queries import notifications_of
from community.people.actions import disable_person, update_person
from community.permissions import may, sees
from community.search.queries import search
from community.spaces.actions import remove_member
from tests.conftest import count_queries


def write(world, who, *to, body="Bel je me even?", title=""):
    return start_conversation(world.actor(who), people=[world.person(name) for name in to], body=body, title=title)


def again(message):
    """A message read anew, after the readers of the log let go of it."""
    return db.session.get_one(Message, inspect(message).identity[0])


def bell(world, who):
    """What the bell of somebody tells of messages, by whom."""
    told = notifications_of(world.actor(who), unread=True)
    return sorted(notice.who.handle.split(".")[0] for notice in told if notice.row.reason == "message")


def read(world, who, message):
    """What somebody reads of the talk that a message is in, as bodies."""
    actor = world.actor(who)
    return [said.body for said in messages_of(actor, conversation_for(actor, message.conversation_id)).items]


def test_two_people_have_one_talk_whoever_begins(world):
    first = write(world, "noor", "samir", body="Bel je me even?")
    second = write(world, "samir", "noor", body="Zo meteen.")
    assert first.conversation_id == second.conversation_id
    assert read(world, "noor", first) == read(world, "samir", first) == ["Bel je me even?", "Zo meteen."]
    talk = talk_with(world.actor("noor"), world.person("samir"))
    assert talk is not None and not talk.is_group
    assert talk_with(world.actor("noor"), world.person("fatma")) is None


def test_words_are_markdown_like_everywhere(world):
    message = write(world, "noor", "samir", body="**Nu** <script>alert(1)</script> @fatma.yildirim")
    assert "<strong>Nu</strong>" in message.body_html and "<script" not in message.body_html
    for body in ("", "  \n"):
        with pytest.raises(Invalid) as fault:
            write(world, "noor", "samir", body=body)
        assert fault.value.field == "body"
    with pytest.raises(Invalid):
        write(world, "noor", "samir", body="x" * 20_001)


def test_strangers_and_guests_are_refused_with_one_sentence(world):
    """Dev shares no space with Noor; Gus is in none; a person whom Gus cannot see is refused in the same words."""
    said = set()
    for who, to in (("dev", "noor"), ("gus", "noor"), ("rik", "noor"), ("joost", "dev")):
        with pytest.raises(Invalid) as fault:
            write(world, who, to)
        said.add((fault.value.field, str(fault.value)))
    assert len(said) == 1
    assert people_to_write_to(world.actor("dev"), ["noor.van-der-velden", "nobody.at-all", "Samir El Idrissi"]) == (
        [],
        ["noor.van-der-velden", "nobody.at-all", "Samir El Idrissi"],
    )
    assert db.session.scalars(select(Message)).all() == []


def test_whoever_wishes_lets_every_colleague_write_but_no_guest(world):
    update_person(world.actor("noor"), world.person("noor"), open_to_strangers=True)
    assert read(world, "noor", write(world, "dev", "noor")) == ["Bel je me even?"]
    with pytest.raises(Invalid):
        write(world, "gus", "noor")
    with pytest.raises(Denied):
        update_person(world.actor("rik"), world.person("samir"), open_to_strangers=True)


def test_a_guest_of_a_space_may_write_to_its_people(world):
    assert read(world, "noor", write(world, "ingrid", "noor")) == ["Bel je me even?"]


def test_who_was_answered_goes_on_when_they_share_nothing_any_more(world):
    message = write(world, "noor", "ingrid")
    talk = message.conversation
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("ingrid"))
    send_message(world.actor("ingrid"), conversation_for(world.actor("ingrid"), talk.id), body="Ik ben eruit.")
    with_noor = conversation_for(world.actor("noor"), talk.id)
    send_message(world.actor("noor"), with_noor, body="Jammer.")
    other = write(world, "samir", "joost")
    assert read(world, "joost", other) == ["Bel je me even?"]


def test_a_group_has_eight_at_most_and_may_have_a_name(world):
    message = write(world, "noor", "samir", "fatma", "anna", title="  Campus   plan ")
    talk = message.conversation
    assert talk.is_group and talk.title == "Campus plan"
    again = write(world, "noor", "samir", "fatma", "anna")
    assert again.conversation_id != talk.id, "a group is begun anew each time"
    crowd = ("samir", "fatma", "kwame", "joost", "thandiwe", "anna", "pieter_jan", "ingrid")
    with pytest.raises(Invalid) as fault:
        write(world, "noor", *crowd)
    assert fault.value.field == "people"
    write(world, "noor", *crowd[:7])
    with pytest.raises(Invalid):
        write(world, "noor", "samir", "dev")
    with pytest.raises(Invalid):
        write(world, "noor", "noor")
    rename_conversation(world.actor("samir"), conversation_for(world.actor("samir"), talk.id), title="Plan B")
    assert conversation_for(world.actor("anna"), talk.id).title == "Plan B"
    with pytest.raises(NotFound):
        rename_conversation(world.actor("kwame"), talk, title="Mine")
    pair = write(world, "noor", "samir").conversation
    for act in (leave_conversation, lambda a, t: rename_conversation(a, t, title="x")):
        with pytest.raises(Denied):
            act(world.actor("noor"), pair)


def test_whoever_leaves_or_is_taken_out_reads_nothing_more(world):
    message = write(world, "noor", "samir", "fatma")
    talk = message.conversation
    send_message(world.actor("samir"), talk, body="Ik ga.")
    leave_conversation(world.actor("samir"), conversation_for(world.actor("samir"), talk.id))
    assert not sees(world.actor("samir"), message)
    assert conversations_of(world.actor("samir")).items == []
    assert read(world, "fatma", message) == ["Bel je me even?", "Ik ga."], "what was said stays with the others"
    with pytest.raises(Denied):
        remove_from_conversation(
            world.actor("fatma"), conversation_for(world.actor("fatma"), talk.id), world.person("noor")
        )
    remove_from_conversation(world.actor("noor"), conversation_for(world.actor("noor"), talk.id), world.person("fatma"))
    with pytest.raises(NotFound):
        conversation_for(world.actor("fatma"), talk.id)
    with pytest.raises(NotFound):
        send_message(world.actor("fatma"), talk, body="Hallo?")


def test_five_minutes_to_change_and_always_to_delete(world, monkeypatch):
    message = write(world, "noor", "samir", body="Om tien uur")
    with pytest.raises(Denied):
        edit_message(world.actor("samir"), message_for(world.actor("samir"), message.id), body="Om elf uur")
    edit_message(world.actor("noor"), message_for(world.actor("noor"), message.id), body="Om elf uur")
    assert read(world, "samir", message) == ["Om elf uur"]
    from datetime import timedelta

    later = now() + timedelta(minutes=6)
    for module in ("kind", "actions"):
        monkeypatch.setattr(f"community.messages.{module}.now", lambda: later)
    mine = message_for(world.actor("noor"), message.id)
    assert not may(world.actor("noor"), "edit", mine) and may(world.actor("noor"), "delete", mine)
    with pytest.raises(Invalid):
        edit_message(world.actor("noor"), mine, body="Om twaalf uur")
    with pytest.raises(Denied):
        delete_message(world.actor("samir"), mine)
    delete_message(world.actor("noor"), mine)
    assert read(world, "samir", message) == []
    assert db.session.get_one(Message, message.id).body == "", "the words are gone from the table too"


def test_a_blocked_person_is_not_told_and_reaches_nobody(world, catch_up):
    noor, samir = world.actor("noor"), world.actor("samir")
    first = write(world, "samir", "noor", body="Eerste")
    catch_up()
    first = again(first)
    mark_conversation_read(noor, conversation_for(noor, first.conversation_id))
    block_person(world.actor("noor"), world.person("samir"))
    block_person(world.actor("noor"), world.person("samir"))
    since = last_id()
    second = write(world, "samir", "noor", body="Tweede")
    catch_up()
    first, second = again(first), again(second)
    assert read(world, "samir", first) == ["Eerste", "Tweede"], "Samir sees what he always sees"
    assert read(world, "noor", first) == ["Eerste"]
    assert not sees(world.actor("noor"), second)
    assert unread_conversations(world.actor("noor")) == 0
    assert bell(world, "noor") == []
    assert conversations_of(world.actor("noor")).items[0].last_id == first.id
    rooms = watch_for(world.actor("noor"), f"conversation:{first.conversation_id}").rooms
    assert all(rooms.isdisjoint(pointer.rooms) for pointer in pointers(lines_after(since)))
    with pytest.raises(Invalid):
        send_message(world.actor("noor"), conversation_for(world.actor("noor"), first.conversation_id), body="Hoi")
    assert all(line.verb != "person.blocked" for line in activity_after(samir, 0, limit=1000)[0])
    assert all(line.verb != "person.blocked" for line in activity_after(world.actor("rik"), 0, limit=1000)[0])
    unblock_person(world.actor("noor"), world.person("samir"))
    write(world, "samir", "noor", body="Derde")
    assert read(world, "noor", first) == ["Eerste", "Derde"], "what was kept away stays away"


def test_a_talk_that_a_blocked_person_begins_does_not_exist_for_the_other(world):
    block_person(world.actor("noor"), world.person("samir"))
    message = write(world, "samir", "noor")
    assert conversations_of(world.actor("noor")).items == []
    with pytest.raises(NotFound):
        conversation_for(world.actor("noor"), message.conversation_id)
    group = write(world, "samir", "noor", "fatma")
    assert conversations_of(world.actor("noor")).items == []
    send_message(world.actor("fatma"), conversation_for(world.actor("fatma"), group.conversation_id), body="Ik wel.")
    assert read(world, "noor", group) == ["Ik wel."]


def test_a_disabled_persons_words_stay(world):
    message = write(world, "samir", "noor", body="Tot maandag")
    disable_person(world.actor("rik"), world.person("samir"))
    assert read(world, "noor", message) == ["Tot maandag"]
    assert not sees(world.actor("samir"), message)
    with pytest.raises(Invalid) as fault:
        send_message(world.actor("noor"), conversation_for(world.actor("noor"), message.conversation_id), body="Hoi")
    assert "Samir" in str(fault.value)


def test_what_waits_is_counted_by_talk_and_told_once(world, catch_up):
    first = write(world, "samir", "noor", body="1")
    for number in range(3):
        write(world, "samir", "noor", body=f"En {number}")
    write(world, "anna", "noor", body="Kom je?")
    catch_up()
    first = again(first)
    assert unread_conversations(world.actor("noor")) == 2
    ids = {world.person_ids[name] for name in ("noor", "samir", "anna")}
    assert sorted(waiting_talks(ids).values()) == [0, 0, 2]
    assert bell(world, "noor") == ["anna", "samir"], "one notice a talk, not a line"
    noor = world.actor("noor")
    mark_conversation_read(noor, conversation_for(noor, first.conversation_id))
    assert unread_conversations(world.actor("noor")) == 1
    assert bell(world, "noor") == ["anna"]
    send_message(world.actor("noor"), conversation_for(world.actor("noor"), first.conversation_id), body="Ja")
    assert unread_conversations(world.actor("noor")) == 1 and unread_conversations(world.actor("samir")) == 1
    write(world, "samir", "noor", body="Mooi")
    catch_up()
    assert bell(world, "noor") == ["anna", "samir"]


def test_an_answer_does_not_hide_what_was_not_read(world):
    message = write(world, "samir", "noor", body="Lees je dit?")
    write(world, "noor", "samir", body="(uit een script)")
    assert unread_conversations(world.actor("noor")) == 1
    noor = world.actor("noor")
    mark_conversation_read(noor, conversation_for(noor, message.conversation_id), up_to=message.id)
    assert unread_conversations(world.actor("noor")) == 1
    noor = world.actor("noor")
    mark_conversation_read(noor, conversation_for(noor, message.conversation_id))
    assert unread_conversations(world.actor("noor")) == 0


def test_lists_go_on_by_keyset_and_cost_the_same(world):
    for number in range(12):
        write(world, "samir", "noor", "fatma", body=f"Groep {number}")
    noor = world.actor("noor")
    first = conversations_of(noor, limit=5)
    rest = conversations_of(noor, before=first.next, limit=20)
    assert [line.last.body for line in first.items + rest.items] == [f"Groep {n}" for n in range(11, -1, -1)]
    assert rest.next is None and all(line.unread for line in first.items)
    costs = []
    for limit in (2, 12):
        db.session.expire_all()
        actor = world.actor("noor")
        with count_queries() as seen:
            conversations_of(actor, limit=limit)
        costs.append(len(seen))
    assert costs[0] == costs[1]
    talk = conversation_for(world.actor("samir"), first.items[0].talk.id)
    for number in range(25):
        send_message(world.actor("samir"), talk, body=str(number))
    whole = messages_of(noor, talk, limit=10)
    assert [m.body for m in whole.items] == [str(n) for n in range(15, 25)]
    above = messages_of(noor, talk, before=whole.earlier, limit=10)
    assert [m.body for m in above.items] == [str(n) for n in range(5, 15)]
    below = messages_of(noor, talk, after=above.items[-1].id, limit=100)
    assert [m.id for m in below.items] == [m.id for m in whole.items]
    around = messages_of(noor, talk, at=above.items[0].id, limit=15)
    assert above.items[0].id in {m.id for m in around.items} and around.later is not None


def test_a_message_is_read_by_its_members_through_every_door(app, world, catch_up, as_person):
    word = "zonnewijzer"
    message = write(world, "noor", "samir", "anna", body=f"Alleen voor jullie: {word}", title=f"Plan {word}")
    catch_up()
    message = again(message)
    talk = message.conversation
    folder = app.config["SETTINGS"].search_folder
    inside = {"noor", "samir", "anna"}
    for name in world.everybody:
        actor = world.actor(name)
        answer = search(actor, folder, word)
        assert sees(actor, message) == sees(actor, talk) == (name in inside), name
        assert (answer.total == 2) == (name in inside) and bool(answer.found) == (name in inside), name
        lines = {line.object_kind for line in activity_after(actor, 0, limit=1000)[0]}
        assert ("message" in lines) == ("conversation" in lines) == (name in inside), name
        for obj in (message, talk):
            assert bool(card_of(obj).scopes(obj) & actor.scopes) == (name in inside), name
        try:
            watch_for(actor, f"conversation:{talk.id}")
            watched = True
        except NotFound:
            watched = False
        assert watched == (name in inside), name
        if name not in inside:
            assert search(actor, folder, word).suggestion is None
            for act in (
                lambda a: send_message(a, talk, body="x"),
                lambda a: edit_message(a, message, body="x"),
                lambda a: delete_message(a, message),
                lambda a: leave_conversation(a, talk),
                lambda a: rename_conversation(a, talk, title="x"),
                lambda a: remove_from_conversation(a, talk, world.person("samir")),
            ):
                with pytest.raises(NotFound):
                    act(world.actor(name))
    leave_conversation(world.actor("anna"), conversation_for(world.actor("anna"), talk.id))
    catch_up()
    answer = search(world.actor("anna"), folder, word)
    assert (answer.total, answer.found) == (0, [])
    assert search(world.actor("samir"), folder, word).total == 2


def test_what_is_deleted_or_changed_is_found_so(app, world, catch_up):
    folder = app.config["SETTINGS"].search_folder
    message = write(world, "noor", "samir", body="De zonnewijzer staat klaar")
    catch_up()
    message = again(message)
    assert search(world.actor("samir"), folder, "zonnewijzer").total == 1
    edit_message(world.actor("noor"), message_for(world.actor("noor"), message.id), body="De barometer staat klaar")
    catch_up()
    message = again(message)
    assert search(world.actor("samir"), folder, "zonnewijzer").total == 0
    delete_message(world.actor("noor"), message_for(world.actor("noor"), message.id))
    catch_up()
    assert search(world.actor("samir"), folder, "barometer").total == 0


def test_what_is_taken_along(world):
    message = write(world, "noor", "samir", "anna", body="Mee", title="Plan")
    assert card_of(message).export(message)["body"] == "Mee"
    assert card_of(message.conversation).export(message.conversation)["people"] == 3


def test_who_is_nobody_writes_nothing(world):
    from community.permissions import ANONYMOUS, SYSTEM

    for nobody in (ANONYMOUS, SYSTEM):
        with pytest.raises(CommunityError):
            start_conversation(nobody, people=[world.person("noor")], body="x")
        message = write(world, "noor", "samir")
        assert not sees(nobody, message) and not sees(nobody, message.conversation)
