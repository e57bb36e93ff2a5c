"""CommonMark's 652 examples: what their authors expect to be read is read here too; where not, the reason is written down."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

from community.markup import render

EXAMPLES = json.loads((Path(__file__).parent.parent / "data" / "commonmark.json").read_text())["examples"]

RAW = "raw HTML is no markup here: it is shown as it was typed, so that it can do nothing"
PLACE = (
    "an address that leads neither to the web nor to this site makes no link or picture: both stay as they were typed"
)
OURS = "double brackets are a link to a page of the wiki"
EXCEPTIONS = {
    **dict.fromkeys((21, 31, 308, 309, 344, 475, 476, 477, 524, 536, 642, 643), RAW),
    **dict.fromkeys(
        (
            *(194, 195, 200, 201, 203, 204),
            *(484, 486, 491, 492, 494, 495, 496, 498, 499, 500, 502, 503, 504, 517, 520, 522, 531),
            *(573, 576, 577, 578, 580, 596, 598, 599, 601),
        ),
        PLACE,
    ),
    **dict.fromkeys((548, 559, 590), OURS),
}
BY_SECTION = {"HTML blocks": RAW, "Raw HTML": RAW}
BLOCKS = frozenset(re.findall(r"\w+", "p li h1 h2 h3 h4 h5 h6 pre br blockquote hr ul ol table td th tr"))


class Read(HTMLParser):
    """What somebody reads: characters, the words for a picture, and a gap wherever a block begins or ends."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.said.append(dict(attrs).get("alt") or "")
        elif tag in BLOCKS:
            self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.said.append(" ")

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def read(html: str) -> str:
    reader = Read()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.said).split())


def test_the_text_of_every_example_is_kept() -> None:
    assert len(EXAMPLES) == 652
    different = {one["number"]: one for one in EXAMPLES if read(one["html"]) != read(str(render(one["markdown"]).html))}
    known = {
        one["number"]
        for one in EXAMPLES
        if one["number"] in EXCEPTIONS or (one["section"] in BY_SECTION and one["number"] in different)
    }
    assert set(different) == known
    assert len(known) == 103
    for number, one in different.items():  # nothing is lost there either: more is read, never less
        words = iter(re.findall(r"[^\W_]{2,}", read(str(render(one["markdown"]).html))))
        assert all(word in words for word in re.findall(r"[^\W_]{2,}", read(one["html"]))), number
