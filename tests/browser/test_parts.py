"""The parts in a real browser: nobody is kept out, nothing typed is lost, nothing moves under the eye.

Pages come from tests/blueprints/gallery.py; what the modules do against the whole house is told in the journeys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, jsonify, redirect, render_template_string, request
from flask_socketio import SocketIO
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.blueprints.gallery import NOW, PAGES, build_gallery, comment, post, served
from tests.browser.house import barriers

STREAM = (
    '{% extends "base.html" if not wants_fragment() else "parts/part.html" %}{% import "parts/posts.html" as parts %}'
    '{% block part %}{{ parts.list(cards) }}{% endblock %}{% block main %}<main id="main" class="frame"><h1>Live</h1>'
    '{{ parts.stream(cards, "space:noorderlicht", "/live/stream", after=7) }}</main>{% endblock %}'
)
THREAD = (
    '{% extends "base.html" if not wants_fragment() else "parts/part.html" %}{% import "parts/posts.html" as parts %}'
    '{% block part %}{{ parts.comments(cards) }}{% endblock %}{% block main %}<main id="main" class="frame"><h1>Live</h1>'
    '{{ parts.thread(cards, "post:1", "/live/thread", action="/posts") }}</main>{% endblock %}'
)


KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('keep:')).length"


class House:
    """The gallery with what happens while a page is open."""

    def __init__(self, app: Flask) -> None:
        self.posts = [post(2), post(1)]
        self.comments = [comment(1)]
        self.watched: list[dict[str, Any]] = []
        self.missed: list[dict[str, Any]] = []
        self.long_gap = False
        self.broken = False
        self.sent: list[str] = []
        self.socket = SocketIO(app, async_mode="threading")
        self.socket.on_event("watch", self._watch)
        app.add_url_rule("/live/stream", "stream", lambda: render_template_string(STREAM, cards=self.posts))
        app.add_url_rule("/live/thread", "thread", lambda: render_template_string(THREAD, cards=self.comments))
        app.add_url_rule("/posts", "write", self._write, methods=["POST"])
        app.add_url_rule("/posts/<int:number>/react", "react", self._react, methods=["POST"])

    def _watch(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.watched.append(asked)
        missed, self.missed = self.missed, []
        return {"ok": True, "last": 7, "missed": missed, "reload": self.long_gap}

    def _write(self) -> Any:
        self.sent.append(request.form["body"])
        if self.broken:
            return render_template_string('{% extends "errors/500.html" %}'), 500
        return redirect("/gallery/stream?me=en", 303)

    def _react(self, number: int) -> Any:
        if self.broken:
            return jsonify(), 500
        assert request.headers["X-Fragment"] == "1"
        card = post(number, reactions=[("insight", 5, False), ("thanks", 9, True)])
        return render_template_string('{% import "parts/posts.html" as parts %}{{ parts.list([card]) }}', card=card)

    def say(self, number: int, verb: str, thing: str) -> None:
        self.socket.emit("activity", {"id": number, "verb": verb, "object": thing, "actor": 5})


@pytest.fixture
def app() -> Flask:
    return build_gallery()


@pytest.fixture
def house(app: Flask) -> House:
    return House(app)


@pytest.fixture
def address(app: Flask, house: House) -> Iterator[str]:
    with served(app) as found:
        yield found


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page of a browser that keeps what it stores; the test fails when the console holds an error."""
    context = browser.new_context(
        base_url=address, locale="en", viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    )
    opened = context.new_page()
    faults = listen(opened)
    yield opened
    context.close()
    assert [fault for fault in faults if "500" not in fault and "Transition was aborted" not in fault] == []


def listen(page: Page) -> list[str]:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_part_is_open_to_everybody(browser: Browser, address: str, width: int, theme: Any) -> None:
    """axe (WCAG 2.2 AA and best practice), no sideways scrolling, and nothing refused by policy."""
    context: BrowserContext = browser.new_context(
        base_url=address,
        locale="en",
        viewport={"width": width, "height": 800},
        color_scheme=theme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    faults = listen(page)
    open_pages = [f"/gallery/{name}?me=nl&flash=1" for name in PAGES if name != "many"]
    for path in [*open_pages, "/quiet", "/confirm?me=en", "/error/404"]:
        page.goto(path)
        assert (path, barriers(page)) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert [fault for fault in faults if "404" not in fault] == []
    context.close()


def test_menus_open_by_keyboard_and_the_slash_goes_to_the_search(page: Page) -> None:
    page.goto("/gallery/bits?me=en")
    page.keyboard.press("/")
    expect(page.get_by_label("Search everything you may see")).to_be_focused()
    page.get_by_role("button", name="Noor van der Velden: my menu").press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_light_or_dark_changes_at_once_and_stays(page: Page) -> None:
    page.goto("/gallery/bits?me=en")
    page.get_by_role("button", name="Noor van der Velden: my menu").click()
    with page.expect_response(re.compile("/theme")):
        page.get_by_role("button", name="Light or dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_question_before_deleting_opens_in_place_and_gives_the_focus_back(page: Page) -> None:
    page.route(
        "**/thing/delete",
        lambda route: route.continue_(url=route.request.url.replace("/thing/delete", "/confirm?me=en")),
    )
    page.goto("/gallery/bits?me=en")
    page.get_by_role("button", name="More for this").click()
    page.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete “Interview guide”?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Delete page")).to_be_visible()
    assert barriers(page) == []
    dialog.get_by_role("link", name="Keep it").click()
    expect(dialog).to_be_hidden()


def test_a_reaction_counts_without_leaving_the_page(page: Page, house: House) -> None:
    page.goto("/live/stream?me=en")
    card = page.locator("#post-1")
    card.get_by_role("button", name="Thanks").click()
    expect(card.get_by_role("button", name="Thanks 9")).to_have_attribute("aria-pressed", "true")
    expect(card.get_by_role("button", name="Thanks 9")).to_be_focused()
    house.broken = True
    card.get_by_role("button", name="Insight 5").click()
    expect(page.get_by_text("That did not work. Try again.")).to_be_visible()
    expect(card.get_by_role("button", name="Insight 5")).to_have_attribute("aria-pressed", "false")


def test_what_was_typed_survives_a_closed_page_and_goes_when_it_arrived(page: Page, house: House) -> None:
    box = page.get_by_label("Write to Noorderlicht").get_by_role("textbox")
    page.goto("/gallery/stream?me=en")
    box.fill("Three of the eleven hand-overs")
    page.goto("/gallery/bits?me=en")
    page.goto("/gallery/stream?me=en")
    expect(box).to_have_value("Three of the eleven hand-overs")
    expect(page.get_by_text("We kept what you typed here.")).to_be_visible()
    page.get_by_role("button", name="Post", exact=True).click()
    page.wait_for_url("**/gallery/stream?me=en")
    expect(box).to_have_value("")
    assert house.sent == ["Three of the eleven hand-overs"]


def test_what_was_typed_survives_an_error_and_can_be_thrown_away(page: Page, house: House) -> None:
    house.broken = True
    box = page.get_by_label("Write to Noorderlicht").get_by_role("textbox")
    page.goto("/gallery/stream?me=en")
    box.fill("In the tunnel")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.get_by_role("heading", name="Something broke on our side")).to_be_visible()
    page.goto("/gallery/stream?me=en")
    expect(box).to_have_value("In the tunnel")
    page.get_by_role("button", name="Discard it").click()
    expect(box).to_have_value("")
    page.reload()
    expect(box).to_have_value("")


def test_signing_out_takes_the_typed_words_along(page: Page) -> None:
    page.route("**/logout", lambda route: route.fulfill(status=200, body="bye", content_type="text/html"))
    page.goto("/gallery/stream?me=en")
    page.get_by_label("Write to Noorderlicht").get_by_role("textbox").fill("Only for me")
    page.wait_for_timeout(500)
    assert page.evaluate(KEPT) == 1
    page.get_by_role("button", name="Noor van der Velden: my menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/logout")
    page.goto("/gallery/bits?me=en")
    assert page.evaluate(KEPT) == 0


def test_a_form_is_sent_once_however_often_the_button_is_pressed(page: Page, house: House) -> None:
    page.goto("/gallery/stream?me=en")
    page.get_by_label("Write to Noorderlicht").get_by_role("textbox").fill("Once")
    page.evaluate("""() => {
        const button = document.querySelector('.composer .btn.go');
        button.click(); button.click(); button.click();
    }""")
    page.wait_for_url("**/gallery/stream?me=en")
    page.wait_for_timeout(300)
    assert house.sent == ["Once"]


def test_new_posts_wait_behind_a_button_until_somebody_asks(page: Page, house: House) -> None:
    house.missed = [{"id": 8, "verb": "post.created", "object": "post:3", "actor": 5}]
    page.goto("/live/stream?me=en")
    shown = page.get_by_role("button", name="1 new: show")
    expect(shown).to_be_visible()
    assert house.watched == [{"room": "space:noorderlicht", "after": 7}]
    house.say(9, "post.created", "post:4")
    house.say(9, "post.created", "post:4")
    house.say(10, "post.created", "post:1")
    expect(page.get_by_role("button", name="2 new: show")).to_be_visible()
    assert page.locator("article.post").count() == 2
    house.posts = [post(4), post(3), post(2), post(1)]
    page.get_by_role("button", name="2 new: show").click()
    expect(page.locator("article.post").first).to_have_attribute("id", "post-4")
    expect(page.locator("#post-4")).to_be_focused()
    expect(page.locator("#said")).to_have_text("2 new shown")
    assert [found.get_attribute("id") for found in page.locator("article.post").all()] == [
        "post-4",
        "post-3",
        "post-2",
        "post-1",
    ]
    expect(page.get_by_role("button", name="new: show")).to_be_hidden()


def test_after_a_long_gap_the_count_is_left_out(page: Page, house: House) -> None:
    house.long_gap = True
    page.goto("/live/stream?me=en")
    house.posts = [post(number) for number in range(30, 0, -1)]
    page.get_by_role("button", name="New posts: show").click()
    expect(page.locator("#post-30")).to_be_focused()
    assert page.locator("article.post").count() == 30


def test_comments_of_an_open_post_come_at_their_place(page: Page, house: House) -> None:
    page.goto("/live/thread?me=en")
    page.get_by_label("Your reply").fill("I am typing")
    while not house.watched:
        page.wait_for_timeout(50)
    house.comments = [comment(1, replies=[comment(3)]), comment(2)]
    house.say(11, "comment.created", "comment:2")
    house.say(12, "comment.created", "comment:3")
    expect(page.locator("#comment-2")).to_be_visible()
    expect(page.locator("#comment-1 #comment-3")).to_be_visible()
    expect(page.locator("#said")).to_have_text("2 new replies below")
    expect(page.get_by_label("Your reply")).to_have_value("I am typing")


def test_the_bell_follows_and_a_lost_line_asks_for_what_was_missed(page: Page, house: House, address: str) -> None:
    page.goto("/live/stream?me=en")
    while not house.watched:
        page.wait_for_timeout(50)
    house.socket.emit("notification", {"unread": 12})
    expect(page.get_by_role("link", name="Notifications, 12 unread")).to_be_visible()
    house.socket.emit("notification", {"unread": 0})
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
    house.say(41, "page.edited", "page:3")
    page.wait_for_timeout(200)
    house.missed = [{"id": 42, "verb": "post.created", "object": "post:9", "actor": 5}]
    for connection in list(house.socket.server.eio.sockets.values()):
        connection.close(wait=False)
    expect(page.get_by_role("button", name="1 new: show")).to_be_visible(timeout=15_000)
    assert house.watched[-1] == {"room": "space:noorderlicht", "after": 41}


def test_times_stay_true_while_a_page_is_open(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, locale="nl")
    page = context.new_page()
    page.clock.install(time=NOW)
    page.goto("/live/stream?me=nl")
    first = page.locator("#post-1 time")
    expect(first).to_have_text("16 minuten geleden")
    page.clock.run_for(31 * 60 * 1000)
    expect(first).to_have_text("47 minuten geleden")
    page.clock.run_for(60 * 60 * 1000)
    expect(first).to_have_text("1 uur geleden")
    expect(first).to_have_attribute("title", "dinsdag 9 juni 2026 om 09:14")
    context.close()


def test_without_scripts_menus_forms_and_words_work(browser: Browser, address: str, house: House) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/gallery/stream?me=en&flash=1")
    page.locator("button[popovertarget=me]").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_label("Write to Noorderlicht").get_by_role("textbox").fill("Plain")
    page.get_by_role("button", name="Post", exact=True).click()
    page.wait_for_url("**/gallery/stream?me=en")
    assert house.sent == ["Plain"]
    context.close()
