"""The digest: at the reader's hour, what they have not seen, through their eyes, short, and never empty."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from community.activity.outbox import run_until_idle
from community.clock import frozen
from community.comments.actions import create_comment
from community.extensions import db, write_unit
from community.jobs import work
from community.jobs.models import Job
from community.mailroom import queue
from community.mailroom.models import Mail
from community.microblog.actions import create_post, react
from community.notifications import digest, mailing
from community.notifications.keeping import choose, set_level
from community.notifications.reading import mark_read
from community.people.actions import disable_person
from community.ports import Letter, ports
from community.programme.models import Event
from community.spaces.actions import remove_member

MONDAY = datetime(2026, 6, 8, 6, 0, tzinfo=UTC)  # eight o'clock in Domburg
BEFORE = MONDAY - timedelta(days=2)


@pytest.fixture
def sent(world, monkeypatch):
    """The facts of the letters that leave; everything that the making of the world told is read."""
    run_until_idle(["notifications"])
    for name in world.everybody:
        mark_read(world.actor(name))
    letters: list[dict] = []
    composed: dict[str, dict] = {}

    def compose(kind, facts, language):
        composed[facts["to"]] = {"kind": kind, **facts}
        return Letter(facts["to"], kind, kind, kind, kind=kind)

    def carry(letter):
        letters.append(composed[letter.to])
        return "250 kept"

    monkeypatch.setattr(ports, "compose", compose)
    monkeypatch.setattr(ports, "carry", carry)
    yield letters
    queue._away_since.clear()


def read():
    with frozen(BEFORE + timedelta(hours=3)):
        run_until_idle(["notifications"])


def worker(sent, at):
    """What leaves when the worker looks at a moment: the digests by the first name of their reader."""
    sent.clear()
    with frozen(at):
        digest.enqueue_digests({})
        while work.run_one():
            pass
    db.session.rollback()
    return {letter["to"].partition("@")[0]: letter for letter in sent if letter["kind"] == "digest"}


def said(letter, name):
    return [item for section in letter["sections"] if section["name"] == name for item in section["items"]]


def everything(letter):
    return [item for section in letter["sections"] for item in section["items"]]


def test_it_comes_on_monday_at_the_hour_where_its_reader_is_and_once(world, sent):
    choose(world.actor("samir"), {"hour": "10"})
    choose(world.actor("kwame"), {"digest": "never"})
    choose(world.actor("fatma"), {"digest": "daily"})
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="Eleven hand-overs in one week")
    read()
    assert set(worker(sent, MONDAY - timedelta(minutes=1))) == set()
    first = worker(sent, MONDAY)
    assert {"anna", "ingrid", "pieter-jan"} <= set(first) and not {"samir", "kwame", "noor", "dev"} & set(first)
    assert worker(sent, MONDAY + timedelta(minutes=15)) == {}
    assert set(worker(sent, MONDAY + timedelta(hours=2))) == {"samir"}
    assert worker(sent, MONDAY + timedelta(days=1)) == {}, "nothing is new: fatma gets none either"
    [item] = said(first["anna"], "teams")
    assert item["excerpt"] == "Eleven hand-overs in one week" and item["path"].startswith("/spaces/noorderlicht/posts/")


def test_a_job_that_is_enqueued_twice_is_one_letter(world, sent):
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="Eleven")
    read()
    with frozen(MONDAY):
        digest.enqueue_digests({})
        digest.enqueue_digests({})
    jobs = db.session.scalars(select(Job).where(Job.name == "mail.digest")).all()
    assert len({job.payload["person"] for job in jobs}) == len(jobs)


def test_it_is_short_and_says_how_much_more_there_is(world, sent):
    for number in range(30):
        with frozen(BEFORE + timedelta(minutes=number)):
            post = create_post(world.actor("noor"), world.space("noorderlicht"), body=f"{number} " + "word " * 40)
            create_post(world.actor("pieter_jan"), world.space("cohort"), body=f"Cohort {number}")
            create_comment(world.actor("noor"), post, body="@samir.el-idrissi and @anna.de-wit-okonkwo")
    choose(world.actor("samir"), {"talk.mail": "off"})
    read()
    letter = worker(sent, MONDAY)["anna"]
    assert len(everything(letter)) <= digest.MOST == 15
    assert all(len(item["excerpt"].split()) <= digest.WORDS for item in everything(letter))
    [teams] = [section for section in letter["sections"] if section["name"] == "teams"]
    assert teams["more"] == 30 - len(teams["items"])
    assert {section["name"] for section in letter["sections"]} == {"teams", "elsewhere"}


def test_it_shows_what_its_reader_may_see_and_nothing_that_they_muted(world, sent):
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="For the coach alone", audience="coach")
        create_post(world.actor("noor"), world.space("noorderlicht"), body="For us")
        hushed = create_post(world.actor("noor"), world.space("noorderlicht"), body="A long story")
        create_post(world.actor("joost"), world.space("getij"), body="For Getij")
    set_level(world.actor("samir"), hushed, "muted")
    set_level(world.actor("anna"), world.space("getij"), "muted")
    set_level(world.actor("ingrid"), world.space("noorderlicht"), "normal")  # notices off, digest on (NT5)
    read()
    letters = worker(sent, MONDAY)
    words = {name: {item["excerpt"] for item in everything(letter)} for name, letter in letters.items()}
    assert words["samir"] == {"For us"}
    assert words["ingrid"] == {"For us", "A long story"}
    assert words["anna"] == {"For the coach alone", "For us", "A long story"}
    assert words["thandiwe"] == {"For Getij"} and "dev" not in words and "rik" not in words


def test_rights_are_asked_when_it_leaves(world, sent):
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="@samir.el-idrissi for us")
    read()
    with frozen(MONDAY):
        digest.enqueue_digests({})
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    disable_person(world.actor("rik"), world.person("fatma"))
    assert not {"samir", "fatma"} & set(worker(sent, MONDAY))


def test_a_digest_that_had_to_wait_for_the_mail_server_shows_what_may_be_seen_then(world, sent, monkeypatch):
    """Nothing of its words lies in the queue meanwhile; what it tells is told once, also when the first try fails."""
    with frozen(BEFORE):
        create_post(
            world.actor("noor"), world.space("noorderlicht"), body="@samir.el-idrissi and @fatma.yildirim, for us"
        )
    for name in ("samir", "fatma"):
        choose(world.actor(name), {"talk.mail": "off"})
    read()
    carry = ports.carry

    def away(_letter):
        raise ConnectionRefusedError("nobody is there")

    monkeypatch.setattr(ports, "carry", away)
    assert worker(sent, MONDAY) == {}
    waiting = {
        mail.address.partition("@")[0]: mail for mail in db.session.scalars(select(Mail)) if mail.kind == "digest"
    }
    assert {"samir", "fatma"} <= set(waiting) and all(mail.content is None for mail in waiting.values())
    monkeypatch.setattr(ports, "carry", carry)
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    later = worker(sent, MONDAY + timedelta(hours=1))
    assert "samir" not in later and [item["reason"] for item in said(later["fatma"], "mine")] == ["mention"]
    assert "fatma" not in worker(sent, MONDAY + timedelta(days=7))


def test_what_was_mailed_or_read_is_not_told_again(world, sent):
    with frozen(BEFORE):
        post = create_post(world.actor("samir"), world.space("noorderlicht"), body="Mine")
        create_comment(world.actor("noor"), post, body="One answer")
        create_post(world.actor("noor"), world.space("noorderlicht"), body="@fatma.yildirim look", audience="space")
    choose(world.actor("fatma"), {"talk.mail": "off"})
    read()
    with frozen(BEFORE + timedelta(hours=1)):
        mailing.post_what_is_due({})
        while work.run_one():
            pass
    letters = worker(sent, MONDAY)
    assert said(letters["samir"], "mine") == []
    assert [item["reason"] for item in said(letters["fatma"], "mine")] == ["mention"]


def test_whoever_visited_gets_only_what_came_after(world, sent):
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="Old")
    with frozen(BEFORE + timedelta(hours=2)):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="New")
    read()
    with write_unit():
        world.person("samir").seen_at = BEFORE + timedelta(hours=1)
        world.person("fatma").seen_at = BEFORE + timedelta(hours=3)
    letters = worker(sent, MONDAY)
    assert [item["excerpt"] for item in said(letters["samir"], "teams")] == ["New"]
    assert "fatma" not in letters


def test_gems_are_what_others_thank_for_and_what_is_due_comes_before_it_happens(world, sent):
    with frozen(BEFORE):
        post = create_post(world.actor("noor"), world.space("noorderlicht"), body="The whole list, by night")
        create_post(world.actor("noor"), world.space("noorderlicht"), body="Something else")
        for name in ("samir", "kwame", "anna"):
            react(world.actor(name), post, name="thanks")
    with write_unit():
        for number, days in enumerate((3, 9)):
            start = MONDAY + timedelta(days=days)
            event = Event(
                space_id=world.space_ids["cohort"], key=f"e{number}", title=f"Session {number}", starts_at=start
            )
            event.ends_at = start + timedelta(hours=2)
            db.session.add(event)
    read()
    letter = worker(sent, MONDAY)["fatma"]
    assert [item["excerpt"] for item in said(letter, "gems")] == ["The whole list, by night"]
    assert [item["excerpt"] for item in said(letter, "teams")] == ["Something else"]
    [due] = said(letter, "due")
    assert due["excerpt"] == "Session 0" and due["at"].hour == 8
    assert [section["name"] for section in letter["sections"]] == ["teams", "due", "gems"]


def test_without_content_it_says_that_something_is_there_and_not_what(world, sent):
    choose(world.actor("samir"), {"content": "off"})
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="Zeewolde")
    read()
    letter = worker(sent, MONDAY)["samir"]
    assert [item["excerpt"] for item in everything(letter)] == [""] and "Zeewolde" not in str(letter)


def test_while_no_server_takes_it_nothing_counts_as_told_and_the_first_that_leaves_tells_all(world, sent, monkeypatch):
    choose(world.actor("samir"), {"digest": "daily"})
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="@samir.el-idrissi on Saturday")
    choose(world.actor("samir"), {"talk.mail": "off"})
    read()
    taken = ports.carry

    def away(letter):
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(ports, "carry", away)
    assert worker(sent, MONDAY) == {}
    with frozen(MONDAY + timedelta(hours=3)):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="On Monday")
    assert worker(sent, MONDAY + timedelta(days=1)) == {}, "his next digest waits behind the first"
    monkeypatch.setattr(ports, "carry", taken)
    letters = []
    for minutes in (10, 90, 180):
        letters += worker(sent, MONDAY + timedelta(days=1, minutes=minutes)).values()
    [letter] = [letter for letter in letters if letter["to"] == world.person("samir").email]
    assert [item["reason"] for item in said(letter, "mine")] == ["mention"]
    assert [item["excerpt"] for item in said(letter, "teams")] == ["On Monday"]
    assert db.session.scalars(select(Mail).where(Mail.kind == "digest", Mail.state == "waiting")).all() == []
    with frozen(MONDAY + timedelta(days=1, hours=5)):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="On Tuesday")
    following = worker(sent, MONDAY + timedelta(days=2))["samir"]
    assert said(following, "mine") == [] and [item["excerpt"] for item in everything(following)] == ["On Tuesday"]


def test_on_a_holiday_there_is_none_and_the_first_afterwards_tells_all(world, sent):
    choose(world.actor("samir"), {"holiday": "2026-06-15"})
    with frozen(BEFORE):
        create_post(world.actor("noor"), world.space("noorderlicht"), body="@samir.el-idrissi while you are away")
    read()
    with frozen(BEFORE + timedelta(hours=1)):
        mailing.post_what_is_due({})
    worker(sent, MONDAY - timedelta(days=7))
    assert "samir" not in worker(sent, MONDAY)
    [item] = said(worker(sent, MONDAY + timedelta(days=7))["samir"], "mine")
    assert item["reason"] == "mention"
