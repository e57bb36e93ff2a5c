"""Where words stand after a text was changed: never on a look-alike, always where nothing was changed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from community.comments.anchors import (
    ALIKE,
    LONGEST,
    Mark,
    Selector,
    choose,
    describe,
    distance_between,
    find,
)
from community.comments.texts import text_of
from community.markup import render

TEXT = (
    "We read customer as everyone who calls or writes to the service desk. Ingrid’s own slides also count the branches. "
    "The question travels: eleven hand-overs between the first call and the first answer, of which three exist only because "
    "the intake form asks for them.\nOwner: nobody yet, due 3 May\nOwner: nobody yet, due 4 May\nThat changes what we look for."
)


def on(text, words, nth=0):
    at = -1
    for _ in range(nth + 1):
        at = text.index(words, at + 1)
    return describe(text, at, at + len(words))


def found(text, selector, **more):
    place = find(text, selector, **more)
    return None if place is None else text[slice(*place)]


def test_words_are_described_as_the_model_of_annotations_says():
    made = on(TEXT, "eleven hand-overs")
    assert (made.exact, len(made.prefix), len(made.suffix)) == ("eleven hand-overs", 32, 32)
    assert TEXT[made.start : made.end] == made.exact and made.prefix.endswith("The question travels: ")
    emoji = "👩🏽‍🚀 says 🎉🎉 twice"
    again = on(emoji, "🎉🎉")
    assert emoji[again.start : again.end] == "🎉🎉", "code points, as Python counts them"
    blank = describe("  so  it is ", 0, 12)
    assert (blank.exact, blank.start, blank.end) == ("so  it is", 2, 11)
    for start, end in ((3, 3), (-1, 2), (0, 13), (0, 2)):
        with pytest.raises(ValueError, match="no words"):
            describe("  so  it is ", start, end)
    with pytest.raises(ValueError, match="no words"):
        describe("x" * 3_000, 0, LONGEST + 1)


@pytest.mark.parametrize(
    ("words", "change", "expected"),
    [
        ("eleven hand-overs", ("The question travels: ", ""), "eleven hand-overs"),
        ("eleven hand-overs", ("three exist", "four exist"), "eleven hand-overs"),
        ("eleven hand-overs between the first call", ("eleven", "twelve"), "twelve hand-overs between the first call"),
        ("eleven hand-overs", ("eleven hand-overs between the first call", "it takes long"), None),
        ("service desk", ("the service desk", "our night shift"), None),
        ("Owner: nobody yet, due 3 May", ("Owner: nobody yet, due 3 May\n", ""), None),
        ("Owner: nobody yet, due 3 May", ("due 3 May", "due 5 May"), None),
        ("first answer", ("first answer, of which", "last answer, of which"), None),
    ],
)
def test_a_change_is_followed_as_far_as_it_is_certain(words, change, expected):
    text = TEXT.replace(*change)
    assert text != TEXT and found(text, on(TEXT, words)) == expected


def test_what_reads_the_same_is_told_apart_by_what_stands_around_it_or_not_at_all():
    text = "the first of us: open. the second of us: open. the third of us: open. " + "and so on, " * 4
    second = on(text, "open", 1)
    assert found(text.replace("the first of us: open. ", ""), second) == "open"
    assert find(text.replace("the second of us: open. ", ""), second) is None
    assert find(text.replace("the second of us: open.", "the second of us: closed."), second) is None
    rows = "open, open, open, open, open, open, open, open, open, open, open, open, open, open, open"
    fifth = on(rows, "open", 6)
    assert not fifth.marks & (Mark.ALONE | Mark.BOTH) and find(rows, fifth) == (fifth.start, fifth.end)
    assert find("open, " + rows, fifth) is None, "which of them it was, nobody can say"
    same = "The same passage of some length stands here, word for word, and goes on for more than a line. "
    twice = f"One head. {same}Two head. {same}The end of it."
    first, second = on(twice, "word for word"), on(twice, "word for word", 1)
    assert not (first.marks | second.marks) & (Mark.ALONE | Mark.BOTH)
    assert find("So: " + twice, second) == (second.start + 4, second.end + 4)
    assert find(twice.replace(f"Two head. {same}", ""), second) is None
    assert find(twice + " Really.", first) == (first.start, first.end)


def test_a_small_change_is_measured_from_the_words_as_they_were_first():
    """Nine small steps that each keep nine tenths of what stood before do not lead to other words."""
    first = "the planners of the night shift know the answer within the hour"
    text = f"So we asked. {first}, as they say, and nobody believed it before."
    at = on(text, first)
    words, seen = first, 0
    for letter in "aeionrth":
        changed = words.replace(letter, "_", 2)
        place = find(text.replace(words, changed), at, like=first)
        if place is None:
            break
        text, words, seen = text.replace(words, changed), changed, seen + 1
        assert distance_between(text[slice(*place)], first) <= (1 - ALIKE) * len(first)
        at = describe(text, *place, like=first)
    assert 0 < seen < 5
    assert found(text.replace(words, first), at, like=first, changed=False) == first, "taken back, they are found again"


def test_what_is_selected_is_found_in_the_text_of_the_page():
    at = TEXT.index("first answer")
    assert choose(TEXT, Selector("first answer", start=at)) == (at, at + 12)
    assert choose(TEXT, Selector("first answer", start=3)) == (at, at + 12), "the page moved on: the words stand once"
    assert choose(TEXT, Selector("Owner: nobody\n  yet, due 4 May ")) is not None, "pasted with other blanks"
    assert choose(TEXT, Selector("Owner: nobody yet")) is None, "twice"
    second = choose(TEXT, Selector("Owner: nobody yet", suffix=", due 4 May"))
    assert second is not None and second[0] == TEXT.rindex("Owner")
    assert choose(TEXT, Selector("no such words")) is None and choose(TEXT, Selector(" \n ")) is None


WORDS = [
    f"{a}{b}" for a in ("wachtrij", "klant", "antwoord", "vraag", "nacht", "dienst", "formulier") for b in "abcdefgh"
]


def sentences(rnd, count):
    """Sentences of which some stand there twice, some nearly twice."""
    made = [" ".join(rnd.choice(WORDS) for _ in range(rnd.randrange(1, 12))) + "." for _ in range(count)]
    for _ in range(count // 3):
        twin = rnd.choice(made)
        made.insert(rnd.randrange(len(made)), twin if rnd.random() < 0.5 else twin.replace("a", "e", 1))
    return made


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_random_edits_never_lead_to_other_words(seed):
    """Whole sentences are put in, taken out, doubled, moved and changed by a letter, each kept track of: an anchor is found on its
    own sentence, or not at all."""
    rnd = random.Random(seed)
    held = [(number, words) for number, words in enumerate(sentences(rnd, 14))]
    fresh = len(held)
    chosen, words = held[rnd.randrange(len(held))]
    text = " ".join(said for _, said in held)
    start = sum(len(said) + 1 for number, said in held[: [n for n, _ in held].index(chosen)])
    at = describe(text, start, start + len(words))
    assert find(text, at) == (start, start + len(words))
    for _ in range(rnd.randrange(1, 5)):
        place, deed = rnd.randrange(len(held)), rnd.choice(("in", "out", "double", "letter"))
        if deed == "in":
            held.insert(place, (fresh, sentences(rnd, 1)[0]))
        elif deed == "out" and len(held) > 2:
            held.pop(place)
        elif deed == "double":  # not beside itself: which of the two it was, no text tells
            held.insert(
                rnd.choice([at for at in range(len(held)) if at not in (place, place + 1)]), (fresh, held[place][1])
            )
        else:
            number, said = held[place]
            held[place] = (number, said.replace(rnd.choice("aeiou"), "y", 1))
        fresh += 1
        text = " ".join(said for _, said in held)
        place_now = find(text, at, like=words)
        if place_now is None:
            return
        start = (
            sum(len(said) + 1 for number, said in held[: [n for n, _ in held].index(chosen)])
            if chosen in dict(held)
            else -9
        )
        assert place_now[0] == start, "it stands on another sentence"
        assert distance_between(text[slice(*place_now)], words) <= (1 - ALIKE) * len(words)
        at = describe(text, *place_now, like=words)


@given(text=st.text(min_size=1, max_size=300), data=st.data())
def test_in_an_unchanged_text_words_are_always_found(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    if not text[start:end].strip():
        return
    made = describe(text, start, end)
    assert find(text, made) == (made.start, made.end) and text[made.start : made.end] == made.exact
    assert find("", made) is None


@given(one=st.text("abc", max_size=12), two=st.text("abc", max_size=12))
def test_the_distance_is_that_of_levenshtein(one, two):
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(two, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    assert distance_between(one, two) == row[-1]


def test_the_text_is_what_a_browser_counts():
    html = '<p title="a > b">Fish &amp; <em>chips</em> &lt;3</p>\n<pre class="x">\nline\n</pre><p>a<br>b</p>'
    assert text_of(html) == "Fish & chips <3\nline\nab"
    made = render("# Head\n\n* a `b < c`\n* [d](https://e.example/?f=1&g=2)\n\n| h |\n|---|\n| i&nbsp;j |\n")
    assert "b < c" in text_of(str(made.html)) and "i\xa0j" in text_of(str(made.html)).replace("&nbsp;", "\xa0")
