"""The settings of push, and what a browser asks of the site to be an app."""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from community.extensions import db
from community.push.browsers import browsers_of, hash_of
from community.push.keys import decoded
from tests.conftest import post_form
from tests.push_service import Device
from tests.world import World

Browser = Callable[[str], FlaskClient]
ENDPOINT = "https://push.example.net/send/abc"


def subscribe(browser: FlaskClient, device: Device, endpoint: str = ENDPOINT) -> object:
    return post_form(browser, "/settings/push", endpoint=endpoint, p256dh=device.p256dh, auth=device.auth)


def test_noor_adds_her_browser_and_ends_it(as_person: Browser, world: World) -> None:
    noor = as_person("noor")
    page = noor.get("/settings/push").get_data(as_text=True)
    key = re.search(r'data-push="([\w-]+)"', page)
    assert key and len(decoded(key[1])) == 65
    assert subscribe(noor, Device()).status_code == 303
    page = noor.get("/settings/push").get_data(as_text=True)
    assert f'data-browser="{hash_of(ENDPOINT)}"' in page and "push.example.net" not in page
    end = re.search(r'action="(/settings/push/\d+/end)"', page)
    assert end and post_form(as_person("samir"), "/settings/push", to=end[1]).status_code == 404
    assert post_form(noor, "/settings/push", to=end[1]).status_code == 303
    assert "data-browser" not in noor.get("/settings/push").get_data(as_text=True)


def test_signing_out_ends_it(as_person: Browser, world: World) -> None:
    noor, elsewhere = as_person("noor"), as_person("noor")
    subscribe(noor, Device())
    subscribe(elsewhere, Device(), ENDPOINT + "2")
    post_form(noor, "/settings", to="/logout")
    db.session.rollback()
    assert [browser.endpoint for browser in browsers_of(world.actor("noor"))] == [ENDPOINT + "2"]


def test_what_no_browser_says_is_refused_in_words(as_person: Browser, world: World) -> None:
    answer = post_form(as_person("noor"), "/settings/push", endpoint="http://10.0.0.1/", p256dh="x", auth="y")
    assert answer.status_code == 422 and "Deze browser is niet te bereiken" in answer.get_data(as_text=True)
    assert browsers_of(world.actor("noor")) == []


def test_the_worker_stands_at_the_root_and_keeps_nothing(app: Flask) -> None:
    answer = app.test_client().get("/sw.js")
    words = answer.get_data(as_text=True)
    assert answer.status_code == 200 and answer.mimetype == "text/javascript"
    assert (
        "no-cache" in answer.headers["Cache-Control"]
        and "script-src 'self'" in answer.headers["Content-Security-Policy"]
    )
    assert "caches" not in words and '"fetch"' not in words, "the worker keeps no page"


def test_the_site_can_be_installed(app: Flask) -> None:
    visitor = app.test_client()
    assert 'rel="manifest" href="/manifest.webmanifest"' in visitor.get("/login").get_data(as_text=True)
    manifest = visitor.get("/manifest.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    assert (manifest.json["start_url"], manifest.json["display"]) == ("/", "standalone")
    for shape in manifest.json["icons"]:
        picture = visitor.get(shape["src"])
        assert picture.mimetype == "image/png" and len(picture.data) > 500
    assert {shape["sizes"] for shape in manifest.json["icons"]} == {"192x192", "512x512"}


def test_no_page_asks_by_itself(as_person: Browser, world: World) -> None:
    noor = as_person("noor")
    for page in ("/", "/settings", "/notifications"):
        assert "push.js" not in noor.get(page).get_data(as_text=True)
