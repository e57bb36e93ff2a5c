"""Markdown in, safe HTML out: the only place where a person's words become HTML.

Three walls, one behind the other: a parser that knows no raw HTML (`community.markdown`), bleach with an allow-list, and
nh3 with the same list in another engine, because bleach gets no more repairs. Formulas and the colours of code are painted
after them, from plain characters (`community.colours`). Behind them stands the content policy of the pages. The result is
kept in `body_html` with `RENDER_VERSION`: raise that number with every change of what comes out, and old rows are rendered
anew (`community.items.rendering`).
"""

from __future__ import annotations

import codecs
import re
import threading
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple, Protocol

import bleach
import nh3
from markdown_it.token import Token
from markupsafe import Markup

from community import colours, markdown
from community.errors import Invalid, _l

RENDER_VERSION = 2
MAX_BODY = 100_000
"""Characters in one text."""
MAX_MARKS = 10_000
MAX_LINES = 6_000
MAX_TAGS = 12_000
"""Marks of Markdown and lines in one text, tags and entities in its HTML. What has more is shown as it was typed: the
densest real pages have a third of it, and at 20 to 80 µs each in the parser and in bleach, this bounds the time."""
EXCERPT = 200
"""Characters of an excerpt, with its ellipsis."""


class WikiTarget(NamedTuple):
    """Where a `[[page]]` leads: a path on this site, and whether somebody has written the page yet."""

    url: str
    exists: bool


class Resolver(Protocol):
    """What a text asks of the house while it is rendered. Each question comes at most once a text, for all names."""

    def people(self, handles: frozenset[str]) -> Collection[str]:
        """Those of the (lower-case) handles that belong to somebody whom readers may see."""

    def groups(self, names: frozenset[str]) -> Mapping[str, str]:
        """Those of the (lower-case) names that speak to everybody of a space, with the address of that space."""

    def pages(self, targets: frozenset[str]) -> Mapping[str, WikiTarget]:
        """The address of each page target as it was written, spaces made single; a target left out stays plain words."""


@dataclass(frozen=True)
class Known:
    """A resolver of what is known beforehand."""

    handles: Collection[str] = ()
    targets: Mapping[str, WikiTarget] = field(default_factory=dict)

    def people(self, handles: frozenset[str]) -> Collection[str]:
        return handles & frozenset(self.handles)

    def groups(self, names: frozenset[str]) -> Mapping[str, str]:
        return {}

    def pages(self, targets: frozenset[str]) -> Mapping[str, WikiTarget]:
        return {target: self.targets[target] for target in targets if target in self.targets}


class Heading(NamedTuple):
    """One line of a table of contents: level 2 to 6, the id to link to, the words."""

    level: int
    id: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """A text, made ready once. Names stand in the order in which they first occur, each once."""

    html: Markup
    text: str
    """The words without markup, blocks apart by a newline: for the search index."""
    excerpt: str
    """The first words in one line, at most `EXCERPT` characters."""
    words: int
    mentions: tuple[str, ...]
    """Handles, lower case. With a resolver only those that it knows; without one all that look like one."""
    topics: tuple[str, ...]
    """As `community.markdown.topic_key` spells them."""
    links: tuple[str, ...]
    """Targets of `[[page links]]`, whether the page exists or not."""
    headings: tuple[Heading, ...]


# ---- the allow-list -------------------------------------------------------------------------------------------------

_ANY = re.compile(r"[\s\S]*")
_HREF = re.compile(r"(?:https?://|mailto:)[^\s<>\"]+|/(?![/\\])[^\s<>\"\\]*|#[^\s<>\"]+", re.IGNORECASE)
_SRC = re.compile(r"https?://[^\s<>\"]+|/(?![/\\])[^\s<>\"\\]*", re.IGNORECASE)
_EMPTY = re.compile("")


def _only(*values: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(value) for value in values))


_HEADING = {"id": re.compile(r"h-[^\s<>\"'&]{1,80}")}
_CELL = {"class": _only("center", "end")}
ALLOWED: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "a": {
        "href": _HREF,
        "title": _ANY,
        "rel": _only(markdown.OUTSIDE),
        "class": _only("mention", "topic", "red"),
        "id": re.compile(r"fnref-[a-z0-9-]{1,40}"),
    },
    "blockquote": {},
    "br": {},
    "code": {"class": re.compile(r"language-[a-z0-9+#.-]{1,30}|math(?: block)?")},
    "div": {
        "class": re.compile(r"scroll|callout callout-(?:note|tip|important|warning|caution)"),
        "role": _only("note"),
        "tabindex": _only("0"),
    },
    "em": {},
    "h2": _HEADING,
    "h3": _HEADING,
    "h4": _HEADING,
    "h5": _HEADING,
    "h6": _HEADING,
    "hr": {},
    "img": {"src": _SRC, "alt": _ANY, "title": _ANY, "loading": _only("lazy")},
    "input": {"type": _only("checkbox"), "checked": _EMPTY, "disabled": _EMPTY},
    "label": {},
    "li": {"class": _only("task"), "id": re.compile(r"fn-[a-z0-9-]{1,40}")},
    "ol": {"class": _only("tasks"), "start": re.compile(r"[0-9]{1,9}")},
    "p": {},
    "pre": {"class": _only("plain"), "tabindex": _only("0")},
    "s": {},
    "section": {"class": _only("footnotes")},
    "strong": {},
    "sup": {},
    "table": {},
    "tbody": {},
    "td": _CELL,
    "th": _CELL,
    "thead": {},
    "tr": {},
    "ul": {"class": _only("tasks")},
}
"""Every tag that may leave this module, its attributes, and the whole of the values that they may have."""
PROTOCOLS = frozenset({"http", "https", "mailto"})

_per_thread = threading.local()  # a bleach cleaner keeps the state of its parser


def _allowed(tag: str, name: str, value: str) -> bool:
    pattern = ALLOWED.get(tag, {}).get(name)
    return pattern is not None and pattern.fullmatch(value) is not None


def _bleach(html: str) -> str:
    cleaner: bleach.Cleaner | None = getattr(_per_thread, "cleaner", None)
    if cleaner is None:
        cleaner = bleach.Cleaner(tags=frozenset(ALLOWED), attributes=_allowed, protocols=PROTOCOLS, strip=True)
        _per_thread.cleaner = cleaner
    return cleaner.clean(html)


def _nh3() -> Callable[[str], str]:
    def keep(tag: str, name: str, value: str) -> str | None:
        return value if _allowed(tag, name, value) else None

    return nh3.Cleaner(
        tags=set(ALLOWED),
        attributes={tag: set(names) for tag, names in ALLOWED.items()},
        attribute_filter=keep,
        url_schemes=set(PROTOCOLS),
        link_rel=None,
        set_tag_attribute_values={"input": {"type": "checkbox", "disabled": ""}},
    ).clean


_nh3_clean = _nh3()


def sanitize(html: str) -> Markup:
    """Whatever the HTML, only what `ALLOWED` names comes out: bleach first, then nh3."""
    return Markup(_nh3_clean(_bleach(html)))  # noqa: S704 - this is the place that makes it safe


def stored(html: str) -> Markup:
    """HTML that `render` made and the database kept. For `body_html` columns and nothing else."""
    return Markup(html)  # noqa: S704 - came out of `sanitize`


# ---- text -----------------------------------------------------------------------------------------------------------

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_WORDS = re.compile(r"\w+(?:['’\-]\w+)*")
_NO_CHARSETS = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape"})


def clean_text(text: str) -> str:
    """The same words with `\\n` line ends, without NUL, other controls, lone surrogates and non-characters."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def text_from(raw: bytes, charset: str) -> str:
    """Bytes of a stranger as clean text, in the charset that they name; what that is not, is taken for UTF-8. The names by which
    Python calls what is no charset of mails and pages are not heeded: some take a minute over a megabyte, others fail.
    """
    try:
        if codecs.lookup(charset).name.replace("-", "_") not in _NO_CHARSETS:
            return clean_text(raw.decode(charset, "replace"))
    except (LookupError, ValueError):
        pass
    return clean_text(raw.decode("utf-8", "replace"))


def _checked(text: str) -> str:
    text = clean_text(text)
    if len(text) > MAX_BODY:
        raise Invalid(
            "body",
            _l("This text has %(length)s characters. Up to %(limit)s fit: split it in two, or add it as a file."),
            length=len(text),
            limit=MAX_BODY,
        )
    return text


def _words_of(tokens: list[Token]) -> str:
    blocks = []
    for token in tokens:
        if token.type == "inline":
            blocks.append(markdown.token_text(token))
        elif token.type in ("fence", "code_block", "formula_block"):
            blocks.append(token.content.rstrip("\n"))
    return "\n".join(blocks)


def _parse(text: str, env: markdown.Env) -> list[Token] | None:
    """The tokens; None for what is too crowded or too deeply nested to be worth the time."""
    if text.count("\n") > MAX_LINES or sum(map(text.count, "[]!<&*_`~^@#\\$")) > MAX_MARKS:
        return None
    try:
        tokens = markdown.parser().parse(text, env)
    except markdown.TooCrowded:
        return None
    pieces = sum(1 + len(token.children or ()) for token in tokens)
    return None if markdown.too_deep(tokens) or pieces > 2 * markdown.MAX_TOKENS else tokens


def parsed(text: str) -> list[Token] | None:
    """The tokens of a text, for what writes it down in another form; None for what is shown as it was typed.

    :raises Invalid: "body", when it is longer than `MAX_BODY`.
    """
    return _parse(_checked(text), {})


def plain_text(text: str) -> str:
    """The words of a Markdown text without its markup, blocks apart by a newline.

    :raises Invalid: "body", when it is longer than `MAX_BODY`.
    """
    text = _checked(text)
    tokens = _parse(text, {})
    return text if tokens is None else _words_of(tokens)


def excerpt(text: str, limit: int = EXCERPT) -> str:
    """The first words of plain text in one line, at most `limit` characters, cut between words where there is a gap."""
    line = " ".join(text[: limit * 8].split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    gap = cut.rfind(" ")
    return (cut[:gap] if gap > limit // 2 else cut).rstrip(" ,.;:–-") + "…"


def _names(tokens: list[Token], kind: str, key: str) -> tuple[str, ...]:
    found = (token.meta[key] for token in markdown.inline_tokens(tokens) if token.type == kind)
    return tuple(dict.fromkeys(name for name in found if name))


def _headings(tokens: list[Token]) -> tuple[Heading, ...]:
    return tuple(
        Heading(int(token.tag[1]), str(token.attrGet("id")), " ".join(markdown.token_text(tokens[at + 1]).split()))
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.tag != "p"
    )


def _as_typed(text: str) -> Markup:
    """The fixed frame and nothing but escaped text: nh3 alone is enough, for bleach takes seconds over 100,000 entities."""
    return Markup(_nh3_clean(f'<pre class="plain" tabindex="0">{escape(text)}</pre>'))  # noqa: S704 - escaped


def _painted(html: Markup) -> Markup:
    return Markup(colours.paint(str(html)))  # noqa: S704 - what is added is written element by element from escaped words


def topics_of(text: str) -> tuple[str, ...]:
    """The topics a text names, each once, in the spelling of `topic_key`. A text without a number sign costs nothing."""
    return render(text).topics if "#" in text else ()


def render(text: str, *, resolve: Resolver | None = None) -> Rendered:
    """Make a Markdown text ready to be shown and found. Costs 1 to 3 ms for a post: do it once, when it is written.

    :raises Invalid: "body", when it is longer than `MAX_BODY`.
    """
    text = _checked(text)
    env: markdown.Env = {"note_prefix": f"{zlib.crc32(text.encode()):08x}"}
    tokens = _parse(text, env)
    said = text if tokens is None else _words_of(tokens)
    mentions = _names(tokens or [], "mention", "handle")
    links = _names(tokens or [], "wiki_link", "target")
    if resolve is not None:
        env["people"] = frozenset(resolve.people(frozenset(mentions))) if mentions else frozenset()
        env["groups"] = resolve.groups(frozenset(mentions) - env["people"]) if mentions else {}
        env["pages"] = resolve.pages(frozenset(links)) if links else {}
        mentions = tuple(name for name in mentions if name in env["people"] or name in env["groups"])
    html = None
    if tokens is not None:
        html = markdown.parser().renderer.render(tokens, markdown.parser().options, env)
        html = html if html.count("<") + html.count("&") <= MAX_TAGS else None
    return Rendered(
        html=_as_typed(text) if html is None else _painted(sanitize(html)),
        text=said,
        excerpt=excerpt(said),
        words=len(_WORDS.findall(said)),
        mentions=mentions,
        topics=_names(tokens or [], "topic", "topic"),
        links=links,
        headings=_headings(tokens) if tokens is not None and html is not None else (),
    )
