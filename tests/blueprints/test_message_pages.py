"""Messages as pages: writing without scripts, the talk, the list, groups, blocks, and what nobody else gets."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from community.clock import now
from community.messages.actions import block_person, send_message, start_conversation
from community.messages.queries import conversation_for, unread_conversations
from community.people.actions import disable_person, update_person
from tests.blueprints.api_callers import program_of
from tests.conftest import post_form, token_of


def write(world, who, *to, body="Bel je me even?", title=""):
    made = start_conversation(world.actor(who), people=[world.person(name) for name in to], body=body, title=title)
    return made.conversation_id, made.id


def text(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.get_data(as_text=True)


def fragment(client, path, **more):
    return client.get(path, headers={"X-Fragment": "1"}, **more)


def test_noor_writes_from_a_page_and_samir_answers(app, world, as_person):
    noor, samir = as_person("noor"), as_person("samir")
    profile = text(noor, "/people/samir.el-idrissi")
    assert "/messages/new?to=samir.el-idrissi" in profile
    form = text(noor, "/messages/new?to=samir.el-idrissi")
    assert re.search(r'value="samir.el-idrissi" checked', form)
    sent = post_form(noor, "/messages/new", people="samir.el-idrissi", body="Bel je me **even**?")
    assert sent.status_code == 303
    address = sent.location.split("#")[0]
    assert "<strong>even</strong>" in text(noor, address)
    assert "Messages, 1 unread" in text(samir, "/people")
    rows = text(samir, "/messages")
    assert "Noor van der Velden" in rows and "(unread)" in rows and "Bel je me even?" in rows
    page = text(samir, address)
    assert "<strong>even</strong>" in page
    assert "Messages, 1 unread" not in text(samir, "/people"), "whoever opens a talk has read it"
    answered = post_form(samir, address, body="Om drie uur.")
    assert answered.status_code == 303 and re.search(r"/messages/\d+#message-\d+$", answered.location)
    assert "Om drie uur." in text(noor, address)
    assert noor.get("/messages/new?to=samir.el-idrissi").status_code == 302, "their talk is there already"


def test_several_people_by_name_and_handle_make_a_group(app, world, as_person):
    noor = as_person("noor")
    sent = post_form(
        noor,
        "/messages/new",
        people="samir.el-idrissi",
        others="Fatma Yıldırım, @kwame.mensah",
        title="Campus",
        body="Wie rijdt?",
    )
    page = text(noor, sent.location.split("#")[0])
    assert "<h1>Campus</h1>" in page and "Kwame Mensah" in page and "Fatma Yıldırım" in page
    assert "Campus" in text(as_person("fatma"), "/messages")


@pytest.mark.parametrize("others", ["dev.anand", "Nobody At All", "gus.okafor", "noor.van-der-velden"])
def test_who_cannot_be_written_to_is_refused_in_the_same_words_and_the_text_is_kept(app, world, as_person, others):
    noor = as_person("noor")
    answer = post_form(noor, "/messages/new", others=others, body="Een lang verhaal", title="T")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Een lang verhaal" in page
    if others != "noor.van-der-velden":
        assert "Je kunt deze mensen niet schrijven" in page
    assert as_person("dev").get("/people/samir.el-idrissi").get_data(as_text=True).count("Write a message") == 0


def test_what_is_refused_comes_back_in_its_field(app, world, as_person):
    number, _ = write(world, "noor", "samir")
    samir = as_person("samir")
    answer = post_form(samir, f"/messages/{number}", body="   ")
    assert answer.status_code == 422 and "Write something first." in answer.get_data(as_text=True)
    csrf = token_of(text(samir, f"/messages/{number}"))
    alone = samir.post(f"/messages/{number}", data={"csrf_token": csrf, "body": ""}, headers={"X-Fragment": "1"})
    assert alone.status_code == 422 and alone.get_data(as_text=True) == "Write something first."


def test_the_same_form_twice_is_one_message(app, world, as_person):
    number, _ = write(world, "noor", "samir")
    samir = as_person("samir")
    page = text(samir, f"/messages/{number}")
    once = re.search(r'name="once" value="([^"]+)"', page).group(1)
    for _try in range(2):
        samir.post(f"/messages/{number}", data={"csrf_token": token_of(page), "once": once, "body": "Eenmaal"})
    assert text(samir, f"/messages/{number}").count("<p>Eenmaal</p>") == 1


def test_a_fragment_is_the_messages_alone(app, world, as_person):
    number, first = write(world, "noor", "samir", body="Een")
    samir = as_person("samir")
    whole = fragment(samir, f"/messages/{number}").get_data(as_text=True)
    assert whole.strip().startswith('<div class="comment said"') and f'id="message-{first}"' in whole
    csrf = token_of(text(samir, f"/messages/{number}"))
    said = samir.post(f"/messages/{number}", data={"csrf_token": csrf, "body": "Twee"}, headers={"X-Fragment": "1"})
    assert "Twee" in said.get_data(as_text=True) and "Een" not in said.get_data(as_text=True)
    after = fragment(samir, f"/messages/{number}?after={first}").get_data(as_text=True)
    assert "Twee" in after and "<p>Een</p>" not in after
    assert "talkrow" in fragment(samir, "/messages").get_data(as_text=True)


def test_a_long_talk_goes_up_by_keyset_and_a_hit_is_shown_among_its_neighbours(app, world, as_person):
    number, first = write(world, "noor", "samir", body="Nummer 0.")
    talk = conversation_for(world.actor("noor"), number)
    for count in range(1, 80):
        send_message(world.actor("noor"), talk, body=f"Nummer {count}.")
    samir = as_person("samir")
    page = text(samir, f"/messages/{number}")
    assert "Nummer 79." in page and "Nummer 30." in page and "Nummer 29." not in page
    up = re.search(r'href="(/messages/\d+\?before=\d+)"', page).group(1)
    above = text(samir, up)
    assert "Nummer 29." in above and "Nummer 30." not in above and 'data-room="conversation' not in above
    around = text(samir, f"/messages/{number}?at={first}")
    assert "Nummer 0." in around and "Nummer 10." in around and "Nummer 20." not in around


def test_change_and_delete(app, world, as_person, monkeypatch):
    number, message = write(world, "noor", "samir", body="Om tien uur")
    noor, samir = as_person("noor"), as_person("samir")
    at = f"/messages/{number}/{message}"
    assert f"{at}/edit" in text(noor, f"/messages/{number}") and f"{at}/edit" not in text(samir, f"/messages/{number}")
    assert post_form(noor, f"{at}/edit", body="Om elf uur").status_code == 303
    assert "Om elf uur" in text(samir, f"/messages/{number}") and "edited" in text(samir, f"/messages/{number}")
    assert samir.get(f"{at}/edit").status_code == 403 and samir.get(f"{at}/delete").status_code == 403
    later = now() + timedelta(minutes=6)
    for module in ("kind", "actions"):
        monkeypatch.setattr(f"community.messages.{module}.now", lambda: later)
    assert noor.get(f"{at}/edit").status_code == 303
    assert "vijf minuten" in text(noor, f"/messages/{number}")
    late = post_form(noor, f"/messages/{number}", f"{at}/edit", body="Om twaalf uur")
    assert late.status_code == 422 and "Om twaalf uur" in late.get_data(as_text=True)
    assert post_form(noor, f"{at}/delete").status_code == 303
    assert "Om elf uur" not in text(samir, f"/messages/{number}")
    other, _ = write(world, "noor", "anna")
    assert noor.get(f"/messages/{other}/{message}/delete").status_code == 404


def test_a_group_is_renamed_left_and_somebody_is_taken_out(app, world, as_person):
    number, _ = write(world, "noor", "samir", "fatma", title="Plan")
    noor, samir, fatma = as_person("noor"), as_person("samir"), as_person("fatma")
    assert post_form(samir, f"/messages/{number}", f"/messages/{number}/title", title="Plan B").status_code == 303
    assert "<h1>Plan B</h1>" in text(noor, f"/messages/{number}")
    assert 'value="fatma.yildirim"' in text(noor, f"/messages/{number}") and "/remove" not in text(
        samir, f"/messages/{number}"
    )
    refused = post_form(samir, f"/messages/{number}", f"/messages/{number}/remove", handle="fatma.yildirim")
    assert refused.status_code == 403
    post_form(noor, f"/messages/{number}", f"/messages/{number}/remove", handle="fatma.yildirim")
    assert fatma.get(f"/messages/{number}").status_code == 404
    assert post_form(samir, f"/messages/{number}/leave").status_code == 303
    assert samir.get(f"/messages/{number}").status_code == 404
    assert "Plan B" not in text(samir, "/messages")


def test_blocked_and_not_told(app, world, as_person):
    number, _ = write(world, "samir", "noor", body="Eerste")
    noor, samir = as_person("noor"), as_person("samir")
    assert post_form(noor, "/people/samir.el-idrissi/block").status_code == 303
    post_form(samir, f"/messages/{number}", body="Tweede")
    assert "Tweede" in text(samir, f"/messages/{number}")
    assert "Tweede" not in text(noor, f"/messages/{number}") and "Tweede" not in text(noor, "/messages")
    assert "Samir El Idrissi" in text(noor, "/settings/contact")
    assert 'name="body"' not in text(noor, f"/messages/{number}")
    assert post_form(noor, "/settings/contact", "/people/samir.el-idrissi/unblock").status_code == 303
    post_form(samir, f"/messages/{number}", body="Derde")
    page = text(noor, f"/messages/{number}")
    assert "Derde" in page and "Tweede" not in page
    assert noor.get("/people/noor.van-der-velden/block").status_code == 403
    assert post_form(noor, "/settings/contact", "/people/dev.anand/unblock").status_code == 404


def test_a_disabled_persons_words_stay_and_nobody_writes_to_them(app, world, as_person):
    number, _ = write(world, "samir", "noor", body="Tot maandag")
    disable_person(world.actor("rik"), world.person("samir"))
    page = text(as_person("noor"), f"/messages/{number}")
    assert "Tot maandag" in page and "/people/samir.el-idrissi" not in page and 'name="body"' not in page


def test_nobody_else_meets_it_anywhere(app, world, as_person, catch_up):
    number, message = write(world, "noor", "samir", body="zonnewijzer in de tuin", title="")
    catch_up()
    for name in ("rik", "pieter_jan", "anna", "dev", "gus"):
        browser = as_person(name)
        absent = browser.get("/messages/999999")
        for path in (f"/messages/{number}", f"/messages/{number}?at={message}", f"/messages/{number}/leave"):
            answer = browser.get(path)
            assert answer.status_code == 404, (name, path)
        hidden = browser.get(f"/messages/{number}")
        assert hidden.get_data() == absent.get_data(), "hidden and absent are the same to the byte"
        for path in ("/", "/messages", "/notifications", "/search?q=zonnewijzer", "/people/noor.van-der-velden"):
            hidden_person = name == "gus" and path.startswith("/people/")
            assert "zonnewijzer in de tuin" not in text(browser, path, 404 if hidden_person else 200), (name, path)
        assert post_form(browser, "/messages/new", f"/messages/{number}", body="x").status_code == 404
    found = text(as_person("samir"), "/search?q=zonnewijzer")
    assert f"/messages/{number}?at={message}#message-{message}" in found


def test_the_bell_tells_that_somebody_wrote_and_leads_there(app, world, as_person, catch_up):
    number, message = write(world, "samir", "noor", body="Lees je dit?")
    catch_up()
    noor = as_person("noor")
    page = text(noor, "/notifications")
    assert "Samir El Idrissi schrijft je" in page
    told = re.search(r'action="(/notifications/\d+)"', page).group(1)
    gone = post_form(noor, "/notifications", told)
    assert gone.location == f"/messages/{number}?at={message}#message-{message}"
    text(noor, f"/messages/{number}")
    assert unread_conversations(world.actor("noor")) == 0


def test_wishes_are_kept(app, world, as_person):
    noor = as_person("noor")
    post_form(noor, "/settings/contact", open_to_strangers="1")
    assert world.person("noor").open_to_strangers and not world.person("noor").show_presence
    post_form(noor, "/settings/contact", show_presence="1")
    assert not world.person("noor").open_to_strangers and world.person("noor").show_presence


def test_who_is_blocked_finds_no_sign_of_it(app, world, as_person):
    before = text(as_person("samir"), "/people/noor.van-der-velden")
    block_person(world.actor("noor"), world.person("samir"))
    after = text(as_person("samir"), "/people/noor.van-der-velden")
    strip = lambda page: re.sub(r'csrf_token" value="[^"]+"', "", page)  # noqa: E731
    assert strip(before) == strip(after)


# ---- what time it is there


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 6, 9, 13, 40, tzinfo=UTC), "in Oslo, within working hours"),
        (datetime(2026, 6, 9, 16, 0, tzinfo=UTC), "in Oslo, outside working hours"),
        (datetime(2026, 6, 13, 10, 0, tzinfo=UTC), "in Oslo, outside working hours"),
    ],
    ids=["tuesday", "evening", "saturday"],
)
def test_what_time_it_is_where_somebody_is(app, world, as_person, monkeypatch, at, words):
    update_person(world.actor("noor"), world.person("noor"), time_zone="Europe/Oslo")
    samir = as_person("samir")
    monkeypatch.setattr("blueprints.people.now", lambda: at)
    page = text(samir, "/people/noor.van-der-velden")
    assert words in page and f">{(at + timedelta(hours=2)):%H:%M}</time>" in page


# ---- the API


def test_programs_can_what_the_pages_can(app, world):
    noor, samir, dev = (program_of(world, app.test_client, name) for name in ("noor", "samir", "dev"))
    made = noor.post("/conversations", {"people": ["samir.el-idrissi"], "body": "**Nu**?"})
    assert made.status_code == 201 and made.json["group"] is False and made.json["last"]["body"] == "**Nu**?"
    number = made.json["id"]
    assert noor.post("/conversations", {"people": ["samir.el-idrissi"], "body": "Nog een"}).json["id"] == number
    waiting = samir.get("/conversations").json
    assert waiting["unread"] == 1 and waiting["items"][0]["unread"] is True
    assert waiting["items"][0]["people"] == [{"handle": "noor.van-der-velden", "name": "Noor van der Velden"}]
    assert [said["body"] for said in samir.items(f"/conversations/{number}/messages")] == ["Nog een", "**Nu**?"]
    assert samir.post(f"/conversations/{number}/read", {}).json == {"unread": 0}
    said = samir.post(f"/conversations/{number}/messages", {"body": "Ja"}, headers={"Idempotency-Key": "k"})
    again = samir.post(f"/conversations/{number}/messages", {"body": "Ja"}, headers={"Idempotency-Key": "k"})
    assert said.status_code == 201 and said.json["id"] == again.json["id"]
    changed = samir.patch(
        f"/messages/{said.json['id']}", {"body": "Jazeker"}, headers={"If-Match": said.headers["ETag"]}
    )
    assert changed.json["body"] == "Jazeker"
    stale = samir.patch(f"/messages/{said.json['id']}", {"body": "x"}, headers={"If-Match": said.headers["ETag"]})
    assert stale.status_code == 412
    assert noor.delete(f"/messages/{said.json['id']}").status_code == 403
    assert samir.delete(f"/messages/{said.json['id']}").status_code == 204
    for path in (f"/conversations/{number}", f"/conversations/{number}/messages", f"/messages/{said.json['id']}"):
        assert dev.get(path).status_code == 404
    assert dev.post(f"/conversations/{number}/messages", {"body": "x"}).status_code == 404
    refused = dev.post("/conversations", {"people": ["samir.el-idrissi"], "body": "x"})
    unknown = dev.post("/conversations", {"people": ["nobody.here"], "body": "x"})
    assert refused.status_code == unknown.status_code == 422 and refused.json == unknown.json


def test_a_group_and_a_block_through_the_api(app, world):
    noor, samir, fatma = (program_of(world, app.test_client, name) for name in ("noor", "samir", "fatma"))
    people = ["samir.el-idrissi", "fatma.yildirim"]
    talk = noor.post("/conversations", {"people": people, "body": "Wie?", "title": "Plan"}).json
    at = f"/conversations/{talk['id']}"
    assert samir.patch(at, {"title": "Plan B"}).json["title"] == "Plan B"
    assert samir.delete(f"{at}/people/fatma.yildirim").status_code == 403
    assert noor.delete(f"{at}/people/fatma.yildirim").status_code == 204
    assert fatma.get(at).status_code == 404
    assert samir.delete(f"{at}/people/samir.el-idrissi").status_code == 204
    assert samir.get(at).status_code == 404
    assert noor.put("/people/samir.el-idrissi/block").status_code == 204
    assert [person["handle"] for person in noor.get("/me/blocked").json["items"]] == ["samir.el-idrissi"]
    samir.post("/conversations", {"people": ["noor.van-der-velden"], "body": "Hoor je me?"})
    assert noor.get("/conversations").json["unread"] == 0
    assert noor.delete("/people/samir.el-idrissi/block").status_code == 204
    assert noor.get("/me/blocked").json["items"] == []
    assert noor.patch("/me", {"open_to_strangers": True, "show_presence": False}).json["open_to_strangers"] is True
