"""Our Markdown: CommonMark with tables, task lists, footnotes, callouts, formulas and bare addresses, and with @people, #topics,
[[pages]].

The grammar only: text becomes tokens, tokens become HTML that `community.markup` still has to pass through two
sanitisers. Raw HTML is off. Every rule of ours looks at a bounded number of characters, so that a text of hostile
brackets costs no more than a linear look at it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from importlib import import_module
from typing import Any
from urllib.parse import quote, unquote

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

MAX_NESTING = 16
"""Quotes and lists inside each other. The parser drops what is deeper, so `too_deep` lets the caller notice."""
MAX_EMPHASIS = 6
"""Emphasis inside emphasis. Deeper markers stay as the characters they are."""
MAX_TOKENS = 20_000
"""Blocks of one text, or pieces of one paragraph. The parser stops with `TooCrowded` where a text has more."""
OUTSIDE = "nofollow noopener noreferrer ugc"
"""The `rel` of every link that leaves the site: it is the writer's word, not the house's."""

_LINK = re.compile(r"(?:https?://[^/?#]|mailto:[^?#]|#[^#]|/(?![/\\]))", re.IGNORECASE)
_WIKI = re.compile(r"\[\[([^\[\]|\n]{1,200}+)(?:\|([^\[\]\n]{1,200}+))?\]\]")
_MENTION = re.compile(r"@([A-Za-z0-9][A-Za-z0-9.-]{1,38}+)(?![A-Za-z0-9_])")
_TOPIC = re.compile(r"#([^\W_][\w-]{0,49}+)(?!\w)")
_ADDRESS = re.compile(r"://[^\s<>\"`\x00-\x1f]{1,2000}")
_MAILBOX = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*$")
_HOST = re.compile(r"@[A-Za-z0-9][A-Za-z0-9-]{0,62}+(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62}+){1,8}+(?![\w@])")
_NOTE = re.compile(r"\[\^([^\]\s]{1,64}+)\]")
_LANGUAGE = re.compile(r"[a-z0-9][a-z0-9+#.-]{0,29}")
_WORD = re.compile(r"[^\W_]+")
_CALLOUT = re.compile(r"\[!(note|tip|important|warning|caution)\][ \t]*", re.IGNORECASE)
_FORMULA = re.compile(r"\$\$([^$\n]{1,1000}+)\$\$|\$(?![\s$])([^$\n]{1,400}+)(?<![\s\\])\$(?![\w$])")
_MAX_FORMULA_LINES = 30


class TooCrowded(Exception):
    """The text has more than `MAX_TOKENS` pieces: nobody's prose, and not worth the seconds that it would take."""


def allowed_link(url: str) -> bool:
    """True for http, https and mailto, for a place on this page (`#…`) and a path on this site (`/…`, never `//…`)."""
    return _LINK.match(url) is not None


def topic_key(name: str) -> str:
    """The one spelling of a topic: `#Wachtlijst`, `#wachtlijst` and a full-width twin are the same topic."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def anchor(title: str) -> str:
    """The id of a heading: `h-` and its words. The prefix keeps what people write apart from the ids of the page."""
    words = _WORD.findall(unicodedata.normalize("NFKC", title).casefold())
    return "h-" + ("-".join(words)[:60].rstrip("-") or "part")


def _crowd(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Never matches: stands before all block rules and stops the parser in time."""
    if len(state.tokens) > MAX_TOKENS:
        raise TooCrowded
    return False


# ---- inline rules ---------------------------------------------------------------------------------------------------


def _before(state: StateInline, length: int = 0) -> str:
    """The character before the one `length` back from here; a space at the start."""
    at = state.pos - length - 1
    return state.src[at] if at >= 0 else " "


def _wiki_link(state: StateInline, silent: bool) -> bool:
    """`[[Page]]`, `[[Page|words]]`, `[[Page#Heading]]`, `[[#Heading]]`."""
    if not state.src.startswith("[[", state.pos):
        return False
    match = _WIKI.match(state.src, state.pos, state.posMax)
    if match is None or not match[1].strip():
        return False
    if not silent:
        target, _, heading = match[1].partition("#")
        token = state.push("wiki_link", "", 0)
        token.content = " ".join((match[2] or match[1].lstrip("#")).split())
        token.meta = {"target": " ".join(target.split()), "heading": heading.strip(), "in_link": state.linkLevel > 0}
    state.pos = match.end()
    return True


def _formula(state: StateInline, silent: bool) -> bool:
    """`$a^2$` and, within a paragraph, `$$a^2$$`. A price (`$5 or $6`) is none: its signs have a blank on the wrong side."""
    if state.src[state.pos] != "$":
        return False
    match = _FORMULA.match(state.src, state.pos, state.posMax)
    if match is None or not (match[1] or match[2]).strip():
        return False
    if not silent:
        state.push("formula", "", 0).content = (match[1] or match[2]).strip()
    state.pos = match.end()
    return True


def _formula_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """`$$` at the beginning of a line up to `$$` at the end of one, at most `_MAX_FORMULA_LINES` further down."""
    if state.is_code_block(start) or not state.src.startswith("$$", state.bMarks[start] + state.tShift[start]):
        return False
    lines = []
    for line in range(start, min(end, start + _MAX_FORMULA_LINES)):
        if (
            line > start
            and state.tShift[line] + state.bMarks[line] < state.eMarks[line]
            and state.sCount[line] < state.blkIndent
        ):
            return False
        words = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()
        words = words.removeprefix("$$") if line == start else words
        closes = words.endswith("$$")
        lines.append(words.removesuffix("$$") if closes else words)
        if "$$" in lines[-1]:
            return False
        if closes:
            break
    else:
        return False
    said = "\n".join(lines).strip()
    if not said or len(said) > 2_000:
        return False
    if not silent:
        token = state.push("formula_block", "", 0)
        token.content, token.map = said, [start, line + 1]
        state.line = line + 1
    return True


def _mention(state: StateInline, silent: bool) -> bool:
    """`@noor.van-der-velden`, not within a word, an address or a link."""
    if state.src[state.pos] != "@" or state.linkLevel or silent:
        return False
    before = _before(state)
    if before.isalnum() or before in "_@/.+-":
        return False
    match = _MENTION.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    handle = match[1].rstrip(".-")
    if len(handle) < 2:
        return False
    token = state.push("mention", "", 0)
    token.content = handle
    token.meta = {"handle": handle.lower()}
    state.pos += 1 + len(handle)
    return True


def _topic(state: StateInline, silent: bool) -> bool:
    """`#wachtlijst`, with at least one letter: `#1` is a number, not a topic."""
    if state.src[state.pos] != "#" or state.linkLevel or silent:
        return False
    before = _before(state)
    if before.isalnum() or before in "_&/#":
        return False
    match = _TOPIC.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    name = match[1].rstrip("-_")
    if not any(letter.isalpha() for letter in name):
        return False
    token = state.push("topic", "", 0)
    token.content = name
    token.meta = {"topic": topic_key(name)}
    state.pos += 1 + len(name)
    return True


def _push_link(state: StateInline, *, back: int, ahead: int, href: str) -> bool:
    """Link the last `back` characters of the pending text together with the next `ahead` ones."""
    if len(state.tokens) > MAX_TOKENS:
        raise TooCrowded
    href = state.md.normalizeLink(href)
    if not state.md.validateLink(href):
        return False
    words = state.src[state.pos - back : state.pos + ahead]
    state.pending = state.pending[: len(state.pending) - back]
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": href}
    opening.markup = "autolink"
    state.push("text", "", 0).content = words
    state.push("link_close", "a", -1).markup = "autolink"
    state.pos += ahead
    return True


def _trim_address(address: str) -> str:
    """Leave the full stop, the comma and the bracket that belong to the sentence outside the address."""
    surplus = address.count(")") - address.count("(")
    end = len(address)
    while end:
        last = address[end - 1]
        if last == ")" and surplus > 0:
            surplus -= 1
        elif last not in "?!.,:;*_~'\"]|":
            break
        end -= 1
    return address[:end]


def _address(state: StateInline, silent: bool) -> bool:
    """A bare `https://…`: found at its colon, with a look at no more than the five characters before it."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = next((s for s in ("https", "http") if state.pending[-len(s) :].lower() == s), None)
    if scheme is None or _before(state, len(scheme)).isalnum():
        return False
    match = _ADDRESS.match(state.src, state.pos, state.posMax)
    rest = _trim_address(match[0]) if match else ""
    if len(rest) <= len("://"):
        return False
    return _push_link(state, back=len(scheme), ahead=len(rest), href=scheme + rest)


def _mail_address(state: StateInline, silent: bool) -> bool:
    """A bare `name@host.tld`, with at most 64 characters before the @ (RFC 5321, 4.5.3.1.1)."""
    if silent or state.linkLevel or state.src[state.pos] != "@":
        return False
    box = _MAILBOX.search(state.pending[-64:])
    if box is None:
        return False
    before = _before(state, len(box[0]))
    if before.isalnum() or before in "_.+-/@":
        return False
    host = _HOST.match(state.src, state.pos, state.posMax)
    if host is None:
        return False
    return _push_link(state, back=len(box[0]), ahead=len(host[0]), href="mailto:" + box[0] + host[0])


def _footnote_ref(state: StateInline, silent: bool) -> bool:
    """`[^1]`. Replaces the plug-in's rule, which looks for the bracket to the end of the text from every `[^`."""
    if not state.src.startswith("[^", state.pos):
        return False
    notes = state.env.get("footnotes")
    match = _NOTE.match(state.src, state.pos, state.posMax) if notes else None
    if notes is None or match is None or ":" + match[1] not in notes["refs"]:
        return False
    if not silent:
        label = match[1]
        number = notes["refs"][":" + label]
        if number < 0:
            number = notes["refs"][":" + label] = len(notes["list"])
            notes["list"][number] = {"label": label, "count": 0}
        sub = notes["list"][number]["count"]
        notes["list"][number]["count"] += 1
        token = state.push("footnote_ref", "", 0)
        token.meta = {"id": number, "subId": sub, "label": label}
    state.pos = match.end()
    return True


# ---- rules over the whole text ---------------------------------------------------------------------------------------


def _flatten(children: list[Token]) -> None:
    """Turn emphasis that is nested too deeply back into its characters: browsers and sanitisers go slow on it."""
    depth = 0
    for token in children:
        if token.type not in ("em_open", "strong_open", "s_open", "em_close", "strong_close", "s_close"):
            continue
        depth -= token.nesting == -1
        if depth >= MAX_EMPHASIS:
            token.type, token.tag, token.content = "text", "", token.markup
            depth += token.nesting == 1
            token.nesting = 0
        else:
            depth += token.nesting == 1


def _links(children: list[Token]) -> None:
    for token in children:
        if token.type != "link_open":
            continue
        href = str(token.attrGet("href"))
        if href.startswith("#"):
            token.attrSet("href", "#" + anchor(unquote(href.removeprefix("#").removeprefix("h-"))))
        elif href.lower().startswith(("http:", "https:")):
            token.attrSet("rel", OUTSIDE)


def _callouts(state: StateCore) -> None:
    """A quote that begins with `[!NOTE]` and holds more than that is a callout. Words behind the mark are its own heading."""
    kept: list[Token] = []
    quotes: list[bool] = []
    skip = 0
    for at, token in enumerate(state.tokens):
        if skip:
            skip -= 1
            continue
        if token.type == "blockquote_open":
            mark = _mark_of(state.tokens[at + 1 : at + 5])
            quotes.append(mark is not None)
            if mark is not None:
                token.tag = "div"
                token.attrs = {"class": f"callout callout-{mark[0]}", "role": "note"}
                skip = 3 if mark[1] else 0  # the mark stood alone
        elif token.type == "blockquote_close" and quotes.pop():
            token.tag = "div"
        kept.append(token)
    state.tokens = kept


def _mark_of(following: Sequence[Token]) -> tuple[str, bool] | None:
    """The kind of a callout, taken out of the words, and whether its paragraph is empty then; None for other quotes."""
    if [token.type for token in following[:3]] != ["paragraph_open", "inline", "paragraph_close"]:
        return None
    children = following[1].children or []
    found = _CALLOUT.match(children[0].content) if children and children[0].type == "text" else None
    if found is None:
        return None
    rest = children[0].content[found.end() :]
    line_end = next((n for n, child in enumerate(children) if child.type in ("softbreak", "hardbreak")), len(children))
    if not rest and line_end == 1:  # the mark alone in its line
        if len(children) == 1 and (len(following) < 4 or following[3].type == "blockquote_close"):
            return None
        following[1].children = children[2:]
        return found[1].lower(), len(children) == 1
    children[0].content = rest
    head = [Token("strong_open", "strong", 1), *children[:line_end], Token("strong_close", "strong", -1)]
    following[1].children = [*head, *children[line_end:]]
    return found[1].lower(), False


def _finish(state: StateCore) -> None:
    """Walk once over all tokens: heading levels and ids, link relations, flat emphasis, task boxes, cell classes."""
    levels: list[int] = []
    seen: dict[str, int] = {}
    for at, token in enumerate(state.tokens):
        if token.type == "inline" and token.children:
            _flatten(token.children)
            _links(token.children)
        elif token.type == "heading_open":
            _heading(token, state.tokens[at + 1], state.tokens[at + 2], levels, seen)
        elif token.type in ("th_open", "td_open"):
            style = str(token.attrs.pop("style", ""))
            if style and not style.endswith("left"):
                token.attrSet("class", "center" if style.endswith("center") else "end")
        elif token.type == "bullet_list_open" or token.type == "ordered_list_open":
            if token.attrs.pop("class", None):
                token.attrSet("class", "tasks")
        elif token.type == "list_item_open" and "checked" in token.meta:
            _task(token, state.tokens[at + 1 : at + 3])


def _heading(opening: Token, words: Token, closing: Token, levels: list[int], seen: dict[str, int]) -> None:
    """Start at h2, for the page has its own h1, and skip no level, whatever the writer began with (WCAG 1.3.1)."""
    if not words.content.strip():
        opening.tag = closing.tag = "p"  # a heading without words would be read out as nothing
        return
    level = int(opening.tag[1])
    while levels and levels[-1] >= level:
        levels.pop()
    levels.append(level)
    opening.tag = closing.tag = f"h{min(6, len(levels) + 1)}"
    name = base = anchor(token_text(words))
    while name in seen:
        seen[base] += 1
        name = f"{base}-{seen[base]}"
    seen[name] = 1
    opening.attrSet("id", name)


def _task(item: Token, following: list[Token]) -> None:
    """`- [x] words` becomes a box in a label with the words, so that the box has a name."""
    checked = bool(item.meta.pop("checked"))
    item.attrs.pop("class", None)
    if [token.type for token in following] == ["paragraph_open", "inline"]:
        words = following[1].children or []
        words.insert(0, Token("task_open", "", 1, meta={"checked": checked}))
        words.append(Token("task_close", "", -1))
        following[1].children = words
        item.attrSet("class", "task")
    else:
        item.meta["sign"] = "☑ " if checked else "☐ "


# ---- HTML -----------------------------------------------------------------------------------------------------------

Env = dict[str, Any]


def _mention_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    token = tokens[at]
    if token.meta["handle"] in env.get("groups", ()):
        return f'<a class="mention" href="{escape(env["groups"][token.meta["handle"]])}">@{escape(token.content)}</a>'
    if token.meta["handle"] not in env.get("people", ()):
        return "@" + escape(token.content)
    return f'<a class="mention" href="/people/{token.meta["handle"]}">@{escape(token.content)}</a>'


def _topic_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    token = tokens[at]
    return f'<a class="topic" href="/topics/{quote(token.meta["topic"], safe="")}">#{escape(token.content)}</a>'


def _wiki_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    token = tokens[at]
    words = escape(token.content)
    target, heading = token.meta["target"], token.meta["heading"]
    place = "#" + anchor(heading) if heading else ""
    if token.meta["in_link"]:
        return words
    if not target:
        return f'<a href="{escape(place)}">{words}</a>'
    found = env.get("pages", {}).get(target)
    if found is None:
        return words
    url, exists = found
    red = "" if exists else ' class="red"'
    return f'<a{red} href="{escape(url + (place if exists else ""))}">{words}</a>'


def _fence_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    token = tokens[at]
    language = _LANGUAGE.match(token.info.strip().split(" ")[0].lower()) if token.info else None
    if language and language[0] == "math":
        return f'<p><code class="math block">{escape(token.content)}</code></p>\n'
    name = f' class="language-{language[0]}"' if language else ""
    return f'<pre tabindex="0"><code{name}>{escape(token.content)}</code></pre>\n'


def _formula_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return f'<code class="math">{escape(tokens[at].content)}</code>'


def _formula_block_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return f'<p><code class="math block">{escape(tokens[at].content)}</code></p>\n'


def _image_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    """Only pictures of this site and of the web; the content policy of the page decides which of them load."""
    token = tokens[at]
    words = escape(token_text(token))
    source = str(token.attrGet("src") or "")
    if not source.lower().startswith(("http://", "https://", "/")):
        return words
    title = token.attrGet("title")
    more = f' title="{escape(str(title))}"' if title else ""
    return f'<img src="{escape(source)}" alt="{words}"{more} loading="lazy">'


def _item_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    item: str = self.renderToken(tokens, at, options, env)
    return item + str(tokens[at].meta.get("sign", ""))


def _task_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    checked = ' checked=""' if tokens[at].meta["checked"] else ""
    return f'<label><input type="checkbox" disabled=""{checked}> '


def _note_name(token: Token, env: Env) -> tuple[str, str]:
    """Ids that differ from text to text, for a feed shows many on one page: (of the note, of this reference)."""
    name = f"{env['note_prefix']}-{token.meta['id'] + 1}"
    sub = token.meta.get("subId", 0)
    return f"fn-{name}", f"fnref-{name}" + (f"-{sub + 1}" if sub else "")


def _note_ref_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    note, ref = _note_name(tokens[at], env)
    return f'<sup><a href="#{note}" id="{ref}">{tokens[at].meta["id"] + 1}</a></sup>'


def _note_open_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return f'<li id="{_note_name(tokens[at], env)[0]}">'


def _note_back_html(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Env) -> str:
    return f' <a href="#{_note_name(tokens[at], env)[1]}">↩</a>'


_PIECES = {
    "table_open": '<div class="scroll" tabindex="0"><table>\n',
    "table_close": "</table></div>\n",
    "task_close": "</label>",
    "footnote_block_open": '<section class="footnotes"><ol>\n',
    "footnote_block_close": "</ol></section>\n",
    "footnote_close": "</li>\n",
}


@cache
def parser() -> MarkdownIt:
    """The one parser of the house. It keeps no state between texts."""
    options = {"html": False, "breaks": True, "maxNesting": MAX_NESTING, "tasklists": True}
    md = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    md.validateLink = allowed_link  # type: ignore[method-assign]
    footnote_plugin(md, inline=False)
    md.block.ruler.before("table", "crowd", _crowd)
    table: Any = import_module("markdown_it.rules_block.table")  # the package has a function of the same name
    table.MAX_AUTOCOMPLETED_CELLS = 2_000  # cells that nobody wrote, in rows shorter than the first
    md.block.ruler.before(
        "fence", "formula_block", _formula_block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )
    inline = md.inline.ruler
    inline.before("link", "formula", _formula)
    inline.at("footnote_ref", _footnote_ref)
    inline.before("link", "wiki_link", _wiki_link)
    for name, rule in (("address", _address), ("mail", _mail_address), ("mention", _mention), ("topic", _topic)):
        inline.push(name, rule)
    md.core.ruler.push("callouts", _callouts)
    md.core.ruler.push("finish", _finish)
    for name, html in (
        ("mention", _mention_html),
        ("topic", _topic_html),
        ("wiki_link", _wiki_html),
        ("fence", _fence_html),
        ("code_block", _fence_html),
        ("formula", _formula_html),
        ("formula_block", _formula_block_html),
        ("image", _image_html),
        ("task_open", _task_html),
        ("footnote_ref", _note_ref_html),
        ("footnote_open", _note_open_html),
        ("footnote_anchor", _note_back_html),
        ("list_item_open", _item_html),
    ):
        md.add_render_rule(name, html)
    for name, piece in _PIECES.items():
        md.add_render_rule(name, lambda self, tokens, at, options, env, piece=piece: piece)
    return md


# ---- what the tokens say --------------------------------------------------------------------------------------------


def too_deep(tokens: Sequence[Token]) -> bool:
    """True when quotes and lists went so deep that the parser may have left words out (a note takes a level of its own)."""
    return any(token.level >= MAX_NESTING - 2 for token in tokens)


def inline_tokens(tokens: Sequence[Token]) -> Iterator[Token]:
    """Every piece of running text, in order; not what stands in the alternative text of a picture."""
    for token in tokens:
        if token.type == "inline":
            yield from token.children or ()


def token_text(token: Token) -> str:
    """The words of one block or one picture, without any markup."""
    said = []
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak"):
            said.append("\n")
        elif child.type == "mention":
            said.append("@" + child.content)
        elif child.type == "topic":
            said.append("#" + child.content)
        elif child.type == "image":
            said.append(token_text(child))
        elif child.type != "footnote_ref":
            said.append(child.content)
    return "".join(said)
