"""The words of documents of offices: real ones as they were written, hostile ones not at all, and none takes more than a share."""

from __future__ import annotations

import ast
import ctypes
import io
import random
import re
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from community.comments.texts import words_of
from community.extensions import db
from community.files import reading
from community.files.models import File, FileText
from community.files.readers import apart, telling
from community.files.reading import READERS, Part, Read, Unreadable, words_in
from community.files.text import parts_as_html
from community.search.queries import Where, search
from tests.community import documents as made
from tests.community.test_file_texts import pdf_of, send
from tests.world import World


def read(content: bytes, kind: str) -> Read:
    return words_in(io.BytesIO(content), kind)


def lines(content: bytes, kind: str) -> list[tuple[str, ...]]:
    return [line for part in read(content, kind).parts for line in part.lines]


def test_a_text_keeps_its_headings_lists_and_tables() -> None:
    told = read(made.word(), made.DOCX)
    assert (told.kind, told.count, told.whole) == ("", 1, True)
    assert told.parts[0].lines == (
        ("h1", "Waiting lists"),
        ("p", "Nobody is <b>slow</b>: the list is long."),
        ("h2", "Why"),
        ("p", "Ask first"),
        ("p", "Then answer"),
        ("row", "Month", "Waiting"),
        ("row", "May", "41 zeppelins"),
        ("p", "The end."),
    )
    assert lines(made.open_text(), made.ODT) == [
        ("h2", "Why"),
        ("p", "Said Noor"),
        ("p", "Ask first."),
        ("li", "One"),
        ("row", "May", "41 zeppelins"),
    ]


def test_what_was_taken_out_of_a_text_is_not_read_and_boxes_are_read_once() -> None:
    w = "xmlns:w='http://purl.oclc.org/ooxml/wordprocessingml/main'"  # the strict namespace
    body = (
        f"<w:document {w}><w:body><w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>Kept</w:t></w:r><w:del><w:r><w:delText>gone</w:delText>"
        "<w:t>gone</w:t></w:r></w:del><w:r><w:tab/><w:noBreakHyphen/></w:r></w:p><w:p><w:r><AlternateContent><Choice><w:txbxContent>"
        "<w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent></Choice><Fallback><w:p><w:r><w:t>In a box</w:t></w:r></w:p>"
        "</Fallback></AlternateContent></w:r><w:r><w:t>Around</w:t></w:r></w:p><w:tbl><w:tr><w:tc>"
        "<w:p><w:r><w:t>a</w:t></w:r></w:p><w:tbl><w:tr><w:tc>"
        "<w:p><w:r><w:t>in it</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>"
        "</w:body></w:document>"
    )
    content = made.changed(made.word(), word__document_DOT_xml=body.encode())
    assert lines(content, made.DOCX) == [("li", "Kept -"), ("p", "In a box"), ("p", "Around"), ("row", "a in it")]


def test_a_deck_is_read_slide_by_slide_with_what_is_said_beside_it() -> None:
    told = read(made.deck(), made.PPTX)
    assert (told.kind, told.count, told.whole) == ("slide", 4, True)
    assert [part.title for part in told.parts] == ["Where we stand", "De wachtlijst", "", "What we ask"]
    assert told.parts[1].lines == (
        ("h1", "De wachtlijst"),
        ("p", "Elke week wachten er 41 mensen"),
        ("note", "Say that it is nobody's fault"),
    )
    assert told.parts[2].lines == ()
    assert ("row", "Cost", "9 kroon") in told.parts[3].lines
    told = read(made.open_deck(), made.ODP)
    assert (told.kind, told.count) == ("slide", 2)
    assert [part.lines for part in told.parts] == [(("h1", "Begin"),), (("p", "A zeppelin"), ("note", "Pause here"))]


def test_a_workbook_is_read_sheet_by_sheet_as_it_was_shown() -> None:
    told = read(made.book(), made.XLSX)
    assert (told.kind, told.count, told.whole) == ("sheet", 2, True)
    assert told.parts == (
        Part(
            "Budget",
            (
                ("row", "What", "Cost", "When"),
                ("row", "Zaal", "0.3", "2026-05-04"),
                ("row", "", "0.3"),
                ("row", "✓"),
            ),
        ),
        Part("Wie & wat", (("row", "", "", "", "Zeppelin"),)),
    )
    told = read(made.open_book(), made.ODS)
    assert told.parts == (Part("Budget", (("row", "Zaal", "", "", "9 kroon"),)), Part("Zeppelin", ()))


def test_books_pages_rich_text_and_delimited_text_are_read() -> None:
    assert lines(made.epub(), "application/epub+zip") == [
        ("h1", "One"),
        ("h2", "Begin"),
        ("p", "Ask first"),
        ("p", "Then a zeppelin"),
    ]
    assert lines(made.HTML, "text/html") == [
        ("h1", "About"),
        ("h2", "Why"),
        ("p", "Ask first."),
        ("li", "One"),
        ("li", "Two"),
        ("row", "May", "41 zeppelins"),
    ]
    assert lines(made.RTF, "application/rtf") == [
        ("p", "Café € zeppelin"),
        ("p", "Second line"),
        ("row", "A", "B"),
    ]
    assert lines('\ufeffWat;Kosten\n"Zaal; groot";9,50\n'.encode(), "text/csv") == [
        ("row", "Wat", "Kosten"),
        ("row", "Zaal; groot", "9,50"),
    ]
    assert lines(b"a\tb\n", "text/tab-separated-values") == [("row", "a", "b")]


# ---- as people find and read them -----------------------------------------------------------------------------------


def test_somebody_who_searches_wachtlijst_finds_the_slide_and_goes_to_it(
    app: Flask, world: World, as_person, read_it
) -> None:
    number = send(app, world, made.deck(), "Stand van zaken.pptx", description="What we show on Tuesday.")
    anna = as_person("anna")
    assert "Its text is being read." in anna.get("/spaces/noorderlicht/files/Stand van zaken.pptx?about").text
    read_it()
    found = search(world.actor("samir"), app.config["SETTINGS"].search_folder, "wachtlijst kind:file").found
    assert [(one.obj.id, one.where) for one in found] == [(number, Where("slide", 2, "De wachtlijst"))]
    assert ("wachtlijst", True) in found[0].excerpt
    html = anna.get("/search?q=wachtlijst").text
    assert "Slide 2: De wachtlijst" in html
    assert "Stand%20van%20zaken.pptx?about#slide-2" in html
    page = anna.get("/spaces/noorderlicht/files/Stand van zaken.pptx?about").text
    assert 'id="slide-2"' in page and "4 slides" in page
    assert '<p class="note">Say that it is nobody&#x27;s fault</p>' in page
    assert search(world.actor("dev"), app.config["SETTINGS"].search_folder, "wachtlijst kind:file").total == 0


def test_where_a_hit_stands_is_told_of_pages_and_sheets_and_not_of_descriptions(
    app: Flask, world: World, read_it
) -> None:
    send(app, world, pdf_of("Nothing.", "", "Ask the zeppelin."), "a.pdf")
    send(app, world, made.book(), "b.xlsx", description="E\u0301é\u0301n tabel.")
    send(app, world, made.word(), "c.docx")
    send(app, world, pdf_of("Other."), "d.pdf", description="A zeppelin over the town.")
    read_it()
    found = search(world.actor("samir"), app.config["SETTINGS"].search_folder, "zeppelin").found
    assert {one.title: one.where for one in found} == {
        "a.pdf": Where("page", 3, ""),
        "b.xlsx": Where("sheet", 2, "Wie & wat"),
        "c.docx": None,
        "d.pdf": None,
    }


def test_a_document_is_read_beneath_its_file_and_its_words_can_be_selected(
    app: Flask, world: World, as_person, read_it
) -> None:
    number = send(app, world, made.word(), "plan.docx")
    send(app, world, made.book(), "money.xlsx")
    read_it()
    html = as_person("anna").get("/spaces/noorderlicht/files/plan.docx?about").text
    assert "<h3>Waiting lists</h3>" in html and "Nobody is &lt;b&gt;slow&lt;/b&gt;" in html
    assert "<td>41 zeppelins</td>" in html
    words = words_of(db.session.get_one(File, number))
    assert words is not None and "Nobody is <b>slow</b>" in words.text
    html = as_person("anna").get("/spaces/noorderlicht/files/money.xlsx?about").text
    assert '<section id="sheet-2" aria-label="Wie &amp; wat">' in html and "2 sheets" in html


ENCRYPTED = made.OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600


def test_the_page_of_a_file_says_why_it_has_no_text(app: Flask, world: World, as_person, read_it, monkeypatch) -> None:
    for name, content in (
        ("locked.docx", ENCRYPTED),
        ("damaged.docx", made.word()[:3000]),
        (
            "empty.pptx",
            made.changed(
                made.deck(),
                **{f"ppt__slides__slide{n}_DOT_xml": b"<sld/>" for n in range(1, 5)},
                ppt__notesSlides__notesSlide1_DOT_xml=b"<notes/>",
            ),
        ),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40),
    ):
        send(app, world, content, name)
    monkeypatch.setattr(reading, "MOST_BYTES", 100_000)
    send(
        app,
        world,
        made.changed(made.word(), word__media__large_DOT_bin=random.Random(1).randbytes(120_000)),
        "large.docx",
    )
    read_it()
    anna = as_person("anna")
    for name, sentence in (
        ("locked.docx", "It is locked with a password"),
        ("damaged.docx", "It seems to be damaged"),
        ("empty.pptx", "There are no words in it"),
        ("picture.png", "Nobody looks for words in this kind of file."),
        ("large.docx", "It is too large for its text to be read"),
    ):
        assert sentence in anna.get(f"/spaces/noorderlicht/files/{name}?about").text, name


def test_a_pdf_from_before_its_pages_were_told_apart_is_read_again(app: Flask, world: World, read_it) -> None:
    from community.extensions import write_unit
    from community.jobs import work
    from community.jobs.models import Job

    number = send(app, world, pdf_of("Ask the zeppelin."))
    read_it()
    html = db.session.get_one(FileText, number).body_html
    with write_unit():
        kept = db.session.get_one(FileText, number)
        kept.parts, kept.part_kind = None, ""
        db.session.query(Job).delete()
    work._handlers["files.look"]({})
    read_it()
    kept = db.session.get_one(FileText, number)
    assert (kept.parts, kept.part_kind, kept.body_html) == ([[0, ""]], "page", html)


# ---- hostile ones ---------------------------------------------------------------------------------------------------

_LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]><document><body><p><r><t>&j;</t></r></p></body></document>"
).encode()
_OUTSIDE = b"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><document><body><p><r><t>&x;</t></r></p></body></document>"


def _zeros(size: int) -> bytes:
    return made.changed(made.word(), word__document_DOT_xml=b"<document>" + b" " * size + b"</document>")


def _many_parts() -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for number in range(20_001):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    return into.getvalue()


def _lying_about_its_size() -> bytes:
    content = bytearray(
        made.changed(made.word(), word__document_DOT_xml=b"<document>" + b" " * 150_000_000 + b"</document>")
    )
    at = 0
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        name = archive.getinfo("word/document.xml")
        at = bytes(content).index(b"word/document.xml", name.header_offset + 100) - 46
    content[at + 24 : at + 28] = struct.pack("<L", 1000)
    return bytes(content)


HOSTILE = {
    "a thousand million laughs": (
        made.DOCX,
        lambda: made.changed(made.word(), word__document_DOT_xml=_LAUGHS),
        "damaged",
    ),
    "a file of this machine": (
        made.DOCX,
        lambda: made.changed(made.word(), word__document_DOT_xml=_OUTSIDE),
        "damaged",
    ),
    "a bomb": (made.DOCX, lambda: _zeros(90_000_000), "large"),
    "more than one part may have": (made.DOCX, lambda: _zeros(100_000_000), "large"),
    "a lie about its size": (made.DOCX, _lying_about_its_size, "damaged"),
    "very many parts": (made.DOCX, _many_parts, "large"),
    "very deep": (made.DOCX, lambda: made.changed(made.word(), word__document_DOT_xml=b"<p>" * 500_000), "damaged"),
    "cut off": (made.PPTX, lambda: made.deck()[:-200], "damaged"),
    "cut in the middle": (made.XLSX, lambda: made.book()[:1000], "damaged"),
    "no XML": (made.XLSX, lambda: made.changed(made.book(), xl__workbook_DOT_xml=b"\xff\xfe\0\0"), "damaged"),
    "nothing": (made.ODT, lambda: b"", "damaged"),
    "another thing": (made.ODT, lambda: made.word(), "damaged"),
    "locked": (made.XLSX, lambda: ENCRYPTED, "locked"),
    "an old file with a new name": (made.DOCX, lambda: made.OLE + b"\0" * 5000, "damaged"),
    "locked, open": (made.ODT, lambda: made.open_document(made.ODT, "", "<encryption-data/>"), "locked"),
    "a locked book": (
        "application/epub+zip",
        lambda: made.zipped({"META-INF/encryption.xml": "", "META-INF/rights.xml": ""}),
        "locked",
    ),
    "a book that leads out": (
        "application/epub+zip",
        lambda: made.zipped({"META-INF/container.xml": '<c><rootfile full-path="../../etc/passwd"/></c>'}),
        "damaged",
    ),
    "no PDF": ("application/pdf", lambda: b"%PDF-1.4\n" + b"\0" * 5000, "damaged"),
    "rich groups": ("application/rtf", lambda: b"{\\rtf1" + b"{" * 100_000, "damaged"),
    "large rich text": ("application/rtf", lambda: b"{\\rtf1 " + b"x" * 17_000_000, "large"),
    "a large page": ("text/html", lambda: b"<p>x" * 2_000_000, "large"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_document_gives_a_reason_and_nothing_else(case: str) -> None:
    kind, content, why = HOSTILE[case]
    with pytest.raises(Unreadable) as refused:
        read(content(), kind)
    assert refused.value.why == why


def _sheet(rows: int, cells: int) -> bytes:
    """A workbook whose first sheet has so many cells, each with another number."""
    numbers = iter(range(10**9, 10**10))
    row = "<row>" + "<c><v>%d</v></c>" * cells + "</row>"
    body = "".join(row % tuple(next(numbers) for _ in range(cells)) for _ in range(rows))
    sheet = f"<worksheet><sheetData>{body}</sheetData></worksheet>".encode()
    return made.changed(made.book(), xl__worksheets__sheet1_DOT_xml=sheet)


def test_a_document_that_is_very_large_is_read_as_far_as_is_taken() -> None:
    told = read(_sheet(10_000, 100), made.XLSX)  # a million cells
    assert (told.whole, told.count, len(told.parts)) == (False, 2, 1)
    assert len(told.parts[0].text) < telling.MOST_CHARACTERS
    assert len(parts_as_html(told.kind, told.parts)) < 2 * telling.MOST_CHARACTERS
    told = read(_sheet(20, 16_384), made.XLSX)
    assert {len(line) for line in told.parts[0].lines} == {101}
    text = "".join(f"<p><r><t>{number}</t></r></p>" for number in range(100_000)).encode()
    told = read(made.changed(made.word(), word__document_DOT_xml=b"<document>" + text + b"</document>"), made.DOCX)
    assert (len(told.parts[0].lines), told.whole) == (20_000, False)


@pytest.mark.parametrize("limit", ["memory", "processor", "clock", "words"])
def test_a_reader_that_takes_too_much_is_stopped(monkeypatch, limit: str) -> None:
    body, limits = {
        "memory": ("bytearray(10**9)", {"memory": 200_000_000}),
        "processor": ("[None for _ in iter(int, 1)]", {"cpu": 1}),
        "clock": ("__import__('time').sleep(60)", {"clock": 1.0}),
        "words": ("sys.stdout.write('x' * 10**7)", {}),
    }[limit]
    greedy = f"from community.files.readers import apart; apart._PLAIN['csv'] = lambda *_: {body}; main("
    monkeypatch.setattr(reading, "_PROGRAM", reading._PROGRAM.replace("main(", greedy))
    monkeypatch.setattr(reading, "LIMITS", replace(reading.LIMITS, **limits))
    with pytest.raises(Unreadable) as refused:
        read(b"a,b", "text/csv")
    assert refused.value.why == ("damaged" if limit == "words" else "large")


def test_a_reader_finds_neither_the_house_nor_the_world(monkeypatch) -> None:
    settings = Path(reading.__file__).resolve().parents[2] / "wsgi.py"
    has_rules = ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) >= 1  # landlock(7)
    for deed, may in (
        ("told.say('p', open(path).read())", True),
        (f"told.say('p', open({str(settings)!r}).read()[:5])", not has_rules),
        ("__import__('socket').socket()", False),
    ):
        curious = f"from community.files.readers import apart; apart._PLAIN['csv'] = lambda path, told: {deed}; main("
        with monkeypatch.context() as now:
            now.setattr(reading, "_PROGRAM", reading._PROGRAM.replace("main(", curious))
            try:
                said = lines(b"a,b", "text/csv")
            except Unreadable:
                said = []
            assert bool(said) == may, deed


@pytest.mark.parametrize("kind", sorted(READERS))
def test_damage_anywhere_ends_in_words_or_a_reason(kind: str) -> None:
    whole = {
        made.DOCX: made.word, made.PPTX: made.deck, made.XLSX: made.book, made.ODT: made.open_text, made.ODP: made.open_deck,
        made.ODS: made.open_book, "application/epub+zip": made.epub, "application/rtf": lambda: made.RTF,
        "application/pdf": lambda: pdf_of("Words."),
    }.get(kind, lambda: made.HTML)()  # fmt: skip
    chance = random.Random(kind)
    for _ in range(3):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 20)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            read(bytes(content[: chance.randrange(1, len(content) + 1)] if chance.random() < 0.4 else content), kind)
        except Unreadable as fault:
            assert fault.why in ("damaged", "large", "locked")


def test_a_reader_knows_nothing_of_the_house_and_has_nothing_of_it_in_reach() -> None:
    folder = Path(apart.__file__).parent
    for path in folder.glob("*.py"):
        names = re.findall(r"^\s*(?:from|import) (\S+)", path.read_text(), re.MULTILINE)
        assert ast.parse(path.read_text())
        assert all(
            name.startswith("community.files.readers") for name in names if name.startswith(("community", "blueprints"))
        )
    program = reading._PROGRAM.replace(
        "main(*sys.argv[2:])", "print(sorted(m for m in sys.modules if m.startswith(('community', 'flask', 'sql'))))"
    )
    command = [sys.executable, "-I", "-c", program, str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert set(ast.literal_eval(said)) == {"community", "community.files", "community.files.readers"} | {
        f"community.files.readers.{path.stem}" for path in folder.glob("[a-z]*.py")
    }
    assert set(READERS.values()) == set(apart.KINDS)
