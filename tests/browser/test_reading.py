"""The daily look: two people read one stream. What is new, what stands above, what one keeps and finds."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from community.arranging.actions import pin_post, share_post, unpin_post
from community.clock import now
from community.comments.actions import create_comment
from community.extensions import db
from community.microblog.actions import create_post
from community.microblog.queries import post_for
from community.visits.models import Visit
from tests.browser.house import DESK, PHONE, People

GETIJ = "/spaces/getij"
LOOKS = {"wide": DESK, "narrow-dark": {**PHONE, "viewport": {"width": 360, "height": 780}, "color_scheme": "dark"}}


def test_joost_and_thandiwe_read_one_stream(people: People) -> None:
    with people.site.meanwhile() as world:
        create_post(world.actor("joost"), world.space("getij"), body="Seen long ago")
    thandiwe, joost = people.enter("thandiwe"), people.enter("joost")
    thandiwe.go(GETIJ)
    expect(thandiwe.page.get_by_text("Seen long ago")).to_be_visible()
    with people.site.meanwhile() as world:
        db.session.query(Visit).update({"at": now() - timedelta(hours=3)})
        db.session.commit()
        create_post(world.actor("joost"), world.space("getij"), body="Who knows the #tides?", kind="question")

    # the line of what is new
    thandiwe.go(GETIJ)
    line = thandiwe.page.locator(".sinceline")
    expect(line).to_have_text(thandiwe.say("Above is new since your last visit"))
    assert thandiwe.page.locator(".stream > *").nth(1).get_attribute("class") == "sinceline"

    # three more come while she reads, and wait
    for number in range(3):
        joost.post("getij", "Team Getij", f"Live number {number}")
    bar = thandiwe.page.get_by_role("button", name="3 new: show")
    expect(bar).to_be_visible()
    expect(thandiwe.page.get_by_text("Live number 2")).to_have_count(0)
    bar.click()
    expect(thandiwe.page.get_by_text("Live number 2")).to_be_visible()
    expect(line).to_be_visible()

    # a filter, with the topic that is suggested; and off again
    everything = thandiwe.page.locator(".stream .post").count()
    thandiwe.page.locator("summary", has_text=thandiwe.say("More filters")).click()
    topic = thandiwe.field("Topic")
    topic.press_sequentially("tid")
    expect(thandiwe.page.get_by_role("option", name="#tides")).to_be_visible()
    topic.press("ArrowDown")
    topic.press("Enter")
    expect(topic).to_have_value("tides")
    thandiwe.button("Show these posts").click()
    thandiwe.page.wait_for_url(re.compile("topic=tides"))
    expect(thandiwe.page.locator(".stream .post")).to_have_count(1)
    thandiwe.look("filtered")
    thandiwe.page.get_by_role("link", name="#tides take this filter away").click()
    expect(thandiwe.page.locator(".stream .post")).to_have_count(everything)

    # kept for later, with a note
    first = thandiwe.page.locator(".stream .post", has_text="Who knows the")
    first.get_by_role("button", name=re.compile("^More for this post")).click()
    first.get_by_role("link", name=thandiwe.say("Keep for later")).click()
    thandiwe.field("Note").fill("Ask the harbour master")
    thandiwe.button("Save").click()
    thandiwe.go("/bookmarks")
    expect(thandiwe.page.get_by_text("Ask the harbour master")).to_be_visible()
    thandiwe.look("bookmarks")
    joost.go("/bookmarks")
    expect(joost.page.get_by_text("Ask the harbour master")).to_have_count(0)

    # pinned by the facilitator, it stands above
    boss = people.enter("pieter_jan")
    boss.go(GETIJ)
    post = boss.page.locator(".post", has_text="Seen long ago")
    post.get_by_role("button", name=re.compile(boss.say("More for this post by"))).click()
    post.get_by_role("link", name=boss.say("Pin, move, archive")).click()
    boss.look("arrange")
    boss.button("Pin it").click()
    thandiwe.go(GETIJ)
    expect(thandiwe.page.locator(".pinnedposts .post")).to_contain_text("Seen long ago")
    expect(thandiwe.page.locator(".stream").get_by_text("Seen long ago")).to_have_count(0)
    post = boss.page.locator(".post", has_text="Seen long ago")
    post.get_by_role("button", name=re.compile(boss.say("More for this post by"))).click()
    post.get_by_role("link", name=boss.say("Pin, move, archive")).click()
    boss.button("Unpin").click()
    thandiwe.page.reload()
    expect(thandiwe.page.locator(".pinnedposts")).to_have_count(0)


def test_the_line_of_new_posts_stands_above_what_is_pinned(people: People) -> None:
    with people.site.meanwhile() as world:
        pinned = create_post(world.actor("joost"), world.space("getij"), body="\n\n".join(["A long agreement"] * 40))
        pin_post(world.actor("pieter_jan"), pinned)
        number = pinned.id
    thandiwe, joost = people.enter("thandiwe", **PHONE), people.enter("joost")
    thandiwe.go(GETIJ)
    joost.post("getij", "Team Getij", "Come and see")
    bar = thandiwe.page.get_by_role("button", name="1 new: show")
    expect(bar).to_be_in_viewport()
    thandiwe.look("new-above-pinned")
    bar.click()
    expect(thandiwe.page.get_by_text("Come and see")).to_be_in_viewport()
    with people.site.meanwhile() as world:
        unpin_post(world.actor("pieter_jan"), post_for(world.actor("joost"), number))


def test_whom_one_means_is_offered_while_one_types(people: People) -> None:
    joost = people.enter("joost")
    joost.go(GETIJ)
    words = joost.field("Write to %(name)s", name="Team Getij")
    words.press_sequentially("Vraag @than")
    option = joost.page.get_by_role("option", name=re.compile("Thandiwe"))
    expect(option).to_have_attribute("aria-selected", "true")
    assert words.get_attribute("aria-activedescendant") == option.get_attribute("id")
    words.press("Enter")
    expect(words).to_have_value("Vraag @thandiwe.nkosi-verhoeven ")
    words.press_sequentially("en @tea")
    expect(joost.page.get_by_role("option", name=re.compile("@team"))).to_be_visible()
    joost.look("suggestions")
    words.press("Escape")
    expect(joost.page.get_by_role("listbox")).to_have_count(0)
    expect(words).to_have_value("Vraag @thandiwe.nkosi-verhoeven en @tea")


def test_what_helps_a_writer_comes_when_the_tunnel_ends(people: People) -> None:
    joost = people.enter("joost")
    joost.expects("ERR_INTERNET_DISCONNECTED")
    joost.go(GETIJ)
    joost.page.wait_for_load_state("networkidle")
    words = joost.field("Write to %(name)s", name="Team Getij")
    joost.context.set_offline(True)
    with joost.page.expect_event("requestfailed"):
        words.press_sequentially("Vraag @th")
    joost.context.set_offline(False)
    words.press_sequentially("an", delay=300)
    expect(joost.page.get_by_role("option", name=re.compile("Thandiwe"))).to_be_visible()
    joost.page.locator("form[data-kept]").wait_for(state="attached")


def test_a_link_to_a_folded_reply_opens_it(people: People) -> None:
    with people.site.meanwhile() as world:
        post = create_post(world.actor("joost"), world.space("getij"), body="A long talk")
        made = [create_comment(world.actor("thandiwe"), post, body=f"Reply number {n}").id for n in range(16)]
        url = f"{GETIJ}/posts/{post.id}"
    joost = people.enter("joost")
    joost.go(url)
    expect(joost.page.get_by_text("Reply number 2", exact=True)).to_be_hidden()
    expect(joost.page.get_by_text("Toon 8 eerdere reacties", exact=True)).to_be_visible()
    joost.go("/feed")
    joost.go(f"{url}#comment-{made[2]}")
    expect(joost.page.get_by_text("Reply number 2", exact=True)).to_be_in_viewport()
    joost.look("thread-opened")


@pytest.mark.parametrize("look", LOOKS)
def test_the_stream_is_looked_at(people: People, look: str) -> None:
    with people.site.meanwhile() as world:
        pinned = create_post(world.actor("pieter_jan"), world.space("cohort"), body="Trein om 8:41, spoor 5. #reis")
        number = pinned.id
        pin_post(world.actor("pieter_jan"), pinned)
    fatma = people.enter("fatma", **LOOKS[look])
    fatma.go("/spaces/cohort-14?since=1")
    fatma.page.locator("summary", has_text=fatma.say("More filters")).click()
    fatma.look(f"stream-{look}")
    for path, name in (
        ("/feed?kind=question&from=2020-01-01", "nothing"),
        ("/topics", "topics"),
        ("/topics/reis", "topic"),
        ("/settings/feeds", "feeds"),
    ):
        fatma.go(path)
        fatma.look(f"{name}-{look}")
    with people.site.meanwhile() as world:
        unpin_post(world.actor("pieter_jan"), post_for(world.actor("pieter_jan"), number))


def test_what_is_shared_tells_outsiders_nothing(people: People) -> None:
    with people.site.meanwhile() as world:
        noor = world.actor("noor")
        post = create_post(noor, world.space("noorderlicht"), body="A draft of the *hand-over* for the team")
        share_post(noor, post, world.space("cohort"), body="We have a draft of something.")
    fatma, thandiwe = people.enter("fatma"), people.enter("thandiwe", **LOOKS["narrow-dark"])
    for visitor in (fatma, thandiwe):
        visitor.go("/spaces/cohort-14")
    shared = fatma.page.locator(".stream .post").first.locator(".shared")
    expect(shared).to_contain_text("A draft of the hand-over")
    expect(shared).to_contain_text("van hen alleen wie ook Cohort 14 leest")
    fatma.look("shared-wide")
    shared = thandiwe.page.locator(".stream .post").first.locator(".shared")
    expect(shared).to_have_text("Shared with people you are not among.")
    thandiwe.look("shared-narrow-dark")
