"""What people type, and which words count as the same: the parser, the analysis and the excerpts of search."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from community.errors import Invalid
from community.search.analysis import BODY_CHARACTERS, analyse, compose, fold, form_of, tokens
from community.search.excerpts import excerpt, marked
from community.search.query import MAX_CHARACTERS, MAX_WORDS, ParsedQuery, parse


def words(query: ParsedQuery) -> list[str]:
    return [" ".join(form.word for form in term.forms) for term in query.required]


def same(one: str, other: str) -> bool:
    return bool(set(form_of(one).stems) & set(form_of(other).stems))


# ---- words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("wachtlijst", "wachtlijsten"),
        ("huis", "huizen"),
        ("brief", "brieven"),
        ("gemeenschap", "gemeenschappen"),
        ("foto", "foto's"),
        ("mogelijkheden", "mogelijk"),
        ("customer", "customers"),
        ("question", "Questions"),
        ("organisation", "organizations"),
        ("behaviour", "behavior"),
        ("programme", "program"),
        ("e-mail", "email"),
        ("Yıldırım", "yildirim"),
        ("ØVERGÅRD", "overgard"),
        ("cafe\u0301", "café"),
    ],
)
def test_two_forms_of_a_word_are_one_word(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(("one", "other"), [("klant", "klacht"), ("water", "waterlijn"), ("team", "thema")])
def test_other_words_stay_other_words(one: str, other: str) -> None:
    assert not same(one, other)


def test_the_language_of_a_text_is_guessed_from_its_small_words() -> None:
    assert analyse("", "Hoe halveren wij de tijd tussen een vraag en het eerste antwoord?").language == "nl"
    assert analyse("", "How do we halve the time between a question and our first answer?").language == "en"
    assert analyse("", "Noorderlicht Getij Zuiderkruis").language is None
    assert analyse("", "Hoe halveren wij de tijd?", "en").language == "en"


def test_a_blob_does_not_fill_the_lexicon_nor_take_for_ever() -> None:
    began = time.perf_counter()
    found = analyse("t" * 5_000, "a" * (3 * BODY_CHARACTERS))
    assert time.perf_counter() - began < 1
    assert max(map(len, found.words)) <= 64


@given(st.text())
def test_every_text_has_words_that_fold_to_themselves(text: str) -> None:
    for token in tokens(text):
        assert token.form.word == token.form.word[:64] != ""
        assert fold(token.form.word) == token.form.word
        assert all(token.form.stems)


# ---- queries


def test_the_whole_syntax_in_one_breath() -> None:
    asked = parse(
        'wachtlijst +klant -intern "eerste antwoord" title:loops kind:page -kind:post author:@Noor space:bridge'
        " #Service since:2026-06 until:2026-06-11"
    )
    assert words(asked) == ["klant"]
    assert [term.forms[0].word for term in asked.optional] == ["wachtlijst", "eerste", "loops"]
    assert [term.exact for term in asked.optional] == [False, True, False]
    assert asked.optional[2].in_title
    assert [term.forms[0].word for term in asked.excluded] == ["intern"]
    assert asked.filters == {
        "kind": frozenset({"page"}),
        "author": frozenset({"noor"}),
        "space": frozenset({"bridge"}),
        "topic": frozenset({"service"}),
    }
    assert asked.unwanted == {"kind": frozenset({"post"})}
    assert asked.since == datetime(2026, 6, 1, tzinfo=UTC)
    assert asked.until == datetime(2026, 6, 12, tzinfo=UTC)
    assert asked.with_spaces({"bridge": 12}).filters["space"] == frozenset({"12"})
    assert asked.with_spaces({}).filters["space"] == frozenset({"?"})


def test_field_names_work_in_dutch_and_unknown_ones_are_words() -> None:
    assert parse("auteur:noor soort:page").filters.keys() == {"author", "kind"}
    assert words(parse("re:wachtlijst 10:30 https://waterland.example")) == [
        "re", "wachtlijst", "10", "30", "https", "waterland", "example",
    ]  # fmt: skip


def test_small_words_count_only_when_there_is_nothing_else() -> None:
    assert words(parse("de wachtlijst van the customer")) == ["wachtlijst", "customer"]
    assert words(parse("to be or not to be")) == ["to", "be", "or", "not"]
    assert words(parse('"to be or not to be"')) == ["to be or not to be"]


def test_curly_quotes_and_an_open_quote_make_a_phrase() -> None:
    assert words(parse("“eerste antwoord”")) == words(parse('"eerste antwoord')) == ["eerste antwoord"]


@pytest.mark.parametrize("nothing", ["", "   ", "!!!", "-", '""', '"', "+-+-", "\x00\x07", "\ud800", "()", "😀"])
def test_nothing_asked_is_an_empty_query(nothing: str) -> None:
    assert parse(nothing).is_empty


@pytest.mark.parametrize("text", ["since:2026-13", "until:9999", "since:yesterday", "since:0000", "until:2026-02-30"])
def test_a_date_that_is_none_is_said_at_the_field(text: str) -> None:
    with pytest.raises(Invalid) as fault:
        parse(text)
    assert fault.value.field == "q"
    assert "2026-06-08" in str(fault.value)


@pytest.mark.parametrize("text", ["a" * 1_000_000, "a " * (MAX_WORDS + 1), "é" * (MAX_CHARACTERS + 1)])
def test_too_much_at_once_is_said_in_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as fault:
        parse(text)
    assert fault.value.facts["count"] in (MAX_WORDS, MAX_CHARACTERS)


@pytest.mark.parametrize(
    "piece",
    ['"', "(", ")", "-", "+", "a:", "kind:", "\x00", "\ud800", "a'", "e-", "#", "*", "~", "a* ", '+"a" ', "[a TO"],
)
def test_hostile_queries_are_read_quickly(piece: str) -> None:
    for length in (MAX_CHARACTERS, 10 * MAX_CHARACTERS, 1_000_000):
        text = (piece * length)[:length]
        began = time.perf_counter()
        try:
            parse(text)
        except Invalid as fault:
            assert fault.field == "q"
        assert time.perf_counter() - began < 0.1


@given(st.text() | st.text(alphabet="+-\":#()kindsce: é\x00\ud800'", max_size=60))
def test_every_text_has_an_answer(text: str) -> None:
    try:
        asked = parse(text)
    except Invalid as fault:
        assert fault.field == "q"
    else:
        assert len(asked.raw) <= MAX_CHARACTERS
        asked.raw.encode()  # No lone surrogate is left.
        for term in asked.required:
            start, end = term.span
            assert [token.form for token in tokens(asked.raw[start:end])] == list(term.forms)


# ---- excerpts


def shown(text: str, terms: set[str], length: int = 200) -> str:
    return "".join(f"[{part}]" if hit else part for part, hit in excerpt(text, terms, length))


def test_the_excerpt_marks_every_form_of_the_word() -> None:
    terms = {"wachtlijst", "wachtlijst*", "yildirim"}
    assert shown("De wachtlijsten en het wachtlijstbeheer van Fatma Yıldırım.", terms) == (
        "De [wachtlijsten] en het [wachtlijstbeheer] van Fatma [Yıldırım]."
    )
    assert shown("Banen of een baan per e-mail.", {"ban", "baan", "email"}) == "[Banen] of een [baan] per [e-mail]."


def test_the_excerpt_is_taken_where_most_of_the_words_stand_together() -> None:
    text = "Een klant belt. " + "Er gebeurt niets. " * 60 + "De klant krijgt een antwoord." + " Klaar." * 60
    found = shown(text, {"klant", "antwoord"}, 80)
    assert "De [klant] krijgt een [antwoord]." in found
    assert found.startswith("… ") and found.endswith(" …")
    assert len(found) < 110


def test_without_a_hit_it_is_the_beginning() -> None:
    assert shown("Noor  schrijft\n\nover loops. " * 20, {"wachtlijst"}, 40) == "Noor schrijft over loops. Noor …"
    assert excerpt("", {"wachtlijst"}) == []
    assert marked("Wachtlijsten nu", {"wachtlijst"}) == [("Wachtlijsten", True), (" nu", False)]


@pytest.mark.parametrize("piece", ["wachten wanneer ", "é ", "é", "e-", "a'", " ", "\x00", "wachtlijst ", "aaaa"])
def test_an_excerpt_of_a_very_long_text_is_quick(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    began = time.perf_counter()
    pairs = excerpt(text, {"wachtlijst", "wachtlijst*", "aap", "loket"})
    assert time.perf_counter() - began < 0.5
    assert sum(len(part) for part, _ in pairs) <= 320


@given(st.text(max_size=300), st.sets(st.text(alphabet="aeéklm*", max_size=4), max_size=4), st.integers(0, 120))
def test_an_excerpt_is_always_a_piece_of_the_text(text: str, terms: set[str], length: int) -> None:
    pairs = excerpt(text, terms, length)
    assert all(part for part, _ in pairs)
    inside = "".join(part for part, _ in pairs).removeprefix("… ").removesuffix(" …")
    flat = " ".join(compose(text).split())
    assert " ".join(inside.split()) in flat
