"""Feeds for reader programs: valid Atom, of exactly what the reader may see, at an address that ends with the account."""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree as ET

import pytest

from community.microblog.actions import create_post, edit_post
from community.people.actions import disable_person, enable_person
from community.spaces.actions import remove_member
from tests.conftest import post_form

A = "{http://www.w3.org/2005/Atom}"


def read(answer):
    """Parse a feed and hold it against RFC 4287, section 4.1."""
    assert answer.status_code == 200 and answer.content_type == "application/atom+xml; charset=utf-8"
    root = ET.fromstring(answer.data)
    assert root.tag == f"{A}feed"
    for element in (root, *root.findall(f"{A}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{A}{name}")) == 1, (element.tag, name)
        assert re.match(r"https?://", element.findtext(f"{A}id"))
        at = element.findtext(f"{A}updated")
        assert datetime.fromisoformat(at).tzinfo is not None and at.endswith("Z")
        links = [(link.get("rel"), link.get("type")) for link in element.findall(f"{A}link")]
        assert len(set(links)) == len(links) and ("alternate", "text/html") in links
    entries = root.findall(f"{A}entry")
    assert len({entry.findtext(f"{A}id") for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.find(f"{A}author/{A}name").text
        assert entry.find(f"{A}content").get("type") == "html"
    return root, entries


def secret_of(browser):
    page = post_form(browser, "/settings/feeds", name="My reader").get_data(as_text=True)
    return re.search(r"http://localhost(/feeds/[\w-]+\.atom)", page)[1]


@pytest.fixture
def said(world):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    first = create_post(noor, team, body="Elf & **twaalf** <overdrachten> #loops")
    edit_post(noor, first, body="Elf & **dertien** #loops")
    create_post(world.actor("noor"), team, body="For the coach alone", audience="coach")
    create_post(world.actor("mei_lin"), world.space("theme"), body="For all", audience="organisation")
    return first


def test_the_feed_of_a_space_is_its_stream_for_who_is_signed_in(app, world, said, as_person):
    root, entries = read(as_person("samir").get("/spaces/noorderlicht/feed.atom"))
    assert [entry.findtext(f"{A}title") for entry in entries] == ["Elf & dertien #loops"]
    assert "<strong>dertien</strong>" in entries[0].findtext(f"{A}content")
    assert {c.get("term") for c in entries[0].findall(f"{A}category")} == {"noorderlicht", "loops"}
    assert root.find(f"{A}link[@rel='self']").get("href").endswith("/spaces/noorderlicht/feed.atom")
    assert len(read(as_person("dev").get("/spaces/service-without-queues/feed.atom"))[1]) == 1
    assert len(read(as_person("samir").get("/spaces/noorderlicht/feed.atom?kind=question"))[1]) == 0
    assert as_person("dev").get("/spaces/noorderlicht/feed.atom").status_code == 404
    assert app.test_client().get("/spaces/service-without-queues/feed.atom").status_code == 302


def test_a_secret_address_shows_what_its_owner_may_see_and_nothing_more(app, world, said, as_person):
    address, anna = secret_of(as_person("samir")), secret_of(as_person("anna"))
    reader = app.test_client()
    assert [e.findtext(f"{A}title") for e in read(reader.get(address))[1]] == ["Elf & dertien #loops"]
    assert len(read(reader.get(anna))[1]) == 2
    assert address.encode() not in reader.get(address).data
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    assert read(reader.get(address))[1] == []
    secret = address.removeprefix("/feeds/").removesuffix(".atom")
    assert reader.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    assert reader.get("/feeds/no-such-secret.atom").status_code == 404


def test_an_address_ends_when_it_is_revoked_and_with_the_account(app, world, said, as_person):
    samir, reader = as_person("samir"), app.test_client()
    first, second = secret_of(samir), secret_of(samir)
    page = samir.get("/settings/feeds").get_data(as_text=True)
    assert "/feeds/" + first.split("/")[2] not in page  # it was shown once
    revoke = re.findall(r"/settings/feeds/\d+/revoke", page)
    assert post_form(samir, "/settings/feeds", revoke[-1]).status_code == 303
    assert (reader.get(first).status_code, reader.get(second).status_code) == (404, 200)
    noor = as_person("noor")
    assert post_form(noor, "/settings/feeds", revoke[0]).status_code == 404
    disable_person(world.actor("rik"), world.person("samir"))
    assert reader.get(second).status_code == 404
    enable_person(world.actor("rik"), world.person("samir"))
    assert reader.get(second).status_code == 404
