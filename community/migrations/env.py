"""How Alembic meets our database: through the application's engine, one transaction for each migration."""

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from community.extensions import db, is_sqlite

target = db.metadata


def _mine(_obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    return not (kind == "table" and reflected and compare_to is None and name in ("spatial_ref_sys",))


def run() -> None:
    """Run on the connection of the application, or on one that a caller put in the configuration."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    with db.engine.connect() as connection:
        if is_sqlite():  # table rebuilds must not trip over references that come right in the end
            _foreign_keys(connection, "OFF")
        try:
            _run_on(connection)
        finally:
            if is_sqlite():
                connection.rollback()
                _foreign_keys(connection, "ON")


def _foreign_keys(connection: Connection, state: str) -> None:
    """Outside any transaction, where alone SQLite heeds it."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys={state}")


def _run_on(connection: object) -> None:
    options = current_app.extensions["migrate"].configure_args
    context.configure(
        connection=connection,
        target_metadata=target,
        include_object=_mine,
        transaction_per_migration=True,
        **options,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
