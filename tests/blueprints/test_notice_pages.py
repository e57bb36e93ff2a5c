"""The pages of notices: the list behind the bell, what reaches me, levels, what holds for everybody, and the way out of a mail."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import select

from blueprints.letters import leave_token
from community.comments.actions import create_comment
from community.extensions import db
from community.microblog.actions import create_post
from community.notifications.keeping import choices_of, choose, chosen_level, level_in, set_level
from community.notifications.models import NoticeChoice, Notification
from community.notifications.queries import unread_count
from community.notifications.reading import mark_read
from community.ports import ports
from community.spaces.actions import remove_member
from community.wiki.actions import create_page
from tests.blueprints.api_callers import program_of
from tests.conftest import post_form, token_of


@pytest.fixture
def told(world, catch_up):
    """Two threads for Noor: a post of hers with three comments, and a page with one by her coach."""
    catch_up()
    mark_read(world.actor("noor"))
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Eleven hand-overs")
    for number in range(3):
        create_comment(world.actor("samir"), post, body=f"Comment {number}")
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Our reading", body="Words")
    create_comment(world.actor("anna"), page, body="Which did you leave out?")
    catch_up()
    return post, page


# ---- the list


def test_the_list_stands_by_thread_and_can_be_narrowed(told, world, as_person):
    noor = as_person("noor")
    html = noor.get("/notifications?unread").get_data(as_text=True)
    assert html.count('class="told-line"') == 2 and "2 eerdere" in html and "3 ongelezen" in html
    assert html.index("Which did you leave out?") < html.index("Comment 2") < html.index("Comment 1")
    coach = noor.get("/notifications?topic=coach&unread").get_data(as_text=True)
    assert "Which did you leave out?" in coach and "Comment 2" not in coach
    assert "Geen melding past hierbij." in noor.get("/notifications?topic=announcements&unread").get_data(as_text=True)
    assert "Comment 2" in noor.get("/notifications?space=noorderlicht").get_data(as_text=True)
    assert "Comment 2" not in noor.get("/notifications?space=cohort-14").get_data(as_text=True)
    assert (
        noor.get("/notifications?space=getij").status_code
        == noor.get("/notifications?space=nowhere").status_code
        == 404
    )


def test_a_thread_is_marked_as_read_and_unread_with_one_click(told, world, as_person):
    post, _ = told
    noor = as_person("noor")
    newest = db.session.scalar(
        select(Notification.id).where(Notification.thread_kind == "post").order_by(Notification.id.desc()).limit(1)
    )
    fields = {"thread": f"post:{post.id}", "newest": newest, "next": "/notifications?unread"}
    answer = post_form(noor, "/notifications", "/notifications/mark", **fields)
    assert (answer.status_code, answer.location) == (303, "/notifications?unread")
    assert unread_count(world.actor("noor")) == 1
    token = token_of(noor.get("/notifications").get_data(as_text=True))
    part = noor.post(
        "/notifications/mark", data={"csrf_token": token, **fields, "unread": "1"}, headers={"X-Fragment": "1"}
    ).get_data(as_text=True)
    assert 'data-unread="2"' in part and "<html" not in part and part.count('class="told-line"') == 1
    assert unread_count(world.actor("noor")) == 2


def test_nobody_marks_the_notices_of_others(told, world, as_person):
    post, _ = told
    dev = as_person("dev")
    post_form(dev, "/notifications", "/notifications/mark", thread=f"post:{post.id}", newest=10**9)
    assert unread_count(world.actor("noor")) == 4
    for thread in ("post", "post:x", "post:-1", "", "x" * 50 + ":1"):
        assert post_form(dev, "/notifications", "/notifications/mark", thread=thread, newest=1).status_code == 404
    assert post_form(dev, "/notifications", "/notifications/mark", thread="post:1", newest="").status_code == 404


def test_what_was_read_meanwhile_leads_on_past_the_first_page(world, as_person, catch_up):
    for number in range(35):
        create_post(world.actor("samir"), world.space("noorderlicht"), body=f"@noor.van-der-velden {number}")
    catch_up()
    noor = as_person("noor")
    html = noor.get("/notifications").get_data(as_text=True)
    assert html.count('class="told-line"') == 30
    older = unescape(re.search(r'href="(/notifications\?[^"]*before=\d+)"', html).group(1))
    rest = noor.get(older).get_data(as_text=True)
    assert "@noor.van-der-velden 4" in rest and "@noor.van-der-velden 34" not in rest


# ---- what reaches me


def test_the_matrix_shows_what_is_inherited_and_keeps_only_what_was_chosen(world, as_person):
    samir = as_person("samir")
    html = samir.get("/settings/notifications").get_data(as_text=True)
    assert '<select class="fit" name="talk.mail" aria-label="Mentions and replies: Mail now">' in html
    assert "Default: on" in html and "On my device" in html
    form = {"talk.mail": "off", "coach.mail": "", "wait": "60", "digest": "", "hour": "", "team": "track"}
    form |= {"quiet_on": "1", "quiet_from": "21", "quiet_to": "8", "holiday": "2030-01-02"}
    form |= {"content_asked": "1", "no_content": "1"}
    assert post_form(samir, "/settings/notifications", **form).status_code == 303
    kept = dict(db.session.execute(select(NoticeChoice.name, NoticeChoice.value)).all())
    assert kept == {
        "talk.mail": "off", "wait": "60", "team": "track", "quiet": "21-8", "holiday": "2030-01-02", "content": "off"
    }  # fmt: skip
    html = samir.get("/settings/notifications").get_data(as_text=True)
    assert "You chose 6 things yourself." in html and 'value="2030-01-02"' in html
    post_form(samir, "/settings/notifications", "/settings/notifications/forget")
    assert set(choices_of(world.actor("samir")).mine) == {"quiet", "holiday"}


def test_what_cannot_be_chosen_comes_back_at_its_field(world, as_person):
    samir = as_person("samir")
    answer = post_form(samir, "/settings/notifications", holiday="soon", **{"talk.mail": "off"})
    html = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Write the date as 2026-06-08." in html and 'value="soon"' in html
    assert '<option value="off" selected>Off</option>' in html, "what was typed is kept"
    answer = post_form(samir, "/settings/notifications", quiet_on="1", quiet_from="7", quiet_to="7")
    assert answer.status_code == 422 and "Let the quiet end at another hour" in answer.get_data(as_text=True)
    for name in ("wait", "cap", "hour", "digest", "team", "talk.mail"):
        assert post_form(samir, "/settings/notifications", **{name: "abc"}).status_code == 422, name
        assert post_form(as_person("rik"), "/admin/notifications", **{name: "abc"}).status_code == 422, name
    assert choices_of(world.actor("samir")).mine == {}


def test_the_next_digest_can_be_looked_at_beforehand_and_that_uses_nothing_up(world, as_person, catch_up):
    noor, dev = as_person("noor"), as_person("dev")
    choose(world.actor("noor"), {"talk.mail": "off"})  # what goes by mail is not told twice
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Eleven hand-overs")
    create_comment(world.actor("samir"), post, body="Which one hurts most?")
    catch_up()
    create_post(world.actor("samir"), world.space("noorderlicht"), body="word " * 40)
    for _ in range(2):
        html = noor.get("/settings/notifications/digest").get_data(as_text=True)
        assert "Voor jou" in html and "Samir El Idrissi reageert op wat je maakte" in html
        assert "In je teams" in html and "word " * 14 + "word…" in html
    assert "Nothing is new." in dev.get("/settings/notifications/digest").get_data(as_text=True)


def test_levels_of_my_spaces(world, as_person):
    samir = as_person("samir")
    number = world.space_ids["noorderlicht"]
    post_form(samir, "/settings/notifications", "/settings/notifications/spaces", **{f"space-{number}": "muted"})
    assert level_in(world.actor("samir"), world.space("noorderlicht")) == ("muted", True)
    foreign = {f"space-{world.space_ids['getij']}": "watch", f"space-{number}": ""}
    post_form(samir, "/settings/notifications", "/settings/notifications/spaces", **foreign)
    assert level_in(world.actor("samir"), world.space("noorderlicht")) == ("watch", False)
    assert chosen_level(world.actor("samir"), "space", world.space_ids["getij"]) is None


def test_the_head_of_a_space_says_how_near_one_is_and_changes_it(world, as_person):
    samir = as_person("samir")
    html = samir.get("/spaces/noorderlicht").get_data(as_text=True)
    action = f"/notifications/level/space/{world.space_ids['noorderlicht']}"
    assert f'action="{action}"' in html and "here: </span>Watch<svg" in html
    answer = post_form(samir, "/spaces/noorderlicht", action, level="muted", next="/spaces/noorderlicht/about")
    assert (answer.status_code, answer.location) == (303, "/spaces/noorderlicht/about")
    assert "here: </span>Mute<svg" in samir.get("/spaces/noorderlicht").get_data(as_text=True)
    assert post_form(samir, "/spaces/noorderlicht", action, level="loud").status_code == 422


def test_a_post_and_a_page_have_a_level_too_and_what_is_hidden_is_absent(told, world, as_person):
    post, page = told
    samir, dev = as_person("samir"), as_person("dev")
    for kind, number in (("post", post.id), ("page", page.id)):
        address = f"/notifications/level/{kind}/{number}"
        html = samir.get(address).get_data(as_text=True)
        assert "You hear of everything new." in html and "Default: Normal" in html
        assert post_form(samir, address, level="watch").status_code == 303
        assert chosen_level(world.actor("samir"), kind, number) == "watch"
        hidden, absent = dev.get(address), dev.get(f"/notifications/level/{kind}/98765")
        assert hidden.status_code == absent.status_code == 404 and hidden.data == absent.data
    assert samir.get(f"/notifications/level/person/{world.person_ids['noor']}").status_code == 404
    assert address in samir.get(f"/spaces/noorderlicht/wiki/{page.path}").get_data(as_text=True)


def test_what_i_chose_a_level_for_is_listed_and_changed_in_my_settings(app, told, world, as_person):
    post, page = told
    samir, page_id, settings = as_person("samir"), page.id, "/settings/notifications"
    assert 'id="things"' not in samir.get(settings).text
    set_level(world.actor("samir"), page, "watch")
    set_level(world.actor("samir"), post, "muted")
    html = samir.get(settings).text
    assert f'name="page-{page_id}"' in html and f'name="post-{post.id}"' in html and page.title in html
    changed = {f"page-{page_id}": "track", f"post-{post.id}": "", f"page-{page_id + 900}": "watch", "page-": "watch"}
    assert post_form(samir, settings, f"{settings}/things", **changed).status_code == 303
    assert chosen_level(world.actor("samir"), "page", page_id) == "track"
    assert chosen_level(world.actor("samir"), "post", post.id) is None
    assert chosen_level(world.actor("samir"), "page", page_id + 900) is None
    assert post_form(samir, settings, f"{settings}/things", **{f"page-{page_id}": "loud"}).status_code == 422
    program, title = program_of(world, app.test_client, "samir"), page.title
    assert program.items("/notifications/levels?limit=1") == [
        {"on": f"page:{page_id}", "level": "track", "title": title, "url": f"/spaces/noorderlicht/wiki/{page.path}"}
    ]
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    html = samir.get(settings).text
    assert "Something that you no longer see" in html and title not in html
    known = program.items("/notifications/levels")
    assert known == [{"on": f"page:{page_id}", "level": "track", "title": None, "url": None}]
    post_form(samir, settings, f"{settings}/things", **{f"page-{page_id}": "watch"})
    assert chosen_level(world.actor("samir"), "page", page_id) == "track"
    post_form(samir, settings, f"{settings}/things", **{f"page-{page_id}": ""})
    assert chosen_level(world.actor("samir"), "page", page_id) is None


# ---- what holds for everybody


def test_an_administrator_decides_for_everybody_who_never_chose(world, as_person):
    rik = as_person("rik")
    choose(world.actor("samir"), {"talk.mail": "on"})
    html = rik.get("/admin/notifications").get_data(as_text=True)
    assert "applies to everybody who never chose" in html
    post_form(rik, "/admin/notifications", **{"talk.mail": "off", "wait": "15", "content_asked": "1"})
    assert not choices_of(world.actor("noor")).on("talk", "mail") and choices_of(world.actor("noor")).wait == 15
    assert choices_of(world.actor("samir")).on("talk", "mail")
    post_form(rik, "/admin/notifications?role=coach", **{"talk.mail": "on"})
    assert choices_of(world.actor("anna")).on("talk", "mail")
    post_form(rik, "/admin/notifications", **{"content_asked": "1", "no_content": "1"})
    mine = as_person("samir").get("/settings/notifications").get_data(as_text=True)
    assert "Your organisation decided" in mine and 'name="no_content"' not in mine
    assert post_form(rik, "/admin/notifications", wait="0").status_code == 422
    assert as_person("pieter_jan").get("/admin/notifications").status_code == 404


# ---- the way out of a mail


def test_one_click_stops_a_kind_of_mail_and_can_be_undone(app, world, client):
    token = leave_token(world.person_ids["noor"], "topic:talk")
    before = client.get(f"/unsubscribe/{token}")
    assert before.status_code == 200 and "Mentions and replies" in before.get_data(as_text=True)
    assert choices_of(world.actor("noor")).on("talk", "mail"), "looking changes nothing"
    html = client.post(f"/unsubscribe/{token}").get_data(as_text=True)
    assert not choices_of(world.actor("noor")).on("talk", "mail") and choices_of(world.actor("noor")).on(
        "coach", "mail"
    )
    undo = re.search(r'action="(/unsubscribe/[^"]+)"', html).group(1)
    assert "All is as it was" in client.post(undo).get_data(as_text=True)
    assert choices_of(world.actor("noor")).mine == {}


def test_undo_brings_back_what_was_chosen_before(app, world, client):
    choose(world.actor("noor"), {"digest": "daily"})
    html = client.post(f"/unsubscribe/{leave_token(world.person_ids['noor'], 'digest')}").get_data(as_text=True)
    assert choices_of(world.actor("noor")).rhythm == "never"
    client.post(re.search(r'action="(/unsubscribe/[^"]+)"', html).group(1))
    assert choices_of(world.actor("noor")).rhythm == "daily"


def test_a_mail_program_does_it_with_one_post_from_anywhere(app, world, client):
    token = leave_token(world.person_ids["noor"], f"space:{world.space_ids['noorderlicht']}")
    answer = client.post(
        f"/unsubscribe/{token}", data="List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 200
    assert level_in(world.actor("noor"), world.space("noorderlicht")) == ("muted", True)


def test_the_link_in_a_letter_is_the_one_that_works(app, world, client):
    facts = {"to": "noor@waterland.example", "person": world.person_ids["noor"], "leave": "topic:talk", "path": "/x"}
    facts |= {
        "items": [{"reason": "mention", "who": "Samir", "space": "Getij", "excerpt": ""}],
        "more": 0,
        "space": "Getij",
    }
    letter = ports.compose("notices", facts, "en")
    path = letter.headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost")
    assert path in letter.text and path in letter.html
    assert client.post(path).status_code == 200
    assert not choices_of(world.actor("noor")).on("talk", "mail")


@pytest.mark.parametrize("token", ["nonsense", "WzEsImRpZ2VzdCJd.forged", "x" * 500])
def test_what_we_did_not_sign_changes_nothing_and_tells_nothing(app, world, client, token):
    absent = leave_token(987654, "digest")
    strange, gone = client.get(f"/unsubscribe/{token}"), client.post(f"/unsubscribe/{absent}")
    assert strange.status_code == gone.status_code == client.post(f"/unsubscribe/{token}").status_code == 200
    assert db.session.scalars(select(NoticeChoice)).all() == []
    for what in ("topic:nothing", "space:x", "person:1", "topic"):
        page = client.post(f"/unsubscribe/{leave_token(world.person_ids['noor'], what)}")
        assert page.status_code == 200 and "Noor" not in page.get_data(as_text=True)
    assert db.session.scalars(select(NoticeChoice)).all() == []


# ---- for programs


def test_a_program_reads_and_changes_what_reaches_its_person(told, world, app):
    noor = program_of(world, app.test_client, "noor")
    held = {one["name"]: one for one in noor.get("/notifications/choices").json["choices"]}
    assert held["talk.mail"] == {"name": "talk.mail", "value": "on", "inherited": "on", "chosen": False}
    changed = noor.patch("/notifications/choices", {"choices": {"talk.mail": "off", "wait": "60"}}).json["choices"]
    assert {one["name"] for one in changed if one["chosen"]} == {"talk.mail", "wait"}
    assert noor.patch("/notifications/choices", {"choices": {"talk.mail": None}}).status_code == 200
    answer = noor.patch("/notifications/choices", {"choices": {"talk.fax": "on"}})
    assert answer.status_code == 422 and answer.json["field"] == "talk.fax"
    post, _ = told
    assert noor.put(f"/notifications/levels/post/{post.id}", {"level": "muted"}).json == {
        "on": f"post:{post.id}", "level": "muted"
    }  # fmt: skip
    assert chosen_level(world.actor("noor"), "post", post.id) == "muted"
    assert (
        program_of(world, app.test_client, "dev")
        .put(f"/notifications/levels/post/{post.id}", {"level": "watch"})
        .status_code
        == 404
    )
    items = noor.get("/notifications?topic=coach&space=noorderlicht").json["items"]
    assert [item["topic"] for item in items] == ["coach"] and items[0]["thread"].startswith("page:")
    number = items[0]["id"]
    unread = noor.post("/notifications/read", {"id": number}).json["unread"]
    assert noor.post("/notifications/unread", {"id": number}).json["unread"] == unread + 1
