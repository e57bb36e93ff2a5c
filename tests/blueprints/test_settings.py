"""What people decide for themselves, as browsers do it."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from community.extensions import db
from community.people import entry, tokens
from community.people.models import Token
from community.people.queries import sessions_for, tokens_for
from tests.conftest import PASSWORD, post_form
from tests.world import World

FRESH = "zeven natte honden op de dijk"
Browser = Callable[[str], FlaskClient]


def test_noor_says_who_she_is(as_person: Browser, world: World) -> None:
    noor = as_person("noor")
    answer = post_form(
        noor,
        "/settings",
        name="Noor van der Velden",
        headline="Programme manager",
        location="Utrecht",
        skills="loops, queues",
        about="I like **loops**.",
        language="en",
        time_zone="Africa/Accra",
    )
    assert answer.status_code == 303
    page = noor.get("/settings").get_data(as_text=True)
    for kept in ('value="Programme manager"', 'value="Utrecht"', 'value="loops, queues"', "I like **loops**."):
        assert kept in page
    assert '<html lang="en"' in page and '<option value="Africa/Accra" selected>' in page


def test_a_fault_stands_at_its_field_and_keeps_what_was_typed(as_person: Browser, world: World) -> None:
    noor = as_person("noor")
    answer = post_form(noor, "/settings", name="", headline="Kept <b>words</b>", location="Utrecht")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'id="f-name-error"' in page
    assert "Kept &lt;b&gt;words&lt;/b&gt;" in page and world.person("noor").headline == ""


def test_a_form_gives_no_right_that_it_does_not_show(as_person: Browser, world: World) -> None:
    sly = {"site_role": "administrator", "status": "disabled", "email": "x@y.example", "handle": "rik", "id": "1"}
    post_form(as_person("noor"), "/settings", name="Noor van der Velden", **sly)
    noor = world.person("noor")
    assert (noor.site_role, noor.status, noor.email) == ("member", "active", "noor@waterland.example")


def test_a_new_password_asks_for_the_old_one_and_signs_other_browsers_out(as_person: Browser, world: World) -> None:
    here, elsewhere = as_person("noor"), as_person("noor")
    wrong = post_form(here, "/settings/password", current="guess", password=FRESH)
    assert wrong.status_code == 422 and 'id="f-current-error"' in wrong.get_data(as_text=True)
    weak = post_form(here, "/settings/password", current=PASSWORD, password="waterland1")
    assert weak.status_code == 422 and 'id="f-password-error"' in weak.get_data(as_text=True)
    assert post_form(here, "/settings/password", current=PASSWORD, password=FRESH).status_code == 303
    assert here.get("/settings").status_code == 200 and elsewhere.get("/settings").status_code == 302
    assert entry.prove("noor@waterland.example", FRESH, address="192.0.2.9")


def test_guessing_the_old_password_from_a_stolen_session_is_counted(as_person: Browser, world: World) -> None:
    noor = as_person("noor")
    seen = [post_form(noor, "/settings/password", current="guess", password=FRESH).status_code for _ in range(11)]
    assert seen == [422] * 10 + [429]


def test_noor_sees_her_browsers_and_signs_one_out(as_person: Browser, world: World) -> None:
    here, elsewhere = as_person("noor"), as_person("noor")
    page = here.get("/settings/sessions").get_data(as_text=True)
    ends = re.findall(r'action="(/settings/sessions/\d+/end)"', page)
    assert len(ends) == 1, "this browser has no button"
    assert post_form(as_person("samir"), "/settings/sessions", to=ends[0]).status_code == 404
    assert elsewhere.get("/settings").status_code == 200
    assert post_form(here, "/settings/sessions", to=ends[0]).status_code == 303
    assert elsewhere.get("/settings").status_code == 302
    third = as_person("noor")
    post_form(here, "/settings/sessions", to="/settings/sessions/end")
    assert third.get("/settings").status_code == 302 and here.get("/settings").status_code == 200
    assert len(sessions_for(world.actor("noor"), world.person("noor"))) == 1


def test_a_key_is_shown_once(as_person: Browser, world: World) -> None:
    noor = as_person("noor")
    answer = post_form(noor, "/settings/tokens", name="My calendar", scope="read", days="30")
    shown = re.search(r"coh_[\w-]{43}", answer.get_data(as_text=True))
    assert shown and tokens.living_token(shown[0]) is not None
    page = noor.get("/settings/tokens").get_data(as_text=True)
    assert shown[0] not in page and "My calendar" in page
    token = tokens_for(world.actor("noor"), world.person("noor"))[0]
    end = f"/settings/tokens/{token.id}/revoke"
    assert post_form(as_person("samir"), "/settings/tokens", to=end).status_code == 404
    assert post_form(noor, "/settings/tokens", to=end).status_code == 303
    db.session.expire_all()
    assert db.session.get_one(Token, token.id).revoked_at is not None and tokens.living_token(shown[0]) is None


def test_a_key_without_a_name_is_asked_for_one(as_person: Browser, world: World) -> None:
    answer = post_form(as_person("noor"), "/settings/tokens", name="", scope="all", days="x")
    assert answer.status_code == 422 and 'id="f-name-error"' in answer.get_data(as_text=True)


def test_every_page_of_the_settings_asks_who_is_there(app: Flask, world: World) -> None:
    stranger = app.test_client()
    for page in ("/settings", "/settings/password", "/settings/sessions", "/settings/tokens"):
        answer = stranger.get(page)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/login?next=/settings")


def test_password_managers_find_the_page(as_person: Browser, world: World) -> None:
    assert as_person("noor").get("/.well-known/change-password").headers["Location"] == "/settings/password"
