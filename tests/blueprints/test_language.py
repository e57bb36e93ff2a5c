"""Two languages: every sentence has its Dutch, every date is said as people say it, in the reader's zone."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from blueprints import language
from blueprints.translations.__main__ import as_entries, sentences, untranslated
from community.clock import frozen
from tests.blueprints.gallery import NOW, Noor, build_gallery

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}|(%%)")
OTHERS = [code for code in language.LANGUAGES if code != "en"]


@pytest.fixture(scope="module")
def gallery() -> Flask:
    return build_gallery()


def placeholders(text: str) -> Counter[str]:
    return Counter("".join(found) for found in PLACEHOLDER.findall(text))


@pytest.mark.parametrize("code", OTHERS)
def test_no_sentence_lacks_its_translation(code: str) -> None:
    missing = list(untranslated(code))
    assert not missing, "append these, filled in, to the catalogue:\n\n" + as_entries(missing)


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_placeholders(code: str) -> None:
    for message in language.catalogue(code):
        if not message.id:
            continue
        sources = message.id if isinstance(message.id, tuple | list) else (message.id,)
        words = message.string if isinstance(message.string, tuple | list) else (message.string,)
        wanted = placeholders(sources[-1])
        for said in words:
            assert placeholders(said) in (wanted, placeholders(sources[0])), message.id
            assert "!" not in said, message.id


def test_sentences_are_found_in_code_and_templates() -> None:
    found = {message.id if isinstance(message.id, str) else message.id[0] for message in sentences() if message.id}
    assert {"Skip to content", "just now", "You may not do this here.", "%(num)d reply"} <= found


AT = {
    timedelta(seconds=-20): ("just now", "zojuist"),
    timedelta(minutes=-1): ("1 minute ago", "1 minuut geleden"),
    timedelta(minutes=-16): ("16 minutes ago", "16 minuten geleden"),
    timedelta(hours=-1, minutes=-30): ("1 hour ago", "1 uur geleden"),
    timedelta(hours=-9): ("9 hours ago", "9 uur geleden"),
    timedelta(hours=-11, minutes=-50): ("yesterday, 21:40", "gisteren, 21:40"),
    timedelta(days=-3): ("Saturday 6 June", "zaterdag 6 juni"),
    timedelta(days=-12): ("28 May", "28 mei"),
    timedelta(days=-400): ("5 May 2025", "5 mei 2025"),
    timedelta(hours=8, minutes=30): ("today, 18:00", "vandaag, 18:00"),
    timedelta(days=1, hours=1): ("tomorrow, 10:30", "morgen, 10:30"),
    timedelta(days=2): ("Thursday 11 June, 09:30", "donderdag 11 juni, 09:30"),
    timedelta(days=90): ("7 September", "7 september"),
    timedelta(days=300): ("5 April 2027", "5 april 2027"),
}


@pytest.mark.parametrize("distance", AT, ids=str)
def test_moments_are_said_as_people_say_them(gallery: Flask, distance: timedelta) -> None:
    """The clock stands at 09:30 in Amsterdam, Tuesday 9 June 2026."""
    for code, words in zip(("en", "nl"), AT[distance], strict=True):
        with frozen(NOW), gallery.test_request_context(f"/?me={code}"):
            assert language.say(NOW + distance) == words


def test_the_reader_s_own_zone_counts(gallery: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    late = datetime(2026, 6, 8, 22, 30, tzinfo=UTC)  # after midnight in Amsterdam, before it in Accra
    with frozen(NOW), gallery.test_request_context("/?me=en"):
        assert language.say(late) == "9 hours ago"
    monkeypatch.setattr(Noor, "time_zone", "Africa/Accra")
    with frozen(NOW), gallery.test_request_context("/?me=en"):
        assert language.say(late) == "yesterday, 22:30"
        assert language.hour(late) == "22:30"
    monkeypatch.setattr(Noor, "time_zone", "Nowhere/At_all")
    with gallery.test_request_context("/?me=en"):
        assert language.zone().key == language.HOUSE_ZONE


def test_days_and_spans(gallery: Flask) -> None:
    start = datetime(2026, 6, 9, 8, 30, tzinfo=UTC)
    with frozen(NOW), gallery.test_request_context("/?me=nl"):
        assert language.day(date(2026, 6, 8)) == "maandag 8 juni"
        assert language.day(date(2024, 6, 8)) == "8 juni 2024"
        assert language.span(start, start + timedelta(minutes=90)) == "dinsdag 9 juni, 10:30 tot 12:00"
        assert language.span(start, start + timedelta(days=2)) == "dinsdag 9 juni tot donderdag 11 juni"
        assert language.span(start, None) == "dinsdag 9 juni, 10:30"


def test_a_time_without_a_zone_is_refused(gallery: Flask) -> None:
    with gallery.test_request_context("/"), pytest.raises(ValueError, match="aware"):
        language.say(datetime(2026, 6, 9, 9, 30))  # noqa: DTZ001


def _lang(html: str) -> str:
    found = re.search(r'<html lang="(\w+)"', html)
    assert found
    return found[1]


def test_the_language_is_the_person_s_then_the_browser_s_choice_then_what_it_asks_for(gallery: Flask) -> None:
    client = gallery.test_client()
    page = "/gallery/bits"
    dutch = {"Accept-Language": "de, nl;q=0.8, en;q=0.5"}
    assert _lang(client.get(page).get_data(as_text=True)) == "en"
    assert _lang(client.get(page, headers=dutch).get_data(as_text=True)) == "nl"
    assert _lang(client.get(f"{page}?me=en", headers=dutch).get_data(as_text=True)) == "en"
    html = client.get(page).get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', html)[0]
    answer = client.post("/language", data={"csrf_token": token, "language": "nl", "next": page})
    assert (answer.status_code, answer.location) == (303, page)
    assert _lang(client.get(page).get_data(as_text=True)) == "nl"
    client.post("/language", data={"csrf_token": token, "language": "xx", "next": page})
    assert _lang(client.get(page).get_data(as_text=True)) == "nl"


def test_a_signed_in_choice_is_kept_with_the_person() -> None:
    kept: list[str] = []
    app = build_gallery(save=kept.append)
    client = app.test_client()
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/gallery/bits?me=en").get_data(as_text=True))[
        0
    ]
    client.post("/language", data={"csrf_token": token, "language": "nl"})
    assert kept == []
    client.post("/language?me=en", data={"csrf_token": token, "language": "nl"})
    assert kept == ["nl"]
