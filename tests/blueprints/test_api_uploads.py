"""Uploads in pieces, as a tus client speaks of them: what is refused before a byte, where a piece may lie, and what is kept."""

from __future__ import annotations

import hashlib
import io
from base64 import b64encode
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from community.clock import now
from community.extensions import db
from community.files import room, taking, uploads
from community.files.actions import create_folder
from community.files.finishing import finish
from community.files.models import File, Folder
from community.files.storage import Away, NoRoom
from community.files.upload_tables import Upload, UploadPart
from community.jobs.models import Job
from community.jobs.work import run_one
from community.spaces.actions import archive_space, remove_member
from tests.blueprints.api_callers import Program, program_of

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def call(app, world):
    return lambda name, scope="write": program_of(world, app.test_client, name, scope)


@pytest.fixture
def noor(call) -> Program:
    return call("noor")


def words(**more: str) -> str:
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in more.items())


def begin(
    program: Program, length: int | str, name: str = "kaart.txt", space: str = "noorderlicht", **more: Any
) -> Any:
    """Announce; `more` are words of Upload-Metadata."""
    headers = {**TUS, "Upload-Length": str(length), "Upload-Metadata": words(filename=name, space=space, **more)}
    return program("POST", "/uploads", headers=headers)


def path_of(answer: Any) -> str:
    return answer.headers["Location"].removeprefix("/api/v1")


def send(program: Program, path: str, offset: int | str, data: bytes, **headers: str) -> Any:
    return program("PATCH", path, data=data, headers={**PIECE, "Upload-Offset": str(offset), **headers})


def stream(program: Program, path: str, source: Any, length: int | None, **headers: str) -> Any:
    """A piece as it comes over a line; `length` is what was promised, None for nothing."""
    given: dict[str, Any] = {"wsgi.input": source, "CONTENT_LENGTH": str(length)}
    if length is None:
        given = {"wsgi.input": source, "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    return program("PATCH", path, headers={**PIECE, "Upload-Offset": "0", **headers}, environ_overrides=given)


def head_of(program: Program, path: str) -> int:
    """The status of a HEAD: an answer without words, also where it refuses."""
    headers = {**TUS, "Authorization": f"Bearer {program.secret}"}
    return int(program.client.head(f"/api/v1{path}", headers=headers).status_code)


def offset_of(program: Program, path: str) -> int:
    answer = program("HEAD", path, headers=TUS)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return int(answer.headers["Upload-Offset"])


def keys(app: Any) -> set[str]:
    return set(app.config["STORAGE"].keys())


# ---- the way of a whole upload --------------------------------------------------------------------------------------


def test_options_say_what_is_spoken_to_anybody(client):
    answer = client.options("/api/v1/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"
    spoken = set(answer.headers["Tus-Extension"].split(","))
    assert spoken == {"creation", "creation-with-upload", "expiration", "checksum", "termination"}
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha256,sha1"
    assert answer.headers["Tus-Max-Size"] == "20000000000"


def test_pieces_become_a_file(app, noor, world):
    begun = begin(noor, 11, "Kaart van het wad.txt", description="Waar het droogvalt")
    assert begun.status_code == 201 and begun.headers["Tus-Resumable"] == "1.0.0"
    path = path_of(begun)
    assert begun.json["state"] == "sending" and begun.json["offset"] == 0
    expires = parsedate_to_datetime(begun.headers["Upload-Expires"])
    assert timedelta(days=6) < expires - now() <= timedelta(days=7)
    assert noor.get("/spaces/noorderlicht/files").json["items"] == [], "an upload is no file"
    first = send(noor, path, 0, b"eb en ")
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "6")
    assert offset_of(noor, path) == 6
    assert noor.get("/spaces/noorderlicht/files").json["items"] == [], "half an upload is none either"
    last = send(noor, path, 6, b"vloed")
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, "11")
    told = noor.get(path).json
    assert told["state"] == "done" and told["failure"] is None
    assert told["file"]["url"] == "/spaces/noorderlicht/files/Kaart%20van%20het%20wad.txt?about"
    assert noor.get("/spaces/noorderlicht/files/Kaart van het wad.txt").data == b"eb en vloed"
    file = db.session.scalars(select(File)).one()
    assert (file.sha256, file.size) == (hashlib.sha256(b"eb en vloed").hexdigest(), 11)
    assert (file.description, file.media_type) == ("Waar het droogvalt", "text/plain")
    assert keys(app) == {file.storage_key}, "the parts are gone"
    assert offset_of(noor, path) == 11
    assert noor.get("/uploads").json["items"] == []


def test_the_first_bytes_may_come_with_the_announcement(noor):
    headers = {**PIECE, "Upload-Length": "9", "Upload-Metadata": words(filename="a.txt", space="noorderlicht")}
    answer = noor("POST", "/uploads", headers=headers, data=b"een ")
    assert (answer.status_code, answer.headers["Upload-Offset"], answer.json["state"]) == (201, "4", "sending")
    assert send(noor, path_of(answer), 4, b"zeil.").status_code == 204
    assert noor.get("/spaces/noorderlicht/files/a.txt").data == b"een zeil."


def test_a_file_of_nothing_is_there_at_once(noor):
    answer = begin(noor, 0, "leeg.txt")
    assert (answer.status_code, answer.json["state"]) == (201, "done")
    assert noor.get("/spaces/noorderlicht/files/leeg.txt").data == b""


def test_what_is_large_is_finished_by_a_job_and_says_how_far_it_is(app, noor, monkeypatch):
    monkeypatch.setattr("community.files.finishing.AT_ONCE", 10)
    monkeypatch.setattr("community.files.taking.AT_ONCE", 10)
    path = path_of(begin(noor, 20, "groot.bin"))
    send(noor, path, 0, b"x" * 20)
    told = noor.get(path).json
    assert (told["state"], told["offset"], told["joined"], told["file"]) == ("finishing", 20, 0, None)
    assert noor.get("/spaces/noorderlicht/files").json["items"] == []
    assert run_one("uploads") == 1
    told = noor.get(path).json
    assert (told["state"], told["joined"], told["file"]["version"]) == ("done", 20, 1)
    assert run_one("uploads") == 0
    uploads_row = db.session.scalars(select(Upload)).one()

    finish(uploads_row.id)
    assert noor.get("/spaces/noorderlicht/files/groot.bin?about").json["version"] == 1, "done twice, it is one file"


def test_the_same_name_is_the_next_version_and_never_a_loss(app, noor, call):
    samir = call("samir")
    mine, his = path_of(begin(noor, 4, "plan.txt")), path_of(begin(samir, 5, "PLAN.txt"))
    assert send(noor, mine, 0, b"noor").status_code == 204
    assert send(samir, his, 0, b"samir").status_code == 204
    assert (noor.get(mine).json["file"]["version"], samir.get(his).json["file"]["version"]) == (1, 2)
    assert noor.get("/spaces/noorderlicht/files/plan.txt").data == b"samir"


# ---- a conflict -----------------------------------------------------------------------------------------------------


def test_a_stale_base_keeps_the_bytes_and_asks(noor, call):
    samir = call("samir")
    was = noor.put("/spaces/noorderlicht/files/plan.txt", data=b"one").json
    path = path_of(begin(noor, 3, "plan.txt", base=was["sha256"]))
    samir.put("/spaces/noorderlicht/files/plan.txt", data=b"two")
    assert send(noor, path, 0, b"new").status_code == 204
    told = noor.get(path).json
    assert (told["state"], told["failure"]["kind"]) == ("failed", "conflict")
    assert "intussen" in told["failure"]["detail"]
    assert [line["id"] for line in noor.get("/uploads").json["items"]] == [told["id"]]
    assert noor.get("/spaces/noorderlicht/files/plan.txt").data == b"two"
    beside = noor.post(f"{path}/finish", {"name": "plan van Noor.txt"})
    assert (beside.status_code, beside.json["state"]) == (200, "done")
    assert noor.get("/spaces/noorderlicht/files/plan van Noor.txt").data == b"new"
    assert noor.post(f"{path}/finish", {"next_version": True}).status_code == 409


def test_or_it_becomes_the_next_version(noor, call):
    was = noor.put("/spaces/noorderlicht/files/plan.txt", data=b"one").json
    path = path_of(begin(noor, 3, "plan.txt", base=was["sha256"]))
    call("samir").put("/spaces/noorderlicht/files/plan.txt", data=b"two")
    send(noor, path, 0, b"new")
    again = noor.post(f"{path}/finish", {})
    assert (again.status_code, again.json["state"]) == (200, "failed"), "as it was asked it still does not fit"
    assert noor.post(f"{path}/finish", {"next_version": True}).json["file"]["version"] == 3
    assert noor.get("/spaces/noorderlicht/files/plan.txt").data == b"new"


def test_a_base_that_is_stale_already_is_refused_at_the_start(noor):
    noor.put("/spaces/noorderlicht/files/plan.txt", data=b"one")
    assert begin(noor, 3, "plan.txt", base="0" * 64).status_code == 409
    assert begin(noor, 3, "plan.txt", base="").status_code == 409, "and what should be new is not"
    assert begin(noor, 3, "nieuw.txt", base="0" * 64).status_code == 409


# ---- rights ---------------------------------------------------------------------------------------------------------


def test_rights_are_asked_before_a_byte_is_sent(call):
    assert begin(call("ingrid"), 3).status_code == 403, "a guest reads"
    assert begin(call("dev"), 3).status_code == 404, "who is not there finds nothing"
    assert begin(call("noor"), 3, space="nowhere").status_code == 404
    assert begin(call("noor"), 3, space="").status_code == 404
    answer = begin(call("noor", "read"), 3)
    assert answer.status_code == 403


def test_an_upload_is_its_makers_alone(noor, call):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")
    absent = "/uploads/" + "x" * 43
    for who in ("samir", "pieter_jan", "rik", "dev"):
        other = call(who)
        assert other.get(path).data == other.get(absent).data and other.get(path).status_code == 404
        assert head_of(other, path) == 404
        assert send(other, path, 3, b"def").status_code == 404
        assert other("DELETE", path, headers=TUS).status_code == 404
        assert other.post(f"{path}/finish", {}).status_code == 404
        assert other.get("/uploads").json["items"] == []
    assert offset_of(noor, path) == 3


def test_without_a_name_nothing_is_said(app, noor):
    path = path_of(begin(noor, 3))
    stranger = app.test_client()
    for method in ("GET", "HEAD", "PATCH", "DELETE", "POST"):
        answer = stranger.open(f"/api/v1{path}", method=method, headers=PIECE)
        assert (answer.status_code, answer.headers["Tus-Resumable"]) == (401, "1.0.0")


def test_the_page_sends_with_its_session_and_its_token(app, as_person):
    browser = as_person("noor")
    page = browser.get("/spaces/noorderlicht/files").get_data(as_text=True)
    from tests.conftest import token_of

    headers = {**TUS, "Upload-Length": "3", "Upload-Metadata": words(filename="a.txt", space="noorderlicht")}
    assert browser.post("/api/v1/uploads", headers=headers).status_code == 403
    headers["X-CSRFToken"] = token_of(page)
    elsewhere = {**headers, "Origin": "https://elsewhere.example"}
    assert browser.post("/api/v1/uploads", headers=elsewhere).status_code == 403
    begun = browser.post("/api/v1/uploads", headers=headers)
    assert begun.status_code == 201
    sent = browser.patch(
        begun.headers["Location"],
        data=b"abc",
        headers={**PIECE, "Upload-Offset": "0", "X-CSRFToken": token_of(page)},
    )
    assert (sent.status_code, sent.headers["Upload-Offset"]) == (204, "3")


def test_who_lost_the_right_meanwhile_cannot_go_on_and_leaves_no_file(app, noor, world):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")
    remove_member(world.actor("rik"), world.space("noorderlicht"), world.person("noor"))
    assert send(noor, path, 3, b"def").status_code == 404
    assert not db.session.scalars(select(File)).all()


def test_rights_are_those_of_the_end(app, noor, world, monkeypatch):
    monkeypatch.setattr("community.files.taking.AT_ONCE", 1)
    monkeypatch.setattr("community.files.finishing.AT_ONCE", 1)
    path = path_of(begin(noor, 3))
    send(noor, path, 0, b"abc")
    archive_space(world.actor("rik"), world.space("noorderlicht"))
    run_one("uploads")
    told = noor.get(path).json
    assert (told["state"], told["failure"]["kind"]) == ("failed", "denied")
    assert not db.session.scalars(select(File)).all()


# ---- lies and mishaps -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", ["-1", "", "1e3", "0x10", "1.5", " ", "9" * 19, "١٢", "1_000", "+5"])
def test_a_length_that_is_none_is_refused(noor, length):
    assert begin(noor, length).status_code == 400


def test_a_length_that_comes_later_is_refused_with_a_word(noor):
    headers = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": words(filename="a", space="noorderlicht")}
    answer = noor("POST", "/uploads", headers=headers)
    assert (answer.status_code, answer.json["field"]) == (400, "Upload-Length")


def test_what_is_larger_than_the_largest_is_refused_before_a_byte(noor):
    answer = begin(noor, 20_000_000_001)
    assert (answer.status_code, answer.json["field"]) == (413, "file")
    assert "20 GB" in answer.json["detail"]
    assert begin(noor, 10**17).status_code == 413


@pytest.mark.parametrize("version", [None, "0.2.2", "1.0", "2.0.0"])
def test_another_version_is_refused_and_told_which(noor, version):
    path = path_of(begin(noor, 3))
    said = {"Tus-Resumable": version} if version else {}
    for answer in (
        noor("POST", "/uploads", headers={**said, "Upload-Length": "3"}),
        noor(
            "PATCH", path, data=b"abc", headers={**PIECE, **said, "Tus-Resumable": version or "", "Upload-Offset": "0"}
        ),
        noor("DELETE", path, headers=said),
    ):
        assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
    assert offset_of(noor, path) == 0


@pytest.mark.parametrize("offset", [1, 2, 4, 999])
def test_a_piece_begins_where_the_upload_ends(noor, offset):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")
    answer = send(noor, path, offset, b"xy")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "3")
    assert offset_of(noor, path) == 3


@pytest.mark.parametrize("offset", ["-1", "", "x", "9" * 30])
def test_an_offset_that_is_none_is_refused(noor, offset):
    path = path_of(begin(noor, 6))
    assert send(noor, path, offset, b"abc").status_code == 400


def test_more_than_was_announced_is_refused_whole(app, noor):
    path = path_of(begin(noor, 6))
    assert send(noor, path, 0, b"abcdefg").status_code == 413
    assert offset_of(noor, path) == 0
    assert stream(noor, path, io.BytesIO(b"abcdefg"), None).status_code == 413
    assert keys(app) == set() and offset_of(noor, path) == 0
    assert stream(noor, path, io.BytesIO(b"abcdef"), None).status_code == 204
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"abcdef"


def test_a_line_that_breaks_leaves_what_came(noor):
    path = path_of(begin(noor, 10))
    answer = stream(noor, path, io.BytesIO(b"abcd"), 10)
    assert answer.status_code == 204 and offset_of(noor, path) == 4
    send(noor, path, 4, b"efghij")
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"abcdefghij"


def test_a_piece_of_another_kind_is_refused(noor):
    path = path_of(begin(noor, 3))
    for kind in ("application/octet-stream", "text/plain", ""):
        answer = noor("PATCH", path, data=b"abc", headers={**TUS, "Upload-Offset": "0", "Content-Type": kind})
        assert answer.status_code == 415
    assert offset_of(noor, path) == 0


def test_nothing_follows_the_last_byte(noor):
    path = path_of(begin(noor, 3))
    send(noor, path, 0, b"abc")
    assert send(noor, path, 3, b"").status_code == 204
    assert send(noor, path, 3, b"d").status_code == 409
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"abc"


@pytest.mark.parametrize(
    "metadata",
    [
        "filename !!!",
        "filename aGk",
        "filename aGk=,filename aGk=",
        "filename /////w==",
        "filename AGE=",
        "filename aGk= extra",
    ],
)
def test_words_that_cannot_be_read_are_refused(noor, metadata):
    headers = {**TUS, "Upload-Length": "3", "Upload-Metadata": f"{metadata},{words(space='noorderlicht')}"}
    answer = noor("POST", "/uploads", headers=headers)
    assert (answer.status_code, answer.json["field"]) == (400, "Upload-Metadata")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("файл с пробелами.txt", "файл с пробелами.txt"),
        ("画像🏔️.txt", "画像🏔️.txt"),
        ("\u202egpj.md", "gpj.md"),
        ("Cafe\u0301.txt", "Café.txt"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("漢" * 100 + ".md", "漢" * 84 + ".md"),
        (" a   b .txt", "a b .txt"),
    ],
)
def test_names_of_any_script_are_kept_fit(noor, name, kept):
    path = path_of(begin(noor, 1, name))
    send(noor, path, 0, b"x")
    assert noor.get(path).json["file"]["name"] == kept
    assert noor.get(f"/spaces/noorderlicht/files/{kept}").data == b"x"


@pytest.mark.parametrize(
    "name", ["", "..", ".", "a/b", "a\\b", "a\tb", "a\nb", "a\x7fb", "CON", "nul.txt", "\u200b", "   "]
)
def test_names_that_are_none_are_refused_before_a_byte(noor, name):
    answer = begin(noor, 1, name)
    assert (answer.status_code, answer.json["field"]) == (422, "name")


def test_other_words_are_checked_before_a_byte(noor):
    assert begin(noor, 1, audience="organisation").json["field"] == "audience"
    assert begin(noor, 1, audience="nobody").json["field"] == "audience"
    assert begin(noor, 1, description="x" * 2001).json["field"] == "description"
    assert begin(noor, 1, note="x" * 501).json["field"] == "note"
    assert begin(noor, 1, audience="coach").status_code == 201


# ---- checksums ------------------------------------------------------------------------------------------------------


def summed(data: bytes, algorithm: str = "sha256") -> str:
    return f"{algorithm} {b64encode(hashlib.new(algorithm, data).digest()).decode()}"


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_a_damaged_piece_counts_for_nothing(app, noor, algorithm):
    path = path_of(begin(noor, 6))
    assert send(noor, path, 0, b"abc", **{"Upload-Checksum": summed(b"abc", algorithm)}).status_code == 204
    answer = send(noor, path, 3, b"dex", **{"Upload-Checksum": summed(b"def", algorithm)})
    assert (answer.status_code, answer.status) == (460, "460 Checksum Mismatch")
    assert offset_of(noor, path) == 3
    assert len(keys(app)) == 1
    assert send(noor, path, 3, b"def", **{"Upload-Checksum": summed(b"def", algorithm)}).status_code == 204
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"abcdef"


@pytest.mark.parametrize(
    "said", ["crc32 AAAA", "sha256", "sha256 AAAA", "sha256 !!", "", "md5 1B2M2Y8AsgTpgAmY7PhCfg=="]
)
def test_a_checksum_that_is_none_is_refused(noor, said):
    path = path_of(begin(noor, 3))
    assert send(noor, path, 0, b"abc", **{"Upload-Checksum": said}).status_code == 400
    assert offset_of(noor, path) == 0


def test_half_a_piece_with_a_checksum_counts_for_nothing(app, noor):
    path = path_of(begin(noor, 10))
    stream(noor, path, io.BytesIO(b"abcd"), 10, **{"Upload-Checksum": summed(b"abcdefghij")})
    assert offset_of(noor, path) == 0 and keys(app) == set()


# ---- the end of an upload -------------------------------------------------------------------------------------------


def test_what_is_stopped_is_gone(app, noor):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")
    assert noor("DELETE", path, headers=TUS).status_code == 204
    assert noor.get(path).status_code == 404 and send(noor, path, 3, b"def").status_code == 404
    assert keys(app) == set()
    assert db.session.scalar(select(Upload.id)) is None and db.session.scalar(select(UploadPart.start)) is None


def test_stopping_what_is_done_leaves_the_file(noor):
    path = path_of(begin(noor, 3))
    send(noor, path, 0, b"abc")
    assert noor("DELETE", path, headers=TUS).status_code == 204
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"abc"


def test_who_can_only_post_says_what_is_meant(noor):
    path = path_of(begin(noor, 3))
    meant = {**PIECE, "Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert noor("POST", path, data=b"ab", headers=meant).status_code == 204
    assert noor("POST", path, headers={**TUS, "X-HTTP-Method-Override": "GET"}).status_code == 405
    assert noor("POST", path, headers={**TUS, "X-HTTP-Method-Override": "DELETE"}).status_code == 204
    assert noor.get(path).status_code == 404


def test_what_waited_too_long_is_gone_and_its_bytes_too(app, noor):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")
    other = path_of(begin(noor, 6, "b.txt"))
    with db.engine.begin() as connection:
        old = update(Upload).where(Upload.name == "kaart.txt").values(expires_at=now() - timedelta(seconds=1))
        connection.execute(old)
    assert noor.get(path).status_code == 410
    assert head_of(noor, path) == 410
    assert send(noor, path, 3, b"def").status_code == 410
    assert uploads.sweep() == 1
    assert noor.get(path).status_code == 404
    assert keys(app) == set() and offset_of(noor, other) == 0


def test_a_kill_between_the_steps_of_forgetting_leaves_it_to_the_sweep(app, noor, monkeypatch):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")
    storage = app.config["STORAGE"]

    def dies(_key: str) -> None:
        raise SystemExit

    with monkeypatch.context() as killing, pytest.raises(SystemExit):
        killing.setattr(storage, "delete", dies)
        noor("DELETE", path, headers=TUS)
    assert noor.get(path).status_code == 404 and len(keys(app)) == 1
    assert uploads.sweep() == 1
    assert keys(app) == set() and db.session.scalar(select(Upload.id)) is None


# ---- two at once ----------------------------------------------------------------------------------------------------


class Second(io.RawIOBase):
    """A body in the middle of which somebody else sends."""

    def __init__(self, data: bytes, meanwhile: Any) -> None:
        self.data, self.meanwhile, self.told = data, meanwhile, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.told:
            self.told = True
            self.meanwhile()
        piece, self.data = self.data[: len(buffer)], self.data[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def test_two_who_send_at_once_make_no_byte_twice(app, noor):
    path = path_of(begin(noor, 6))
    answers = []

    def meanwhile() -> None:
        answers.append(send(noor, path, 0, b"xyz").status_code)
        answers.append(offset_of(noor, path))

    first = stream(noor, path, Second(b"abc", meanwhile), 3)
    assert first.status_code == 204 and answers == [423, 0]
    assert offset_of(noor, path) == 3


def test_who_falls_silent_is_overtaken_and_cannot_write_any_more(app, noor):
    path = path_of(begin(noor, 6))

    def meanwhile() -> None:
        with db.engine.begin() as connection:  # the lease runs out
            connection.execute(update(Upload).values(leased_until=now() - timedelta(seconds=1)))
        assert send(noor, path, 0, b"xyz").status_code == 204

    late = stream(noor, path, Second(b"abc", meanwhile), 3)
    assert late.status_code in (204, 409) and offset_of(noor, path) == 3
    send(noor, path, 3, b"def")
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"xyzdef"
    file = db.session.scalars(select(File)).one()
    assert keys(app) == {file.storage_key}


def test_what_is_cut_into_parts_is_put_together_in_order(app, noor, monkeypatch):
    monkeypatch.setattr(taking, "PART", 7)
    data = bytes(range(256)) * 3
    path = path_of(begin(noor, len(data), "wijzer.bin"))
    send(noor, path, 0, data[:100])
    assert db.session.query(UploadPart).count() == 15
    send(noor, path, 100, data[100:])
    assert noor.get("/spaces/noorderlicht/files/wijzer.bin").data == data
    assert db.session.query(UploadPart).count() == 0


def test_a_finish_that_was_given_up_is_ordered_again(app, noor, monkeypatch):
    monkeypatch.setattr("community.files.taking.AT_ONCE", 1)
    monkeypatch.setattr("community.files.finishing.AT_ONCE", 1)
    path = path_of(begin(noor, 3))
    send(noor, path, 0, b"abc")
    with db.engine.begin() as connection:
        connection.execute(update(Job).where(Job.name == "files.finish").values(given_up_at=now()))
    assert run_one("uploads") == 0
    uploads.sweep()
    assert run_one("uploads") == 1
    assert noor.get(path).json["state"] == "done"


def test_there_is_an_end_to_how_many_are_open(noor, monkeypatch):
    monkeypatch.setattr(uploads, "MOST_OPEN", 2)
    assert [begin(noor, 1, f"{number}.txt").status_code for number in range(3)] == [201, 201, 429]


def test_room_is_reserved_from_the_start(noor, monkeypatch):
    monkeypatch.setattr(room.BOUNDS, "space", 1000)
    path = path_of(begin(noor, 600))
    answer = begin(noor, 401, "b.txt")
    assert (answer.status_code, answer.json["field"], answer.json["free"]) == (413, "file", 400)
    assert "401 bytes" in answer.json["detail"] and "400 bytes" in answer.json["detail"]
    assert noor("DELETE", path, headers=TUS).status_code == 204
    assert begin(noor, 401, "b.txt").status_code == 201


def test_a_file_goes_into_the_folder_that_was_named(app, noor, world):
    folder = create_folder(world.actor("noor"), world.space("noorderlicht"), name="Bewijs", audience="coach")
    begun = begin(noor, 3, "a.txt", folder="bewijs/", note="Eerste versie")
    assert (begun.status_code, begun.json["folder"]) == (201, "Bewijs")
    assert send(noor, path_of(begun), 0, b"abc").status_code == 204
    file = db.session.scalars(select(File)).one()
    assert (file.folder_id, file.audience) == (folder.id, "coach")
    assert noor.get("/spaces/noorderlicht/files/Bewijs/a.txt").data == b"abc"
    assert begin(noor, 3, "a.txt", folder="Nergens").status_code == 404
    assert begin(noor, 3, "Bewijs").json["field"] == "name", "a folder has that name"


def test_a_folder_that_is_gone_at_the_end_costs_no_byte(app, noor, world):
    folder = create_folder(world.actor("noor"), world.space("noorderlicht"), name="Bewijs")
    path = path_of(begin(noor, 3, "a.txt", folder="Bewijs"))
    with db.engine.begin() as connection:
        connection.execute(update(Folder).where(Folder.id == folder.id).values(deleted_at=now(), path_key="/1"))
    send(noor, path, 0, b"abc")
    told = noor.get(path).json
    assert (told["state"], told["failure"]["kind"]) == ("failed", "gone")
    assert noor.post(f"{path}/finish", {"folder": "Nergens"}).status_code == 404
    assert noor.post(f"{path}/finish", {"folder": ""}).json["state"] == "done"
    assert noor.get("/spaces/noorderlicht/files/a.txt").data == b"abc"


# ---- a storage that is away or full ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "status"), [(Away, 503), (NoRoom, 507)])
def test_a_storage_that_takes_nothing_is_told_and_loses_nothing(app, noor, monkeypatch, fault, status):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")

    def refuses(*_given: Any, **_more: Any) -> None:
        raise fault()

    with monkeypatch.context() as broken:
        broken.setattr(app.config["STORAGE"], "put_loose", refuses)
        answer = send(noor, path, 3, b"def")
        assert (answer.status_code, answer.json["field"]) == (status, "file")
    assert offset_of(noor, path) == 3
    assert send(noor, path, 3, b"def").status_code == 204, "the lease was given back"
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"abcdef"


@pytest.mark.parametrize("fault", [Away, NoRoom])
def test_a_storage_that_is_away_at_the_end_is_asked_again(app, noor, monkeypatch, fault):
    path = path_of(begin(noor, 3))

    def refuses(*_given: Any, **_more: Any) -> None:
        raise fault()

    with monkeypatch.context() as broken:
        broken.setattr(app.config["STORAGE"], "put", refuses)
        assert send(noor, path, 0, b"abc").status_code == 204
    assert noor.get(path).json["state"] == "finishing"
    with db.engine.begin() as connection:
        connection.execute(update(Job).where(Job.name == "files.finish").values(run_after=now()))
    assert run_one("uploads") == 1
    assert noor.get(path).json["state"] == "done"


def test_parts_that_the_storage_lost_are_told(app, noor, monkeypatch):
    path = path_of(begin(noor, 6))
    send(noor, path, 0, b"abc")
    app.config["STORAGE"].delete(db.session.scalars(select(UploadPart.storage_key)).one())
    send(noor, path, 3, b"def")
    told = noor.get(path).json
    assert (told["state"], told["failure"]["kind"]) == ("failed", "lost")
    assert noor.post(f"{path}/finish", {}).status_code == 409
    assert noor("DELETE", path, headers=TUS).status_code == 204


def test_a_kill_while_it_is_put_together_is_no_loss(app, noor, monkeypatch):
    path = path_of(begin(noor, 3))

    def dies(*_given: Any, **_more: Any) -> None:
        raise SystemExit

    for step in ("put", "size"):  # while the whole is written, and right before it becomes a file
        with monkeypatch.context() as killing, pytest.raises(SystemExit):
            killing.setattr(app.config["STORAGE"], step, dies)
            if step == "put":
                send(noor, path, 0, b"abc")
            else:
                finish(db.session.scalars(select(Upload.id)).one())
        db.session.rollback()
        assert noor.get(path).json["state"] == "finishing"
        assert not db.session.scalars(select(File)).all()
    finish(db.session.scalars(select(Upload.id)).one())
    assert noor.get(path).json["state"] == "done"
    assert noor.get("/spaces/noorderlicht/files/kaart.txt").data == b"abc"
    assert db.session.query(UploadPart).count() == 0


# ---- kinds that may not come ----------------------------------------------------------------------------------------


def test_a_program_is_refused_by_its_name_before_a_byte(noor):
    answer = begin(noor, 10_000, "setup.exe")
    assert (answer.status_code, answer.json["field"]) == (422, "file")


def test_a_kind_that_may_not_come_is_refused_as_soon_as_it_is_seen(app, noor):
    size = 5_000_000
    path = path_of(begin(noor, size, "foto.jpg"))
    read: list[int] = []

    class Program(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(size)
            read.append(len(piece))
            return piece

    answer = stream(noor, path, Program(b"MZ" + b"x" * (size - 2)), size)
    assert (answer.status_code, answer.json["field"]) == (422, "file")
    assert sum(read) < 2_000_000, "the rest is not taken"
    assert keys(app) == set()
    told = noor.get(path).json
    assert (told["state"], told["offset"], told["failure"]["kind"]) == ("failed", 0, "invalid")
    again = send(noor, path, 0, b"MZ")
    assert (again.status_code, again.json["detail"]) == (422, answer.json["detail"]), (
        "who lost the answer gets it again"
    )
    assert noor.post(f"{path}/finish", {}).status_code == 409
    assert begin(noor, size, "foto.jpg").status_code == 201
