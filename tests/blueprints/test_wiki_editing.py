"""Two people write one page, without scripts: merged where that is clean, chosen where it is not, kept whatever happens."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from community.extensions import db
from community.spaces.actions import archive_space
from community.wiki.actions import create_page, delete_page, edit_page, rename_page
from community.wiki.drafts import Words, draft_at, keep_draft, new_place, place_of
from community.wiki.models import Page
from tests.conftest import post_form
from tests.world import World

WIKI = "/spaces/noorderlicht/wiki"
AT = f"{WIKI}/our-reading"
BASE = "Nobody is slow.\n\nWe counted eleven hand-overs.\n\nThe end."


@pytest.fixture
def page(world: World) -> Page:
    return create_page(world.actor("kwame"), world.space("noorderlicht"), title="Our reading", body=BASE)


def _save(browser: FlaskClient, page: Page, body: str, base: int = 1, at: str = AT, **more: object):
    data = {"page_id": page.id, "title": "Our reading", "body": body, "base": base, **more}
    return post_form(browser, f"{WIKI}?action=index", at, **data)


def _stands(page: Page) -> Page:
    db.session.expire_all()
    return db.session.get_one(Page, page.id)


def test_a_save_on_an_older_revision_is_merged_and_its_author_is_told_with_whom(as_person, world, page) -> None:
    edit_page(world.actor("samir"), page, body=BASE.replace("The end.", "The end, says Samir."), base=1)
    noor = as_person("kwame")
    answer = _save(noor, page, BASE.replace("eleven", "twelve"), summary="counted again")
    assert (answer.status_code, answer.location) == (303, AT)
    assert "merged with what Samir El Idrissi saved meanwhile" in noor.get(AT).text
    assert _stands(page).body == BASE.replace("eleven", "twelve").replace("The end.", "The end, says Samir.")
    assert page.revision == 3


def test_where_both_changed_the_same_words_each_place_is_chosen_and_nothing_is_written_before(
    as_person, world, page
) -> None:
    both = BASE.replace("eleven", "nine").replace("The end.", "The end, says Samir.")
    edit_page(world.actor("samir"), page, body=both, base=1)
    kwame = as_person("kwame")
    mine = BASE.replace("eleven", "twelve")
    answer = _save(kwame, page, mine)
    assert answer.status_code == 409
    html = answer.text
    assert "Samir El Idrissi saved revision 2 while you were writing." in html
    assert "Place 1 of 1" in html
    assert "<mark>nine</mark>" in html
    assert "<mark>twelve</mark>" in html
    assert _stands(page).body == both
    assert draft_at(world.actor("kwame"), place_of(page.id)).body == mine
    sent = {"against": 2, "joined": "Our reading"}
    asked = _save(kwame, page, mine, **sent)
    assert asked.status_code == 422
    assert "One place is not chosen yet." in asked.text
    text = _save(kwame, page, mine, **sent, c0="both", step="edit").text
    assert "We counted nine hand-overs.\nWe counted twelve hand-overs." in text
    assert re.search(r'name="base" value="2"', text)
    assert _save(kwame, page, mine, **sent, c0="mine").status_code == 303
    assert _stands(page).body == both.replace("nine", "twelve")
    assert draft_at(world.actor("kwame"), place_of(page.id)) is None


def test_somebody_is_quicker_again_while_one_chooses(as_person, world, page) -> None:
    edit_page(world.actor("samir"), page, body=BASE.replace("eleven", "nine"), base=1)
    kwame, mine = as_person("kwame"), BASE.replace("eleven", "twelve")
    assert _save(kwame, page, mine).status_code == 409
    edit_page(world.actor("noor"), page, body=page.body.replace("Nobody", "Nobody here"), base=2)
    assert _save(kwame, page, mine, against=2, joined="Our reading", c0="mine").status_code == 303
    assert _stands(page).body == mine.replace("Nobody", "Nobody here")


def test_two_titles_are_chosen_between(as_person, world, page) -> None:
    edit_page(world.actor("samir"), page, body=BASE, title="What we read", base=1)
    kwame = as_person("kwame")
    answer = _save(kwame, page, BASE + "\n\nMore.", title="How we read")
    assert answer.status_code == 409
    assert 'name="t" value="theirs"' in answer.text
    assert _save(kwame, page, BASE + "\n\nMore.", title="How we read", against=2).status_code == 422
    assert _save(kwame, page, BASE + "\n\nMore.", title="How we read", against=2, t="mine").status_code == 303
    assert (_stands(page).title, page.body) == ("How we read", BASE + "\n\nMore.")


def test_a_draft_comes_back_with_the_revision_that_it_was_made_on_and_is_merged(as_person, world, page) -> None:
    kwame = as_person("kwame")
    kept = post_form(
        kwame, f"{AT}?action=edit", "/drafts/pages", page_id=page.id, space="noorderlicht", base=1,
        title="Our reading", body=BASE.replace("eleven", "twelve"),
    )  # fmt: skip
    assert kept.location == "/drafts"
    assert "Our reading" in kwame.get("/drafts").text
    edit_page(world.actor("samir"), page, body=BASE.replace("The end.", "The end, says Samir."), base=1)
    form = kwame.get(f"{AT}?action=edit").text
    assert "Your draft is back." in form
    assert "This page changed since you began." in form
    assert f"{AT}?diff=1&amp;rev=2" in form
    assert 'name="base" value="1"' in form
    assert "We counted twelve hand-overs." in form
    merged = _save(kwame, page, BASE.replace("eleven", "twelve"), step="merge")
    assert merged.status_code == 200
    assert 'name="base" value="2"' in merged.text
    assert "The end, says Samir." in merged.text
    assert _stands(page).revision == 2
    draft = draft_at(world.actor("kwame"), place_of(page.id))
    gone = post_form(kwame, f"{AT}?action=edit", f"/drafts/pages/{draft.id}/discard?go=1")
    assert gone.location == f"{AT}?action=edit"
    assert "Your draft is back." not in kwame.get(gone.location).text


def test_who_edits_is_told_to_who_may_edit_and_to_nobody_else(as_person, world, page) -> None:
    keep_draft(world.actor("kwame"), page, Words(BASE + "\n\nA secret thought.", base=1))
    samir, ingrid, kwame = as_person("samir"), as_person("ingrid"), as_person("kwame")
    assert "Kwame Mensah is editing" in samir.get(AT).text
    assert "Also editing: Kwame Mensah" in samir.get(f"{AT}?action=edit").text
    assert "Mensah is editing" not in ingrid.get(AT).text
    assert "Mensah is editing" not in kwame.get(AT).text
    world.person("kwame").show_presence = False
    db.session.commit()
    assert "Mensah is editing" not in samir.get(AT).text


def test_a_draft_of_a_new_page_is_kept_for_each_wish_and_goes_when_it_is_written(as_person, world) -> None:
    kwame = as_person("kwame")
    sent = {"space": "noorderlicht", "at": "minutes", "title": "Minutes", "body": "Half a thought", "path": "minutes"}
    assert post_form(kwame, f"{WIKI}?action=new", "/drafts/pages", **sent).status_code == 303
    assert "Half a thought" in kwame.get(f"{WIKI}/minutes?title=Minutes").text
    assert "Half a thought" not in kwame.get(f"{WIKI}?action=new").text
    assert post_form(kwame, f"{WIKI}?action=new", WIKI, **sent).location == f"{WIKI}/minutes"
    assert draft_at(world.actor("kwame"), new_place(world.space("noorderlicht").id, "minutes")) is None


def test_a_page_that_moved_is_saved_where_it_is_and_another_at_its_address_is_left_alone(
    as_person, world, page
) -> None:
    rename_page(world.actor("samir"), page, path="moved")
    other = create_page(
        world.actor("samir"), world.space("noorderlicht"), title="Other", body="Other.", path="our-reading"
    )
    answer = _save(as_person("kwame"), page, BASE + "\n\nMore.")
    assert answer.location == f"{WIKI}/moved"
    assert _stands(page).body == BASE + "\n\nMore."
    assert _stands(other).body == "Other."


def test_a_page_that_was_deleted_while_it_was_edited_gives_the_words_back(as_person, world, page) -> None:
    delete_page(world.actor("kwame"), page)
    kwame = as_person("kwame")
    answer = _save(kwame, page, "Words <of mine>.")
    assert answer.status_code == 404
    assert "Words &lt;of mine&gt;." in answer.text
    assert "This page is not there any more" in answer.text
    draft = draft_at(world.actor("kwame"), place_of(page.id))
    assert "Words &lt;of mine&gt;." in kwame.get(f"/drafts/pages/{draft.id}").text
    for other in ("samir", "rik"):
        assert as_person(other).get(f"/drafts/pages/{draft.id}").status_code == 404
        assert post_form(as_person(other), "/drafts", f"/drafts/pages/{draft.id}/discard").status_code == 404


def test_a_space_that_is_archived_while_one_edits_gives_the_words_back(as_person, world, page) -> None:
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    answer = _save(as_person("kwame"), page, BASE + "\n\nToo late.")
    assert answer.status_code == 403
    assert "Too late." in answer.text
    assert "kept as a draft" in answer.text
    assert _stands(page).body == BASE
    assert draft_at(world.actor("kwame"), place_of(page.id)).body.endswith("Too late.")


def test_who_does_not_see_a_page_keeps_no_draft_of_it_and_learns_nothing(as_person, page) -> None:
    dev = as_person("dev")
    sent = {"space": "noorderlicht", "title": "x", "body": "y", "base": 1}
    answers = [
        post_form(dev, "/feed", "/drafts/pages", **sent, page_id=page.id),
        post_form(dev, "/feed", "/drafts/pages", **sent, page_id=999_999),
        post_form(dev, "/feed", AT, **sent, page_id=page.id),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert answers[0].data == answers[1].data


def test_what_changed_is_read_side_by_side_and_as_it_was_typed(as_person, world, page) -> None:
    edit_page(world.actor("samir"), page, body=BASE.replace("eleven", "<twelve>"), base=1)
    kwame = as_person("kwame")
    html = kwame.get(f"{AT}?diff=1").text
    assert "<del>eleven</del>" in html
    assert "<ins>&lt;twelve&gt;</ins>" in html
    assert 'class="sides"' in html
    source = kwame.get(f"{AT}?diff=1&view=source").text
    assert 'class="difftext"' in source
    assert "Make revision 1 the newest" in html


def test_a_draft_is_merged_with_what_others_write_and_have_not_saved(as_person, page) -> None:
    kwame = as_person("kwame")
    sent = {"space": "noorderlicht", "page_id": page.id, "base": 1, "title": "Our reading"}
    mine, theirs = BASE.replace("eleven", "twelve"), BASE.replace("eleven", "twelve").replace("The end", "The very end")
    both = post_form(kwame, f"{AT}?action=edit", "/drafts/pages/merge", **sent, body=mine, theirs=theirs)
    assert both.json == {"text": theirs}
    clash = post_form(
        kwame, f"{AT}?action=edit", "/drafts/pages/merge", **sent, body=mine, theirs=BASE.replace("eleven", "nine")
    )
    assert clash.json == {"text": None}
    assert post_form(kwame, "/feed", "/drafts/pages/merge", **sent, body="x" * 100_001, theirs="").status_code == 422
    for other in ("ingrid", "dev"):
        assert (
            post_form(as_person(other), "/feed", "/drafts/pages/merge", **sent, body=mine, theirs="").status_code == 404
        )
