"""What people write becomes HTML that says the same, finds who is meant, and can do no harm."""

from __future__ import annotations

import re
import threading
import time
from html.parser import HTMLParser

import pytest

from community import markdown
from community.errors import Invalid
from community.markup import (
    MAX_BODY,
    MAX_LINES,
    MAX_MARKS,
    Known,
    Rendered,
    WikiTarget,
    clean_text,
    excerpt,
    plain_text,
    render,
    sanitize,
    stored,
)
from tests.data.xss import around, payloads

HOUSE = Known(
    handles={"noor.van-der-velden", "fatma.yildirim", "anna"},
    targets={
        "Loops": WikiTarget("/spaces/noorderlicht/wiki/loops", True),
        "Wie is de klant?": WikiTarget("/spaces/noorderlicht/wiki/wie-is-de-klant", False),
    },
)


def html(text: str) -> str:
    return str(render(text, resolve=HOUSE).html).strip()


# ---- nothing harmful comes out --------------------------------------------------------------------------------------

TAGS = set(
    re.findall(
        r"\w+",
        "a blockquote br code div em h2 h3 h4 h5 h6 hr img input label li ol p pre s section strong sup "
        "table tbody td th thead tr ul",
    )
)
VALUES = {
    "href": r"https?://[^/?#\s].*|mailto:[^\s]+|/|/[^/\\].*|#(?:h-|fn-|fnref-).*",
    "src": r"https?://[^/?#\s].*|/[^/\\].*",
    "class": r"mention|topic|red|scroll|task|tasks|footnotes|plain|center|end|language-[a-z0-9+#.-]+",
    "id": r"h-.+|fn-[0-9a-f]{8}-\d+|fnref-[0-9a-f]{8}-\d+(?:-\d+)?",
    "rel": r"nofollow noopener noreferrer ugc",
    "loading": "lazy",
    "type": "checkbox",
    "tabindex": "0",
    "start": r"\d+",
    "checked": "",
    "disabled": "",
    "alt": r"[\s\S]*",
    "title": r"[\s\S]*",
}


class Guard(HTMLParser):
    """A list of its own, written down a second time on purpose: it knows nothing of the one in `community.markup`."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            pattern = VALUES.get(name)
            if pattern is None or not re.fullmatch(pattern, value or "", re.DOTALL):
                self.faults.append(f"{tag} {name}={value!r}")
            if name in ("href", "src") and re.search(r"[\s\x00-\x20<>\"]", value or ""):
                self.faults.append(f"{tag} {name} holds {value!r}")
        if tag == "input" and dict(attrs).get("type") != "checkbox":
            self.faults.append("an input that is no box")

    def handle_comment(self, data: str) -> None:
        self.faults.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.faults.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.faults.append(f"<?{data}>")


def faults(output: str) -> list[str]:
    guard = Guard()
    guard.feed(output)
    guard.close()
    return guard.faults


def test_the_guard_itself_sees_what_is_wrong() -> None:
    for bad in (
        "<script>",
        "<a href='javascript:alert(1)'>",
        "<a href='//evil.example'>",
        "<p onclick=x>",
        "<p style=x>",
        "<!-- x -->",
        "<input type=text>",
    ):
        assert faults(bad), bad


def test_no_payload_comes_through_as_anything_that_runs() -> None:
    every = list(dict.fromkeys(payloads()))
    assert len(every) > 1_300
    for payload in every:
        output = str(render(payload, resolve=HOUSE).html)
        assert faults(output) == [], (payload, output)


def test_no_payload_hides_among_other_words() -> None:
    for payload in list(payloads())[::7]:
        for text in around(payload):
            output = str(render(text, resolve=HOUSE).html)
            assert faults(output) == [], (text, output)


def test_the_sanitiser_alone_stops_raw_html_and_changes_nothing_the_second_time() -> None:
    for payload in payloads():
        once = str(sanitize(payload))
        assert faults(once) == [], (payload, once)
        assert str(sanitize(once)) == once, payload


def test_a_text_too_crowded_to_format_is_just_as_safe() -> None:
    output = str(render("<script>alert(1)</script>" * 1_500 + "*" * MAX_MARKS).html)
    assert faults(output) == []
    assert output.startswith('<pre class="plain" tabindex="0">&lt;script&gt;')


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//evil.example", "data:text/html,x", "x/y"])
def test_a_link_that_may_not_be_a_link_stays_as_it_was_typed(address: str) -> None:
    assert "<a" not in html(f"[Our page]({address})")
    assert "Our page" in html(f"[Our page]({address})")


def test_a_resolver_that_answers_badly_cannot_break_out_of_the_link() -> None:
    bad = Known(targets={"Loops": WikiTarget('javascript:alert(1)//"><script>', True)})
    output = str(render("[[Loops]]", resolve=bad).html)
    assert faults(output) == []
    assert "href" not in output


# ---- what Noor writes -----------------------------------------------------------------------------------------------


def test_noor_writes_paragraphs_emphasis_and_lines() -> None:
    assert html("Wie *wacht* er **het langst**?\nEn ~~waarom~~?") == (
        "<p>Wie <em>wacht</em> er <strong>het langst</strong>?<br>\nEn <s>waarom</s>?</p>"
    )


def test_headings_start_below_the_one_of_the_page_and_skip_no_level() -> None:
    done = render("### Assumptions\n\n##### Who waits?\n\n# Who waits?\n\n#\n\n## Ğünlük & <b>")
    assert [(h.level, h.id, h.text) for h in done.headings] == [
        (2, "h-assumptions", "Assumptions"),
        (3, "h-who-waits", "Who waits?"),
        (2, "h-who-waits-2", "Who waits?"),
        (3, "h-ğünlük-b", "Ğünlük & <b>"),
    ]
    assert '<h2 id="h-who-waits-2">Who waits?</h2>' in done.html
    assert "<h1" not in done.html


def test_many_headings_of_one_name_get_ids_of_their_own() -> None:
    ids = [h.id for h in render("# a\n# a-2\n# a\n# a\n# a-2\n").headings]
    assert len(set(ids)) == len(ids) == 5


def test_a_table_scrolls_by_itself_and_aligns_by_class() -> None:
    output = html("| Team | Days |\n|---|--:|\n| Getij | 4 |")
    assert '<div class="scroll" tabindex="0"><table>' in output
    assert '<th class="end">Days</th>' in output
    assert "style" not in output


def test_a_task_has_a_box_with_a_name_that_nobody_can_tick_here() -> None:
    output = html("- [x] Ask Anna\n- [ ] Count **eleven** hand-overs")
    assert '<label><input type="checkbox" disabled="" checked=""> Ask Anna</label>' in output
    assert '<label><input type="checkbox" disabled=""> Count <strong>eleven</strong> hand-overs</label>' in output
    assert plain_text("- [x] Ask Anna") == "Ask Anna"


def test_a_task_that_is_a_piece_of_code_keeps_its_sign() -> None:
    assert "☑ " in html("- [x] ```\n  code\n  ```")


def test_footnotes_go_to_and_fro_and_do_not_clash_with_those_of_the_next_post() -> None:
    first, second = html("Nine[^n], or eleven[^n]?\n\n[^n]: We counted."), html("Nine[^n]!\n\n[^n]: We counted.")
    ids = re.findall(r' id="([^"]+)"', first)
    assert len(ids) == 3
    assert all(f'href="#{name}"' in first for name in ids)
    assert not set(ids) & set(re.findall(r' id="([^"]+)"', second))


def test_code_keeps_its_language_and_its_characters() -> None:
    assert html("```Python x=1\nprint('<b>')\n```") == (
        '<pre tabindex="0"><code class="language-python">print(\'&lt;b&gt;\')\n</code></pre>'
    )
    assert '<pre tabindex="0"><code>x' in html('```"><x\nx\n```')


def test_pictures_come_from_here_or_from_the_web_and_wait_until_they_are_seen() -> None:
    assert html('![The wall](/files/9/wall.jpg "Domburg")') == (
        '<p><img src="/files/9/wall.jpg" alt="The wall" title="Domburg" loading="lazy"></p>'
    )
    assert html("![The wall](mailto:anna@waterland.example)") == "<p>The wall</p>"


def test_links_that_leave_the_house_say_so_and_links_within_do_not() -> None:
    assert 'rel="nofollow noopener noreferrer ugc"' in html("[x](https://example.org/)")
    assert html("[x](/feed)") == '<p><a href="/feed">x</a></p>'
    assert html("# Who waits?\n[up](#Who%20waits) [up](#h-who-waits)").count('href="#h-who-waits"') == 2


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("see https://example.org/a_b_(c)?x=1&y=2.", "https://example.org/a_b_(c)?x=1&amp;y=2"),
        ("(https://example.org/x)", "https://example.org/x"),
        ("HTTPS://Example.org, yes", "https://Example.org"),
        ("**https://example.org/x**", "https://example.org/x"),
        ("<https://example.org/x>", "https://example.org/x"),
        ("ask anna.de-wit+coach@waterland.example.", "mailto:anna.de-wit+coach@waterland.example"),
        ("<anna@waterland.example>", "mailto:anna@waterland.example"),
    ],
)
def test_bare_addresses_become_links_without_the_stop_of_the_sentence(written: str, address: str) -> None:
    assert re.findall(r'href="([^"]+)"', html(written)) == [address]


@pytest.mark.parametrize(
    "written", ["xhttps://a.example", "https://", "http:// a", "ftp://a.example", "`https://a.example`", "a@b"]
)
def test_what_only_looks_like_an_address_does_not(written: str) -> None:
    assert "<a" not in html(written)


# ---- people, topics, pages ------------------------------------------------------------------------------------------


def test_a_mention_links_to_somebody_who_is_here_and_only_to_them() -> None:
    done = render("Thanks @Noor.van-der-velden. And @nobody.here, @anna's", resolve=HOUSE)
    assert done.mentions == ("noor.van-der-velden", "anna")
    assert '<a class="mention" href="/people/noor.van-der-velden">@Noor.van-der-velden</a>.' in done.html
    assert "@nobody.here" in done.html
    assert done.html.count("<a") == 2


def test_without_a_resolver_every_mention_is_a_candidate_and_none_a_link() -> None:
    done = render("@anna and @dev and @anna")
    assert done.mentions == ("anna", "dev")
    assert "<a" not in done.html


@pytest.mark.parametrize(
    "written",
    [
        "noor@anna",
        "\\@anna",
        "`@anna`",
        "```\n@anna\n```",
        "[@anna](https://example.org)",
        "https://example.org/@anna",
        "a/@anna",
        "@@anna",
        "![@anna](/x.png)",
        "@anna_b",
        "@" + "anna" * 20,
    ],
)
def test_what_is_no_mention(written: str) -> None:
    assert render(written, resolve=HOUSE).mentions == ()


def test_the_resolver_is_asked_once_for_all_names() -> None:
    asked: list[frozenset[str]] = []

    class Asked(Known):
        def people(self, handles: frozenset[str]) -> frozenset[str]:
            asked.append(handles)
            return handles

        def pages(self, targets: frozenset[str]) -> dict[str, WikiTarget]:
            asked.append(targets)
            return {}

    render("@anna @dev @rik [[Loops]] [[Other]]" * 5, resolve=Asked())
    assert asked == [{"anna", "dev", "rik"}, {"Loops", "Other"}]
    render("Just words.", resolve=Asked())
    assert len(asked) == 2


def test_topics_are_one_topic_however_they_are_spelled() -> None:
    done = render("#Wachtlijst, #wachtlijst and (#ＷＡＣＨＴＬＩＪＳＴ) #zuid-west. #øvergård-")
    assert done.topics == ("wachtlijst", "zuid-west", "øvergård")
    assert '<a class="topic" href="/topics/wachtlijst">#Wachtlijst</a>,' in done.html
    assert 'href="/topics/%C3%B8verg%C3%A5rd"' in done.html


@pytest.mark.parametrize(
    "written", ["#1", "a#b", "&#39;", "/x#part", "https://a.example/#part", "\\#no", "# Heading", "##x", "#" + "a" * 60]
)
def test_what_is_no_topic(written: str) -> None:
    assert render(written).topics == ()


def test_page_links_know_whether_the_page_exists() -> None:
    done = render("[[Loops]], [[ Wie  is de klant? |who]], [[Loops#Who waits?|there]], [[Nowhere]]", resolve=HOUSE)
    assert done.links == ("Loops", "Wie is de klant?", "Nowhere")
    assert '<a href="/spaces/noorderlicht/wiki/loops">Loops</a>' in done.html
    assert '<a class="red" href="/spaces/noorderlicht/wiki/wie-is-de-klant">who</a>' in done.html
    assert '<a href="/spaces/noorderlicht/wiki/loops#h-who-waits">there</a>' in done.html
    assert done.html.endswith(", Nowhere</p>\n")
    assert done.text == "Loops, who, there, Nowhere"


def test_page_links_work_in_tables_and_to_headings_of_the_same_page() -> None:
    assert 'wiki/loops">the loops</a>' in html("| a |\n|---|\n| [[Loops\\|the loops]] |")
    assert html("[[#Who waits?]]") == '<p><a href="#h-who-waits">Who waits?</a></p>'
    assert html("[[ ]] [[]] [[a") == "<p>[[ ]] [[]] [[a</p>"


# ---- words without markup -------------------------------------------------------------------------------------------


def test_plain_text_says_the_same_words() -> None:
    text = (
        "# Loops\n\nAsk *@anna* about [the count](https://example.org) of #waiting[^1]\n\n"
        "- one\n- `two`\n\n![wall](/x.png)\n\n[^1]: note"
    )
    assert plain_text(text) == "Loops\nAsk @anna about the count of #waiting\none\ntwo\nwall\nnote"
    assert render(text).text == plain_text(text)
    assert render(text).words == 12


def test_an_excerpt_ends_between_words() -> None:
    short = excerpt("Wie wacht er\nhet langst? " * 20)
    assert len(short) <= 200
    assert short.endswith("…")
    assert "\n" not in short
    assert excerpt("Kort.") == "Kort."
    assert len(excerpt("a" * 1_000)) == 200


def test_controls_and_half_characters_are_left_out() -> None:
    assert clean_text("a\x00b\ud83dc\x1bd\r\ne\rf\ufffe\t") == "abcd\ne\nf\t"
    assert html("a\x00b\udfff 😀") == "<p>ab 😀</p>"


def test_a_text_that_is_too_long_is_refused_with_its_length() -> None:
    render("a " * (MAX_BODY // 2))
    with pytest.raises(Invalid) as refused:
        render("a" * (MAX_BODY + 1))
    assert refused.value.field == "body"
    assert "100001" in str(refused.value)
    with pytest.raises(Invalid):
        plain_text("a" * (MAX_BODY + 1))


def test_stored_html_is_safe_to_show_as_it_is() -> None:
    assert stored(str(render("*x*").html)) == render("*x*").html


def test_nothing_at_all_is_nothing_at_all() -> None:
    assert render("") == Rendered(stored(""), "", "", 0, (), (), (), ())


def test_twelve_threads_at_once_get_twelve_right_answers() -> None:
    wrong: list[str] = []

    def write(number: int) -> None:
        for _ in range(10):
            if (
                html(f"**{number}** @anna")
                != f'<p><strong>{number}</strong> <a class="mention" href="/people/anna">@anna</a></p>'
            ):
                wrong.append(str(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# ---- bounded in time and depth --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["> ", "- ", "1. ", "> - ", ">"])
def test_quotes_and_lists_without_end_keep_every_word(mark: str) -> None:
    output = html(mark * 60 + "the last word")
    assert "the last word" in output
    assert output.count("<blockquote>") + output.count("<li>") <= markdown.MAX_NESTING


def test_ten_quotes_within_each_other_are_fine() -> None:
    assert html("> " * 10 + "x").count("<blockquote>") == 10


def test_emphasis_without_end_becomes_stars_again() -> None:
    output = html("*a **a " * 30 + "x" + "** b*" * 30)
    deepest = depth = 0
    for tag in re.findall(r"</?(?:em|strong)>", output):
        depth += -1 if tag.startswith("</") else 1
        deepest = max(deepest, depth)
    assert depth == 0
    assert deepest == markdown.MAX_EMPHASIS
    assert "*" in output


WORST = (
    *re.findall(r"\S+", "[ > < ![ [^ *_ [a]( a*b"),
    *("> a\n\n", "- - - - - a\n", "-|-\n", "[^a]: b\n", '[a](b "', "[a](/b)", "<https://b.c>", "[[a|b]]", "://"),
)


def at_its_worst(piece: str) -> tuple[str, str]:
    """As often as fits in a text, and as often as just escapes being called too crowded."""
    full = (piece * MAX_BODY)[:MAX_BODY]
    marks = sum(map(piece.count, "[]!<&*_`~^@#\\"))
    times = min(MAX_MARKS // max(1, marks), MAX_LINES // max(1, piece.count("\n")))
    return full, (piece * times)[:MAX_BODY]


@pytest.mark.parametrize("piece", WORST)
def test_no_hundred_kilobytes_go_on_for_ever(piece: str) -> None:
    for text in dict.fromkeys(at_its_worst(piece)):
        began = time.thread_time()
        render(text)
        assert time.thread_time() - began < 5  # some 0.9 s of one idle core; what is quadratic takes minutes


HOSTILE = {
    "footnotes that are looked for from everywhere": "[^a]: b\n\n" + "[^" * 7_000,
    "brackets inside out": "[" * 7_000 + "]" * 7_000,
    "lists in lists": "".join("  " * depth + "- a\n" for depth in range(310)),
    "lines that lazily belong to many quotes": "> " * 14 + "a\n" + "a\n" * 7_900,
    "a table of two thousand columns": "|" + "a|" * 2_000 + "\n|" + "-|" * 2_000 + "\n" + "a\n" * 7_900,
    "a title without an end": '[a](b "' + "x" * 90_000,
    "back-quotes in every number": "".join("a" + "`" * count for count in range(170)),
    "one word": "a" * MAX_BODY,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_no_hostile_text_takes_longer_either(case: str) -> None:
    began = time.thread_time()
    render(HOSTILE[case][:MAX_BODY])
    assert time.thread_time() - began < 1.5
