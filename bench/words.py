"""Texts for the data set: the same ones each time, with a few common words and many rare ones, as people write.

A text is put together from blocks that were rendered once, since a Markdown text of paragraphs is rendered paragraph by paragraph;
`check()` holds that against the real renderer.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random

from community.markup import excerpt, render

SMALL = (
    "the a of and to in we it is that for with on this our are what how they was not from have at by people team week "
    "de het een van en te in wij is dat voor met op dit ons zijn wat hoe niet aan ook maar over naar"
).split()
PLAIN = (
    "customer question answer waiting list process reform school planner shift service promise budget meeting kitchen table "
    "decision phone letter form hand-over morning result pilot sponsor coach reflection practice neighbour pond water "
    "klant vraag antwoord wachtlijst proces school planner dienst belofte begroting vergadering keuken besluit brief "
    "formulier overdracht ochtend resultaat proef opdrachtgever oefening buurman vijver water wijk gesprek afspraak"
).split()
_BEGIN = "b br d dr f g gr h k kl l m n p pr r s sl st t tr v w z".split()
_MIDDLE = "a e i o u aa ee oo ie oe ou ei".split()
_END = "l m n r s t k p nd rt st ng ven ler ten der ling heid".split()
RARE = 6_000


@dataclass(frozen=True)
class Text:
    """Words as they are kept: Markdown, HTML, the words without markup, and the first of them in one line."""

    body: str
    html: str
    said: str
    excerpt: str


@dataclass(frozen=True)
class _Block:
    source: str
    html: str
    said: str


class Writer:
    """Writes posts, comments and pages. Two writers with the same seed write the same."""

    def __init__(self, seed: int = 14) -> None:
        self._random = Random(seed)
        rare: set[str] = set()
        while len(rare) < RARE:
            syllables = self._random.randint(2, 3)
            parts = [self._random.choice(_BEGIN) + self._random.choice(_MIDDLE) for _ in range(syllables)]
            rare.add("".join(parts) + self._random.choice(_END))
        self.words = PLAIN + sorted(sorted(rare), key=lambda _: self._random.random())
        self._weights = list(accumulate(1 / (place + 3) for place in range(len(self.words))))
        self._short = [self._block(self._sentences(1, 2)) for _ in range(1_200)]
        self._long = [self._block(self._paragraph()) for _ in range(650)]
        self._lists = [self._block(self._list()) for _ in range(150)]

    def comment(self) -> Text:
        """A sentence or two."""
        return self._text([self._random.choice(self._short)])

    def post(self) -> Text:
        """One to three paragraphs, now and then a list."""
        blocks = self._random.sample(self._long, self._random.choice((1, 1, 2, 3)))
        return self._text(blocks + [self._random.choice(self._lists)] * (self._random.random() < 0.15))

    def page(self) -> Text:
        """Some 250 words under a few headings."""
        blocks: list[_Block] = []
        for part in range(3):
            title = f"{self._random.choice(self.words)} {self._random.choice(self.words)} {part + 1}"
            more = self._random.choice(self._lists if part == 1 else self._long)
            blocks += [self._heading(title), self._random.choice(self._long), more]
        return self._text(blocks)

    def title(self) -> str:
        """Two to four words."""
        return " ".join(self._some(self._random.randint(2, 4))).capitalize()

    def _some(self, count: int) -> list[str]:
        return self._random.choices(self.words, cum_weights=self._weights, k=count)

    def _sentences(self, least: int, most: int) -> str:
        said = []
        for _ in range(self._random.randint(least, most)):
            words: list[str] = []
            for word in self._some(self._random.randint(4, 8)):
                words += [self._random.choice(SMALL), word]
            said.append(" ".join(words).capitalize() + ".")
        return " ".join(said)

    def _paragraph(self) -> str:
        said = self._sentences(2, 4)
        if self._random.random() < 0.3:
            first, _, rest = said.partition(" ")
            return f"**{first}** {rest}"
        return said

    def _list(self) -> str:
        return "\n".join(f"* {self._sentences(1, 1)}" for _ in range(3))

    def _block(self, source: str) -> _Block:
        made = render(source)
        return _Block(source, str(made.html), made.text)

    def _heading(self, title: str) -> _Block:
        words = title.capitalize()
        anchor = words.lower().replace(" ", "-")
        return _Block(f"## {words}", f'<h2 id="h-{anchor}">{words}</h2>\n', words)

    def _text(self, blocks: list[_Block]) -> Text:
        said = "\n".join(block.said for block in blocks)
        body, html = "\n\n".join(block.source for block in blocks), "".join(block.html for block in blocks)
        return Text(body, html, said, excerpt(said))


def check(text: Text) -> None:
    """Raise AssertionError where a text is not what the house would keep of it."""
    made = render(text.body)
    assert (str(made.html), made.text, made.excerpt) == (text.html, text.said, text.excerpt), text.body
