"""Looking after pages: review and what readers see of it, owners, who must read and has, what is seen; and who can see a thing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from community.activity.models import Activity
from community.clock import frozen, now
from community.comments.actions import create_comment, reopen_thread, resolve_thread
from community.errors import CommunityError, Conflict, Denied, Invalid, NotFound
from community.extensions import db
from community.files.models import File
from community.items.models import AUDIENCES
from community.items.readers import grants_of
from community.journal.actions import write_entry
from community.journal.models import Entry
from community.microblog.models import Post
from community.notifications.keeping import level_above, set_level
from community.notifications.models import Notification
from community.permissions import SYSTEM, may, sees, visible
from community.search.queries import search
from community.spaces.actions import add_member, archive_space, remove_member, update_space
from community.wiki import seen
from community.wiki.actions import create_page, edit_page, rename_page
from community.wiki.care_jobs import say_what_is_due
from community.wiki.models import Page
from community.wiki.queries import page_at, page_for, pages_of, revision_for, revisions_of
from community.wiki.reading import (
    ask_anew,
    ask_no_more,
    ask_to_read,
    have_read,
    reading_of,
    to_read,
    waiting_readers,
    wish_for,
)
from community.wiki.review import (
    approve_page,
    look_after_page,
    offer_page,
    overdue_in,
    return_page,
    reviews_of,
    still_right,
    withdraw_page,
)
from tests.test_permissions import fill


@pytest.fixture
def page(world):
    return create_page(world.actor("noor"), world.space("noorderlicht"), title="Antwoord", body="Eerste woorden.")


def again(world, name, page):
    return page_for(world.actor(name), world.space("noorderlicht"), page.path)


def reasons(world, name):
    mine = select(Notification.reason).where(Notification.person_id == world.person_ids[name])
    mine = mine.where(Notification.object_kind == "page")
    return sorted(db.session.scalars(mine))


# Who can see this


def check_readers(world):
    """Everybody who is listed sees it, and everybody who sees it is listed."""
    kinds = (Page, Post, File, Entry)
    things = [(kind, thing.id) for kind in kinds for thing in db.session.scalars(select(kind))]
    actors = {name: world.actor(name) for name in world.everybody}
    for kind, number in things:
        thing = db.session.get_one(kind, number)
        listed = {person.id for grants in grants_of(thing) for person in grants.people}
        for name, actor in actors.items():
            there = select(kind.id).where(kind.id == number, visible(actor, kind))
            assert (db.session.scalar(there) is not None) == (actor.id in listed), (name, kind, number, thing.audience)


def test_who_can_see_a_thing_is_who_sees_it(world):
    fill(world)
    check_readers(world)
    update_space(world.actor("mei_lin"), world.space("theme"), shows_approved=True)
    archive_space(world.actor("pieter_jan"), world.space("getij"))
    check_readers(world)
    grants = {
        one.why: one for one in grants_of(db.session.scalars(select(Page).where(Page.audience == "coach")).first())
    }
    assert [person.name for person in grants["coach"].people] == ["Anna de Wit-Okonkwo"]


@settings(
    max_examples=3,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moves=st.lists(
        st.tuples(
            st.sampled_from(("noor", "joost", "ingrid", "mei_lin", "dev", "gus")),
            st.sampled_from(("noorderlicht", "getij", "cohort", "theme")),
            st.sampled_from(("owner", "facilitator", "coach", "member", "alumnus", "guest", "")),
        ),
        min_size=2,
        max_size=5,
    )
)
def test_who_can_see_a_thing_follows_every_move(world, moves):
    for place, maker in {"noorderlicht": "samir", "theme": "mei_lin"}.items():
        for audience in AUDIENCES[2:]:
            try:
                create_page(world.actor(maker), world.space(place), title=audience, body="Woorden.", audience=audience)
            except CommunityError:
                db.session.rollback()
    write_entry(
        world.actor("noor"),
        title="T",
        body="B",
        audience="people",
        people=[world.person_ids[n] for n in ("dev", "gus")],
    )
    for name, place, role in moves:
        try:
            if role:
                add_member(world.actor("rik"), world.space(place), world.person(name), role=role)
            else:
                remove_member(world.actor("rik"), world.space(place), world.person(name))
        except CommunityError:
            db.session.rollback()
    check_readers(world)


# Review


def test_a_page_is_offered_returned_offered_again_and_approved(world, page, catch_up):
    team = world.space("noorderlicht")
    offer_page(world.actor("noor"), page, revision=1)
    assert page.review_state == "ready"
    with pytest.raises(Denied):
        approve_page(world.actor("samir"), page, revision=1)
    with pytest.raises(Invalid) as fault:
        return_page(world.actor("anna"), page, revision=1, reason="  ")
    assert fault.value.field == "reason"
    return_page(world.actor("anna"), page, revision=1, reason="Voor wie is dit?")
    edit_page(world.actor("samir"), page, body="Voor de klant.", base=1)
    assert again(world, "noor", page).review_state == "draft"
    offer_page(world.actor("samir"), page, revision=2)
    with pytest.raises(Conflict):
        approve_page(world.actor("anna"), page, revision=1)
    approve_page(world.actor("anna"), page, revision=2)
    catch_up()
    assert "review" in reasons(world, "anna") and "review" in reasons(world, "pieter_jan")
    assert "reviewed" in reasons(world, "noor") and "reviewed" in reasons(world, "samir")
    steps = [(line.verdict, line.revision, line.person.name) for line in reviews_of(world.actor("noor"), page)]
    assert steps == [
        ("approved", 2, "Anna de Wit-Okonkwo"),
        ("ready", 2, "Samir El Idrissi"),
        ("returned", 1, "Anna de Wit-Okonkwo"),
        ("ready", 1, "Noor van der Velden"),
    ]
    assert (page.review_state, page.approved_revision) == ("approved", 2)
    edit_page(world.actor("noor"), again(world, "noor", page), body="Nog een keer.", base=2)
    found = page_for(world.actor("noor"), team, page.path)
    assert (found.review_state, found.approved_revision, found.revision) == ("draft", 2, 3)
    with pytest.raises(NotFound):
        reviews_of(world.actor("joost"), page)


def test_what_must_be_answered_comes_before_ready_and_before_approved(world, page):
    must = create_comment(world.actor("anna"), page, body="Who pays?", purpose="must_answer")
    with pytest.raises(Conflict, match="1 open"):
        offer_page(world.actor("noor"), page, revision=1)
    create_comment(world.actor("noor"), page, body="The desk does.", reply_to=must)
    offer_page(world.actor("noor"), page, revision=1)
    reopen_thread(world.actor("anna"), must)
    with pytest.raises(Conflict, match="1 open"):
        approve_page(world.actor("anna"), page, revision=1)
    resolve_thread(world.actor("anna"), must)
    approve_page(world.actor("anna"), page, revision=1)
    assert (page.review_state, page.open_musts) == ("approved", 0)


def test_who_offered_takes_it_back_and_nobody_returns_what_nobody_offered(world, page):
    with pytest.raises(Conflict):
        return_page(world.actor("anna"), page, revision=1, reason="Nog niet.")
    offer_page(world.actor("noor"), page, revision=1)
    before = db.session.scalar(select(Activity.id).order_by(Activity.id.desc()))
    offer_page(world.actor("noor"), page, revision=1)
    assert db.session.scalar(select(Activity.id).order_by(Activity.id.desc())) == before
    withdraw_page(world.actor("samir"), page)
    assert page.review_state == "draft"
    with pytest.raises(Denied):
        offer_page(world.actor("ingrid"), page, revision=1)
    archive_space(world.actor("pieter_jan"), world.space("noorderlicht"))
    with pytest.raises(Denied):
        offer_page(world.actor("noor"), page, revision=1)


def test_who_does_not_write_reads_what_was_approved_and_finds_nothing_else(world, page, catch_up):
    team = world.space("noorderlicht")
    update_space(world.actor("pieter_jan"), team, shows_approved=True)
    catch_up()
    with pytest.raises(NotFound):
        page_at(world.actor("ingrid"), team.slug, page.path)
    assert pages_of(world.actor("ingrid"), team).items == []
    assert search(world.actor("ingrid"), q="woorden", folder=_index()).found == []
    assert [hit.title for hit in search(world.actor("samir"), q="woorden", folder=_index()).found] == ["Antwoord"]
    approve_page(world.actor("anna"), again(world, "anna", page), revision=1)
    edit_page(
        world.actor("noor"), again(world, "noor", page), body="Geheim **concept**.", title="Ander antwoord", base=1
    )
    catch_up()
    db.session.expire_all()
    shown = page_at(world.actor("ingrid"), team.slug, page.path)
    assert (shown.title, shown.revision, shown.newer_draft) == ("Antwoord", 1, True)
    assert "Geheim" not in shown.body_html + shown.body + shown.excerpt
    assert [r.number for r in revisions_of(world.actor("ingrid"), shown).items] == [1]
    with pytest.raises(NotFound):
        revision_for(world.actor("ingrid"), shown, 2)
    assert [one.excerpt for one in pages_of(world.actor("ingrid"), team).items] == ["Eerste woorden."]
    assert search(world.actor("ingrid"), q="geheim", folder=_index()).found == []
    hits = search(world.actor("ingrid"), q="eerste", folder=_index()).found
    assert [hit.title for hit in hits] == ["Antwoord"]
    db.session.expire_all()
    writer = page_at(world.actor("samir"), team.slug, page.path)
    assert (writer.title, writer.revision, writer.newer_draft) == ("Ander antwoord", 2, False)
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), shows_approved=False)
    catch_up()
    db.session.expire_all()
    assert page_at(world.actor("ingrid"), team.slug, page.path).title == "Ander antwoord"
    assert len(search(world.actor("ingrid"), q="geheim", folder=_index()).found) == 1


def test_what_a_reader_is_given_is_never_saved(world, page):
    team = world.space("noorderlicht")
    update_space(world.actor("pieter_jan"), team, shows_approved=True)
    approve_page(world.actor("anna"), page, revision=1)
    edit_page(world.actor("noor"), page, body="Nieuwer.", base=1)
    shown = page_at(world.actor("ingrid"), team.slug, page.path)
    assert not db.session.is_modified(shown)
    with pytest.raises(Denied):
        edit_page(world.actor("ingrid"), shown, body="Van mij.", base=1)
    rename_page(world.actor("noor"), again(world, "noor", page), title="Hernoemd")
    stands = db.session.execute(select(Page.title, Page.body).where(Page.id == page.id)).one()
    assert stands == ("Hernoemd", "Nieuwer.")


def _index():
    from flask import current_app

    return current_app.config["SETTINGS"].search_folder


# Owner


def test_an_owner_is_reminded_once_a_week_until_they_looked(world, page, catch_up):
    today = now().date()
    with pytest.raises(Invalid) as fault:
        look_after_page(world.actor("noor"), page, owner=world.person("ingrid"), review_by=None)
    assert fault.value.field == "owner"
    with pytest.raises(Invalid) as fault:
        look_after_page(world.actor("noor"), page, owner=world.person("samir"), review_by=today)
    assert fault.value.field == "review_by"
    look_after_page(world.actor("noor"), page, owner=world.person("samir"), review_by=today + timedelta(days=7))
    catch_up()
    assert reasons(world, "samir") == ["owned"]
    say_what_is_due({})
    catch_up()
    assert reasons(world, "samir") == ["owned"]
    with frozen(now() + timedelta(days=8)):
        say_what_is_due({})
        say_what_is_due({})
        catch_up()
        assert reasons(world, "samir") == ["look-over", "owned"]
        assert [one.id for one in overdue_in(world.actor("noor"), world.space("noorderlicht"))] == [page.id]
        with pytest.raises(Denied):
            overdue_in(world.actor("ingrid"), world.space("noorderlicht"))
        still_right(world.actor("samir"), again(world, "samir", page), review_by=now().date() + timedelta(days=90))
        assert overdue_in(world.actor("noor"), world.space("noorderlicht")) == []
        assert reviews_of(world.actor("noor"), again(world, "noor", page))[0].verdict == "right"
    with frozen(now() + timedelta(days=16)):
        say_what_is_due({})
        catch_up()
    assert reasons(world, "samir") == ["look-over", "owned"]


# I have read this


def test_people_are_asked_say_that_they_have_read_and_are_asked_anew(world, page, catch_up):
    noor, samir = world.actor("noor"), world.actor("samir")
    assert reading_of(samir, page) is None and wish_for(samir, page) is None
    with pytest.raises(Denied):
        ask_to_read(world.actor("ingrid"), page)
    ask_to_read(noor, page, until=now().date() + timedelta(days=3), nag="daily")
    catch_up()
    assert "must-read" in reasons(world, "samir") and "must-read" in reasons(world, "ingrid")
    assert reasons(world, "joost") == []
    have_read(world.actor("samir"), again(world, "samir", page), revision=1)
    known = reading_of(world.actor("noor"), again(world, "noor", page))
    assert [person.name for person in known.have] == ["Samir El Idrissi"]
    assert known.of == 7 and known.count == 1 and world.person("anna") in known.have_not
    theirs = reading_of(world.actor("ingrid"), again(world, "ingrid", page))
    assert (theirs.count, theirs.of, theirs.have, theirs.have_not, theirs.mine) == (1, 7, None, None, False)
    assert wish_for(world.actor("samir"), again(world, "samir", page)).done
    assert [one.id for one in to_read(world.actor("ingrid"))] == [page.id] and to_read(world.actor("samir")) == []
    edit_page(world.actor("noor"), again(world, "noor", page), body="Kleine correctie.", base=1)
    assert wish_for(world.actor("samir"), again(world, "samir", page)).done
    ask_anew(world.actor("noor"), again(world, "noor", page))
    assert not wish_for(world.actor("samir"), again(world, "samir", page)).done
    with pytest.raises(Invalid):
        have_read(world.actor("samir"), again(world, "samir", page), revision=3)
    have_read(world.actor("samir"), again(world, "samir", page), revision=2)
    assert world.person_ids["samir"] not in waiting_readers(again(world, "noor", page))
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("samir"))
    assert reading_of(world.actor("noor"), again(world, "noor", page)).of == 6
    ask_no_more(world.actor("noor"), again(world, "noor", page))
    assert reading_of(world.actor("noor"), again(world, "noor", page)) is None


def test_only_who_has_not_read_it_is_told_again_and_the_named_alone_are_asked(world, page, catch_up):
    ids = [world.person_ids["samir"], world.person_ids["fatma"]]
    with pytest.raises(Invalid) as fault:
        ask_to_read(world.actor("noor"), page, people=[world.person_ids["joost"]])
    assert fault.value.field == "people"
    ask_to_read(world.actor("noor"), page, people=ids, nag="weekly")
    have_read(world.actor("samir"), again(world, "samir", page), revision=1)
    catch_up()
    assert wish_for(world.actor("kwame"), again(world, "kwame", page)) is None
    assert reasons(world, "kwame") == []
    for days in (1, 8, 8, 15):
        with frozen(now() + timedelta(days=days)):
            say_what_is_due({})
            catch_up()
    assert reasons(world, "samir") == [] or reasons(world, "samir") == ["must-read"]
    assert reasons(world, "fatma") == ["must-read"] * 3
    with pytest.raises(Denied):
        from community.wiki.reading import ask_again

        ask_again(world.actor("noor"), again(world, "noor", page))
    assert may(SYSTEM, "edit", page) is False


# What is seen


def test_what_was_opened_is_mine_and_others_see_how_many(world, page):
    seen._noted.clear()
    for name in ("samir", "fatma"):
        actor = world.actor(name)
        assert seen.is_news(actor, page.id) and not seen.is_news(actor, page.id)
        seen.note_seen(actor.id, page.id)
    team = world.space("noorderlicht")
    assert [one.id for one in seen.lately_opened(world.actor("samir"), team)] == [page.id]
    assert seen.lately_opened(world.actor("noor"), team) == []
    assert [(one.id, many) for one, many in seen.most_opened(world.actor("noor"), team)] == [(page.id, 2)]
    assert seen.most_opened(world.actor("joost"), world.space("getij")) == []
    assert seen.insight_of(world.actor("noor"), page) == seen.Insight(2, 2)
    with frozen(now() + timedelta(days=40)):
        assert seen.insight_of(world.actor("noor"), page) == seen.Insight(0, 2)
        assert seen.most_opened(world.actor("noor"), team) == []
    with frozen(now() + timedelta(days=200)):
        assert [one.id for one in seen.stale_in(world.actor("noor"), team)] == [page.id]
    with pytest.raises(NotFound):
        seen.insight_of(world.actor("joost"), page)


def test_a_favourite_stands_at_the_top_for_me_alone_and_goes_with_my_right(world, page):
    team = world.space("noorderlicht")
    for _ in range(2):
        seen.favour(world.actor("samir"), again(world, "samir", page))
    assert [one.title for one in seen.favourites_in(world.actor("samir"), team)] == ["Antwoord"]
    assert seen.is_favourite(world.actor("samir"), page) and not seen.is_favourite(world.actor("noor"), page)
    assert seen.favourites_in(world.actor("noor"), team) == []
    with pytest.raises(NotFound):
        seen.favour(world.actor("joost"), page)
    remove_member(world.actor("pieter_jan"), team, world.person("samir"))
    assert seen.favourites_in(world.actor("samir"), world.space("noorderlicht")) == []
    seen.favour_no_more(world.actor("samir"), page.id)
    assert not seen.is_favourite(world.actor("samir"), page)
    assert not sees(world.actor("joost"), page)


# How near somebody wants to be


def test_a_page_inherits_the_level_of_the_page_above_it_until_somebody_chooses_its_own(world, page, catch_up):
    team, noor = world.space("noorderlicht"), world.actor("noor")
    below = create_page(noor, team, title="Bewijs", body="Gesprekken.", path="antwoord/bewijs")
    create_page(noor, team, title="Telling", body="Elf.", path="antwoord/bewijs/telling")
    catch_up()
    set_level(world.actor("samir"), again(world, "samir", page), "watch")
    set_level(world.actor("fatma"), again(world, "fatma", page), "watch")
    set_level(world.actor("fatma"), again(world, "fatma", below), "muted")
    deep = page_for(noor, team, "antwoord/bewijs/telling")
    edit_page(world.actor("noor"), deep, body="Twaalf.", base=1)
    create_page(world.actor("noor"), team, title="Nog een", body="Nieuw.", path="antwoord/nog-een")
    catch_up()
    assert reasons(world, "samir") == ["followed", "followed"]
    assert reasons(world, "fatma") == ["followed"], (
        "what is below the muted page is muted too; the new one is not below it"
    )
    assert reasons(world, "kwame") == []
    deep = page_for(world.actor("samir"), team, "antwoord/bewijs/telling")
    assert level_above(world.actor("samir"), deep) == "watch"
    assert level_above(world.actor("fatma"), deep) == "muted"
    assert level_above(world.actor("kwame"), deep) is None
    with pytest.raises(NotFound):
        set_level(world.actor("joost"), deep, "watch")
