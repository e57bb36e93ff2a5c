"""A phone of 360 pixels: nothing has to be scrolled sideways, nothing is cut off, the dock and the sheets work by touch."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

import pytest
from playwright.sync_api import expect

from community.comments.actions import create_comment
from community.files.actions import upload_file
from community.files.incoming import receive
from community.files.queries import file_numbered
from community.files.tasks import order_unpack
from community.files.versions import name_version
from community.journal.actions import write_entry
from community.microblog.actions import create_post
from community.people.actions import update_person
from community.spaces.actions import add_member
from community.wiki.actions import create_page
from tests.browser.house import PHONE, People
from tests.world import World

NARROW = {**PHONE, "viewport": {"width": 360, "height": 780}}
LONG = "Maximilian-Alexander von Thurn-Wenckebach-Sayn-Wittgenstein-Berleburg"
WORD = "Drinkwaterdistributienetwerkverantwoordelijkheidsverklaring"
PAGES = (
    "/",
    "/feed",
    "/spaces",
    "/spaces/noorderlicht",
    "/spaces/noorderlicht?kind=announcement",
    "/spaces/noorderlicht/wiki?action=index",
    "/spaces/noorderlicht/wiki?action=new",
    "/spaces/noorderlicht/wiki/waterwoorden",
    "/spaces/noorderlicht/wiki/waterwoorden?action=edit",
    "/spaces/noorderlicht/wiki/waterwoorden?action=history",
    "/spaces/noorderlicht/files",
    "/file-tasks/{task}",
    f"/spaces/noorderlicht/files/{WORD}.zip?about",
    "/files/{file}/unpack",
    "/files/{file}/versions/1/name",
    "/files/{file}/versions/1/delete",
    "/spaces/noorderlicht/about",
    "/spaces/noorderlicht/members",
    "/journal",
    "/journal/shared",
    "/people",
    f"/search?q={WORD}",
    "/notifications",
    "/settings",
    "/settings/password",
    "/settings/sessions",
    "/settings/tokens",
)
ELSEWHERE = re.compile(r"/(wiki|files$|journal)")  # test_writing_together.py asks axe about these


@pytest.fixture(scope="module")
def long_words(site) -> dict[str, int]:
    """Names, titles and words that are longer than a phone is wide, a wide table and code, and two hundred posts; the numbers of an
    archive and of its unpacking.
    """
    with site.meanwhile() as world:
        return _fill(world, site)


def _fill(world: World, site) -> dict[str, int]:
    team, samir = world.space("noorderlicht"), world.actor("samir")
    update_person(samir, world.person("samir"), headline=f"{WORD} en meer", skills=(WORD[:40], "planning"))
    wide = f"## {WORD}\n\n| " + " | ".join(f"kolom nummer {n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n"
    page = create_page(
        samir,
        team,
        title=f"Waterwoorden: {WORD}",
        path="waterwoorden",
        body=wide + f"\n```\n{WORD * 4}\n```\n\n## Twee\n",
    )
    create_comment(world.actor("anna"), page, body=WORD)
    create_post(samir, team, body=f"**{WORD}**\n\nhttps://example.org/{'a' * 120}\n\n{wide}", kind="question")
    write_entry(samir, title=WORD, body=WORD)
    came = receive(site.app.config["STORAGE"], BytesIO(b"words\n"), f"{WORD}.txt", limit_bytes=10_000)
    upload_file(samir, team, name=came.name, stored=came.stored, media_type=came.media_type)
    for words in (b"one", b"two"):
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(f"{WORD}.txt", words)
            archive.writestr("con.txt", words)
        packed.seek(0)
        came = receive(site.app.config["STORAGE"], packed, f"{WORD}.zip", limit_bytes=10_000)
        kept = upload_file(samir, team, name=came.name, stored=came.stored, media_type=came.media_type)
    name_version(samir, kept, number=1, name=WORD)
    create_page(samir, team, title=f"Leads {WORD}", body=f"[it](/files/{kept.id})")
    made = {"file": kept.id, "task": order_unpack(samir, file_numbered(samir, kept.id)).id}
    for number in range(200):
        create_post(world.actor("mei_lin"), world.space("theme"), body=f"Observation {number}")
    add_member(world.actor("mei_lin"), world.space("theme"), world.person("samir"), role="member")
    return made


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_fits_on_a_small_phone(people: People, long_words: dict[str, int], theme: str) -> None:
    samir = people.enter("samir", **{**NARROW, "color_scheme": theme})
    for number, path in enumerate(PAGES):
        path = path.format(**long_words)
        assert samir.go(path).status == 200, path
        if theme == "dark" and not ELSEWHERE.search(path):
            samir.look(f"360-{number:02d}-{theme}")
        else:
            samir.fits()
            samir.shoot(f"360-{number:02d}-{theme}")


def test_two_hundred_posts_come_a_stretch_at_a_time(people: People, long_words: dict[str, int]) -> None:
    samir = people.enter("samir", **NARROW)
    samir.go("/spaces/service-without-queues")
    seen: list[str] = []
    while True:
        cards = samir.page.locator("article.post .prose").all_inner_texts()
        assert 0 < len(cards) <= 30
        seen += cards
        older = samir.link("Older posts")
        if not older.count():
            break
        older.click()
        expect(samir.page.locator("article.post .prose").first).not_to_have_text(cards[0])
    assert seen == [f"Observation {number}" for number in range(199, -1, -1)]


def test_the_dock_and_the_sheets_open_by_touch(people: People, long_words: dict[str, int]) -> None:
    samir = people.enter("samir", **NARROW)
    samir.go("/")
    dock = samir.page.get_by_role("navigation", name="Main, short")
    dock.get_by_role("link", name="My team").tap()
    samir.page.wait_for_url("**/spaces/noorderlicht")
    dock.get_by_role("button", name="More").tap()
    expect(samir.page.locator("#more")).to_be_visible()
    samir.look("360-more")
    samir.page.locator("#more").get_by_role("link", name="People").tap()
    samir.page.wait_for_url("**/people")
    dock.get_by_role("button", name="New").tap()
    expect(samir.page.locator("#new")).to_be_visible()
    samir.page.keyboard.press("Escape")
    samir.go("/spaces/noorderlicht/wiki/waterwoorden")
    samir.button("Pages").tap()
    expect(samir.page.locator("#pages")).to_be_in_viewport()
    samir.look("360-pages")
    samir.button("Close pages").tap()
    samir.button("On this page").tap()
    expect(samir.page.locator("#margin")).to_be_in_viewport()
    samir.look("360-contents")
