"""Programs that people use, at the drive of a served site: rclone, cadaver, and the suite litmus that servers are held against."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
import requests

from community.people.actions import create_token
from tests.processes.house import House

SPACE = "Noorderlicht"


class Key(NamedTuple):
    """What somebody types once into a program."""

    address: str
    user: str
    password: str


@pytest.fixture
def key(processes: House) -> Iterator[Key]:
    """Noor's, at the first web process."""
    yield key_of(processes, "noor", "web")


def key_of(processes: House, name: str, at: str) -> Key:
    with processes.app.app_context():
        actor, person = processes.world.actor(name), processes.world.person(name)
        _token, password = create_token(actor, person, name="test", scope="drive", days=1)
        email = person.email
    return Key(f"{processes.address(at)}/dav/", email, password)


def run(*words: str, said: str | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """A program, to its end."""
    assert shutil.which(words[0]), f"{words[0]} is missing: .scripts/prepare.py installs it"
    return subprocess.run(
        words,
        input=said,
        capture_output=True,
        text=True,
        timeout=240,
        env={**os.environ, **env},
        cwd=env.get("HOME"),
        check=False,
    )


def rclone(key: Key, *words: str) -> subprocess.CompletedProcess[str]:
    hidden = run("rclone", "obscure", key.password).stdout.strip()
    env = {
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_DRIVE_TYPE": "webdav",
        "RCLONE_CONFIG_DRIVE_URL": key.address,
        "RCLONE_CONFIG_DRIVE_VENDOR": "other",
        "RCLONE_CONFIG_DRIVE_USER": key.user,
        "RCLONE_CONFIG_DRIVE_PASS": hidden,
    }
    return run("rclone", *words, "--retries", "1", "--low-level-retries", "1", **env)


def peak_of(processes: House) -> int:
    """The most memory that a process of the first web role has had, in bytes."""
    (worker,) = psutil.Process(processes.running["web"].pid).children()
    lines = Path(f"/proc/{worker.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def sums_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("suite", ["basic", "copymove", "props", "locks", "http"])
def test_litmus_finds_what_a_server_owes(key: Key, suite: str, tmp_path: Path) -> None:
    told = run("litmus", "-k", f"{key.address}{SPACE}/", key.user, key.password, TESTS=suite, HOME=str(tmp_path))
    lines = re.sub(r"\x1b\[[0-9;]*m|\r", "", told.stdout)
    assert told.returncode == 0, lines + told.stderr
    assert "0 failed" in lines and "WARNING" not in lines, lines


def test_rclone_brings_two_hundred_files_there_and_back(key: Key, tmp_path: Path) -> None:
    here, back = tmp_path / "here", tmp_path / "back"
    for number in range(200):
        place = here / f"Folder {number % 7}" / ("Deeper" if number % 3 else "")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number:03} naam é {'日本語' if number % 5 == 0 else ''}.txt").write_bytes(os.urandom(50 + number))
    there = f"drive:{SPACE}/Copies"
    sent = rclone(key, "sync", str(here), there, "--transfers", "4")
    assert sent.returncode == 0, sent.stderr
    assert rclone(key, "check", str(here), there, "--download").returncode == 0
    fetched = rclone(key, "sync", there, str(back), "--transfers", "4")
    assert fetched.returncode == 0, fetched.stderr
    assert sums_in(back) == sums_in(here) and len(sums_in(back)) == 200
    next(here.rglob("010*")).write_bytes(b"changed, and longer than it was before: " * 9)
    shutil.rmtree(here / "Folder 3")
    again = rclone(key, "sync", str(here), there)
    assert again.returncode == 0, again.stderr
    assert rclone(key, "sync", there, str(back)).returncode == 0
    assert sums_in(back) == sums_in(here) and len(sums_in(back)) < 200
    assert rclone(key, "purge", there).returncode == 0


def test_rclone_moves_and_copies_and_a_large_file_comes_back_whole(processes: House, key: Key, tmp_path: Path) -> None:
    assert rclone(key, "lsf", "drive:").returncode == 0
    before = peak_of(processes)
    large = tmp_path / "Film van de dijk.bin"
    with large.open("wb") as out:
        for _ in range(150):
            out.write(os.urandom(1_000_000))
    assert rclone(key, "copyto", str(large), f"drive:{SPACE}/Groot/Film van de dijk.bin").returncode == 0
    assert (
        rclone(key, "moveto", f"drive:{SPACE}/Groot/Film van de dijk.bin", f"drive:{SPACE}/Groot/dijk.bin").returncode
        == 0
    )
    assert rclone(key, "copyto", f"drive:{SPACE}/Groot/dijk.bin", f"drive:{SPACE}/dijk (2).bin").returncode == 0
    assert rclone(key, "copyto", f"drive:{SPACE}/dijk (2).bin", str(tmp_path / "back.bin")).returncode == 0
    assert peak_of(processes) - before < 30_000_000, "bytes stream through, up and down"
    assert sums_in(tmp_path)["back.bin"] == sums_in(tmp_path)["Film van de dijk.bin"]
    listed = rclone(key, "lsf", f"drive:{SPACE}/Groot").stdout.split("\n")
    assert listed[:-1] == ["dijk.bin"]
    assert rclone(key, "purge", f"drive:{SPACE}/Groot").returncode == 0
    assert rclone(key, "deletefile", f"drive:{SPACE}/dijk (2).bin").returncode == 0


def test_names_of_every_script_come_back_as_they_went(key: Key, tmp_path: Path) -> None:
    names = [
        "Ζωή.txt",
        "планер 50%.txt",
        "بئر.txt",
        "नदी.txt",
        "江 # 1.txt",
        "é (NFC).txt",
        "a+b & c;d.txt",
        "что?.txt",
    ]
    for name in names:
        (tmp_path / name).write_text(name)
    there = f"drive:{SPACE}/Schriften"
    assert rclone(key, "copy", str(tmp_path), there).returncode == 0
    assert sorted(rclone(key, "lsf", there).stdout.splitlines()) == sorted(names)
    assert rclone(key, "check", str(tmp_path), there, "--download").returncode == 0
    assert rclone(key, "purge", there).returncode == 0


def test_cadaver_lists_sends_fetches_locks_and_tidies_up(key: Key, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("high water at four")
    (tmp_path / ".netrc").write_text(f"machine 127.0.0.1 login {key.user} password {key.password}\n")
    (tmp_path / ".netrc").chmod(0o600)
    orders = (
        f"cd {SPACE}\nmkcol Haven\ncd Haven\nlcd {tmp_path}\nput note.txt\nlock note.txt\ndiscover note.txt\n"
        "unlock note.txt\ncopy note.txt tide.txt\nmove tide.txt ebb.txt\nls\nget ebb.txt back.txt\ndelete note.txt\nls\n"
        "cd ..\nrmcol Haven\nquit\n"
    )
    told = run("cadaver", key.address, said=orders, HOME=str(tmp_path))
    words = told.stdout + told.stderr
    assert (tmp_path / "back.txt").read_text() == "high water at four", words
    assert words.count("succeeded") >= 9 and "failed" not in words.lower().replace("0 failed", ""), words
    assert "ebb.txt" in words and "write" in words.lower()


def test_a_wrong_password_opens_nothing_and_an_ended_one_neither(processes: House, key: Key) -> None:
    wrong = Key(key.address, key.user, "aaaa-bbbb-cccc-dddd-eeee")
    assert rclone(wrong, "lsf", "drive:").returncode != 0
    assert rclone(key, "lsf", "drive:").stdout.splitlines()


def test_who_only_reads_fetches_and_sends_nothing(processes: House, key: Key, tmp_path: Path) -> None:
    (tmp_path / "plan.txt").write_text("plan")
    assert rclone(key, "copy", str(tmp_path / "plan.txt"), f"drive:{SPACE}").returncode == 0
    reader = key_of(processes, "ingrid", "web-2")
    assert "plan.txt" in rclone(reader, "lsf", f"drive:{SPACE}").stdout
    refused = rclone(reader, "copyto", str(tmp_path / "plan.txt"), f"drive:{SPACE}/mine.txt")
    assert refused.returncode != 0 and "403" in refused.stderr
    stranger = key_of(processes, "joost", "web")
    assert f"{SPACE}/" not in rclone(stranger, "lsf", "drive:").stdout
    assert rclone(stranger, "lsf", f"drive:{SPACE}").returncode != 0


def test_a_lock_holds_over_processes_and_a_kill(processes: House) -> None:
    noor, samir = key_of(processes, "noor", "web"), key_of(processes, "samir", "web-2")
    file = f"{SPACE}/map.txt"

    def ask(key: Key, method: str, **more: object) -> requests.Response:
        return requests.request(method, key.address + file, auth=(key.user, key.password), timeout=20, **more)  # type: ignore[arg-type]

    assert ask(noor, "PUT", data=b"one").status_code in (201, 204)
    body = '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>'
    lock = ask(noor, "LOCK", data=body, headers={"Timeout": "Second-600", "Depth": "0"})
    assert lock.status_code == 200
    assert ask(samir, "PUT", data=b"two").status_code == 423
    processes.kill("web-2")
    processes.start("web-2")
    assert ask(samir, "PUT", data=b"two").status_code == 423
    token = lock.headers["Lock-Token"]
    assert ask(noor, "PUT", data=b"three", headers={"If": f"({token})"}).status_code == 204
    assert ask(noor, "UNLOCK", headers={"Lock-Token": token}).status_code == 204
    assert ask(samir, "PUT", data=b"two").status_code == 204
