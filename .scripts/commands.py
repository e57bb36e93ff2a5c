"""The words of the Makefile: prepare what is needed, then hand over."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import prepare
from prepare import VENV
from steps import ROOT, Failed, alone, call, progress

LOCKS = {
    "requirements.txt": ["pyproject.toml"],
    "requirements-dev.txt": ["pyproject.toml", "--group", "dev", "--constraints", "requirements.txt"],
    "requirements-node.txt": ["--group", "node"],
    "requirements-uv.txt": ["--group", "uv"],
}


def port() -> int:
    """The port asked for. Raises Failed where it is no port or is taken."""
    raw = prepare.settings().get("PORT") or "5000"
    if not raw.isdigit() or not 0 < int(raw) < 65536:
        raise Failed(f"PORT must be between 1 and 65535, not {raw!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(raw)))
        except OSError:
            raise Failed(
                f"Port {raw} is taken. Stop what uses it, or choose another: make run PORT={int(raw) + 1}"
            ) from None
    return int(raw)


def hand_over(*words: str, **env: str) -> None:
    """Become another program, so that signals reach it at once."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(words[0], list(words), {**os.environ, **env})


def run() -> None:
    """One process on 127.0.0.1 with everything in it."""
    at = port()
    with alone():
        prepare.site()
        prepare.database()
    hand_over(str(VENV / "bin" / "gunicorn"), "-c", ".serve/gunicorn.py", "wsgi:app", PORT=str(at))


def serve() -> None:
    """The roles as processes behind nginx."""
    at = port()
    with alone():
        prepare.site()
        prepare.front_server()
        prepare.database()
    hand_over(str(VENV / "bin" / "python"), ".serve/serve.py", PORT=str(at))


def test() -> None:
    """All tests (phases.py)."""
    with alone():
        prepare.tools()
        prepare.browser()
        prepare.front_server()
        prepare.drive_clients()
        prepare.player()
        prepare.scanner()
    hand_over(str(VENV / "bin" / "python"), ".scripts/phases.py")


def bench() -> None:
    with alone():
        prepare.tools()
    hand_over(str(VENV / "bin" / "python"), "-m", "bench")


def check() -> None:
    """Format, lint, types, import rules: all are tried, so that one look shows everything."""
    with alone():
        prepare.tools()
    bin = VENV / "bin"
    checks = {
        "format": [bin / "ruff", "format", "--check", "."],
        "lint": [bin / "ruff", "check", "."],
        "types": [bin / "mypy"],
        "imports": [bin / "pytest", "-q", "-p", "no:cacheprovider", "tests/test_architecture.py"],
    }
    wrong = []
    for name, words in checks.items():
        print(f"\n{name}: {' '.join(map(str, [words[0].name, *words[1:]]))}", flush=True)
        if subprocess.run(words, cwd=ROOT).returncode != 0:
            wrong.append(name)
    if wrong:
        raise Failed(f"\nmake check found something in: {', '.join(wrong)}.")
    print("\nmake check: all is well.")


def lock() -> None:
    """Write the locks anew from pyproject.toml and package.json; they name no host."""
    with alone():
        prepare.environment()
        prepare.installer()
    for file, words in LOCKS.items():
        with progress(f"Locking {file}"):
            call(
                VENV / "bin" / "uv", "pip", "compile", *words, "--universal", "--python-version", "3.11",
                "--generate-hashes", "--no-header", "--no-emit-index-url", "--no-annotate", "--quiet", "--upgrade", "-o", file,
                otherwise=f"{file} could not be locked.",
            )  # fmt: skip
    with progress("Locking package-lock.json"):
        prepare.call(
            *prepare.npm(), "install", "--package-lock-only", "--ignore-scripts", otherwise="npm could not lock."
        )


COMMANDS = {"run": run, "serve": serve, "test": test, "check": check, "bench": bench, "lock": lock}


def main(words: list[str]) -> int:
    if len(words) != 1 or words[0] not in COMMANDS:
        print(f"Say one of: {', '.join(COMMANDS)}.", file=sys.stderr)
        return 2
    try:
        COMMANDS[words[0]]()
    except Failed as failure:
        print(str(failure), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0
