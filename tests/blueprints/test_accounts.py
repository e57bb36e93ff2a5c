"""Coming in and going out, as browsers do it."""

from __future__ import annotations

import io
import re
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from blueprints import letters, limits
from community.clock import frozen, now
from community.config import load_settings
from community.extensions import db
from community.jobs.work import run_one
from community.people import actions, entry, tokens
from community.people.models import Session
from community.people.queries import person_by_email
from community.permissions import ANONYMOUS, SYSTEM
from community.ports import Letter, ports
from community.spaces.actions import create_invitation
from community.spaces.models import Membership
from tests.conftest import PASSWORD, post_form, sign_in, token_of
from tests.world import World

FRESH = "zeven natte honden op de dijk"


@pytest.fixture
def post(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Letter]:
    """The letters that left."""
    sent: list[Letter] = []
    monkeypatch.setattr(ports, "carry", sent.append)
    return sent


def work() -> None:
    while run_one():
        pass


def link_in(letter: Letter) -> str:
    """The path of the one link of a letter."""
    found = re.search(r"http://localhost(/\S+)", letter.text)
    assert found, letter.text
    return found[1]


def calm(page: str) -> str:
    """A page without what differs between any two: its CSRF tokens."""
    return re.sub(r'name="csrf_token" value="[^"]+"', "", page)


def picture(size: tuple[int, int] = (640, 480)) -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, "JPEG")
    return io.BytesIO(out.getvalue()), "me.jpg"


def session_cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie("cohortium")
    assert cookie is not None
    return str(cookie.value)


# Sign in


def test_noor_signs_in_and_goes_where_she_wanted(client: FlaskClient, world: World) -> None:
    sent_away = client.get("/settings/sessions?a=1")
    assert sent_away.status_code == 302
    page = client.get(sent_away.headers["Location"]).get_data(as_text=True)
    assert 'name="next" value="/settings/sessions?a=1"' in page
    assert 'autocomplete="username"' in page and 'autocomplete="current-password"' in page
    data = {
        "csrf_token": token_of(page),
        "email": " NOOR@waterland.example ",
        "password": PASSWORD,
        "next": "/settings/sessions?a=1",
    }
    answer = client.post("/login", data=data)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/settings/sessions?a=1")
    assert client.get("/settings/sessions").status_code == 200
    assert client.get("/login?next=/settings").headers["Location"] == "/settings"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "javascript:x"]
)
def test_next_never_leads_out_of_the_house(client: FlaskClient, world: World, elsewhere: str) -> None:
    page = client.get("/login").get_data(as_text=True)
    data = {"csrf_token": token_of(page), "email": "noor@waterland.example", "password": PASSWORD, "next": elsewhere}
    assert client.post("/login", data=data).headers["Location"] == "/"
    assert client.get("/login", query_string={"next": elsewhere}).headers["Location"] == "/"


def test_the_cookie_is_new_and_closed_to_scripts(client: FlaskClient, world: World) -> None:
    client.get("/login")
    before = session_cookie(client)
    page = client.get("/login").get_data(as_text=True)
    data = {"csrf_token": token_of(page), "email": "noor@waterland.example", "password": PASSWORD}
    answer = client.post("/login", data=data)
    said = answer.headers["Set-Cookie"]
    assert "HttpOnly" in said and "SameSite=Lax" in said and "Path=/" in said and "Domain" not in said
    assert session_cookie(client) != before
    assert len(session_cookie(client)) < 1000


def test_behind_https_the_cookie_is_bound_to_the_host() -> None:
    settings = load_settings(
        {
            "APP_ENV": "testing",
            "BASE_URL": "https://learn.example.org",
            "SECRET_KEY": "only for tests, and long enough for them",
            "DATABASE_URL": "sqlite:///:memory:",
        }
    )
    import wsgi

    app = Flask("https")
    wsgi.configure(app, settings)
    assert app.config["SESSION_COOKIE_NAME"] == "__Host-cohortium"
    assert app.config["SESSION_COOKIE_SECURE"] and app.config["SESSION_COOKIE_HTTPONLY"]
    assert app.config["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_a_wrong_password_keeps_the_address_and_tells_nothing(client: FlaskClient, world: World) -> None:
    actions.create_person(SYSTEM, email="invited@waterland.example", name="Not Yet")
    actions.disable_person(SYSTEM, world.person("joost"))
    seen = set()
    for email in ("noor", "nobody", "invited", "joost"):
        answer = post_form(client, "/login", email=f"{email}@waterland.example", password="not her password")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422 and f'value="{email}@waterland.example"' in page
        assert "not her password" not in page and 'aria-invalid="true"' in page
        seen.add((calm(page).replace(f"{email}@", "x@"), str(sorted(answer.headers.keys()))))
    assert len(seen) == 1


def test_an_unknown_address_takes_as_long_as_a_wrong_password(world: World) -> None:
    """In the processor's time, which other work on the machine does not change."""
    took: dict[str, list[float]] = {"noor": [], "nobody": []}
    for n in range(9):
        for name, times in took.items():
            start = time.thread_time()
            with pytest.raises(Exception, match="together"):
                entry.prove(f"{name}@waterland.example", "wrong", address=f"192.0.2.{n}")
            times.append(time.thread_time() - start)
    known, unknown = (statistics.median(times) for times in took.values())
    assert 0.8 < known / unknown < 1.25, took


def test_the_twenty_first_try_waits(client: FlaskClient, world: World) -> None:
    for n in range(20):
        assert post_form(client, "/login", email=f"n{n}@waterland.example", password="wrong").status_code == 422
    answer = post_form(client, "/login", email="noor@waterland.example", password=PASSWORD)
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 901
    assert 'value="noor@waterland.example"' in answer.get_data(as_text=True)
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0


def test_a_form_from_elsewhere_is_refused(client: FlaskClient, world: World) -> None:
    assert client.post("/login", data={"email": "noor@waterland.example", "password": PASSWORD}).status_code == 400
    sign_in(client, "noor")
    assert client.post("/logout").status_code == 400
    assert client.get("/logout").status_code == 405
    assert client.get("/settings").status_code == 200


# Sign out


def test_a_cookie_from_before_signing_out_opens_nothing(app: Flask, as_person: Callable[[str], FlaskClient]) -> None:
    noor = as_person("noor")
    stolen = session_cookie(noor)
    page = noor.get("/settings").get_data(as_text=True)
    answer = noor.post("/logout", data={"csrf_token": token_of(page)})
    assert answer.status_code == 303 and "storage" in answer.headers["Clear-Site-Data"]
    assert db.session.scalar(select(func.count()).select_from(Session)) == 0
    thief = app.test_client()
    thief.set_cookie("cohortium", stolen)
    assert thief.get("/settings").status_code == 302
    page = thief.get("/login").get_data(as_text=True)
    assert thief.post("/settings", data={"csrf_token": token_of(page), "name": "x"}).status_code in (400, 401)


def test_personal_pages_are_kept_by_no_cache(as_person: Callable[[str], FlaskClient]) -> None:
    answer = as_person("noor").get("/settings")
    assert answer.headers["Cache-Control"] == "no-store" and "Cookie" in answer.headers["Vary"]


def test_presence_is_written_after_an_hour_and_not_before(as_person: Callable[[str], FlaskClient]) -> None:
    noor = as_person("noor")
    first = db.session.scalars(select(Session)).one().seen_at
    for minutes, moved in ((50, False), (70, True)):
        with frozen(first + timedelta(minutes=minutes)):
            assert noor.get("/settings").status_code == 200
        db.session.expire_all()
        assert (db.session.scalars(select(Session)).one().seen_at > first) == moved


def test_a_session_of_fourteen_idle_days_is_asked_to_sign_in(as_person: Callable[[str], FlaskClient]) -> None:
    noor = as_person("noor")
    with frozen(now() + timedelta(days=15)):
        assert noor.get("/settings").status_code == 302


# A new password


def test_a_reset_says_the_same_to_everybody_and_writes_to_one(
    client: FlaskClient, world: World, post: list[Letter]
) -> None:
    actions.create_person(SYSTEM, email="invited@waterland.example", name="Not Yet", language="nl")
    pages = set()
    for email in ("noor", "nobody", "invited"):
        answer = post_form(client, "/password", email=f"{email}@waterland.example")
        pages.add((answer.status_code, calm(answer.get_data(as_text=True))))
    assert len(pages) == 1
    work()
    assert [letter.to for letter in post] == ["noor@waterland.example", "invited@waterland.example"]
    assert "/password/" in post[0].text and "/join/" in post[1].text


def test_noor_sets_a_new_password_with_the_letter(
    client: FlaskClient, world: World, post: list[Letter], as_person: Callable[[str], FlaskClient]
) -> None:
    elsewhere = as_person("noor")
    post_form(client, "/password", email="noor@waterland.example")
    work()
    path = link_in(post[0])
    page = client.get(path)
    assert page.status_code == 200 and client.get(path).status_code == 200, "looking uses nothing up"
    assert 'lang="nl"' in page.get_data(as_text=True), "she reads Dutch"
    weak = post_form(client, path, password="kort")
    assert weak.status_code == 422 and 'id="f-password-error"' in weak.get_data(as_text=True)
    assert post_form(client, path, password=FRESH).status_code == 302
    assert client.get("/settings").status_code == 200, "and is in"
    assert elsewhere.get("/settings").status_code == 302, "and nobody else is"
    stranger = client.application.test_client()
    assert stranger.get(path).status_code == 404


def test_the_host_of_a_request_never_builds_a_link(client: FlaskClient, world: World, post: list[Letter]) -> None:
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    page = client.get("/password", headers=evil).get_data(as_text=True)
    client.post(
        "/password",
        data={"csrf_token": token_of(page), "email": "noor@waterland.example"},
        headers={**evil, "Referer": "http://evil.example/password"},
    )
    work()
    for letter in post:
        assert "evil" not in letter.text + letter.html + letter.subject and "http://localhost/password/" in letter.text
    assert post


def test_links_that_open_nothing_look_all_alike(client: FlaskClient, world: World) -> None:
    used = actions.create_person(SYSTEM, email="asli@waterland.example", name="Aslı Demir")
    from community.extensions import write_unit

    with write_unit():
        secret = tokens.new_ticket(used.id, "join")
    actions.join(ANONYMOUS, secret, password=FRESH, name="Aslı Demir")
    pages = {
        calm(client.get(f"/join/{word}").get_data(as_text=True)).replace(word, "")
        for word in (secret, "never-was", "r.forged")
    }
    assert len(pages) == 1


# Joining


def invited(world: World, post: list[Letter], email: str = "asli@waterland.example") -> str:
    actions.invite_new(world.actor("rik"), email=email, name="Aslı Demir", language="nl")
    work()
    return link_in(post.pop())


def test_asli_comes_in_on_her_phone_in_dutch(client: FlaskClient, world: World, post: list[Letter]) -> None:
    path = invited(world, post)
    page = client.get(path).get_data(as_text=True)
    assert 'lang="nl"' in page and 'value="Aslı Demir"' in page and 'autocomplete="new-password"' in page
    assert "asli@waterland.example" in page
    html = client.get(path).get_data(as_text=True)
    answer = client.post(
        path,
        data={
            "csrf_token": token_of(html),
            "name": "Aslı Demir",
            "password": FRESH,
            "language": "nl",
            "headline": "Planner, nachtdienst",
            "location": "Vlissingen",
            "skills": "rooster, wachtlijst, rooster",
            "time_zone": "Africa/Accra",
            "picture": picture(),
        },
        content_type="multipart/form-data",
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    asli = person_by_email("asli@waterland.example")
    assert asli is not None and asli.status == "active" and asli.skills == ["rooster", "wachtlijst"]
    assert asli.time_zone == "Africa/Accra"
    face = client.get(f"/people/{asli.handle}/picture")
    assert face.mimetype == "image/webp" and face.data[8:12] == b"WEBP"


def test_what_was_typed_comes_back_with_a_fault_but_the_password_does_not(
    client: FlaskClient, world: World, post: list[Letter]
) -> None:
    path = invited(world, post)
    answer = post_form(client, path, name="Aslı", password="welkom123", location="Vlissingen", skills="rooster")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="Vlissingen"' in page and 'value="rooster"' in page and "welkom123" not in page
    bad = client.post(
        path,
        data={
            "csrf_token": token_of(page),
            "name": "Aslı",
            "password": FRESH,
            "picture": (io.BytesIO(b"<svg/>"), "me.svg"),
        },
        content_type="multipart/form-data",
    )
    assert bad.status_code == 422 and 'id="f-picture-error"' in bad.get_data(as_text=True)
    person = person_by_email("asli@waterland.example")
    assert person is not None and person.status == "invited", "a picture that cannot be used uses nothing up"


def test_the_form_gives_no_right_that_it_does_not_show(client: FlaskClient, world: World, post: list[Letter]) -> None:
    path = invited(world, post)
    post_form(
        client,
        path,
        name="Aslı",
        password=FRESH,
        site_role="administrator",
        status="disabled",
        email="x@y.example",
        id="1",
    )
    person = person_by_email("asli@waterland.example")
    assert person is not None and (person.site_role, person.status) == ("member", "active")


def test_dev_follows_a_link_into_a_space(as_person: Callable[[str], FlaskClient], world: World) -> None:
    _, token = create_invitation(world.actor("pieter_jan"), world.space("getij"))
    dev = as_person("dev")
    assert "Getij" in dev.get(f"/join/{token}").get_data(as_text=True)
    answer = post_form(dev, f"/join/{token}")
    assert answer.headers["Location"] == f"/spaces/{world.space('getij').slug}"
    assert world.space_ids["getij"] in world.actor("dev").roles
    assert as_person("samir").get(f"/join/{token}").status_code == 404, "its one place is taken"


def test_a_stranger_with_a_link_registers_and_lands_in_the_space(
    client: FlaskClient, world: World, post: list[Letter]
) -> None:
    _, token = create_invitation(world.actor("pieter_jan"), world.space("getij"), seats=3)
    answers = {
        calm(post_form(client, f"/join/{token}", email=email).get_data(as_text=True))
        for email in ("new@else.example", "noor@waterland.example")
    }
    assert len(answers) == 1, "nobody learns who exists"
    work()
    to_new, to_noor = post
    assert (to_new.to, to_noor.to) == ("new@else.example", "noor@waterland.example")
    path = link_in(to_new)
    answer = post_form(client, path, name="Nieuw Gezicht", password=FRESH, email="noor@waterland.example")
    assert answer.headers["Location"] == f"/spaces/{world.space('getij').slug}"
    made = person_by_email("new@else.example")
    assert made is not None
    where = db.session.scalars(select(Membership).where(Membership.person_id == made.id)).one()
    assert (where.space_id, where.role) == (world.space_ids["getij"], "member")
    other = client.application.test_client()
    assert other.get(path).headers["Location"].startswith("/login"), "a second time it asks to sign in"
    hers = other.get(link_in(to_noor))
    assert hers.status_code == 302 and "/login" in hers.headers["Location"]
    assert person_by_email("noor@waterland.example").password_hash == world.person("noor").password_hash


def test_a_link_to_register_cannot_be_forged_and_ends_after_a_day(
    client: FlaskClient, world: World, post: list[Letter]
) -> None:
    invitation, token = create_invitation(world.actor("pieter_jan"), world.space("getij"))
    good = letters.register_token("new@else.example", invitation.id)
    assert client.get(f"/join/{good}").status_code == 200
    assert client.get(f"/join/{good[:-2]}xx").status_code == 404
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(letters, "REGISTER_FOR", -1)
        assert client.get(f"/join/{good}").status_code == 404


def test_an_invitation_opened_by_somebody_who_is_in_says_so(
    as_person: Callable[[str], FlaskClient], world: World, post: list[Letter]
) -> None:
    path = invited(world, post)
    noor = as_person("noor")
    assert "Noor van der Velden" in noor.get(path).get_data(as_text=True)
    post_form(noor, path, name="Noor", password=FRESH)
    person = person_by_email("asli@waterland.example")
    assert person is not None and person.status == "invited"


# Faces


def test_a_face_is_for_who_sees_the_person(
    as_person: Callable[[str], FlaskClient], world: World, client: FlaskClient
) -> None:
    noor = as_person("noor")
    html = noor.get("/settings").get_data(as_text=True)
    noor.post(
        "/settings",
        data={"csrf_token": token_of(html), "name": "Noor van der Velden", "picture": picture()},
        content_type="multipart/form-data",
    )
    path = "/people/noor.van-der-velden/picture"
    answer = as_person("samir").get(path)
    assert answer.status_code == 200 and "private" in answer.headers["Cache-Control"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = as_person("samir").get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert as_person("gus").get(path).status_code == 404
    assert as_person("samir").get("/people/samir.el-idrissi/picture").status_code == 404
    assert client.get(path).status_code == 302


# Limits


@pytest.fixture
def counted(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With callers counted, as outside tests."""
    monkeypatch.setitem(app.config, "COUNT_CALLERS", True)
    limits.limiter.reset()
    yield
    limits.limiter.reset()


def test_a_caller_who_asks_too_much_waits(app: Flask, world: World, counted: None) -> None:
    client = app.test_client()
    for _ in range(60):
        assert client.post("/password").status_code == 400
    answer = client.post("/password")
    assert answer.status_code == 429 and 0 < int(answer.headers["Retry-After"]) <= 3601
    assert client.get("/password").status_code == 200, "reading goes on"
    assert client.get("/healthz").status_code == 200
    assert client.post("/login").status_code == 400, "each door counts by itself"


def test_callers_are_counted_apart(app: Flask, as_person: Callable[[str], FlaskClient], counted: None) -> None:
    noor, samir = as_person("noor"), as_person("samir")
    seen = (noor.post("/settings").status_code for _ in range(250))  # a minute may end in between
    assert 429 in seen
    assert samir.post("/settings").status_code == 400


@pytest.mark.parametrize(
    ("endpoint", "method", "limit"),
    [
        ("microblog.write", "POST", limits.POST),
        ("wiki.save", "PUT", limits.POST),
        ("files.upload", "POST", limits.UPLOAD),
        ("search.index", "GET", limits.SEARCH),
        ("api.search", "GET", limits.SEARCH),
        ("members.invite", "POST", limits.INVITE),
        ("accounts.forgotten", "POST", limits.LETTER),
        ("home.index", "GET", ""),
        ("accounts.forgotten", "GET", ""),
        ("settings.save_profile", "POST", limits.POST),
    ],
)
def test_every_kind_of_call_has_its_limit(endpoint: str, method: str, limit: str) -> None:
    assert limits.limit_of(endpoint, method) == limit


def test_no_route_that_changes_something_is_without_a_limit(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            assert limits.limit_of(rule.endpoint, method), rule
