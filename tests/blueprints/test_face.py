"""The face's base: what every page shares, whoever reads it, in either language."""

from __future__ import annotations

import gzip
import re
import time
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask, render_template_string

from blueprints import face
from community.clock import frozen
from tests.blueprints.gallery import ERRORS, LONG, NOW, PAGES, build_gallery, post

STATIC = Path(face.STATIC)
BUDGET_BYTES, BUDGET_REQUESTS = 150_000, 12


@pytest.fixture(scope="module")
def gallery() -> Flask:
    return build_gallery()


class Tree(HTMLParser):
    """Checks that a page is well formed, and collects what it names."""

    VOID = {"meta", "link", "input", "hr", "img", "br", "use", "path", "circle"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else at {self.getpos()}"


def tree_of(html: str) -> Tree:
    tree = Tree()
    tree.feed(html)
    assert tree.open == []
    return tree


ADDRESSES = [f"/gallery/{page}?me={lang}&flash=1" for page in PAGES for lang in ("en", "nl")]
ADDRESSES += ["/quiet", "/confirm?me=en", "/confirm"] + [f"/error/{status}" for status in ERRORS]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_is_well_formed_names_things_once_and_carries_no_script_or_style(gallery: Flask, address: str) -> None:
    html = gallery.test_client().get(address).get_data(as_text=True)
    tree = tree_of(html)
    assert len(tree.ids) == len(set(tree.ids))
    assert html.count("<h1") + html.count('class="h1"') >= 1
    ids = set(tree.ids)
    for tag, name, value in tree.attributes:
        assert name != "style", (tag, value)
        assert not name.startswith("on"), (tag, name)
        if name in ("aria-labelledby", "aria-describedby", "popovertarget", "for") and value:
            assert set(value.split()) <= ids, (tag, name, value)
    assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", html) == []


def test_the_sheet_closes_what_it_opens_and_says_each_rule_once() -> None:
    text = (STATIC / "app.css").read_text()
    bare = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    open_ = 0
    for line in bare.split("\n"):
        assert open_ == 0 or not line.startswith("@layer"), f"a layer within another: {line}"
        open_ += line.count("{") - line.count("}")
    assert open_ == 0
    lines = [line for line in text.split("\n") if line.startswith("  .") and len(line) > 60]
    assert [line for line in set(lines) if lines.count(line) > 1] == []


def test_what_is_flashed_is_shown() -> None:
    """In a tone that parts/flashes.html or the toasts of base.html draw."""
    said = [
        tone
        for file in Path(face.__file__).parent.rglob("*.py")
        for tone in re.findall(
            r"flash\((?:[^()]|\([^()]*\)|\((?:[^()]|\([^()]*\))*\))*?, \"(\w+)\"\s*\)", file.read_text()
        )
    ]
    assert len(said) > 80 and set(said) == {"message", "ok", "warn", "bad"}


def test_every_icon_that_a_template_asks_for_is_drawn(gallery: Flask) -> None:
    sheet = ElementTree.parse(STATIC / "icons.svg").getroot()
    drawn = {symbol.get("id") for symbol in sheet}
    for address in ADDRESSES:
        html = gallery.test_client().get(address).get_data(as_text=True)
        assert set(re.findall(r"icons\.svg#([a-z0-9-]+)", html)) <= drawn, address
    asked = {mark[1] for mark in face.AUDIENCES.values()} | {drawn_ for drawn_, _words in face.REACTIONS.values()}
    for file in [*Path("templates").rglob("*.html"), *Path("blueprints").rglob("*.py")]:
        asked |= set(re.findall(r"\b(?:icon|both)\(\"([a-z0-9-]+)\"", file.read_text()))
    assert asked <= drawn, asked - drawn


def test_a_first_visit_stays_within_the_budget(gallery: Flask) -> None:
    """All that a signed-in page with live news asks for, as a browser would, gzipped at level 6."""
    client = gallery.test_client()
    html = client.get("/gallery/stream?me=en").get_data()
    found = re.findall(r'(?:href|src)="(/assets/[^"#]+)', html.decode()) + [
        face.asset("js/live.js"),
        face.asset("vendor/socket.io/socket.io.esm.min.js"),
        face.asset("vendor/fonts/schibsted-grotesk-latin-ext-wght-normal.woff2"),  # Fatma Yıldırım and Ragnhild need it
        face.asset("icons.svg"),
    ]
    asked = set(found)
    weight = len(gzip.compress(html, 6))
    for address in asked:
        with client.get(address) as answer:
            assert answer.status_code == 200, f"{address}: `make run` fetches what is in static/vendor"
            weight += len(gzip.compress(answer.get_data(), 6))
    assert len(asked) + 1 <= BUDGET_REQUESTS, sorted(asked)
    assert weight <= BUDGET_BYTES, weight
    assert len(gzip.compress(html, 6)) <= 25_000


def test_twenty_posts_are_drawn_fast(gallery: Flask) -> None:
    """Measured beside a plain loop of as many escaped values, because machines differ."""
    cards = [post(number) for number in range(1, 21)]
    source = '{% import "parts/posts.html" as parts %}{{ parts.list(cards) }}'
    plain = "{% for c in cards %}" + "{{ c.author_name }}" * 40 + "{% endfor %}"

    def best(text: str) -> float:
        template = gallery.jinja_env.from_string(text)
        spent = []
        for _ in range(40):
            start = time.process_time()
            template.render(cards=cards)
            spent.append(time.process_time() - start)
        return min(spent)

    with gallery.test_request_context("/?me=en"):
        assert best(source) < 6 * best(plain)


def test_assets_are_kept_for_a_year_under_an_address_that_changes_with_them(gallery: Flask) -> None:
    client = gallery.test_client()
    fresh = client.get(face.asset("app.css"), buffered=True)
    assert fresh.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Cookie" not in fresh.headers.get("Vary", "")
    stale = client.get("/assets/00000000/app.css", buffered=True)
    assert stale.get_data() == fresh.get_data()
    assert "immutable" not in stale.headers["Cache-Control"]
    assert client.get(face.asset("../wsgi.py")).status_code == 404


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_says_what_to_do_and_is_the_same_for_everybody_at_every_moment(gallery: Flask, status: int) -> None:
    client = gallery.test_client()
    first = client.get(f"/error/{status}").get_data(as_text=True)
    with frozen(NOW + timedelta(days=3)):
        again = client.get(f"/error/{status}").get_data(as_text=True)
    signed_in = client.get(f"/error/{status}?me=en").get_data(as_text=True)
    assert first == again == signed_in
    assert "csrf_token" not in first
    main = first[first.index("<main") :]
    assert "<h1>" in main
    assert 'href="/' in main, "there is a way on"
    dutch = client.get(f"/error/{status}", headers={"Accept-Language": "nl"}).get_data(as_text=True)
    assert '<html lang="nl"' in dutch
    assert dutch[dutch.index("<main") :] != main


def test_the_masthead_shows_what_waits_and_where_one_is(gallery: Flask) -> None:
    html = gallery.test_client().get("/gallery/stream?me=nl").get_data(as_text=True)
    assert 'aria-label="Meldingen, 3 ongelezen"' in html
    assert '<a href="/gallery/stream" aria-current="page">Mijn team</a>' in html
    assert "Coaching" not in html
    assert "Coaching" in gallery.test_client().get("/gallery/stream?me=nl&coach=1").get_data(as_text=True)
    assert re.search(
        r'<form method="post" action="/logout"[^>]*><input type="hidden" name="csrf_token" value="[^"]+"', html
    )


def test_who_is_not_signed_in_gets_no_menus(gallery: Flask) -> None:
    html = gallery.test_client().get("/gallery/bits").get_data(as_text=True)
    assert "/logout" not in html
    assert "data-person" not in html
    assert 'href="/login"' in html


def test_names_and_words_are_escaped_wherever_they_stand(gallery: Flask) -> None:
    bad = "<script>x</script>\" onclick='x'"
    card = post(7, author_name=bad, author_handle=bad, title=bad, space_name=bad, menu=[(bad, bad, "pencil", False)])
    parts = '{% import "parts/posts.html" as parts %}{{ parts.list([card], true) }}{{ avatar_of(bad, bad, bad) }}'
    with gallery.test_request_context("/?me=en"):
        html = render_template_string(parts, card=card, bad=bad)
    assert "<script" not in html
    assert not re.search(r"<[^>]*\sonclick=", re.sub(r'"[^"]*"', '""', html))


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Noor van der Velden", "NV"),
        ("Samir El Idrissi", "SE"),
        ("Annelies van den Heuvel-Brouwer", "AH"),
        (LONG, "MT"),
        ("Rik", "R"),
        ("ragnhild øvergård", "RØ"),
        ("", "?"),
    ],
)
def test_initials(name: str, letters: str) -> None:
    assert face.initials(name) == letters


def test_an_audience_always_says_who_in_words(gallery: Flask) -> None:
    with gallery.test_request_context("/?me=nl"):
        assert "Alleen ik" in face.audience_of("only_me")
        assert "3 mensen" in face.audience_of("people", people=3)
        assert "Auteur en coach" in face.audience_of("coach")
        assert 'data-aud="team"' in face.audience_of("space", "Team Noorderlicht", "team")
        assert 'data-aud="cohort"' in face.audience_of("space", "Cohort 14", "cohort")
        assert "Iedereen bij Waterland Group" in face.audience_of("organisation")
    with gallery.test_request_context("/?me=en"):
        assert "Only me" in face.audience_of("only_me")


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/spaces/bridge?x=1", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("/a\r\nSet-Cookie: x", False),
        ("/\tevil", False),
        ("", False),
        (None, False),
    ],
)
def test_a_redirect_never_leaves_the_house(target: str | None, kept: bool) -> None:
    assert face.safe_path(target) == (target if kept else "/")


def test_sizes_and_numbers_are_said_in_the_readers_language(gallery: Flask) -> None:
    with gallery.test_request_context("/?me=nl"):
        assert [face.size_words(n) for n in (1, 999, 38_000, 1_234_567, 999_999)] == [
            "1 byte",
            "999 bytes",
            "38 kB",
            "1,2 MB",
            "1 MB",
        ]
        assert face.number(1234567) == "1.234.567"
    with gallery.test_request_context("/?me=en"):
        assert face.size_words(1_234_567) == "1.2 MB"


def test_light_or_dark_is_kept_by_a_cookie_and_works_without_scripts(gallery: Flask) -> None:
    client = gallery.test_client()
    token = _token(client.get("/gallery/bits?me=en").get_data(as_text=True))
    answer = client.post("/theme?me=en", data={"csrf_token": token, "theme": "dark", "next": "/gallery/bits?me=en"})
    assert (answer.status_code, answer.location) == (303, "/gallery/bits?me=en")
    assert 'data-theme="dark"' in client.get("/gallery/bits?me=en").get_data(as_text=True)
    client.post("/theme?me=en", data={"csrf_token": token, "theme": "system", "next": "//evil.example"})
    assert "data-theme=" not in client.get("/gallery/bits?me=en").get_data(as_text=True)


def test_a_change_without_a_token_is_refused(gallery: Flask) -> None:
    assert gallery.test_client().post("/theme", data={"theme": "dark"}).status_code == 400
    assert gallery.test_client().post("/language", data={"language": "nl"}).status_code == 400


def _token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found
    return found[1]


def test_a_part_alone_is_asked_for_by_a_header(gallery: Flask) -> None:
    alone = gallery.test_client().get("/confirm?me=en", headers={"X-Fragment": "1"}).get_data(as_text=True)
    assert "<html" not in alone
    assert '<h2 id="confirm-title">' in alone
    assert 'name="base" value="14"' in alone
    tree_of(alone)


def test_times_carry_the_moment_beside_the_words(gallery: Flask) -> None:
    with frozen(NOW), gallery.test_request_context("/?me=en"):
        html = render_template_string("{{ when | said }}", when=datetime(2026, 6, 8, 19, 40, tzinfo=UTC))
    assert html == '<time datetime="2026-06-08T19:40:00+00:00" data-said>yesterday, 21:40</time>'
