"""What somebody wrote in a mail, without what their program added: the quoted letter below or above it, and the signature.

It goes through the lines once, with no pattern that looks back: a mail cannot make it slow. When in doubt words stay: a quote
too many is a blemish, a word too few is a loss.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONGEST = 200_000  # characters that are looked at

_WROTE = re.compile(r"(wrote|schreef|geschreven|schrieb|a écrit|escribió|ha scritto)\s*:$", re.IGNORECASE)
_HEAD = re.compile(r"^\W{0,3}(on|op|am|le|el|il|in)\s", re.IGNORECASE)
_OLDER = "original message|oorspronkelijk bericht|doorgestuurd bericht|forwarded message"
_RULE = re.compile(rf"^\s*(_{{10,}}|-{{2,}}\s?({_OLDER})\s?-{{2,}})\s*$", re.IGNORECASE)
_FROM = re.compile(r"^\*?(from|van|von|de)\s?:\*?\s", re.IGNORECASE)
_REST = re.compile(
    r"^\*?(sent|verzonden|date|datum|gesendet|to|aan|an|cc|subject|onderwerp|betreff)\s?:\*?\s", re.IGNORECASE
)
_SENT_FROM = re.compile(
    r"^(sent from my |verstuurd vanaf |verzonden vanaf |get outlook for |outlook voor |von meinem )\S", re.IGNORECASE
)
_SHORT = 300  # an introduction of a quote is no longer than this


def own_words(text: str) -> str:
    """The words of whoever sent this text."""
    lines = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").split("\n")
    lines = [line.rstrip() for line in lines]
    lines = _without_quote(lines)
    return "\n".join(_without_signature(lines)).strip()


def _without_quote(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if _RULE.match(line) or _is_block_of_headers(lines, at):
            return lines[:at]
        length = _introduction(lines, at)
        if length:
            return _around(lines, at, at + length)
    return _without_trailing_quote(lines)


def _is_block_of_headers(lines: list[str], at: int) -> bool:
    """ "From: … Sent: … To: …", as Outlook begins a quote."""
    return (
        bool(_FROM.match(lines[at][:_SHORT]))
        and sum(bool(_REST.match(n[:_SHORT])) for n in lines[at + 1 : at + 6]) >= 2
    )


def _introduction(lines: list[str], at: int) -> int:
    """How many lines from here say "On … somebody wrote:", perhaps themselves quoted; 0 when they do not."""
    first = lines[at].lstrip("> ")
    if not _HEAD.match(first[:20]):
        return 0
    said = ""
    for length, line in enumerate(lines[at : at + 4], start=1):
        said = f"{said} {line.lstrip('> ')}".strip()
        if len(said) > _SHORT:
            return 0
        if _WROTE.search(said[-30:]) or (said.endswith(":") and "@" in said and length <= 3):
            return length
        if re.search(r"\b(schreef|wrote|schrieb)\b.{3,}:$", said):  # "Op … schreef Noor <noor@…>:"
            return length
    return 0


def _around(lines: list[str], start: int, after: int) -> list[str]:
    """Without an introduction and what it quotes. Words below a quote that is marked are an answer, and stay."""
    end = after
    while end < len(lines) and (not lines[end] or lines[end].startswith(">")):
        end += 1
    quoted = any(line.startswith(">") for line in lines[after:end])
    return lines[:start] + (lines[end:] if quoted else [])


def _without_trailing_quote(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1] or lines[end - 1].startswith(">")):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if line in ("--", "-- ") or (_SENT_FROM.match(line[:60]) and len(line) < 80 and not any(lines[at + 1 :])):
            return lines[:at]
    return lines


class _Text(HTMLParser):
    """The text of an HTML mail, without the quotes that are marked as such."""

    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "ul", "ol", "table", "pre", "hr"})
    _DEAD = frozenset({"script", "style", "head", "title", "blockquote"})
    _QUOTES = ("gmail_quote", "gmail_attr", "moz-cite-prefix", "yahoo_quoted")
    _ENDS = ("divRplyFwdMsg", "appendonsend", "ms-outlook-mobile-reference-message")  # all below is the quoted letter
    _EMPTY = frozenset({"br", "hr", "img", "meta", "link", "input", "wbr", "col", "area", "base", "source"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.dead = 0  # how deep we are in what is left out
        self.over = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.dead:
            self.dead += tag not in self._EMPTY
            return
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        if any(mark in marks for mark in self._ENDS):
            self.over = True
        elif tag not in self._EMPTY and (tag in self._DEAD or any(mark in marks for mark in self._QUOTES)):
            self.dead = 1
        elif tag == "li":
            self.pieces.append("\n- ")
        elif tag in self._BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self.dead:
            self.dead -= tag not in self._EMPTY
        elif tag in ("p", "ul", "ol", "table"):
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.dead and not self.over:
            self.pieces.append(" ".join(data.split(" ")).replace("\n", " "))


def text_of_html(html: str) -> str:
    """An HTML mail as plain text."""
    parser = _Text()
    parser.feed(html[:LONGEST])
    parser.close()
    lines = [line.strip() for line in "".join(parser.pieces).split("\n")]
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(kept).strip()
