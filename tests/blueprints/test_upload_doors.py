"""Every door through which bytes become a file refuses the same ones, with a sentence, and keeps nothing of them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask import Flask
from PIL import Image

from community.config import Settings, WrongSetting
from community.extensions import db
from community.files import incoming
from community.files.incoming import Guards, guards_from, receive
from community.files.media_types import ACTIVE, INLINE, served_as
from community.files.models import File, FileVersion
from community.files.policy import ANYTHING, USUAL, family_of, policy_from
from community.files.scanning import Scanner
from community.files.storage import TooLarge
from community.files.task_jobs import run
from community.files.tasks import order_unzip, receive_archive, task_for
from community.jobs.work import run_one
from tests.blueprints.api_callers import program_of
from tests.blueprints.dav_client import BRIDGE, Drive
from tests.community.test_cleaning import notes
from tests.conftest import token_of
from tests.world import World

FILES = "/spaces/noorderlicht/files"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40
HARM = b"harm for the scanner of this test"


class Door(NamedTuple):
    """`send(name, content)` gives the status and words of the answer."""

    send: Callable[[str, bytes], tuple[int, str]]
    status: tuple[int, ...] = (422,)


def _form(_app: Flask, _world: World, as_person: Any) -> Door:
    kwame = as_person("kwame")

    def send(name: str, content: bytes) -> tuple[int, str]:
        data = {"csrf_token": token_of(kwame.get(FILES).text), "files": [(io.BytesIO(content), name)]}
        answer = kwame.post(FILES, data=data, content_type="multipart/form-data")
        return answer.status_code, answer.text

    return Door(send)


def _program(app: Flask, world: World, _as_person: Any) -> Door:
    call = program_of(world, app.test_client, "kwame", "write")

    def send(name: str, content: bytes) -> tuple[int, str]:
        answer = call("PUT", f"{FILES}/{name}", data=content)
        return answer.status_code, answer.text

    return Door(send)


def _pieces(app: Flask, world: World, _as_person: Any) -> Door:
    call = program_of(world, app.test_client, "kwame", "write")

    def send(name: str, content: bytes) -> tuple[int, str]:
        told = {"filename": name, "space": "noorderlicht"}
        words = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in told.items())
        tus = {"Tus-Resumable": "1.0.0"}
        begun = call("POST", "/uploads", headers={**tus, "Upload-Length": str(len(content)), "Upload-Metadata": words})
        if begun.status_code != 201:
            return begun.status_code, begun.text
        path = begun.headers["Location"].removeprefix("/api/v1")
        piece = {**tus, "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        call("PATCH", path, data=content, headers=piece)
        while run_one():
            pass
        answer = call("GET", path)
        return (422 if answer.json["state"] == "failed" else 200), answer.text

    return Door(send)


def _drive(app: Flask, world: World, _as_person: Any) -> Door:
    drive = Drive(app, world, "kwame")

    def send(name: str, content: bytes) -> tuple[int, str]:
        answer = drive("PUT", f"{BRIDGE}/{name}", body=content)
        return answer.status_code, answer.text

    return Door(send, tuple(range(400, 500)))


def _archive(app: Flask, world: World, _as_person: Any) -> Door:
    def send(name: str, content: bytes) -> tuple[int, str]:
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w") as packed:
            packed.writestr(name, content)
        key = receive_archive(io.BytesIO(into.getvalue()), limit_bytes=10**8)
        number = order_unzip(world.actor("kwame"), world.space("noorderlicht"), key, name="all.zip").id
        run({"task": number})
        report = task_for(world.actor("kwame"), number).report
        return (422 if report and report[0]["bad"] else 200), " ".join(one["words"] % one["facts"] for one in report)

    return Door(send)


def _post(_app: Flask, _world: World, as_person: Any) -> Door:
    kwame = as_person("kwame")

    def send(name: str, content: bytes) -> tuple[int, str]:
        page = "/spaces/noorderlicht"
        data = {"csrf_token": token_of(kwame.get(page).text), "body": "Look", "files": [(io.BytesIO(content), name)]}
        answer = kwame.post(page, data=data, content_type="multipart/form-data")
        return answer.status_code, answer.text

    return Door(send)


DOORS = {"form": _form, "program": _program, "pieces": _pieces, "drive": _drive, "archive": _archive, "post": _post}


class _Finds:
    """A scanner that knows one thing."""

    def __init__(self) -> None:
        self.heard = b""

    def tell(self, piece: bytes) -> None:
        self.heard += piece

    def verdict(self) -> str:
        return "Harm" if HARM in self.heard else ""

    def close(self) -> None:
        """Nothing to do."""


@pytest.fixture
def strict(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual guards, small archives, and a scanner."""
    guards = Guards(policy_from(USUAL.replace("archives", "")), Scanner(_Finds))
    monkeypatch.setattr(incoming.guards, "now", guards)


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest, app: Flask, world: World, as_person: Any, strict: None) -> Door:
    return DOORS[request.param](app, world, as_person)


def _wide() -> bytes:
    head = b"IHDR" + struct.pack(">LLBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n\0\0\0\r" + head + struct.pack(">L", zlib.crc32(head)) + b"\0\0\0\0IEND\xaeB`\x82"


BAD = {
    "a page that calls itself a picture": ("me.jpg", b"<html><script>alert(1)</script>", "ends in .jpg"),
    "a picture of another kind": ("me.jpg", PNG, "Name it .png"),
    "a program that calls itself a report": ("report.pdf", b"MZ" + bytes(90), "ends in .pdf"),
    "a program": ("setup.exe", b"MZ" + bytes(90), "Programs are not kept here"),
    "a program that hides its ending": ("annual\u202efdp.exe", b"MZ" + bytes(90), "Programs are not kept here"),
    "a program without an ending": ("tool", b"\x7fELF" + bytes(90), "Programs are not kept here"),
    "a script of Windows": ("run.ps1", b"Remove-Item", "Programs are not kept here"),
    "a kind that is not kept": ("all.7z", b"7z\xbc\xaf\x27\x1c" + bytes(90), "of this kind are not kept here"),
    "too many pixels": ("wall.png", _wide(), "This picture"),
    "harm": ("notes.txt", b"words " * 2000 + HARM, "found something harmful"),
    "a device": ("con.txt", b"words", "means a device"),
}


@pytest.mark.parametrize("case", BAD)
def test_each_door_refuses_with_a_sentence_and_keeps_nothing(app: Flask, door: Door, case: str) -> None:
    name, content, sentence = BAD[case]
    before = set(app.config["STORAGE"].keys())
    status, words = door.send(name, content)
    assert status in door.status
    if 207 not in door.status and len(door.status) == 1:
        assert sentence in words.replace("&quot;", '"')
    assert db.session.query(File).count() == 0
    if "pieces" not in words and "offset" not in words:
        assert set(app.config["STORAGE"].keys()) == before


def test_each_door_keeps_what_is_well_and_leaves_the_place_out_of_a_picture(app: Flask, door: Door) -> None:
    into = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(into, "JPEG", exif=notes(1))
    assert b"Zaandijk" in into.getvalue()
    status, _ = door.send("Brug.jpg", into.getvalue())
    assert status < 400
    for key in list(app.config["STORAGE"].keys()):
        with app.config["STORAGE"].open(key) as content:
            assert b"Zaandijk" not in content.read()
    if db.session.query(File).count():
        version = db.session.query(FileVersion).one()
        assert (version.cleaned, version.size) == (True, len(into.getvalue()))


def test_somebody_who_sends_a_picture_is_told_that_its_place_was_left_out(
    app: Flask, world: World, as_person: Any
) -> None:
    into = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(into, "JPEG", exif=notes(1))
    kwame = as_person("kwame")
    door = _form(app, world, lambda _name: kwame)
    door.send("Brug.jpg", into.getvalue())
    words = "What the camera noted, such as where it was taken, has been left out."
    assert words in kwame.get(FILES).text
    assert words in kwame.get(f"{FILES}/Brug.jpg?about").text
    door.send("plain.png", PNG)
    assert words not in kwame.get(f"{FILES}/plain.png?about").text
    with app.config["STORAGE"].open(db.session.query(File).filter_by(name="Brug.jpg").one().storage_key) as content:
        cleaned = content.read()
    door.send("Brug.jpg", into.getvalue())  # the same picture from the telephone again is no new version
    assert db.session.query(File).filter_by(name="Brug.jpg").one().version == 1
    assert len(cleaned) == len(into.getvalue())


def test_a_house_may_keep_the_notes(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming.guards, "now", guards_from(Settings(PICTURE_NOTES="keep")))
    into = io.BytesIO()
    Image.new("RGB", (60, 40), "teal").save(into, "JPEG", exif=notes(1))
    came = receive(app.config["STORAGE"], io.BytesIO(into.getvalue()), "a.jpg", limit_bytes=10**6)
    assert not came.stored.cleaned
    with app.config["STORAGE"].open(came.stored.key) as content:
        assert content.read() == into.getvalue()


def test_a_kind_may_have_a_size_of_its_own(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming.guards, "now", guards_from(Settings(UPLOAD_TYPES="text=1, video")))
    storage = app.config["STORAGE"]
    assert receive(storage, io.BytesIO(b"x" * 1_000_000), "a.txt", limit_bytes=10**7).stored.size == 1_000_000
    for limit, size in ((10**7, 1_000_001), (5_000, 5_001)):
        with pytest.raises(TooLarge):
            receive(storage, io.BytesIO(b"x" * size), "a.txt", limit_bytes=limit)
    film = b"\0\0\0\x10ftypmp42\0\0\0\0" + b"\0\0\0\0mdat" + bytes(2_000_000)
    assert receive(storage, io.BytesIO(film), "a.mp4", limit_bytes=10**7).stored.size == len(film)


def test_settings_that_name_no_kind_stop_the_start() -> None:
    for words in ("films", "text=many", "text=0", ",", "text=-1"):
        with pytest.raises(WrongSetting, match=r"^UPLOAD_TYPES must .*\.$"):
            guards_from(Settings(UPLOAD_TYPES=words))
    assert guards_from(Settings()).policy.limits == policy_from(USUAL).limits
    assert "programs" in ANYTHING.limits


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.docx", b""),
        ("locked.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(90)),
        ("late.pdf", b"from a scanner\n%PDF-1.4"),
        ("song.mp3", bytes(90)),
        ("talk.m4a", b"\0\0\0\x18ftypmp42" + bytes(90)),
        ("film.mov", b"\0\0\0\x18wide" + bytes(90)),
        ("anim.avif", b"\0\0\0\x18ftypavis" + bytes(90)),
        ("phone.heic", b"\0\0\0\x18ftypmsf1" + bytes(90)),
        ("old.txt", "café".encode("cp1252")),
        ("MZ notes.txt", b"MZ is what programs begin with"),
        ("code.txt", b"<script>an example</script>"),
        ("model.bin", b"\x00\x01\x02"),
        ("Makefile", b"all:\n"),
    ],
)
def test_what_honest_people_send_comes_in(
    app: Flask, world: World, as_person: Any, strict: None, name: str, content: bytes
) -> None:
    status, words = _form(app, world, as_person).send(name, content)
    assert status == 303, words


def test_nothing_that_acts_is_ever_shown_within_a_page() -> None:
    names = {
        "text/html": "a.html", "application/xhtml+xml": "a.xhtml", "image/svg+xml": "a.svg", "application/xml": "a.xml",
        "text/javascript": "a.js", "text/css": "a.css",
    }  # fmt: skip
    assert set(names) == ACTIVE and not ACTIVE & INLINE
    for kind, name in names.items():
        for called in (name, name.upper(), "a.png", "a", "a.pdf"):
            told, how = served_as(kind, called)
            assert told == "application/octet-stream" and how.startswith("attachment")
        assert family_of(kind, name, b"") == "web"
    told, how = served_as("application/pdf", "a.pdf")
    assert how.startswith("attachment")
