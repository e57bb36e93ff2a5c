"""Rich text (RTF 1.9.1): the words, without what is said of how they look."""

from __future__ import annotations

import codecs
import re

from community.files.readers.telling import Fault, Told

MOST_BYTES = 16_000_000
DEEPEST = 400
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?[0-9]{1,9})? ?|\\'([0-9a-f]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.I | re.S
)
_SILENT = frozenset(
    b"fonttbl colortbl stylesheet info pict object listtable listoverridetable rsidtbl generator themedata datastore header"
    b" headerl headerr headerf footer footerl footerr footerf fldinst xmlnstbl latentstyles bkmkstart bkmkend".split()
)
_SIGNS = {
    b"emdash": "—", b"endash": "–", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"bullet": "•",
    b"tab": " ", b"line": " ", b"emspace": " ", b"enspace": " ", b"~": "\u00a0", b"_": "-",
}  # fmt: skip


def read_rtf(path: str, told: Told) -> None:
    """The paragraphs; cells of tables row by row. Raises Fault."""
    with open(path, "rb") as file:  # noqa: PTH123
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Fault("large")
    if not content.startswith(b"{\\rtf"):
        raise Fault("damaged")
    _Reader(told).read(content)


class _Reader:
    def __init__(self, told: Told) -> None:
        self._told = told
        self._line: list[str] = []
        self._row: list[str] = []
        self._charset = "cp1252"
        self._silent, self._skips = False, 1  # how many letters stand behind a Unicode one, for programs that know none
        self._groups: list[tuple[bool, int]] = []
        self._left_out = 0

    def read(self, content: bytes) -> None:
        for found in _TOKEN.finditer(content):
            word, number, code, sign, brace, plain = found.groups()
            if brace == b"{":
                self._groups.append((self._silent, self._skips))
                if len(self._groups) > DEEPEST:
                    raise Fault("damaged")
            elif brace:
                if self._groups:
                    self._silent, self._skips = self._groups.pop()
            elif sign:
                self._sign(sign)
            elif word:
                self._word(word, int(number) if number else None)
            elif code:
                self._add(bytes([int(code, 16)]).decode(self._charset, "replace"))
            elif plain:
                self._add(plain.decode(self._charset, "replace"))
        self._told.say("p", "".join(self._line))

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._silent = True
        elif sign in b"\\{}":
            self._add(sign.decode())
        elif sign in _SIGNS:
            self._add(_SIGNS[sign])

    def _word(self, word: bytes, number: int | None) -> None:
        if word in _SILENT:
            self._silent = True
        elif word == b"u" and number is not None:
            self._left_out = 0
            code = number % 65_536
            self._add("�" if 0xD800 <= code < 0xE000 else chr(code))
            self._left_out = self._skips
        elif word == b"uc" and number is not None:
            self._skips = min(max(number, 0), 10)
        elif word == b"ansicpg" and number is not None:
            try:
                self._charset = codecs.lookup(f"cp{number}").name
            except LookupError:
                self._charset = "cp1252"
        elif word == b"par" and not self._row:
            line, self._line = self._line, []
            self._told.say("p", "".join(line))
        elif word == b"cell":
            self._row.append("".join(self._line))
            self._line = []
        elif word == b"row":
            row, self._row = self._row, []
            self._told.say("row", *row)
        elif word in _SIGNS:
            self._add(_SIGNS[word])
        elif word == b"par":
            self._add(" ")

    def _add(self, text: str) -> None:
        if self._silent:
            return
        if self._left_out:
            taken = min(self._left_out, len(text))
            self._left_out -= taken
            text = text[taken:]
        self._line.append(text)
