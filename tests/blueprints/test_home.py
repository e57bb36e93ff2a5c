"""Home answers "what now?": what asks something first, a question for two minutes within reach, and where something is new."""

from __future__ import annotations

import re
from datetime import timedelta

from community.clock import frozen, now
from community.comments.actions import create_comment
from community.extensions import db, write_unit
from community.microblog.actions import create_post
from community.programme.models import Prompt
from tests.conftest import sign_in


def waiting(browser):
    """The lines of "Waiting for you", and how many there are in all."""
    page = browser.get("/").get_data(as_text=True)
    part = page.split('id="h-wait"')[1].split("</section>")[0]
    every = re.search(r"(\d+)</a>", part.split("<ul")[0])
    lines = re.findall(r'<p class="name">(.*?)</p>(?:<p class="meta">(.*?)</p>)?', part)
    return lines, int(every[1]) if every else len(lines)


def speak(world):
    """Samir answers a post of Noor's three times, then Anna asks her something elsewhere."""
    noor, team = world.actor("noor"), world.space("noorderlicht")
    mine = create_post(noor, team, body="Eleven hand-overs in one week")
    for number in range(3):
        create_comment(world.actor("samir"), mine, body=f"Number {number} is the night shift.")
    theirs = create_post(world.actor("samir"), team, body="The night shift")
    create_comment(world.actor("anna"), theirs, body="What do you see, @noor.van-der-velden?")
    return mine


def ask(world, **more):
    with write_unit():
        db.session.add(
            Prompt(
                space_id=world.space_ids["cohort"],
                key="day-2",
                text_en="What did you hear that you did not expect?",
                text_nl="Wat hoorde je dat je niet verwachtte?",
                opens_at=now() - timedelta(hours=1),
                closes_at=now() + timedelta(hours=5),
                **more,
            )
        )


def test_a_thread_is_one_line_and_what_asks_comes_first(app, world, catch_up):
    catch_up()
    noor = sign_in(app.test_client(), "noor")
    _, before = waiting(noor)
    speak(world)
    catch_up()
    lines, every = waiting(noor)
    assert every == before + 2, "three answers in one thread are one line"
    assert "Anna de Wit-Okonkwo" in lines[0][0] and "What do you see" in lines[0][1]
    ours = [meta for words, meta in lines if "Samir" in words]
    assert ours and "2 eerdere" in ours[0] and "Number 2" in ours[0]


def test_the_question_of_the_day_stands_among_the_first_and_goes_when_it_is_over(app, world, catch_up):
    for number in range(4):
        post = create_post(world.actor("samir"), world.space("noorderlicht"), body=f"Shift {number}")
        create_comment(world.actor("anna"), post, body=f"And you, @noor.van-der-velden? ({number})")
    catch_up()
    ask(world)
    noor = sign_in(app.test_client(), "noor")
    lines, _ = waiting(noor)
    assert lines[2][0] == "Wat hoorde je dat je niet verwachtte?" and len(lines) == 3
    with frozen(now() + timedelta(hours=6)):
        lines, _ = waiting(noor)
    assert "Wat hoorde je" not in lines[2][0]


def test_home_says_where_something_is_new_to_who_was_there_before(app, world, catch_up):
    noor, samir = sign_in(app.test_client(), "noor"), sign_in(app.test_client(), "samir")
    create_post(world.actor("noor"), world.space("noorderlicht"), body="Before")
    assert samir.get("/spaces/noorderlicht").status_code == 200
    assert 'class="row g2 news"' not in samir.get("/").get_data(as_text=True)
    for body in ("Monday", "Tuesday"):
        create_post(world.actor("noor"), world.space("noorderlicht"), body=body)
    page = samir.get("/").get_data(as_text=True)
    chip = page.split('class="row g2 news"')[1].split("</ul>")[0]
    assert "Noorderlicht" in chip and "<b>2<" in chip and 'href="/spaces/noorderlicht"' in chip
    assert 'class="row g2 news"' not in noor.get("/").get_data(as_text=True), "what I wrote is not new to me"
