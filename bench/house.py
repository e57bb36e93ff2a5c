"""Where a run's data lies. A data set is made once, kept in the system's folder for temporary files under its scale and a
fingerprint of the code that shapes it, and copied for each run, since a run writes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy import insert, text
from sqlalchemy.engine import URL, make_url

from bench import data
from community.activity.outbox import last_id
from community.clock import now
from community.config import ROOT, load_settings
from community.extensions import db, write_unit
from community.people.models import Session, Token
from community.people.sessions import hashed
from community.people.tokens import PREFIX
from community.search import index as search_index
from community.search.documents import Document
from wsgi import create_app

SECRET = "only for the bench, and long enough for it"
BROWSERS = 300  # of the reader: callers are counted one by one, and a browser asks at most 3,000 times a minute
BUILDERS = 2  # processes that build the search index


def progress(words: str, share: float | None = None) -> None:
    """One line that is written over, on a terminal; elsewhere a line now and then."""
    if sys.stderr.isatty():
        bar = "" if share is None else f"{'█' * int(share * 24):<24} {share:4.0%}"
        print(f"\r\x1b[K{words} {bar}", end="", file=sys.stderr, flush=True)
    elif share is None:
        print(words, file=sys.stderr, flush=True)


def done() -> None:
    """Wipe the line of progress."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@dataclass
class House:
    """The copy that a run works on: `env` for servers, `app` for what is measured in this process."""

    scale: int
    folder: Path
    url: str
    made: dict[str, int]
    env: dict[str, str]
    app: Flask
    cookies: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)  # of everybody, one a person

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    @property
    def index(self) -> Path:
        return self.folder / "index"

    def path(self, name: str) -> str:
        """The address of a page of the bench."""
        return {
            "feed": "/feed",
            "stream": "/spaces/team-1",
            "post": f"/spaces/team-1/posts/{self.made['thread']}",
            "wiki": f"/spaces/team-1/wiki/{self.made['path']}",
            "worked": f"/spaces/team-1/wiki/{self.made['worked']}",
        }[name]


# ---- the kept data set


def _fingerprint() -> str:
    """Changes with everything that decides how rows and documents look."""
    shaping = [
        *sorted((ROOT / "community" / "migrations" / "versions").glob("*.py")),
        *(ROOT / "bench" / name for name in ("data.py", "words.py")),
        *(
            ROOT / "community" / name
            for name in ("markup.py", "markdown.py", "search/analysis.py", "search/segments.py")
        ),
    ]
    content = hashlib.sha256()
    for file in shaping:
        content.update(file.read_bytes())
    return content.hexdigest()[:10]


def _env(folder: Path, url: str) -> dict[str, str]:
    return {
        "APP_ENV": "production",
        "DATABASE_URL": url,
        "REDIS_URL": "",
        "STORAGE_URL": f"file://{folder}/files",
        "SEARCH_URL": f"whoosh://{folder}/index",
        "MAIL_URL": f"file://{folder}/mail",
        "SECRET_KEY": SECRET,
        "BASE_URL": "http://127.0.0.1",
        "LOG_LEVEL": "ERROR",
    }


def _app(folder: Path, url: str) -> Flask:
    app = create_app(load_settings({**_env(folder, url), "ROLE": "web"}))
    logging.getLogger("alembic").setLevel(logging.ERROR)
    return app


def _keep_folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"cohortium-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _make(folder: Path, url: str, scale: int) -> None:
    """Fill an empty database and folder."""
    folder.mkdir(parents=True)
    (folder / "files").mkdir()
    app = _app(folder, url)
    with app.app_context():
        upgrade()
        made = data.fill(scale, progress)
        data.proved(made)
        find = text("SELECT path FROM page WHERE id = :id")
        path, worked = (db.session.execute(find, {"id": page}).scalar_one() for page in (made.page, made.worked))
        place = last_id()
        if url.startswith("sqlite"):
            db.session.remove()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.session.remove()
        db.engine.dispose()
    _build_index(folder / "index", made.documents, place)
    facts = {"thread": made.thread, "page": made.page, "team": made.team, "path": path, "worked": worked}
    (folder / "made.json").write_text(json.dumps(facts))


_documents: list[Document] = []


def _build_part(work: tuple[str, int, int]) -> str:
    """One builder's share of the documents as an index of its own."""
    folder, part, place = work
    mine = _documents[part::BUILDERS]

    def told() -> Iterator[Document]:
        for number, document in enumerate(mine):
            if part == 0 and number % 500 == 0:
                progress("Building the search index", number / len(mine))
            yield document

    search_index.SearchIndex(folder).rebuild(told(), place)
    return folder


def _build_index(folder: Path, documents: list[Document], place: int) -> None:
    """The index, built by two processes and laid together: its segments are files that never change."""
    _documents[:] = documents
    parts = [(f"{folder}-{part}", part, place) for part in range(BUILDERS)]
    with multiprocessing.get_context("fork").Pool(BUILDERS) as pool:
        homes = [Path(part) / (Path(part) / "CURRENT").read_text() for part in pool.map(_build_part, parts)]
    first = homes[0]
    storage = search_index.Folder(str(first))
    contents = search_index.TOC.read(storage, search_index.NAME, schema=search_index.SCHEMA)
    for home in homes[1:]:
        other = search_index.Folder(str(home))
        contents.segments += search_index.TOC.read(other, search_index.NAME, schema=search_index.SCHEMA).segments
        other.close_all()
        for file in home.glob(f"{search_index.NAME}_*"):
            file.rename(first / file.name)
    contents.generation += 1
    contents.write(storage, search_index.NAME)
    storage.close_all()
    first.parent.rename(folder)
    for part, _, _ in parts[1:]:
        shutil.rmtree(part)
    _documents.clear()


# ---- the copy of a run


@contextmanager
def open_house(scale: int, given: str) -> Iterator[House]:
    """A fresh copy of the data set, on SQLite or on the PostgreSQL server of the URL `given`; gone at the end."""
    name = f"s{scale}-{_fingerprint()}"
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cohortium-bench-run-")))
        open_one = _on_postgresql if given.startswith("postgresql") else _on_sqlite
        kept, url = stack.enter_context(open_one(name, scale, work, given))
        shutil.copytree(kept / "index", work / "index")
        (work / "files").mkdir()
        app = _app(work, url)
        made = json.loads((kept / "made.json").read_text())
        house = House(scale, work, url, made, _env(work, url), app)
        with app.app_context():
            _sign_everybody_in(house)
        yield house
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _kept(kept: Path, make: Any) -> Path:
    """The folder of a kept data set, made when it is not there."""
    if not (kept / "made.json").is_file():
        began = time.monotonic()
        part = kept.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(kept, ignore_errors=True)
        progress(f"Making the data set {kept.name}")
        make(part)
        part.rename(kept)
        done()
        print(f"Made the data set {kept.name} in {time.monotonic() - began:.0f} s.", file=sys.stderr)
    return kept


@contextmanager
def _on_sqlite(name: str, scale: int, work: Path, given: str) -> Iterator[tuple[Path, str]]:
    kept = _kept(_keep_folder() / name, lambda part: _make(part, f"sqlite:///{part}/community.db", scale))
    shutil.copyfile(kept / "community.db", work / "community.db")
    yield kept, f"sqlite:///{work}/community.db"


@contextmanager
def _on_postgresql(name: str, scale: int, work: Path, given: str) -> Iterator[tuple[Path, str]]:
    server = make_url(given)
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    source = f"cohortium_bench_{name.replace('-', '_')}"
    copy = f"{source}_{os.getpid()}"
    with psycopg.connect(plain, autocommit=True) as admin:

        def url_of(database: str) -> str:
            there: URL = server.set(drivername="postgresql+psycopg", database=database)
            return there.render_as_string(hide_password=False)

        def drop(database: str) -> None:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

        def make(part: Path) -> None:
            drop(source)
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(source)))
            _make(part, url_of(source), scale)

        place = hashlib.sha256(plain.encode()).hexdigest()[:6]
        kept = _kept(_keep_folder() / f"{name}-postgresql-{place}", make)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copy), sql.Identifier(source))
        admin.execute(create)
        try:
            yield kept, url_of(copy)
        finally:
            drop(copy)


def _sign_everybody_in(house: House) -> None:
    """Browsers of the reader and an API token of everybody, as rows that signing in and `users token` would make."""
    at = now()
    secrets = [f"browser-{number}-of-the-reader" for number in range(BROWSERS)]
    browsers: list[dict[str, Any]] = [
        {
            "token_hash": hashed(secret),
            "person_id": data.READER,
            "created_at": at,
            "seen_at": at,
            "expires_at": at + timedelta(days=60),
        }
        for secret in secrets
    ]
    people = 50 * house.scale
    house.tokens = [f"{PREFIX}token-of-person-{person}" for person in range(1, people + 1)]
    tokens: list[dict[str, Any]] = [
        {
            "token_hash": hashed(secret),
            "person_id": person,
            "name": "bench",
            "scope": "write",
            "created_at": at,
            "used_at": at,
            "expires_at": at + timedelta(days=60),
        }
        for person, secret in enumerate(house.tokens, 1)
    ]
    with write_unit():
        db.session.execute(insert(Session), browsers)
        db.session.execute(insert(Token), tokens)
    signer = house.app.session_interface.get_signing_serializer(house.app)  # type: ignore[attr-defined]
    name = house.app.config["SESSION_COOKIE_NAME"]
    for secret in secrets:
        token = hashlib.sha1(secret.encode(), usedforsecurity=False).hexdigest()
        held = {"_user_id": secret, "_fresh": True, "csrf_token": token}
        house.cookies.append(f"{name}={signer.dumps(held)}")
