"""kill -9, in rounds, while people write: no acknowledged write is lost, and index, bell and sockets catch up by themselves."""

from __future__ import annotations

import threading
import time

from sqlalchemy import func, select

from community.activity import outbox
from community.activity.models import Activity
from community.extensions import db
from community.microblog.models import Post
from community.search.consumer import index_in
from tests.processes.house import Browser, House, until

ROUNDS = (("web", "live"), ("worker",), ("web", "worker", "live"))


class Writer:
    """Somebody who posts without pause, and remembers what the site said it kept."""

    def __init__(self, browser: Browser, name: str) -> None:
        self.browser, self.name = browser, name
        self.kept: list[str] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._write)
        self.thread.start()

    def _write(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            body = f"{self.name} schrijft {number}"
            if self.browser.post("noorderlicht", body):
                self.kept.append(body)
            else:
                time.sleep(0.05)
            time.sleep(0.02)

    def stop(self) -> None:
        self.over.set()
        self.thread.join(30)
        self.browser.close()


def test_killed_at_any_moment_nothing_that_was_acknowledged_is_lost(processes: House) -> None:
    with processes.app.app_context():
        start = outbox.last_id()
    samir = processes.socket("samir").watching("space:noorderlicht")
    writers = [
        Writer(processes.browser("pieter_jan", "web"), "Pieter"),  # who runs a space is not slowed in it
        Writer(processes.browser("pieter_jan", "web-2"), "Jan"),
    ]
    for roles in ROUNDS:
        before = [len(writer.kept) for writer in writers]
        until(lambda so_far=before: all(len(w.kept) > n for w, n in zip(writers, so_far, strict=True)), 30)
        for role in roles:
            processes.kill(role)
        processes.start(*roles)  # as supervisor would, at once
    for writer in writers:
        writer.stop()
    kept = [body for writer in writers for body in writer.kept]
    assert len(kept) > 2 * len(ROUNDS)

    def lines() -> list[int]:
        """The posts of this test in the log. One whose answer was lost may still come."""
        with processes.app.app_context():
            made = select(Activity.id).where(Activity.verb == "post.created", Activity.id > start)
            return list(db.session.scalars(made.order_by(Activity.id)))

    def heard() -> list[int]:
        return sorted(message["id"] for message in samir.heard)

    until(lambda: heard() == lines(), 30, lambda: (samir.state, samir.rooms, heard(), lines()))
    assert samir.twice == 0, "the socket missed none and heard none twice"
    with processes.app.app_context():
        bodies = list(db.session.scalars(select(Post.body).where(Post.body.contains(" schrijft "))))
        newest = db.session.scalar(select(func.max(Activity.id)))
    assert set(kept) <= set(bodies), "every acknowledged post is there"
    assert len(bodies) == len(lines()), "and each has its line in the log, and no line is without its post"

    def caught_up() -> bool:
        with processes.app.app_context():
            return all(standing.last_id == newest and standing.error is None for standing in outbox.status())

    until(caught_up, 70)
    with processes.app.app_context():
        scopes = processes.world.actor("samir").scopes
    found = index_in(processes.app.config["SETTINGS"].search_folder).search("schrijft", scopes)
    assert found.total == len(bodies), "the index holds each of them once"
    samir.close()
