"""Looking after the accounts, as Rik does on a Sunday night."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from community.extensions import db
from community.jobs.work import run_one
from community.people.actions import create_person
from community.people.queries import person_by_email
from community.permissions import SYSTEM
from community.ports import Letter, ports
from tests.conftest import post_form
from tests.world import World

Browser = Callable[[str], FlaskClient]
PAGES = ("/admin", "/admin/invite", "/admin/people/noor.van-der-velden", "/admin/people/noor.van-der-velden/disable")
SAMIR = "people/samir.el-idrissi"
DEEDS = (
    "invite",
    "invite/waiting",
    *(f"{SAMIR}/{deed}" for deed in ("role", "disable", "enable", "sessions/end", "invite")),
)


def test_for_everybody_else_there_is_no_administration(as_person: Browser, world: World) -> None:
    for name in ("noor", "anna", "pieter_jan", "gus"):
        browser = as_person(name)
        for page in PAGES:
            assert browser.get(page).status_code == 404, (name, page)
        for deed in DEEDS:
            assert post_form(browser, "/settings", to=f"/admin/{deed}", site_role="guest").status_code == 404
    assert world.person("samir").status == "active" and world.person("samir").site_role == "member"


def test_rik_finds_somebody_by_name_or_address(as_person: Browser, world: World) -> None:
    rik = as_person("rik")
    for q in ("noor van", "NOOR@waterland"):
        page = rik.get("/admin", query_string={"q": q}).get_data(as_text=True)
        assert "Noor van der Velden" in page and "Samir" not in page
    assert "Noor" not in rik.get("/admin?status=disabled").get_data(as_text=True)
    assert rik.get("/admin?q=zzzz&status=nonsense&before=nobody").status_code == 200


def test_rik_invites_a_pasted_list_and_gets_back_what_does_not_fit(
    as_person: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Letter] = []
    monkeypatch.setattr(ports, "carry", sent.append)
    rik = as_person("rik")
    pasted = "Aslı Demir <asli@waterland.example>\njan@waterland.example\nnoor@waterland.example\nhello there"
    answer = post_form(rik, "/admin/invite", people=pasted, language="nl", site_role="member")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200 and "hello there" in page and "noor@waterland.example" in page
    assert "asli@waterland.example" not in page, "what went well does not come back"
    while run_one():
        pass
    assert sorted(letter.to for letter in sent) == ["asli@waterland.example", "jan@waterland.example"]
    asli = person_by_email("asli@waterland.example")
    assert asli is not None and (asli.name, asli.status, asli.language) == ("Aslı Demir", "invited", "nl")
    page = rik.get(f"/admin/people/{asli.handle}").get_data(as_text=True)
    assert f"/admin/people/{asli.handle}/invite" in page
    assert post_form(rik, "/admin", to=f"/admin/people/{asli.handle}/invite").status_code == 303
    while run_one():
        pass
    assert len(sent) == 3


def test_rik_invites_everybody_who_was_imported_at_once_and_only_once(
    as_person: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Letter] = []
    monkeypatch.setattr(ports, "carry", sent.append)
    for n in range(3):
        create_person(SYSTEM, email=f"new{n}@waterland.example", name=f"New {n}")
    rik = as_person("rik")
    assert "/admin/invite/waiting" in rik.get("/admin?status=invited").get_data(as_text=True)
    for _ in range(2):
        assert post_form(rik, "/admin?status=invited", to="/admin/invite/waiting").status_code == 303
    while run_one():
        pass
    assert post_form(rik, "/admin", to="/admin/invite/waiting").status_code == 303
    while run_one():
        pass
    assert sorted(letter.to for letter in sent) == [f"new{n}@waterland.example" for n in range(3)]


def test_an_empty_list_is_asked_for_an_address(as_person: Browser, world: World) -> None:
    answer = post_form(as_person("rik"), "/admin/invite", people="  \n", site_role="member")
    assert answer.status_code == 422 and 'id="f-people-error"' in answer.get_data(as_text=True)


def test_rik_closes_the_account_of_a_leaver_and_she_is_out_at_once(as_person: Browser, world: World) -> None:
    rik, noor = as_person("rik"), as_person("noor")
    path = "/admin/people/noor.van-der-velden"
    assert "Noor van der Velden" in rik.get(f"{path}/disable").get_data(as_text=True)
    assert noor.get("/settings").status_code == 200, "asking does nothing yet"
    assert post_form(rik, f"{path}/disable").status_code == 303
    assert noor.get("/settings").status_code == 302
    assert post_form(rik, path, to=f"{path}/enable").status_code == 303
    assert noor.get("/settings").status_code == 302, "her old session stays ended"
    as_person("noor")


def test_rik_signs_somebody_out_everywhere(as_person: Browser, world: World) -> None:
    rik, noor = as_person("rik"), as_person("noor")
    path = "/admin/people/noor.van-der-velden"
    assert post_form(rik, path, to=f"{path}/sessions/end").status_code == 303
    assert noor.get("/settings").status_code == 302


def test_a_role_on_the_site_and_the_last_administrator(as_person: Browser, world: World) -> None:
    rik = as_person("rik")
    path = "/admin/people/dev.anand"
    assert post_form(rik, path, to=f"{path}/role", site_role="administrator").status_code == 303
    dev = as_person("dev")
    assert dev.get("/admin").status_code == 200
    own = "/admin/people/rik.terpstra"
    assert "/disable" not in rik.get(own).get_data(as_text=True), "nobody closes themself"
    assert post_form(rik, own, to=f"{own}/disable").status_code == 403
    assert post_form(dev, own, to=f"{own}/role", site_role="member").status_code == 303
    assert rik.get("/admin").status_code == 302
    assert post_form(dev, path, to=f"{path}/role", site_role="member").status_code == 403
    assert post_form(dev, own, to=f"{own}/role", site_role="emperor").status_code == 422
    db.session.expire_all()
    assert world.person("dev").site_role == "administrator"


def test_the_command_line_makes_the_first_administrator(app: Flask, world: World) -> None:
    run = app.test_cli_runner().invoke
    words = ["users", "create", "boss@waterland.example", "--name", "De Baas", "--role", "administrator"]
    made = run(args=words, input="een goede zin met woorden\neen goede zin met woorden\n")
    assert made.exit_code == 0, made.output
    again = run(args=[*words, "--password", "een goede zin met woorden"])
    assert again.exit_code == 1 and "already" in again.output
    weak = run(args=["users", "create", "x@waterland.example", "--name", "X", "--password", "kort"])
    assert weak.exit_code == 1 and "characters" in weak.output
    assert run(args=["users", "list", "--role", "administrator"]).output.split() == [
        "boss@waterland.example",
        "rik@waterland.example",
    ]
    assert run(args=["users", "list", "--role", "coach"]).output.split() == ["anna@waterland.example"]
    assert run(args=["users", "list", "--role", "facilitator"]).output.split() == ["pieter-jan@waterland.example"]
    members = run(args=["users", "list", "--role", "member"]).output.split()
    assert "noor@waterland.example" in members and "anna@waterland.example" not in members
    secret = run(args=["users", "token", "noor@waterland.example"]).output.split()[-1]
    from community.people.tokens import living_token

    token = living_token(secret)
    assert token is not None and token.person.name == "Noor van der Velden"
    assert run(args=["users", "disable", "noor@waterland.example"]).exit_code == 0
    assert living_token(secret) is None
    assert run(args=["users", "token", "noor@waterland.example"]).exit_code == 1
    assert run(args=["users", "token", "nobody@waterland.example"]).exit_code == 1
    assert run(args=["users", "promote", "dev@waterland.example"]).exit_code == 0
    assert world.person("dev").site_role == "administrator"
    assert run(args=["users", "invite", "asli@waterland.example"]).exit_code == 1
    assert run(args=["users", "invite", "asli@waterland.example", "--name", "Aslı Demir"]).exit_code == 0
    assert run(args=["users", "invite"]).exit_code == 2
    create_person(SYSTEM, email="jan@waterland.example", name="Jan Smit")
    assert run(args=["users", "invite", "--waiting"]).stdout.split() == ["jan@waterland.example"]
    assert run(args=["users", "invite", "--waiting"]).stdout == ""
