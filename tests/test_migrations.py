"""The schema that the migrations make is the schema that the models want, on both databases, up, down and up again."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, select, text

from community.activity.outbox import run_until_idle
from community.coaching.queries import inbox_of
from community.comments.actions import create_comment
from community.extensions import db
from community.microblog.actions import create_post, react
from community.microblog.models import Post
from community.migrations_state import head, in_database, is_current
from community.notifications.models import Notification
from community.people.models import Person
from tests import servers
from tests.conftest import POSTGRESQL, settings_in
from tests.world import CAST, build_world
from wsgi import create_app


@pytest.fixture
def empty(tmp_path: Path):
    """An application over a database with nothing in it."""
    if not POSTGRESQL:
        yield create_app(settings_in(tmp_path, f"sqlite:///{tmp_path}/empty.db"))
        return
    with servers.postgresql("empty") as url:
        app = create_app(settings_in(tmp_path, url))
        yield app
        with app.app_context():
            db.engine.dispose()


def differences(app: Flask):
    context = MigrationContext.configure(db.session.connection(), opts={"compare_type": True})
    return compare_metadata(context, db.metadata)


def test_the_newest_migration_makes_what_the_models_want(empty):
    with empty.app_context():
        upgrade()
        assert differences(empty) == []
        assert is_current()


def test_up_down_and_up_again_with_people_in_the_tables(empty):
    with empty.app_context():
        upgrade()
        build_world()
        assert len(db.session.scalars(select(Person)).all()) == len(CAST)
        db.session.remove()
        downgrade(revision="base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        db.session.remove()
        upgrade()
        assert differences(empty) == []
        build_world()
        assert len(db.session.scalars(select(Person)).all()) == len(CAST)
        db.session.remove()


def counted() -> dict[str, int]:
    """How many rows there are in each table of the first release that holds some."""
    names = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
    found = {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) for name in names}
    db.session.remove()
    return {name: count for name, count in found.items() if count}


def test_what_was_written_before_is_there_after_each_migration(empty):
    """Down to the first release and up again, with words, reactions and notices in the tables: nothing goes, and what is new has
    the value that it has where nobody chose."""
    with empty.app_context():
        upgrade()
        world = build_world()
        post = create_post(world.actor("noor"), world.space("noorderlicht"), body="@samir.el-idrissi Eleven")
        react(world.actor("samir"), post, name="thanks")
        create_comment(world.actor("samir"), post, body="Twelve")
        asked = create_comment(world.actor("anna"), post, body="Why eleven?")
        asked_id = create_comment(world.actor("samir"), post, body="Because of the first.", reply_to=asked).reply_to_id
        create_comment(world.actor("noor"), post, body="And the last.", reply_to=asked)
        number = post.id
        run_until_idle(["notifications"])
        db.session.remove()
        downgrade(revision="0001")
        before = counted()
        assert (
            before["post"] and before["reaction"] and before["comment"] and before["notification"] and before["person"]
        )
        upgrade()
        after = counted()
        assert {name: after.get(name) for name in before} == before
        assert differences(empty) == []
        db.session.remove()
        (waits,) = inbox_of(world.actor("anna")).items  # what was said before there was an inbox waits in it
        assert (waits.ref, waits.by.name, waits.since < waits.latest) == (
            f"comment:{asked_id}",
            "Noor van der Velden",
            True,
        )
        told = db.session.scalars(select(Notification).order_by(Notification.id)).all()
        assert {(row.thread_kind, row.thread_id) for row in told if row.object_kind == "comment"} == {("post", number)}
        assert all(row.in_app and not row.hidden and row.mail is None for row in told)
        kept = db.session.get_one(Post, number)
        assert not kept.has_preview and kept.attachment_count == 0 and kept.hidden_at is None
        assert all(
            person.show_presence and not person.open_to_strangers for person in db.session.scalars(select(Person))
        )
        assert create_post(world.actor("noor"), world.space("noorderlicht"), body="And on").id > number
        db.session.remove()


def test_an_empty_database_says_that_it_is_behind(empty):
    with empty.app_context():
        assert in_database() is None
        assert head() is not None
        assert not is_current()
        db.session.remove()
    answer = empty.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["schema"] is False


def test_every_foreign_key_has_an_index(empty):
    """FlaskBB stood still under load for want of these (LIBRARIES 9)."""
    bare = []
    for table in db.metadata.sorted_tables:
        led = {tuple(index.columns)[0].name for index in table.indexes}
        led |= {
            tuple(c.columns)[0].name
            for c in table.constraints
            if c.__class__.__name__ == "UniqueConstraint" and c.columns
        }
        led |= {column.name for column in table.primary_key.columns}
        bare += [f"{table.name}.{key.parent.name}" for key in table.foreign_keys if key.parent.name not in led]
    assert not bare
