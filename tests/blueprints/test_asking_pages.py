"""Writing posts through the pages, as browsers without scripts do it: each kind, files, drafts, earlier words."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from PIL import Image

from community.clock import frozen, now
from community.comments.actions import create_comment
from community.extensions import db
from community.microblog.actions import create_post, edit_post
from community.microblog.models import Attachment, Post, PostDraft
from community.microblog.queries import post_for
from community.spaces.actions import remove_member, update_space
from tests.conftest import post_form, token_of
from tests.sweeping import swept

TEAM = "/spaces/noorderlicht"


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def newest():
    return db.session.query(Post).order_by(Post.id.desc()).first()


def photo(where=True):
    """A picture as a phone makes it, with the place where it was taken."""
    image, out = Image.new("RGB", (40, 30), "teal"), io.BytesIO()
    exif = image.getexif()
    exif[0x010E] = "at home"
    exif[0x0112] = 6  # turned
    image.save(out, "JPEG", exif=exif if where else None)
    return out.getvalue()


def test_a_poll_without_scripts(as_person, world):
    noor, samir = as_person("noor"), as_person("samir")
    answer = post_form(noor, TEAM, body="Which day?", kind="poll", options="Monday\r\n\r\nTuesday", closes="")
    assert answer.status_code == 303
    url = f"{TEAM}/posts/{newest().id}"
    shown = page(samir, url)
    assert "<progress" not in shown.split('class="stack g3 poll"')[1].split("</article>")[0]
    tuesday = re.findall(r'name="options" value="(\d+)"', shown)[1]
    assert post_form(samir, url, f"{url}/vote", options=tuesday).status_code == 303
    shown = page(samir, url)
    assert 'aria-label="Tuesday: 1 vote"' in shown and 'aria-label="Monday: 0 votes"' in shown
    assert 'aria-label="Tuesday' not in page(noor, url)  # she has not chosen
    post_form(noor, url, f"{url}/vote", options="0")
    assert 'class="note" data-tone="warn"' in page(noor, url)


def test_what_a_kind_asks_is_refused_in_its_field_and_kept(as_person, world):
    noor = as_person("noor")
    answer = post_form(noor, TEAM, body="Which day?", kind="poll", options="Only this", closes="tomorrow", open="1")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and 'aria-describedby="c-post-noorderlicht-closes-error"' in text
    assert "Which day?" in text and "Only this" in text and 'name="open" value="1" checked' in text
    answer = post_form(noor, TEAM, body="Thanks", kind="praise", praised="@nobody.at-all")
    assert answer.status_code == 422 and "Niemand hier heet @nobody.at-all." in answer.get_data(as_text=True)


def test_an_answer_is_accepted_with_a_button_and_stands_first(as_person, world):
    noor = world.actor("noor")
    question = create_post(noor, world.space("noorderlicht"), body="How?", kind="question")
    first = create_comment(world.actor("samir"), question, body="Like this.")
    second = create_comment(world.actor("kwame"), question, body="Like that.", reply_to=first)
    url, ids = f"{TEAM}/posts/{question.id}", (first.id, second.id)
    asker = as_person("noor")
    assert post_form(asker, url, f"{url}/accept", comment=ids[1]).status_code == 303
    shown = page(as_person("kwame"), url)
    assert shown.index(f'id="comment-{ids[1]}"') < shown.index(f'id="comment-{ids[0]}"') and "Accepted" in shown
    assert "Question, answered" in shown and f"{url}/accept" not in shown
    assert post_form(as_person("samir"), url, f"{url}/accept", comment=ids[0]).status_code == 403
    assert post_form(asker, url, f"{url}/accept", comment="").status_code == 303
    assert "Vraag, beantwoord" not in page(asker, url)


def test_praise_is_on_the_profile_for_who_may_see_it(as_person, world):
    handle = world.person("kwame").handle
    assert post_form(as_person("noor"), TEAM, body="You listened.", kind="praise", praised=handle).status_code == 303
    assert "You listened." in page(as_person("samir"), f"/people/{handle}")
    assert "You listened." not in page(as_person("joost"), f"/people/{handle}")


def test_a_picture_comes_without_where_it_was_taken_and_with_what_it_shows(app, as_person, world):
    noor = as_person("noor")
    sent = {
        "files": [(io.BytesIO(photo()), "desk.jpg"), (io.BytesIO(b"a,b\n1,2\n"), "counts.csv")],
        "alt": "The desk\n",
    }
    assert post_form(noor, TEAM, body="Look", **sent).status_code == 303
    shown = page(as_person("samir"), f"{TEAM}/posts/{newest().id}")
    where = re.search(r'<img src="([^"]+)" alt="The desk"', shown)
    assert where and "counts.csv" in shown
    answer = as_person("samir").get(where[1])
    with Image.open(io.BytesIO(answer.data)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("WEBP", (30, 40), {})
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert as_person("joost").get(where[1]).status_code == 404


def test_files_ask_for_the_rights_of_the_post_as_they_are_now(as_person, world):
    noor, kwame = as_person("noor"), as_person("kwame")
    sent = {"files": (io.BytesIO(b"notes"), "notes.txt")}
    post_form(noor, TEAM, body="For the coach", audience="coach", **sent)
    url = f"{TEAM}/posts/{newest().id}"
    path = re.search(rf"{url}/files/\d+/notes.txt", page(noor, url))[0]
    assert noor.get(path).data == b"notes" and as_person("anna").get(path).status_code == 200
    assert kwame.get(path).status_code == 404
    assert noor.get(path.replace("notes.txt", "other.txt")).status_code == 404
    post_form(noor, f"{url}/delete")
    assert noor.get(path).status_code == 404


def test_what_is_refused_leaves_no_bytes_behind(app, as_person, world):
    noor, storage = as_person("noor"), app.config["STORAGE"]
    sent = {"files": [(io.BytesIO(b"notes"), "notes.txt"), (io.BytesIO(b"\x89PNG\r\n\x1a\n broken"), "picture.png")]}
    answer = post_form(noor, TEAM, body="Kept words", **sent)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "Kept words" in text and "kan niet worden geopend" in text
    answer = post_form(noor, TEAM, body=" ", files=(io.BytesIO(b"notes"), "notes.txt"))
    assert answer.status_code == 422 and "Kies je bestanden opnieuw." in answer.get_data(as_text=True)
    swept(storage)
    assert list(storage.keys()) == [] and db.session.query(Attachment).all() == []


def test_files_come_and_go_with_an_edit(app, as_person, world):
    noor = as_person("noor")
    post_form(noor, TEAM, body="Look", files=(io.BytesIO(b"one"), "one.txt"))
    url = f"{TEAM}/posts/{newest().id}"
    number = re.search(r'name="drop" value="(\d+)"', page(noor, f"{url}/edit"))[1]
    sent = {"body": "Look", "drop": number, "files": (io.BytesIO(b"two"), "two.txt")}
    assert post_form(noor, f"{url}/edit", **sent).status_code == 303
    shown = page(noor, url)
    assert "two.txt" in shown and "one.txt" not in shown


def test_whoever_sees_a_post_reads_what_it_said_before(as_person, world):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Elven hand-overs, counted.")
    comment = create_comment(world.actor("samir"), post, body="Elven, by which count?")
    create_comment(world.actor("kwame"), post, body="Yes.")
    edit_post(world.actor("noor"), post_for(world.actor("noor"), post.id), body="Eleven hand-overs, counted.")
    number, url = comment.id, f"{TEAM}/posts/{post.id}"
    samir = as_person("samir")
    assert f'href="{url}/history"' in page(samir, url)
    told = page(samir, f"{url}/history")
    assert "<del>Elven</del>" in told and "<ins>Eleven</ins>" in told
    post_form(samir, f"/comments/{number}/edit", body="Eleven, by which count?")
    assert "<del>Elven</del>" in page(as_person("kwame"), f"/comments/{number}/history")
    for path in (f"{url}/history", f"/comments/{number}/history"):
        assert as_person("joost").get(path).status_code == 404


def test_a_draft_is_there_again_and_nobody_else_sees_it(as_person, world):
    noor, samir = as_person("noor"), as_person("samir")
    answer = post_form(noor, TEAM, f"{TEAM}/draft", body="Half a thought", kind="poll", options="One")
    assert answer.location == "/drafts"
    shown = page(noor, TEAM)
    assert "Half a thought" in shown and "Je concept staat er weer." in shown
    assert "Half a thought" in page(noor, "/drafts")
    number = db.session.query(PostDraft).one().id
    for path in (TEAM, "/drafts", "/feed", "/search?q=thought"):
        assert "Half a thought" not in page(samir, path)
    assert samir.get(f"{TEAM}?draft={number}").status_code == 404
    assert post_form(samir, "/drafts", f"/drafts/{number}/cancel").status_code == 404
    assert post_form(noor, TEAM, body="A whole thought").status_code == 303
    assert db.session.query(PostDraft).all() == []


def test_a_post_for_later_is_listed_changed_posted_and_cancelled(as_person, world):
    noor = as_person("noor")
    at = (now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    for body in ("First", "Second"):
        assert post_form(noor, TEAM, body=body, publish_at=at).location == "/drafts"
    assert newest() is None
    first, second = (draft.id for draft in db.session.query(PostDraft).order_by(PostDraft.id))
    shown = page(noor, f"{TEAM}?draft={first}")
    assert f'value="{at}"' in shown and "First" in shown
    post_form(noor, TEAM, body="First, better", publish_at=at, draft=first)
    assert db.session.get(PostDraft, first).body == "First, better"
    answer = post_form(noor, TEAM, body="First, now", publish_at="", draft=first)
    assert answer.status_code == 303 and newest().body == "First, now"
    assert post_form(noor, "/drafts", f"/drafts/{second}/cancel").status_code == 303
    assert db.session.query(PostDraft).all() == []


@pytest.mark.parametrize("body", ["x" * 100_000, "@noor " * 10_000, ">" * 500 + " deep"])
def test_what_does_not_fit_comes_back_whole(as_person, world, body):
    answer = post_form(as_person("noor"), TEAM, body=body)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and body.replace(">", "&gt;") in text and 'aria-invalid="true"' in text


def test_a_space_says_who_reads_a_post_when_nobody_chose(as_person, world):
    staff = as_person("pieter_jan")
    fields = {
        "name": "Noorderlicht",
        "visibility": "members",
        "join_policy": "invite",
        "tools": "stream",
        "commenters": "members",
    }
    assert post_form(staff, f"{TEAM}/settings", post_audience="coach", **fields).status_code == 303
    assert '<option value="coach" selected>' in page(as_person("noor"), TEAM)
    create_post(world.actor("noor"), world.space("noorderlicht"), body="Quietly")
    assert newest().audience == "coach"
    answer = post_form(staff, f"{TEAM}/settings", post_audience="everybody", **fields)
    assert answer.status_code == 422


def test_a_closed_poll_says_so_and_a_late_choice_changes_nothing(as_person, world):
    noor = as_person("noor")
    closes = (now() + timedelta(hours=2)).astimezone().strftime("%Y-%m-%dT%H:%M")
    post_form(noor, TEAM, body="Now?", kind="poll", options="Yes\nNo", closes=closes)
    url = f"{TEAM}/posts/{newest().id}"
    number = re.findall(r'name="options" value="(\d+)"', page(noor, url))[0]
    token = token_of(page(noor, url))
    with frozen(now() + timedelta(hours=12)):
        shown = page(noor, url)
        assert "Deze peiling is gesloten." in shown and f"{url}/vote" not in shown
        answer = noor.post(f"{url}/vote", data={"csrf_token": token, "options": number})
        assert answer.status_code == 303
        assert "0 mensen hebben gekozen." in page(noor, url)


def test_who_left_a_space_reads_in_their_drafts_nothing_new_of_it(world, as_person):
    noor = as_person("noor")
    post_form(noor, TEAM, f"{TEAM}/draft", body="Half a thought")
    assert "Team Noorderlicht" in page(noor, "/drafts")
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("noor"))
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), name="Zonder Noor")
    found = page(noor, "/drafts")
    assert "Half a thought" in found and "Een ruimte die je niet meer ziet" in found and "Zonder Noor" not in found
