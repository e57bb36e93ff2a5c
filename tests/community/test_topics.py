"""Topics are made by whoever writes #word, seen by who sees where, followed, renamed and merged; people and groups are named."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import func, select

from community.comments.actions import create_comment, edit_comment
from community.comments.models import Comment
from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.files.actions import delete_file, upload_file
from community.files.changing import tag_file
from community.files.incoming import receive
from community.files.models import File
from community.items.mentions import MOST_TOLD
from community.items.suggestions import suggestions
from community.microblog.actions import create_post, delete_post, edit_post
from community.microblog.filters import Asked
from community.microblog.models import Post
from community.microblog.queries import feed
from community.notifications.models import Notification
from community.permissions import sees
from community.ports import ports
from community.spaces.actions import add_member, remove_member
from community.topics.actions import merge_topics, update_topic
from community.topics.following import follow, unfollow
from community.topics.models import Topic, TopicUse
from community.topics.queries import followed_by, follows, topic_named, topics_for, topics_like, under
from community.wiki.actions import create_page
from tests.conftest import count_queries, post_form


def told(world, name, reason):
    stmt = select(func.count()).where(Notification.person_id == world.person_ids[name], Notification.reason == reason)
    return db.session.scalar(stmt)


def test_who_sees_something_that_names_a_topic_sees_the_topic(world, catch_up, as_person):
    noor = world.actor("noor")
    post = create_post(noor, world.space("noorderlicht"), body="De #Wachtlijst en #wachtlijst, en nog #loops")
    create_comment(world.actor("samir"), post, body="Ja, #wachtlijst")
    number = post.id
    create_page(noor, world.space("noorderlicht"), title="Wachten", body="Over de #wachtlijst")
    catch_up()
    found = topic_named(world.actor("samir"), "#WACHTLIJST")
    assert [kind for kind, _ in under(world.actor("samir"), found).items] == ["page", "comment", "post"]
    assert [(held.topic.key, held.uses) for held in topics_for(world.actor("samir"))] == [
        ("wachtlijst", 3),
        ("loops", 1),
    ]
    for name in ("dev", "joost", "rik", "gus"):
        assert topic_named(world.actor(name), "wachtlijst") is None
        assert topics_like(world.actor(name), "wacht") == topics_for(world.actor(name)) == []
    hidden, absent = (as_person("dev").get(f"/topics/{name}").get_data(as_text=True) for name in ("loops", "nothing"))
    token = re.compile(r'name="csrf_token" value="[^"]+"')
    assert token.sub("", hidden).replace("loops", "nothing") == token.sub("", absent)
    page = as_person("samir").get("/topics/wachtlijst").get_data(as_text=True)
    assert "Wachten" in page and f'id="post-{number}"' in page
    assert [topic.key for topic in topics_like(world.actor("samir"), "#wa")] == ["wachtlijst"]


def test_an_edit_and_a_removal_are_followed_and_reading_twice_changes_nothing(world, catch_up):
    from community.activity.models import Activity
    from community.topics.consumer import read

    noor = world.actor("noor")
    number = create_post(noor, world.space("noorderlicht"), body="#een #twee").id
    catch_up()
    post = db.session.get(Post, number)
    edit_post(noor, post, body="#twee #drie")
    catch_up()
    uses = select(Topic.key).join(TopicUse, TopicUse.topic_id == Topic.id).order_by(Topic.key)
    assert db.session.scalars(uses).all() == ["drie", "twee"]
    read(db.session.scalars(select(Activity).order_by(Activity.id)).all())
    assert db.session.scalars(uses).all() == ["drie", "twee"]
    db.session.rollback()
    delete_post(noor, db.session.get(Post, number))
    catch_up()
    assert db.session.scalars(uses).all() == []


def test_a_topic_page_asks_as_often_for_much_as_for_little(world, catch_up, as_person):
    noor = world.actor("noor")
    samir, counts = as_person("samir"), []
    for many in (2, 20):
        for number in range(many):
            post = create_post(noor, world.space("noorderlicht"), body=f"#loops {number}")
            create_comment(noor, post, body="#loops")
        catch_up()
        with count_queries() as asked:
            assert samir.get("/topics/loops").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 16
    found = topic_named(world.actor("samir"), "loops")
    first = under(world.actor("samir"), found, limit=30)
    rest = under(world.actor("samir"), found, limit=30, before=first.next)
    assert len(first.items) == 30 and len(rest.items) == 14


def test_followers_hear_of_new_posts_that_they_may_see(world, catch_up):
    noor = world.actor("noor")
    create_post(noor, world.space("noorderlicht"), body="#loops")
    catch_up()
    for name in ("samir", "fatma"):
        follow(world.actor(name), topic_named(world.actor(name), "loops"))
    follow(world.actor("samir"), topic_named(world.actor("samir"), "loops"))
    with pytest.raises(NotFound):
        follow(world.actor("dev"), db.session.scalars(select(Topic)).one())
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("fatma"))
    create_post(world.actor("noor"), world.space("noorderlicht"), body="More of the #loops")
    catch_up()
    assert (told(world, "samir", "topic"), told(world, "fatma", "topic")) == (1, 0)
    assert followed_by(world.actor("fatma")) == []
    unfollow(world.actor("samir"), topic_named(world.actor("samir"), "loops"))
    create_post(world.actor("noor"), world.space("noorderlicht"), body="And #loops again")
    catch_up()
    assert told(world, "samir", "topic") == 1


def test_a_renamed_topic_keeps_its_old_name_as_a_way_in(world, catch_up, as_person):
    boss = world.actor("rik")
    mei_lin = world.actor("mei_lin")
    create_post(mei_lin, world.space("theme"), body="#wachtrij", audience="organisation")
    catch_up()
    topic = topic_named(boss, "wachtrij")
    with pytest.raises(Denied):
        update_topic(mei_lin, topic, name="wachtlijst")
    for name in ("two words", "", "1", "x" * 90):
        with pytest.raises(Invalid):
            update_topic(boss, topic, name=name)
    update_topic(boss, topic, name="Wachtlijst", names={"en": "waiting list"}, description="Who waits, and why")
    assert as_person("samir").get("/topics/wachtrij").location == "/topics/wachtlijst"
    page = as_person("samir").get("/topics/wachtlijst").get_data(as_text=True)
    assert "#waiting list" in page and "Who waits, and why" in page
    create_post(mei_lin, world.space("theme"), body="Nog eens #wachtrij", audience="organisation")
    catch_up()
    assert len(under(world.actor("dev"), topic_named(world.actor("dev"), "wachtlijst")).items) == 2
    asked = Asked(topic="wachtrij")
    assert len(feed(world.actor("mei_lin"), asked=asked).items) == 2
    topic = topic_named(boss, "wachtlijst")
    update_topic(world.actor("rik"), topic, name="wachtrij")  # and back
    assert topic_named(world.actor("dev"), "wachtlijst").key == "wachtrij"


def test_two_topics_become_one_with_their_followers(world, catch_up, as_person):
    boss, mei_lin = world.actor("rik"), world.actor("mei_lin")
    both = create_post(mei_lin, world.space("theme"), body="#wachtrij en #wachtlijst", audience="organisation")
    one = create_post(mei_lin, world.space("theme"), body="#wachtrij", audience="organisation")
    both, one = both.id, one.id
    catch_up()
    dev = world.actor("dev")
    follow(dev, topic_named(dev, "wachtrij"))
    first, second = topic_named(boss, "wachtrij"), topic_named(boss, "wachtlijst")
    with pytest.raises(Invalid):
        merge_topics(boss, first, first)
    with pytest.raises(Denied):
        merge_topics(mei_lin, first, second)
    merge_topics(world.actor("rik"), first, second)
    db.session.expire_all()
    dev = world.actor("dev")
    found = topic_named(dev, "wachtrij")
    assert found.key == "wachtlijst" and follows(dev, found)
    assert {thing.id for _, thing in under(dev, found).items} == {both, one}
    rik = as_person("rik")
    assert post_form(rik, "/topics/wachtlijst/edit", do="merge", into="nowhere").status_code == 422
    assert post_form(rik, "/topics/wachtlijst/edit", name="Rijen", description="").location == "/topics/rijen"
    assert as_person("dev").get("/topics/rijen/edit").status_code == 404


# Mentions


def test_a_team_is_told_by_its_name_and_nobody_twice(world, catch_up):
    noor = world.actor("noor")
    post = create_post(noor, world.space("noorderlicht"), body="Hoi @team, en @samir.el-idrissi")
    assert '<a class="mention" href="/spaces/noorderlicht">@team</a>' in post.body_html
    number = post.id
    catch_up()
    for name, times in (("samir", 1), ("kwame", 1), ("anna", 1), ("noor", 0), ("joost", 0)):
        assert told(world, name, "mention") == times, name
    post = db.session.get(Post, number)
    edit_post(world.actor("noor"), post, body="Hoi @team, nog eens")
    create_post(world.actor("noor"), world.space("noorderlicht"), body="And @cohort-14 and @getij and @nobody.at-all")
    catch_up()
    assert told(world, "kwame", "mention") == 2 and told(world, "joost", "mention") == 0  # he does not see the post


def test_who_is_outside_a_group_does_not_speak_to_it(world, catch_up):
    mei_lin = world.actor("mei_lin")
    post = create_post(mei_lin, world.space("theme"), body="@noorderlicht @cohort @team", audience="organisation")
    assert "mention" not in post.body_html
    catch_up()
    assert told(world, "samir", "mention") == 0


def test_a_large_group_is_refused_and_ten_people_are_told(world, catch_up, monkeypatch):
    boss = world.actor("pieter_jan")
    monkeypatch.setattr("community.items.mentions.LARGEST_GROUP", 4)
    with pytest.raises(Invalid) as fault:
        create_post(boss, world.space("noorderlicht"), body="Hoi @team")
    assert fault.value.field == "body"
    monkeypatch.setattr("community.items.mentions.MOST_TOLD", 2)
    names = [world.person(name).handle for name in ("samir", "kwame", "fatma")]
    create_post(world.actor("noor"), world.space("noorderlicht"), body=" ".join(f"@{name}" for name in names))
    catch_up()
    assert [told(world, name, "mention") for name in ("samir", "kwame", "fatma")] == [1, 1, 0]
    assert MOST_TOLD == 10


def test_suggestions_are_those_who_may_read_it_people_of_the_space_first(world, as_person):
    noor, team, theme = world.actor("noor"), world.space("noorderlicht"), world.space("theme")
    found = suggestions(noor, "", space=team)
    assert {group.name for group in found.groups} == {"team", "cohort"}
    assert {p.id for p in found.people} <= {p.id for p in [world.person(n) for n in world.everybody]}
    assert all(sees(world.actor("noor"), person) for person in found.people)
    names = {person.name.split()[0] for person in found.people}
    assert "Joost" not in names and "Dev" not in names and {"Samir", "Kwame", "Fatma"} <= names
    secret = create_post(world.actor("noor"), world.space("noorderlicht"), body="For the coach", audience="coach")
    assert [p.name for p in suggestions(noor, "", thing=secret).people] == [world.person("anna").name]
    assert [p.name for p in suggestions(noor, "", space=team, audience="coach").people] == [world.person("anna").name]
    theirs = suggestions(world.actor("mei_lin"), "d", space=theme, audience="space")
    assert "Dev Anand" not in {person.name for person in theirs.people}
    open_ = suggestions(world.actor("mei_lin"), "d", space=theme)
    assert "Dev Anand" in {person.name for person in open_.people}
    answer = as_person("noor").get("/api/v1/mentions?q=sam&space=noorderlicht")
    assert answer.json == {"groups": [], "people": [{"handle": "samir.el-idrissi", "name": "Samir El Idrissi"}]}
    assert as_person("dev").get("/api/v1/mentions?q=sam&space=noorderlicht").status_code == 404
    assert as_person("dev").get(f"/api/v1/mentions?on=post:{secret.id}").status_code == 404
    assert as_person("gus").get("/api/v1/mentions?q=sam").json["people"] == []


def test_a_name_that_was_merged_away_leads_on_only_for_who_read_it(world, catch_up, as_person):
    """What a closed team called something does not show when its topic becomes one that everybody sees."""
    create_post(world.actor("noor"), world.space("noorderlicht"), body="Een #ontslagronde, zegt men")
    shared = create_post(world.actor("mei_lin"), world.space("theme"), body="Goed #werk").id
    add_member(world.actor("rik"), world.space("noorderlicht"), world.person("rik"), role="member")
    catch_up()
    rik = world.actor("rik")
    merge_topics(rik, topic_named(rik, "ontslagronde"), topic_named(rik, "werk"))
    catch_up()
    for name, knows in (("noor", True), ("samir", True), ("rik", True), ("dev", False), ("joost", False)):
        who = world.actor(name)
        assert (topic_named(who, "Ontslagronde") is not None) is knows, name
        assert topic_named(who, "werk") is not None
        found = feed(who, space=world.space("theme"), asked=Asked(topic="ontslagronde")).items
        assert [item.post.id for item in found] == ([shared] if knows else []), name
    dev = as_person("dev")
    unknown = dev.get("/topics/onbekend").get_data(as_text=True)
    assert dev.get("/topics/ontslagronde").get_data(as_text=True).replace("ontslagronde", "onbekend") == unknown
    assert dev.get("/api/v1/topics/ontslagronde").status_code == 404


def test_nobody_is_called_again_and_again_by_the_same_words(world, catch_up):
    samir = world.actor("samir")
    post = create_post(samir, world.space("noorderlicht"), body="Eerst zonder")
    comment = create_comment(samir, post, body="Ook zonder")
    numbers = ((Post, post.id, edit_post), (Comment, comment.id, edit_comment))
    for _ in range(3):
        for body in ("Nu @noor.van-der-velden en @team", "En weer zonder"):
            for model, number, edit in numbers:
                edit(world.actor("samir"), db.session.get_one(model, number), body=body)
            catch_up()
    assert told(world, "noor", "mention") == told(world, "kwame", "mention") == 2  # once for each of the two


def test_files_stand_under_what_their_tags_and_descriptions_name(world, catch_up, as_person):
    noor, team = world.actor("noor"), world.space("noorderlicht")
    came = receive(ports.storage(), io.BytesIO(b"One, two."), "Planner.txt", limit_bytes=100)
    file = upload_file(noor, team, name=came.name, stored=came.stored, description="What the #Planner said")
    number = file.id
    catch_up()
    assert topic_named(world.actor("samir"), "planner").key == "planner"
    tag_file(noor, db.session.get(File, number), tags=["Evidence", "status=ready"])
    catch_up()
    found = {held.topic.key for held in topics_for(world.actor("samir"))}
    assert found == {"planner", "evidence", "status", "status=ready"}
    assert topics_for(world.actor("dev")) == [] and topic_named(world.actor("dev"), "evidence") is None
    page = as_person("samir").get("/topics/evidence").get_data(as_text=True)
    assert "/spaces/noorderlicht/files/Planner.txt?about" in page and "What the #Planner said" in page
    with count_queries() as asked:
        assert as_person("samir").get("/topics/evidence").status_code == 200
    alone = len(asked)
    for name in ("Two.txt", "Three.txt"):
        made = upload_file(
            noor, world.space("noorderlicht"), name=name, stored=came.stored, description="Of the #evidence"
        )
        assert made.version == 1
    catch_up()
    with count_queries() as asked:
        assert as_person("samir").get("/topics/evidence").status_code == 200
    assert len(asked) == alone
    delete_file(noor, db.session.get(File, number))
    catch_up()
    assert {held.topic.key for held in topics_for(world.actor("samir"))} == {"evidence"}


def test_a_merged_name_leads_on_for_who_sees_a_file_that_bears_it(world, catch_up):
    mei_lin, theme = world.actor("mei_lin"), world.space("theme")
    came = receive(ports.storage(), io.BytesIO(b"One, two."), "Planner.txt", limit_bytes=100)
    more = {"stored": came.stored, "audience": "organisation"}
    upload_file(mei_lin, theme, name="one.txt", description="About #wachtrij", **more)
    upload_file(mei_lin, world.space("theme"), name="two.txt", description="About #wachtlijst", **more)
    catch_up()
    rik = world.actor("rik")
    merge_topics(rik, topic_named(rik, "wachtrij"), topic_named(rik, "wachtlijst"))
    assert topic_named(world.actor("dev"), "wachtrij").key == "wachtlijst"
