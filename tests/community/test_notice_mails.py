"""Mails of the moment: one a thread, only what is new, none of what was read, hidden or stopped meanwhile; quiet hours, holidays
and the cap; and that they arrive at a real mail server as people can read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import select

from blueprints import letters
from community.activity.outbox import run_until_idle
from community.clock import frozen
from community.comments.actions import create_comment
from community.config import Settings
from community.extensions import db
from community.jobs import work
from community.jobs.models import Job
from community.microblog.actions import create_post
from community.notifications import hours, mailing
from community.notifications.actions import set_notice_defaults
from community.notifications.keeping import choose, set_level
from community.notifications.models import Notification
from community.notifications.reading import mark_read, mark_read_about
from community.people.actions import disable_person
from community.ports import ports
from community.spaces.actions import remove_member
from tests.blueprints.test_letters import Box, free_port

NOON = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)  # Wednesday, twelve o'clock in Domburg


@pytest.fixture
def catch_up(app):
    """The log is read within the half hour."""

    def read() -> None:
        with frozen(NOON + timedelta(minutes=30)):
            run_until_idle(["notifications"])

    return read


class Post:
    """The mail server, the clock, and the worker that sends."""

    def __init__(self, box: Box) -> None:
        self.box, self.seen = box, 0

    def after(self, at: datetime) -> list[tuple[str, str, str]]:
        """What arrives when the worker looks at a moment: to whom, subject, text."""
        with frozen(at):
            mailing.post_what_is_due({})
            while work.run_one():
                pass
        db.session.rollback()
        fresh, self.seen = self.box.mails[self.seen :], len(self.box.mails)
        return [
            (mail["To"].partition("@")[0], str(mail["Subject"]), mail.get_body(("plain",)).get_content())
            for mail in fresh
        ]


@pytest.fixture
def mailed(world, catch_up, monkeypatch) -> Iterator[Post]:
    """A real SMTP server on this machine; what the making of the world told is read and done with."""
    box = Box()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    monkeypatch.setattr(ports, "carry", letters.transport(Settings(MAIL_URL=f"smtp://127.0.0.1:{controller.port}")))
    catch_up()
    for name in world.everybody:
        mark_read(world.actor(name))
    yield Post(box)
    controller.stop()


def later(**more: float) -> datetime:
    return NOON + timedelta(**more)


def test_what_is_said_in_one_thread_comes_in_one_mail_with_only_what_is_new(world, catch_up, mailed):
    with frozen(NOON):
        post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Eleven hand-overs in one week")
        create_comment(world.actor("samir"), post, body="Which one hurts most?")
    with frozen(later(minutes=3)):
        create_comment(world.actor("anna"), post, body="And for whom?")
    catch_up()
    assert mailed.after(later(minutes=4)) == []
    [(to, subject, text)] = [mail for mail in mailed.after(later(minutes=6)) if mail[0] == "noor"]
    assert subject.startswith("Anna de Wit-Okonkwo") and "Noorderlicht" in subject
    assert "Which one hurts most?" in text and "And for whom?" in text
    assert f"http://localhost/spaces/noorderlicht/posts/{post.id}" in text
    with frozen(later(minutes=10)):
        create_comment(world.actor("samir"), post, body="The third, I think")
    catch_up()
    assert [mail for mail in mailed.after(later(minutes=10)) if mail[0] == "noor"] == []
    [(_, _, text)] = [mail for mail in mailed.after(later(minutes=16)) if mail[0] == "noor"]
    assert "The third, I think" in text and "hurts most" not in text
    assert mailed.after(later(hours=2)) == []


def test_what_was_read_meanwhile_is_not_mailed(world, catch_up, mailed):
    with frozen(NOON):
        post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Eleven")
        create_comment(world.actor("samir"), post, body="Which?")
    catch_up()
    mark_read_about(world.actor("noor"), "post", post.id)
    assert mailed.after(later(minutes=6)) == []
    row = db.session.scalars(select(Notification).where(Notification.person_id == world.person_ids["noor"])).all()[-1]
    assert row.mail == "left"


def test_rights_are_asked_at_the_moment_of_sending(world, catch_up, mailed):
    with frozen(NOON):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden @fatma.yildirim look")
    catch_up()
    with frozen(later(minutes=6)):
        mailing.post_what_is_due({})  # the letter stands in the queue ...
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("noor"))
    disable_person(world.actor("rik"), world.person("fatma"))
    assert mailed.after(later(minutes=7)) == []  # ... and nothing leaves
    stood = select(Notification.mail).where(Notification.reason == "mention", Notification.mail.is_not(None))
    assert "left" in set(db.session.scalars(stood))


@pytest.mark.parametrize("how", ["choice", "space", "thread"])
def test_what_was_stopped_while_it_waited_does_not_leave(world, catch_up, mailed, how):
    with frozen(NOON):
        post = create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden look")
    catch_up()
    noor = world.actor("noor")
    if how == "choice":
        choose(noor, {"talk.mail": "off"})
    else:
        set_level(noor, world.space("noorderlicht") if how == "space" else post, "muted")
    assert mailed.after(later(minutes=6)) == []


def test_a_waiting_time_of_ones_own(world, catch_up, mailed):
    choose(world.actor("noor"), {"wait": "60"})
    choose(world.actor("fatma"), {"wait": "2"})
    with frozen(NOON):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden @fatma.yildirim")
    catch_up()
    assert [mail[0] for mail in mailed.after(later(minutes=3))] == ["fatma"]
    assert mailed.after(later(minutes=59)) == []
    assert [mail[0] for mail in mailed.after(later(minutes=61))] == ["noor"]


def test_quiet_hours_keep_mails_until_they_end(world, catch_up, mailed):
    choose(world.actor("noor"), {"quiet": "22-7"})
    evening = datetime(2026, 6, 10, 20, 30, tzinfo=UTC)  # half past ten in Domburg
    with frozen(evening):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden tomorrow?")
    catch_up()
    assert mailed.after(evening + timedelta(minutes=10)) == []
    assert mailed.after(datetime(2026, 6, 11, 4, 59, tzinfo=UTC)) == []
    assert [mail[0] for mail in mailed.after(datetime(2026, 6, 11, 5, 0, tzinfo=UTC))] == ["noor"]


def test_on_a_holiday_no_mail_comes_and_the_digest_tells_it_afterwards(world, catch_up, mailed):
    choose(world.actor("noor"), {"holiday": "2026-06-20", "talk.digest": "off"})
    with frozen(NOON):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden")
    catch_up()
    assert mailed.after(later(minutes=6)) == []
    row = db.session.scalars(select(Notification).where(Notification.person_id == world.person_ids["noor"])).all()[-1]
    assert (row.mail, row.digest) == ("digest", True)


def test_after_so_many_mails_a_day_the_rest_goes_into_the_digest(world, catch_up, mailed):
    choose(world.actor("noor"), {"cap": "2"})
    for number in range(4):
        with frozen(later(minutes=number)):
            create_post(world.actor("samir"), world.space("noorderlicht"), body=f"@noor.van-der-velden {number}")
    catch_up()
    assert [mail[0] for mail in mailed.after(later(minutes=30))] == ["noor", "noor"]
    rows = select(Notification.mail, Notification.digest).where(
        Notification.person_id == world.person_ids["noor"], Notification.reason == "mention"
    )
    assert sorted(db.session.execute(rows).all()) == [("digest", True)] * 2 + [("sent", True)] * 2
    with frozen(later(days=1)):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden a new day")
    catch_up()
    assert len(mailed.after(later(days=1, minutes=6))) == 1


def test_each_row_is_in_one_letter_however_often_the_worker_looks(world, catch_up, mailed, monkeypatch):
    with frozen(NOON):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden")
    catch_up()
    with frozen(later(minutes=6)):
        mailing.post_what_is_due({})
        mailing.post_what_is_due({})
    jobs = db.session.scalars(select(Job).where(Job.name == "mail.notices")).all()
    assert len(jobs) == 1
    with monkeypatch.context() as broken:
        broken.setattr(ports, "carry", letters.transport(Settings(MAIL_URL="smtp://127.0.0.1:1")))
        assert mailed.after(later(minutes=7)) == []
    assert [mail[0] for mail in mailed.after(later(hours=1))] == ["noor"]  # the server is back: the job comes again


def test_the_clock_winds_the_mails_and_the_digests(app, world):
    with frozen(NOON):
        work.wind_the_clock()
    names = list(db.session.scalars(select(Job.name)))
    assert names.count("notices.mail") == names.count("notices.digest") == 1
    with frozen(later(minutes=1)):
        work.wind_the_clock()
    names = list(db.session.scalars(select(Job.name)))
    assert names.count("notices.mail") == 2 and names.count("notices.digest") == 1


def test_old_news_is_not_mailed(world, catch_up, mailed):
    with frozen(later(days=-2)):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden")
    catch_up()
    row = db.session.scalars(select(Notification).where(Notification.person_id == world.person_ids["noor"])).all()[-1]
    assert (row.reason, row.mail) == ("mention", None)


def test_no_content_where_nobody_wants_it_in_mails(world, catch_up, mailed):
    choose(world.actor("noor"), {"content": "off"})
    with frozen(NOON):
        create_post(
            world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden @fatma.yildirim Zeewolde"
        )
    catch_up()
    texts = {to: text for to, _, text in mailed.after(later(minutes=6))}
    assert "Zeewolde" in texts["fatma"] and "Zeewolde" not in texts["noor"]
    assert all("Zeewolde" not in str(mail) for mail in mailed.box.mails if mail["To"].startswith("noor"))
    set_notice_defaults(world.actor("rik"), {"content": "off"})
    with frozen(later(hours=1)):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@kwame.mensah @fatma.yildirim Zeewolde")
    catch_up()
    assert [("Zeewolde" in text) for _, _, text in mailed.after(later(hours=2))] == [False, False]


def test_a_mail_is_in_its_readers_language_and_can_be_stopped_by_the_mail_program(world, catch_up, mailed):
    with frozen(NOON):
        create_post(world.actor("samir"), world.space("noorderlicht"), body="@noor.van-der-velden <b>kijk</b>")
    catch_up()
    [(_, subject, text)] = mailed.after(later(minutes=6))
    assert subject == "Samir El Idrissi noemt je · Noorderlicht" and "Lees en antwoord" in text
    mail = mailed.box.mails[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(mail["List-Unsubscribe"]).startswith("<http://localhost/unsubscribe/")
    assert mail["References"].startswith("<post.") and mail["Auto-Submitted"] == "auto-generated"
    html = mail.get_body(("html",)).get_content()
    assert "<b>kijk</b>" not in html and "%(" not in html + text and "None" not in html + text


# ---- the hours, by themselves

DOMBURG = ZoneInfo("Europe/Amsterdam")


@pytest.mark.parametrize(
    ("hour", "quiet", "ends"),
    [(23, (22, 7), 7), (3, (22, 7), 7), (7, (22, 7), None), (12, (12, 14), 14), (14, (12, 14), None), (12, None, None)],
)
def test_quiet_ends_at_its_hour(hour, quiet, ends):
    at = datetime(2026, 6, 10, hour, 15, tzinfo=DOMBURG)
    until = hours.quiet_until(at, DOMBURG, quiet)
    assert (until.astimezone(DOMBURG).hour if until else None) == ends
    assert until is None or at < until <= at + timedelta(days=1)


def test_an_hour_that_the_clock_skips_ends_the_quiet_all_the_same():
    at = datetime(2026, 3, 29, 1, 30, tzinfo=DOMBURG)  # the clock goes from two to three
    until = hours.quiet_until(at, DOMBURG, (1, 2))
    assert until is not None and at < until <= at + timedelta(hours=2)


@pytest.mark.parametrize(
    ("rhythm", "due"),
    [("never", None), ("daily", (6, 10)), ("weekly", (6, 8)), ("monthly", (6, 1))],
)
def test_a_digest_is_due_at_its_hour_where_the_person_is(rhythm, due):
    found = hours.last_digest(NOON, DOMBURG, rhythm, 8)
    local = found.astimezone(DOMBURG) if found else None
    assert ((local.month, local.day) if local else None) == due
    assert local is None or local.hour == 8
    if rhythm == "daily":
        early = hours.last_digest(datetime(2026, 6, 10, 5, 0, tzinfo=UTC), DOMBURG, rhythm, 8)
        assert early.astimezone(DOMBURG).day == 9
