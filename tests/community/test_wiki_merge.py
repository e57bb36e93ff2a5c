"""Two people change one text: clean as git would have it, finer where only words clash, and never a word lost."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from community.wiki.merge import merge, merge_word

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
LINES = 14


def _edited(name: str, chance: random.Random, base: list[str]) -> list[str]:
    """The base with a few lines changed, taken out or put in; what is new is new."""
    lines: list[str] = []
    for number, line in enumerate(base):
        what = chance.random()
        if what < 0.08:
            lines.append(f"{name} writes before {number}")
        if what < 0.14:
            lines.append(f"{name} says it anew {number}")
        elif what >= 0.20:
            lines.append(line)
        if what > 0.94:
            lines.append("both add the same")
    return lines


def _by_git(folder: Path, base: list[str], mine: list[str], theirs: list[str]) -> str | None:
    for name, lines in (("mine", mine), ("base", base), ("theirs", theirs)):
        (folder / name).write_text("".join(f"{line}\n" for line in lines))
    done = subprocess.run(
        ["git", "merge-file", "-p", "mine", "base", "theirs"], cwd=folder, capture_output=True, text=True, check=False
    )
    return done.stdout if done.returncode == 0 else None


def test_what_git_merges_we_merge_the_same_and_where_git_stops_no_line_is_lost(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.fail("git is missing: `git merge-file` says here what a merge is. Install git to run this test.")
    chance = random.Random(14)
    clean = stopped = 0
    for _ in range(150):
        base = [f"line {number}" for number in range(LINES)]
        mine, theirs = _edited("samir", chance, base), _edited("kwame", chance, base)
        merged = merge(*("".join(f"{line}\n" for line in lines) for lines in (base, mine, theirs)))
        told = _by_git(tmp_path, base, mine, theirs)
        if told is not None:
            clean += 1
            assert merged.text() == told
            continue
        stopped += 1
        written = {line for line in mine + theirs if line not in base}
        if merged.is_clean:  # words were enough
            assert _words(" ".join(written)) <= _words(merged.text()) | _words(" ".join(base))
        else:
            assert written <= set(merged.text().split("\n"))
    assert clean > 20 < stopped


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c.", "de", " "]), max_size=5).map(" ".join), max_size=6).map(
    "\n".join
)


@UNHURRIED
@given(TEXTS, TEXTS, TEXTS)
def test_no_word_that_either_wrote_is_lost_whatever_the_texts(base: str, mine: str, theirs: str) -> None:
    merged, mirrored = merge(base, mine, theirs), merge(base, theirs, mine)
    assert merged.is_clean == mirrored.is_clean
    if merged.is_clean:
        assert merged.text() == mirrored.text()
    counted = [Counter(re.findall(r"\w+", text)) for text in (base, mine, theirs, merged.text())]
    was, one, two, both = counted
    for word in one | two | was:
        kept = was[word] - max(0, was[word] - one[word]) - max(0, was[word] - two[word])
        assert both[word] >= max(kept, min(one[word], two[word]) if was[word] <= min(one[word], two[word]) else 0)


@UNHURRIED
@given(TEXTS, TEXTS)
def test_what_one_alone_changed_is_taken_as_it_is(base: str, mine: str) -> None:
    for merged in (merge(base, mine, base), merge(base, base, mine), merge(base, mine, mine)):
        assert merged.is_clean
        assert merged.text() == mine


def test_two_sentences_of_one_paragraph_are_no_conflict() -> None:
    base = "Nobody is slow. We counted eleven hand-overs. The desk waits."
    mine = base.replace("eleven", "twelve")
    theirs = base.replace("The desk waits.", "The desk waits for an answer.")
    merged = merge(base, mine, theirs)
    assert merged.text() == "Nobody is slow. We counted twelve hand-overs. The desk waits for an answer."


def test_a_sentence_that_both_changed_is_one_and_stands_with_both() -> None:
    base = "# Title\n\nWe counted eleven hand-overs.\n\nThe end."
    merged = merge(base, base.replace("eleven", "twelve"), base.replace("eleven", "nine") + "\n\nAnd more.")
    (conflict,) = merged.conflicts
    assert conflict.lines == ("We counted eleven hand-overs.",)
    assert conflict.mine == ("We counted twelve hand-overs.",)
    assert conflict.theirs == ("We counted nine hand-overs.",)
    around = "# Title\n\n{}\n\nThe end.\n\nAnd more."
    assert merged.text({0: "mine"}) == around.format("We counted twelve hand-overs.")
    assert merged.text({0: "theirs"}) == around.format("We counted nine hand-overs.")
    assert merged.text() == merged.text({0: "both"})
    assert merged.text() == around.format("We counted nine hand-overs.\nWe counted twelve hand-overs.")


def test_what_one_took_out_and_the_other_changed_is_a_conflict() -> None:
    merged = merge("One.\n\nTwo.\n\nThree.", "One.\n\nThree.", "One.\n\nTwo, and more.\n\nThree.")
    assert not merged.is_clean
    assert "Two, and more." in merged.text()


def test_a_title_is_taken_whole() -> None:
    assert merge_word("Notes", "Notes", "Minutes") == merge_word("Notes", "Minutes", "Minutes") == "Minutes"
    assert merge_word("Notes", "Minutes", "Notes") == "Minutes"
    assert merge_word("Notes", "Minutes", "Record") is None


@pytest.mark.parametrize("how", ["some", "most", "signs", "chance"])
def test_two_texts_of_200_kilobytes_are_merged_in_two_seconds(how: str) -> None:
    chance = random.Random(4)
    share = {"some": 0.02, "most": 0.6}.get(how, 0.0)
    base = [
        f"{number} " + " ".join(chance.choice(["water", "wijk", "desk", "vraag"]) for _ in range(8))
        for number in range(4_500)
    ]
    mine = [f"{line} mine" if chance.random() < share else line for line in base]
    theirs = [f"their {line}" if chance.random() < share else line for line in base]
    texts = ["\n".join(lines) for lines in (base, mine, theirs)]
    if how == "signs":
        texts = ["!" * 200_000, "?!" * 100_000, "!?" * 100_000]
    if how == "chance":
        texts = ["\n".join(chance.choice("abcdefg") for _ in range(100_000)) for _ in range(3)]
    started = time.process_time()
    merged = merge(*texts)
    assert time.process_time() - started < 2
    assert len(merged.text()) >= 200_000 - 1
    if share:
        assert Counter(merged.text().split())["mine"] >= sum("mine" in line for line in mine)
