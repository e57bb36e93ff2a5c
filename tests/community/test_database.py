"""Many writers at once: nothing that was acknowledged is lost, and nobody hears "database is locked"."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

from sqlalchemy import func, select

from community.activity.models import Activity
from community.comments.models import Comment
from community.extensions import db, is_sqlite, write_unit
from community.microblog.actions import create_post
from community.microblog.models import Post

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, THREADS, EACH = 2, 8, 6

# A process of writers: each thread answers the same post, which counts its comments.
WRITER = """
import json, sys, threading
from community.config import load_settings
from tests.world import World
settings, ids, post_id, threads, each = json.loads(sys.argv[1])
from wsgi import create_app
from community.comments.actions import create_comment
from community.extensions import db
from community.microblog.models import Post
app = create_app(load_settings(settings))
world, wrong = World(*ids), []

def write(number):
    for turn in range(each):
        with app.app_context():
            try:
                post = db.session.get_one(Post, post_id)
                create_comment(world.actor("noor"), post, body=f"{number} {turn}")
            except Exception as fault:
                wrong.append(repr(fault))

writers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
[writer.start() for writer in writers]
[writer.join() for writer in writers]
print(json.dumps(wrong))
"""


def test_processes_and_threads_of_writers_lose_nothing(app, world):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Answer me, all of you")
    post_id, before = post.id, db.session.scalar(select(func.max(Activity.id)))
    db.session.remove()
    settings = app.config["SETTINGS"]
    environ = {name: str(getattr(settings, name)) for name in settings.__dataclass_fields__}
    environ["DATABASE_URL"] = app.config["SQLALCHEMY_DATABASE_URI"]
    job = json.dumps([environ, [world.person_ids, world.space_ids], post_id, THREADS, EACH])
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, job], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    for process in running:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        assert json.loads(out.splitlines()[-1]) == []
    wanted = PROCESSES * THREADS * EACH
    assert db.session.scalar(select(func.count()).select_from(Comment)) == wanted
    assert db.session.get_one(Post, post_id).comment_count == wanted
    lines = db.session.scalars(select(Activity.id).where(Activity.id > before).order_by(Activity.id)).all()
    assert len(lines) == wanted


def test_a_read_modify_write_in_a_unit_is_never_lost(app, world):
    """The trap of SQLite's default: two writers who both read the same "before" (LIBRARIES 5)."""
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Count")
    post_id = post.id
    db.session.remove()

    def count() -> None:
        with app.app_context():
            for _ in range(25):
                with write_unit():
                    held = db.session.scalars(select(Post).where(Post.id == post_id).with_for_update()).one()
                    held.comment_count = held.comment_count + 1

    counters = [threading.Thread(target=count) for _ in range(4)]
    for counter in counters:
        counter.start()
    for counter in counters:
        counter.join()
    assert db.session.get_one(Post, post_id).comment_count == 100


def test_sqlite_keeps_its_promises(app):
    if not is_sqlite():
        assert db.engine.dialect.name == "postgresql"
        return
    with db.engine.connect() as connection:
        told = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
