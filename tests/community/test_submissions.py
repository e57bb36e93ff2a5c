"""A team hands in: a copy that nothing changes any more, read by whom the team was told of, answered once, handed in again."""

from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select

from community.activity.queries import activity_after
from community.backup import taking
from community.clock import frozen, now
from community.coaching.measures import median_in, my_median
from community.comments.actions import create_comment
from community.errors import CommunityError, Conflict, Denied, Invalid, NotFound
from community.extensions import db, write_unit
from community.files.actions import delete_file, upload_file
from community.files.incoming import receive
from community.files.models import File
from community.items.models import Grant
from community.notifications.models import Notification
from community.permissions import sees
from community.search.queries import search
from community.spaces.actions import add_member, remove_member
from community.submissions.actions import (
    assign_submission,
    cancel_milestone,
    edit_milestone,
    give_result,
    hand_in,
    name_sponsor,
    nudge_teams,
    recall_result,
    release_results,
    release_sponsor,
    set_milestone,
    withdraw_submission,
)
from community.submissions.models import Milestone, Submission, SubmissionItem, SubmissionResult
from community.submissions.queries import (
    due_soon,
    held_results,
    item_for,
    items_of,
    milestones_of,
    readers_of,
    result_for,
    submission_for,
    submissions_for,
    without_submission,
)
from community.wiki.actions import create_page, delete_page, edit_page
from community.wiki.models import Page, Revision
from tests.community.test_backup import other_house, restored
from tests.conftest import count_queries
from tests.world import World

PIXEL = bytes.fromhex("89504e470d0a1a0a0000000d49484452")
EVERYBODY_INSIDE = {"noor", "samir", "fatma", "kwame", "anna", "pieter_jan"}


def due(days: int = 2):
    return now() + timedelta(days=days)


def ask(world: World, place: str = "cohort", title: str = "Mid review", **more: Any) -> Milestone:
    return set_milestone(world.actor("pieter_jan"), world.space(place), title=title, due_at=due(), **more)


def send_file(app: Flask, world: World, who: str, name: str, content: bytes = PIXEL, **more: Any) -> File:
    came = receive(app.config["STORAGE"], io.BytesIO(content), name, limit_bytes=10**6)
    return upload_file(
        world.actor(who),
        world.space("noorderlicht"),
        name=came.name,
        stored=came.stored,
        media_type=came.media_type,
        **more,
    )


def page(
    world: World, who: str = "noor", title: str = "Our reading", body: str = "Nobody is slow.", **more: Any
) -> Page:
    return create_page(world.actor(who), world.space("noorderlicht"), title=title, body=body, **more)


def told(world: World, milestone: Milestone, team: str = "noorderlicht") -> list[int]:
    return [person.id for person in readers_of(world.space(team), milestone).named]


def send(world: World, milestone: Milestone, *pages: Page, who: str = "noor", **more: Any) -> Submission:
    more.setdefault("told", told(world, milestone))
    return hand_in(world.actor(who), world.space("noorderlicht"), milestone, pages=[one.id for one in pages], **more)


def readers(world: World, thing: Any) -> set[str]:
    return {name for name in world.everybody if sees(world.actor(name), thing)}


def test_a_copy_outlives_edits_deletion_and_purging_of_what_it_was_made_of(
    app: Flask, world: World, tmp_path: Path
) -> None:
    picture = send_file(app, world, "samir", "queue at nine.png")
    guide = send_file(app, world, "samir", "guide.txt", b"Ask them first.")
    top = page(
        world,
        body="Nobody is slow. ![The queue](/spaces/noorderlicht/files/queue%20at%20nine.png) "
        "[guide](/spaces/noorderlicht/files/guide.txt) and [[Loops]]",
        path="reading",
    )
    page(world, title="Loops", body="Eleven times.", path="reading/loops")
    page(world, title="Elsewhere", body="Not handed in.", path="reading-list")
    milestone = ask(world)
    made = send(world, milestone, trees=[top.id], files=[guide.id], note="One page, **a drawing**.")
    assert (made.page_count, made.file_count, made.attempt, made.state) == (2, 1, 1, "sent")
    assert "<strong>a drawing</strong>" in made.body_html
    edit_page(world.actor("noor"), top, body="Something else.", base=1)
    with write_unit():  # as a purge would: rows and all
        for one in (picture, guide):
            db.session.delete(db.session.get_one(File, one.id))
        db.session.execute(delete(Revision))
        db.session.execute(delete(Page))
    anna = world.actor("anna")
    items = items_of(anna, submission_for(anna, made.id), words=True)
    assert [(item.kind, item.title) for item in items] == [
        ("file", "guide.txt"),
        ("picture", "queue at nine.png"),
        ("page", "Our reading"),
        ("page", "Loops"),
    ]
    html = items[2].body_html
    assert f'src="/submissions/{made.id}/files/{items[1].id}/queue%20at%20nine.png"' in html
    assert f'href="/submissions/{made.id}/files/{items[0].id}/guide.txt"' in html
    assert items[2].body.startswith("Nobody is slow.")
    taking.take(tmp_path / "backup", app.config["STORAGE"])
    with other_house(tmp_path / "other") as other:
        restored(other, tmp_path / "backup")
        kept = db.session.scalars(select(SubmissionItem).where(SubmissionItem.kind == "file")).one()
        with other.config["STORAGE"].open(kept.storage_key) as content:
            assert content.read() == b"Ask them first."
        assert (
            db.session.scalars(select(SubmissionItem.body).where(SubmissionItem.title == "Loops")).one()
            == "Eleven times."
        )


def test_who_reads_it_and_what_was_for_the_coach_stays_so(app: Flask, world: World, catch_up) -> None:
    boss = world.actor("pieter_jan")
    shared = page(world)
    secret = page(world, title="For Anna", body="kanarievogel", audience="coach")
    milestone = ask(world, to_sponsor=True)
    assert told(world, milestone) == []
    name_sponsor(boss, world.space("noorderlicht"), world.person("ingrid"))
    with pytest.raises(Conflict):  # nobody had told Noor that Ingrid will read it
        send(world, milestone, shared, told=[])
    made = send(world, milestone, shared, secret)
    assert readers(world, made) == EVERYBODY_INSIDE | {"ingrid"}
    give_result(world.actor("anna"), made, result="ok", hold=True)
    with pytest.raises(NotFound):
        submission_for(world.actor("gus"), made.id)

    def titles(name: str) -> list[str]:
        actor = world.actor(name)
        return [item.title for item in items_of(actor, submission_for(actor, made.id))]

    assert {name for name in EVERYBODY_INSIDE | {"ingrid"} if "For Anna" in titles(name)} == {"noor", "anna"}
    hidden = next(item.id for item in items_of(world.actor("anna"), made) if item.title == "For Anna")
    with pytest.raises(NotFound):
        item_for(world.actor("samir"), submission_for(world.actor("samir"), made.id), hidden)
    number, ingrid = made.id, world.person_ids["ingrid"]

    def heard() -> list[str]:
        catch_up()
        mine = select(Notification.reason).where(Notification.person_id == ingrid, Notification.reason != "added")
        return list(db.session.scalars(mine.order_by(Notification.id)))

    assert heard() == ["submitted"]  # a result that is held back is no news to her
    release_results(world.actor("anna"), held_results(world.actor("anna")))
    assert heard() == ["submitted", "result"]
    made = db.session.get_one(Submission, number)
    index = app.config["SETTINGS"].search_folder
    for name in world.everybody:
        assert not [one for one in search(world.actor(name), index, "kanarievogel").found if one.kind == "submission"]
    found = search(world.actor("ingrid"), index, "slow", kinds=("submission",))
    assert found.total == 1 and ("slow", True) in found.found[0].excerpt
    assert search(world.actor("dev"), index, "slow", kinds=("submission",)).total == 0
    # A sponsor who is named later, or no more, reads what they were given and nothing else.
    release_sponsor(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("ingrid"))
    assert sees(world.actor("ingrid"), made)
    # Who leaves the team leaves its submissions.
    remove_member(world.actor("rik"), world.space("noorderlicht"), world.person("samir"))
    assert not sees(world.actor("samir"), made)
    # A guest of the team is not of the team.
    add_member(world.actor("rik"), world.space("noorderlicht"), world.person("gus"), role="guest")
    assert not sees(world.actor("gus"), made)


def test_one_attempt_at_a_time_and_a_chain_of_them(world: World, catch_up) -> None:
    milestone, words = ask(world), page(world)
    first = send(world, milestone, words)
    with pytest.raises(Conflict) as second:
        send(world, milestone, words, who="samir")
    assert str(second.value).startswith("Noor van der Velden handed this in already.")
    anna = world.actor("anna")
    with pytest.raises(Invalid):
        give_result(anna, first, result="revise")
    give_result(anna, first, result="revise", comment="For **whom** is it slow?")
    assert db.session.get_one(Submission, first.id).state == "revise"
    with pytest.raises(Conflict):
        withdraw_submission(world.actor("noor"), first)
    edit_page(world.actor("fatma"), words, body="The customer is waiting.", base=1)
    again = send(world, milestone, words, who="fatma")
    assert (again.attempt, again.latest, db.session.get_one(Submission, first.id).latest) == (2, True, False)
    with pytest.raises(Conflict):  # the team went on: what was said to the first stands
        recall_result(anna, first)
    withdraw_submission(world.actor("kwame"), again)
    with pytest.raises(Conflict):
        give_result(anna, again, result="ok")
    third = send(world, milestone, words, who="fatma")
    give_result(anna, third, result="ok")
    with pytest.raises(Conflict):
        send(world, milestone, words)
    assert [item.body for item in items_of(anna, third, words=True)] == ["The customer is waiting."]
    assert [item.body for item in items_of(anna, first, words=True)] == ["Nobody is slow."]
    catch_up()
    heard = db.session.execute(select(Notification.person_id, Notification.reason).order_by(Notification.id)).all()
    ids = {number: name for name, number in world.person_ids.items()}
    assert {(ids[person], reason) for person, reason in heard if reason in ("submitted", "result")} == {
        ("anna", "submitted"),
        *((name, "result") for name in ("noor", "samir", "fatma", "kwame", "pieter_jan")),
    }


def test_a_held_result_is_known_to_who_guides_the_team_and_to_nobody_else(world: World) -> None:
    made = send(world, ask(world), page(world))
    anna = world.actor("anna")
    held = give_result(anna, made, result="not_yet", comment="Not for the team yet.", hold=True)
    assert readers(world, held) == {"anna", "pieter_jan"}
    assert result_for(world.actor("noor"), made) is None
    assert submissions_for(world.actor("noor"), only="held").items == []
    assert [one.id for one in submissions_for(anna, only="held").items] == [made.id]
    assert db.session.get_one(Submission, made.id).state == "sent"
    lines, _ = activity_after(world.actor("noor"), 0, limit=1000)
    assert not [line for line in lines if line.verb.startswith("result.")]
    with pytest.raises(Conflict):  # one voice at a time
        give_result(world.actor("pieter_jan"), made, result="ok")
    assert release_results(anna, held_results(anna)) == 1
    assert readers(world, held) == EVERYBODY_INSIDE
    said = recall_result(anna, made)
    assert result_for(world.actor("noor"), made) is None and said.body == "Not for the team yet."
    give_result(anna, made, result="ok", comment="Ready.")
    assert result_for(world.actor("noor"), made).result == "ok"
    other = send(world, ask(world, title="Final"), page(world, title="Two"))
    give_result(anna, other, result="ok", hold=True)
    withdraw_submission(world.actor("noor"), other)
    with pytest.raises(Conflict):
        release_results(
            anna, list(db.session.scalars(select(SubmissionResult).where(SubmissionResult.submission_id == other.id)))
        )
    assert held_results(anna) == []


def test_a_result_counts_in_how_soon_coaches_answer_from_when_it_is_known(world: World) -> None:
    monday, team = datetime(2026, 6, 1, 8, tzinfo=UTC), world.space("noorderlicht")
    with frozen(monday):
        milestone = ask(world)
        made = send(world, milestone, page(world))
        other = send(world, ask(world, title="Final"), page(world, title="Two"))
    with frozen(monday + timedelta(hours=2)):
        give_result(world.actor("anna"), made, result="revise", comment="For whom?", hold=True)
        give_result(world.actor("pieter_jan"), other, result="ok")  # who runs the programme is no coach
        assert median_in(team) is my_median(world.actor("anna")) is None
    with frozen(monday + timedelta(hours=5)):
        release_results(world.actor("anna"), held_results(world.actor("anna")))
        assert median_in(team) == my_median(world.actor("anna")) == 5 * 3600
        assert my_median(world.actor("pieter_jan")) is None and median_in(world.space("getij")) is None
        recall_result(world.actor("anna"), made)
        assert median_in(team) is None
    with frozen(monday + timedelta(days=45)):
        assert median_in(team) is None


REFUSED = {
    "noor": {"assess", "assign", "milestone"},
    "anna": {"hand in", "withdraw", "milestone"},
    "pieter_jan": set(),
    "ingrid": {"hand in", "withdraw", "assess", "assign", "milestone"},
    "mei_lin": {"hand in", "withdraw", "assess", "assign", "milestone", "comment"},
    "joost": {"hand in", "withdraw", "assess", "assign", "milestone", "comment"},
    "rik": {"hand in", "withdraw", "assess", "assign", "comment"},
    "dev": {"hand in", "withdraw", "assess", "assign", "milestone", "comment"},
    "gus": {"hand in", "withdraw", "assess", "assign", "milestone", "comment"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_who_may_do_what(world: World, name: str) -> None:
    name_sponsor(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("ingrid"))
    milestone, words = ask(world, to_sponsor=True), page(world)
    made = send(world, milestone, words)
    other = ask(world, title="Draft", to_sponsor=True)
    actor, team = world.actor(name), world.space("noorderlicht")
    tries = {
        "comment": lambda: create_comment(actor, made, body="Why?"),
        "milestone": lambda: set_milestone(actor, world.space("cohort"), title="Mine", due_at=due()),
        "assign": lambda: assign_submission(actor, made, world.person("anna")),
        "hand in": lambda: hand_in(actor, team, other, pages=[words.id], told=told(world, other)),
        "assess": lambda: give_result(actor, made, result="ok", hold=True),
        "withdraw": lambda: withdraw_submission(actor, made),
    }
    refused = set()
    for what, do in tries.items():
        try:
            do()
        except (Denied, NotFound):
            db.session.rollback()
            refused.add(what)
    assert refused == REFUSED[name]


def test_milestones_ask_the_teams_below_and_who_is_late_is_reminded_once_a_day(world: World, catch_up) -> None:
    boss, anna = world.actor("pieter_jan"), world.actor("anna")
    wide, own = ask(world, "programme", title="Final"), ask(world, "getij", title="Draft of Getij")
    middle = ask(world)
    assert [one.title for one in milestones_of(world.actor("noor"), world.space("noorderlicht"))] == [
        "Final",
        "Mid review",
    ]
    assert {name for name in world.everybody if sees(world.actor(name), own)} == {
        "joost",
        "thandiwe",
        "anna",
        "pieter_jan",
    }
    with pytest.raises((Invalid, NotFound)):
        send(world, own, page(world))
    assert {space.name for space in without_submission(anna, wide)} == {"Noorderlicht", "Getij"}
    send(world, middle, page(world, title="Two"))
    assert [space.name for space in without_submission(anna, middle)] == ["Getij"]
    assert without_submission(world.actor("noor"), middle) == []
    assert nudge_teams(anna, middle) == [world.space_ids["getij"]]
    assert nudge_teams(boss, middle) == []
    with pytest.raises(Denied):
        nudge_teams(world.actor("joost"), middle, spaces=[world.space_ids["getij"]])
    number = middle.id
    catch_up()
    told_of = db.session.scalars(select(Notification.person_id).where(Notification.reason == "nudge"))
    assert set(told_of) == {world.person_ids["joost"], world.person_ids["thandiwe"]}
    lines, _ = activity_after(world.actor("noor"), 0, limit=1000)
    assert "milestone.nudged" not in {line.verb for line in lines}
    boss, middle = world.actor("pieter_jan"), db.session.get_one(Milestone, number)
    with frozen(now() + timedelta(days=1)):
        assert nudge_teams(boss, middle) == [world.space_ids["getij"]]
    before = middle.updated_at
    edit_milestone(boss, middle, title="Mid review", due_at=due(5), base=before)
    with pytest.raises(Conflict):
        edit_milestone(boss, middle, title="Mine", due_at=due(6), base=before)
    cancel_milestone(boss, middle)
    with pytest.raises(Invalid):
        nudge_teams(boss, middle)
    assert [one.title for one in milestones_of(world.actor("noor"), world.space("noorderlicht"))] == ["Final"]


def test_what_cannot_be_handed_in_is_refused_at_its_field(world: World) -> None:
    milestone, words = ask(world), page(world)
    hidden = page(world, who="samir", title="For the coach", audience="coach")
    for given, field in (
        ({}, "pages"),
        ({"pages": [words.id, 987654]}, "pages"),
        ({"pages": [hidden.id]}, "pages"),
        ({"files": [987654]}, "files"),
        ({"pages": [words.id], "note": "x" * 5001}, "body"),
    ):
        with pytest.raises(Invalid) as fault:
            hand_in(world.actor("noor"), world.space("noorderlicht"), milestone, told=[], **given)
        assert fault.value.field == field, given
    assert db.session.scalars(select(Submission)).all() == []
    assert db.session.scalars(select(Grant)).all() == []


def test_two_who_hand_in_at_once_make_one_submission(app: Flask, world: World) -> None:
    milestone, words = ask(world), page(world)
    number, team = milestone.id, world.space_ids["noorderlicht"]
    said: list[str] = []
    gate = threading.Barrier(2)

    def try_it(name: str) -> None:
        with app.app_context():
            asked = db.session.get_one(Milestone, number)
            actor, space = world.actor(name), world.space("noorderlicht")
            page_id = words_id
            gate.wait(10)
            try:
                hand_in(actor, space, asked, pages=[page_id], told=[])
                said.append("made")
            except CommunityError as fault:
                said.append(str(fault))
            db.session.remove()

    words_id = words.id
    db.session.rollback()
    threads = [threading.Thread(target=try_it, args=(name,)) for name in ("noor", "samir")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(one if one == "made" else one.partition(" handed")[2][:16] for one in said) == [
        " this in already",
        "made",
    ]
    assert db.session.scalars(select(Submission.space_id)).all() == [team]


def test_the_table_across_teams_filters_and_costs_the_same(world: World) -> None:
    anna, middle, words = world.actor("anna"), ask(world), page(world)
    first = send(world, middle, words)
    theirs = create_page(world.actor("joost"), world.space("getij"), title="Tide", body="It comes.")
    other = hand_in(world.actor("joost"), world.space("getij"), middle, pages=[theirs.id], told=[])
    assign_submission(anna, other, world.person("anna"))
    with pytest.raises(Invalid):
        assign_submission(anna, other, world.person("noor"))

    def shown(**more: Any) -> list[int]:
        return [one.id for one in submissions_for(world.actor("anna"), **more).items]

    assert shown() == [other.id, first.id]
    assert shown(only="unassigned") == [first.id]
    assert shown(mine=True) == [other.id]
    assert shown(space=world.space("getij")) == [other.id]
    assert shown(space=world.space("cohort"), milestone=middle) == [other.id, first.id]
    give_result(anna, first, result="revise", comment="Again.")
    assert (shown(only="revise"), shown(only="waiting"), shown(only="done")) == ([first.id], [other.id], [])
    again = send(world, middle, words)
    assert shown() == [again.id, other.id]
    assert shown(only="revise") == []
    anna = world.actor("anna")
    with count_queries() as few:
        stretch = submissions_for(anna, limit=1)
    for number in range(6):
        send(world, ask(world, title=f"Step {number}"), words)
    anna = world.actor("anna")
    with count_queries() as many:
        submissions_for(anna)
    assert len(few) == len(many)
    assert [one.id for one in submissions_for(world.actor("anna"), before=stretch.next).items] == [other.id]


def test_a_deleted_page_or_file_is_still_read_in_the_copy(app: Flask, world: World) -> None:
    file, words = send_file(app, world, "noor", "draft.txt", b"draft"), page(world)
    made = send(world, ask(world), words, files=[file.id])
    delete_file(world.actor("noor"), file)
    delete_page(world.actor("noor"), words)
    samir = world.actor("samir")
    assert [item.title for item in items_of(samir, submission_for(samir, made.id))] == ["draft.txt", "Our reading"]


def test_home_knows_what_a_member_has_to_hand_in_about_now(world: World) -> None:
    far = set_milestone(world.actor("pieter_jan"), world.space("cohort"), title="Far", due_at=due(60))
    top, near = ask(world, "programme", title="Programme"), ask(world)
    ask(world, "getij", title="Of Getij")

    def mine(name: str) -> list[tuple[str, str]]:
        return [(one.milestone.title, one.state) for one in due_soon(world.actor(name))]

    assert mine("noor") == [("Programme", ""), ("Mid review", "")]
    assert mine("anna") == mine("ingrid") == mine("dev") == []
    assert ("Of Getij", "") in mine("joost")
    made = send(world, near, page(world))
    assert mine("noor") == [("Programme", "")]
    give_result(world.actor("anna"), made, result="revise", comment="Again.")
    assert mine("noor") == [("Programme", ""), ("Mid review", "revise")]
    cancel_milestone(world.actor("pieter_jan"), top)
    assert mine("noor") == [("Mid review", "revise")] and far.title == "Far"
