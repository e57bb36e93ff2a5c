"""What is painted after both sanitisers, from words alone: formulas as MathML, and code with its parts told apart.

Both take the plain characters that stand in a `code` element and give markup made here, element by element, from a list of
our own: nothing that a person typed is ever taken for markup. MathML Core and Pygments' classes of tokens name the parts. What
is too long, too deep or not understood stays the code that it was.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape, unescape
from importlib import import_module
from time import thread_time
from typing import Any

MAX_FORMULA = 1_000
"""Characters of one formula."""
MAX_FORMULAS = 8_000
"""Characters of all formulas of a text: about half a second."""
MAX_CODE = 8_000
"""Characters of code that are coloured in one block, three blocks of this length in one text."""
MAX_CODE_LINE = 400
MAX_SECONDS = 0.3
"""Of one thread, on colouring a text: the lexers are patterns, and some of them go slow on what is not their language."""
MAX_PIECES = 5_000
"""Pieces of code that are coloured in one text."""
_MAX_DEPTH = 40
_MAX_NODES = 1_500

_MATH = {
    "math": "display",
    "mrow": "",
    "mi": "mathvariant",
    "mn": "mathvariant",
    "mo": "stretchy fence form separator accent movablelimits minsize maxsize lspace rspace symmetric",
    "ms": "",
    "mtext": "mathvariant",
    "mspace": "width height depth",
    "msub": "",
    "msup": "",
    "msubsup": "",
    "mmultiscripts": "",
    "munder": "accentunder",
    "mover": "accent",
    "munderover": "accent accentunder",
    "mfrac": "linethickness displaystyle",
    "msqrt": "",
    "mroot": "",
    "mtable": "columnalign rowspacing columnspacing columnlines rowlines displaystyle",
    "mtr": "",
    "mtd": "columnalign",
    "mpadded": "width height depth lspace voffset",
    "mphantom": "",
    "menclose": "notation",
    "mstyle": "displaystyle scriptlevel mathvariant",
}
_CHILDREN = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
_VALUE = re.compile(r"[A-Za-z0-9.%+ -]{1,40}")
_MACRO = re.compile(r"\\(?:[a-z]*def|let|(?:re)?newcommand|providecommand|newenvironment|Declare[A-Za-z]+)\b")
"""What would let a formula name itself: none of ours is worth a program."""
_PLACE = re.compile(r'<code class="(math|math block|language-([a-z0-9+#.-]+))">([^<]*)</code>')

LANGUAGES = {
    name: lexer
    for lexer, names in {
        "python": "python py python3",
        "pycon": "pycon",
        "javascript": "javascript js node mjs",
        "typescript": "typescript ts",
        "json": "json",
        "yaml": "yaml yml",
        "toml": "toml",
        "ini": "ini cfg conf",
        "html": "html htm",
        "xml": "xml svg",
        "css": "css",
        "sql": "sql",
        "bash": "bash sh shell zsh",
        "java": "java",
        "c": "c",
        "cpp": "cpp c++",
        "csharp": "csharp c# cs",
        "go": "go golang",
        "rust": "rust rs",
        "ruby": "ruby rb",
        "php": "php",
        "kotlin": "kotlin",
        "diff": "diff patch",
        "r": "r",
    }.items()
    for name in names.split()
}
"""The languages that are coloured, by the names that people give them."""
_KINDS = (
    ("Token.Comment", "c"),
    ("Token.Keyword", "k"),
    ("Token.Literal.String", "s"),
    ("Token.Literal.Number", "n"),
    ("Token.Name.Function", "f"),
    ("Token.Name.Class", "f"),
    ("Token.Name.Tag", "f"),
    ("Token.Name.Attribute", "a"),
    ("Token.Name.Decorator", "a"),
    ("Token.Name.Builtin", "a"),
    ("Token.Name.Variable", "a"),
    ("Token.Generic.Inserted", "i"),
    ("Token.Generic.Deleted", "d"),
    ("Token.Generic.Heading", "k"),
    ("Token.Generic.Subheading", "k"),
)


class _Purse:
    """What one text may still cost."""

    def __init__(self) -> None:
        self.formulas, self.code, self.pieces = MAX_FORMULAS, 3 * MAX_CODE, MAX_PIECES
        self.seconds = MAX_SECONDS


def paint(html: str) -> str:
    """Kept HTML with its formulas and code painted. Its characters, read as text, stay the same but for formulas."""
    if '<code class="' not in html:
        return html
    purse = _Purse()

    def one(found: re.Match[str]) -> str:
        kind, language, words = found[1], found[2], unescape(found[3])
        made = _code(words, language, purse) if language else _math(words.strip(), kind == "math block", purse)
        if made is None:
            return found[0]
        return f'<code class="{kind}">{made}</code>' if language else made

    return _PLACE.sub(one, html)


# ---- formulas -------------------------------------------------------------------------------------------------------


def _math(tex: str, block: bool, purse: _Purse) -> str | None:
    if not tex or len(tex) > MAX_FORMULA or _depth(tex) > _MAX_DEPTH // 2 or _MACRO.search(tex):
        return None
    purse.formulas -= len(tex) + 20
    if purse.formulas < 0:
        return None
    convert: Any = import_module("latex2mathml.converter").convert_to_element
    try:
        root = convert(tex, display="block" if block else "inline")
        pieces: list[str] = []
        _write(root, pieces, 0, tex)
    except Exception:  # what is no TeX fails the library in many ways
        return None
    return "".join(pieces)


def _depth(tex: str) -> int:
    """How deep groups, fractions, roots and scripts may lie in each other at most: each opens with one of these."""
    deepest = depth = 0
    for sign in re.findall(r"\\left|\\right|\\begin|\\end|[{}]", tex):
        depth += 1 if sign in ("{", "\\left", "\\begin") else -1
        deepest = max(deepest, depth)
    runs = max((len(run) for run in re.findall(r"(?:\\[a-z]+\s*|[\^_]\s*)+", tex)), default=0)
    return max(deepest, runs // 12)


class _NotOurs(Exception):
    """An element that we do not write."""


def _write(node: Any, pieces: list[str], depth: int, tex: str) -> None:
    if (
        node.tag not in _MATH
        or depth > _MAX_DEPTH
        or len(pieces) > 4 * _MAX_NODES
        or _CHILDREN.get(node.tag, len(node)) != len(node)
    ):
        raise _NotOurs
    pieces.append(f"<{node.tag}")
    known = _MATH[node.tag].split()
    pieces.extend(
        f' {name}="{value}"' for name, value in node.attrib.items() if name in known and _VALUE.fullmatch(value)
    )
    if depth == 0:
        pieces.append(f' alttext="{escape(tex)}"')
    pieces.append(">")
    if len(node):
        for child in node:
            _write(child, pieces, depth + 1, tex)
    elif node.text:
        pieces.append(escape(unescape(node.text), quote=False))
    pieces.append(f"</{node.tag}>")


# ---- code -----------------------------------------------------------------------------------------------------------


@cache
def _kind(token: Any) -> str:
    name = str(token)
    return next((kind for beginning, kind in _KINDS if name.startswith(beginning)), "")


def _code(words: str, language: str, purse: _Purse) -> str | None:
    name = LANGUAGES.get(language)
    if name is None or len(words) > min(MAX_CODE, purse.code) or purse.pieces <= 0 or purse.seconds <= 0:
        return None
    if max(map(len, words.split("\n"))) > MAX_CODE_LINE:
        return None
    purse.code -= len(words)
    began = thread_time()
    try:
        return _coloured(words, name, purse, began + purse.seconds)
    finally:
        purse.seconds -= thread_time() - began


def _coloured(words: str, name: str, purse: _Purse, until: float) -> str | None:
    lexer = import_module("pygments.lexers").get_lexer_by_name(name, stripnl=False, ensurenl=False)
    runs: list[tuple[str, list[str]]] = []
    for token, piece in lexer.get_tokens(words):
        if thread_time() > until:
            return None
        kind = _kind(token)
        if runs and (runs[-1][0] == kind or not piece.strip()):
            runs[-1][1].append(piece)
        else:
            runs.append((kind, [piece]))
            purse.pieces -= 1
            if purse.pieces <= 0:
                return None
    if "".join(piece for _, pieces in runs for piece in pieces) != words:
        return None
    return "".join(
        f'<span class="hl-{kind}">{escape("".join(pieces), quote=False)}</span>'
        if kind
        else escape("".join(pieces), quote=False)
        for kind, pieces in runs
    )
