"""Ragnhild uploads from Oslo, with names as her computer makes them; they arrive, and none can harm."""

from __future__ import annotations

import struct
import time
import unicodedata
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from community.errors import Invalid
from community.files.media_types import ACTIVE, HEAD, INLINE, UNKNOWN, disposition, media_type, served_as
from community.files.names import checked_name, extension, name_key
from community.people.handles import (
    LONGEST,
    RESERVED,
    canonical,
    canonical_email,
    checked_handle,
    handle_from_name,
    handle_of,
    is_email,
)
from community.people.initials import HUES, hue, initials

# ---- file names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("Intervju 12.docx", "Intervju 12.docx"),
        ("O\u0308vrig  o\u030avergang .pdf", "Övrig o̊vergang .pdf"),
        ("  padded.txt \u00a0", "padded.txt"),
        ("Wie is de klant?.md", "Wie is de klant?.md"),
        ("會議記錄.pdf", "會議記錄.pdf"),
        ("محضر.pdf", "محضر.pdf"),
        ("👩\u200d💻 notes.txt", "👩\u200d💻 notes.txt"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("a\u200bb\ufeff.txt", "ab.txt"),
        ("report.pdf...", "report.pdf"),
        (".htaccess", ".htaccess"),
        ("...a", "...a"),
        ("console.log", "console.log"),
        ("com.txt", "com.txt"),
    ],
)
def test_a_name_is_kept_as_its_writer_meant_it(raw: str, kept: str) -> None:
    assert checked_name(raw) == unicodedata.normalize("NFC", kept)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        ".",
        "..",
        "...",
        ". .",
        "\u202e",
        "\u200b.",
        "a/b",
        "/etc/passwd",
        "..\\..\\x",
        "C:\\fakepath\\x.png",
        "a\nb.txt",
    ]
    + ["a\0.txt", "\x7f", "a\x85b", "half\ud800.txt", "CON", "nul.txt", "Com1.tar.gz", "lpt¹", "aux .txt", "CONIN$"],
)
def test_a_name_that_would_hurt_somewhere_is_refused_at_its_field(raw: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_name(raw)
    assert refused.value.field == "name"
    assert str(refused.value).endswith(".")


def test_a_long_name_keeps_its_extension_and_whole_characters() -> None:
    for raw in ("å" * 300 + ".docx", "🌊" * 100 + ".JPEG", "e\u0301x\u0323" * 90 + ".pdf", "👩\u200d💻" * 40 + ".png"):
        kept = checked_name(raw)
        assert 200 < len(kept.encode()) <= 255
        assert extension(kept) == extension(raw)
        assert not kept.rpartition(".")[0].endswith("\u200d")
    assert len(checked_name("a." + "b" * 400).encode()) <= 255
    assert len(checked_name("." + "b" * 400).encode()) <= 255


@given(st.text(max_size=400))
def test_whatever_comes_a_name_is_safe_or_refused(raw: str) -> None:
    try:
        kept = checked_name(raw)
    except Invalid:
        return
    assert 0 < len(kept.encode()) <= 255
    assert not set(kept) & set("/\\\0\n\r\u202e\u2066")
    assert kept == unicodedata.normalize("NFC", kept)
    assert kept not in (".", "..")
    assert checked_name(kept) == kept
    assert name_key(kept) == name_key(unicodedata.normalize("NFD", kept)) == name_key(name_key(kept))


def test_names_that_one_of_our_computers_takes_for_the_same_have_one_key() -> None:
    assert name_key("Notes.TXT") == name_key("notes.txt")
    assert name_key("Övergård.pdf") == name_key("o\u0308verga\u030ard.PDF")
    assert name_key("Ｎｏｔｅｓ.txt") == name_key("notes.txt")
    assert name_key("Straße") == name_key("STRASSE")
    assert name_key("ﬁle") == name_key("FILE")
    assert name_key("a.txt") != name_key("b.txt")


# ---- what a file is -------------------------------------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + zlib.compress(b"")
JPEG, GIF, WEBP = b"\xff\xd8\xff\xe0\0\x10JFIF", b"GIF89a\x01\0\x01\0", b"RIFF\x10\0\0\0WEBPVP8 "
PDF, ZIP, OLE = b"%PDF-1.7\n%\xe2\xe3", b"PK\x03\x04\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("head", "name", "kind"),
    [
        (PNG, "wall.png", "image/png"),
        (PNG, "wall", "image/png"),
        (JPEG, "Wall.JPG", "image/jpeg"),
        (GIF, "x.gif", "image/gif"),
        (WEBP, "x.webp", "image/webp"),
        (PDF, "x.pdf", "application/pdf"),
        (ZIP, "Interview 12.docx", WORD),
        (ZIP, "all.zip", "application/zip"),
        (ZIP, "unheard.of", "application/zip"),
        (OLE, "old.doc", "application/msword"),
        (OLE, "old.ppt", "application/vnd.ms-powerpoint"),
        (b"\0\0\0\x18ftypmp42", "film.mp4", "video/mp4"),
        (b"\0\0\0\x18ftypheic", "IMG_1.HEIC", "image/heic"),
        (b"Wie is de klant?", "x.md", "text/markdown"),
        (b"# <b>x</b>", "x.md", "text/markdown"),
        (b"a;b\r\n1;2", "x.csv", "text/csv"),
        (b"plain", "README", "text/plain"),
        (b"", "empty.txt", "text/plain"),
        (b"<html>", "x.html", "text/html"),
        (b"<svg xmlns=x>", "x.svg", "image/svg+xml"),
        (b"alert(1)", "x.js", "text/javascript"),
        # what promises one thing and is another
        (PNG, "x.html", UNKNOWN),
        (PNG, "x.svg", UNKNOWN),
        (GIF + b"=1;alert(1)", "x.js", UNKNOWN),
        (b"<html><script>alert(1)</script>", "x.png", UNKNOWN),
        (b"<script>alert(1)</script>", "x.txt", UNKNOWN),
        (b"\xef\xbb\xbf <!-- --> <!DOCTYPE html>", "x", UNKNOWN),
        (b"text first, then <svg onload=alert(1)>", "x.csv", UNKNOWN),
        (b"<?xml version='1.0'?><x/>", "x.txt", UNKNOWN),
        (b"plain", "x.jpg", UNKNOWN),
        (PDF, "x.jpg", UNKNOWN),
        (ZIP, "x.pdf", UNKNOWN),
        (b"MZ\x90\0\x03", "x.exe", UNKNOWN),
        (b"\x7fELF\x02", "x", UNKNOWN),
        (b"\xff\xfe<\0s\0c\0r\0", "x.txt", UNKNOWN),
        (b"XXXXXXXXWEBP", "x.webp", UNKNOWN),
    ],
)
def test_the_bytes_say_what_a_file_is_and_the_name_has_to_agree(head: bytes, name: str, kind: str) -> None:
    assert media_type(head, name) == kind


def test_a_letter_cut_in_two_at_the_end_of_the_head_is_still_text() -> None:
    long = ("ø" * HEAD).encode()[: HEAD - 1]
    assert media_type(b"x" + long[: HEAD - 1], "x.txt") == "text/plain"
    assert media_type(b"short \xc3", "x.txt") == UNKNOWN


@pytest.mark.parametrize(
    "piece", [b"<!---->", b"<!-- ", b"-->", b" ", b"<a on", b"<a ", b"on ", b"o", b"<", b"<script", "ø".encode()]
)
def test_no_head_takes_long_to_look_at(piece: bytes) -> None:
    began = time.thread_time()
    media_type((piece * HEAD)[:HEAD], "x.csv")
    assert time.thread_time() - began < 0.3


def test_only_four_kinds_of_pictures_open_in_a_page() -> None:
    for kind, name in (
        ("image/png", "x.png"),
        ("image/jpeg", "x.jpeg"),
        ("image/gif", "x.gif"),
        ("image/webp", "x.webp"),
    ):
        assert served_as(kind, name) == (kind, f'inline; filename="{name}"')
    assert served_as("image/png", "x.jpg") == (UNKNOWN, 'attachment; filename="x.jpg"')
    assert served_as("image/png", "x.html") == (UNKNOWN, 'attachment; filename="x.html"')
    assert served_as("image/png", "x")[0] == UNKNOWN


@pytest.mark.parametrize(
    "kind", sorted(ACTIVE) + ["application/pdf", UNKNOWN, "application/rss+xml", "text/ecmascript", "x", ""]
)
@pytest.mark.parametrize("name", ["x.html", "x.svg", "x.png", "x.pdf", "x", "x.xml", "x.js"])
def test_what_could_act_is_always_a_download(kind: str, name: str) -> None:
    content_type, how = served_as(kind, name)
    assert how.startswith("attachment;")
    assert content_type in (UNKNOWN, "application/pdf")


@pytest.mark.parametrize(
    "kind", ["text/html\r\nX: y", "text/html;x", 'image/png"', "Image/PNG", "image/png; charset=x"]
)
def test_a_type_that_is_no_type_never_reaches_a_header(kind: str) -> None:
    assert served_as(kind, "x.png") == (UNKNOWN, 'attachment; filename="x.png"')


def test_texts_say_their_letters() -> None:
    assert served_as("text/csv", "x.csv") == ("text/csv; charset=utf-8", 'attachment; filename="x.csv"')
    assert not any(kind.startswith("text/") for kind in INLINE)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Wie wacht?.md", "Wie wacht_.md"),
        ("Øvergård.pdf", "_vergard.pdf"),
        ("會議.pdf", "__.pdf"),
        ('a"; filename="b.html', "a__ filename=_b.html"),
        ("100%.txt", "100_.txt"),
        ("a\r\nSet-Cookie: x.txt", "a__Set-Cookie_ x.txt"),
    ],
)
def test_a_name_in_any_script_arrives_whole(name: str, plain: str) -> None:
    header = disposition("attachment", name)
    assert header.isascii()
    assert not set(header) & set("\r\n\0")
    assert f'filename="{plain}"' in header
    kind, options = parse_options_header(header.replace(f'filename="{plain}"; ', ""))
    assert (kind, options) == ("attachment", {"filename": name})


@given(st.text(max_size=60))
def test_no_name_breaks_the_header(name: str) -> None:
    header = disposition("attachment", name)
    assert header.isascii() and header.isprintable()
    assert header.count('"') == 2


# ---- handles, addresses and letters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "handle"),
    [
        ("Noor van der Velden", "noor.van-der-velden"),
        ("Samir El Idrissi", "samir.el-idrissi"),
        ("Fatma Yıldırım", "fatma.yildirim"),
        ("Kwame Mensah", "kwame.mensah"),
        ("Annelies van den Heuvel-Brouwer", "annelies.van-den-heuvel-brouwer"),
        ("Ragnhild Øvergård", "ragnhild.overgard"),
        ("Maximilian-Alexander von Thurn-Wenckebach", "maximilian.von-thurn-wenckebach"),
        ("Pieter-Jan Hoekstra", "pieter-jan.hoekstra"),
        ("Rik", "rik"),
        ("Юлия Щербакова", "yuliya.shcherbakova"),
        ("Γιώργος Παπαδόπουλος", "giorgos.papadopoylos"),
        ("Sinéad O'Brien", "sinead.obrien"),
        ("李小龙", "colleague"),
        ("李 Lee", "lee"),
        ("", "colleague"),
    ],
)
def test_the_cast_gets_handles_that_one_can_say(name: str, handle: str) -> None:
    assert handle_from_name(name) == handle


@given(st.text(max_size=120))
def test_every_name_gives_a_handle_that_may_be_given(name: str) -> None:
    handle = handle_from_name(name, taken={"colleague", "rik"}.__contains__)
    assert checked_handle(handle) == handle
    assert 2 <= len(handle) <= LONGEST


def test_the_second_of_a_name_gets_a_number() -> None:
    given_out = {"rik", "rik-2"}
    assert handle_from_name("Rik", given_out.__contains__) == "rik-3"
    assert handle_from_name("Admin") == "admin-2"
    long = handle_from_name("Annelies van den Heuvel-Brouwer-Hoekstra")
    assert len(handle_from_name("Annelies van den Heuvel-Brouwer-Hoekstra", {long}.__contains__)) <= LONGEST


@pytest.mark.parametrize(
    "typed",
    [
        "Noor.van-der-velden",
        " @noor.van-der-velden\n",
        "ＮＯＯＲ.van-der-velden",
        "nооr.van-der-velden",
        "noor\u200b.van-der-velden\u00ad",
    ],
)
def test_what_looks_like_noor_is_noor(typed: str) -> None:
    assert canonical(typed) == "noor.van-der-velden"


@pytest.mark.parametrize(
    "typed", ["", "a", "a..b", ".ab", "ab-", "a b!", "a_b", "../x", "李小龙", "a" * 40, *sorted(RESERVED)[::9], "ADMIN"]
)
def test_a_handle_that_misleads_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_handle(typed)
    assert refused.value.field == "handle"


def test_an_address_is_the_same_however_it_is_typed() -> None:
    assert canonical_email(" Noor@Waterland.Example\n") == "noor@waterland.example"
    assert canonical_email("ｎｏｏｒ@waterland.example\u200b") == "noor@waterland.example"
    for good in ("noor+x@waterland.example", "a@b.co", "fatma.yıldırım@waterland.example", "o'brien@x-y.example"):
        assert is_email(good)
    for bad in (
        "",
        "a",
        "a@b",
        "a@@b.co",
        "a b@c.co",
        "a@b..co",
        ".a@b.co",
        "a@-b.co",
        "a@b.c\n",
        "a" * 65 + "@b.co",
        "a@" + "b" * 260 + ".co",
    ):
        assert not is_email(bad)


def test_a_hostile_address_takes_no_time() -> None:
    assert not is_email("a." * 120 + "@")
    assert not is_email("a@" + "a-" * 120)


def test_search_words_lose_their_accents() -> None:
    assert handle_of("ØVERGÅRD, R.") == "overgard-r"
    assert handle_of("李") == ""


def test_letters_and_colours_stay_the_same() -> None:
    assert [initials(name) for name in ("Noor van der Velden", "Samir El Idrissi", "Rik", "anna maria jansen", "")] == [
        "NV",
        "SE",
        "R",
        "AJ",
        "?",
    ]
    assert hue("noor.van-der-velden") == hue("noor.van-der-velden") == 1 + zlib.crc32(b"noor.van-der-velden") % HUES
    assert {hue(f"person-{number}") for number in range(100)} == set(range(1, HUES + 1))
