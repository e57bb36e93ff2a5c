"""Every route stands in one table with the least role that may knock; the table is walked with every role."""

from __future__ import annotations

import pytest
from werkzeug.routing import IntegerConverter

from blueprints.access import ACCESS
from tests.conftest import sign_in

LEVELS = {"open", "signed-in", "member", "administrator", "api", "drive"}
OWN_GATES = {"api", "drive"}  # these ask for a token or a password of their own, with tests of their own
VISITORS = ("nobody", "gus", "dev", "rik")  # nobody, a guest of the site, a member, an administrator
MAY_KNOCK = {
    "open": set(VISITORS),
    "signed-in": {"gus", "dev", "rik"},
    "member": {"dev", "rik"},
    "administrator": {"rik"},
}


def test_every_route_stands_in_the_table_and_every_line_is_a_route(app):
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routes == set(ACCESS)
    assert set(ACCESS.values()) <= LEVELS


def _path(app, endpoint):
    """An address of the route, with values of things that do not exist where it wants some."""
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
    values = {
        name: 999999 if isinstance(converter, IntegerConverter) else "nowhere"
        for name, converter in rule._converters.items()
    }
    with app.test_request_context():
        from flask import url_for

        return url_for(endpoint, **values), rule.methods


@pytest.mark.parametrize("visitor", VISITORS)
def test_nobody_passes_a_door_that_is_not_theirs(app, world, visitor):
    browser = app.test_client()
    if visitor != "nobody":
        sign_in(browser, visitor)
    for endpoint, least in sorted(ACCESS.items()):
        if least in OWN_GATES or visitor in MAY_KNOCK[least]:
            continue
        path, methods = _path(app, endpoint)
        if "GET" in methods:
            answer = browser.get(path)
            if visitor == "nobody":
                assert answer.status_code == 302 and "/login" in answer.location, f"{endpoint} let nobody in"
            else:
                assert answer.status_code == 404, f"{endpoint} answered {visitor} with {answer.status_code}"
        if "POST" in methods:
            assert browser.post(path).status_code in (400, 401, 404), f"{endpoint} took a form of {visitor}"


@pytest.mark.parametrize("visitor", ("gus", "dev", "rik"))
def test_who_may_knock_gets_an_answer_and_never_a_crash(app, world, visitor):
    browser = sign_in(app.test_client(), visitor)
    for endpoint, least in sorted(ACCESS.items()):
        if least in OWN_GATES or visitor not in MAY_KNOCK[least] or endpoint in ("accounts.logout",):
            continue
        path, methods = _path(app, endpoint)
        if "GET" in methods:
            assert browser.get(path).status_code in (200, 302, 303, 304, 403, 404, 422, 503), endpoint


def test_a_route_without_a_line_is_closed(app, world, monkeypatch):
    monkeypatch.delitem(ACCESS, "people.index")
    assert sign_in(app.test_client(), "rik").get("/people").status_code == 404


def test_hidden_and_absent_are_the_same_to_the_byte(app, world):
    dev = sign_in(app.test_client(), "dev")
    pages = [
        ("/spaces/noorderlicht", "/spaces/nowhere"),
        ("/spaces/noorderlicht/members", "/spaces/nowhere/members"),
        ("/spaces/noorderlicht/wiki", "/spaces/nowhere/wiki"),
        ("/spaces/noorderlicht/files", "/spaces/nowhere/files"),
        ("/spaces/noorderlicht/about", "/spaces/nowhere/about"),
        ("/spaces/noorderlicht/posts/1", "/spaces/nowhere/posts/1"),
    ]
    for hidden, absent in pages:
        one, other = dev.get(hidden), dev.get(absent)
        assert one.status_code == other.status_code == 404, hidden
        assert one.data == other.data, hidden
