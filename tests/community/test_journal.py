"""Noor's journal: hers alone until she chooses otherwise, and hers again the moment she changes her mind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from community.activity.models import Activity
from community.clock import now
from community.comments.actions import create_comment
from community.comments.queries import comments_of
from community.errors import Conflict, Denied, Invalid, NotFound
from community.extensions import db, write_unit
from community.journal.actions import delete_entry, edit_entry, share_entry, write_entry
from community.journal.models import Entry
from community.journal.queries import (
    entries_shared_with,
    entry_for,
    is_wider,
    my_entries,
    people_named,
)
from community.people.models import Person
from community.permissions import ANONYMOUS, listing
from community.programme.models import Prompt
from community.programme.queries import open_prompts, prompt_for
from community.spaces.actions import remove_member
from tests.world import World


def _entry(world: World, who: str = "noor", body: str = "I came to count.", **more) -> Entry:
    return write_entry(world.actor(who), title="What surprised me on day 1", body=body, **more)


def test_an_entry_begins_as_its_authors_alone(world: World) -> None:
    entry = _entry(world)
    assert (entry.audience, entry.space_id, entry.version) == ("only_me", None, 1)
    assert entry_for(world.actor("noor"), entry.id).body == "I came to count."
    line = db.session.scalars(select(Activity).where(Activity.object_kind == "entry")).one()
    assert line.space_id is None
    assert "count" not in str(line.data)


@pytest.mark.parametrize("other", ["samir", "anna", "pieter_jan", "rik", "dev", "gus", "ingrid", "mei_lin"])
def test_nobody_else_reads_what_is_for_oneself_neither_coach_nor_administrator(world: World, other: str) -> None:
    entry = _entry(world)
    stranger = world.actor(other)
    for knock in (
        lambda: entry_for(stranger, entry.id),
        lambda: edit_entry(stranger, entry, title="Mine", body="Mine", base=1),
        lambda: share_entry(stranger, entry, audience="organisation"),
        lambda: delete_entry(stranger, entry),
        lambda: create_comment(stranger, entry, body="Hello"),
        lambda: comments_of(stranger, entry),
    ):
        with pytest.raises(NotFound):
            knock()
    assert entries_shared_with(stranger).items == []
    assert listing(stranger, select(Entry), Entry) == []


def test_each_audience_reaches_whom_it_says(world: World) -> None:
    noor, team = world.actor("noor"), world.space("noorderlicht")
    everybody = [name for name in world.everybody if name != "noor"]

    def readers(entry: Entry) -> set[str]:
        found = set()
        for name in everybody:
            try:
                entry_for(world.actor(name), entry.id)
                found.add(name)
            except NotFound:
                pass
        return found

    entry = _entry(world)
    assert readers(entry) == set()
    share_entry(noor, entry, audience="people", people=[world.person("samir").id, world.person("dev").id])
    assert readers(entry) == {"samir", "dev"}
    share_entry(noor, entry, audience="coach", space=team)
    assert readers(entry) == {"anna"}
    share_entry(noor, entry, audience="space", space=team)
    assert readers(entry) == {"samir", "fatma", "kwame", "anna", "pieter_jan", "ingrid"}
    share_entry(noor, entry, audience="organisation")
    assert readers(entry) == set(everybody) - {"gus"}
    share_entry(noor, entry, audience="only_me")
    assert readers(entry) == set()
    assert entry.space_id is None


def test_narrowing_holds_at_once_for_comments_too(world: World) -> None:
    team = world.space("noorderlicht")
    entry = _entry(world, audience="coach", space=team)
    anna = world.actor("anna")
    comment = create_comment(anna, entry, body="Ask one question less.")
    assert comment.space_id == team.id
    share_entry(world.actor("noor"), entry, audience="only_me")
    with pytest.raises(NotFound):
        comments_of(world.actor("anna"), entry)
    assert [c.body for c in comments_of(world.actor("noor"), entry)] == ["Ask one question less."]
    db.session.refresh(comment)
    assert comment.space_id is None


@pytest.mark.parametrize("audience", ["coach", "space"])
def test_one_shares_only_where_one_is(world: World, audience: str) -> None:
    for space in (None, world.space("getij")):
        with pytest.raises(Invalid):
            _entry(world, audience=audience, space=space)
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 0


def test_people_are_named_one_by_one_and_must_be_known(world: World) -> None:
    for people in ([], [world.person("noor").id], [987654]):
        with pytest.raises(Invalid) as fault:
            _entry(world, audience="people", people=people)
        assert fault.value.field == "people"
    entry = _entry(world, audience="people", people=[world.person("anna").id])
    assert [p.name for p in people_named(world.actor("noor"), entry)] == ["Anna de Wit-Okonkwo"]
    assert people_named(world.actor("anna"), entry_for(world.actor("anna"), entry.id)) == []


def test_a_guest_of_the_site_does_not_write_to_everybody(world: World) -> None:
    with pytest.raises(Invalid):
        _entry(world, "gus", audience="organisation")
    with pytest.raises(Denied):
        write_entry(ANONYMOUS, title="x", body="x")


@pytest.mark.parametrize(
    ("field", "title", "body"), [("title", " ", "x"), ("title", "x" * 201, "x"), ("body", "x", "  ")]
)
def test_an_entry_needs_a_title_and_words(world: World, field: str, title: str, body: str) -> None:
    with pytest.raises(Invalid) as fault:
        write_entry(world.actor("noor"), title=title, body=body)
    assert fault.value.field == field


def test_two_windows_do_not_write_over_each_other(world: World) -> None:
    entry, noor = _entry(world), world.actor("noor")
    edit_entry(noor, entry, title=entry.title, body="From the phone.", base=1)
    with pytest.raises(Conflict) as clash:
        edit_entry(noor, entry, title=entry.title, body="From the laptop.", base=1)
    assert (clash.value.theirs, clash.value.base) == ("From the phone.", 2)
    edit_entry(noor, entry, title=entry.title, body="From the phone.", base=1)
    assert entry.version == 2


def test_an_entry_stays_its_authors_when_they_leave_the_team(world: World) -> None:
    team = world.space("noorderlicht")
    entry = _entry(world, audience="space", space=team)
    remove_member(world.actor("pieter_jan"), team, world.person("noor"))
    assert entry_for(world.actor("noor"), entry.id)
    assert [e.id for e in my_entries(world.actor("noor")).items] == [entry.id]


def test_lists_go_on_where_they_stopped(world: World) -> None:
    made = [_entry(world, body=f"Day {day}").id for day in range(5)]
    noor = world.actor("noor")
    first = my_entries(noor, limit=3)
    rest = my_entries(noor, before=first.next, limit=3)
    assert [e.id for e in [*first.items, *rest.items]] == made[::-1]
    assert rest.next is None


def test_widening_is_told_from_narrowing(world: World) -> None:
    team, cohort = world.space("noorderlicht"), world.space("cohort")
    noor, samir, fatma = world.actor("noor"), world.person("samir").id, world.person("fatma").id
    entry = _entry(world)
    assert not is_wider(noor, entry, audience="only_me", space=None, people=())
    assert is_wider(noor, entry, audience="people", space=None, people=(samir,))
    share_entry(noor, entry, audience="people", people=[samir, fatma])
    assert not is_wider(noor, entry, audience="people", space=None, people=(samir,))
    assert is_wider(noor, entry, audience="coach", space=team, people=())
    share_entry(noor, entry, audience="space", space=team)
    assert not is_wider(noor, entry, audience="coach", space=team, people=())
    assert not is_wider(noor, entry, audience="people", space=None, people=(samir,))
    assert is_wider(noor, entry, audience="space", space=cohort, people=())
    assert is_wider(noor, entry, audience="people", space=None, people=(world.person("dev").id,))


def test_a_question_of_the_cohort_is_answered_by_its_people(world: World) -> None:
    cohort = world.space("cohort")
    with write_unit():
        prompt = Prompt(
            space_id=cohort.id,
            key="day-1",
            text_en="What surprised you today?",
            opens_at=now() - timedelta(hours=1),
            closes_at=now() + timedelta(hours=8),
        )
        db.session.add(prompt)
    noor = world.actor("noor")
    assert [p.id for p in open_prompts(noor)] == [prompt.id]
    assert prompt_for(noor, prompt.id).text("nl") == "What surprised you today?"
    entry = _entry(world, prompt=prompt)
    assert (entry.prompt_id, entry.phase_id) == (prompt.id, cohort.phase_id)
    assert open_prompts(world.actor("noor")) == []
    assert [p.id for p in open_prompts(world.actor("samir"))] == [prompt.id]
    with pytest.raises(NotFound):
        prompt_for(world.actor("dev"), prompt.id)
    with pytest.raises(NotFound):
        _entry(world, "dev", prompt=prompt)


def test_a_deleted_entry_is_gone_for_everybody(world: World) -> None:
    entry = _entry(world, audience="people", people=[world.person("anna").id])
    delete_entry(world.actor("noor"), entry)
    for name in ("noor", "anna"):
        with pytest.raises(NotFound):
            entry_for(world.actor(name), entry.id)
    assert db.session.get(Person, world.person("anna").id) is not None
