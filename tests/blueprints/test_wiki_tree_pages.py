"""The tree of a wiki in a browser without scripts and through the API: branches, moves, links that follow, the bin."""

from __future__ import annotations

import re

import pytest

from community.spaces.actions import add_member
from community.wiki.actions import create_page, delete_page, edit_page, rename_page
from community.wiki.bin import bin_of
from community.wiki.queries import page_for
from tests.blueprints.api_callers import program_of
from tests.conftest import post_form
from tests.world import World

WIKI = "/spaces/noorderlicht/wiki"
BIN = "/spaces/noorderlicht/wiki-bin"
PATHS = ("a", "a/b", "a/b/c", "d")


@pytest.fixture
def pages(world: World) -> None:
    for path in PATHS:
        title, body = path.rsplit("/", 1)[-1].upper(), f"Words of {path}. See [[D]]."
        create_page(world.actor("kwame"), world.space("noorderlicht"), title=title, body=body, path=path)


def _tree(html: str) -> list[str]:
    side = html[html.index('class="sheet tree"') : html.index("<article")]
    return re.findall(r'class="leaf" href="/spaces/noorderlicht/wiki/([^"]+)"', side)


def test_the_side_opens_the_way_to_the_page_and_branches_open_by_links(as_person, pages) -> None:
    samir = as_person("samir")
    html = samir.get(f"{WIKI}/d").text
    assert _tree(html) == ["a", "d"]
    assert 'href="/spaces/noorderlicht/wiki?action=below&amp;under=a"' in html
    html = samir.get(f"{WIKI}/a/b/c").text
    assert _tree(html) == ["a", "a/b", "a/b/c", "d"]
    crumbs = html[html.index("<article") :]
    assert crumbs.index(f'href="{WIKI}/a"') < crumbs.index(f'href="{WIKI}/a/b"') < crumbs.index('<h1 id="title">')
    below = samir.get(f"{WIKI}?action=below&under=a").text
    assert "Pages below “A”" in below and f'href="{WIKI}/a/b"' in below
    alone = samir.get(f"{WIKI}?action=below&under=a&after=nonsense", headers={"X-Fragment": "1"}).text
    assert alone.strip().startswith("<ul") and "<html" not in alone
    assert samir.get(f"{WIKI}?action=below&under=nothing").status_code == 404
    assert as_person("dev").get(f"{WIKI}?action=below").status_code == 404


def test_moving_by_form_step_and_name(as_person, pages) -> None:
    kwame, form = as_person("kwame"), f"{WIKI}/d/rename"
    html = kwame.get(form).text
    assert "Before “A”" in html and "Below “A”" in html and "Behind" not in html
    assert post_form(kwame, form, how="up").location == f"{WIKI}/d"
    assert _tree(kwame.get(f"{WIKI}/d").text) == ["d", "a"]
    assert post_form(kwame, form, how="up").status_code == 422  # it stands there already
    assert post_form(kwame, form, how="under", under="B").location == f"{WIKI}/a/b/d"
    assert kwame.get(f"{WIKI}/d?action=edit").location == f"{WIKI}/a/b/d?action=edit"
    form = f"{WIKI}/a/b/d/rename"
    assert post_form(kwame, form, how="drop", at="a/b/c", where="before").location == f"{WIKI}/a/b/d"
    assert _tree(kwame.get(f"{WIKI}/a/b/d").text) == ["a", "a/b", "a/b/d", "a/b/c"]
    assert post_form(kwame, form, how="out").location == f"{WIKI}/a/d"
    assert post_form(kwame, f"{WIKI}/a/d/rename", how="in").location == f"{WIKI}/a/b/d"
    for fields, said in (
        ({"how": "under", "under": "Nobody wrote this"}, "No page here has this title"),
        ({"how": "drop", "at": "gone", "where": "in"}, "not there any more"),
        ({"title": "D", "path": "a/b/c"}, "in use"),
    ):
        answer = post_form(kwame, form, **fields)
        assert answer.status_code == 422 and said in answer.text, fields
        assert 'value="a/b/c"' in answer.text or "path" not in fields
    answer = post_form(kwame, f"{WIKI}/a/rename", how="under", under="a/b")
    assert answer.status_code == 422 and "below itself" in answer.text
    assert post_form(kwame, form, how="sideways").status_code == 400
    assert as_person("ingrid").get(f"{WIKI}/a/rename").status_code == 403


def test_a_page_is_begun_below_another(as_person, world: World, pages) -> None:
    samir = as_person("samir")
    link = re.search(r'href="([^"]+action=new[^"]+)"[^>]*>.{0,200}New page below', samir.get(f"{WIKI}/a/b").text)[1]
    link = link.replace("&amp;", "&")
    assert 'value="a/b/"' in samir.get(link).text
    for address in ("a/b/c-2", "a/b/c-3"):
        answer = post_form(samir, link, WIKI, title="C", body="Below B.", path="a/b/")
        assert answer.location == f"{WIKI}/{address}"
    assert post_form(samir, link, WIKI, title="New", body="x", path="a/").location == f"{WIKI}/a/new-2"
    assert _tree(samir.get(f"{WIKI}/a/b").text) == ["a", "a/b", "a/b/c", "a/b/c-2", "a/b/c-3", "a/new-2", "d"]
    assert post_form(samir, link, WIKI, title="T" * 90, body="x", path="p" * 470 + "/").status_code == 422
    assert post_form(samir, link, WIKI, title="Top", body="x", path="/").status_code == 422


def test_another_space_is_asked_first(as_person, world: World, pages) -> None:
    add_member(world.actor("rik"), world.space("getij"), world.person("kwame"), role="member")
    kwame, form = as_person("kwame"), f"{WIKI}/a/rename"
    assert '<option value="getij">Team Getij</option>' in kwame.get(form).text
    assert post_form(kwame, form, how="space", space="theme").status_code == 422
    samir = as_person("samir")
    assert _tree(samir.get(f"{WIKI}/d").text) == ["a", "d"]
    asked = post_form(kwame, form, how="space", space="getij")
    assert asked.status_code == 200
    assert "2 pages below it go along." in asked.text and "Whoever is not in Team Getij" in asked.text
    assert kwame.get(f"{WIKI}/a").status_code == 200
    moved = post_form(kwame, form, how="space", space="getij", sure="1")
    assert moved.location == "/spaces/getij/wiki/a"
    assert _tree(samir.get(f"{WIKI}/d").text) == ["d"]  # also where the tree was kept
    assert as_person("joost").get("/spaces/getij/wiki/a/b/c").status_code == 200
    assert kwame.get(f"{WIKI}/a/b").location == "/spaces/getij/wiki/a/b"
    assert samir.get(f"{WIKI}/a/b").status_code == 404
    assert as_person("joost").get(f"{WIKI}/a").data == as_person("joost").get("/spaces/nowhere/wiki/a").data


def test_who_links_here(as_person, world: World, pages, catch_up) -> None:
    create_page(world.actor("anna"), world.space("noorderlicht"), title="Stil", body="[[D]]", audience="coach")
    catch_up()
    samir = as_person("samir")
    html = samir.get(f"{WIKI}/d?action=links").text
    assert html.count("Words of a") == 3 and "Stil" not in html
    assert "Stil" in as_person("anna").get(f"{WIKI}/d?action=links").text
    assert "No page links here yet." in samir.get(f"{WIKI}/a?action=links").text


def test_deleting_asks_about_what_stands_below_and_the_bin_gives_it_back(
    as_person, world: World, pages, catch_up
) -> None:
    kwame = as_person("kwame")
    assert "2 pages stand below it" in kwame.get(f"{WIKI}/a/delete").text
    assert post_form(kwame, f"{WIKI}/a/delete", below="stay").status_code == 303
    assert _tree(kwame.get(f"{WIKI}/d").text) == ["a/b", "d"]
    assert post_form(kwame, f"{WIKI}/a/b/delete", below="along").status_code == 303
    html = kwame.get(f"{WIKI}?action=bin").text
    assert "With 1 page below it" in html and html.count("Deleted by Kwame Mensah") == 2
    lies = {one.path: one.id for one in bin_of(world.actor("kwame"), world.space("noorderlicht")).items}
    back = post_form(kwame, f"{WIKI}?action=bin", f"{BIN}/{lies['a/b']}/restore")
    assert back.location == f"{WIKI}/a/b"
    assert _tree(kwame.get(f"{WIKI}/a/b").text) == ["a/b", "a/b/c", "d"]
    assert post_form(kwame, f"{WIKI}?action=bin", f"{BIN}/{lies['a']}/restore").location == f"{WIKI}/a"
    assert _tree(kwame.get(f"{WIKI}/a/b").text) == ["a", "a/b", "a/b/c", "d"]
    catch_up()
    kwame.get(f"{WIKI}/d")
    delete_page(world.actor("kwame"), page_for(world.actor("kwame"), world.space("noorderlicht"), "d"))
    number = bin_of(world.actor("kwame"), world.space("noorderlicht")).items[0].id
    assert kwame.get(f"{BIN}/{number}/delete").status_code == 403
    chief = as_person("pieter_jan")
    assert "“A”, “B”, “C”" in chief.get(f"{BIN}/{number}/delete").text
    assert post_form(chief, f"{BIN}/{number}/delete").status_code == 303
    for stranger in ("ingrid", "joost", "dev"):
        assert as_person(stranger).get(f"{BIN}/{number}/delete").status_code == 404
    assert as_person("ingrid").get(f"{WIKI}?action=bin").status_code == 403
    assert "The bin is empty." in kwame.get(f"{WIKI}?action=bin").text


def test_what_is_written_while_the_page_goes_or_moves_is_kept(as_person, world: World, pages) -> None:
    samir, kwame = as_person("samir"), world.actor("kwame")
    form = samir.get(f"{WIKI}/a/b?action=edit").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)[1]
    number = re.search(r'name="page_id" value="([^"]+)"', form)[1]
    data = {"csrf_token": token, "page_id": number, "title": "B", "body": "Words that I typed.", "base": "1"}
    rename_page(kwame, page_for(kwame, world.space("noorderlicht"), "a"), path="z")
    assert samir.post(f"{WIKI}/a/b", data=data).location == f"{WIKI}/z/b"
    delete_page(kwame, page_for(kwame, world.space("noorderlicht"), "z/b"))
    answer = samir.post(f"{WIKI}/z/b", data={**data, "body": "More words.", "base": "2"})
    assert answer.status_code in (404, 409)
    assert "Somebody took it away while you were writing." in answer.text and "More words." in answer.text


def test_staff_take_old_words_away(as_person, world: World, pages) -> None:
    page = page_for(world.actor("noor"), world.space("noorderlicht"), "d")
    edit_page(world.actor("noor"), page, body="Somebody's telephone number.", base=1)
    edit_page(world.actor("noor"), page, body="Without it.", base=2)
    assert "Deze tekst weghalen" not in as_person("noor").get(f"{WIKI}/d?action=history").text
    assert as_person("noor").get(f"{WIKI}/d/delete?rev=2").status_code == 403
    chief = as_person("pieter_jan")
    assert "Deze tekst weghalen" in chief.get(f"{WIKI}/d?action=history").text
    assert post_form(chief, f"{WIKI}/d/delete?rev=2", f"{WIKI}/d/delete", rev="2").status_code == 303
    html = as_person("noor").get(f"{WIKI}/d?action=history").text
    assert "Tekst weggehaald door Pieter-Jan Hoekstra" in html and "?rev=2" not in html
    for address in (f"{WIKI}/d?rev=2", f"{WIKI}/d?diff=2&rev=3"):
        assert as_person("noor").get(address).status_code == 404


def test_the_api_does_what_the_pages_do(app, world: World, pages, catch_up) -> None:
    add_member(world.actor("rik"), world.space("getij"), world.person("kwame"), role="member")
    kwame, chief = program_of(world, app.test_client, "kwame"), program_of(world, app.test_client, "pieter_jan")
    samir, ingrid = program_of(world, app.test_client, "samir"), program_of(world, app.test_client, "ingrid")

    def top(path: str = f"{WIKI}?tree&limit=1") -> list[tuple[str, bool]]:
        return [(one["path"], one["opens"]) for one in samir.items(path)]

    catch_up()
    assert top() == [("a", True), ("d", False)] and top(f"{WIKI}/a?below") == [("a/b", True)]
    assert samir.get(f"{WIKI}?tree&cursor=x").status_code == 422
    assert [one["path"] for one in samir.items(f"{WIKI}/d?backlinks&limit=1")] == ["a", "a/b", "a/b/c"]
    assert kwame.post(f"{WIKI}/d/move", {"after": None}).json["path"] == "d"
    assert top() == [("d", False), ("a", True)]
    assert kwame.post(f"{WIKI}/d/move", {"under": "a", "after": "a/b"}).json["path"] == "a/d"
    assert top(f"{WIKI}/a?below") == [("a/b", True), ("a/d", False)]
    assert kwame.post(f"{WIKI}/a/move", {"under": "a/b"}).json["field"] == "under"
    assert kwame.post(f"{WIKI}/a/move", {"under": "nothing"}).json["field"] == "under"
    assert kwame.post(f"{WIKI}/a/move", {}, headers={"If-Match": '"r1-9"'}).status_code == 412
    assert ingrid.post(f"{WIKI}/a/move", {"under": None}).status_code == 403
    moved = kwame.post(f"{WIKI}/a/d/move", {"space": "getij", "alone": True})
    assert (moved.json["space"], moved.json["path"]) == ("getij", "d")
    assert kwame.get(f"{WIKI}/a/d").location.endswith("/api/v1/spaces/getij/wiki/d")
    assert samir.get(f"{WIKI}/a/d").status_code == 404
    assert kwame.delete(f"{WIKI}/a?below").status_code == 204
    lies = samir.get(BIN).json["items"]
    assert [(one["title"], one["path"], one["pages"], one["by"]["name"]) for one in lies] == [
        ("A", "a", 3, "Kwame Mensah")
    ]
    assert ingrid.get(BIN).json["items"] == []
    assert samir.post(f"{BIN}/{lies[0]['id']}/restore").json["path"] == "a"
    assert samir.post(f"{BIN}/{lies[0]['id']}/restore").status_code == 404
    tag = kwame.put(f"{WIKI}/a", {"body": "Two"}, headers={"If-Match": "*"}).headers["ETag"]
    assert kwame.delete(f"{WIKI}/a?rev=1").status_code == 403 and chief.delete(f"{WIKI}/a?rev=1").status_code == 204
    assert [one["removed"] for one in samir.get(f"{WIKI}/a?history").json["items"]] == [False, True]
    assert kwame.delete(f"{WIKI}/a", headers={"If-Match": tag}).status_code == 204
    number = samir.get(BIN).json["items"][0]["id"]
    assert samir.delete(f"{BIN}/{number}").status_code == 403 and chief.delete(f"{BIN}/{number}").status_code == 204
    assert samir.get(BIN).json["items"] == []
