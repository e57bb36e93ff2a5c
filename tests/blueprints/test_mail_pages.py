"""The mail of the house as an administrator sees it, and the banner of somebody whom letters no longer reach."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from community.extensions import db, write_unit
from community.jobs.work import run_one
from community.mailroom import queue
from community.mailroom.addresses import note_failure
from community.people import mailings
from community.ports import Letter, ports
from tests.conftest import post_form
from tests.world import World

Browser = Callable[[str], FlaskClient]


@pytest.fixture
def busy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Letter]:
    """A mail server that is busy until `busy` holds a letter."""
    tried: list[Letter] = []

    def carry(letter: Letter) -> str:
        if not tried:
            tried.append(letter)
            raise smtplib.SMTPDataError(451, b"4.3.2 too <busy>")
        tried.append(letter)
        return "250 kept"

    monkeypatch.setattr(ports, "carry", carry)
    return tried


def work() -> None:
    while run_one():
        pass


def pause(world: World, name: str) -> None:
    with write_unit():
        for number in (1, 2):
            note_failure(number, world.person(name).email, "550 5.1.1 no such mailbox")


def test_rik_sees_what_waits_and_why_and_tries_again(as_person: Browser, world: World, busy: list[Letter]) -> None:
    ports.send_mail(
        Letter("noor@waterland.example", "Samir writes: secret plan", "the words", "<p>the words</p>", kind="notice")
    )
    mailings.ask_for_reset("samir@waterland.example", address="192.0.2.1")
    work()
    rik = as_person("rik")
    page = rik.get("/admin/mail").get_data(as_text=True)
    assert "noor@waterland.example" in page and "451 4.3.2 too &lt;busy&gt;" in page
    assert "secret plan" not in page and "the words" not in page and "/password/" not in page
    assert page.count("/again") == 1, "what has left cannot be sent again"
    number = queue.letters_of(world.actor("rik"))[-1].id
    assert post_form(rik, "/admin/mail", to=f"/admin/mail/{number}/again").status_code == 303
    work()
    assert [letter.to for letter in busy].count("noor@waterland.example") == 2
    page = rik.get("/admin/mail").get_data(as_text=True)
    assert "/again" not in page and "451" not in page
    assert "noor@" in rik.get("/admin/mail?state=sent").get_data(as_text=True)
    assert "noor@" not in rik.get("/admin/mail?state=refused").get_data(as_text=True)
    again = post_form(rik, "/admin/mail", to=f"/admin/mail/{number}/again")
    assert again.status_code == 303 and "nothing of it was kept" in rik.get("/admin/mail").get_data(as_text=True)
    assert post_form(rik, "/admin/mail", to="/admin/mail/99999/again").status_code == 404


def test_rik_sends_himself_a_test_mail(
    as_person: Browser, world: World, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Letter] = []
    monkeypatch.setattr(ports, "carry", sent.append)
    assert post_form(as_person("rik"), "/admin/mail", to="/admin/mail/test").status_code == 303
    work()
    assert [(letter.to, letter.subject) for letter in sent] == [("rik@waterland.example", "A test mail from Cohortium")]
    done = app.test_cli_runner().invoke(args=["mail", "test", "noor@waterland.example"])
    assert done.exit_code == 0 and sent[1].to == "noor@waterland.example"
    assert app.test_cli_runner().invoke(args=["mail", "test", "nobody@waterland.example"]).exit_code == 1


def test_a_test_mail_that_does_not_leave_says_so(app: Flask, world: World, busy: list[Letter]) -> None:
    done = app.test_cli_runner().invoke(args=["mail", "test", "noor@waterland.example"])
    assert done.exit_code == 1 and "451 4.3.2 too <busy>" in done.output


def test_noor_hears_on_every_page_that_letters_come_back_and_ends_it(as_person: Browser, world: World) -> None:
    noor = as_person("noor")
    assert "/settings/mail/works" not in noor.get("/").get_data(as_text=True)
    pause(world, "noor")
    for page in ("/", "/people", "/settings"):
        html = noor.get(page).get_data(as_text=True)
        assert "/settings/mail/works" in html and "noor@waterland.example" in html
    assert "/settings/mail/works" not in as_person("samir").get("/").get_data(as_text=True)
    answer = post_form(noor, "/people", to="/settings/mail/works", next="/people")
    assert (answer.status_code, answer.location) == (303, "/people")
    assert "/settings/mail/works" not in noor.get("/").get_data(as_text=True)
    assert world.person("noor").mail_paused_at is None


def test_rik_sees_whose_address_does_not_work(as_person: Browser, world: World) -> None:
    pause(world, "noor")
    rik = as_person("rik")
    resume = "/admin/mail/people/noor.van-der-velden/resume"
    assert resume in rik.get("/admin/mail").get_data(as_text=True)
    page = rik.get("/admin/people/noor.van-der-velden").get_data(as_text=True)
    assert resume in page and page.count("550 5.1.1 no such mailbox") == 2
    assert "Mail comes back" in rik.get("/admin?q=noor").get_data(as_text=True)
    assert post_form(rik, "/admin/mail", to=resume).status_code == 303
    db.session.expire_all()
    assert world.person("noor").mail_paused_at is None


def test_the_queue_is_read_in_stretches(as_person: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "carry", lambda letter: "250 kept")
    for number in range(60):
        ports.send_mail(Letter(f"p{number}@waterland.example", "s", "t", "h"))
    work()
    rik = as_person("rik")
    page = rik.get("/admin/mail?state=sent").get_data(as_text=True)
    assert "p59@" in page and "p5@" not in page
    older = page.split('rel="next"')[0].rpartition('href="')[2].split('"')[0].replace("&amp;", "&")
    page = rik.get(older).get_data(as_text=True)
    assert "p5@" in page and "p59@" not in page
