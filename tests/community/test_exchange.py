"""Pages go out and come in: the same words, nothing that one may not read, and nothing hostile."""

from __future__ import annotations

import io
import re
import stat
import time
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from community.clock import frozen, now
from community.errors import Conflict, Invalid, NotFound, TooMany
from community.exchange import importing, keeping
from community.exchange.bundle import bundle_of
from community.exchange.exporting import FORMATS, write
from community.exchange.importing import source_of
from community.exchange.models import Exchange
from community.extensions import db, write_unit
from community.files.actions import upload_file
from community.files.archives import MOST_ENTRIES, Archive
from community.files.incoming import receive
from community.files.models import File
from community.files.queries import file_for
from community.jobs.work import run_one
from community.ports import ports
from community.spaces.actions import remove_member
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from community.wiki.moves import place_page
from community.wiki.queries import page_for
from community.wiki.templates import set_template
from tests.world import World

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cf00000003010100c9fe92ef0000000049454e44ae426082"
)
LOOPS = (
    "## Why\n\n![The wall](/spaces/noorderlicht/files/wall.png) and [[Evidence/Interviews|talks]], $a^2$.\n\n"
    "> [!NOTE]\n> Nine.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n\n```python\nx = 1\n```\n"
)


@pytest.fixture
def pages(app: Flask, world: World) -> dict[str, Page]:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    for name in ("wall.png", "plan.txt"):
        content = PNG if name.endswith("png") else b"the plan"
        came = receive(ports.storage(), io.BytesIO(content), name, limit_bytes=10_000)
        upload_file(noor, team, name=name, stored=came.stored, media_type=came.media_type)
    made = {
        path: create_page(noor, world.space("noorderlicht"), title=title, body=body, path=path, tags=tags)
        for path, title, body, tags in (
            ("loops", "The “loops” & more", LOOPS, ("status=ready", "Wachtlijst")),
            ("evidence", "Evidence", "See [the plan](/spaces/noorderlicht/files/plan.txt) and [[loops]].\n", ()),
            ("evidence/interviews", "Interviews", "Elf gesprekken: Øvergård, Yıldırım.\n", ("gesprek",)),
        )
    }
    set_template(noor, made["evidence"], template="offered")
    create_page(
        world.actor("anna"), team, title="For coaches", body="canary-7", path="evidence/secret", audience="coach"
    )
    return made


def taken(world: World, who: str, kind: str, root: str = "", whole: bool = True) -> bytes:
    bundle = bundle_of(world.actor(who), world.space("noorderlicht"), root=root, whole=whole)
    into = io.BytesIO()
    write(bundle, kind, into, ports.storage())
    return into.getvalue()


def packed(files: dict[str, bytes | str]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return into.getvalue()


def sent(
    app: Flask, world: World, who: str, name: str, content: bytes, space: str = "noorderlicht", **more
) -> Exchange:
    stored = ports.storage().put_loose(io.BytesIO(content), limit_bytes=100_000_000)
    return keeping.begin_import(world.actor(who), world.space(space), name=name, stored=stored, **more)


def worked() -> None:
    while run_one():
        pass
    db.session.expire_all()


# ---- out ------------------------------------------------------------------------------------------------------------


def test_every_form_holds_every_page_and_nothing_that_one_may_not_read(app: Flask, world: World, pages) -> None:
    for kind in FORMATS:
        first = taken(world, "noor", kind)
        assert len(first) > 100
        assert b"canary-7" not in first
        if kind != "pdf":
            assert taken(world, "noor", kind) == first  # the same pages, the same bytes
    assert b"canary-7" in taken(world, "anna", "text")
    with pytest.raises(NotFound):
        taken(world, "dev", "text")
    with pytest.raises(NotFound):
        taken(world, "noor", "text", root="evidence/secret", whole=False)
    assert (
        taken(world, "noor", "text", root="evidence")
        .decode()
        .startswith("Evidence\n========\n\nSee the plan and loops.")
    )
    assert b"Nine" not in taken(world, "noor", "text", root="evidence")


def test_pages_stand_in_the_order_of_the_tree_and_come_in_so(app: Flask, world: World, pages) -> None:
    noor = world.actor("noor")
    place_page(noor, page_for(noor, world.space("noorderlicht"), "loops"), under=None, after=None)
    titles = [leaf.title for leaf in bundle_of(noor, world.space("noorderlicht")).leaves]
    assert titles == ["The “loops” & more", "Evidence", "Interviews"]
    number = sent(app, world, "joost", "tree.zip", taken(world, "noor", "markdown"), "getij").id
    keeping.start_import(world.actor("joost"), number)
    worked()
    assert [leaf.title for leaf in bundle_of(world.actor("joost"), world.space("getij")).leaves] == titles


def test_html_stands_by_itself(app: Flask, world: World, pages) -> None:
    html = taken(world, "noor", "html").decode()
    assert "<h1>Noorderlicht</h1>" in html
    assert 'src="data:image/png;base64,iVBOR' in html
    assert re.findall(r'(?:src|href)="(?!data:|#|https?://)[^"]*"', html) == []
    assert '<a href="#p3">' in html.replace("loops", "loops")
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    assert "default-src &#x27;none&#x27;" in html or "default-src 'none'" in html
    assert "<math" in html


def test_a_file_of_others_does_not_come_along(app: Flask, world: World, pages) -> None:
    came = receive(ports.storage(), io.BytesIO(b"canary-8"), "secret.txt", limit_bytes=10_000)
    told = {"name": "secret.txt", "media_type": "text/plain", "audience": "coach"}
    upload_file(world.actor("anna"), world.space("noorderlicht"), stored=came.stored, **told)
    words = "[look](/spaces/noorderlicht/files/secret.txt) [and](/spaces/getij/files/none.txt)"
    create_page(world.actor("noor"), world.space("noorderlicht"), title="Guess", body=words)
    with zipfile.ZipFile(io.BytesIO(taken(world, "noor", "markdown"))) as archive:
        assert sorted(archive.namelist()) == [
            *("evidence.md", "evidence/interviews.md", "files/plan.txt", "files/wall.png", "guess.md", "loops.md"),
        ]  # fmt: skip
    with zipfile.ZipFile(io.BytesIO(taken(world, "anna", "markdown"))) as archive:
        assert archive.read("files/secret.txt") == b"canary-8"


def test_a_pdf_reads_no_file_and_asks_nobody(app: Flask, world: World) -> None:
    body = (
        '#read("/etc/passwd") #import "@preview/x:1.0.0" \\#image("https://a.example/x.png") $ #eval("1") $ <label> @ref\n\n'
        '![x](https://a.example/x.png) ![y](/etc/passwd) `#read("page.typ")` [#x](https://a.example/#y)\n\n- [x] task *a*\n\n'
        "| a |\n|---|\n| `#read` |\n\n1. one\n\n    > [!TIP]\n    > deep\n\nNote[^1].\n\n[^1]: words\n"
    )
    create_page(world.actor("noor"), world.space("noorderlicht"), title='#read("x") $', body=body)
    create_page(world.actor("noor"), world.space("noorderlicht"), title="Crowd", body="*a " * 9_000)
    pdf = taken(world, "noor", "pdf")
    assert pdf.startswith(b"%PDF-")
    assert b"StructTreeRoot" in pdf  # tagged
    create_page(world.actor("noor"), world.space("noorderlicht"), title="Long", body="word " * 20_000)
    bundle = bundle_of(world.actor("noor"), world.space("noorderlicht"))
    with pytest.raises(Invalid):
        write(replace(bundle, leaves=bundle.leaves * 25), "pdf", io.BytesIO(), ports.storage())


def test_a_long_export_is_a_job_with_a_link_that_works_once_for_its_person(app: Flask, world: World, pages) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    assert keeping.is_short(noor, team, root="", whole=True)
    row = keeping.ask_export(noor, team, root="", whole=True, kind="markdown", language="nl")
    number = row.id
    assert (row.state, row.total) == ("waiting", 3)
    with pytest.raises(Conflict):
        keeping.take(world.actor("noor"), number)
    worked()
    assert (row.state, row.done) == ("done", 3)
    for other in ("samir", "rik", "anna"):
        with pytest.raises(NotFound):
            keeping.take(world.actor(other), number)
    name, media_type, size, stream = keeping.take(world.actor("noor"), number)
    with stream:
        content = stream.read()
    assert (name, media_type, size) == ("Noorderlicht.zip", "application/zip", len(content))
    assert content == taken(world, "noor", "markdown")
    with pytest.raises(Conflict):
        keeping.take(world.actor("noor"), number)
    for _ in range(keeping.MOST_WAITING):
        keeping.ask_export(
            world.actor("noor"), world.space("noorderlicht"), root="", whole=True, kind="text", language="en"
        )
    with pytest.raises(TooMany):
        keeping.ask_export(
            world.actor("noor"), world.space("noorderlicht"), root="", whole=True, kind="text", language="en"
        )


def test_an_export_holds_what_one_may_read_when_it_is_made_and_is_let_go_of(app: Flask, world: World, pages) -> None:
    asked = {"root": "", "whole": True, "kind": "text", "language": "en"}
    left = keeping.ask_export(world.actor("noor"), world.space("noorderlicht"), **asked).id
    kept = keeping.ask_export(world.actor("samir"), world.space("noorderlicht"), **asked).id
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("noor"))
    worked()
    assert db.session.get_one(Exchange, left).state == "failed"
    with pytest.raises(NotFound):
        keeping.take(world.actor("noor"), left)
    set_audience = page_for(world.actor("anna"), world.space("noorderlicht"), "loops")
    with write_unit():
        set_audience.audience = "coach"
    with pytest.raises(Conflict):  # what was closed since is not given away
        keeping.take(world.actor("samir"), kept)
    key = db.session.get_one(Exchange, kept).storage_key
    assert ports.storage().exists(key)
    with frozen(now() + 2 * keeping.KEPT_FOR):
        keeping.sweep()
    db.session.expire_all()
    assert not ports.storage().exists(key)
    with pytest.raises(Conflict):
        keeping.take(world.actor("samir"), kept)


# ---- in -------------------------------------------------------------------------------------------------------------


def test_what_went_out_comes_in_the_same(app: Flask, world: World, pages) -> None:
    archive = taken(world, "noor", "markdown")
    joost = sent(app, world, "joost", "Noorderlicht.zip", archive, "getij").id
    row = db.session.get_one(Exchange, joost)
    assert row.state == "planned"
    assert sorted(one["path"] for one in row.asked["pages"]) == ["evidence", "evidence/interviews", "loops"]
    assert db.session.query(Page).filter(Page.space_id == world.space("getij").id).count() == 0
    keeping.start_import(world.actor("joost"), joost)
    worked()
    assert (row.state, row.done, [one for one in row.report if one["bad"]]) == ("done", 5, [])
    theirs = {
        page.path: page for page in db.session.scalars(select(Page).where(Page.space_id == world.space("getij").id))
    }
    for path, page in pages.items():
        was = db.session.get_one(Page, page.id)
        came = theirs[path]
        assert came.body == was.body.replace("/noorderlicht/", "/getij/")
        assert (came.title, came.tags, came.template) == (was.title, was.tags, was.template)
        assert came.author_id == world.person("joost").id
    assert (
        file_for(world.actor("joost"), world.space("getij"), "wall.png").sha256
        == file_for(world.actor("noor"), world.space("noorderlicht"), "wall.png").sha256
    )
    with pytest.raises(Conflict):
        keeping.start_import(world.actor("joost"), joost)
    assert not ports.storage().exists(row.storage_key) if row.storage_key else True


def test_bringing_the_same_again_makes_nothing_new_and_a_broken_off_import_goes_on(
    app: Flask, world: World, pages
) -> None:
    archive = taken(world, "noor", "markdown")
    before = {page.id: page.revision for page in db.session.scalars(select(Page))}
    number = sent(app, world, "noor", "same.zip", archive, over="update").id
    keeping.start_import(world.actor("noor"), number)
    worked()
    assert {page.id: page.revision for page in db.session.scalars(select(Page))} == before
    assert db.session.query(File).count() == 2
    number = sent(app, world, "noor", "same.zip", archive).id
    row = db.session.get_one(Exchange, number)
    assert {one["path"] for one in row.asked["pages"]} == {"evidence-2", "evidence/interviews-2", "loops-2"}
    assert row.asked["pages"][0]["known"] is False
    for _ in range(2):  # as when its worker was killed at the very end
        again = {"again": lambda: world.actor("noor"), "progress": lambda _done: None}
        with keeping.upload_of(ports.storage(), row.storage_key, "same.zip") as upload:
            importing.carry_out(
                world.actor("noor"),
                world.space("noorderlicht").id,
                upload,
                row.asked,
                key="k",
                storage=ports.storage(),
                **again,
            )
    assert db.session.query(Page).count() == len(before) + 3


def test_folders_become_a_tree_and_relative_links_lead_to_pages_and_files(app: Flask, world: World) -> None:
    archive = packed(
        {
            "Handboek/README.md": "# Ons *handboek*\n\n[Start](start/Eerste%20week.md#dag-1), "
            "[buiten](https://a.example), [weg](nergens.md) ![plaat](/img/x.png)",
            "Handboek/start/Eerste week.md": (
                "---\ntitle: 'De eerste week'\ntags:\n  - nieuw\n  - status=concept\n---\n"
                '![muur](../img/muur%20(1).png "M")\n\n[terug](../README.md) [a|b](../README.md)\n\n[r]: ../README.md\n\n'
                "```md\n[code](../README.md)\n```\n"
            ),
            "Handboek/img/muur (1).png": PNG,
            "Handboek/new.md": "reserved",
            "Handboek/diep/a/b/c/d/e/f.html": (
                "<title>Diep</title><h1>Heel diep</h1><p>x <b>y</b><script>z()</script></p><ul><li>a</ul>"
            ),
            "Handboek/leeg.md": "  \n",
            "Handboek/lang.md": "a" * 100_001,
            "__MACOSX/x": "x",
            "Handboek/.git/x.md": "x",
            "Handboek/oud.zip": b"PK",
        }
    )
    row = sent(app, world, "noor", "Handboek.ZIP", archive, under="bron")
    assert {one["path"]: one["title"] for one in row.asked["pages"]} == {
        "bron/handboek": "Ons handboek",
        "bron/handboek/start/eerste-week": "De eerste week",
        "bron/handboek/new-page": "New",
        "bron/handboek/diep/a/b/c/d/e/f": "Heel diep",
    }
    assert {one["name"] for one in row.report} == {"Handboek/leeg.md", "Handboek/lang.md", "Handboek/oud.zip"}
    keeping.start_import(world.actor("noor"), row.id)
    worked()
    noor, team = world.actor("noor"), world.space("noorderlicht")
    assert page_for(noor, team, "bron/handboek").body == (
        "[[bron/handboek/start/eerste-week#dag-1|Start]], [buiten](https://a.example), [weg](nergens.md) plaat"
    )
    week = page_for(noor, team, "bron/handboek/start/eerste-week")
    assert week.tags == ["nieuw", "status=concept"]
    assert week.body == (
        '![muur](/spaces/noorderlicht/files/muur%20%281%29.png "M")\n\n'
        "[[bron/handboek|terug]] [a|b](/spaces/noorderlicht/wiki/bron/handboek)\n\n[r]: /spaces/noorderlicht/wiki/bron/handboek\n\n"
        "```md\n[code](../README.md)\n```\n"
    )
    assert 'src="/spaces/noorderlicht/files/muur%20%281%29.png"' in week.body_html
    assert page_for(noor, team, "bron/handboek/diep/a/b/c/d/e/f").body == "x **y**\n\n- a\n"
    assert [one["name"] for one in row.report if "nowhere" in one["words"]] == ["Handboek/README.md"]


def test_a_page_of_others_is_neither_written_on_nor_told_of(app: Flask, world: World, pages) -> None:
    row = sent(
        app, world, "noor", "x.zip", packed({"evidence/secret.md": "mine", "loops.md": "new words"}), over="update"
    )
    assert [(one["path"], one["known"]) for one in row.asked["pages"]] == [
        ("evidence/secret-2", False),
        ("loops", True),
    ]
    edit_page(world.actor("samir"), pages["loops"], body="meanwhile", base=1)
    keeping.start_import(world.actor("noor"), row.id)
    worked()
    assert page_for(world.actor("anna"), world.space("noorderlicht"), "evidence/secret").body == "canary-7"
    assert db.session.get_one(Page, pages["loops"].id).revision == 3
    for who in ("ingrid", "dev"):
        with pytest.raises((NotFound, keeping.Denied)):
            sent(app, world, who, "x.md", b"x")


OFFICE = "http://schemas.openxmlformats.org/"
RELATIONS = f'<Relationships xmlns="{OFFICE}package/2006/relationships"><Relationship '
KIND = f'Type="{OFFICE}officeDocument/2006/relationships/'
WORD = {
    "[Content_Types].xml": f'<Types xmlns="{OFFICE}package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.'
    'document.main+xml"/></Types>',
    "_rels/.rels": f'{RELATIONS}Id="r1" {KIND}officeDocument" Target="word/document.xml"/></Relationships>',
    "word/_rels/document.xml.rels": f'{RELATIONS}Id="p1" {KIND}image" Target="media/i.png"/></Relationships>',
    "word/document.xml": f'<w:document xmlns:w="{OFFICE}wordprocessingml/2006/main" '
    f'xmlns:r="{OFFICE}officeDocument/2006/relationships" xmlns:a="{OFFICE}drawingml/2006/main" '
    f'xmlns:wp="{OFFICE}drawingml/2006/wordprocessingDrawing" xmlns:pic="{OFFICE}drawingml/2006/picture"><w:body>'
    '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Wie wacht er?</w:t></w:r></w:p>'
    "<w:p><w:r><w:t>Elf </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>gesprekken</w:t></w:r></w:p>"
    "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
    '<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="x" descr="De muur"/><a:graphic><a:graphicData><pic:pic>'
    '<pic:blipFill><a:blip r:embed="p1"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
    "</w:body></w:document>",
    "word/media/i.png": PNG,
}


def test_a_word_document_brings_its_headings_tables_and_pictures(app: Flask, world: World) -> None:
    row = sent(app, world, "noor", "Verslag mei.docx", packed(WORD))
    keeping.start_import(world.actor("noor"), row.id)
    worked()
    assert [one for one in row.report if one["bad"]] == []
    page = page_for(world.actor("noor"), world.space("noorderlicht"), "verslag-mei")
    assert page.title == "Wie wacht er?"
    assert "Elf **gesprekken**" in page.body
    assert "| a | b |" in page.body
    assert "![De muur](/spaces/noorderlicht/files/Verslag%20mei-1.png)" in page.body
    assert file_for(world.actor("samir"), world.space("noorderlicht"), "Verslag mei-1.png").media_type == "image/png"


@pytest.mark.parametrize(
    "part",
    [
        '<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><w:document>&z;</w:document>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document>&x;</w:document>',
        "<a>" * 3_000 + "</a>" * 3_000,
        "<a",
        "",
    ],
)
def test_a_hostile_word_document_is_refused(app: Flask, part: str) -> None:
    with pytest.raises(Invalid):
        source_of("x.docx", packed(WORD | {"word/document.xml": part}))
    with pytest.raises(Invalid):
        source_of("x.docx", packed(WORD | {"word/document.xml": part.encode("utf-16")}))


def test_pages_of_html_lose_what_could_act_and_keep_what_they_say(app: Flask) -> None:
    source = source_of(
        "a/Oud-verslag.html",
        b"<html><head><title>T &amp; U</title><style>x{}</style></head><body onload=x()><div><p>Een <em>twee</em> "
        b"<a href='javascript:x()'>drie</a> <a href='b.html'>vier</a></p><pre><code class='language-python'>x = '&lt;'</code></pre>"
        b"<table><tr><th>k</th></tr><tr><td>v</td></tr></table><img src='p.png' alt='P'><svg><script>1</script></svg></div>",
    )
    assert source.title == "T & U"
    assert source.body == (
        "Een *twee* drie [vier](b.html)\n\n```python\nx = '<'\n```\n\n| k |\n| --- |\n| v |\n\n![P](p.png)\n"
    )
    with pytest.raises(Invalid):
        source_of("deep.html", b"<div>" * 5_000 + b"x")
    began = time.thread_time()
    for piece in (
        b"<p><b>",
        b"<table><tr><td>",
        b"<ul><li>",
        b"&amp;",
        b"<a href=x>",
        b"<",
        b"*_[",
        b"<p>a</p>",
        b"\n\n\n",
    ):
        try:
            source_of("much.html", (piece * 30_000)[:25_000])
        except Invalid:
            continue
    assert time.thread_time() - began < 5


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_handbook_comes_in_whole(app: Flask, world: World, language: str) -> None:
    folder = Path(__file__).parents[1] / "data" / "handbook"
    names = sorted((folder / language).glob("*.md"))
    assert names
    row = sent(
        app,
        world,
        "noor",
        "handbook.zip",
        packed({f"{language}/{one.name}": one.read_bytes() for one in names}),
        under="bron",
    )
    keeping.start_import(world.actor("noor"), row.id)
    worked()
    assert [one for one in row.report if one["bad"] and "nowhere" not in one["words"]] == []
    for one in names:
        page = page_for(world.actor("noor"), world.space("noorderlicht"), f"bron/{language}/{one.stem}")
        assert page.title != one.stem
        assert "title:" not in page.body[:200]
        assert "<pre" not in page.body_html[:50]
        assert page.body_html.count("<h2") >= 3


def test_what_is_much_to_read_is_read_by_a_job(app: Flask, world: World) -> None:
    row = sent(
        app,
        world,
        "noor",
        "groot.zip",
        packed({f"{n}.html": f"<h1>Blad {n}</h1>" + "<p>woord</p>" * 2_000 for n in range(6)}),
    )
    assert (row.state, row.asked.get("pages")) == ("reading", None)
    with pytest.raises(Conflict):
        keeping.start_import(world.actor("noor"), row.id)
    worked()
    assert (row.state, [one["title"] for one in row.asked["pages"]]) == ("planned", [f"Blad {n}" for n in range(6)])
    bad = sent(app, world, "noor", "slecht.zip", packed({"x.docx": b"PK" * 50_000}))
    worked()
    assert (bad.state, bad.storage_key, len(bad.report)) == ("failed", "", 1)


def test_links_are_rewritten_in_linear_time() -> None:
    for piece in ("[", "[a](", "![", "[a", "[a](b(", "](", '[a](b "' + "x" * 300, "\\[", "[a](<", "[a]: ", "`"):
        began = time.thread_time()
        importing._INLINE.sub("", (piece * 100_000)[:100_000])
        importing._REFERENCE.sub("", (piece * 100_000)[:100_000])
        assert time.thread_time() - began < 0.5, piece


# ---- hostile archives -----------------------------------------------------------------------------------------------


def _raw(names: list[str], *, flags: int = 0, attributes: int = 0) -> bytes:
    """An archive with names that no library writes."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for number, name in enumerate(names):
            entry = zipfile.ZipInfo(f"{number:04d}".ljust(len(name.encode()), "x"))
            entry.external_attr = attributes
            archive.writestr(entry, "x")
    made = into.getvalue()
    for number, name in enumerate(names):
        made = made.replace(f"{number:04d}".ljust(len(name.encode()), "x").encode(), name.encode())
    if flags:
        made = made.replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00" + flags.to_bytes(2, "little")
        )
    return made


HOSTILE = {
    "climbs": lambda: _raw(["../../etc/cron.d/x.md"]),
    "absolute": lambda: _raw(["/etc/x.md"]),
    "drive": lambda: _raw(["C:/x/y.md"]),
    "backslash": lambda: _raw(["..\\..\\x.md"]),
    "link": lambda: _raw(["link.md"], attributes=(stat.S_IFLNK | 0o777) << 16),
    "locked": lambda: _raw(["locked.md"], flags=1),
    "twice": lambda: _raw(["same.md", "SAME.md"]),
    "bomb": lambda: packed({"a.md": "x", "big.txt": b"\0" * 30_000_000}),
    "many": lambda: packed({f"{number}.md": "x" for number in range(MOST_ENTRIES + 1)}),
    "no archive": lambda: b"PK\x03\x04" + b"x" * 100,
    "cut off": lambda: packed({"a.md": "x" * 1000})[:-30],
    "nothing": lambda: b"",
    "empty": lambda: packed({}),
    "lying": lambda: packed({"a.md": "x"})[:-12] + b"\xff\xff\xff\x7f" + b"\0" * 8,
    "no page": lambda: packed({"a.png": PNG}),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused_with_a_sentence_in_no_time(app: Flask, world: World, case: str) -> None:
    content = HOSTILE[case]()
    tracemalloc.start()
    began = time.thread_time()
    with pytest.raises(Invalid) as refused:
        sent(app, world, "noor", "x.zip", content)
    assert time.thread_time() - began < 2
    assert tracemalloc.get_traced_memory()[1] < 60_000_000
    tracemalloc.stop()
    assert refused.value.field == "file"
    assert db.session.query(Exchange).count() == 0
    assert db.session.query(Page).count() == 0


def test_a_hundred_thousand_files_are_refused_before_they_are_listed() -> None:
    one = b"PK\x01\x02" + b"\x14\x00" * 2 + b"\0" * 20 + b"\x04\x00" + b"\0" * 16 + b"a.md"
    listed = one * 100_000
    end = b"PK\x05\x06" + b"\0" * 4 + b"\xff\xff" * 2 + len(listed).to_bytes(4, "little") + b"\0" * 6
    for ending in (end, end.replace(b"\xff\xff" * 2, b"\x01\x00" * 2, 1)):
        began = time.thread_time()
        with pytest.raises(Invalid):
            Archive(io.BytesIO(listed + ending))
        assert time.thread_time() - began < 0.5


def test_names_in_letters_that_nobody_can_tell_are_reported_and_the_others_come(app: Flask, world: World) -> None:
    content = packed({"goed.md": "woorden", "xx.md": "weg"}).replace(b"xx.md", b"\xff\xfe.md")
    row = sent(app, world, "noor", "x.zip", content)
    assert [one["source"] for one in row.asked["pages"]] == ["goed.md"]
    assert len(row.report) == 1


@pytest.mark.parametrize(
    "sign", ["<div>", "<ul><li>", "<made-up>", '<blockquote class="</blockquote>">', "<b id=1><p>"]
)
def test_what_lies_deep_in_itself_is_refused_before_it_takes_long(sign):
    """The parser needs a minute for the first two."""
    began = time.thread_time()
    try:
        source_of("deep.html", (sign * (300_000 // len(sign)) + "x").encode())
    except Invalid as fault:
        assert fault.field == "file"
    assert time.thread_time() - began < 6
