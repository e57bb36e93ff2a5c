# ruff: noqa: E501 (mails hold long lines)
"""What stays of a mail when the quote and the signature are cut: the words of whoever wrote it, all of them."""

from __future__ import annotations

import time

import pytest

from community.mailroom.cutting import own_words, text_of_html

WHOLE = "Ja, dat doen we.\n\nTot morgen."
QUOTES = {
    "gmail, Dutch": "\n\nOp wo 25 nov 2026 om 10:03 schreef Samir via Cohortium <reply+abc@mail.example>:\n\n> Wat nu?\n> Groet\n",
    "gmail, two lines": "\n\nOn Wed, Nov 25, 2026 at 10:03 AM Samir via Cohortium\n<reply+abc@mail.example> wrote:\n\n> What now?\n",
    "apple, Dutch, quoted": "\n\n> Op 25 nov. 2026 om 10:03 heeft Samir <a@b.example> het volgende geschreven:\n> \n> Wat nu?\n",
    "apple, English": "\n\nOn 25 Nov 2026, at 10:03, Samir <a@b.example> wrote:\n\nWhat now?\n",
    "outlook, Dutch": "\n\n________________________________\nVan: Samir <a@b.example>\nVerzonden: woensdag\nAan: Noor\nOnderwerp: Wat nu\n\nWat nu?\n",
    "outlook, English, no rule": "\n\nFrom: Samir <a@b.example>\nSent: Wednesday\nTo: Noor\nSubject: What now\n\nWhat now?\n",
    "outlook, bold": "\n\n*Van:* Samir <a@b.example>\n*Verzonden:* woensdag\n*Aan:* Noor\n\nWat nu?\n",
    "thunderbird": "\n\nOp 25-11-2026 om 10:03 schreef Samir:\n> Wat nu?\n",
    "original message": "\n\n-----Original Message-----\nFrom: Samir\n\nWhat now?\n",
    "bare": "\n\n> Wat nu?\n>\n> Groet\n",
    "signature": "\n\n-- \nNoor van der Velden\nWaterland\n",
    "signature and quote": "\n\n-- \nNoor\n\nOp wo 25 nov 2026 om 10:03 schreef Samir <a@b.example>:\n\n> Wat nu?\n",
    "phone": "\n\nVerstuurd vanaf mijn iPhone\n",
    "phone and quote": "\n\nSent from my iPhone\n\nOn 25 Nov 2026, at 10:03, Samir <a@b.example> wrote:\n\n> What now?\n",
    "nothing": "\n",
}


@pytest.mark.parametrize("name", QUOTES)
def test_the_quoted_letter_is_cut(name: str) -> None:
    assert own_words(WHOLE + QUOTES[name]) == WHOLE
    assert own_words((WHOLE + QUOTES[name]).replace("\n", "\r\n")) == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        "From: the start we said so.\nTo: be honest, I doubt it.",
        "On Monday we meet.\n\nOn Tuesday we write: three things.\n\n1. one\n2. two",
        "Drie punten:\n\n- een\n- twee\n\nMet vriendelijke groet,\nNoor",
        "Op maandag spreek ik Joost:\nhij weet het.",
        "In the end she wrote it down.\n\n---\n\nAnd then: silence.",
    ],
)
def test_words_that_only_look_like_a_quote_stay(text: str) -> None:
    assert own_words(text) == text


def test_answers_between_and_below_a_quote_stay() -> None:
    between = "Zie onder.\n\n> Wat nu?\n\nDit.\n\n> En dan?\n\nDat."
    assert own_words(between) == between
    below = "Op wo 25 nov 2026 om 10:03 schreef Samir <a@b.example>:\n> Wat nu?\n\nDit doen we."
    assert own_words(below) == "Dit doen we."


def test_an_html_mail_is_read_as_text() -> None:
    html = (
        "<html><head><style>p{}</style><title>x</title></head><body><p>Ja, <b>dat</b>\ndoen we.</p><ul><li>een<li>twee</ul>"
        '<script>alert(1)</script><div class="gmail_quote">Op wo schreef Samir:<br><blockquote>Wat nu?</blockquote></div></body></html>'
    )
    assert text_of_html(html) == "Ja, dat doen we.\n\n- een\n- twee"
    outlook = '<p>Akkoord.</p><div id="divRplyFwdMsg"><b>Van:</b> Samir</div><div>Wat nu?</div>'
    assert text_of_html(outlook) == "Akkoord."


@pytest.mark.parametrize(
    "evil",
    ["On " * 70_000, ">" * 200_000, "\n" * 200_000, "On a wrote" * 20_000, "_" * 200_000, "-- " * 60_000, "Op wo 1:\n" * 20_000,
     "From: x\n" * 25_000, "<div>" * 40_000, "> Op a schreef:\n" * 12_000],
    ids=range(10),
)  # fmt: skip
def test_no_mail_makes_it_slow(evil: str) -> None:
    began = time.process_time()
    own_words(evil)
    text_of_html(evil)
    assert time.process_time() - began < 2
