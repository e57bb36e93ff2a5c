"""The tree at the side of a wiki, with the mouse, with the keyboard alone, and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from community.extensions import db
from community.wiki.actions import create_page
from community.wiki.bin import delete_page
from community.wiki.models import Page
from tests.browser.house import DESK, PHONE, People, Visitor

WIKI = "/spaces/noorderlicht/wiki"
LOOKS = {"wide": DESK, "phone-dark": {**PHONE, "viewport": {"width": 360, "height": 780}, "color_scheme": "dark"}}
PAGES = ("boom", "boom/tak", "boom/tak/blad", "gras", "heide")


def _plant(people: People, team: str, by: str) -> None:
    with people.site.meanwhile() as world:
        here = set(db.session.scalars(select(Page.path).where(Page.space_id == world.space_ids[team])))
        for path in PAGES:
            title = path.rsplit("/", 1)[-1].capitalize()
            if path not in here:
                create_page(world.actor(by), world.space(team), title=title, body="Groen.", path=path)


def _lines(visitor: Visitor) -> list[str]:
    """What the tree shows of these pages, from above."""
    shown = visitor.page.evaluate(
        """() => [...document.querySelectorAll(".tree li[data-page]")].filter((line) => line.checkVisibility())
        .map((line) => line.dataset.page)"""
    )
    return [path for path in shown if set(path.split("/")) <= {"boom", "tak", "blad", "gras", "heide"}]


def test_samir_opens_a_branch_and_drags_a_page_into_it(people: People) -> None:
    _plant(people, "noorderlicht", "noor")
    samir = people.enter("samir")
    samir.go(f"{WIKI}/heide")
    tree = samir.page.locator(".tree")
    expect(tree.get_by_role("button", name="Pages below Boom")).to_have_attribute("aria-expanded", "false")
    assert _lines(samir) == ["boom", "gras", "heide"]
    tree.get_by_role("button", name="Pages below Boom").click()
    expect(tree.get_by_role("link", name="Tak")).to_be_visible()
    assert _lines(samir) == ["boom", "boom/tak", "gras", "heide"]
    tree.get_by_role("link", name="Heide").drag_to(tree.get_by_role("link", name="Tak"))
    expect(samir.page).to_have_url(f"{people.site.address}{WIKI}/boom/tak/heide")
    expect(samir.page.locator(".toast")).to_contain_text("Moved.")
    assert _lines(samir) == ["boom", "boom/tak", "boom/tak/blad", "boom/tak/heide", "gras"]
    expect(samir.page.get_by_role("navigation", name="Stands below")).to_contain_text("Tak")
    tree.get_by_role("button", name="Pages below Boom").click()
    assert _lines(samir) == ["boom", "gras"]


def test_thandiwe_puts_pages_in_order_with_the_keyboard_alone_and_hears_why_not(people: People) -> None:
    _plant(people, "getij", "joost")
    with people.site.meanwhile() as world:
        create_page(world.actor("joost"), world.space("getij"), title="Other", body="x", path="gras/heide")
    thandiwe = people.enter("thandiwe")
    thandiwe.expects("422")
    thandiwe.go("/spaces/getij/wiki/gras")
    tree, press = thandiwe.page.locator(".tree"), thandiwe.page.keyboard.press
    line = tree.get_by_role("link", name="Heide")
    line.focus()
    press("Alt+Shift+ArrowRight")  # below Gras, where there is one of that address
    expect(thandiwe.page.locator(".toast")).to_contain_text("A page stands at gras/heide already.")
    line.focus()
    press("Alt+Shift+ArrowUp")
    expect(thandiwe.page.locator(".toast")).to_contain_text("Moved.")
    expect(line).to_be_focused()
    assert _lines(thandiwe) == ["boom", "heide", "gras", "gras/heide"]
    opens = tree.get_by_role("button", name="Pages below Boom")
    opens.focus()
    press("Enter")
    expect(opens).to_have_attribute("aria-expanded", "true")
    press("Space")
    expect(opens).to_have_attribute("aria-expanded", "false")
    line = tree.get_by_role("link", name="Heide").first
    line.focus()
    press("Alt+Shift+ArrowRight")  # into a branch that is closed
    expect(thandiwe.page.locator(".toast")).to_contain_text("Moved.")
    expect(opens).to_have_attribute("aria-expanded", "true")
    expect(tree.locator('li[data-page="boom/heide"] > a.leaf')).to_be_focused()


def test_what_links_to_a_page_opens_below_its_words(people: People) -> None:
    _plant(people, "noorderlicht", "noor")
    with people.site.meanwhile() as world:
        team = world.space("noorderlicht")
        create_page(world.actor("noor"), team, title="Wijzer", body="Zie [[Gras]].")
        create_page(world.actor("noor"), world.space("noorderlicht"), title="Eenzaam", body="Niets.")
    noor = people.enter("noor")
    noor.go(f"{WIKI}/gras")
    box = noor.page.locator(".linkshere")
    box.locator("summary").click()
    expect(box.get_by_role("link", name="Wijzer")).to_be_visible()
    noor.look("what links to a page")
    box.get_by_role("link", name="Wijzer").click()
    expect(noor.page).to_have_url(re.compile(r"/wiki/wijzer$"))
    noor.go(f"{WIKI}/eenzaam")
    box.locator("summary").click()
    expect(box.locator(".mute")).to_be_visible()


@pytest.mark.parametrize("size", LOOKS)
def test_how_it_looks(people: People, size: str) -> None:
    _plant(people, "noorderlicht", "noor")
    with people.site.meanwhile() as world:
        noor = world.actor("noor")
        page = create_page(noor, world.space("noorderlicht"), title="Weg", body="x", path="weg/" + "diep/" * 12 + "weg")
        delete_page(noor, page)
    noor = people.enter("noor", **LOOKS[size])
    pages = {
        "page": "/boom/tak/blad",
        "move": "/boom/tak/rename",
        "links": "/gras?action=links",
        "below": "?action=below",
    }
    for name, address in {**pages, "bin": "?action=bin", "delete": "/boom/delete"}.items():
        noor.go(f"{WIKI}{address}")
        noor.look(f"tree-{name}-{size}")
