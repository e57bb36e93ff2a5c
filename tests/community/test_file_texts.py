"""The words of a PDF: found by search, read beneath the file, by whoever sees the file; a hostile or locked one harms nobody."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from flask import Flask
from pypdfium2 import raw
from sqlalchemy import delete, select

from community.comments.texts import words_of
from community.errors import Denied
from community.extensions import db, write_unit
from community.files import reading
from community.files.actions import keep_text, upload_file
from community.files.incoming import receive
from community.files.models import File, FileText
from community.files.reading import Part, Read, Unreadable, words_in
from community.jobs import work
from community.jobs.models import Job
from community.search.queries import search
from tests.blueprints.api_callers import program_of
from tests.world import World

PDF = "application/pdf"


def pdf_of(*pages: str, picture: bool = False) -> bytes:
    """A PDF with a line of words on each page (ISO 32000-1, 7.5), or with an empty page."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    parts = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, words in enumerate(pages):
        drawn = "" if picture else f"BT /F1 12 Tf 72 700 Td ({words}) Tj ET"
        parts.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        parts.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    out, places = "%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{part}\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n" + "".join(f"{place:010d} 00000 n \n" for place in places)
    return (out + f"trailer << /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").encode()


def send(app: Flask, world: World, content: bytes, name: str = "reading.pdf", who: str = "noor", **more) -> int:
    came = receive(app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=10**7)
    made = upload_file(
        world.actor(who),
        world.space("noorderlicht"),
        name=came.name,
        stored=came.stored,
        media_type=came.media_type,
        **more,
    )
    return made.id


def test_the_words_of_a_pdf_are_found_and_read_by_who_sees_it(app: Flask, world: World, as_person, read_it) -> None:
    number = send(app, world, pdf_of("Nobody is slow.", "Ask the zeppelin <b>first</b>."))
    assert "Its text is being read." in as_person("kwame").get("/spaces/noorderlicht/files/reading.pdf?about").text
    read_it()
    kept = db.session.get_one(FileText, number)
    assert (kept.state, kept.page_count) == ("whole", 2)
    assert kept.body == "Nobody is slow.\n\nAsk the zeppelin <b>first</b>."
    words = words_of(db.session.get_one(File, number))
    assert words is not None and "Ask the zeppelin <b>first</b>." in words.text
    html = as_person("kwame").get("/spaces/noorderlicht/files/reading.pdf?about").text
    assert "Ask the zeppelin &lt;b&gt;first&lt;/b&gt;." in html and 'id="page-2"' in html
    index = app.config["SETTINGS"].search_folder
    found = search(world.actor("samir"), index, "zeppelin").found
    assert [one.obj.id for one in found] == [number]
    assert ("zeppelin", True) in found[0].excerpt
    assert search(world.actor("dev"), index, "zeppelin").total == 0
    send(app, world, pdf_of("Everything is new."))
    assert words_of(db.session.get_one(File, number)) is None  # the old words are not those of the new version
    read_it()
    assert db.session.get_one(FileText, number).body == "Everything is new."
    assert search(world.actor("samir"), index, "zeppelin").total == 0


def test_a_file_from_before_texts_were_kept_is_read_by_a_job_of_the_day(app: Flask, world: World, read_it) -> None:
    numbers = [
        send(app, world, content, name) for content, name in ((b"Ask first.", "a.txt"), (pdf_of("Slow."), "b.pdf"))
    ]
    read_it()
    with write_unit():
        db.session.execute(delete(FileText))
        db.session.execute(delete(Job))
    read_it()
    assert db.session.scalars(select(FileText)).all() == []
    work._handlers["files.look"]({})
    read_it()
    assert {kept.file_id: kept.body for kept in db.session.scalars(select(FileText))} == {
        numbers[0]: "Ask first.",
        numbers[1]: "Slow.",
    }
    work._handlers["files.look"]({})  # what was looked for is not ordered again
    assert not db.session.scalar(select(Job.id).where(Job.name == "files.text", Job.done_at.is_(None)))


def test_what_has_no_words_or_cannot_be_read_says_so_calmly(app: Flask, world: World, as_person, read_it) -> None:
    send(app, world, pdf_of("", picture=True), "scan.pdf")
    send(app, world, b"%PDF-1.4\nnot really" + b"\x00" * 5000, "broken.pdf")
    read_it()
    anna = as_person("anna")
    assert "There are pictures of pages in it" in anna.get("/spaces/noorderlicht/files/scan.pdf?about").text
    assert "It seems to be damaged" in anna.get("/spaces/noorderlicht/files/broken.pdf?about").text
    assert words_of(db.session.query(File).filter_by(name="scan.pdf").one()) is None


def test_a_long_pdf_is_cut_and_a_greedy_one_is_stopped(monkeypatch) -> None:
    long = words_in(io.BytesIO(pdf_of(*["many words " * 20] * 305)), PDF)
    assert (len(long.parts), long.count, long.whole) == (300, 305, False)
    monkeypatch.setattr(reading, "LIMITS", replace(reading.LIMITS, clock=0.01))
    with pytest.raises(Unreadable):
        words_in(io.BytesIO(pdf_of("Slow.")), PDF)
    assert raw.FPDF_ERR_PASSWORD  # the library that reads is the one that is pinned


def test_only_the_house_keeps_texts_and_only_of_what_stands(app: Flask, world: World) -> None:
    number = send(app, world, pdf_of("One."))
    file = db.session.get_one(File, number)
    with pytest.raises(Denied):
        keep_text(world.actor("rik"), file, sha256=file.sha256, read=Read((Part("", (("p", "x"),)),), 1, whole=True))
    from community.permissions import SYSTEM

    keep_text(SYSTEM, file, sha256="0" * 64, read=Read((Part("", (("p", "x"),)),), 1, whole=True))
    assert db.session.get(FileText, number) is None


def test_a_program_reads_the_text_as_whoever_sees_the_file(app: Flask, world: World, read_it) -> None:
    noor, dev = (program_of(world, app.test_client, name, "read") for name in ("noor", "dev"))
    send(app, world, pdf_of("Nobody is slow."))
    send(app, world, b"\0\1", "notes.bin")
    assert noor.get("/spaces/noorderlicht/files/reading.pdf/text").json["state"] == "waiting"
    read_it()
    text = noor.get("/spaces/noorderlicht/files/reading.pdf/text").json
    assert (text["state"], text["pages"], text["body"]) == ("whole", 1, "Nobody is slow.")
    assert noor.get("/spaces/noorderlicht/files/notes.bin/text").status_code == 404
    assert dev.get("/spaces/noorderlicht/files/reading.pdf/text").status_code == 404
