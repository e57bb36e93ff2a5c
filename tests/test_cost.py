"""A page asks the database as often for much as for little: the count of its queries does not grow with its content."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from community.clock import now
from community.comments.actions import create_comment
from community.extensions import db
from community.messages.actions import send_message, start_conversation
from community.messages.queries import conversation_for
from community.microblog.actions import create_post, react
from community.people.actions import create_person
from community.spaces.actions import add_member, create_space
from community.wiki.actions import create_page, edit_page
from community.wiki.queries import page_for
from tests.conftest import count_queries
from tests.world import World

# Each with the most that it may ask: a page that needs more has found a dear way to say something.
MOST = {
    "/": 20,
    "/feed": 4,
    "/spaces/noorderlicht": 10,
    "/spaces/noorderlicht/posts/1": 5,
    "/spaces/noorderlicht/wiki/page-0": 3,
    "/spaces/noorderlicht/wiki?action=below": 5,
    "/spaces/noorderlicht/wiki?action=bin": 3,
    "/spaces/noorderlicht/wiki/page-0?action=links": 3,
    "/spaces/noorderlicht/wiki?action=index": 5,
    "/spaces/noorderlicht/members": 6,
    "/spaces": 4,
    "/people": 2,
    "/people/noor.van-der-velden": 7,
    "/notifications": 9,
    "/settings/notifications": 6,
    "/messages": 5,
    "/messages/1": 5,
    "/search?q=wachtlijst": 5,
    "/api/v1/feed": 5,
}


def _tell(world: World, times: int, first: int = 0) -> None:
    """Noor's team writes, comments, reacts and mentions her, so many times."""
    for number in range(first, first + times):
        team = world.space("noorderlicht")
        post = create_post(world.actor("samir"), team, body=f"De wachtlijst, @noor.van-der-velden, dag {number}.")
        create_comment(world.actor("fatma"), post, body=f"En de klant op de wachtlijst? Antwoord {number}.")
        create_comment(world.actor("anna"), post, body="What did you see yourself?")
        react(world.actor("kwame"), post, name="insight")
        page = create_page(
            world.actor("noor"), team, title=f"Page {number}", path=f"page-{number}", body="## Wachtlijst\n\nElf keer."
        )
        create_comment(world.actor("anna"), page, body="Eleven times on the wachtlijst: for whom?")
        to = [world.person("noor"), *([world.person("kwame"), world.person("anna")] if number else [])]
        message = start_conversation(
            world.actor("samir"), people=to, body=f"Bel je over de wachtlijst van dag {number}?"
        )
        if number > 3:
            talk = conversation_for(world.actor("samir"), 1)
            send_message(world.actor("samir"), talk, body=f"En van dag {message.id}?")


def _grow(world: World) -> None:
    """More of everything: people in the team, spaces for Noor, posts, a long thread and a long talk below a page."""
    rik, noor = world.actor("rik"), world.person("noor")
    for number in range(6):
        email, name = f"more{number}@waterland.example", f"Somebody More {number}"
        person = create_person(rik, email=email, name=name, password="een lange zin over water 14")
        add_member(rik, world.space("noorderlicht"), person, role="member")
        place = create_space(world.actor("mei_lin"), kind="theme", name=f"Theme {number}", visibility="organisation")
        add_member(world.actor("mei_lin"), place, noor, role="member")
        create_post(world.actor("mei_lin"), place, body=f"Hier staat ook een wachtlijst, nummer {number}.")
    _tell(world, 24, first=3)
    first = create_post(world.actor("samir"), world.space("noorderlicht"), body="Nog een wachtlijst.")
    for number in range(12):
        create_comment(world.actor("kwame"), first, body=f"Nummer {number} op de wachtlijst.")
    page = page_for(world.actor("noor"), world.space("noorderlicht"), "page-0")
    for number in range(30):
        create_comment(world.actor("anna"), page, body=f"Vraag {number}: voor wie?")
        edit_page(world.actor("noor"), page, body=f"## Wachtlijst\n\n{number} keer.", base=page.revision)


def _address(world: World, address: str) -> str:
    """The address, with the number of a real post in it."""
    if not address.endswith("/posts/1"):
        return address
    from community.microblog.models import Post

    newest = db.session.query(Post).filter_by(space_id=world.space_ids["noorderlicht"]).order_by(Post.id.desc())
    return f"/spaces/noorderlicht/posts/{newest.first().id}"


def _counts(client: FlaskClient, world: World) -> dict[str, list[str]]:
    """The statements of each page, the second time it is asked for: opening a thing marks its notices as read."""
    found = {}
    for page in MOST:
        address = _address(world, page)
        for _ in range(2):
            with count_queries() as seen:
                answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        found[page] = seen
    return found


def test_no_page_asks_more_for_more_content(
    app: Flask, world: World, as_person: Callable[[str], FlaskClient], catch_up: Callable[[], int]
) -> None:
    noor = as_person("noor")
    _tell(world, 3)
    catch_up()
    little = _counts(noor, world)
    _grow(world)
    catch_up()
    much = _counts(noor, world)
    grown = {
        page: (len(little[page]), len(much[page]), sorted(set(much[page]) - set(little[page]))[:3])
        for page in MOST
        if len(much[page]) > len(little[page])
    }
    assert not grown
    too_many = {page: len(much[page]) for page, most in MOST.items() if len(much[page]) > most}
    assert not too_many


def test_the_feed_finds_what_lies_below_much_that_is_not_for_the_reader(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feed looks at the newest posts first; where those are for others, it goes on."""
    from community.microblog import queries

    monkeypatch.setattr(queries, "NEAR", 5)
    team = world.space("noorderlicht")
    said = create_post(world.actor("noor"), team, body="Voor iedereen in het team.")
    for number in range(6):
        create_post(world.actor("samir"), team, body=f"Voor de coach, {number}.", audience="coach")
    mine = queries.feed(world.actor("noor"))
    assert [item.post.id for item in mine.items] == [said.id]
    assert mine.next is None
    assert len(queries.feed(world.actor("anna")).items) == 7
    for number in range(4):
        create_post(world.actor("noor"), team, body=f"Nog een, {now().year}, {number}.")
    page = queries.feed(world.actor("noor"), limit=2)
    rest = queries.feed(world.actor("noor"), limit=10, before=page.next)
    assert len(page.items) == 2
    assert len(rest.items) == 3
