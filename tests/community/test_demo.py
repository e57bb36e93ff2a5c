"""The demo is a story that could have happened: told once, at any hour, by people who may do what they do."""

from __future__ import annotations

import re
import stat
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Table, delete, func, select, update

from community.activity.models import Activity
from community.activity.outbox import last_id
from community.clock import frozen, now
from community.comments.models import Anchor, Comment
from community.demo import cli
from community.demo.book import STORY, Beat, Calendar, alias_of, beats, mentioned, people, shifted
from community.demo.telling import SIGN_INS, is_empty, new_password, tell
from community.errors import Conflict
from community.extensions import Base, db, write_unit
from community.files.bin import bin_of
from community.files.drops import drop_of
from community.files.models import File
from community.files.queries import files_of, folder_for, folders_of
from community.files.reading import words_in
from community.files.versions import versions_of
from community.journal.models import Entry
from community.journal.queries import my_entries
from community.messages.queries import conversations_of, unread_conversations
from community.microblog.models import Post
from community.notifications.models import Notification
from community.people import passwords
from community.people.models import Person
from community.permissions import SYSTEM
from community.programme.queries import coming_events, open_prompts
from community.programme.reading import read_programme
from community.programme.roster import read_roster
from community.sharing.queries import shares_in
from community.spaces.models import Space
from community.spaces.queries import actor_for, current_phase_id, members_of, phases_of
from community.wiki.models import Page, Revision
from tests.community.documents import PPTX

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NOON = Calendar(datetime(2026, 6, 9, 10, 0, tzinfo=UTC), AMSTERDAM)
PROGRAMME = read_programme((EXAMPLES / "leading-change-2026.toml").read_bytes(), "example")
ROSTER = read_roster((EXAMPLES / "leading-change-2026-roster.csv").read_bytes(), "example")


def story() -> list[Beat]:
    return beats(NOON)


def cast() -> dict[str, str]:
    """Everybody's name, by what the story calls them."""
    staff = (*PROGRAMME.sponsors, *PROGRAMME.facilitators, *PROGRAMME.coaches, *ROSTER.rows)
    others = [one["name"] for kind in ("alumnus", "colleague", "administrator") for one in people()[kind]]
    names = [*(person.name for person in staff), *others]
    found = {alias_of(name): name for name in names}
    assert len(found) == len(names), "two people of the story have the same first name"
    return found


# --- the book ---------------------------------------------------------------------------------------------------------


def test_moments_count_from_today() -> None:
    assert NOON.at("-1 21:40") == datetime(2026, 6, 8, 19, 40, tzinfo=UTC)
    assert NOON.at("now -16m") == NOON.now - timedelta(minutes=16)
    assert NOON.after(NOON.at("-3 10:00"), "+1d2h") == NOON.at("-2 12:00")
    assert NOON.after(NOON.at("now -5m"), "+1h") == NOON.now - timedelta(minutes=1), "nothing happens in the future"
    assert NOON.after(NOON.at("-1 10:00"), "-2 10:00") == NOON.at("-1 10:00"), "nobody answers before the question"
    for wrong in ("yesterday", "-1", "now", "now -16", "-1 25:00x"):
        with pytest.raises(ValueError):
            NOON.at(wrong)


def test_days_are_named_in_both_languages() -> None:
    assert NOON.told("{day+2}, {dag+2}, {date-5}, {datum-5}, {@anna}") == "Thursday, donderdag, 4 June, 4 juni, {@anna}"
    assert mentioned("Anna, {@anna}: {@pieter-jan}", lambda alias: f"h.{alias}") == "Anna, @h.anna: @h.pieter-jan"


def test_campus_is_now() -> None:
    later = shifted(PROGRAMME, 100)
    assert later.phases[1].starts == PROGRAMME.phases[1].starts + timedelta(days=100)
    assert later.phases[-1].ends is None
    assert later.events[0].starts - PROGRAMME.events[0].starts == timedelta(days=100)
    assert shifted(later, -100) == PROGRAMME
    moving = {"phases": (), "prompts": (), "events": (), "milestones": ()}
    assert replace(later, **moving) == replace(PROGRAMME, **moving)


@pytest.mark.parametrize("hour", [0, 3, 9, 15, 23])
def test_the_order_holds_at_any_hour(hour: int) -> None:
    calendar = Calendar(datetime(2026, 11, 22, hour, 4, tzinfo=AMSTERDAM).astimezone(UTC), AMSTERDAM)
    made: set[str] = set()
    last = datetime(2000, 1, 1, tzinfo=UTC)
    for beat in beats(calendar):
        assert last <= beat.at < calendar.now
        assert not beat.on or beat.on in made, f"{beat.on} is answered before it is there"
        made.add(beat.makes)
        last = beat.at


def test_the_story_is_large_enough_and_everybody_in_it_exists() -> None:
    told, known = Counter(beat.does for beat in story()), cast()
    assert 90 <= told["post"] <= 120 and told["comment"] >= 250 and told["page"] >= 35
    assert told["revise"] >= 35 and told["upload"] == 38 and told["write"] >= 40
    assert told["folder"] == 4 and told["drop"] == told["share"] == told["bin"] == 1
    assert {beat.by for beat in story()} <= set(known)
    places = {team.slug for team in PROGRAMME.teams} | {"cohort-14", "leading-change-2026", "cohort-12"}
    assert {beat.space for beat in story() if beat.space} == places | {"service-without-queues", "commons"}
    for key in ("headline", "about"):
        assert set(people()[key]) <= set(known), key
    for file in (STORY / "files").iterdir():
        assert any(beat.words.get("source") == file for beat in story()), f"{file.name} is never uploaded"
    assert sum(file.stat().st_size for file in (STORY / "files").iterdir()) <= 400_000


def test_nobody_says_the_same_sentence_twice_and_nothing_is_left_blank() -> None:
    said = [beat.words["body"] for beat in story() if beat.does in ("post", "comment", "write", "letter", "answer")]
    sentences = Counter(
        sentence.strip() for body in said for sentence in re.split(r"(?<=[.!?])\s+", body) if len(sentence.strip()) > 24
    )
    assert [sentence for sentence, times in sentences.items() if times > 1] == []
    for beat in story():
        body = str(beat.words.get("body", ""))
        assert "lorem" not in body.lower() and "todo" not in body.lower()
        assert not re.search(r"\{(?!@)", body.replace("{tijd}", "")), body


def test_wachtlijst_leads_to_a_page_a_post_and_a_person() -> None:
    """Thandiwe searches it in the flow of work (J8)."""
    theme = [beat for beat in story() if beat.space == "service-without-queues"]
    page = [beat for beat in theme if beat.does == "page" and "wachtlijst" in beat.words["body"].lower()]
    assert any("Een wachtlijst zegt" in beat.words["body"] for beat in page), "a Dutch page"
    posts = [beat.words["body"] for beat in theme if beat.does == "post" and "wachtlijst*" in beat.words["body"]]
    assert any("I like it better than our “queue”" in body for body in posts), "an English post"
    assert [one["name"] for one in people()["alumnus"] if "wachtlijst" in one["skills"]] == ["Willemijn Prins"]
    assert any("wachtlijst" in skill for row in ROSTER.rows for skill in row.skills)
    deck = next(beat for beat in theme if beat.does == "upload" and beat.words["name"].endswith(".pptx"))
    with deck.words["source"].open("rb") as content:
        assert "Wat een wachtlijst belooft" in [part.title for part in words_in(content, PPTX).parts]


def test_passwords_are_strong_and_never_the_same() -> None:
    made = {new_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        passwords.check_strength(password, words=("Noor van der Velden", "noor@waterland.example"))


# --- telling it -------------------------------------------------------------------------------------------------------


@pytest.fixture
def empty(app: Flask) -> Flask:
    """A house in which nobody is."""
    with write_unit():
        db.session.execute(update(Space).values(phase_id=None, parent_id=None, cohort_id=None))
        for table in reversed(Base.metadata.sorted_tables):
            assert isinstance(table, Table)
            db.session.execute(delete(table))
    assert is_empty()
    return app


@pytest.fixture
def development(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setitem(empty.config, "SETTINGS", replace(empty.config["SETTINGS"], APP_ENV="development"))
    return empty


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def place(slug: str) -> Space:
    return db.session.scalars(select(Space).where(Space.slug == slug)).one()


def whom(name: str) -> Person:
    return db.session.scalars(select(Person).where(Person.name == cast()[name])).one()


def test_the_demo_is_told_once_by_a_command(development: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "ROUNDS", 1)
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    run = development.test_cli_runner()
    answer = run.invoke(args=["demo", "--if-empty"])
    assert answer.exit_code == 0, answer.output
    kept = cli.sign_ins_file(development.config["SETTINGS"])
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    kept_words = kept.read_text("utf-8")

    # Somebody of each role can sign in, with the password that was printed.
    ways_in = re.findall(r"^  (\S+@waterland\.example) +(\S+)  (.+)$", answer.stdout, re.MULTILINE)
    assert len(ways_in) == len(SIGN_INS) and kept_words in answer.stdout + "\n"
    for email, password, _ in ways_in:
        known = db.session.scalars(select(Person).where(Person.email == email)).one()
        assert known.password_hash is not None and passwords.verify(known.password_hash, password)

    # Everybody is there, and campus is on its second day.
    assert (
        count(Person) == 48 + 9 + 14 and not db.session.scalars(select(Person).where(Person.status != "active")).all()
    )
    cohort, team = place("cohort-14"), place("noorderlicht")
    phases = {phase.id: phase for phase in phases_of(cohort.id)}
    assert phases[cohort.phase_id or 0].key == "campus"
    assert (now().astimezone(AMSTERDAM).date() - phases[cohort.phase_id or 0].starts_on).days == 1
    noor, dev = actor_for(whom("noor")), actor_for(whom("dev"))
    assert [member.role for member in members_of(noor, team)].count("member") == 7
    assert [member.person.name for member in members_of(noor, team) if member.role == "coach"] == [
        "Anna de Wit-Okonkwo"
    ]
    earlier = place("cohort-12")
    alumni = [member for member in members_of(actor_for(whom("mei-lin")), earlier) if member.role == "alumnus"]
    assert len(alumni) == 12

    # Things keep the phase in which they were made, the log its order, and nobody wrote in the future.
    made_in = {phase_id for (phase_id,) in db.session.execute(select(Post.phase_id).where(Post.space_id == team.id))}
    assert {phases[phase_id].key for phase_id in made_in} == {"pre", "campus"}
    assert current_phase_id(team) == cohort.phase_id
    times = list(db.session.scalars(select(Activity.created_at).order_by(Activity.id)))
    assert times == sorted(times) and times[-1] < now()
    assert (
        count(Post) >= 90 and count(Comment) >= 250 and count(Page) >= 35 and count(File) == 36 and count(Entry) >= 40
    )
    assert count(Revision) - count(Page) >= 35

    # Noor finds her day; a colleague in no programme finds the theme, and nothing of the team.
    assert [event.title for event, _ in coming_events(noor, limit=9)][-1] == "Mid review" or coming_events(noor)
    assert {prompt.key for prompt in open_prompts(noor)} <= {"day-1-surprise", "day-2-listening"}
    assert db.session.scalars(select(Entry).where(Entry.author_id == dev.id)).all() == []
    assert place("service-without-queues").id in dev.open_spaces and team.id not in dev.roles
    mine = db.session.scalars(select(Entry).where(Entry.author_id == noor.id, Entry.audience == "only_me")).all()
    assert len(mine) >= 3
    assert {entry.id for entry in mine} <= {row.id for row in my_entries(noor, limit=50).items}

    # People wrote to each other, and something waits for Noor.
    assert [line.unread for line in conversations_of(noor).items] == [False, True, False]
    assert unread_conversations(actor_for(whom("samir"))) == 0

    # The team's files lie in folders, with their versions, words on a page and an area, a link to the outside, and a bin.
    files = {file.name: file for file in db.session.scalars(select(File).where(File.space_id == team.id))}
    assert [folder.path for folder in folders_of(noor, team, folder_for(noor, team, "Evidence"))] == [
        "Evidence/Consent forms",
        "Evidence/Interviews",
    ]
    notes = [version.note for version in versions_of(noor, files["Interview guide.docx"]).items]
    assert len(notes) == 3 and all(notes[:2])
    tied = db.session.execute(select(Anchor.parent_id, Anchor.region).where(Anchor.region != ""))
    areas = dict(tied.all())
    assert areas[files["Consent form.pdf"].id].startswith("page=2&xywh=percent:")
    assert {files["The board by the door.jpg"].id, files["Whiteboard hand-overs.png"].id} < set(areas)
    assert [removal.path for removal in bin_of(noor, team).items] == ["Slides/Slides, first try.md"]
    assert files["Works council, planning of June.url"].href
    [link] = shares_in(noor, team)
    assert link.password_hash and link.object_id == files["Mid review.pptx"].id
    collects = folder_for(noor, cohort, "Your three interviews")
    drop = drop_of(collects)
    assert drop is not None and drop.wanted == 3 and now() < drop.closes_at < now() + timedelta(days=3)
    assert (
        files_of(noor, cohort, collects).items == []
        and len(files_of(actor_for(whom("samir")), cohort, collects).items) == 1
    )

    # What is older than a night has been read; something is new.
    unread = select(Notification.created_at).where(Notification.read_at.is_(None))
    fresh = list(db.session.scalars(unread))
    assert fresh and min(fresh) > now() - cli.FRESH - timedelta(minutes=5)

    # A second time nothing happens.
    before = last_id()
    again = run.invoke(args=["demo", "--if-empty"])
    assert again.exit_code == 0 and "left out" in again.output
    refused = run.invoke(args=["demo"])
    assert refused.exit_code == 1 and "needs an empty database" in refused.output
    with pytest.raises(Conflict):
        tell(SYSTEM, development.config["STORAGE"])
    assert last_id() == before and kept.read_text("utf-8") == kept_words


def test_the_demo_is_for_development_only(empty: Flask) -> None:
    answer = empty.test_cli_runner().invoke(args=["demo", "--if-empty"])
    assert answer.exit_code == 1 and "for development only" in answer.output
    assert is_empty()


def test_a_demo_that_breaks_leaves_nothing(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))

    def stumble(done: int, total: int) -> None:
        if done >= 40:
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError), frozen(datetime(2026, 6, 9, 10, 0, tzinfo=UTC)):
        tell(SYSTEM, empty.config["STORAGE"], stumble)
    assert is_empty() and count(Space) == 0 and last_id() == 0
