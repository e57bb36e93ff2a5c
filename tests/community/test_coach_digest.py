"""Anna's letter on Monday morning: what waits and for how long, which teams are silent, and nothing when there is nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from community.activity.outbox import run_until_idle
from community.clock import frozen
from community.coaching import actions, digest
from community.comments.actions import create_comment
from community.extensions import db
from community.jobs.models import Job
from community.journal.actions import write_entry
from community.microblog.actions import create_post
from community.notifications.keeping import choose, stop
from community.permissions import sees
from community.spaces.actions import remove_member
from tests.world import World

MONDAY = datetime(2026, 6, 15, 6, 5, tzinfo=UTC)  # five past eight in Domburg


@pytest.fixture
def asked(world: World) -> World:
    """Joost asked on Wednesday; Noor shared an entry with her coach."""
    with frozen(MONDAY - timedelta(days=5)):
        actions.agree(world.actor("pieter_jan"), world.space("programme"), response_days=2)
        actions.ask_coach(world.actor("joost"), world.space("getij"), body="Is our question too big?")
        create_post(world.actor("joost"), world.space("getij"), body="Alive.")
        team = world.space("noorderlicht")
        write_entry(world.actor("noor"), title="Day 1", body="Quietly said.", audience="coach", space=team)
    return world


def _letter(world: World, who: str = "anna"):
    return digest.write({"person": world.person_ids[who]})


def test_it_says_what_waits_how_long_and_who_is_silent(app: Flask, asked: World) -> None:
    with frozen(MONDAY), app.test_request_context():
        letter = _letter(asked)
    assert letter.subject == "2 things wait in your teams"
    for part in (letter.text, letter.html):
        assert "1 day over" in part
        assert "Is our question too big?" in part
        assert "Joost Wiersma" in part
        assert "No sign of life yet" in part
        assert "/coaching?at=ask:" in part
    assert "Quietly said." not in letter.text
    assert "List-Unsubscribe" in letter.headers
    choose(asked.actor("anna"), {"content": "off"})
    with frozen(MONDAY), app.test_request_context():
        assert "too big" not in _letter(asked).text


def test_it_tells_nothing_that_its_coach_could_not_open(app: Flask, asked: World) -> None:
    """Held, for its author alone, for the coaches alone, or of a place where they coach no more."""
    with frozen(MONDAY - timedelta(days=4)):
        noor, team = asked.actor("noor"), asked.space("noorderlicht")
        post = create_post(noor, team, body="Eleven hand-overs.")
        for words, more in (
            ("Openly said", {}),
            ("For Noor alone", {"audience": "author"}),
            ("Among coaches", {"audience": "coaches"}),
        ):
            begun = create_comment(asked.actor("anna"), post, body=f"{words}?", **more)
            for number, held in enumerate((False, True)):
                answer = f"{words}: {('yes', 'kept back')[number]}"
                create_comment(
                    noor if sees(noor, begun) else asked.actor("anna"), post, body=answer, reply_to=begun, held=held
                )
        create_comment(noor, post, body="To nobody yet", purpose="question", held=True)
        create_comment(asked.actor("samir"), post, body="To Noor alone", purpose="question", audience="author")
        actions.ask_coach(asked.actor("samir"), team, body="Never sent")
    run_until_idle()
    with frozen(MONDAY), app.test_request_context():
        text = _letter(asked).text
        for said in ("Openly said", "For Noor alone"):
            assert said in text, said
        for said in ("kept back", "nobody yet", "To Noor alone", "Among coaches"):
            assert said not in text, said
    remove_member(asked.actor("pieter_jan"), asked.space("noorderlicht"), asked.person("anna"))
    with frozen(MONDAY), app.test_request_context():
        text = _letter(asked).text
    for said in ("Openly said", "For Noor alone", "Never sent", "Noorderlicht"):
        assert said not in text, said
    assert "Is our question too big?" in text


def test_it_comes_once_at_its_hour_as_often_as_was_chosen(app: Flask, asked: World) -> None:
    def enqueued(at: datetime) -> int:
        with frozen(at):
            digest.enqueue_letters({})
        return db.session.scalar(select(func.count()).select_from(Job).where(Job.unique_key.like("coaching:%"))) or 0

    assert enqueued(MONDAY - timedelta(hours=20)) == 0
    assert enqueued(MONDAY) == enqueued(MONDAY + timedelta(hours=1)) == 1
    assert enqueued(MONDAY + timedelta(days=1)) == 1
    choose(asked.actor("anna"), {"coaching": "daily"})
    assert enqueued(MONDAY + timedelta(days=1)) == 2
    stop(asked.person_ids["anna"], "coaching")
    assert enqueued(MONDAY + timedelta(days=2)) == 2
    with frozen(MONDAY):
        assert _letter(asked) is None


def test_nothing_to_tell_is_no_letter(app: Flask, world: World) -> None:
    with frozen(MONDAY), app.test_request_context():
        for slug, who in (("noorderlicht", "noor"), ("getij", "joost")):
            create_post(world.actor(who), world.space(slug), body="Alive.")
        assert _letter(world) is None
        assert _letter(world, "noor") is None
