"""What can be seen of files is drawn once for the same content, by programs with few rights; hostile bytes harm nobody."""

from __future__ import annotations

import io
import os
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pillow_heif
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import delete, func, select

from community.errors import NotFound
from community.extensions import db, write_unit
from community.files import drawing, previews
from community.files.actions import delete_file
from community.files.confined import Limits, run
from community.files.drawn import content_of, order_preview, part_of, preview_of_file, thumbs_of
from community.files.models import File, FilePreview, FilePreviewPart
from community.files.previews import DRAWS, OFFICE, Impossible, preview_of
from community.files.tables import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, table_in
from community.jobs import work
from community.jobs.models import Job
from community.ports import ports
from tests.community.test_file_texts import pdf_of, send
from tests.conftest import count_queries
from tests.world import World

MB = 1 << 20
DOCX, XLSX = (next(kind for kind, ending in OFFICE.items() if ending == wanted) for wanted in (".docx", ".xlsx"))
OFFICES = [path] if (path := shutil.which("soffice")) else []
"""Where a real office is: what needs one is tried with it."""


@pytest.fixture
def converter(tmp_path: Path) -> Iterator[Path]:
    """A small program in the place of LibreOffice: it makes a PDF of two pages of whatever it is given."""
    (tmp_path / "two.pdf").write_bytes(pdf_of("One.", "Two."))
    program = tmp_path / "convert"
    program.write_text(
        f"#!{sys.executable} -I\nimport sys, pathlib\n"
        f"words = {pdf_of('One.', 'Two.')!r}\n"
        "out = pathlib.Path(sys.argv[sys.argv.index('--outdir') + 1])\n"
        "assert 'DisableMacrosExecution' in (out / 'profile/user/registrymodifications.xcu').read_text()\n"
        "(out / (pathlib.Path(sys.argv[-1]).stem + '.pdf')).write_bytes(words)\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    previews.use(str(program))
    yield program
    previews.use("soffice")


def picture(form: str = "PNG", size: tuple[int, int] = (900, 600), *, turned: bool = False, **more) -> bytes:
    """A picture, red above and blue below; `turned`: with the note that it lies on its side, and where it was taken."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0], size[1] // 2))
    if turned:
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = 6, "taken in the garden"
        more["exif"] = exif
    out = io.BytesIO()
    image.save(out, form, **more)
    return out.getvalue()


def made_of(content: bytes, media_type: str) -> tuple[dict[tuple[str, int], Image.Image], previews.Preview]:
    """What is drawn, by what it is and its page."""
    with preview_of(io.BytesIO(content), media_type) as made:
        found = {}
        for part in made.parts:
            with Image.open(part.path) as image:
                image.load()
                assert image.format == "WEBP" and image.size == (part.width, part.height)
                found[part.what, part.page] = image.copy()
    return found, made


def why_not(content: bytes, media_type: str) -> str:
    with pytest.raises(Impossible) as fault, preview_of(io.BytesIO(content), media_type):
        pass
    return str(fault.value)


# ---- pictures and pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        *(("JPEG", "image/jpeg"), ("PNG", "image/png"), ("GIF", "image/gif"), ("WEBP", "image/webp")),
        *(("AVIF", "image/avif"), ("TIFF", "image/tiff"), ("HEIF", "image/heic"), ("BMP", "image/bmp")),
    ],
)
def test_pictures_of_every_kind_are_drawn(form: str, kind: str) -> None:
    pillow_heif.register_heif_opener()
    found, _ = made_of(picture(form, (2400, 1200)), kind)
    assert {what: image.size for what, image in found.items()} == {("sheet", 0): (1600, 800), ("thumb", 0): (320, 160)}
    red = found["sheet", 0].convert("RGB").getpixel((800, 100))
    assert red[0] > 200 and red[2] < 60


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_stands_upright_and_says_nothing_of_where_it_was_taken(form: str) -> None:
    found, _ = made_of(picture(form, turned=True), f"image/{form.lower()}")
    image = found["sheet", 0].convert("RGB")
    assert image.size == (600, 900)
    assert image.getpixel((550, 450))[0] > 200, "what was above is at the right"
    with preview_of(io.BytesIO(picture(form, turned=True)), f"image/{form.lower()}") as made:
        drawn = [part.path.read_bytes() for part in made.parts]
    assert drawn and not any(b"garden" in one or b"EXIF" in one for one in drawn)


def test_what_is_clear_stays_clear_and_sixteen_bits_of_grey_are_seen() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(out, "PNG")
    assert made_of(out.getvalue(), "image/png")[0]["thumb", 0].convert("RGBA").getpixel((5, 5))[3] == 0
    deep = io.BytesIO()
    Image.new("I;16", (50, 50), 40_000).save(deep, "PNG")
    grey = made_of(deep.getvalue(), "image/png")[0]["thumb", 0].convert("L").getpixel((5, 5))
    assert isinstance(grey, (int, float)) and 140 < grey < 170


def test_the_pages_of_a_pdf_the_first_as_thumb_and_no_more_than_a_bound(monkeypatch) -> None:
    found, made = made_of(pdf_of(*(f"Page {number}" for number in range(1, 4))), "application/pdf")
    assert set(found) == {("thumb", 0), ("sheet", 1), ("sheet", 2), ("sheet", 3)}
    assert (made.pages, max(found["sheet", 2].size)) == (3, 1600)
    monkeypatch.setattr(previews, "MOST_PAGES", 4)
    _, long = made_of(pdf_of(*["x"] * 11), "application/pdf")
    assert (long.pages, len(long.parts)) == (11, 4 + 1)


# ---- videos, sounds, office documents -------------------------------------------------------------------------------


def play(*words: str, folder: Path, name: str) -> bytes:
    """A video or a sound that ffmpeg makes."""
    subprocess.run(["ffmpeg", "-v", "error", *words, "-y", str(folder / name)], check=True, stdin=subprocess.DEVNULL)
    return (folder / name).read_bytes()


FILM = ("-f", "lavfi", "-i", "testsrc=duration=3:size=640x360:rate=10", "-pix_fmt", "yuv420p")
TONE = ("-f", "lavfi", "-i", "sine=frequency=440:duration=4")


@pytest.mark.parametrize(
    ("name", "kind"), [("v.mp4", "video/mp4"), ("v.webm", "video/webm"), ("v.mov", "video/quicktime")]
)
def test_a_video_has_a_poster_and_a_length(name: str, kind: str, tmp_path: Path) -> None:
    codec = ("-c:v", "libvpx") if name.endswith("webm") else ()
    found, made = made_of(play(*FILM, *codec, folder=tmp_path, name=name), kind)
    assert {what: image.size for what, image in found.items()} == {("poster", 0): (640, 360), ("thumb", 0): (320, 180)}
    assert made.seconds is not None and round(made.seconds) == 3


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.flac", "a.wav", "a.m4a"])
def test_a_sound_has_a_shape_and_a_length(name: str, tmp_path: Path) -> None:
    kind = {"a.mp3": "audio/mpeg", "a.m4a": "audio/mp4"}.get(name, f"audio/{name[2:]}")
    found, made = made_of(play(*TONE, folder=tmp_path, name=name), kind)
    assert set(found) == {("wave", 0)} and found["wave", 0].size == (1200, 180)
    assert made.seconds is not None and round(made.seconds) == 4


def test_a_playlist_is_no_film_so_that_it_cannot_name_files_of_the_house(tmp_path: Path) -> None:
    play(*FILM, folder=tmp_path, name="secret.mp4")
    hostile = f"#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{tmp_path}/secret.mp4\n#EXT-X-ENDLIST\n".encode()
    for kind in ("video/mp4", "video/webm", "audio/mpeg"):
        assert why_not(hostile, kind) == "damaged"


def packed(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return out.getvalue()


def test_an_office_document_is_drawn_by_the_program_of_the_setting(converter: Path) -> None:
    found, made = made_of(packed({"word/document.xml": b"<w/>"}), DOCX)
    assert set(found) == {("thumb", 0), ("sheet", 1), ("sheet", 2)} and made.pages == 2


def test_without_the_program_it_says_so_and_draws_once_it_is_there(
    app: Flask, world: World, draw, converter: Path
) -> None:
    previews.use("off")
    content = packed({"word/document.xml": b"<w/>"})
    number = send(app, world, content, "plan.docx")
    draw()
    file = db.session.get_one(File, number)
    assert (made := preview_of_file(file)) is not None and made.reason == "converter"
    work._handlers["files.look-drawn"]({})
    draw()
    assert (made := preview_of_file(db.session.get_one(File, number))) is not None and made.reason == "converter"
    previews.use(str(converter))
    work._handlers["files.look-drawn"]({})
    with write_unit():
        order_preview(db.session.get_one(File, number), 1, "now")
    draw()
    db.session.expire_all()
    made = preview_of_file(db.session.get_one(File, number))
    assert made is not None and (made.reason, made.pages, len(made.parts)) == ("", 2, 3)


@pytest.mark.parametrize("office", OFFICES)
def test_a_real_office_draws_text_and_sheets_and_reads_nothing_else(office: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the key of the house")
    text = f"""<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
      xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2">
      <office:body><office:text><text:p>Nobody is slow.</text:p>
      <text:section text:name="s"><text:section-source xlink:href="file://{secret}" xlink:type="simple"/><text:p>left</text:p>
      </text:section></office:text></office:body></office:document-content>""".encode()
    manifest = b"""<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
      <manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>
      <manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>"""
    previews.use(office)
    kind = next(kind for kind, ending in OFFICE.items() if ending == ".odt")
    content = packed({"mimetype": kind.encode(), "content.xml": text, "META-INF/manifest.xml": manifest})
    found, made = made_of(content, kind)
    assert made.pages == 1 and found["sheet", 1].size == (1132, 1600)
    previews.use("soffice")


# ---- what hostile bytes can do --------------------------------------------------------------------------------------


def test_a_program_reads_and_reaches_nothing_but_what_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("given")
    (tmp_path / "other").write_text("other")
    (tmp_path / "out").mkdir()
    paths = [tmp_path / "given", tmp_path / "other", previews.__file__, "/etc/shadow", Path.home() / ".profile"]
    tries = f"""
import os, socket
for path in {[str(path) for path in paths]!r}:
    try: print(os.path.basename(path), open(path).read(5) != "")
    except OSError: print(os.path.basename(path), "no")
for family in (socket.AF_INET, socket.AF_INET6):
    try: socket.socket(family); print("net")
    except OSError: print("no net")
try: open({str(tmp_path / "written")!r}, "w"); print("written")
except OSError: print("no")
open("mine", "w").write("x")
print(sorted(name for name in os.environ))
"""
    said = run(
        [sys.executable, "-I", "-c", tries], DRAWS, reads=[str(tmp_path / "given")], writes=str(tmp_path / "out")
    )
    lines = said.out.decode().splitlines()
    assert lines[:5] == ["given True", "other no", "previews.py no", "shadow no", ".profile no"]
    assert lines[5:8] == ["no net", "no net", "no"]
    assert lines[8] == "['HOME', 'LANG', 'PATH', 'TMPDIR']" and (tmp_path / "out" / "mine").exists()


@pytest.mark.parametrize(
    ("program", "limits"),
    [
        ("while True: pass", Limits(512 * MB, 1, MB, 30)),
        ("import time; time.sleep(60)", Limits(512 * MB, 5, MB, 1)),
        ("import os\nif os.fork(): os._exit(0)\nimport time; time.sleep(60)", Limits(512 * MB, 5, MB, 5)),
        ("open('big', 'wb').write(bytes(9 << 20))", Limits(512 * MB, 5, MB, 5)),
        ("bytes(1 << 30)", Limits(512 * MB, 5, MB, 5)),
    ],
)
def test_a_program_that_takes_too_much_is_ended_with_all_that_it_began(
    program: str, limits: Limits, tmp_path: Path
) -> None:
    said = run([sys.executable, "-I", "-c", program], limits, reads=[], writes=str(tmp_path))
    assert said.code != 0 or "fork" in program
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 2 * MB
    left = subprocess.run(["pgrep", "-f", f"confined.py.*{tmp_path.name}"], capture_output=True)
    assert left.stdout == b""


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is this large; its lines are all there, packed well (ISO/IEC 15948)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    packer, lines = zlib.compressobj(9), b""
    for _ in range(height):
        lines += packer.compress(bytes(1 + (width + 7) // 8))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines + packer.flush()) + chunk(b"IEND", b"")


def test_a_picture_of_very_many_pixels_is_not_opened() -> None:
    bomb = png_of(60_000, 20_000)
    assert len(bomb) < MB
    assert why_not(bomb, "image/png") == "pixels"


def sized(width: float, height: float, pages: int = 1) -> bytes:
    return pdf_of(*["x"] * pages).replace(b"[0 0 612 792]", f"[0 0 {width:g} {height:g}]".encode())


def test_pdfs_of_huge_pages_and_of_a_hundred_thousand_of_them(monkeypatch) -> None:
    monkeypatch.setattr(previews, "MOST_PAGES", 4)
    found, _ = made_of(sized(14_400_000, 14_400_000), "application/pdf")
    assert max(found["sheet", 1].size) <= 1600
    thin, _ = made_of(sized(100_000, 1), "application/pdf")
    assert thin["sheet", 1].height >= 1
    kids = " ".join(["3 0 R"] * 100_000)
    many = (
        f"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [{kids}] /Count 100000 >>"
        "\nendobj\n3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 99 99] >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
    )
    _, made = made_of(many.encode(), "application/pdf")
    assert made.pages == 100_000 and len(made.parts) == 4 + 1


def test_what_a_limit_cuts_off_keeps_what_was_drawn_before(monkeypatch) -> None:
    heavy = "0 0 m " + " ".join(f"{n % 600} {n * 7 % 790} l" for n in range(60_000)) + " S "
    slow = pdf_of("One.", "Two.")
    at = slow.index(b"(Two.) Tj ET") + len(b"(Two.) Tj ET")
    slow = slow[:at] + b" " + (heavy * 40).encode() + slow[at:]
    monkeypatch.setattr(previews, "DRAWS", Limits(1536 * MB, 3, 40 * MB, 60))
    found, made = made_of(slow, "application/pdf")
    assert ("sheet", 1) in found and made.pages == 2


def test_an_office_file_that_unpacks_to_very_much_is_not_opened(converter: Path) -> None:
    bomb = packed({"word/document.xml": bytes(400 * MB)})
    assert len(bomb) < MB
    assert why_not(bomb, DOCX) == "packed"
    assert why_not(packed({f"{number}.xml": b"x" for number in range(drawing.MOST_ENTRIES + 1)}), DOCX) == "packed"
    assert why_not(b"PK\x03\x04" + os.urandom(2000), DOCX) == "damaged"


def test_broken_and_cut_files_of_each_kind_say_so(tmp_path: Path, converter: Path) -> None:
    pillow_heif.register_heif_opener()
    film, tone = play(*FILM, folder=tmp_path, name="v.mp4"), play(*TONE, folder=tmp_path, name="a.flac")
    samples = [
        *((picture(form), f"image/{form.lower()}") for form in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "TIFF")),
        *(
            (picture("HEIF"), "image/heic"),
            (pdf_of("One."), "application/pdf"),
            (film, "video/mp4"),
            (tone, "audio/flac"),
        ),
        (packed({"a.xml": b"x" * 1000}), XLSX),
    ]
    for content, kind in samples:
        assert why_not(content[:60], kind) in ("damaged", "much"), kind
        assert why_not(content[:12] + os.urandom(4000), kind) in ("damaged", "much", "pixels"), kind
    assert why_not(b"", "image/png") == "damaged"


def test_a_locked_pdf_says_that_it_is_locked() -> None:
    lock = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <"
        + b"41" * 32
        + b"> /U <"
        + b"42" * 32
        + b"> >> /ID [<00> <00>] "
    )
    assert why_not(pdf_of("One.").replace(b"/Root 1 0 R", lock + b"/Root 1 0 R"), "application/pdf") == "locked"


# ---- kept once, asked for each time ---------------------------------------------------------------------------------


def test_the_same_content_is_drawn_once_and_the_rights_are_those_of_each_file(
    app: Flask, world: World, as_person, draw, monkeypatch
) -> None:
    number = send(app, world, picture(), "board.png")
    draw()
    kept = db.session.scalars(select(FilePreviewPart.storage_key)).all()
    monkeypatch.setattr(previews, "run", None)  # nothing is drawn any more
    again = send(app, world, picture(), "the same.png", audience="coach")
    draw()
    assert db.session.scalars(select(FilePreviewPart.storage_key)).all() == kept
    assert set(thumbs_of([db.session.get_one(File, one) for one in (number, again)])) == {number, again}
    for who, first, second in (("samir", 200, 404), ("anna", 200, 200), ("noor", 200, 200), ("dev", 404, 404)):
        browser = as_person(who)
        assert browser.get(f"/files/{number}/preview/thumb").status_code == first
        assert browser.get(f"/files/{again}/preview/thumb").status_code == second
    answer = as_person("samir").get(f"/files/{number}/preview/sheet")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("image/webp", "private, no-cache")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    etag = answer.headers["ETag"]
    assert as_person("samir").get(f"/files/{number}/preview/sheet", headers={"If-None-Match": etag}).status_code == 304
    assert as_person("dev").get(f"/files/{number}/preview/sheet", headers={"If-None-Match": etag}).status_code == 404
    delete_file(world.actor("noor"), db.session.get_one(File, number))
    assert as_person("samir").get(f"/files/{number}/preview/sheet").status_code == 404


def test_each_version_has_its_own_and_old_ones_are_seen_with_the_rights_of_the_file(
    app: Flask, world: World, as_person, draw
) -> None:
    number = send(app, world, picture(), "board.png")
    draw()
    send(app, world, picture(size=(300, 300)), "board.png")
    file = db.session.get_one(File, number)
    assert preview_of_file(file) is None
    draw()
    old, new = content_of(file, 1), content_of(file)
    assert part_of(old, "sheet", 0).width == 900
    assert part_of(new, "sheet", 0).width == 300
    samir = as_person("samir")
    assert (
        samir.get(f"/files/{number}/preview/sheet").data != samir.get(f"/files/{number}/preview/sheet?version=1").data
    )
    assert samir.get(f"/files/{number}/preview/sheet?version=7").status_code == 404
    assert as_person("dev").get(f"/files/{number}/preview/sheet?version=1").status_code == 404
    html = samir.get("/spaces/noorderlicht/files/board.png?about&version=1").text
    assert "You look at version 1." in html and 'width="900"' in html
    with pytest.raises(NotFound):
        content_of(file, 9)


def test_a_version_that_was_replaced_before_it_was_drawn_is_drawn_too(app: Flask, world: World, draw) -> None:
    number = send(app, world, picture(), "board.png")
    send(app, world, picture(size=(300, 300)), "board.png")
    draw()
    file = db.session.get_one(File, number)
    for version, width in ((1, 900), (2, 300)):
        content = content_of(file, version)
        assert part_of(content, "sheet", 0).width == width


def test_a_job_of_the_day_draws_what_is_missing_and_forgets_what_nobody_holds(
    app: Flask, world: World, draw, monkeypatch
) -> None:
    number = send(app, world, picture(), "board.png")
    draw()
    with write_unit():
        db.session.execute(delete(FilePreviewPart))
        db.session.execute(delete(FilePreview))
        db.session.execute(delete(Job))
    work._handlers["files.look-drawn"]({})
    draw()
    assert preview_of_file(db.session.get_one(File, number)) is not None
    work._handlers["files.look-drawn"]({})
    assert not db.session.scalar(select(Job.id).where(Job.name == "files.draw", Job.done_at.is_(None)))
    keys = db.session.scalars(select(FilePreviewPart.storage_key)).all()
    with write_unit():
        db.session.execute(delete(FilePreviewPart).where(FilePreviewPart.what == "none"))
        kept = FilePreview(sha256="0" * 64, media_type="image/png")
        kept.parts = [FilePreviewPart(what="thumb", page=0, storage_key=keys[0][::-1], width=1, height=1, size=1)]
        db.session.add(kept)
    work._handlers["files.look-drawn"]({})
    assert db.session.scalar(select(func.count()).select_from(FilePreview)) == 1
    assert all(app.config["STORAGE"].exists(key) for key in keys)


def test_a_job_that_is_killed_between_bytes_and_row_draws_again_and_two_at_once_keep_one(
    app: Flask, world: World, draw, monkeypatch
) -> None:
    number = send(app, world, picture(), "board.png")
    payload = {"file": number, "version": 1}
    monkeypatch.setattr(ports, "storage", lambda: app.config["STORAGE"])
    work._handlers["files.draw"](payload)
    before = set(app.config["STORAGE"].keys())
    work._handlers["files.draw"](payload)
    assert set(app.config["STORAGE"].keys()) == before
    from community.files import preview_jobs

    monkeypatch.setattr(
        preview_jobs, "drawn_before", lambda *_content: None
    )  # the other was not there yet when this one looked
    work._handlers["files.draw"](payload)
    assert set(app.config["STORAGE"].keys()) == before, "the bytes of the second are taken away again"
    assert db.session.scalar(select(func.count()).select_from(FilePreview)) == 1


def test_the_small_pictures_of_a_list_cost_one_query(app: Flask, world: World, draw) -> None:
    numbers = [send(app, world, picture(size=(40 + n, 40)), f"{n}.png") for n in range(5)]
    draw()
    files = [db.session.get_one(File, number) for number in numbers]
    with count_queries() as asked:
        found = thumbs_of(files)
    assert len(asked) == 1 and set(found) == set(numbers)
    with count_queries() as asked:
        assert thumbs_of([]) == {}
    assert len(asked) == 0


# ---- tables ---------------------------------------------------------------------------------------------------------


def test_a_table_is_read_whatever_parts_its_columns_and_has_bounds() -> None:
    for sign in ",;\t|":
        table = table_in(f"name{sign}town\nNoor{sign}Assen\n\nSamir\n".encode())
        assert table is not None and (table.head, table.rows) == (["name", "town"], [["Noor", "Assen"], ["Samir", ""]])
    quoted = table_in(b'\xef\xbb\xbfa,b\n"one, two","<b>\nthree"\n')
    assert quoted is not None and quoted.rows == [["one, two", "<b>\nthree"]]
    long = table_in(b"a,b\n" * 5000)
    assert long is not None and len(long.rows) == MOST_ROWS and long.cut
    wide = table_in(b"," * 5000)
    assert wide is None
    wide = table_in(b"x," * 5000)
    assert wide is not None and len(wide.head) == MOST_COLUMNS and wide.cut
    endless = table_in(b'a,"' + b"x" * MOST_BYTES)
    assert endless is None or endless.cut
    assert table_in(b"") is None
