"""Templates, tags, taking out and bringing in, as pages without scripts."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape

from flask import Flask

from community.exchange import keeping
from community.extensions import db
from community.jobs.work import run_one
from community.microblog.actions import create_post
from community.topics.actions import merge_topics
from community.topics.models import Topic
from community.wiki.actions import create_page
from community.wiki.models import Page
from community.wiki.queries import page_for
from community.wiki.templates import set_template
from tests.blueprints.api_callers import program_of
from tests.conftest import count_queries, post_form, token_of
from tests.world import World

WIKI = "/spaces/noorderlicht/wiki"


def page_at(world: World, path: str) -> Page:
    db.session.expire_all()
    return page_for(world.actor("noor"), world.space("noorderlicht"), path)


def test_noor_tags_a_page_and_finds_the_others_with_the_tag(app: Flask, world: World, as_person, catch_up) -> None:
    noor = as_person("noor")
    fields = {"title": "Loops", "body": "Nine.", "tags": "Besluit, status = concept,#besluit"}
    assert post_form(noor, f"{WIKI}?action=new", WIKI, **fields).status_code == 303
    assert page_at(world, "loops").tags == ["Besluit", "status=concept"]
    page = noor.get(f"{WIKI}/loops").text
    assert 'href="/topics/Besluit"' in page
    assert 'href="/topics/status%3Dconcept"' in page
    catch_up()
    for topic in ("besluit", "status", "status=concept"):
        assert "Loops" in noor.get(f"/topics/{topic}", follow_redirects=True).text
        assert "Loops" not in as_person("dev").get(f"/topics/{topic}", follow_redirects=True).text
    assert "Loops" in noor.get("/search?q=tag:besluit").text
    assert "Loops" in noor.get("/search?q=tag:status=concept").text
    form = noor.get(f"{WIKI}/loops?action=edit").text
    assert 'value="Besluit, status=concept"' in form
    edit = {"title": "Loops", "body": "Ten.", "base": "1", "tags": "status=klaar"}
    assert post_form(noor, f"{WIKI}/loops?action=edit", f"{WIKI}/loops", **edit).status_code == 303
    assert (page_at(world, "loops").tags, page_at(world, "loops").revision) == (["status=klaar"], 2)
    catch_up()
    assert "Loops" not in noor.get("/topics/besluit").text
    wrong = post_form(
        noor, f"{WIKI}/loops?action=edit", f"{WIKI}/loops", **edit | {"base": "2", "tags": "=x", "body": "Kept"}
    )
    assert wrong.status_code == 422
    assert "Kept" in wrong.text
    assert page_at(world, "loops").revision == 2


def test_the_tags_of_a_wiki_lead_to_a_search_that_is_narrowed_by_more(world: World, as_person, catch_up) -> None:
    team, noor = world.space("noorderlicht"), world.actor("noor")
    create_page(noor, team, title="Loops", body="Nine.", tags=["besluit", "status=in de maak"])
    create_page(noor, world.space("noorderlicht"), title="Queues", body="Ten #klant.", tags=["besluit"])
    create_page(
        world.actor("anna"), world.space("noorderlicht"), title="Stil", body="X", tags=["stil"], audience="coach"
    )
    catch_up()
    samir = as_person("samir")
    html = samir.get(f"{WIKI}?action=index").text
    at = {word: unescape(found) for found, word in re.findall(r'href="(/search[^"]+)"><svg.*?</svg>([^<]+)<', html)}
    assert sorted(at) == ["besluit", "klant", "status", "status=in de maak"]
    found = samir.get(at["besluit"]).text
    assert "/wiki/loops" in found and "/wiki/queues" in found and "#klant" in found and "#besluit</span>" not in found
    alone = samir.get(at["status=in de maak"]).text
    assert "/wiki/loops" in alone and "/wiki/queues" not in alone
    more = unescape(re.search(r'href="(/search[^"]+)"><span class="grow wrap">#klant', found)[1])
    narrowed = samir.get(more).text
    assert "/wiki/queues" in narrowed and "/wiki/loops" not in narrowed
    assert "stil" not in html


def test_a_tag_of_a_topic_that_became_another_leads_on(app: Flask, world: World, as_person, catch_up) -> None:
    theme, host = world.space("theme"), world.actor("mei_lin")
    create_page(host, theme, title="Loops", body="Nine.", tags=["besluit", "één"])
    create_post(host, world.space("theme"), body="A #decision")
    catch_up()
    for name in ("besluit", "één"):
        topics = {topic.key: topic for topic in db.session.scalars(db.select(Topic))}
        merge_topics(world.actor("rik"), topics[name], topics["decision"])
    for name in ("besluit", "één"):
        assert as_person("samir").get(f"/topics/{name}").location == "/topics/decision"
        assert as_person("gus").get(f"/topics/{name}").status_code == 200  # to a guest it never was


def test_a_post_goes_to_the_wiki_with_the_way_back(app: Flask, world: World, as_person) -> None:
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="## Nine hand-overs\n\nCount them.")
    secret = create_post(world.actor("anna"), world.space("noorderlicht"), body="canary-5", audience="coach")
    samir = as_person("samir")
    way = f"{WIKI}?action=new&amp;post={post.id}"
    assert way in samir.get(f"/spaces/noorderlicht/posts/{post.id}").text
    assert way not in as_person("ingrid").get(f"/spaces/noorderlicht/posts/{post.id}").text
    form = samir.get(f"{WIKI}?action=new&post={post.id}").text
    assert 'value="Nine hand-overs"' in form
    assert f"(/spaces/noorderlicht/posts/{post.id})" in form
    assert samir.get(f"{WIKI}?action=new&post={secret.id}").status_code == 404
    assert as_person("joost").get(f"/spaces/getij/wiki?action=new&post={post.id}").status_code == 404


def test_a_page_begins_with_a_template_and_may_have_one_put_into_it(app: Flask, world: World, as_person) -> None:
    samir = as_person("samir")
    team, who = world.space("noorderlicht"), world.actor("noor")
    minutes = create_page(who, team, title="Minutes", body="## Present\n\n## Decided", tags=["verslag"])
    guide = create_page(world.actor("anna"), team, title="Guide of coaches", body="canary-9", audience="coach")
    above = create_page(world.actor("pieter_jan"), world.space("cohort"), title="Canvas", body="## Question")
    assert post_form(samir, f"/spaces/noorderlicht/wiki-template/{minutes.path}", template="default").status_code == 303
    set_template(world.actor("anna"), guide, template="offered")
    set_template(world.actor("pieter_jan"), above, template="offered")
    form = samir.get(f"{WIKI}?action=new").text
    assert "## Present" in form
    assert 'name="tags" type="text" value="verslag"' in form
    assert "Canvas (Cohort 14)" in form
    assert "Guide of coaches" not in form
    assert "Guide of coaches" in as_person("anna").get(f"{WIKI}?action=new").text
    assert "## Present" not in samir.get(f"{WIKI}?action=new&template=0").text
    assert "canary-9" not in samir.get(f"{WIKI}?action=new&template={guide.id}").text
    assert "## Question" in samir.get(f"{WIKI}?action=new&template={above.id}&title=Ours").text
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Today", body="Words")
    base = {"title": "Today", "body": "Words, changed", "base": "1", "insert": "1", "tags": "", "summary": ""}
    for how, expected in (
        ("append", "Words, changed\n\n## Present"),
        ("prepend", "## Decided\n\nWords, changed"),
        ("replace", "\n## Present\n\n## Decided</textarea>"),
    ):
        put = post_form(
            samir, f"{WIKI}/today?action=edit", f"{WIKI}/today", **base | {"template": str(minutes.id), "how": how}
        )
        assert put.status_code == 200
        assert expected in put.text
        assert db.session.get_one(Page, page.id).revision == 1
    hidden = post_form(
        samir, f"{WIKI}/today?action=edit", f"{WIKI}/today", **base | {"template": str(guide.id), "how": "append"}
    )
    assert hidden.status_code == 404
    assert as_person("ingrid").get(f"/spaces/noorderlicht/wiki-template/{minutes.path}").status_code == 403
    assert "New pages begin with this" in samir.get(f"{WIKI}/minutes").text


def test_a_short_export_comes_at_once_and_a_long_one_is_made_ready(
    app: Flask, world: World, as_person, monkeypatch
) -> None:
    samir, outsider = as_person("samir"), as_person("dev")
    for number in range(3):
        create_page(
            world.actor("noor"), world.space("noorderlicht"), title=f"Ønske {number}", body="Words", path=f"a/{number}"
        )
    form = samir.get("/spaces/noorderlicht/wiki-export")
    assert "3 pages" in form.text
    for kind, media_type in (
        ("pdf", "application/pdf"),
        ("html", "text/html"),
        ("markdown", "application/zip"),
        ("text", "text/plain"),
    ):
        with samir.get(f"/spaces/noorderlicht/wiki-export/file?format={kind}&below=1") as answer:
            assert answer.mimetype == media_type
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
            assert len(answer.data) == int(answer.headers["Content-Length"])
        assert outsider.get(f"/spaces/noorderlicht/wiki-export/file?format={kind}&below=1").status_code == 404
    assert samir.get("/spaces/noorderlicht/wiki-export/file?format=exe").status_code == 404
    assert samir.get("/spaces/noorderlicht/wiki-export/file?format=pdf&path=nowhere").status_code == 404
    monkeypatch.setattr(keeping, "SHORT_PAGES", 2)
    question = samir.get("/spaces/noorderlicht/wiki-export/file?format=text&below=1").text
    assert "3 pages" in question
    fields = {"path": "", "below": "1", "format": "text", "csrf_token": token_of(question)}
    place = samir.post("/spaces/noorderlicht/wiki-export", data=fields).headers["Location"]
    assert 'http-equiv="refresh"' in samir.get(place).text
    for other in ("kwame", "rik", "dev"):
        assert as_person(other).get(place).status_code == 404
    while run_one():
        pass
    ready = samir.get(place).text
    assert "refresh" not in ready
    assert samir.get(f"{place}/file").status_code == 405  # looking ahead fetches nothing
    with samir.post(f"{place}/file", data={"csrf_token": token_of(ready)}) as answer:
        assert answer.text.startswith("Ønske 0")
    assert samir.post(f"{place}/file", data={"csrf_token": token_of(ready)}).status_code == 303
    assert "was fetched" in samir.get(place).text


def test_an_import_shows_its_plan_first_and_then_what_came_of_it(app: Flask, world: World, as_person) -> None:
    samir = as_person("samir")
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr("Gids/een.md", "# Eén\n\n[twee](twee.md)")
        archive.writestr("Gids/twee.md", "Twee")
        archive.writestr("Gids/leeg.md", " ")
        archive.writestr("Gids/<b>.png", b"\x89PNG\r\n\x1a\n")
    form = samir.get("/spaces/noorderlicht/wiki-import").text
    data = {"csrf_token": token_of(form), "under": "bron", "over": "beside"}
    place = samir.post(
        "/spaces/noorderlicht/wiki-import", data=data | {"files": (io.BytesIO(into.getvalue()), "g.zip")}
    )
    assert place.status_code == 303
    plan = samir.get(place.headers["Location"])
    assert "bron/gids/een" in plan.text
    assert "This page is empty." in plan.text
    assert "<b>.png" not in plan.text
    assert db.session.query(Page).count() == 0
    assert as_person("kwame").get(place.headers["Location"]).status_code == 404
    for _ in range(2):  # a double click
        fields = {"csrf_token": token_of(plan.text), "do": "start"}
        assert samir.post(place.headers["Location"], data=fields).status_code == 303
    while run_one():
        pass
    done = samir.get(place.headers["Location"]).text
    assert "2 pages came in" in done
    assert page_at(world, "bron/gids/een").body == "[[bron/gids/twee|twee]]"
    for content, name, under, word in (
        (b"x", "x.exe", "", "Send a ZIP file"),
        (b"x", "x.zip", "", "no archive"),
        (b"PK x", "x.docx", "", "Open it in Word"),
        (b"x", "x.md", "A B", "Use small letters"),
        (b"", "", "", "Choose at least one file"),
    ):
        refused = samir.post(
            "/spaces/noorderlicht/wiki-import", data=data | {"under": under, "files": (io.BytesIO(content), name)}
        )
        assert refused.status_code == 422
        assert word in refused.text
        assert f'value="{under}"' in refused.text
    assert as_person("ingrid").get("/spaces/noorderlicht/wiki-import").status_code == 403
    fatma = as_person("fatma")
    dutch = fatma.get("/spaces/noorderlicht/wiki-import").text
    assert "Pagina's importeren" in dutch.replace("&#39;", "'")
    sent = {"csrf_token": token_of(dutch), "over": "beside", "under": "", "files": (io.BytesIO(b"PK x"), "x.docx")}
    refused = fatma.post("/spaces/noorderlicht/wiki-import", data=sent).text
    assert "Dit document is niet te lezen. Open het in Word" in refused and "cannot" not in refused.split("<main")[1]


def test_tags_and_templates_cost_a_page_no_query(app: Flask, world: World, as_person) -> None:
    noor = as_person("noor")
    for title, tags in (("Plain", []), ("Tagged", [f"tag-{n}=x" for n in range(20)])):
        create_page(world.actor("noor"), world.space("noorderlicht"), title=title, body="Words", tags=tags)
    counts = []
    for path in ("plain", "tagged", "plain", "tagged"):
        with count_queries() as asked:
            assert noor.get(f"{WIKI}/{path}").status_code == 200
        counts.append(len(asked))
    assert counts[2] == counts[3]


def test_only_pages_with_a_diagram_may_hold_a_frame_and_only_the_frame_may_be_one(
    app: Flask, world: World, as_person
) -> None:
    noor = as_person("noor")
    for title, body in (("Plain", "Words"), ("Drawn", "```mermaid\ngraph LR\n  A --> B\n```")):
        create_page(world.actor("noor"), world.space("noorderlicht"), title=title, body=body)
    plain, drawn = noor.get(f"{WIKI}/plain"), noor.get(f"{WIKI}/drawn")
    assert "frame-src" not in plain.headers["Content-Security-Policy"]
    policy = drawn.headers["Content-Security-Policy"]
    assert policy == plain.headers["Content-Security-Policy"] + "; frame-src 'self'"
    assert drawn.headers["X-Frame-Options"] == "DENY"
    frame = app.test_client().get("/diagram")
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    said = {
        name: rest for name, *rest in (part.split() for part in frame.headers["Content-Security-Policy"].split("; "))
    }
    assert said["default-src"] == said["base-uri"] == said["form-action"] == ["'none'"]
    assert said["sandbox"] == ["allow-scripts"]
    assert said["frame-ancestors"] == ["'self'"]
    assert "connect-src" not in said
    for name in ("draw.js", "mermaid.js"):
        with app.test_client().get(f"/diagram/{name}") as script:
            assert script.status_code == 200
            assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert app.test_client().get("/diagram/app.js").status_code == 404


def test_a_program_can_do_the_same(app: Flask, world: World) -> None:
    noor, dev = program_of(world, app.test_client, "noor"), program_of(world, app.test_client, "dev")
    made = noor.post(
        "/spaces/noorderlicht/wiki", {"title": "Minutes", "body": "## Present", "tags": ["verslag", "status=klaar"]}
    ).json
    assert made["tags"] == ["verslag", "status=klaar"]
    marked = noor.patch("/spaces/noorderlicht/wiki/minutes", {"template": "offered", "tags": ["verslag"]}).json
    assert (marked["template"], marked["tags"], marked["revision"]) == ("offered", ["verslag"], 1)
    assert [page["id"] for page in noor.items("/spaces/noorderlicht/templates")] == [made["id"]]
    assert dev.get("/spaces/noorderlicht/templates").status_code == 404
    today = noor.post("/spaces/noorderlicht/wiki", {"title": "Today", "template": made["id"]}).json
    assert (today["body"], today["tags"]) == ("## Present", ["verslag"])
    assert noor.post("/spaces/noorderlicht/wiki", {"title": "None"}).status_code == 422
    assert noor.post("/spaces/noorderlicht/wiki", {"title": "None", "template": today["id"]}).status_code == 404
    assert noor.patch("/spaces/noorderlicht/wiki/today", {"tags": ["=="]}).status_code == 422
    ordered = noor.post("/spaces/noorderlicht/exports", {"format": "markdown"})
    assert ordered.status_code == 201
    place = f"/exchanges/{ordered.json['id']}"
    assert noor.post(f"{place}/file").status_code == 409
    while run_one():
        pass
    assert noor.get(place).json["state"] == "done"
    assert dev.get(place).status_code == dev.post(f"{place}/file").status_code == 404
    with noor.post(f"{place}/file") as taken:
        archive = taken.data
    assert noor.post(f"{place}/file").status_code == 409
    assert dev.post("/spaces/noorderlicht/exports", {"format": "text"}).status_code == 404
    assert noor.post("/spaces/noorderlicht/exports", {"path": "nowhere"}).status_code == 404
    plan = noor.post("/spaces/noorderlicht/imports?name=a.zip&under=again", data=archive).json
    assert [page["path"] for page in plan["pages"]] == ["again/minutes", "again/today"]
    assert noor.post("/spaces/noorderlicht/imports?name=a.exe", data=b"x").status_code == 422
    assert dev.post("/spaces/noorderlicht/imports?name=a.md", data=b"x").status_code == 404
    assert noor.post(f"/exchanges/{plan['id']}/start").json["state"] == "waiting"
    assert noor.delete(f"/exchanges/{plan['id']}").status_code == 409
    while run_one():
        pass
    done = noor.get(f"/exchanges/{plan['id']}").json
    assert (done["state"], [line["path"] for line in done["report"]]) == ("done", ["again/minutes", "again/today"])
    assert noor.get("/spaces/noorderlicht/wiki/again/minutes").json["template"] == "offered"
    assert noor.delete(f"/exchanges/{plan['id']}").status_code == 204
    assert noor.get(f"/exchanges/{plan['id']}").status_code == 404
