"""Documents as people make them, by the libraries that write them, and some that no program writes."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import docx
import pptx
import xlsxwriter
from docx.enum.style import WD_STYLE_TYPE
from pptx.util import Inches

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."
DOCX, PPTX, XLSX = (
    OFFICE + kind for kind in ("wordprocessingml.document", "presentationml.presentation", "spreadsheetml.sheet")
)
ODT, ODP, ODS = (OPEN + kind for kind in ("text", "presentation", "spreadsheet"))
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(parts: dict[str, str | bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def changed(content: bytes, **parts: bytes) -> bytes:
    """The same document with some of its parts put in place of its own; `__` in a name stands for a slash, `_DOT_` for a point."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    return zipped(held | {name.replace("__", "/").replace("_DOT_", "."): part for name, part in parts.items()})


def word() -> bytes:
    made = docx.Document()
    made.add_heading("Waiting lists", level=1)
    made.add_paragraph("Nobody is <b>slow</b>: the list is long.")
    made.add_heading("Why", 2)
    made.add_paragraph("Ask first", style="List Bullet")
    made.add_paragraph("Then answer", style="List Bullet")
    table = made.add_table(rows=2, cols=2)
    for at, words in enumerate(("Month", "Waiting", "May", "41 zeppelins")):
        table.cell(at // 2, at % 2).text = words
    made.styles.add_style("Ours", WD_STYLE_TYPE.PARAGRAPH)
    made.add_paragraph("The end.", style="Ours")
    into = io.BytesIO()
    made.save(into)
    return into.getvalue()


def deck() -> bytes:
    made = pptx.Presentation()
    for title, words in (
        ("Where we stand", "Three teams"),
        ("De wachtlijst", "Elke week wachten er 41 mensen"),
        ("", ""),
        ("What we ask", "A decision"),
    ):
        slide = made.slides.add_slide(made.slide_layouts[1 if title else 6])
        if title:
            slide.shapes.title.text = title
            slide.placeholders[1].text = words
    table = made.slides[3].shapes.add_table(1, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = "Cost", "9 kroon"
    made.slides[1].notes_slide.notes_text_frame.text = "Say that it is nobody's fault"
    into = io.BytesIO()
    made.save(into)
    return into.getvalue()


def book(rows: int = 0) -> bytes:
    into = io.BytesIO()
    made = xlsxwriter.Workbook(into, {"in_memory": True})
    money = made.add_worksheet("Budget")
    money.write_row(0, 0, ["What", "Cost", "When"])
    money.write_row(1, 0, ["Zaal", 0.1 + 0.2])
    money.write_datetime(1, 2, date(2026, 5, 4), made.add_format({"num_format": "d mmm yyyy"}))
    money.write_formula(2, 1, "=SUM(B2:B2)", None, 0.3)
    money.write_boolean(3, 0, True)
    people = made.add_worksheet("Wie & wat")
    people.write(4, 3, "Zeppelin")
    for row in range(rows):
        people.write_row(10 + row, 0, range(row, row + 100))
    made.close()
    return into.getvalue()


_ODF = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    ' xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"><office:body>{}</office:body>'
    "</office:document-content>"
)


def open_document(kind: str, body: str, manifest: str = "") -> bytes:
    return zipped(
        {
            "mimetype": kind,
            "content.xml": _ODF.format(body),
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
        }
    )


def open_text() -> bytes:
    return open_document(
        ODT,
        '<office:text><text:tracked-changes>Taken out</text:tracked-changes><text:h text:outline-level="2">Why</text:h>'
        "<text:p>Ask<text:s/>first<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>Said Noor"
        "</text:p></text:note-body></text:note>.</text:p><text:list><text:list-item><text:p>One</text:p></text:list-item>"
        "</text:list><table:table><table:table-row><table:table-cell><text:p>May</text:p></table:table-cell><table:table-cell>"
        "<text:p>41 zeppelins</text:p></table:table-cell></table:table-row></table:table></office:text>",
    )


def open_deck() -> bytes:
    return open_document(
        ODP,
        '<office:presentation><draw:page><draw:frame presentation:class="title"><draw:text-box><text:p>Begin</text:p>'
        "</draw:text-box></draw:frame></draw:page><draw:page><draw:frame><draw:text-box><text:p>A zeppelin</text:p>"
        "</draw:text-box></draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>Pause here</text:p></draw:text-box>"
        "</draw:frame></presentation:notes></draw:page></office:presentation>",
    )


def open_book() -> bytes:
    return open_document(
        ODS,
        '<office:spreadsheet><table:table table:name="Budget"><table:table-row><table:table-cell><text:p>Zaal</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="2"/><table:table-cell><text:p>9 kroon</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="16380"/></table:table-row>'
        '<table:table-row table:number-rows-repeated="1048575"><table:table-cell table:number-columns-repeated="16384"/>'
        '</table:table-row></table:table><table:table table:name="Zeppelin"/></office:spreadsheet>',
    )


def epub() -> bytes:
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfiles><rootfile full-path="OEBPS/b.opf"/></rootfiles></container>',
            "OEBPS/b.opf": '<package><manifest><item id="b" href="two.xhtml"/><item id="a" href="t/one%20.xhtml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
            "OEBPS/t/one .xhtml": "<!DOCTYPE html><html><head><title>One</title></head><body><h2>Begin</h2><p>Ask&nbsp;first</p>",
            "OEBPS/two.xhtml": "<p>Then a zeppelin<script>evil()</script></p>",
        }
    )


RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\*\generator X;}{\info{\title Secret}}"
    rb"\pard Caf\'e9 \u8364? {\b zeppelin}\par Second\line line\par\trowd\intbl A\cell B\cell\row}"
)
HTML = (
    b"<!DOCTYPE html><html><head><title>About</title><style>p{}</style></head><body><h2>Why</h2><p>Ask <b>first</b>.</p><ul><li>One"
    b"<li>Two</ul><table><tr><th>May<td>41 zeppelins</tr></table><script>evil()</script>"
)
