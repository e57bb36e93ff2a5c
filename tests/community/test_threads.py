"""Threads: their states, who may move them, what is held, and for whom a comment is at all."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from community.activity.models import Activity
from community.activity.outbox import lines_after, run_until_idle
from community.activity.queries import activity_after
from community.coaching.queries import inbox_of
from community.comments.actions import (
    apply_suggestion,
    create_comment,
    delete_comment,
    edit_comment,
    hold_comment,
    place_again,
    release_comments,
    reopen_thread,
    resolve_thread,
)
from community.comments.anchors import Selector, print_of
from community.comments.models import Anchor, Comment
from community.comments.queries import (
    anchors_of,
    comment_for,
    comments_of,
    held_by,
    left_beyond,
    musts_of,
    open_threads,
    replies_to_me,
    threads_of,
)
from community.comments.revisions import comment_revisions_of
from community.comments.texts import text_of
from community.errors import Denied, Invalid, NotFound
from community.extensions import db
from community.files.actions import upload_file
from community.files.incoming import receive
from community.jobs import work
from community.journal.actions import edit_entry, share_entry, write_entry
from community.kinds import kind_named
from community.live.consumer import pointers
from community.microblog.actions import accept_answer, create_post, edit_post
from community.microblog.filters import Asked
from community.microblog.queries import dress, feed
from community.notifications.models import Notification
from community.permissions import may, sees, visible
from community.search.queries import search
from community.spaces.actions import remove_member, update_space
from community.topics.queries import topic_named
from community.wiki.actions import create_page, edit_page
from community.wiki.models import Page
from community.wiki.queries import page_for
from community.wiki.review import approve_page

WORDS = (
    "We read customer as **everyone who calls**.\n\nThe question travels: eleven hand-overs before the first answer."
)


def page_in(world, who="noor", body=WORDS):
    return create_page(world.actor(who), world.space("noorderlicht"), title="Our reading", body=body)


def say(world, who, thing, body="Who else?", **more):
    return create_comment(world.actor(who), thing, body=body, **more)


def file_in(app, world, name="plan.bin", words=b"\0\1"):
    got = receive(app.config["STORAGE"], io.BytesIO(words), name, limit_bytes=10_000)
    return upload_file(
        world.actor("noor"), world.space("noorderlicht"), name=name, stored=got.stored, media_type=got.media_type
    )


def about(words):
    return Selector(words)


def test_a_thread_waits_is_answered_resolved_and_opened_again(world):
    page = page_in(world)
    must = say(world, "anna", page, purpose="must_answer", anchor=about("everyone who calls"))
    assert (must.state, must.is_thread, page.open_musts) == ("open", True, 1)
    assert musts_of(world.actor("samir"), page) == [must] == open_threads(world.actor("anna"), [page.space_id])
    say(world, "anna", page, "I mean the branches", reply_to=must)
    assert must.state == "open", "who asked has not answered"
    for who, verb in (("noor", "resolve"), ("samir", "resolve"), ("ingrid", "resolve"), ("samir", "reopen")):
        assert not may(world.actor(who), verb, must), (who, verb)
    with pytest.raises(Denied):
        resolve_thread(world.actor("noor"), must)
    reply = say(world, "samir", page, "The branches, yes", reply_to=must)
    assert (must.state, must.state_by_id, reply.state) == ("answered", world.person_ids["samir"], "reply")
    assert page.open_musts == 0 and musts_of(world.actor("samir"), page) == []
    assert open_threads(world.actor("anna"), [page.space_id]) == []
    assert open_threads(world.actor("anna"), [page.space_id], answered=True) == [must]
    [answered] = replies_to_me(world.actor("anna"))
    assert (answered.thread, answered.reply) == (must, reply) and replies_to_me(world.actor("samir")) == []
    reopen_thread(world.actor("anna"), must)
    assert must.state == "reopened" and page.open_musts == 1
    say(world, "kwame", page, "And the mail room", reply_to=reply)
    assert must.state == "answered"
    resolve_thread(world.actor("fatma"), must)
    assert must.state == "resolved" and must.state_at is not None and replies_to_me(world.actor("anna")) == []
    run_until_idle(QUICK)
    told = {
        (world_name(world, row.person_id), row.reason)
        for row in db.session.scalars(select(Notification).filter_by(object_kind="comment", object_id=must.id))
        if row.verb == "comment.resolved"
    }
    assert told == {("anna", "resolved")}
    for again in (resolve_thread, lambda a, c: reopen_thread(world.actor("noor"), c), reopen_thread):
        again(world.actor("anna"), must)
    assert must.state == "reopened"
    plain = say(world, "anna", page, "Plain talk")
    assert plain.state == "" and not any(
        may(world.actor("anna"), verb, plain) for verb in ("resolve", "reopen", "apply")
    )
    with pytest.raises(Denied):
        resolve_thread(world.actor("samir"), reply)
    delete_comment(world.actor("anna"), must)
    assert page.open_musts == 0
    with pytest.raises(NotFound):
        resolve_thread(world.actor("anna"), must)


def world_name(world, number):
    return next(name for name, held in world.person_ids.items() if held == number)


def test_between_coaches_nobody_answers_for_the_team(world):
    post = create_post(world.actor("samir"), world.space("noorderlicht"), body="What do you think?")
    asked = say(world, "anna", post, "Why?", purpose="question")
    asked.as_role = "coach"
    other = say(world, "pieter_jan", post, "Good question", reply_to=asked)
    assert asked.state == "answered" and other.as_role == "owner"
    team = say(world, "noor", post, "Better like this", purpose="suggestion")
    say(world, "noor", post, "I mean it", reply_to=team)
    assert team.state == "open"


def test_what_is_refused_says_where_and_keeps_nothing(app, world):
    page = page_in(world)
    held = say(world, "anna", page, held=True)
    before = db.session.query(Comment).count()
    for field, more in (
        ("purpose", {"purpose": "order"}),
        ("audience", {"audience": "friends"}),
        ("audience", {"audience": "author", "purpose": "must_answer"}),
        ("quote", {"anchor": about("words that stand nowhere")}),
        ("quote", {"anchor": about("e")}),
        ("quote", {"anchor": about(" ")}),
        ("quote", {"anchor": about("x" * 2_001)}),
        ("replacement", {"anchor": about("calls"), "purpose": "question", "replacement": "rings"}),
        ("replacement", {"purpose": "suggestion", "replacement": "rings"}),
        ("replacement", {"anchor": about("calls"), "purpose": "suggestion", "replacement": "x" * 2_001}),
        ("reply_to", {"reply_to": held}),
        ("body", {"body": " "}),
    ):
        with pytest.raises(Invalid) as fault:
            say(world, "anna", page, **more)
        assert fault.value.field == field, more
    entry = write_entry(world.actor("noor"), title="Mine", body="Alone")
    with pytest.raises(Invalid, match="coaches"):
        say(world, "noor", entry, audience="coaches")
    file = file_in(app, world)
    with pytest.raises(Invalid) as fault:
        say(world, "noor", file, anchor=about("x"))
    assert fault.value.field == "quote" and db.session.query(Comment).count() == before


# ---- who reads ------------------------------------------------------------------------------------------------------

EVERYBODY_ELSE = ("samir", "fatma", "joost", "mei_lin", "ingrid", "rik", "dev", "gus")
SECRET = "zonnewijzer"


def things_in(app, world):
    space = world.space("noorderlicht")
    noor = world.actor("noor")
    return {
        "page": create_page(noor, space, title="Page", body=WORDS),
        "post": create_post(noor, space, body="A question of words: everyone who calls?", kind="question"),
        "entry": write_entry(noor, title="Entry", body=WORDS, audience="space", space=space),
        "file": file_in(app, world),
    }


QUICK = ["names", "anchors", "notifications"]
"""The readers that the stories here need; that of the index lets all objects go."""


@pytest.mark.parametrize(
    ("more", "readers"),
    [
        ({"held": True}, {"kwame"}),
        ({"audience": "author"}, {"kwame", "noor"}),
        ({"audience": "coaches"}, {"kwame", "anna"}),
    ],
    ids=["held", "author", "coaches"],
)
def test_a_comment_for_a_few_is_found_by_nobody_else_on_any_surface(app, world, catch_up, more, readers):
    things = things_in(app, world)
    thing_ids = {kind: thing.id for kind, thing in things.items()}
    catch_up()
    things = {kind: db.session.get_one(kind_named(kind).model, number) for kind, number in thing_ids.items()}
    start = db.session.scalar(select(Activity.id).order_by(Activity.id.desc()))
    before = {name: surfaces(app, world, name, thing_ids, start) for name in world.everybody}
    body = f"Only a few read {SECRET} #{SECRET} @samir.el-idrissi @noor.van-der-velden @anna.de-wit-okonkwo"
    made = {}
    for kind, thing in things.items():
        anchored = {"anchor": about("everyone who calls")} if kind != "file" else {}
        made[kind] = say(world, "kwame", thing, body, purpose="question", **anchored, **more)
        if not more.get("held"):
            answering = next(iter(readers - {"kwame"}))
            below = say(world, answering, thing, body, reply_to=made[kind])
            assert below.audience == made[kind].audience
    made_ids = {kind: comment.id for kind, comment in made.items()}
    catch_up()
    made = {kind: db.session.get_one(Comment, number) for kind, number in made_ids.items()}
    things = {kind: db.session.get_one(kind_named(kind).model, number) for kind, number in thing_ids.items()}
    for name in world.everybody:
        actor = world.actor(name)
        for kind, comment in made.items():
            thing = things[kind]
            assert sees(actor, comment) == (name in readers), (name, kind)
            if name not in readers:
                with pytest.raises(NotFound):
                    comment_for(actor, comment.id)
                with pytest.raises(NotFound):
                    resolve_thread(actor, comment)
                with pytest.raises(NotFound):
                    release_comments(actor, [comment.id])
            elif sees(actor, thing):
                assert comment.id in {one.id for one in comments_of(actor, thing)}, (name, kind)
        if name in readers:
            continue
        after = surfaces(app, world, name, thing_ids, start)
        assert after == before[name], name
    for row in db.session.scalars(select(Notification)):
        if row.object_kind == "comment":
            assert world_name(world, row.person_id) in readers
    if more.get("held"):
        assert [one.id for one in held_by(world.actor("kwame"))] == sorted(comment.id for comment in made.values())
        assert search(world.actor("kwame"), app.config["SETTINGS"].search_folder, SECRET).total == 0


def surfaces(app, world, name, thing_ids, start):
    """All that somebody can learn of what is said about some things, in one value."""
    actor = world.actor(name)
    seen = {}
    for kind, number in thing_ids.items():
        thing = db.session.get_one(kind_named(kind).model, number)
        db.session.refresh(thing)
        if not sees(actor, thing):
            continue
        listed = comments_of(actor, thing, gaps=True)
        seen[kind] = (thing.comment_count, thing.open_musts, [comment.id for comment in listed])
        first = Comment(id=0)
        seen[kind, "left"] = left_beyond(actor, thing, first)
    folder = app.config["SETTINGS"].search_folder
    answer = search(actor, folder, SECRET)
    facets = search(actor, folder, "words")
    lines = lines_after(start)
    scopes = actor.scopes
    rooms = [p.message for p in pointers(lines) if any(room.split("@")[0] in scopes for room in p.rooms)]
    posts = feed(actor, limit=50).items
    return {
        "things": seen,
        "search": (answer.total, [(hit.kind, hit.obj.id) for hit in answer.found], answer.suggestion, answer.facets),
        "facets": (facets.total, facets.facets),
        "activity": [line.id for line in activity_after(actor, start, limit=500)[0]],
        "live": rooms,
        "feed": [(item.post.id, item.post.comment_count, [c.id for c in item.comments]) for item in posts],
        "waits": [item.post.id for item in feed(actor, asked=Asked(unanswered=True), limit=50).items],
        "concerns": [item.post.id for item in feed(actor, asked=Asked(involved=True), limit=50).items],
        "topic": topic_named(actor, SECRET) is not None,
        "told": db.session.query(Notification).filter_by(person_id=actor.id).count(),
        "inbox": [(row.kind, row.thing.id, row.times) for row in inbox_of(actor).items],
        "queue": [c.id for c in open_threads(actor, list(actor.roles), answered=True)],
        "visible": sorted(db.session.scalars(select(Comment.id).where(visible(actor, Comment)))),
    }


def test_what_is_held_is_released_all_at_once_and_only_then_counted_and_told(world, catch_up):
    page = page_in(world)
    anna = world.actor("anna")
    first = say(
        world, "anna", page, "Who else? @samir.el-idrissi", purpose="must_answer", anchor=about("calls"), held=True
    )
    second = say(world, "anna", page, "Strong", purpose="praise", anchor=about("eleven hand-overs"), held=True)
    edit_comment(anna, first, body="Who else, and why? @samir.el-idrissi")
    assert (page.comment_count, page.open_musts, first.edited_at) == (0, 0, None)
    assert held_by(anna, page) == [first, second] and held_by(world.actor("noor")) == []
    catch_up(QUICK)
    assert db.session.query(Notification).filter_by(object_kind="comment").count() == 0
    with pytest.raises(NotFound):
        release_comments(anna, [first.id, 10**9])
    assert first.held_at is not None
    with pytest.raises(Invalid):
        release_comments(anna, [])
    assert release_comments(anna, [second.id, first.id, first.id]) == [first, second]
    assert release_comments(anna, [first.id]) == [] and held_by(anna) == []
    assert (page.comment_count, page.open_musts) == (2, 1)
    catch_up(QUICK)
    told = {
        world_name(world, row.person_id)
        for row in db.session.scalars(select(Notification))
        if row.object_kind == "comment"
    }
    assert {"noor", "samir", "fatma", "kwame"} <= told
    hold_comment(anna, second)
    catch_up(QUICK)
    assert page.comment_count == 1 and not sees(world.actor("noor"), second)
    assert all(
        row.hidden
        for row in db.session.scalars(select(Notification).filter_by(object_kind="comment", object_id=second.id))
    )
    heard = [p.message["verb"] for p in pointers(lines_after(0)) if any(room.startswith("s") for room in p.rooms)]
    assert heard[-1] == "comment.recalled"
    say(world, "noor", page, "The branches", reply_to=first)
    with pytest.raises(Invalid, match="answered"):
        hold_comment(anna, first)
    delete_comment(anna, second)
    assert page.comment_count == 2 and db.session.get_one(Comment, second.id).deleted_at is not None


def test_who_loses_the_right_to_comment_releases_nothing(world):
    page = page_in(world)
    held = say(world, "ingrid", page, held=True)
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), commenters="members")
    with pytest.raises(Denied):
        release_comments(world.actor("ingrid"), [held.id])
    remove_member(world.actor("pieter_jan"), world.space("noorderlicht"), world.person("ingrid"))
    with pytest.raises(NotFound):
        release_comments(world.actor("ingrid"), [held.id])


def test_a_space_says_who_comments_besides_those_who_write_there(world):
    theme, team = world.space("theme"), world.space("noorderlicht")
    boss, host = world.actor("pieter_jan"), world.actor("mei_lin")
    page, post = page_in(world), create_post(host, theme, body="Welcome")
    for who, guest, reader in (("readers", True, True), ("guests", True, False), ("members", False, False)):
        update_space(boss, team, commenters=who)
        update_space(host, theme, commenters=who)
        assert may(world.actor("ingrid"), "comment", page) is guest
        assert may(world.actor("dev"), "comment", post) is reader
        assert may(world.actor("noor"), "comment", page) and may(world.actor("mei_lin"), "comment", post)
        assert may(world.actor("dev"), "react", post), "a reaction is no comment"
    with pytest.raises(Denied):
        say(world, "ingrid", page)
    with pytest.raises(Invalid):
        update_space(boss, team, commenters="nobody")


def test_coaches_of_another_place_do_not_inherit_what_was_for_coaches(world):
    """An entry that is shown elsewhere takes its comments along, but not to other coaches, and not to its author."""
    space, other = world.space("noorderlicht"), world.space("cohort")
    entry = write_entry(world.actor("noor"), title="Mine", body=WORDS, audience="space", space=space)
    note = say(world, "kwame", entry, audience="coaches")
    assert sees(world.actor("anna"), note) and not sees(world.actor("noor"), note)
    share_entry(world.actor("noor"), entry, audience="space", space=other)
    db.session.refresh(note)
    assert note.space_id is None and sees(world.actor("kwame"), note)
    assert not any(sees(world.actor(name), note) for name in world.everybody if name != "kwame")
    share_entry(world.actor("noor"), entry, audience="only_me")
    assert not sees(world.actor("kwame"), note) and kind_named("comment").scopes(note) == frozenset()


def test_no_mark_and_no_rule_tells_that_somebody_holds_something(world):
    post = create_post(world.actor("noor"), world.space("noorderlicht"), body="Eleven?", kind="question")
    first = say(world, "samir", post, "Eleven")
    hidden = say(world, "anna", post, "Not yet", held=True)
    few = say(world, "anna", post, "For you", audience="author")
    edit_comment(world.actor("samir"), first, body="Eleven!")
    assert first.edited_at is None and comment_revisions_of(first) == []
    for one in (hidden, few):
        with pytest.raises(Invalid):
            accept_answer(world.actor("noor"), post, one)
    [item] = dress(world.actor("noor"), [post])
    assert [comment.id for comment in item.comments] == [first.id] and post.comment_count == 1
    draft = say(world, "anna", post, "Are you sure?", reply_to=first, held=True)
    hold_comment(world.actor("samir"), first)
    with pytest.raises(Invalid, match="was taken back"):
        release_comments(world.actor("anna"), [draft.id])
    release_comments(world.actor("samir"), [first.id])
    release_comments(world.actor("anna"), [draft.id])
    with pytest.raises(Invalid, match="Somebody has answered"):
        hold_comment(world.actor("samir"), first)


# ---- words ----------------------------------------------------------------------------------------------------------


def test_words_are_followed_through_revisions_kept_when_they_go_and_come_back(world, catch_up):
    page = page_in(world)
    thread = say(world, "anna", page, purpose="question", anchor=about("eleven hand-overs before the first answer"))
    anchor = db.session.get_one(Anchor, thread.id)
    assert (anchor.exact, anchor.made_on, anchor.revision) == ("eleven hand-overs before the first answer", 1, 1)
    noor = world.actor("noor")
    edit_page(noor, page, body=WORDS.replace("We read", "All of us read"), base=1)
    catch_up(QUICK)
    assert (anchor.revision, anchor.orphaned_at, anchor.words) == (2, None, "")
    edit_page(noor, page, body=page.body.replace("eleven", "twelve"), base=2)
    catch_up(QUICK)
    assert (anchor.words, anchor.exact) == (
        "twelve hand-overs before the first answer",
        "eleven hand-overs before the first answer",
    )
    version = page.talk_version
    edit_page(noor, page, body="Something else altogether.", base=3)
    catch_up(QUICK)
    db.session.refresh(page)
    assert anchor.orphaned_at is not None and anchor.revision == 3 and page.talk_version > version
    edit_page(
        noor,
        page,
        body="We read customer as ever.\n\nThe question travels: eleven hand-overs before the first answer.",
        base=4,
    )
    catch_up(QUICK)
    assert anchor.orphaned_at is None and anchor.words == ""
    edit_page(noor, page, body="It takes eleven steps.", base=5)
    catch_up(QUICK)
    for who, fault in (("ingrid", Denied), ("joost", NotFound)):
        with pytest.raises(fault):
            place_again(world.actor(who), thread, anchor=about("eleven steps"))
    place_again(world.actor("samir"), thread, anchor=about("eleven steps"))
    assert (anchor.exact, anchor.orphaned_at, anchor.made_on) == ("eleven steps", None, 6)


def test_posts_and_entries_are_followed_too(world, catch_up):
    noor, space = world.actor("noor"), world.space("noorderlicht")
    post = create_post(noor, space, body="Before this: " + WORDS)
    entry = write_entry(noor, title="Entry", body=WORDS, audience="space", space=space)
    threads = [say(world, "anna", thing, anchor=about("everyone who calls")) for thing in (post, entry)]
    edit_post(noor, post, body="Now: " + WORDS)
    edit_entry(noor, entry, title="Entry", body="Nothing of it", base=1)
    catch_up(QUICK)
    first, second = (db.session.get_one(Anchor, thread.id) for thread in threads)
    assert first.orphaned_at is None and second.orphaned_at is not None


@pytest.mark.parametrize(
    ("body", "quote", "words", "expected"),
    [
        (WORDS, "eleven hand-overs", "twelve hand-overs", WORDS.replace("eleven", "twelve")),
        (WORDS, "everyone who calls", "those who call", WORDS.replace("everyone who calls", "those who call")),
        (WORDS, "customer as everyone", "customer as nobody", None),
        ("See [one](https://e.example/two) and two.", "two", "three", "See [one](https://e.example/two) and three."),
        (
            "# Two words\n\nThe same: two words, two words here.",
            "two words here",
            "2",
            "# Two words\n\nThe same: two words, 2.",
        ),
        ("We read it, slowly, twice.", "slowly,", "", "We read it, twice."),
        ("We read it very slowly.", "very slowly", "", "We read it."),
        ("One.\n\nTwo is too much.\n\nThree.", "Two is too much.", "", "One.\n\n\n\nThree."),
        ("* One\n* Two\n* Three", "Two", "", None),  # the point of the list would stay, empty
        ("It is **much** too much.", "much too", "", None),
    ],
)
def test_a_suggestion_is_put_in_where_it_is_certain(world, catch_up, body, quote, words, expected):
    page = page_in(world, body=body)
    thread = say(world, "anna", page, purpose="suggestion", anchor=about(quote), replacement=words)
    for who in ("ingrid",):
        with pytest.raises(Denied):
            apply_suggestion(world.actor(who), thread)
    if expected is None:
        with pytest.raises(Invalid, match="by hand"):
            apply_suggestion(world.actor("samir"), thread)
        assert page.revision == 1 and thread.state == "open"
        return
    apply_suggestion(world.actor("samir"), thread)
    assert (page.body, page.revision, thread.state) == (expected, 2, "resolved")
    catch_up(QUICK)
    rows = db.session.scalars(select(Notification).where(Notification.verb == "comment.applied")).all()
    assert [(world_name(world, row.person_id), row.reason) for row in rows] == [("anna", "applied")]
    with pytest.raises(Denied):
        apply_suggestion(world.actor("samir"), thread)


def test_a_suggestion_whose_words_are_gone_or_unsaid_changes_nothing(world):
    page = page_in(world)
    vague = say(world, "anna", page, purpose="suggestion", anchor=about("eleven hand-overs"))
    with pytest.raises(Invalid, match="no words"):
        apply_suggestion(world.actor("noor"), vague)
    edit_comment(world.actor("anna"), vague, body="Who else?", replacement="ten")
    edit_comment(world.actor("anna"), vague, body="Who else, and where?")
    assert db.session.get_one(Anchor, vague.id).replacement == "ten"
    edit_page(world.actor("noor"), page, body="Other words.", base=1)
    with pytest.raises(Invalid, match="not in the text"):
        apply_suggestion(world.actor("noor"), vague)
    assert db.session.get_one(Page, page.id).revision == 2


def test_words_of_text_files_are_commented_on_and_followed_into_the_next_version(app, world, catch_up):
    file = file_in(app, world, "plan.md", b"# Plan\n\nWe ask **eleven planners** of the night shift first.")
    with pytest.raises(Invalid, match="no words"):
        say(world, "anna", file, anchor=about("eleven planners"))
    catch_up(["file-texts"])
    while work.run_one():
        pass
    thread = say(world, "anna", file, anchor=about("eleven planners"))
    file_in(app, world, "plan.md", b"# Plan\n\nNow, we ask **eleven planners** of the night shift first.")
    catch_up(["file-texts", "anchors"])
    anchor = db.session.get_one(Anchor, thread.id)
    assert anchor.orphaned_at is None, "while the new version is not read, nothing is said of it"
    while work.run_one():
        pass
    catch_up(["anchors"])
    db.session.refresh(anchor)
    assert anchor.orphaned_at is None and anchor.revision == 2


def test_who_reads_what_was_approved_comments_on_it_and_is_told_no_word_of_a_draft(app, world, catch_up):
    page = create_page(world.actor("noor"), world.space("noorderlicht"), title="Answer", body="The first words stand.")
    update_space(world.actor("pieter_jan"), world.space("noorderlicht"), shows_approved=True, commenters="guests")
    approve_page(world.actor("anna"), page, revision=1)
    edit_page(world.actor("noor"), page, body="A secret draft of ours.", base=1)
    create_comment(world.actor("anna"), page, body="Really?", anchor=Selector("secret draft"), purpose="question")
    catch_up()
    db.session.expire_all()
    ingrid = world.actor("ingrid")
    shown = page_for(ingrid, world.space("noorderlicht"), page.path)
    create_comment(ingrid, shown, body="Whose?", anchor=Selector("first words"))
    catch_up()
    db.session.expire_all()
    ingrid = world.actor("ingrid")
    shown = page_for(ingrid, world.space("noorderlicht"), page.path)
    said = {one.body: one for one in threads_of(ingrid, shown).items}
    assert said["Really?"].anchor.exact == said["Really?"].anchor.prefix == ""  # the comment, and nothing of the draft
    assert said["Whose?"].anchor.print == print_of(text_of(shown.body_html))  # there its mark stands
    assert said["Whose?"].anchor.prefix == "The "
    assert "".join(one.exact for one in anchors_of(ingrid, said.values()).values()) == "first words"
    db.session.expire_all()
    kwame = world.actor("kwame")
    written = page_for(kwame, world.space("noorderlicht"), page.path)
    here = {one.body: one.anchor for one in threads_of(kwame, written).items}
    assert here["Whose?"].orphaned_at is not None and here["Whose?"].exact == "first words"
    assert here["Really?"].exact == "secret draft"
