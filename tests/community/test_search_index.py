"""The search engine: what it finds and for whom, that it leaks nothing, and that a crash leaves it whole."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whoosh.index import FileIndex

from community.errors import Invalid
from community.search.documents import Document, Removal
from community.search.excerpts import excerpt
from community.search.index import MANY_SEGMENTS, Busy, NeedsRebuild, SearchIndex
from community.search.ranking import Results
from community.search.segments import SCHEMA, Folder, edit_distance

COHORT = frozenset({"organisation", "s14:members"})
DEV = frozenset({"organisation"})
MONDAY = datetime(2026, 6, 8, 9, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def thing(
    number: int,
    body: str,
    *,
    title: str = "",
    kind: str = "post",
    scopes: Iterable[str] = ("s14:members",),
    space: int | None = 14,
    author: str = "noor",
    phase: str | None = None,
    topics: tuple[str, ...] = (),
) -> Document:
    return Document(
        ref=f"{kind}:{number}",
        kind=kind,
        title=title,
        body=body,
        scopes=frozenset(scopes),
        space_id=space,
        author=author,
        created=MONDAY + timedelta(hours=number),
        phase=phase,
        topics=topics,
    )


STORY = [
    thing(1, "De wachtlijsten bij Vlissingen zijn lang.", title="Wachten", kind="page", phase="Campus"),
    thing(2, "A customer waits eleven days for the first useful answer.", author="samir", topics=("Service",)),
    thing(
        3, "Wachtlijstbeheer: a wachtlijst is a promise that we do not keep.", kind="file", author="ragnhild", space=15
    ),
    thing(4, "Interviews with twenty customers", title="Customers and their questions", kind="page", author="samir"),
    thing(5, "Leads team Noorderlicht, from Oslo.", title="Ragnhild Øvergård", kind="person", scopes=DEV, space=None),
    thing(6, "Asks first, then answers. Wachtlijst.", title="Fatma Yıldırım", kind="person", scopes=DEV, space=None),
    thing(7, "My wachtlijst of doubts: am I fit to lead?", kind="entry", scopes=("p1",), space=None),
]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    """The story in an index that nobody writes to."""
    index = SearchIndex(tmp_path_factory.mktemp("story"))
    index.rebuild(STORY, 1)
    return index


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    index = SearchIndex(tmp_path / "index")
    index.rebuild(STORY, 1)
    return index


def refs(results: Results) -> list[str]:
    return [hit.ref for hit in results.hits]


# ---- finding


def test_thandiwe_finds_the_waiting_list_in_all_its_forms(story: SearchIndex) -> None:
    found = story.search("wachtlijst", COHORT)
    assert set(refs(found)) == {"page:1", "file:3", "person:6"}
    assert found.total == 3
    assert found.facets["kind"] == {"page": 1, "file": 1, "person": 1}
    assert found.facets["space"] == {"14": 1, "15": 1}
    assert found.facets["phase"] == {"Campus": 1}
    assert ("wachtlijsten", True) in excerpt(STORY[0].body, found.terms)
    assert ("Wachtlijstbeheer", True) in excerpt(STORY[2].body, found.terms)
    assert refs(story.search("wachtlijsten", COHORT))[0] == "page:1"  # the exact form first


def test_what_is_named_so_comes_before_what_mentions_it(story: SearchIndex) -> None:
    assert refs(story.search("customer", COHORT)) == ["page:4", "post:2"]
    assert refs(story.search("customer", COHORT, sort="newest")) == ["page:4", "post:2"]
    assert refs(story.search("customer", COHORT, limit=1, offset=1)) == ["post:2"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("overgard", {"person:5"}),
        ("Øvergård", {"person:5"}),
        ("yildirim", {"person:6"}),
        ('"first useful answer"', {"post:2"}),
        ('"useful first answer"', set()),
        ('"customer"', {"post:2"}),  # quoted: this form, not "customers"
        ("customer -eleven", {"page:4"}),
        ('answer -"useful answer"', {"person:6"}),
        ("title:question", {"page:4"}),
        ("title:interviews", set()),
        ("+wachtlijst promise", {"page:1", "file:3", "person:6"}),
        ("+wachtlijst +promise", {"file:3"}),
        ("author:samir", {"post:2", "page:4"}),
        ("author:samir customer -kind:page", {"post:2"}),
        ("kind:person kind:file", {"file:3", "person:5", "person:6"}),
        ("#service", {"post:2"}),
        ("space:15", {"file:3"}),
        ("phase:campus", {"page:1"}),
        ("since:2026-06-08 until:2026-06-08 kind:page", {"page:1", "page:4"}),
        ("since:2026-07 wachtlijst", set()),
        ("language:nl", {"page:1"}),
        ("the", {"post:2"}),
        ("!!!", set()),
        ("", set()),
    ],
)
def test_the_syntax_finds_what_it_says(story: SearchIndex, query: str, expected: set[str]) -> None:
    found = story.search(query, COHORT)
    assert (set(refs(found)), found.total) == (expected, len(expected))


def test_the_filters_of_the_page_narrow_and_each_facet_leaves_its_own_out(story: SearchIndex) -> None:
    found = story.search("wachtlijst", COHORT, kinds=["page"])
    assert refs(found) == ["page:1"]
    assert found.facets["kind"] == {"page": 1, "file": 1, "person": 1}
    assert found.facets["space"] == {"14": 1}
    assert refs(story.search("wachtlijst kind:file", COHORT, kinds=["page"])) == []
    assert refs(story.search("", COHORT, space_ids=[15])) == ["file:3"]
    assert refs(story.search("wachtlijst", COHORT, space_ids=[])) == []
    assert refs(story.search("", COHORT, author="ragnhild", sort="newest")) == ["file:3"]
    assert refs(story.search("customer", COHORT, since=MONDAY + timedelta(hours=3))) == ["page:4"]
    assert refs(story.search("customer", COHORT, until=MONDAY + timedelta(hours=3))) == ["post:2"]
    assert refs(story.search("wachtlijst", COHORT, phases=["Campus"])) == ["page:1"]


def test_when_nothing_has_all_the_words_those_with_some_are_shown_and_said_so(story: SearchIndex) -> None:
    found = story.search("wachtlijst interviews", COHORT)
    assert found.relaxed and found.total == 4
    strict = story.search("+wachtlijst +interviews", COHORT)
    assert not strict.relaxed and strict.total == 0


def test_a_slip_of_the_pen_is_answered_with_a_word_that_is_there(story: SearchIndex) -> None:
    assert story.search("wachtlijts", COHORT).suggestion == "wachtlijst"
    assert story.search('costumer -eleven kind:"page"', COHORT).suggestion == 'customer -eleven kind:"page"'
    assert story.search("costumer kind:file", COHORT).suggestion is None
    assert story.search("zzzzzzzz", COHORT).suggestion is None


@pytest.mark.parametrize(
    ("one", "other", "far"),
    [
        ("loops", "loops", 0),
        ("loops", "lopos", 1),
        ("loops", "loop", 1),
        ("abc", "ca", 3),
        ("", "abc", 3),
        ("ab", "xy", 2),
    ],
)
def test_edit_distance(one: str, other: str, far: int) -> None:
    assert edit_distance(one, other, 5) == far
    assert edit_distance(one, other, 1) == min(far, 2)


CHAPTERS = {
    "licences": "The licence of a text says who may use it. Without a licence nobody may. Ask before you share.",
    "licenties": "De licentie van een tekst zegt wie hem mag gebruiken. Zonder licentie mag niemand dat. Vraag het eerst.",
    "conduct": "How we treat each other is written in our code of conduct. It holds in posts, at the campus and in meetings.",
    "gedrag": "Hoe we met elkaar omgaan staat in onze gedragscode. Die geldt ook op de campus en in vergaderingen.",
    "meeting": "Meetings have a purpose, an end and somebody who writes. A licence to skip them is given by everyone.",
}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("licenties", "licenties"),
        ("licence", "licences"),
        ("codes of conduct", "conduct"),
        ("gedragscodes op de campus", "gedrag"),
        ("vergadering", "gedrag"),
        ("meet", "meeting"),
    ],
)
def test_the_chapter_on_a_subject_comes_first_in_both_languages(tmp_path: Path, query: str, first: str) -> None:
    index = SearchIndex(tmp_path)
    index.rebuild((thing(n, body) for n, body in enumerate(CHAPTERS.values())), 1)
    number = int(refs(index.search(query, COHORT))[0].partition(":")[2])
    assert list(CHAPTERS)[number] == first


# ---- what nobody else may know


def test_a_canary_in_anothers_journal_is_found_on_no_way(index: SearchIndex) -> None:
    index.apply([thing(8, "kanariepiet kanariepieten", kind="entry", scopes=("p1",), author="noor")], 2)
    assert refs(index.search("kanariepiet", frozenset({"p1"}))) == ["entry:8"]
    for query in ("kanariepiet", "kanariepeit", "kanaripiet", '"kanariepiet"', "kanariepiet wachtlijst", "author:noor"):
        found = index.search(query, COHORT)
        assert "entry:8" not in refs(found)
        assert "entry" not in found.facets["kind"]
        assert found.suggestion is None
    assert index.search("kanariepiet", frozenset()).total == 0


WORDS = [
    "wachtlijst",
    "wachtlijsten",
    "wachtlijstbeheer",
    "klant",
    "klanten",
    "customer",
    "antwoord",
    "the",
    "loops",
    "de",
]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=8).map(" ".join)
TOKENS = st.sets(st.sampled_from(["organisation", "s14:members", "s15:members", "p1"]), max_size=2)
QUERIES = st.sampled_from(
    ["wachtlijst", "klanten loops", "custmer", "wachtlijts klant", '"klant antwoord"', "+customer de", "antwoord -the"]
    + ["kind:page", "the de", "loosp", "klatn -loops", "title:klant", "wachtlijst space:15", "-the", "#loops klant"]
)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(TEXTS, TEXTS, TOKENS, st.sampled_from(["page", "post"]), st.sampled_from([14, 15])), max_size=8),
    st.lists(st.tuples(QUERIES, st.sampled_from(["relevance", "newest"])), min_size=4, max_size=6),
)
def test_whoever_may_not_see_a_text_cannot_tell_it_from_one_that_does_not_exist(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[tuple[str, str, set[str], str, int]],
    queries: list[tuple[str, str]],
) -> None:
    """Hits, order, scores, totals, facets and suggestions are those of an index without the hidden documents."""
    everything = [
        thing(n, body, title=title, scopes=scopes, kind=kind, space=space, topics=("loops",) if n % 2 else ())
        for n, (title, body, scopes, kind, space) in enumerate(texts)
    ]
    folder = tmp_path_factory.mktemp("leaks")
    whole, only_mine = SearchIndex(folder / "whole"), SearchIndex(folder / "mine")
    whole.rebuild(everything[:5], 1)
    whole.apply(everything[5:], 2)
    only_mine.rebuild([document for document in everything if document.scopes & COHORT], 1)
    for query, sort in queries:
        asked = {"sort": sort, "limit": 100}
        assert whole.search(query, COHORT, **asked) == only_mine.search(query, COHORT, **asked)  # type: ignore[arg-type]


def test_after_sixty_rounds_nothing_deleted_or_moved_to_a_private_space_is_found(index: SearchIndex) -> None:
    dice = random.Random(14)
    now: dict[str, Document] = {}
    watching = SearchIndex(index.folder)  # another process, as it were
    for round_ in range(60):
        changes: list[Document | Removal] = []
        for _ in range(dice.randint(1, 3)):
            number = 100 + dice.randrange(12)
            if dice.random() < 0.3:
                now.pop(f"post:{number}", None)
                changes.append(Removal(f"post:{number}"))
            else:
                scope = dice.choice(["s14:members", "s15:members", "p1"])
                now[f"post:{number}"] = thing(number, f"zeehond ronde{round_}", scopes=(scope,))
                changes.append(now[f"post:{number}"])
        index.apply(changes, round_)
        if round_ % 13 == 12:
            index.optimize_if_idle()
        for scope in ("s14:members", "s15:members", "p1"):
            expected = {ref for ref, document in now.items() if scope in document.scopes}
            door = index if dice.random() < 0.3 else watching
            found = door.search("zeehond", frozenset({scope}), limit=100)
            assert (set(refs(found)), found.total) == (expected, len(expected))
            assert sum(found.facets["kind"].values()) == len(expected)
    assert index.status().segments <= MANY_SEGMENTS + 14
    assert index.status().documents == len(STORY) + len(now)


def test_of_several_changes_to_one_thing_the_last_counts(index: SearchIndex) -> None:
    index.apply([thing(20, "zeehond"), Removal("post:20"), thing(20, "bruinvis"), Removal("post:999")], 2)
    index.apply([thing(20, "bruinvis")], 2)
    assert index.search("zeehond", COHORT).total == 0
    assert index.search("bruinvis", COHORT).total == 1
    index.apply([], 7)
    assert SearchIndex(index.folder).cursor() == 7


# ---- hostile input


@pytest.mark.parametrize(
    "query", ["a* b* c*", "[a TO z]", "wach~2", "wach*", "*", "(a OR (b", '"' * 300, "\x00 \ud800 klant"]
)
def test_hostile_queries_get_an_answer_or_a_sentence(story: SearchIndex, query: str) -> None:
    began = time.perf_counter()
    story.search(query, COHORT)
    assert time.perf_counter() - began < 0.5
    with pytest.raises(Invalid):
        story.search(query * 2000, COHORT)


def test_the_page_asked_for_is_bounded(index: SearchIndex) -> None:
    index.apply([thing(n, "zeehond") for n in range(200, 330)], 2)
    found = index.search("zeehond", COHORT, offset=-5, limit=10**9)
    assert (len(found.hits), found.total) == (100, 130)
    assert index.search("zeehond", COHORT, offset=10**12, limit=-1).hits == []


# ---- crashes, damage, several at once


def test_a_missing_index_finds_nothing_and_asks_for_a_rebuild(tmp_path: Path) -> None:
    index = SearchIndex(tmp_path / "nowhere")
    assert index.search("wachtlijst", COHORT).unavailable
    assert (index.cursor(), index.status().trouble, index.status().needs_rebuild) == (0, "missing", True)
    with pytest.raises(NeedsRebuild):
        index.apply(STORY, 1)
    assert index.rebuild(STORY, 5) == len(STORY)
    assert (index.cursor(), index.status().trouble, index.status().documents) == (5, None, len(STORY))


@pytest.mark.parametrize("pattern", ["*.toc", "*.seg"])
@pytest.mark.parametrize("harm", ["cut", "empty", "noise", "gone"])
def test_a_damaged_index_is_no_error_in_a_page_and_a_rebuild_heals_it(
    index: SearchIndex, pattern: str, harm: str
) -> None:
    (file,) = next(index.folder.glob("v1-*")).glob(pattern)
    whole = file.read_bytes()
    if harm == "gone":
        file.unlink()
    else:
        file.write_bytes(
            {"cut": whole[: len(whole) // 2], "empty": b"", "noise": random.Random(14).randbytes(len(whole))}[harm]
        )
    fresh = SearchIndex(index.folder)
    found = fresh.search("wachtlijst", COHORT)
    assert found.unavailable and found.hits == []
    assert SearchIndex(index.folder).status().trouble == "damaged"
    with pytest.raises(NeedsRebuild):
        fresh.apply([], 2)
    fresh.rebuild(STORY, 3)
    assert fresh.search("wachtlijst", COHORT).total == index.search("wachtlijst", COHORT).total == 3


def test_a_batch_that_fails_half_way_leaves_nothing_behind(index: SearchIndex) -> None:
    bad = thing(21, "zeehond")
    object.__setattr__(bad, "body", None)
    with pytest.raises(TypeError):
        index.apply([thing(20, "zeehond"), Removal("page:1"), bad], 2)
    with pytest.raises(TypeError):
        index.rebuild([thing(20, "zeehond"), bad], 2)
    assert (index.cursor(), index.search("zeehond", COHORT).total) == (1, 0)
    assert len(list(index.folder.glob("v1-*"))) == 1
    index.apply([thing(20, "zeehond")], 2)
    assert (index.cursor(), index.search("zeehond", COHORT).total) == (2, 1)


KILLED = """
import os, signal, sys, time, random
from datetime import UTC, datetime
from community.search.documents import Document
from community.search.index import SearchIndex

def thing(ref, body):
    return Document(ref, "post", "", body, frozenset({"a"}), None, "noor", datetime(2026, 6, 8, tzinfo=UTC))

index, dice, seen = SearchIndex(sys.argv[1]), random.Random(7), 0
index.rebuild([thing("post:0", "version0")], 0)
for turn in range(10):
    child = os.fork()
    if child == 0:
        at = index.cursor()
        while True:
            at += 1
            index.apply([thing(f"post:{at}{n:02}", f"batch{at}") for n in range(3)] + [thing("post:0", f"version{at}")], at)
            index.optimize_if_idle()
            if turn % 5 == 4:
                texts = [thing(f"post:{b}{n:02}", f"batch{b}") for b in range(1, at + 1) for n in range(3)]
                index.rebuild([*texts, thing("post:0", f"version{at}")], at)
    time.sleep(0.02 + dice.random() * 0.15)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    everybody = frozenset({"a"})
    for door in (index, SearchIndex(sys.argv[1])):
        at = door.cursor()
        total = lambda text: door.search(f'"{text}"', everybody).total
        assert not door.status().needs_rebuild, door.status()
        assert total(f"version{at}") == 1, (turn, at)
        assert at == 0 or total(f"batch{at}") == 3, (turn, at)
        assert total(f"batch{at + 1}") == 0 and total(f"version{at + 1}") == 0, (turn, at)
        assert door.status().documents == 1 + 3 * at, (turn, at, door.status())
    seen = max(seen, at)
print("batches", seen)
"""


def test_killed_at_any_moment_the_batch_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "index")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[-1]) >= 3


WRITER = """
import sys
from datetime import UTC, datetime
from community.search.documents import Document
from community.search.index import SearchIndex

index = SearchIndex(sys.argv[1])
for n in range(15):
    scopes, at = frozenset({"s14:members"}), datetime(2026, 6, 8, tzinfo=UTC)
    index.apply([Document(f"post:{500 + n}", "post", "", "zeehond", scopes, 14, "noor", at)], n)
    index.optimize_if_idle()
"""


def test_two_processes_and_many_threads_share_one_index(index: SearchIndex) -> None:
    command = [sys.executable, "-c", WRITER, str(index.folder)]
    process = subprocess.Popen(command, cwd=ROOT)
    faults: list[BaseException] = []

    def look() -> None:
        try:
            last = 0
            while process.poll() is None or last < 15:
                found = index.search("zeehond", COHORT, limit=100)
                assert not found.unavailable
                assert found.total >= last and len(found.hits) == found.total
                last = found.total
                time.sleep(0.002)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert process.wait(60) == 0
    for thread in threads:
        thread.join(20)
    assert not faults
    assert index.cursor() == 14


def test_only_one_writes_at_a_time(index: SearchIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    other = SearchIndex(index.folder)
    with index._writing(timeout=0.0):
        assert not other.optimize_if_idle()
        with pytest.raises(Busy), other._writing(timeout=0.1):
            pass
    other.apply([], 9)
    assert index.cursor() == 9


# ---- housekeeping


def test_many_small_segments_become_one_and_old_indexes_are_swept(index: SearchIndex) -> None:
    for n in range(MANY_SEGMENTS + 1):
        index.apply([thing(600 + n, "zeehond")], n)
    assert index.status().segments > MANY_SEGMENTS
    assert index.optimize_if_idle()
    assert index.status().segments <= 3
    assert not index.optimize_if_idle()
    assert index.search("zeehond", COHORT).total == MANY_SEGMENTS + 1
    index.apply([Removal(f"post:{600 + n}") for n in range(MANY_SEGMENTS)], 99)
    assert index.search("zeehond", COHORT).total == 1
    index.rebuild(STORY, 100)
    assert len(list(index.folder.glob("v1-*"))) == 1
    assert (index.status().deleted, index.status().segments, index.status().bytes > 0) == (0, 1, True)


def test_whoosh_itself_reads_the_same_index_and_counts_the_same(index: SearchIndex) -> None:
    """The blocks that we read directly say what Whoosh's own steps say."""
    index.apply([thing(700 + n, "zeehond " * (1 + n % 3) + "klanten") for n in range(300)], 2)
    snapshot = index._current()
    reader = FileIndex(Folder(str(index._home())), SCHEMA, "MAIN").reader()
    for field, text in (("stem", "zeehond"), ("word", "klanten"), ("stem", "klant"), ("scope", "s14:members")):
        ours = sum(sum(segment.postings(field, text).values()) for segment, _ in snapshot.parts)
        matcher, theirs = reader.postings(field, text), 0
        while matcher.is_active():
            theirs += int(matcher.weight())
            matcher.next()
        dropped = sum(len(gone) for _, gone in snapshot.parts)
        assert 0 <= ours - theirs <= dropped
        assert theirs >= 300
    reader.close()
