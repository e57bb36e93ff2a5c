"""What people typed is kept, nothing is sent twice or overwritten, nobody reads on after leaving, nothing is missed in a tunnel."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Route, WebSocketRoute, expect

from community.comments.actions import create_comment
from community.extensions import db
from community.microblog.actions import create_post
from community.microblog.models import Post
from community.microblog.queries import feed
from community.spaces.actions import add_member, remove_member
from community.wiki.actions import create_page
from tests.browser.house import PHONE, People, Visitor

TEAM = "Team Noorderlicht"
LOST = "ERR_INTERNET_DISCONNECTED|ERR_NETWORK|Failed to fetch|WebSocket"


def composer(person: Visitor, team: str = TEAM) -> Locator:
    return person.field("Write to %(name)s", name=team)


def how_often(people: People, name: str, words: str) -> int:
    """How many posts hold these words, as this person sees it."""
    with people.site.meanwhile() as world:
        return sum(words in item.post.body for item in feed(world.actor(name), limit=100).items)


class Line:
    """The line of somebody's browser, sockets included: `set_offline` alone leaves an open WebSocket open."""

    def __init__(self, person: Visitor) -> None:
        self.context, self.is_cut = person.context, False
        self.sockets: list[WebSocketRoute] = []
        person.context.route_web_socket(re.compile("/socket.io/"), self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        if self.is_cut:
            socket.close()
        else:
            self.sockets += [socket, socket.connect_to_server()]

    def cut(self) -> None:
        self.is_cut = True
        self.context.set_offline(True)
        for socket in self.sockets:
            socket.close()

    def mend(self) -> None:
        self.is_cut = False
        self.context.set_offline(False)


def test_a_refused_post_comes_back_with_its_words(people: People) -> None:
    samir = people.enter("samir")
    samir.expects("422")
    samir.go("/spaces/noorderlicht")
    composer(samir).evaluate("(box) => box.removeAttribute('maxlength')")
    long = "Too many words. " * 6300
    composer(samir).fill(long)
    samir.page.locator("select[name=kind]").select_option("question")
    with samir.page.expect_navigation() as going:
        samir.button("Post").click()
    assert going.value.status == 422
    expect(composer(samir)).to_have_attribute("aria-invalid", "true")
    assert composer(samir).input_value().strip() == long.strip()
    expect(samir.page.locator("select[name=kind]")).to_have_value("question")
    samir.look("refused")
    composer(samir).fill("Fewer words.")
    samir.button("Post").click()
    samir.page.wait_for_url(re.compile("#post-"))
    expect(composer(samir)).to_have_value("")


def test_the_words_survive_a_tunnel(people: People) -> None:
    """The line is gone when Noor presses the button: the browser says so, and her words wait for her."""
    noor = people.enter("noor", **PHONE)
    noor.expects(LOST)
    noor.go("/spaces/noorderlicht")

    def dark(route: Route) -> None:
        route.abort("internetdisconnected") if route.request.method == "POST" else route.fallback()

    # The server keeps a draft after a moment: the tunnel begins before the first word, so that only the browser has them.
    noor.page.route("**/spaces/noorderlicht/draft", dark)
    composer(noor).fill("In de tunnel bij Rilland bedacht")
    noor.context.set_offline(True)
    # a connection that was open before may live on for a moment: in the tunnel nothing of it arrives
    noor.page.route("**/spaces/noorderlicht", dark)
    expect(noor.page.locator(".toast")).to_contain_text(noor.say("No connection. Your words are kept in this browser."))
    # her post itself, not a draft that was on its way
    with noor.page.expect_event("requestfailed", lambda asked: asked.is_navigation_request()):
        noor.button("Post").click(no_wait_after=True)
    noor.page.unroute("**/spaces/noorderlicht")
    noor.context.set_offline(False)
    noor.go("/spaces/noorderlicht")
    noor.page.unroute("**/spaces/noorderlicht/draft")
    expect(composer(noor)).to_have_value("In de tunnel bij Rilland bedacht")
    expect(noor.page.locator(".keepnote")).to_contain_text(noor.say("We kept what you typed here."))
    noor.look("kept")
    noor.button("Post").click()
    noor.page.wait_for_url(re.compile("#post-"))
    expect(composer(noor)).to_have_value("")
    assert how_often(people, "noor", "In de tunnel bij Rilland bedacht") == 1


def test_a_double_click_is_one_post(people: People) -> None:
    """With scripts the second press does nothing; without them the second form finds that the first has arrived."""
    samir = people.enter("samir")
    samir.go("/spaces/noorderlicht")
    composer(samir).fill("Said once, pressed twice")
    samir.button("Post").dblclick()
    samir.page.wait_for_url(re.compile("#post-"))
    assert how_often(people, "samir", "Said once, pressed twice") == 1

    plain = people.enter("kwame", java_script_enabled=False)
    plain.go("/spaces/noorderlicht")
    composer(plain).fill("Said once, sent twice")
    plain.button("Post").dblclick()
    plain.page.wait_for_url(re.compile("#post-"))
    assert how_often(people, "kwame", "Said once, sent twice") == 1


def test_two_people_save_one_page_and_the_second_chooses_where_both_changed_the_same(people: People) -> None:
    """Kwame has no scripts, so he does not see that Samir writes."""
    with people.site.meanwhile() as world:
        create_page(world.actor("samir"), world.space("noorderlicht"), title="Reading", body="One.\n\nTwo.\n\nThree.\n")
    samir, kwame = people.enter("samir"), people.enter("kwame", java_script_enabled=False)
    for person in (samir, kwame):
        person.go("/spaces/noorderlicht/wiki/reading?action=edit")
    samir.field("Text").fill("One.\n\nTwo, says Samir.\n\nThree.\n")
    samir.button("Save").click()
    expect(samir.page.locator(".prose.long")).to_contain_text("Two, says Samir.")
    kwame.expects("409")
    kwame.field("Text").fill("One.\n\nTwo, says Kwame.\n\nThree, says Kwame.\n")
    kwame.button("Save").click()
    expect(kwame.page.locator(".clashplace")).to_have_count(1)
    expect(kwame.page.locator(".clashplace")).to_contain_text("Two, says Samir.")
    kwame.page.get_by_label("Both").check()
    kwame.button("Save what I chose").click()
    for words in ("Two, says Samir.", "Two, says Kwame.", "Three, says Kwame."):
        expect(kwame.page.locator(".prose.long")).to_contain_text(words)
    samir.go("/spaces/noorderlicht/wiki/reading?action=history")
    expect(samir.page.locator(".revtable tbody tr")).to_have_count(3)
    samir.look("history")


def test_a_reader_who_is_removed_reads_nothing_more(people: People) -> None:
    """Dev looks in on Getij for a day. When he is removed his open page hears no more, and his next click finds nothing."""
    with people.site.meanwhile() as world:
        add_member(world.actor("pieter_jan"), world.space("getij"), world.person("dev"), role="member")
        create_post(world.actor("joost"), world.space("getij"), body="Before he goes")
    dev = people.enter("dev")
    dev.page.add_init_script(
        "addEventListener('DOMContentLoaded', () => document.addEventListener('live', (event) => "
        "(document.documentElement.dataset.heard = (document.documentElement.dataset.heard ?? '') + event.detail.verb + ' ')))"
    )
    dev.go("/spaces/getij")
    with people.site.meanwhile() as world:
        create_post(world.actor("joost"), world.space("getij"), body="While he watches")
    expect(dev.page.get_by_role("button", name="1 new: show")).to_be_visible()
    with people.site.meanwhile() as world:
        remove_member(world.actor("pieter_jan"), world.space("getij"), world.person("dev"))
        create_post(world.actor("joost"), world.space("getij"), body="After he has gone")
    joost = people.enter("joost")
    joost.go("/spaces/getij")
    expect(joost.page.locator("article.post").first).to_contain_text("After he has gone")
    with people.site.meanwhile() as world:
        create_post(world.actor("joost"), world.space("getij"), body="For the others alone")
    expect(
        joost.page.get_by_role("button", name=joost.say("{count} new: show").replace("{count}", "1"))
    ).to_be_visible()
    assert dev.page.evaluate("document.documentElement.dataset.heard").split() == ["post.created"]
    expect(dev.page.get_by_role("button", name="1 new: show")).to_be_visible()
    dev.expects("404")
    dev.page.get_by_role("button", name="1 new: show").click()
    expect(dev.page.locator(".toast")).to_contain_text("That did not work. Try again.")
    with dev.page.expect_navigation() as going:
        dev.link("Wiki").click()
    assert going.value.status == 404
    assert dev.go("/spaces/getij").status == 404


def test_nothing_is_missed_in_a_tunnel_and_nothing_comes_twice(people: People) -> None:
    """Samir's line is gone while others post; when it is back he is told how many, and each is there once."""
    samir = people.enter("samir")
    samir.expects(LOST)
    line = Line(samir)
    with people.site.meanwhile() as world:
        create_post(world.actor("kwame"), world.space("noorderlicht"), body="Before the tunnel")
    samir.go("/spaces/noorderlicht")
    with people.site.meanwhile() as world:
        create_post(world.actor("kwame"), world.space("noorderlicht"), body="Still on the line")
    expect(samir.page.get_by_role("button", name="1 new: show")).to_be_visible()
    line.cut()
    with people.site.meanwhile() as world:
        for number in (1, 2, 3):
            create_post(world.actor("kwame"), world.space("noorderlicht"), body=f"In the tunnel, {number}")
    kwame = people.enter("kwame")
    kwame.go("/spaces/noorderlicht")
    expect(kwame.page.locator("article.post").first).to_contain_text("In the tunnel, 3")
    expect(samir.page.get_by_role("button", name="1 new: show")).to_be_visible()
    line.mend()
    told = samir.page.get_by_role("button", name="4 new: show")
    expect(told).to_be_visible(timeout=40_000)
    told.click()
    cards = samir.page.locator("article.post")
    expect(cards.first).to_contain_text("In the tunnel, 3")
    heard = [text for text in cards.all_inner_texts() if "tunnel" in text or "Still on the line" in text]
    words = [re.search(r"Before the tunnel|Still on the line|In the tunnel, \d", text) for text in heard]
    found = [word[0] for word in words if word]
    expected = ["In the tunnel, 3", "In the tunnel, 2", "In the tunnel, 1", "Still on the line", "Before the tunnel"]
    assert found == expected


def test_replies_come_to_an_open_post_while_somebody_types(people: People) -> None:
    with people.site.meanwhile() as world:
        post = create_post(world.actor("kwame"), world.space("noorderlicht"), body="Who walks along?", kind="question")
        number = post.id
    samir = people.enter("samir")
    samir.go(f"/spaces/noorderlicht/posts/{number}")
    samir.field("Your reply").fill("I am still typ")
    with people.site.meanwhile() as world:
        create_comment(world.actor("anna"), db.session.get_one(Post, number), body="I do, at four.")
    expect(samir.page.locator(".comment")).to_contain_text("I do, at four.")
    expect(samir.field("Your reply")).to_have_value("I am still typ")
    samir.look("reply-came")
