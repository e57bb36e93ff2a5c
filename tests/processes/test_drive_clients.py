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

import pytest

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
        words, input=said, capture_output=True, text=True, timeout=240, env={**os.environ, **env}, check=False
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


def sums_in(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("suite", ["basic", "copymove", "props", "locks", "http"])
def test_litmus_finds_what_a_server_owes(key: Key, suite: str) -> None:
    told = run("litmus", "-k", f"{key.address}{SPACE}/", key.user, key.password, TESTS=suite)
    lines = re.sub(r"\x1b\[[0-9;]*m|\r", "", told.stdout)
    assert told.returncode == 0, lines + told.stderr
    assert "0 failed" in lines and "WARNING" not in lines, lines
