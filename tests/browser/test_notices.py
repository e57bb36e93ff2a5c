"""What reaches me: chosen by keyboard, looked at on a phone, marked in the list; and out of a mail with one button."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from community.comments.actions import create_comment
from community.microblog.actions import create_post
from community.notifications.keeping import choices_of, chosen_level
from community.ports import ports
from tests.browser.house import PHONE, People
from tests.processes.house import until


def test_samir_chooses_what_reaches_him_without_a_mouse(people: People) -> None:
    samir = people.enter("samir")
    press = samir.page.keyboard.press
    samir.go("/settings/notifications")
    table = samir.page.get_by_role("table")
    expect(table.get_by_role("columnheader", name="Mail now")).to_be_visible()
    cell = table.get_by_label("Mentions and replies: Mail now")
    cell.focus()
    expect(cell).to_have_value("")
    press("O")  # the first that begins with it: On
    press("O")
    expect(cell).to_have_value("off")
    samir.look("settings-notifications")
    press("Tab")
    expect(table.get_by_label("Mentions and replies: Digest")).to_be_focused()
    samir.button("Save").focus()
    press("Enter")
    expect(samir.page.locator(".toast")).to_contain_text("Saved.")
    expect(cell).to_have_value("off")
    with people.site.meanwhile() as world:
        assert not choices_of(world.actor("samir")).on("talk", "mail")
    samir.button("Follow the defaults again").press("Enter")
    expect(cell).to_have_value("")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_choices_fit_a_phone_in_dutch(people: People, scheme: str) -> None:
    fatma = people.enter("fatma", **{**PHONE, "color_scheme": scheme, "viewport": {"width": 360, "height": 740}})
    fatma.go("/settings/notifications")
    expect(fatma.page.get_by_role("cell").first).to_be_visible()
    fatma.look(f"settings-notifications-phone-{scheme}")
    fatma.go("/spaces/noorderlicht")
    fatma.page.locator("[popovertarget=level]").click()
    menu = fatma.page.locator("#level")
    expect(menu).to_be_visible()
    fatma.look(f"space-level-phone-{scheme}")
    menu.get_by_role("button", name=re.compile("^Bijhouden")).click()
    expect(fatma.page.locator("[popovertarget=level]")).to_contain_text("Bijhouden")
    fatma.page.locator("[popovertarget=level]").click()
    menu.get_by_role("button", name=re.compile("^Als standaard")).click()
    expect(fatma.page.locator("[popovertarget=level]")).to_contain_text("Meekijken")


def test_a_long_form_that_is_refused_opens_at_its_fault(people: People) -> None:
    fatma = people.enter("fatma", **PHONE)
    fatma.go("/settings/notifications")
    fatma.page.locator("[name=quiet_on]").check()
    fatma.page.locator("[name=quiet_from]").select_option("5")
    fatma.page.locator("[name=quiet_to]").select_option("5")
    fatma.expects("422")
    fatma.button("Save").click()
    expect(fatma.page.locator(".error")).to_be_in_viewport()
    expect(fatma.page.locator("[name=quiet_from]")).to_be_focused()
    fatma.look("settings-refused-phone")


def test_rik_decides_for_who_never_chose(people: People) -> None:
    rik = people.enter("rik")
    rik.language = "en"  # made by the house itself, before anybody chose a language
    rik.go("/admin/notifications")
    rik.look("admin-notifications")
    rik.page.get_by_label("Praise: Mail now").or_(rik.page.get_by_label("Announcements: Digest")).first.select_option(
        "off"
    )
    rik.button("Save for everybody who never chose").click()
    expect(rik.page.locator(".toast")).to_contain_text("Saved. It holds for everybody who never chose.")
    with people.site.meanwhile() as world:
        assert not choices_of(world.actor("kwame")).on("announcements", "digest")
    rik.page.get_by_label("Announcements: Digest").select_option("")
    rik.button("Save for everybody who never chose").click()
    expect(rik.page.locator(".toast")).to_contain_text("Saved.")
    rik.link("Coach").click()
    rik.page.wait_for_url("**/admin/notifications?role=coach")
    rik.look("admin-notifications-coach")


def test_thandiwe_marks_in_the_list_and_the_bell_follows(people: People) -> None:
    with people.site.meanwhile() as world:
        post = create_post(world.actor("thandiwe"), world.space("getij"), body="Low tide at ten")
        for number in range(3):
            create_comment(world.actor("joost"), post, body=f"Who brings the boots? {number}")
    thandiwe = people.enter("thandiwe")

    def came() -> bool:
        thandiwe.go("/notifications?unread")
        return thandiwe.page.get_by_text("Who brings the boots? 2").count() > 0

    until(came, 20)
    line = thandiwe.page.locator("li.unread[id]").filter(has_text="Who brings the boots? 2")
    line.locator("summary").click()
    expect(line.get_by_text("Who brings the boots? 0")).to_be_visible()
    thandiwe.look("notifications")
    before = int(thandiwe.page.locator("#bell .bubble").inner_text())
    line.get_by_role("button", name=re.compile("^Mark as read")).click()
    marked = thandiwe.page.locator(f"#told-post-{post.id}")
    expect(marked).not_to_have_class(re.compile("unread"))
    expect(thandiwe.page.locator("#bell .bubble")).to_have_text(str(before - 3) if before > 3 else "0")
    marked.get_by_role("button", name=re.compile("^Mark as unread")).click()
    expect(marked).to_have_class(re.compile("unread"))
    thandiwe.go("/settings/notifications")
    thandiwe.link("Look at your next digest").click()
    expect(thandiwe.page.get_by_text("if it came now")).to_be_visible()
    thandiwe.look("digest")
    thandiwe.go(f"/notifications/level/post/{post.id}")
    thandiwe.look("level")
    without = people.enter("thandiwe", java_script_enabled=False)
    without.go("/notifications")
    line = without.page.locator(f"#told-post-{post.id}")
    line.get_by_role("button", name=re.compile("^Mark as read")).click()
    expect(line).not_to_have_class(re.compile("unread"))


def test_kwame_stops_a_kind_of_mail_from_the_mail_itself_and_takes_it_back(people: People) -> None:
    with people.site.meanwhile() as world:
        number, space = world.person_ids["kwame"], world.space_ids["noorderlicht"]
        facts = {"to": "kwame@waterland.example", "person": number, "path": "/", "more": 0, "space": "Noorderlicht"}
        facts |= {"items": [{"reason": "mention", "who": "Noor", "space": "Noorderlicht", "excerpt": "Look"}]}
        facts |= {"leave": "topic:talk", "leave_space": f"space:{space}"}
        ports.send_mail(ports.compose("notices", facts, "en"))
    letter = people.site.letter_to("kwame@waterland.example")
    html = letter.get_body(("html",))
    assert html is not None
    stranger = people.somebody("en")  # nobody has signed in to this browser
    stranger.page.set_content(html.get_content())
    stranger.page.get_by_role("link", name="No more mails of this kind").click()
    stranger.look("unsubscribe")
    stranger.button("Stop it").click()
    expect(stranger.heading("You get no more of it")).to_be_visible()
    stranger.look("unsubscribed")
    with people.site.meanwhile() as world:
        assert not choices_of(world.actor("kwame")).on("talk", "mail")
    stranger.button("Undo").click()
    expect(stranger.heading("All is as it was")).to_be_visible()
    with people.site.meanwhile() as world:
        assert choices_of(world.actor("kwame")).on("talk", "mail")
        assert chosen_level(world.actor("kwame"), "space", space) is None
