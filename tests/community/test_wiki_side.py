"""Two rendered texts side by side: nothing added but marks, nothing left out, and never long."""

from __future__ import annotations

import re
import time
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from community.markup import render
from community.wiki.side import Stretch, has_changes, item_by_item, side_by_side

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
MARKS = re.compile(r"</?(?:ins|del)>")
BLOCKS = st.lists(
    st.sampled_from(
        [
            "## One head", "A **bold** word & a <sign>.", "> said", "---", "    code <b>", "one & two",
            "* one\n* two [link](https://example.org/a?b=1&c=2)", "* one\n* 2\n* three", "3. three\n4. four",
            "3. three\n4. vier\n\n   * in\n   * it\n5. five", "| a | b |\n|---|---|\n| 1 | 2 |",
            '![so it is](/files/x.png "a > b")',
        ]
    ),
    max_size=8,
).map("\n\n".join)  # fmt: skip


def _column(stretches: list[Stretch], side: str) -> str:
    return MARKS.sub("", "".join(str(getattr(row, side)) for stretch in stretches for row in stretch.rows))


def _bare(html: str) -> str:
    return re.sub(r"\s+", "", re.sub(r' id="[^"]*"', "", html))


def _loose(html: str) -> str:
    """The same without the tags of lists, which are taken apart item by item."""
    return re.sub(r"</?[uo]l[^>]*>", "", _bare(html))


@UNHURRIED
@given(BLOCKS, BLOCKS)
def test_each_column_is_the_text_itself_with_marks_alone(old: str, new: str) -> None:
    one, two = (str(render(text).html) if text else "" for text in (old, new))
    shown = side_by_side(one, two)
    assert _bare(_column(shown, "old")) == _bare(one)
    assert _bare(_column(shown, "new")) == _bare(two)
    apart = item_by_item(one, two)
    assert _loose(_column(apart, "old")) == _loose(one)
    assert _loose(_column(apart, "new")) == _loose(two)
    assert has_changes(shown) == (_bare(one) != _bare(two))


def test_the_words_that_changed_are_marked_and_the_rest_is_folded() -> None:
    old = "\n\n".join(f"Paragraph {number} says <something>." for number in range(9))
    new = old.replace("4 says", "4 told us")
    first, before, changed, after, last = side_by_side(str(render(old).html), str(render(new).html))
    assert (len(first.rows), first.is_folded, len(before.rows)) == (3, True, 1)
    (row,) = changed.rows
    assert row.kind == "both"
    assert str(row.old).strip() == "<p>Paragraph 4 <del>says</del> &lt;something&gt;.</p>"
    assert str(row.new).strip() == "<p>Paragraph 4 <ins>told us</ins> &lt;something&gt;.</p>"
    assert (len(after.rows), len(last.rows), last.is_folded) == (1, 3, True)


def test_a_list_is_compared_item_by_item_and_keeps_its_numbers() -> None:
    old = "\n".join(f"{number}. Item {number} of the agenda" for number in range(3, 13))
    shown = item_by_item(str(render(old).html), str(render(old.replace("Item 7 of", "Point 7 of")).html))
    assert [len(stretch.rows) for stretch in shown] == [3, 1, 1, 1, 4]
    (row,) = shown[2].rows
    assert str(row.new) == '<ol start="7"><li><ins>Point</ins> 7 of the agenda</li></ol>'


def test_no_id_stands_twice_and_nothing_new_gets_in() -> None:
    html = str(render("## Who waits\n\nWe do[^1].\n\n[^1]: Still.").html)
    shown = side_by_side(html, html.replace("We do", "They do &lt;script&gt;"))
    both = _column(shown, "old") + _column(shown, "new")
    assert 'id="' not in both
    assert "<script" not in both


@pytest.mark.parametrize("block", ["<p>{}</p>\n", "{} "])
def test_two_long_texts_take_less_than_two_seconds(block: str) -> None:
    chance = Random(3)
    one, two = (
        "".join(block.format(" ".join(chance.choices("abcdefgh", k=12))) for _ in range(7_000)) for _ in range(2)
    )
    started = time.process_time()
    side_by_side(one, two)
    assert time.process_time() - started < 2
