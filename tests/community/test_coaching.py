"""Anna's Friday afternoon: what waits for her, the longest first, and nothing of teams that are not hers."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

from flask import Flask

from community.clock import frozen
from community.coaching.queries import count_waiting, inbox_of, spaces_coached_by
from community.comments.actions import create_comment
from community.files.actions import describe_file, upload_file
from community.files.incoming import receive
from community.journal.actions import share_entry, write_entry
from community.microblog.actions import create_post, delete_post
from community.wiki.actions import create_page, edit_page
from tests.conftest import count_queries
from tests.world import World

NOON = datetime(2026, 6, 9, 12, tzinfo=UTC)


def at(hour: float):
    """Within the block it is `hour` hours after noon."""
    return frozen(NOON + timedelta(hours=hour))


def _refs(world: World, who: str = "anna", **more) -> list[str]:
    return [item.ref for item in inbox_of(world.actor(who), **more).items]


def _post(world: World, who: str, space: str = "noorderlicht", body: str = "Is our question too big?", **more):
    return create_post(world.actor(who), world.space(space), body=body, **more)


def test_what_people_make_waits_for_their_coach_the_oldest_first(app: Flask, world: World) -> None:
    team = world.space("noorderlicht")
    with at(0):
        post = _post(world, "joost", "getij")
    with at(1):
        page = create_page(world.actor("noor"), team, title="Reading", body="Nobody is slow.")
    with at(2):
        came = receive(app.config["STORAGE"], io.BytesIO(b"x"), "guide.txt", limit_bytes=10)
        file = upload_file(world.actor("samir"), team, name=came.name, stored=came.stored)
    with at(3):
        entry = write_entry(world.actor("fatma"), title="Day 1", body="Private first.")
    assert _refs(world) == [f"post:{post.id}", f"page:{page.id}", f"file:{file.id}"]
    with at(4):
        share_entry(world.actor("fatma"), entry, audience="coach", space=team)
    items = inbox_of(world.actor("anna")).items
    assert [item.ref for item in items][-1] == f"entry:{entry.id}"
    assert [(item.what, item.by.name, item.since) for item in items] == [
        ("post.created", "Joost Wiersma", NOON),
        ("page.created", "Noor van der Velden", NOON + timedelta(hours=1)),
        ("file.uploaded", "Samir El Idrissi", NOON + timedelta(hours=2)),
        ("entry.shared", "Fatma Yıldırım", NOON + timedelta(hours=4)),
    ]


def test_an_answer_ends_the_waiting_until_somebody_goes_on(world: World) -> None:
    with at(0):
        post = _post(world, "noor")
    with at(1):
        create_comment(world.actor("samir"), post, body="I wonder too.")
    item = inbox_of(world.actor("anna")).items[0]
    assert (item.since, item.times, item.what, item.by.name) == (NOON, 2, "comment.created", "Samir El Idrissi")
    with at(2):
        create_comment(world.actor("anna"), post, body="What would make it small enough?")
    assert _refs(world) == []
    with at(3):
        create_comment(world.actor("noor"), post, body="One branch.")
    item = inbox_of(world.actor("anna")).items[0]
    assert (item.since, item.times, item.comment.body) == (NOON + timedelta(hours=3), 1, "One branch.")


def test_a_page_waits_once_since_the_first_edit_that_nobody_answered(world: World) -> None:
    with at(0):
        page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Reading", body="One.")
    with at(1):
        create_comment(world.actor("anna"), page, body="Go on.")
    for hour, base in ((2, 1), (3, 2)):
        with at(hour):
            edit_page(world.actor("samir"), page, body=f"Text {hour}.", base=base)
    (item,) = inbox_of(world.actor("anna")).items
    assert (item.since, item.times, item.what) == (NOON + timedelta(hours=2), 2, "page.edited")


def test_what_a_coach_writes_what_is_announced_deleted_or_described_waits_for_nobody(app: Flask, world: World) -> None:
    _post(world, "anna")
    _post(world, "pieter_jan", kind="announcement")
    delete_post(world.actor("noor"), _post(world, "noor"))
    with at(0):
        came = receive(app.config["STORAGE"], io.BytesIO(b"x"), "guide.txt", limit_bytes=10)
        file = upload_file(world.actor("samir"), world.space("noorderlicht"), name=came.name, stored=came.stored)
    with at(1):
        create_comment(world.actor("anna"), file, body="Thank you.")
    with at(2):
        describe_file(world.actor("samir"), file, description="The guide")
    assert _refs(world) == []


def test_only_for_me_never_reaches_the_inbox_nor_its_count(world: World) -> None:
    write_entry(world.actor("noor"), title="Day 1", body="Mine.")
    entry = write_entry(
        world.actor("noor"), title="Day 2", body="For you.", audience="coach", space=world.space("noorderlicht")
    )
    assert count_waiting(world.actor("anna")) == {world.space("noorderlicht").id: 1}
    share_entry(world.actor("noor"), entry, audience="only_me")
    assert count_waiting(world.actor("anna")) == {}
    assert _refs(world) == []


def test_who_coaches_nobody_has_no_inbox(world: World) -> None:
    _post(world, "noor")
    for name in ("noor", "pieter_jan", "rik", "dev", "gus"):
        assert inbox_of(world.actor(name)).items == []
        assert count_waiting(world.actor(name)) == {}
        assert spaces_coached_by(world.actor(name)) == []
    assert [space.name for space in spaces_coached_by(world.actor("anna"))] == ["Getij", "Noorderlicht"]


def test_one_team_at_a_time(world: World) -> None:
    mine = _post(world, "noor")
    other = _post(world, "joost", "getij")
    assert _refs(world, space=world.space("getij")) == [f"post:{other.id}"]
    assert _refs(world, space=world.space("noorderlicht")) == [f"post:{mine.id}"]
    assert _refs(world, space=world.space("cohort")) == []


def test_forty_things_in_stretches_at_the_same_cost(world: World) -> None:
    made = []
    for number in range(12):
        with at(number / 4):
            made.append(f"post:{_post(world, 'noor', body=f'Thing {number}').id}")
    anna = world.actor("anna")
    anna.roles  # noqa: B018 - read once a request
    with count_queries() as few:
        first = inbox_of(anna, limit=2)
    seen, after = [item.ref for item in first.items], first.next
    while after:
        with count_queries() as more:
            stretch = inbox_of(anna, after=after, limit=5)
        assert len(more) == len(few)
        seen, after = seen + [item.ref for item in stretch.items], stretch.next
    assert seen == made
    assert _refs(world, after="nonsense") == made
