"""Noor asks on her phone, Samir answers; the team votes; what Noor was writing is there again on another machine."""

from __future__ import annotations

import base64
import re

from playwright.sync_api import expect

from tests.browser.house import PHONE, People

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_a_question_is_answered_and_the_answer_accepted(people: People) -> None:
    noor, samir = people.enter("noor", **PHONE), people.enter("samir", color_scheme="dark")
    noor.go("/spaces/noorderlicht")
    noor.field("Kind").select_option("question")
    noor.field("Write to %(name)s", name=noor.say("Team %(name)s", name="Noorderlicht")).fill("How do you count?")
    noor.button("Post").click()
    noor.page.wait_for_url(re.compile("#post-"))
    asked = noor.page.locator("article", has_text="How do you count?")
    noor.go(str(asked.locator("a.when").first.get_attribute("href")))
    samir.go(noor.page.url.removeprefix(people.site.address))
    for words in ("Every phone call.", "Follow four questions for a week."):
        samir.field("Your reply").fill(words)
        samir.page.locator("#write").get_by_role("button", name=samir.say("Reply"), exact=True).click()
        expect(samir.page.locator(".thread")).to_contain_text(words)
    expect(noor.page.locator(".thread .comment")).to_have_count(2, timeout=15_000)
    noor.button("This answers it", noor.page.locator(".comment", has_text="Follow four")).click()
    expect(noor.page.locator(".thread .comment").first).to_contain_text("Follow four")
    expect(noor.page.locator(".comment.answer")).to_contain_text(noor.say("Accepted"))
    noor.look("question-answered-phone")
    samir.page.reload()
    expect(samir.page.locator("article .kind")).to_have_text(samir.say("Question, answered"))
    samir.look("question-answered-dark")
    noor.button("Not the answer").click()
    expect(noor.page.locator(".comment.answer")).to_have_count(0)


def test_a_poll_is_voted_on_and_shows_its_results(people: People) -> None:
    noor, samir = people.enter("noor"), people.enter("samir", **PHONE)
    noor.go("/spaces/noorderlicht")
    expect(noor.field("Options, each on a line of its own")).to_be_hidden()
    noor.field("Kind").select_option("poll")
    noor.field("Write to %(name)s", name=noor.say("Team %(name)s", name="Noorderlicht")).fill("Which day?")
    noor.field("Options, each on a line of its own").fill("Monday")
    noor.button("Post").click()
    noor.expects("422")
    expect(noor.page.locator(".error")).to_have_text(noor.say("Give two to ten options, each on a line of its own."))
    noor.field("Options, each on a line of its own").fill("Monday\nTuesday\nWednesday")
    noor.look("poll-composer")
    noor.button("Post").click()
    noor.page.wait_for_url(re.compile("#post-"))
    samir.go("/spaces/noorderlicht")
    poll = samir.page.locator("article", has_text="Which day?")
    samir.field("Tuesday", poll).check()
    samir.button("Vote", poll).click()
    samir.page.wait_for_url(re.compile(r"/posts/\d+"))
    expect(samir.page.locator(".pollopt .num")).to_have_text(["0", "1", "0"])
    samir.look("poll-results-phone")
    samir.page.get_by_text(samir.say("Change my choice")).click()
    samir.field("Monday").check()
    samir.button("Vote").click()
    expect(samir.page.locator(".pollopt .num")).to_have_text(["1", "0", "0"])
    noor.page.reload()
    expect(noor.page.locator("article", has_text="Which day?").locator(".num", has_text="1")).to_have_count(0)


def test_what_was_being_written_is_there_again_on_another_machine(people: People) -> None:
    noor = people.enter("noor", **PHONE)
    noor.go("/spaces/noorderlicht")
    name = noor.say("Team %(name)s", name="Noorderlicht")
    noor.field("Kind").select_option("poll")
    noor.field("Write to %(name)s", name=name).fill("Half a thought about the desk")
    noor.field("Options, each on a line of its own").fill("One\nTwo")
    noor.page.locator("form[data-kept]").wait_for(state="attached")
    noor.page.close(run_before_unload=False)
    again = people.enter("noor")
    again.go("/spaces/noorderlicht")
    expect(again.field("Write to %(name)s", name=name)).to_have_value("Half a thought about the desk")
    expect(again.field("Options, each on a line of its own")).to_have_value("One\nTwo")
    again.look("draft-restored")
    samir = people.enter("samir")
    samir.go("/spaces/noorderlicht")
    expect(samir.field("Write to %(name)s", name=name)).to_have_value("")
    again.button("Discard it").click()
    again.page.wait_for_url(re.compile(r"/spaces/noorderlicht$"))
    expect(again.field("Write to %(name)s", name=name)).to_have_value("")


def test_a_post_waits_for_its_time_and_what_was_said_before_can_be_read(people: People) -> None:
    kwame = people.enter("kwame", **PHONE, color_scheme="dark")
    kwame.go("/spaces/noorderlicht")
    name = kwame.say("Team %(name)s", name="Noorderlicht")
    kwame.page.get_by_text(kwame.say("Pictures, files, later")).click()
    kwame.field("Write to %(name)s", name=name).fill("Tomorrow we count.")
    kwame.field("Post it later").fill("2100-01-01T09:00")
    kwame.expects("422")
    kwame.button("Post").click()
    expect(kwame.page.locator(".error")).to_have_text(kwame.say("Choose a moment to come, within a year."))
    tomorrow = kwame.page.evaluate("new Date(Date.now() + 86400000).toISOString().slice(0, 16)")
    kwame.field("Post it later").fill(tomorrow)
    kwame.look("composer-phone-dark")
    kwame.button("Post").click()
    kwame.page.wait_for_url(re.compile("/drafts"))
    waiting = kwame.page.locator("li", has_text="Tomorrow we count.")
    expect(waiting.locator(".badge")).to_have_text(kwame.say("Scheduled"))
    kwame.look("drafts-phone-dark")
    kwame.link("Change", waiting).click()
    expect(kwame.field("Write to %(name)s", name=name)).to_have_value("Tomorrow we count.")
    kwame.field("Post it later").fill("")
    kwame.field("Write to %(name)s", name=name).fill("Today we count the elven hand-overs.")
    kwame.button("Post").click()
    kwame.page.wait_for_url(re.compile("#post-"))
    samir = people.enter("samir")
    samir.go("/spaces/noorderlicht")
    said = samir.page.locator("article", has_text="Today we count")
    samir.button("Thanks", said).click()
    expect(samir.button("Thanks 1", said)).to_be_visible()
    kwame.go(f"{said.locator('a.when').first.get_attribute('href')}/edit")
    kwame.field("Your words").fill("Today we count the eleven hand-overs.")
    kwame.button("Save").click()
    kwame.link("edited").click()
    expect(kwame.page.locator(".difftext ins")).to_have_text("eleven")
    kwame.look("history-phone-dark")


def test_praise_and_a_picture_from_the_clipboard(people: People) -> None:
    samir, kwame = people.enter("samir"), people.enter("kwame", **PHONE)
    samir.go("/spaces/noorderlicht")
    samir.field("Kind").select_option("praise")
    box = samir.field("Write to %(name)s", name=samir.say("Team %(name)s", name="Noorderlicht"))
    box.fill("You let her finish.")
    samir.field("Kwame Mensah").check()
    box.evaluate(
        """async (box) => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 60, height: 40 });
            canvas.getContext("2d").fillRect(0, 0, 30, 40);
            const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
            const held = new DataTransfer();
            held.items.add(new File([blob], "desk.png", { type: "image/png" }));
            box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true }));
        }"""
    )
    samir.page.get_by_label("desk.png").fill("The desk, half empty")
    samir.look("praise-composer")
    samir.button("Post").click()
    samir.page.wait_for_url(re.compile("#post-"))
    kwame.go("/people/kwame.mensah")
    honour = kwame.page.locator(".honour").first
    expect(honour).to_contain_text("You let her finish.")
    picture = kwame.page.get_by_alt_text("The desk, half empty").first
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 60
    kwame.look("praise-on-the-profile")


def test_the_controls_of_a_post_share_a_line_on_a_phone_and_enter_posts(people: People) -> None:
    kwame = people.enter("kwame", **{**PHONE, "viewport": {"width": 360, "height": 740}})
    kwame.go("/spaces/noorderlicht")
    name = kwame.say("Team %(name)s", name="Noorderlicht")
    words = kwame.field("Write to %(name)s", name=name)
    controls = [kwame.field("Kind"), kwame.page.locator("select[name=audience]"), kwame.button("Post")]
    middles = [box["y"] + box["height"] / 2 for control in controls if (box := control.bounding_box())]
    assert len(middles) == 3 and max(middles) - min(middles) < 2, middles
    kwame.fits()
    words.fill("A quote, overheard")
    expect(kwame.page.get_by_text(kwame.say("Draft kept"))).to_be_visible()
    kwame.look("composer-one-line-phone")
    kwame.page.reload()
    expect(words).to_have_value("A quote, overheard")
    expect(kwame.button("Discard it")).to_be_visible()
    kwame.page.get_by_text(kwame.say("Pictures, files, later")).click()
    picture = {"name": "door.png", "mimeType": "image/png", "buffer": PIXEL}
    kwame.field("Pictures and files").set_input_files([picture])
    kwame.page.get_by_label("door.png").fill("The door")
    kwame.page.get_by_label("door.png").press(
        "Enter"
    )  # the first button of a form answers Enter: it must not be the one that discards
    kwame.page.wait_for_url(re.compile("#post-"))
    expect(kwame.page.locator("article", has_text="A quote, overheard").get_by_alt_text("The door")).to_be_visible()
