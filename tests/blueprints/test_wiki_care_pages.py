"""Looking after pages, as people meet it: the badge, the page behind it, what is refused and where it says so."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from community.clock import now
from community.extensions import db
from community.files.actions import upload_file
from community.journal.actions import write_entry
from community.microblog.actions import create_post
from community.spaces.actions import update_space
from community.wiki import seen
from community.wiki.actions import create_page, edit_page
from community.wiki.care import PageSeen
from community.wiki.queries import page_for
from tests.blueprints.api_callers import program_of
from tests.conftest import count_queries, post_form

WIKI = "/spaces/noorderlicht/wiki"


@pytest.fixture
def page(world):
    seen._noted.clear()
    return create_page(world.actor("noor"), world.space("noorderlicht"), title="Antwoord", body="Eerste woorden.")


def test_a_review_round_through_the_pages(world, as_person, page):
    kwame, anna = as_person("kwame"), as_person("anna")
    care = f"{WIKI}-care/antwoord"
    assert "Looking after this page" in kwame.get(f"{WIKI}/antwoord").text
    assert post_form(kwame, care, step="offer", revision=1).status_code == 303
    assert "Ready for review" in anna.get(f"{WIKI}/antwoord").text
    refused = post_form(anna, care, step="return", revision=1, reason="")
    assert refused.status_code == 422 and "Say in a sentence what is still needed." in refused.text
    assert post_form(anna, care, step="return", revision=1, reason="Voor wie is <dit>?").status_code == 303
    html = kwame.get(care).text
    assert "Returned" in html and "Voor wie is &lt;dit&gt;?" in html and "returned revision 1" in html
    edit_page(
        world.actor("noor"),
        page_for(world.actor("noor"), world.space("noorderlicht"), "antwoord"),
        body="Klant.",
        base=1,
    )
    stale = post_form(anna, care, step="approve", revision=1)
    assert stale.status_code == 409 and "Somebody changed this page meanwhile." in stale.text
    assert post_form(anna, care, step="approve", revision=2).status_code == 303
    assert "Approved" in kwame.get(f"{WIKI}/antwoord").text
    assert post_form(kwame, care, step="approve", revision=2).status_code in (303, 403)
    assert post_form(kwame, care, step="fly", revision=2).status_code == 400


def test_a_guest_reads_what_was_approved(world, as_person, page):
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), shows_approved=True)
    ingrid, kwame = as_person("ingrid"), as_person("kwame")
    address = f"{WIKI}/antwoord"
    for path in (address, f"{WIKI}-care/antwoord", f"{address}?rev=1", f"{address}?action=history"):
        assert ingrid.get(path).status_code == 404, path
    assert "Draft" in kwame.get(address).text
    assert post_form(as_person("anna"), f"{WIKI}-care/antwoord", step="approve", revision=1).status_code == 303
    found = page_for(world.actor("noor"), world.space("noorderlicht"), "antwoord")
    edit_page(world.actor("noor"), found, body="Geheim concept.", base=1)
    html = ingrid.get(address).text
    assert "Eerste woorden." in html and "Geheim" not in html and "A newer draft exists" in html
    assert ingrid.get(f"{address}?rev=2").status_code == 404
    assert ingrid.get(f"{address}?diff=1&rev=2").status_code == 404
    assert "Geheim" not in ingrid.get(f"{address}?action=history").text
    assert "Geheim" not in ingrid.get(f"{WIKI}?action=index").text
    assert "Geheim concept." in kwame.get(address).text


def test_owner_reading_favourite_and_overview(world, as_person, page):
    kwame, samir, address = as_person("kwame"), as_person("samir"), f"{WIKI}/antwoord"
    day = (now().date() + timedelta(days=30)).isoformat()
    wrong = post_form(kwame, f"{WIKI}-care/antwoord", step="owner", owner="", review_by=day)
    assert wrong.status_code == 422 and "Choose who looks it over on that day." in wrong.text and day in wrong.text
    assert post_form(kwame, f"{WIKI}-care/antwoord", step="owner", owner="nobody.known").status_code == 422
    assert post_form(kwame, f"{WIKI}-care/antwoord", step="owner", owner="x", review_by="gisteren").status_code == 422
    assert (
        post_form(kwame, f"{WIKI}-care/antwoord", step="owner", owner="samir.el-idrissi", review_by=day).status_code
        == 303
    )
    assert "Samir El Idrissi looks after this page" in samir.get(address).text
    assert post_form(kwame, f"{WIKI}-care/antwoord", step="ask", whom="named", nag="daily").status_code == 422
    asked = post_form(kwame, f"{WIKI}-care/antwoord", step="ask", whom="everybody", nag="daily", until=day)
    assert asked.status_code == 303
    assert "Please read this page." in samir.get(address).text
    assert "Antwoord" in samir.get(f"{WIKI}?action=care").text
    assert post_form(samir, address, f"{WIKI}-read/antwoord", revision=9).status_code == 303
    assert "Please read this page." in samir.get(address).text
    assert post_form(samir, address, f"{WIKI}-read/antwoord", revision=1).status_code == 303
    assert "You have read this." in samir.get(address).text
    told = kwame.get(f"{WIKI}-care/antwoord").text
    assert "Read by 1 of 7" in told and "Ingrid Solheim" in told
    shown = as_person("ingrid").get(f"{WIKI}-care/antwoord").text
    assert "Read by 1 of 7" in shown and "Not yet:" not in shown
    for words in ("true", "false"):
        assert post_form(samir, address, f"{WIKI}-favourite/antwoord").status_code == 303
        assert f'aria-pressed="{words}"' in samir.get(address).text
        assert ("At the top of your list" in samir.get(f"{WIKI}?action=index").text) == (words == "true")
    html = samir.get(f"{WIKI}?action=care").text
    assert "Opened most" in html and "people</span>" not in html
    seen._noted.clear()
    for browser in (kwame, samir):
        browser.get(address).close()  # noted when the answer has left
    html = samir.get(f"{WIKI}?action=care").text
    assert "2 people</span>" in html
    assert db.session.query(PageSeen).filter_by(page_id=page.id).count() == 2
    assert as_person("joost").get(f"{WIKI}-care/antwoord").status_code == 404
    assert as_person("joost").get(f"{WIKI}?action=care").status_code == 404


def test_no_address_of_the_house_shuts_a_page_in(world, as_person, app):
    """Pages that stood there before the wiki had such an address, too."""
    noor, team = world.actor("noor"), world.space("noorderlicht")
    create_page(noor, team, title="Zorg", body="Boven.", path="zorg")
    kwame, program = as_person("kwame"), program_of(world, app.test_client, "kwame")
    for number, word in enumerate(("care", "have-read", "read", "favourite", "readers", "move", "links"), 1):
        at = f"zorg/{word}"
        create_page(noor, world.space("noorderlicht"), title=f"Over {word}", body=f"Woorden {number}.", path=at)
        html = kwame.get(f"{WIKI}/{at}").text
        assert f"Woorden {number}." in html and f'href="{WIKI}-care/{at}"' in html
        saved = post_form(kwame, f"{WIKI}/{at}", title=f"Over {word}", body=f"Nieuw {number}.", base=1)
        assert saved.status_code == 303 and f"Nieuw {number}." in kwame.get(f"{WIKI}/{at}").text
        assert post_form(kwame, f"{WIKI}/{at}", f"{WIKI}-favourite/{at}").status_code == 303
        known = program.get(f"/spaces/noorderlicht/wiki/{at}")
        assert known.json["body"] == f"Nieuw {number}."
        assert program.get(f"/spaces/noorderlicht/wiki-care/{at}").json["favourite"] is True
    assert program.get("/spaces/noorderlicht/wiki-care/zorg").json["favourite"] is False


def test_who_can_see_this_is_told_for_every_kind_and_to_nobody_outside(app, world, as_person, page):
    team, noor = world.space("noorderlicht"), world.actor("noor")
    post = create_post(noor, team, body="Voor de coach.", audience="coach")
    entry = write_entry(noor, title="T", body="B", audience="people", people=[world.person_ids["dev"]])
    stored = app.config["STORAGE"].put(io.BytesIO(b"een plan"), limit_bytes=1000)
    file = upload_file(noor, team, name="plan.txt", stored=stored)
    page_ref, post_ref, entry_ref, file_ref = (
        f"page/{page.id}",
        f"post/{post.id}",
        f"entry/{entry.id}",
        f"file/{file.id}",
    )
    refs = (page_ref, post_ref, entry_ref, file_ref)
    samir, anna, dev = as_person("samir"), as_person("anna"), as_person("dev")
    html = samir.get(f"/who/{page_ref}").text
    assert "Kwame Mensah" in html and "Pieter-Jan Hoekstra" in html and "Pieter-Jan Hoekstra</b>, owner here" in html
    assert "Ingrid Solheim</b>, guest here" in html
    assert "Ingrid Solheim</b>, guest here" in samir.get(f"/who/{file_ref}").text
    html = anna.get(f"/who/{post_ref}").text
    assert "Anna de Wit-Okonkwo</b>, coach here" in html and "Samir" not in html
    assert "Dev Anand" in as_person("noor").get(f"/who/{entry_ref}").text
    assert "1 person</b>, whom the author named" in dev.get(f"/who/{entry_ref}").text
    assert [dev.get(f"/who/{ref}").status_code for ref in refs] == [404, 404, 200, 404]
    assert samir.get(f"/who/{post_ref}").status_code == 404
    assert samir.get("/who/message/1").status_code == 404
    part = samir.get(f"/who/{page_ref}", headers={"X-Fragment": "1"}).text
    assert 'id="confirm-title"' in part and "<main" not in part


def test_what_is_looked_after_costs_a_page_no_question(world, as_person, page):
    kwame, address = as_person("kwame"), f"{WIKI}/antwoord"
    counts = []
    for step in (
        None,
        {"step": "offer", "revision": 1},
        {"step": "owner", "owner": "samir.el-idrissi"},
        {"step": "ask", "whom": "everybody"},
    ):
        if step:
            assert post_form(kwame, f"{WIKI}-care/antwoord", **step).status_code == 303
        kwame.get(address)  # shows what is said of the step once
        kwame.get(address)
        with count_queries() as asked:
            assert kwame.get(address).status_code == 200
        counts.append(len(asked))
    assert counts == [2, 2, 2, 2]  # a page that is kept asks who comes, and whether they may see it
