"""Letters leave once, whatever happens to the server meanwhile, and nothing of their words stays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from blueprints import letters
from community.clock import frozen, now
from community.config import Settings
from community.doctor import examine
from community.errors import Conflict, NotFound
from community.extensions import db, write_unit
from community.jobs import work
from community.jobs.models import Job
from community.jobs.work import enqueue, handles, run_one
from community.mailroom import addresses, queue
from community.mailroom.models import Mail, MailFailure
from community.mailroom.queue import deliver, letters_of, post, post_test_to_me, try_again
from community.mailroom.sweeping import pick_up, sweep
from community.people import mailings
from community.people.models import Person
from community.ports import Letter, ports
from tests.mail_server import MailServer
from tests.world import World

NOOR = "noor@waterland.example"


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that the house sends by."""
    made = MailServer()
    made.start()
    settings = Settings(MAIL_URL=made.url, MAIL_FROM="Huis <huis@waterland.example>")
    monkeypatch.setattr(ports, "carry", letters.transport(settings))
    monkeypatch.setattr(ports, "mail_host", "waterland.example")
    queue._away_since.clear()
    yield made
    made.stop()
    queue._away_since.clear()


def work_on() -> None:
    while run_one():
        pass


def letter(to: str = NOOR, subject: str = "Nieuws", **more: Any) -> Letter:
    return Letter(to, subject, "Dag Noor,\n", "<p>Dag Noor,</p>", {"Auto-Submitted": "auto-generated"}, **more)


def the_mails() -> list[Mail]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def test_a_letter_leaves_and_its_words_are_gone(server: MailServer) -> None:
    post(letter(kind="notice"))
    waiting = the_mails()[0]
    assert waiting.state == "waiting" and waiting.content is not None
    work_on()
    mail = the_mails()[0]
    assert (mail.state, mail.tries, mail.answer, mail.kind) == ("sent", 1, "250 2.0.0 kept", "notice")
    assert mail.content is None and mail.recipe is None and mail.over_at is not None
    (got,) = server.mails
    assert got["Message-ID"] == mail.message_id and mail.message_id.endswith("@waterland.example>")
    assert got["Subject"] == "Nieuws" and server.senders == ["huis@waterland.example"]


def test_a_server_that_is_away_for_an_hour_gets_every_letter_once_afterwards(server: MailServer, world: World) -> None:
    server.stop()
    at = now()
    with frozen(at):
        for n in range(5):
            post(letter(subject=f"Bericht {n}"))
        mailings.ask_for_reset(NOOR, address="192.0.2.1")
    ids = []
    for minute in range(0, 60, 3):
        with frozen(at + timedelta(minutes=minute)):
            work_on()
        if minute == 0:
            ids = sorted(mail.message_id for mail in the_mails())
            assert sum(mail.tries for mail in the_mails()) == 1, "who finds the server away lets the others wait"
    assert {mail.state for mail in the_mails()} == {"waiting"} and len(ids) == 6
    assert any("refused" in mail.answer.lower() for mail in the_mails()), "the queue says what is wrong"
    server.start()
    for minute in range(60, 150, 3):
        with frozen(at + timedelta(minutes=minute)):
            work_on()
    assert {mail.state for mail in the_mails()} == {"sent"}
    assert sorted(mail["Message-ID"] for mail in server.mails) == ids, "each once, with the Message-ID of its first try"


def test_a_busy_server_is_asked_again_ever_later(server: MailServer) -> None:
    server.answers[NOOR] = "451 4.7.1 greylisted, try later"
    at = now()
    with frozen(at):
        post(letter())
        work_on()
    mail = the_mails()[0]
    assert (mail.state, mail.answer, mail.next_at) == (
        "waiting",
        "451 4.7.1 greylisted, try later",
        at + timedelta(minutes=1),
    )
    with frozen(at + timedelta(seconds=50)):
        work_on()
    assert the_mails()[0].tries == 1
    with frozen(at + timedelta(minutes=1, seconds=1)):
        work_on()
    assert the_mails()[0].tries == 2
    del server.answers[NOOR]
    with frozen(at + timedelta(minutes=5)):
        work_on()
    assert the_mails()[0].state == "sent" and len(server.mails) == 1


def test_after_three_days_a_letter_is_given_up_in_sight(server: MailServer, world: World) -> None:
    server.answers[NOOR] = "452 4.2.2 mailbox full"
    at = now()
    with frozen(at):
        post(letter())
    for hour in (0, 24, 48, 71, 73):
        with frozen(at + timedelta(hours=hour)):
            work_on()
    mail = the_mails()[0]
    assert mail.state == "given-up" and mail.content is None and mail.answer == "452 4.2.2 mailbox full"
    with pytest.raises(Conflict):
        try_again(world.actor("rik"), mail.id)


def test_two_refusals_for_good_pause_an_address_until_it_works_again(server: MailServer, world: World) -> None:
    server.answers[NOOR] = "550 5.1.1 no such mailbox"
    post(letter())
    work_on()
    assert the_mails()[0].state == "refused" and world.person("noor").mail_paused_at is None
    post(letter())
    work_on()
    db.session.expire_all()
    assert world.person("noor").mail_paused_at is not None
    del server.answers[NOOR]
    post(letter())
    work_on()
    paused = the_mails()[-1]
    assert (paused.state, paused.answer) == ("refused", "mail to this address is paused") and server.mails == []
    mailings.ask_for_reset(NOOR, address="192.0.2.1")
    work_on()
    assert len(server.mails) == 1, "what she asks for herself reaches her"
    with pytest.raises(NotFound):
        addresses.works_again(world.actor("samir"), world.person("noor"))
    addresses.works_again(world.actor("noor"), world.person("noor"))
    post(letter())
    work_on()
    assert len(server.mails) == 2 and world.person("noor").mail_paused_at is None


def test_two_refusals_far_apart_pause_nothing(server: MailServer, world: World) -> None:
    server.answers[NOOR] = "550 5.1.1 no such mailbox"
    at = now()
    for days in (0, 31):
        with frozen(at + timedelta(days=days)):
            post(letter())
            work_on()
    db.session.expire_all()
    assert world.person("noor").mail_paused_at is None and {mail.state for mail in the_mails()} == {"refused"}


def test_what_is_refused_for_its_words_says_nothing_of_the_address(server: MailServer) -> None:
    server.at_the_end[NOOR] = "554 5.7.1 looks like spam"
    post(letter())
    work_on()
    assert the_mails()[0].state == "refused"
    assert db.session.scalars(select(MailFailure)).all() == []
    server.at_the_end[NOOR] = "550 5.2.1 mailbox disabled"
    post(letter())
    work_on()
    assert len(db.session.scalars(select(MailFailure)).all()) == 1


def test_no_link_that_opens_a_door_lies_in_the_queue(server: MailServer, world: World) -> None:
    server.stop()
    mailings.ask_for_reset(NOOR, address="192.0.2.1")
    work_on()
    (mail,) = the_mails()
    assert mail.state == "waiting" and mail.kind == "reset"
    held = json.dumps([mail.recipe, mail.content, mail.subject, mail.answer])
    held += json.dumps([[job.payload, job.error] for job in db.session.scalars(select(Job))])
    assert "/password/" not in held and mail.content is None
    server.start()
    with frozen(now() + timedelta(minutes=5)):
        work_on()
    body = server.mails[0].get_body(("plain",))
    assert body is not None and "/password/" in body.get_content()
    assert the_mails()[0].recipe is None


def test_a_job_that_runs_again_posts_nothing_twice(server: MailServer) -> None:
    tries = []

    @handles("test.digest")
    def digest(_payload: dict[str, Any]) -> None:
        ports.send_mail(letter(subject="Een"))
        ports.send_mail(letter(subject="Twee"))
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("killed on the way")

    try:
        with write_unit():
            enqueue("test.digest", {})
        work_on()
        with frozen(now() + timedelta(minutes=5)):
            work_on()
    finally:
        work._handlers.pop("test.digest")
    assert len(tries) == 2 and sorted(mail["Subject"] for mail in server.mails) == ["Een", "Twee"]


def test_two_workers_send_one_letter_once(server: MailServer) -> None:
    post(letter())
    mail_id = the_mails()[0].id
    assert queue._take(mail_id) and not queue._take(mail_id)
    deliver({"mail": mail_id})
    assert server.mails == [], "it is in other hands"
    with frozen(now() + timedelta(minutes=13)):
        pick_up({})
        work_on()
    assert len(server.mails) == 1, "whose worker is lost is picked up"
    deliver({"mail": mail_id})
    assert len(server.mails) == 1


def test_a_letter_that_nobody_can_write_holds_up_no_other(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_payload: dict[str, Any]) -> Letter:
        raise RuntimeError("secret words")

    monkeypatch.setitem(queue._writers, "broken", broken)
    queue.post_later("broken", {}, to=NOOR)
    post(letter())
    work_on()
    stuck, fine = the_mails()
    assert (stuck.state, stuck.answer) == ("waiting", "it could not be written: RuntimeError")
    assert fine.state == "sent"


def test_a_letter_that_is_no_longer_wanted_leaves_the_queue(server: MailServer, world: World) -> None:
    server.stop()
    mailings.ask_for_reset(NOOR, address="192.0.2.1")
    work_on()
    with write_unit():
        db.session.execute(update(Person).where(Person.id == world.person("noor").id).values(status="disabled"))
    server.start()
    with frozen(now() + timedelta(minutes=5)):
        work_on()
    assert server.mails == [] and the_mails() == []


def test_the_log_is_kept_for_90_days(server: MailServer) -> None:
    at = now()
    with frozen(at):
        post(letter())
        work_on()
    with frozen(at + timedelta(days=89)):
        sweep({})
    assert len(the_mails()) == 1
    with frozen(at + timedelta(days=91)):
        sweep({})
    assert the_mails() == []


def test_who_looks_after_the_site_looks_at_the_queue_and_nobody_else(server: MailServer, world: World) -> None:
    assert post_test_to_me(world.actor("rik")) == "rik@waterland.example"
    work_on()
    (mail,) = letters_of(world.actor("rik"))
    assert (mail.kind, mail.state) == ("test", "sent") and server.mails[0]["To"] == "rik@waterland.example"
    for name in ("noor", "pieter_jan"):
        for look in (
            lambda who: letters_of(who),
            lambda who: try_again(who, mail.id),
            lambda who: post_test_to_me(who),
            lambda who: addresses.paused_people(who),
            lambda who: addresses.failures_of(who, NOOR),
        ):
            with pytest.raises(NotFound):
                look(world.actor(name))


def test_an_administrator_sends_at_once_what_waits(server: MailServer, world: World) -> None:
    server.answers[NOOR] = "450 later"
    at = now()
    with frozen(at):
        post(letter())
        work_on()
        del server.answers[NOOR]
        work_on()
        assert server.mails == []
        try_again(world.actor("rik"), the_mails()[0].id)
        work_on()
    assert len(server.mails) == 1 and the_mails()[0].state == "sent"


def test_the_doctor_sees_letters_that_wait_too_long(server: MailServer, app: Flask) -> None:
    def mail() -> Any:
        found = examine(app.config["SETTINGS"], app.config["STORAGE"])
        return next(finding for finding in found if finding.what == "mail")

    assert mail().good
    server.answers[NOOR] = "451 4.7.1 not now"
    at = now()
    with frozen(at):
        post(letter())
        work_on()
        assert mail().good
    with frozen(at + timedelta(hours=2)):
        assert not mail().good and "451 4.7.1 not now" in mail().words
