"""What one asks of a stream, and what is new in it since one was last there."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from sqlalchemy import select

from community import clock
from community.arranging.actions import archive_post, hide_post
from community.clock import now
from community.comments.actions import create_comment
from community.extensions import db
from community.markup import topics_of
from community.microblog.actions import create_post, delete_post, react
from community.microblog.filters import Asked
from community.microblog.models import Post, Reaction
from community.microblog.queries import feed
from community.permissions import sees
from community.visits.models import EVERYWHERE, Visit
from community.visits.noting import note_visit
from community.visits.queries import new_posts, seen_in
from tests.conftest import count_queries

READERS = ("noor", "samir", "anna", "pieter_jan", "ingrid", "mei_lin", "joost", "dev", "rik")


@pytest.fixture
def told(world, catch_up):
    """A team, a cohort and a theme in which something of everything was said."""
    noor, samir, anna, boss = (world.actor(name) for name in ("noor", "samir", "anna", "pieter_jan"))
    team, cohort, theme = world.space("noorderlicht"), world.space("cohort"), world.space("theme")
    asked = create_post(noor, team, body="Wie weet iets van de #wachtlijst?", kind="question")
    waits = create_post(samir, team, body="And who of the #Loops?", kind="question")
    create_comment(samir, asked, body="Ik, @noor.van-der-velden")
    create_comment(samir, waits, body="Nobody?")
    coach = create_post(anna, team, body="For coaches: #wachtlijst", audience="coach")
    react(anna, coach, name="insight")
    create_post(boss, cohort, body="Hear ye, @samir.el-idrissi", kind="announcement")
    create_post(world.actor("mei_lin"), theme, body="Open to all: #wachtlijst", audience="organisation")
    archive_post(samir, create_post(samir, team, body="Old #wachtlijst"))
    hide_post(samir, create_post(samir, team, body="Aside"))
    delete_post(samir, create_post(samir, team, body="Gone #wachtlijst"))
    react(noor, waits, name="thanks")
    catch_up()
    return asked, waits


def fits(world, name, post, asked):
    """The filters in words, over one post, without SQL."""
    me = world.person_ids[name]
    comments = [c for c in all_comments() if (c.parent_kind, c.parent_id) == ("post", post.id) and c.deleted_at is None]
    reactions = db.session.scalars(select(Reaction).where(Reaction.post_id == post.id)).all()
    handle = f"@{world.person(name).handle}"
    mine = post.author_id == me or any(r.person_id == me for r in reactions) or handle in post.body
    mine = mine or any(c.author_id == me or handle in c.body for c in comments)
    state = "archived" if post.archived_at else "hidden" if post.hidden_at else ""
    answered = post.kind != "question" or any(c.author_id != post.author_id for c in comments)
    return (
        state == asked.state
        and asked.kind in (None, post.kind)
        and asked.author_id in (None, post.author_id)
        and (asked.topic is None or asked.topic in topics_of(post.body))
        and (asked.reaction is None or any(r.name == asked.reaction for r in reactions))
        and (asked.since is None or post.created_at >= asked.since)
        and (asked.until is None or post.created_at < asked.until)
        and (mine or not asked.involved)
        and not (answered and asked.unanswered)
    )


def all_comments():
    from community.comments.models import Comment

    return db.session.scalars(select(Comment)).all()


def test_a_filtered_feed_is_exactly_the_filter_of_may_i_over_everything(world, told):
    """Every pair of filters, for everybody."""
    at = now()
    singles = [
        {"kind": "question"},
        {"topic": "wachtlijst"},
        {"author_id": world.person_ids["samir"]},
        {"since": at - timedelta(hours=1)},
        {"until": at - timedelta(hours=1)},
        {"involved": True},
        {"unanswered": True},
        {"reaction": "insight"},
        {"state": "archived"},
        {"state": "hidden"},
        {},
    ]
    old = db.session.scalars(select(Post).order_by(Post.id)).first()
    db.session.query(Post).filter(Post.id == old.id).update({"created_at": at - timedelta(days=3)})
    db.session.commit()
    posts = db.session.scalars(select(Post)).all()
    found = 0
    for name in READERS:
        actor = world.actor(name)
        for one, other in itertools.combinations_with_replacement(singles, 2):
            asked = Asked(**{**one, **other})
            shown = {item.post.id for item in feed(actor, asked=asked, only_mine=True, limit=100).items}
            wanted = {
                post.id
                for post in posts
                if post.space_id in actor.roles and sees(actor, post) and fits(world, name, post, asked)
            }
            assert shown == wanted, (name, asked)
            found += len(shown)
    assert found > 100


def test_a_filter_asks_as_often_and_pages_by_key(world, told):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    made = [create_post(noor, team, body=f"Vraag {number}", kind="question").id for number in range(30)]
    asked, seen, before = Asked(kind="question", unanswered=True, author_id=noor.id), [], None
    while True:
        page = feed(world.actor("samir"), space=team, asked=asked, before=before, limit=7)
        seen += [item.post.id for item in page.items]
        before = page.next
        if before is None:
            break
    assert seen == made[::-1]
    samir = world.actor("samir")
    with count_queries() as few:
        feed(samir, space=team, asked=asked, limit=2)
    with count_queries() as many:
        feed(samir, space=team, asked=asked, limit=30)
    assert len(few) == len(many) or len(few) == len(many) + 1


def at(monkeypatch, moment):
    for module in ("community.visits.queries", "community.visits.noting"):
        monkeypatch.setattr(f"{module}.now", lambda: moment)


def test_the_line_stands_where_the_last_visit_ended_and_stays_during_this_one(world, monkeypatch):
    samir, team = world.actor("samir"), world.space("noorderlicht")
    first = create_post(world.actor("noor"), team, body="One").id
    assert seen_in(samir, team.id).line is None
    begin = clock.now()
    at(monkeypatch, begin)
    note_visit(samir, team.id, newest=first)
    second = create_post(world.actor("noor"), team, body="Two").id
    at(monkeypatch, begin + timedelta(hours=2))
    seen = seen_in(samir, team.id)
    assert (seen.line, seen.stale) == (first, True)
    note_visit(samir, team.id, newest=second)
    assert (seen_in(samir, team.id).line, seen_in(samir, team.id).stale) == (first, False)
    at(monkeypatch, begin + timedelta(hours=2, minutes=10))
    note_visit(samir, team.id, newest=second)
    assert seen_in(samir, team.id).line == first
    at(monkeypatch, begin + timedelta(hours=5))
    assert seen_in(samir, team.id).line == second
    assert seen_in(world.actor("noor"), team.id).line is None


def test_what_is_new_is_counted_for_each_space_in_one_statement(world, as_person):
    samir, noor = world.actor("samir"), world.actor("noor")
    team, cohort = world.space("noorderlicht"), world.space("cohort")
    first = create_post(noor, team, body="Before").id
    assert new_posts(samir) == {}
    for space in (team, cohort):
        note_visit(samir, space.id, newest=first)
    create_post(noor, team, body="New")
    create_post(world.actor("anna"), team, body="Not for Samir", audience="coach")
    create_post(samir, team, body="Of his own")
    hide_post(noor, create_post(noor, team, body="Hidden"))
    last = create_post(world.actor("pieter_jan"), cohort, body="New as well").id
    wanted = {team.id: 1, cohort.id: 1}
    assert samir.roles  # where he is was read before
    with count_queries() as asked:
        assert new_posts(samir) == wanted
    assert len(asked) == 1
    page = as_person("samir").get("/spaces").get_data(as_text=True)
    assert page.count("1 new post") == 2
    note_visit(samir, EVERYWHERE, newest=last)  # whoever read the feed has read the spaces
    assert new_posts(samir) == {}
    assert new_posts(world.actor("dev")) == {}


def test_the_page_shows_the_line_keeps_it_and_notes_the_visit_for_nobody_else(as_person, world):
    team = world.space("noorderlicht")
    samir = as_person("samir")
    create_post(world.actor("noor"), team, body="Seen before")
    words = "Above is new since your last visit"
    assert words not in samir.get("/spaces/noorderlicht").get_data(as_text=True)
    db.session.query(Visit).update({"at": now() - timedelta(hours=3)})
    db.session.commit()
    fresh = create_post(world.actor("noor"), team, body="Quite fresh")
    for _ in range(2):  # a reload leaves the line where it is
        page = samir.get("/spaces/noorderlicht").get_data(as_text=True)
        assert page.index("Quite fresh") < page.index(words) < page.index("Seen before")
    assert words in samir.get(f"/feed?since={fresh.id - 1}").get_data(as_text=True)
    assert words not in as_person("noor").get("/spaces/noorderlicht").get_data(as_text=True)
    assert {visit.person_id for visit in db.session.query(Visit)} == {
        world.person_ids["samir"],
        world.person_ids["noor"],
    }


def test_filters_stand_in_the_address_and_come_off_one_by_one(as_person, world, told):
    noor = as_person("noor")
    page = noor.get("/spaces/noorderlicht?kind=question&topic=%23Wachtlijst&from=2020-01-01").get_data(as_text=True)
    assert "Wie weet iets" in page and "And who of the" not in page
    assert 'href="/spaces/noorderlicht?kind=question&amp;from=2020-01-01"' in page
    assert "Geen enkel bericht is zo." in noor.get("/feed?author=nobody.known").get_data(as_text=True)
    answer = noor.get("/feed?from=tomorrow")
    assert answer.status_code == 422 and "Schrijf de datum als 2026-06-08." in answer.get_data(as_text=True)
    assert "Old <a" in noor.get("/spaces/noorderlicht?archived").get_data(as_text=True)


def test_the_api_has_the_same_filters(as_person, world, told):
    noor = as_person("noor")
    for query in ("kind=question", "topic=wachtlijst", "involved", "unanswered", "state=archived", "reaction=insight"):
        found = noor.get(f"/api/v1/feed?{query}")
        assert found.status_code == 200, found.json
        page = noor.get(f"/feed?{query}" if "=" in query else f"/feed?{query}=1").get_data(as_text=True)
        for item in found.json["items"]:
            assert f'id="post-{item["id"]}"' in page, query
        assert page.count('<article class="post"') == len(found.json["items"]), query
    assert noor.get("/api/v1/feed?state=secret").status_code == 422
    assert noor.get("/api/v1/feed?from=2020-01-01&to=2020-01-02").json["items"] == []
