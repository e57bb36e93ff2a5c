"""What people write becomes HTML that says the same, finds who is meant, and can do no harm."""

from __future__ import annotations

import re
import threading
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from community import colours, markdown
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
        "table tbody td th thead tr ul span math mrow mi mn mo ms mtext mspace msub msup msubsup munder mover munderover mfrac "
        "msqrt mroot mtable mtr mtd mpadded mphantom menclose mstyle",
    )
)
VALUES = {
    "href": r"https?://[^/?#\s].*|mailto:[^\s]+|/|/[^/\\].*|#(?:h-|fn-|fnref-).*",
    "src": r"https?://[^/?#\s].*|/[^/\\].*",
    "class": r"mention|topic|red|scroll|task|tasks|footnotes|plain|center|end|language-[a-z0-9+#.-]+|math|math block|"
    r"callout callout-(?:note|tip|important|warning|caution)|hl-[acdfikns]",
    "role": "note",
    "display": "block|inline",
    "alttext": r"[\s\S]*",
    "mathvariant": "[a-z-]+",
    **dict.fromkeys(
        re.findall(
            r"\w+",
            "stretchy fence form separator accent accentunder movablelimits minsize maxsize lspace rspace width height "
            "depth linethickness displaystyle scriptlevel columnalign rowspacing columnspacing columnlines rowlines "
            "notation symmetric",
        ),
        r"[A-Za-z0-9.%+ -]*",
    ),
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
    assert html("```Elvish x=1\nprint('<b>')\n```") == (
        '<pre tabindex="0"><code class="language-elvish">print(\'&lt;b&gt;\')\n</code></pre>'
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


# ---- formulas, callouts, colours of code ------------------------------------------------------------------------------


def test_a_formula_is_mathml_that_says_how_it_was_typed() -> None:
    assert html("So $a^2$.") == (
        '<p>So <math display="inline" alttext="a^2"><mrow><msup><mi>a</mi><mn>2</mn></msup></mrow></math>.</p>'
    )
    block = html("$$\n\\sum_{i=1}^n\nx_i\n$$\n\nnext")
    assert block.startswith('<p><math display="block"')
    assert block.endswith("<p>next</p>")
    assert html("```math\nx\n```") == html("$$x$$\n\n").replace('"inline"', '"block"')
    assert render("$a^2$ and words").text == "a^2 and words"


@pytest.mark.parametrize(
    "written", ["$5 or $6", "\\$a$", "a$", "$ a$", "`$a$`", "$a\nb$", "$", "$$", "$$$$", "costs $3$5"]
)
def test_what_is_no_formula(written: str) -> None:
    output = html(written)
    assert "<math" not in output
    assert 'class="math"' not in output


@pytest.mark.parametrize(
    "tex",
    [
        "\\text{<script>alert(1)</script>}",
        "\\href{javascript:alert(1)}{x}",
        "\\unicode{60}",
        "\\text{&lt;img src=x onerror=alert(1)&gt;}",
        '\\class{x" onload="alert(1)}{y}',
        '\\color{red" onclick="alert(1)}{x}',
        "\\style{background:url(//evil.example)}{x}",
        "\\text{</math><img src=x onerror=alert(1)>}",
        "\\operatorname{<svg/onload=alert(1)>}",
        '"><img src=x onerror=alert(1)>',
    ],
)
def test_nothing_in_a_formula_becomes_anything_else(tex: str) -> None:
    for text in (f"${tex}$", f"$$\n{tex}\n$$", f"```math\n{tex}\n```"):
        output = str(render(text).html)
        assert faults(output) == [], output


def test_every_payload_is_as_harmless_within_a_formula_and_within_code() -> None:
    for payload in list(dict.fromkeys(payloads()))[::8]:
        line = payload.replace("\n", " ")
        for text in (f"$\\text{{{line}}}$", f"$$\n{payload}\n$$", f"```html\n{payload}\n```", f"> [!NOTE] {line}\n> x"):
            output = str(render(text).html)
            assert faults(output) == [], (text, output)


def test_a_formula_that_is_none_stays_the_code_that_was_typed() -> None:
    assert html("$\\frac{a$") == '<p><code class="math">\\frac{a</code></p>'
    assert html("$\\def\\a{b}\\a$").startswith('<p><code class="math">')


def test_a_callout_has_a_kind_and_may_have_a_heading_of_its_own() -> None:
    assert html("> [!NOTE]\n> Read *this*.") == (
        '<div class="callout callout-note" role="note">\n<p>Read <em>this</em>.</p>\n</div>'
    )
    assert html("> [!warning] Mind **it**\n> words") == (
        '<div class="callout callout-warning" role="note">\n<p><strong>Mind <strong>it</strong></strong><br>\nwords</p>\n</div>'
    )
    assert "<li>a</li>" in html("> [!TIP]\n> - a\n> > [!CAUTION]\n> > b")
    assert html("> [!CAUTION]\n> - a").count("callout-caution") == 1
    for plain in ("> [!NOTE]", "> [!OTHER]\n> a", "> a\n> [!NOTE]", "[!NOTE]\na"):
        assert "callout" not in html(plain)
    assert plain_text("> [!NOTE]\n> Read *this*.") == "Read this."


def test_code_is_coloured_by_class_and_reads_the_same() -> None:
    source = "@wraps\ndef f(x: int) -> str:\n    return '<b>' + str(42)  # why\n"
    output = html(f"```py\n{source}```")
    assert '<span class="hl-k">def </span><span class="hl-f">f</span>' in output
    assert "<span class=\"hl-s\">'&lt;b&gt;' </span>" in output
    assert stored(output).striptags() == " ".join(source.split())
    assert "hl-" not in html(f"```python\n{'x = 1  ' * 100}\n```")  # no line that anybody wrote
    assert "hl-i" in html("```diff\n+ new\n- old\n```")


def test_every_language_that_we_name_is_one() -> None:
    for name in colours.LANGUAGES:
        assert "<code" in html(f"```{name}\nx = 1\n```"), name


def test_what_is_painted_is_readable_in_light_and_in_dark() -> None:
    sheet = (Path(__file__).parents[2] / "static" / "app.css").read_text()
    pairs = dict(re.findall(r"--([\w-]+): light-dark\((#\w+, #\w+)\)", sheet))

    def light(colour: str) -> float:
        colour = colour.strip().lstrip("#")
        colour = "".join(c * 2 for c in colour) if len(colour) == 3 else colour
        parts = [int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    def contrast(one: str, two: str) -> float:
        low, high = sorted((light(one), light(two)))
        return (high + 0.05) / (low + 0.05)

    used = {(name, "sunken") for name in re.findall(r"\.hl-\w \{ color: var\(--([\w-]+)\)", sheet)}
    assert len(used) >= 7
    used |= {(tone, f"{tone}-soft") for tone in ("pre", "ok", "alumni", "warn", "bad")}
    used |= {("ink", f"{tone}-soft") for tone in ("pre", "ok", "alumni", "warn", "bad")}
    for ink, ground in used:
        for one, two in zip(pairs[ink].split(","), pairs[ground].split(","), strict=True):
            assert contrast(one, two) >= 4.5, (ink, ground)


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
    *(
        "$a$ ",
        "$",
        "$$\n",
        "$$a$$\n\n",
        "$x^2",
        "> [!NOTE]\n> a\n\n",
        '```c\n"\n```\n',
        "```math\na\n```\n",
        "$\\frac{a}{b}$ ",
    ),
)


def at_its_worst(piece: str) -> tuple[str, str]:
    """As often as fits in a text, and as often as just escapes being called too crowded."""
    full = (piece * MAX_BODY)[:MAX_BODY]
    marks = sum(map(piece.count, "[]!<&*_`~^@#\\$"))
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
    "callouts in callouts": "".join("> " * depth + "[!NOTE]\n" + "> " * depth + "a\n\n" for depth in range(1, 14)) * 60,
    "a formula that names itself": "$\\def\\a{\\a\\a}\\a$ " * 700,
    "formulas without an end": ("$" + "{" * 300 + "x ") * 30 + ("$" + "\\frac" * 60 + "$ ") * 100,
    "a formula of many scripts": "$$\n" + "\n".join(["x^{y_{z^{w}}}" * 7] * 18) + "\n$$\n\n" * 40,
    "brackets of formulas": "$" + "\\left(" * 60 + "x" + "\\right)" * 60 + "$",
    **{
        f"code that is no {name}": "\n\n".join(["```" + name + "\n" + "\n".join([piece * 97] * 18) + "\n```"] * 3)
        for name, piece in (
            ("html", "<a "),
            ("php", "<?ph"),
            ("c", "a(*"),
            ("csharp", "a<a("),
            ("ruby", "%w["),
            ("yaml", "- a:"),
            ("typescript", "`${a"),
            ("sql", "'a('"),
            ("bash", "$(a`"),
            ("rust", 'r#"a'),
        )
    },  # fmt: skip
}


@pytest.mark.parametrize("case", HOSTILE)
def test_no_hostile_text_takes_longer_either(case: str) -> None:
    began = time.thread_time()
    render(HOSTILE[case][:MAX_BODY])
    assert time.thread_time() - began < 1.5
