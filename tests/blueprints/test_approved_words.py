"""Where a space shows approved words alone, who does not write there meets these and nothing that was written since, wherever they
look: pages, lists, exports, search, topics, notices, mails, calls.
"""

from __future__ import annotations

import io
import re
import zipfile

import pytest

from community.activity.outbox import run_until_idle
from community.comments.actions import create_comment
from community.jobs import work
from community.notifications.keeping import set_level
from community.search import consumer as of_search
from community.spaces.actions import update_space
from community.topics import consumer as of_topics
from community.wiki.actions import create_page, edit_page
from community.wiki.queries import page_for
from community.wiki.review import approve_page
from tests.blueprints.api_callers import program_of
from tests.conftest import post_form

WIKI = "/spaces/noorderlicht/wiki"
NEVER = ("geheim", "verborgen")


@pytest.fixture
def page(world, catch_up):
    """A page that was approved, and has another title, other words and another #topic since; two pages around it."""
    team = world.space("noorderlicht")
    update_space(world.actor("pieter_jan"), team, shows_approved=True)
    noor, anna = world.actor("noor"), world.actor("anna")
    made = create_page(noor, team, title="Antwoord", body="Eerste woorden #bekend, zie [[Ander]].", path="antwoord")
    other = create_page(noor, team, title="Ander", body="Zie [[Antwoord]].")
    below = create_page(noor, team, title="Lager", body="Lagere woorden.", path="antwoord/lager")
    for one in (made, other, below):
        approve_page(anna, page_for(anna, team, one.path), revision=1)
    set_level(world.actor("ingrid"), page_for(world.actor("ingrid"), team, "antwoord"), "watch")
    found = page_for(noor, team, "antwoord")
    create_comment(world.actor("ingrid"), found, body="Mijn opmerking.")
    edit_page(noor, found, title="Geheim antwoord", body="Geheim #verborgen [[Ander]] plan.", base=1)
    create_comment(noor, page_for(noor, team, "antwoord"), body="Mijn antwoord erop.")
    catch_up()
    return made


# Where titles of other pages stand, which tests of the tree look at.
_BESIDE = re.compile(r'<div class="sheet tree" id="pages".*?</div>|<nav class="crumbs".*?</nav>', re.DOTALL)


def _text(answer):
    data = answer.get_data()
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as held:
            return "\n".join(held.read(name).decode("utf-8", "replace") + name for name in held.namelist())
    return data.decode("utf-8", "replace")


def _pages(page):
    formats = ("html", "markdown", "text", "zip")
    return [
        "/", "/notifications", "/settings/notifications", "/bookmarks", "/topics", "/topics/bekend", "/topics/verborgen",
        "/search?q=woorden", "/search?q=geheim", "/search?q=opmerking", "/search?q=title:antwoord", "/search?q=tag:verborgen",
        "/spaces/noorderlicht", WIKI, f"{WIKI}?action=index", f"{WIKI}?action=care", f"{WIKI}?action=below",
        f"{WIKI}/antwoord", f"{WIKI}/antwoord?action=history", f"{WIKI}/antwoord?action=links", f"{WIKI}/ander",
        f"{WIKI}/ander?action=links", f"{WIKI}/antwoord/lager", f"{WIKI}-care/antwoord", f"{WIKI}-export?path=antwoord",
        f"/who/page/{page.id}", f"/notifications/level/page/{page.id}", f"/bookmarks/page/{page.id}",
        *(f"{WIKI}-export/file?below=1&format={kind}" for kind in formats),
    ]  # fmt: skip


CALLS = (
    "/spaces/noorderlicht/wiki", "/spaces/noorderlicht/wiki?tree=1", "/spaces/noorderlicht/wiki/antwoord",
    "/spaces/noorderlicht/wiki/antwoord?history=1", "/spaces/noorderlicht/wiki/antwoord?backlinks=1",
    "/spaces/noorderlicht/wiki/antwoord?below=1", "/spaces/noorderlicht/wiki/ander?backlinks=1",
    "/spaces/noorderlicht/wiki-care/antwoord", "/spaces/noorderlicht/wiki/antwoord/comments", "/search?q=woorden",
    "/search?q=opmerking", "/search?q=geheim", "/topics", "/topics/verborgen", "/notifications", "/activity", "/bookmarks",
)  # fmt: skip


def test_who_does_not_write_meets_approved_words_alone(app, world, as_person, page):
    ingrid, program = as_person("ingrid"), program_of(world, app.test_client, "ingrid")
    assert post_form(ingrid, f"/bookmarks/page/{page.id}", note="").status_code in (200, 303)
    met = {}
    for path in _pages(page):
        with ingrid.get(path, follow_redirects=True) as answer:
            met[path] = _text(answer)
    for path in CALLS:
        met[f"api {path}"] = _text(program.get(path))
    told = {}
    assert [topic for topic in met["/topics"].split() if "verborgen" in topic] == []
    for where, words in met.items():
        asked = where.rpartition("=")[2].rpartition("/")[2].rpartition(":")[2]  # the page may say what was asked for
        told[where] = [word for word in NEVER if word in _BESIDE.sub("", words).lower() and word != asked]
    assert {where: words for where, words in told.items() if words} == {}
    assert "Eerste woorden" in met[f"{WIKI}/antwoord"] and "Antwoord" in met["/search?q=woorden"]
    assert "Eerste woorden" in met["api /spaces/noorderlicht/wiki/antwoord"]
    for kind in ("html", "markdown", "text"):
        assert "Eerste woorden" in met[f"{WIKI}-export/file?below=1&format={kind}"], kind
    assert "Antwoord" in met[f"{WIKI}/ander?action=links"] and f'href="{WIKI}/antwoord"' in met[f"{WIKI}/ander"]
    noor = as_person("noor")
    assert "Geheim antwoord" in noor.get(f"{WIKI}/ander?action=links").text
    with noor.get(f"{WIKI}-export/file?below=1&format=text") as answer:
        assert "Geheim" in _text(answer)


def test_what_a_space_shows_changes_for_its_topics_and_its_index_a_stretch_at_a_time(
    world, as_person, page, monkeypatch
):
    ingrid, boss = as_person("ingrid"), world.actor("pieter_jan")
    monkeypatch.setattr(of_search, "AT_ONCE", 2)
    monkeypatch.setattr(of_topics, "_AT_ONCE", 2)
    for shown, known in ((False, ["verborgen"]), (True, ["bekend"])):
        update_space(boss, world.space("noorderlicht"), shows_approved=shown)
        run_until_idle()
        while work.run_one():
            pass
        found = [word for word in ("bekend", "verborgen") if f"/topics/{word}" in ingrid.get("/topics").text]
        assert found == known
        for word, there in (("geheim", not shown), ("eerste", shown)):
            assert ("/wiki/antwoord" in ingrid.get(f"/search?q={word}").text) == there, (word, shown)
