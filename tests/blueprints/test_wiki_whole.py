"""A page of a wiki is kept whole for its reader, and never says anything else than the page that would be drawn now."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from community.activity import steady
from community.clock import frozen, now
from community.comments.actions import create_comment, delete_comment, edit_comment
from community.comments.models import Comment
from community.extensions import db
from community.people.actions import update_person
from community.spaces.actions import remove_member, update_space
from community.spaces.models import Space
from community.wiki.actions import create_page, delete_page, edit_page
from community.wiki.drafts import Words, keep_draft
from community.wiki.models import Page
from community.wiki.queries import page_for
from community.wiki.reading import ask_to_read, have_read
from community.wiki.seen import favour
from community.wiki.tags import tag_page
from tests.conftest import count_queries, token_of
from tests.world import World

HERE = "/spaces/noorderlicht/wiki/reading"
FRESH = re.compile(r'(name="once" value|name="csrf_token" value|data-after)="[^"]*"')


@pytest.fixture
def page(world: World) -> Page:
    made = create_page(
        world.actor("kwame"),
        world.space("noorderlicht"),
        title="Our reading",
        body="## Asked\n\nNobody is slow. See [[Wie is de klant?]].",
        path="reading",
    )
    create_comment(world.actor("anna"), made, body="Who says so?")
    return made


def _seen(client) -> tuple[int, str]:
    answer = client.get(HERE)
    return answer.status_code, FRESH.sub(r"\1", answer.text)


def _drawn_anew(client) -> tuple[int, str]:
    steady.shelf("wiki whole").clear()
    return _seen(client)


def test_what_is_kept_is_what_would_be_drawn_now(world, as_person, page, catch_up) -> None:
    samir, fatma = as_person("samir"), as_person("fatma")

    def team() -> Space:
        return world.space("noorderlicht")

    def there() -> Page:
        return page_for(world.actor("kwame"), world.space("noorderlicht"), "reading")

    def on_words() -> None:
        chosen = {"quote": "Nobody is slow", "prefix": "", "suffix": "", "start": ""}
        html = fatma.get(HERE)
        data = {"csrf_token": token_of(html.text), "words": "1", "body": "On words.", **chosen}
        assert fatma.post(f"{HERE}/comments", data=data).status_code == 303

    comment = db.session.query(Comment).one().id
    anna = world.actor("anna")
    changes = {
        "edited comment": lambda: edit_comment(anna, db.session.get_one(Comment, comment), body="Who says that?"),
        "comment": lambda: create_comment(world.actor("fatma"), there(), body="We do."),
        "comment on words": on_words,
        "one gone, one come": lambda: (
            delete_comment(anna, db.session.get_one(Comment, comment)),
            create_comment(anna, there(), body="Well."),
        ),
        "name of the author": lambda: update_person(world.actor("kwame"), world.person("kwame"), name="Kwame M."),
        "words": lambda: edit_page(world.actor("kwame"), there(), title="Our reading", body="Anew.", base=1, summary=""),
        "title of the space": lambda: update_space(world.actor("pieter_jan"), team(), name="Noorderlicht 2"),
        "a page beside it": lambda: create_page(world.actor("fatma"), team(), title="Wie is de klant?", body="He."),
        "tags": lambda: tag_page(world.actor("kwame"), there(), tags=["klant"]),
        "favourite": lambda: favour(world.actor("samir"), there()),
        "must be read": lambda: ask_to_read(world.actor("kwame"), there()),
        "was read": lambda: have_read(world.actor("samir"), there(), revision=2),
        "own time zone": lambda: update_person(world.actor("samir"), world.person("samir"), time_zone="Africa/Accra"),
        "own language": lambda: update_person(world.actor("samir"), world.person("samir"), language="nl"),
        "theme": lambda: samir.set_cookie("theme", "dark"),
        "somebody writes": lambda: keep_draft(world.actor("kwame"), there(), Words("Half a thought", base=2)),
    }  # fmt: skip
    catch_up()
    before = _seen(samir)
    for name, change in changes.items():
        change()
        catch_up()
        after = _seen(samir)
        assert after[0] == 200
        assert after == _seen(samir), name
        assert after == _drawn_anew(samir), name
        assert after != before, name
        before = after
    delete_page(world.actor("kwame"), there())
    assert _seen(samir) == _drawn_anew(samir)
    assert _seen(samir)[0] != 200


def test_rights_are_asked_each_time(world, as_person, page) -> None:
    samir, anna = as_person("samir"), as_person("anna")
    assert _seen(samir)[0] == _seen(samir)[0] == 200
    assert "/delete" in _seen(as_person("kwame"))[1]
    assert f"{HERE}/delete" not in _seen(anna)[1]
    assert as_person("joost").get(HERE).status_code == 404
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    gone = samir.get(HERE)
    assert (gone.status_code, gone.data) == (404, samir.get("/spaces/nowhere/wiki/reading").data)
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), tools=["stream"])
    assert as_person("kwame").get(HERE).status_code == 404


def test_a_kept_page_asks_two_questions_and_its_forms_work(world, as_person, page) -> None:
    samir = as_person("samir")
    first = samir.get(HERE).text
    with count_queries() as asked:
        second = samir.get(HERE).text
    assert len(asked) == 2
    keys = [re.findall(r'name="once" value="([^"]+)"', html) for html in (first, second)]
    assert len(keys[0]) == len(keys[1]) == len({*keys[0], *keys[1]}) / 2 >= 1
    assert "\0" not in first + second
    data = {"csrf_token": token_of(second), "once": keys[1][-1], "body": "From a kept page."}
    assert samir.post(f"{HERE}/comments", data=data).status_code == 303
    assert "From a kept page." in samir.get(HERE).text
    assert samir.post(f"{HERE}/comments", data={**data, "csrf_token": "made-up"}).status_code == 400
    mark = max(int(found) for found in re.findall(r'data-after="(\d+)"', samir.get(HERE).text))
    create_comment(
        world.actor("fatma"), page_for(world.actor("fatma"), world.space("noorderlicht"), "reading"), body="Yes."
    )
    assert max(int(found) for found in re.findall(r'data-after="(\d+)"', samir.get(HERE).text)) > mark


def test_what_is_said_once_is_not_kept(world, as_person, page) -> None:
    kwame = as_person("kwame")
    kwame.get(HERE)
    with kwame.session_transaction() as session:
        session["_flashes"] = [("message", "Said once.")]
    assert "Said once." in kwame.get(HERE).text
    assert "Said once." not in kwame.get(HERE).text
    part = kwame.get(HERE, headers={"X-Fragment": "1"}).text
    assert "<html" not in part
    with frozen(now() + timedelta(minutes=20)):
        assert "20 minutes ago" in kwame.get(HERE).text
