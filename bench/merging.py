"""Diff and merge of two texts of 200 kB, beside what difflib takes to compare the same lines once; and what they hold in memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from difflib import SequenceMatcher
from random import Random

from bench.house import House, progress
from bench.table import Row, row
from bench.words import PLAIN
from community.wiki.diff import compare, folded
from community.wiki.merge import merge
from community.wiki.side import side_by_side

ROUNDS = 3
SIZE = 200_000
Texts = tuple[str, str, str]


def _texts(share: float) -> Texts:
    """A text of about 200 kB, and what two people made of it who each changed that share of its lines."""
    random = Random(14)
    base: list[str] = []
    while sum(map(len, base)) < SIZE:
        base.append(" ".join(random.choices(PLAIN, k=6)) + f" {len(base)}.")
    sides = []
    for word in ("waiting", "planner"):
        sides.append([line.replace(" ", f" {word} ", 1) if random.random() < share else line for line in base])
    return "\n".join(base), "\n".join(sides[0]), "\n".join(sides[1])


def _chance() -> Texts:
    """Texts with nothing in common but their letters, in as many lines as a page may have: the dearest."""
    random = Random(2)
    one, two, three = ("\n".join(" ".join(random.choices("abcdefg", k=17)) for _ in range(6_000)) for _ in range(3))
    return one, two, three


def _seconds(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def measure(house: House) -> list[Row]:
    """Milliseconds of CPU, and megabytes at the most."""
    progress("Diff and merge of 200 kB")
    kinds = {"2 % changed": _texts(0.02), "60 % changed": _texts(0.6), "nothing in common": _chance()}
    return [held for name, texts in kinds.items() for held in _rows(house.scale, name, *texts)]


def _rows(scale: int, name: str, base: str, mine: str, theirs: str) -> list[Row]:
    html = ["".join(f"<p>{line}</p>\n" for line in text.split("\n")) for text in (base, mine)]
    lines = [text.split("\n") for text in (base, mine)]
    bare = [1000 * _seconds(lambda: SequenceMatcher(None, *lines).get_opcodes()) for _ in range(ROUNDS)]
    works: dict[str, Callable[[], object]] = {
        "merge": lambda: merge(base, mine, theirs),
        "diff": lambda: folded(compare(base, mine)),
        "side by side": lambda: side_by_side(html[0], html[1]),
    }
    rows = []
    for what, do in works.items():
        took = [1000 * _seconds(do) for _ in range(ROUNDS)]
        rows.append(row(f"{what} of 200 kB, {name}: CPU", scale, "ms", took, bare, digits=0))
    tracemalloc.start()
    works["merge"]()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    rows.append(row(f"merge of 200 kB, {name}: memory", scale, "MB", [peak], [3 * SIZE / 1e6], digits=1))
    return rows
