"""Files: bytes up and down beside what a bare server under the same worker streams, the memory that this takes, and a folder with
50,000 files beside one with 100.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import insert, text

from bench.data import READER
from bench.house import House, progress
from bench.load import request
from bench.pages import counted
from bench.servers import BARE, Server, gunicorn
from bench.table import Row, row
from community.clock import now
from community.drive.queries import drive_of
from community.extensions import db, write_unit
from community.files.models import File, Folder
from community.files.queries import folder_key, path_key
from community.people.actions import create_token
from community.people.models import Person
from community.spaces.models import Space
from community.spaces.queries import actor_for

SITE = "wsgi:app"
MEGABYTES = 100
PIECE = 16
ROUNDS = 5
FEW, MANY = 100, 50_000  # both fill the first stretch of their page
_BLOCK = os.urandom(1_000_000)


def _write(line: socket.socket, number: int, megabytes: int) -> None:
    """Send so many megabytes, no two rounds the same."""
    line.sendall(number.to_bytes(8, "big") + _BLOCK[8:])
    for _ in range(megabytes - 1):
        line.sendall(_BLOCK)


def _ask(line: socket.socket, method: str, path: str, *headers: str, number: int = 0, megabytes: int = 0) -> bytes:
    """Send a request with so many megabytes: the answer to it. Raises RuntimeError when it is none of success."""
    length = f"Content-Length: {megabytes * len(_BLOCK)}"
    line.sendall("\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", length, *headers, "", ""]).encode())
    if megabytes:
        _write(line, number, megabytes)
    answer = b""
    while not _whole(answer):
        came = line.recv(65536)
        if not came:
            break
        answer += came
    if not answer.startswith(b"HTTP/1.1 20"):
        raise RuntimeError(f"{path} was answered {answer[:400]!r}")
    return answer


def _whole(answer: bytes) -> bool:
    """Whether an answer is here with all that its Content-Length tells of."""
    head, ends, body = answer.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return bool(ends) and len(body) >= int(length or 0)


def _send(port: int, path: str, *headers: str, number: int) -> float:
    """Send MEGABYTES: megabytes a second until the answer is there. Raises RuntimeError."""
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        began = time.perf_counter()
        _ask(line, "PUT", path, *headers, number=number, megabytes=MEGABYTES)
        return MEGABYTES / (time.perf_counter() - began)


def _send_in_pieces(port: int, token: str, *, number: int) -> float:
    """The same over tus, PIECE megabytes at once, until all of them are safe: a job puts them together. Raises RuntimeError."""
    words = {"filename": f"pieces-{number}.bin", "space": "team-1"}
    metadata = ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in words.items())
    tus = (token, "Tus-Resumable: 1.0.0")
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        began = time.perf_counter()
        length = f"Upload-Length: {MEGABYTES * len(_BLOCK)}"
        made = _ask(line, "POST", "/api/v1/uploads", *tus, length, f"Upload-Metadata: {metadata}").decode()
        where = made.partition("Location: ")[2].partition("\r\n")[0]
        for offset in range(0, MEGABYTES, PIECE):
            at = (f"Upload-Offset: {offset * len(_BLOCK)}", "Content-Type: application/offset+octet-stream")
            _ask(line, "PATCH", where, *tus, *at, number=number, megabytes=min(PIECE, MEGABYTES - offset))
        return MEGABYTES / (time.perf_counter() - began)


def _fetch(port: int, wanted: bytes) -> float:
    """Take so many megabytes: megabytes a second. Raises RuntimeError."""
    into = bytearray(1 << 20)
    with socket.create_connection(("127.0.0.1", port), timeout=120) as line:
        began = time.perf_counter()
        line.sendall(wanted)
        first = line.recv_into(into)
        head = bytes(into[:first])
        got = first - head.index(b"\r\n\r\n") - 4
        while got < MEGABYTES * len(_BLOCK):
            came = line.recv_into(into)
            if not came:
                break
            got += came
        took = time.perf_counter() - began
    if not head.startswith(b"HTTP/1.1 200") or got < MEGABYTES * len(_BLOCK):
        raise RuntimeError(f"{wanted[:80]!r} was answered {head[:300]!r}, and {got} bytes")
    return MEGABYTES / took


@contextmanager
def _highest(server: Server) -> Iterator[list[float]]:
    """How far above its start the memory of a server was at its highest, in megabytes, within a block."""
    before, found, over = server.memory(), [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.02):
            found[0] = max(found[0], server.memory() - before)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield found
    finally:
        over.set()
        watching.join()


def measure(house: House) -> list[Row]:
    """Rows of bytes up and down, of memory, and of a large folder."""
    return [*_streams(house), *_folders(house)]


def _drive(house: House) -> tuple[str, str]:
    """The folder of the space team-1 on somebody's drive, and the header that opens it."""
    with house.app.app_context():
        person = db.session.get_one(Person, 1)
        actor = actor_for(person)
        space = db.session.query(Space).filter_by(slug="team-1").one()
        name = next(name for name, found in drive_of(actor).items() if found.id == space.id)
        who = person.handle
        _token, password = create_token(actor, person, name="bench", scope="drive", days=None)
    basic = b64encode(f"{who}:{password}".encode()).decode()
    return f"/dav/{quote(name)}", f"Authorization: Basic {basic}"


def _streams(house: House) -> list[Row]:
    env = {**house.env, "UPLOAD_MB": str(2 * MEGABYTES), "BENCH_FILE": str(house.folder / "bare.bin")}
    token = f"Authorization: Bearer {house.tokens[0]}"
    path = "/api/v1/spaces/team-1/files"
    drive, key = _drive(house)
    pieces: list[float] = []
    driven: list[float] = []
    driven_down: list[float] = []
    up: list[float] = []
    bare_up: list[float] = []
    down: list[float] = []
    bare_down: list[float] = []
    with gunicorn(SITE, "web", env, until="/readyz") as site, gunicorn(BARE, "web", env) as bare:
        _send(site.port, f"{path}/first.bin", token, number=0)  # what is loaded once is loaded
        _send(bare.port, "/bytes", number=0)
        _send_in_pieces(site.port, token, number=0)
        _send(site.port, f"{drive}/first.bin", key, number=0)
        with _highest(site) as higher:
            for number in range(1, ROUNDS + 1):
                progress(f"{MEGABYTES} MB up and down, {number} of {ROUNDS}")
                up.append(_send(site.port, f"{path}/up-{number}.bin", token, number=number))
                bare_up.append(_send(bare.port, "/bytes", number=number))
                down.append(_fetch(site.port, request("GET", f"{path}/up-{number}.bin", token)))
                bare_down.append(_fetch(bare.port, request("GET", "/bytes")))
                pieces.append(_send_in_pieces(site.port, token, number=number))
                driven.append(_send(site.port, f"{drive}/drive-{number}.bin", key, number=ROUNDS + number))
                driven_down.append(_fetch(site.port, request("GET", f"{drive}/drive-{number}.bin", key)))
    Path(env["BENCH_FILE"]).unlink()
    named = f"{MEGABYTES} MB"
    return [
        row(f"{named} up through the API", house.scale, "MB/s", up, bare_up, digits=0),
        row(f"{named} down", house.scale, "MB/s", down, bare_down, digits=0),
        row(f"{named} up over tus, {PIECE} MB a piece", house.scale, "MB/s", pieces, bare_up, digits=0),
        row(f"{named} up, WebDAV", house.scale, "MB/s", driven, bare_up, digits=0),
        row(f"{named} down, WebDAV", house.scale, "MB/s", driven_down, bare_down, digits=0),
        row(f"memory that {named} up and down take at most", house.scale, "MB", higher, digits=1),
    ]


def _fill(house: House, name: str, many: int) -> str:
    """A folder of the space team-1 with so many files. Answers the address of its page."""
    at = now()
    with write_unit():
        space = db.session.query(Space).filter_by(slug="team-1").one()
        folder = Folder(
            space_id=space.id, author_id=READER, name=name, path=name, path_key=folder_key(name), audience="space",
            created_at=at, updated_at=at,
        )  # fmt: skip
        db.session.add(folder)
        db.session.flush()
        first = (db.session.scalar(text("SELECT max(id) FROM file")) or 0) + 1
        names = [f"Interview {number:05} of the night shift.docx" for number in range(many)]
        rows = [
            {
                "id": first + number, "space_id": space.id, "folder_id": folder.id, "author_id": READER, "name": called,
                "path_key": path_key(called, folder.id), "description": "", "size": 38_000 + number, "sha256": f"{number:064x}",
                "media_type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "storage_key": f"{number:064x}", "version": 1, "audience": "space", "created_at": at, "updated_at": at,
            }
            for number, called in enumerate(names)
        ]  # fmt: skip
        for start in range(0, many, 10_000):
            db.session.execute(insert(File), rows[start : start + 10_000])
        if not house.is_sqlite:
            db.session.execute(text("SELECT setval(pg_get_serial_sequence('file', 'id'), (SELECT max(id) FROM file))"))
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return f"/spaces/team-1/files/{name}"


def _folders(house: House) -> list[Row]:
    with house.app.app_context():
        progress(f"Making a folder of {MANY:,} files")
        small, large = _fill(house, "few", FEW), _fill(house, "many", MANY)
    client = house.app.test_client(use_cookies=False)
    headers = {"Cookie": house.cookies[0]}

    def ask(path: str) -> float:
        began = time.process_time()
        answer = client.get(path, headers=headers)
        took = 1000 * (time.process_time() - began)
        assert answer.status_code == 200, (path, answer.status_code)
        return took

    values: list[float] = []
    beside: list[float] = []
    for path in (small, large) * 3:
        ask(path)
    for _ in range(15):
        values.append(ask(large))
        beside.append(ask(small))
    with counted(house) as seen:
        ask(large)
    with counted(house) as seen_small:
        ask(small)
    assert len(seen) == len(seen_small), (len(seen), len(seen_small))
    name = f"folder of {MANY:,} files beside {FEW}: CPU"
    return [row(name, house.scale, "ms", values, beside, queries=len(seen))]
