"""Rik looks after the mail: a test mail, what waits and why, an address that does not work; Noor says that hers works again."""

from __future__ import annotations

from playwright.sync_api import expect

from community.extensions import write_unit
from community.mailroom.addresses import note_failure
from community.mailroom.queue import letters_of
from community.ports import Letter, ports
from tests.browser.house import PHONE, People


def test_rik_looks_after_the_mail(people: People) -> None:
    with people.site.meanwhile() as world:
        ports.send_mail(Letter("fatma@waterland.example", "Nieuws", "Dag", "<p>Dag</p>", kind="notice"))
        with write_unit():
            for number in (1001, 1002):
                note_failure(number, world.person("noor").email, "550 5.1.1 no such mailbox")

    rik = people.enter("rik")
    rik.language = "en"  # the first account of the world was made from the command line
    rik.go("/admin/mail")
    rik.button("Send me a test mail").click()
    assert people.site.letter_to("rik@waterland.example")["Subject"] == rik.say("A test mail from Cohortium")
    rik.go("/admin/mail?state=sent")
    expect(rik.page.get_by_text("rik@waterland.example", exact=True).first).to_be_visible()
    rik.go("/admin/mail")
    expect(rik.page.get_by_text(rik.say("Addresses that do not work"))).to_be_visible()
    rik.look("admin-mail")

    noor = people.enter("noor", **PHONE, color_scheme="dark")
    noor.go("/people")
    noor.look("mail-paused")
    noor.button("My address works again").click()
    expect(noor.page.get_by_text(noor.say("You get mail again."))).to_be_visible()
    expect(noor.button("My address works again")).to_have_count(0)
    with people.site.meanwhile() as world:
        assert world.person("noor").mail_paused_at is None
        assert any(mail.kind == "test" and mail.content is None for mail in letters_of(world.actor("rik")))


def test_the_mail_fits_a_phone(people: People) -> None:
    rik = people.enter("rik", **PHONE, color_scheme="dark")
    rik.go("/admin/mail")
    rik.look("admin-mail-phone")
    rik.go("/settings/push")
    rik.look("push-phone")


def test_a_letter_fits_a_phone(people: People) -> None:
    rik = people.enter("rik", **PHONE)
    rik.language = "en"
    rik.go("/admin/mail")
    rik.button("Send me a test mail").click()
    letter = people.site.letter_to("rik@waterland.example").get_body(("html",))
    assert letter is not None
    rik.page = rik.tab()
    rik.page.set_content(letter.get_content())
    rik.fits()
    rik.shoot("letter-phone")
