"""A scanner hears every byte that comes in: what it finds is never kept, and when it cannot be asked a setting decides."""

from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from community.config import Settings, WrongSetting
from community.doctor import examine
from community.extensions import db
from community.files import incoming, scanning
from community.files.finds import UploadFind
from community.files.incoming import Guards, guards_from, receive
from community.files.models import File
from community.files.scanning import Harmful, NotScanned, Scanner, scanner_from
from tests.conftest import token_of
from tests.servers import free_port
from tests.world import World

# The string by which scanners are tried (eicar.org); in two halves, so that a scanner of this machine lets this file be.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + rb"ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = f"Eicar-Test:0:0:{EICAR.hex()}\n"
CONFIGURATION = """
LocalSocket {folder}/clamd.sock
TCPSocket {port}
TCPAddr 127.0.0.1
DatabaseDirectory {folder}
Foreground yes
User {user}
StreamMaxLength 1M
"""


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A clamd that knows one signature: its two addresses."""
    folder, port = tmp_path_factory.mktemp("clamd"), free_port()
    (folder / "local.ndb").write_text(SIGNATURE)
    user = "root" if os.geteuid() == 0 else Path("~").expanduser().name
    (folder / "clamd.conf").write_text(CONFIGURATION.format(folder=folder, port=port, user=user))
    program = shutil.which("clamd") or "/usr/sbin/clamd"
    with subprocess.Popen([program, "-c", folder / "clamd.conf"], stdout=subprocess.DEVNULL) as server:
        for _ in range(300):
            if (folder / "clamd.sock").exists():
                break
            time.sleep(0.1)
        yield f"clamd://{folder}/clamd.sock", f"clamd://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
def scanned_by(app: Flask, monkeypatch: pytest.MonkeyPatch):
    """Let uploads be scanned as an address says."""

    def do(url: str, fail: str = "closed") -> Scanner:
        scanner = scanner_from(url, fails_open=fail == "open")
        assert scanner is not None
        monkeypatch.setattr(incoming.guards, "now", Guards(scanner=scanner))
        return scanner

    return do


def kept(app: Flask) -> set[str]:
    return set(app.config["STORAGE"].keys())


def send(app: Flask, content: bytes, name: str = "a.txt"):
    return receive(app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=10**8)


def command(tmp_path: Path, body: str) -> str:
    """A scanner that is a small program."""
    script = tmp_path / "scanner.py"
    script.write_text(f"import sys, time\n{body}")
    return f"command:{sys.executable} {script}"


LOOKS = f"sys.exit(int({EICAR[:30]!r} in sys.stdin.buffer.read()))"


@pytest.mark.parametrize("way", ["socket", "tcp", "command"])
def test_what_is_found_is_refused_with_a_sentence_and_never_kept(
    app: Flask, scanned_by, clamd, tmp_path: Path, way: str
) -> None:
    scanner = scanned_by({"socket": clamd[0], "tcp": clamd[1], "command": command(tmp_path, LOOKS)}[way])
    before = kept(app)
    with pytest.raises(Harmful, match="found something harmful") as fault:
        send(app, EICAR)
    assert fault.value.what == ("?" if way == "command" else "Eicar-Test.UNOFFICIAL")
    assert kept(app) == before
    assert [one.what for one in db.session.query(UploadFind)] == [fault.value.what]
    assert send(app, b"harmless").stored.size == 8
    assert send(app, b"").stored.size == 0
    assert scanner.counts == {"clean": 2, "found": 1, "failed": 0}
    assert scanner.check() == ""


def test_the_page_says_it_at_the_file_and_the_others_are_kept(
    app: Flask, world: World, as_person, scanned_by, clamd
) -> None:
    scanned_by(clamd[0])
    kwame = as_person("kwame")
    token = token_of(kwame.get("/spaces/noorderlicht/files").text)
    data = {"csrf_token": token, "files": [(io.BytesIO(EICAR), "bad.txt"), (io.BytesIO(b"good"), "good.txt")]}
    answer = kwame.post("/spaces/noorderlicht/files", data=data, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert "bad.txt: This file was not kept: the scanner found something harmful in it." in answer.text
    assert [file.name for file in db.session.query(File)] == ["good.txt"]


@pytest.mark.parametrize("fail", ["closed", "open"])
def test_when_nobody_answers_the_setting_decides(app: Flask, scanned_by, fail: str, monkeypatch) -> None:
    scanner = scanned_by(f"clamd://127.0.0.1:{free_port()}", fail)
    asked = []
    begin = scanner.begin
    scanner.begin = lambda: (asked.append(1), begin())[1]
    before = kept(app)
    for _ in range(3):
        if fail == "open":
            assert send(app, b"words").stored.size == 5
        else:
            with pytest.raises(NotScanned, match="Try again in a few minutes"):
                send(app, b"words")
            assert kept(app) == before
    assert len(asked) == 1  # it is left alone for a while
    assert scanner.counts["failed"] == 3
    monkeypatch.setattr(scanning, "LEFT_ALONE", 0.0)
    try:
        send(app, b"words")
    except NotScanned:
        assert fail == "closed"
    assert len(asked) == 2


def test_a_file_that_is_too_large_for_the_scanner_is_one_it_cannot_tell_of(app: Flask, scanned_by, clamd) -> None:
    scanner = scanned_by(clamd[0])
    before = kept(app)
    with pytest.raises(NotScanned):
        send(app, os.urandom(3_000_000))
    assert "size limit" in scanner.fault and kept(app) == before
    scanned_by(clamd[0], "open")
    assert send(app, os.urandom(3_000_000)).stored.size == 3_000_000


FAILING = {
    "ends with a fault": ("sys.exit(3)", "it ended with 3"),
    "takes nothing": ("time.sleep(60)", "it takes no more"),
    "never ends": ("sys.stdin.buffer.read(); time.sleep(60)", "it takes too long"),
}


@pytest.mark.parametrize("case", FAILING)
def test_a_command_that_fails_is_no_answer(app: Flask, scanned_by, tmp_path: Path, monkeypatch, case: str) -> None:
    body, why = FAILING[case]
    scanner = scanned_by(command(tmp_path, body))
    monkeypatch.setattr(scanning, "SECONDS", 0.5)
    with pytest.raises(NotScanned):
        send(app, os.urandom(400_000), "a.bin")
    assert scanner.fault == why


def test_a_command_that_knows_enough_early_is_heard(app: Flask, scanned_by, tmp_path: Path) -> None:
    scanned_by(command(tmp_path, "sys.stdin.buffer.read(10); sys.exit(1)"))
    with pytest.raises(Harmful):
        send(app, os.urandom(2_000_000), "a.bin")


def test_a_server_that_says_nothing_is_given_up(app: Flask, scanned_by, monkeypatch) -> None:
    monkeypatch.setattr(scanning, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        listening = threading.Thread(target=lambda: held.append(server.accept()[0]))
        listening.start()
        scanned_by(f"clamd://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(NotScanned):
            send(app, b"words")
        listening.join()
        held[0].close()


def test_a_broken_upload_leaves_no_scanner_behind(app: Flask, scanned_by, tmp_path: Path) -> None:
    scanner = scanned_by(command(tmp_path, LOOKS))
    begun = []
    begin = scanner.begin
    scanner.begin = lambda: begun.append(begin()) or begun[-1]

    class Broken:
        left = 3

        def read(self, size: int, /) -> bytes:
            self.left -= 1
            if not self.left:
                raise ConnectionResetError
            return b"x" * 4096

    with pytest.raises(ConnectionResetError):
        receive(app.config["STORAGE"], Broken(), "a.txt", limit_bytes=10**6)
    with pytest.raises(Exception, match="larger"):
        receive(app.config["STORAGE"], io.BytesIO(b"x" * 9000), "a.txt", limit_bytes=5000)
    assert [one._process.poll() is not None for one in begun] == [True, True]


def test_the_doctor_and_the_figures_tell_how_it_is(app: Flask, world: World, client, scanned_by, clamd) -> None:
    def told() -> tuple[bool, str]:
        return next(
            (f.good, f.words) for f in examine(app.config["SETTINGS"], app.config["STORAGE"]) if f.what == "scanner"
        )

    assert told() == (True, "none is set")
    assert "cohortium_scans" not in client.get("/metrics").text
    scanner = scanned_by(clamd[0])
    with pytest.raises(Harmful):
        send(app, EICAR)
    assert told() == (
        True,
        f"{scanner.name} answers; it found Eicar-Test.UNOFFICIAL in 1 uploads of the last seven days",
    )
    figures = client.get("/metrics").text
    assert 'cohortium_scans{outcome="found"} 1.0' in figures and "cohortium_scanner_up 1.0" in figures
    scanned_by(f"clamd://127.0.0.1:{free_port()}")
    good, words = told()
    assert not good and "does not answer, so files are refused" in words


def test_settings_that_name_no_scanner_stop_the_start() -> None:
    for url in ("clamd:", "http://x", "command:", "command:/no/such/program", "clamav"):
        with pytest.raises(WrongSetting, match=r"^SCAN_URL must .*\.$"):
            guards_from(Settings(SCAN_URL=url))
    assert guards_from(Settings()).scanner is None
    scanner = guards_from(Settings(SCAN_URL="clamd://scanner", SCAN_FAIL="open")).scanner
    assert scanner is not None and (scanner.name, scanner.fails_open) == ("scanner:3310", True)
