"""Fixtures. `world` is a database with the cast of JOURNEYS.md; it is made once a run and copied for each test.

    app, world          an application context over a fresh copy
    client              a browser nobody has signed in to; sign_in(client, "noor") signs somebody in
    catch_up()          lets every reader of the log read to its end, as the worker would
    count_queries()     counts what a block asks of the database

TEST_DATABASE=postgresql runs the same tests on PostgreSQL.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from community.activity import outbox, steady
from community.activity.models import Activity
from community.config import load_settings
from community.extensions import db
from community.files import previews
from community.files.storage import storage_from_url
from community.jobs import work
from community.microblog import pace
from community.people import passwords
from community.people.models import Person
from community.ports import ports
from community.search.consumer import reader as search_reader
from community.spaces.models import Membership, Phase, Space
from tests import servers
from tests.world import PASSWORD, World, build_world
from wsgi import create_app

POSTGRESQL = os.environ.get("TEST_DATABASE") == "postgresql"


@dataclasses.dataclass
class House:
    """The application of a run, and how its database is made new for each test."""

    app: Flask
    world: World
    renew: Callable[[], None]


class Browser(FlaskClient):
    """A browser. Each of its requests has an application context of its own, as in a server; what the test read
    before is read anew afterwards.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        with self.application.app_context():
            answer = super().open(*args, **kwargs)
        if has_app_context():
            db.session.rollback()
        return answer


def settings_in(folder: Path, url: str) -> Any:
    return load_settings(
        {
            "APP_ENV": "testing",
            "DATABASE_URL": url,
            "STORAGE_URL": f"file://{folder}/files",
            "SEARCH_URL": f"whoosh://{folder}/index",
            "MAIL_URL": f"file://{folder}/mail",
            "SECRET_KEY": "only for tests, and long enough for them",
            "BASE_URL": "http://localhost",
            "LOG_LEVEL": "WARNING",
        }
    )


@contextmanager
def quick_passwords() -> Iterator[None]:
    """argon2id with the least it allows: signing in costs a test a millisecond instead of fifty."""
    names = ("ROUNDS", "MEMORY_KIB", "LANES", "_hasher")
    kept = {name: getattr(passwords, name) for name in names}
    least = {"ROUNDS": 1, "MEMORY_KIB": 64, "LANES": 1}
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    for name, value in {**least, "_hasher": hasher}.items():
        setattr(passwords, name, value)
    passwords._nobody.cache_clear()  # what an unknown account costs must stay what a known one costs
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(passwords, name, value)
        passwords._nobody.cache_clear()


@pytest.fixture(autouse=True)
def passwords_are_quick(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everywhere but where the passwords themselves are tested."""
    if request.node.path.name == "test_passwords.py":
        yield
        return
    with quick_passwords():
        yield


@pytest.fixture(autouse=True)
def nobody_is_slowed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests post faster than people do; where the pace itself is tested it holds. Without `monkeypatch`, which would then be older
    than the other fixtures and put things back after them.
    """
    kept = pace.EVERYBODY, pace.SAME_WORDS
    if request.node.path.name != "test_pace.py":
        pace.EVERYBODY, pace.SAME_WORDS = None, timedelta()
    yield
    pace.EVERYBODY, pace.SAME_WORDS = kept


def _first_world(app: Flask) -> World:
    with quick_passwords(), app.app_context():
        upgrade()
        world = build_world()
        db.session.remove()
        db.engine.dispose()
    return world


@contextmanager
def _on_sqlite(folder: Path) -> Iterator[House]:
    path, kept = folder / "community.db", folder / "kept.db"
    app = create_app(settings_in(folder, f"sqlite:///{path}"))
    world = _first_world(app)
    with app.app_context(), db.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(path, kept)

    def renew() -> None:
        with app.app_context():
            db.engine.dispose()
        for ending in ("", "-wal", "-shm"):  # a new file, so that a connection left open harms nobody
            Path(f"{path}{ending}").unlink(missing_ok=True)
        shutil.copyfile(kept, path)

    yield House(app, world, renew)


@contextmanager
def _on_postgresql(folder: Path) -> Iterator[House]:
    with ExitStack() as stack:
        kept = make_url(stack.enter_context(servers.postgresql("kept")))
        used = make_url(stack.enter_context(servers.postgresql("used")))
        world = _first_world(create_app(settings_in(folder, kept.render_as_string(hide_password=False))))
        app = create_app(settings_in(folder, used.render_as_string(hide_password=False)))
        server = servers.postgresql_server().set(drivername="postgresql").render_as_string(hide_password=False)
        admin = stack.enter_context(psycopg.connect(server, autocommit=True))

        def renew() -> None:
            with app.app_context():
                db.engine.dispose()
            admin.execute(f'DROP DATABASE IF EXISTS "{used.database}" WITH (FORCE)')
            admin.execute(f'CREATE DATABASE "{used.database}" TEMPLATE "{kept.database}" STRATEGY FILE_COPY')

        yield House(app, world, renew)
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The application of this run, with the first world."""
    folder = tmp_path_factory.mktemp("house")
    with _on_postgresql(folder) if POSTGRESQL else _on_sqlite(folder) as made:
        yield made


@pytest.fixture
def app(house: House, tmp_path: Path) -> Iterator[Flask]:
    """The application over a fresh copy of the world, inside an application context."""
    house.renew()
    app = house.app
    app.config["SETTINGS"] = dataclasses.replace(
        app.config["SETTINGS"], SEARCH_URL=f"whoosh://{tmp_path}/index", STORAGE_URL=f"file://{tmp_path}/files"
    )
    app.config["STORAGE"] = storage_from_url(f"file://{tmp_path}/files")
    app.test_client_class = Browser
    outbox.register_reader(search_reader(tmp_path / "index"))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(autouse=True)
def what_moves_places_is_told() -> Iterator[None]:
    """Whatever changes people, spaces, roles or phases says so in the log, in the same transaction: what processes remember of them
    hangs on it (community/activity/steady.py).
    """
    silent: list[str] = []
    shown = {
        Space: ("kind", "parent_id", "cohort_id", "name", "slug", "visibility", "status", "phase_id"),
        Membership: ("space_id", "person_id", "role"),
        Phase: ("key", "name", "starts_on", "ends_on", "entered_at"),
        Person: ("status", "site_role", "name", "handle", "picture_key", "headline"),
    }

    def flushed(session: Any, _context: Any) -> None:
        told = session.info.setdefault("told", {"changed": set(), "moves": False})
        for obj in (*session.new, *session.dirty, *session.deleted):
            if isinstance(obj, Activity):
                told["moves"] |= steady.moves_places(obj.verb)
            elif type(obj) in shown:
                state, names = inspect(obj), shown[type(obj)]
                told["changed"] |= {name for name in names if state.attrs[name].history.has_changes()}

    def committed(session: Any) -> None:
        if session.in_nested_transaction():
            return
        told = session.info.pop("told", None)
        if told and told["changed"] and not told["moves"]:
            silent.append(", ".join(sorted(told["changed"])))

    def rolled_back(session: Any, _transaction: Any) -> None:
        session.info.pop("told", None)

    watched = {"after_flush": flushed, "after_commit": committed, "after_soft_rollback": rolled_back}
    for name, does in watched.items():
        event.listen(Session, name, does)
    yield
    for name, does in watched.items():
        event.remove(Session, name, does)
    assert not silent, f"changed without a line in the log that says so: {silent}"


@pytest.fixture
def world(app: Flask, house: House) -> World:
    """The cast and their places."""
    return World(dict(house.world.person_ids), dict(house.world.space_ids))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that nobody has signed in to. CSRF is on: use `sign_in` and `post_form`."""
    return app.test_client()


def token_of(page: str) -> str:
    """The CSRF token of the first form on a page."""
    mark = 'name="csrf_token" value="'
    start = page.index(mark) + len(mark)
    return page[start : page.index('"', start)]


def sign_in(client: FlaskClient, name: str) -> FlaskClient:
    """Sign a person of the cast in, through the form."""
    page = client.get("/login").get_data(as_text=True)
    answer = client.post(
        "/login",
        data={
            "csrf_token": token_of(page),
            "email": f"{name.replace('_', '-')}@waterland.example",
            "password": PASSWORD,
        },
    )
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return client


def post_form(client: FlaskClient, page: str, to: str | None = None, **fields: Any) -> Any:
    """Open a page, take its token, and send a form as the page would."""
    html = client.get(page).get_data(as_text=True)
    data = {"csrf_token": token_of(html), **fields}
    return client.post(to or page, data=data)


@pytest.fixture
def as_person(app: Flask) -> Callable[[str], FlaskClient]:
    """`as_person("noor")`: a browser of hers, signed in."""
    return lambda name: sign_in(app.test_client(), name)


@pytest.fixture
def draw(app: Flask, catch_up, monkeypatch) -> Callable[[], None]:
    """Lets the readers of the log order what they order, and the jobs do it: previews are drawn, texts are read."""
    monkeypatch.setattr(ports, "storage", lambda: app.config["STORAGE"])

    def do() -> None:
        catch_up()
        while work.run_one():
            pass

    return do


@pytest.fixture
def catch_up(app: Flask) -> Callable[[], int]:
    """Let every reader read to the end of the log."""
    return outbox.run_until_idle


@pytest.fixture
def read_it(app: Flask, catch_up: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the reader of the log order the texts of files, the jobs take them, and the index follow. Office documents are read but
    not drawn, which LibreOffice takes seconds for.
    """
    monkeypatch.setattr(ports, "storage", lambda: app.config["STORAGE"])
    monkeypatch.setattr(previews, "_converter", "off")

    def do() -> None:
        catch_up()
        while work.run_one():
            pass
        catch_up()

    return do


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """The statements that a block sends to the database, transaction control left out."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "COMMIT", "ROLLBACK")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


__all__ = ["PASSWORD", "count_queries", "post_form", "sign_in", "token_of"]
