"""What comes back: replies become comments of who wrote them, with the rights of that moment; failures are noted."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from blueprints import letters
from community.clock import frozen, now
from community.comments.actions import create_comment
from community.comments.models import Comment
from community.extensions import db, write_unit
from community.jobs.work import run_one
from community.mailroom import cli as mail_cli
from community.mailroom.dressing import dress
from community.mailroom.incoming import read
from community.mailroom.models import Mail, MailFailure, MailReceived
from community.mailroom.queue import keep
from community.mailroom.receiving import receive
from community.mailroom.tokens import (
    bounce_address,
    post_address,
    read_bounce_word,
    read_reply_word,
    reply_address,
    reply_word,
)
from community.microblog.actions import create_post, delete_post
from community.microblog.models import Post
from community.people.models import Person
from community.ports import Letter, ports
from community.spaces.actions import archive_space, remove_member
from tests.conftest import sign_in
from tests.world import World

DOMAIN = "reply.waterland.example"
NOOR, SAMIR = "noor@waterland.example", "samir@waterland.example"


@pytest.fixture
def sent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Letter]:
    """Letters that leave, from a house that receives mail."""
    made: list[Letter] = []
    monkeypatch.setattr(ports, "carry", made.append)
    monkeypatch.setattr(ports, "mail_domain", DOMAIN)
    return made


@pytest.fixture
def post(world: World, sent: list[Letter]) -> Post:
    return create_post(world.actor("samir"), world.space("noorderlicht"), body="Wat doen we morgen?")


def address_for(world: World, name: str, obj: Any) -> str:
    kind = "comment" if isinstance(obj, Comment) else "post"
    found = reply_address(world.person(name).id, kind, obj.id)
    assert found is not None
    return found


def mail(to: str, text: str = "Ja, doen we.", sender: str = NOOR, number: int = 1, **headers: str) -> EmailMessage:
    made = EmailMessage(policy=policy.SMTP)
    made["From"], made["To"], made["Subject"] = f"Noor <{sender}>", to, "Re: Cohortium"
    made["Message-ID"] = f"<{number}@phone.example>"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made


def comments() -> list[Comment]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Comment).order_by(Comment.id)))


def work_on() -> None:
    while run_one():
        pass


def test_noor_answers_a_letter_and_it_is_a_comment(world: World, post: Post, sent: list[Letter]) -> None:
    quote = "\n\nOp wo 25 nov 2026 om 10:03 schreef Samir via Cohortium <x@y.example>:\n\n> Wat doen we morgen?\n"
    assert (
        receive(mail(address_for(world, "noor", post), "Ja, **doen** we.\n\n-- \nNoor" + quote).as_bytes()) == "comment"
    )
    (comment,) = comments()
    assert (comment.body, comment.author_id, comment.parent_id) == (
        "Ja, **doen** we.",
        world.person("noor").id,
        post.id,
    )
    assert "<strong>doen</strong>" in comment.body_html
    work_on()
    assert sent == []


def test_a_reply_to_a_comment_hangs_on_it(world: World, post: Post) -> None:
    first = create_comment(world.actor("samir"), post, body="Iemand?")
    assert receive(mail(address_for(world, "noor", first)).as_bytes()) == "comment"
    assert comments()[-1].reply_to_id == first.id and comments()[-1].parent_id == post.id


def test_the_same_mail_again_is_no_second_comment(world: World, post: Post) -> None:
    raw = mail(address_for(world, "noor", post)).as_bytes()
    assert [receive(raw) for _ in range(3)] == ["comment", "seen", "seen"]
    assert len(comments()) == 1


def test_a_mail_that_broke_off_halfway_is_used_once(world: World, post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    from community.mailroom import receiving

    raw, real = mail(address_for(world, "noor", post)).as_bytes(), receiving._DOORS["reply"]

    def killed(*words: Any) -> str:
        real(*words)
        raise ConnectionError("the database went away")

    monkeypatch.setitem(receiving._DOORS, "reply", killed)
    with pytest.raises(ConnectionError):
        receive(raw)
    db.session.rollback()
    monkeypatch.setitem(receiving._DOORS, "reply", real)
    assert receive(raw) == "comment" and len(comments()) == 1


def test_rights_are_those_of_the_moment(world: World, post: Post, sent: list[Letter]) -> None:
    to = address_for(world, "noor", post)
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("noor"))
    assert receive(mail(to, "Mijn mooie woorden").as_bytes()) == "answered"
    work_on()
    assert comments() == [] and [letter.to for letter in sent] == [NOOR]
    assert "Mijn mooie woorden" in sent[0].text and sent[0].sender == "" and "niet meer" in sent[0].text
    assert "Wat doen we" not in sent[0].text


def test_a_closed_space_and_a_deleted_post_take_nothing(world: World, post: Post, sent: list[Letter]) -> None:
    other = create_post(world.actor("samir"), world.space("noorderlicht"), body="Even dit.")
    gone = address_for(world, "noor", other)
    delete_post(world.actor("samir"), other)
    assert receive(mail(gone, number=1).as_bytes()) == "answered"
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    assert receive(mail(address_for(world, "noor", post), number=2).as_bytes()) == "answered"
    assert comments() == []


def test_only_the_person_who_was_written_to_can_answer(world: World, post: Post, sent: list[Letter]) -> None:
    to = address_for(world, "noor", post)
    assert receive(mail(to, "Van een ander", sender=SAMIR).as_bytes()) == "answered"
    work_on()
    assert comments() == [] and [letter.to for letter in sent] == [NOOR], "whoever it says it is from hears nothing"
    two = mail(to, number=2)
    two.replace_header("From", f"Noor <{NOOR}>, Samir <{SAMIR}>")
    assert receive(two.as_bytes()) == "answered" and comments() == []


def test_a_made_up_word_is_never_answered(world: World, post: Post, sent: list[Letter]) -> None:
    good = address_for(world, "noor", post)
    local = good.partition("@")[0]
    for wrong in (
        f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{DOMAIN}",
        f"reply+aaaa@{DOMAIN}",
        f"reply+{'a' * 48}@{DOMAIN}",
        f"reply+@{DOMAIN}",
        good.replace(DOMAIN, "elsewhere.example"),
        f"{local.replace('reply+', 'bounces+')}@{DOMAIN}",
        "noor@waterland.example",
    ):
        assert receive(mail(wrong).as_bytes()) == "ignored", wrong
    work_on()
    assert comments() == [] and sent == []


def test_a_word_opens_for_one_person_and_one_thing_for_60_days(world: World, post: Post, sent: list[Letter]) -> None:
    at = now()
    with frozen(at):
        to = address_for(world, "noor", post)
        found = read_reply_word(to.partition("+")[2].partition("@")[0])
    assert found is not None and (found.person_id, found.kind, found.object_id) == (
        world.person("noor").id,
        "post",
        post.id,
    )
    assert len(to.partition("@")[0]) <= 64 and to == to.lower()
    with frozen(at + timedelta(days=59)):
        assert receive(mail(to.upper(), number=1).as_bytes()) == "comment", "some servers fold letters"
    with frozen(at + timedelta(days=62)):
        assert receive(mail(to, number=2).as_bytes()) == "answered"
    assert len(comments()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; x"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
    ],
)
def test_what_a_machine_answers_is_dropped(
    world: World, post: Post, sent: list[Letter], headers: dict[str, str]
) -> None:
    assert receive(mail(address_for(world, "noor", post), "Ik ben op vakantie", **headers).as_bytes()) == "automatic"
    work_on()
    assert comments() == [] and sent == []


def test_files_stay_behind_with_a_line(world: World, post: Post) -> None:
    made = mail(address_for(world, "noor", post), "Kijk eens.")
    made.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="@samir.png")
    assert receive(made.as_bytes()) == "comment"
    assert comments()[0].body == "Kijk eens.\n\n*Bestanden die met deze mail meekwamen, zijn weggelaten.*"


def test_an_empty_and_a_far_too_long_mail_are_answered(world: World, post: Post, sent: list[Letter]) -> None:
    to = address_for(world, "noor", post)
    assert receive(mail(to, "> alleen een citaat\n", number=1).as_bytes()) == "answered"
    assert receive(mail(to, "woord " * 4000, number=2).as_bytes()) == "answered"
    work_on()
    assert comments() == [] and len(sent) == 2 and "woord woord" in sent[1].text


def test_answers_have_an_end(world: World, post: Post, sent: list[Letter]) -> None:
    to = address_for(world, "noor", post)
    came = [receive(mail(to, sender=SAMIR, number=n).as_bytes()) for n in range(12)]
    assert came == ["answered"] * 10 + ["unanswered"] * 2


def test_who_has_left_the_house_is_not_heard(world: World, post: Post) -> None:
    to = address_for(world, "noor", post)
    with write_unit():
        db.session.execute(update(Person).where(Person.id == world.person("noor").id).values(status="disabled"))
    assert receive(mail(to).as_bytes()) == "ignored"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff\xfe",
        b"From: =?utf-8?q?=FF?= <@@>\nTo: {to}\nContent-Type: text/plain; charset=klingon\n\nqapla'\n",
        b"From: <noor@waterland.example>\nTo: {to}\nContent-Type: multipart/mixed; boundary=x\n\n--x\n",
        b"From: noor@waterland.example\nTo: {to}\nMessage-ID: [x\nContent-Transfer-Encoding: base64\n\n%%%\n",
        b"From: a@b.example (\nTo: {to}, <<>>, \xff\nSubject: =?x?x?x?=\nDate: never\n\nhi\n",
        b"To: {to}\nFrom: noor@waterland.example\nContent-Type: text/plain; charset=utf-8\n\n\xff\xfe\x00 hi\n",
    ],
    ids=range(7),
)
def test_broken_mails_break_nothing(world: World, post: Post, raw: bytes) -> None:
    raw = raw.replace(b"{to}", address_for(world, "noor", post).encode())
    assert receive(raw) in ("ignored", "answered", "comment")
    assert all("\x00" not in comment.body for comment in comments())


NEST = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000))
HOSTILE = {
    "addresses": b"Cc: " + b"a@b.example, " * 8000 + b"\n\nhi\n",
    "comments": b"Cc: " + b"(" * 20_000 + b"\n\nhi\n",
    "encoded": b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nhi\n",
    "parameters": b"Content-Type: text/plain; " + b"a=b; " * 20_000 + b"\n\nhi\n",
    "semicolons": b'Content-Type: multipart/mixed; a="' + b";" * 200_000 + b"\n\nhi\n",
    "a slow charset": b"Content-Type: text/plain; charset=punycode\n\nhi-" + b"a" * 800_000 + b"\n",
    "quotes": b'Content-Type: text/plain; a="' + b'"' * 50_000 + b"\n\nhi\n",
    "nest": NEST + b"Content-Type: text/plain\n\nhi\n",
    "lines in nests": NEST[: len(NEST) // 10] + b"\nline\n" * 200_000,
    "parts": b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\nContent-Type: text/plain\n\na\n" * 5000,
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 3000 + b"hi\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_mail_keeps_the_house_busy(world: World, post: Post, name: str) -> None:
    raw = f"From: {NOOR}\nTo: {address_for(world, 'noor', post)}\n".encode() + HOSTILE[name]
    began = time.process_time()
    assert receive(raw) in ("ignored", "comment", "answered")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "idna", "undefined", "zip"])
def test_whatever_charset_a_mail_names_its_words_can_be_kept_and_sent(charset: str) -> None:
    found = read(
        f"From: {NOOR}\nSubject: =?{charset}?q?ja=5Cud800+2AA-?=\n"
        f"Content-Type: text/plain; charset={charset}\n\nJa \\ud800 +2AA-\n".encode()
    )
    assert found.text.encode() and found.text.startswith("Ja") and found.subject.encode()


def test_lines_that_were_folded_to_travel_are_whole_again(world: World, post: Post) -> None:
    made = mail(address_for(world, "noor", post))
    made.set_content("Dit is een lange \nzin over water.\n\nEn nog een.\n")
    made.replace_header("Content-Type", 'text/plain; charset="utf-8"; format=flowed')
    assert receive(made.as_bytes()) == "comment"
    assert comments()[0].body == "Dit is een lange zin over water.\n\nEn nog een."


def test_nothing_of_what_came_in_is_kept(world: World, post: Post) -> None:
    receive(mail(address_for(world, "noor", post), "Een zin").as_bytes())
    (row,) = db.session.scalars(select(MailReceived))
    assert row.outcome == "comment" and len(row.print) == 64


# A mail to a space


def space_address(world: World, name: str, space: str = "noorderlicht") -> str:
    found = post_address(world.person(name), world.space(space).id)
    assert found is not None and len(found.partition("@")[0]) <= 64
    return found


def posts() -> list[Post]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Post).order_by(Post.id)))


def test_a_mail_to_a_space_is_a_post_there(world: World, sent: list[Letter]) -> None:
    made = mail(space_address(world, "noor"), "Wie komt er?\n\n-- \nNoor")
    made.replace_header("Subject", "Fwd: Re: Vrijdag")
    assert [receive(made.as_bytes()) for _ in range(2)] == ["post", "seen"]
    (post,) = posts()
    assert (post.body, post.author_id) == ("**Vrijdag**\n\nWie komt er?", world.person("noor").id)
    assert (post.space_id, post.audience) == (world.space("noorderlicht").id, "space")


def test_nobody_writes_with_the_address_of_another(world: World, sent: list[Letter]) -> None:
    to = space_address(world, "noor")
    assert receive(mail(to, sender=SAMIR, number=1).as_bytes()) == "answered"
    assert receive(mail(to.replace("space+", "reply+"), number=2).as_bytes()) == "ignored"
    assert (
        receive(mail(f"space+{reply_word(world.person('noor').id, 'post', 1)}@{DOMAIN}", number=3).as_bytes())
        == "ignored"
    )
    assert receive(mail(space_address(world, "noor", "getij"), number=4).as_bytes()) == "answered", "it is not her team"
    with write_unit():
        world.person("noor").password_changed_at = now()
    assert receive(mail(to, number=5).as_bytes()) == "ignored", "a new password makes new addresses"
    assert posts() == []


def test_a_space_shows_its_address_to_who_writes_there(world: World, sent: list[Letter], app: Flask) -> None:
    noor, ingrid = (sign_in(app.test_client(), name) for name in ("noor", "ingrid"))
    assert space_address(world, "noor") in noor.get("/spaces/noorderlicht/about").get_data(as_text=True)
    assert "space+" not in ingrid.get("/spaces/noorderlicht/about").get_data(as_text=True), "a guest only reads"


# Letters that can be answered


def test_letters_about_one_thing_hang_together(world: World, post: Post, sent: list[Letter]) -> None:
    noor = world.person("noor")
    comment = create_comment(world.actor("samir"), post, body="Nog iemand?")
    plain = Letter(NOOR, "Nieuws", "Dag\n", "<p>Dag</p>", {"Auto-Submitted": "auto-generated"})
    thread = ("post", post.id)
    one, two = dress(plain, noor, post, thread), dress(plain, noor, comment, thread)
    assert one.headers["References"] == two.headers["References"] == f"<post.{post.id}@{ports.mail_host}>"
    assert one.headers["List-Id"] == f"Noorderlicht <noorderlicht.{ports.mail_host}>"
    assert one.headers["Reply-To"] != two.headers["Reply-To"] and one.headers["Auto-Submitted"]
    keep(one)
    work_on()
    wire = letters.message_of(sent[0], "Huis <huis@waterland.example>").as_bytes()
    back = message_from_bytes(wire, policy=policy.default)
    assert back["Reply-To"] == one.headers["Reply-To"] and back["References"] == one.headers["References"]
    assert receive(mail(back["Reply-To"]).as_bytes()) == "comment"


def test_where_no_mail_comes_in_nobody_is_invited_to_answer(
    world: World, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "mail_domain", "")
    dressed = dress(Letter(NOOR, "Nieuws", "Dag\n", "<p>Dag</p>"), world.person("noor"), post, ("post", post.id))
    assert "Reply-To" not in dressed.headers and "References" in dressed.headers and bounce_address(7) is None


# Failures that are told afterwards

DSN = """From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <{number}@mx.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Wed, 25 Nov 2026 10:03:00 +0100

Final-Recipient: rfc822; noor@waterland.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {diagnostic}

--b
Content-Type: message/rfc822

Subject: Nieuws
From: huis@waterland.example

Dag
--b--
"""


@pytest.fixture
def letter(world: World, sent: list[Letter]) -> Callable[[], tuple[int, str]]:
    """Sends a letter; its number and where its failure is told."""

    def send() -> tuple[int, str]:
        number = keep(Letter(NOOR, "Nieuws", "Dag\n", "<p>Dag</p>"))
        work_on()
        assert sent[-1].sender is not None
        return number, sent[-1].sender

    return send


def report(
    to: str, number: int, action: str = "failed", status: str = "5.1.1", diagnostic: str = "550 5.1.1 unknown"
) -> bytes:
    return (
        DSN.format(to=to, number=number, action=action, status=status, diagnostic=diagnostic)
        .replace("\n", "\r\n")
        .encode()
    )


def test_two_hard_failures_pause_an_address(world: World, letter: Callable[[], tuple[int, str]]) -> None:
    first, to = letter()
    assert to.startswith("bounces+") and to.endswith("@" + DOMAIN) and len(to.partition("@")[0]) <= 64
    assert [receive(report(to, 1)), receive(report(to, 2))] == ["failure", "failure"]
    row = db.session.get_one(Mail, first, populate_existing=True)
    assert (row.state, row.answer) == ("refused", "550 5.1.1 unknown")
    assert world.person("noor").mail_paused_at is None, "one letter fails once, however many reports come"
    _, to = letter()
    receive(report(to, 3, status="5.2.1", diagnostic="mailbox disabled"))
    db.session.expire_all()
    assert world.person("noor").mail_paused_at is not None
    held, _ = db.session.scalars(select(MailFailure.words).order_by(MailFailure.id.desc())).all()
    assert held == "5.2.1 mailbox disabled"


@pytest.mark.parametrize(
    ("action", "status", "diagnostic", "came"),
    [
        ("delayed", "4.4.1", "connection timed out", "ignored"),
        ("delivered", "2.0.0", "ok", "ignored"),
        ("failed", "4.4.7", "delivery time expired", "failure"),
    ],
)
def test_what_is_not_hard_pauses_nothing(
    world: World, letter: Callable[[], tuple[int, str]], action: str, status: str, diagnostic: str, came: str
) -> None:
    for number in range(3):
        _, to = letter()
        assert receive(report(to, number, action, status, diagnostic)) == came
    db.session.expire_all()
    assert world.person("noor").mail_paused_at is None and db.session.scalars(select(MailFailure)).all() == []


def test_nobody_can_pause_the_address_of_another(world: World, letter: Callable[[], tuple[int, str]]) -> None:
    number, to = letter()
    forged = to.replace(to[10], "a" if to[10] != "a" else "b", 1)
    assert read_bounce_word(to.partition("+")[2].partition("@")[0]) == number
    assert receive(report(forged, 1)) == "ignored"
    assert receive(report(f"bounces+{reply_word(1, 'post', 1)}@{DOMAIN}", 2)) == "ignored"
    assert receive(mail(to, "Ik ben op vakantie").as_bytes()) == "ignored", "no report, no failure"


def test_a_mail_server_pipes_a_mail_in(world: World, post: Post, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    to, flask = address_for(world, "noor", post), app.test_cli_runner()
    raw = mail("team@elsewhere.example", "Uit de pijp.").as_bytes()
    done = flask.invoke(args=["mail", "receive", "--to", to], input=raw)
    assert (done.exit_code, done.stdout) == (0, "comment\n"), done.output
    assert [comment.body for comment in comments()] == ["Uit de pijp."]
    monkeypatch.setattr(ports, "mail_domain", "")
    away = flask.invoke(args=["mail", "receive", "--to", to], input=raw)
    assert away.exit_code == 75 and "MAIL_DOMAIN" in away.stderr


def test_a_mail_that_cannot_be_used_now_is_sent_again(
    world: World, post: Post, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_raw: bytes, *, to: str) -> str:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(mail_cli, "receive", away)
    raw = mail(address_for(world, "noor", post)).as_bytes()
    assert app.test_cli_runner().invoke(args=["mail", "receive"], input=raw).exit_code == 75


def test_a_mail_is_read_as_far_as_it_goes() -> None:
    big = mail("x@y.example", "Kort.")
    big.add_attachment(b"0" * 200, maintype="application", subtype="zip", filename="groot.zip")
    assert read(big.as_bytes()[:-150]).text == "Kort."
