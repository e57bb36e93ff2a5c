"""Whether the database has the schema that this code wants. Asked at start and by `/readyz`."""

from __future__ import annotations

from functools import cache

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from community.config import ROOT
from community.extensions import db


@cache
def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "community" / "migrations"))
    return ScriptDirectory.from_config(config)


@cache
def head() -> str | None:
    """The newest migration in the code."""
    return _scripts().get_current_head()


def known(revision: str) -> bool:
    """Whether the code has this migration: a database or backup of a newer version may stand at one that it has not."""
    return any(script.revision == revision for script in _scripts().walk_revisions())


def in_database() -> str | None:
    """The migration that the database stands at, None for an empty one."""
    return MigrationContext.configure(db.session.connection()).get_current_revision()


def is_current() -> bool:
    """Whether code and database agree."""
    return in_database() == head()
