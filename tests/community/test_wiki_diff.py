"""What changed between two texts: nothing invented, nothing left out, and never long."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.wiki.diff import DiffLine, compare, folded

TEXTS = st.lists(st.lists(st.sampled_from("abc ."), max_size=6).map("".join), max_size=12).map("\n".join)


def _side(lines: list[DiffLine], without: str) -> str:
    shown = [line for line in lines if line.kind != without]
    return "\n".join("".join(text for kind, text in line.pieces if kind != without) for line in shown)


@given(TEXTS, TEXTS)
def test_both_texts_can_be_read_out_of_what_changed(old: str, new: str) -> None:
    lines = compare(old, new)
    assert _side(lines, "ins") == old
    assert _side(lines, "del") == new
    assert sum(line.skipped or 1 for line in folded(lines)) == len(lines)


def test_words_within_a_line_are_told_apart() -> None:
    (line,) = compare("eleven hand-overs, or so", "nine to fourteen hand-overs, or so")
    assert line == DiffLine("both", (("del", "eleven"), ("ins", "nine to fourteen"), ("same", " hand-overs, or so")))


def test_lines_with_little_in_common_are_not_woven_together() -> None:
    assert [line.kind for line in compare("Nobody is slow.", "We counted hand-overs twice")] == ["del", "ins"]


def test_long_stretches_that_stayed_are_folded() -> None:
    old = "\n".join(str(number) for number in range(50))
    shown = folded(compare(old, old.replace("25", "twenty-five")))
    assert (shown[0].kind, shown[0].skipped) == ("skip", 23)
    assert (shown[-1].kind, shown[-1].skipped) == ("skip", 22)
    assert [line.kind for line in folded(compare(old, old))] == ["skip"]


def _many(letters: str, count: int, seed: int, between: str) -> str:
    chance = random.Random(seed)
    return between.join(chance.choice(letters) for _ in range(count))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a b " * 25_000, "b a " * 25_000),
        (_many("abcdefg", 50_000, 1, "\n"), _many("abcdefg", 50_000, 2, "\n")),
        (_many("abcdefg", 50_000, 3, " "), _many("abcdefg", 50_000, 4, " ")),
        ("!" * 100_000, "?!" * 50_000),
        ("a b c d\n" * 12_000, "b a d c\n" * 12_000),
        ("x" * 100_000, "y" * 100_000),
    ],
    ids=["words", "lines", "chance", "signs", "woven", "one-word"],
)
def test_a_hundred_kilobytes_twice_take_less_than_two_seconds(old: str, new: str) -> None:
    started = time.process_time()
    folded(compare(old, new))
    assert time.process_time() - started < 2
