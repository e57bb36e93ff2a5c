"""The database: one `db`, one naming convention, and the engine options that keep SQLite honest.

SQLite (LIBRARIES 5): WAL, every acknowledged commit on disk, `BEGIN IMMEDIATE` for write units so that two writers
never read the same "before", and one writer at a time per process so that none of them waits in the kernel.
PostgreSQL needs none of this; a write unit there is an ordinary transaction with row locks where an action asks.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Connection, DateTime, Engine, Integer, MetaData, Select, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

KEEPS_BYTES = {"keeps_bytes": True}
"""`info` of a column that names bytes in the storage, which the sweep leaves alone then; a `storage_key` is one anyway."""
BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """The root of every table. Constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UTCTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both databases; a naive one is refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

# True while a write unit is open in this context: the engine then begins with IMMEDIATE.
_writing: ContextVar[bool] = ContextVar("writing", default=False)
_one_writer = threading.RLock()


def is_sqlite() -> bool:
    """Whether the current application's database is SQLite."""
    return db.engine.dialect.name == "sqlite"


def insert_into(model: type[Any]) -> Any:
    """An INSERT that can say what happens when a row with its key is there already: `on_conflict_do_nothing`, `…_do_update`."""
    return (sqlite.insert if is_sqlite() else postgresql.insert)(model)


def put_row(model: type[Any], key: dict[str, Any], **values: Any) -> None:
    """Insert a row in the open transaction, or change the one that has this key: two who do it at once make one."""
    stmt = insert_into(model).values(**key, **values)
    db.session.execute(stmt.on_conflict_do_update(index_elements=list(key), set_=values))


class Ready:
    """A SELECT of columns, made ready for the driver once: for what is asked at each page, where handing the statement on costs
    several times what the database does. `one(name=value)` gives the row, its values of the types of the columns, or None.

    What differs from one time to the next are bound parameters of plain types, with some value in the statement.
    """

    def __init__(self, stmt: Select[Any]) -> None:
        self._stmt, self._made = stmt, {}  # type: ignore[var-annotated]

    def one(self, **facts: Any) -> Any:
        """The row. Raises sqlalchemy.exc.DBAPIError as any question does."""
        connection = db.session.connection()
        dialect = connection.dialect
        made = self._made.get(dialect.name)
        if made is None:
            made = self._made[dialect.name] = self._make(dialect)
        words, order, known, shape, turned = made
        given = known | facts
        found = connection.exec_driver_sql(words, tuple([given[name] for name in order]) if order else given).fetchone()
        if found is None:
            return None
        row = list(found)
        for place, turn in turned:
            row[place] = turn(row[place])
        return shape(row)

    def _make(self, dialect: Dialect) -> tuple[Any, ...]:
        made = self._stmt.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        turn: Any = made._bind_processors
        known = {name: turn[name](value) if name in turn else value for name, value in made.construct_params().items()}
        columns = list(self._stmt.selected_columns)
        shape = namedtuple("Row", [column.key or column.name for column in columns])  # type: ignore[misc]
        turns = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        order = made.positiontup if made.positional else None
        return str(made), order, known, shape._make, [(place, turn) for place, turn in enumerate(turns) if turn]


@contextmanager
def write_unit() -> Iterator[None]:
    """A transaction that will write. Ends whatever reading transaction was open, so that all that is read inside is
    fresh; commits at the end, rolls back on any exception. Not reentrant: `@action` sees to that.
    """
    session = db.session
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("something was changed outside an action")
    session.rollback()
    session.expire_all()  # a rollback alone forgets nothing when no transaction was open
    with _as_writer():
        try:
            yield
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def write_aside() -> Iterator[Connection]:
    """A small note on a connection of its own, committed at the end, for what happens while a page is made: the objects that the
    page has read stay as they are, where `write_unit` forgets them. What is read after it is fresh. Not inside a `write_unit`.
    """
    with _as_writer(), db.engine.begin() as connection:
        yield connection
    db.session.commit()  # ends the reading transaction, and with it the picture from before the note


@contextmanager
def _as_writer() -> Iterator[None]:
    """Begin transactions as a writer does, and be the only one of this process on SQLite."""
    token = _writing.set(True)
    lock = _one_writer if is_sqlite() else nullcontext()
    try:
        with lock:
            yield
    finally:
        _writing.reset(token)


def engine_options(url: str) -> dict[str, Any]:
    """Engine keywords for a database URL (SQLAlchemy `create_engine`)."""
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 5.0, "check_same_thread": False}}
    return {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20, "pool_recycle": 1800}


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an acknowledged write survives a power cut (QUALITY 68)
        "busy_timeout=5000",
        "foreign_keys=ON",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _on_begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")
