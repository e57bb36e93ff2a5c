"""What stands where on the pages of files: what one does each day as buttons, the rest in one menu."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask import Flask

from community.clock import now
from community.files.actions import create_folder, upload_file
from community.files.changing import tag_file
from community.files.drop_actions import create_drop
from community.files.incoming import receive
from community.files.links import shortcut
from tests.world import World

FILES = "/spaces/noorderlicht/files"


@pytest.fixture
def kept(app: Flask, world: World) -> World:
    """A folder, one that collects, a text with a tag and a link."""
    noor, team = world.actor("noor"), world.space("noorderlicht")
    create_folder(noor, team, name="Evidence")
    create_drop(world.actor("anna"), team, name="Interviews", closes_at=now() + timedelta(days=2))
    for name, content in (("plan.txt", b"one"), ("Budget.url", shortcut("https://docs.example.org/budget"))):
        came = receive(app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=1000)
        file = upload_file(noor, team, name=came.name, stored=came.stored, media_type=came.media_type)
        if name == "plan.txt":
            tag_file(noor, file, tags=["mid-review"])
    return world


def _menu(page: str) -> str:
    found = re.search(r'id="menu-here" popover>(.*?)</div>', page, re.DOTALL)
    assert found
    return found[1]


def test_the_top_has_one_menu_for_what_is_rare(kept: World, as_person) -> None:
    page = as_person("samir").get(FILES).text
    menu = _menu(page)
    for way in ("links/new", "from-stream", "shares", "files-trash"):
        assert f'href="/spaces/noorderlicht/{way}"' in menu, way
    assert 'href="/settings/drive"' in menu and 'data-choose="folder"' in menu and "drops/new" not in menu
    assert "/spaces/noorderlicht/drops/new" in _menu(as_person("anna").get(FILES).text)
    reads = _menu(as_person("ingrid").get(FILES).text)
    assert "from-stream" in reads and not re.search("links/new|shares|files-trash|data-choose", reads)


def test_a_folder_has_its_own_deeds_there(kept: World, as_person) -> None:
    menu = _menu(as_person("noor").get(f"{FILES}/Evidence").text)
    for words in ("do=zip", "do=move", "do=delete", "/rename", "/shares", "/notifications/level/folder/", "?in="):
        assert words in menu, words


def test_a_folder_that_collects_offers_no_folder_and_no_link(kept: World, as_person) -> None:
    page = as_person("samir").get(f"{FILES}/Interviews").text
    assert "files-folder" not in page and "links/new" not in page and 'data-choose="folder"' not in page
    assert 'data-choose="files"' in page and "You have sent nothing here yet." in page
    assert "drops/new" not in as_person("anna").get(f"{FILES}/Interviews").text


def test_a_file_shows_its_tags_and_its_kind_in_words(kept: World, as_person) -> None:
    page = as_person("samir").get(f"{FILES}/plan.txt?about").text
    assert '<a class="badge" href="/topics/mid-review">' in page and '<dd class="wrap">Text, TXT</dd>' in page
    for words in ("do=tag", "do=move", "do=copy", "/rename", "/working", "/shares"):
        assert words in page, words


def test_a_link_is_opened_not_downloaded_or_replaced_by_a_file(kept: World, as_person) -> None:
    page = as_person("samir").get(f"{FILES}/Budget.url?about").text
    assert '<h1 class="wrap">Budget</h1>' in page and "https://docs.example.org/budget" in page
    assert 'type="file"' not in page and 'btn go" href="/spaces' not in page
