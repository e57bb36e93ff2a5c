"""Pages for browsers, and books made of them (EPUB 3.3). Nothing in them is run, shown or asked for: only their words are taken."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from html.parser import HTMLParser

from community.files.readers.packed import Packed, Xml, within
from community.files.readers.telling import Fault, Told

MOST_BYTES = 4_000_000
"""Of one page."""
_SILENT = frozenset(
    {"script", "style", "template", "noscript", "svg", "math", "object", "iframe", "select", "textarea"}
)
_LINES = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "aside",
        "header",
        "footer",
        "main",
        "nav",
        "blockquote",
        "pre",
        "dt",
        "dd",
        "figcaption",
        "address",
        "hr",
        "ul",
        "ol",
        "table",
        "form",
    ]
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def read_html(path: str, told: Told) -> None:
    """The words of one page. Raises Fault."""
    with open(path, "rb") as file:  # noqa: PTH123
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Fault("large")
    told.begin()
    _tell(content, told)


def read_epub(packed: Packed, told: Told) -> None:
    """The chapters in the order in which they are read. Raises Fault: locked when a publisher locked them."""
    if "META-INF/encryption.xml" in packed and "META-INF/rights.xml" in packed:
        raise Fault("locked")
    container = _Attributes("rootfile", "full-path")
    packed.parse("META-INF/container.xml", container)
    if not container.found:
        raise Fault("damaged")
    main = container.found[0]
    book = _Book()
    packed.parse(main, book)
    for key in book.spine:
        name = within(posixpath.dirname(main), book.manifest.get(key, ""))
        if name in packed:
            with packed.open(name) as stream:
                content = stream.read(MOST_BYTES)
            told.begin()
            _tell(content, told)


def _tell(content: bytes, told: Told) -> None:
    words = _Words(told)
    words.feed(content.decode("utf-8-sig", "replace"))
    words.close()
    words.handle_endtag("table")
    words.end_line()


class _Attributes(Xml):
    def __init__(self, element: str, attribute: str) -> None:
        super().__init__()
        self._element, self._attribute = element, attribute
        self.found: list[str] = []

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == self._element and attributes.get(self._attribute) and len(self.found) < 10:
            self.found.append(attributes[self._attribute])


class _Book(Xml):
    def __init__(self) -> None:
        super().__init__()
        self.manifest: dict[str, str] = {}
        self.spine: list[str] = []

    def begin(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "item" and len(self.manifest) < 20_000:
            self.manifest[attributes.get("id", "")] = attributes.get("href", "")
        elif name == "itemref" and len(self.spine) < 5_000:
            self.spine.append(attributes.get("idref", ""))


class _Words(HTMLParser):
    def __init__(self, told: Told) -> None:
        super().__init__(convert_charrefs=True)
        self._told = told
        self._kind = "p"
        self._line: list[str] = []
        self._row: list[str] | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag in _HEADINGS or tag == "li":
            self.end_line()
            self._kind = tag
        elif tag == "title":
            self.end_line()
            self._kind = "h1"
        elif tag == "tr":
            self.handle_endtag("tr")
            self.end_line()
            self._row = []
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "br":
            self._line.append(" ")
        elif tag in _LINES and self._kind != "li":
            self.end_line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag in ("tr", "table") and self._row is not None:
            self._end_cell()
            row, self._row = self._row, None
            self._told.say("row", *row)
        elif tag in _HEADINGS or tag in ("li", "title") or tag in _LINES:
            self.end_line()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._line.append(data)

    def _end_cell(self) -> None:
        """The end of a cell may go without saying."""
        words = "".join(self._line).strip()
        if self._row is not None and words:
            self._row.append(words)
            self._line = []

    def end_line(self) -> None:
        """What was said since the last line is one."""
        if self._row is None:
            line, kind, self._line, self._kind = self._line, self._kind, [], "p"
            self._told.say(kind, "".join(line))
