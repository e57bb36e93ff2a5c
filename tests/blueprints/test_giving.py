"""Who sends the bytes: this process, the front server, or the object storage; and what is told when there is no place for them."""

from __future__ import annotations

import dataclasses
import errno
import io
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from community.files.actions import upload_file
from community.files.incoming import receive
from community.files.models import File
from community.files.storage import Away, NoRoom, storage_from_url
from tests import servers
from tests.conftest import post_form
from tests.world import World

TEAM = "/spaces/noorderlicht"
DATA = b"0123456789" * 1000


def a_file(app: Flask, world: World, name: str = "één plan.bin", data: bytes = DATA) -> File:
    came = receive(app.config["STORAGE"], io.BytesIO(data), name, limit_bytes=10**6)
    return upload_file(
        world.actor("noor"), world.space("noorderlicht"), name=came.name, stored=came.stored, media_type=came.media_type
    )


def sent_by(app: Flask, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", dataclasses.replace(app.config["SETTINGS"], SEND_FILES=how))


def test_the_front_server_is_told_where_they_lie(app, as_person, world, monkeypatch):
    file = a_file(app, world)
    sent_by(app, monkeypatch, "nginx:/kept/")
    where, through = f"{TEAM}/files/{file.name}", {"X-Forwarded-For": "192.0.2.1"}
    answer = as_person("noor").get(where, headers={**through, "Range": "bytes=5-9"})
    key = file.storage_key
    assert answer.headers["X-Accel-Redirect"] == f"/kept/{key[:2]}/{key}" and answer.data == b""
    assert answer.headers["ETag"] == f'"{file.sha256}"' and "attachment" in answer.headers["Content-Disposition"]
    app.config["STORAGE"].set_aside(key)
    assert as_person("noor").get(where, headers=through).headers["X-Accel-Redirect"] == f"/kept/swept/{key}"
    assert as_person("noor").get(where).data == DATA, "nobody is in front of us here"
    assert as_person("noor").get(where, headers={**through, "Range": "bytes=99999-"}).status_code == 416
    stranger = as_person("joost").get(where, headers=through)
    assert stranger.status_code == 404 and "X-Accel-Redirect" not in stranger.headers


class Wrapper:
    """What a server offers as `wsgi.file_wrapper`: it has the kernel send from where the file stands, or reads."""

    def __init__(self, file: Any, size: int) -> None:
        self.file, self.size, self.stands = file, size, os.lseek(file.fileno(), 0, os.SEEK_CUR)
        self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(self.size):
            yield piece


@pytest.mark.parametrize(("asked", "span"), [("", (0, 10_000)), ("bytes=5-9", (5, 10)), ("bytes=-7", (9_993, 10_000))])
def test_a_server_that_can_has_the_kernel_send_the_part_that_is_wanted(app, as_person, world, monkeypatch, asked, span):
    file, noor, inside = a_file(app, world), as_person("noor"), app.wsgi_app
    seen: list[Any] = []
    monkeypatch.setattr(app, "wsgi_app", lambda environ, start: seen.append(inside(environ, start)) or seen[-1])
    headers = {"Range": asked} if asked else {}
    answer = noor.get(
        f"{TEAM}/files/{file.name}", headers=headers, environ_overrides={"wsgi.file_wrapper": Wrapper}, buffered=False
    )
    given = seen[-1]
    assert isinstance(given, Wrapper) and not hasattr(given.file, "seek")
    number, size = given.file.fileno(), int(answer.headers["Content-Length"])
    assert (given.stands, size) == (span[0], span[1] - span[0])
    assert os.pread(number, size, span[0]) == DATA[slice(*span)] == answer.data
    answer.close()
    with pytest.raises((OSError, ValueError)):
        given.file.fileno()


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with servers.object_storage() as url:
        yield url


def fetched(where: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    try:
        with urllib.request.urlopen(urllib.request.Request(where, headers=headers), timeout=10) as reply:
            return reply.status, reply.read(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        return error.code, b"", {}


def test_the_object_storage_sends_what_is_saved_and_we_what_is_shown(
    app, as_person, world, monkeypatch, bucket, tmp_path
):
    monkeypatch.setitem(app.config, "STORAGE", storage_from_url(f"{bucket}&prefix={tmp_path.name}/a b"))
    file = a_file(app, world)
    picture = a_file(app, world, "dot.gif", b"GIF89a" + bytes(100))
    sent_by(app, monkeypatch, "signed")
    noor, where = as_person("noor"), f"{TEAM}/files/{file.name}"
    answer = noor.get(where)
    assert answer.status_code == 302 and "no-store" in answer.headers["Cache-Control"]
    status, data, headers = fetched(answer.headers["Location"])
    assert (status, data) == (200, DATA)
    assert headers["Content-Type"] == "application/octet-stream"
    assert (
        headers["Content-Disposition"]
        == "attachment; filename=\"een plan.bin\"; filename*=UTF-8''%C3%A9%C3%A9n%20plan.bin"
    )
    assert fetched(answer.headers["Location"], Range="bytes=5-9")[:2] == (206, b"56789")
    forged = answer.headers["Location"].replace("attachment", "inline")
    assert fetched(forged)[0] == 403
    assert fetched(answer.headers["Location"].split("?")[0])[0] == 403
    assert noor.get(where, headers={"If-None-Match": f'"{file.sha256}"'}).status_code == 304
    assert noor.get(where, headers={"If-Range": f'"{file.sha256}"', "Range": "bytes=0-1"}).data == b"01"
    shown = noor.get(f"{TEAM}/files/{picture.name}")
    assert shown.status_code == 200 and shown.data.startswith(b"GIF89a")
    assert as_person("joost").get(where).status_code == 404


class Sick:
    """A storage that can do nothing at the moment."""

    def __init__(self, fault: type[Exception]) -> None:
        self.fault = fault

    def put(self, stream: object, *, limit_bytes: int) -> None:
        raise self.fault()

    def open(self, *_: object) -> None:
        raise self.fault()


@pytest.mark.parametrize(("fault", "status", "words"), [(NoRoom, 507, "ruimte"), (Away, 503, "antwoordt niet")])
def test_where_there_is_no_place_words_are_kept_and_it_is_said(
    app, as_person, world, monkeypatch, fault, status, words
):
    file = a_file(app, world)
    monkeypatch.setitem(app.config, "STORAGE", Sick(fault))
    noor = as_person("noor")
    posted = post_form(noor, TEAM, body="Kept words", files=(io.BytesIO(b"notes"), "notes.txt"))
    assert posted.status_code == status
    assert "Kept words" in posted.get_data(as_text=True) and words in posted.get_data(as_text=True)
    sent = post_form(noor, f"{TEAM}/files", files=(io.BytesIO(b"notes"), "notes.txt"))
    assert sent.status_code == status and words in sent.get_data(as_text=True)
    read = noor.get(f"{TEAM}/files/{file.name}")
    assert read.status_code == status and words in read.get_data(as_text=True)


def test_a_full_disk_where_forms_wait_is_told_too(app, as_person, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    noor = as_person("noor")
    monkeypatch.setattr("werkzeug.formparser.FormDataParser.parse", full)
    answer = noor.post(f"{TEAM}/files", data={"files": (io.BytesIO(b"notes"), "notes.txt")})
    assert answer.status_code == 507


def test_settings_that_do_not_fit_are_named(tmp_path: Path):
    from community.config import WrongSetting, load_settings

    for values in (
        {"SEND_FILES": "apache"},
        {"SEND_FILES": "nginx:/ke pt/"},
        {"SEND_FILES": "signed", "STORAGE_URL": "file://x"},
        {"SEND_FILES": "nginx:/kept/", "STORAGE_URL": "s3://x"},
    ):
        with pytest.raises(WrongSetting, match="SEND_FILES"):
            load_settings(values)
