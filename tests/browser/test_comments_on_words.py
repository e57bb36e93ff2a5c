"""J5: a coach asks about a sentence, the team answers, edits and resolves; what is gone is kept; all of it by keyboard too."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from community.clock import now
from community.comments.actions import create_comment
from community.comments.anchors import Selector
from community.extensions import db
from community.microblog.actions import create_post
from community.submissions.actions import hand_in, set_milestone
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page as WikiPage
from tests.browser.house import DESK, PHONE, People

WIKI = "/spaces/noorderlicht/wiki"
WIDE = {**DESK, "viewport": {"width": 1440, "height": 900}}
BODY = """We read customer as **everyone who calls** or writes 🎉 to the service desk.

The question travels: eleven hand-overs between the first call and the first answer.

So our reading is another one: fewer locks rather than faster legs."""


def page_of(people: People, title: str, body: str = BODY) -> str:
    with people.site.meanwhile() as world:
        made = create_page(world.actor("kwame"), world.space("noorderlicht"), title=title, body=body)
        return f"{WIKI}/{made.path}"


def select(page: Page, words: str, inside: str = ".prose.long") -> None:
    """Select words in the text as a mouse would."""
    page.evaluate(
        """([words, inside]) => {
            const root = document.querySelector(inside);
            const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
            while (walk.nextNode()) {
                const at = walk.currentNode.data.indexOf(words);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(walk.currentNode, at);
                range.setEnd(walk.currentNode, at + words.length);
                getSelection().removeAllRanges();
                return getSelection().addRange(range);
            }
            throw new Error("no such words");
        }""",
        [words, inside],
    )


def test_anna_asks_about_a_sentence_and_the_team_answers_edits_and_resolves(people: People) -> None:
    address = page_of(people, "Our reading")
    anna, samir = people.enter("anna", **WIDE), people.enter("samir", **WIDE)
    samir.go(address)
    samir.page.mouse.wheel(0, 200)
    anna.go(address)
    select(anna.page, "to the service desk")
    anna.page.locator(".selbtn .go").click()
    expect(anna.page.locator("#w-quote")).to_have_value("to the service desk")
    expect(anna.page.locator("#w-body")).to_be_focused()
    anna.look("comment-on-words")
    anna.page.keyboard.type("Which desk, and since when?")
    anna.page.select_option("[name=purpose]", "must_answer")
    anna.button("Comment").last.click()
    mark = samir.page.locator("mark.anchor.must")
    expect(mark).to_have_text("to the service desk, comment 1, must be answered")
    note = samir.page.locator(".mnote.must")
    expect(note).to_contain_text("Which desk, and since when?")
    samir.look("comments-beside-words")
    note.locator("[data-answer]").click()
    samir.page.keyboard.type("The one in the hall, since May.")
    with people.site.meanwhile() as world:  # somebody else comments meanwhile: what is typed stays
        found = db.session.query(WikiPage).filter_by(path="our-reading").one()
        create_comment(world.actor("fatma"), found, body="Twelve.", anchor=Selector("eleven hand-overs"))
    expect(samir.page.locator("mark.anchor")).to_have_count(2)
    expect(samir.page.locator("#notes textarea")).to_have_value("The one in the hall, since May.")
    samir.page.locator("#notes .manswer button.go").click()
    expect(samir.page.locator(".mnote").first).to_contain_text("Answered")
    with people.site.meanwhile() as world:
        found = db.session.query(WikiPage).filter_by(path="our-reading").one()
        edit_page(world.actor("kwame"), found, body=f"Ingrid asked us.\n\n{found.body}", base=1)
    samir.go(address)
    expect(samir.page.locator("mark.anchor").first).to_contain_text("to the service desk")
    samir.page.locator(".mnote").first.get_by_role("button", name="Resolve").click()
    expect(samir.page.locator("details.mnote")).to_contain_text("Resolved: Comment 1 by Anna")
    expect(samir.page.locator("mark.anchor.done")).to_have_count(1)
    samir.page.locator("label", has_text="Open 1").click()
    expect(samir.page.locator("details.mnote")).to_be_hidden()


def test_words_that_go_keep_their_comment_on_a_phone_too(people: People) -> None:
    address = page_of(people, "Gone words")
    with people.site.meanwhile() as world:
        found = db.session.query(WikiPage).filter_by(path="gone-words").one()
        create_comment(
            world.actor("anna"), found, body="Do we know?", anchor=Selector("fewer locks rather than faster legs")
        )
        edit_page(
            world.actor("noor"), found, body=BODY.replace("fewer locks rather than faster legs", "we ask first"), base=1
        )
    samir = people.enter("samir", **{**PHONE, "color_scheme": "dark"})
    samir.go(address)
    samir.page.locator(".narrow-bar button[popovertarget=margin]").click()
    gone = samir.page.locator(".mnote.orphan")
    expect(gone).to_contain_text("Text changed, comment kept")
    expect(gone.locator("del")).to_have_text("fewer locks rather than faster legs")
    samir.look("words-that-are-gone")
    gone.get_by_role("link", name="Place again").click()
    samir.page.locator("#w-quote").fill("we ask first")
    samir.page.get_by_role("button", name="Place here").click()
    expect(samir.page.locator("mark.anchor")).to_contain_text("we ask first")


def test_the_way_there_and_back_by_keyboard(people: People) -> None:
    address = page_of(people, "By keyboard")
    with people.site.meanwhile() as world:
        found = db.session.query(WikiPage).filter_by(path="by-keyboard").one()
        create_comment(world.actor("anna"), found, body="Who else?", anchor=Selector("everyone who calls"))
    kwame = people.enter("kwame", **WIDE)
    kwame.go(address)
    link = kwame.page.locator("mark.anchor a")
    link.focus()
    kwame.page.keyboard.press("Enter")
    expect(kwame.page.locator("article.mnote")).to_be_focused()
    kwame.page.keyboard.press("Escape")
    expect(link).to_be_focused()
    select(kwame.page, "eleven hand-overs")
    kwame.page.keyboard.press("c")
    expect(kwame.page.locator("#w-body")).to_be_focused()
    expect(kwame.page.locator("#w-quote")).to_have_value("eleven hand-overs")
    kwame.page.keyboard.type("c as in counted")
    kwame.page.keyboard.press("Escape")
    expect(kwame.page.locator("#w-body")).to_be_hidden()


def test_a_link_to_words_leads_to_them(people: People) -> None:
    address = page_of(people, "Our reading")
    samir = people.enter("samir", **WIDE, permissions=["clipboard-read", "clipboard-write"])
    samir.go(address)
    select(samir.page, "to the service desk")
    samir.page.locator(".selbtn").get_by_role("button", name="Copy link").click()
    expect(samir.page.get_by_text("The link to these words is copied.")).to_be_visible()
    link = samir.page.evaluate("() => navigator.clipboard.readText()")
    assert link.endswith(f"{address}#:~:text=to%20the%20service%20desk")
    noor = people.enter("noor", **WIDE)
    noor.go(link)
    expect(noor.page.locator("h1#title")).to_have_text("Our reading")


def test_marks_come_live_to_a_post_and_to_the_copy_that_a_team_handed_in(people: People) -> None:
    with people.site.meanwhile() as world:
        noor, team, boss = world.actor("noor"), world.space("noorderlicht"), world.actor("pieter_jan")
        post = create_post(noor, team, body="Nobody here is slow, said the desk.")
        at = f"/spaces/noorderlicht/posts/{post.id}"
        pages = [create_page(noor, team, title=title, body=BODY).id for title in ("Copied", "Copied too")]
        step = set_milestone(boss, team, title="Words of a copy", due_at=now())
        copy = f"/submissions/{hand_in(noor, team, step, pages=pages, told=[]).id}"
    anna, samir = people.enter("anna", **WIDE), people.enter("samir", **WIDE)
    samir.go(at)
    anna.go(at)
    select(anna.page, "Nobody here", ".post .prose")
    anna.page.keyboard.press("c")
    anna.page.keyboard.type("Who is here?")
    anna.page.locator("form[data-words] button.go").click()
    expect(samir.page.locator(".post mark.anchor")).to_have_text("Nobody here, comment 1")
    samir.go(copy)
    samir.page.get_by_role("link", name="Copied too").click()
    anna.go(copy)
    anna.page.get_by_role("link", name="Copied too").click()
    select(anna.page, "eleven hand-overs")
    anna.page.keyboard.press("c")
    expect(anna.page.locator("#w-quote")).to_have_value("eleven hand-overs")
    anna.page.keyboard.type("Counted by whom?")
    anna.page.locator("form[data-words] button.go").click()
    expect(samir.page.locator(".doc mark.anchor")).to_have_text("eleven hand-overs, comment 1")
    samir.look("words-of-a-copy")
    samir.go(copy)  # the first page says the same words: nothing is marked there, and the quote leads to the second
    expect(samir.page.locator(".doc mark.anchor")).to_have_count(0)
    samir.page.locator(".comment blockquote a").click()
    expect(samir.page.locator(".doc mark.anchor")).to_have_count(1)
